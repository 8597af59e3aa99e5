// Edits of models, definitions, trees, file properties and the iModel's place, and every other concrete class that the
// other scripts leave out; and what the official backend refuses of these.
import { category, partition, subject } from "./scripts.mjs";

let last = 0;
function guid() {
  last += 1;
  return `e0e0e0e0-0000-4000-8002-${last.toString(16).padStart(12, "0")}`;
}

const code = (value = "", scope = "0x1", spec = "0x1") => ({ spec, scope, value });
const insert = (as, classFullName, more) => ({ op: "insertElement", as,
  props: { classFullName, model: "0x10", code: code(), federationGuid: guid(), ...more } });
const model = (as, of, cls, more = {}) => ({ op: "insertModel", as, props: { classFullName: cls, modeledElement: { id: of }, ...more } });
const change = (id, props) => ({ op: "updateModel", props: { id, ...props } });
const update = (id, props) => ({ op: "updateElement", props: { id, ...props } });
const save = (description) => ({ op: "save", description });
const definitions = (...ids) => ({ op: "deleteDefinitionElements", ids });
const tree = (id) => ({ op: "deleteElementTree", id });
const extents = (...ids) => ({ op: "queryExtents", ids });
const prop = (name, more = {}) => ({ namespace: "interop", name, ...more });
const bytes = (n, f) => ({ $base64: Buffer.from(Uint8Array.from({ length: n }, (_, i) => f(i))).toString("base64") });

const part = (as, value, cls) => ({ op: "insertElement", as,
  props: { ...partition("0x1", value), classFullName: `BisCore:${cls}`, federationGuid: guid() } });
const cat = (as, value, more = {}) => ({ op: "insertElement", as, props: category(value, { federationGuid: guid(), ...more }) });
const drawingCat = (as, value) => insert(as, "BisCore:DrawingCategory", { code: code(value, "0x10", "bis:DrawingCategory") });
const sub = (as, value, of, more = {}) => insert(as, "BisCore:SubCategory", { code: code(value, of, "bis:SubCategory"),
  parent: { id: of, relClassName: "BisCore:CategoryOwnsSubCategories" }, ...more });
const object = (as, m, c, more = {}) => insert(as, "Generic:PhysicalObject", { model: m, category: c, ...more });
const BOX = { low: [-1, -2, 0], high: [1, 2, 3.5] };
const at = (origin, more = {}) => ({ placement: { origin, angles: {}, bbox: BOX, ...more } });

