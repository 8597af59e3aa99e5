// Graphical editing scopes, without tiles.
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { IDS, bentley, common, compress, editIpc, fresh, frontend, geometry, lineAt, moveBy, openToEdit, withIModel, withServer } from "./suite.mjs";

withServer();

const { DbOpcode } = bentley;
const { GraphicalEditingScope } = frontend;

/** What the scope has of each element: [id, kind of change]. */
const changesOf = (scope) => [...scope.getGeometryChanges()].flatMap((m) => [...m.elements].map((e) => [e.id, e.type]));

test("is not supported when open for reading", async () => {
  const imodel = await frontend.BriefcaseConnection.openStandalone(fresh(), bentley.OpenMode.Readonly);
  assert.equal(await imodel.supportsGraphicalEditing(), false);
  assert.equal(imodel.editingScope, undefined);
  await assert.rejects(imodel.enterEditingScope());
  assert.equal(imodel.editingScope, undefined);
  await imodel.close();
});

test("is supported when open for writing; the connection has the scope until it is left", () => withIModel(async (imodel) => {
  assert.equal(await imodel.supportsGraphicalEditing(), true);
  const scope = await imodel.enterEditingScope();
  assert.equal(imodel.editingScope, scope);
  await scope.exit();
  assert.equal(imodel.editingScope, undefined);
}));

test("cannot be entered twice or left twice", () => withIModel(async (imodel) => {
  const scope = await imodel.enterEditingScope();
  await assert.rejects(imodel.enterEditingScope(), /already has one/);
  await scope.exit();
  await assert.rejects(scope.exit(), /disconnected/);
}));

test("another can be entered when the first was left", () => withIModel(async (imodel) => {
  for (let i = 0; i < 3; i += 1) await (await imodel.enterEditingScope()).exit();
  const scope = await imodel.enterEditingScope();
  assert.equal(imodel.editingScope, scope);
}));

test("two iModels have a scope each", () => withIModel((one) => withIModel(async (two) => {
  const [first, second] = [await one.enterEditingScope(), await two.enterEditingScope()];
  assert.notEqual(first, second);
  await first.exit();
  assert.equal(two.editingScope, second);
}, "empty")));

test("closing the iModel leaves the scope; its events come in order", async () => {
  const imodel = await openToEdit();
  const seen = [];
  const remove = GraphicalEditingScope.onEnter.addListener((s) => {
    seen.push("enter");
    s.onExiting.addOnce(() => seen.push("exiting"));
    s.onExited.addOnce(() => seen.push("exited"));
  });
  await imodel.enterEditingScope();
  await imodel.close();
  remove();
  assert.deepEqual(seen, ["enter", "exiting", "exited"]);
  assert.equal(imodel.editingScope, undefined);
});

test("changes arrive with the save, and undo and redo turn their kind", () => withIModel(async (imodel) => {
  const scope = await imodel.enterEditingScope();
  const id = await editIpc.insertGeometricElement(lineAt(1));
  assert.deepEqual(changesOf(scope), []);
  await imodel.saveChanges();
  assert.deepEqual(changesOf(scope), [[id, DbOpcode.Insert]]);
  await moveBy([id], 1);
  await imodel.saveChanges();
  assert.deepEqual(changesOf(scope), [[id, DbOpcode.Update]]);
  await editIpc.deleteElements(compress(id));
  await imodel.saveChanges();
  assert.deepEqual(changesOf(scope), [[id, DbOpcode.Delete]]);
  for (const [undo, kind] of [[true, DbOpcode.Insert], [true, DbOpcode.Update], [true, DbOpcode.Delete], [false, DbOpcode.Insert]]) {
    assert.equal(await (undo ? imodel.txns.reverseSingleTxn() : imodel.txns.reinstateTxn()), 0);
    assert.deepEqual(changesOf(scope), [[id, kind]]);
  }
}));

test("what changes without its geometry is not told", () => withIModel(async (imodel) => {
  const scope = await imodel.enterEditingScope();
  const [props] = await imodel.elements.getProps(IDS.object);
  await editIpc.updateGeometricElement({ ...props, userLabel: "another label" });
  await imodel.saveChanges();
  assert.deepEqual(changesOf(scope), []);
}));

test("nothing is told after the exit", () => withIModel(async (imodel) => {
  const scope = await imodel.enterEditingScope();
  let told = 0;
  scope.onGeometryChanges.addListener(() => { told += 1; });
  await scope.exit();
  await moveBy([IDS.object], 1);
  await imodel.saveChanges();
  assert.equal(told, 0);
}));

test("the ranges of elements are those of the moved geometry, and the model's holds them", () => withIModel(async (imodel) => {
  const scope = await imodel.enterEditingScope();
  const id = await editIpc.insertGeometricElement(lineAt(10));
  await imodel.saveChanges();
  const check = async (x, y) => {
    const [model] = [...scope.getGeometryChanges()];
    assert.equal(model.id, IDS.model);
    const { range } = [...model.elements].find((e) => e.id === id);
    const [{ placement }] = await imodel.elements.getProps(id);
    assert.deepEqual(placement.origin, [x, y, 0]);
    const expected = common.Placement3d.fromJSON(placement).calculateRange();
    assert.ok(range.low.distance(expected.low) < 1e-4 && range.high.distance(expected.high) < 1e-4, JSON.stringify([range, expected]));
    assert.ok(model.range.containsRange(range));
    const [[guid]] = await imodel.createQueryReader(`SELECT GeometryGuid FROM BisCore.PhysicalModel WHERE ECInstanceId=${IDS.model}`).toArray();
    assert.equal(model.geometryGuid, guid);
  };
  await check(10, 0);
  await moveBy([id], 4, 3);
  await imodel.saveChanges();
  await check(14, 3);
  await imodel.txns.reverseSingleTxn();
  await check(10, 0);
}));

test("a model far away grows its range", () => withIModel(async (imodel) => {
  const scope = await imodel.enterEditingScope();
  await editIpc.insertGeometricElement(lineAt(100000));
  await imodel.saveChanges();
  const [model] = [...scope.getGeometryChanges()];
  assert.ok(model.range.containsPoint(geometry.Point3d.create(100001, 0, 0)));
}));
