// What the script generator knows of an iModel's classes: bases, properties with their types, ends of navigation properties.
// Read by plain SQL from the schema tables of a file that the official backend has open.
import { select } from "../tables.mjs";

const CUSTOM_HANDLED = "CustomHandledProperty";

function lowerFirst(name) {
  return name[0].toLowerCase() + name.slice(1);
}

function enumerators(row) {
  return JSON.parse(row.EnumValues).map((v) => v.IntValue ?? v.StringValue);
}

const INT = 0x501;
const TEXT = 0x901;
const KINDS = ["primitive", "struct", "array", "structArray", "navigation"];

export class Classes {
  #byId = new Map();
  #byName = new Map();

  constructor(db) {
    for (const row of select(db, `SELECT c.Id, s.Name AS schema, c.Name AS name, c.Type AS type, c.Modifier AS modifier
      FROM ec_Class c JOIN ec_Schema s ON s.Id=c.SchemaId`)) {
      const cls = { id: row.Id, name: `${row.schema}:${row.name}`, abstract: row.modifier === 1, type: row.type, own: [], bases: [] };
      this.#byId.set(row.Id, cls);
      this.#byName.set(cls.name, cls);
    }
    for (const row of select(db, "SELECT ClassId, BaseClassId FROM ec_ClassHasBaseClasses ORDER BY ClassId, Ordinal")) {
      this.#byId.get(row.ClassId).bases.push(this.#byId.get(row.BaseClassId));
    }
    this.#readProperties(db);
  }

  #readProperties(db) {
    const enums = new Map(select(db, "SELECT Id, EnumValues FROM ec_Enumeration").map((e) => [e.Id, enumerators(e)]));
    const enumTypes = new Map(select(db, "SELECT Id, UnderlyingPrimitiveType AS t FROM ec_Enumeration").map((e) => [e.Id, e.t]));
    const ends = new Map();
    for (const row of select(db, `SELECT c.RelationshipClassId AS rel, c.RelationshipEnd AS side, k.ClassId AS cls
      FROM ec_RelationshipConstraint c JOIN ec_RelationshipConstraintClass k ON k.ConstraintId=c.Id`)) {
      ends.set(`${row.rel}/${row.side}`, [...(ends.get(`${row.rel}/${row.side}`) ?? []), this.#byId.get(row.cls).name]);
    }
    const rows = select(db, `SELECT p.*, EXISTS(SELECT 1 FROM ec_CustomAttribute a JOIN ec_Class ac ON ac.Id=a.ClassId
      WHERE a.ContainerId=p.Id AND ac.Name='${CUSTOM_HANDLED}') AS custom FROM ec_Property p ORDER BY p.ClassId, p.Ordinal`);
    for (const p of rows) {
      const isEnum = p.EnumerationId !== undefined && p.EnumerationId !== null;
      this.#byId.get(p.ClassId).own.push({
        name: lowerFirst(p.Name),
        kind: KINDS[p.Kind],
        primitive: isEnum ? (enumTypes.get(p.EnumerationId) === TEXT ? TEXT : INT) : p.PrimitiveType,
        extended: p.ExtendedTypeName,
        enumerators: isEnum ? enums.get(p.EnumerationId) : undefined,
        structId: p.StructClassId,
        relationship: this.#byId.get(p.NavigationRelationshipClassId)?.name,
        ends: p.NavigationDirection === 1 ? ends.get(`${p.NavigationRelationshipClassId}/1`) : ends.get(`${p.NavigationRelationshipClassId}/0`),
        custom: p.custom === 1,
        of: this.#byId.get(p.ClassId).name,
      });
    }
    for (const cls of this.#byId.values()) {
      for (const p of cls.own) if (p.structId) p.members = this.#byId.get(p.structId).own;
    }
  }

  get(name) {
    return this.#byName.get(name);
  }

  /** The class that props name, with ":" or "." between schema and class. */
  find(name) {
    return this.get(name.replace(".", ":"));
  }

  byId(id) {
    return this.#byId.get(id);
  }

  has(name) {
    return this.#byName.has(name);
  }

  /** All classes above @name, itself first. */
  lineage(name) {
    const cls = this.get(name);
    if (cls === undefined) return [];
    cls.lineage ??= [...new Set([cls, ...cls.bases.flatMap((b) => this.lineage(b.name))])];
    return cls.lineage;
  }

  is(name, base) {
    return this.lineage(name).some((c) => c.name === base);
  }

  /** Properties of @name with those of its bases, but none of @without. */
  properties(name, without = []) {
    return this.lineage(name).filter((c) => !without.includes(c.name)).flatMap((c) => c.own);
  }

  /** Concrete classes that are a @base. */
  concrete(base) {
    return [...this.#byName.values()].filter((c) => !c.abstract && c.type === 0 && this.is(c.name, base)).map((c) => c.name);
  }
}
