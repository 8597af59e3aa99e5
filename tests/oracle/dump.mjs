#!/usr/bin/env node
// What the official backend says of an iModel, one JSON value a line: the dumps that the report compares with.
// Made once and kept packed in ../data/oracle; for people who add a file or a kind. Needs ../interop/node_modules.
//   node dump.mjs FILE KIND [CLASSES]      KIND: elements models aspects relationships codespecs fileprops classes
// CLASSES is an older dump of classes: the same classes are told again.
import { readFileSync } from "node:fs";
import { copyToScratch, withHost, withIModel } from "../interop/lib/host.mjs";
import { select } from "../interop/lib/tables.mjs";

const hex = (id) => `0x${BigInt(id).toString(16)}`;
const ids = (db, sql) => select(db, sql).map((r) => hex(r.id));

function links(db, table) {
  const rows = select(db, `SELECT r.Id AS id, s.Name||':'||c.Name AS class FROM ${table} r
    JOIN ec_Class c ON c.Id=r.ECClassId JOIN ec_Schema s ON s.Id=c.SchemaId ORDER BY r.Id`);
  return rows.map((r) => db.relationships.getInstanceProps(r.class, hex(r.id)));
}

function fileProps(db) {
  const rows = select(db, "SELECT Namespace AS ns, Name AS name, Id AS id, SubId AS sub, Data IS NOT NULL AS blob FROM be_Prop ORDER BY 1, 2, 3, 4");
  return rows.map((r) => {
    const key = { namespace: r.ns, name: r.name, id: Number(r.id), subId: Number(r.sub) };
    const blob = Number(r.blob) === 1 ? db.queryFilePropertyBlob(key) : undefined;
    return { ...key, string: db.queryFilePropertyString(key), blob };
  });
}

const KINDS = {
  elements: (db) => ids(db, "SELECT Id AS id FROM bis_Element ORDER BY Id")
    .map((id) => db.elements.getElementProps({ id, wantGeometry: true })),
  models: (db) => ids(db, "SELECT Id AS id FROM bis_Model ORDER BY Id").map((id) => db.models.getModelProps(id)),
  aspects: (db) => ids(db, `SELECT ElementId AS id FROM bis_ElementMultiAspect UNION
    SELECT ElementId FROM bis_ElementUniqueAspect ORDER BY 1`)
    .flatMap((id) => db.elements.getAspects(id).map((a) => a.toJSON())),
  relationships: (db) => [...links(db, "bis_ElementRefersToElements"), ...links(db, "bis_ElementDrivesElement")],
  codespecs: (db) => ids(db, "SELECT Id AS id FROM bis_CodeSpec ORDER BY Id").map((id) => {
    const spec = db.codeSpecs.getById(id);
    return { id: spec.id, name: spec.name, properties: spec.properties };
  }),
  fileprops: fileProps,
  classes: (db, old) => readFileSync(old, "utf8").trim().split("\n")
    .map((line) => db.getMetaData(JSON.parse(line).ecclass)),
};

function printable(key, value) {
  if (value instanceof Uint8Array) return { $base64: Buffer.from(value).toString("base64") };
  return value;
}

const [file, kind, old] = process.argv.slice(2);
if (KINDS[kind] === undefined || (kind === "classes" && old === undefined)) {
  console.error(`usage: node dump.mjs FILE KIND [CLASSES]\nKIND: ${Object.keys(KINDS).join(" ")}`);
  process.exit(2);
}
const lines = await withHost(() => withIModel(copyToScratch(file), false, (db) => KINDS[kind](db, old)));
for (const line of lines) console.log(JSON.stringify(line, printable));
