// Random queries of ECSQL: what stands in FROM, the clauses, subqueries, common tables, windows, unions. A query that is cut by
// LIMIT is ordered by something that is different in each row, so that its answer is determined.
import { Expressions, SCALARS } from "./expressions.mjs";
import { bracketed } from "./tokens.mjs";

const POINT_MEMBERS = { point2d: ["X", "Y"], point3d: ["X", "Y", "Z"] };
const ORDERED_TYPES = ["id", "classId", "int", "long", "double", "string", "datetime", "bool"];
const META = ["ECClassDef", "ECSchemaDef", "ECPropertyDef", "ECEnumerationDef", "ClassHasBaseClasses", "ECClassDef"];
const OPTIONS = ["USE_JS_PROP_NAMES", "DO_NOT_TRUNCATE_BLOB", "NO_ECCLASSID_FILTER", "READONLYPROPERTIESAREUPDATABLE", "MY_OPTION=3", "X='a'"];
const JOINS = ["JOIN", "INNER JOIN", "LEFT JOIN", "LEFT OUTER JOIN", "RIGHT JOIN", "FULL JOIN", "FULL OUTER JOIN", "JOIN", "JOIN", "LEFT JOIN"];

/** The columns that a property gives under @path. */
function columnsOf(catalog, cls, path, p, root = p.name) {
  const own = { bare: path, type: p.type, cls, property: root === p.name ? p.name : undefined, enumeration: p.enumeration };
  if (p.type === "nav") return [own, { bare: `${path}.Id`, type: "id" }, { bare: `${path}.RelECClassId`, type: "classId" }];
  if (POINT_MEMBERS[p.type] !== undefined) return [own, ...POINT_MEMBERS[p.type].map((m) => ({ bare: `${path}.${m}`, type: "double" }))];
  if (p.type === "struct") return [own, ...catalog.properties(p.struct).flatMap((m) => columnsOf(catalog, cls, `${path}.${m.name}`, m, root))];
  return [own];
}

export class Queries {
  #aliases = 0;

  constructor(random, catalog) {
    this.r = random;
    this.catalog = catalog;
    this.e = new Expressions(random, catalog, this);
  }

  /* ---- what stands in FROM ---- */

