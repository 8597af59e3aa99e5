// What must be equal between two iModel files, and what may not be.
import { openSqlite, withIModel } from "../lib/host.mjs";
import { elementProps, pendingTxns } from "../lib/dump.mjs";
import { differenceOfFiles, locals, select, txnChanges, txnRows } from "../lib/tables.mjs";
import { canonicalLiteral, canonicalStream } from "../lib/geometry.mjs";
import { equal, ok, plain } from "../lib/tap.mjs";
import { isGivenGuid } from "./scripts.mjs";

const isGuid = (literal) => /^X'[0-9A-F]{32}'$/.test(literal);

/** Column of a geometry stream: of elements, and js1 of GeometryPart. */
const mayBeStream = (column) => column === "GeometryStream" || column === "js1";

/** Boxes of curves may differ in the last digits. */
const isBox = (column) => /^BBox(Low|High)_[XYZ]$/.test(column);
const isNear = (a, b) => Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(a), Math.abs(b));

/** Times, and GUIDs that nobody gave: both there or both absent is enough. In streams, what was left to chance. */
export function volatileOnly(table, column, a, b) {
  if (isBox(column)) return isNear(Number(a), Number(b));
  if (mayBeStream(column)) return canonicalLiteral(a) !== undefined && canonicalLiteral(a) === canonicalLiteral(b);
  if (column === "LastMod" || column === "LastModified") return a !== "NULL" && b !== "NULL";
  if (column === "FederationGuid") return isGuid(a) && isGuid(b) && !isGivenGuid(a) && !isGivenGuid(b);
  return table === "bis_Model" && column === "ps1" && isGuid(a) && isGuid(b);
}

/** All tracked tables of two files, row by row. */
export function equalTables(ours, theirs, ignore = volatileOnly) {
  const found = differenceOfFiles(theirs, ours, ignore);
  ok(found.length === 0, `tables differ (update: [official, ours]; insert: only ours; delete: only official)\n${
    found.slice(0, 12).map((d) => JSON.stringify(d)).join("\n")}`);
}

export function bookkeeping(file) {
  const db = openSqlite(file);
  try {
    return {
      // Our stack's memory, which the official backend leaves alone, is ours only.
      locals: locals(db).filter((r) => !/changeset|^weh_/i.test(r.Name)),
      txns: txnRows(db).map(({ Bytes, ...rest }) => rest),
    };
  } finally {
    db.closeDb();
  }
}

function stable(value, column, table) {
  if (value === null || value === undefined) return value ?? null;
  if (column === "LastMod") return "TIME";
  if (isBox(column)) return Number(value).toPrecision(12);
  if (value instanceof Uint8Array) {
    const hex = Buffer.from(value).toString("hex").toUpperCase();
    const random = value.length === 16 && !isGivenGuid(`X'${hex}'`)
      && (column === "FederationGuid" || (table === "bis_Model" && column === "ps1"));
    return random ? "GUID" : (mayBeStream(column) ? canonicalStream(value) : undefined) ?? hex;
  }
  return value;
}

/** The decoded transactions of an open iModel, in an order of their own, without what is random. */
export function changesOf(db) {
  const ids = select(db, "SELECT Id FROM dgn_Txns ORDER BY Id").map((r) => `0x${BigInt(r.Id).toString(16)}`);
  return ids.map((id) => txnChanges(db, id).map((c) => {
    const values = (row) => row && Object.fromEntries(Object.entries(row).map(([k, v]) => [k, stable(v, k, c.table)]));
    return JSON.stringify({ ...c, old: values(c.old), new: values(c.new) });
  }).sort());
}

export async function readElements(file) {
  return withIModel(file, false, (db) => plain(elementProps(db)));
}

export async function readPending(file) {
  return withIModel(file, false, pendingTxns);
}

/** Rows, sequences, transactions and their changes: all that an edit leaves. @changes: those of @theirs, if known. */
export async function equalFiles(ours, theirs, changes) {
  equalTables(ours, theirs);
  equal(bookkeeping(ours), bookkeeping(theirs), "be_Local and dgn_Txns");
  equal(await withIModel(ours, false, changesOf), changes ?? await withIModel(theirs, false, changesOf), "decoded transactions");
}
