// The events of transactions: which a save, an undo and a redo raise, and in which order.
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { IDS, compress, editIpc, emptyCode, lineAt, listen, moveBy, webEdit, withIModel, withServer } from "./suite.mjs";

withServer();

const GEOMETRIC_SAVE = ["commit", "geometry", "elements", "committed"];

async function insertCategory(imodel) {
  const id = await webEdit.insertElement(imodel.key, {
    classFullName: "BisCore:SpatialCategory", model: IDS.definitions, code: { spec: "0x16", scope: IDS.definitions, value: "Suite" },
  });
  await imodel.saveChanges("category");
  return id;
}

async function insertModel(imodel) {
  const id = await webEdit.insertElement(imodel.key, {
    classFullName: "BisCore:PhysicalPartition", model: "0x1", code: { spec: "0x1d", scope: "0x1", value: "Suite" },
    parent: { id: "0x1", relClassName: "BisCore:SubjectOwnsPartitionElements" },
  });
  await webEdit.insertModel(imodel.key, {
    classFullName: "BisCore:PhysicalModel", modeledElement: { id, relClassName: "BisCore:PhysicalModelBreaksDownPhysicalPortion" },
  });
  await imodel.saveChanges("model");
  return id;
}

/** Five transactions: a category, a model, and a line that is inserted, moved and deleted. */
async function fiveTxns(imodel, events) {
  const category = await insertCategory(imodel);
  const told = [events.take()];
  const model = await insertModel(imodel);
  told.push(events.take());
  const id = await editIpc.insertGeometricElement(lineAt(1, { model, category }));
  await imodel.saveChanges("insert");
  told.push(events.take());
  await moveBy([id], 1);
  await imodel.saveChanges("move");
  told.push(events.take());
  await editIpc.deleteElements(compress(id));
  await imodel.saveChanges("delete");
  told.push(events.take());
  return told;
}

const geometricApplied = ["elements", "applied", "geometry"];
const FORWARD = [["elements", "applied"], ["elements", "models", "applied"], geometricApplied, geometricApplied, geometricApplied];

test("each save raises its events in order", () => withIModel(async (imodel) => {
  const [category, model, ...geometric] = await fiveTxns(imodel, listen(imodel));
  assert.deepEqual(category, ["commit", "elements", "committed"]);
  assert.deepEqual(model, ["commit", "elements", "models", "committed"]);
  for (const told of geometric) assert.deepEqual(told, GEOMETRIC_SAVE);
}));

test("nothing is told of a save that changes nothing", () => withIModel(async (imodel) => {
  const events = listen(imodel);
  await imodel.saveChanges("nothing");
  assert.deepEqual(events.take(), []);
}));

test("undo of each transaction raises its events between one pair", () => withIModel(async (imodel) => {
  const events = listen(imodel);
  await fiveTxns(imodel, events);
  for (const inside of FORWARD.toReversed()) {
    assert.equal(await imodel.txns.reverseSingleTxn(), 0);
    assert.deepEqual(events.take(), ["before undo", ...inside, "after undo"]);
  }
}));

test("redo of each raises the same, oldest first", () => withIModel(async (imodel) => {
  const events = listen(imodel);
  await fiveTxns(imodel, events);
  for (let i = 0; i < FORWARD.length; i += 1) await imodel.txns.reverseSingleTxn();
  events.take();
  for (const inside of FORWARD) {
    assert.equal(await imodel.txns.reinstateTxn(), 0);
    assert.deepEqual(events.take(), ["before redo", ...inside, "after redo"]);
  }
}));

test("all five undone at once are one pair, newest first, and one redo brings all back", () => withIModel(async (imodel) => {
  const events = listen(imodel);
  await fiveTxns(imodel, events);
  assert.equal(await imodel.txns.reverseAll(), 0);
  assert.deepEqual(events.take(), ["before undo", ...FORWARD.toReversed().flat(), "after undo"]);
  assert.equal(await imodel.txns.isUndoPossible(), false);
  assert.equal(await imodel.txns.reinstateTxn(), 0);
  assert.deepEqual(events.take(), ["before redo", ...FORWARD.flat(), "after redo"]);
  assert.equal(await imodel.txns.isRedoPossible(), false);
}));

test("a committed save says whether something waits to be pushed, and when it was", () => withIModel(async (imodel) => {
  const told = [];
  imodel.txns.onCommitted.addListener((pending, time) => told.push([pending, time]));
  const from = Date.now();
  await editIpc.insertGeometricElement(lineAt(1));
  await imodel.saveChanges();
  const [[pending, time]] = told;
  assert.equal(pending, true);
  assert.ok(time >= from && time <= Date.now(), `${time}`);
}));

test("element events name the elements and their classes", () => withIModel(async (imodel) => {
  const changes = [];
  imodel.txns.onElementsChanged.addListener((c) => changes.push([...c.filter()].map((e) => [e.type, e.id, e.metadata.classFullName, e.metadata.is("BisCore:GeometricElement3d")])));
  const id = await editIpc.insertGeometricElement(lineAt(1));
  await imodel.saveChanges();
  await imodel.txns.reverseSingleTxn();
  assert.deepEqual(changes, [
    [["inserted", id, "Generic:PhysicalObject", true]], [["deleted", id, "Generic:PhysicalObject", true]],
  ]);
}));

test("a category is told with its default sub-category", () => withIModel(async (imodel) => {
  const changes = [];
  imodel.txns.onElementsChanged.addListener((c) => changes.push(...[...c.filter()].map((e) => [e.type, e.metadata.classFullName])));
  await insertCategory(imodel);
  assert.deepEqual(changes.sort(), [["inserted", "BisCore:SpatialCategory"], ["inserted", "BisCore:SubCategory"]]);
}));
