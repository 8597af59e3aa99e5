// Schemas: what we say of every class against the official backend's metadata and schema JSON, and a schema that is
// imported while we have the file open for reading.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { _nativeDb, withIModel } from "../lib/host.mjs";
import { Client, inBothEncodings } from "../lib/client.mjs";
import { equal, ok } from "../lib/tap.mjs";

const RICH = readFileSync(join(dirname(fileURLToPath(import.meta.url)), "Rich.ecschema.xml"), "utf8");

const importRich = (file) => withIModel(file, true, async (db) => {
  await db.importSchemaStrings([RICH]);
  db.saveChanges();
});

const pick = (object, keys) => Object.fromEntries(keys.filter((k) => object[k] !== undefined).map((k) => [k, object[k]]));

/** A whole number from a MessagePack long, as JSON has it. */
const plain = (v) => JSON.parse(JSON.stringify(v, (_, x) => (typeof x === "bigint" ? Number(x) : x)));

// ---- class metadata (getECClassMetaData) ----

const CLASS_KEYS = ["classId", "ecclass", "description", "modifier", "displayLabel", "baseClasses"];
const PROPERTY_KEYS = ["primitiveType", "structName", "extendedType", "description", "displayLabel", "minimumValue", "maximumValue",
  "minimumLength", "maximumLength", "readOnly", "direction", "relationshipClass", "minOccurs", "maxOccurs", "isCustomHandled"];

/** The metadata loses arrays, members of structs, binaries and most dates of attributes; their names and scalars are compared. */
const attributes = (list) => (list ?? []).map((a) => ({
  ecclass: a.ecclass,
  scalars: Object.fromEntries(Object.entries(a.properties ?? {}).filter(([k, v]) => k !== "T" && k !== "Bin" && typeof v !== "object")),
}));

const metadata = (o) => ({
  ...pick(o, CLASS_KEYS),
  attributes: attributes(o.customAttributes),
  properties: Object.entries(o.properties ?? {}).map(([name, p]) => ({ name, ...pick(p, PROPERTY_KEYS), attributes: attributes(p.customAttributes) })),
});

// ---- schema JSON (EC 3.2) ----

const colon = (name) => name?.replace(".", ":");

const jsonAttributes = (list) => (list ?? []).map(({ className, ...properties }) => {
  const { T: _t, Bin: _bin, ...rest } = properties;
  return { ecclass: colon(className), properties: rest };
});
const ourAttributes = (list) => (list ?? []).map((a) => {
  const { T: _t, Bin: _bin, ...rest } = a.properties ?? {};
  // An empty struct says nothing.
  if (rest.O !== undefined && JSON.stringify(rest.O) === '{}') delete rest.O;
  return { ecclass: a.ecclass, properties: rest };
});

const defined = (object) => JSON.parse(JSON.stringify(object));

const jsonProperty = (p) => defined({
  name: p.name, type: p.type, label: p.label, description: p.description, readOnly: p.isReadOnly, priority: p.priority,
  category: colon(p.category), kindOfQuantity: colon(p.kindOfQuantity), typeName: colon(p.typeName), extendedType: p.extendedTypeName,
  minOccurs: p.minOccurs, maxOccurs: p.maxOccurs, minimumLength: p.minLength, maximumLength: p.maxLength, minimumValue: p.minValue,
  maximumValue: p.maxValue, relationshipClass: colon(p.relationshipName), direction: p.direction,
  attributes: jsonAttributes(p.customAttributes),
});
const ourProperty = (p) => defined({
  ...pick(p, ["name", "type", "label", "description", "readOnly", "priority", "category", "kindOfQuantity", "typeName", "extendedType",
    "minOccurs", "maxOccurs", "minimumLength", "maximumLength", "minimumValue", "maximumValue", "relationshipClass", "direction"]),
  attributes: ourAttributes(p.customAttributes),
});

const jsonEnd = (e) => e && defined({
  classes: e.constraintClasses.map(colon), abstract: colon(e.abstractConstraint), multiplicity: e.multiplicity, polymorphic: e.polymorphic,
  roleLabel: e.roleLabel, attributes: jsonAttributes(e.customAttributes),
});
const ourEnd = (e) => e && defined({
  classes: e.constraintClasses, abstract: e.abstractConstraint, multiplicity: e.multiplicity, polymorphic: e.polymorphic,
  roleLabel: e.roleLabel, attributes: ourAttributes(e.customAttributes),
});