/** Every kind of model and what may be in it: 45 classes of BisCore and Generic. */
const CLASSES = [
  part("pDef", "m def", "DefinitionPartition"), model("mDef", "$pDef", "BisCore:DefinitionModel"),
  part("pPhys", "m phys", "PhysicalPartition"), model("mPhys", "$pPhys", "BisCore:PhysicalModel", { isPlanProjection: true }),
  part("pLoc", "m loc", "SpatialLocationPartition"), model("mLoc", "$pLoc", "BisCore:SpatialLocationModel", { isPrivate: true }),
  part("pDoc", "m doc", "DocumentPartition"), model("mDoc", "$pDoc", "BisCore:DocumentListModel", { jsonProperties: { a: [1, null] } }),
  part("pRec", "m rec", "InformationRecordPartition"), model("mRec", "$pRec", "BisCore:InformationRecordModel", { isTemplate: true }),
  part("pLink", "m link", "LinkPartition"), model("mLink", "$pLink", "BisCore:LinkModel"),
  part("pGroup", "m group", "GroupInformationPartition"), model("mGroup", "$pGroup", "Generic:GroupModel"),
  part("pG3", "m g3", "GraphicalPartition3d"), model("mG3", "$pG3", "Generic:GraphicalModel3d", { isNotSpatiallyLocated: true }),
  cat("c", "model cat"), cat("free", "free cat"), drawingCat("dc", "model drawing cat"), sub("s2", "second", "$c", { appearance: { color: 7 } }),
  save("frame of the models"),
  object("o1", "$mPhys", "$c", at([1, 2, 3])),
  object("o2", "$mPhys", "$c", { ...at([100.1, -200.2, 3e3], { angles: { yaw: 33, pitch: -12 } }),
    parent: { id: "$o1", relClassName: "BisCore:PhysicalElementAssemblesElements" } }),
  insert("loc", "Generic:SpatialLocation", { model: "$mLoc", category: "$c", ...at([0, 0, 0]) }),
  insert("vol", "BisCore:VolumeElement", { model: "$mLoc", category: "$c", ...at([5, 5, 5]) }),
  insert("g3", "Generic:Graphic3d", { model: "$mG3", category: "$c", ...at([0.1, 0.2, 0.3]) }),
  insert("drawing", "BisCore:Drawing", { model: "$mDoc", code: code("drawing", "$mDoc", "bis:Drawing"), scaleFactor: 50 }),
  model("mDraw", "$drawing", "BisCore:DrawingModel"),
  insert("sheet", "BisCore:Sheet", { model: "$mDoc", code: code("sheet", "$mDoc", "bis:Sheet"), width: 1.5, height: 2, scale: 1 }),
  model("mSheet", "$sheet", "BisCore:SheetModel"),
  insert("section", "BisCore:SectionDrawing", { model: "$mDoc", code: code("section", "$mDoc", "bis:Drawing"), sectionType: 3 }),
  model("mSection", "$section", "BisCore:SectionDrawingModel"),
  insert("doc", "Generic:Document", { model: "$mDoc", userLabel: "document" }),
  insert("graphic", "BisCore:DrawingGraphic", { model: "$mDraw", category: "$dc",
    placement: { origin: [1.1, -2.2], angle: 33, bbox: { low: [-1, 0], high: [3, 2] } } }),
  insert("title", "Generic:TitleText", { model: "$mSheet", category: "$dc" }),
  insert("callout", "Generic:SectionCallout", { model: "$mSheet", category: "$dc", userLabel: "A-A" }),
  insert("border", "BisCore:SheetBorder", { model: "$mSheet", category: "$dc" }),
  insert("group", "Generic:Group", { model: "$mGroup", userLabel: "group" }),
  insert("url", "BisCore:UrlLink", { model: "$mLink", url: "https://a/b", description: "d" }),
  insert("repo", "BisCore:RepositoryLink", { model: "$mLink", url: "https://r", format: "F", repositoryGuid: "0a0b0c0d-0000-4000-8000-000000000001" }),
  insert("folder", "BisCore:FolderLink", { model: "$mLink", url: "https://f" }),
  insert("embedded", "BisCore:EmbeddedFileLink", { model: "$mLink", name: "n", description: "d" }),
  insert("sync", "BisCore:SynchronizationConfigLink", { model: "$mLink", url: "https://s" }),
  insert("ext", "BisCore:ExternalSource", { model: "0x1", repository: { id: "$repo", relClassName: "BisCore:ExternalSourceIsInRepository" }, connectorName: "c" }),
  insert("extGroup", "BisCore:ExternalSourceGroup", { model: "0x1" }),
  insert("extAtt", "BisCore:ExternalSourceAttachment", { model: "0x1", parent: { id: "$ext", relClassName: "BisCore:ExternalSourceOwnsAttachments" },
    attaches: { id: "$extGroup", relClassName: "BisCore:ExternalSourceAttachmentAttachesSource" }, pitch: 1.5 }),
  insert("type", "Generic:PhysicalType", { model: "$mDef", userLabel: "type" }),
  insert("type2", "Generic:GraphicalType2d", { model: "$mDef" }),
  insert("locType", "Generic:SpatialLocationType", { model: "$mDef" }),
  insert("material", "Generic:PhysicalMaterial", { model: "$mDef" }),
  insert("color", "BisCore:ColorBook", { model: "$mDef" }),
  insert("setGroup", "BisCore:DefinitionGroup", { model: "$mDef", isPrivate: true }),
  insert("container", "BisCore:DefinitionContainer", { model: "$mDef", code: code("container", "$mDef") }),
  model("mContainer", "$container", "BisCore:DefinitionModel"),
  insert("recipe", "BisCore:TemplateRecipe3d", { model: "$mDef", code: code("recipe", "$mDef") }),
  model("mRecipe", "$recipe", "BisCore:PhysicalModel", { isTemplate: true }),
  object("inTemplate", "$mRecipe", "$c", at([1, 1, 1])),
  insert("acs", "BisCore:AuxCoordSystem3d", { model: "$mDef", origin: { x: 1, y: 2, z: 3 }, yaw: 10 }),
  insert("line", "BisCore:LineStyle", { model: "$mDef", description: "line", data: "{}" }),
  object("typed", "$mPhys", "$c", { typeDefinition: { id: "$type", relClassName: "BisCore:PhysicalElementIsOfType" } }),
  save("every class"),
  extents("$mPhys", "$mLoc", "$mG3", "$mDraw", "$mSheet", "$mDoc", "0x1", "0x999", "$mRecipe"),
];

