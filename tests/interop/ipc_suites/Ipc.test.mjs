// The wire itself, as a page sees it: order, binary values, many calls at once.
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { IDS, bentley, common, editIpc, fresh, frontend, lineAt, webEdit, withIModel, withServer } from "./suite.mjs";

withServer();

const { IpcApp } = frontend;

test("answers find their questions, whatever their order", () => withIModel(async (imodel) => {
  const asked = Array.from({ length: 200 }, (_, i) => i);
  assert.deepEqual(await Promise.all(asked.map((i) => webEdit.ping(imodel.key, `value ${i}`))), asked.map((i) => `value ${i}`));
}));

test("a hundred binary values at once, none mistaken for another", () => withIModel(async (imodel) => {
  const asked = Array.from({ length: 100 }, (_, i) => new Uint8Array(i * 7).fill(i));
  const answered = await Promise.all(asked.map((bytes) => webEdit.ping(imodel.key, { bytes, again: [bytes] })));
  answered.forEach((value, i) => assert.deepEqual(value, { bytes: asked[i], again: [asked[i]] }));
}));

test("binary and text calls mixed keep their order of pushes", () => withIModel(async (imodel) => {
  const seen = [];
  imodel.txns.onCommitted.addListener(() => seen.push("committed"));
  const info = await editIpc.requestElementGeometry(IDS.object);
  await editIpc.updateGeometricElement(IDS.object, { entryArray: info.entryArray });
  await imodel.saveChanges().then(() => seen.push("saved"));
  assert.deepEqual(seen, ["committed", "saved"]);
}));

test("functions of Object are no methods, and unknown ones are refused by name", async () => {
  for (const name of ["constructor", "toString", "hasOwnProperty", "__proto__"]) {
    await assert.rejects(IpcApp.makeIpcProxy("itwinjs-core/ipc-app")[name](), new RegExp(`${name}.*not available`));
  }
  await assert.rejects(IpcApp.appFunctionIpc.noSuchMethod(), { errorNumber: bentley.IModelStatus.FunctionNotFound });
});

test("a text of a megabyte passes both ways", () => withIModel(async (imodel) => {
  const text = "äb\"\\\n\u{1f600}".repeat(100000);
  assert.equal(await webEdit.ping(imodel.key, text), text);
}));

test("what is sent to nobody is answered by nobody and holds nothing up", () => withIModel(async (imodel) => {
  IpcApp.send("itwinjs-core/nobody", 1, "two", Uint8Array.of(3));
  IpcApp.send("itwinjs-core/nobody");
  assert.equal(await webEdit.ping(imodel.key, "behind"), "behind");
}));

test("three calls at once, the second a slow one: the others do not wait", () => withIModel(async (imodel) => {
  const order = [];
  const slow = "SELECT COUNT(*) FROM BisCore.Element a, BisCore.Element b, BisCore.Subject c";
  await Promise.all([
    webEdit.ping(imodel.key, "a").then((v) => order.push(v)),
    imodel.createQueryReader(slow).toArray().then(() => order.push("b")),
    webEdit.ping(imodel.key, "c").then((v) => order.push(v)),
  ]);
  assert.deepEqual(order, ["a", "c", "b"]);
}));

test("half a surrogate pair is stored as the replacement character", () => withIModel(async (imodel) => {
  const id = await editIpc.insertGeometricElement(lineAt(1, { userLabel: "a\ud800b", jsonProperties: { half: "\udc00", whole: "\u{1f600}" } }));
  const [{ userLabel, jsonProperties }] = await imodel.elements.getProps(id);
  assert.deepEqual([userLabel, jsonProperties], ["a\ufffdb", { half: "\ufffd", whole: "\u{1f600}" }]);
}));

test("undefined arguments count as absent", async () => {
  const imodel = await frontend.BriefcaseConnection.openStandalone(fresh(), undefined, undefined);
  await IpcApp.appFunctionIpc.saveChanges(imodel.key, undefined);
  assert.equal(common.IpcSession.active !== undefined, true);
  await imodel.close();
});
