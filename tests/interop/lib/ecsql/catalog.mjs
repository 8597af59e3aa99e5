// What the query generator knows of an iModel: classes with their properties, which of them have rows, and values that occur.
// Read from the official side alone.
import { select } from "../tables.mjs";

const PRIMITIVES = {
  0x101: "binary", 0x201: "bool", 0x301: "datetime", 0x401: "double", 0x501: "int", 0x601: "long", 0x701: "point2d",
  0x801: "point3d", 0x901: "string", 0xa01: "geometry",
};
const SAMPLED_ROWS = 12;

function primitiveType(row, enums) {
  if (row.EnumerationId) return enums.get(row.EnumerationId).type;
  if (row.ExtendedTypeName === "BeGuid") return "guid";
  if (row.ExtendedTypeName === "Json") return "json";
  return PRIMITIVES[row.PrimitiveType] ?? "binary";
}

function readEnums(db) {
  const rows = select(db, `SELECT e.Id, s.Name AS schema, e.Name, e.UnderlyingPrimitiveType AS t, e.EnumValues FROM ec_Enumeration e
    JOIN ec_Schema s ON s.Id=e.SchemaId ORDER BY e.Id`);
  return new Map(rows.map((r) => [r.Id, {
    name: `${r.schema}.${r.Name}`, type: r.t === 0x901 ? "string" : "int",
    values: JSON.parse(r.EnumValues).map((v) => ({ name: v.Name, value: v.IntValue ?? v.StringValue })),
  }]));
}

export class Catalog {
  #classes = new Map();

  /** @ask(query) tells the rows of an answer, or undefined. */
  static async read(db, ask) {
    const catalog = new Catalog();
    catalog.enums = readEnums(db);
    catalog.#readClasses(db);
    catalog.#readProperties(db);
    await catalog.#sample(ask);
    return catalog;
  }

  #readClasses(db) {
    for (const r of select(db, `SELECT c.Id, s.Name AS schema, s.Alias AS alias, c.Name AS name, c.Type AS type, c.Modifier AS modifier
      FROM ec_Class c JOIN ec_Schema s ON s.Id=c.SchemaId ORDER BY c.Id`)) {
      this.#classes.set(r.Id, { ...r, abstract: r.modifier === 1, own: [], bases: [], derived: [], samples: [], ends: {} });
    }
    for (const r of select(db, "SELECT ClassId, BaseClassId FROM ec_ClassHasBaseClasses ORDER BY ClassId, Ordinal")) {
      this.#classes.get(r.ClassId).bases.push(this.#classes.get(r.BaseClassId));
      this.#classes.get(r.BaseClassId).derived.push(this.#classes.get(r.ClassId));
    }
    for (const r of select(db, `SELECT c.RelationshipClassId AS rel, c.RelationshipEnd AS side, k.ClassId AS cls
      FROM ec_RelationshipConstraint c JOIN ec_RelationshipConstraintClass k ON k.ConstraintId=c.Id ORDER BY c.Id, k.ClassId`)) {
      const rel = this.#classes.get(r.rel);
      (rel.ends[r.side === 0 ? "source" : "target"] ??= []).push(this.#classes.get(r.cls));
    }
  }

  #readProperties(db) {
    for (const r of select(db, "SELECT * FROM ec_Property ORDER BY ClassId, Ordinal")) {
      const enumeration = r.EnumerationId ? this.enums.get(r.EnumerationId) : undefined;
      const scalar = () => primitiveType(r, this.enums);
      const type = [scalar, () => "struct", () => "array", () => "structArray", () => "nav"][r.Kind]();
      this.#classes.get(r.ClassId).own.push({
        name: r.Name, type, enumeration, of: r.Kind === 2 ? scalar() : undefined,
        struct: this.#classes.get(r.StructClassId), rel: this.#classes.get(r.NavigationRelationshipClassId), direction: r.NavigationDirection,
      });
    }
  }

  /** Rows of every class that can be asked for; those that cannot have no samples and no count. */
  async #sample(ask) {
    for (const cls of this.#classes.values()) {
      if (cls.type > 1) continue;
      const name = `[${cls.alias}].[${cls.name}]`;
      const counted = await ask(`SELECT COUNT(*) FROM ${name}`);
      cls.count = counted?.rows[0]?.[0];
      if (!cls.count) continue;
      const answer = await ask(`SELECT * FROM ${name} ORDER BY ECInstanceId LIMIT ${SAMPLED_ROWS}`);
      cls.columns = answer?.columns.map((c) => c.name);
      cls.samples = answer?.rows ?? [];
    }
    const all = [...this.#classes.values()].filter((c) => c.type <= 1);
    this.entities = all.filter((c) => c.type === 0 && c.count > 0);
    this.relationships = all.filter((c) => c.type === 1 && c.count > 0);
    this.empty = all.filter((c) => c.count === 0);
    this.unmapped = all.filter((c) => c.count === undefined);
  }

  /** Properties of @cls with those of its bases; of several of one name the nearest. */
  properties(cls) {
    cls.all ??= (() => {
      const found = new Map();
      for (const base of this.lineage(cls)) for (const p of base.own) if (!found.has(p.name.toLowerCase())) found.set(p.name.toLowerCase(), p);
      return [...found.values()];
    })();
    return cls.all;
  }

  lineage(cls) {
    cls.lineage ??= [...new Set([cls, ...cls.bases.flatMap((b) => this.lineage(b))])];
    return cls.lineage;
  }

  descendants(cls) {
    cls.descendants ??= [...new Set([cls, ...cls.derived.flatMap((d) => this.descendants(d))])];
    return cls.descendants;
  }

  is(cls, base) {
    return this.lineage(cls).includes(base);
  }

  find(schema, name) {
    return [...this.#classes.values()].find((c) => c.schema === schema && c.name === name);
  }

  /** Values of the property @name that occur in @cls. */
  values(cls, name) {
    const at = cls.columns?.indexOf(name) ?? -1;
    return at < 0 ? [] : cls.samples.map((row) => row[at]).filter((v) => v !== undefined && v !== null);
  }
}
