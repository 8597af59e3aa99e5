// What stays of a session when an iModel is closed and opened again: what was saved, what was not, undo, the active command.
import { object, openToEdit, rows, stack } from "./shared.mjs";

export const files = { iModel: "small", other: "empty", snapshot: "small" };

export async function run(page) {
  const { step, files, frontend, editor, geometry, recorder } = page;
  const { BriefcaseConnection, IpcApp, SnapshotConnection } = frontend;
  const edit = editor.basicManipulationIpc;
  const first = await openToEdit(page, files.iModel, "first");
  const saved = await step("insert", () => edit.insertGeometricElement(object(geometry, "saved")));
  await step("save", () => first.saveChanges("one"));
  const unsaved = await step("insert without saving", () => edit.insertGeometricElement(object(geometry, "not saved")));
  await step("close with something unsaved", () => first.close());
  await step("read after close", () => page.common.IModelReadRpcInterface.getClientForRouting(first.routingContext.token) && first.isClosed);
  await step("save after close", () => IpcApp.appFunctionIpc.saveChanges("first", "late"));
  await step("the command is still there", () => edit.ping());
  await step("but cannot edit", () => edit.insertGeometricElement(object(geometry, "late")));

  const again = await BriefcaseConnection.openStandalone(files.iModel, 2, { key: "first" });
  await step("both are there", () => again.elements.getProps([saved, unsaved]).then((list) => list.map((p) => [p.id, p.userLabel])));
  await step("stack of the new session", () => stack(again));
  await step("undo does not reach over", () => again.txns.reverseSingleTxn());

  recorder.watchIModel("other");
  const other = await BriefcaseConnection.openStandalone(files.other, 2, { key: "other" });
  await step("a second iModel", () => [other.key, other.name, other.iModelId]);
  await step("command of the second", () => editor.EditTools.startCommand({ commandId: "basicManipulation", iModelKey: "other" }));
  await step("edit the second", () => edit.insertGeometricElement({
    classFullName: "BisCore:Subject", model: "0x1", code: { spec: "0x1", scope: "0x1", value: "" }, parent: { id: "0x1", relClassName: "BisCore:SubjectOwnsSubjects" },
  }));
  await step("nothing to save in the first", () => again.saveChanges("none"));
  await step("save the second", () => other.saveChanges("in the second"));
  await step("stacks", async () => [await stack(again), await stack(other)]);
  await step("close the second", () => other.close());

  await step("open without a key", async () => {
    const imodel = await BriefcaseConnection.openStandalone(files.other, 1);
    const good = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(imodel.key);
    await imodel.close();
    return good;
  });
  const snapshot = await SnapshotConnection.openFile(files.snapshot);
  await step("snapshot", () => [snapshot.isOpen, snapshot.isReadonly, snapshot.iModelId, snapshot.iTwinId, snapshot.changeset, snapshot.key]);
  await step("read the snapshot", () => rows(snapshot, "SELECT COUNT(*) FROM bis.Element"));
  await step("close the snapshot", () => snapshot.close());
  await step("a snapshot over ipc", () => IpcApp.appFunctionIpc.openSnapshot(files.snapshot).then(({ key, name }) => [key, name]));
  await step("finish", () => editor.EditTools.startCommand({ commandId: "", iModelKey: "" }));
  await step("close the first", () => again.close());
}
