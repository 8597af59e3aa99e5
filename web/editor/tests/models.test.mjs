// Models and codes in the property panel: made, edited, deleted, undone; the official backend finds them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench, assertAccessible, shot } from "./lib/bench.mjs";
import { abandon, button, call, close, official, panel, save, section, select, type, until } from "./lib/page.mjs";

const WIDGET = "0x130";
const CODED = "0x131";
const RECORD = "0x3c";
const PHYSICAL_MODEL = "0x35";
const DRAWING = "0x1a1";
const CATEGORY = "0x16";
const bench = Bench.forTests();

async function opened(id, name = "Open demo") {
  const page = await bench.page();
  await button(page, name).click();
  await page.getByRole("treeitem").first().waitFor();
  await select(page, id);
  return page;
}

const model = (page) => section(page, "Model");
const idOf = async (page, ecsql) =>
  (await call(page, "query.ecsql", { ecsql: `SELECT ECInstanceId FROM ${ecsql}`, rowFormat: "array" })).rows[0]?.[0];
const redo = async (page, description) => {
  await page.getByRole("button", { name: /^Redo/ }).click();
  await button(page, `Undo: ${description}`).waitFor();
};

async function insertPartition(page) {
  await button(page, "Insert …").click();
  const dialog = page.getByRole("dialog");
  const field = (name) => dialog.getByLabel(name, { exact: true });
  await field("Class").selectOption("BisCore:PhysicalPartition");
  await field("Parent").fill("0x1");
  await dialog.getByRole("option", { name: "BisCore:SubjectOwnsPartitionElements" }).waitFor({ state: "attached" });
  assert.equal(await field("Parent relationship").inputValue(), "BisCore:SubjectOwnsPartitionElements");
  await field("Code").fill("Editor partition");
  await field("Code specification").selectOption({ label: "bis:InformationPartitionElement" });
  await field("Code scope").fill("0x1");
  await assertAccessible(page);
  await shot(page, "model-partition");
  await button(dialog, "Insert").click();
  await dialog.waitFor({ state: "detached" });
}

test("a partition and its model are made, filled, edited and deleted; undone and redone", async () => {
  const page = await opened("0x1");
  await insertPartition(page);
  await panel(page).getByText("BisCore:PhysicalPartition").waitFor();
  const partition = await idOf(page, "bis.PhysicalPartition WHERE CodeValue = 'Editor partition'");
  await save(page, "partition");
  const classes = await model(page).getByLabel("Class of the model").getByRole("option").allTextContents();
  assert.deepEqual(classes, ["BisCore:PhysicalModel"]);
  await button(page, "Add the model").click();
  await model(page).getByText("BisCore:PhysicalModel").waitFor();
  await save(page, "model");
  await model(page).getByLabel("Is Private").selectOption("yes");
  const props = () => call(page, "models.getModelProps", { id: partition });
  await until(async () => (await props()).isPrivate, true);
  await type(model(page), "JSON Properties", '{"note":"of the editor"}');
  await until(async () => (await props()).jsonProperties.note, "of the editor");
  await assertAccessible(page);
  await model(page).scrollIntoViewIfNeeded();
  await shot(page, "model");
  await save(page, "model edited");
  await button(page, "Insert into the model …").click();
  const dialog = page.getByRole("dialog");
  assert.equal(await dialog.getByLabel("Model", { exact: true }).inputValue(), partition);
  await dialog.getByLabel("Class", { exact: true }).selectOption("Generic:PhysicalObject");
  await dialog.getByLabel("Category", { exact: true }).fill(CATEGORY);
  await dialog.getByLabel("Label", { exact: true }).fill("In the model");
  await button(dialog, "Insert").click();
  await dialog.waitFor({ state: "detached" });
  await save(page, "filled");
  await panel(page)
    .getByRole("button", { name: `in model ${partition}` })
    .click();
  await button(page, "Delete the model").click();
  await page.getByRole("alertdialog").getByText("All elements in it are deleted too").waitFor();
  await shot(page, "model-delete");
  await button(page, "Delete the model and its elements").click();
  await button(page, "Add the model").waitFor();
  assert.equal(await idOf(page, "bis.Element WHERE UserLabel = 'In the model'"), undefined);
  await save(page, "model deleted");
  for (const name of ["model deleted", "filled", "model edited"]) await button(page, `Undo: ${name}`).click();
  await button(page, "Undo: model").waitFor();
  await until(async () => (await props()).isPrivate, undefined);
  await button(page, "Undo: model").click();
  await button(page, "Add the model").waitFor();
  for (const name of ["model", "model edited", "filled"]) await redo(page, name);
  await model(page).getByText("BisCore:PhysicalModel").waitFor();
  await close(page);
  const dump = official(bench.daemon.file("demo"));
  if (dump === undefined) return;
  const theirs = dump.models.find((m) => m.id === partition);
  assert.deepEqual(
    [theirs.classFullName, theirs.isPrivate, theirs.jsonProperties.note],
    ["BisCore:PhysicalModel", true, "of the editor"],
  );
  assert.equal(theirs.modeledElement.relClassName, "BisCore:PhysicalModelBreaksDownPhysicalPartition");
  assert.equal(dump.elements.find((e) => e.userLabel === "In the model").model, partition);
});

