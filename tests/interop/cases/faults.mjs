// Edits that the official backend refuses, and the iModel they are tried on. The numbers are asked, not written here.
import { category, object, partition, subject } from "./scripts.mjs";

const TAKEN = "e0e0e0e0-0000-4000-8000-aaaaaaaaaaaa";
const DUPLICATE = { spec: "0x1", scope: "0x1", value: "taken" };
const BAD_SCOPE = { spec: "0x1", scope: "0x999", value: "x" };
const OWNS = "BisCore:SubjectOwnsSubjects";
const OWNS_PARTITION = "BisCore:SubjectOwnsPartitionElements";

export const FAULT_FRAME = [
  { op: "insertElement", as: "s", props: subject({ code: DUPLICATE, federationGuid: TAKEN }) },
  { op: "insertElement", as: "child", props: subject({}, "$s") },
  { op: "insertElement", as: "scoped", props: subject({ code: { spec: "0x1", scope: "$child", value: "in child" } }) },
  { op: "insertElement", as: "free", props: partition("0x1", "free") },
  { op: "insertElement", as: "part", props: partition("0x1", "part") },
  { op: "insertModel", as: "model", props: { classFullName: "BisCore:PhysicalModel", modeledElement: { id: "$part" } } },
  { op: "insertElement", as: "cat", props: category("used") },
  { op: "insertElement", as: "dcat", props: { ...category("drawing"), classFullName: "BisCore:DrawingCategory",
    code: { spec: "bis:DrawingCategory", scope: "0x10", value: "drawing" } } },
  { op: "insertElement", as: "o", props: object("$model", "$cat") },
  { op: "save", description: "frame of the faults" },
];

const insert = (name, props) => [`insert: ${name}`, { op: "insertElement", props }];
const update = (name, props) => [`update: ${name}`, { op: "updateElement", props }];
const model = (name, props) => [`model: ${name}`, { op: "insertModel", props }];
const remove = (name, id) => [`delete: ${name}`, { op: "deleteElement", id }];
const s = (more) => subject(more);
const o = (more) => object("$model", "$cat", more);
const parent = (id, relClassName) => ({ parent: { id, relClassName } });

