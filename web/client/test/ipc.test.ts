// The socket of iTwin.js over a session: what it says is looked at by a server that does what the test says, what it does by the
// real one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { WebSocket } from "ws";
import { IpcSocket } from "../src/ipc.js";
import { Daemon } from "./daemon.js";
import { FakeServer } from "./fake_server.js";
import { Proxy } from "./proxy.js";

const APP = "itwin.itwinjs-core/ipc-app";
const EDIT = "itwin.webedit/edit";

async function fake(t: { after: (done: () => unknown) => void }): Promise<[FakeServer, IpcSocket]> {
  const server = await FakeServer.start();
  const socket = await IpcSocket.connect({ url: server.url, credentials: { ticket: () => "t" }, WebSocket });
  t.after(async () => {
    socket.client.abandon();
    await server.stop();
  });
  return [server, socket];
}

test("a call goes out as JSON.stringify would have it, binary values as they are", async (t) => {
  const [server, socket] = await fake(t);
  const bytes = Uint8Array.of(1, 2);
  const numbers = new Float64Array([1, 2.5]);
  const point = { x: 1, toJSON: () => ({ x: 1, y: 2 }) };
  const args = [undefined, Number.NaN, point, new Date(0), { none: undefined, call: () => 1, deep: [() => 1, bytes, numbers] }, "text", true, null];
  await socket.invoke(APP, "method", ...args);
  assert.deepEqual(server.requests[0]?.params, { channel: APP, method: "method", args: [
    null, null, { x: 1, y: 2 }, "1970-01-01T00:00:00.000Z", { deep: [null, bytes, numbers] }, "text", true, null] });
});

test("an answer is given on as it is, arrays of numbers with their type", async (t) => {
  const [server, socket] = await fake(t);
  const views = [new Int8Array([-1]), new Uint8ClampedArray([1]), new Int16Array([-2]), new Uint16Array([2]), new Int32Array([-3]),
    new Uint32Array([3]), new Float32Array([0.5]), new Float64Array([0.25, -1]), new DataView(new ArrayBuffer(3)), Uint8Array.of(9)];
  server.answer = () => ({ error: { errorNumber: 5, message: "busy" } });
  assert.deepEqual(await socket.invoke(APP, "x"), { error: { errorNumber: 5, message: "busy" } });
  server.answer = ({ params }) => ({ result: params.args });
  assert.deepEqual(await socket.invoke(APP, "x", ...views), { result: views });
});

test("pushes go to the listeners of their channel, until they are removed", async (t) => {
  const [server, socket] = await fake(t);
  const heard: unknown[] = [];
  const remove = socket.addListener("itwin.a", (_event, ...args: unknown[]) => heard.push(["first", ...args]));
  const second = (_event: unknown, ...args: unknown[]): void => { heard.push(["second", ...args]); };
  socket.addListener("itwin.a", second);
  server.notify("ipc.push", { channel: "itwin.a", args: ["notify", 1] });
  server.notify("ipc.push", { channel: "itwin.b", args: [] });
  await socket.invoke(APP, "x");
  remove();
  server.notify("ipc.push", { channel: "itwin.a", args: [2] });
  await socket.invoke(APP, "x");
  socket.removeListener("itwin.a", second);
  server.notify("ipc.push", { channel: "itwin.a", args: [3] });
  await socket.invoke(APP, "x");
  assert.deepEqual(heard, [["first", "notify", 1], ["second", "notify", 1], ["second", 2]]);
});

test("what is sent has no answer", async (t) => {
  const [server, socket] = await fake(t);
  socket.send("itwin.a", 1, "two");
  await socket.invoke(APP, "x");
  assert.deepEqual(server.requests[0], { id: undefined, method: "ipc.send", params: { channel: "itwin.a", args: [1, "two"] } });
});

test("an iModel is edited over connections that are cut, nothing lost or doubled", async (t) => {
  const daemon = await Daemon.start(["small"]);
  t.after(async () => daemon.remove());
  const proxy = await Proxy.start(Number(new URL(daemon.ready.ipcUrl).port), () => 2000 + Math.random() * 30_000);
  t.after(async () => proxy.stop());
  const url = daemon.ready.ipcUrl.replace(/:\d+/, `:${proxy.port}`);
  const socket = await IpcSocket.connect({
    url, credentials: { token: daemon.ready.token }, WebSocket, backoff: { firstMs: 5, mostMs: 50 }, connectMs: 2000, heartbeatMs: 1000,
  });
  t.after(() => socket.client.abandon());
  const call = async (channel: string, ...args: unknown[]): Promise<unknown> => {
    const { result, error } = await socket.invoke(channel, ...args) as { result?: unknown; error?: unknown };
    assert.equal(error, undefined);
    return result;
  };
  const committed: unknown[] = [];
  socket.addListener("itwin.itwinjs-core/txns/k", (_event, name: string) => { if (name === "notifyCommitted") committed.push(name); });
  await call(APP, "openStandalone", "small.bim", 2, { key: "k" });
  const ids: unknown[] = [];
  for (let n = 0; n < 20; n++) {
    ids.push(...await Promise.all(Array.from({ length: 20 }, async () => call(EDIT, "insertElement", "k", {
      classFullName: "BisCore:Subject", model: "0x1", userLabel: "x".repeat(500), parent: { id: "0x1", relClassName: "BisCore:SubjectOwnsSubjects" },
      code: { spec: "0x1", scope: "0x1", value: "" },
    }))));
    await call(APP, "saveChanges", "k", `save ${n}`);
  }
  assert.equal(new Set(ids).size, 400);
  assert.equal(committed.length, 20);
  assert.ok(proxy.cuts > 5, `${proxy.cuts} cuts`);
  assert.deepEqual(await socket.invoke(APP, "closeIModel", "k"), {});
  await socket.close();
});
