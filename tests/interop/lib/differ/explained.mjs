// Where our answer differs from the official one on purpose, each with its reason. Nothing else may differ.

/** Of several faults at once either side may tell its own first; each of these numbers names a real fault of the request. */
const EXPLAINED = [];

/** The reason why @ours may differ from @theirs for @op, or undefined. */
export function explained(op, theirs, ours) {
  const found = EXPLAINED.find((e) => e.op === op.op && e.theirs === theirs.number && e.ours === ours.number
    && (e.only === undefined || e.only(op, theirs, ours)));
  return found?.why;
}
