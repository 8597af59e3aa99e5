// What is drawn of many elements at once: taken in, painted, found again, let go.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Color, Raycaster, Vector3 } from "three";
import { source } from "./lib/source.mjs";

let code;
before(async () => {
  code = await source("view/shapes.ts", "view/contrast.ts");
});
after(() => code.close());

/** A triangle in the plane z = @z, around (@x, 0). */
function triangle(x, z) {
  const positions = new Float32Array([x - 1, -1, z, x + 1, -1, z, x, 1, z]);
  const colors = new Uint8Array(9).fill(x);
  return { positions, colors, normals: new Int8Array([0, 0, 127, 0, 0, 127, 0, 0, 127]) };
}

function lineAt(x) {
  return { positions: new Float32Array([x, -1, 0, x, 1, 0]), colors: new Uint8Array(6).fill(x) };
}

const down = (x, y = 0) => new Raycaster(new Vector3(x, y, 100), new Vector3(0, 0, -1));
const geometryOf = (shapes, i) => shapes.group.children[i].geometry;

function filled(count) {
  const [{ Shapes }, { Contrast }] = code.modules;
  const shapes = new Shapes(new Contrast());
  for (let i = 0; i < count; i++) shapes.put({ id: `0x${i}`, triangles: triangle(i * 4, 0) }, "then");
  return shapes;
}

test("each is found where it is, also when there is not room for all at first", () => {
  const shapes = filled(2000);
  assert.equal(shapes.size, 2000);
  assert.equal(shapes.vertices, 6000);
  for (const i of [0, 1, 999, 1999]) assert.equal(shapes.pick(down(i * 4)).id, `0x${i}`);
  assert.equal(shapes.pick(down(2)), undefined);
});

test("the nearest counts, whatever it is", () => {
  const shapes = filled(1);
  shapes.put({ id: "line", lines: lineAt(0) }, "then");
  shapes.put({ id: "above", triangles: triangle(0, 5) }, "then");
  assert.equal(shapes.pick(down(0)).id, "above");
  shapes.remove(new Set(["above", "0x0"]));
  assert.equal(shapes.pick(down(0.01)).id, "line");
});

test("those behind one that is let go stay what they are", () => {
  const shapes = filled(100);
  shapes.remove(new Set(["0x0", "0x50", "0x99", "unknown"]));
  assert.equal(shapes.vertices, 97 * 3);
  assert.equal(geometryOf(shapes, 0).drawRange.count, 97 * 3);
  for (const i of [1, 49, 51, 98]) {
    assert.equal(shapes.pick(down(i * 4)).id, `0x${i}`);
    const { face } = down(i * 4).intersectObject(shapes.group.children[0])[0];
    assert.equal(geometryOf(shapes, 0).getAttribute("color").array[face.a * 3], (i * 4) & 0xff);
  }
  for (const i of [0, 50, 99]) assert.equal(shapes.pick(down(i * 4)), undefined);
});

test("who is put twice is there once", () => {
  const shapes = filled(3);
  shapes.put({ id: "0x1", triangles: triangle(40, 0) }, "now");
  assert.equal(shapes.vertices, 9);
  assert.equal(shapes.pick(down(4)), undefined);
  assert.equal(shapes.pick(down(40)).id, "0x1");
});

test("paint comes off again, also after others have gone", () => {
  const shapes = filled(3);
  const colors = () => [
    ...geometryOf(shapes, 0)
      .getAttribute("color")
      .array.slice(0, 6 * 3),
  ];
  shapes.paint("0x1", new Color(1, 0.5, 0));
  shapes.paint("0x1", new Color(0, 1, 0));
  assert.deepEqual(colors().slice(9, 12), [0, 255, 0]);
  shapes.remove(new Set(["0x0"]));
  assert.deepEqual(colors().slice(0, 3), [0, 255, 0]);
  shapes.paint("0x1", undefined);
  assert.deepEqual(colors(), [...Array(9).fill(4), ...Array(9).fill(8)]);
});

test("what is not as it was read is let go", () => {
  const shapes = filled(3);
  shapes.put({ id: "0x1", lines: lineAt(4) }, "now");
  shapes.prune((id, stamp) => id !== "0x0" && stamp === "then");
  assert.deepEqual([...shapes.ids()], ["0x2"]);
});

test("what can be seen through is drawn after all else, and stays so when it is painted", () => {
  const shapes = filled(1);
  const glass = { ...triangle(0, 5), colors: new Uint8Array([1, 2, 3, 100, 1, 2, 3, 100, 1, 2, 3, 100]) };
  shapes.put({ id: "pane", glass }, "then");
  shapes.put({ id: "other", glass: { ...glass, colors: new Uint8Array(12).fill(9) } }, "then");
  const [solid, , , pane] = shapes.group.children;
  assert.deepEqual([solid.material.transparent, pane.material.transparent], [false, true]);
  assert.equal(shapes.pick(down(0)).id, "pane");
  const colors = () => [...pane.geometry.getAttribute("color").array.slice(0, 4)];
  shapes.paint("pane", new Color(1, 0, 0));
  assert.deepEqual(colors(), [255, 0, 0, 100]);
  shapes.paint("pane", undefined);
  assert.deepEqual(colors(), [1, 2, 3, 100]);
  shapes.remove(new Set(["pane"]));
  assert.deepEqual(colors(), [9, 9, 9, 9]);
});
