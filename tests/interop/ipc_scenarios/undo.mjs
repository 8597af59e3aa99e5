// Undo and redo of all kinds, with the pushes in their order.
import { object, openToEdit, rows, stack } from "./shared.mjs";

export const files = { iModel: "small" };

export async function run(page) {
  const { step, files, geometry, editor, bentley, frontend } = page;
  const edit = editor.basicManipulationIpc;
  const imodel = await openToEdit(page, files.iModel, "undo");
  const { txns } = imodel;
  const made = [];
  const look = async (name) => {
    await step(`stack: ${name}`, () => stack(imodel));
    await step(`elements: ${name}`, () => imodel.elements.getProps(made).then((list) => list.map((p) => [p.id, p.userLabel, p.placement.origin])));
    // By a query: the official backend's properties of a model still have the former GUID after a save.
    await step(`model: ${name}`, () => rows(imodel, "SELECT GeometryGuid FROM BisCore.PhysicalModel WHERE ECInstanceId=0x35").then((r) => r.rows));
  };
  await look("at first");
  for (const label of ["a", "b", "c"]) {
    made.push(await step(`insert ${label}`, () => edit.insertGeometricElement(object(geometry, label))));
    await step(`save ${label}`, () => imodel.saveChanges(`insert ${label}`));
  }
  await step("update", async () => edit.updateGeometricElement({ ...(await imodel.elements.getProps(made[0]))[0], userLabel: "a2" }));
  await step("save update", () => imodel.saveChanges("update a"));
  await step("move", () => edit.transformPlacement(bentley.CompressedId64Set.sortAndCompress(made), geometry.Transform.createTranslationXYZ(1, 0, 0).toJSON()));
  await step("save move", () => imodel.saveChanges("move all"));
  await step("delete", () => edit.deleteElements(bentley.CompressedId64Set.sortAndCompress([made[2]])));
  await step("save delete", () => imodel.saveChanges());
  await look("after all");
  await step("undo the deletion", () => txns.reverseSingleTxn());
  await look("after one undo");
  await step("undo two", () => txns.reverseTxns(2));
  await look("after three");
  await step("undo beyond the first", () => txns.reverseTxns(100));
  await look("after all was undone");
  await step("nothing to undo", () => txns.reverseSingleTxn());
  for (const n of [1, 2, 3]) await step(`redo ${n}`, () => txns.reinstateTxn());
  await look("after redo");
  await step("nothing to redo", () => txns.reinstateTxn());
  await step("reverse all", () => txns.reverseAll());
  await step("redo all at once", () => txns.reinstateTxn());
  await look("after all and back");
  await unsaved(page, imodel, edit, made);
  await step("restart", () => txns.restartTxnSession());
  await look("after restart");
  await step("nothing to undo", () => txns.reverseSingleTxn());
  await step("the undo tool's call", () => frontend.IpcApp.appFunctionIpc.reverseAllTxn(imodel.key));
  await step("close", () => imodel.close());
}

async function unsaved({ step, geometry }, imodel, edit, made) {
  const { txns } = imodel;
  const dropped = await step("insert without saving", () => edit.insertGeometricElement(object(geometry, "dropped")));
  await step("undo drops it and the last", () => txns.reverseSingleTxn());
  await step("it is gone", () => imodel.elements.getProps([dropped, ...made]).then((list) => list.map((p) => p.id)));
  await step("redo does not bring it back", () => txns.reinstateTxn());
  await step("it is still gone", () => imodel.elements.getProps([dropped, ...made]).then((list) => list.map((p) => p.id)));
  await step("undo", () => txns.reverseSingleTxn());
  await step("edit instead", () => edit.insertGeometricElement(object(geometry, "instead")));
  await step("save it", () => imodel.saveChanges("instead"));
  await step("no redo any more", () => stack(imodel));
  await step("abandon with nothing to drop", () => imodel.abandonChanges());
}