  #alias() {
    this.#aliases += 1;
    return `${this.r.pick(["a", "e", "t", "x", "el"])}${this.#aliases}`;
  }

  #anyClass() {
    const { r, catalog } = this;
    const ours = catalog.entities.filter((c) => c.schema === "WebEditTest");
    return r.weighted([
      [5, () => r.pick(ours)], [4, () => r.pick(catalog.entities.filter((c) => c.schema === "BisCore"))], [2, () => r.pick(catalog.entities)],
      [1.6, () => r.pick(catalog.relationships)], [0.6, () => catalog.find("ECDbMeta", r.pick(META)) ?? r.pick(ours)],
      [0.4, () => r.pick(catalog.empty)], [0.06, () => r.pick(catalog.unmapped)], [0.8, () => catalog.find("BisCore", "Element")],
    ])();
  }

  #source(cls, alias) {
    const columns = [{ bare: "ECInstanceId", type: "id", cls, property: "ECInstanceId" }, { bare: "ECClassId", type: "classId", cls, property: "ECClassId" }];
    if (cls.type === 1) {
      for (const side of ["Source", "Target"]) columns.push({ bare: `${side}ECInstanceId`, type: "id", cls, property: `${side}ECInstanceId` }, { bare: `${side}ECClassId`, type: "classId", cls, property: `${side}ECClassId` });
    }
    for (const p of this.catalog.properties(cls)) columns.push(...columnsOf(this.catalog, cls, p.name, p));
    for (const c of columns) {
      c.bare = bracketed(c.bare);
      c.full = `${alias}.${c.bare}`;
    }
    const keys = ["ECInstanceId", "ECClassId", ...(cls.type === 1 ? ["SourceECInstanceId", "TargetECInstanceId"] : [])];
    return { alias, cls, columns, keys: keys.map((k) => `${alias}.${k}`), count: cls.count ?? 0 };
  }

  #classItem(cls = this.#anyClass()) {
    const { r } = this;
    const alias = this.#alias();
    const only = r.weighted([[8, ""], [1, "ONLY "], [1, "ALL "], [0.3, "+"], [0.1, "+ONLY "]]);
    return { text: `${only}${this.e.className(cls)} ${r.pick(["", "AS "])}${alias}`, source: this.#source(cls, alias) };
  }

  /** A subquery as a table: its columns are known by their aliases. */
  #derivedItem(depth) {
    const inner = this.#plain({ depth, aliased: true, limit: this.r.chance(0.3) });
    const alias = this.#alias();
    return { text: `(${inner.text}) ${alias}`, source: this.#named(alias, inner) };
  }

  #named(alias, inner) {
    const columns = inner.columns.map((c) => ({ bare: c.name, full: `${alias}.${c.name}`, type: c.type }));
    return { alias, columns, keys: inner.determined ? columns.map((c) => c.full) : undefined, count: 40 };
  }

  #jsonItem(scope) {
    const alias = this.#alias();
    const source = this.e.path(scope, "json") ?? "'[1,{\"a\":2},null]'";
    const columns = [["key", "any"], ["value", "any"], ["type", "string"], ["atom", "any"], ["parent", "int"], ["fullkey", "string"], ["path", "string"]]
      .map(([name, type]) => ({ bare: `[${name}]`, full: `${alias}.[${name}]`, type: type === "any" ? "string" : type }));
    const text = `json1.json_${this.r.pick(["each", "tree"])}(${this.r.chance(0.6) ? source : "'{\"a\":[1,2,{\"b\":null}],\"c\":\"x\"}'"}${this.r.chance(0.2) ? ", '$.a'" : ""}) ${alias}`;
    return { text, source: { alias, columns, keys: [`${alias}.[fullkey]`], count: 5 } };
  }

  #cteItem(cte) {
    const alias = this.#alias();
    return { text: `${cte.name} ${alias}`, source: this.#named(alias, cte) };
  }

  /** The condition of a join that finds something and not too much. */
  #on(scope, a, b) {
    const { r } = this;
    const ids = (s) => s.columns.filter((c) => c.type === "id");
    const navs = [...ids(a).map((c) => [c, b]), ...ids(b).map((c) => [c, a])].filter(([c]) => c.bare.includes("."));
    if (navs.length > 0 && r.chance(0.6)) {
      const [nav, other] = r.pick(navs);
      const id = ids(other)[0];
      if (id !== undefined) return `${nav.full} = ${id.full}`;
    }
    if (ids(a).length > 0 && ids(b).length > 0 && r.chance(0.7)) return `${r.pick(ids(a)).full} = ${r.pick(ids(b)).full}`;
    const type = r.pick(["int", "string", "bool", "id"]);
    const [x, y] = [a, b].map((s) => this.e.column({ sources: [s] }, type));
    return x !== undefined && y !== undefined ? `${x.full} = ${y.full}` : this.e.condition(scope, 1);
  }

  /** a JOIN b USING relationship. */
  #using(item) {
    const { r, catalog } = this;
    const cls = item.source.cls;
    if (cls === undefined || cls.type !== 0) return undefined;
    const fits = (side) => (rel) => (rel.ends[side] ?? []).some((c) => catalog.is(cls, c));
    const forward = r.chance(0.6);
    const rel = r.pick(catalog.relationships.filter(fits(forward ? "source" : "target")));
    const others = rel?.ends[forward ? "target" : "source"]?.filter((c) => c.count > 0);
    if (others === undefined || others.length === 0) return undefined;
    const populated = catalog.descendants(r.pick(others)).filter((c) => c.count > 0);
    const other = this.#classItem(r.pick(populated));
    const end = r.weighted([[4, ""], [3, forward ? " FORWARD" : " BACKWARD"], [0.3, forward ? " BACKWARD" : " FORWARD"]]);
    return { text: `${item.text} ${r.pick(["JOIN", "LEFT JOIN", "INNER JOIN"])} ${other.text} USING ${this.e.className(rel)}${end}`, sources: [item.source, other.source] };
  }

  #item({ depth, ctes = [] }) {
    const { r } = this;
    if (ctes.length > 0 && r.chance(0.6)) return this.#cteItem(r.pick(ctes));
    return depth > 0 && r.chance(0.1) ? this.#derivedItem(depth - 1) : this.#classItem();
  }

  #from(scope, options) {
    const { r } = this;
    const first = this.#item(options);
    scope.sources.push(first.source);
    if (r.chance(0.08)) {
      const using = this.#using(first);
      if (using !== undefined) {
        scope.sources = using.sources;
        return using.text;
      }
    }
    let text = first.text;
    while (scope.sources.length < 3 && r.chance(scope.sources.length === 1 ? 0.3 : 0.2)) {
      if (r.chance(0.12)) {
        const json = this.#jsonItem(scope);
        scope.sources.push(json.source);
        text += `, ${json.text}`;
        continue;
      }
      const b = this.#item(options);
      const a = r.pick(scope.sources);
      scope.sources.push(b.source);
      const on = this.#on(scope, a, b.source);
      if (scope.sources.length === 2 && a.count * b.source.count < 20000 && r.chance(0.12)) text += r.chance(0.5) ? ` CROSS JOIN ${b.text}` : `, ${b.text}`;
      else text += ` ${r.pick(JOINS)} ${b.text} ON ${on}`;
    }
    return text;
  }

  /* ---- selects ---- */

  #columns(scope, { aliased, types }) {
    const { r, e } = this;
    const wanted = types ?? Array.from({ length: 1 + r.below(4) }, () => undefined);
    return wanted.map((type, i) => {
      const all = scope.sources.flatMap((s) => s.columns);
      const column = type === undefined ? r.pick(all) : e.column(scope, type);
      const plain = column !== undefined && r.chance(type === undefined ? 0.55 : 0.7);
      const hint = type ?? r.pick(SCALARS);
      const text = plain ? e.say(scope, column) : e.value(scope, hint, 2);
      const name = aliased || r.chance(0.2) ? `c${i + 1}` : undefined;
      const quoted = name !== undefined && !aliased && r.chance(0.1) ? `[my ${name}]` : name;
      return { text: `${text}${quoted === undefined ? "" : `${r.pick([" ", " AS "])}${quoted}`}`, type: plain ? column.type : hint, name };
    });
  }

  /** Items that make an order total; undefined when a source has no key. */
  #keys(scope) {
    return scope.sources.every((s) => s.keys !== undefined) ? scope.sources.flatMap((s) => s.keys) : undefined;
  }

  #order(scope) {
    const { r, e } = this;
    const keys = this.#keys(scope);
    if (keys === undefined) return undefined;
    const items = r.list(2, () => {
      const column = e.column(scope, r.pick(ORDERED_TYPES));
      return `${column === undefined || r.chance(0.25) ? e.value(scope, "double", 1).replace(/^[\d.]+$/, "1+1") : column.full}${r.pick(["", " ASC", " DESC"])}${r.pick(["", "", " NULLS FIRST", " NULLS LAST"])}`;
    });
    return ` ORDER BY ${[...items, ...keys].join(", ")}`;
  }

  #limit() {
    const { r } = this;
    return ` LIMIT ${r.pick(["1", "3", "5", "10", "25", "2+1"])}${r.chance(0.3) ? ` OFFSET ${r.below(6)}` : ""}`;
  }

  /** SELECT columns FROM ... WHERE ...: no groups. determined: the order and the choice of the rows are. */
  #plain({ depth = 1, aliased = false, types, limit = false, outer, ctes, star = false }) {
    const { r, e } = this;
    const scope = { sources: [], outer };
    const from = this.#from(scope, { depth, ctes });
    const columns = this.#columns(scope, { aliased, types });
    const list = star && !aliased && types === undefined && r.chance(0.12) ? r.pick(["*", `${scope.sources[0].alias}.*`, "$"]) : columns.map((c) => c.text).join(", ");
    const distinct = r.chance(0.07) && !limit ? r.pick(["DISTINCT ", "ALL "]) : "";
    const where = r.chance(0.65) ? ` WHERE ${e.condition(scope, Math.min(depth, 2))}` : "";
    const order = limit || r.chance(0.3) ? (distinct === "" ? this.#order(scope) : undefined) : undefined;
    const cut = limit && order !== undefined ? this.#limit() : "";
    return { text: `SELECT ${distinct}${list} FROM ${from}${where}${order ?? ""}${cut}`, columns, determined: order !== undefined };
  }

  #grouped({ depth, ctes }) {
    const { r, e } = this;
    const scope = { sources: [] };
    const from = this.#from(scope, { depth, ctes });
    const keys = r.some(scope.sources.flatMap((s) => s.columns).filter((c) => ORDERED_TYPES.includes(c.type)), r.below(3)).map((c) => c.full);
    const values = Array.from({ length: 1 + r.below(3) }, () => e.aggregate(scope));
    const where = r.chance(0.5) ? ` WHERE ${e.condition(scope, 1)}` : "";
    const having = r.chance(0.25) && keys.length > 0 ? ` HAVING ${e.aggregate(scope, "int")} ${r.pick([">", "<", "="])} ${r.below(8)}` : "";
    const group = keys.length > 0 ? ` GROUP BY ${keys.join(", ")}` : "";
    const order = keys.length > 0 && r.chance(0.5) ? ` ORDER BY ${keys.map((k, i) => r.pick([k, `${i + 1}`, `${k} DESC`])).join(", ")}` : "";
    return { text: `SELECT ${[...keys, ...values].join(", ")} FROM ${from}${where}${group}${having}${order}${order !== "" && r.chance(0.4) ? this.#limit() : ""}`, determined: order !== "" };
  }

  #frame() {
    const { r } = this;
    const unit = r.pick(["ROWS", "GROUPS", "ROWS", "RANGE"]);
    const from = r.pick(["UNBOUNDED PRECEDING", "CURRENT ROW", ...(unit === "RANGE" ? [] : ["1 PRECEDING", "2 PRECEDING"])]);
    if (r.chance(0.3)) return ` ${unit} ${from}`;
    const to = r.pick(["CURRENT ROW", "UNBOUNDED FOLLOWING", ...(unit === "RANGE" ? [] : ["1 FOLLOWING"])]);
    return ` ${unit} BETWEEN ${from} AND ${to}${r.chance(0.3) ? ` EXCLUDE ${r.pick(["CURRENT ROW", "GROUP", "TIES", "NO OTHERS"])}` : ""}`;
  }

  #windowed({ depth, ctes }) {
    const { r, e } = this;
    const scope = { sources: [] };
    const from = this.#from(scope, { depth, ctes });
    const keys = this.#keys(scope);
    if (keys === undefined) return this.#plain({ depth, ctes });
    const part = r.chance(0.5) ? `PARTITION BY ${(e.column(scope, r.pick(ORDERED_TYPES)) ?? scope.sources[0].columns[0]).full} ` : "";
    const over = () => `(${part}ORDER BY ${keys.join(", ")}${r.chance(0.4) ? this.#frame() : ""})`;
    const call = r.weighted([
      [2, () => r.pick(["ROW_NUMBER()", "RANK()", "DENSE_RANK()", "PERCENT_RANK()", "CUME_DIST()"])], [1, () => `NTILE(${1 + r.below(4)})`],
      [2, () => `${r.pick(["LAG", "LEAD"])}(${e.value(scope, "any", 1)}${r.chance(0.5) ? `, ${1 + r.below(2)}` : ""})`],
      [1.5, () => `${r.pick(["FIRST_VALUE", "LAST_VALUE"])}(${e.value(scope, "any", 1)})`], [0.7, () => `NTH_VALUE(${e.value(scope, "any", 1)}, 2)`],
      [2, () => e.aggregate(scope)], [1, () => `${r.pick(["SUM", "COUNT", "MIN"])}(${e.value(scope, "int", 1)}) FILTER (WHERE ${e.condition(scope, 1)})`],
      [0.7, () => `group_concat(${e.value(scope, "string", 1)}, '-')`],
    ])();
    const named = r.chance(0.25);
    const columns = [scope.sources[0].keys[0], `${call} OVER ${named ? "w" : over()}${r.chance(0.3) ? " AS win" : ""}`];
    const where = r.chance(0.4) ? ` WHERE ${e.condition(scope, 1)}` : "";
    return { text: `SELECT ${columns.join(", ")} FROM ${from}${where}${named ? ` WINDOW w AS ${over()}` : ""} ORDER BY ${keys.join(", ")}${r.chance(0.6) ? this.#limit() : ""}`, determined: true };
  }

  #union({ depth, ctes }) {
    const { r } = this;
    const types = Array.from({ length: 1 + r.below(2) }, () => r.pick(["id", "string", "int", "double", "classId", "datetime", "bool"]));
    const parts = Array.from({ length: 2 + r.below(2) }, () => this.#plain({ depth: Math.min(depth, 1), types, ctes }).text.replace(/ ORDER BY .*$/, ""));
    const text = parts.reduce((a, b) => `${a} ${r.pick(["UNION", "UNION ALL", "EXCEPT", "INTERSECT", "UNION ALL"])} ${b}`);
    return { text: `${text}${r.chance(0.3) ? ` ORDER BY ${types.map((t, i) => i + 1).join(", ")}` : ""}`, determined: false };
  }

  #values() {
    const { r, e } = this;
    const n = 1 + r.below(3);
    const row = () => `(${Array.from({ length: n }, () => e.literal(r.pick(SCALARS))).join(", ")})`;
    return { text: `VALUES ${Array.from({ length: 1 + r.below(3) }, row).join(", ")}`, columns: Array.from({ length: n }, (_, i) => ({ name: `c${i + 1}`, type: "int" })), determined: true };
  }

  #withCtes(depth) {
    const { r } = this;
    const ctes = [];
    const texts = [];
    for (let i = 0; i <= r.below(2); i += 1) {
      const name = `cte${i + 1}`;
      const inner = r.chance(0.1) ? this.#values() : this.#plain({ depth: 1, aliased: true, ctes });
      const listed = r.chance(0.5) || inner.columns.some((c) => c.name === undefined);
      const columns = inner.columns.map((c, k) => ({ ...c, name: listed ? `k${k + 1}` : c.name }));
      texts.push(`${name}${listed ? `(${columns.map((c) => c.name).join(", ")})` : ""} AS (${inner.text})`);
      ctes.push({ name, columns, determined: false });
    }
    const main = this.#main({ depth, ctes });
    return { ...main, text: `WITH ${r.chance(0.15) ? "RECURSIVE " : ""}${texts.join(", ")} ${main.text}` };
  }

  #recursive() {
    const { r } = this;
    if (r.chance(0.5)) {
      const end = 3 + r.below(20);
      return { text: `WITH RECURSIVE n(i, s) AS (SELECT ${r.below(3)}, '${r.pick(["x", ""])}' UNION${r.pick(["", " ALL"])} SELECT i+${1 + r.below(2)}, s || '${r.pick(["a", "-"])}' FROM n WHERE i<${end}) SELECT ${r.pick(["i", "i, s", "COUNT(*), MAX(i)", "*"])} FROM n`, determined: false };
    }
    const label = r.pick(["CodeValue", "UserLabel", "ECClassId"]);
    return { text: `WITH RECURSIVE tree(id, label, depth) AS (SELECT ECInstanceId, ${label}, 0 FROM bis.Subject WHERE ${r.pick(["Parent.Id IS NULL", "ECInstanceId=1"])} UNION ALL SELECT s.ECInstanceId, s.${label}, t.depth+1 FROM ${r.pick(["bis.Subject", "bis.Element"])} s ${r.pick(["JOIN", "INNER JOIN"])} tree t ON s.Parent.Id = t.id) SELECT ${r.pick(["id, label, depth", "id, depth", "*", "MAX(depth), COUNT(*)"])} FROM tree${r.pick(["", " WHERE depth > 0", " WHERE depth < 2"])}`, determined: false };
  }

  #spatial() {
    const { r } = this;
    const n = () => r.pick(["-100", "0", "5", "20", "50", "1000"]);
    const box = `iModel_bbox(${n()},${n()},-10,${n()},${n()},50)`;
    return r.pick([
      { text: `SELECT i.ECInstanceId, i.MinX, i.MaxZ FROM bis.SpatialIndex i WHERE i.ECInstanceId MATCH iModel_spatial_overlap_aabb(${box})`, determined: false },
      { text: `SELECT e.ECInstanceId, e.UserLabel FROM ${r.pick(["bis.SpatialElement", "bis.GeometricElement3d", "WebEditTest.Widget"])} e, bis.SpatialIndex i WHERE i.ECInstanceId MATCH iModel_spatial_overlap_aabb(${box}) AND e.ECInstanceId = i.ECInstanceId ORDER BY e.ECInstanceId`, determined: true },
      { text: `SELECT e.ECInstanceId, iModel_bbox_volume(iModel_placement_aabb(iModel_placement(iModel_point(Origin.X,Origin.Y,Origin.Z), iModel_angles(Yaw,Pitch,Roll), iModel_bbox(BBoxLow.X,BBoxLow.Y,BBoxLow.Z,BBoxHigh.X,BBoxHigh.Y,BBoxHigh.Z)))) FROM bis.GeometricElement3d e WHERE e.InSpatialIndex ORDER BY e.ECInstanceId LIMIT 10`, determined: true },
      { text: `SELECT COUNT(*), MIN(MinX), MAX(MaxY) FROM bis.SpatialIndex WHERE MinX ${r.pick(["<", ">"])} ${n()}`, determined: true },
    ]);
  }

  #main(options) {
    return this.r.weighted([
      [10, () => this.#plain({ ...options, limit: this.r.chance(0.5), star: true })], [3.5, () => this.#grouped(options)], [2.5, () => this.#windowed(options)],
      [2, () => this.#union(options)],
    ])();
  }

  #without() {
    const { r, e } = this;
    const scope = { sources: [{ alias: "z", columns: [{ bare: "1", full: "1", type: "int" }] }] };
    return { text: `SELECT ${Array.from({ length: 1 + r.below(3) }, () => e.value(scope, r.pick(SCALARS), 2)).join(", ")}`, determined: true };
  }

  /* ---- what expressions ask for ---- */

  scalar(outer, type, depth) {
    if (this.r.chance(0.4)) {
      const scope = { sources: [], outer };
      return `SELECT ${this.#inner(scope, type)}`;
    }
    return this.#plain({ depth: Math.max(depth - 1, 0), types: [type], limit: true, outer }).text.replace(/ LIMIT .*$/, " LIMIT 1");
  }

  #inner(scope, type) {
    const item = this.#classItem();
    scope.sources.push(item.source);
    const aggregate = this.e.aggregate({ sources: scope.sources }, type === "double" ? "double" : "any");
    return `${aggregate} FROM ${item.text}${this.r.chance(0.7) ? ` WHERE ${this.e.condition(scope, 0)}` : ""}`;
  }

  list(outer, type, depth) {
    return this.#plain({ depth: Math.max(depth - 1, 0), types: [type], outer }).text;
  }

  exists(outer, depth) {
    const text = this.#plain({ depth: Math.max(depth - 1, 0), types: ["id"], outer }).text;
    return this.r.chance(0.4) ? text.replace(/^SELECT (DISTINCT |ALL )?.*? FROM /, "SELECT 1 FROM ") : text;
  }

  /* ---- the whole ---- */

  /** {query, args, ordered, options}. */
  make() {
    const { r, e } = this;
    e.paramsAllowed = r.chance(0.3);
    const made = r.weighted([
      [16, () => this.#main({ depth: 2 })], [1.5, () => this.#without()], [2.5, () => this.#withCtes(1)], [0.7, () => this.#recursive()], [0.6, () => this.#values()],
      [0.6, () => this.#spatial()],
    ])();
    const query = `${made.text}${/^(?!VALUES).* FROM /.test(made.text) && r.chance(0.05) ? ` ${r.pick(["ECSQLOPTIONS", "OPTIONS"])} ${r.pick(OPTIONS)}` : ""}${r.chance(0.03) ? ";" : ""}`;
    return { query, args: e.params, ordered: made.determined, options: this.#options(made.determined) };
  }

  #options(determined) {
    const { r } = this;
    return {
      ...(r.chance(0.1) ? { js: true } : {}), ...(r.chance(0.1) ? { names: true } : {}), ...(r.chance(0.1) ? { abbreviate: true } : {}),
      ...(determined && r.chance(0.1) ? { limit: { offset: r.below(4), count: r.below(8) } } : {}),
    };
  }
}
