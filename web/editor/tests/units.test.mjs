// Quantities in the property panel: shown and typed in any unit, stored exactly; and what else a schema says of a property.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench, assertAccessible, shot } from "./lib/bench.mjs";
import { abandon, button, call, close, field, official, panel, select, type, until } from "./lib/page.mjs";

const GAUGE = "0x11";
/** What the file holds: more digits than any presentation shows. */
const LENGTH = 1.7320508075688772;
const bench = Bench.forTests({ demo: "quantities.bim.xz" });

const gauge = (page) => call(page, "elements.getElementProps", { id: GAUGE });

async function selected(options) {
  const page = await bench.page(options);
  await button(page, "Open demo").click();
  await select(page, GAUGE);
  return page;
}

const stored = (page, property, value) => until(async () => (await gauge(page))[property], value);
const shows = (page, name, value) => until(() => field(page, name).inputValue(), value);
const edits = (page) =>
  page.evaluate(
    () => globalThis.webedithost.calls.store.get().calls.filter((c) => c.method.startsWith("elements.update")).length,
  );

test("a length is shown and typed in the unit that is chosen, and stored in its own", async () => {
  const page = await selected();
  await shows(page, "TheLength", "1.7321 m");
  await assertAccessible(page);
  await shot(page, "units");
  await field(page, "Unit of TheLength").selectOption({ label: "ft" });
  await shows(page, "TheLength", "5.68 ft");
  await shows(page, "At x", "1.0 ft");
  await shows(page, "Size Width", "0.98 ft");
  await type(panel(page), "TheLength", "12 ft 3 in");
  await stored(page, "theLength", 3.7338);
  await shows(page, "TheLength", "12.25 ft");
  await type(panel(page), "TheLength", "3'-6\"");
  await stored(page, "theLength", 1.0668);
  await type(panel(page), "TheLength", "1.5 m");
  await stored(page, "theLength", 1.5);
  await type(panel(page), "TheLength", "3");
  await stored(page, "theLength", 0.9144);
  await type(panel(page), "TheLength", "5 parsec");
  await page.getByLabel("Properties").getByRole("alert").getByText("has no unit parsec").waitFor();
  await type(panel(page), "TheLength", "10");
  await stored(page, "theLength", 3.048);
  await field(page, "Unit of TheLength").selectOption({ label: "' \"" });
  await shows(page, "TheLength", "10'0\"");
  await shot(page, "units-feet-inches");
  await field(page, "Unit of TheLength").selectOption({ label: "m, as stored" });
  await shows(page, "Size Width", "0.30000000000000004 m");
  await abandon(page);
});

test("what is shown with fewer digits than are stored is not written back", async () => {
  const page = await selected();
  const before = await edits(page);
  for (const unit of ["ft", "' \"", "m"]) {
    await field(page, "Unit of TheLength").selectOption({ label: unit });
    const text = await field(page, "TheLength").inputValue();
    await field(page, "TheLength").press("Enter");
    await field(page, "TheLength").fill("7");
    await field(page, "TheLength").press("Escape");
    await shows(page, "TheLength", text);
    await type(panel(page), "TheLength", ` ${text}`.slice(1));
    await field(page, "Short").focus();
  }
  await type(panel(page), "TheLength", `${LENGTH} m`);
  assert.equal(await edits(page), before);
  await stored(page, "theLength", LENGTH);
  // Of a point and of a struct what was not typed is written with the rest, as it is.
  await field(page, "Unit of TheLength").selectOption({ label: "ft" });
  await type(panel(page), "At y", "2");
  await stored(page, "at", { x: 0.3048, y: 0.6096, z: -2.54 });
  await type(panel(page), "Size Note", "tall");
  await stored(page, "size", { width: 0.1 + 0.2, note: "tall" });
  await type(panel(page), "Lengths 2", "1 ft");
  await stored(page, "lengths", [0.1, 0.3048]);
  // Typed back before the panel knows of the first: all digits come back.
  await field(page, "Unit of TheLength").selectOption({ label: "m" });
  await shows(page, "TheLength", "1.7321 m");
  const between = await edits(page);
  await field(page, "TheLength").focus();
  await page.evaluate(() => {
    const input = document.querySelector('[aria-label="TheLength"]');
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
    for (const text of ["9 m", "1.7321 m"]) {
      set.call(input, text);
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    }
  });
  await until(() => edits(page), between + 2);
  await stored(page, "theLength", LENGTH);
  // What looks the same may still be another value.
  await type(panel(page), "TheLength", "1.73210 m");
  await stored(page, "theLength", 1.7321);
  await shows(page, "TheLength", "1.7321 m");
  await type(panel(page), "TheLength", "");
  await stored(page, "theLength", undefined);
  await abandon(page);
});

