// The tree: lazily loaded, searchable, fluid with twenty thousand elements, right after edits.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench, assertAccessible, shot } from "./lib/bench.mjs";
import { button, close } from "./lib/page.mjs";

const bench = Bench.forTests({ demo: "small.bim", medium: "medium.bim.xz" });

async function opened(name) {
  const page = await bench.page();
  await button(page, `Open ${name}`).click();
  // The root is there before what is below it.
  await page.getByRole("treeitem", { level: 2 }).last().locator(".name").waitFor();
  return page;
}

const item = (page, name) => page.getByRole("treeitem", { name });
const calls = (page) => page.evaluate(() => globalThis.webedithost.calls.store.get().calls.length);

test("shows models and elements, level by level, and selects", async () => {
  const page = await opened("medium");
  await item(page, /^▸?Records/).click();
  assert.equal(await item(page, /Records/).getAttribute("aria-selected"), "true");
  await item(page, /Records/)
    .locator(".twist")
    .click();
  await page.getByRole("treeitem", { level: 3 }).first().waitFor();
  assert.equal(await page.getByRole("treeitem", { level: 3 }).first().getAttribute("aria-setsize"), "4000");
  await assertAccessible(page);
  await shot(page, "tree");
  await close(page);
});

test("keys walk the tree", async () => {
  const page = await opened("medium");
  await page.getByRole("tree").focus();
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowRight");
  // Loaded, and not the mark that stands for it until then.
  await page.getByRole("treeitem", { level: 3 }).first().locator(".name").waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.equal(await page.getByRole("treeitem", { level: 3 }).first().getAttribute("aria-selected"), "true");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await page.getByRole("treeitem", { level: 3 }).first().waitFor({ state: "detached" });
  await close(page);
});

test("thousands of siblings cost a few calls and a few elements of the page", async () => {
  const page = await opened("medium");
  await item(page, /Records/)
    .locator(".twist")
    .click();
  await page.getByRole("treeitem", { level: 3 }).first().waitFor();
  const before = await calls(page);
  await page.getByRole("tree").focus();
  await page.keyboard.press("End");
  const last = page.locator('[role=treeitem][aria-posinset="4000"]');
  await last.getByText(/R/).first().waitFor();
  assert.ok((await calls(page)) - before <= 4, "a jump to the end loads a page or two");
  assert.ok((await page.getByRole("treeitem").count()) < 100, "rows out of sight are not in the page");
  await close(page);
});

test("search finds by label, code and id, and selecting shows the place in the tree", async () => {
  const page = await opened("medium");
  const field = page.getByLabel("Search elements");
  await field.fill("R-3998");
  const found = page.getByRole("listbox", { name: "Elements found" }).getByRole("option");
  await page.getByText("1 found", { exact: true }).waitFor();
  await found.click();
  await assertAccessible(page);
  await field.fill("no such thing %_");
  await page.getByText("0 found").waitFor();
  await field.fill("");
  const selected = page.locator("[role=treeitem][aria-selected=true]");
  await selected.waitFor();
  assert.equal(await selected.getAttribute("aria-level"), "3");
  await close(page);
});

test("an element that is inserted appears, and is gone after undo", async () => {
  const page = await opened("demo");
  await page.evaluate(async () => {
    const code = { spec: "bis:Subject", scope: "0x1", value: "Tree new" };
    const parent = { id: "0x1", relClassName: "BisCore:SubjectOwnsSubjects" };
    const props = { classFullName: "BisCore:Subject", model: "0x1", code, parent };
    await globalThis.webedithost.edit("elements.insertElement", { props });
  });
  await item(page, /Tree new/).waitFor();
  await button(page, "Save").click();
  await button(page, "Undo").click();
  await item(page, /Tree new/).waitFor({ state: "detached" });
  await close(page);
});

test("nothing complained in the console", () => {
  bench.assertNoFaults();
});
