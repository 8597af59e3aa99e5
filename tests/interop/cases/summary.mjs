// Our saved transactions as the official reader sees them, and changes.summary against its instances.
import { checkIModel } from "../lib/dump.mjs";
import { copyToScratch, openSqlite, withIModel } from "../lib/host.mjs";
import { compareInstances, instancesOfAll, instancesOfTxn } from "../lib/instances.mjs";
import { Detours } from "../lib/detours.mjs";
import { Rehearsal } from "../lib/rehearse.mjs";
import { ENCODINGS, inBothEncodings } from "../lib/client.mjs";
import { OurSide } from "../lib/sides.mjs";
import { select } from "../lib/tables.mjs";
import { equal, ok } from "../lib/tap.mjs";
import { readPending } from "./compare.mjs";

const STEPS = 120;
const PAGE = 50;

/** All pages of changes.summary. */
async function summary(side, range) {
  const out = [];
  for (let cursor; ;) {
    const page = await side.call("changes.summary", { ...range, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    out.push(...page.changes);
    if (page.done) return out;
    cursor = page.cursor;
  }
}

/** Saves, undo and redo, groups, savepoints and new sessions around a random script; two transactions stay reversed. */
async function edited(ctx, encoding, seed) {
  const script = await withIModel(ctx.scratchCopy(ctx.data("small")), true,
    (db) => new Rehearsal(`summary/${seed}`, { without: ["undo", "redo", "abandon"] }).part(db, STEPS, "end"));
  const imodel = ctx.place(ctx.data("small"));
  const detours = new Detours(seed, () => OurSide.open(ctx.ready, encoding, imodel, "readwrite", true));
  await detours.play(script);
  return { imodel, side: detours.side, done: detours.done };
}

function without(file, ids) {
  const copy = copyToScratch(file);
  const db = openSqlite(copy, true);
  for (const id of ids) select(db, `DELETE FROM dgn_Txns WHERE Id=${Number(id)}`);
  db.closeDb(true);
  return copy;
}

/** What the session tells of each transaction and of all; the file afterwards. */
async function told(ctx, encoding, seed) {
  const { imodel, side, done } = await edited(ctx, encoding, seed);
  const list = await side.call("txns.list");
  const each = [];
  for (const { txnId } of list) each.push({ txnId, changes: await summary(side, { from: txnId, to: txnId }) });
  // As one, the official backend leaves out changes of schemas, which are the first ones of small.bim.
  const all = await summary(side, { from: list.find((t) => t.session > 1).txnId });
  await side.close();
  return { list, each, all, done, file: ctx.take(imodel) };
}

async function compareSummaries(ctx, encoding, seed) {
  const { list, each, all, done, file } = await told(ctx, encoding, seed);
  const counts = { txns: 0, instances: 0, values: 0, arrays: 0, fallbacks: 0 };
  await withIModel(copyToScratch(file), false, (db) => {
    for (const { txnId, changes } of each) {
      const fault = compareInstances(db, changes, instancesOfTxn(db, txnId), counts);
      ok(fault === undefined, `seed ${seed}: ${txnId}: ${fault}`);
      counts.txns += 1;
    }
  });
  const reversed = list.filter((t) => t.reversed).map((t) => t.txnId);
  await withIModel(without(file, reversed), false, (db) => {
    const fault = compareInstances(db, all, instancesOfAll(db), counts);
    ok(fault === undefined, `seed ${seed}: all: ${fault}`);
  });
  const pending = list.filter((t) => !t.reversed).map(({ txnId, description }) => ({ txnId, description }));
  equal(await readPending(copyToScratch(file)), pending, "pending");
  ok((await checkIModel(file)).ok, "sound");
  ok(reversed.length > 0 && counts.arrays > 0, `something of all kinds: ${JSON.stringify({ ...counts, ...done })}`);
  console.log(`# seed ${seed}: ${JSON.stringify({ ...counts, ...done })}`);
}

function summaryTest(encoding, first) {
  return {
    name: `changes.summary tells of each transaction what the official reader tells, and of all as one (${encoding})`,
    async run(ctx) {
      for (let i = 0; i < ctx.rounds; i += 1) await compareSummaries(ctx, encoding, first + ENCODINGS.length * i);
    },
  };
}

export const tests = inBothEncodings((encoding) => [summaryTest(encoding, ENCODINGS.indexOf(encoding) + 1)]);
