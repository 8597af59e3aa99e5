// What the script generator believes the iModel holds, and by which label each thing is named in the script.
// A thing of the base file is named by its id, a thing that a step made by "$label", so that a shortened script still fits.
import { select } from "../tables.mjs";

const hex = (n) => `0x${BigInt(n).toString(16)}`;

export class World {
  #labels = { element: new Map(), aspect: new Map(), relationship: new Map(), codeSpec: new Map() };

  constructor(db, classes) {
    this.db = db;
    this.classes = classes;
    this.guids = [];
    this.codes = [];
    this.refresh();
  }

  /** Read everything anew; after a step whose effects are not followed. */
  refresh() {
    const name = (row) => this.classes.byId(row.ECClassId).name;
    this.elements = new Map();
    for (const row of select(this.db, "SELECT Id, ECClassId, ModelId, ParentId FROM bis_Element ORDER BY Id")) {
      this.elements.set(hex(row.Id), { id: hex(row.Id), cls: name(row), model: hex(row.ModelId), parent: row.ParentId && hex(row.ParentId) });
    }
    this.models = new Map();
    for (const row of select(this.db, "SELECT Id, ECClassId FROM bis_Model ORDER BY Id")) {
      this.models.set(hex(row.Id), { id: hex(row.Id), cls: name(row) });
    }
    this.aspects = new Map();
    for (const table of ["bis_ElementMultiAspect", "bis_ElementUniqueAspect"]) {
      for (const row of select(this.db, `SELECT Id, ECClassId, ElementId FROM ${table} ORDER BY Id`)) {
        this.aspects.set(hex(row.Id), { id: hex(row.Id), cls: name(row), element: hex(row.ElementId) });
      }
    }
    this.relationships = new Map();
    for (const table of ["bis_ElementRefersToElements", "bis_ElementDrivesElement"]) {
      for (const row of select(this.db, `SELECT Id, ECClassId, SourceId, TargetId FROM ${table} ORDER BY Id`)) {
        this.relationships.set(hex(row.Id), { id: hex(row.Id), cls: name(row), source: hex(row.SourceId), target: hex(row.TargetId) });
      }
    }
    this.codeSpecs = new Map(select(this.db, "SELECT Id, Name FROM bis_CodeSpec ORDER BY Id").map((r) => [hex(r.Id), { id: hex(r.Id), name: r.Name }]));
  }

  label(kind, id, label) {
    this.#labels[kind].set(id, label);
  }

  #ref(kind, id) {
    const label = this.#labels[kind].get(id);
    return label === undefined ? id : `$${label}`;
  }

  /** How the script names the element (or its model). */
  element(id) {
    return this.#ref("element", id);
  }

  aspect(id) {
    return this.#ref("aspect", id);
  }

  relationship(id) {
    return this.#ref("relationship", id);
  }

  codeSpec(id) {
    return this.#ref("codeSpec", id);
  }

  /** Elements that are one of @classes. */
  elementsOf(...classes) {
    return [...this.elements.values()].filter((e) => classes.some((c) => this.classes.is(e.cls, c)));
  }

  /** Models that are one of @classes; the repository model derives from definition models, yet takes no definitions. */
  modelsOf(...classes) {
    return [...this.models.values()].filter((m) => classes.some((c) => this.classes.is(m.cls, c)
      && (c !== "BisCore:DefinitionModel" || m.cls !== "BisCore:RepositoryModel")));
  }
}
