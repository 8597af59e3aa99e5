// Two programs in turn on one file: the official backend, ours, the official backend ... and the same script by it alone.
import { join } from "node:path";
import { checkIModel } from "../lib/dump.mjs";
import { copyIModel, openIModel, openSqlite, withIModel } from "../lib/host.mjs";
import { Pairs, changesOf, compareChanges, compareFiles, integrityErrors } from "../lib/differ/judge.mjs";
import { OfficialPlayer, playOurs } from "../lib/differ/player.mjs";
import { Random } from "../lib/differ/random.mjs";
import { Rehearsal } from "../lib/rehearse.mjs";
import { ENCODINGS } from "../lib/client.mjs";
import { OurSide, nextMillisecond } from "../lib/sides.mjs";
import { differenceOfFiles, select, txnRows } from "../lib/tables.mjs";
import { equal, ok } from "../lib/tap.mjs";

const ROUNDS = 10;
const STEPS = 14;
/** After these both sides tell what may be undone and redone. */
const MARKS = new Set(["save", "undo", "redo"]);

const STATE = ["hasUnsavedChanges", "hasPendingTxns", "isUndoPossible", "isRedoPossible", "undoString", "redoString", "currentTxnId"];

function officialState(db) {
  const { txns } = db;
  return {
    hasUnsavedChanges: txns.hasUnsavedChanges, hasPendingTxns: txns.hasPendingTxns, isUndoPossible: txns.isUndoPossible,
    isRedoPossible: txns.isRedoPossible, undoString: txns.getUndoString(), redoString: txns.getRedoString(),
    currentTxnId: txns.getCurrentTxnId(),
  };
}

const stateOf = (state) => Object.fromEntries(STATE.map((name) => [name, state[name]]));

/** One round by the official backend on @file: the states that it tells. */
async function officialRound(file, part, results) {
  nextMillisecond();
  const db = await openIModel(file, true);
  const states = [];
  try {
    const player = new OfficialPlayer(db);
    player.results = results;
    for (const op of part) {
      const answer = player.run(op);
      ok(!("number" in answer), `${op.op}: ${answer.number} ${answer.name}`);
      if (MARKS.has(op.op)) states.push(officialState(db));
    }
  } finally {
    if (db.txns.hasUnsavedChanges) db.abandonChanges();
    db.close();
  }
  return states;
}

const isUndoPossible = async (side) => (await side.call("txns.state")).isUndoPossible;

function sameRows(a, b, what) {
  const found = differenceOfFiles(a, b);
  ok(found.length === 0, `${what}\n${found.slice(0, 8).map((d) => JSON.stringify(d)).join("\n")}`);
}

/** Undo of what either program has saved, and redo of it: nothing changes. Tells how many transactions it were. */
async function thereAndBack(side, random) {
  if (!await isUndoPossible(side)) return 0;
  const { reversed } = await side.call("txns.reverseTxns", { count: 1 + random.below(4) });
  const { reinstated } = await side.call("txns.reinstateTxn");
  equal([...reinstated].sort(), [...reversed].sort(), "redo of what was undone");
  return reversed.length;
}

/** The same with all that there is, one operation after the other: at the bottom are the rows of @base. */
async function downAndUp(ctx, side, imodel, base) {
  const top = ctx.take(imodel);
  const steps = [];
  while (await isUndoPossible(side)) steps.push((await side.call("txns.reverseTxns")).reversed);
  sameRows(base, ctx.take(imodel), "with all undone");
  for (const reversed of steps.reverse()) {
    const { reinstated } = await side.call("txns.reinstateTxn");
    equal([...reinstated].sort(), [...reversed].sort(), "redo of one operation");
  }
  sameRows(top, ctx.take(imodel), "with all redone");
  return steps.flat().length;
}

/** The same round by ours. @results: ids of the official side. */
async function ourRound(side, part, results) {
  const states = [];
  for (let at = 0; at < part.length;) {
    const mark = part.findIndex((op, i) => i >= at && MARKS.has(op.op));
    const end = mark < 0 ? part.length : mark + 1;
    const steps = part.slice(at, end);
    for (const [i, answer] of (await playOurs(side.client, steps, results)).entries()) {
      const op = steps[i];
      ok(!("number" in answer), `${op.op}: ${answer.number} ${answer.name}`);
      if (op.as !== undefined) equal(answer.result, results[op.as], `id of ${op.as}`);
    }
    if (mark >= 0) states.push(stateOf(await side.call("txns.state")));
    at = end;
  }
  return states;
}

