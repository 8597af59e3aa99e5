// Edit commands: starting them, calling their methods, and what passes between.
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { IDS, editIpc, editor, fresh, frontend, lineAt, webEdit, withIModel, withServer } from "./suite.mjs";

withServer();

const { EditTools } = editor;

test("starting a command tells what it answers, and ping which it is", () => withIModel(async (imodel) => {
  assert.equal(await EditTools.startCommand({ commandId: "basicManipulation", iModelKey: imodel.key }, "an argument"), "basicManipulation");
  assert.deepEqual(await editIpc.ping(), { version: "1.0.0", commandId: "basicManipulation" });
}));

test("a second command takes the first one's place", () => withIModel(async (one) => {
  const two = await frontend.BriefcaseConnection.openStandalone(fresh(), 2, { key: "another" });
  await EditTools.startCommand({ commandId: "basicManipulation", iModelKey: "another" });
  const id = await editIpc.insertGeometricElement(lineAt(3));
  assert.equal((await two.elements.getProps(id)).length, 1);
  await assert.rejects(one.elements.getProps(id));
  await two.close();
}));

test("no method can be called when the command was finished", () => withIModel(async () => {
  await EditTools.startCommand({ commandId: "", iModelKey: "" });
  await assert.rejects(editIpc.ping(), { errorNumber: 65607 });
}));

test("unknown commands and methods are refused by their numbers", () => withIModel(async (imodel) => {
  await assert.rejects(editIpc.noSuchMethod(), { errorNumber: 65606 });
  await assert.rejects(EditTools.startCommand({ commandId: "no such", iModelKey: imodel.key }), { errorNumber: 65605 });
}));

test("texts, numbers and typed arrays pass both ways", () => withIModel(async (imodel) => {
  const values = ["a text", "", "ünï \u{1f600}", 0, -1.5, 1e300, true, null, [1, [2]], { a: { b: [] } }, Uint8Array.of(1, 2, 255), new Uint8Array(0),
    Int8Array.of(-128, -1, 0, 127)];
  for (const value of values) {
    assert.deepEqual(await webEdit.ping(imodel.key, value), value);
  }
  const geometry = await editIpc.requestElementGeometry(IDS.object);
  assert.ok(geometry.bbox instanceof Float64Array && geometry.bbox.length === 6);
  assert.ok(geometry.sourceToWorld instanceof Float64Array && geometry.sourceToWorld.length === 12);
  assert.ok(geometry.entryArray.every(({ data }) => data instanceof Uint8Array));
}));
