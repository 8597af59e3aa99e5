// Element props for the script generator: which classes, where they may live, what they refer to.
import { bytes, guid, json, point2, point3, property, text } from "./values.mjs";

/** Thrown when what an element needs is not there yet: @op makes it, and is the step instead. */
export class Instead extends Error {
  constructor(op) {
    super("instead");
    this.op = op;
  }
}

const REPOSITORY = ["BisCore:RepositoryModel"];
const DEFINITIONS = ["BisCore:DefinitionModel"];
const PHYSICAL = ["BisCore:PhysicalModel"];
const DRAWINGS = ["BisCore:DrawingModel"];
const LINKS = ["BisCore:LinkModel"];
const DOCUMENTS = ["BisCore:DocumentListModel"];
const RECORDS = ["BisCore:InformationRecordModel"];
const CHILD = { rel: "BisCore:ElementOwnsChildElements", share: 0.25 };
const PARTS = { of: ["BisCore:PhysicalElement"], rel: "BisCore:PhysicalElementAssemblesElements", share: 0.3 };

const partition = (weight) => ({
  weight, models: REPOSITORY, spec: "bis:InformationPartitionElement",
  parent: { of: ["BisCore:Subject"], rel: "BisCore:SubjectOwnsPartitionElements", share: 1 },
});
const definition = (weight, spec, more) => ({ weight, models: DEFINITIONS, spec, ...more });
const geometric3d = (weight, models, more) => ({ weight, models, category: "BisCore:SpatialCategory", placement: 3, ...more });
const geometric2d = (weight, models, more) => ({ weight, models, category: "BisCore:DrawingCategory", placement: 2, ...more });

/** A model of the class is made of an element of the class on the right. */
export const MODELLED = {
  "BisCore:PhysicalModel": "BisCore:PhysicalPartition",
  "BisCore:SpatialLocationModel": "BisCore:SpatialLocationPartition",
  "BisCore:InformationRecordModel": "BisCore:InformationRecordPartition",
  "BisCore:DefinitionModel": "BisCore:DefinitionPartition",
  "BisCore:DocumentListModel": "BisCore:DocumentPartition",
  "BisCore:LinkModel": "BisCore:LinkPartition",
  "Generic:GroupModel": "BisCore:GroupInformationPartition",
  "Generic:GraphicalModel3d": "BisCore:GraphicalPartition3d",
  "BisCore:DrawingModel": "BisCore:Drawing",
  "BisCore:SheetModel": "BisCore:Sheet",
  "BisCore:SectionDrawingModel": "BisCore:SectionDrawing",
};

