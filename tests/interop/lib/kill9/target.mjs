// One iModel under fire: a session that edits at random until the server is killed, and what must be left then.
import { randomUUID } from "node:crypto";
import { copyIModel } from "../host.mjs";
import { OurSide } from "../sides.mjs";
import { equal, ok } from "../tap.mjs";
import { object, subject } from "../../cases/scripts.mjs";
import { MARK, checkFile, readFile } from "./file.mjs";
import { Told } from "./told.mjs";

const POPULATION = 60;
const BURST = 4;

const upTo = (n) => 1 + Math.floor(Math.random() * n);
const chance = (p) => Math.random() < p;
const pick = (list) => list[Math.floor(Math.random() * list.length)];

export class Target {
  told = new Told();
  /** GUID -> id, as far as a reply or the file has told it. */
  ids = new Map();
  serial = 0;
  counts = { saves: 0, undos: 0, redos: 0, abandoned: 0, edits: 0, inFlightKept: 0, offered: 0, restored: 0, dropped: 0 };

  /** @frame is {file, model, category}: what each of them begins as. */
  constructor(daemon, imodel, encoding, frame) {
    Object.assign(this, { daemon, imodel, encoding, model: frame.model, category: frame.category });
    copyIModel(frame.file, this.file());
    const found = readFile(this.file());
    this.frame = found.frame;
    this.frameTxns = found.pending;
  }

  file() {
    return this.daemon.file(this.imodel);
  }

  /** A life of the session: opens, decides about what is recoverable, edits. Ends when the connection is gone. */
  async live(onEditing = () => {}) {
    try {
      await this.open();
      onEditing();
      for (;;) await this.act();
    } catch (e) {
      if (!/^closed|ECONNREFUSED|ECONNRESET|socket hang up/.test(e.message)) {
        e.message = `${this.imodel}: ${e.message}`;
        throw e;
      }
    }
  }

  call(method, params) {
    return this.side.call(method, params);
  }

  // ---- opening

  async open() {
    this.side = await OurSide.open(this.daemon.ready, this.encoding, this.imodel, "readwrite", true);
    await this.decide(this.side.opened);
    const state = await this.call("txns.state", {});
    equal([state.isUndoPossible, state.isRedoPossible, state.undoString],
      [true, this.told.undone.length > 0, this.told.done.at(-1)?.description ?? this.frameTxns.at(-1)],
      "undo possible, redo possible, what would be undone");
    equal(state.hasUnsavedChanges, this.told.unsaved.length > 0, "has unsaved changes");
    await this.checkNames();
  }

  /** Everything that was saved since the beginning has the name of who saved it. */
  async checkNames() {
    const { user } = await this.call("session.info", {});
    const users = (await this.call("txns.list", {})).map((t) => t.user);
    equal(users, users.map((_, i) => (i < this.frameTxns.length ? undefined : user)), "who saved");
  }

  async reopen(params) {
    await this.call("briefcase.close", {});
    return this.call("briefcase.open", { imodel: this.imodel, mode: "readwrite", ...params });
  }

  /** What is unsaved may be offered if it was edited, and must be if its journal was seen. */
  async decide(opened) {
    const { told } = this;
    ok(opened.recovered === undefined, "restored though nobody asked for it");
    // A save that made the journal worthless may have been killed before it removed it.
    ok(opened.unrecoverable === undefined || (opened.unrecoverable.state === "stale" && this.inFlightKept),
      `a journal that does not fit: ${JSON.stringify(opened.unrecoverable)}`);
    this.inFlightKept = false;
    if (opened.recoverable === undefined) {
      ok(told.atLeast === 0, `the recovery journal of ${told.atLeast} edits is not offered; in flight at the last kill: ${this.lastInFlight}`);
      told.unsaved = [];
      return;
    }
    ok(told.unsaved.length > 0, `offered what nobody has edited: ${JSON.stringify(opened.recoverable)}`);
    this.counts.offered += 1;
    if (chance(0.3)) await this.editIsRefused();
    if (chance(0.2)) ok((await this.reopen()).recoverable !== undefined, "not offered again after closing");
    if (chance(0.25)) await this.drop();
    else await this.restore();
  }

  async editIsRefused() {
    let error;
    await this.call("elements.insertElement", { props: subject({ userLabel: "refused" }) }).catch((e) => { error = e; });
    if (error?.data === undefined && error !== undefined) throw error;
    equal(error?.errorName, "RecoveryPending", "an edit before the decision");
  }

  async drop() {
    this.told.atLeast = 0;
    await this.call("briefcase.dropUnsaved", {});
    this.told.unsaved = [];
    this.counts.dropped += 1;
  }

  async restore() {
    const { told } = this;
    if (chance(0.3)) {
      const { recovered, recoverable } = await this.reopen({ unsaved: "restore" });
      ok(recovered !== undefined && recoverable === undefined, "briefcase.open has not restored");
    } else {
      await this.call("briefcase.restoreUnsaved", {});
    }
    const count = told.prefixOf(await this.readSession());
    ok(count >= Math.max(told.atLeast, 1), `${count} edits restored, ${told.atLeast} had been in the journal`);
    told.unsaved = told.unsaved.slice(0, count);
    // Its journal stays until the save: a second kill costs nothing.
    told.atLeast = count;
    this.counts.restored += 1;
  }

