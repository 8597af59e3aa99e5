// The property panel: an input for each type of WebEditTest:Widget, errors at the field, several at once, aspects, insert and delete.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench, ask, assertAccessible, shot } from "./lib/bench.mjs";
import { abandon, button, close, field, has, panel, propsOf, type, until } from "./lib/page.mjs";
import { TEXTS } from "./lib/widget.mjs";

const WIDGET = "0x130";
const bench = Bench.forTests();

/** Opens the demo and selects what the search finds for @ids. */
async function selected(ids, open = "Open demo") {
  const page = await bench.page();
  await button(page, open).click();
  const search = page.getByLabel("Search elements");
  for (const id of ids) {
    await search.fill(id);
    await page.locator(`[role=option] [title="${id}"]`).click({ modifiers: id === ids[0] ? [] : ["Control"] });
  }
  await page.getByLabel("Properties").getByRole("heading", { level: 2 }).waitFor();
  return page;
}

test("each type has its input, and what is typed is stored", async () => {
  const page = await selected([WIDGET]);
  await assertAccessible(page);
  await shot(page, "properties");
  for (const [property, label, typed, stored] of TEXTS) {
    await type(panel(page), label, typed);
    await has(page, WIDGET, property, stored);
  }
  // What a double would round is kept as it is, also as text, as scripts have it.
  await type(panel(page), "L", "9007199254740993");
  await has(page, WIDGET, "l", 9007199254740993n);
  await page.waitForFunction(() => document.querySelector('[aria-label="L"]').value === "9007199254740993");
  await type(panel(page), "L", "9223372036854775808");
  await page.getByText("must fit into 64 bits").waitFor();
  const props = { id: WIDGET, l: "-9007199254740993" };
  await page.evaluate((p) => globalThis.webedithost.edit("elements.updateElement", { props: p }), props);
  await has(page, WIDGET, "l", -9007199254740993n);
  await field(page, "State").selectOption("Void");
  await has(page, WIDGET, "state", 2);
  await field(page, "B").selectOption("no");
  await has(page, WIDGET, "b", false);
  await type(panel(page), "P3 y", "7.25");
  await has(page, WIDGET, "p3", { x: 0, y: 7.25, z: 0 });
  await type(panel(page), "P2 x", "-1");
  await has(page, WIDGET, "p2", { x: -1, y: 0 });
  await type(panel(page), "Dim Width", "3");
  await has(page, WIDGET, "dim", { height: 0, unit: "m", width: 3 });
  await type(panel(page), "MainTag Dim Height", "8");
  await until(async () => (await propsOf(page, WIDGET)).mainTag.dim.height, 8);
  await type(panel(page), "Origin (m) z", "12.5");
  await type(panel(page), "Yaw (°)", "30");
  await until(async () => (await propsOf(page, WIDGET)).placement.angles.yaw?.toFixed(9), "30.000000000");
  assert.deepEqual((await propsOf(page, WIDGET)).placement.origin, [100, 0, 12.5]);
  await until(() => field(page, "Yaw (°)").inputValue(), "30");
  await abandon(page);
});

test("arrays grow, change and shrink", async () => {
  const page = await selected([WIDGET]);
  await button(page, "Add to Ints").click();
  await has(page, WIDGET, "ints", [0]);
  await type(panel(page), "Ints 1", "5");
  await has(page, WIDGET, "ints", [5]);
  await button(page, "Add to Strs").click();
  await type(panel(page), "New Strs", "first");
  await has(page, WIDGET, "strs", ["first"]);
  await type(panel(page), "Tags 1 Name", "renamed");
  await has(page, WIDGET, "tags", [{ name: "renamed", weight: 9 }]);
  await button(page, "Remove Ints 1").click();
  await has(page, WIDGET, "ints", undefined);
  await abandon(page);
});

/** Answers to edits (or other calls) come late from now on: the panel shows what was before. */
async function late(page, delay = 500, methods = "^elements\\.update|^edit\\.batch") {
  await page.evaluate(
    ([ms, late]) => {
      const session = globalThis.webedithost;
      const call = session.call.bind(session);
      session.call = async (method, params) => {
        const result = await call(method, params);
        if (new RegExp(late).test(method)) await new Promise((done) => setTimeout(done, ms));
        return result;
      };
    },
    [delay, methods],
  );
}