const CHANGES = [
  change("$mPhys", { isPrivate: true }), change("$mPhys", { isPrivate: false, isPlanProjection: false }), change("$mPhys", {}),
  change("$mPhys", { jsonProperties: { note: "x", formatter: { fmtFlags: { linMode: 2, clockwise: true }, mastUnit: { label: "ft", num: 0.3048, sys: 1 },
    rndUnit: 2.5 }, tail: [1, 2.5, null, 1e21] } }),
  change("$mPhys", { jsonProperties: { other: true } }), change("$mPhys", { isTemplate: true }), extents("$mPhys"), change("$mPhys", { isTemplate: false }),
  change("$mDraw", { jsonProperties: { formatter: {} }, isPrivate: true }), change("$mDoc", { jsonProperties: {} }), change("$mDoc", { jsonProperties: null }),
  change("$mRec", { isTemplate: false }), change("0x10", { isPrivate: true }), change("$mG3", { geometryChanged: true }), change("$mDoc", { updateLastMod: true }),
  save("changed models"),
  update("$sheet", { width: 3 }), update("$repo", { format: null, url: "https://r2" }), update("$section", { userLabel: "s" }),
  update("$typed", { typeDefinition: null }), update("$acs", { origin: { x: 4, y: 5, z: 6 } }), update("$ext", { connectorName: null }),
  update("$group", { jsonProperties: { a: 9007199254740991, b: "\u0001" } }),
  save("changed elements"),
  object("typed2", "$mPhys", "$c", { typeDefinition: { id: "$type", relClassName: "BisCore:PhysicalElementIsOfType" } }), save("typed"),
  definitions("$type"), save("a type that was used"),
  definitions("$c", "$free", "$s2"), definitions("$line", "$color", "$acs"), save("definitions"),
  { op: "queryChildren", id: "$o1" }, { op: "queryChildren", id: "0x999" },
];

const STYLE = { styles: { viewflags: { renderMode: 0 }, environment: {
  ground: { display: false, elevation: -0.01, aboveColor: 32768, belowColor: 1262987 },
  sky: { display: false, twoColor: false, groundExponent: 4, skyExponent: 4, groundColor: 8228728, zenithColor: 16741686, nadirColor: 3880,
    skyColor: 16764303, image: { type: 0 } } } } };

const VIEWS = [
  insert("csel", "BisCore:CategorySelector", { categories: ["$c", "$dc"] }), insert("msel", "BisCore:ModelSelector", { models: ["$mPhys", "$mLoc"] }),
  // What the official backend adds to the JSON of a display style is of another test.
  insert("style", "BisCore:DisplayStyle3d", { jsonProperties: STYLE }),
  insert("view", "BisCore:SpatialViewDefinition", { categorySelectorId: "$csel", modelSelectorId: "$msel", displayStyleId: "$style",
    origin: [0, 0, 0], extents: [1, 1, 1], angles: {}, cameraOn: false, camera: { eye: [0, 0, 0], lens: 45, focusDist: 1 } }),
  save("a view"), definitions("$csel", "$msel", "$style"), { op: "deleteModel", id: "$mLoc" }, save("a selected model is gone"),
  definitions("$csel", "$view", "$style"), definitions("$msel"), save("the view is gone"),
];

const DELETES = [
  { op: "deleteModel", id: "$mDraw" }, { op: "deleteModel", id: "$mGroup" }, save("models are gone"),
  tree("$pDoc"), save("documents"), tree("$o1"), tree("$pDef"), save("trees"),
  { op: "undo", count: 2 }, { op: "redo" }, tree("$pDef"), tree("$pPhys"), save("the rest"), tree("$pDef"), save("nothing uses them now"),
];

