// Geometry: the same props to us and to the official backend, and what both make of them.
import { copyToScratch, withIModel } from "../lib/host.mjs";
import { select } from "../lib/tables.mjs";
import { inBothEncodings } from "../lib/client.mjs";
import { OfficialSide, OurSide, runScript } from "../lib/sides.mjs";
import { equal, ok, plain } from "../lib/tap.mjs";
import { equalFiles } from "./compare.mjs";
import { EMPTY_CODE, object } from "./scripts.mjs";

// Of small.bim.
const MODEL = "0x35";
const CATEGORY = "0x16";
const SUB_CATEGORY = "0x17";
const OTHER_CATEGORY = "0x18";
const PART = "0x28";

const insert = (props) => ({ op: "insertElement", props });
const update = (id, props) => ({ op: "updateElement", props: { id, ...props } });
const save = { op: "save", description: "geometry" };

function doubles(numbers) {
  const buffer = Buffer.alloc(8 * numbers.length);
  numbers.forEach((n, i) => buffer.writeDoubleLE(n, 8 * i));
  return buffer;
}

function words(...numbers) {
  const buffer = Buffer.alloc(4 * numbers.length);
  numbers.forEach((n, i) => buffer.writeUInt32LE(n, 4 * i));
  return buffer;
}

/** Entries as an interactive frontend sends them. */
const entry = (opcode, ...buffers) => ({ opcode, data: { $base64: Buffer.concat(buffers).toString("base64") } });
const boxEntry = entry(11, Buffer.from("bg0001fb"), Buffer.from(
  "1000000000000000" + "08000e0007000800" + "0800000000000009" + "0c00000000000600" + "8c00040006000000", "hex",
), doubles([0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 1, 2, 1, 2]), words(1, 0));
const lineEntry = (...points) => entry(5, Buffer.from("100000000000000008000c00080007000800000000000001", "hex"),
  words(4, points.length), doubles(points.flat()));
const rangeEntry = entry(2, Buffer.from("0c00000000000600080004000600000004000000", "hex"), words(2), doubles([0, 0, 0, 1, 1, 1]));
const weightEntry = entry(4, Buffer.from(
  "20000000000000000000160018000000" + "08000c00000010000000000006000700" + "1600000000000101", "hex",
), words(255, 5), doubles([0.5]));
const subCategoryEntry = (id) => entry(4, Buffer.from("0c00000008000c00040008000800000000000000", "hex").fill(id, 16, 17), words(0));
const headerEntry = (flags) => entry(1, words(1, flags));
const line = lineEntry([0, 0, 0], [1, 2, 3]);

const entries = (...entryArray) => ({ elementGeometryBuilderParams: { entryArray } });
const viewIndependent = (...entryArray) => ({ elementGeometryBuilderParams: { entryArray, viewIndependent: true } });
const flat = (...entryArray) => ({ elementGeometryBuilderParams: { entryArray, is2dPart: true } });

/** The uncompressed stream of a box. */
const boxBytes = Buffer.from(boxEntry.data.$base64, "base64");
const binary = { geomBinary: { $base64: Buffer.concat([words(1, 8, 1, 0), words(11, boxBytes.length), boxBytes]).toString("base64") } };
const placed = { placement: { origin: [1, 2, 3], angles: { yaw: 10 }, bbox: { low: [0, 0, 0], high: [4, 4, 4] } } };

const polyline = { lineString: [[0, 0, 0], [1, 2, 3], [4, 5, 6]] };
const triangle = { loop: [{ lineString: [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 0, 0]] }] };
const box = { box: { origin: [0, 0, 0], baseX: 1, baseY: 2, topOrigin: [0, 0, 3], capped: true } };
const path = {
  path: [{ lineString: [[0, 0, 0], [1, 0, 0], [1, 1, 0]] },
    { arc: { center: [1, 2, 0], vectorX: [0, -1, 0], vectorY: [1, 0, 0], sweepStartEnd: [0, 90] } }],
};
const mesh = {
  indexedMesh: {
    point: [[0, 0, 0], [1, 0, 0], [0, 1, 0]], pointIndex: [1, 2, 3, 0], normal: [[0, 0, 1]], normalIndex: [1, 1, 1, 0],
    param: [[0, 0], [1, 0], [0, 1]], paramIndex: [1, 2, 3, 0], color: [255], colorIndex: [1, 1, 1, 0],
  },
};
const gradient = {
  mode: 1, flags: 3, angle: { degrees: 30 }, tint: 0.5, shift: 0.25, keys: [{ value: 0, color: 255 }, { value: 1, color: 65280 }],
};
const range = { subRange: { low: [0, 0, 0], high: [0, 0, 0] } };

