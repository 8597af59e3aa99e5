// Transactions that the one side left and the other continues: pending, reversed, grouped; pushed, pulled, watched.
import { backend, copyIModel, withIModel } from "../lib/host.mjs";
import { checkIModel } from "../lib/dump.mjs";
import { asBaseline, createHubIModel, downloadBriefcase, pull, push, withHub } from "../lib/hub.mjs";
import { difference, select, snapshotFile } from "../lib/tables.mjs";
import { inBothEncodings } from "../lib/client.mjs";
import { OfficialSide, OurSide, runScript } from "../lib/sides.mjs";
import { equal, ok } from "../lib/tap.mjs";
import { readElements, readPending } from "./compare.mjs";
import { subject } from "./scripts.mjs";
import { join } from "node:path";

const { StandaloneDb } = backend;
const WATCH_MS = 20000;

const insertOne = (name) => [
  { op: "insertElement", as: name, props: subject({ userLabel: name }) },
  { op: "save", description: name },
];

const rowsOf = (file) => withIModel(file, false, (db) => select(db, "SELECT Id, Deleted, Grouped, Operation FROM dgn_Txns ORDER BY Id")
  .map((r) => ({ id: `0x${BigInt(r.Id).toString(16)}`, reversed: r.Deleted === 1, grouped: r.Grouped === 1, description: r.Operation ?? "" })));

function same(a, b, what) {
  const found = difference(a, b);
  ok(found.length === 0, `${what}\n${found.slice(0, 8).map((d) => JSON.stringify(d)).join("\n")}`);
}

function makeEmpty(ctx) {
  const file = join(ctx.folder(), "history.bim");
  StandaloneDb.createEmpty(file, { rootSubject: { name: "history" }, allowEdit: "{\"txns\":true}" }).close();
  return file;
}

/** @work by the official backend, in a session of its own. */
async function officially(file, work) {
  await withIModel(file, true, async (db) => work(db, new OfficialSide(db)));
}

async function open(ctx, encoding, imodel) {
  return OurSide.open(ctx.ready, encoding, imodel, "readwrite", true);
}

/** All of the official backend's rows: a group of three, single ones, two undone ones. */
async function makeMixed(ctx) {
  const file = makeEmpty(ctx);
  const states = [];
  await officially(file, (db, side) => runScript(side, insertOne("one")));
  states.push(snapshotFile(file, true));
  await officially(file, async (db, side) => {
    db.txns.beginMultiTxnOperation();
    await runScript(side, ["two", "three", "four"].flatMap(insertOne));
    db.txns.endMultiTxnOperation();
  });
  states.push(snapshotFile(file, true));
  await officially(file, async (db, side) => {
    await runScript(side, [...insertOne("five"), ...insertOne("six")]);
    equal(db.txns.reverseTxns(2), 0, "undo by the official backend");
  });
  return { file, states };
}

function continuedTest(encoding) {
  return {
    name: `transactions that the official backend left pending, grouped and undone are undone and redone by us (${encoding})`,
    async run(ctx) {
      const { file, states } = await makeMixed(ctx);
      const before = await rowsOf(file);
      const imodel = ctx.place(file);
      const side = await open(ctx, encoding, imodel);
      equal((await side.call("txns.list")).map(({ txnId, reversed, grouped, description }) => ({ id: txnId, reversed, grouped, description })), before, "txns.list");
      same(snapshotFile(ctx.take(imodel), true), states[1], "as it was left");
      equal((await side.call("txns.reverseTxns")).reversed.length, 3, "the group is undone as one");
      same(snapshotFile(ctx.take(imodel), true), states[0], "without the group");
      equal((await side.call("txns.reverseTxns")).reversed.length, 1, "one more");
      equal((await side.call("txns.reinstateTxn")).reinstated.length, 1, "and back");
      equal((await side.call("txns.reinstateTxn")).reinstated.length, 3, "the group comes back as one");
      same(snapshotFile(ctx.take(imodel), true), states[1], "with the group");
      equal((await side.call("txns.reinstateTxn")).reinstated, ["0x300000000"], "what the official backend had undone: one by one");
      await side.call("txns.reverseTxns");
      await runScript(side, insertOne("ours"));
      const pending = (await side.call("txns.list")).filter((t) => !t.reversed).map((t) => t.txnId);
      await side.close();
      const ours = ctx.take(imodel);
      equal((await readPending(ours)).map((t) => t.id ?? t.txnId), pending, "the official backend's pending transactions");
      ok((await checkIModel(ours)).ok, "sound");
      await officially(ours, async (db, official) => {
        ok(!db.txns.isUndoPossible && !db.txns.isRedoPossible && db.txns.hasPendingTxns, "fresh session");
        await runScript(official, insertOne("theirs again"));
      });
    },
  };
}

