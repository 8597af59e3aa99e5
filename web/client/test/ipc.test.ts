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

test("binary values that come have buffers of their own, as the stock socket's have", async (t) => {
  const [server, socket] = await fake(t);
  const pushed: Uint8Array[] = [];
  socket.addListener("itwin.a", (_event, bytes: Uint8Array) => pushed.push(bytes));
  server.notify("ipc.push", { channel: "itwin.a", args: [Uint8Array.of(1, 2)] });
  server.answer = () => ({ result: { tile: Uint8Array.of(3, 4, 5), numbers: [new Float32Array([1])] } });
  const { result } = await socket.invoke(APP, "x") as { result: { tile: Uint8Array; numbers: Float32Array[] } };
  assert.deepEqual(pushed, [Uint8Array.of(1, 2)]);
  for (const bytes of [pushed[0], result.tile, result.numbers[0]]) assert.equal(bytes?.byteLength, bytes?.buffer.byteLength);
  assert.deepEqual(result.tile, Uint8Array.of(3, 4, 5));
});

test("half of a surrogate pair goes out as the stock backend takes it", async (t) => {
  const [server, socket] = await fake(t);
  await socket.invoke(APP, "x", "a\ud800b", { "\udc00": "\ud83d\ude00" });
  assert.deepEqual(server.requests[0]?.params.args, ["a\ufffdb", { "\ufffd": "\ud83d\ude00" }]);
});

test("when the session has ended another one can be begun, which the listeners hear", async (t) => {
  const [server, socket] = await fake(t);
  const heard: unknown[] = [];
  socket.addListener("itwin.a", (_event, value: unknown) => heard.push(value));
  const first = socket.client;
  await socket.reconnect();
  assert.equal(socket.client, first);
  server.socket?.close(4002, "lunch");
  await first.ended;
  await assert.rejects(socket.invoke(APP, "x"), { name: "SessionEndError", reason: "server", mayHaveRun: false });
  assert.throws(() => socket.send("itwin.a", 1), { name: "SessionEndError" });
  await Promise.all([socket.reconnect(), socket.reconnect()]);
  assert.notEqual(socket.client, first);
  assert.equal(server.hellos.length, 2);
  assert.equal(server.hellos[1]?.resume, undefined);
  server.notify("ipc.push", { channel: "itwin.a", args: [1] });
  await socket.invoke(APP, "x");
  assert.deepEqual(heard, [1]);
});

test("close while another session begins ends that one too", async (t) => {
  const [server, socket] = await fake(t);
  server.socket?.close(4002, "lunch");
  await socket.client.ended;
  server.answer = () => {
    setImmediate(() => server.socket?.close(1000));
    return {};
  };
  const coming = socket.reconnect();
  await socket.close();
  await coming;
  assert.equal(socket.client.state.name, "ended");
  assert.equal(server.requests.at(-1)?.method, "session.close");
});

async function results(socket: IpcSocket, channel: string, ...args: unknown[]): Promise<unknown> {
  const { result, error } = await socket.invoke(channel, ...args) as { result?: unknown; error?: unknown };
  assert.equal(error, undefined);
  return result;
}

test("what is sent to no channel is nobody's, and the session goes on", async (t) => {
  const daemon = await Daemon.start([]);
  t.after(async () => daemon.remove());
  const socket = await IpcSocket.connect({ url: daemon.ready.ipcUrl, credentials: { token: daemon.ready.token }, WebSocket });
  for (const channel of ["", "itwin.nobody", 5 as unknown as string]) socket.send(channel, 1);
  socket.client.notify("ipc.sent", {});
  await socket.client.request("session.ping");
  await socket.close();
  assert.equal((await socket.client.ended).reason, "closed");
});

test("after a restart of the server the application is told, begins anew, and finds what it had not saved", async (t) => {
  const daemon = await Daemon.start(["small"]);
  t.after(async () => daemon.remove());
  const credentials = { token: daemon.ready.token };
  const socket = await IpcSocket.connect({ url: daemon.ready.ipcUrl, credentials, WebSocket, backoff: { firstMs: 20, mostMs: 200 } });
  await results(socket, APP, "openStandalone", "small.bim", 2, { key: "k" });
  const subject = {
    classFullName: "BisCore:Subject", model: "0x1", userLabel: "half a pair: \ud800", parent: { id: "0x1", relClassName: "BisCore:SubjectOwnsSubjects" },
    code: { spec: "0x1", scope: "0x1", value: "" },
  };
  const id = await results(socket, EDIT, "insertElement", "k", subject);
  await daemon.stop();
  const call = socket.invoke(EDIT, "updateElement", "k", { id, userLabel: "later" });
  const refused = assert.rejects(call, { name: "SessionEndError", reason: "notResumed" });
  await daemon.run();
  assert.equal((await socket.client.ended).reason, "notResumed");
  await refused;
  await socket.reconnect();
  await results(socket, APP, "openStandalone", "small.bim", 2, { key: "k2" });
  assert.equal((await results(socket, EDIT, "getElementProps", "k2", id) as { userLabel: string }).userLabel, "half a pair: \ufffd");
  await socket.close();
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
  const call = async (channel: string, ...args: unknown[]): Promise<unknown> => results(socket, channel, ...args);
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
