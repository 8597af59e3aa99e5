// The view: every element's box at its place, picked, moved, rotated and deleted; drawings; many elements stay fluid.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench, assertAccessible, shot } from "./lib/bench.mjs";
import { button, canvas, drag, propsOf, until } from "./lib/page.mjs";

/** A Generic:PhysicalObject with a box, at (16, 0, 6), yaw 30. */
const OBJECT = "0x8c";
/** One with a solid around its origin. */
const SOLID = "0xac";
const bench = Bench.forTests({ demo: "small.bim", medium: "medium.bim.xz" });

const selectedTitle = (page) => page.getByLabel("Properties").getByRole("heading", { level: 2 });

async function opened(name, count) {
  const page = await bench.page();
  await button(page, `Open ${name}`).click();
  await page.getByText(count === undefined ? /^\d+ elements$/ : `${count} elements`).waitFor();
  return page;
}

async function select(page, id) {
  await page.getByLabel("Search elements").fill(id);
  await page.locator(`[role=option] [title="${id}"]`).click();
  await selectedTitle(page).waitFor();
  await canvas(page).focus();
  await page.keyboard.press("c");
}

/** Waits until @test holds for the element's placement. */
async function placed(page, id, test_) {
  for (let tries = 0; ; tries++) {
    const { placement } = await propsOf(page, id);
    if (test_(placement)) return placement;
    assert.ok(tries < 50, JSON.stringify(placement));
    await new Promise((done) => setTimeout(done, 100));
  }
}

/** Waits until everything in sight is drawn as well as it can be; how many elements have their geometry then. */
async function drawn(page) {
  await page
    .locator("[role=application][aria-busy=true]")
    .waitFor({ timeout: 1000 })
    .catch(() => {});
  await page.locator("[role=application][aria-busy=false]").waitFor();
  return Number(await canvas(page).getAttribute("data-shapes"));
}

/** Waits until that many elements are drawn with their geometry. */
async function shapes(page, count) {
  await page.locator(`[role=application][aria-busy=false][data-shapes="${count}"]`).waitFor();
}

async function clickMiddle(page) {
  const box = await canvas(page).boundingBox();
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
}

/** Ids of each call that read geometry. */
function geometryAsked(page) {
  return page.evaluate(() =>
    globalThis.webedithost.calls.store
      .get()
      .calls.filter((c) => c.params.wantGeometry)
      .map((c) => c.params.ids),
  );
}

test("draws what is there and picks what is clicked", async () => {
  const page = await opened("demo", 230);
  await assertAccessible(page);
  await select(page, SOLID);
  await page.keyboard.press("Escape");
  await page.getByText("Select an element").waitFor();
  await drawn(page);
  await clickMiddle(page);
  await selectedTitle(page).waitFor();
  await page.getByText(`Generic:PhysicalObject ${SOLID}`).waitFor();
  await shot(page, "view");
});

test("buttons show everything from some sides, and what is selected", async () => {
  const page = await opened("demo", 230);
  await page.getByLabel("Search elements").fill(SOLID);
  const found = page.locator(`[role=option] [title="${SOLID}"]`);
  for (const side of ["top", "front", "right"]) {
    await found.click();
    await button(page, `From ${side}`).click();
    await drawn(page);
    await shot(page, side);
    await button(page, "Show selected").click();
    await drawn(page);
    await canvas(page).focus();
    await page.keyboard.press("Escape");
    await page.getByText("Select an element").waitFor();
    assert.equal(await button(page, "Show selected").isDisabled(), true);
    await clickMiddle(page);
    await page.getByText(`Generic:PhysicalObject ${SOLID}`).waitFor();
  }
  await button(page, "Show all").click();
  await drawn(page);
  await canvas(page).focus();
  await page.keyboard.press("Escape");
  await clickMiddle(page);
  await page.waitForTimeout(300);
  assert.equal(await page.getByText(`Generic:PhysicalObject ${SOLID}`).count(), 0);
});

test("geometry takes the place of boxes: who clicks into an arc does not click on it", async () => {
  const page = await opened("demo", 230);
  assert.ok((await drawn(page)) > 50);
  await select(page, OBJECT);
  await drawn(page);
  await page.keyboard.press("Escape");
  await page.getByText("Select an element").waitFor();
  await clickMiddle(page);
  await page.waitForTimeout(300);
  assert.equal(await page.getByText(`Generic:PhysicalObject ${OBJECT}`).count(), 0);
  await shot(page, "geometry");
});

