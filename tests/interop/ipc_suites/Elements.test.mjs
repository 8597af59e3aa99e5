// Reading elements by id and by code.
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { IDS, withServer } from "./suite.mjs";

const shared = withServer({ readOnly: true });

test("by id, by federation GUID and by code it is the same element", async () => {
  const byId = await shared.imodel.elements.loadProps(IDS.object);
  assert.equal(byId.id, IDS.object);
  assert.deepEqual(await shared.imodel.elements.loadProps(byId.federationGuid), byId);
  assert.deepEqual(await shared.imodel.elements.loadProps(byId.code), byId);
});

test("what is not there is undefined", async () => {
  assert.equal(await shared.imodel.elements.loadProps("0xfffff"), undefined);
  assert.equal(await shared.imodel.elements.loadProps({ spec: "0x1", scope: "0x1", value: "no such code" }), undefined);
});

test("geometry comes only when it is wanted", async () => {
  assert.equal((await shared.imodel.elements.loadProps(IDS.object)).geom, undefined);
  const { geom } = await shared.imodel.elements.loadProps(IDS.object, { wantGeometry: true });
  assert.ok(Array.isArray(geom) && geom.length > 0);
});
