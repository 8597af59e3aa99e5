// Steps that the official backend should refuse: each row of the table of errors, on what the script has made so far.
// A maker answers undefined when there is nothing to make the fault on.
import { ELEMENTS, elementProps, placement } from "./elements.mjs";

const OWNS = "BisCore:SubjectOwnsSubjects";
const MISSING = "0x7fffffff";

function subject(more) {
  return {
    classFullName: "BisCore:Subject", model: "0x1", code: { spec: "0x1", scope: "0x1", value: "" },
    parent: { id: "0x1", relClassName: OWNS }, ...more,
  };
}

const insert = (props) => ({ op: "insertElement", props });
const update = (props) => ({ op: "updateElement", props });

/** Valid props of a random class, changed by @change. */
function broken(change, of = () => true) {
  return (g) => {
    const kinds = g.kinds.filter(([, k]) => of(k));
    const cls = g.r.pick(kinds)[0];
    const props = elementProps(g, cls);
    const changed = change(props, g, ELEMENTS[cls]);
    return changed === undefined ? undefined : insert(changed);
  };
}

function late(g, ...classes) {
  const found = g.world.elementsOf(...classes);
  return found.length === 0 ? undefined : g.r.pickLate(found);
}

function withElement(make, ...classes) {
  return (g) => {
    const e = late(g, ...(classes.length > 0 ? classes : ["BisCore:Element"]));
    return e === undefined ? undefined : make(g.world.element(e.id), g, e);
  };
}

function otherModel(props, g, kind) {
  const other = [...g.world.models.values()].filter((m) => !kind.models.some((c) => g.classes.is(m.cls, c)));
  return { ...props, model: g.world.element(g.r.pick(other).id) };
}

/** Members that every class has: ours names a member that the class lacks first. */
function abstract(g) {
  const [cls, model] = g.r.pick([["BisCore:InformationReferenceElement", "0x1"], ["BisCore:DefinitionElement", "0x10"]]);
  return insert({ classFullName: cls, model, code: { spec: "0x1", scope: "0x1", value: g.r.chance(0.5) ? "" : "abstract" } });
}

const inserts = [
  broken((p) => ({ ...p, classFullName: "BisCore:Nope" })),
  broken((p) => ({ ...p, classFullName: "Nope:Subject" })),
  broken((p) => ({ ...p, classFullName: undefined })),
  abstract,
  broken((p) => ({ ...p, model: MISSING })),
  broken((p, g) => ({ ...p, model: g.r.pick([undefined, "0x0", "junk", null]) })),
  broken(otherModel),
  broken((p, g, k) => ({ ...p, category: g.r.pick([undefined, MISSING, "0x1", "0x10"]) }), (k) => k.category !== undefined),
  broken((p, g, k) => {
    const other = late(g, k.category === "BisCore:SpatialCategory" ? "BisCore:DrawingCategory" : "BisCore:SpatialCategory");
    return other === undefined ? undefined : { ...p, category: g.world.element(other.id) };
  }, (k) => k.category !== undefined),
  broken((p) => ({ ...p, parent: undefined }), (k) => k.parent?.share === 1),
  broken((p) => ({ ...p, parent: { id: "0x1" } }), (k) => k.models[0] === "BisCore:RepositoryModel"),
  broken((p, g, k) => ({ ...p, parent: { id: MISSING, relClassName: k.parent.rel } }), (k) => k.parent !== undefined),
  broken((p) => ({ ...p, code: { ...p.code, spec: "0x9999", value: "no spec" } }), (k) => !k.named),
  broken((p, g) => ({ ...p, code: { ...p.code, scope: g.r.pick([MISSING, "junk", "", undefined, "17"]) } })),
  broken((p) => ({ ...p, code: { ...p.code, value: "z".repeat(351) } }), (k) => !k.named),
  broken((p, g) => {
    if (g.world.codes.length === 0) return undefined;
    return { ...p, code: { ...g.r.pick(g.world.codes) } };
  }),
  broken((p, g) => (g.world.guids.length === 0 ? undefined : { ...p, federationGuid: g.r.pick(g.world.guids) })),
  broken((p, g) => ({ ...p, code: { ...p.code, value: g.r.pick(["", "a/b", "a*b", "a\"b", "a|b", "a.b"]) } }), (k) => k.named),
];

const updates = [
  () => update({ id: MISSING, userLabel: "x" }),
  withElement((id, g) => (g.world.codes.length === 0 ? undefined : update({ id, code: { ...g.r.pick(g.world.codes) } }))),
  withElement((id, g) => update({ id, code: { spec: "0x1", scope: g.r.pick([MISSING, "junk", ""]), value: "scope" } })),
  withElement((id, g) => (g.world.guids.length === 0 ? undefined : update({ id, federationGuid: g.r.pick(g.world.guids) }))),
  withElement((id) => update({ id, parent: { id, relClassName: OWNS } }), "BisCore:Subject"),
  withElement((id, g, e) => {
    const child = [...g.world.elements.values()].find((x) => x.parent === e.id);
    return child === undefined ? undefined : update({ id, parent: { id: g.world.element(child.id), relClassName: OWNS } });
  }, "BisCore:Subject"),
  withElement((id) => update({ id, parent: { id: MISSING, relClassName: OWNS } }), "BisCore:Subject"),
  withElement((id) => update({ id, parent: null }), "BisCore:Subject"),
  withElement((id) => update({ id, category: MISSING }), "BisCore:PhysicalElement", "BisCore:GraphicalElement2d"),
  withElement((id, g) => update({ id, placement: placement(g, 3), category: "0x0" }), "BisCore:PhysicalElement"),
];

