// A briefcase with a long history of ours (sessions, undo, groups, crashes) in the hands of the official backend: what it says
// is pending, what it pushes, what another briefcase gets of it, and its own undo of what was pushed.
import { Detours } from "../lib/detours.mjs";
import { checkIModel } from "../lib/dump.mjs";
import { copyIModel, copyToScratch, openSqlite, withIModel } from "../lib/host.mjs";
import { asBaseline, createHubIModel, downloadBriefcase, pull, push, revertAndPush, withHub } from "../lib/hub.mjs";
import { Rehearsal } from "../lib/rehearse.mjs";
import { ENCODINGS, inBothEncodings } from "../lib/client.mjs";
import { OurSide } from "../lib/sides.mjs";
import { differenceOfFiles, select, txnRows } from "../lib/tables.mjs";
import { equal, ok } from "../lib/tap.mjs";
import { readElements, readPending } from "./compare.mjs";

const STEPS = 60;
const KINDS = ["undo and redo", "reopen", "restart", "recovered"];

/** What the save of the official backend's undo writes itself. */
const ofTheSave = (table, column) => table === "bis_Model" && (column === "LastMod" || column === "ps1");

function sameRows(a, b, what, ignore) {
  const found = differenceOfFiles(a, b, ignore);
  ok(found.length === 0, `${what}\n${found.slice(0, 8).map((d) => JSON.stringify(d)).join("\n")}`);
}

/** Our edits on a copy of @file, in a server that ends now and then; tells what txns.list says in the end. */
async function edited(ctx, encoding, seed, file) {
  // Rehearsed elsewhere: the official backend would want locks here. Ids are by label.
  const script = await withIModel(ctx.scratchCopy(ctx.data("small")), true,
    (db) => new Rehearsal(`pushed/${seed}`, { without: ["undo", "redo", "abandon"] }).part(db, STEPS, "end"));
  const daemon = ctx.newDaemon("session.linger_s=0");
  const name = "pushed";
  copyIModel(file, daemon.file(name));
  const open = () => OurSide.open(daemon.ready, encoding, name, "readwrite", true, { unsaved: "restore" });
  try {
    await daemon.start();
    const detours = new Detours(seed, open, async () => {
      const { code } = await daemon.stop();
      equal(code, 0, "end of the server");
      await daemon.start();
      return open();
    });
    await detours.play(script);
    const list = await detours.side.call("txns.list");
    await detours.side.close();
    equal((await daemon.stop()).code, 0, "end of the server");
    return { file: copyToScratch(daemon.file(name)), list, done: detours.done };
  } finally {
    if (daemon.process.exitCode === null) await daemon.kill();
  }
}

/** The official backend sees the transactions that we told of. */
async function compareList(file, list) {
  const db = openSqlite(file);
  const rows = txnRows(db);
  const remembered = select(db, "SELECT count(*) AS n FROM be_Local WHERE Name='weh_txn_stack'")[0].n;
  db.closeDb();
  equal(rows.map((r) => [r.Id, r.Deleted !== 0, r.Grouped !== 0, r.Operation ?? ""]),
    list.map((t) => [t.txnId, t.reversed, t.grouped, t.description]), "rows of dgn_Txns");
  equal(await readPending(copyToScratch(file)), list.filter((t) => !t.reversed)
    .map(({ txnId, description }) => ({ txnId, description })), "pending for the official backend");
  ok(remembered === 1, "our record of the stack is there");
  await withIModel(copyToScratch(file), true, (official) => {
    const { txns } = official;
    equal([txns.isUndoPossible, txns.isRedoPossible, txns.hasPendingTxns, txns.hasUnsavedChanges, txns.hasLocalChanges],
      [false, false, true, false, true], "state of the official TxnManager");
  });
}

async function pushAndPull(ctx, encoding, seed) {
  await withHub(async () => {
    // With locks, because the official backend wants one to revert.
    const iModelId = await createHubIModel(asBaseline(ctx.data("small")), `pushed-${seed}`, true);
    const [first, second] = [await downloadBriefcase(iModelId), await downloadBriefcase(iModelId)];
    const original = copyToScratch(first.fileName);
    const { file, list, done } = await edited(ctx, encoding, seed, first.fileName);
    for (const kind of KINDS) ok(done[kind] > 0, `no ${kind}: ${JSON.stringify(done)}`);
    await compareList(file, list);
    copyIModel(file, first.fileName);
    const elements = await readElements(first.fileName);
    const pushed = await push(first.fileName, "of ours");
    equal(await pull(second.fileName), pushed, "changeset of the second briefcase");
    sameRows(first.fileName, second.fileName, "the briefcases differ ([pushed, pulled])");
    equal(await readElements(second.fileName), elements, "elements");
    ok(differenceOfFiles(original, second.fileName).length > 0, "something was pushed");
    // The official backend undoes of ours what was pushed.
    const reverted = await revertAndPush(second.fileName, pushed.index);
    equal(reverted.index, pushed.index + 1, "index of the changeset that reverts");
    sameRows(original, second.fileName, "as before, by the official backend's undo", ofTheSave);
    equal(await pull(first.fileName), reverted, "pulled into ours");
    sameRows(first.fileName, second.fileName, "both reverted");
    ok((await checkIModel(first.fileName)).ok, "sound");
    console.log(`# seed ${seed}: ${JSON.stringify({ txns: list.length, pending: list.filter((t) => !t.reversed).length, ...done })}`);
  });
}

function pushedTest(encoding) {
  return {
    name: `a briefcase with our history is pending, pushed, pulled and reverted by the official backend (${encoding})`,
    async run(ctx) {
      for (let i = 0; i < ctx.rounds; i += 1) await pushAndPull(ctx, encoding, 1 + ENCODINGS.indexOf(encoding) + ENCODINGS.length * i);
    },
  };
}

export const tests = inBothEncodings((e) => [pushedTest(e)]);
