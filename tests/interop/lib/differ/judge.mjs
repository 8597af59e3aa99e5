// Whether two runs of one script left the same: answers, rows, transactions, what is read.
// Random GUIDs and times may differ, but alike: each of ours stands for one of theirs wherever it occurs.
import { openSqlite } from "../host.mjs";
import { differentRows, locals, select, trackedTables, txnChanges, txnRows } from "../tables.mjs";

const MOST = 12;
/** What we answer to members and types that the official backend ignores. */
const STRICT = 65539;
const READ_ERROR = 1e-15;
const ANGLE_ERROR = 1e-14;
const JULIAN_UNIX = 2440587.5;
const MS_PER_DAY = 86400000;
const GUID_LITERAL = /^X'[0-9A-F]{32}'$/;
const GUID_TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const guidColumn = (table, column) => column === "FederationGuid" || (table === "bis_Model" && column === "ps1");

/** Pairs of values that stand for each other. */
export class Pairs {
  #ours = new Map();
  #theirs = new Map();

  /** @known: GUIDs of the base file, which stand for themselves, as those do that the script gives. */
  constructor(script, startMs, known) {
    this.given = new Set((JSON.stringify(script).match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi) ?? [])
      .map((g) => g.replaceAll("-", "").toUpperCase()).concat(known));
    this.startMs = startMs;
  }

  #pair(kind, a, b) {
    const [x, y] = [`${kind}:${a}`, `${kind}:${b}`];
    if (!this.#ours.has(x) && !this.#theirs.has(y)) {
      this.#ours.set(x, y);
      this.#theirs.set(y, x);
    }
    return this.#ours.get(x) === y && this.#theirs.get(y) === x;
  }

  /** Hex digits of two GUIDs. */
  guids(a, b) {
    if (a !== b && (this.given.has(a) || this.given.has(b))) return false;
    return this.#pair("guid", a, b);
  }

  /** Two Julian days of the row @key. A time from before the script must be the same. */
  times(key, a, b) {
    const ms = (v) => Math.round((v - JULIAN_UNIX) * MS_PER_DAY);
    if (ms(a) < this.startMs || ms(b) < this.startMs) return a === b;
    return this.#pair(`time ${key}`, ms(a), ms(b));
  }

  /** Two values of a column: SQL literals, or what the changeset reader gives. */
  same(table, key, column, a, b) {
    if (column === "LastMod" && isTime(a) && isTime(b)) return this.times(`${table} ${key}`, julian(a), julian(b));
    if (guidColumn(table, column)) {
      const [x, y] = [guidDigits(a), guidDigits(b)];
      if (x !== undefined && y !== undefined) return this.guids(x, y);
    }
    return equalValues(a, b) || (isViewAngle(table, column) && nearly(Number(a), Number(b), ANGLE_ERROR));
  }
}

/** Yaw, pitch and roll of a view come back from a matrix; the last bits depend on the mathematical library. */
const isViewAngle = (table, column) => table === "bis_DefinitionElement" && /^js1[012]$/.test(column);

const isTime = (v) => v !== null && v !== undefined && v !== "NULL";

function julian(v) {
  if (typeof v === "number") return v;
  const n = Number(v);
  return Number.isNaN(n) ? Date.parse(v) / MS_PER_DAY + JULIAN_UNIX : n;
}

function guidDigits(v) {
  if (v instanceof Uint8Array && v.length === 16) return Buffer.from(v).toString("hex").toUpperCase();
  if (typeof v !== "string") return undefined;
  if (GUID_LITERAL.test(v)) return v.slice(2, -1);
  return GUID_TEXT.test(v) ? v.replaceAll("-", "").toUpperCase() : undefined;
}

function equalValues(a, b) {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  return Object.is(a, b) || (a ?? null) === (b ?? null);
}

/** The official backend reads numbers in JSON text with an error in the last places; ours must be as near. */
function nearly(a, b, error = READ_ERROR) {
  return typeof a === "number" && typeof b === "number" && Math.abs(a - b) <= error * Math.max(Math.abs(a), Math.abs(b));
}

/** Differences of two JSON values as [path, ours, theirs]; random GUIDs by their pairs. */
export function jsonDifferences(pairs, a, b, path = "", out = []) {
  if (out.length >= MOST || Object.is(a, b) || nearly(a, b)) return out;
  if (typeof a === "string" && typeof b === "string" && GUID_TEXT.test(a) && GUID_TEXT.test(b)) {
    if (!pairs.guids(guidDigits(a), guidDigits(b))) out.push([path, a, b]);
    return out;
  }
  const both = a !== null && b !== null && typeof a === "object" && typeof b === "object";
  if (!both || Array.isArray(a) !== Array.isArray(b)) {
    out.push([path || ".", a, b]);
    return out;
  }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) jsonDifferences(pairs, a[key], b[key], `${path}/${key}`, out);
  return out;
}

const shown = (v) => (JSON.stringify(v) ?? "absent").slice(0, 300);

const word = (a) => ("number" in a ? `${a.number} ${a.name}` : "accepted");
const short = (a) => ("number" in a ? a.number ?? a.errorName : "accepted");

