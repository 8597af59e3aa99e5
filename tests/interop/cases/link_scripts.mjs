// The schema, the edits and the faults of links.mjs.
const DATE_KIND = (member, kind) => `<ECCustomAttributes><DateTimeInfo xmlns="CoreCustomAttributes.01.00.03"><${member}>${kind}</${member}>
  </DateTimeInfo></ECCustomAttributes>`;

/** One property of every type; @nav is its navigation relationship, if it has one. */
const properties = (nav) => `
  <ECProperty propertyName="I" typeName="int"/><ECProperty propertyName="L" typeName="long"/>
  <ECProperty propertyName="D" typeName="double"/><ECProperty propertyName="B" typeName="boolean"/>
  <ECProperty propertyName="S" typeName="string"/><ECProperty propertyName="Bin" typeName="binary"/>
  <ECProperty propertyName="G" typeName="binary" extendedTypeName="BeGuid"/>
  <ECProperty propertyName="Js" typeName="string" extendedTypeName="Json"/>
  <ECProperty propertyName="Utc" typeName="dateTime">${DATE_KIND("DateTimeKind", "Utc")}</ECProperty>
  <ECProperty propertyName="Day" typeName="dateTime">${DATE_KIND("DateTimeComponent", "Date")}</ECProperty>
  <ECProperty propertyName="Any" typeName="dateTime"/>
  <ECProperty propertyName="P2" typeName="point2d"/><ECProperty propertyName="P3" typeName="point3d"/>
  <ECStructProperty propertyName="Dim" typeName="wet:Dimension"/><ECStructProperty propertyName="MainTag" typeName="wet:Tag"/>
  <ECArrayProperty propertyName="Ints" typeName="int"/><ECArrayProperty propertyName="Longs" typeName="long"/>
  <ECArrayProperty propertyName="Strs" typeName="string"/><ECArrayProperty propertyName="Dts" typeName="dateTime"/>
  <ECArrayProperty propertyName="P3s" typeName="point3d"/><ECArrayProperty propertyName="Bins" typeName="binary"/>
  <ECStructArrayProperty propertyName="Tags" typeName="wet:Tag"/>
  <ECProperty propertyName="State" typeName="wet:Status"/><ECProperty propertyName="Level" typeName="wet:Grade"/>
  ${nav === undefined ? "" : `<ECNavigationProperty propertyName="Target" relationshipName="${nav}" direction="forward"/>`}`;

const end = (name, multiplicity, of) => `<${name} multiplicity="${multiplicity}" roleLabel="${name}" polymorphic="true">
  <Class class="${of}"/></${name}>`;

const navigation = (name, source) => `<ECRelationshipClass typeName="${name}" strength="referencing" modifier="None">
  ${end("Source", "(0..*)", source)}${end("Target", "(0..1)", "bis:Element")}</ECRelationshipClass>`;

const link = (name, base, members) => `<ECRelationshipClass typeName="${name}" strength="referencing" modifier="None">
  <BaseClass>${base}</BaseClass>${end("Source", "(0..*)", "bis:Element")}${end("Target", "(0..*)", "bis:Element")}
  ${members}</ECRelationshipClass>`;

const entity = (name, base, members) => `<ECEntityClass typeName="${name}"><BaseClass>${base}</BaseClass>${members}</ECEntityClass>`;

const MORE = "<ECProperty propertyName=\"More\" typeName=\"string\"/>";

/** Aspects and links of every property type, and classes that derive from them. */
export const SCHEMA = `<?xml version="1.0" encoding="UTF-8"?>
<ECSchema schemaName="LinkTest" alias="lt" version="01.00.00" xmlns="http://www.bentley.com/schemas/Bentley.ECXML.3.2">
  <ECSchemaReference name="BisCore" version="01.00.22" alias="bis"/>
  <ECSchemaReference name="CoreCustomAttributes" version="01.00.03" alias="CoreCA"/>
  <ECSchemaReference name="WebEditTest" version="01.00.00" alias="wet"/>
  ${entity("AllMulti", "bis:ElementMultiAspect", properties("MultiNav"))}
  ${entity("AllUnique", "bis:ElementUniqueAspect", properties("UniqueNav"))}
  ${entity("SubUnique", "AllUnique", MORE)}
  ${entity("SubNote", "wet:WidgetNote", MORE)}
  ${navigation("MultiNav", "AllMulti")}${navigation("UniqueNav", "AllUnique")}
  ${link("AllLink", "bis:ElementRefersToElements", properties())}
  ${link("SubDrives", "bis:ElementDrivesElement", "<ECProperty propertyName=\"Note\" typeName=\"string\"/>")}
</ECSchema>`;

