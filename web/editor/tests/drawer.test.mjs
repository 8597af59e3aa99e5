// History, query console and the log of calls.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { daemonPath } from "../../../tests/interop/lib/daemon.mjs";
import { Bench, assertAccessible, shot } from "./lib/bench.mjs";

const weh = join(dirname(daemonPath()), "../tools/weh");
let bench;
before(async () => {
  bench = await Bench.create();
});
afterEach(async () => {
  await bench.endPages();
});
after(async () => {
  await bench.destroy();
});

const button = (page, name) => page.getByRole("button", { name, exact: true });

async function opened(drawer, options) {
  const page = await bench.page(options);
  await button(page, "Open demo").click();
  await button(page, drawer).click();
  return page;
}

async function saveSubject(page, value) {
  await page.evaluate(async (v) => {
    const code = { spec: "bis:Subject", scope: "0x1", value: v };
    const parent = { id: "0x1", relClassName: "BisCore:SubjectOwnsSubjects" };
    const props = { classFullName: "BisCore:Subject", model: "0x1", code, parent };
    await globalThis.webedithost.edit("elements.insertElement", { props });
    await globalThis.webedithost.save(v);
  }, value);
}

test("history tells what was saved, and goes back to it", async () => {
  const page = await opened("History");
  for (const name of ["step one", "step two", "step three"]) await saveSubject(page, name);
  const entry = (name) => page.getByRole("listitem").filter({ has: page.getByText(name, { exact: true }) });
  await entry("step three").getByText("now").waitFor();
  await button(page, "What changed in step two").click();
  await page.getByText(/^Inserted BisCore:Subject/).waitFor();
  await assertAccessible(page);
  await shot(page, "history");
  await button(page, "Go back to step one").click();
  await entry("step one").getByText("now").waitFor();
  await entry("step three")
    .getByText(/undone/)
    .waitFor();
  const count = () =>
    page.evaluate(async () => {
      const ecsql = "SELECT count(*) n FROM bis.Subject WHERE CodeValue LIKE 'step %'";
      return (await globalThis.webedithost.query(ecsql)).rows[0].n;
    });
  assert.equal(await count(), 1);
  await page.getByRole("button", { name: /^Redo/ }).click();
  await entry("step three").getByText("now").waitFor();
  assert.equal(await count(), 3);
});

test("a query shows its rows, more of them, and where it is wrong", async () => {
  const page = await opened("Query");
  const editor = page.getByRole("textbox", { name: "ECSQL" });
  await editor.waitFor();
  await button(page, "Run").click();
  await page.getByText(/^200 rows and more/).waitFor();
  await button(page, "More rows").click();
  await page.getByText(/^400 rows/).waitFor();
  await assertAccessible(page);
  await shot(page, "query");
  await editor.click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("SELECT CodeValue, UserLabel FROM bis.Subjekt");
  await page.keyboard.press("Control+Enter");
  await page
    .getByRole("alert")
    .getByText(/Subjekt/)
    .waitFor();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("SELECT count(*) HowMany FROM wet.Widget");
  await page.keyboard.press("Control+Enter");
  await page.getByRole("columnheader", { name: "HowMany" }).waitFor();
  assert.equal(await page.getByRole("cell").textContent(), "106");
});

test("the calls are a script that weh runs", { skip: !existsSync(weh) }, async () => {
  const page = await opened("Calls");
  await saveSubject(page, "scripted");
  // One that fails: the script expects it to.
  await page.evaluate(() => globalThis.webedithost.call("elements.getElementProps", { id: "0xffff" }).catch(() => {}));
  await page.getByText("elements.insertElement").waitFor();
  await assertAccessible(page);
  await button(page, "Show as script").click();
  const script = await page.getByLabel("Script for weh run").inputValue();
  await button(page, "Close").click();
  await button(page, "Open demo").waitFor();
  const again = script.replaceAll("scripted", "scripted again");
  const env = { ...process.env, WEH_URL: bench.ready.sessionUrl, WEH_TOKEN: bench.ready.token };
  const { status, stderr } = spawnSync(weh, ["run", "-"], { input: again, env, encoding: "utf8" });
  assert.equal(status, 0, stderr);
});

test("on a tablet everything is there", async () => {
  const page = await opened("History", { size: { width: 768, height: 1024 } });
  await page.getByRole("treeitem").first().click();
  await page.getByLabel("Properties").getByRole("heading", { level: 2 }).waitFor();
  for (const name of ["Elements", "View", "Properties", "Drawer"]) {
    const box = await page.getByRole("region", { name, exact: true }).boundingBox();
    assert.ok(
      box.width > 150 && box.height > 40 && box.x >= 0 && box.x + box.width <= 769,
      `${name}: ${JSON.stringify(box)}`,
    );
  }
  await assertAccessible(page);
  await shot(page, "tablet");
});

test("nothing complained in the console", () => {
  bench.assertNoFaults();
});
