// What several scenarios do; ids of small.bim.
export const MODEL = "0x35";
export const CATEGORY = "0x16";
export const OBJECTS = ["0x8a", "0x8b", "0x8d"];

/** A line from the origin to @length on x, as a JSON geometry stream. */
export function line(geometry, length) {
  return [geometry.IModelJson.Writer.toIModelJson(geometry.LineSegment3d.create(geometry.Point3d.createZero(), geometry.Point3d.create(length, 0, 0)))];
}

/** Properties of a new physical object; @more replaces some. */
export function object(geometry, label, more = {}) {
  return {
    classFullName: "Generic:PhysicalObject", model: MODEL, category: CATEGORY, code: { spec: "0x1", scope: "0x1", value: "" },
    userLabel: label, placement: { origin: { x: 5, y: 0, z: 0 }, angles: {} }, geom: line(geometry, 2), ...more,
  };
}

/** All rows of a query, by position. */
export async function rows(imodel, ecsql, binder, options) {
  const reader = imodel.createQueryReader(ecsql, binder, options);
  const all = await reader.toArray();
  return { rows: all, metaData: await reader.getMetaData() };
}

/** Open an iModel for editing, its pushes watched from before the opening on, with the stock command started. */
export async function openToEdit({ recorder, frontend, editor }, file, key) {
  recorder.watchIModel(key);
  const imodel = await frontend.BriefcaseConnection.openStandalone(file, 2, { key });
  await editor.EditTools.startCommand({ commandId: "basicManipulation", iModelKey: key });
  return imodel;
}

/** What the transaction stack of an iModel says of itself. */
export async function stack(imodel) {
  const { txns } = imodel;
  return {
    pending: await txns.hasPendingTxns(), undo: await txns.isUndoPossible(), redo: await txns.isRedoPossible(),
    undoText: await txns.getUndoString(), redoText: await txns.getRedoString(),
  };
}

/** Filters of requestElementGeometry: one of each member, and what they do together. */
export const GEOMETRY_FILTERS = {
  "an empty filter": {},
  "one entry": { maxDisplayable: 1 },
  "two entries": { maxDisplayable: 2 },
  "any number": { maxDisplayable: 0 },
  "line strings and arcs": { accept: [5, 7] },
  "nothing accepted": { accept: [] },
  "no curve vectors, no solids": { reject: [8, 11] },
  "nothing rejected": { reject: [] },
  curves: { geometry: { curves: true, surfaces: false, solids: false } },
  surfaces: { geometry: { curves: false, surfaces: true, solids: false } },
  solids: { geometry: { curves: false, surfaces: false, solids: true } },
  "curves and surfaces": { geometry: { curves: true, surfaces: true, solids: false } },
  "any kind": { geometry: { curves: true, surfaces: true, solids: true } },
  "no kind": { geometry: { curves: false, surfaces: false, solids: false } },
  "one solid": { maxDisplayable: 1, accept: [9, 11, 25], geometry: { curves: false, surfaces: false, solids: true } },
};

/** Ids of all that may have geometry. */
export async function geometricElements(imodel) {
  const { rows: ids } = await rows(imodel, `SELECT ECInstanceId FROM bis.GeometricElement3d UNION ALL SELECT ECInstanceId FROM bis.GeometricElement2d
    UNION ALL SELECT ECInstanceId FROM bis.GeometryPart`);
  return ids.map(([id]) => id);
}
