// What a person does with the page, and what a test reads from it.
import assert from "node:assert/strict";

export const button = (page, name) => page.getByRole("button", { name, exact: true });
export const field = (page, name) => page.getByLabel("Properties").getByLabel(name, { exact: true });
export const canvas = (page) => page.getByRole("application");

/** What the server has, not what the page shows. */
export const propsOf = (page, id) =>
  page.evaluate((i) => globalThis.webedithost.call("elements.getElementProps", { id: i }), id);

/** Finds the element and selects it. */
export async function select(page, id) {
  await page.getByLabel("Search elements").fill(id);
  await page.locator(`[role=option] [title="${id}"]`).click();
  await page.getByLabel("Properties").getByText(id, { exact: false }).first().waitFor();
}

export async function type(page, name, value) {
  await field(page, name).fill(value);
  await field(page, name).press("Enter");
}

/** Drags with the tool of @key from the middle of the view, after the camera went to what is selected. */
export async function dragSelected(page, key, dx, dy) {
  await canvas(page).focus();
  await page.keyboard.press("c");
  await page.keyboard.press(key);
  const box = await canvas(page).boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + dx / 2, y + dy / 2);
  await page.mouse.move(x + dx, y + dy);
  await page.mouse.up();
}

export async function save(page, description) {
  await page.getByText("unsaved", { exact: true }).waitFor();
  await page.getByLabel("Description of the next save").fill(description);
  await button(page, "Save").click();
  await button(page, `Undo: ${description}`).waitFor();
}

/** Waits until nothing that the page has asked for is on the way. */
export async function settled(page) {
  await page.waitForFunction(() => globalThis.webedithost.calls.store.get().calls.every((c) => c.ms !== undefined));
}

/** Waits until the server has @value as @property of the element. */
export async function has(page, id, property, value) {
  for (let tries = 0; ; tries++) {
    const props = await propsOf(page, id);
    try {
      assert.deepEqual(props[property], value);
      return;
    } catch (error) {
      if (tries > 50) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}
