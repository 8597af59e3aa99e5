// Makes an edit script step by step: mostly valid steps that build on each other, and a share of invalid ones.
// Each step is decided after the official backend has run the one before, so the generator knows what is there.
import { faults } from "./faults.mjs";
import { ELEMENTS, Instead, MODELLED, elementChange, elementProps, plainMembers } from "./elements.mjs";
import { guid, json, property, text } from "./values.mjs";

const MAX_DETOURS = 6;
/** What other elements refer to by a navigation property that is cleared when it goes. */
const REFERRED = ["BisCore:TypeDefinitionElement", "BisCore:PhysicalMaterial", "WebEditTest:Record"];
const ASPECTS = ["WebEditTest:WidgetNote", "WebEditTest:WidgetInfo", "BisCore:ExternalSourceAspect",
  "BisCore:RepositoryInfoAspect"];
const RELATIONSHIPS = [
  ["WebEditTest:WidgetRefersToRecord", "WebEditTest:Widget", "WebEditTest:Record"],
  ["BisCore:ElementGroupsMembers", "BisCore:GroupInformationElement", "BisCore:Element"],
  ["BisCore:ElementHasLinks", "BisCore:Element", "BisCore:UrlLink"],
  ["BisCore:SubjectRefersToSubject", "BisCore:Subject", "BisCore:Subject"],
  ["BisCore:DrawingGraphicRepresentsElement", "BisCore:DrawingGraphic", "BisCore:Element"],
  ["BisCore:GraphicalElement3dRepresentsElement", "BisCore:GraphicalElement3d", "BisCore:Element"],
  ["BisCore:ElementRefersToDocuments", "BisCore:Element", "BisCore:Document"],
  ["BisCore:PartitionOriginatesFromRepository", "BisCore:InformationPartitionElement", "BisCore:RepositoryLink"],
  ["BisCore:ElementDrivesElement", "BisCore:PhysicalElement", "BisCore:PhysicalElement"],
];

/** What a script is made of, and how often. */
const STEPS = [
  [38, "insertElement"], [26, "updateElement"], [6, "deleteElement"], [1, "deleteElementTree"],
  [5, "insertModel"], [3, "updateModel"], [2, "deleteModel"],
  [7, "insertAspect"], [5, "updateAspect"], [2, "deleteAspect"],
  [6, "insertRelationship"], [3, "updateRelationship"], [2, "deleteRelationship"],
  [2, "insertCodeSpec"], [2, "saveFileProperty"], [1, "deleteFileProperty"],
  [6, "readElement"], [2, "readModel"], [2, "readAspects"],
  [7, "save"], [2, "undo"], [1.5, "redo"], [1, "abandon"], [12, "fault"],
];

export class Generator {
  #labels = 0;
  #codes = 0;

  /** @can(op): whether both sides know the op. @resolve: references to ids. */
  constructor(random, world, can, resolve) {
    this.resolve = resolve;
    this.r = random;
    this.world = world;
    this.classes = world.classes;
    this.can = can;
    // The official backend keeps what it knew of a model over an undo: such scripts have the one or the other.
    const leftOut = random.chance(0.5) ? ["updateModel"] : ["undo", "redo", "abandon"];
    this.steps = STEPS.filter(([, op]) => op === "fault" || (can(op) && !leftOut.includes(op)));
    this.leftOut = leftOut;
    this.wrong = 0;
    this.aModelWent = false;
    this.referredWent = false;
    this.kinds = Object.entries(ELEMENTS).filter(([cls]) => this.classes.has(cls));
  }