/* models: where it lives; spec: its CodeSpec; parent: {of, rel, share}: how often it has one; extra: further members. */
export const ELEMENTS = {
  "BisCore:Subject": { weight: 5, models: REPOSITORY, spec: "bis:Subject",
    parent: { of: ["BisCore:Subject"], rel: "BisCore:SubjectOwnsSubjects", share: 1 } },
  "BisCore:PhysicalPartition": partition(2),
  "BisCore:SpatialLocationPartition": partition(1),
  "BisCore:InformationRecordPartition": partition(1),
  "BisCore:DefinitionPartition": partition(2),
  "BisCore:DocumentPartition": partition(1),
  "BisCore:GroupInformationPartition": partition(1),
  "BisCore:LinkPartition": partition(1),
  "BisCore:GraphicalPartition3d": partition(1),
  "BisCore:SpatialCategory": definition(3, "bis:SpatialCategory", { named: true, extra: category }),
  "BisCore:DrawingCategory": definition(2, "bis:DrawingCategory", { named: true, extra: category }),
  "BisCore:SubCategory": definition(3, "bis:SubCategory", {
    named: true, extra: subCategory, scopeParent: true,
    parent: { of: ["BisCore:Category"], rel: "BisCore:CategoryOwnsSubCategories", share: 1 },
  }),
  "BisCore:DefinitionContainer": definition(2, "bis:NullCodeSpec"),
  "BisCore:DefinitionGroup": definition(1, "bis:NullCodeSpec"),
  "BisCore:RenderMaterial": definition(2, "bis:RenderMaterial", { extra: material }),
  "BisCore:Texture": definition(1, "bis:Texture", { extra: texture }),
  "BisCore:LineStyle": definition(1, "bis:LineStyle"),
  "BisCore:CategorySelector": definition(2, "bis:CategorySelector", { extra: categorySelector }),
  "BisCore:ModelSelector": definition(2, "bis:ModelSelector", { extra: modelSelector }),
  "BisCore:DisplayStyle3d": definition(1, "bis:DisplayStyle"),
  "BisCore:DisplayStyle2d": definition(1, "bis:DisplayStyle"),
  "BisCore:SpatialViewDefinition": definition(1, "bis:ViewDefinition", { extra: view3d }),
  "BisCore:OrthographicViewDefinition": definition(1, "bis:ViewDefinition", { extra: view3d }),
  "BisCore:DrawingViewDefinition": definition(1, "bis:ViewDefinition", { extra: view2d }),
  "BisCore:UrlLink": { weight: 2, models: LINKS, spec: "bis:LinkElement", extra: link },
  "BisCore:RepositoryLink": { weight: 2, models: LINKS, spec: "bis:LinkElement", extra: repositoryLink },
  "BisCore:FolderLink": { weight: 1, models: LINKS, spec: "bis:LinkElement", extra: link },
  "BisCore:ExternalSource": { weight: 2, models: REPOSITORY, spec: "bis:ExternalSource" },
  "BisCore:ExternalSourceAttachment": { weight: 1, models: REPOSITORY, spec: "bis:ExternalSourceAttachment",
    parent: { of: ["BisCore:ExternalSource"], rel: "BisCore:ExternalSourceOwnsAttachments", share: 1 } },
  "BisCore:Drawing": { weight: 2, models: DOCUMENTS, spec: "bis:Drawing" },
  "BisCore:SectionDrawing": { weight: 1, models: DOCUMENTS, spec: "bis:Drawing" },
  "BisCore:Sheet": { weight: 1, models: DOCUMENTS, spec: "bis:Sheet" },
  "Generic:Document": { weight: 1, models: DOCUMENTS, spec: "bis:NullCodeSpec" },
  "BisCore:DrawingGraphic": geometric2d(3, DRAWINGS, { parent: { of: ["BisCore:DrawingGraphic"], ...CHILD } }),
  "Generic:DetailCallout": geometric2d(1, DRAWINGS),
  "Generic:Graphic3d": geometric3d(2, ["Generic:GraphicalModel3d"]),
  "Generic:SpatialLocation": geometric3d(1, ["BisCore:SpatialLocationModel", ...PHYSICAL]),
  "Generic:PhysicalObject": geometric3d(8, PHYSICAL, { parent: PARTS, extra: physical }),
  "Generic:PhysicalType": definition(1, "bis:PhysicalType"),
  "Generic:PhysicalMaterial": definition(1, "bis:PhysicalMaterial"),
  "Generic:GraphicalType2d": definition(1, "bis:GraphicalType2d"),
  "Generic:Group": { weight: 2, models: ["Generic:GroupModel"], spec: "bis:NullCodeSpec", parent: { of: ["Generic:Group"], ...CHILD } },
  "WebEditTest:Widget": geometric3d(8, PHYSICAL, { parent: PARTS, extra: physical }),
  "WebEditTest:WideWidget": geometric3d(3, PHYSICAL, { parent: PARTS, extra: physical }),
  "WebEditTest:Record": { weight: 4, models: RECORDS, spec: "wet:TagInModel", parent: { of: ["WebEditTest:Record"], ...CHILD } },
  "WebEditTest:SpecialRecord": { weight: 3, models: RECORDS, spec: "wet:TagGlobal", parent: { of: ["WebEditTest:Record"], ...CHILD } },
};

/** What the rules of elements own; the members of all other properties are made from their types. */
const RULED = ["BisCore:Element", "BisCore:GeometricElement2d", "BisCore:GeometricElement3d", "BisCore:ViewDefinition2d",
  "BisCore:ViewDefinition3d", "BisCore:SpatialViewDefinition"];

function color(g) {
  return g.r.below(0x1000000);
}

function category(g) {
  return g.r.chance(0.5) ? { rank: g.r.below(5), description: text(g.r), isPrivate: g.r.chance(0.3) } : {};
}

function subCategory(g) {
  if (g.r.chance(0.3)) return {};
  const appearance = { color: color(g) };
  if (g.r.chance(0.4)) appearance.weight = g.r.below(32);
  if (g.r.chance(0.3)) appearance.invisible = g.r.chance(0.5);
  if (g.r.chance(0.3)) appearance.transp = g.r.below(1000) / 1000;
  if (g.r.chance(0.2)) appearance.priority = g.r.below(200) - 100;
  if (g.r.chance(0.2)) appearance.dontPlot = true;
  return { appearance, ...(g.r.chance(0.4) ? { description: text(g.r) } : {}) };
}

/* Without JSON properties the official backend writes some at the second update, not at the first. */
function material(g) {
  return { jsonProperties: { a: json(g.r), ...(g.r.chance(0.5) ? { materialAssets: { renderMaterial: { color: [0.5, 0.25, 1] } } } : {}) } };
}

