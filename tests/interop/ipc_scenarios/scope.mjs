// A graphical editing scope: what changes of geometry are told in it, and that none are told outside.
import { object, openToEdit } from "./shared.mjs";

export const files = { iModel: "small" };

export async function run(page) {
  const { step, files, frontend, editor, geometry, bentley, recorder } = page;
  const { GraphicalEditingScope, IpcApp } = frontend;
  const edit = editor.basicManipulationIpc;
  const imodel = await openToEdit(page, files.iModel, "scope");
  const save = (text) => step(`save: ${text}`, () => imodel.saveChanges(text));
  GraphicalEditingScope.onEnter.addListener((s) => {
    recorder.event("onEnter");
    s.onExiting.addListener(() => recorder.event("onExiting"));
    s.onExited.addListener(() => recorder.event("onExited"));
    s.onGeometryChanges.addListener((changes) => recorder.event("onGeometryChanges", [...changes].map(told)));
  });
  const scope = await imodel.enterEditingScope();
  await step("entered", () => imodel.editingScope === scope);
  await step("enter again", () => imodel.enterEditingScope());
  await step("the backend lets it be entered again", () => IpcApp.appFunctionIpc.toggleGraphicalEditingScope(imodel.key, true));
  const id = await step("insert", () => edit.insertGeometricElement(object(geometry, "in the scope")));
  const far = await step("insert far away", () => edit.insertGeometricElement(object(geometry, "far", { placement: { origin: [5000, 0, 0], angles: { yaw: 30 } } })));
  await step("insert without geometry", () => edit.insertGeometricElement(object(geometry, "bare", { geom: undefined })));
  await save("inserts");
  await step("label", async () => edit.updateGeometricElement({ ...(await imodel.elements.getProps(id))[0], userLabel: "renamed" }));
  await save("label");
  await step("move", () => edit.transformPlacement(bentley.CompressedId64Set.sortAndCompress([id, "0x8a", "0x8c"]), geometry.Transform.createTranslationXYZ(0, 10, 0).toJSON()));
  await save("move");
  await step("delete", () => edit.deleteElements(bentley.CompressedId64Set.sortAndCompress([far])));
  await save("delete");
  await step("changes of the scope", () => [...scope.getGeometryChanges()].map(told));
  await step("undo", () => imodel.txns.reverseSingleTxn());
  await step("undo two", () => imodel.txns.reverseTxns(2));
  await step("redo", () => imodel.txns.reinstateTxn());
  await step("changes of the scope now", () => [...scope.getGeometryChanges()].map(told));
  // Told behind the call that causes it, once the tiles were purged; so it is waited for.
  const models = () => new Promise((done) => {
    imodel.onBufferedModelChanges.addOnce((ids) => done([...ids].sort()));
  });
  const atExit = models();
  await step("exit", async () => ({ left: await scope.exit() }));
  await step("models that changed in the scope", () => atExit);
  await step("exit again", () => scope.exit());
  await step("insert outside", () => edit.insertGeometricElement(object(geometry, "outside")));
  const atSave = models();
  await save("outside");
  await step("models that changed by the save", () => atSave);
  const atUndo = models();
  await step("undo outside", () => imodel.txns.reverseSingleTxn());
  await step("models that changed by undo", () => atUndo);
  await imodel.enterEditingScope();
  await step("close leaves the scope", () => imodel.close());
}

/** A change of one model's geometry, as the page has it. */
function told({ id, geometryGuid, range, elements }) {
  return { id, geometryGuid, range: range?.toJSON(), elements: [...elements].map((e) => ({ id: e.id, type: e.type, range: e.range?.toJSON() })) };
}