const NOTE = "WebEditTest:WidgetNote";
const INFO = "WebEditTest:WidgetInfo";
const SOURCE = "BisCore:ExternalSourceAspect";
const REFERS = "WebEditTest:WidgetRefersToRecord";
const GROUPS = "BisCore:ElementGroupsMembers";
const DRIVES = "BisCore:ElementDrivesElement";
const REFERS_BASE = "BisCore:ElementRefersToElements";
const OWNS_MULTI = "BisCore:ElementOwnsMultiAspects";

const of = (id, relClassName) => ({ element: relClassName === undefined ? { id } : { id, relClassName } });
const aspect = (classFullName, owner, more = {}, as = undefined) => ({ op: "insertAspect", as, props: { classFullName, ...of(owner), ...more } });
const updateAspect = (classFullName, owner, id, more) => ({ op: "updateAspect", props: { classFullName, id, ...of(owner), ...more } });
const ends = (sourceId, targetId) => ({ sourceId, targetId });
const relate = (classFullName, source, target, more = {}, as = undefined) => (
  { op: "insertRelationship", as, props: { classFullName, ...ends(source, target), ...more } });
const updateLink = (classFullName, id, more) => ({ op: "updateRelationship", props: { classFullName, id, ...more } });
const deleteLink = (classFullName, id) => ({ op: "deleteRelationship", props: { classFullName, id } });
const spec = (name, properties) => ({ op: "insertCodeSpec", name, properties });
const save = (description) => ({ op: "save", description });

/** A value of every type. The official backend takes binary values of aspects and links as text only. */
const FULL = {
  i: -5, l: 2 ** 40, d: 0.5, b: true, s: "ünïcode", bin: "encoding=base64;AQID", g: "e0e0e0e0-0000-4000-8000-0000000000ff",
  js: "{\"a\":1}", utc: "2024-01-02T03:04:05.678Z", day: "2024-02-29", any: "2024-01-02T03:04:05",
  p2: { x: 1, y: 2.5 }, p3: { x: 1, y: 2, z: 3 }, dim: { width: 1, unit: "cm" }, mainTag: { name: "n", dim: { height: 2 } },
  ints: [1, 2], longs: [2 ** 40], strs: ["a", ""], dts: ["2024-01-02T03:04:05"], p3s: [{ x: 1, y: 2, z: 3 }],
  bins: ["encoding=base64;AQID"], tags: [{ name: "t", weight: 3, dim: { width: 1 } }, { name: "u" }], state: 1, level: "a",
};
const nulls = (o) => Object.fromEntries(Object.keys(o).map((k) => [k, null]));
const each = (o) => Object.entries(o).map(([k, v]) => ({ [k]: v }));

