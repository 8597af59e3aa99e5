// Plays one edit script on both sides: first the official backend, in this process, then our server, pipelined.
// References in the script are ids of the official side; where ours gives another id, that is a difference.
import { apply } from "../ops.mjs";
import { nextMillisecond, requestOf } from "../sides.mjs";
import { select } from "../tables.mjs";
import { plain } from "../tap.mjs";

const REFERENCE = /^\$(s\d+)(\+1)?$/;
const NOTHING = "0x7ffffff0";
const WINDOW = 64;
/** Steps after which the clock must move on, so that no two transactions change a row within one millisecond. */
const MARKS = new Set(["save", "undo", "redo", "abandon"]);

/** "$s3" is what the step labelled s3 made, "$s3+1" the sub-category that came with it; {$base64} is bytes. */
export function resolve(value, results) {
  if (typeof value === "string") {
    const m = REFERENCE.exec(value);
    if (m === null) return value;
    const id = results[m[1]];
    if (typeof id !== "string") return NOTHING;
    return m[2] === undefined ? id : `0x${(BigInt(id) + 1n).toString(16)}`;
  }
  if (Array.isArray(value)) return value.map((v) => resolve(v, results));
  if (value === null || typeof value !== "object") return value;
  if (typeof value.$base64 === "string") return new Uint8Array(Buffer.from(value.$base64, "base64"));
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, resolve(v, results)]));
}

const READS = {
  readElement: (db, o) => db.elements.getElementProps({ id: o.id, wantGeometry: o.wantGeometry ?? false }),
  readModel: (db, o) => db.models.getModelProps(o.id),
  readAspects: (db, o) => db.elements.getAspects(o.id).map((a) => a.toJSON()),
};

function isRead(op) {
  return READS[op.op] !== undefined;
}

/** The official backend on an open iModel. */
export class OfficialPlayer {
  constructor(db) {
    this.db = db;
    this.results = {};
  }

  /** Rows written so far: tells whether a refused request left something behind. */
  written() {
    return select(this.db, "SELECT total_changes() AS n")[0].n;
  }

  run(op) {
    const given = resolve(op, this.results);
    let answer;
    try {
      const result = isRead(op) ? READS[op.op](this.db, given) : apply(this.db, given);
      const status = (op.op === "undo" || op.op === "redo") && result !== 0 ? result : undefined;
      if (op.as !== undefined) this.results[op.as] = result;
      answer = status === undefined ? { result: isRead(op) ? plain(result) : result } : { number: status };
    } catch (e) {
      answer = { number: e.errorNumber ?? e.iTwinErrorId?.key, name: e.message };
    }
    if (MARKS.has(op.op)) nextMillisecond();
    return answer;
  }
}

function answerOf(op, sent) {
  return sent.then((result) => ({ result: isRead(op) ? plain(result) : op.op.startsWith("insert") ? result.id : result }), (e) => {
    if (e.data === undefined) throw e;
    return { number: e.iTwin, name: `${e.errorName}: ${e.message}`, errorName: e.errorName };
  });
}

/** All of @script on the open session @client; @results are those of the official side. Answers in order. */
export async function playOurs(client, script, results) {
  const answers = [];
  let open = [];
  for (const op of script) {
    if (op.only === "official") {
      open.push(undefined);
      continue;
    }
    const [method, params] = requestOf(resolve(op, results), client.encoding);
    open.push(answerOf(op, client.call(method, params)));
    if (open.length >= WINDOW || MARKS.has(op.op)) {
      answers.push(...await Promise.all(open));
      open = [];
      if (MARKS.has(op.op)) await new Promise((done) => { setTimeout(done, 2); });
    }
  }
  answers.push(...await Promise.all(open));
  return answers;
}
