#!/usr/bin/env node
// Kills the server (SIGKILL) under sessions that edit, again and again, and looks at what is left: every acknowledged save, undo and
// redo is there, the one in flight is there whole or not at all, nothing unsaved is, but the recovery journal offers it;
// SQLite and the official backend are content.
// usage: node kill9.mjs [--rounds N] [--sessions N] [--official N] [--seconds T] [--self-test] [--keep] [DAEMON]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { copyIModel, start, stop, withIModel } from "./lib/host.mjs";
import { checkIModel, pendingTxns } from "./lib/dump.mjs";
import { ENCODINGS } from "./lib/client.mjs";
import { Daemon, daemonPath } from "./lib/daemon.mjs";
import { OurSide, runScript } from "./lib/sides.mjs";
import { Report, equal, ok } from "./lib/tap.mjs";
import { JOURNAL_LIES, LIES, NAME_LIES } from "./lib/kill9/lies.mjs";
import { untilJournaled } from "./lib/kill9/journal.mjs";
import { Target } from "./lib/kill9/target.mjs";
import { FRAME } from "./cases/scripts.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { values, positionals } = parseArgs({
  options: {
    rounds: { type: "string", default: "25" }, sessions: { type: "string", default: "100" },
    official: { type: "string", default: "4" }, seconds: { type: "string" },
    "self-test": { type: "boolean" }, keep: { type: "boolean" },
  },
  allowPositionals: true,
});
const LONGEST_MS = 400;
const AUTOSAVE = "txn.autosave_ms=20";
/** A hundred that open at once on a busy machine are not to be refused. */
const PATIENT = "limits.overload_ms=0";
/** Of so many lives one is ended while sessions open still. */
const EARLY_EVERY = 6;
/** Files in which everything is checked after a kill; all of them have their turn. */
const THOROUGH = 2;

/** The iModel that all begin as: some elements, saved. */
async function makeFrame(daemon) {
  const file = daemon.file("frame");
  copyIModel(join(here, "..", "data", "empty.bim"), file);
  await daemon.start();
  const side = await OurSide.open(daemon.ready, "json", "frame");
  await runScript(side, FRAME.slice(0, FRAME.findIndex((o) => o.op === "save") + 1));
  const { model, walls } = side.results;
  await side.close();
  await daemon.stop();
  return { file, model, category: walls };
}

function makeTargets(daemon, frame, n) {
  return Array.from({ length: n }, (_, i) => new Target(daemon, `f${i}`, ENCODINGS[i % ENCODINGS.length], frame));
}

const aMoment = () => new Promise((done) => { setTimeout(done, Math.random() * LONGEST_MS); });

/** One life of the server: until all edit and a moment longer, or for a moment only. */
async function life(daemon, targets, early) {
  await daemon.start();
  let nEditing = 0;
  let allEdit;
  const editing = new Promise((done) => { allEdit = done; });
  const lives = targets.map((t) => t.live(() => {
    nEditing += 1;
    if (nEditing === targets.length) allEdit();
  }));
  const failed = Promise.race(lives.map((l) => l.then(() => new Promise(() => {}))));
  try {
    if (!early) await Promise.race([failed, editing]);
    await Promise.race([failed, aMoment()]);
  } finally {
    await daemon.kill();
    await Promise.allSettled(lives);
  }
  await Promise.all(lives);
}

async function round(daemon, targets, number) {
  daemon.settings = number % 2 === 0 ? [PATIENT] : [PATIENT, AUTOSAVE];
  await life(daemon, targets, number % EARLY_EVERY === EARLY_EVERY - 1);
  const first = (number * THOROUGH) % targets.length;
  targets.forEach((t, i) => t.verify((i - first + targets.length) % targets.length < THOROUGH));
}

/** All of them: what was acknowledged can be undone and done again. */
async function undoAndRedo(target) {
  await target.open();
  if (target.told.unsaved.length > 0) await target.save();
  if (target.told.done.length === 0) return;
  await target.commit("txns.reverseTxns", { count: 1 }, { kind: "undo", count: 1 }, "undos");
  equal(target.told.prefixOf(await target.readSession()), 0, "after undo");
  await target.commit("txns.reinstateTxn", {}, { kind: "redo" }, "redos");
  equal(target.told.prefixOf(await target.readSession()), 0, "after redo");
}

async function killAndVerify(daemon, targets) {
  await daemon.kill();
  targets.forEach((t) => t.verify(true));
}

/** Edits that the journal has are there after the kill, twice; then they are saved, and undone. */
async function journalSurvives(daemon, targets) {
  daemon.settings = [PATIENT, AUTOSAVE];
  for (let kills = 0; kills < 2; kills += 1) {
    await daemon.start();
    await Promise.all(targets.map(async (t) => {
      await t.open();
      await t.edit();
      await untilJournaled(t);
    }));
    await killAndVerify(daemon, targets);
  }
  daemon.settings = [PATIENT];
  await daemon.start();
  await Promise.all(targets.map(async (t) => {
    const opened = await OurSide.open(daemon.ready, t.encoding, t.imodel, "readwrite", true);
    t.side = opened;
    ok(opened.opened.recoverable !== undefined, `${t.imodel}: not offered`);
    await t.editIsRefused();
    await t.restore();
    await t.save();
    await t.commit("txns.reverseTxns", { count: 1 }, { kind: "undo", count: 1 }, "undos");
    equal(t.told.prefixOf(await t.readSession()), 0, "after undo");
  }));
  await killAndVerify(daemon, targets);
}

