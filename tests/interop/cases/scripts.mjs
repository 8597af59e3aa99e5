// Edit scripts that both sides run. GUIDs are given, so that only times and the GUIDs that are never given differ.
const GUID_PREFIX = "e0e0e0e0";
let last = 0;

function guid() {
  last += 1;
  return `${GUID_PREFIX}-0000-4000-8000-${last.toString(16).padStart(12, "0")}`;
}

/** True for a GUID literal X'...' that a script gave. */
export function isGivenGuid(literal) {
  return literal.toLowerCase().startsWith(`x'${GUID_PREFIX}`);
}

export const EMPTY_CODE = { spec: "0x1", scope: "0x1", value: "" };

export function subject(more = {}, parent = "0x1") {
  return {
    classFullName: "BisCore:Subject",
    model: "0x1",
    code: EMPTY_CODE,
    parent: { id: parent, relClassName: "BisCore:SubjectOwnsSubjects" },
    federationGuid: guid(),
    ...more,
  };
}

export function partition(parent, value) {
  return {
    classFullName: "BisCore:PhysicalPartition",
    model: "0x1",
    code: { spec: "bis:InformationPartitionElement", scope: parent, value },
    parent: { id: parent, relClassName: "BisCore:SubjectOwnsPartitionElements" },
    federationGuid: guid(),
  };
}

export function category(value, more = {}) {
  return {
    classFullName: "BisCore:SpatialCategory",
    model: "0x10",
    code: { spec: "bis:SpatialCategory", scope: "0x10", value },
    federationGuid: guid(),
    ...more,
  };
}

export function object(model, cat, more = {}) {
  return {
    classFullName: "Generic:PhysicalObject", model, category: cat, code: EMPTY_CODE, federationGuid: guid(), ...more,
  };
}

const BOX = { low: [-1, -2, 0], high: [1, 2, 3.5] };
const insert = (as, props) => ({ op: "insertElement", as, props });
const update = (id, props) => ({ op: "updateElement", props: { id, ...props } });
const save = (description) => ({ op: "save", description });

/** Everything of the first stage on a new iModel: five kinds of entity, updates, deletes, undo, redo, abandon. */
export const FRAME = [
  insert("site", subject({ userLabel: "Site", description: "the place" })),
  insert("house", subject({
    userLabel: "Haus Ä 😀", code: { spec: "bis:Subject", scope: "$site", value: "  House 1\t" },
    jsonProperties: { a: 1, list: [1.5, "two", null, true], nested: { deep: { er: "x\n\"y\"" } } },
  }, "$site")),
  insert("part", partition("$site", "Physical")),
  { op: "insertModel", as: "model", props: { classFullName: "BisCore:PhysicalModel", modeledElement: { id: "$part" } } },
  insert("walls", category("Walls", { description: "all walls", rank: 0 })),
  insert("doors", category("Doors", { userLabel: "D", isPrivate: true })),
  save("frame"),
  insert("a", object("$model", "$walls", {
    placement: { origin: [10, 20, 30], angles: { yaw: 30, pitch: 15, roll: -7.5 }, bbox: BOX }, userLabel: "a",
  })),
  insert("b", object("$model", "$walls", { placement: { origin: [1, 2, 3], angles: {} },
    code: { spec: "0x1", scope: "$model", value: "b" } })),
  insert("c", object("$model", "$doors")),
  insert("d", object("$model", "$doors", {
    placement: { origin: [0, 0, -1e6], angles: { yaw: 390 }, bbox: BOX },
    parent: { id: "$a", relClassName: "BisCore:PhysicalElementAssemblesElements" },
  })),
  save("objects"),
  update("$a", { userLabel: "moved", placement: { origin: [11, 20, 30], angles: { yaw: 33.3 }, bbox: BOX } }),
  update("$b", { code: { spec: "0x1", scope: "$model", value: " b2 " }, category: "$doors" }),
  update("$d", { userLabel: "only a label" }),
  update("$site", { description: "", userLabel: null }),
  update("$house", { jsonProperties: {} }),
  update("$walls", { description: "some walls", rank: 2 }),
  save("updates; 50 % Ä 😀"),
  { op: "deleteElement", id: "$c" },
  { op: "deleteElement", id: "$a" },
  save("deletes"),
  { op: "undo" },
  insert("late", subject({ userLabel: "after undo" })),
  save("after undo"),
  { op: "undo", count: 2 },
  { op: "redo" },
  insert("lost", subject({ userLabel: "abandoned" })),
  { op: "abandon" },
  { op: "save", description: "nothing" },
  insert("again", subject({ userLabel: "takes the abandoned id" })),
  { op: "deleteElement", ids: ["$b", "$again"] },
  insert("last", subject({ userLabel: "last" }, "$house")),
  { op: "save" },
];

/** Edits of what small.bim holds (ids from its manifest): every property kind, geometry, aspects, relationships. */
export const SMALL = [
  update("0x130", {
    s: "text Ä", i: -7, l: 1234567890123, d: 0.1, b: false, utc: "2026-01-02T03:04:05.678Z", day: "2026-01-02",
    unspec: "2026-01-02T03:04:05.678", p2: { x: 1.25, y: -2 }, p3: { x: 1, y: 2, z: 3 }, state: 1, level: "B",
    g: "0a0b0c0d-0000-4000-8000-000000000001", json: "{\"k\":1}", nickname: null,
  }),
  update("0x131", { dim: { width: 4, height: 5, unit: "cm" }, tags: [{ name: "one", weight: 1 }], controller: null }),
  update("0x132", { controller: { id: "0x3b", relClassName: "WebEditTest.RecordControlsWidgets" }, s: null, p3: null }),
  save("widgets"),
  update("0x8a", { userLabel: "geometry stays" }),
  update("0x8b", { placement: { origin: [5, 5, 5], angles: { yaw: 90 }, bbox: BOX } }),
  save("objects with geometry"),
  insert("w", { ...object("0x35", "0x16"), classFullName: "WebEditTest:Widget", s: "new", i: 3, p3: { x: 1, y: 2, z: 3 },
    utc: "2026-01-02T03:04:05.678Z", state: 2, level: "C", dim: { width: 1, unit: "m" },
    placement: { origin: [1, 1, 1], angles: {}, bbox: BOX } }),
  insert("wide", { ...object("0x35", "0x16"), classFullName: "WebEditTest:WideWidget" }),
  insert("rec", { classFullName: "WebEditTest:Record", model: "0x38", code: EMPTY_CODE, federationGuid: guid() }),
  save("new of the test schema"),
  { op: "deleteElement", ids: ["0x133", "0x134", "0x18a", "0x189"] },
  { op: "deleteElement", id: "0x120" },
  { op: "deleteElement", id: "0x3c" },
  save("deletes"),
  { op: "undo" },
  { op: "redo" },
  { op: "undo", count: 2 },
];