export const LINK_SCRIPT = [
  // Aspects: every property alone, all together, all cleared.
  ...each(FULL).map((v) => aspect("LinkTest:AllMulti", "0x130", v)),
  aspect("LinkTest:AllMulti", "0x131", { ...FULL, target: { id: "0x1", relClassName: "LinkTest.MultiNav" } }, "all"),
  aspect("LinkTest:AllUnique", "0x131", { ...FULL, target: { id: "0x10", relClassName: "LinkTest:UniqueNav" } }),
  aspect("LinkTest:AllMulti", "0x132", {}),
  updateAspect("LinkTest:AllMulti", "0x131", "$all", { dim: { height: 7 }, mainTag: { name: null }, i: null }),
  save("aspects of every type"),
  updateAspect("LinkTest:AllMulti", "0x131", "$all", nulls(FULL)),
  // A unique aspect is replaced: what is not named is cleared, also within a struct.
  aspect("LinkTest:AllUnique", "0x131", { s: "second", dim: { width: 4 } }),
  aspect(INFO, "0x130", { info: "replaced" }),
  aspect(INFO, "0x131", { info: "new", checked: false, size: { width: 1, height: 2, unit: "m" } }, "info"),
  aspect(INFO, "0x131", { size: { unit: "cm" } }),
  updateAspect(INFO, "0x131", "$info", { size: { width: 3 } }),
  updateAspect(INFO, "0x131", undefined, { info: "by its owner" }),
  updateAspect(INFO, "0x131", "0x7fffffff", { checked: true }),
  // One of a derived class makes room for one of the base class, but not the other way round.
  aspect("LinkTest:SubUnique", "0x133", { s: "sub", more: "m" }),
  aspect("LinkTest:AllUnique", "0x133", { s: "base" }),
  aspect("LinkTest:SubUnique", "0x133", { s: "sub beside", more: "m" }),
  save("unique aspects"),
  // Order: by id, and by class for a concrete one.
  aspect(SOURCE, "0x132", { identifier: "e1", kind: "k", scope: { id: "0x1" } }),
  aspect("LinkTest:SubNote", "0x132", { text: "sub", more: "x", rating: 2 }),
  aspect(NOTE, "0x132", { text: "", rating: 0, when: "2024-03-04" }, "note"),
  aspect(SOURCE, "0x132", { identifier: "e2", kind: "k", scope: { id: "0x132" }, source: { id: "0x33" }, version: "v", checksum: "c",
    jsonProperties: "{\"b\":[1,null]}" }, "source"),
  { op: "insertAspect", props: { classFullName: "wet:widgetnote", ...of("0x132", OWNS_MULTI), text: "any spelling" } },
  { op: "insertAspect", props: { classFullName: NOTE, ...of("0x132", "BisCore:ElementOwnsUniqueAspect"), text: "any relationship" } },
  aspect("BisCore:ChannelRootAspect", "0x13", { owner: "channel" }),
  updateAspect(SOURCE, "0x132", "$source", { jsonProperties: null, scope: { id: "0x99999" } }),
  updateAspect(NOTE, "0x132", "$note", {}),
  save("sources and notes"),
  { op: "deleteAspect", id: "$note" },
  { op: "deleteAspect", id: "$info" },
  { op: "deleteAspect", id: "0x5c" },
  save("deleted aspects"),
  // Relationships.
  relate(REFERS, "0x130", "0x3b", { role: "r", confidence: 0.5, memberPriority: 3 }, "r1"),
  relate(REFERS, "0x130", "0x3b"),
  relate(REFERS, "0x130", "0x3b", { role: "" }),
  relate("wet.widgetreferstorecord", "0x131", "0x3b", { role: null }),
  relate(REFERS, "0x1", "0x1"),
  relate(GROUPS, "0x1b2", "0x8b", { memberPriority: 7 }, "g1"),
  relate(GROUPS, "0x1b2", "0x8b", { memberPriority: -7 }),
  relate(GROUPS, "0x1b2", "0x1b2"),
  { ...relate(REFERS_BASE, "0x1b2", "0x8b"), refused: true },
  { ...aspect(NOTE, "0x130", { text: 5 }), refused: true },
  relate("BisCore:CategorySelectorRefersToCategories", "0x1b4", "0x1"),
  relate("BisCore:ModelSelectorRefersToModels", "0x1b4", "0x35", {}, "selected"),
  relate("LinkTest:AllLink", "0x130", "0x131", FULL, "full"),
  ...each(FULL).map((v, i) => relate("LinkTest:AllLink", "0x131", "0x132", { ...v, memberPriority: i })),
  relate(DRIVES, "0x8a", "0x8b", {}, "d1"),
  relate(DRIVES, "0x8b", "0x8c", { status: 1, priority: 5 }, "d2"),
  relate("LinkTest:SubDrives", "0x8a", "0x8b", { note: "n", status: 0x81 }, "d3"),
  relate(DRIVES, "0x8b", "0x8d", { status: 257, priority: -1 }, "d4"),
  save("relationships"),
  // An update clears what it does not name, unless it names nothing.
  updateLink(REFERS, "0x2a", { role: "changed" }),
  updateLink(REFERS, "$r1", {}),
  updateLink(REFERS, "$r1", ends("0x1", "0x10")),
  updateLink(GROUPS, "$g1", { memberPriority: null }),
  updateLink("LinkTest:AllLink", "$full", { dim: { height: 1 }, s: "only" }),
  updateLink(DRIVES, "$d1", { status: 3 }),
  updateLink(DRIVES, "$d4", { priority: 2 }),
  save("updates"),
  { op: "updateElement", props: { id: "0x8a", userLabel: "the driver has changed" } },
  save("driver"),
  deleteLink(REFERS, "$r1"),
  deleteLink(REFERS_BASE, "0x2b"),
  deleteLink(GROUPS, "0x99999"),
  deleteLink(GROUPS, "0x2c"),
  deleteLink(DRIVES, "$d2"),
  deleteLink("BisCore:ModelSelectorRefersToModels", "$selected"),
  save("deletes"),
  // Undo and redo take all of it along.
  { op: "undo", count: 3 },
  { op: "redo" },
  // Code specs.
  spec("lt:one", { scopeSpec: { type: 1 } }),
  spec("  lt:two\t", { scopeSpec: { type: 4, relationship: "x" }, spec: { isManagedWithDgnDb: true }, n: null, f: 0.1, big: 1e21, tiny: 1e-7,
    ü: "é\u0001\"/\u2028" }),
  spec("\u00a0lt:three\u3000\ufeff", 2),
  spec("", {}),
  save("code specs"),
  { op: "insertElement", props: { classFullName: "BisCore:Subject", model: "0x1", code: { spec: "lt:two", scope: "0x1", value: "uses it" },
    parent: { id: "0x1", relClassName: "BisCore:SubjectOwnsSubjects" }, federationGuid: "e0e0e0e0-0000-4000-8000-0000000000fe" } },
  save("a code of it"),
  { op: "undo", count: 2 },
  spec("lt:one", { scopeSpec: { type: 3 } }),
  save("the same name after undo"),
];