/** Each an array of GeometryStreamEntryProps. */
const STREAMS = [
  [polyline], [triangle], [path], [box], [mesh],
  [{ sphere: { center: [1, 1, 1], radius: 2 } }],
  [{ cylinder: { start: [0, 0, 0], end: [0, 0, 3], radius: 1, capped: true } }],
  [{ cone: { start: [0, 0, 0], end: [1, 0, 3], startRadius: 1, endRadius: 0.5, capped: false } }],
  [{ torusPipe: { center: [0, 0, 0], majorRadius: 3, minorRadius: 1, xyVectors: [[1, 0, 0], [0, 1, 0]], sweepAngle: 90, capped: true } }],
  [{ linearSweep: { contour: triangle, vector: [0, 0, 2], capped: true } }],
  [{ rotationalSweep: { contour: triangle, center: [3, 0, 0], axis: [0, 1, 0], sweepAngle: 90, capped: true } }],
  [{ ruledSweep: { contour: [triangle, { loop: [{ lineString: [[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 0, 1]] }] }], capped: true } }],
  [{ pointString: [[0, 0, 0], [1, 1, 1]] }], [{ lineSegment: [[0, 0, 0], [1, 2, 3]] }], [{ lineString: [[0, 0, 0]] }],
  [{ loop: [{ arc: { center: [0, 0, 0], vectorX: [2, 0, 0], vectorY: [0, 1, 0], sweepStartEnd: [0, 360] } }] }],
  [{ path: [{ lineSegment: [[0, 0, 0], [1, 0, 0]] }] }], [{ loop: [{ lineSegment: [[0, 0, 0], [1, 0, 0]] }] }],
  [{ parityRegion: [triangle, { loop: [{ lineString: [[2, 1, 0], [3, 1, 0], [3, 2, 0], [2, 1, 0]] }] }] }],
  [{ unionRegion: [triangle, { loop: [{ lineString: [[5, 0, 0], [6, 0, 0], [6, 1, 0], [5, 0, 0]] }] }] }],
  [{ bagOfCurves: [{ lineString: [[0, 0, 0], [1, 0, 0]] }, { lineSegment: [[2, 0, 0], [3, 0, 0]] }] }],
  [{ appearance: {} }, polyline], [{ appearance: { color: 0, weight: 0 } }, polyline],
  [{ appearance: { weight: 3, transparency: 0.5, geometryClass: 1, displayPriority: 5 } }, box],
  [{ appearance: { subCategory: SUB_CATEGORY, color: 7 } }, polyline, { appearance: {} }, box],
  [{ appearance: { style: "0x1" } }, polyline], [{ appearance: { style: "0" } }, polyline],
  [{ appearance: { color: 255 } }, { appearance: {} }, polyline],
  [{ appearance: { color: 255 } }, polyline, { appearance: { color: 5 } }, { appearance: { color: 255 } }, polyline],
  [{ fill: { display: 1 } }, triangle], [{ fill: { display: 2, color: 77, transparency: 0.5 } }, triangle],
  [{ fill: { display: 3, backgroundFill: 1 } }, triangle], [{ fill: { display: 3, backgroundFill: 2, transparency: 0.25 } }, triangle],
  [{ fill: { display: 0 } }, triangle], [{ fill: { display: 2, color: 77 } }, triangle, box, triangle, polyline, polyline, mesh],
  [{ appearance: { transparency: 0.3 } }, { fill: { display: 2, color: 77 } }, triangle],
  [{ appearance: { transparency: 0.3 } }, { fill: { display: 2, color: 77, transparency: 0 } }, triangle],
  [{ fill: { display: 2, gradient } }, box, triangle, mesh],
  [{ fill: { display: 1, gradient: { ...gradient, mode: 5, flags: 0 } } }, triangle, { fill: { display: 2, color: 3 } }, triangle],
  [{ pattern: { space1: 0.5, angle1: { degrees: 45 } } }, triangle],
  [{ pattern: { space1: 0.5, space2: 0.25, angle1: 30, angle2: 60, color: 5, weight: 2, invisibleBoundary: true, snappable: true } },
    triangle, polyline, box],
  [{ pattern: { origin: [1, 2, 3], rotation: { yaw: 30 }, symbolId: PART, scale: 2, space1: 1, space2: 2, angle1: 10 } }, triangle],
  [{ pattern: { defLines: [{ angle: { degrees: 10 }, through: [1, 2], offset: [3, 4], dashes: [1, -0.5] }, { offset: [0, 1] }], scale: 1.5 } },
    triangle],
  [{ material: { materialId: "0x2b" } }, box, polyline, box], [{ material: { materialId: "0" } }, box],
  [{ material: { materialId: "0x2b", trans2x3: [[1, 0, 0.5], [0, 1, 0.25]] } }, box],
  [{ appearance: { style: "0x1" } }, { styleMod: {
    scale: 2, dashScale: 3, gapScale: 4, startWidth: 0.1, endWidth: 0.2, distPhase: 0.3, fractPhase: 0.4,
  } }, polyline],
  [{ styleMod: { centerPhase: true, segmentMode: true, physicalWidth: true, normal: [0, 1, 0], rotation: { yaw: 30, pitch: 10, roll: 5 } } },
    polyline],
  [{ geomPart: { part: PART } }], [{ geomPart: { part: PART, origin: [1, 2, 3], rotation: { yaw: 30, pitch: 20, roll: 10 }, scale: 2 } }],
  [{ geomPart: { part: "0x29", scale: 0.5 } }, polyline], [{ appearance: { color: 9 } }, { geomPart: { part: "0x2a", rotation: { yaw: 90 } } }],
  [{ header: { flags: 1 } }, polyline], [range, polyline, box], [polyline, range, box], [{ header: { flags: 0 } }, range, polyline],
  [{ image: { corners: [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], textureId: "0x2c", hasBorder: true } }],
  [{ appearance: {} }], [],
];