/** What is wrong with one step's answers, if anything; `fatal` when the files cannot be alike after it. */
function compareAnswer(pairs, op, t, o, explained) {
  if (op.only === "official") return undefined;
  if (op.only === "ours") {
    return o.number === STRICT ? undefined
      : { kind: `strict ${op.op} ${short(o)}`, text: `must be refused with ${STRICT}: ${word(o)}`, fatal: !("number" in o) };
  }
  if ("number" in t || "number" in o) {
    if (t.number === o.number && "number" in t === "number" in o) return undefined;
    const fatal = !("number" in t && "number" in o);
    if (!fatal && explained(op, t, o) !== undefined) return undefined;
    return { kind: `answer ${op.op} ${short(t)}/${short(o)}`, text: `official: ${word(t)}; ours: ${word(o)}`, fatal };
  }
  if (!op.op.startsWith("insert") && !op.op.startsWith("read")) return undefined;
  // A model that the official backend has read before a save keeps telling its GUID of then; the end of a script is read anew.
  const told = (r) => (op.op === "readModel" ? { ...r, geometryGuid: undefined, name: undefined } : r);
  const [first] = jsonDifferences(pairs, told(o.result), told(t.result));
  if (first === undefined) return undefined;
  return {
    kind: `result ${op.op} ${first[0].replace(/\d+/g, "N")}`, text: `${first[0]}: ours ${shown(first[1])}, official ${shown(first[2])}`,
    fatal: op.op.startsWith("insert"),
  };
}

/** Answers of each step: all that is wrong. @explained(op, official, ours) tells why a difference of numbers is meant. */
export function compareAnswers(pairs, script, theirs, ours, explained) {
  const out = [];
  for (const [step, op] of script.entries()) {
    const found = compareAnswer(pairs, op, theirs[step], ours[step], explained);
    if (found !== undefined) out.push({ step, op, ...found });
    if (found?.fatal) break;
  }
  return out;
}

/** All tracked tables, the schema tables included. */
function compareTables(db, pairs) {
  for (const table of trackedTables(db, true)) {
    for (const [key, ours, theirs] of differentRows(db, table)) {
      if (ours === undefined || theirs === undefined) {
        return { kind: `row ${table} ${ours === undefined ? "only official" : "only ours"}`, text: `${table} ${key}: ${shown(ours ?? theirs)}` };
      }
      for (const column of Object.keys(ours)) {
        if (!pairs.same(table, key, column, ours[column], theirs[column])) {
          return { kind: `column ${table}.${column}`, text: `${table} ${key} ${column}: ours ${ours[column].slice(0, 300)}, official ${theirs[column].slice(0, 300)}` };
        }
      }
    }
  }
  return undefined;
}

function bookkeeping(db) {
  return JSON.stringify({
    locals: locals(db).filter((r) => !/changeset|^weh_/i.test(r.Name)),
    txns: txnRows(db).map(({ Bytes, ...rest }) => rest),
  });
}

/** Rows of @oursFile and @theirsFile, sequences and the list of transactions. */
export function compareFiles(pairs, oursFile, theirsFile) {
  const db = openSqlite(oursFile);
  let ours;
  try {
    select(db, "ATTACH ? AS o", [theirsFile]);
    const found = compareTables(db, pairs);
    if (found !== undefined) return found;
    ours = bookkeeping(db);
  } finally {
    db.closeDb();
  }
  const other = openSqlite(theirsFile);
  try {
    const theirs = bookkeeping(other);
    return ours === theirs ? undefined : { kind: "be_Local or dgn_Txns", text: `ours ${ours}\nofficial ${theirs}` };
  } finally {
    other.closeDb();
  }
}

const KEYS = ["Id", "ElementId", "Namespace", "Name", "SubId"];

function keyOf(change) {
  const row = change.new ?? change.old;
  // Ids as in SQL, so that a row has the same key here and in its table.
  const text = (v) => (/^0x[0-9a-f]+$/.test(v) ? `${BigInt(v)}` : v);
  return KEYS.map((k) => change.old?.[k] ?? row[k]).filter((v) => v !== undefined).map(text).join("|");
}

/** The decoded transactions of an open iModel, each a map by table and key. @skip: those of the base file. */
export function changesOf(db, skip) {
  return txnRows(db).map((t) => t.Id).filter((id) => !skip.has(id))
    .map((id) => [id, new Map(txnChanges(db, id).map((c) => [`${c.table} ${keyOf(c)}`, c]))]);
}

function compareRow(pairs, name, key, side, a, b) {
  for (const column of new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])) {
    if (!pairs.same(name, key, column, a?.[column], b?.[column])) {
      return { kind: `txn ${name}.${column}`, text: `${name} ${key} ${side} ${column}: ours ${shown(a?.[column])}, official ${shown(b?.[column])}` };
    }
  }
  return undefined;
}

/** Every change of every transaction: table, kind, direct or indirect, old and new values. */
export function compareChanges(pairs, ours, theirs) {
  for (const [i, [id, changes]] of theirs.entries()) {
    const mine = ours[i]?.[1] ?? new Map();
    for (const key of new Set([...changes.keys(), ...mine.keys()])) {
      const [a, b] = [mine.get(key), changes.get(key)];
      if (a === undefined || b === undefined || a.op !== b.op || a.indirect !== b.indirect) {
        const word = (c) => (c === undefined ? "none" : `${c.op}${c.indirect ? " indirect" : ""}`);
        return { kind: `txn ${key.split(" ")[0]} ${word(a)}/${word(b)}`, text: `${id} ${key}: ours ${word(a)}, official ${word(b)}; ${shown(a ?? b)}` };
      }
      const row = key.split(" ")[1];
      const found = compareRow(pairs, a.table, row, "old", a.old, b.old) ?? compareRow(pairs, a.table, row, "new", a.new, b.new);
      if (found !== undefined) return { ...found, text: `${id} ${found.text}` };
    }
  }
  return undefined;
}

/** The official backend's own check of a file that it has open: the names of what it objects to. */
export function integrityErrors(db) {
  return db.withPreparedStatement("PRAGMA integrity_check ECSQLOPTIONS enable_experimental_features", (s) => {
    const out = [];
    while (s.step() === 100) {
      const row = s.getRow();
      if (!row.result) out.push(row.check);
    }
    return out;
  });
}
