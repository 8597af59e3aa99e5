// Random values and conditions of ECSQL over what stands in FROM. Types are only a hint: SQLite takes any, and so does ECSQL
// nearly everywhere.
import { bracketed } from "./tokens.mjs";

const STRINGS = ["a", "", "it''s", "Widget%", "x_y", "0x1", "12", "ä€", "Special", "widget-1_", "%1%", "{}", "[1,2]", "2024-05-06"];
const JSONS = [`{"a":1,"b":[1,2,{"c":"x"}]}`, `[1,"two",null,3.5]`, `{"deep":{"a":[10,20]},"UserProps":{"index":3}}`, `{}`, `"t"`, `7`];
const JSON_PATHS = ["$", "$.a", "$.b[1]", "$.b[#-1]", "$.deep.a[0]", "$.UserProps.index", "$.nope", "$[0]", "$[2]"];
const PATTERNS = ["%", "W%", "%1_", "_id%", "%\\_%", "%label%", "rec%", "%0"];
const REGEXES = ["^[A-Z]", "[0-9]+$", "(a|b)c?", "wid.*-(\\d+)", ".", "^$", "[[:alpha:]]+", "\\bnick", "x{2,3}", "(?i)RECORD"];
const DATES = ["2024-02-29", "2024-06-01", "1999-12-31"];
const STAMPS = ["2024-06-01T12:30:00", "2024-06-01T12:30:00.123Z", "2025-01-01T00:00:00"];
const NUMBERS = ["0", "1", "2", "3", "5", "7", "10", "42", "255", "100", "0x10"];
const REALS = ["0.5", "1.0", "2.5", "1e3", ".25", "100.75", "3."];

export const SCALARS = ["id", "classId", "int", "long", "double", "bool", "string", "json", "datetime", "guid", "binary"];
const NUMERIC = ["int", "long", "double"];
const TEXTS = ["string", "json"];

