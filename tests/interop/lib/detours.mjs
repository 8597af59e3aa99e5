// Plays a script on our server with detours between its steps: savepoints that are rolled back, undo and redo, groups,
// transactions that are cancelled, abandoned edits, sessions and servers that end. None of them changes what the script makes.
import { resolve } from "./differ/player.mjs";
import { Random } from "./differ/random.mjs";
import { nextMillisecond, requestOf } from "./sides.mjs";

const SUBJECT = {
  classFullName: "BisCore:Subject", model: "0x1", code: { spec: "0x1", scope: "0x1", value: "" },
  parent: { id: "0x1", relClassName: "BisCore:SubjectOwnsSubjects" },
};

export class Detours {
  #n = 0;
  #depth = 0;

  /** @open: a session with the file open. @crash: ends the server in the middle and begins another; absent, no server ends. */
  constructor(seed, open, crash) {
    this.random = new Random("detours", seed);
    this.open = open;
    this.crash = crash;
    this.results = {};
    this.done = {};
  }

  #note(name) {
    this.done[name] = (this.done[name] ?? 0) + 1;
  }

  async #call(method, params) {
    nextMillisecond();
    return this.side.call(method, params);
  }

  async #run(op) {
    const [method, params] = requestOf(resolve(op, this.results), this.side.encoding);
    const result = await this.#call(method, params);
    if (op.as !== undefined) this.results[op.as] = result.id;
  }

  /** A few edits that nobody needs. */
  async #edits() {
    for (let i = 1 + this.random.below(3); i > 0; i -= 1) {
      this.#n += 1;
      const { id } = await this.#call("elements.insertElement", { props: { ...SUBJECT, userLabel: `detour ${this.#n}` } });
      if (this.random.chance(0.5)) await this.#call("elements.updateElement", { props: { id: "0x1", userLabel: `detour ${this.#n}` } });
      if (i > 1 && this.random.chance(0.3)) await this.#call("elements.deleteElement", { id });
    }
  }

  async #savepoint(nested = false) {
    this.#note("savepoint");
    const name = nested ? "inner" : "outer";
    await this.#call("txns.savepoint", { name });
    await this.#edits();
    if (!nested && this.random.chance(0.4)) await this.#savepoint(true);
    await this.#call("txns.rollbackTo", { name });
    await this.#call("txns.release", { name });
  }

  async #undone() {
    const { reversed } = await this.#call("txns.reverseTxns", { count: 1 + this.random.below(3) });
    const { reinstated } = await this.#call("txns.reinstateTxn");
    if (`${[...reversed].sort()}` !== `${[...reinstated].sort()}`) throw new Error(`reversed ${reversed}, reinstated ${reinstated}`);
    this.#note("undo and redo");
  }

  async #cancelled() {
    await this.#edits();
    const { txnId } = await this.#call("txns.saveChanges", { description: "detour" });
    await this.#edits();
    await this.#call("txns.saveChanges", { description: "detour" });
    await this.#call("txns.cancelTo", { txnId });
    this.#note("cancelTo");
  }

  async #abandoned() {
    await this.#edits();
    await this.#call("txns.abandonChanges");
    this.#note("abandon");
  }

  async #begin() {
    if (this.#depth >= 2) return;
    await this.#call("txns.beginMultiTxnOperation");
    this.#depth += 1;
    this.#note("group");
  }

  async #end() {
    for (; this.#depth > 0; this.#depth -= 1) await this.#call("txns.endMultiTxnOperation");
  }

  async #reopened() {
    await this.#end();
    await this.side.close();
    this.side = await this.open();
    this.#note("reopen");
  }

  async #restarted() {
    await this.#end();
    await this.#call("txns.restartTxnSession");
    this.#note("restart");
  }

  /** What is unsaved comes back from the recovery journal. */
  async #crashed() {
    const { hasUnsavedChanges } = await this.#call("txns.state");
    this.side = await this.crash();
    const { recovered } = this.side.opened;
    if (hasUnsavedChanges !== (recovered !== undefined)) throw new Error(`unsaved: ${hasUnsavedChanges}, recovered: ${JSON.stringify(recovered)}`);
    if ((await this.#call("txns.state")).hasUnsavedChanges !== hasUnsavedChanges) throw new Error("unsaved changes are not unsaved again");
    this.#note(hasUnsavedChanges ? "recovered" : "restarted server");
  }

  async #afterSave() {
    const r = this.random;
    if (this.#depth > 0 && r.chance(0.4)) await this.#end();
    // What is undone in an open group would end up in it: these come first.
    if (this.#depth === 0) {
      if (r.chance(0.3) && (await this.#call("txns.state")).isUndoPossible) await this.#undone();
      if (r.chance(0.25)) await this.#cancelled();
      if (r.chance(0.25)) await this.#reopened();
      if (r.chance(0.15)) await this.#restarted();
    }
    if (r.chance(0.2)) await this.#abandoned();
    if (r.chance(0.3)) await this.#begin();
  }

  /** All of @script; in the end the last two operations are left reversed. this.side stays open. */
  async play(script) {
    this.side = await this.open();
    for (const op of script) {
      if (this.random.chance(0.05)) await this.#savepoint();
      if (this.crash !== undefined && this.#depth === 0 && this.random.chance(0.04)) await this.#crashed();
      await this.#run(op);
      if (op.op === "save") await this.#afterSave();
    }
    await this.#end();
    if (this.crash !== undefined) {
      await this.#edits();
      await this.#call("txns.saveChanges", { description: "undone and redone" });
      await this.#undone();
      await this.#restarted();
      await this.#edits();
      await this.#crashed();
    }
    for (const description of ["kept", "undone by the next session", "and this"]) {
      await this.#edits();
      await this.#call("txns.saveChanges", { description });
    }
    await this.#reopened();
    await this.#call("txns.reverseTxns", { count: 2 });
  }
}