test("kinds of quantity of all sorts are typed in their own units", async () => {
  const page = await selected();
  const typed = [
    ["TheAngle", "theAngle", "180", Math.PI],
    ["TheTemperature", "theTemperature", "-10", 263.15],
    ["TheTemperature", "theTemperature", "32 °F", 273.15],
    ["TheStation", "theStation", "1+234.50", 1234.5],
    ["TheVelocity", "theVelocity", "36", 10],
    ["TheSlope", "theSlope", "5 %", 0.05],
    ["TheTime", "theTime", "1 hour(s) 30 min", 5400],
    ["Count", "count", "2 min", 120],
    ["TheBare", "theBare", "25 cm", 0.25],
    ["On x", "on", "1", undefined],
    ["On y", "on", "0.3048 metre", { x: 1, y: 1 }],
  ];
  for (const [label, property, text, value] of typed) {
    await type(panel(page), label, text);
    if (value !== undefined) await stored(page, property, value);
  }
  await type(panel(page), "Count", "0.5 s");
  await page.getByLabel("Properties").getByRole("alert").getByText("must be a whole number as it is stored").waitFor();
  await shot(page, "units-all");
  await abandon(page);
});

test("the unit is kept for the tab, and the official backend finds what was stored", async () => {
  const page = await selected();
  await field(page, "Unit of TheLength").selectOption({ label: "ft" });
  await page.reload();
  await select(page, GAUGE);
  await shows(page, "TheLength", "5.68 ft");
  await type(panel(page), "TheLength", "12 ft 3 in");
  await stored(page, "theLength", 3.7338);
  await button(page, "Save").click();
  await until(async () => (await call(page, "txns.state")).hasUnsavedChanges, false);
  await close(page);
  const found = official(bench.daemon.file("demo"));
  if (found === undefined) return;
  assert.equal(found.elements.find((e) => e.id === GAUGE).theLength, 3.7338);
});

const refused = (page, text) => page.getByLabel("Properties").getByRole("alert").getByText(text).waitFor();

test("what the schema says of a property is obeyed at its input", async () => {
  const page = await selected();
  await type(panel(page), "Short", "too long");
  await refused(page, "must have 5 characters or less");
  await type(panel(page), "Short", "x");
  await refused(page, "must have 2 characters or more");
  await field(page, "Short").press("Escape");
  await page.getByLabel("Properties").getByRole("alert").waitFor({ state: "detached" });
  await type(panel(page), "Some", "13");
  await refused(page, "must be 12 or less");
  await type(panel(page), "Some", "-4");
  await refused(page, "must be -3 or more");
  await type(panel(page), "Some", "12");
  await stored(page, "some", 12);
  await type(panel(page), "Half", "0x1");
  await refused(page, "must be a number");
  await type(panel(page), "Half", "0.5");
  await stored(page, "half", 0.5);
  // Others than the enumerators are allowed; those have their names.
  assert.equal(await field(page, "Kind").inputValue(), "High one");
  await type(panel(page), "Kind", "Low one");
  await stored(page, "kind", 1);
  await type(panel(page), "Kind", "5");
  await stored(page, "kind", 5);
  assert.equal(await field(page, "Fixed").getAttribute("readonly"), "");
  assert.equal(await field(page, "Form").getAttribute("readonly"), "");
  await abandon(page);
});

test("arrays are put in order and keep their bounds", async () => {
  const page = await selected();
  await button(page, "Move Lengths 2 up").click();
  await stored(page, "lengths", [3.6576, 0.1]);
  assert.ok(await button(page, "Move Lengths 1 up").isDisabled());
  await button(page, "Add to Lengths").click();
  await stored(page, "lengths", [3.6576, 0.1, 0]);
  await button(page, "Add to Lengths").click();
  await stored(page, "lengths", [3.6576, 0.1, 0, 0]);
  await until(() => button(page, "Add to Lengths").isDisabled(), true);
  await button(page, "Remove Lengths 3").click();
  await stored(page, "lengths", [3.6576, 0.1, 0]);
  await type(panel(page), "Path 1 z", "4");
  await stored(page, "path", [{ x: 1, y: 2, z: 4 }]);
  await button(page, "Move Sizes 2 up").click();
  await stored(page, "sizes", [{ width: 2 }, { width: 1 }]);
  await type(panel(page), "Sizes 1 Width", "1 km");
  await stored(page, "sizes", [{ width: 1000 }, { width: 1 }]);
  await abandon(page);
});

test("half a date is no date, and no empty one", async () => {
  const page = await selected();
  await shows(page, "There (UTC)", "2024-05-06T07:08:09.01");
  await type(panel(page), "There (UTC)", "");
  await stored(page, "there", undefined);
  const before = await edits(page);
  await field(page, "There (UTC)").press("1");
  await field(page, "There (UTC)").press("Enter");
  await refused(page, "is not complete");
  assert.equal(await edits(page), before);
  await shot(page, "units-date");
  await abandon(page);
});

test("it is usable in the dark and on a tablet", async () => {
  const page = await selected({ size: { width: 820, height: 1180 }, colorScheme: "dark" });
  await assertAccessible(page);
  await shot(page, "units-dark");
  await button(page, "Close").click();
  await page.context().close();
});

test("nothing complained in the console", () => {
  bench.assertNoFaults();
});