test("parts edited one after the other, before the panel shows the first, are all kept", async () => {
  const page = await selected([WIDGET]);
  await page.evaluate(async (id) => {
    const props = { id, ints: [1, 2, 3], dim: { width: 1, height: 2, unit: "m" }, p3: { x: 1, y: 2, z: 3 } };
    await globalThis.webedithost.edit("elements.updateElement", { props });
  }, WIDGET);
  await page.waitForFunction(() => document.querySelector('[aria-label="Ints 3"]')?.value === "3");
  await late(page);
  await type(panel(page), "Dim Width", "10");
  await type(panel(page), "Dim Height", "20");
  await type(panel(page), "P3 x", "30");
  await type(panel(page), "P3 z", "40");
  await type(panel(page), "Ints 1", "50");
  await type(panel(page), "Ints 3", "60");
  await button(page, "Add to Ints").click();
  await type(panel(page), "Origin (m) y", "70");
  await type(panel(page), "Origin (m) z", "80");
  // As it was typed, or read anew already.
  assert.match(await field(page, "Dim Width").inputValue(), /^10(\.0 m)?$/);
  // The last of them, as each waits for the one before.
  await until(async () => (await propsOf(page, WIDGET)).placement.origin[2], 80);
  const { dim, p3, ints, placement } = await propsOf(page, WIDGET);
  assert.deepEqual(
    { dim, p3, ints, origin: placement.origin },
    {
      dim: { width: 10, height: 20, unit: "m" },
      p3: { x: 30, y: 2, z: 40 },
      ints: [50, 2, 60, 0],
      origin: [100, 70, 80],
    },
  );
  await abandon(page);
});

test("an item that may be another by now is not touched", async () => {
  const page = await selected([WIDGET]);
  const props = { id: WIDGET, ints: [1, 2, 3] };
  await page.evaluate((p) => globalThis.webedithost.edit("elements.updateElement", { props: p }), props);
  await page.waitForFunction(() => document.querySelector('[aria-label="Ints 3"]')?.value === "3");
  // Longer than two clicks take.
  await late(page, 3000);
  await button(page, "Remove Ints 1").click();
  await button(page, "Remove Ints 1").click();
  await page.getByText("The list has changed meanwhile").waitFor();
  assert.deepEqual((await propsOf(page, WIDGET)).ints, [2, 3]);
  await abandon(page);
});

test("a member of a struct of several elements leaves the other members of each", async () => {
  const page = await selected([WIDGET, "0x131"]);
  await page.evaluate(
    async (ids) => {
      for (const [i, id] of ids.entries())
        await globalThis.webedithost.edit("elements.updateElement", { props: { id, dim: { height: i, unit: "m" } } });
    },
    [WIDGET, "0x131"],
  );
  await type(panel(page), "Dim Width", "5");
  await has(page, "0x131", "dim", { height: 1, unit: "m", width: 5 });
  await has(page, WIDGET, "dim", { height: 0, unit: "m", width: 5 });
  await abandon(page);
});

test("a navigation property is chosen from a list", async () => {
  const page = await selected([WIDGET]);
  await button(page, "Choose Controller").click();
  await page.getByRole("dialog").getByRole("button", { name: /0x3b/ }).click();
  await has(page, WIDGET, "controller", { id: "0x3b", relClassName: "WebEditTest.RecordControlsWidgets" });
  await abandon(page);
});

test("what is refused shows its reason at the field, and stays to be mended", async () => {
  const page = await selected([WIDGET]);
  await type(panel(page), "I", "99999999999");
  const message = page.getByLabel("Properties").getByRole("alert");
  await message.getByText("must be a whole number of 32 bits").waitFor();
  assert.equal(await field(page, "I").getAttribute("aria-invalid"), "true");
  assert.equal(await field(page, "I").inputValue(), "99999999999");
  await type(panel(page), "G", "no guid");
  await page.getByText("must be a GUID").waitFor();
  await type(panel(page), "Category", "0x1");
  await page.getByText("category must be the id of a spatial category").waitFor();
  await assertAccessible(page);
  await shot(page, "refused");
  await type(panel(page), "I", "3");
  await has(page, WIDGET, "i", 3);
  await abandon(page);
});

test("several elements are edited as one step, and deleted", async () => {
  const page = await selected([WIDGET, "0x131"]);
  await page.getByRole("heading", { name: /^2 elements/ }).waitFor();
  await type(panel(page), "Nickname", "both");
  await has(page, WIDGET, "nickname", "both");
  await has(page, "0x131", "nickname", "both");
  const calls = await page.evaluate(() => globalThis.webedithost.calls.store.get().calls.map((c) => c.method));
  assert.equal(calls.filter((m) => m === "edit.batch").length, 1);
  await button(page, "Delete").click();
  await button(page, "Delete 2 elements").click();
  await page.getByText("Select an element").waitFor();
  await abandon(page);
});