const PROPERTIES = [
  { op: "saveFileProperty", prop: prop("text"), string: "hello Ä" }, { op: "saveFileProperty", prop: prop("empty"), string: "" },
  { op: "saveFileProperty", prop: prop("blob", { id: 3, subId: 7 }), blob: bytes(40, (i) => i) },
  { op: "saveFileProperty", prop: prop("at the limit"), blob: bytes(100, () => 0) }, { op: "saveFileProperty", prop: prop("packed"), blob: bytes(5000, (i) => i % 7) },
  { op: "saveFileProperty", prop: prop("both"), string: "s", blob: bytes(300, (i) => (i * 7919) % 256) }, save("properties"),
  { op: "saveFileProperty", prop: prop("packed"), string: "a text now" }, { op: "saveFileProperty", prop: prop("text"), blob: bytes(101, () => 1) },
  { op: "deleteFileProperty", prop: prop("both") }, { op: "deleteFileProperty", prop: prop("none") }, save("changed properties"),
  { op: "queryFileProperty", prop: prop("text") }, { op: "queryFileProperty", prop: prop("packed") }, { op: "queryFileProperty", prop: prop("both") },
  { op: "queryFileProperty", prop: prop("blob", { id: 3, subId: 7 }) },
  { op: "updateProjectExtents", projectExtents: { low: [-1, -2, -3.5], high: [10.1, 20.2, 1e17] } }, save("extents"),
  { op: "updateProjectExtents", projectExtents: { low: { x: 5, y: 5, z: 5 }, high: { x: 1, y: 6, z: 5 } } },
  { op: "updateGlobalOrigin", globalOrigin: [1, 2.5, -3e10] }, save("place"),
  { op: "updateEcefLocation", ecefLocation: { origin: [4200000, 600000, 4700000], orientation: { yaw: 30, roll: 5 },
    cartographicOrigin: { longitude: 0.1, latitude: 0.7, height: 12 } } }, save("ecef"),
  { op: "updateEcefLocation", ecefLocation: { origin: [4200000, 600000, 4700000], orientation: {}, xVector: [1, 0, 0.5], yVector: [0, 1, 0.25] } }, save("ecef again"),
  { op: "undo", count: 2 }, { op: "redo" },
];

export const MODELS = [...CLASSES, ...CHANGES, ...VIEWS, ...DELETES];
export const FILE_PROPERTIES = PROPERTIES;

/** What small.bim holds, deleted as trees and as definitions, each alone. */
export const SMALL_TREES = ["0x11", "0x12", "0x14", "0x15", "0x2d", "0x35", "0x38", "0x8a", "0x1a0", "0x1b3"].map((id) => [tree(id), save(`tree ${id}`)]);
export const SMALL_DEFINITIONS = Array.from({ length: 0x1bf }, (_, i) => definitions(`0x${(i + 2).toString(16)}`)).concat(save("definitions"));

export const MODEL_FAULT_FRAME = [
  part("p", "faulty", "DefinitionPartition"), model("m", "$p", "BisCore:DefinitionModel"),
  insert("c", "BisCore:DefinitionContainer", { model: "$m", code: code("c", "$m") }), model("cm", "$c", "BisCore:DefinitionModel"),
  part("pp", "faulty too", "PhysicalPartition"), model("pm", "$pp", "BisCore:PhysicalModel"), cat("cat", "faulty cat"),
  { op: "insertElement", as: "subject", props: subject() },
  { op: "insertElement", as: "scoped", props: subject({ code: code("in it", "$pm") }) },
  save("frame of the faults"),
];

export const MODEL_FAULTS = [
  ["updateModel: does not exist", change("0x999", { isPrivate: true })],
  ["updateModel: no id", { op: "updateModel", props: { isPrivate: true } }],
  ["updateModel: id 0", change("0", {})],
  ["updateModel: junk id", change("junk", {})],
  ["updateModel: an element without a model", change("$subject", {})],
  ["deleteModel: does not exist", { op: "deleteModel", id: "0x999" }],
  ["deleteModel: an element without a model", { op: "deleteModel", id: "$subject" }],
  ["deleteModel: repository model", { op: "deleteModel", id: "0x1" }],
  ["deleteModel: dictionary", { op: "deleteModel", id: "0x10" }],
  ["deleteModel: reality data", { op: "deleteModel", id: "0xe" }],
  ["deleteModel: an element in it has a model", { op: "deleteModel", id: "$m" }],
  ["deleteElementTree: does not exist", tree("0x999")],
  ["deleteElementTree: a code is scoped to it", tree("$pp")],
  ["deleteDefinitionElements: a container with a model", definitions("$c")],
];