function ignoredTest(encoding) {
  return {
    name: `a file that we left in the middle of undo is opened, read, saved and undone by the official backend (${encoding})`,
    async run(ctx) {
      const imodel = ctx.place(makeEmpty(ctx));
      const side = await open(ctx, encoding, imodel);
      for (const name of ["a", "b", "c", "d"]) await runScript(side, insertOne(name));
      await side.call("txns.reverseTxns", { count: 2 });
      await side.close();
      const file = ctx.take(imodel);
      const record = () => withIModel(file, false, (db) => select(db, "SELECT count(*) AS n FROM be_Local WHERE Name='weh_txn_stack'")[0].n);
      equal(await record(), 1, "our record is in the file");
      const elements = await readElements(file);
      await officially(file, async (db) => {
        ok(!db.txns.isUndoPossible && !db.txns.isRedoPossible, "nothing to undo or redo");
        equal(db.txns.reverseTxns(1), 65579, "undo");
        equal(db.txns.reinstateTxn(), 65578, "redo");
      });
      equal(await readElements(file), elements, "nothing was undone");
      // Only looked at: both come back together.
      const looked = ctx.place(file);
      const again = await open(ctx, encoding, looked);
      equal((await again.call("txns.reinstateTxn")).reinstated.length, 2, "redo after the official backend has looked");
      await again.close();
      // Saved: redo is gone, undo goes through its transaction and ours.
      await officially(file, (db, official) => runScript(official, insertOne("theirs")));
      const saved = ctx.place(file);
      const third = await open(ctx, encoding, saved);
      equal((await third.call("txns.state")).undoString, "theirs", "its transaction is the last");
      ok(!(await third.call("txns.state")).isRedoPossible, "redo is gone");
      equal((await third.call("txns.reverseAll")).reversed.length, 3, "all sessions");
      equal((await third.call("txns.reinstateTxn")).reinstated.length, 3, "and back");
      await third.close();
      ok((await checkIModel(ctx.take(saved))).ok, "sound");
    },
  };
}

