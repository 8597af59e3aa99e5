// The wire itself, as a page sees it: order, binary values, many calls at once.
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { IDS, bentley, common, editIpc, fresh, frontend, webEdit, withIModel, withServer } from "./suite.mjs";

withServer();

const { IpcApp } = frontend;

test("answers find their questions, whatever their order", () => withIModel(async (imodel) => {
  const asked = Array.from({ length: 200 }, (_, i) => i);
  assert.deepEqual(await Promise.all(asked.map((i) => webEdit.ping(imodel.key, `value ${i}`))), asked.map((i) => `value ${i}`));
}));

test("a short call is not held up by a long one", () => withIModel(async (imodel) => {
  const order = [];
  const long = imodel.createQueryReader("SELECT COUNT(*) FROM BisCore.Element a, BisCore.Element b, BisCore.Subject c").toArray().then(() => order.push("long"));
  const short = webEdit.ping(imodel.key, 1).then(() => order.push("short"));
  await Promise.all([long, short]);
  assert.deepEqual(order, ["short", "long"]);
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

test("undefined arguments count as absent", async () => {
  const imodel = await frontend.BriefcaseConnection.openStandalone(fresh(), undefined, undefined);
  await IpcApp.appFunctionIpc.saveChanges(imodel.key, undefined);
  assert.equal(common.IpcSession.active !== undefined, true);
  await imodel.close();
});
