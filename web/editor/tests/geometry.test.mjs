// Which geometry is read when: the largest first, within the bound, nothing for ever. The worker is a fake.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { source } from "./lib/source.mjs";

const MOST = 1_500_000;
let code;
let Geometry;
let Shapes;
let RequestError;
let Contrast;
/** What the fake worker answers: vertices of an element by id; "never" for one that takes for ever. */
let verticesOf;
/** Ids of each call. */
let asked;

class FakeWorker {
  postMessage({ jobs }) {
    const facets = jobs.map(({ id }) => {
      const positions = new Float32Array(verticesOf(id) * 3);
      return positions.length === 0 ? { id } : { id, lines: { positions, colors: new Uint8Array(positions.length) } };
    });
    setImmediate(() => this.onmessage({ data: facets }));
  }
  terminate() {}
}

before(async () => {
  globalThis.Worker = FakeWorker;
  code = await source("view/geometry.ts", "view/shapes.ts", "@webedithost/client", "view/contrast.ts");
  [{ Geometry }, { Shapes }, { RequestError }, { Contrast }] = code.modules;
});
after(() => code.close());
beforeEach(() => {
  asked = [];
  verticesOf = () => 100;
});

/** A view of @sizes (pixels of each element by id). @call answers elements.getMany. */
function viewOf(sizes, call = (ids) => ids.map((id) => ({ id, geom: [{}] }))) {
  const byId = new Map([...sizes.keys()].map((id) => [id, [id, null, ...Array(12).fill(0), "then"]]));
  const shapes = new Shapes(new Contrast());
  const scene = {
    shapes,
    isMoving: false,
    host: { dataset: {} },
    orbit: { addEventListener() {}, removeEventListener() {} },
    sizes: () => sizes,
    matrixOf: () => [],
    putShapes: (all) => all.forEach(({ facets, row }) => shapes.put(facets, row[14])),
    dropShapes: (ids) => shapes.remove(ids),
  };
  const session = {
    notify: (kind, text) => assert.fail(`${kind}: ${text}`),
    call: async (method, { ids }) => {
      assert.equal(method, "elements.getMany");
      asked.push(ids);
      return call(ids);
    },
  };
  const geometry = new Geometry(session, { key: "space", is2d: false }, scene, { byId });
  return { geometry, scene, byId };
}

async function settled({ geometry, scene }) {
  await geometry.follow({ categories: new Map(), subCategories: new Map() });
  for (let tries = 0; scene.host.ariaBusy !== "false"; tries++) {
    assert.ok(tries < 500, `${asked.length} calls and no end`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

const elements = (count, size) => new Map(Array.from({ length: count }, (_, i) => [`0x${i + 1}`, size(i)]));

test("the largest come first, the tiny ones not at all", async () => {
  const view = viewOf(elements(1000, (i) => i / 10));
  await settled(view);
  assert.equal(asked[0][0], "0x1000");
  assert.ok(asked.every((ids) => ids.length <= 250));
  assert.equal(asked.flat().length, view.scene.shapes.size);
  assert.ok(!view.scene.shapes.has("0x61") && view.scene.shapes.has("0x62"));
});

test("there is a bound, the largest have it, and it comes to rest", async () => {
  verticesOf = () => 20_000;
  const view = viewOf(elements(1000, (i) => 10 + i));
  await settled(view);
  const { shapes } = view.scene;
  assert.ok(shapes.vertices <= MOST && shapes.vertices >= MOST - 300_000, String(shapes.vertices));
  for (let i = 1000; i > 1000 - shapes.size; i--) assert.ok(shapes.has(`0x${i}`), String(i));
});

test("it comes to rest also when all are of one size, or very unlike", async () => {
  verticesOf = (id) => (Number(id.slice(2)) % 7 === 0 ? 300_000 : 2_000);
  for (const size of [() => 50, (i) => 10 + ((i * 37) % 100)]) {
    const view = viewOf(elements(500, size));
    await settled(view);
    assert.ok(view.scene.shapes.vertices <= MOST, String(view.scene.shapes.vertices));
  }
});

test("what was out of sight makes room", async () => {
  verticesOf = () => 20_000;
  const sizes = elements(200, (i) => (i < 100 ? 50 : 0));
  const view = viewOf(sizes);
  await settled(view);
  for (let i = 0; i < 200; i++) sizes.set(`0x${i + 1}`, i < 100 ? 0 : 50);
  await settled(view);
  const shown = [...view.scene.shapes.ids()].filter((id) => sizes.get(id) > 0);
  assert.ok(shown.length >= (MOST - 300_000) / 20_000, String(shown.length));
  assert.ok(view.scene.shapes.vertices <= MOST);
});

test("what cannot be drawn, or is gone, is asked for once", async () => {
  verticesOf = (id) => (id === "0x1" ? 0 : 10);
  const view = viewOf(
    elements(3, () => 50),
    (ids) => ids.filter((id) => id !== "0x2").map((id) => ({ id, geom: [] })),
  );
  await settled(view);
  await settled(view);
  assert.equal(asked.length, 1);
  view.byId.get("0x1")[14] = "now";
  await settled(view);
  assert.deepEqual(asked.slice(1), [["0x1"]]);
});

test("what is too much for one reply is asked for in smaller batches", async () => {
  const view = viewOf(
    elements(300, () => 50),
    (ids) => {
      if (ids.length > 20 || ids.includes("0x7"))
        throw new RequestError("elements.getMany", -32000, "too much", { name: "LimitExceeded" });
      return ids.map((id) => ({ id, geom: [{}] }));
    },
  );
  await settled(view);
  assert.equal(view.scene.shapes.size, 299);
});