function pushedTest(encoding) {
  return {
    name: `a briefcase with transactions of both sides, some undone, is pushed: a second one that pulls is equal (${encoding})`,
    async run(ctx) {
      await withHub(async () => {
        const iModelId = await createHubIModel(asBaseline(ctx.data("empty")), `history-${encoding}`);
        const first = await downloadBriefcase(iModelId);
        const second = await downloadBriefcase(iModelId);
        await officially(first.fileName, async (db, side) => {
          db.txns.beginMultiTxnOperation();
          await runScript(side, [...insertOne("one"), ...insertOne("two")]);
          db.txns.endMultiTxnOperation();
          await runScript(side, insertOne("undone by them"));
          equal(db.txns.reverseTxns(1), 0, "undo");
        });
        const imodel = ctx.place(first.fileName);
        const side = await open(ctx, encoding, imodel);
        await side.call("txns.reverseTxns");
        await side.call("txns.reinstateTxn");
        await runScript(side, [...insertOne("ours"), ...insertOne("x"), ...insertOne("y"), ...insertOne("z")]);
        await side.call("txns.reverseTxns", { count: 3 });
        await side.close();
        copyIModel(ctx.file(imodel), first.fileName);
        const pending = await readPending(first.fileName);
        equal(pending.map((t) => t.description), ["one", "two", "ours"], "pending for the official backend");
        const pushed = await push(first.fileName, "of both");
        equal(await pull(second.fileName), pushed, "pulled");
        same(snapshotFile(first.fileName, true), snapshotFile(second.fileName, true), "the briefcases differ");
        const labels = (await readElements(second.fileName)).map((e) => e.userLabel).filter((l) => l !== undefined);
        equal(labels, ["one", "two", "ours"], "elements of the second");
        const after = ctx.place(first.fileName);
        const again = await open(ctx, encoding, after);
        const state = await again.call("txns.state");
        ok(!state.isUndoPossible && !state.hasPendingTxns, "nothing to undo after the push");
        await runScript(again, insertOne("after the push"));
        equal((await again.call("txns.reverseTxns")).reversed.length, 1, "but what is new");
        await again.close();
      });
    },
  };
}

/** A pull of others' edits between our transactions and their undo. */
function pulledTest(name, theirs, judge) {
  return {
    name: `a pull by the official backend in between, ${name}`,
    async run(ctx) {
      await withHub(async () => {
        const iModelId = await createHubIModel(asBaseline(ctx.data("small")), name);
        const first = await downloadBriefcase(iModelId);
        const second = await downloadBriefcase(iModelId);
        const imodel = ctx.place(first.fileName);
        const side = await open(ctx, "json", imodel);
        await runScript(side, [
          { op: "updateElement", props: { id: "0x11", userLabel: "ours" } }, { op: "save", description: "label" },
        ]);
        await side.close();
        copyIModel(ctx.file(imodel), first.fileName);
        await officially(second.fileName, (db, official) => runScript(official, [...theirs, { op: "save", description: "theirs" }]));
        await push(second.fileName, "theirs");
        const refused = await pull(first.fileName).then(() => undefined, (e) => e.message);
        const pulled = ctx.place(first.fileName);
        const again = await open(ctx, "json", pulled);
        const before = snapshotFile(ctx.take(pulled), true);
        const answer = await again.call("txns.reverseTxns").then((r) => r.reversed.length, (e) => e.errorName);
        if (answer === "CannotUndo") same(snapshotFile(ctx.take(pulled), true), before, "after the refusal");
        const label = (await again.call("elements.getElementProps", { id: "0x11" })).userLabel;
        await again.close();
        ok((await checkIModel(ctx.take(pulled))).ok, "sound");
        judge({ refused, answer, label });
      });
    },
  };
}

const pulls = [
  // The official backend does not undo transactions of earlier sessions for a pull, and gives up.
  pulledTest("of the same element: it is refused, and our undo works", [{ op: "updateElement", props: { id: "0x11", userLabel: "theirs" } }],
    (r) => { ok(r.refused !== undefined, JSON.stringify(r)); equal(r.answer, 1, "undone"); ok(r.label !== "ours", r.label); }),
  pulledTest("of another model's element: our undo works", [{ op: "updateElement", props: { id: "0x130", userLabel: "theirs" } }],
    (r) => { equal(r.refused, undefined, "pull"); equal(r.answer, 1, "undone"); ok(r.label !== "ours", r.label); }),
  // The time of the model is of both transactions.
  pulledTest("of the same model: our undo is refused", [{ op: "updateElement", props: { id: "0x12", userLabel: "theirs" } }],
    (r) => { equal(r.refused, undefined, "pull"); equal(r.answer, "CannotUndo", "undo"); equal(r.label, "ours", "label"); }),
];