function texture(g) {
  return { format: g.r.pick([0, 2]), data: bytes(g.r), ...(g.r.chance(0.5) ? { description: text(g.r), width: 2, height: 3, flags: 0 } : {}) };
}

function link(g) {
  return { ...(g.r.chance(0.8) ? { url: text(g.r) } : {}), ...(g.r.chance(0.5) ? { description: text(g.r) } : {}) };
}

function repositoryLink(g) {
  return { ...link(g), ...(g.r.chance(0.6) ? { repositoryGuid: guid(g.r) } : {}), ...(g.r.chance(0.5) ? { format: "DGN" } : {}) };
}

function idsOf(g, found, most) {
  return g.r.some(found, g.r.below(most + 1)).map((e) => g.world.element(e.id));
}

function categorySelector(g) {
  return { categories: idsOf(g, g.world.elementsOf("BisCore:Category"), 4) };
}

function modelSelector(g) {
  return { models: idsOf(g, g.world.modelsOf("BisCore:GeometricModel3d"), 4) };
}

function physical(g) {
  const types = g.world.elementsOf("BisCore:PhysicalType");
  if (types.length === 0 || g.r.chance(0.8)) return {};
  return { typeDefinition: { id: g.world.element(g.r.pickLate(types).id), relClassName: "BisCore:PhysicalElementIsOfType" } };
}

/* Such as stay when they go through a matrix once more: the official backend sends all through one at every update of a view. */
const angles = (g) => ({ yaw: g.r.pick([0, 10, 45, 90, 135, 180, 146, 318, 213, 405, -45]) });
const list3 = (p) => [p.x, p.y, p.z];

function view3d(g) {
  return {
    categorySelectorId: g.need("BisCore:CategorySelector"), displayStyleId: g.need("BisCore:DisplayStyle3d"),
    modelSelectorId: g.need("BisCore:ModelSelector"), origin: list3(point3(g.r)),
    extents: [1 + g.r.below(100), 1 + g.r.below(100), 1 + g.r.below(100)], angles: angles(g),
    cameraOn: g.r.chance(0.5), camera: { eye: list3(point3(g.r)), focusDist: g.r.below(50), lens: 1 + g.r.below(120) },
  };
}

function view2d(g) {
  const p = point2(g.r);
  return {
    categorySelectorId: g.need("BisCore:CategorySelector"), displayStyleId: g.need("BisCore:DisplayStyle2d"),
    baseModelId: g.model(["BisCore:DrawingModel"]), origin: [p.x, p.y], delta: [1 + g.r.below(100), 1 + g.r.below(100)], angle: g.r.below(360),
  };
}

function box(g, dimensions) {
  const low = [-g.r.below(100) / 8, -g.r.below(100) / 8, -g.r.below(100) / 8];
  const high = low.map((v) => v + g.r.below(200) / 8);
  return g.r.chance(0.08) && dimensions === 3 ? { low: high, high: low } : { low, high };
}

function angle(g) {
  const degrees = g.r.pick([0, 30, 45, 90, 180, 360, 390, -30, 0.1, 12.345, 1e-9]);
  return g.r.weighted([[8, degrees], [1, { degrees }], [1, { radians: degrees / 60 }]]);
}

/** A placement for two or three dimensions, at times an odd one. */
export function placement(g, dimensions) {
  const near = () => (g.r.chance(0.1) ? g.r.pick([0, 1e-9, -0.001, 1e6, -1e7, 1 / 3]) : g.r.below(4000) / 8 - 250);
  const p = { x: near(), y: near(), z: near() };
  if (dimensions === 2) {
    const b = box(g, 2);
    return {
      origin: g.r.chance(0.9) ? [p.x, p.y] : { x: p.x, y: p.y }, angle: angle(g),
      ...(g.r.chance(0.7) ? { bbox: { low: b.low.slice(0, 2), high: b.high.slice(0, 2) } } : {}),
    };
  }
  const turned = {};
  for (const k of ["yaw", "pitch", "roll"]) if (g.r.chance(0.4)) turned[k] = angle(g);
  return {
    origin: g.r.chance(0.9) ? [p.x, p.y, p.z] : p, angles: turned,
    ...(g.r.chance(0.7) ? { bbox: box(g, 3) } : {}),
  };
}

/** Properties by their types: each with probability @share. */
export function plainMembers(g, cls, share, without = RULED) {
  const out = {};
  for (const p of g.classes.properties(cls, without)) {
    if (p.custom && p.name !== "isPrivate" && p.name !== "description") continue;
    if (g.r.chance(share)) out[p.name] = property(g.r, p, { wrong: g.wrong, navigation: (n) => navigation(g, n) });
  }
  return out;
}

