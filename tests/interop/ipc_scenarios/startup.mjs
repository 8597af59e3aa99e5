// A page starts and asks what there is; no iModel is opened.
export async function run({ step, frontend, common }) {
  const { IpcApp } = frontend;
  await step("queryConcurrency of something unknown", () => IpcApp.appFunctionIpc.queryConcurrency("memory"));
  await step("concurrency is a positive number", async () => {
    const [cpu, io] = await Promise.all(["cpu", "io"].map((pool) => IpcApp.appFunctionIpc.queryConcurrency(pool)));
    return [Number.isInteger(cpu) && cpu > 0, Number.isInteger(io) && io > 0];
  });
  for (const level of [0, 1, 2, 3, 4]) {
    await step(`log at level ${level}`, () => IpcApp.appFunctionIpc.log(1700000000000, level, "interop", "a line", { number: 1 }));
  }
  await step("log without metadata", () => IpcApp.appFunctionIpc.log(1700000000000, 1, "interop", "a line"));
  await step("the page's own switches", () => ({
    ipc: IpcApp.isValid, session: common.IpcSession.active !== undefined, app: frontend.IModelApp.initialized,
  }));
}
