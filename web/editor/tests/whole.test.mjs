// A whole session with the page, judged by the server itself and by the official backend; a long cut; several users.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, afterEach, before, test } from "node:test";
import { daemonPath } from "../../../tests/interop/lib/daemon.mjs";
import { Bench, ask, shot } from "./lib/bench.mjs";

const interop = join(dirname(fileURLToPath(import.meta.url)), "../../../tests/interop");
const weh = join(dirname(daemonPath()), "../tools/weh");
const WIDGET = "0x130";
const GONE = "0x131";
const MOVED = "0x8c";
const CUT_MS = 5000;
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
const field = (page, name) => page.getByLabel("Properties").getByLabel(name, { exact: true });

async function select(page, id) {
  await page.getByLabel("Search elements").fill(id);
  await page.locator(`[role=option] [title="${id}"]`).click();
  await page.getByLabel("Properties").getByText(id, { exact: false }).first().waitFor();
}

async function type(page, name, value) {
  await field(page, name).fill(value);
  await field(page, name).press("Enter");
}

async function save(page, description) {
  await page.getByLabel("Description of the next save").fill(description);
  await button(page, "Save").click();
  await button(page, `Undo: ${description}`).waitFor();
}

/** Waits until nothing that the page has asked for is on the way. */
async function settled(page) {
  await page.waitForFunction(() => globalThis.webedithost.calls.store.get().calls.every((c) => c.ms !== undefined));
}

async function edit(page) {
  await select(page, WIDGET);
  await type(page, "S", "whole");
  await type(page, "I", "77");
  await type(page, "Utc", "2025-01-02T03:04:05.678");
  await type(page, "P3 z", "4.5");
  await field(page, "State").selectOption("Issued");
  await button(page, "Add to Doubles").click();
  await settled(page);
  await save(page, "properties");
  await select(page, MOVED);
  await page.getByRole("application").focus();
  await page.keyboard.press("c");
  await page.keyboard.press("m");
  const box = await page.getByRole("application").boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 + 30, box.y + box.height / 2);
  await page.mouse.move(box.x + box.width / 2 + 60, box.y + box.height / 2);
  await page.mouse.up();
  await page.getByText("unsaved", { exact: true }).waitFor();
  await save(page, "moved");
  await select(page, GONE);
  await button(page, "Delete").click();
  await button(page, "Delete the element").click();
  await page.getByText("unsaved", { exact: true }).waitFor();
  await save(page, "deleted");
}

async function stateOf(file) {
  const [, widget, moved, gone] = await ask(bench, [
    ["briefcase.open", { imodel: file, mode: "readonly" }],
    ["elements.getElementProps", { id: WIDGET }],
    ["elements.getElementProps", { id: MOVED }],
    ["elements.getMany", { ids: [GONE] }],
  ]);
  return { widget, moved, gone };
}

test("what is edited, undone, redone and saved is there, for the official backend too", async () => {
  const before_ = await stateOf("demo");
  const page = await bench.page();
  await button(page, "Open demo").click();
  await edit(page);
  for (const name of ["deleted", "moved", "properties"]) await button(page, `Undo: ${name}`).click();
  await page.getByRole("button", { name: /^Redo/ }).waitFor();
  const undone = await page.evaluate((id) => globalThis.webedithost.call("elements.getElementProps", { id }), WIDGET);
  // JSON, in which stateOf asks, has no -0.
  assert.deepEqual(JSON.parse(JSON.stringify(undone)), before_.widget);
  for (const name of ["properties", "moved", "deleted"]) {
    await page.getByRole("button", { name: /^Redo/ }).click();
    await button(page, `Undo: ${name}`).waitFor();
  }
  await page.reload();
  await button(page, "Undo: deleted").waitFor();
  await select(page, WIDGET);
  assert.equal(await field(page, "S").inputValue(), "whole");
  await button(page, "Close").click();
  await button(page, "Open demo").waitFor();
  const { widget, moved, gone } = await stateOf("demo");
  assert.deepEqual(
    [widget.s, widget.i, widget.utc, widget.p3.z, widget.state],
    ["whole", 77, "2025-01-02T03:04:05.678Z", 4.5, 1],
  );
  assert.notDeepEqual(moved.placement.origin, before_.moved.placement.origin);
  assert.deepEqual(gone, []);
  if (!existsSync(join(interop, "node_modules"))) return;
  const official = (command) =>
    JSON.parse(
      execFileSync(process.execPath, ["official.mjs", command, bench.daemon.file("demo")], {
        cwd: interop,
        maxBuffer: 1 << 28,
      }),
    );
  official("check");
  const { elements } = official("dump");
  const theirs = new Map(elements.map((e) => [e.id, e]));
  for (const ours of [widget, moved]) {
    for (const name of ["s", "i", "utc", "p3", "state", "doubles", "userLabel"]) {
      assert.deepEqual(theirs.get(ours.id)[name], ours[name], name);
    }
  }
  assert.equal(theirs.has(GONE), false);
});

test("a network that is gone for seconds in the middle of edits loses nothing and doubles nothing", async () => {
  const page = await bench.page();
  await button(page, "Open demo").click();
  await page.getByRole("treeitem").first().waitFor();
  const edits = page.evaluate(async () => {
    const code = (v) => ({ spec: "bis:Subject", scope: "0x1", value: v });
    const parent = { id: "0x1", relClassName: "BisCore:SubjectOwnsSubjects" };
    for (let i = 0; i < 60; i++) {
      const props = { classFullName: "BisCore:Subject", model: "0x1", code: code(`Cut ${i}`), parent };
      await globalThis.webedithost.call("elements.insertElement", { props });
      await new Promise((done) => setTimeout(done, 10));
    }
  });
  await page.waitForTimeout(200);
  bench.front.cut();
  await page.getByText("offline, trying again").waitFor();
  await shot(page, "cut");
  await page.waitForTimeout(CUT_MS);
  bench.front.restore();
  await edits;
  const { rows } = await page.evaluate(() =>
    globalThis.webedithost.query(
      "SELECT count(*) n, count(DISTINCT CodeValue) d FROM bis.Subject WHERE CodeValue LIKE 'Cut %'",
    ),
  );
  assert.deepEqual(rows, [{ n: 60, d: 60 }]);
});

test("two users edit two briefcases of one iModel", async () => {
  const token = (user, scope) =>
    execFileSync(weh, ["token", "--data-dir", bench.daemon.dir, "--user", user, "--scope", scope], {
      encoding: "utf8",
    }).trim();
  const pages = [];
  for (const user of ["ann", "bob"]) {
    const page = await bench.page({ token: token(user, "weh:edit") });
    await button(page, "Check out demo").click();
    await page.getByRole("treeitem").first().waitFor();
    pages.push([user, page]);
  }
  for (const [user, page] of pages) {
    await select(page, WIDGET);
    await type(page, "S", user);
    await settled(page);
  }
  for (const [user, page] of pages) {
    await save(page, `by ${user}`);
    assert.equal(await field(page, "S").inputValue(), user);
  }
  const reader = await bench.page({ token: token("carl", "weh:view") });
  await button(reader, "Open demo").click();
  await reader.getByRole("alert").waitFor();
  assert.match(await reader.getByRole("alert").textContent(), /you may open with mode readonly only/);
  await button(reader, "View demo").click();
  await reader.getByText("read-only", { exact: true }).waitFor();
});

test("nothing complained in the console", () => {
  bench.assertNoFaults();
});
