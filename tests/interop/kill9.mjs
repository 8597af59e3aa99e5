#!/usr/bin/env node
// Kills the server (SIGKILL) in the middle of edits, again and again, and looks at what is left: every acknowledged
// save and undo is there, the one in flight is there whole or not at all, and SQLite and the official backend are content.
// usage: node kill9.mjs [--rounds N] [--files N] [--keep] [--reference] [DAEMON]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { copyIModel, openSqlite, start, stop, withIModel } from "./lib/host.mjs";
import { checkIModel, pendingTxns } from "./lib/dump.mjs";
import { ENCODINGS } from "./lib/client.mjs";
import { Daemon, daemonPath } from "./lib/daemon.mjs";
import { OurSide } from "./lib/sides.mjs";
import { select } from "./lib/tables.mjs";
import { Report, equal, ok } from "./lib/tap.mjs";
import { FRAME, object, subject } from "./cases/scripts.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { values, positionals } = parseArgs({
  options: {
    rounds: { type: "string", default: "100" }, files: { type: "string", default: "4" },
    keep: { type: "boolean" }, reference: { type: "boolean" },
  },
  allowPositionals: true,
});
const POPULATION = 120;
const LONGEST_MS = 400;

/** An iModel under fire. A state is {elements: Map id -> label, pending: [description]}. */
class Target {
  acknowledged = 0;
  inFlightFound = 0;

  constructor(daemon, imodel, encoding) {
    Object.assign(this, { daemon, imodel, encoding, serial: 0 });
    copyIModel(join(here, "..", "data", "empty.bim"), daemon.file(imodel));
    this.current = this.read();
  }

  /** What the file holds, and whether it is sound. */
  read() {
    const db = openSqlite(this.daemon.file(this.imodel));
    try {
      equal(select(db, "PRAGMA integrity_check").map((r) => Object.values(r)[0]), ["ok"], `${this.imodel}: integrity_check`);
      equal(select(db, "PRAGMA foreign_key_check"), [], `${this.imodel}: foreign_key_check`);
      equal(select(db, `SELECT count(*) AS n FROM bis_GeometricElement3d g LEFT JOIN dgn_SpatialIndex i
        ON i.ElementId=g.ElementId WHERE i.ElementId IS NULL`), [{ n: 0 }], `${this.imodel}: spatial index`);
      equal(select(db, `SELECT count(*) AS n FROM bis_Element e JOIN be_Local l ON l.Name='bis_elementidsequence'
        WHERE e.Id>l.Val`), [{ n: 0 }], `${this.imodel}: id sequence`);
      return {
        elements: new Map(select(db, "SELECT Id, UserLabel FROM bis_Element").map((r) => [r.Id, r.UserLabel ?? ""])),
        pending: select(db, "SELECT Operation AS d FROM dgn_Txns WHERE Deleted=0 ORDER BY Id").map((r) => r.d),
      };
    } finally {
      db.closeDb();
    }
  }

  async call(method, params) {
    return this.side.call(method, params);
  }

  /** A request that commits: its outcome counts once it is answered. */
  async commit(method, params, next) {
    this.candidate = next;
    await this.call(method, params);
    this.acknowledged += 1;
    this.current = next;
    this.candidate = undefined;
  }

  async prepare() {
    this.side = await OurSide.open(this.daemon.ready, this.encoding, this.imodel);
    this.undoable = [];
    if (this.model !== undefined) return;
    const ids = {};
    for (const op of FRAME.slice(0, FRAME.findIndex((o) => o.op === "save") + 1)) {
      const answer = await this.side.run(op);
      ok(!("number" in answer), `${op.op}: ${answer.name}`);
      if (op.as !== undefined) ids[op.as] = answer.result.id;
    }
    [this.model, this.category] = [ids.model, ids.walls];
    this.current = this.read();
    this.keep = new Set(this.current.elements.keys());
  }