test("who changes one element reads the geometry of that one anew", async () => {
  const page = await opened("demo", 230);
  await select(page, SOLID);
  const all = await drawn(page);
  await page.evaluate(() => globalThis.webedithost.calls.clear());
  await page.keyboard.press("m");
  const before_ = (await propsOf(page, SOLID)).placement;
  await drag(page, 60, -30);
  await placed(page, SOLID, (p) => p.origin[0] !== before_.origin[0]);
  assert.equal(await drawn(page), all);
  const asked = await geometryAsked(page);
  assert.deepEqual(asked, [[SOLID]]);
  await page.keyboard.press("s");
  await page.keyboard.press("Escape");
  await select(page, SOLID);
  await page.keyboard.press("Escape");
  await page.getByText("Select an element").waitFor();
  await drawn(page);
  await clickMiddle(page);
  await page.getByText(`Generic:PhysicalObject ${SOLID}`).waitFor();
});

test("geometry that is edited, deleted and undone is drawn so", async () => {
  const page = await opened("demo", 230);
  await select(page, SOLID);
  const all = await drawn(page);
  await page.keyboard.press("Delete");
  await page.getByText("229 elements").waitFor();
  await shapes(page, all - 1);
  await button(page, "Save").click();
  await page.evaluate(() => globalThis.webedithost.calls.clear());
  await button(page, "Undo").click();
  await page.getByText("230 elements").waitFor();
  await shapes(page, all);
  assert.deepEqual(await geometryAsked(page), [[SOLID]]);
  await page.evaluate(async (id) => {
    const lineString = [
      [5, 5, 0],
      [6, 5, 0],
    ];
    await globalThis.webedithost.edit("elements.updateElement", { props: { id, geom: [{ lineString }] } });
  }, SOLID);
  await page.waitForTimeout(300);
  await shapes(page, all);
  await page.keyboard.press("Escape");
  await page.getByText("Select an element").waitFor();
  await clickMiddle(page);
  await page.waitForTimeout(300);
  assert.equal(await page.getByText(`Generic:PhysicalObject ${SOLID}`).count(), 0);
});

test("an element is moved in the view, and undo brings it back", async () => {
  const page = await opened("demo");
  await select(page, OBJECT);
  const before_ = (await propsOf(page, OBJECT)).placement;
  await page.keyboard.press("m");
  await drag(page, 60, -30);
  const now = await placed(page, OBJECT, (p) => p.origin[0] !== before_.origin[0]);
  assert.ok(Math.abs(now.angles.yaw - 30) < 1e-6, "moving does not turn");
  assert.deepEqual(now.bbox, before_.bbox);
  await button(page, "Save").click();
  await button(page, "Undo").click();
  await placed(page, OBJECT, (p) => p.origin[0] === before_.origin[0]);
});

test("a movement that follows another edit at once takes nothing of it back", async () => {
  const page = await opened("demo");
  await select(page, OBJECT);
  const before_ = (await propsOf(page, OBJECT)).placement;
  // What an edit reads comes late: the movement could read before the edit in the panel has written.
  await page.evaluate(() => {
    const session = globalThis.webedithost;
    const call = session.call.bind(session);
    session.call = async (method, params) => {
      const result = await call(method, params);
      if (method === "elements.getMany") await new Promise((done) => setTimeout(done, 1000));
      return result;
    };
  });
  const yaw = page.getByLabel("Yaw (°)", { exact: true });
  await yaw.fill("75");
  await yaw.press("Enter");
  await canvas(page).focus();
  await page.keyboard.press("m");
  await drag(page, 60, -30);
  const now = await placed(page, OBJECT, (p) => p.origin[0] !== before_.origin[0]);
  assert.ok(Math.abs(now.angles.yaw - 75) < 1e-6, "the turn that was typed is kept");
});

test("what is moved is seen where it would be, until it is there", async () => {
  const page = await bench.page({ colorScheme: "light" });
  await button(page, "Open demo").click();
  await page.getByText("230 elements").waitFor();
  await select(page, SOLID);
  await drawn(page);
  await page.keyboard.press("m");
  const before_ = (await propsOf(page, SOLID)).placement;
  const { x, y, width, height } = await canvas(page).boundingBox();
  const from = await orangeAt(page, 200);
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.mouse.down();
  for (const right of [50, 100, 150, 200]) await page.mouse.move(x + width / 2 + right, y + height / 2);
  await page.waitForTimeout(300);
  const during = await orangeAt(page, 200);
  assert.ok(from < 0.05 && during > 0.2, `${from}, ${during}`);
  await shot(page, "moving");
  await page.mouse.up();
  await placed(page, SOLID, (p) => p.origin[0] !== before_.origin[0]);
  await drawn(page);
  assert.ok((await orangeAt(page, 200)) > 0.2, "it is there");
  assert.ok((await orangeAt(page, 0)) < 0.05, "and nowhere else");
});

