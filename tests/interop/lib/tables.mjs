// Tables of an iModel as exact text: reading, comparing, and the rows of saved transactions.
// Every value is an SQL literal as SQLite's quote() writes it, so that 1 and 1.0, '' and NULL stay apart.
import { backend, bentley, openSqlite } from "./host.mjs";

const { SqliteChangesetReader } = backend;

/** What is not recorded in changesets, or is derived from what is. */
const UNTRACKED = /^(be_Local|dgn_Txns|dgn_Rebase|sqlite_|dgn_SpatialIndex_|dgn_fts_idx)/;

export function select(conn, sql, bind = []) {
  return conn.withPreparedSqliteStatement(sql, (stmt) => {
    bind.forEach((v, i) => stmt.bindValue(i + 1, v));
    const rows = [];
    // Asked once: each is a call into the native library.
    let names;
    while (stmt.step() === bentley.DbResult.BE_SQLITE_ROW) {
      names ??= Array.from({ length: stmt.getColumnCount() }, (_, i) => stmt.getValue(i).columnName);
      rows.push(Object.fromEntries(names.map((name, i) => [name, stmt.getValue(i).value])));
    }
    return rows;
  });
}

export function columnsOf(conn, table) {
  return select(conn, `SELECT name, pk FROM pragma_table_info('${table}')`);
}

/** The primary key of a table, else its first column. */
function keysOf(columns) {
  const keys = columns.filter((c) => c.pk > 0).sort((a, b) => a.pk - b.pk).map((c) => c.name);
  return keys.length > 0 ? keys : [columns[0].name];
}

/** Names of the tracked tables; @withEc includes the schema tables, which an edit never touches. */
export function trackedTables(conn, withEc = false) {
  return select(conn, "SELECT name FROM sqlite_master WHERE type='table' ORDER BY name")
    .map((r) => r.name)
    .filter((n) => !UNTRACKED.test(n) && (withEc || !n.startsWith("ec_")));
}

/** All rows of one table, keyed by its primary key; values are SQL literals. */
export function tableRows(conn, table) {
  const columns = columnsOf(conn, table);
  const keys = keysOf(columns);
  const list = columns.map((c) => `quote("${c.name}") AS "${c.name}"`).join(",");
  const rows = new Map();
  for (const row of select(conn, `SELECT ${list} FROM "${table}"`)) rows.set(keys.map((k) => row[k]).join("|"), row);
  return rows;
}

export function snapshot(conn, withEc = false) {
  const tables = new Map();
  for (const name of trackedTables(conn, withEc)) tables.set(name, tableRows(conn, name));
  return tables;
}

export function snapshotFile(file, withEc = false) {
  const db = openSqlite(file);
  try {
    return snapshot(db, withEc);
  } finally {
    db.closeDb();
  }
}

function rowDifference(before, after) {
  const changed = {};
  for (const name of Object.keys(after)) {
    if (before[name] !== after[name]) changed[name] = [before[name], after[name]];
  }
  return Object.keys(changed).length > 0 ? changed : undefined;
}

/**
 * What differs between two snapshots, as a list of {table, key, insert | delete | update}; an update has
 * [old, new] by column. @ignore(table, column, old, new) leaves single values out.
 */
export function difference(before, after, ignore = () => false) {
  const out = [];
  for (const table of new Set([...before.keys(), ...after.keys()])) {
    const old = before.get(table) ?? new Map();
    const now = after.get(table) ?? new Map();
    for (const [key, row] of now) {
      if (!old.has(key)) {
        out.push({ table, key, insert: row });
        continue;
      }
      const changed = rowDifference(old.get(key), row);
      for (const [c, [x, y]] of Object.entries(changed ?? {})) if (ignore(table, c, x, y)) delete changed[c];
      if (changed !== undefined && Object.keys(changed).length > 0) out.push({ table, key, update: changed });
    }
    for (const [key, row] of old) if (!now.has(key)) out.push({ table, key, delete: row });
  }
  return out;
}

/** The rows of main.@table that attached o.@table has otherwise or not at all, and the reverse: [key, ours, other's], literals. */
export function differentRows(conn, table) {
  const columns = columnsOf(conn, table);
  const list = columns.map((c) => `quote("${c.name}") AS "${c.name}"`).join(",");
  const keys = keysOf(columns);
  const side = (a, b) => new Map(select(conn, `SELECT ${list} FROM ${a}."${table}" EXCEPT SELECT ${list} FROM ${b}."${table}"`)
    .map((row) => [keys.map((k) => row[k]).join("|"), row]));
  const [ours, others] = [side("main", "o"), side("o", "main")];
  return [...new Set([...ours.keys(), ...others.keys()])].sort().map((key) => [key, ours.get(key), others.get(key)]);
}

const asMap = (key, row) => new Map(row === undefined ? [] : [[key, row]]);

/** As difference() of the snapshots of two files with their schema tables, but only what differs leaves SQLite. */
export function differenceOfFiles(before, after, ignore) {
  const db = openSqlite(before);
  try {
    select(db, "ATTACH ? AS o", [after]);
    const tables = trackedTables(db, true);
    const others = select(db, "SELECT name FROM o.sqlite_master WHERE type='table'").map((r) => r.name).filter((n) => !UNTRACKED.test(n));
    const lone = [...tables.filter((t) => !others.includes(t)), ...others.filter((t) => !tables.includes(t))];
    if (lone.length > 0) return lone.map((table) => ({ table, key: "the table is in one of the files only" }));
    return tables.flatMap((table) => differentRows(db, table).flatMap(([key, old, now]) => difference(
      new Map([[table, asMap(key, old)]]), new Map([[table, asMap(key, now)]]), ignore)));
  } finally {
    db.closeDb();
  }
}

export function locals(conn) {
  return select(conn, "SELECT Name, quote(Val) AS Val FROM be_Local ORDER BY Name");
}

export function txnRows(conn) {
  return select(conn, `SELECT Id, Deleted, Grouped, Operation, IsSchemaChange, length(Change) AS Bytes FROM dgn_Txns
    ORDER BY Id`).map((r) => ({ ...r, Id: `0x${BigInt(r.Id).toString(16)}` }));
}

const OPS = { Inserted: "insert", Updated: "update", Deleted: "delete" };

/** The rows of one saved transaction, decoded by the official reader. */
export function txnChanges(db, txnId) {
  const reader = SqliteChangesetReader.openTxn({ txnId, db, disableSchemaCheck: true });
  const out = [];
  try {
    while (reader.step()) {
      const change = { table: reader.tableName, op: OPS[reader.op] ?? reader.op, indirect: reader.isIndirect };
      if (reader.op !== "Inserted") change.old = reader.getChangeValuesObject("Old");
      if (reader.op !== "Deleted") change.new = reader.getChangeValuesObject("New");
      out.push(change);
    }
  } finally {
    reader.close();
  }
  return out.sort((a, b) => (a.table < b.table ? -1 : a.table > b.table ? 1 : 0));
}