const at = (more) => insert(object(MODEL, CATEGORY, more));
const part = (more) => insert({ classFullName: "BisCore:GeometryPart", model: "0x14", code: EMPTY_CODE, ...more });
const drawing = (more) => insert({
  classFullName: "BisCore:DrawingGraphic", model: "0x1a1", category: "0x26", code: EMPTY_CODE, ...more,
});

const EDITS = [
  ...STREAMS.map((geom) => at({ geom })),
  at({ geom: [box], ...placed }), at({ geom: [], ...placed }), at({ geom: null }), at({ geom: [polyline], placement: null }),
  at({ geom: [polyline], ...binary, ...placed }), at({ ...binary, ...placed }),
  at(entries(boxEntry)), at(entries(line)), at(entries(lineEntry([0, 0, 0]))), at(entries()), at({ ...entries(), ...placed }),
  at({ ...entries(boxEntry), ...placed }), at(viewIndependent(boxEntry)), at(entries(headerEntry(1), boxEntry)), at(entries(boxEntry, headerEntry(1))),
  at(entries(rangeEntry, boxEntry, line)), at(entries(boxEntry, rangeEntry, line)), at(entries(weightEntry, boxEntry)),
  at(entries(weightEntry, weightEntry, boxEntry)), at(entries(boxEntry, weightEntry)),
  drawing(entries(line)), drawing({ geom: [polyline] }), drawing({ geom: [polyline], placement: { origin: [1, 2], angle: 30 } }), drawing(entries()),
  drawing({ geom: [{ appearance: { displayPriority: 7 } }, { material: { materialId: "0x2b" } }, triangle] }),
  part({ geom: [polyline, box] }), part({ geom: [{ header: { flags: 1 } }, range, { appearance: { color: 5 } }, polyline, box] }),
  part(entries(boxEntry)), part(flat(line)), part(entries(weightEntry, boxEntry)), part({ ...binary, bbox: { low: [0, 0, 0], high: [3, 3, 3] } }),
  save,
  update("0x8a", { geom: [box] }), update("0x8c", { geom: [box], ...placed }), update("0x8d", { geom: [] }),
  update("0x8e", { geom: [], placement: { origin: [9, 9, 9], angles: { yaw: 45 } } }), update("0x8f", entries()),
  update("0x91", { ...entries(), ...placed }), update("0x92", { placement: { origin: [9, 9, 9], angles: { yaw: 45 } } }),
  update("0x94", { geom: null, geomBinary: null, elementGeometryBuilderParams: null }),
  update("0x96", { category: OTHER_CATEGORY, geom: [{ appearance: { subCategory: "0x19", color: 2 } }, polyline] }),
  update("0x8b", { geom: [polyline] }), update("0x90", entries(boxEntry)), update("0x97", binary), update("0x98", { ...binary, ...placed }),
  update("0x99", viewIndependent(boxEntry)), update(PART, { geom: [box] }), update("0x29", binary),
  update("0x2a", { ...binary, bbox: { low: [0, 0, 0], high: [8, 8, 8] } }), update("0x2a", { bbox: { low: [0, 0, 0], high: [9, 9, 9] } }),
  save,
];

const FAULTS = [
  at(entries(entry(99, boxBytes))), at(entries(entry(11, Buffer.from("junkjunkjunkjunk")))), at(entries({ opcode: "x", data: { $base64: "" } })),
  at(entries(5)), at({ ...entries(boxEntry), category: undefined }), at({ ...entries(boxEntry), category: "0x1" }), at(flat(boxEntry)),
  at(entries(weightEntry)), at(entries(subCategoryEntry(0x19), boxEntry)), at(binary), drawing(entries(boxEntry)),
  at(entries(entry(3, Buffer.from("0c00000008000c000400080008000000ffff0f0000000000", "hex")))),
  part({}), part(flat(boxEntry)), part(viewIndependent(boxEntry)), part(entries(weightEntry)), part(entries()),
  update("0x8b", binary), update("0x90", entries(weightEntry)), update(PART, entries()),
];