/** Whether the wheel changes what the view shows. */
async function canZoom(page) {
  const { x, y, width, height } = await canvas(page).boundingBox();
  const clip = { x: Math.round(x), y: Math.round(y), width: Math.round(width), height: Math.round(height) };
  await drawn(page);
  const before_ = await page.screenshot({ clip });
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.mouse.wheel(0, -500);
  await page.waitForTimeout(300);
  await drawn(page);
  return !before_.equals(await page.screenshot({ clip }));
}

const edits = (page) =>
  page.evaluate(
    () =>
      globalThis.webedithost.calls.store.get().calls.filter((c) => /update|insert|delete|batch/.test(c.method)).length,
  );

test("a drag that is broken off is no edit, and the camera still moves", async () => {
  const cancel = (page) =>
    canvas(page)
      .locator("canvas")
      .evaluate((c) => c.dispatchEvent(new PointerEvent("pointercancel", { pointerId: 1 })));
  for (const [how, breakOff] of [
    ["Escape", (page) => page.keyboard.press("Escape")],
    ["another tool", (page) => page.keyboard.press("r")],
    ["cancelled", cancel],
  ]) {
    const page = await opened("demo", 230);
    await select(page, OBJECT);
    await page.keyboard.press("m");
    await drawn(page);
    const { x, y, width, height } = await canvas(page).boundingBox();
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width / 2 + 40, y + height / 2);
    await breakOff(page);
    await page.mouse.move(x + width / 2 + 60, y + height / 2);
    await page.mouse.up();
    assert.equal(await canZoom(page), true, how);
    assert.equal(await edits(page), 0, how);
    await bench.endPages();
  }
});

test("a press on the gizmo that does not move it is no edit and picks nothing", async () => {
  const page = await opened("demo", 230);
  await select(page, OBJECT);
  await page.keyboard.press("m");
  await drawn(page);
  await clickMiddle(page);
  await page.waitForTimeout(300);
  assert.equal(await edits(page), 0);
  await page.getByText(`Generic:PhysicalObject ${OBJECT}`).waitFor();
});

test("a second drag goes on while the first one is still on its way", async () => {
  const page = await opened("demo", 230);
  await select(page, OBJECT);
  await drawn(page);
  const { origin } = (await propsOf(page, OBJECT)).placement;
  await page.evaluate(() => {
    const session = globalThis.webedithost;
    const call = session.call.bind(session);
    session.call = async (method, params) => {
      const result = await call(method, params);
      if (params?.ecsql?.includes("LastMod >=")) await new Promise((done) => setTimeout(done, 2000));
      return result;
    };
  });
  await page.keyboard.press("m");
  await drag(page, 60, 0);
  const { x, y, width, height } = await canvas(page).boundingBox();
  const middle = [x + width / 2 + 60, y + height / 2];
  await page.mouse.move(...middle);
  await page.mouse.down();
  await page.mouse.move(middle[0] + 30, middle[1]);
  const once = (await placed(page, OBJECT, (p) => p.origin[0] !== origin[0])).origin;
  await page.waitForTimeout(3000);
  await page.mouse.move(middle[0] + 60, middle[1]);
  await page.mouse.up();
  const twice = (await placed(page, OBJECT, (p) => p.origin[0] !== once[0])).origin;
  const way = (a, b) => Math.hypot(...a.map((v, i) => b[i] - v));
  assert.ok(Math.abs(way(once, twice) / way(origin, once) - 1) < 0.1, `${[origin, once, twice].join("; ")}`);
  assert.equal(await canZoom(page), true);
});

test("an element is rotated in the view", async () => {
  const page = await opened("demo");
  await select(page, OBJECT);
  await button(page, "Rotate").click();
  await canvas(page).focus();
  const before_ = (await propsOf(page, OBJECT)).placement;
  await drag(page, 40, 10);
  const now = await placed(
    page,
    OBJECT,
    (p) => Math.abs((p.angles.yaw ?? 0) - 30) > 0.1 || Math.abs(p.angles.pitch ?? 0) > 0.1,
  );
  assert.deepEqual(now.origin, before_.origin);
});

