// Geometry streams as triangles, lines and points: they fill the boxes that the official backend computed for them.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { source } from "./lib/source.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const recorded = join(here, "../../../tests/data/geom.oracle.jsonl.xz");
const IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
const KINDS = ["triangles", "lines", "points"];
/** What bends is drawn with 10 degrees a step: a chord is so much nearer to the centre, of the box's diagonal at most. */
const BENT = 1 - Math.cos(((10 / 2) * Math.PI) / 180);
const STRAIGHT =
  /^(header|appearance|fill|subRange|box|lineString|lineSegment|loop|parityRegion|unionRegion|linearSweep|ruledSweep|pointString|point|indexedMesh|path|contour|geomPart)$/;
/** Stored in single precision there. */
const FLOAT = 2 ** -23;
let code;
let facet;
let streams;
before(async () => {
  code = await source("view/facet.ts");
  [facet] = code.modules;
  const text = execFileSync("xz", ["-dc", recorded], { encoding: "utf8", maxBuffer: 1e8 });
  streams = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
});
after(() => code.close());

function facetsOf(geom, { parts = {}, subCategories = {}, ...job } = {}) {
  const request = { jobs: [], parts, subCategories };
  return facet.facetsOf(request, { id: "0x1", geom, matrix: IDENTITY, color: 0, is2d: false, ...job });
}

function boxOf(facets) {
  const box = { low: [Infinity, Infinity, Infinity], high: [-Infinity, -Infinity, -Infinity] };
  for (const kind of KINDS)
    facets[kind]?.positions.forEach((v, i) => {
      box.low[i % 3] = Math.min(box.low[i % 3], v);
      box.high[i % 3] = Math.max(box.high[i % 3], v);
    });
  return box;
}

/** Names of all members of a stream that say what geometry it is. */
function kindsOf(value, into = new Set()) {
  if (Array.isArray(value)) for (const v of value) kindsOf(v, into);
  else if (value !== null && typeof value === "object")
    for (const [k, v] of Object.entries(value)) {
      into.add(k);
      if (["loop", "path", "parityRegion", "unionRegion", "contour", "linearSweep", "ruledSweep"].includes(k))
        kindsOf(v, into);
    }
  return into;
}

function isStraight(geom, parts) {
  const kinds = [...kindsOf(geom)].filter((k) => !["vector", "capped"].includes(k));
  const named = geom.flatMap((g) => (g.geomPart ? [parts[g.geomPart.part] ?? []] : []));
  return kinds.every((k) => STRAIGHT.test(k)) && named.every((n) => isStraight(n, {}));
}

/** Whose stored boxes are larger than they: those of their control points, of all that they may turn over, or of a turned box. */
function isLoose(geom, parts) {
  if (geom.some((g) => g.geomPart?.rotation)) return true;
  const named = geom.flatMap((g) => (g.geomPart ? [parts[g.geomPart.part] ?? []] : []));
  const loose = ["torusPipe", "rotationalSweep", "bcurve", "bsurf", "interpolationCurve"];
  return loose.some((k) => kindsOf(geom).has(k)) || named.some((n) => isLoose(n, {}));
}

/** Red, green and blue of the first vertex. */
const colorOf = (vertices) => [...vertices.colors.slice(0, 3)];

test("every recorded stream fills the box that the official backend stored", () => {
  const parts = Object.fromEntries(streams.filter((s) => s.part).map((s) => [s.part, s.geom]));
  let [straight, bent] = [0, 0];
  for (const { from, geom, box: stored } of streams) {
    // Those of drawings have two coordinates.
    const box = { low: [...stored.low, 0].slice(0, 3), high: [...stored.high, 0].slice(0, 3) };
    const facets = facetsOf(geom, { parts });
    if (!KINDS.some((k) => facets[k])) {
      assert.ok(!geom.some((g) => Object.keys(g).some((k) => !["header", "appearance", "fill"].includes(k))), from);
      continue;
    }
    const size = Math.hypot(...[0, 1, 2].map((i) => box.high[i] - box.low[i]));
    const isExact = isStraight(geom, parts) && !isLoose(geom, parts);
    isExact ? straight++ : bent++;
    const found = boxOf(facets);
    for (const end of ["low", "high"])
      for (const i of [0, 1, 2]) {
        const outwards = (found[end][i] - box[end][i]) * (end === "low" ? -1 : 1);
        const little = 1e-6 + Math.abs(box[end][i]) * FLOAT;
        const says = `${from} ${end} ${i}: ${found[end][i]}, stored ${box[end][i]}`;
        assert.ok(outwards <= little, says);
        if (isExact) assert.ok(outwards >= -little, says);
        else if (!isLoose(geom, parts)) assert.ok(outwards >= -little - size * BENT, says);
      }
  }
  assert.ok(straight >= 20 && bent >= 20, `${straight} straight, ${bent} bent`);
});