test("the classes of models are those that the schema allows for the element", async () => {
  const page = await opened(DRAWING);
  await button(page, "Insert …").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Code", { exact: true }).fill("Editor drawing");
  await button(dialog, "Insert").click();
  await dialog.waitFor({ state: "detached" });
  const classes = model(page).getByLabel("Class of the model");
  await classes.selectOption("BisCore:SectionDrawingModel");
  assert.deepEqual(await classes.getByRole("option").allTextContents(), [
    "BisCore:DrawingModel",
    "BisCore:SectionDrawingModel",
  ]);
  await button(page, "Add the model").click();
  await model(page).getByText("BisCore:SectionDrawingModel").waitFor();
  // What cannot have a model offers none.
  await select(page, RECORD);
  await section(page, "Relationships").waitFor();
  assert.equal(await model(page).count(), 0);
  await abandon(page);
});

test("what is refused of a model tells its reason", async () => {
  const page = await opened(PHYSICAL_MODEL);
  await type(model(page), "JSON Properties", "[1]");
  await model(page).getByRole("alert").getByText("jsonProperties must be an object").waitFor();
  await type(model(page), "JSON Properties", "{");
  await model(page).getByRole("alert").getByText("must be JSON").waitFor();
  await select(page, "0x1");
  await button(page, "Delete the model").click();
  await button(page, "Delete the model and its elements").click();
  await page.getByText("0x1 is in every iModel").waitFor();
  await close(page);
});

test("the parts of a code are edited one by one, quickly, and undone", async () => {
  const page = await opened(WIDGET);
  const code = async (id = WIDGET) => (await call(page, "elements.getElementProps", { id })).code;
  const start = await code();
  const spec = (await call(page, "codeSpecs.getByName", { name: "bis:Subject" })).id;
  await type(panel(page), "Code", "New code");
  await panel(page).getByLabel("Code specification").selectOption({ label: "bis:Subject" });
  await type(panel(page), "Code scope", "0x2e");
  await until(code, { spec, scope: "0x2e", value: "New code" });
  await save(page, "code");
  await select(page, CODED);
  const before_ = await code(CODED);
  await panel(page).getByLabel("Code specification").selectOption({ label: "bis:Subject" });
  await type(panel(page), "Code scope", "0x2e");
  await until(() => code(CODED), { ...before_, spec, scope: "0x2e" });
  await type(panel(page), "Code", "New code");
  await panel(page).getByRole("alert").getByText("another element has that code").waitFor();
  await type(panel(page), "Code scope", "0xffffff");
  await panel(page).getByText("code.scope must be the id or federation GUID of an element").waitFor();
  await assertAccessible(page);
  await shot(page, "code-refused");
  await save(page, "another code");
  await button(page, "Undo: another code").click();
  await until(() => code(CODED), before_);
  await button(page, "Undo: code").click();
  await until(code, start);
  await redo(page, "code");
  await close(page);
  const dump = official(bench.daemon.file("demo"));
  if (dump === undefined) return;
  assert.deepEqual(dump.elements.find((e) => e.id === WIDGET).code, { spec, scope: "0x2e", value: "New code" });
});

test("who only reads sees the model and the code", async () => {
  const page = await opened(PHYSICAL_MODEL, "View demo");
  await model(page).getByText("BisCore:PhysicalModel").waitFor();
  assert.equal(await model(page).getByLabel("Is Private").isDisabled(), true);
  assert.equal(await panel(page).getByLabel("Code specification").isDisabled(), true);
  assert.equal(await button(page, "Delete the model").count(), 0);
  await assertAccessible(page);
  await close(page);
});

test("nothing complained in the console", () => {
  bench.assertNoFaults();
});
