// Models, definitions, trees, file properties and the iModel's place: the same script and the same faults on both sides.
import { withIModel } from "../lib/host.mjs";
import { select } from "../lib/tables.mjs";
import { inBothEncodings } from "../lib/client.mjs";
import { OfficialSide, OurSide } from "../lib/sides.mjs";
import { equal, ok, plain } from "../lib/tap.mjs";
import { changesOf, equalFiles, readElements } from "./compare.mjs";
import { FILE_PROPERTIES, MODELS, MODEL_FAULTS, MODEL_FAULT_FRAME, SMALL_DEFINITIONS, SMALL_TREES } from "./model_scripts.mjs";

function base64(blob) {
  if (blob === undefined) return null;
  return typeof blob === "string" ? blob.replace("encoding=base64;", "") : Buffer.from(blob).toString("base64");
}

/** Results that both sides tell; ours in a map of their own. */
const TOLD = {
  queryExtents: (r) => r,
  queryChildren: (r) => r,
  queryFileProperty: (r) => ({ string: r.string ?? null, blob: base64(r.blob) }),
  deleteDefinitionElements: (r) => [...(r.inUse ?? r)].sort(),
  deleteElementTree: () => "done",
};

/** All of @script on both sides, which must answer alike; refusals too. */
async function runAlike(ours, theirs, script, what) {
  let n = 0;
  for (const op of script) {
    const expected = await theirs.run(op);
    const actual = await ours.run(op);
    n += 1;
    equal(actual.number, expected.number, `${what}: number of ${n} ${op.op} ${op.as ?? ""} (${actual.name ?? ""} | ${expected.name ?? ""})`);
    const told = TOLD[op.op];
    if (told !== undefined && expected.number === undefined) {
      equal(plain(told(actual.result)), plain(told(expected.result ?? {})), `${what}: result of ${n} ${op.op}`);
    }
  }
}

function scriptTests(name, title, script, encoding) {
  return {
    name: `${name}.bim: ${title}: the same answers and the same rows on both sides (${encoding})`,
    async run(ctx) {
      const imodel = ctx.place(ctx.data(name));
      const theirs = ctx.scratchCopy(ctx.data(name));
      const side = await OurSide.open(ctx.ready, encoding, imodel);
      // Decoded here, because to open a file is what takes the time.
      const changes = await withIModel(theirs, true, async (db) => {
        await runAlike(side, new OfficialSide(db), script, title);
        return changesOf(db);
      });
      await side.close();
      await equalFiles(ctx.take(imodel), theirs, changes);
    },
  };
}

/** Each delete on a file of its own: what one of them leaves must not hide what the next would. */
function treeTests(encoding) {
  return {
    name: `small.bim: each tree, deleted alone, leaves the same rows on both sides (${encoding})`,
    async run(ctx) {
      for (const script of SMALL_TREES) {
        await scriptTests("small", script[0].id, script, encoding).run(ctx);
      }
    },
  };
}

function manyTests(encoding) {
  return {
    name: `small.bim: elements.getMany and models tell what one by one tells (${encoding})`,
    async run(ctx) {
      const imodel = ctx.place(ctx.data("small"));
      const official = await readElements(ctx.data("small"));
      const side = await OurSide.open(ctx.ready, encoding, imodel, "readonly");
      const ids = official.map((e) => e.id);
      equal(plain(await side.call("elements.getMany", { ids: [...ids, "0x99999", ids[0]] })), official, "by ids");
      const backwards = [...ids].reverse();
      equal(plain(await side.call("elements.getMany", { ids: backwards })).map((e) => e.id), backwards, "in the order asked");
      equal(plain(await side.call("elements.getMany", { idSet: "+1*1000" })), official, "by a compressed set");
      await side.close();
    },
  };
}

function propertyTests(name, encoding) {
  return {
    name: `${name}.bim: each file property reads as the official backend reads it (${encoding})`,
    async run(ctx) {
      const imodel = ctx.place(ctx.data(name));
      const side = await OurSide.open(ctx.ready, encoding, imodel, "readonly");
      const keys = await side.call("briefcase.listFileProperties", {});
      await withIModel(ctx.scratchCopy(ctx.data(name)), false, async (db) => {
        const rows = select(db, "SELECT Namespace, Name, Id, SubId FROM be_Prop ORDER BY 1, 2, 3, 4");
        equal(plain(keys), plain(rows.map((r) => ({ namespace: r.Namespace, name: r.Name, id: Number(r.Id), subId: Number(r.SubId) }))), "keys");
        const both = [side, new OfficialSide(db)];
        await runAlike(...both, keys.map((k) => ({ op: "queryFileProperty", prop: k })), name);
      });
      await side.close();
    },
  };
}

function faultTests(encoding) {
  return {
    name: `faulty edits of models and trees: the same error numbers as the official backend (${encoding})`,
    async run(ctx) {
      const imodel = ctx.place(ctx.data("empty"));
      const ours = await OurSide.open(ctx.ready, encoding, imodel);
      await withIModel(ctx.scratchCopy(ctx.data("empty")), true, async (db) => {
        const theirs = new OfficialSide(db);
        await runAlike(ours, theirs, MODEL_FAULT_FRAME, "frame");
        for (const [name, op] of MODEL_FAULTS) {
          await runAlike(ours, theirs, [op], name);
          ok(!(await ours.call("txns.state")).hasUnsavedChanges, `${name}: nothing is left`);
          await runAlike(ours, theirs, [{ op: "abandon" }], name);
        }
      });
      await ours.close();
    },
  };
}

export const tests = inBothEncodings((e) => [
  scriptTests("empty", "models, definitions and trees", MODELS, e),
  scriptTests("small", "file properties and the place", FILE_PROPERTIES, e),
  scriptTests("small", "each definition alone", SMALL_DEFINITIONS, e),
  treeTests(e), manyTests(e), faultTests(e),
  ...["empty", "small", "undone"].map((name) => propertyTests(name, e)),
]);
