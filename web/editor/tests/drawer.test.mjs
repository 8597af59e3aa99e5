// History, query console and the log of calls.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { daemonPath } from "../../../tests/interop/lib/daemon.mjs";
import { Bench, assertAccessible, shot } from "./lib/bench.mjs";
import { button, until } from "./lib/page.mjs";

const weh = join(dirname(daemonPath()), "../tools/weh");
const bench = Bench.forTests({ demo: "small.bim", plain: "empty.bim" });

async function opened(drawer, { imodel = "demo", ...options } = {}) {
  const page = await bench.page(options);
  await button(page, `Open ${imodel}`).click();
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

const entry = (page, name) => page.getByRole("listitem").filter({ has: page.getByText(name, { exact: true }) });

/** How many of the steps there are, as the server says. */
const countSteps = (page) =>
  page.evaluate(async () => {
    const ecsql = "SELECT count(*) n FROM bis.Subject WHERE CodeValue LIKE 'step %'";
    return (await globalThis.webedithost.query(ecsql)).rows[0].n;
  });

test("history tells what was saved, goes back to any of it, and forward again", async () => {
  const page = await opened("History", { imodel: "plain" });
  const steps = ["step one", "step two", "step three", "step four"];
  for (const name of steps) await saveSubject(page, name);
  const isNow = (name) => entry(page, name).getByText("now", { exact: true }).waitFor();
  await isNow("step four");
  await button(page, "Go back to step one").click();
  await isNow("step one");
  await entry(page, "step four")
    .getByText(/undone/)
    .waitFor();
  assert.equal(await countSteps(page), 1);
  // What was undone at once comes back as far as one wants, and the rest of it later.
  await button(page, "Go forward to step two").click();
  await isNow("step two");
  assert.equal(await countSteps(page), 2);
  await button(page, "Go forward to step four").click();
  await isNow("step four");
  assert.equal(await countSteps(page), 4);
  await button(page, "Go back before all of this").click();
  await isNow("Before all of this");
  assert.equal(await countSteps(page), 0);
  await assertAccessible(page);
  // With the keyboard alone.
  await button(page, "Go forward to step three").focus();
  await page.keyboard.press("Enter");
  await isNow("step three");
  await page.getByRole("button", { name: /^Redo/ }).click();
  await isNow("step four");
  assert.equal(await countSteps(page), 4);
});

test("while something is unsaved one stays, and a reader stays always", async () => {
  const page = await opened("History");
  await saveSubject(page, "kept one");
  await saveSubject(page, "kept two");
  await page.evaluate(() =>
    globalThis.webedithost.edit("elements.updateElement", { props: { id: "0x1", userLabel: "unsaved" } }),
  );
  await page.getByText("Save or abandon what is unsaved before").waitFor();
  assert.ok(await button(page, "Go back to kept one").isDisabled());
  await page.evaluate(() => globalThis.webedithost.abandon());
  await page.getByText("Save or abandon what is unsaved before").waitFor({ state: "detached" });
  assert.ok(await button(page, "Go back to kept one").isEnabled());
  await button(page, "Close").click();
  await button(page, "View demo").click();
  await button(page, "History").click();
  await button(page, "What changed in kept one").waitFor();
  assert.equal(await page.getByRole("button", { name: /^Go / }).count(), 0);
});

test("what changed has labels, and leads to what is still there", async () => {
  const page = await opened("History");
  await saveSubject(page, "short-lived");
  await saveSubject(page, "long-lived");
  const gone = await page.evaluate(async () => {
    const session = globalThis.webedithost;
    const { rows } = await session.query("SELECT ECInstanceId id FROM bis.Subject WHERE CodeValue='short-lived'");
    await session.edit("elements.updateElement", { props: { id: rows[0].id, userLabel: "x".repeat(300) } });
    await session.save("renamed");
    await session.edit("elements.deleteElement", { ids: [rows[0].id] });
    await session.save("deleted it");
    return rows[0].id;
  });
  await button(page, "What changed in long-lived").click();
  const changed = (name) => entry(page, name).locator(".changes");
  await changed("long-lived")
    .getByText(/^1 inserted/)
    .waitFor();
  await changed("long-lived").getByRole("button", { name: "long-lived" }).click();
  await page.getByLabel("Properties").getByText("BisCore:Subject").waitFor();
  await button(page, "What changed in deleted it").click();
  await changed("deleted it")
    .getByText(/1 deleted/)
    .waitFor();
  await changed("deleted it")
    .getByText(new RegExp(`BisCore:Subject ${gone}`))
    .waitFor();
  assert.equal(await changed("deleted it").getByRole("button").count(), 0);
  await button(page, "What changed in short-lived").click();
  await changed("short-lived").getByText("short-lived").waitFor();
  assert.equal(await changed("short-lived").getByRole("button").count(), 0);
  await assertAccessible(page);
  await shot(page, "history");
  // It is there again, and can be selected again.
  await button(page, "Go back to renamed").click();
  await changed("short-lived").getByRole("button").waitFor();
});

test("many changes come page by page", async () => {
  const page = await opened("History");
  await page.evaluate(async () => {
    const code = { spec: "bis:Subject", scope: "0x1", value: "" };
    const parent = { id: "0x1", relClassName: "BisCore:SubjectOwnsSubjects" };
    const ops = Array.from({ length: 150 }, (_, i) => ({
      method: "elements.insertElement",
      params: {
        props: { classFullName: "BisCore:Subject", model: "0x1", code, parent, userLabel: `one of many ${i}` },
      },
    }));
    await globalThis.webedithost.edit("edit.batch", { ops });
    await globalThis.webedithost.save("very many");
  });
  await button(page, "What changed in very many").click();
  await page.getByText(/inserted.*, and more$/).waitFor();
  await button(page, "More changes").click();
  await page.getByText("150 inserted, 1 dependent").waitFor();
  // Labels come after the changes.
  await until(() => page.getByRole("button", { name: /^one of many/ }).count(), 150);
  assert.equal(await button(page, "More changes").count(), 0);
});

test("history tells who saved, in the reader's way of writing times", { skip: !existsSync(weh) }, async () => {
  const token = (user) =>
    spawnSync(weh, ["token", "--data-dir", bench.daemon.dir, "--user", user, "--scope", "weh:edit"], {
      encoding: "utf8",
    }).stdout.trim();
  for (const user of ["ada", "bob"]) {
    const page = await opened("History", { token: token(user), locale: "de-DE", timezoneId: "Europe/Berlin" });
    await saveSubject(page, `saved by ${user}`);
    await button(page, "Close").click();
    await page.getByRole("button", { name: "Open demo" }).waitFor();
    await page.context().close();
  }
  const page = await opened("History", {
    token: token("carl"),
    locale: "de-DE",
    timezoneId: "Europe/Berlin",
    colorScheme: "dark",
    size: { width: 768, height: 1024 },
  });
  for (const user of ["ada", "bob"]) await entry(page, `saved by ${user}`).getByText(`${user}, `).waitFor();
  const time = entry(page, "saved by bob").getByRole("time");
  const text = new Intl.DateTimeFormat("de-DE", {
    dateStyle: "medium",
    timeStyle: "short",
    timeZone: "Europe/Berlin",
  }).format(new Date(await time.getAttribute("datetime")));
  assert.equal(await time.textContent(), text);
  await button(page, "Go back to saved by ada").click();
  await entry(page, "saved by bob")
    .getByText(/undone/)
    .waitFor();
  await button(page, "What changed in saved by bob").click();
  await entry(page, "saved by bob")
    .getByText(/^1 inserted/)
    .waitFor();
  await assertAccessible(page);
  await shot(page, "history-dark");
  // Those of the file that the official backend saved have no name.
  assert.equal(await page.locator(".history time").count(), (await page.locator(".who").count()) + 20);
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

test("on a tablet everything is there, and large enough for fingers", async () => {
  const page = await opened("History", { size: { width: 768, height: 1024 }, hasTouch: true, isMobile: true });
  await page.getByRole("treeitem").first().click();
  await page.getByLabel("Properties").getByRole("heading", { level: 2 }).waitFor();
  for (const name of ["Elements", "View", "Properties", "Drawer"]) {
    const box = await page.getByRole("region", { name, exact: true }).boundingBox();
    assert.ok(
      box.width > 150 && box.height > 40 && box.x >= 0 && box.x + box.width <= 769,
      `${name}: ${JSON.stringify(box)}`,
    );
  }
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("button, input, select, [role=treeitem]")]
      .filter((e) => e.getBoundingClientRect().height < 40 && e.checkVisibility())
      .map((e) => e.outerHTML.slice(0, 200)),
  );
  assert.deepEqual(small, []);
  await assertAccessible(page);
  await shot(page, "tablet");
});

test("nothing complained in the console", () => {
  bench.assertNoFaults();
});
