// What of a log may differ between two servers, and why. Everything else is compared as it is.

const GUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;

/** Values that are made anew in each run: named by the order of their appearance, so that equal ones stay equal. */
class Names {
  #seen = new Map();

  constructor(kind, known) {
    this.kind = kind;
    this.known = known;
  }

  of(value) {
    if (this.known(value)) return value;
    if (!this.#seen.has(value)) this.#seen.set(value, `${this.kind}#${this.#seen.size + 1}`);
    return this.#seen.get(value);
  }
}

/** Fixed in the test data, so they must be told as they are. */
const fixedGuid = (g) => /^[0-9a-f]0{7}-0000-4000-8000-/.test(g) || g === "00000000-0000-0000-0000-000000000000";

/** Times in the test data are from before this run began. */
const began = new Date().toISOString();

/**
 * A log without what must differ: GUIDs made in the run, times of the run, what files are called (@names: by the server's name for
 * them), and the text of a message where @texts says so.
 */
export function normalise(log, names, texts = []) {
  const guids = new Names("guid", fixedGuid);
  const text = (s) => {
    let out = s;
    for (const [given, name] of names) out = out.replaceAll(given, name);
    return out.replace(GUID, (g) => guids.of(g)).replace(TIME, (t) => (t < began ? t : "time"));
  };
  const walk = (v) => {
    if (typeof v === "string") return text(v);
    if (Array.isArray(v)) return v.map(walk);
    if (v === null || typeof v !== "object") return v;
    return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, walk(x)]));
  };
  return log.map((entry) => {
    const out = walk(entry);
    if (out.args?.[0] === "notifyCommitted") out.args[2] = "ms";
    if (out.error?.message !== undefined && texts.some((t) => t.step.test(out.step ?? ""))) out.error.message = "text";
    return out;
  });
}

/** Steps whose message may be worded otherwise, with the reason. */
export const TEXTS = [];

/** Steps that differ on purpose: by scenario, with the reason. They are counted, and must still be answered. */
export const DIFFERENT = {};
