// Whether two answers to one query are the same, and if not, what kind of difference it is.

const RELATIVE = 1e-9;
const META = ["className", "accessString", "generated", "index", "jsonName", "name", "extendedType", "typeName"];

/** Numbers may differ in the last digits: sums are made in the order of rows, which is not told. */
function same(a, b) {
  if (typeof a === "number" && typeof b === "number") return a === b || Math.abs(a - b) <= RELATIVE * Math.max(Math.abs(a), Math.abs(b));
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((k) => k in b && same(a[k], b[k]));
}

/** The official rows end with their last value that is not NULL. */
function trimmed(row) {
  let n = row.length;
  while (n > 0 && (row[n - 1] === null || row[n - 1] === undefined)) n -= 1;
  return row.slice(0, n).map((v) => v ?? null);
}

const rounded = (key, v) => (typeof v === "number" && !Number.isInteger(v) ? Number(v.toPrecision(9)) : v);
const sorted = (rows) => rows.map((r) => [JSON.stringify(r, rounded), r]).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, r]) => r);

function typeOf(v) {
  if (v === undefined) return "nothing";
  if (v === null) return "null";
  if (typeof v === "string") return v === "" ? "empty" : /^0x/.test(v) ? "id" : "text";
  return Array.isArray(v) ? "array" : typeof v;
}

function compareMeta(ours, theirs) {
  if (ours.length !== theirs.length) return { kind: "columns", text: `${ours.length} columns, official ${theirs.length}` };
  for (const [i, column] of theirs.entries()) {
    for (const name of META) {
      if (ours[i][name] !== column[name]) return { kind: `meta ${name}`, text: `column ${i} ${name}: ours ${JSON.stringify(ours[i][name])}, official ${JSON.stringify(column[name])}` };
    }
  }
  return undefined;
}

function compareRows(ours, theirs, ordered) {
  const [a, b] = [ours, theirs].map((rows) => (ordered ? rows.map(trimmed) : sorted(rows.map(trimmed))));
  if (a.length !== b.length) return { kind: "number of rows", text: `${a.length} rows, official ${b.length}` };
  for (const [i, row] of b.entries()) {
    if (same(a[i], row)) continue;
    const k = Array.from({ length: Math.max(row.length, a[i].length) }, (_, n) => n).find((n) => !same(a[i][n] ?? null, row[n] ?? null));
    const show = (v) => JSON.stringify(v)?.slice(0, 300);
    return { kind: `value ${typeOf(a[i][k])}/${typeOf(row[k])}`, text: `row ${i} column ${k}: ours ${show(a[i][k])}, official ${show(row[k])}` };
  }
  return undefined;
}

/** What a message says, without what it is about. */
export function gist(message) {
  return message.replace(/Failed to parse ECSQL.*limit :sys_ecdb_count offset :sys_ecdb_offset.: /s, "").replace(/Preparing the ECSQL.*?failed to prepare: /s, "").replace(/\[SQL: .*/s, "").replace(/expression .* in [LR]HS/gs, "...").replace(/'[^']*'/g, "'...'").replace(/line \d+ column \d+/g, "").replace(/\d+/g, "N").slice(0, 160);
}

/**
 * @ours and @theirs: {columns, rows} or {error}, or {late} when a limit ended it. undefined: the same; {skipped} when it cannot be
 * told; else {kind, text}.
 */
export function compare(ours, theirs, ordered) {
  if (ours.late || theirs.late) return { skipped: "limits" };
  if (ours.error !== undefined && theirs.error !== undefined) return undefined;
  if (ours.error !== undefined) return { kind: `refused by us: ${gist(ours.error)}`, text: ours.error };
  if (theirs.error !== undefined) return { kind: `refused by the official backend: ${gist(theirs.error)}`, text: theirs.error };
  return compareMeta(ours.columns, theirs.columns) ?? compareRows(ours.rows, theirs.rows, ordered);
}
