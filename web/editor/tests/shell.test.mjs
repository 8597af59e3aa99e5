// The page's frame: signing in, opening, saving, undoing, and what it does when the network or the page itself goes away.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench, ask, assertAccessible, shot } from "./lib/bench.mjs";
import { button } from "./lib/page.mjs";

const bench = Bench.forTests();

/** Inserts a Subject by the page's own session, as a panel of it would. */
async function insertSubject(page, value) {
  await page.evaluate(async (v) => {
    const code = { spec: "bis:Subject", scope: "0x1", value: v };
    const parent = { id: "0x1", relClassName: "BisCore:SubjectOwnsSubjects" };
    await globalThis.webedithost.edit("elements.insertElement", {
      props: { classFullName: "BisCore:Subject", model: "0x1", code, parent },
    });
  }, value);
}

async function openDemo(page) {
  await button(page, "Open demo").click();
  await button(page, "Close").waitFor();
}

async function closeDemo(page) {
  await button(page, "Close").click();
  await button(page, "Open demo").waitFor();
}

test("a token of the address bar is taken and leaves no trace there", async () => {
  const page = await bench.page();
  await page.getByRole("heading", { name: "iModels" }).waitFor();
  assert.equal(page.url(), bench.front.url);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  await assertAccessible(page);
  await shot(page, "start");
  await page.context().close();
});

test("a wrong token is refused in words, and another can be given", async () => {
  const page = await bench.page({ token: "no.such.token" });
  await page.getByRole("alert").getByText("does not accept the token").waitFor();
  page.faults = page.faults.filter((f) => !f.includes("401"));
  await button(page, "Use another token").click();
  await page.getByLabel("Token").fill(bench.ready.token);
  await button(page, "Connect").click();
  await button(page, "Open demo").waitFor();
  await page.context().close();
});

test("saves, undoes and redoes with descriptions", async () => {
  const page = await bench.page();
  await openDemo(page);
  await assertAccessible(page);
  await insertSubject(page, "Shell one");
  await page.getByText("unsaved", { exact: true }).waitFor();
  await page.getByLabel("Description of the next save").fill("first subject");
  await button(page, "Save").click();
  await button(page, "Undo: first subject").click();
  await button(page, "Redo: first subject").click();
  await button(page, "Undo: first subject").waitFor();
  await closeDemo(page);
  const [, code] = await ask(bench, [
    ["briefcase.open", { imodel: "demo", mode: "readonly" }],
    ["elements.getElementProps", { code: { spec: "bis:Subject", scope: "0x1", value: "Shell one" } }],
  ]);
  assert.equal(code.code.value, "Shell one");
  await page.context().close();
});

test("unsaved changes are asked for before closing", async () => {
  const page = await bench.page();
  await openDemo(page);
  await insertSubject(page, "Shell dropped");
  await button(page, "Close").click();
  await page.getByRole("alertdialog").waitFor();
  await assertAccessible(page);
  await button(page, "Abandon changes").click();
  await button(page, "Open demo").waitFor();
  await page.context().close();
});

test("a cut network shows as offline, and what was edited meanwhile is done once", async () => {
  const page = await bench.page();
  await openDemo(page);
  await insertSubject(page, "Before the cut");
  bench.front.cut();
  await page.getByText("offline, trying again").waitFor();
  const edits = Promise.all([insertSubject(page, "Meanwhile 1"), insertSubject(page, "Meanwhile 2")]);
  await shot(page, "offline");
  bench.front.restore();
  await page.getByText("online", { exact: true }).waitFor();
  await edits;
  await button(page, "Save").click();
  await button(page, "Undo").waitFor();
  await page.waitForFunction(() => globalThis.webedithost.store.get().txn.hasUnsavedChanges === false);
  const { rows } = await page.evaluate(() =>
    globalThis.webedithost.query(
      "SELECT CodeValue FROM bis.Subject WHERE CodeValue LIKE 'Meanwhile%' OR CodeValue='Before the cut' ORDER BY CodeValue",
    ),
  );
  assert.deepEqual(
    rows.map((r) => r.CodeValue),
    ["Before the cut", "Meanwhile 1", "Meanwhile 2"],
  );
  await closeDemo(page);
  await page.context().close();
});

test("a page that is loaded anew goes on with what is unsaved", async () => {
  const page = await bench.page();
  await openDemo(page);
  await insertSubject(page, "Before the reload");
  await page.reload();
  await page.getByText("unsaved", { exact: true }).waitFor();
  await insertSubject(page, "After the reload");
  await button(page, "Abandon").click();
  await button(page, "Abandon changes").click();
  await page.getByText("unsaved", { exact: true }).waitFor({ state: "detached" });
  await closeDemo(page);
  await page.context().close();
});

