#!/usr/bin/env node
// Makes an iModel with kinds of quantity of all sorts, and tells how the official libraries show and read their values:
// tests/data/quantities.bim.xz and tests/data/quantities.jsonl.xz were made with it. Not a test. See README.md.
//   node quantities.mjs NEW.bim > ANSWERS.jsonl
import { createRequire } from "node:module";
import { copyFileSync } from "node:fs";
import { withHost, withIModel } from "./lib/host.mjs";
import { KINDS, SCHEMA } from "./lib/quantity_schema.mjs";

const require = createRequire(import.meta.url);
const { Format, FormatterSpec, ParserSpec } = require("@itwin/core-quantity");
const { KindOfQuantity, OverrideFormat, Phenomenon, SchemaItemType, SchemaUnitProvider } = require("@itwin/ecschema-metadata");

const EMPTY = new URL("../data/empty.bim", import.meta.url).pathname;
const DICTIONARY = "0x10";
const VALUES = [0, 1, -1, 0.5, -0.25, 1.7320508075688772, 3.048, 12.3456789, 100, 273.15, 1234.5678, -98765.4321, 1e-5, 2.5e7, 3.2e13];
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

function insert(db) {
  return db.elements.insertElement({
    classFullName: "QuantityTest:Gauge",
    model: DICTIONARY,
    code: { spec: "0x1", scope: "0x1", value: "" },
    userLabel: "Gauge",
    theLength: 1.7320508075688772,
    at: { x: 0.3048, y: 1, z: -2.54 },
    lengths: [0.1, 3.6576],
    path: [{ x: 1, y: 2, z: 3 }],
    size: { width: 0.1 + 0.2, note: "wide" },
    sizes: [{ width: 1 }, { width: 2 }],
    short: "abc",
    some: 1,
    half: 0.25,
    kind: 9,
    fixed: "stays",
    there: "2024-05-06T07:08:09.010Z",
  });
}

function attempt(work) {
  try {
    return work();
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
}

async function presented(kind, text, props, unit, provider) {
  const format = await Format.createFromJSON(text, provider, props);
  const formatter = await FormatterSpec.create(text, format, provider, unit);
  const parser = await ParserSpec.create(format, provider, unit);
  const values = VALUES.map((value) => {
    const shown = attempt(() => formatter.applyFormatting(value));
    return [value, shown, typeof shown === "string" ? attempt(() => parser.parseToQuantityValue(shown)) : null];
  });
  tell({ kind, presentation: text, values });
}

async function recordKinds(db, provider) {
  for (const [name] of KINDS) {
    const koq = await db.schemaContext.getSchemaItem(`QuantityTest.${name}`, KindOfQuantity);
    const unit = await provider.findUnitByName((await koq.persistenceUnit).fullName);
    for (const lazy of koq.presentationFormats) {
      const format = await lazy;
      const props = OverrideFormat.isOverrideFormat(format) ? format.getFormatProps() : format.toJSON();
      await presented(`QuantityTest:${name}`, format.fullName, props, unit, provider);
    }
  }
}

async function recordConversions(db, provider) {
  const schema = (await db.schemaContext.getSchemaItem("Units.LENGTH", Phenomenon)).schema;
  for (const item of schema.getItems()) {
    if (item.schemaItemType !== SchemaItemType.Phenomenon) continue;
    const [first, ...others] = await provider.getUnitsByFamily(item.fullName);
    for (const unit of others) {
      const conversion = await provider.getConversion(unit, first).catch((e) => ({ error: String(e.message) }));
      tell({ from: unit.name, to: first.name, ...conversion });
    }
  }
}

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: quantities.mjs NEW.bim > ANSWERS.jsonl");
  process.exit(2);
}
copyFileSync(EMPTY, file);
await withHost(() => withIModel(file, true, async (db) => {
  await db.importSchemaStrings([SCHEMA]);
  db.saveChanges("schema");
  tell({ element: insert(db) });
  db.saveChanges("element");
  const provider = new SchemaUnitProvider(db.schemaContext);
  await recordKinds(db, provider);
  await recordConversions(db, provider);
}));
