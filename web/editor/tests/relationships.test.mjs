// Relationships in the property panel: found in every link table, page by page, added, edited, deleted, undone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench, assertAccessible, shot } from "./lib/bench.mjs";
import {
  abandon,
  button,
  call,
  close,
  edit,
  official,
  panel,
  save,
  section,
  select,
  type,
  until,
} from "./lib/page.mjs";

const WIDGET = "0x130";
const OTHER = "0x131";
const RECORD = "0x3c";
const REFERS = "WebEditTest:WidgetRefersToRecord";
const DRIVES = "BisCore:ElementDrivesElement";
const GROUPS = "BisCore:ElementGroupsMembers";
const MANY = 2500;
const bench = Bench.forTests({ demo: "small.bim", medium: "medium.bim.xz" });

async function opened(id, name = "Open demo") {
  const page = await bench.page();
  await button(page, name).click();
  await page.getByRole("treeitem").first().waitFor();
  await select(page, id);
  return page;
}

const group = (page, name) => section(page, "Relationships").getByRole("group", { name, exact: true });
const refers = (page) => group(page, "WidgetRefersToRecord: refers to");

async function add(page, classFullName, end, id) {
  await button(page, "Add a relationship …").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Relationship", { exact: true }).selectOption(`${classFullName} ${end}`);
  await dialog.getByLabel("Other element", { exact: true }).fill(id);
  await button(dialog, "Add").click();
  return dialog;
}

const between = async (page, sourceId, targetId, classFullName) => {
  const { rows } = await call(page, "query.ecsql", {
    ecsql: `SELECT ECInstanceId FROM ${classFullName.replace(":", ".")} WHERE SourceECInstanceId = ${sourceId} AND TargetECInstanceId = ${targetId}`,
    rowFormat: "array",
  });
  return rows.length;
};

test("what an element is related to is shown by class and end, and can be gone to", async () => {
  const page = await opened(WIDGET);
  const link = refers(page).getByRole("button", { name: /^Special 0/ });
  await link.waitFor();
  await assertAccessible(page);
  await shot(page, "relationships");
  await link.click();
  const back = group(page, "WidgetRefersToRecord: is referred to by");
  await back.waitFor();
  await back.getByRole("button", { name: new RegExp(WIDGET) }).click();
  await refers(page).waitFor();
  // Another link table, whose other end is a model.
  const [selector] = (
    await call(page, "query.ecsql", { ecsql: "SELECT ECInstanceId FROM bis.ModelSelector", rowFormat: "array" })
  ).rows[0];
  await select(page, selector);
  await section(page, "Relationships")
    .getByRole("button", { name: /^Physical A/ })
    .click();
  await panel(page).getByText("BisCore:PhysicalPartition").waitFor();
  await close(page);
});

test("thousands of relationships are a page at a time", async () => {
  const page = await opened("0x1", "Open medium");
  const { rows } = await call(page, "query.ecsql", {
    ecsql: `SELECT ECInstanceId FROM bis.Element WHERE ECInstanceId > 0x100 ORDER BY ECInstanceId LIMIT ${MANY}`,
    rowFormat: "array",
  });
  const ops = rows.map(([targetId]) => ({
    method: "relationships.insertInstance",
    params: { props: { classFullName: GROUPS, sourceId: "0x1", targetId } },
  }));
  for (let i = 0; i < ops.length; i += 500) await edit(page, "edit.batch", { ops: ops.slice(i, i + 500) });
  const groups = group(page, "ElementGroupsMembers: groups");
  await groups.getByText(`1–10 of ${MANY}`).waitFor();
  assert.equal(await groups.getByRole("listitem").count(), 10);
  const first = await groups.getByRole("listitem").first().textContent();
  const before_ = await page.evaluate(() => globalThis.webedithost.calls.store.get().calls.length);
  await button(groups, "Last page of ElementGroupsMembers: groups").click();
  await groups.getByText(`${MANY - 9}–${MANY} of ${MANY}`).waitFor();
  await until(async () => (await groups.getByRole("listitem").first().textContent()) !== first, true);
  const calls = await page.evaluate(() => globalThis.webedithost.calls.store.get().calls.length);
  // What the edits before have set going may still be asked for.
  assert.ok(calls - before_ <= 5, "a page of relationships is a call, and not one for each of them");
  // A page that is not there any more gives way to the last that is.
  const { rows: oldest } = await call(page, "query.ecsql", {
    ecsql:
      "SELECT ECInstanceId FROM bis.ElementGroupsMembers WHERE SourceECInstanceId = 1 ORDER BY ECInstanceId LIMIT 10",
    rowFormat: "array",
  });
  const gone = oldest.map(([id]) => ({
    method: "relationships.deleteInstance",
    params: { props: { classFullName: GROUPS, id } },
  }));
  await edit(page, "edit.batch", { ops: gone });
  await groups.getByText(`${MANY - 19}–${MANY - 10} of ${MANY - 10}`).waitFor();
  await abandon(page);
});