test("several elements move as one edit", async () => {
  const page = await opened("demo");
  await select(page, OBJECT);
  await page.evaluate(() => globalThis.webedithost.calls.clear());
  await page.getByLabel("Search elements").fill("0x8d");
  await page.locator('[role=option] [title="0x8d"]').click({ modifiers: ["Control"] });
  const [a, b] = [(await propsOf(page, OBJECT)).placement.origin, (await propsOf(page, "0x8d")).placement.origin];
  await canvas(page).focus();
  await page.keyboard.press("c");
  await page.keyboard.press("m");
  await drag(page, 50, 0);
  const now = await placed(page, "0x8d", (p) => p.origin[0] !== b[0] || p.origin[1] !== b[1] || p.origin[2] !== b[2]);
  const other = (await propsOf(page, OBJECT)).placement.origin;
  for (const i of [0, 1, 2])
    assert.ok(Math.abs(now.origin[i] - b[i] - (other[i] - a[i])) < 1e-6, "both by the same way");
});

test("an element is deleted by key and gone from the view", async () => {
  const page = await opened("demo", 230);
  await select(page, OBJECT);
  await page.keyboard.press("Delete");
  await page.getByText("229 elements").waitFor();
});

test("a drawing is shown in two dimensions", async () => {
  const page = await opened("demo");
  await page.getByLabel("What the view shows").selectOption({ index: 1 });
  await page.getByText("12 elements").waitFor();
  await shapes(page, 12);
  await select(page, "0x1a3");
  const before_ = (await propsOf(page, "0x1a3")).placement;
  await page.keyboard.press("m");
  // The handle for both axes is beside the origin.
  await drag(page, 60, 0, Math.round((await canvas(page).boundingBox()).height * 0.0375));
  const now = await placed(page, "0x1a3", (p) => p.origin[0] !== before_.origin[0]);
  assert.equal(now.origin.length, 2);
  assert.ok(Math.abs(now.angle - 10) < 1e-6);
  await shot(page, "drawing");
});

/** Edits of the page one after the other; "$n" is the id that the nth of them has brought. */
const editAll = (page, ops) =>
  page.evaluate(async (all) => {
    const ids = [];
    for (const [method, props] of all) {
      const params = JSON.parse(JSON.stringify(props), (_, v) =>
        typeof v === "string" && v.startsWith("$") ? ids[Number(v.slice(1))] : v,
      );
      ids.push((await globalThis.webedithost.edit(method, params))?.id);
    }
    return ids;
  }, ops);
const partition = (classFullName, value) => ({
  classFullName,
  model: "0x1",
  parent: { id: "0x1", relClassName: "BisCore:SubjectOwnsPartitionElements" },
  code: { spec: "bis:InformationPartitionElement", scope: "0x1", value },
});
const ofModel = (spec, model, value) => ({ spec, scope: model, value });
const modelOf = (classFullName, id) => ({ classFullName, modeledElement: { id } });
const insertElement = (props) => ["elements.insertElement", { props }];
const insertModel = (props) => ["models.insertModel", { props }];

