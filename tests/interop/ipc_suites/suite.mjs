// What the suites share: one server and one stock frontend a file, started before its tests and ended after them. The server is
// named by WEH_IPC_SERVER: "official", or the path of our daemon.
import { after, before } from "node:test";
import * as packages from "../lib/frontend.mjs";
import { startServer } from "../lib/ipc/servers.mjs";

export const { frontend, common, bentley, geometry, editor } = packages;
export const editIpc = editor.basicManipulationIpc;

let server;

/** Call once in each file. @readOnly: also open a fresh copy of small.bim for reading, for all tests; the result tells it. */
export function withServer({ readOnly = false } = {}) {
  const shared = {};
  before(async () => {
    server = await startServer(process.env.WEH_IPC_SERVER ?? "official");
    await packages.startFrontend(await server.pageUrl());
    if (readOnly) shared.imodel = await frontend.BriefcaseConnection.openStandalone(fresh(), bentley.OpenMode.Readonly, { key: "shared" });
  });
  after(async () => {
    await shared.imodel?.close();
    await packages.stopFrontend();
    await server.stop();
  });
  return shared;
}

/** What the frontend calls a fresh copy of a file of tests/data. */
export function fresh(data = "small") {
  return server.place(data);
}

/** The channel with the edits that stock commands do not have. */
export const webEdit = new Proxy({}, {
  get: (_target, method) => (...args) => frontend.IpcApp.makeIpcProxy("webedit/edit")[method](...args),
});

let keys = 0;

/** A fresh copy of @data, open for writing, with the stock command started on it. */
export async function openToEdit(data = "small", file = fresh(data)) {
  const key = `suite-${keys += 1}`;
  const imodel = await frontend.BriefcaseConnection.openStandalone(file, bentley.OpenMode.ReadWrite, { key });
  await editor.EditTools.startCommand({ commandId: "basicManipulation", iModelKey: key });
  return imodel;
}

/** @work with an open iModel, which is closed at the end whatever happens. */
export async function withIModel(work, data) {
  const imodel = await openToEdit(data);
  try {
    return await work(imodel);
  } finally {
    await imodel.close();
  }
}

/** The names of the events of the transactions of @imodel in the order in which they are raised; take() empties the list. */
export function listen(imodel) {
  const seen = [];
  const { txns } = imodel;
  const on = (event, name) => event.addListener((...args) => seen.push(typeof name === "function" ? name(...args) : name));
  on(txns.onElementsChanged, "elements");
  on(txns.onModelsChanged, "models");
  on(txns.onModelGeometryChanged, "geometry");
  on(txns.onCommit, "commit");
  on(txns.onCommitted, "committed");
  on(txns.onChangesApplied, "applied");
  on(txns.onBeforeUndoRedo, (isUndo) => (isUndo ? "before undo" : "before redo"));
  on(txns.onAfterUndoRedo, (isUndo) => (isUndo ? "after undo" : "after redo"));
  return { seen, take: () => seen.splice(0) };
}

/** Ids of small.bim. */
export const IDS = { definitions: "0x10", category: "0x16", model: "0x35", object: "0x8a" };

export function line(length = 2) {
  const { IModelJson, LineSegment3d, Point3d } = geometry;
  return [IModelJson.Writer.toIModelJson(LineSegment3d.create(Point3d.createZero(), Point3d.create(length, 0, 0)))];
}

export const emptyCode = { spec: "0x1", scope: "0x1", value: "" };

/** Properties of a new line at @x. */
export function lineAt(x, more = {}) {
  return {
    classFullName: "Generic:PhysicalObject", model: IDS.model, category: IDS.category, code: emptyCode,
    placement: { origin: { x, y: 0, z: 0 }, angles: {} }, geom: line(), ...more,
  };
}

export const compress = (...ids) => bentley.CompressedId64Set.sortAndCompress(ids);

export const moveBy = (ids, x, y = 0, z = 0) => editIpc.transformPlacement(compress(...ids), geometry.Transform.createTranslationXYZ(x, y, z).toJSON());
