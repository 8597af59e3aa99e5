// Standalone files: what we read, what we write, and the same edits done by the official backend.
import { existsSync, utimesSync, statSync, writeFileSync } from "node:fs";
import { copyToScratch, openSqlite, withIModel } from "../lib/host.mjs";
import { checkIModel, pendingTxns } from "../lib/dump.mjs";
import { select, difference, snapshotFile } from "../lib/tables.mjs";
import { inBothEncodings } from "../lib/client.mjs";
import { OfficialSide, OurSide, runScript } from "../lib/sides.mjs";
import { equal, ok, plain } from "../lib/tap.mjs";
import { bookkeeping, equalFiles, readElements, readPending } from "./compare.mjs";
import { FRAME, SMALL, subject } from "./scripts.mjs";
import { FAULTS, FAULT_FRAME } from "./faults.mjs";

/** Every element id of @file, by plain SQL. */
function idsOf(file) {
  const db = openSqlite(file);
  try {
    return select(db, "SELECT Id AS id FROM bis_Element ORDER BY Id").map((r) => `0x${BigInt(r.id).toString(16)}`);
  } finally {
    db.closeDb();
  }
}

async function readOurs(side, ids) {
  return Promise.all(ids.map((id) => side.call("elements.getElementProps", { id })));
}

/** Order of members, in depth, as text. */
function memberOrder(value) {
  if (Array.isArray(value)) return value.map(memberOrder);
  if (value === null || typeof value !== "object") return 0;
  return Object.entries(value).map(([k, v]) => [k, memberOrder(v)]);
}

async function checkSound(file) {
  const found = await checkIModel(copyToScratch(file));
  ok(found.ok, `the official backend or SQLite objects: ${JSON.stringify(found)}`);
}

function readTests(name, encoding) {
  return {
    name: `${name}.bim: every element and model reads as the official backend reads it (${encoding})`,
    async run(ctx) {
      const imodel = ctx.place(ctx.data(name));
      const official = await readElements(ctx.data(name));
      const models = await withIModel(copyToScratch(ctx.data(name)), false, (db) => select(db, "SELECT Id FROM bis_Model")
        .map((r) => plain(db.models.getModelProps(`0x${BigInt(r.Id).toString(16)}`))));
      const side = await OurSide.open(ctx.ready, encoding, imodel, "readonly");
      const ours = plain(await readOurs(side, official.map((e) => e.id)));
      ours.forEach((e, i) => equal(e, official[i], `element ${official[i].id}`));
      ours.forEach((e, i) => equal(memberOrder(e), memberOrder(official[i]), `order of members of ${official[i].id}`));
      for (const m of models) equal(plain(await side.call("models.getModelProps", { id: m.id })), m, `model ${m.id}`);
      await side.close();
    },
  };
}

/** Our session runs @script on a copy of @name; then the official backend reads what is there. */
function editTests(name, script, encoding) {
  return {
    name: `${name}.bim: edited by us, the official backend sees each element, the transactions and goes on (${encoding})`,
    async run(ctx) {
      const imodel = ctx.place(ctx.data(name));
      const before = (await readPending(ctx.data(name))).map((t) => t.description);
      const side = await OurSide.open(ctx.ready, encoding, imodel);
      await runScript(side, script);
      const ours = plain(await readOurs(side, idsOf(ctx.file(imodel))));
      await side.close();
      const file = ctx.take(imodel);
      equal(ours, await readElements(file), "elements");
      await checkSound(file);
      const official = await withIModel(ctx.scratchCopy(ctx.data(name)), true, async (db) => {
        await runScript(new OfficialSide(db), script);
        return pendingTxns(db).map((t) => t.description);
      });
      const pending = await readPending(file);
      equal(pending.map((t) => t.description), official, "descriptions");
      ok(pending.length > before.length || script !== FRAME, "the script must leave transactions");
      await continuesIds(file);
    },
  };
}

/** The official backend inserts; the id is the next one of the sequence and of all elements. */
async function continuesIds(file) {
  const copy = copyToScratch(file);
  const sequence = Number(bookkeeping(copy).locals.find((r) => r.Name === "bis_elementidsequence").Val);
  const id = await withIModel(copy, true, (db) => {
    const made = db.elements.insertElement(subject({ userLabel: "continues" }));
    db.saveChanges("continues");
    return made;
  });
  equal(Number(id), sequence + 1, "next element id");
  ok(!idsOf(file).includes(id), "a fresh id");
}

