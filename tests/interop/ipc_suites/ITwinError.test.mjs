// What is left of an error when it has come to the page.
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { IDS, bentley, common, editIpc, emptyCode, fresh, frontend, lineAt, withIModel, withServer } from "./suite.mjs";

withServer();

async function errorOf(promise) {
  try {
    await promise;
  } catch (e) {
    return e;
  }
  throw new assert.AssertionError({ message: "nothing was thrown" });
}

test("an error of the backend is a BackendError with number, name and message", () => withIModel(async (imodel) => {
  const error = await errorOf(imodel.elements.getProps("0xfffff"));
  assert.ok(error instanceof common.BackendError && error instanceof bentley.BentleyError);
  assert.equal(error.errorNumber, bentley.IModelStatus.NotFound);
  assert.equal(error.name, "Not Found");
  assert.equal(error.message, "element not found");
  assert.ok(bentley.BentleyError.isError(error, bentley.IModelStatus.NotFound));
}));

test("an error with a scope keeps scope, key and metadata", () => withIModel(async () => {
  const error = await errorOf(editIpc.deleteElements("+FFFFF"));
  assert.ok(bentley.ITwinError.isError(error, "dgn-db", "MissingId"));
  assert.equal(error.errorNumber, bentley.IModelStatus.MissingId);
  assert.deepEqual(error.metadata, { elementId: "0xfffff" });
}));

test("a refused insert tells what it was given", () => withIModel(async () => {
  const props = lineAt(1, { model: "0xfffff", geom: undefined });
  const error = await errorOf(editIpc.insertGeometricElement(props));
  assert.equal(error.errorNumber, bentley.IModelStatus.NotFound);
  assert.equal(error.metadata.elProps.model, "0xfffff");
}));

test("an edit in a channel that is not allowed is a ChannelError with its key", () => withIModel(async (imodel) => {
  const id = await editIpc.insertGeometricElement({
    classFullName: "BisCore:Subject", model: "0x1", code: emptyCode, parent: { id: "0x1", relClassName: "BisCore:SubjectOwnsSubjects" },
  });
  await editIpc.insertGeometricElement({
    classFullName: "BisCore:ChannelRootAspect", element: { id, relClassName: "BisCore:ElementOwnsChannelRootAspect" }, owner: "suite",
  }).catch(() => undefined);
  await editIpc.removeAllowedChannel("shared");
  const error = await errorOf(editIpc.insertGeometricElement(lineAt(1)));
  assert.ok(bentley.ITwinError.isError(error, "itwin-ChannelControl", "not-allowed"), `${error.iTwinErrorId?.scope} ${error.iTwinErrorId?.key}`);
  assert.equal(error.channelKey, "shared");
  await editIpc.addAllowedChannel("shared");
  assert.ok((await editIpc.insertGeometricElement(lineAt(1))).startsWith("0x"));
  assert.equal((await imodel.elements.getProps(IDS.object)).length, 1);
}));

test("a key without an iModel is the plain error that pages know it by", async () => {
  const error = await errorOf(frontend.IpcApp.appFunctionIpc.saveChanges("no such key"));
  assert.equal(error.isIModelNotFoundResponse, true);
  assert.equal(error.message, "iModel not found");
  assert.equal(error.errorNumber, undefined);
});

test("an error of opening has its number and name", async () => {
  const error = await errorOf(frontend.BriefcaseConnection.openStandalone(`${fresh()}-no-such`));
  assert.ok(error instanceof common.BackendError);
  assert.equal(error.name, "File Not Found");
});
