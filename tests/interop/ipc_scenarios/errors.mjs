// What a page sees of calls that fail.
export const files = { iModel: "small", other: "empty", missing: null };

export async function run({ step, files, frontend, editor, bentley }) {
  const { IpcApp, BriefcaseConnection, IModelReadRpcInterface } = frontend;
  const app = IpcApp.appFunctionIpc;
  await step("unknown function", () => app.noSuchMethod(1));
  for (const name of ["toString", "constructor", "hasOwnProperty", "valueOf", "__proto__", "isPrototypeOf"]) {
    await step(`function ${name} of Object`, () => IpcApp.makeIpcProxy("itwinjs-core/ipc-app")[name]?.call?.(undefined) ?? "not sent");
  }
  await step("open a file that is not there", () => BriefcaseConnection.openStandalone(files.missing));
  await step("open a briefcase that is not there", () => BriefcaseConnection.openFile({ fileName: files.missing }));
  await step("open a snapshot that is not there", () => frontend.SnapshotConnection.openFile(files.missing));
  const ofNoIModel = {
    closeIModel: [], saveChanges: [], abandonChanges: [], hasPendingTxns: [], isUndoPossible: [], isRedoPossible: [], getUndoString: [],
    getRedoString: [], reverseTxns: [1], reverseAllTxn: [], reinstateTxn: [], restartTxnSession: [], pushChanges: ["text"],
    pullChanges: [null, {}], toggleGraphicalEditingScope: [true], isGraphicalEditingSupported: [],
  };
  for (const [name, args] of Object.entries(ofNoIModel)) await step(`${name} of no iModel`, () => app[name]("no-such-key", ...args));
  await step("a command of no iModel", () => editor.EditTools.startCommand({ commandId: "basicManipulation", iModelKey: "no-such-key" }));

  const imodel = await BriefcaseConnection.openStandalone(files.iModel, bentley.OpenMode.ReadWrite, { key: "errors" });
  await step("a key that is in use", () => BriefcaseConnection.openStandalone(files.other, bentley.OpenMode.Readonly, { key: "errors" }));
  await step("number of transactions that is none", () => app.reverseTxns("errors", "many"));
  await step("reverseTxns(0)", () => app.reverseTxns("errors", 0));
  await step("reverseTxns(-1)", () => app.reverseTxns("errors", -1));
  await step("a method without a command", () => editor.basicManipulationIpc.deleteElements(""));
  await step("a command that is not there", () => editor.EditTools.startCommand({ commandId: "nope", iModelKey: "errors" }));
  await step("start", () => editor.EditTools.startCommand({ commandId: "basicManipulation", iModelKey: "errors" }));
  await step("a method that the command lacks", () => editor.basicManipulationIpc.noSuchMethod(1));
  await faultyEdits({ step, editor });
  await step("push of a standalone iModel", () => imodel.pushChanges("text"));
  await step("pull of a standalone iModel", () => imodel.pullChanges());
  await step("missing element", () => imodel.elements.getProps("0xfffff"));
  await step("missing model", () => imodel.models.getProps("0xfffff"));
  await step("element of an id that is none", () => imodel.elements.loadProps("not an id"));
  await step("class that is not there", () => imodel.findClassFor("NoSuchSchema:NoSuchClass", undefined));
  await step("tooltip of a missing element", () => imodel.getToolTipMessage("0xfffff"));
  await step("abandon", () => imodel.abandonChanges());
  await step("finish", () => editor.EditTools.startCommand({ commandId: "", iModelKey: "" }));
  await step("close", () => imodel.close());
  await step("close again", () => app.closeIModel("errors"));
}

async function faultyEdits({ step, editor }) {
  const edit = editor.basicManipulationIpc;
  const object = {
    classFullName: "Generic:PhysicalObject", model: "0x35", category: "0x16", code: { spec: "0x1", scope: "0x1", value: "" },
    placement: { origin: [0, 0, 0], angles: {} },
  };
  await step("insert of a class that is not there", () => edit.insertGeometricElement({ ...object, classFullName: "Generic:NoSuchClass" }));
  await step("insert into a model that is not there", () => edit.insertGeometricElement({ ...object, model: "0xfffff" }));
  await step("insert into a model of the wrong kind", () => edit.insertGeometricElement({ ...object, model: "0x38" }));
  await step("insert of an abstract class", () => edit.insertGeometricElement({ ...object, classFullName: "BisCore:PhysicalElement" }));
  await step("insert under a parent that is not there", () => edit.insertGeometricElement({
    ...object, parent: { id: "0xfffff", relClassName: "BisCore:ElementOwnsChildElements" },
  }));
  await step("insert with a code", () => edit.insertGeometricElement({ ...object, code: { spec: "0x21", scope: "0x35", value: "twice" } }));
  await step("insert with the same code", () => edit.insertGeometricElement({ ...object, code: { spec: "0x21", scope: "0x35", value: "twice" } }));
  await step("delete what is not there", () => edit.deleteElements("+FFFFF"));
  await step("delete the root subject", () => edit.deleteElements("+1"));
  await step("delete a partition that has a model", () => edit.deleteElements("+35"));
  await step("update what is not there", () => edit.updateGeometricElement({ ...object, id: "0xfffff" }));
  await step("update without an id", () => edit.updateGeometricElement(object));
  await step("update by an id alone", () => edit.updateGeometricElement("0x8a"));
  await step("extents of nothing", () => edit.updateProjectExtents({ low: [1, 1, 1], high: [0, 0, 0] }));
}
