// RPC interfaces over IPC.
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { IDS, bentley, common, frontend, withServer } from "./suite.mjs";

const { DevToolsRpcInterface, IModelReadRpcInterface, RpcManager } = common;
const shared = withServer({ readOnly: true });
const VIEW = "0x1b6"; // without a thumbnail

/** A request as the session sends it, with another version or operation. */
function request(interfaceVersion, operation = "getElementProps") {
  const context = { applicationId: "2686", applicationVersion: "1.0.0", id: bentley.Guid.createValue(), sessionId: bentley.Guid.createValue(), protocolVersion: "2" };
  return frontend.IpcApp.makeIpcProxy("itwinjs-core/rpc-over-ipc").request({
    definition: { interfaceName: "IModelReadRpcInterface", interfaceVersion }, operation, parameters: [shared.imodel.getRpcProps(), ["0x1"]], context,
  });
}

test("endpoints are described, IModelReadRpcInterface first", async () => {
  const endpoints = await RpcManager.describeAvailableEndpoints();
  assert.equal(endpoints[0].interfaceName, "IModelReadRpcInterface");
  assert.equal(endpoints[0].operationNames[0], "getConnectionProps");
  assert.ok(endpoints.every(({ compatible }) => compatible === true));
});

test("an interface that the page has in another version is told to be incompatible", async () => {
  const { interfaceVersion } = IModelReadRpcInterface;
  IModelReadRpcInterface.interfaceVersion = "99.0.0";
  try {
    const endpoints = await RpcManager.describeAvailableEndpoints();
    assert.deepEqual(endpoints.filter(({ compatible }) => !compatible).map(({ interfaceName }) => interfaceName), ["IModelReadRpcInterface"]);
  } finally {
    IModelReadRpcInterface.interfaceVersion = interfaceVersion;
  }
});

test("the token is the one that the page has", async () => {
  const token = shared.imodel.getRpcProps();
  const stale = { ...token, changeset: { id: "0123456789012345678901234567890123456789", index: 7 } };
  const rpc = IModelReadRpcInterface.getClientForRouting(shared.imodel.routingContext.token);
  assert.deepEqual(await rpc.getElementProps(stale, ["0x1"]), await rpc.getElementProps(token, ["0x1"]));
});

test("no content is a NoContentError", async () => {
  const rpc = IModelReadRpcInterface.getClientForRouting(shared.imodel.routingContext.token);
  await assert.rejects(rpc.getViewThumbnail(shared.imodel.getRpcProps(), VIEW), (e) => e instanceof common.NoContentError);
});

test("arguments and results arrive as they were", async () => {
  assert.deepEqual((await shared.imodel.elements.getProps(["0x1", IDS.object])).map((p) => p.id), ["0x1", IDS.object]);
  assert.equal(await DevToolsRpcInterface.getClient().ping(shared.imodel.getRpcProps()), true);
});

test("an error arrives with its number", async () => {
  await assert.rejects(shared.imodel.elements.getProps("0xfffff"), { errorNumber: bentley.IModelStatus.NotFound });
});

test("bytes arrive as bytes", async () => {
  const rpc = IModelReadRpcInterface.getClientForRouting(shared.imodel.routingContext.token);
  const ask = (range) => rpc.queryBlob(shared.imodel.getRpcProps(), {
    kind: 0, className: "BisCore.GeometricElement3d", accessString: "GeometryStream", instanceId: IDS.object, range,
  });
  const whole = await ask();
  assert.ok(whole.data instanceof Uint8Array && whole.data.length === whole.rawBlobSize);
  assert.deepEqual((await ask({ offset: 4, count: 8 })).data, whole.data.subarray(4, 12));
});

test("a hundred calls at once are a hundred answers", async () => {
  const ids = Array.from({ length: 100 }, (_, i) => `0x${(0x8a + i).toString(16)}`);
  const answers = await Promise.all(ids.map((id) => shared.imodel.elements.getProps(id)));
  assert.deepEqual(answers.map(([p]) => p.id), ids);
});

test("versions of a frontend that is older in its minor number are served, others are not", async () => {
  for (const version of ["3.7.0", "3.6.0", "3.0.5"]) assert.equal((await request(version)).length, 1, version);
  for (const version of ["4.0.0", "2.9.0", "3.99.0", "3.7.0-dev.1", "0.1.0", "none"]) {
    await assert.rejects(request(version), { errorNumber: bentley.RpcInterfaceStatus.IncompatibleVersion }, version);
  }
});

test("an operation that is not there is an error", async () => {
  await assert.rejects(request("3.7.0", "noSuchOperation"), /noSuchOperation/);
});
