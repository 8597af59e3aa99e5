// What the client of one session was told: the saved state, the transactions, and the edits since. No server, no file.

/** Elements are known by their federation GUID, which the client makes; a state is a Map of GUID to label. */
export class Told {
  saved = new Map();
  done = [];
  /** What each undo took, the last one last; redo brings back one of them. */
  undone = [];
  /** Edits sent since the last commit, in order: {key, before, after}; undefined for an element that is not there. */
  unsaved = [];
  /** So many of them must be in the recovery journal. */
  atLeast = 0;
  /** The commit that was sent and not answered yet. */
  inFlight = undefined;

  /** What the session sees. */
  working(count = this.unsaved.length) {
    const state = new Map(this.saved);
    Told.#apply(state, this.unsaved.slice(0, count), "after");
    return state;
  }

  static #apply(state, edits, side) {
    for (const e of edits) {
      if (e[side] === undefined) state.delete(e.key);
      else state.set(e.key, e[side]);
    }
  }

  /** @commit is {kind: "save", description}, {kind: "undo", count}, {kind: "redo"} or {kind: "abandon"}. */
  commit(commit) {
    this[commit.kind](commit);
    this.inFlight = undefined;
  }

  save({ description }) {
    this.saved = this.working();
    this.done.push({ description, edits: this.unsaved });
    this.undone = [];
    this.abandon();
  }

  undo({ count }) {
    const step = this.done.splice(-count);
    for (const txn of step.toReversed()) Told.#apply(this.saved, txn.edits.toReversed(), "before");
    this.undone.push(step);
    this.abandon();
  }

  redo() {
    const step = this.undone.pop();
    for (const txn of step) Told.#apply(this.saved, txn.edits, "after");
    this.done.push(...step);
    this.abandon();
  }

  abandon() {
    this.unsaved = [];
    this.atLeast = 0;
  }

  /** Undefined when @found ({elements, pending, reversed}) is exactly the saved state, else what differs. */
  difference(found) {
    return lists(found.pending, this.done.map((t) => t.description), "saved transactions")
      ?? lists(found.reversed, this.undone.toReversed().flat().map((t) => t.description), "transactions undone")
      ?? states(found.elements, this.saved);
  }

  /** How many of the unsaved edits make the saved state @elements. */
  prefixOf(elements) {
    for (let n = this.unsaved.length; n >= 0; n -= 1) if (states(elements, this.working(n)) === undefined) return n;
    throw new Error(`what was restored is no beginning of the ${this.unsaved.length} unsaved edits: `
      + `with all of them, ${states(elements, this.working())}`);
  }
}

function lists(found, told, what) {
  const at = told.findIndex((d, i) => d !== found[i]);
  if (at < 0 && found.length === told.length) return undefined;
  const i = at < 0 ? told.length : at;
  return `${what}: ${found.length} found, ${told.length} expected; number ${i} is '${found[i]}', expected '${told[i]}'`;
}

function states(found, told) {
  for (const [key, label] of told) if (found.get(key) !== label) return `element ${key} is '${found.get(key)}', expected '${label}'`;
  for (const [key, label] of found) if (!told.has(key)) return `element ${key} '${label}' should not be there`;
  return undefined;
}