const jsonClass = (c) => defined({
  schemaItemType: c.schemaItemType, label: c.label, description: c.description,
  modifier: c.modifier === "None" || c.schemaItemType === "Mixin" ? undefined : c.modifier,
  baseClass: colon(c.baseClass), mixins: c.mixins?.map(colon), appliesTo: colon(c.appliesTo), strength: c.strength,
  strengthDirection: c.strengthDirection, source: jsonEnd(c.source), target: jsonEnd(c.target),
  attributes: c.schemaItemType === "Mixin" ? [] : jsonAttributes(c.customAttributes), properties: (c.properties ?? []).map(jsonProperty),
});
const ourClass = (c) => defined({
  ...pick(c, ["schemaItemType", "label", "description", "baseClass", "mixins", "appliesTo", "strength", "strengthDirection"]),
  modifier: c.schemaItemType === "Mixin" ? undefined : c.modifier, source: ourEnd(c.source), target: ourEnd(c.target),
  attributes: c.schemaItemType === "Mixin" ? [] : ourAttributes(c.customAttributes), properties: Object.values(c.properties).map(ourProperty),
});

const CLASS_TYPES = ["EntityClass", "Mixin", "StructClass", "CustomAttributeClass", "RelationshipClass"];

/** Every class and enumeration of every schema; the number of classes. */
async function compareAll(client, db) {
  let n = 0;
  for (const schema of await client.call("schema.list", { items: true })) {
    const json = db.getSchemaProps(schema.name);
    const items = Object.entries(json.items ?? {});
    equal(schema.classes.map((c) => c.name).sort(), items.filter(([, i]) => CLASS_TYPES.includes(i.schemaItemType)).map(([k]) => k).sort(),
      `classes of ${schema.name}`);
    for (const { name } of schema.classes) {
      const full = `${schema.name}:${name}`;
      const ours = plain(await client.call("schema.getClass", { classFullName: full }));
      equal(metadata(ours), metadata(JSON.parse(db[_nativeDb].getECClassMetaData(schema.name, name).result)), `metadata of ${full}`);
      equal(ourClass(ours), jsonClass(json.items[name]), `JSON of ${full}`);
      for (const [key, theirs] of [["kindsOfQuantity", "KindOfQuantity"], ["categories", "PropertyCategory"]]) {
        for (const [item, value] of Object.entries(ours[key] ?? {})) {
          const [s, i] = item.split(":");
          equal({ schemaItemType: theirs, ...value }, db.getSchemaProps(s).items[i], item);
        }
      }
      n += 1;
    }
    for (const [name, item] of items.filter(([, i]) => i.schemaItemType === "Enumeration")) {
      const { fullName, ...ours } = plain(await client.call("schema.getEnumeration", { enumeration: `${schema.name}.${name}` }));
      equal({ schemaItemType: "Enumeration", ...ours }, item, fullName);
    }
  }
  return n;
}

function compareTest(encoding) {
  return {
    name: `schemas: every class, property, enumeration and quantity is described as the official backend has it (${encoding})`,
    async run(ctx) {
      const imodel = ctx.place(ctx.data("small"));
      await importRich(ctx.file(imodel));
      const client = await Client.connect(ctx.ready, encoding);
      await client.call("briefcase.open", { imodel, mode: "readonly" });
      await withIModel(ctx.take(imodel), false, async (db) => {
        ok(await compareAll(client, db) > 370, "all classes were compared");
      });
      await client.close();
    },
  };
}

/** getClass, or undefined when there is none. */
async function find(client, classFullName) {
  try {
    return await client.call("schema.getClass", { classFullName });
  } catch (e) {
    equal(e.errorName, "NotFound", "error");
    return undefined;
  }
}

function importTest(encoding) {
  return {
    name: `schemas: one that the official backend imports while we read is seen at the next request (${encoding})`,
    async run(ctx) {
      const imodel = ctx.place(ctx.data("small"));
      const reader = await Client.connect(ctx.ready, encoding);
      await reader.call("briefcase.open", { imodel, mode: "readonly" });
      ok(await find(reader, "Rich:Leaf") === undefined, "the class is not there yet");
      await importRich(ctx.file(imodel));
      equal((await find(reader, "rich.leaf"))?.ecclass, "Rich:Leaf", "class after the import");
      const id = await withIModel(ctx.file(imodel), true, async (db) => {
        const made = db.elements.insertElement({ classFullName: "Rich:Leaf", model: "0x10", code: { spec: "0x1", scope: "0x1", value: "" }, n: 7 });
        db.saveChanges();
        return made;
      });
      equal((await reader.call("elements.getElementProps", { id })).n, 7, "property of an element of the new class");
      await reader.close();
      // Our own next open must not take what it knew of the file before.
      const writer = await Client.connect(ctx.ready, encoding);
      await writer.call("briefcase.open", { imodel });
      equal((await find(writer, "Rich:Leaf"))?.ecclass, "Rich:Leaf", "class at the next open");
      await writer.call("elements.updateElement", { props: { id, n: 8 } });
      await writer.call("txns.saveChanges", {});
      await writer.close();
      await withIModel(ctx.take(imodel), false, async (db) => {
        equal(db.elements.getElementProps(id).n, 8, "property after our edit");
      });
    },
  };
}

export const tests = inBothEncodings((encoding) => [compareTest(encoding), importTest(encoding)]);