/** name, types of the arguments, type of the value. */
const FUNCTIONS = [
  ["abs", ["double"], "double"], ["round", ["double"], "double"], ["round", ["double", "small"], "double"], ["ceil", ["double"], "double"],
  ["floor", ["double"], "double"], ["sqrt", ["double"], "double"], ["sign", ["double"], "int"], ["mod", ["int", "int"], "double"],
  ["power", ["small", "small"], "double"], ["atan2", ["double", "double"], "double"], ["log", ["double"], "double"], ["ln", ["double"], "double"],
  ["exp", ["small"], "double"], ["trunc", ["double"], "double"], ["degrees", ["double"], "double"], ["radians", ["double"], "double"], ["pi", [], "double"],
  ["sin", ["double"], "double"], ["cos", ["double"], "double"], ["tan", ["double"], "double"], ["log10", ["double"], "double"], ["log2", ["double"], "double"],
  ["length", ["string"], "int"], ["instr", ["string", "string"], "int"], ["unicode", ["string"], "int"], ["octet_length", ["string"], "int"],
  ["lower", ["string"], "string"], ["upper", ["string"], "string"], ["trim", ["string"], "string"], ["ltrim", ["string", "string"], "string"],
  ["rtrim", ["string"], "string"], ["substr", ["string", "small"], "string"], ["substr", ["string", "small", "small"], "string"],
  ["replace", ["string", "string", "string"], "string"], ["hex", ["any"], "string"], ["quote", ["any"], "string"], ["typeof", ["any"], "string"],
  ["char", ["int", "int"], "string"], ["concat", ["string", "any"], "string"], ["concat_ws", ["string", "string", "any"], "string"],
  ["coalesce", ["any", "any"], "any"], ["ifnull", ["same", "same"], "same"], ["nullif", ["same", "same"], "same"], ["iif", ["COND", "same", "same"], "same"],
  ["GREATEST", ["double", "double"], "double"], ["LEAST", ["int", "int", "int"], "int"], ["likely", ["any"], "any"], ["unlikely", ["any"], "any"],
  ["printf", ["FORMAT", "any"], "string"], ["format", ["FORMAT", "any"], "string"], ["glob", ["string", "string"], "bool"],
  ["strftime", ["STRFTIME", "datetime"], "string"], ["datetime", ["datetime"], "string"], ["julianday", ["datetime"], "double"], ["unixepoch", ["datetime"], "int"],
  ["ec_classname", ["classId"], "string"], ["ec_classname", ["classId", "CLASSFORMAT"], "string"], ["ec_classid", ["CLASSNAME"], "classId"],
  ["IdToHex", ["id"], "string"], ["HexToId", ["string"], "id"], ["GuidToStr", ["guid"], "string"], ["StrToGuid", ["string"], "guid"],
  ["json_extract", ["json", "JSONPATH"], "any"], ["json_type", ["json", "JSONPATH"], "string"], ["json_array_length", ["json"], "int"],
  ["json_valid", ["string"], "bool"], ["json_array", ["any", "any"], "json"], ["json_object", ["KEY", "any"], "json"], ["json_quote", ["any"], "json"],
  ["json_set", ["json", "JSONPATH", "any"], "json"], ["json_remove", ["json", "JSONPATH"], "json"], ["json_patch", ["json", "json"], "json"],
  ["json_insert", ["json", "JSONPATH", "any"], "json"], ["json_replace", ["json", "JSONPATH", "any"], "json"], ["json", ["json"], "json"],
  ["regexp", ["REGEX", "string"], "bool"], ["regexp_extract", ["string", "REGEX"], "string"], ["likelihood", ["any", "HALF"], "any"],
  ["zeroblob", ["small"], "binary"], ["unhex", ["HEX"], "binary"], ["if", ["bool", "any", "any"], "any"],
  ["iModel_point_distance", ["POINT", "POINT"], "double"], ["iModel_point_value", ["POINT", "small"], "double"], ["iModel_bbox_volume", ["BBOX"], "double"],
  ["iModel_bbox_width", ["BBOX"], "double"], ["iModel_bbox_areaxy", ["BBOX"], "double"], ["iModel_bbox_overlaps", ["BBOX", "BBOX"], "int"],
  ["iModel_bbox_contains", ["BBOX", "BBOX"], "int"], ["iModel_bbox_value", ["BBOX", "small"], "double"], ["iModel_angles_value", ["ANGLES", "small"], "double"],
  ["iModel_angles_maxdiff", ["ANGLES", "ANGLES"], "double"], ["iModel_bbox_height", ["BBOX"], "double"], ["iModel_bbox_depth", ["BBOX"], "double"],
  ["iModel_point_min_distance_to_bbox", ["POINT", "BBOX"], "double"],
];

const AGGREGATES = [
  ["COUNT", "any", "long"], ["MIN", "any", "any"], ["MAX", "any", "any"], ["SUM", "int", "int"], ["AVG", "double", "double"], ["TOTAL", "double", "double"],
  ["SUM", "double", "double"], ["EVERY", "bool", "bool"], ["ANY", "bool", "bool"], ["SOME", "bool", "bool"],
];

const CAST_TYPES = ["TEXT", "INTEGER", "REAL", "BLOB", "STRING", "DOUBLE", "LONG", "INT", "BOOLEAN", "TIMESTAMP", "BINARY", "INT64", "VARCHAR", "FLOAT", "DATE"];

export class Expressions {
  /** @queries makes subqueries: queries.scalar(scope, type), queries.list(scope, type), queries.exists(scope). */
  constructor(random, catalog, queries) {
    Object.assign(this, { r: random, catalog, queries, params: {}, nParams: 0 });
  }

  /* ---- leaves ---- */

