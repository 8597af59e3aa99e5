// Edits by the channel "webedit/edit", saved, undone and redone, with the pushes and the frontend's own events.
import { object, stack } from "./shared.mjs";

export const files = { iModel: "small" };

const SUBJECT = {
  classFullName: "BisCore:Subject", model: "0x1", code: { spec: "0x1", scope: "0x1", value: "" }, parent: { id: "0x1", relClassName: "BisCore:SubjectOwnsSubjects" },
};

export async function run(page) {
  const { step, files, frontend, geometry, recorder } = page;
  const key = "webedit";
  const edit = frontend.IpcApp.makeIpcProxy("webedit/edit");
  recorder.watchIModel(key);
  const imodel = await frontend.BriefcaseConnection.openStandalone(files.iModel, 2, { key });
  const { txns } = imodel;
  for (const name of ["onCommit", "onCommitted", "onChangesApplied", "onBeforeUndoRedo", "onAfterUndoRedo"]) {
    txns[name].addListener((first) => recorder.event(name, first));
  }
  txns.onElementsChanged.addListener((changes) => recorder.event("onElementsChanged",
    [...changes.filter()].map((e) => [e.type, e.id, e.metadata.classFullName, e.metadata.is("BisCore:GeometricElement3d")])));
  const save = (text) => step(`save: ${text}`, () => imodel.saveChanges(text));
  await step("stack at first", () => stack(imodel));
  await step("ping", () => edit.ping(key, { list: [1, "two", null], bytes: Uint8Array.of(1, 2, 3) }));
  const id = await step("insert", () => edit.insertElement(key, object(geometry, "first")));
  await step("read", () => edit.getElementProps(key, id));
  await save("insert");
  await step("insert several", () => edit.insertElements(key, [1, 2, 3].map((n) => ({ ...SUBJECT, userLabel: `subject ${n}` }))));
  await save("several");
  await step("update", () => edit.updateElement(key, { ...SUBJECT, id: "0x11", code: { spec: "0x1f", scope: "0x1", value: "Site" }, userLabel: "other" }));
  await save("update");
  await step("delete", () => edit.deleteElements(key, [id, "0x8b"]));
  await save("delete");
  await save("nothing");
  await step("stack after all", () => stack(imodel));
  await step("undo", () => txns.reverseSingleTxn());
  await step("undo two", () => txns.reverseTxns(2));
  await step("stack after undo", () => stack(imodel));
  await step("redo", () => txns.reinstateTxn());
  await step("redo the last", () => txns.reinstateTxn());
  await step("nothing to redo", () => txns.reinstateTxn());
  await step("insert without saving", () => edit.insertElement(key, { ...SUBJECT, userLabel: "dropped" }));
  await step("abandon", () => imodel.abandonChanges());
  await step("undo all", () => txns.reverseAll());
  await step("restart", () => txns.restartTxnSession());
  await step("stack at last", () => stack(imodel));
  await step("close", () => imodel.close());
}
