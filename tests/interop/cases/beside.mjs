// The official backend uses a file beside which our recovery journal lies, and in which our rows of be_Local are: what is left
// of both, of the file, and of the names of who saved.
import { existsSync } from "node:fs";
import { checkIModel, elementProps } from "../lib/dump.mjs";
import { copyIModel, copyToScratch, openSqlite, withIModel } from "../lib/host.mjs";
import { asBaseline, createHubIModel, downloadBriefcase, pull, push, withHub } from "../lib/hub.mjs";
import { inBothEncodings } from "../lib/client.mjs";
import { OfficialSide, OurSide, runScript } from "../lib/sides.mjs";
import { differenceOfFiles, select } from "../lib/tables.mjs";
import { equal, ok } from "../lib/tap.mjs";
import { readElements, readPending } from "./compare.mjs";
import { subject } from "./scripts.mjs";

const one = (userLabel) => ({ op: "insertElement", as: userLabel, props: subject({ userLabel }) });
const saved = (userLabel) => [one(userLabel), { op: "save", description: userLabel }];
const officially = (write, work) => (file) => withIModel(file, write, (db) => work(db, new OfficialSide(db)));

/** What the official backend does with the file. @fits: the journal is offered afterwards. @redo: what can be redone then. @hub: of a briefcase. */
const ACTS = [
  { name: "reads it", fits: true, redo: "two", act: officially(false, elementProps) },
  { name: "opens it for writing and closes it", fits: true, redo: "two", act: officially(true, elementProps) },
  { name: "abandons an edit", fits: true, redo: "two", act: officially(true, (db, side) => runScript(side, [one("theirs"), { op: "abandon" }])) },
  { name: "is closed with an edit", fits: true, redo: "two", act: officially(true, (db, side) => runScript(side, [one("theirs")])) },
  { name: "saves", fits: false, act: officially(true, (db, side) => runScript(side, saved("theirs"))) },
  { name: "saves and undoes it", fits: false, redo: "theirs", act: officially(true, (db, side) => runScript(side, [...saved("theirs"), { op: "undo" }])) },
  {
    name: "saves and cancels it", fits: false,
    act: officially(true, async (db, side) => {
      const txn = db.txns.getCurrentTxnId();
      await runScript(side, saved("theirs"));
      equal(db.txns.cancelTo(txn), 0, "cancelTo");
    }),
  },
  { name: "checks and vacuums it", fits: true, redo: "two", act: officially(true, (db) => { db.performCheckpoint(); db.vacuum?.(); }) },
  { name: "pushes it", hub: true, fits: false, act: (file) => push(file, "by them") },
  { name: "pulls nothing", hub: true, fits: true, redo: "two", act: (file) => pull(file) },
  {
    name: "pulls", hub: true, fits: false, redo: "two",
    async act(file, other) {
      await officially(true, (db, side) => runScript(side, saved("of another")))(other);
      await push(other, "of another");
      await pull(file);
    },
  },
];

const labelsOf = async (file) => (await readElements(file)).map((e) => e.userLabel).filter((l) => l !== undefined);

/** Two saves, one of them undone, and edits that are not saved when the server ends. */
async function prepare(open) {
  const side = await open();
  await runScript(side, [...saved("one"), ...saved("two"), ...saved("three")]);
  await side.call("txns.reverseTxns", { count: 2 });
  await runScript(side, [one("unsaved"), { op: "updateElement", props: { id: "0x1", userLabel: "root, unsaved" } }]);
}

async function briefcases(ctx, imodel) {
  const iModelId = await createHubIModel(asBaseline(ctx.data("empty")), imodel);
  return [(await downloadBriefcase(iModelId)).fileName, (await downloadBriefcase(iModelId)).fileName];
}

const ours = (file, name) => {
  const db = openSqlite(file);
  try {
    return select(db, "SELECT quote(Val) AS v FROM be_Local WHERE Name=?", [name])[0]?.v;
  } finally {
    db.closeDb();
  }
};