  /** A column of about @type; undefined when there is none. */
  column(scope, type) {
    const all = scope.sources.flatMap((s) => s.columns);
    const fits = (c) => type === "any" ? SCALARS.includes(c.type)
      : c.type === type || (NUMERIC.includes(type) && NUMERIC.includes(c.type)) || (TEXTS.includes(type) && c.type === "string") || (type === "id" && c.type === "long");
    const good = all.filter(fits);
    return good.length > 0 ? this.r.pick(good) : undefined;
  }

  path(scope, type) {
    if (scope.outer !== undefined && this.r.chance(0.25)) {
      const outer = this.column(scope.outer, type);
      if (outer !== undefined) return outer.full;
    }
    const column = this.column(scope, type);
    if (column === undefined) return undefined;
    return this.say(scope, column);
  }

  /** How a column is written: with its alias where it needs one, now and then in brackets or in another case. */
  say(scope, column) {
    const bare = scope.sources.length === 1 && column.bare !== undefined && this.r.chance(0.5);
    const text = bare ? column.bare : column.full;
    if (this.r.chance(0.06)) return text.split(".").map((w) => (w.startsWith("[") ? w : `[${w}]`)).join(".");
    return this.r.chance(0.03) ? text.toLowerCase() : text;
  }

  /** A value that occurs in the column @column, as a literal. */
  sample(column) {
    if (column?.cls === undefined || column.property === undefined) return undefined;
    const values = this.catalog.values(column.cls, column.property);
    if (values.length === 0) return undefined;
    const v = this.r.pick(values);
    if (typeof v === "string") {
      if (column.type === "id" || column.type === "classId") return v;
      if (column.type === "datetime") return v.length > 12 || v[2] === ":" ? undefined : `DATE '${v}'`;
      return v.length < 60 && !v.startsWith("encoding=") ? `'${v.replaceAll("'", "''")}'` : undefined;
    }
    if (typeof v === "number") return `${v}`.includes("e") ? undefined : v < 0 ? `(${v})` : `${v}`;
    return typeof v === "boolean" ? `${v}`.toUpperCase() : undefined;
  }

  literal(type) {
    const { r } = this;
    switch (type) {
      case "int": case "long": return r.pick(NUMBERS);
      case "small": return r.pick(["0", "1", "2", "3", "-1"]);
      case "double": return r.pick(r.chance(0.5) ? REALS : NUMBERS);
      case "bool": return r.pick(["TRUE", "FALSE"]);
      case "string": return `'${r.pick(STRINGS)}'`;
      case "json": return `'${r.pick(JSONS)}'`;
      case "id": return r.pick(["1", "0x1", "0x10", "'0x1'", "16"]);
      case "classId": return r.pick(["1", "0x40", "ec_classid('BisCore.Subject')", "'0x40'"]);
      case "datetime": return r.pick([`DATE '${r.pick(DATES)}'`, `TIMESTAMP '${r.pick(STAMPS)}'`, `'${r.pick(STAMPS)}'`, `'${r.pick(STAMPS)}'`, `DATE '${r.pick(DATES)}'`, ...(r.chance(0.1) ? [`TIME '12:30:00'`] : [])]);
      case "guid": return "StrToGuid('a0000000-0000-4000-8000-000000001003')";
      case "binary": return r.pick(["zeroblob(2)", "CAST('ab' AS BLOB)", "unhex('00ff')"]);
      default: return r.pick(["NULL", ...NUMBERS, "'a'", "2.5", "TRUE"]);
    }
  }

  /** A parameter with a value, which the answer of a request then has in args. */
  param(type) {
    const { r } = this;
    const named = r.chance(0.3);
    const key = named ? `p${this.nParams}` : `${Object.keys(this.params).filter((k) => /^\d/.test(k)).length + 1}`;
    this.nParams += 1;
    this.params[key] = this.argument(type);
    return named ? `:${key}` : "?";
  }