test("a relationship is added, edited, deleted; undone and redone", async () => {
  const page = await opened(WIDGET);
  await button(page, "Add a relationship …").click();
  let dialog = page.getByRole("dialog");
  await dialog.getByLabel("Relationship", { exact: true }).selectOption(`${REFERS} source`);
  await dialog.getByRole("button", { name: "Choose the other element" }).click();
  await assertAccessible(page);
  await shot(page, "relationship-add");
  await page
    .getByRole("dialog")
    .last()
    .getByRole("button", { name: new RegExp(RECORD) })
    .click();
  await button(dialog, "Add").click();
  await dialog.waitFor({ state: "detached" });
  assert.equal(await between(page, WIDGET, RECORD, REFERS), 1);
  await save(page, "added");
  const item = refers(page).getByRole("listitem").first();
  await item.getByRole("button", { name: /^Properties of/ }).click();
  await type(item, "Role", "subject");
  await type(item, "Confidence", "0.5");
  await type(item, "Member Priority", "7");
  const read = () =>
    call(page, "relationships.getInstanceProps", { classFullName: REFERS, sourceId: WIDGET, targetId: RECORD });
  const now = async () => {
    const { role, confidence, memberPriority } = await read();
    return { role, confidence, memberPriority };
  };
  await until(now, { role: "subject", confidence: 0.5, memberPriority: 7 });
  await save(page, "edited");
  await shot(page, "relationship-edited");
  await item.getByRole("button", { name: /^Delete the relationship/ }).press("Enter");
  await until(() => between(page, WIDGET, RECORD, REFERS), 0);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Relationships");
  await save(page, "deleted");
  await button(page, "Undo: deleted").click();
  await button(page, "Undo: edited").click();
  await until(now, { role: undefined, confidence: undefined, memberPriority: undefined });
  await refers(page)
    .getByRole("button", { name: new RegExp(RECORD) })
    .waitFor();
  await button(page, "Undo: added").click();
  await refers(page)
    .getByRole("button", { name: new RegExp(RECORD) })
    .waitFor({ state: "detached" });
  for (const name of ["added", "edited"]) {
    await page.getByRole("button", { name: /^Redo/ }).click();
    await button(page, `Undo: ${name}`).waitFor();
  }
  // From the other end, and in another table.
  dialog = await add(page, DRIVES, "target", OTHER);
  await dialog.waitFor({ state: "detached" });
  assert.equal(await between(page, OTHER, WIDGET, DRIVES), 1);
  const driven = group(page, "ElementDrivesElement: is driven by");
  await driven.getByRole("button", { name: /^Properties of/ }).click();
  await type(driven, "Priority", "3");
  await until(
    async () =>
      (await call(page, "relationships.getInstanceProps", { classFullName: DRIVES, sourceId: OTHER, targetId: WIDGET }))
        .priority,
    3,
  );
  await save(page, "driven");
  await close(page);
  const dump = official(bench.daemon.file("demo"));
  if (dump === undefined) return;
  const theirs = (classFullName, sourceId, targetId) =>
    dump.relationships.find(
      (r) => r.classFullName === classFullName && r.sourceId === sourceId && r.targetId === targetId,
    );
  const { role, confidence, memberPriority } = theirs(REFERS, WIDGET, RECORD);
  assert.deepEqual({ role, confidence, memberPriority }, { role: "subject", confidence: 0.5, memberPriority: 7 });
  assert.equal(theirs(DRIVES, OTHER, WIDGET).priority, 3);
});

test("what is refused tells its reason at the field", async () => {
  const page = await opened(OTHER);
  // The test before has made this element drive the widget.
  let dialog = await add(page, DRIVES, "target", WIDGET);
  await dialog.getByRole("alert").getByText("the target would drive its own source").waitFor();
  await button(dialog, "Cancel").click();
  dialog = await add(page, GROUPS, "source", "0xfffffff");
  await dialog.getByRole("alert").getByText("targetId does not exist").waitFor();
  assert.equal(await dialog.getByLabel("Other element", { exact: true }).getAttribute("aria-invalid"), "true");
  await assertAccessible(page);
  await shot(page, "relationship-refused");
  await button(dialog, "Cancel").click();
  const drives = group(page, "ElementDrivesElement: drives");
  await drives.getByRole("button", { name: /^Properties of/ }).click();
  await type(drives, "Priority", "99999999999");
  await drives.getByRole("alert").waitFor();
  assert.equal(await drives.getByLabel("Priority", { exact: true }).inputValue(), "99999999999");
  await close(page);
});

test("who only reads sees them and is told why nothing can be edited", async () => {
  const page = await opened(WIDGET, "View demo");
  await refers(page)
    .getByRole("button", { name: /^Properties of/ })
    .first()
    .click();
  assert.equal(await refers(page).getByLabel("Role", { exact: true }).first().getAttribute("readonly"), "");
  assert.equal(await button(page, "Add a relationship …").count(), 0);
  assert.equal(
    await section(page, "Relationships")
      .getByRole("button", { name: /^Delete/ })
      .count(),
    0,
  );
  await panel(page).getByText("This iModel was opened to be viewed, not edited.").waitFor();
  await close(page);
});

test("nothing complained in the console", () => {
  bench.assertNoFaults();
});