test("a closed solid is drawn closed, its normals look out of it", () => {
  const { triangles } = facetsOf([{ sphere: { center: [1, 2, 3], radius: 2 } }]);
  const { positions, normals } = triangles;
  for (let i = 0; i < positions.length; i += 3) {
    const out = [positions[i] - 1, positions[i + 1] - 2, positions[i + 2] - 3];
    assert.ok(Math.abs(Math.hypot(...out) - 2) < 1e-5);
    assert.ok(out[0] * normals[i] + out[1] * normals[i + 1] + out[2] * normals[i + 2] > 0.9 * 2 * 127);
  }
});

test("an element is drawn where it is, its parts where it says", () => {
  const lineString = [
    [0, 0, 0],
    [1, 0, 0],
  ];
  // A quarter about z, then to (10, 20, 30).
  const matrix = [0, 1, 0, 0, -1, 0, 0, 0, 0, 0, 1, 0, 10, 20, 30, 1];
  assert.deepEqual([...facetsOf([{ lineString }], { matrix }).lines.positions], [10, 20, 30, 10, 21, 30]);
  const geomPart = { part: "0x9", origin: [1, 0, 0], rotation: { yaw: 90 }, scale: 2 };
  const placed = facetsOf([{ geomPart }], { matrix, parts: { "0x9": [{ lineString }] } });
  const expected = [10, 21, 30, 8, 21, 30];
  placed.lines.positions.forEach((v, i) => assert.ok(Math.abs(v - expected[i]) < 1e-6));
});

test("colours: of the category, of a subcategory, of the entry, of the fill", () => {
  const line = {
    lineString: [
      [0, 0, 0],
      [1, 0, 0],
    ],
  };
  const subCategories = { "0x2": 0x0000ff };
  const color = 0x102030;
  assert.deepEqual(colorOf(facetsOf([line], { color }).lines), [0x30, 0x20, 0x10]);
  const sub = [{ appearance: { subCategory: "0x2" } }, line];
  assert.deepEqual(colorOf(facetsOf(sub, { color, subCategories }).lines), [255, 0, 0]);
  const own = [{ appearance: { subCategory: "0x2", color: 0xff0000 } }, line];
  assert.deepEqual(colorOf(facetsOf(own, { color, subCategories }).lines), [0, 0, 255]);
  const part = [{ appearance: { color: 0x00ff00 } }, { geomPart: { part: "0x9" } }];
  assert.deepEqual(colorOf(facetsOf(part, { parts: { "0x9": [line] } }).lines), [0, 255, 0]);
});

test("transparencies of an element and its subcategory add up; a fill has its own", () => {
  const box = { box: { origin: [0, 0, 0], baseX: 1, baseY: 1, topX: 1, topY: 1, topOrigin: [0, 0, 1], capped: true } };
  const opaqueOf = (vertices) => [...vertices.colors.slice(0, 4)];
  const glass = facetsOf([box], { color: 0x33_10_20_30 });
  assert.equal(glass.triangles, undefined);
  assert.deepEqual(opaqueOf(glass.glass), [0x30, 0x20, 0x10, 0xcc]);
  const subCategories = { "0x2": 0x80_00_00_ff, "0x3": 0x00_00_ff_00 };
  const both = facetsOf([{ appearance: { subCategory: "0x2", transparency: 0.5 } }, box], { subCategories });
  assert.deepEqual(opaqueOf(both.glass), [255, 0, 0, 63]);
  const solid = facetsOf([{ appearance: { subCategory: "0x3" } }, box], { subCategories, color: 0x80_00_00_00 });
  assert.equal(solid.glass, undefined);
  assert.deepEqual(colorOf(solid.triangles), [0, 255, 0]);
  const loop = {
    loop: [
      {
        lineString: [
          [0, 0, 0],
          [1, 0, 0],
          [1, 1, 0],
          [0, 0, 0],
        ],
      },
    ],
  };
  const filled = facetsOf([{ fill: { display: 2, color: 0xff0000, transparency: 0.4 } }, loop], { is2d: true });
  assert.deepEqual(opaqueOf(filled.glass), [0, 0, 255, 153]);
  for (const transparency of [-1, 7, NaN, "x", null, 1n])
    assert.ok(facetsOf([{ appearance: { transparency } }, box]).id, "nonsense breaks nothing");
});