  /** The elements that the session sees, of all that there could be. */
  async readSession() {
    const keys = new Set([...this.told.saved.keys(), ...this.told.unsaved.map((e) => e.key)]);
    const elements = new Map();
    await Promise.all([...keys].map(async (key) => {
      try {
        const props = await this.call("elements.getElementProps", { federationGuid: key });
        elements.set(key, props.userLabel);
        this.ids.set(key, props.id);
      } catch (e) {
        if (e.errorName !== "NotFound") throw e;
      }
    }));
    return elements;
  }

  // ---- editing

  async act() {
    const { told } = this;
    if (told.unsaved.length > 0) {
      if (chance(0.4)) await this.edit();
      else if (chance(0.15)) await this.abandon();
      else await this.save();
    } else if (told.done.length > 0 && chance(0.25)) {
      const count = Math.min(upTo(3), told.done.length);
      await this.commit("txns.reverseTxns", { count }, { kind: "undo", count }, "undos");
    } else if (told.undone.length > 0 && chance(0.4)) {
      await this.commit("txns.reinstateTxn", {}, { kind: "redo" }, "redos");
    } else {
      await this.edit();
    }
  }

  async save() {
    this.serial += 1;
    const description = `${this.imodel} save ${this.serial}`;
    await this.commit("txns.saveChanges", { description }, { kind: "save", description }, "saves");
  }

  /** Once it is sent, the journal of what it drops may be gone; the file does not show which. */
  async abandon() {
    this.told.atLeast = 0;
    await this.commit("txns.abandonChanges", {}, { kind: "abandon" }, "abandoned");
  }

  /** A request that commits: its outcome counts once it is answered. */
  async commit(method, params, commit, counter) {
    this.told.inFlight = commit;
    await this.call(method, params);
    this.told.commit(commit);
    this.counts[counter] += 1;
  }

  /** Some edits, all sent at once. */
  async edit(next = () => this.nextEdit()) {
    const calls = Array.from({ length: upTo(BURST) }, () => this.send(next()));
    const failed = (await Promise.allSettled(calls)).find((c) => c.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  /** Elements that are new, whatever there is. */
  async editNew() {
    await this.edit(() => this.#insertion());
  }

  #label() {
    this.serial += 1;
    return `${MARK}${this.imodel} ${this.serial}`;
  }

  #insertion() {
    return { key: randomUUID(), before: undefined, after: this.#label() };
  }

  nextEdit() {
    const state = this.told.working();
    const known = [...state.keys()].filter((k) => this.ids.has(k));
    if (known.length > 2 && chance(0.3)) {
      const key = pick(known);
      return { key, before: state.get(key), after: this.#label() };
    }
    const touched = new Set(this.told.unsaved.map((e) => e.key));
    const untouched = known.filter((k) => !touched.has(k));
    if (untouched.length > 0 && (state.size > POPULATION || chance(0.15))) {
      const key = pick(untouched);
      return { key, before: state.get(key), after: undefined };
    }
    return this.#insertion();
  }

  async send(edit) {
    const { key, before, after } = edit;
    this.told.unsaved.push(edit);
    if (after === undefined) {
      await this.call("elements.deleteElement", { id: this.ids.get(key) });
    } else if (before !== undefined) {
      await this.call("elements.updateElement", { props: { id: this.ids.get(key), userLabel: after } });
    } else {
      const more = { userLabel: after, federationGuid: key };
      const placement = { origin: [this.serial % 100, upTo(100), 0], angles: {}, bbox: { low: [0, 0, 0], high: [1, 1, 1] } };
      const props = chance(0.5) ? subject(more) : object(this.model, this.category, { ...more, placement });
      this.ids.set(key, (await this.call("elements.insertElement", { props })).id);
    }
    this.counts.edits += 1;
  }

  // ---- after the kill

  /** The file is what was acknowledged, or that and the commit in flight. */
  verify(thorough) {
    const { told } = this;
    const found = readFile(this.file());
    if (thorough) checkFile(this.file(), this.imodel);
    equal(found.frame, this.frame, `${this.imodel}: elements that nobody edits`);
    equal(found.pending.slice(0, this.frameTxns.length), this.frameTxns, `${this.imodel}: the first transactions`);
    found.pending.splice(0, this.frameTxns.length);
    this.#settle(found, told.difference(found));
    this.lastInFlight = told.inFlight?.kind;
    told.inFlight = undefined;
    found.ids.forEach((id, key) => this.ids.set(key, id));
  }

  #settle(found, difference) {
    const { told } = this;
    if (difference === undefined) return;
    const commit = told.inFlight;
    ok(commit !== undefined, `${this.imodel} is not as it was acknowledged, and no commit was in flight: ${difference}`);
    told.commit(commit);
    const other = told.difference(found);
    ok(other === undefined, `${this.imodel} is neither as it was acknowledged (${difference}) nor that and the ${commit.kind} in flight (${other})`);
    this.counts.inFlightKept += 1;
    this.inFlightKept = true;
  }
}