export const FAULTS = [
  insert("unknown class", s({ classFullName: "BisCore:Nope" })),
  insert("unknown schema", s({ classFullName: "Nope:Subject" })),
  insert("no class", s({ classFullName: undefined })),
  insert("abstract class", s({ classFullName: "BisCore:InformationReferenceElement" })),
  insert("no model", s({ model: undefined })),
  insert("model does not exist", s({ model: "0x999" })),
  insert("subject outside the repository model", s({ model: "0x10" })),
  insert("subject in a physical model", s({ model: "$model" })),
  insert("no parent", s({ parent: undefined })),
  insert("parent without relationship", s(parent("0x1"))),
  insert("parent by unknown relationship", s(parent("0x1", "BisCore:Nope"))),
  insert("parent does not exist", s(parent("0x999", OWNS))),
  insert("duplicate code", s({ code: DUPLICATE })),
  insert("duplicate code in other case", s({ code: { ...DUPLICATE, value: " TAKEN " } })),
  insert("scope does not exist", s({ code: BAD_SCOPE })),
  insert("scope is no id", s({ code: { ...BAD_SCOPE, scope: "junk" } })),
  insert("code spec does not exist", s({ code: { spec: "0x999", scope: "0x1", value: "x" } })),
  insert("code of 351 bytes", s({ code: { spec: "0x1", scope: "0x1", value: "x".repeat(351) } })),
  insert("code of 350 letters, 700 bytes", s({ code: { spec: "0x1", scope: "0x1", value: "é".repeat(350) } })),
  insert("duplicate federation GUID", s({ federationGuid: TAKEN })),
  insert("partition without parent", { ...partition("0x1", "p1"), parent: undefined }),
  insert("partition below a partition", { ...partition("0x1", "p2"), ...parent("0x10", OWNS_PARTITION) }),
  insert("partition in the dictionary", { ...partition("0x1", "p3"), model: "0x10" }),
  insert("category outside a definition model", { ...category("c1"), model: "0x1" }),
  insert("category without a name", { ...category("") }),
  insert("category with a bad name", category("a/b")),
  insert("object without category", o({ category: undefined })),
  insert("object in a category that does not exist", o({ category: "0x999" })),
  insert("object in a drawing category", o({ category: "$dcat" })),
  insert("object whose category is a subject", o({ category: "0x1" })),
  insert("object in the repository model", o({ model: "0x1" })),
  insert("object in the dictionary", o({ model: "0x10" })),
  insert("drawing graphic in a physical model", o({ classFullName: "BisCore:DrawingGraphic", category: "$dcat" })),
  insert("type definition does not exist", o({ typeDefinition: { id: "0x999", relClassName: "BisCore:PhysicalElementIsOfType" } })),
  insert("several: class and model", s({ classFullName: "BisCore:Nope", model: "0x999" })),
  insert("several: abstract and model", s({ classFullName: "BisCore:InformationReferenceElement", model: "0x999" })),
  insert("several: abstract and no parent", s({ classFullName: "BisCore:InformationReferenceElement", parent: undefined })),
  insert("several: model and code", s({ model: "0x999", code: DUPLICATE })),
  insert("several: model and scope", s({ model: "0x999", code: BAD_SCOPE })),
  insert("several: code and no parent", s({ code: DUPLICATE, parent: undefined })),
  insert("several: code and parent does not exist", s({ code: DUPLICATE, ...parent("0x999", OWNS) })),
  insert("several: code and GUID", s({ code: DUPLICATE, federationGuid: TAKEN })),
  insert("several: scope and no parent", s({ code: BAD_SCOPE, parent: undefined })),
  insert("several: wrong model and no parent", s({ model: "0x10", parent: undefined })),
  insert("several: wrong model and code", s({ model: "0x10", code: DUPLICATE })),
  insert("several: abstract and code", s({ classFullName: "BisCore:InformationReferenceElement", code: DUPLICATE })),
  insert("several: wrong model and category", o({ model: "0x1", category: "0x999" })),
  insert("several: category and scope", o({ category: "0x999", code: BAD_SCOPE })),
  update("element does not exist", { id: "0x9999", userLabel: "x" }),
  update("duplicate code", { id: "$child", code: DUPLICATE }),
  update("scope does not exist", { id: "$child", code: BAD_SCOPE }),
  update("duplicate federation GUID", { id: "$child", federationGuid: TAKEN }),
  update("parent cycle", { id: "$s", ...parent("$child", OWNS) }),
  update("its own parent", { id: "$s", ...parent("$s", OWNS) }),
  update("parent does not exist", { id: "$s", ...parent("0x999", OWNS) }),
  update("category does not exist", { id: "$o", category: "0x999" }),
  model("modelled element does not exist", { classFullName: "BisCore:PhysicalModel", modeledElement: { id: "0x999" } }),
  model("no modelled element", { classFullName: "BisCore:PhysicalModel" }),
  model("already modelled", { classFullName: "BisCore:PhysicalModel", modeledElement: { id: "$part" } }),
  model("of a subject", { classFullName: "BisCore:PhysicalModel", modeledElement: { id: "$s" } }),
  model("does not fit the partition", { classFullName: "BisCore:DefinitionModel", modeledElement: { id: "$free" } }),
  model("abstract", { classFullName: "BisCore:GeometricModel3d", modeledElement: { id: "$free" } }),
  model("of an element class", { classFullName: "BisCore:Subject", modeledElement: { id: "$free" } }),
  model("of an unknown class", { classFullName: "BisCore:Nope", modeledElement: { id: "$free" } }),
  remove("the root subject", "0x1"),
  remove("the dictionary partition", "0x10"),
  remove("missing", "0x9999"),
  remove("with a sub-model", "$part"),
  remove("scope of another's code", "$child"),
  remove("a category", "$cat"),
  ["redo: nothing to redo", { op: "redo" }],
];