async function officialLooks(target) {
  const found = await checkIModel(target.file());
  ok(found.ok, JSON.stringify(found));
  equal(found.readonly.read, target.frame + target.told.saved.size, "elements read");
  equal((await withIModel(target.file(), false, pendingTxns)).map((t) => t.description),
    [...target.frameTxns, ...target.told.done.map((t) => t.description)], "pending transactions");
}

function sum(targets) {
  const total = {};
  for (const t of targets) for (const [k, n] of Object.entries(t.counts)) total[k] = (total[k] ?? 0) + n;
  return total;
}

async function killAgainAndAgain(daemon, targets, rounds) {
  const started = Date.now();
  let kills = 0;
  for (; kills < rounds && (values.seconds === undefined || Date.now() - started < 1000 * values.seconds); kills += 1) {
    try {
      await round(daemon, targets, kills);
    } catch (e) {
      e.message = `round ${kills}: ${e.message}\n${daemon.log.slice(-10).join("\n")}`;
      throw e;
    }
  }
  const counts = sum(targets);
  console.log(`# ${JSON.stringify({ kills, sessions: targets.length, ...counts, seconds: Math.round((Date.now() - started) / 1000) })}`);
  ok(counts.saves + counts.undos >= kills, "hardly anything was edited");
}

async function prove(daemon, frame, report) {
  const targets = makeTargets(daemon, frame, Number(values.sessions));
  const often = values.seconds === undefined ? `${values.rounds} times` : `for ${values.seconds} s or ${values.rounds} times`;
  await report.test(`killed ${often} under ${targets.length} sessions: what was acknowledged is there, nothing half-done`,
    () => killAgainAndAgain(daemon, targets, Number(values.rounds)));
  await report.test("after the last kill all can be undone and done again, and the files are sound", async () => {
    daemon.settings = [PATIENT];
    await daemon.start();
    await Promise.all(targets.map(undoAndRedo));
    await killAndVerify(daemon, targets);
  });
  await report.test("edits that the recovery journal has are offered after a kill, and again; then saved and undone",
    () => journalSurvives(daemon, targets.slice(0, 8)));
  for (const t of targets.slice(0, Number(values.official))) {
    await report.test(`the official backend opens ${t.imodel}.bim both ways and sees all`, () => officialLooks(t));
  }
}

/** Each lie about what was acknowledged is noticed. */
async function selfTest(daemon, frame, report) {
  const targets = makeTargets(daemon, frame, LIES.length + JOURNAL_LIES.length);
  const [saved, journaled] = [targets.slice(0, LIES.length), targets.slice(LIES.length)];
  daemon.settings = [PATIENT, AUTOSAVE];
  await daemon.start();
  await Promise.all(targets.map(async (t) => {
    await t.open();
    // Only new elements: none of the lies may happen to be true, or to change nothing.
    for (let i = 0; i < 3; i += 1) {
      await t.editNew();
      await t.save();
    }
    await t.commit("txns.reverseTxns", { count: 1 }, { kind: "undo", count: 1 }, "undos");
    await t.editNew();
    await untilJournaled(t);
  }));
  await killAndVerify(daemon, targets);
  for (const [i, [name, lie]] of LIES.entries()) {
    await report.test(`noticed: ${name}`, () => mustFail(name, async () => {
      lie(saved[i].told);
      saved[i].verify(false);
    }));
  }
  await daemon.start();
  const open = (t) => OurSide.open(daemon.ready, t.encoding, t.imodel, "readwrite", true);
  for (const [i, [name, lie]] of NAME_LIES.entries()) {
    await report.test(`noticed: ${name}`, async () => {
      saved[i].side = await open(saved[i]);
      await saved[i].checkNames();
      lie(saved[i]);
      await mustFail(name, () => saved[i].checkNames());
    });
  }
  for (const [i, [name, lie]] of JOURNAL_LIES.entries()) {
    await report.test(`noticed: ${name}`, () => mustFail(name, async () => {
      lie(journaled[i]);
      journaled[i].side = await open(journaled[i]);
      const { recoverable } = journaled[i].side.opened;
      if (recoverable === undefined || journaled[i].told.unsaved.length === 0) await journaled[i].decide(journaled[i].side.opened);
      else await journaled[i].restore();
    }));
  }
  await daemon.kill();
}

async function mustFail(name, work) {
  try {
    await work();
  } catch (e) {
    console.log(`# ${e.message.split("\n")[0]}`);
    return;
  }
  throw new Error(`not noticed: ${name}`);
}

const dir = mkdtempSync(join(tmpdir(), "weh-kill9-"));
const report = new Report();
await start();
const daemon = new Daemon(daemonPath(positionals[0]), dir);
try {
  const frame = await makeFrame(daemon);
  await (values["self-test"] ? selfTest : prove)(daemon, frame, report);
} catch (e) {
  await report.test("start", () => { throw e; });
} finally {
  if (daemon.process !== undefined && daemon.process.exitCode === null && daemon.process.signalCode === null) await daemon.kill();
  await stop();
  if (values.keep) console.log(`# files kept in ${dir}`);
  else rmSync(dir, { recursive: true, force: true });
}
process.exitCode = report.end();