function navigation(g, p) {
  const found = g.world.elementsOf(...p.ends);
  if (found.length === 0) return null;
  return { id: g.world.element(g.r.pickLate(found).id), relClassName: p.relationship };
}

function parentOf(g, cls, kind, model) {
  if (kind.parent === undefined || !g.r.chance(kind.parent.share)) return undefined;
  let found = g.world.elementsOf(...kind.parent.of);
  if (kind.placement !== undefined) found = found.filter((e) => e.model === model);
  if (cls === "BisCore:SubCategory") found = found.filter((e) => g.world.models.has(e.model));
  if (found.length === 0) {
    if (kind.parent.share < 1) return undefined;
    throw new Instead(g.insert(kind.parent.of[0] === "BisCore:Category" ? "BisCore:SpatialCategory" : kind.parent.of[0]));
  }
  return g.r.pickLate(found);
}

/** The members every element may have. */
export function commonMembers(g, cls) {
  const out = {};
  if (g.r.chance(0.4)) out.userLabel = g.r.chance(0.1) ? null : text(g.r);
  // The official backend ends the process when it gets anything but an object for a style or material.
  if (g.r.chance(0.2)) out.jsonProperties = cls === "BisCore:RenderMaterial" || cls.includes("DisplayStyle") || g.r.chance(0.85)
    ? { a: json(g.r) } : json(g.r) ?? { a: 1 };
  g.r.weighted([[4, () => {}], [5, () => { out.federationGuid = g.newGuid(); }], [0.4, () => {
    out.federationGuid = g.r.pick(["", "junk", "00000000-0000-0000-0000-000000000000", null]);
  }]])();
  return out;
}

/** Props of a new element of @cls; throws Instead when something is missing. */
export function elementProps(g, cls) {
  const kind = ELEMENTS[cls];
  let model = g.modelId(kind.models);
  const parent = parentOf(g, cls, kind, model);
  if (parent !== undefined && (cls === "BisCore:SubCategory" || kind.placement !== undefined)) model = parent.model;
  const props = { classFullName: g.r.chance(0.95) ? cls : cls.replace(":", "."), model: g.world.element(model) };
  const scope = kind.spec === undefined || kind.spec === "bis:NullCodeSpec" || kind.spec.endsWith("Global") ? "0x1"
    : parent !== undefined && (kind.scopeParent || kind.models === REPOSITORY) ? g.world.element(parent.id) : g.world.element(model);
  props.code = g.code(kind.spec ?? "bis:NullCodeSpec", scope, kind.named);
  if (parent !== undefined) props.parent = { id: g.world.element(parent.id), relClassName: kind.parent.rel };
  if (kind.category !== undefined) props.category = g.need(kind.category);
  if (kind.placement !== undefined && g.r.chance(0.85)) props.placement = placement(g, kind.placement);
  return { ...props, ...commonMembers(g, cls), ...plainMembers(g, cls, 0.35), ...(kind.extra?.(g) ?? {}) };
}

/** Some members of @element anew, or null. */
export function elementChange(g, element) {
  const kind = ELEMENTS[element.cls] ?? {};
  const out = { ...(g.r.chance(0.6) ? commonMembers(g, element.cls) : {}), ...plainMembers(g, element.cls, 0.2) };
  if (kind.placement !== undefined && g.r.chance(0.4)) out.placement = placement(g, kind.placement);
  if (kind.category !== undefined && g.r.chance(0.2)) out.category = g.need(kind.category);
  if (kind.extra !== undefined && g.r.chance(0.4)) {
    const extra = Object.entries(kind.extra(g));
    Object.assign(out, Object.fromEntries(g.r.some(extra, extra.length)));
  }
  if (g.r.chance(0.15)) out.code = g.code(kind.spec ?? "bis:NullCodeSpec", g.world.element(element.model), kind.named);
  const clearable = ["userLabel", "federationGuid", "jsonProperties", "code", ...(kind.placement === undefined ? [] : ["placement", "category"])];
  if (g.r.chance(0.1)) out[g.r.pick(clearable)] = null;
  // Whether the models that show a sub-category change with it depends on what the official backend has loaded.
  if (element.cls === "BisCore:SubCategory") delete out.appearance;
  if (element.cls === "BisCore:RenderMaterial" && out.jsonProperties === null) delete out.jsonProperties;
  if (kind.parent !== undefined && element.cls !== "BisCore:SubCategory" && g.r.chance(0.1)) {
    const found = g.world.elementsOf(...kind.parent.of).filter((e) => e.model === element.model && e.id !== element.id);
    if (found.length > 0) out.parent = { id: g.world.element(g.r.pick(found).id), relClassName: kind.parent.rel };
  }
  return out;
}
