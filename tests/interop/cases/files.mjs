// Briefcases and whole files: push through the mock hub, files of the one side edited by the other, new iModels.
import { backend, bentley, briefcaseIdOf, copyIModel, copyToScratch, withIModel } from "../lib/host.mjs";
import { checkIModel } from "../lib/dump.mjs";
import { acquireBriefcaseId, asBaseline, createHubIModel, downloadBriefcase, pull, push, setBriefcaseId, withHub } from "../lib/hub.mjs";
import { differenceOfFiles } from "../lib/tables.mjs";
import { inBothEncodings } from "../lib/client.mjs";
import { OfficialSide, OurSide, runScript } from "../lib/sides.mjs";
import { equal, ok, plain } from "../lib/tap.mjs";
import { readElements, readPending, volatileOnly } from "./compare.mjs";
import { FRAME, SMALL, subject } from "./scripts.mjs";
import { join } from "node:path";

const { StandaloneDb } = backend;

async function ourEdits(ctx, encoding, imodel, script) {
  const side = await OurSide.open(ctx.ready, encoding, imodel);
  await runScript(side, script);
  const opened = side.opened;
  await side.close();
  return opened;
}

/** A briefcase of the hub, edited by us, pushed by the official backend, pulled elsewhere. */
function pushTests(name, script, encoding) {
  return {
    name: `${name}: a briefcase that we edited is pushed, and a second one that pulls has the same rows (${encoding})`,
    async run(ctx) {
      await withHub(async () => {
        const iModelId = await createHubIModel(asBaseline(ctx.data(name)), name);
        const first = await downloadBriefcase(iModelId);
        const second = await downloadBriefcase(iModelId);
        const imodel = ctx.place(first.fileName);
        const opened = await ourEdits(ctx, encoding, imodel, script);
        equal(opened.briefcaseId, first.briefcaseId, "briefcase id that we tell");
        copyIModel(ctx.file(imodel), first.fileName);
        const ours = await readElements(first.fileName);
        const made = ours.filter((e) => Number(e.id) >= first.briefcaseId * 2 ** 40);
        ok(made.length > 0 || name !== "empty", "new elements have ids of the briefcase");
        ok((await readPending(first.fileName)).length > 0, "there is something to push");
        const pushed = await push(first.fileName, "edited by us");
        equal(pushed.index, 1, "index of the changeset");
        equal(await pull(second.fileName), pushed, "changeset of the second briefcase");
        const found = differenceOfFiles(first.fileName, second.fileName);
        ok(found.length === 0, `the briefcases differ ([ours, pulled])\n${found.slice(0, 8).map((d) => JSON.stringify(d)).join("\n")}`);
        equal(await readElements(second.fileName), ours, "elements");
        equal((await readPending(first.fileName)).length, 0, "nothing pending after the push");
        await editAfterPush(ctx, encoding, first, second);
      });
    },
  };
}

/** A pushed briefcase goes on: we edit it again, the second one pulls that too. */
async function editAfterPush(ctx, encoding, first, second) {
  const imodel = ctx.place(first.fileName);
  await ourEdits(ctx, encoding, imodel, [
    { op: "insertElement", props: subject({ userLabel: "after the push" }) },
    { op: "save", description: "after the push" },
  ]);
  copyIModel(ctx.file(imodel), first.fileName);
  equal((await push(first.fileName, "again")).index, 2, "index of the second changeset");
  await pull(second.fileName);
  const found = differenceOfFiles(first.fileName, second.fileName);
  ok(found.length === 0, `after the second push\n${found.slice(0, 8).map((d) => JSON.stringify(d)).join("\n")}`);
}