test("a page that is loaded anew before it was connected again goes on all the same", async () => {
  const page = await bench.page();
  await openDemo(page);
  await insertSubject(page, "Before two reloads");
  await page.route("**/v1/tickets", () => {});
  await page.reload();
  await page.getByText("connecting", { exact: true }).waitFor();
  await page.unroute("**/v1/tickets");
  await page.reload();
  await page.getByText("unsaved", { exact: true }).waitFor();
  await button(page, "Close").click();
  await button(page, "Abandon changes").click();
  await button(page, "Open demo").waitFor();
  await page.context().close();
});

test("a session that the server did not keep is told of, and another one begins", async (t) => {
  const other = new Bench();
  await other.start({ demo: "small.bim" }, ["session.linger_s=1"]);
  t.after(() => other.destroy());
  const page = await other.page();
  await openDemo(page);
  await insertSubject(page, "Lost and found");
  other.front.cut();
  await page.getByText("offline, trying again").waitFor();
  const isOpen = async () => "openFor" in (await ask(other, [["imodel.list"]]))[0][0];
  while (await isOpen());
  other.front.restore();
  await page.getByText("The session was lost.").waitFor();
  await page.getByText("online", { exact: true }).waitFor();
  await button(page, "Open demo").click();
  await button(page, "Restore them").click();
  await page.getByText("unsaved", { exact: true }).waitFor();
  other.assertNoFaults();
  await other.endPages();
});

test("a briefcase is checked out, closed, opened again and deleted", async () => {
  const page = await bench.page();
  await button(page, "Check out demo").click();
  await button(page, "Close").click();
  await page.getByRole("button", { name: /^Open briefcase/ }).click();
  await button(page, "Close").click();
  await page.getByRole("button", { name: /^Delete briefcase/ }).click();
  await button(page, "Delete").click();
  await page.getByText("Check out an iModel to have").waitFor();
  await page.context().close();
});

test("a new iModel is made, and opened", async () => {
  const page = await bench.page();
  await button(page, "New iModel …").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name of the file").fill("demo");
  await dialog.getByRole("button", { name: "Create" }).click();
  await dialog.getByRole("alert").waitFor();
  await assertAccessible(page);
  await dialog.getByLabel("Name of the file").fill("fresh");
  await dialog.getByLabel("Name of the root subject").fill("All of it");
  await dialog.getByRole("button", { name: "Create" }).click();
  await dialog.waitFor({ state: "detached" });
  await button(page, "Open fresh").click();
  await page.getByRole("treeitem", { name: "All of it" }).waitFor();
  await button(page, "Close").click();
  await button(page, "Open fresh").waitFor();
  await page.context().close();
});

test("an error of the server is shown and can be dismissed", async () => {
  const [one, two] = [await bench.page(), await bench.page()];
  await openDemo(one);
  await button(two, "Open demo").click();
  await two.getByRole("alert").waitFor();
  await button(two, "Dismiss").click();
  await two.getByRole("alert").waitFor({ state: "detached" });
  await closeDemo(one);
  await one.context().close();
  await two.context().close();
});

test("the theme follows the system and can be chosen", async () => {
  const page = await bench.page({ colorScheme: "dark" });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  await assertAccessible(page);
  await page.getByRole("button", { name: /^Theme/ }).click();
  assert.notEqual(await background(), dark);
  await page.context().close();
});

test("every colour is the same, whether the system wants a theme or a person", async () => {
  const colors = (page) =>
    page.evaluate(() => {
      const style = getComputedStyle(document.documentElement);
      const { color, backgroundColor } = getComputedStyle(document.body);
      return { color, backgroundColor, scene: style.getPropertyValue("--scene"), scheme: style.colorScheme };
    });
  const seen = {};
  for (const colorScheme of ["dark", "light"]) {
    const page = await bench.page({ colorScheme });
    for (const theme of ["", "dark", "light"]) {
      await page.evaluate((t) => (document.documentElement.dataset.theme = t), theme);
      const { scheme, ...found } = await colors(page);
      assert.equal(scheme, theme || "light dark");
      // Three.js reads colours in this form.
      assert.match(found.scene, /^rgb\(/);
      seen[theme || colorScheme] ??= found;
      assert.deepEqual(found, seen[theme || colorScheme]);
    }
    await page.context().close();
  }
  for (const name of ["color", "backgroundColor", "scene"]) assert.notEqual(seen.dark[name], seen.light[name]);
});

test("nothing complained in the console", () => {
  bench.assertNoFaults();
});
