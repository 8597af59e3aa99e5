// What is in an iModel that a killed server left, read with SQLite alone; the file and its log stay as they are.
import { openSqlite } from "../host.mjs";
import { select } from "../tables.mjs";
import { equal } from "../tap.mjs";

/** Labels of elements that the test makes begin with this; others are the frame that is there from the beginning. */
export const MARK = "k9 ";

/** {elements: Map GUID -> label, ids: Map GUID -> id, frame: count, pending and reversed: descriptions}. */
export function readFile(file) {
  const db = openSqlite(file);
  try {
    const rows = select(db, "SELECT Id, lower(hex(FederationGuid)) AS g, UserLabel AS l FROM bis_Element ORDER BY Id");
    const own = rows.filter((r) => r.l?.startsWith(MARK));
    const txns = select(db, "SELECT Operation AS d, Deleted AS r FROM dgn_Txns ORDER BY Id");
    return {
      elements: new Map(own.map((r) => [guidOf(r.g), r.l])),
      ids: new Map(own.map((r) => [guidOf(r.g), `0x${r.Id.toString(16)}`])),
      frame: rows.length - own.length,
      pending: txns.filter((t) => !t.r).map((t) => t.d),
      reversed: txns.filter((t) => t.r).map((t) => t.d),
    };
  } finally {
    db.closeDb();
  }
}

function guidOf(hex) {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Nothing is wrong inside. */
export function checkFile(file, name) {
  const db = openSqlite(file);
  try {
    equal(select(db, "PRAGMA integrity_check").map((r) => Object.values(r)[0]), ["ok"], `${name}: integrity_check`);
    equal(select(db, "PRAGMA foreign_key_check"), [], `${name}: foreign_key_check`);
    equal(select(db, `SELECT count(*) AS n FROM bis_GeometricElement3d g LEFT JOIN dgn_SpatialIndex i
      ON i.ElementId=g.ElementId WHERE i.ElementId IS NULL`), [{ n: 0 }], `${name}: spatial index`);
    equal(select(db, `SELECT count(*) AS n FROM bis_Element e JOIN be_Local l ON l.Name='bis_elementidsequence'
      WHERE e.Id>l.Val`), [{ n: 0 }], `${name}: id sequence`);
  } finally {
    db.closeDb();
  }
}