  /** Some inserts, an update, a delete; all sent at once; then the save. */
  async editAndSave() {
    const elements = new Map(this.current.elements);
    const calls = [];
    this.serial += 1;
    const tag = `${this.imodel} save ${this.serial}`;
    const inserted = [];
    for (let i = 0; i < 1 + (this.serial % 4); i += 1) {
      const label = `${tag} element ${i}`;
      const placement = { origin: [i, this.serial, 0], angles: {}, bbox: { low: [0, 0, 0], high: [1, 1, 1] } };
      const props = i % 2 === 0 ? subject({ userLabel: label })
        : object(this.model, this.category, { userLabel: label, placement });
      calls.push(this.call("elements.insertElement", { props }).then((r) => inserted.push([Number(r.id), label])));
    }
    const own = [...elements.keys()].filter((k) => !this.keep.has(k));
    if (own.length > 2) {
      const id = own[this.serial % own.length];
      elements.set(id, `${tag} update`);
      calls.push(this.call("elements.updateElement", { props: { id: `0x${id.toString(16)}`, userLabel: `${tag} update` } }));
    }
    if (own.length > POPULATION) {
      const ids = own.slice(0, 4);
      ids.forEach((id) => elements.delete(id));
      calls.push(this.call("elements.deleteElement", { ids: ids.map((id) => `0x${id.toString(16)}`) }));
    }
    const failed = (await Promise.allSettled(calls)).find((c) => c.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    inserted.forEach(([id, label]) => elements.set(id, label));
    const before = this.current;
    await this.commit("txns.saveChanges", { description: tag }, { elements, pending: [...before.pending, tag] });
    this.undoable.push(before);
  }

  /** Edit until the connection is gone; anything but that is a failure. */
  async edit() {
    for (;;) {
      try {
        if (this.serial % 7 === 6 && this.undoable.length > 0) {
          this.serial += 1;
          await this.commit("txns.reverseTxns", {}, this.undoable.pop());
        } else {
          await this.editAndSave();
        }
      } catch (e) {
        if (!/^closed/.test(e.message)) throw e;
        return;
      }
    }
  }

  /** After the kill: the file is what was acknowledged, or that and the one in flight. */
  verify() {
    const found = this.read();
    const same = (state) => state !== undefined && state.elements.size === found.elements.size
      && state.pending.length === found.pending.length
      && state.pending.every((d, i) => d === found.pending[i])
      && [...state.elements].every(([id, label]) => found.elements.get(id) === label);
    if (!same(this.current)) {
      const explain = (s) => (s === undefined ? "none" : `${s.elements.size} elements, ${s.pending.length} transactions, last '${s.pending.at(-1)}'`);
      ok(same(this.candidate), `${this.imodel} holds neither the acknowledged state (${explain(this.current)}) nor that with the `
        + `request in flight (${explain(this.candidate)}), but ${explain(found)}`);
      this.inFlightFound += 1;
      this.current = this.candidate;
    }
    this.candidate = undefined;
  }
}

/** One life of the server. */
async function round(daemon, targets) {
  await daemon.start();
  await Promise.all(targets.map((t) => t.prepare()));
  const edits = targets.map((t) => t.edit());
  const failed = Promise.race(edits.map((e) => e.then(() => new Promise(() => {}))));
  await Promise.race([failed, new Promise((done) => { setTimeout(done, Math.random() * LONGEST_MS); })]);
  await daemon.kill();
  await Promise.all(edits);
  targets.forEach((t) => t.verify());
}

async function officialLooks(target) {
  const file = target.daemon.file(target.imodel);
  const found = await checkIModel(file);
  ok(found.ok, JSON.stringify(found));
  equal(found.readonly.read, target.current.elements.size, "elements read");
  equal((await withIModel(file, false, pendingTxns)).map((t) => t.description), target.current.pending, "pending transactions");
}

const program = values.reference ? join(here, "lib", "reference.mjs") : daemonPath(positionals[0]);
const dir = mkdtempSync(join(tmpdir(), "weh-kill9-"));
const report = new Report();
await start();
const daemon = new Daemon(program, dir);
try {
  const targets = Array.from({ length: Number(values.files) }, (_, i) => new Target(daemon, `f${i}`, ENCODINGS[i % ENCODINGS.length]));
  const rounds = Number(values.rounds);
  await report.test(`killed ${rounds} times in the middle of edits: what was acknowledged is there, nothing half-done`, async () => {
    for (let i = 0; i < rounds; i += 1) {
      try {
        await round(daemon, targets);
      } catch (e) {
        e.message = `round ${i}: ${e.message}\n${daemon.log.slice(-10).join("\n")}`;
        throw e;
      }
    }
    const sum = (key) => targets.reduce((n, t) => n + t[key], 0);
    console.log(`# ${sum("acknowledged")} saves and undos acknowledged; ${sum("inFlightFound")} times the one in flight had been kept`);
    ok(sum("acknowledged") >= rounds, "hardly anything was edited");
  });
  for (const t of targets) await report.test(`the official backend opens ${t.imodel}.bim both ways and sees all`, () => officialLooks(t));
} catch (e) {
  await report.test("start", () => { throw e; });
} finally {
  if (daemon.process !== undefined && daemon.process.exitCode === null && daemon.process.signalCode === null) await daemon.kill();
  await stop();
  if (values.keep) console.log(`# files kept in ${dir}`);
  else rmSync(dir, { recursive: true, force: true });
}
process.exitCode = report.end();