/** JSON cannot send -0. */
function withoutMinusZero(value) {
  if (typeof value === "number") return value + 0;
  if (Array.isArray(value)) return value.map(withoutMinusZero);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, withoutMinusZero(v)]));
}

/** The geometry of all elements of small.bim, given again. */
async function again(file, asEntries) {
  const ops = [];
  await withIModel(copyToScratch(file), false, (db) => {
    for (const r of select(db, `SELECT ElementId AS id FROM bis_GeometricElement3d WHERE GeometryStream NOT NULL
      UNION SELECT ElementId FROM bis_GeometricElement2d WHERE GeometryStream NOT NULL`)) {
      const elementId = `0x${BigInt(r.id).toString(16)}`;
      const { classFullName, model, category, placement, geom } = db.elements.getElementProps({ id: elementId, wantGeometry: true });
      const props = { classFullName, model, category, placement, code: EMPTY_CODE };
      if (asEntries) {
        const entryArray = [];
        db.elementGeometryRequest({
          elementId,
          onGeometry: (info) => info.entryArray.forEach((e) => entryArray.push(entry(e.opcode, Buffer.from(e.data)))),
        });
        ops.push(insert({ ...props, elementGeometryBuilderParams: { entryArray } }));
      } else if (geom.filter((e) => "subRange" in e).length < 2) {
        // At the second subRange the official backend stops reading.
        ops.push(insert({ ...props, geom: withoutMinusZero(geom) }));
      }
    }
  });
  ok(ops.length > 150, "elements with geometry");
  return [...ops, save];
}

function sameRows(name, script, encoding) {
  return {
    name: `geometry: ${name}: the same rows by us and by the official backend (${encoding})`,
    async run(ctx) {
      const ops = typeof script === "function" ? await script(ctx.data("small")) : script;
      const imodel = ctx.place(ctx.data("small"));
      const side = await OurSide.open(ctx.ready, encoding, imodel);
      await runScript(side, ops);
      const file = ctx.file(imodel);
      await sameReading(side, file);
      await side.close();
      const theirs = ctx.scratchCopy(ctx.data("small"));
      await withIModel(theirs, true, (db) => runScript(new OfficialSide(db), ops));
      await equalFiles(ctx.take(imodel), theirs);
    },
  };
}

/** Numbers that differ in the last digits are equal; so is -0 to 0. */
function rounded(value) {
  if (typeof value === "number") return Number(value.toPrecision(12)) + 0;
  if (Array.isArray(value)) return value.map(rounded);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, rounded(v)]));
}

/** The official backend reads the saved file as our session does. */
async function sameReading(side, file) {
  const official = await withIModel(copyToScratch(file), false, (db) => select(db, "SELECT Id AS id FROM bis_Element ORDER BY Id")
    .map((r) => plain(db.elements.getElementProps({ id: `0x${BigInt(r.id).toString(16)}`, wantGeometry: true }))));
  const ours = plain(await side.call("elements.getMany", { ids: official.map((e) => e.id), wantGeometry: true }));
  equal(ours.length, official.length, "elements");
  ours.forEach((e, i) => equal(rounded(e), rounded(official[i]), `element ${official[i].id} read back`));
}

function sameFaults(encoding) {
  return {
    name: `geometry: faults: the same error numbers as the official backend (${encoding})`,
    async run(ctx) {
      const imodel = ctx.place(ctx.data("small"));
      const ours = await OurSide.open(ctx.ready, encoding, imodel);
      const found = [];
      await withIModel(ctx.scratchCopy(ctx.data("small")), true, async (db) => {
        const theirs = new OfficialSide(db);
        for (const [i, op] of FAULTS.entries()) {
          const expected = await theirs.run(op);
          const actual = await ours.run(op);
          if (expected.number === undefined || expected.number !== actual.number) {
            found.push(`${i}: ours ${actual.number ?? "success"} (${actual.name}), official ${expected.number ?? "success"} (${expected.name})`);
          }
        }
      });
      await ours.close();
      ok(found.length === 0, `${found.length} of ${FAULTS.length} differ\n${found.join("\n")}`);
    },
  };
}

export const tests = inBothEncodings((e) => [
  sameRows("edits", EDITS, e),
  sameRows("small.bim as JSON", (file) => again(file, false), e),
  sameRows("small.bim as entries", (file) => again(file, true), e),
  sameFaults(e),
]);
