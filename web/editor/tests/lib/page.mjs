// What a person does with the page, and what a test reads from it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const interop = join(dirname(fileURLToPath(import.meta.url)), "../../../../tests/interop");

export const button = (where, name) => where.getByRole("button", { name, exact: true });
export const panel = (page) => page.getByLabel("Properties", { exact: true });
export const section = (page, name) => panel(page).getByRole("region", { name, exact: true });
export const field = (page, name) => panel(page).getByLabel(name, { exact: true });
export const canvas = (page) => page.getByRole("application");

/** A call of the page's session, as an edit: the page reads anew. */
export const edit = (page, method, params) =>
  page.evaluate(([m, p]) => globalThis.webedithost.edit(m, p), [method, params]);
export const call = (page, method, params) =>
  page.evaluate(([m, p]) => globalThis.webedithost.call(m, p), [method, params]);

/** What the server has, not what the page shows. */
export const propsOf = (page, id) => call(page, "elements.getElementProps", { id });

/** Waits until @read answers @value. */
export async function until(read, value) {
  for (let tries = 0; ; tries++) {
    const now = await read();
    try {
      assert.deepEqual(now, value);
      return;
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

/** Waits until the server has @value as @property of the element. */
export const has = (page, id, property, value) => until(async () => (await propsOf(page, id))[property], value);

/** Waits until nothing that the page has asked for is on the way. */
export async function settled(page) {
  await page.waitForFunction(() => globalThis.webedithost.calls.store.get().calls.every((c) => c.ms !== undefined));
}

/** Finds the element and selects it. */
export async function select(page, id) {
  await page.getByLabel("Search elements").fill(id);
  await page.locator(`[role=option] [title="${id}"]`).click();
  await panel(page).getByText(":", { exact: false }).getByText(id).first().waitFor();
}

export async function type(where, name, value) {
  await where.getByLabel(name, { exact: true }).fill(value);
  await where.getByLabel(name, { exact: true }).press("Enter");
}

/** Drags from the middle of the view, or some steps up and to the right. */
export async function drag(page, dx, dy, up = 0) {
  const box = await canvas(page).boundingBox();
  const [x, y] = [box.x + box.width / 2 + up, box.y + box.height / 2 - up];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + dx / 2, y + dy / 2);
  await page.mouse.move(x + dx, y + dy);
  await page.mouse.up();
}

/** Saves what is unsaved under @description, so that it can be undone. */
export async function save(page, description) {
  await page.getByText("unsaved", { exact: true }).waitFor();
  await page.getByLabel("Description of the next save").fill(description);
  await button(page, "Save").click();
  await button(page, `Undo: ${description}`).waitFor();
}

/** Closes the file; nothing is unsaved. */
export async function close(page, name = "demo") {
  await button(page, "Close").click();
  await button(page, `Open ${name}`).waitFor();
  await page.context().close();
}

export async function abandon(page) {
  // Before that the page does not know of the edit, and would not ask.
  await page.getByText("unsaved", { exact: true }).waitFor();
  await button(page, "Close").click();
  await button(page, "Abandon changes").click();
  await button(page, "Open demo").waitFor();
  await page.context().close();
}

/** What the official backend finds in @file, which it opens and checks; undefined where it is not installed. */
export function official(file) {
  if (!existsSync(join(interop, "node_modules"))) return undefined;
  const run = (command) =>
    JSON.parse(execFileSync(process.execPath, ["official.mjs", command, file], { cwd: interop, maxBuffer: 1 << 28 }));
  run("check");
  return run("dump");
}