test("several elements are selected without a keyboard", async () => {
  const page = await selected([WIDGET]);
  await button(page, "Select several").click();
  await page.getByLabel("Search elements").fill("0x131");
  const second = page.locator('[role=option] [title="0x131"]');
  await second.click();
  await panel(page)
    .getByRole("heading", { name: /^2 elements/ })
    .waitFor();
  await second.click();
  await panel(page).getByText(`WebEditTest:Widget ${WIDGET}`).waitFor();
  await button(page, "Select several").click();
  await second.click();
  await panel(page).getByText("WebEditTest:Widget 0x131").waitFor();
  await close(page);
});

test("an aspect is added, edited and deleted", async () => {
  const page = await selected([WIDGET]);
  await page.getByLabel("Class of the aspect").selectOption("WebEditTest:WidgetNote");
  await button(page, "Add the aspect").click();
  const note = page.getByRole("group", { name: "WidgetNote" });
  await note.getByLabel("Text", { exact: true }).fill("hello");
  await note.getByLabel("Text", { exact: true }).press("Enter");
  const texts = () =>
    page.evaluate(
      async (id) => (await globalThis.webedithost.call("elements.getAspects", { id })).map((a) => a.text),
      WIDGET,
    );
  await until(async () => (await texts()).includes("hello"), true);
  await button(page, "Delete aspect WidgetNote").click();
  await note.waitFor({ state: "detached" });
  await abandon(page);
});

test("an element is inserted beside the selected one, saved, undone and redone", async () => {
  const page = await selected([WIDGET]);
  await button(page, "Insert …").click();
  const dialog = page.getByRole("dialog");
  await assertAccessible(page);
  await dialog.getByLabel("Label", { exact: true }).fill("Inserted here");
  await dialog.getByLabel("Category", { exact: true }).fill("0x1");
  await dialog.getByRole("button", { name: "Insert" }).click();
  await dialog.getByRole("alert").getByText("category must be").waitFor();
  await dialog.getByRole("button", { name: "Choose Category" }).click();
  await page.getByRole("dialog").last().getByRole("button", { name: /0x16/ }).click();
  // Who clicks twice means it once.
  await dialog.getByRole("button", { name: "Insert" }).dblclick();
  await dialog.waitFor({ state: "detached" });
  await page.waitForFunction(() => document.querySelector('[aria-label="User Label"]')?.value === "Inserted here");
  await button(page, "Save").click();
  await button(page, "Undo").click();
  await page.getByText("Select an element").waitFor();
  await button(page, "Redo").click();
  await button(page, "Undo").waitFor();
  await button(page, "Close").click();
  await button(page, "Open demo").waitFor();
  const [, { rows }] = await ask(bench, [
    ["briefcase.open", { imodel: "demo", mode: "readonly" }],
    ["query.ecsql", { ecsql: "SELECT count(*) FROM wet.Widget WHERE UserLabel='Inserted here'", rowFormat: "array" }],
  ]);
  assert.deepEqual(rows, [[1]]);
  await page.context().close();
});

test("what was typed last is saved too, and asked for before closing", async () => {
  const page = await selected([WIDGET]);
  await late(page, 500, "^elements\\.getMany");
  const x = async () => (await propsOf(page, WIDGET)).placement.origin[0];
  await field(page, "Origin (m) x").fill("7");
  await field(page, "Origin (m) x").press("Control+s");
  await button(page, "Undo").waitFor();
  await page.waitForFunction(() => !globalThis.webedithost.mayBeUnsaved);
  assert.equal(await x(), 7);
  await field(page, "Origin (m) x").fill("8");
  await button(page, "Close").click();
  await button(page, "Abandon changes").click();
  await button(page, "Open demo").click();
  await button(page, "Close").waitFor();
  assert.equal(await x(), 7);
  await close(page);
});

test("an edit that is still waiting when its file is closed is not done in the next one", async () => {
  const page = await selected([WIDGET]);
  const error = await page.evaluate(async (id) => {
    const session = globalThis.webedithost;
    const closed = session.closeBriefcase("error");
    const props = { id, nickname: "too late" };
    const edit = session.inTurn(() => session.edit("elements.updateElement", { props }));
    await closed;
    return edit.then(() => "done", String);
  }, WIDGET);
  assert.match(error, /was closed before/);
  await button(page, "Open demo").waitFor();
  await page.context().close();
});

test("who only reads gets no way to edit", async () => {
  const page = await selected([WIDGET], "View demo");
  await page.getByText("read-only", { exact: true }).waitFor();
  assert.equal(await field(page, "S").getAttribute("readonly"), "");
  assert.equal(await button(page, "Delete").count(), 0);
  assert.equal(await button(page, "Save").count(), 0);
  await button(page, "Close").click();
  await button(page, "Open demo").waitFor();
  await page.context().close();
});

test("nothing complained in the console", () => {
  bench.assertNoFaults();
});