test("what is the first in a new iModel, or in a new drawing, is in sight; a drawing that is deleted is no longer shown", async () => {
  const page = await bench.page();
  await button(page, "Open demo").waitFor();
  await page.evaluate(() => globalThis.webedithost.createIModel("fresh", { name: "fresh", description: "" }));
  await button(page, "Open fresh").click();
  await page.getByText("0 elements").waitFor();
  await editAll(page, [
    insertElement(partition("BisCore:PhysicalPartition", "far")),
    insertModel(modelOf("BisCore:PhysicalModel", "$0")),
    insertElement({
      classFullName: "BisCore:SpatialCategory",
      model: "0x10",
      code: ofModel("bis:SpatialCategory", "0x10", "category"),
    }),
    insertElement({
      classFullName: "Generic:PhysicalObject",
      model: "$0",
      category: "$2",
      code: ofModel("0x1", "0x1", ""),
      placement: { origin: [500_000, 4_400_000, 100], angles: {} },
      geom: [{ box: { origin: [0, 0, 0], baseX: 2, baseY: 2, topX: 2, topY: 2, topOrigin: [0, 0, 2], capped: true } }],
    }),
  ]);
  await page.getByText("1 elements").waitFor();
  await shapes(page, 1);
  await shot(page, "first");
  const [, , drawing, , category] = await editAll(page, [
    insertElement(partition("BisCore:DocumentPartition", "documents")),
    insertModel(modelOf("BisCore:DocumentListModel", "$0")),
    insertElement({ classFullName: "BisCore:Drawing", model: "$0", code: ofModel("bis:Drawing", "$0", "plan") }),
    insertModel(modelOf("BisCore:DrawingModel", "$2")),
    insertElement({
      classFullName: "BisCore:DrawingCategory",
      model: "0x10",
      code: ofModel("bis:DrawingCategory", "0x10", "lines"),
    }),
  ]);
  const shown = page.getByLabel("What the view shows");
  await shown.selectOption({ label: "plan" });
  await page.getByText("0 elements").waitFor();
  const corner = [500_000, 4_400_000];
  const [graphic] = await editAll(page, [
    insertElement({
      classFullName: "BisCore:DrawingGraphic",
      model: drawing,
      category,
      code: ofModel("0x1", "0x1", ""),
      placement: { origin: corner, angle: 0 },
      geom: [{ lineString: [[0, 0], [2, 0], [2, 2]] }], // prettier-ignore
    }),
  ]);
  await page.getByText("1 elements").waitFor();
  await shapes(page, 1);
  await shot(page, "first-drawing");
  await editAll(page, [
    ["elements.deleteElement", { ids: [graphic] }],
    ["models.deleteModel", { id: drawing }],
  ]);
  await until(() => shown.inputValue(), "space");
  await page.getByText("1 elements").waitFor();
});

test("twelve thousand boxes come in few calls, and edits do not ask for all of them again", async () => {
  const page = await opened("medium", 12500);
  const calls = () => page.evaluate(() => globalThis.webedithost.calls.store.get().calls);
  assert.ok((await calls()).length < 40, `${(await calls()).length} calls`);
  await page.evaluate(() => globalThis.webedithost.calls.clear());
  await page.evaluate(async () => {
    const { rows } = await globalThis.webedithost.query("SELECT ECInstanceId FROM Generic.PhysicalObject LIMIT 1");
    await globalThis.webedithost.edit("elements.updateElement", {
      props: { id: rows[0].ECInstanceId, userLabel: "touched" },
    });
  });
  await page.waitForFunction(() => globalThis.webedithost.calls.store.get().calls.every((c) => c.ms !== undefined));
  const queries = (await calls()).filter((c) => c.params.ecsql?.includes("BBoxLow"));
  assert.equal(queries.filter((c) => !c.params.ecsql.includes("LastMod >=")).length, 0);
  await shot(page, "medium");
});

test("of many elements those near by are read, some hundred a call", async () => {
  const page = await opened("medium", 12500);
  const far = await drawn(page);
  await page.evaluate(() => globalThis.webedithost.calls.clear());
  await canvas(page).focus();
  for (let i = 0; i < 8; i++) await page.keyboard.press("+");
  const near = await drawn(page);
  assert.ok(near > far + 500, `${far}, then ${near}`);
  const asked = await geometryAsked(page);
  const ids = asked.flat();
  assert.equal(new Set(ids).size, ids.length, "none twice");
  assert.ok(asked.length <= Math.ceil(ids.length / 250) + 1, `${asked.length} calls for ${ids.length} elements`);
  await shot(page, "near");
});

/** A part of the page as it looks: red, green, blue, alpha of each pixel. */
async function pixelsOf(page, clip) {
  const png = (await page.screenshot({ clip })).toString("base64");
  const reader = await page.context().newPage();
  const pixels = await reader.evaluate(async (data) => {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    context.drawImage(picture, 0, 0);
    return [...context.getImageData(0, 0, picture.width, picture.height).data];
  }, png);
  await reader.close();
  return pixels;
}

/** Colour in the middle of the view, as [red, green, blue]. */
async function middleColor(page) {
  const { x, y, width, height } = await canvas(page).boundingBox();
  const clip = { x: Math.round(x + width / 2), y: Math.round(y + height / 2), width: 1, height: 1 };
  return (await pixelsOf(page, clip)).slice(0, 3);
}

/** How much of a square of 40 pixels, @right of the middle of the view, has the colour of what is selected, more or less. */
async function orangeAt(page, right) {
  const { x, y, width, height } = await canvas(page).boundingBox();
  const clip = { x: Math.round(x + width / 2) + right - 20, y: Math.round(y + height / 2) - 20, width: 40, height: 40 };
  const pixels = await pixelsOf(page, clip);
  let orange = 0;
  for (let i = 0; i < pixels.length; i += 4) if (pixels[i] - pixels[i + 2] > 60) orange += 1;
  return orange / (40 * 40);
}