/** The journal is offered and restored: the same edits are unsaved again, and are saved, undone and redone. */
async function restored(side, file) {
  await side.call("briefcase.restoreUnsaved");
  await runScript(side, [{ op: "save", description: "restored" }]);
  const top = copyToScratch(file);
  equal(await labelsOf(top), ["root, unsaved", "one", "unsaved"], "labels");
  await side.call("txns.reverseTxns");
  await side.call("txns.reinstateTxn");
  equal(differenceOfFiles(top, copyToScratch(file)), [], "undone and redone");
}

/** Redo of what was undone before the official backend came: as a whole, or refused. */
async function redoWhatFits(side) {
  if (!(await side.call("txns.state")).isRedoPossible) return;
  try {
    await side.call("txns.reinstateTxn");
  } catch (e) {
    equal(e.errorName, "CannotUndo", "why redo is refused");
    return;
  }
  await side.call("txns.reverseTxns");
}

/** It fits no more: it is kept aside, and everything goes on without it. */
async function keptAside(side, file) {
  equal(side.opened.unrecoverable?.state, "stale", "why it is not offered");
  ok(existsSync(`${file}.weh-journal.kept-1`) && !existsSync(`${file}.weh-journal`), "the journal is kept aside");
  const before = copyToScratch(file);
  await redoWhatFits(side);
  equal(differenceOfFiles(before, copyToScratch(file)), [], "redo, and back");
  await runScript(side, saved("goes on"));
  await side.call("txns.reverseTxns");
  equal(differenceOfFiles(before, copyToScratch(file)), [], "one save and its undo");
  await side.call("txns.reinstateTxn");
}

/** Ours have the name of who saved them, theirs have none. */
async function namedWhereOurs(side, list) {
  const { user } = await side.call("session.info");
  equal(list.map((t) => [t.description, t.user]), list.map((t) => [t.description, t.description === "theirs" ? undefined : user]), "who saved");
}

async function judge(daemon, encoding, { name, fits, redo }, imodel) {
  const file = daemon.file(imodel);
  const what = (text) => `${name}: ${text}`;
  const side = await OurSide.open(daemon.ready, encoding, imodel, "readwrite", true);
  try {
    const state = await side.call("txns.state");
    equal(state.isRedoPossible ? state.redoString : undefined, redo, "redo");
    equal(side.opened.recoverable !== undefined, fits, "offered");
    await (fits ? restored : keptAside)(side, file);
    const list = await side.call("txns.list");
    await namedWhereOurs(side, list);
    equal((await readPending(copyToScratch(file))).map((t) => t.txnId), list.filter((t) => !t.reversed).map((t) => t.txnId), "pending");
  } catch (e) {
    e.message = what(e.message);
    throw e;
  } finally {
    await side.close();
  }
  const found = await checkIModel(copyToScratch(file));
  ok(found.ok, what(JSON.stringify(found)));
}

function besideTest(encoding) {
  return {
    name: `a recovery journal fits when the official backend has left nothing, else it is kept aside; redo likewise (${encoding})`,
    async run(ctx) {
      await withHub(async () => {
        const daemon = ctx.newDaemon("session.linger_s=0");
        const imodels = ACTS.map((_, i) => `beside${i}`);
        const others = [];
        for (const [i, imodel] of imodels.entries()) {
          const made = ACTS[i].hub ? await briefcases(ctx, imodel) : [ctx.data("empty")];
          copyIModel(made[0], daemon.file(imodel));
          others.push(made[1]);
        }
        await daemon.start();
        try {
          for (const imodel of imodels) await prepare(() => OurSide.open(daemon.ready, encoding, imodel, "readwrite", true));
          await daemon.stop();
          for (const [i, act] of ACTS.entries()) {
            const file = daemon.file(imodels[i]);
            ok(existsSync(`${file}.weh-journal`), "a journal");
            const row = ours(file, "weh_txn_stack");
            ok(row !== undefined, "a row of ours");
            await act.act(file, others[i]);
            equal(ours(file, "weh_txn_stack"), row, `${act.name}: our row of be_Local`);
          }
          await daemon.start();
          for (const [i, act] of ACTS.entries()) await judge(daemon, encoding, act, imodels[i]);
          equal((await daemon.stop()).code, 0, "end of the server");
        } finally {
          if (daemon.process.exitCode === null) await daemon.kill();
        }
      });
    },
  };
}

export const tests = inBothEncodings((e) => [besideTest(e)]);