const deletes = [
  () => ({ op: "deleteElement", id: "0x1" }),
  (g) => ({ op: "deleteElement", id: g.r.pick(["0x10", "0xe"]) }),
  () => ({ op: "deleteElement", id: MISSING }),
  withElement((id) => ({ op: "deleteElement", id }), "BisCore:Category", "BisCore:SubCategory"),
  withElement((id) => ({ op: "deleteElement", id }), "BisCore:RenderMaterial", "BisCore:Texture", "BisCore:GeometryPart",
    "BisCore:CategorySelector", "BisCore:ModelSelector", "BisCore:DisplayStyle", "BisCore:ViewDefinition"),
  (g) => ({ op: "deleteElement", id: g.world.element(g.r.pickLate([...g.world.models.values()]).id) }),
];

const insertModel = (props) => ({ op: "insertModel", props });
const models = [
  () => insertModel({ classFullName: "BisCore:PhysicalModel", modeledElement: { id: MISSING } }),
  () => insertModel({ classFullName: "BisCore:PhysicalModel" }),
  (g) => insertModel({ classFullName: "BisCore:PhysicalModel", modeledElement: { id: g.world.element(g.r.pickLate([...g.world.models.values()]).id) } }),
  withElement((id) => insertModel({ classFullName: "BisCore:PhysicalModel", modeledElement: { id } }), "BisCore:Subject"),
  withElement((id) => insertModel({ classFullName: "BisCore:DefinitionModel", modeledElement: { id } }), "BisCore:PhysicalPartition"),
  withElement((id) => insertModel({ classFullName: "BisCore:GeometricModel3d", modeledElement: { id } }), "BisCore:PhysicalPartition"),
  withElement((id) => insertModel({ classFullName: "BisCore:Subject", modeledElement: { id } }), "BisCore:PhysicalPartition"),
  withElement((id) => insertModel({ classFullName: "BisCore:Nope", modeledElement: { id } }), "BisCore:PhysicalPartition"),
];

const rest = [
  { op: "updateModel", make: () => ({ op: "updateModel", props: { id: MISSING, isPrivate: true } }) },
  { op: "deleteModel", make: () => ({ op: "deleteModel", id: MISSING }) },
  { op: "deleteModel", make: () => ({ op: "deleteModel", id: "0x1" }) },
  { op: "insertAspect", make: () => ({ op: "insertAspect", props: {
    classFullName: "BisCore:ExternalSourceAspect", element: { id: MISSING }, scope: { id: "0x1" }, identifier: "x", kind: "k" } }) },
  { op: "insertAspect", make: () => ({ op: "insertAspect", props: { classFullName: "BisCore:Nope", element: { id: "0x1" } } }) },
  { op: "insertAspect", make: () => ({ op: "insertAspect", props: { classFullName: "BisCore:ElementMultiAspect", element: { id: "0x1" } } }) },
  { op: "deleteAspect", make: () => ({ op: "deleteAspect", id: MISSING }) },
  { op: "updateAspect", make: () => ({ op: "updateAspect", props: { id: MISSING, classFullName: "BisCore:ExternalSourceAspect", element: { id: "0x1" } } }) },
  { op: "insertRelationship", make: () => ({ op: "insertRelationship", props: {
    classFullName: "BisCore:ElementRefersToElements", sourceId: "0x1", targetId: "0x10" } }) },
  { op: "insertRelationship", make: () => ({ op: "insertRelationship", props: { classFullName: "BisCore:Nope", sourceId: "0x1", targetId: "0x10" } }) },
  { op: "insertRelationship", make: (g) => {
    const all = [...g.world.relationships.values()].filter((x) => !x.cls.includes("SelectorRefers"));
    if (all.length === 0) return undefined;
    const x = g.r.pickLate(all);
    return { op: "insertRelationship", props: { classFullName: x.cls, sourceId: g.world.element(x.source), targetId: g.world.element(x.target) } };
  } },
  { op: "insertCodeSpec", make: (g) => ({ op: "insertCodeSpec", name: g.r.pick([...g.world.codeSpecs.values()]).name,
    properties: { scopeSpec: { type: 1 } } }) },
  { op: "redo", make: () => ({ op: "redo" }) },
  { op: "undo", make: () => ({ op: "undo", count: 1 }) },
];

export const faults = [
  ...inserts.map((make) => ({ op: "insertElement", make })),
  ...updates.map((make) => ({ op: "updateElement", make })),
  ...deletes.map((make) => ({ op: "deleteElement", make })),
  ...models.map((make) => ({ op: "insertModel", make })),
  ...rest,
];
