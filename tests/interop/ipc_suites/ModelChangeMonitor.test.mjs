// Which models the frontend is told to have changed, outside and inside a graphical editing scope.
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { IDS, compress, editIpc, lineAt, withIModel, withServer } from "./suite.mjs";

withServer();

/** The next report of changed models. */
const nextReport = (imodel) => new Promise((done) => {
  imodel.onBufferedModelChanges.addOnce((ids) => done([...ids]));
});

/** As it is saved: the official backend's properties of a model still have the former one after a save. */
const guidOf = async (imodel) => {
  const [[guid]] = await imodel.createQueryReader(`SELECT GeometryGuid FROM BisCore.PhysicalModel WHERE ECInstanceId=${IDS.model}`).toArray();
  return guid;
};

test("outside a scope a save, an undo and a redo each report the model once and set its GUID", () => withIModel(async (imodel) => {
  await imodel.models.load(IDS.model);
  const loaded = imodel.models.getLoaded(IDS.model).asGeometricModel;
  const first = await guidOf(imodel);
  await editIpc.insertGeometricElement(lineAt(1));
  assert.equal(await guidOf(imodel), first, "unsaved edits leave the GUID");
  const report = async (work) => {
    const reported = nextReport(imodel);
    await work();
    assert.deepEqual(await reported, [IDS.model]);
    assert.equal(loaded.geometryGuid, await guidOf(imodel));
    return loaded.geometryGuid;
  };
  const second = await report(() => imodel.saveChanges());
  assert.notEqual(second, first);
  assert.equal(await report(() => imodel.txns.reverseSingleTxn()), first);
  assert.equal(await report(() => imodel.txns.reinstateTxn()), second);
}));

test("inside a scope nothing is reported until the exit, then once", () => withIModel(async (imodel) => {
  const reports = [];
  imodel.onBufferedModelChanges.addListener((ids) => reports.push([...ids]));
  const scope = await imodel.enterEditingScope();
  const id = await editIpc.insertGeometricElement(lineAt(1));
  await imodel.saveChanges();
  await editIpc.deleteElements(compress(id));
  await imodel.saveChanges();
  await imodel.txns.reverseSingleTxn();
  assert.deepEqual(reports, []);
  await scope.exit();
  assert.deepEqual(reports, [[IDS.model]]);
}));

test("a change without geometry leaves the GUID", () => withIModel(async (imodel) => {
  const before = await guidOf(imodel);
  const [props] = await imodel.elements.getProps(IDS.object);
  await editIpc.updateGeometricElement({ ...props, userLabel: "monitored" });
  await imodel.saveChanges();
  assert.equal(await guidOf(imodel), before);
}));
