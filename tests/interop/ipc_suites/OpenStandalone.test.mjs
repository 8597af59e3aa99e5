// Opening and closing standalone iModels.
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { bentley, fresh, frontend, withServer } from "./suite.mjs";

withServer();

const { BriefcaseConnection } = frontend;

test("opens for writing unless told otherwise", async () => {
  const imodel = await BriefcaseConnection.openStandalone(fresh());
  assert.equal(imodel.openMode, bentley.OpenMode.ReadWrite);
  assert.equal(imodel.isReadonly, false);
  assert.ok(bentley.Guid.isV4Guid(imodel.iModelId));
  assert.equal(imodel.iTwinId, bentley.Guid.empty);
  assert.deepEqual(imodel.changeset, { id: "", index: 0 });
  await imodel.close();
});

test("has no timeline: push and pull are refused", async () => {
  const imodel = await BriefcaseConnection.openStandalone(fresh());
  const noTimeline = { errorNumber: bentley.IModelStatus.WrongIModel };
  await assert.rejects(imodel.pullChanges(), noTimeline);
  await assert.rejects(imodel.pushChanges("text"), noTimeline);
  await imodel.close();
});

test("its root subject can be read", async () => {
  const imodel = await BriefcaseConnection.openStandalone(fresh());
  const [root] = await imodel.elements.getProps("0x1");
  assert.equal(root.id, "0x1");
  assert.equal(root.classFullName, "BisCore:Subject");
  assert.equal(imodel.rootSubject.name, root.code.value);
  await imodel.close();
});

test("is closed once, and says so", async () => {
  const imodel = await BriefcaseConnection.openStandalone(fresh());
  let closed = 0;
  imodel.onClose.addListener(() => { closed += 1; });
  assert.equal(imodel.isOpen, true);
  await imodel.close();
  await imodel.close();
  assert.deepEqual([imodel.isOpen, imodel.isClosed, closed], [false, true, 1]);
});

test("can be opened again for reading", async () => {
  const file = fresh();
  await (await BriefcaseConnection.openStandalone(file)).close();
  const imodel = await BriefcaseConnection.openStandalone(file, bentley.OpenMode.Readonly);
  assert.equal(imodel.isReadonly, true);
  assert.equal((await imodel.elements.getProps("0x1")).length, 1);
  await imodel.close();
});