  argument(type) {
    const { r } = this;
    if (r.chance(0.08)) return { type: 6, value: null };
    switch (type) {
      case "int": case "small": return { type: 4, value: r.below(10) };
      case "long": return { type: 5, value: r.chance(0.3) ? `${r.below(1000)}` : r.below(1000) };
      case "double": return { type: 1, value: r.below(200) / 2 };
      case "bool": return { type: 0, value: r.chance(0.5) };
      case "id": case "classId": return r.chance(0.7) ? { type: 2, value: `0x${(1 + r.below(80)).toString(16)}` } : { type: 9, value: "0x1" };
      case "guid": return { type: 10, value: "oAAAAAAAQACAAAAAAAAQAw==" };
      case "binary": return { type: 10, value: "AQID" };
      case "datetime": return { type: 9, value: r.pick(STAMPS) };
      default: return { type: 9, value: r.pick(STRINGS).replace("''", "'") };
    }
  }

  /* ---- values ---- */

  value(scope, type, depth = 2) {
    const { r } = this;
    if (depth <= 0 || r.chance(0.45)) return this.#leaf(scope, type);
    return r.weighted([
      [6, () => this.call(scope, type, depth)], [NUMERIC.includes(type) ? 5 : 0, () => this.#arithmetic(scope, type, depth)],
      [TEXTS.includes(type) ? 3 : 0, () => `${this.value(scope, "string", depth - 1)} || ${this.value(scope, "any", depth - 1)}`],
      [2, () => this.#cases(scope, type, depth)], [1.5, () => `CAST(${this.value(scope, "any", depth - 1)} AS ${r.pick(CAST_TYPES)})`],
      [1, () => `IIF(${this.condition(scope, depth - 1)}, ${this.value(scope, type, depth - 1)}, ${this.value(scope, type, depth - 1)})`],
      [depth > 1 ? 1.5 : 0, () => `(${this.queries.scalar(scope, type, depth - 1)})`], [1.5, () => `(${this.value(scope, type, depth - 1)})`],
      [NUMERIC.includes(type) ? 0.7 : 0, () => `${r.pick(["-", "+", "~"])}${this.#leaf(scope, type)}`], [0.6, () => this.#property(scope) ?? this.#leaf(scope, type)],
    ])();
  }

  #leaf(scope, type) {
    const { r } = this;
    if (type === "small" || r.chance(0.3)) return this.#literal(type);
    return this.path(scope, type) ?? this.#literal(type);
  }

  #literal(type) {
    return this.paramsAllowed && this.r.chance(0.12) ? this.param(type) : this.literal(type);
  }

  #arithmetic(scope, type, depth) {
    const op = this.r.pick(["+", "-", "*", "/", "%", "+", "-", "&", "|", "<<", ">>"]);
    const side = () => this.value(scope, type, depth - 1);
    return `${side()} ${op} ${op === "<<" || op === ">>" ? this.r.below(5) : side()}`;
  }

