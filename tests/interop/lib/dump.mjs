// What the official backend reads in an iModel: everything an editor can see, in id order.
import { bentley, describeError, openSqlite, withIModel } from "./host.mjs";
import { locals, select, txnChanges, txnRows } from "./tables.mjs";

function hexIds(db, sql) {
  return select(db, sql).map((r) => bentley.Id64.fromString(`0x${BigInt(r.id).toString(16)}`));
}

export function elementProps(db) {
  return hexIds(db, "SELECT Id AS id FROM bis_Element ORDER BY Id")
    .map((id) => db.elements.getElementProps({ id, wantGeometry: false }));
}

function relationshipProps(db, table) {
  const rows = select(db, `SELECT r.Id AS id, s.Name||':'||c.Name AS class FROM ${table} r
    JOIN ec_Class c ON c.Id=r.ECClassId JOIN ec_Schema s ON s.Id=c.SchemaId ORDER BY r.Id`);
  return rows.map((r) => db.relationships.getInstanceProps(r.class, `0x${BigInt(r.id).toString(16)}`));
}

/** Transactions that a push would send, oldest first. */
export function pendingTxns(db) {
  const out = [];
  // The official walk also visits rows that were reversed; those are never pushed.
  const reversed = new Set(txnRows(db).filter((row) => row.Deleted).map((row) => row.Id));
  for (let id = db.txns.queryFirstTxnId(); db.txns.isTxnIdValid(id); id = db.txns.queryNextTxnId(id)) {
    if (!reversed.has(id)) out.push({ txnId: id, description: db.txns.getTxnDescription(id) });
  }
  return out;
}

export function dumpIModel(db) {
  return {
    iModelId: db.iModelId,
    briefcaseId: db.briefcaseId,
    changeset: db.changeset,
    rootSubject: db.rootSubject,
    elements: elementProps(db),
    models: hexIds(db, "SELECT Id AS id FROM bis_Model ORDER BY Id").map((id) => db.models.getModelProps(id)),
    aspects: hexIds(db, `SELECT DISTINCT ElementId AS id FROM (SELECT ElementId FROM bis_ElementMultiAspect
      UNION SELECT ElementId FROM bis_ElementUniqueAspect) ORDER BY 1`)
      .flatMap((id) => db.elements.getAspects(id).map((a) => a.toJSON())),
    relationships: [...relationshipProps(db, "bis_ElementRefersToElements"),
      ...relationshipProps(db, "bis_ElementDrivesElement")],
    codeSpecs: select(db, "SELECT Id, Name, JsonProperties FROM bis_CodeSpec ORDER BY Id"),
    txnRows: txnRows(db),
    pending: pendingTxns(db),
    changes: pendingTxns(db).map((t) => ({ txnId: t.txnId, changes: txnChanges(db, t.txnId) })),
    locals: locals(db),
  };
}

function pragma(db, name) {
  return select(db, `PRAGMA ${name}`).map((r) => Object.values(r).join(" "));
}

function counts(db) {
  const count = (table) => select(db, `SELECT count(*) AS n FROM ${table}`)[0].n;
  return {
    elements: count("bis_Element"),
    models: count("bis_Model"),
    txns: count("dgn_Txns"),
    spatialIndex: count("dgn_SpatialIndex"),
    pending: pendingTxns(db).length,
  };
}

/** Every placed element of the spatial index has its row there and no other does. */
function spatialIndexErrors(db) {
  return select(db, `SELECT ElementId AS id FROM bis_GeometricElement3d WHERE Origin_X IS NOT NULL AND InSpatialIndex=1
    AND ElementId NOT IN (SELECT ElementId FROM dgn_SpatialIndex)
    UNION ALL SELECT ElementId FROM dgn_SpatialIndex
    WHERE ElementId NOT IN (SELECT ElementId FROM bis_GeometricElement3d WHERE Origin_X IS NOT NULL)`).map((r) => r.id);
}

/** Open @file both ways and look whether it is sound. Opening for writing may touch it: give a copy. */
export async function checkIModel(file) {
  const out = { errors: [] };
  const attempt = async (name, work) => {
    try {
      out[name] = await work();
    } catch (e) {
      out.errors.push({ at: name, ...describeError(e) });
    }
  };
  await attempt("readonly", () => withIModel(file, false, (db) => ({ ...counts(db), read: elementProps(db).length })));
  await attempt("readwrite", () => withIModel(file, true, counts));
  await attempt("integrity", () => {
    const db = openSqlite(file);
    try {
      out.foreignKeys = pragma(db, "foreign_key_check");
      return pragma(db, "integrity_check");
    } finally {
      db.closeDb();
    }
  });
  await attempt("spatialIndexErrors", () => withIModel(file, false, spatialIndexErrors));
  out.ok = out.errors.length === 0 && out.integrity?.[0] === "ok" && out.foreignKeys.length === 0
    && out.spatialIndexErrors.length === 0;
  return out;
}