test("a drawing fills what says so, and outlines the rest", () => {
  const loop = {
    loop: [
      {
        lineString: [
          [0, 0, 0],
          [2, 0, 0],
          [2, 2, 0],
          [0, 2, 0],
          [0, 0, 0],
        ],
      },
    ],
  };
  const plain = facetsOf([loop], { is2d: true });
  assert.equal(plain.triangles, undefined);
  assert.equal(plain.lines.positions.length, 4 * 2 * 3);
  const filled = facetsOf([{ fill: { display: 2, color: 0x0000ff } }, loop], { is2d: true, color: 0xff0000 });
  assert.equal(filled.triangles.positions.length, 2 * 3 * 3);
  assert.deepEqual(colorOf(filled.triangles), [255, 0, 0]);
  assert.deepEqual(colorOf(filled.lines), [0, 0, 255]);
  assert.ok(facetsOf([loop]).triangles);
});

test("meshes with corners that turn inwards are drawn without what is outside", () => {
  const point = [
    [0, 0, 0],
    [4, 0, 0],
    [4, 4, 0],
    [2, 1, 0],
    [0, 4, 0],
  ];
  const { triangles } = facetsOf([{ indexedMesh: { point, pointIndex: [1, 2, 3, 4, 5, 0] } }]);
  const p = triangles.positions;
  let area = 0;
  for (let i = 0; i < p.length; i += 9)
    area += Math.abs((p[i + 3] - p[i]) * (p[i + 7] - p[i + 1]) - (p[i + 6] - p[i]) * (p[i + 4] - p[i + 1])) / 2;
  assert.ok(Math.abs(area - 10) < 1e-6, String(area));
});

test("what cannot be drawn is left to its box", () => {
  const nothing = { id: "0x1" };
  assert.deepEqual(facetsOf([]), nothing);
  assert.deepEqual(facetsOf([{ brep: { data: "AAAA" } }, { textString: { text: "x" } }]), nothing);
  assert.deepEqual(facetsOf([{ lineString: null }, { box: { origin: "?" } }, { unknown: 1 }]), nothing);
  assert.deepEqual(
    facetsOf([
      {
        lineString: [
          [0, 0, 0],
          [1e999, 0, 0],
        ],
      },
    ]),
    nothing,
  );
  assert.deepEqual(facetsOf([{ geomPart: { part: "0x77" } }]), nothing);
  // Parts that name themselves end.
  assert.deepEqual(
    facetsOf([{ geomPart: { part: "0x9" } }], { parts: { "0x9": [{ geomPart: { part: "0x9" } }] } }),
    nothing,
  );
  const many = Array.from({ length: 800 }, () => ({ sphere: { center: [0, 0, 0], radius: 1 } }));
  assert.deepEqual(facetsOf(many), nothing);
});

test("an answer ends when it is large, and names what it has", () => {
  const spheres = Array.from({ length: 50 }, () => ({ sphere: { center: [0, 0, 0], radius: 1 } }));
  const jobs = Array.from({ length: 40 }, (_, i) => ({
    id: `0x${i}`,
    geom: spheres,
    matrix: IDENTITY,
    color: 0,
    is2d: false,
  }));
  const all = facet.answer({ jobs, parts: {}, subCategories: {} });
  assert.ok(all.length > 0 && all.length < jobs.length, String(all.length));
  assert.deepEqual(
    all.map((f) => f.id),
    jobs.slice(0, all.length).map((j) => j.id),
  );
});