/** Made and edited by the official backend, edited by us, edited by it again, and read by both. */
function turnsTest(encoding) {
  return {
    name: `a file that both sides edit in turns reads the same on both (${encoding})`,
    async run(ctx) {
      const file = join(ctx.folder(), "turns.bim");
      StandaloneDb.createEmpty(file, { rootSubject: { name: "turns" }, allowEdit: "{\"txns\":true}" }).close();
      await withIModel(file, true, (db) => runScript(new OfficialSide(db), FRAME));
      const imodel = ctx.place(file);
      await ourEdits(ctx, encoding, imodel, [
        { op: "insertElement", as: "x", props: subject({ userLabel: "ours" }) },
        { op: "updateElement", props: { id: "0x11", userLabel: "site, relabelled by us" } },
        { op: "save", description: "ours" },
      ]);
      const back = ctx.take(imodel);
      await withIModel(back, true, (db) => runScript(new OfficialSide(db), [
        { op: "insertElement", props: subject({ userLabel: "theirs again" }) },
        { op: "save", description: "theirs again" },
      ]));
      const descriptions = (await readPending(back)).map((t) => t.description);
      equal(descriptions.slice(-2), ["ours", "theirs again"], "descriptions");
      const official = await readElements(back);
      const second = ctx.place(back);
      const side = await OurSide.open(ctx.ready, encoding, second, "readonly");
      const ours = await Promise.all(official.map((e) => side.call("elements.getElementProps", { id: e.id })));
      await side.close();
      equal(plain(ours), official, "elements");
    },
  };
}

/** Files that were made at different times, by different programs, differ in these rows of be_Prop. */
const MADE_APART = ["'be_Db'|'DbGuid'", "'be_Db'|'CreationDate'", "'be_Db'|'BeSQLiteBuild'",
  "'dgn_Db'|'Client'"];

function createTest(encoding) {
  return {
    name: `imodel.create: the same rows as the official backend's new iModel, which opens and edits ours (${encoding})`,
    async run(ctx) {
      const imodel = ctx.newName();
      const rootSubject = { name: `Root Ä ${encoding}`, description: "made by us" };
      const maker = await OurSide.connect(ctx.ready, encoding);
      await maker.client.call("imodel.create", { imodel, rootSubject });
      await maker.client.close();
      const ours = ctx.take(imodel);
      const theirs = join(ctx.folder(), "theirs.bim");
      StandaloneDb.createEmpty(theirs, { rootSubject, allowEdit: "{\"txns\":true}" }).close();
      const found = differenceOfFiles(theirs, ours, volatileOnly)
        .filter((d) => d.table !== "be_Prop" || !MADE_APART.some((k) => d.key.startsWith(k)));
      ok(found.length === 0, `tables differ ([official, ours])\n${found.slice(0, 12).map((d) => JSON.stringify(d)).join("\n")}`);
      const sound = await checkIModel(copyToScratch(ours));
      ok(sound.ok, JSON.stringify(sound));
      await withIModel(ours, true, (db) => {
        equal(db.rootSubject, rootSubject, "root subject");
        ok(bentley.Guid.isV4Guid(db.iModelId), "iModelId");
        return runScript(new OfficialSide(db), FRAME);
      });
      const again = ctx.place(ours);
      const official = await readElements(ours);
      const side = await OurSide.open(ctx.ready, encoding, again);
      equal(plain(await Promise.all(official.map((e) => side.call("elements.getElementProps", { id: e.id })))), official, "elements");
      await side.close();
    },
  };
}

const newThenOurs = {
  name: "imodel.create, edited by us: the same rows as a new official iModel edited by the official backend",
  async run(ctx) {
    const imodel = ctx.newName();
    const maker = await OurSide.connect(ctx.ready, "json");
    await maker.client.call("imodel.create", { imodel, rootSubject: { name: "both" } });
    await maker.client.close();
    await ourEdits(ctx, "json", imodel, FRAME);
    const theirs = join(ctx.folder(), "theirs.bim");
    StandaloneDb.createEmpty(theirs, { rootSubject: { name: "both" }, allowEdit: "{\"txns\":true}" }).close();
    await withIModel(theirs, true, (db) => runScript(new OfficialSide(db), FRAME));
    const found = differenceOfFiles(theirs, ctx.take(imodel), volatileOnly).filter((d) => d.table.startsWith("bis_"));
    ok(found.length === 0, `tables differ\n${found.slice(0, 8).map((d) => JSON.stringify(d)).join("\n")}`);
  },
};

