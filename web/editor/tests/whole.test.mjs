// A whole session with the page, judged by the server itself and by the official backend; a long cut; several users.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { daemonPath } from "../../../tests/interop/lib/daemon.mjs";
import { Bench, ask, shot } from "./lib/bench.mjs";
import { button, canvas, drag, field, has, official, panel, save, select, settled, type } from "./lib/page.mjs";
import { ADDED, TEXTS } from "./lib/widget.mjs";

const weh = join(dirname(daemonPath()), "../tools/weh");
const WIDGET = "0x130";
const GONE = "0x131";
const MOVED = "0x8c";
const NEW = "Inserted here";
/** Descriptions of what is saved, in its order. */
const SAVED = ["properties", "inserted", "moved", "rotated", "deleted"];
const CUT_MS = 5000;
const bench = Bench.forTests();

async function editProperties(page) {
  await select(page, WIDGET);
  for (const [property, label, typed, stored] of TEXTS) {
    await type(panel(page), label, typed);
    await has(page, WIDGET, property, stored);
  }
  await field(page, "State").selectOption("Issued");
  await field(page, "B").selectOption("no");
  for (const [label, typed] of ADDED) {
    await button(page, `Add to ${label}`).click();
    await type(panel(page), `New ${label}`, typed);
  }
  await button(page, "Choose Controller").click();
  await page.getByRole("dialog").getByRole("button", { name: /0x3b/ }).click();
  await has(page, WIDGET, "controller", { id: "0x3b", relClassName: "WebEditTest.RecordControlsWidgets" });
}

async function insert(page) {
  await button(page, "Insert …").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Label", { exact: true }).fill(NEW);
  await dialog.getByRole("button", { name: "Choose Category" }).click();
  await page.getByRole("dialog").last().getByRole("button", { name: /0x16/ }).click();
  await dialog.getByRole("button", { name: "Insert" }).click();
  await dialog.waitFor({ state: "detached" });
}

/** Drags what is selected with the tool of @key. */
async function pull(page, key, dx, dy) {
  await canvas(page).focus();
  await page.keyboard.press("c");
  await page.keyboard.press(key);
  await drag(page, dx, dy);
}

/** One of each, and each of them saved. */
async function edit(page) {
  await editProperties(page);
  await settled(page);
  await shot(page, "edited");
  await save(page, "properties");
  await insert(page);
  await save(page, "inserted");
  await select(page, MOVED);
  await pull(page, "m", 60, 0);
  await save(page, "moved");
  await pull(page, "r", 40, 10);
  await save(page, "rotated");
  await select(page, GONE);
  await button(page, "Delete").click();
  await button(page, "Delete the element").click();
  await save(page, "deleted");
}

/** What the server has of what is edited, asked beside the page. */
async function stateOf(file) {
  const [, widget, moved, gone, { rows }] = await ask(bench, [
    ["briefcase.open", { imodel: file, mode: "readonly" }],
    ["elements.getElementProps", { id: WIDGET }],
    ["elements.getElementProps", { id: MOVED }],
    ["elements.getMany", { ids: [GONE] }],
    ["query.ecsql", { ecsql: `SELECT ECInstanceId FROM wet.Widget WHERE UserLabel='${NEW}'`, rowFormat: "array" }],
  ]);
  return { widget, moved, gone, inserted: rows.flat() };
}

/** The same with the page's own session, as JSON has it: no -0, bytes as text. */
async function stateInPage(page) {
  const json = await page.evaluate(
    async ([widget, moved, gone, label]) => {
      const session = globalThis.webedithost;
      const { rows } = await session.query(`SELECT ECInstanceId id FROM wet.Widget WHERE UserLabel='${label}'`);
      const state = {
        widget: await session.call("elements.getElementProps", { id: widget }),
        moved: await session.call("elements.getElementProps", { id: moved }),
        gone: await session.call("elements.getMany", { ids: [gone] }),
        inserted: rows.map((row) => row.id),
      };
      const text = (bytes) => `encoding=base64;${btoa(String.fromCharCode(...bytes))}`;
      return JSON.stringify(state, (_, value) => (value instanceof Uint8Array ? text(value) : value));
    },
    [WIDGET, MOVED, GONE, NEW],
  );
  return JSON.parse(json);
}

/** The official backend finds in the file what our server tells. */
function assertOfficialAgrees({ widget, moved, inserted }) {
  const found = official(bench.daemon.file("demo"));
  if (found === undefined) return;
  const theirs = new Map(found.elements.map((e) => [e.id, e]));
  for (const ours of [widget, moved]) assert.deepEqual(theirs.get(ours.id), ours);
  assert.equal(theirs.get(inserted[0]).userLabel, NEW);
  assert.equal(theirs.has(GONE), false);
}

test("what is edited, undone, redone and saved is there, for the official backend too", async () => {
  const first = await stateOf("demo");
  const page = await bench.page();
  await button(page, "Open demo").click();
  await edit(page);
  const last = await stateInPage(page);
  for (const name of SAVED.toReversed()) await button(page, `Undo: ${name}`).click();
  await button(page, `Redo: ${SAVED[0]}`).waitFor();
  assert.deepEqual(await stateInPage(page), first);
  for (const name of SAVED) {
    await button(page, `Redo: ${name}`).click();
    await button(page, `Undo: ${name}`).waitFor();
  }
  assert.deepEqual(await stateInPage(page), last);
  await page.reload();
  await button(page, `Undo: ${SAVED.at(-1)}`).waitFor();
  await select(page, WIDGET);
  assert.equal(await field(page, "Nickname").inputValue(), "nick");
  await shot(page, "reloaded");
  await button(page, "Close").click();
  await button(page, "Open demo").waitFor();
  const now = await stateOf("demo");
  assert.deepEqual(now, last);
  for (const [property, , , stored] of TEXTS) assert.deepEqual(now.widget[property], stored, property);
  assert.notDeepEqual(now.moved.placement.origin, first.moved.placement.origin);
  assert.notDeepEqual(now.moved.placement.angles, first.moved.placement.angles);
  assert.deepEqual([now.gone, now.inserted.length], [[], 1]);
  assertOfficialAgrees(now);
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
    await type(panel(page), "S", user);
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
  await reader.getByText("You may view this iModel, but not edit it.").waitFor();
});

test("nothing complained in the console", () => {
  bench.assertNoFaults();
});