/** Draws an element as a plate of that appearance, with nothing selected, and tells the colour that it has in the view. */
async function shownAs(page, id, appearance) {
  await page.evaluate(
    async ([element, look]) => {
      const plate = {
        origin: [-9, -9, -1],
        baseX: 18,
        baseY: 18,
        topX: 18,
        topY: 18,
        topOrigin: [-9, -9, 1],
        capped: true,
      };
      // Of a subcategory that is opaque.
      const props = { id: element, geom: [{ appearance: { subCategory: "0x22", ...look } }, { box: plate }] };
      await globalThis.webedithost.edit("elements.updateElement", { props });
    },
    [id, appearance],
  );
  await select(page, id);
  await page.keyboard.press("Escape");
  await page.getByText("Select an element").waitFor();
  await page.waitForTimeout(300);
  await drawn(page);
  await page.waitForTimeout(300);
  return middleColor(page);
}

const brightness = ([r, g, b]) => (0.299 * r + 0.587 * g + 0.114 * b) / 255;

test("what has the colour of the background is seen, in the dark and in the light, and other colours are what they are", async () => {
  for (const [colorScheme, color] of [
    ["dark", 0x000000],
    ["light", 0xffffff],
  ]) {
    const page = await bench.page({ colorScheme });
    await button(page, "Open demo").click();
    await page.getByText("230 elements").waitFor();
    const rgb = await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--scene"));
    const background = rgb.match(/\d+/g).map(Number);
    const seen = await shownAs(page, SOLID, { color });
    assert.ok(Math.abs(brightness(seen) - brightness(background)) > 0.04, `${colorScheme}: ${seen} on ${background}`);
    await shot(page, `contrast-${colorScheme}`);
    const [red, green, blue] = await shownAs(page, SOLID, { color: 0x0040ff });
    assert.ok(red > 120 && Math.abs(green / red - 64 / 255) < 0.05 && blue < 8, `${[red, green, blue]}`);
    await bench.endPages();
  }
});

test("what is half transparent lets the background through", async () => {
  const page = await bench.page({ colorScheme: "light" });
  await button(page, "Open demo").click();
  await page.getByText("230 elements").waitFor();
  const [, , opaque] = await shownAs(page, SOLID, { color: 0x0000ff });
  const [, , through] = await shownAs(page, SOLID, { color: 0x0000ff, transparency: 0.8 });
  assert.ok(opaque < 30 && through > 60, `${opaque}, ${through}`);
});

test("a moving picture has less, one at rest everything, and no frame is drawn then", async () => {
  const page = await opened("medium", 12500);
  await drawn(page);
  const frames = await page.evaluateHandle(() => {
    const count = { drawn: 0, most: 0, boxes: 0 };
    const draw = WebGL2RenderingContext.prototype.drawElements;
    WebGL2RenderingContext.prototype.drawElements = function (mode, vertices, ...rest) {
      count.drawn += 1;
      if (mode === this.TRIANGLES) count.most = Math.max(count.most, vertices);
      // All else that has an index is small.
      if (mode === this.TRIANGLES && vertices > 36_000) count.boxes = vertices;
      return draw.call(this, mode, vertices, ...rest);
    };
    return count;
  });
  const taken = async () => {
    const now = await frames.evaluate((f) => ({ ...f }));
    await frames.evaluate((f) => Object.assign(f, { drawn: 0, most: 0 }));
    return now;
  };
  for (let tries = 0; ; tries++) {
    await page.waitForTimeout(500);
    if ((await taken()).drawn === 0) break;
    assert.ok(tries < 10, "comes to rest");
  }
  const { x, y, width, height } = await canvas(page).boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.mouse.down();
  await taken();
  for (let i = 0; i < 5; i++) await page.mouse.move(x + width / 2 + i * 5, y + height / 2);
  const moving = await taken();
  assert.ok(moving.most > 0 && moving.most < 12000 * 36, `${moving.most} of the vertices`);
  await page.mouse.up();
  await drawn(page);
  await page.waitForTimeout(500);
  const { boxes } = await taken();
  const others = 12500 - Number(await canvas(page).getAttribute("data-shapes"));
  assert.equal(boxes, others * 36, "every box");
});

test("nothing complained in the console", () => {
  bench.assertNoFaults();
});
