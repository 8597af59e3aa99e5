// What a moving picture shows: as much as its frames have time for, the largest first, and all again afterwards.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Color, Matrix4, Raycaster, Vector3 } from "three";
import { source } from "./lib/source.mjs";

let code;
let FrameBudget;
let parts;
before(async () => {
  code = await source("view/budget.ts", "view/detail.ts", "view/boxMesh.ts", "view/shapes.ts", "view/contrast.ts");
  const [budget, detail, boxMesh, shapes, contrast] = code.modules;
  FrameBudget = budget.FrameBudget;
  parts = { ...detail, ...boxMesh, ...shapes, ...contrast };
});
after(() => code.close());

/** A machine that needs @ns for a vertex and draws with the display at best; the budget after @frames, and the slowest of the last ten. */
function orbit(budget, { ns, most = 1e6, frames = 200, hiccup = 0 }) {
  budget.begin();
  let slowest = 0;
  for (let i = 0; i < frames; i++) {
    const drawn = Math.min(budget.vertices, most);
    const ms = Math.max(16.7, 4 + (drawn * ns) / 1e6) + (hiccup > 0 && i % hiccup === 0 ? 120 : 0);
    if (i >= frames - 10) slowest = Math.max(slowest, ms);
    budget.feed(ms, drawn);
  }
  return slowest;
}

test("a slow machine gets as much as is fluid, and a fast one everything", () => {
  const slow = new FrameBudget();
  assert.ok(orbit(slow, { ns: 400 }) < 40);
  assert.ok(slow.vertices > 40_000 && slow.vertices < 90_000, `${slow.vertices}`);
  const fast = new FrameBudget();
  orbit(fast, { ns: 1 });
  assert.ok(fast.vertices >= 1e6);
});

test("within ten frames a picture that is far too much is fluid", () => {
  const budget = new FrameBudget();
  orbit(budget, { ns: 1 });
  assert.ok(orbit(budget, { ns: 100, frames: 20 }) < 40);
});

test("a single slow frame now and then changes nothing", () => {
  const calm = new FrameBudget();
  const disturbed = new FrameBudget();
  orbit(calm, { ns: 300 });
  orbit(disturbed, { ns: 300, hiccup: 20 });
  assert.ok(disturbed.vertices > calm.vertices * 0.7, `${disturbed.vertices} of ${calm.vertices}`);
});

test("what was too much is not tried again all the time", () => {
  const budget = new FrameBudget();
  orbit(budget, { ns: 400, frames: 100 });
  let changes = 0;
  let last = budget.vertices;
  for (let i = 0; i < 100; i++) {
    budget.feed(4 + (budget.vertices * 400) / 1e6, budget.vertices);
    if (budget.vertices !== last) changes += 1;
    last = budget.vertices;
  }
  assert.ok(changes < 15, `${changes} changes`);
});

test("there is always something, and what nothing is needed for does not grow", () => {
  const budget = new FrameBudget();
  orbit(budget, { ns: 100_000 });
  assert.ok(budget.vertices >= 1000);
  const idle = new FrameBudget();
  const before_ = idle.vertices;
  orbit(idle, { ns: 1, most: 100 });
  assert.equal(idle.vertices, before_);
});

test("the largest come first, what is out of sight last, and no one is missing", () => {
  const sizes = new Float32Array([0, 3, 700, Infinity, 0.01, 3, NaN, 1e30]);
  const order = [...parts.bySize(sizes)];
  assert.deepEqual(order, [3, 7, 2, 1, 5, 4, 0, 6]);
  assert.deepEqual([...parts.bySize(new Float32Array())], []);
});