  #cases(scope, type, depth) {
    const whens = Array.from({ length: 1 + this.r.below(2) }, () => `WHEN ${this.condition(scope, depth - 1)} THEN ${this.value(scope, type, depth - 1)}`);
    return `CASE ${whens.join(" ")}${this.r.chance(0.6) ? ` ELSE ${this.value(scope, type, depth - 1)}` : ""} END`;
  }

  /** $->property of a class that stands in FROM. */
  #property(scope) {
    const source = this.r.pick(scope.sources);
    if (source.cls === undefined || source.cls.type !== 0) return undefined;
    const p = this.r.pick(this.catalog.properties(source.cls).filter((x) => SCALARS.includes(x.type)));
    return p && `${scope.sources.length > 1 ? `${source.alias}.` : ""}$->${p.name}${this.r.chance(0.3) ? "?" : ""}`;
  }

  #special(scope, kind, depth) {
    const { r } = this;
    const n = () => r.pick(["0", "1", "2.5", "10", "20"]);
    switch (kind) {
      case "COND": return this.condition(scope, depth - 1);
      case "FORMAT": return `'${r.pick(["%d", "%s", "%.2f", "%05d", "%x", "%q", "%10s|", "%e", "%%"])}'`;
      case "STRFTIME": return `'${r.pick(["%Y", "%Y-%m-%d", "%H:%M:%f", "%j", "%s", "%w"])}'`;
      case "CLASSFORMAT": return `'${r.pick(["s", "a", "c", "s.c", "s:c", "a:c", "a.c"])}'`;
      case "CLASSNAME": return `'${r.pick(["BisCore.Element", "bis:Model", "WebEditTest.Widget", "bis.Nope"])}'`;
      case "JSONPATH": return `'${r.pick(JSON_PATHS)}'`;
      case "KEY": return `'${r.pick(["k", "a b", "ä"])}'`;
      case "REGEX": return `'${r.pick(REGEXES)}'`;
      case "HALF": return "0.5";
      case "HEX": return `'${r.pick(["00ff", "zz", "0", "ABCD"])}'`;
      case "POINT": return `iModel_point(${n()},${n()},${n()})`;
      case "ANGLES": return `iModel_angles(${n()},${n()},${n()})`;
      case "BBOX": return `iModel_bbox(0,0,${n()},${n()},${n()},30)`;
      default: return undefined;
    }
  }

  call(scope, type, depth) {
    const { r } = this;
    const good = FUNCTIONS.filter(([, , t]) => type === "any" || t === type || t === "same" || t === "any" || (NUMERIC.includes(type) && NUMERIC.includes(t)));
    const [name, args] = r.pick(good.length > 0 ? good : FUNCTIONS);
    return `${name}(${args.map((a) => this.#special(scope, a, depth) ?? this.value(scope, a === "same" ? type : a, depth - 1)).join(", ")})`;
  }

  aggregate(scope, type = "any") {
    const { r } = this;
    const [name, arg] = r.pick(AGGREGATES.filter(([, , t]) => type === "any" || t === type || t === "any"));
    if (name === "COUNT" && r.chance(0.5)) return "COUNT(*)";
    return `${name}(${r.chance(0.15) ? "DISTINCT " : ""}${this.value(scope, arg, 1)})`;
  }

  /* ---- conditions ---- */

  condition(scope, depth = 2) {
    const { r } = this;
    if (depth > 0 && r.chance(0.3)) {
      const op = r.pick(["AND", "OR"]);
      const sides = [this.condition(scope, depth - 1), this.condition(scope, depth - 1)].map((c) => (r.chance(0.3) ? `(${c})` : c));
      return sides.join(` ${op} `);
    }
    if (depth > 0 && r.chance(0.08)) return `NOT (${this.condition(scope, depth - 1)})`;
    return r.weighted([
      [8, () => this.#comparison(scope, depth)], [2, () => this.#null(scope)], [2, () => this.#inList(scope)], [1.5, () => this.#between(scope)],
      [1.5, () => this.#like(scope)], [depth > 0 ? 1.2 : 0, () => this.#inQuery(scope, depth)], [depth > 0 ? 1.2 : 0, () => `${r.pick(["", "NOT "])}EXISTS (${this.queries.exists(scope, depth - 1)})`],
      [1, () => this.#isType(scope)], [0.5, () => this.path(scope, "bool") ?? "TRUE = TRUE"], [0.4, () => `InVirtualSet(${this.#set()}, ${this.path(scope, "id") ?? "1"})`],
      [0.4, () => `regexp('${r.pick(REGEXES)}', ${this.value(scope, "string", 1)})`], [0.4, () => this.#enumeration(scope)], [0.2, () => this.#point(scope)],
    ])();
  }

  #comparison(scope, depth) {
    const { r } = this;
    const type = r.pick(SCALARS);
    const column = this.column(scope, type);
    const op = r.pick(["=", "<>", "!=", "<", "<=", ">", ">=", "=", "="]);
    const sample = column !== undefined && r.chance(0.6) ? this.sample(column) : undefined;
    if (sample !== undefined) return `${this.say(scope, column)} ${op} ${sample}`;
    return `${column === undefined ? this.value(scope, type, depth) : this.say(scope, column)} ${op} ${this.value(scope, column?.type ?? type, depth - 1)}`;
  }

  #null(scope) {
    const all = scope.sources.flatMap((s) => s.columns);
    return `${this.say(scope, this.r.pick(all))} IS ${this.r.pick(["", "NOT "])}NULL`;
  }

  #inList(scope) {
    const type = this.r.pick(SCALARS);
    const column = this.column(scope, type);
    const items = Array.from({ length: 1 + this.r.below(4) }, () => this.sample(column) ?? this.literal(type));
    return `${column === undefined ? this.literal(type) : this.say(scope, column)} ${this.r.pick(["", "NOT "])}IN (${items.join(", ")})`;
  }

  #inQuery(scope, depth) {
    const type = this.r.pick(["id", "string", "int"]);
    return `${this.path(scope, type) ?? this.literal(type)} ${this.r.pick(["", "NOT "])}IN (${this.queries.list(scope, type, depth - 1)})`;
  }

  #between(scope) {
    const type = this.r.pick(["int", "double", "string", "datetime", "id"]);
    return `${this.path(scope, type) ?? this.literal(type)} ${this.r.pick(["", "NOT "])}BETWEEN ${this.literal(type)} AND ${this.value(scope, type, 1)}`;
  }

  #like(scope) {
    const escape = this.r.chance(0.25) ? " ESCAPE '\\'" : "";
    const text = this.value(scope, "string", 1);
    return `${text.startsWith("(") && this.r.chance(0.9) ? "CodeValue" : text} ${this.r.pick(["", "NOT "])}LIKE '${this.r.pick(PATTERNS)}'${escape}`;
  }

  #isType(scope) {
    const { r, catalog } = this;
    const source = r.pick(scope.sources);
    const column = source.columns.find((c) => c.type === "classId");
    if (column === undefined) return "1 = 1";
    const of = () => `${r.pick(["", "ONLY ", "", "ALL "])}${this.className(r.chance(0.7) && source.cls !== undefined ? r.pick(catalog.descendants(source.cls)) : r.pick(catalog.entities))}`;
    const list = [of(), ...(r.chance(0.3) ? [of()] : [])];
    return `${this.say(scope, column)} IS ${r.pick(["", "NOT "])}(${list.join(", ")})`;
  }

  #enumeration(scope) {
    const columns = scope.sources.flatMap((s) => s.columns).filter((c) => c.enumeration !== undefined);
    if (columns.length === 0) return "1 <> 2";
    const column = this.r.pick(columns);
    return `${this.say(scope, column)} ${this.r.pick(["=", "<>", "<"])} ${column.enumeration.name}.${this.r.pick(column.enumeration.values).name}`;
  }

  #point(scope) {
    const columns = scope.sources.flatMap((s) => s.columns).filter((c) => c.type === "point3d");
    if (columns.length === 0 || !this.paramsAllowed) return "2 > 1";
    const key = `p${this.nParams}`;
    this.nParams += 1;
    this.params[key] = { type: 8, value: { x: 1, y: 2, z: 3.25 } };
    return `${this.say(scope, this.r.pick(columns))} = :${key}`;
  }

  #set() {
    const key = `p${this.nParams}`;
    this.nParams += 1;
    this.params[key] = { type: 3, value: this.r.pick(["+1+F+1+2C", "+1", "", "+10*30"]) };
    return `:${key}`;
  }

  className(cls) {
    const { r } = this;
    const schema = r.chance(0.6) ? cls.alias : cls.schema;
    return `${schema}${r.chance(0.9) ? "." : ":"}${r.chance(0.05) ? `[${cls.name}]` : bracketed(cls.name)}`;
  }
}