/** An official reader of @file that hears of changes, and what it has heard. */
async function watch(file) {
  // StandaloneDb.openFile cannot watch; open is that of BriefcaseDb.
  const db = await backend.BriefcaseDb.open({ fileName: file, watchForChanges: true });
  const heard = { changes: 0, replayed: 0, elements: [] };
  db.txns.onChangesApplied.addListener(() => { heard.changes += 1; });
  db.txns.onReplayedExternalTxns.addListener(() => { heard.replayed += 1; });
  db.txns.onElementsChanged.addListener((changes) => {
    for (const op of ["inserts", "updates", "deletes"]) for (const { id } of changes[op]) heard.elements.push(`${op} ${id}`);
  });
  const labels = () => db.withPreparedSqliteStatement("SELECT UserLabel FROM bis_Element WHERE UserLabel IS NOT NULL ORDER BY Id", (s) => [...s].map((r) => r.userLabel));
  /** @work, until the reader sees @wanted and has been told of @change; of undo it is told by nobody, it just sees it (FACTS.md). */
  const follows = async (work, wanted, change) => {
    const end = Date.now() + WATCH_MS;
    Object.assign(heard, { changes: 0, replayed: 0, elements: [] });
    await work();
    const isTold = () => change === undefined || (heard.changes > 0 && heard.replayed > 0 && heard.elements.includes(change));
    const there = () => JSON.stringify(labels()) === JSON.stringify(wanted) && isTold();
    while (!there()) {
      if (Date.now() > end) throw new Error(`the watcher sees ${JSON.stringify(labels())}, not ${JSON.stringify(wanted)}, and ${JSON.stringify(heard)}, not ${change}`);
      await new Promise((resolve) => { setImmediate(resolve); });
    }
  };
  return { db, follows };
}

/** @kind names the file; @make(ctx) places it. */
function watchTest(kind, make) {
  return {
    name: `an official reader of a ${kind} that watches for changes follows our saves, undo, redo and cancelled transactions`,
    async run(ctx) {
      const imodel = await make(ctx);
      const side = await open(ctx, "json", imodel);
      const { db, follows } = await watch(ctx.file(imodel));
      try {
        const edited = async (name, op, wanted, word) => {
          await runScript(side, [op]);
          await follows(() => runScript(side, [{ op: "save" }]), wanted, `${word} ${side.results[name]}`);
        };
        await edited("one", { op: "insertElement", as: "one", props: subject({ userLabel: "one" }) }, ["one"], "inserts");
        await edited("two", { op: "insertElement", as: "two", props: subject({ userLabel: "two" }) }, ["one", "two"], "inserts");
        await follows(() => side.call("txns.reverseTxns"), ["one"]);
        await follows(() => side.call("txns.reinstateTxn"), ["one", "two"], `inserts ${side.results.two}`);
        const { currentTxnId } = await side.call("txns.state");
        await edited("one", { op: "updateElement", props: { id: "$one", userLabel: "changed" } }, ["changed", "two"], "updates");
        await follows(() => side.call("txns.cancelTo", { txnId: currentTxnId }), ["one", "two"]);
        await follows(() => side.call("txns.reverseAll"), []);
        await edited("three", { op: "insertElement", as: "three", props: subject({ userLabel: "three" }) }, ["three"], "inserts");
        await edited("three", { op: "deleteElement", id: "$three" }, [], "deletes");
      } finally {
        db.close();
      }
      await side.close();
    },
  };
}

async function placeBriefcase(ctx) {
  return withHub(async () => ctx.place((await downloadBriefcase(await createHubIModel(asBaseline(ctx.data("empty")), "watched"))).fileName));
}

export const tests = [
  ...inBothEncodings((e) => [continuedTest(e), ignoredTest(e), pushedTest(e)]),
  ...pulls, watchTest("briefcase", placeBriefcase), watchTest("standalone file", async (ctx) => ctx.place(makeEmpty(ctx))),
];
