// Single edits through the official backend, each with what it did to the rows.
// An op is {op, props | id | ..., as?}; "$N" stands for the result of the N-th op of the list, counted from 1, and
// "$NAME" for that of the op with `as` NAME.
import { common, deleteElementTree, describeError, geometry, withIModel } from "./host.mjs";
import { difference, locals, snapshot, txnChanges } from "./tables.mjs";

const { Point3d, Range3d } = geometry;

const HANDLERS = {
  insertElement: (db, o) => db.elements.insertElement(o.props, o.options),
  updateElement: (db, o) => db.elements.updateElement(o.props),
  deleteElement: (db, o) => db.elements.deleteElement(o.ids ?? o.id),
  deleteElementTree: (db, o) => deleteElementTree(db, o.id),
  deleteDefinitionElements: (db, o) => [...db.elements.deleteDefinitionElements(o.ids)],
  queryChildren: (db, o) => db.elements.queryChildren(o.id),
  insertAspect: (db, o) => db.elements.insertAspect(o.props),
  updateAspect: (db, o) => db.elements.updateAspect(o.props),
  deleteAspect: (db, o) => db.elements.deleteAspect(o.ids ?? o.id),
  insertModel: (db, o) => db.models.insertModel(o.props),
  updateModel: (db, o) => db.models.updateModel(o.props),
  deleteModel: (db, o) => db.models.deleteModel(o.ids ?? o.id),
  queryExtents: (db, o) => db.models.queryExtents(o.ids),
  insertRelationship: (db, o) => db.relationships.insertInstance(o.props),
  updateRelationship: (db, o) => db.relationships.updateInstance(o.props),
  deleteRelationship: (db, o) => db.relationships.deleteInstance(o.props),
  insertCodeSpec: (db, o) => db.codeSpecs.insert(o.name, o.properties),
  getElementProps: (db, o) => db.elements.getElementProps(o.props ?? o.id),
  getModelProps: (db, o) => db.models.getModelProps(o.id),
  getAspects: (db, o) => db.elements.getAspects(o.id, o.classFullName).map((a) => a.toJSON()),
  saveFileProperty: (db, o) => db.saveFileProperty(o.prop, o.string, o.blob),
  deleteFileProperty: (db, o) => db.deleteFileProperty(o.prop),
  queryFileProperty: (db, o) => ({ string: db.queryFilePropertyString(o.prop), blob: db.queryFilePropertyBlob(o.prop) }),
  updateProjectExtents: (db, o) => db.updateProjectExtents(Range3d.fromJSON(o.projectExtents)),
  updateEcefLocation: (db, o) => db.updateEcefLocation(new common.EcefLocation(o.ecefLocation)),
  updateGlobalOrigin: (db, o) => {
    db.globalOrigin = Point3d.fromJSON(o.globalOrigin);
    db.updateIModelProps();
  },
  save: (db, o) => db.saveChanges(o.description),
  abandon: (db) => db.abandonChanges(),
  undo: (db, o) => db.txns.reverseTxns(o.count ?? 1),
  redo: (db) => db.txns.reinstateTxn(),
  begin: (db) => db.txns.beginMultiTxnOperation(),
  end: (db) => db.txns.endMultiTxnOperation(),
};

export const OP_NAMES = Object.keys(HANDLERS);

/** "$N" and "$NAME" become results; {"$undefined":true} becomes undefined; {"$base64":"..."} bytes. */
export function resolve(value, results) {
  if (typeof value === "string") {
    const m = /^\$(\w+)$/.exec(value);
    return m === null ? value : results[m[1]];
  }
  if (Array.isArray(value)) return value.map((v) => resolve(v, results));
  if (value === null || typeof value !== "object") return value;
  if (value.$undefined === true) return undefined;
  if (typeof value.$base64 === "string") return new Uint8Array(Buffer.from(value.$base64, "base64"));
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, resolve(v, results)]));
}

export function apply(db, op) {
  const handler = HANDLERS[op.op];
  if (handler === undefined) throw new Error(`unknown op ${op.op}; known: ${OP_NAMES.join(" ")}`);
  return handler(db, op);
}

/** Keep @result under the number and the name of @op. */
export function remember(results, op, result) {
  results.n = (results.n ?? 0) + 1;
  results[results.n] = result;
  if (op.as !== undefined) results[op.as] = result;
}

function runOne(db, op, results) {
  const before = snapshot(db);
  const answer = { op: op.op };
  try {
    const result = apply(db, resolve(op, results));
    remember(results, op, result);
    answer.result = result;
  } catch (e) {
    remember(results, op, undefined);
    answer.error = describeError(e);
  }
  answer.rows = difference(before, snapshot(db));
  return answer;
}

/**
 * Run @ops on @file, which is written to: what is unsaved in the end is saved as "interop", and that save's
 * answer has the dependent rows, the id sequences and the decoded transaction.
 */
export async function runOps(file, ops) {
  return withIModel(file, true, (db) => {
    const results = {};
    const answers = ops.map((op) => runOne(db, op, results));
    if (db.txns.hasUnsavedChanges) {
      answers.push(runOne(db, { op: "save", description: "interop" }, results));
      const last = answers.at(-1);
      last.locals = locals(db);
      const txn = db.txns.queryPreviousTxnId(db.txns.getCurrentTxnId());
      if (db.txns.isTxnIdValid(txn)) last.txn = { id: txn, changes: txnChanges(db, txn) };
    }
    return answers;
  });
}
