#!/usr/bin/env node
// Writes a copy of small.bim with geometry of every kind in it, made by the official backend: what it can make of
// tests/data/geom.native.jsonl.xz and of lib/ipc/shapes.mjs, and streams that it stores without a look.
// usage: node make_kinds.mjs OUT
import { execFileSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { common, copyToScratch, geometry, withHost, withIModel } from "../host.mjs";
import { shapes } from "./shapes.mjs";

const DATA = new URL("../../../data/", import.meta.url);
const CODE = { spec: "0x1", scope: "0x1", value: "" };
const PLACEMENT = { origin: [1, 2, 3], angles: { yaw: 30 } };
const BOX = { low: [0, 0, 0], high: [1, 1, 1] };

const part = (more) => ({ classFullName: "BisCore:GeometryPart", model: "0x14", code: CODE, ...more });
const flat = (more) => ({ classFullName: "BisCore:DrawingGraphic", model: "0x1a1", category: "0x26", code: CODE,
  placement: { origin: [1, 2], angle: 30 }, ...more });
const solid = (more) => ({ classFullName: "Generic:PhysicalObject", model: "0x35", category: "0x16", code: CODE, placement: PLACEMENT, ...more });

function cases() {
  const text = execFileSync("xz", ["-dc", fileURLToPath(new URL("geom.native.jsonl.xz", DATA))], { encoding: "utf8", maxBuffer: 1 << 26 });
  return text.split("\n").filter((line) => line !== "").map((line) => {
    const { in: geom, d2, part: isPart } = JSON.parse(line);
    return isPart ? part({ geom }) : d2 ? flat({ geom }) : solid({ geom });
  });
}

function byEntries() {
  return Object.values(shapes(geometry)).flatMap((shape) => {
    const entry = common.ElementGeometry.fromGeometryQuery(shape);
    const elementGeometryBuilderParams = { entryArray: [entry] };
    return [solid({ elementGeometryBuilderParams }), solid({ elementGeometryBuilderParams: { ...elementGeometryBuilderParams, viewIndependent: true } }),
      part({ elementGeometryBuilderParams })];
  });
}

const entry = (opcode, data) => Buffer.concat([Buffer.from(Uint32Array.of(opcode, data.length).buffer), data]);
const header = (version, flags) => entry(1, Buffer.from(Uint32Array.of(version, flags).buffer));

/** Streams of entries that no reader would make. */
function odd() {
  const { opcode, data } = common.ElementGeometry.fromGeometryQuery(geometry.LineString3d.create([[0, 0, 0], [1, 2, 3]]));
  const line = entry(opcode, Buffer.from(data));
  const junk = Buffer.from("0123456789abcdef0123456789abcdef", "hex");
  const streams = {
    none: [], "a header": [header(1, 0)], "no header": [line], "two headers": [header(1, 0), header(1, 1), line], "a version": [header(9, 1), line],
    "a short header": [entry(1, Buffer.of(1)), line], "a later header": [header(1, 0), line, header(1, 1)], "other flags": [header(1, 0xfe), line],
    "unknown opcodes": [header(1, 0), entry(99, junk), entry(17, junk), entry(24, Buffer.of(1, 2, 3)), line],
  };
  for (const junkOpcode of [2, 3, 4, 10, 12, 19, 22, 28]) streams[`junk as ${junkOpcode}`] = [header(1, 0), entry(junkOpcode, junk), line];
  return Object.values(streams).map((parts) => solid({ placement: { ...PLACEMENT, bbox: BOX }, geomBinary: new Uint8Array(Buffer.concat(parts)) }));
}

await withHost(async () => {
  const file = copyToScratch(fileURLToPath(new URL("small.bim", DATA)));
  await withIModel(file, true, (db) => {
    for (const props of [...cases(), ...byEntries(), ...odd()]) {
      try {
        db.elements.insertElement(props);
      } catch (e) {
        // What it refuses is not in the file.
        if (e.errorNumber === undefined) throw e;
      }
    }
    db.saveChanges("every kind of geometry");
  });
  copyFileSync(file, process.argv[2]);
});