  #label() {
    this.#labels += 1;
    return `s${this.#labels}`;
  }

  newGuid() {
    if (this.world.guids.length > 0 && this.r.chance(0.02)) return this.r.pick(this.world.guids);
    const made = guid(this.r);
    this.world.guids.push(made);
    return this.r.chance(0.1) ? made.toUpperCase() : made;
  }

  /** A code: none, a new one, one with odd letters, or one that is taken. */
  code(spec, scope, named) {
    const r = this.r;
    this.#codes += 1;
    const fresh = `${r.pick(["Code", "C", "Ä"])} ${this.#codes}`;
    const specForm = r.chance(0.85) ? spec : this.#specId(spec);
    const value = named ? fresh : r.weighted([
      [6, () => ""], [9, () => fresh], [1, () => `  ${fresh}\t`], [0.5, () => `${fresh}\u0000tail`], [0.5, () => `\u00a0${fresh}\u3000`],
      [0.5, () => fresh + "x".repeat(350 - Buffer.byteLength(fresh))], [0.3, () => `${"é".repeat(170)}${fresh}`], [0.2, () => null],
      [0.3, () => "y".repeat(351)],
    ])();
    if (!named && this.world.codes.length > 0 && r.chance(0.02)) return { ...r.pick(this.world.codes) };
    const code = { spec: specForm, scope, value };
    if (typeof value === "string" && value !== "") this.world.codes.push(code);
    return code;
  }

  #specId(name) {
    const found = [...this.world.codeSpecs.values()].find((s) => s.name === name);
    return found === undefined ? name : this.world.codeSpec(found.id);
  }

  /** The id of a model of one of @classes. */
  modelId(classes) {
    const found = this.world.modelsOf(...classes);
    if (found.length === 0) throw new Instead(this.modelOf(classes[0]));
    return this.r.pickLate(found).id;
  }

  model(classes) {
    return this.world.element(this.modelId(classes));
  }

  /** How the script names an element of @cls; made first if there is none. */
  need(cls) {
    const found = this.world.elementsOf(cls);
    if (found.length === 0) throw new Instead(this.insert(cls));
    return this.world.element(this.r.pickLate(found).id);
  }

  insert(cls) {
    return { op: "insertElement", as: this.#label(), props: elementProps(this, cls) };
  }

  modelOf(cls) {
    const modelled = MODELLED[cls];
    const free = this.world.elementsOf(modelled).filter((e) => e.cls === modelled && !this.world.models.has(e.id));
    if (free.length === 0) throw new Instead(this.insert(modelled));
    const props = { classFullName: cls, modeledElement: { id: this.world.element(this.r.pickLate(free).id) } };
    if (this.r.chance(0.3)) props.isPrivate = this.r.chance(0.5);
    if (this.r.chance(0.15)) props.isTemplate = this.r.chance(0.5);
    if (this.r.chance(0.3)) props.jsonProperties = { a: json(this.r) };
    if (this.classes.is(cls, "BisCore:GeometricModel3d") && this.r.chance(0.15)) props.isNotSpatiallyLocated = this.r.chance(0.5);
    if (this.classes.is(cls, "BisCore:GeometricModel3d") && this.r.chance(0.15)) props.isPlanProjection = this.r.chance(0.5);
    return { op: "insertModel", as: this.#label(), props };
  }

  /** The next step. */
  step() {
    let make = () => this.#make(this.r.weighted(this.steps));
    for (let i = 0; i < MAX_DETOURS; i += 1) {
      try {
        const op = make();
        if (op !== undefined) return op;
      } catch (e) {
        if (!(e instanceof Instead)) throw e;
        return e.op;
      }
    }
    return { op: "save" };
  }

  #make(name) {
    return this[`_${name}`]();
  }

  #element() {
    return this.r.pickLate([...this.world.elements.values()]);
  }

  _insertElement() {
    return this.insert(this.r.weighted(this.kinds.map(([cls, k]) => [k.weight, cls])));
  }

  _updateElement() {
    const element = this.#element();
    // What it writes then depends on what the official backend has loaded (see FACTS.md).
    if (this.aModelWent && this.classes.is(element.cls, "BisCore:ModelSelector")) return undefined;
    if (this.referredWent && this.classes.is(element.cls, "BisCore:GeometricElement")) return undefined;
    return { op: "updateElement", props: { id: this.world.element(element.id), ...elementChange(this, element) } };
  }

  _deleteElement() {
    return { op: "deleteElement", id: this.world.element(this.#element().id) };
  }

  _deleteElementTree() {
    const found = this.world.elementsOf("BisCore:Subject", "BisCore:InformationPartitionElement", "BisCore:PhysicalElement", "BisCore:Document");
    const chosen = this.r.pickLate(found.filter((e) => e.id !== "0x1"));
    if (chosen === undefined) return undefined;
    this.aModelWent = true;
    return { op: "deleteElementTree", id: this.world.element(chosen.id) };
  }

  _insertModel() {
    return this.modelOf(this.r.pick(Object.keys(MODELLED).filter((c) => this.classes.has(c))));
  }

  #anyModel() {
    return this.r.pickLate([...this.world.models.values()]);
  }

  _updateModel() {
    // Something changes always: of an update without a change the two record the save's LastMod differently (see README).
    const props = { id: this.world.element(this.#anyModel().id), jsonProperties: { a: json(this.r), n: this.r.next() } };
    if (this.r.chance(0.5)) props.isPrivate = this.r.chance(0.5);
    return { op: "updateModel", props };
  }

  _deleteModel() {
    this.aModelWent = true;
    return { op: "deleteModel", id: this.world.element(this.#anyModel().id) };
  }

  _insertAspect() {
    const cls = this.r.pick(ASPECTS.filter((c) => this.classes.has(c)));
    const props = { classFullName: cls, element: { id: this.world.element(this.#element().id) }, ...this.#aspectMembers(cls, 0.6) };
    const owns = { "BisCore:ExternalSourceAspect": "BisCore:ElementOwnsExternalSourceAspects" }[cls]
      ?? (this.classes.is(cls, "BisCore:ElementMultiAspect") ? "BisCore:ElementOwnsMultiAspects" : "BisCore:ElementOwnsUniqueAspect");
    if (this.r.chance(0.7)) props.element.relClassName = owns;
    if (cls === "BisCore:ExternalSourceAspect") props.scope = { id: this.world.element(this.#element().id) };
    return { op: "insertAspect", as: this.#label(), props };
  }

  #aspectMembers(cls, share) {
    return plainMembers(this, cls, share, ["BisCore:ElementMultiAspect", "BisCore:ElementUniqueAspect"]);
  }

  #aspect() {
    const all = [...this.world.aspects.values()];
    return all.length === 0 ? undefined : this.r.pickLate(all);
  }

  _updateAspect() {
    const aspect = this.#aspect();
    if (aspect === undefined) return this._insertAspect();
    const element = { id: this.world.element(aspect.element) };
    const members = this.#aspectMembers(aspect.cls, 0.4);
    return { op: "updateAspect", props: { id: this.world.aspect(aspect.id), classFullName: aspect.cls, element, ...members } };
  }

  _deleteAspect() {
    const aspect = this.#aspect();
    return aspect === undefined ? this._insertAspect() : { op: "deleteAspect", id: this.world.aspect(aspect.id) };
  }

  _insertRelationship() {
    const [cls, source, target] = this.r.pick(RELATIONSHIPS.filter(([c]) => this.classes.has(c)));
    const sources = this.world.elementsOf(source);
    const targets = this.world.elementsOf(target);
    if (sources.length === 0 || targets.length === 0) return undefined;
    const [from, to] = [this.r.pickLate(sources), this.r.pickLate(targets)];
    // The official backend ends the process on a cycle of drivers: edges go from older to newer elements.
    if (cls.endsWith("DrivesElement") && Number(from.id) >= Number(to.id)) return undefined;
    const props = { classFullName: cls, sourceId: this.world.element(from.id), targetId: this.world.element(to.id), ...this.#linkMembers(cls, 0.6) };
    return { op: "insertRelationship", as: this.#label(), props };
  }

  #linkMembers(cls, share) {
    const out = {};
    for (const p of this.classes.properties(cls)) if (this.r.chance(share)) out[p.name] = property(this.r, p, { wrong: this.wrong });
    if (typeof out.status === "number") out.status &= 0xff;
    return out;
  }

  #relationship() {
    const all = [...this.world.relationships.values()].filter((x) => !x.cls.includes("SelectorRefers"));
    return all.length === 0 ? undefined : this.r.pickLate(all);
  }

  #linkKey(link) {
    return { id: this.world.relationship(link.id), classFullName: link.cls,
      sourceId: this.world.element(link.source), targetId: this.world.element(link.target) };
  }

  _updateRelationship() {
    const link = this.#relationship();
    if (link === undefined) return this._insertRelationship();
    return { op: "updateRelationship", props: { ...this.#linkKey(link), ...this.#linkMembers(link.cls, 0.5) } };
  }

  _deleteRelationship() {
    const link = this.#relationship();
    return link === undefined ? this._insertRelationship() : { op: "deleteRelationship", props: this.#linkKey(link) };
  }

  _insertCodeSpec() {
    const name = `differ:${text(this.r)} ${this.#labels}`;
    const properties = { scopeSpec: { type: 1 + this.r.below(4), ...(this.r.chance(0.2) ? { fGuidRequired: true } : {}) } };
    return { op: "insertCodeSpec", as: this.#label(), name, properties };
  }

  #fileProperty() {
    return { namespace: this.r.pick(["differ", "Ä"]), name: this.r.pick(["a", "b", "c"]), id: this.r.below(3), subId: this.r.below(2) };
  }

  _saveFileProperty() {
    const op = { op: "saveFileProperty", prop: this.#fileProperty() };
    const kind = this.r.below(3);
    if (kind !== 1) op.string = text(this.r);
    if (kind !== 0) op.blob = { $base64: Buffer.from(this.r.hex(2 + 2 * this.r.below(200)), "hex").toString("base64") };
    return op;
  }

  _deleteFileProperty() {
    return { op: "deleteFileProperty", prop: this.#fileProperty() };
  }

  _readElement() {
    return { op: "readElement", id: this.world.element(this.#element().id) };
  }

  _readModel() {
    return { op: "readModel", id: this.world.element(this.#anyModel().id) };
  }

  _readAspects() {
    const aspect = this.#aspect();
    return { op: "readAspects", id: this.world.element(aspect?.element ?? "0x1") };
  }

  _save() {
    return { op: "save", ...(this.r.chance(0.9) ? { description: text(this.r) } : {}) };
  }

  _undo() {
    return { op: "undo", count: this.r.weighted([[5, 1], [2, 2], [1, 3]]) };
  }

  _redo() {
    return { op: "redo" };
  }

  _abandon() {
    return { op: "abandon" };
  }

  _fault() {
    const list = faults.filter((f) => this.can(f.op) && !this.leftOut.includes(f.op));
    const made = this.r.pick(list).make(this);
    if (made === undefined) return undefined;
    return { ...made, ...(made.op.startsWith("insert") ? { as: this.#label() } : {}), fault: true };
  }

  /** What the official backend made of @op; the world follows. */
  learn(op, answer) {
    if ("number" in answer) return;
    const w = this.world;
    if (op.op === "abandon") {
      this.steps = this.steps.filter(([, name]) => name !== "updateModel");
      // Another element may get the id that a label stood for.
      w.codes = w.codes.filter((code) => !code.scope.startsWith("$"));
    }
    const id = answer.result;
    switch (op.op) {
      case "insertElement": this.#inserted(op, id); break;
      case "insertModel":
        w.models.set(id, { id, cls: this.classes.find(op.props.classFullName).name });
        break;
      case "insertAspect":
        w.label("aspect", id, op.as);
        w.aspects.set(id, { id, cls: op.props.classFullName, element: this.resolve(op.props.element.id) });
        break;
      case "insertRelationship":
        w.label("relationship", id, op.as);
        w.relationships.set(id, { id, cls: op.props.classFullName, source: this.resolve(op.props.sourceId), target: this.resolve(op.props.targetId) });
        break;
      case "insertCodeSpec":
        w.label("codeSpec", id, op.as);
        w.codeSpecs.set(id, { id, name: op.name });
        break;
      case "updateElement":
      case "readElement": case "readModel": case "readAspects": case "save":
      case "updateModel": case "updateAspect": case "updateRelationship": case "saveFileProperty": case "deleteFileProperty":
        break;
      default: this.#refresh();
    }
  }

  #refresh() {
    const before = this.world.elementsOf(...REFERRED);
    this.world.refresh();
    if (before.some((e) => !this.world.elements.has(e.id))) this.referredWent = true;
  }

  #inserted(op, id) {
    const w = this.world;
    const cls = this.classes.find(op.props.classFullName).name;
    w.elements.set(id, { id, cls, model: this.resolve(op.props.model), parent: this.resolve(op.props.parent?.id) });
    w.label("element", id, op.as);
    if (!this.classes.is(cls, "BisCore:Category")) return;
    const second = `0x${(BigInt(id) + 1n).toString(16)}`;
    w.elements.set(second, { id: second, cls: "BisCore:SubCategory", model: this.resolve(op.props.model), parent: id });
    w.label("element", second, `${op.as}+1`);
  }
}
