// Makes a failing script small: steps, then members of their props, are left out while it still fails in the same way.

const copy = (v) => JSON.parse(JSON.stringify(v));

/** @fails(script) plays a script and tells whether it fails as before. */
async function withoutChunks(fails, script, late) {
  let best = script;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = best.length - size; at > -size && !late(); at -= size) {
      const from = Math.max(at, 0);
      const shorter = [...best.slice(0, from), ...best.slice(at + size)];
      if (shorter.length < best.length && await fails(shorter)) best = shorter;
    }
  }
  return best;
}

/** Paths of all members in @value, the outer ones first. */
function members(value, path = []) {
  if (value === null || typeof value !== "object") return [];
  const keys = Object.keys(value);
  return [...keys.map((k) => [...path, k]), ...keys.flatMap((k) => members(value[k], [...path, k]))];
}

function without(script, [...path]) {
  const out = copy(script);
  const last = path.pop();
  const holder = path.reduce((v, k) => v?.[k], out);
  if (holder === null || typeof holder !== "object" || !(last in holder)) return undefined;
  if (Array.isArray(holder)) holder.splice(Number(last), 1);
  else delete holder[last];
  return out;
}

async function withoutMembers(fails, script, late) {
  let best = script;
  const paths = script.flatMap((op, i) => members(op.props ?? {}, [i, "props"]));
  for (const path of paths) {
    if (late()) break;
    const smaller = without(best, path);
    if (smaller !== undefined && await fails(smaller)) best = smaller;
  }
  return best;
}

/**
 * The smallest script found in @budgetMs that fails like @failure. @play(script) tells that failure of a script, or undefined.
 */
export async function minimise(play, script, failure, budgetMs) {
  const end = Date.now() + budgetMs;
  const late = () => Date.now() > end;
  const fails = async (s) => (await play(s)) !== undefined;
  let best = script;
  if (failure.step !== undefined) {
    const head = script.slice(0, failure.step + 1);
    if (await fails(head)) best = head;
  }
  best = await withoutChunks(fails, best, late);
  return withoutMembers(fails, best, late);
}