/** @count boxes in a row, one metre each, two metres apart; those of @shapes have a shape of so many triangles. */
function scene(count, shapes = new Map()) {
  const boxes = new parts.BoxMesh(new parts.Contrast());
  const drawn = new parts.Shapes(new parts.Contrast());
  const ids = Array.from({ length: count }, (_, i) => `0x${i}`);
  boxes.count = count;
  ids.forEach((id, i) => boxes.put(i, new Matrix4().makeTranslation(i * 2, 0, 0), new Color(1, 0, 0)));
  for (const [i, triangles] of shapes) {
    const positions = Float32Array.from({ length: triangles * 9 }, (_, k) => (k % 3 === 0 ? i * 2 : 0));
    const colors = new Uint8Array(triangles * 9);
    drawn.put({ id: `0x${i}`, triangles: { positions, colors, normals: new Int8Array(triangles * 9) } }, "then");
  }
  const [mesh, dots] = boxes.group.children;
  const range = (object) => object.geometry.drawRange;
  return { boxes, shapes: drawn, ids, detail: new parts.Detail(boxes, drawn), mesh, dots, range };
}

test("a frame has what fits: full boxes, dots for the others, each element once", () => {
  const { detail, ids, mesh, dots, range } = scene(1000);
  const order = parts.bySize(Float32Array.from(ids, (_, i) => i));
  detail.choose(ids, order, 20_000);
  const vertices = detail.draw(20_000, 600);
  assert.ok(vertices <= 20_000);
  const full = range(mesh).count / parts.BOX_VERTICES;
  assert.ok(full > 300, `${full}`);
  assert.deepEqual([range(dots).start, range(dots).count], [full, 1000 - full]);
  // The boxes are those of the largest.
  const first = mesh.geometry.index.array[0];
  assert.ok(first >= 24 * 820);
  detail.draw(10_000, 600);
  assert.ok(range(mesh).count < full * parts.BOX_VERTICES);
});

test("of very many elements not even dots take the whole frame", () => {
  const { detail, ids, range, dots } = scene(20_000);
  detail.choose(ids, parts.bySize(new Float32Array(20_000).fill(1)), 20_000);
  assert.ok(detail.draw(20_000, 600) <= 20_000);
  assert.ok(range(dots).count < 2000);
});

test("a shape that would take the frame by itself is a box meanwhile, others are drawn", () => {
  const { detail, ids, shapes, mesh, range } = scene(3, new Map([[0, 5000], [1, 10]])); // prettier-ignore
  detail.choose(ids, parts.bySize(new Float32Array([30, 20, 10])), 20_000);
  detail.draw(20_000, 600);
  assert.equal(range(mesh).count, 2 * parts.BOX_VERTICES);
  assert.equal(shapes.batches[0].geometry.drawRange.count, 30);
  assert.equal(shapes.batches[0].geometry.index.array[0], 15_000);
});

test("at rest all is there: each element as its shape or its box, and no dot", () => {
  const { detail, ids, shapes, boxes, mesh, dots, range } = scene(100, new Map([[5, 100]]));
  detail.choose(ids, parts.bySize(new Float32Array(100)), 10);
  detail.draw(10, 600);
  assert.equal(detail.isWhole, false);
  detail.drawAll(ids);
  assert.equal(range(mesh).count, 99 * parts.BOX_VERTICES);
  assert.equal(shapes.batches[0].geometry.drawRange.count, 300);
  assert.equal(shapes.batches[0].geometry.index, null);
  assert.equal(dots.visible, false);
  const down = (i) => boxes.hits(new Raycaster(new Vector3(i * 2, 0, 9), new Vector3(0, 0, -1)));
  assert.equal(down(4)[0].index, 4);
  assert.ok(Math.abs(down(4)[0].distance - 8.5) < 1e-5);
  assert.deepEqual(down(5), [], "what has a shape is not hit as a box");
  assert.equal(detail.total(), 99 * parts.BOX_VERTICES + 300);
});

test("boxes that come later leave those that were there as they are", () => {
  const { boxes } = scene(10);
  boxes.count = 500;
  boxes.put(499, new Matrix4().makeScale(2, 4, 6), new Color(0, 0, 1));
  boxes.drawAll(() => false);
  const sphere = boxes.sphere(3, new (class { center = new Vector3(); radius = 0; })()); // prettier-ignore
  assert.deepEqual(sphere.center.toArray(), [6, 0, 0]);
  const ray = new Raycaster(new Vector3(0, 9, 0), new Vector3(0, -1, 0));
  assert.deepEqual(boxes.hits(ray)[0], { index: 499, distance: 7 });
});