/** The parts of a script, the file that the official backend alone makes of them, its ids, and what it tells on the way. */
async function reference(ctx, base, seed) {
  const rehearsed = join(ctx.folder(), "rehearsal.bim");
  const file = join(ctx.folder(), "official.bim");
  copyIModel(base, rehearsed);
  copyIModel(base, file);
  const rehearsal = new Rehearsal(`turns/${seed}`, { history: true });
  const parts = [];
  for (let i = 0; i < ROUNDS; i += 1) {
    parts.push(await withIModel(rehearsed, true, (db) => rehearsal.part(db, STEPS, `round ${i}`)));
  }
  const results = {};
  const states = [];
  for (const part of parts) states.push(await officialRound(file, part, results));
  return { parts, file, results, states };
}

function guidsOf(file) {
  const db = openSqlite(file);
  try {
    return ["SELECT FederationGuid AS g FROM bis_Element", "SELECT ps1 AS g FROM bis_Model"].flatMap((sql) => select(db, sql))
      .filter((r) => r.g instanceof Uint8Array).map((r) => Buffer.from(r.g).toString("hex").toUpperCase());
  } finally {
    db.closeDb();
  }
}

async function same(pairs, ours, theirs) {
  const found = compareFiles(pairs, ours, theirs);
  ok(found === undefined, found?.text);
  const changes = await withIModel(theirs, false, (db) => changesOf(db, new Set()));
  await withIModel(ours, false, (db) => {
    const other = compareChanges(pairs, changesOf(db, new Set()), changes);
    ok(other === undefined, other?.text);
    equal(integrityErrors(db), [], "the official integrity check");
  });
}

/** The official backend does not know that transactions of earlier sessions can be undone. */
function forgetEarlier(ours, official) {
  if (!official.isUndoPossible) Object.assign(ours, { isUndoPossible: false, undoString: official.undoString });
}

/** @keep: our sessions keep the history of all earlier ones. */
async function inTurn(ctx, encoding, base, seed, keep) {
  const startMs = Date.now();
  const official = await reference(ctx, ctx.data(base), seed);
  const random = new Random("turns", seed);
  const imodel = ctx.place(ctx.data(base));
  const results = {};
  let undone = 0;
  for (const [i, part] of official.parts.entries()) {
    if (i % 2 === 0) {
      equal(await officialRound(ctx.file(imodel), part, results), official.states[i], `round ${i}, official`);
      continue;
    }
    const side = await OurSide.open(ctx.ready, encoding, imodel, "readwrite", true);
    undone += keep ? await downAndUp(ctx, side, imodel, ctx.data(base)) : await thereAndBack(side, random);
    // As with the official backend, undo ends where the file was opened.
    if (!keep) await side.call("txns.restartTxnSession");
    const told = await ourRound(side, part, official.results);
    if (keep) told.forEach((state, n) => forgetEarlier(state, official.states[i][n]));
    equal(told, official.states[i], `round ${i}, ours`);
    await side.close();
    for (const op of part) if (op.as !== undefined) results[op.as] = official.results[op.as];
  }
  equal(results, official.results, "ids");
  const ours = ctx.take(imodel);
  await same(new Pairs(official.parts.flat(), startMs, guidsOf(ctx.data(base))), ours, official.file);
  const txns = await withIModel(ours, false, (db) => txnRows(db).length);
  ok((await checkIModel(ours)).ok, "sound");
  ok(undone > 0, "something was undone");
  const counts = {};
  for (const op of official.parts.flat()) counts[op.op] = (counts[op.op] ?? 0) + 1;
  console.log(`# seed ${seed}: ${JSON.stringify({ txns, undone, ...counts })}`);
}

function turnsTest(encoding, base, first, keep) {
  return {
    name: `two programs in turn on one file leave what the official backend alone leaves${
      keep ? ", and all of it can be undone and redone" : ""} (${base}, ${encoding})`,
    async run(ctx) {
      for (let i = 0; i < ctx.rounds; i += 1) await inTurn(ctx, encoding, base, first + 2 * i, keep);
    },
  };
}

export const tests = [turnsTest(ENCODINGS[1], "small", 1, false), turnsTest(ENCODINGS[0], "empty", 2, true)];
