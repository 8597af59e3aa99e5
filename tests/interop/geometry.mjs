#!/usr/bin/env node
// What the official backend makes of JSON geometry: for each line {"in": GeometryStreamProps} of a file a line with what it
// tells afterwards (geom) and the box it stored (box); both are absent where it dropped the geometry. "d2": true is for a
// 2d element, "part": true for a geometry part. tests/data/geom.native.jsonl.xz was made with it.
//   node geometry.mjs CASES.jsonl > ANSWERS.jsonl
import { readFileSync } from "node:fs";
import { copyToScratch, withHost, withIModel } from "./lib/host.mjs";

const FILE = new URL("../data/small.bim", import.meta.url).pathname;
const NO_CODE = { spec: "0x1", scope: "0x1", value: "" };

// Models and categories of small.bim.
function propsOf({ in: geom, d2, part }) {
  if (part) return { classFullName: "BisCore:GeometryPart", model: "0x14", code: NO_CODE, geom };
  if (d2) {
    return { classFullName: "BisCore:DrawingGraphic", model: "0x1a1", category: "0x26", code: NO_CODE, geom,
      placement: { origin: [0, 0], angle: 0 } };
  }
  return { classFullName: "Generic:PhysicalObject", model: "0x35", category: "0x16", code: NO_CODE, geom,
    placement: { origin: [0, 0, 0], angles: {} } };
}

function ask(db, line) {
  const answer = { ...line };
  delete answer.geom;
  delete answer.box;
  try {
    const id = db.elements.insertElement(propsOf(line));
    const props = db.elements.getElementProps({ id, wantGeometry: true });
    answer.geom = props.geom;
    answer.box = props.bbox ?? props.placement?.bbox;
  } catch (e) {
    answer.error = e.errorNumber;
  }
  return answer;
}

const lines = readFileSync(process.argv[2], "utf8").split("\n").filter((l) => l !== "");
await withHost(() => withIModel(copyToScratch(FILE), true, (db) => {
  for (const line of lines) console.log(JSON.stringify(ask(db, JSON.parse(line))));
}));
