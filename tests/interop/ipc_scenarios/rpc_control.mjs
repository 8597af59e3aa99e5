// What RPC over IPC says of itself: endpoints, versions, and calls that no interface has.
export const files = { iModel: "small" };

const CONTEXT = { applicationId: "2686", applicationVersion: "1.0.0", id: "7b4cb3b3-6d2b-4f6a-9d0a-0d9c3d7f1c55", sessionId: "", protocolVersion: "2" };

export async function run({ step, files, frontend, common }) {
  const { IpcApp, BriefcaseConnection } = frontend;
  const request = (interfaceName, interfaceVersion, operation, parameters, context = CONTEXT) => IpcApp.makeIpcProxy("itwinjs-core/rpc-over-ipc")
    .request({ definition: { interfaceName, interfaceVersion }, operation, parameters, context });

  await step("describeAvailableEndpoints", async () => {
    const endpoints = await common.RpcManager.describeAvailableEndpoints();
    return endpoints.map(({ interfaceName, interfaceVersion, compatible }) => [interfaceName, interfaceVersion, compatible]);
  });
  await step("operations", async () => {
    const endpoints = await common.RpcManager.describeAvailableEndpoints();
    // Of their order only the first counts: a suite of iTwin.js looks at it.
    return Object.fromEntries(endpoints.map(({ interfaceName, operationNames: [first, ...others] }) => [
      interfaceName, interfaceName === "IModelReadRpcInterface" ? [first, ...others.sort()] : [first, ...others].sort(),
    ]));
  });
  const imodel = await step("open", async () => {
    const connection = await BriefcaseConnection.openStandalone(files.iModel, 1, { key: "control" });
    frontend.IModelConnection.onOpen.clear();
    return { token: connection.getRpcProps(), close: () => connection.close() };
  });
  const { token } = imodel;
  for (const version of ["3.7.0", "3.7.9", "3.6.0", "3.5.3", "3.9.0", "4.0.0", "2.0.0", "3.7.0-dev.1", "0.1.0", "no version", ""]) {
    await step(`IModelReadRpcInterface ${version}`, async () => (await request("IModelReadRpcInterface", version, "getElementProps", [token, ["0x1"]])).length);
  }
  await step("an interface that is not there", () => request("NoSuchRpcInterface", "1.0.0", "ask", [token]));
  await step("an operation that is not there", () => request("IModelReadRpcInterface", "3.7.0", "noSuchOperation", [token]));
  await step("an operation of Object", () => request("IModelReadRpcInterface", "3.7.0", "toString", [token]));
  await step("ping", () => common.DevToolsRpcInterface.getClient().ping(token));
  await step("log level", () => common.DevToolsRpcInterface.getClient().setLogLevel(token, "interop", 1));
  await step("versions", async () => Object.keys(await common.DevToolsRpcInterface.getClient().versions(token)).sort());
  await step("stats", async () => Object.keys(await common.DevToolsRpcInterface.getClient().stats(token, 0)).sort());
  await step("close", () => imodel.close());
}