function differentialTests(name, script, encoding) {
  return {
    name: `${name}.bim: the same edits by us and by the official backend leave the same rows (${encoding})`,
    async run(ctx) {
      const imodel = ctx.place(ctx.data(name));
      const side = await OurSide.open(ctx.ready, encoding, imodel);
      await runScript(side, script);
      await side.close();
      const theirs = ctx.scratchCopy(ctx.data(name));
      await withIModel(theirs, true, (db) => runScript(new OfficialSide(db), script));
      await equalFiles(ctx.take(imodel), theirs);
    },
  };
}

/**
 * Where our number differs on purpose. Of several faults at once any may be told first; the rest say
 * more than the official "error updating".
 */
const OTHERWISE = {
  "insert: several: code and parent does not exist": 65553,
  "insert: several: wrong model and no parent": 65600,
  "insert: several: abstract and code": 65594,
  "update: parent does not exist": 65553,
  "update: category does not exist": 65556,
};

function faultTests(encoding) {
  return {
    name: `faulty edits: the same error numbers as the official backend (${encoding})`,
    async run(ctx) {
      const imodel = ctx.place(ctx.data("empty"));
      const ours = await OurSide.open(ctx.ready, encoding, imodel);
      const found = [];
      await withIModel(ctx.scratchCopy(ctx.data("empty")), true, async (db) => {
        const theirs = new OfficialSide(db);
        await runScript(ours, FAULT_FRAME);
        await runScript(theirs, FAULT_FRAME);
        for (const [name, op] of FAULTS) {
          const expected = await theirs.run(op);
          const actual = await ours.run(op);
          await theirs.run({ op: "abandon" });
          await ours.run({ op: "abandon" });
          if (expected.number === undefined) found.push(`${name}: not a fault for the official backend`);
          else if (actual.number !== (OTHERWISE[name] ?? expected.number)) {
            found.push(`${name}: ours ${actual.number ?? "success"} (${actual.name}), official ${expected.number} (${expected.name})`);
          }
        }
      });
      await ours.close();
      ok(found.length === 0, `${found.length} of ${FAULTS.length} differ\n${found.join("\n")}`);
    },
  };
}

function undoTests(name, script, encoding) {
  return {
    name: `${name}.bim: undo of all brings every row back, redo every edit (${encoding})`,
    async run(ctx) {
      const imodel = ctx.place(ctx.data(name));
      const original = snapshotFile(ctx.scratchCopy(ctx.data(name)));
      const side = await OurSide.open(ctx.ready, encoding, imodel);
      const edits = script.filter((o) => !["undo", "redo"].includes(o.op));
      const saves = [];
      for (const op of edits) {
        await runScript(side, [op]);
        if (op.op === "save") saves.push(snapshotFile(ctx.file(imodel)));
      }
      const same = (expected, what) => {
        const d = difference(expected, snapshotFile(ctx.file(imodel)));
        ok(d.length === 0, `${what}\n${d.slice(0, 8).map((x) => JSON.stringify(x)).join("\n")}`);
      };
      const distinct = saves.filter((s, i) => i === 0 || difference(saves[i - 1], s).length > 0);
      for (let i = distinct.length - 1; i >= 0; i -= 1) {
        await side.call("txns.reverseTxns", {});
        same(i === 0 ? original : distinct[i - 1], `after undoing save ${i}`);
      }
      ok(!(await side.call("txns.state")).isUndoPossible, "nothing left to undo");
      for (let i = 0; i < distinct.length; i += 1) {
        await side.call("txns.reinstateTxn", {});
        same(distinct[i], `after redoing save ${i}`);
      }
      await side.close();
      await checkSound(ctx.take(imodel));
    },
  };
}

const watchTest = {
  name: "a save touches the -watch file, so that official readers notice",
  async run(ctx) {
    const imodel = ctx.place(ctx.data("empty"));
    const watch = `${ctx.file(imodel)}-watch`;
    const longAgo = new Date("2020-01-01T00:00:00Z");
    writeFileSync(watch, "");
    utimesSync(watch, longAgo, longAgo);
    const side = await OurSide.open(ctx.ready, "json", imodel);
    await runScript(side, [{ op: "insertElement", props: subject() }, { op: "save", description: "watched" }]);
    await side.close();
    ok(existsSync(watch) && statSync(watch).mtimeMs > longAgo.getTime(), "its time is new");
  },
};

export const tests = [
  ...inBothEncodings((e) => [
    readTests("small", e), readTests("empty", e), readTests("undone", e),
    editTests("empty", FRAME, e), editTests("small", SMALL, e),
    differentialTests("empty", FRAME, e), differentialTests("small", SMALL, e),
    undoTests("empty", FRAME, e), undoTests("small", SMALL, e), faultTests(e),
  ]),
  watchTest,
];