/** Take the briefcase ids of the hub's iModel up to @wanted, which our server gave out by itself. */
async function takeBriefcaseId(iModelId, wanted) {
  for (let id = 0; id < wanted;) {
    id = await acquireBriefcaseId(iModelId);
    ok(id <= wanted, `the hub's ids are beyond ${wanted} already`);
  }
}

/** What the official backend makes of @file when it gives it the briefcase id @id. */
function officialCheckout(file, id) {
  const copy = copyToScratch(file, "theirs.bim");
  setBriefcaseId(copy, id);
  return copy;
}

/** Our checkout of an iModel of the hub: the same file as theirs; edited by us, pushed, pulled elsewhere. */
function checkoutTest(name, script, encoding) {
  return {
    name: `${name}: a briefcase that we checked out is as the official backend's, and what we edit in it is pushed (${encoding})`,
    async run(ctx) {
      await withHub(async () => {
        const iModelId = await createHubIModel(asBaseline(ctx.data(name)), name);
        const tip = await downloadBriefcase(iModelId);
        const source = copyToScratch(tip.fileName, "source.bim");
        setBriefcaseId(source, 0);
        const side = await OurSide.connect(ctx.ready, encoding);
        const imodel = ctx.place(source);
        await side.call("briefcase.checkout", { imodel }); // its id is the one that the hub has given away above
        const made = await side.call("briefcase.checkout", { imodel });
        const file = ctx.briefcaseFile(made.briefcase);
        await takeBriefcaseId(iModelId, made.briefcaseId);
        const apart = differenceOfFiles(officialCheckout(source, made.briefcaseId), copyToScratch(file));
        ok(apart.length === 0, `not as the official checkout ([official, ours])\n${apart.slice(0, 8).map((d) => JSON.stringify(d)).join("\n")}`);
        equal(briefcaseIdOf(copyToScratch(file)), made.briefcaseId, "briefcase id in the file");

        const opened = await side.call("briefcase.open", { briefcase: made.briefcase });
        equal(opened.briefcaseId, made.briefcaseId, "briefcase id that we tell");
        await side.call("txns.restartTxnSession");
        await runScript(side, [...script, { op: "insertElement", props: subject({ userLabel: "new" }) }, { op: "save", description: "new" }]);
        await side.close();
        const first = join(ctx.folder(), "ours.bim");
        copyIModel(file, first);
        const ours = await readElements(first);
        ok(ours.some((e) => Number(e.id) >= made.briefcaseId * 2 ** 40), "new elements have ids of the briefcase");
        ok((await readPending(first)).length > 0, "there is something to push");
        const pushed = await push(first, "edited by us");
        equal(pushed.index, 1, "index of the changeset");
        equal(await pull(tip.fileName), pushed, "changeset of the briefcase that pulls");
        const found = differenceOfFiles(first, tip.fileName);
        ok(found.length === 0, `the briefcases differ ([ours, pulled])\n${found.slice(0, 8).map((d) => JSON.stringify(d)).join("\n")}`);
        equal(await readElements(tip.fileName), ours, "elements");
        const sound = await checkIModel(copyToScratch(first));
        ok(sound.ok, JSON.stringify(sound));
      });
    },
  };
}

export const tests = [
  ...inBothEncodings((e) => [checkoutTest("empty", FRAME, e), checkoutTest("small", SMALL, e)]),
  ...inBothEncodings((e) => [pushTests("empty", FRAME, e), pushTests("small", SMALL, e), turnsTest(e), createTest(e)]),
  newThenOurs,
];