const fault = (name, op, ours) => ({ name, op, ours });
const W = (more, as) => relate(REFERS, "0x130", "0x3b", more, as);

/** @ours: our number where the official backend has no error of its own. */
export const LINK_FAULTS = [
  fault("aspect: no owner", { op: "insertAspect", props: { classFullName: NOTE } }),
  fault("aspect: owner null", { op: "insertAspect", props: { classFullName: NOTE, element: null } }),
  fault("aspect: owner as text", { op: "insertAspect", props: { classFullName: NOTE, element: "0x130" } }),
  fault("aspect: owner 0", aspect(NOTE, "0")),
  fault("aspect: owner does not exist", aspect(NOTE, "0x99999")),
  fault("aspect: unknown class", aspect("BisCore:Nope", "0x130")),
  fault("aspect: no class", aspect(undefined, "0x130")),
  fault("aspect: abstract class", aspect("BisCore:ElementMultiAspect", "0x130")),
  fault("aspect: abstract unique class", aspect("BisCore:ElementUniqueAspect", "0x130")),
  fault("aspect: unknown relationship", { op: "insertAspect", props: { classFullName: NOTE, ...of("0x130", "BisCore:Nope") } }),
  fault("aspect: class of elements", aspect("BisCore:Subject", "0x130"), 65595),
  fault("aspect: unknown class and owner", aspect("BisCore:Nope", "0x99999")),
  fault("aspect: unknown class and no owner", { op: "insertAspect", props: { classFullName: "BisCore:Nope" } }),
  fault("aspect: abstract and no owner", { op: "insertAspect", props: { classFullName: "BisCore:ElementMultiAspect" } }),
  fault("aspect: unknown relationship and type", { op: "insertAspect", props: { classFullName: NOTE, ...of("0x130", "BisCore:Nope"), text: 5 } }),
  ...Object.entries({ d: "x", b: 1, s: 5, bin: 5, js: { a: 1 }, utc: 5, day: "junk", any: "2024-01-02T03:04:05+01:00", p2: { a: 1 }, p3: { x: 1, y: 2 },
    dim: 5, mainTag: "x", ints: {}, strs: [1], dts: ["junk"], p3s: [{ x: 1 }], bins: [5], tags: [1, "x"], level: 5, target: "0x1" })
    .map(([k, v]) => fault(`aspect: ${k} of a wrong type`, aspect("LinkTest:AllMulti", "0x130", { [k]: v }), k === "tags" ? 65542 : undefined)),
  fault("aspect: a member of a struct that it has not", aspect("LinkTest:AllMulti", "0x130", { dim: { nope: 1 } })),
  fault("aspect: unknown member", aspect(NOTE, "0x130", { nope: 1 }), 65542),
  fault("aspect update: no owner", { op: "updateAspect", props: { classFullName: NOTE, id: "0x5c", text: "x" } }),
  fault("aspect update: owner does not exist", updateAspect(NOTE, "0x99999", "0x5c", { text: "x" })),
  fault("aspect update: unknown class", updateAspect("BisCore:Nope", "0x131", "0x5c", { text: "x" })),
  fault("aspect update: no class", updateAspect(undefined, "0x131", "0x5c", { text: "x" })),
  fault("aspect update: does not exist", updateAspect(NOTE, "0x131", "0x99999", { text: "x" })),
  fault("aspect update: of another class", updateAspect(INFO, "0x131", "0x5c", { info: "x" })),
  fault("aspect update: unique, of another owner", updateAspect(INFO, "0x131", "0x5b", { info: "x" })),
  fault("aspect update: multi, of another owner", updateAspect(NOTE, "0x132", "0x5c", { text: "x" }), 65574),
  fault("aspect update: no id", updateAspect(NOTE, "0x131", undefined, { text: "x" }), 65559),
  fault("aspect update: wrong type", updateAspect(NOTE, "0x131", "0x5c", { text: 5 }), 65539),
  fault("aspect delete: does not exist", { op: "deleteAspect", id: "0x99999" }),
  fault("aspect delete: an element", { op: "deleteAspect", id: "0x1" }),
  fault("relationship: abstract class", relate(REFERS_BASE, "0x130", "0x3b")),
  fault("relationship: unknown class", relate("BisCore:Nope", "0x130", "0x3b")),
  fault("relationship: class of elements", relate("BisCore:Subject", "0x130", "0x3b")),
  fault("relationship: navigation", relate("BisCore:ElementOwnsChildElements", "0x130", "0x131")),
  fault("relationship: navigation of our schema", relate("WebEditTest:RecordControlsWidgets", "0x3b", "0x131")),
  fault("relationship: there already", relate(GROUPS, "0x1b2", "0x8a", { memberPriority: 0 })),
  fault("relationship: drives already", relate(DRIVES, "0xee", "0xef")),
  fault("relationship: no source", relate(REFERS, undefined, "0x3b"), 65539),
  fault("relationship: target is no id", relate(REFERS, "0x130", "junk"), 65539),
  fault("relationship: source does not exist", relate(REFERS, "0x99999", "0x3b"), 65553),
  fault("relationship: target does not exist", relate(REFERS, "0x130", "0x99999"), 65553),
  fault("relationship: an element is no model", relate("BisCore:ModelSelectorRefersToModels", "0x1b4", "0x130"), 65553),
  fault("relationship: drives itself", relate(DRIVES, "0x130", "0x130"), 65590),
  fault("relationship: a circle", relate("LinkTest:SubDrives", "0xef", "0xee"), 65590),
  fault("relationship: unknown member", W({ nope: 1 }), 65539),
  fault("relationship: wrong type", W({ role: 5 }), 65539),
  fault("relationship update: no class", updateLink(undefined, "0x2a", { role: "x" })),
  fault("relationship update: unknown class", updateLink("BisCore:Nope", "0x2a", { role: "x" })),
  fault("relationship update: class of elements", updateLink("BisCore:Subject", "0x1", { description: "x" })),
  fault("relationship update: abstract class", updateLink(REFERS_BASE, "0x2a", { memberPriority: 1 })),
  fault("relationship update: no id", updateLink(REFERS, undefined, { role: "x" })),
  fault("relationship update: does not exist", updateLink(REFERS, "0x99999", { role: "x" }), 65574),
  fault("relationship update: of another class", updateLink(GROUPS, "0x2a", { memberPriority: 1 }), 65574),
  fault("relationship delete: no class", deleteLink(undefined, "0x2a")),
  fault("relationship delete: unknown class", deleteLink("BisCore:Nope", "0x2a")),
  fault("relationship delete: class of elements", deleteLink("BisCore:Subject", "0x1")),
  fault("relationship delete: no id", deleteLink(REFERS, undefined), 1),
  fault("code spec: name taken", spec("bis:Subject", { scopeSpec: { type: 1 } })),
  fault("code spec: name taken in other case", spec(" BIS:subject ", { scopeSpec: { type: 1 } })),
  fault("code spec: no properties", spec("lt:x", undefined)),
  fault("code spec: properties of a wrong type", spec("lt:x", [1]), 65539),
];
