// What a server, a network, an application may do that they should not: nothing hangs, nothing is lost without a word, and nothing is
// thrown where nobody catches it.
import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { WebSocket } from "ws";
import { type Client, type ClientOptions, LimitError, SessionEndError, ValueError } from "../src/index.js";
import { IpcSocket } from "../src/ipc.js";
import { Renewal } from "../src/renewal.js";
import { FakeServer, LIMITS, NO_ANSWER, Refusal } from "./fake_server.js";
import { Proxy } from "./proxy.js";

const PATIENCE_MS = 10_000;

let server: FakeServer;
const uncaught: unknown[] = [];
const note = (e: unknown): void => { uncaught.push(e); };

before(() => process.on("uncaughtExceptionMonitor", note).on("unhandledRejection", note));

after(() => process.off("uncaughtExceptionMonitor", note).off("unhandledRejection", note));

beforeEach(async () => {
  server = await FakeServer.start();
});

afterEach(async () => {
  await server.stop();
  assert.deepEqual(uncaught.splice(0), []);
});

async function pause(ms: number): Promise<void> {
  return new Promise((done) => { setTimeout(done, ms); });
}

/** Until the test is over, what would wait for @ms waits for @otherMs. */
function stretch(t: { after: (done: () => void) => void }, ms: number, otherMs: number): void {
  const own = globalThis.setTimeout;
  globalThis.setTimeout = ((run: () => void, wait?: number) => own(run, wait === ms ? otherMs : wait)) as typeof setTimeout;
  t.after(() => { globalThis.setTimeout = own; });
}

async function until(what: string, is: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!is()) {
    if (Date.now() > end) throw new Error(`it never came to this: ${what}`);
    await pause(2);
  }
}

async function ping(client: Client, data: unknown): Promise<unknown> {
  return (await client.call("session.ping", { data })).data;
}

async function refusalOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then((result) => { throw new Error(`answered: ${JSON.stringify(result)}`); }, (e: unknown) => e as Error);
}

async function endOf(promise: Promise<unknown>): Promise<SessionEndError> {
  const error = await refusalOf(promise);
  assert.ok(error instanceof SessionEndError, String(error));
  return error;
}

// ---- the server ----

const WRONG_HELLOS: readonly (readonly [string, object])[] = [
  ["no limits", { limits: null }], ["limits of no kind", { limits: { ...LIMITS, resumeBytes: "many" } }],
  ["limits that let nothing through", { limits: { ...LIMITS, messageBytes: 10 } }], ["a limit below nothing", { limits: { ...LIMITS, mailboxBytes: -1 } }],
  ["no id", { sessionId: undefined }], ["a number for a token", { resumeToken: 5 }], ["no word of whether it was resumed", { resumed: null }],
];
for (const [what, hello] of WRONG_HELLOS) {
  test(`an answer to session.hello with ${what} is the end`, async () => {
    server.hello = () => hello;
    assert.equal((await endOf(server.connect())).reason, "protocol");
    server.hello = () => ({});
    const client = await server.connect();
    server.hello = () => hello;
    server.cut();
    assert.equal((await client.ended).reason, "protocol");
  });
}

test("a text is no message", async () => {
  const client = await server.connect();
  server.socket?.send("[1,1,null,{}]");
  assert.equal((await client.ended).reason, "protocol");
});

test("errors of a form that cannot be are the end", async () => {
  for (const error of [5, "x", [], {}, { code: 1, message: "m" }, { code: 1, message: "m", data: null }, { code: "1", message: "m", data: { name: "n" } }]) {
    const client = await server.connect();
    server.answer = () => NO_ANSWER;
    const before = server.requests.length;
    const call = endOf(ping(client, 1));
    await until("sent", () => server.requests.length === before + 1);
    server.send([1, server.requests.at(-1)?.id, error, null]);
    assert.deepEqual([(await call).reason, (await call).mayHaveRun], ["protocol", true]);
  }
});

test("a request that is answered twice has its first answer", async () => {
  const client = await server.connect();
  server.answer = ({ id }) => {
    server.reply(id, { data: "first" });
    return { data: "second" };
  };
  assert.equal(await ping(client, 1), "first");
  assert.equal(await ping(client, 2), "first");
  assert.equal(client.pending, 0);
});

for (const code of [1008, 1011, 1013]) {
  test(`a connection that is closed with ${code} before it has the session back is followed by another`, async () => {
    const client = await server.connect();
    server.hello = () => {
      server.greeting?.close(code, "not now");
      server.hello = () => ({});
      return NO_ANSWER;
    };
    server.cut();
    assert.equal(await ping(client, 1), 1);
    assert.deepEqual([server.hellos.length, client.state.name], [3, "open"]);
  });
}

test("advice to wait that is nonsense, or longer than the client has patience, is not taken", async () => {
  for (const retryAfter of [Number.NaN, -5, "soon", null, Infinity, 1e300]) {
    const client = await server.connect({ giveUpMs: 300 });
    const before = server.hellos.length;
    server.hello = () => new Refusal("Busy", 1003, { retryAfter });
    server.cut();
    assert.equal((await client.ended).reason, "unreachable");
    assert.ok(server.hellos.length - before < 60, "it was tried without a rest");
    server.hello = () => ({});
  }
  const client = await server.connect({ giveUpMs: 300 });
  server.ticketStatus = 429;
  server.ticketHeaders = { "Retry-After": "99999999999" };
  server.cut();
  const began = Date.now();
  assert.equal((await client.ended).reason, "unreachable");
  assert.ok(Date.now() - began < 5000);
});

test("connections that are lost before anything comes through are no better than none", async () => {
  const client = await server.connect({ giveUpMs: 300 });
  server.isMute = true;
  server.hello = () => {
    setImmediate(() => server.cut());
    return {};
  };
  server.cut();
  const error = await client.ended;
  assert.deepEqual([error.reason, error.message], ["unreachable", "connections are lost again and again"]);
});

test("connections are lost as often as they like when something comes through", async () => {
  const client = await server.connect({ giveUpMs: 1000 });
  const end = Date.now() + 1500;
  for (let n = 0; Date.now() < end; n++) {
    server.cut();
    assert.equal(await ping(client, n), n);
  }
  assert.equal(client.state.name, "open");
});

test("a server that takes the connection and says nothing is told as unreachable", async () => {
  const silent = createServer();
  await new Promise<void>((done) => { silent.listen(0, "127.0.0.1", done); });
  const url = `ws://127.0.0.1:${(silent.address() as AddressInfo).port}/v1/session`;
  assert.equal((await endOf(server.connect({ url, connectMs: 100 }))).reason, "unreachable");
  assert.equal((await endOf(server.connect({ url, connectMs: 100, credentials: { ticket: () => "t" } }))).reason, "unreachable");
  silent.close();
});

test("a connection that is cut after any number of bytes ends in a session or an error", async (t) => {
  let bytes = 0;
  const proxy = await Proxy.start(Number(new URL(server.url).port), () => bytes);
  t.after(async () => proxy.stop());
  const url = server.url.replace(/:\d+/, `:${proxy.port}`);
  for (bytes = 1; bytes < 1600; bytes += 40) {
    const client = await server.connect({ url, connectMs: 2000, credentials: { ticket: () => "t" } }).catch((e: unknown) => e);
    assert.ok(client instanceof SessionEndError ? client.reason === "unreachable" : (client as Client).session.user === "ann");
    if (!(client instanceof SessionEndError)) (client as Client).abandon();
  }
});

test("a flood of notifications leaves nothing behind, though acknowledgements are not answered", async () => {
  const client = await server.connect();
  server.answer = () => NO_ANSWER;
  let heard = 0;
  client.on("session.onMessage", () => { heard += 1; });
  for (let n = 0; n < 20_000; n++) server.notify("session.onMessage", { text: "x", time: "" });
  await until("heard", () => heard === 20_000);
  // Up to the first that asks for an answer, then only as the bytes demand: 20,000 of some 150.
  assert.ok(server.requests.length < 60, `${server.requests.length} acknowledgements`);
});

test("pushes of no form are passed over", async () => {
  const socket = await IpcSocket.connect({ url: server.url, credentials: { ticket: () => "t" }, WebSocket });
  const heard: unknown[] = [];
  socket.addListener("itwin.a", (_event, ...args: unknown[]) => heard.push(args));
  for (const params of [null, 5, {}, { channel: 1, args: [] }, { channel: "itwin.a", args: 5 }, { channel: "itwin.a" }]) server.notify("ipc.push", params);
  server.notify("ipc.push", { channel: "itwin.a", args: [1] });
  await socket.invoke("x", "y");
  assert.deepEqual(heard, [[1]]);
  socket.client.abandon();
});

test("what was answered before anybody could be told of it is no open question at the end", async (t) => {
  stretch(t, 0, 300);
  const client = await server.connect();
  const heard: unknown[] = [];
  client.on("session.onMessage", ({ text }) => heard.push(text));
  server.answer = ({ params }) => {
    server.notify("session.onMessage", { text: "before", time: "" });
    setImmediate(() => server.socket?.close(4002));
    return params;
  };
  const call = ping(client, 1).then((answer) => heard.push(answer));
  assert.equal((await client.ended).code, 4002);
  await call;
  assert.deepEqual(heard, ["before", 1]);
});

// ---- what the application gives ----

test("a token or ticket that never comes ends the attempt, as one that cannot be had", async () => {
  const never = new Promise<string>(() => undefined);
  assert.equal((await endOf(server.connect({ connectMs: 50, credentials: { token: async () => never } }))).reason, "unreachable");
  assert.equal((await endOf(server.connect({ connectMs: 50, credentials: { ticket: async () => never } }))).reason, "unreachable");
  const error = await endOf(server.connect({ credentials: { token: () => { throw new Error("no account"); } } }));
  assert.deepEqual([error.reason, error.message], ["unreachable", "no account"]);
  let isThere = true;
  const client = await server.connect({ connectMs: 500, giveUpMs: 200, credentials: { token: async () => (isThere ? Promise.resolve("t") : never) } });
  isThere = false;
  server.cut();
  assert.equal((await client.ended).reason, "unreachable");
});

test("options that cannot be are refused by name", async () => {
  const wrong: readonly Partial<ClientOptions>[] = [
    { heartbeatMs: Number.NaN }, { connectMs: 0 }, { giveUpMs: -1 }, { backoff: { mostMs: 0 } }, { maxWaiting: "5" as unknown as number },
  ];
  for (const options of wrong) await assert.rejects(server.connect(options), new RegExp(`^TypeError: options.${Object.keys(options)[0] ?? ""}`));
  await assert.rejects(server.connect({ url: "ftp://localhost/v1/session" }), /^TypeError: options.url/);
});

test("an address of HTTP will do, and no time is too long for a timer", async () => {
  const client = await server.connect({ url: server.url.replace("ws:", "http:"), heartbeatMs: Infinity, connectMs: Infinity, giveUpMs: Infinity });
  assert.equal(await ping(client, 1), 1);
  assert.equal(server.requests.length, 1);
});

test("values that no message can carry are refused by their place", async () => {
  const client = await server.connect();
  const wrong: readonly (readonly [unknown, string])[] = [
    [2n ** 64n, "data"], [-(2n ** 63n) - 1n, "data"], [{ a: [1, { b: 2n ** 65n }] }, "data.a[1].b"], [[() => 1], "data[0]"], [Symbol("s"), "data"],
    [new Date(Number.NaN), "data"], [new ArrayBuffer(4), "data"], [{ m: new Map() }, "data.m"], [new Set(), "data"], [new BigInt64Array(1), "data"],
  ];
  for (const [data, where] of wrong) {
    const error = await refusalOf(ping(client, data));
    assert.ok(error instanceof ValueError, String(error));
    assert.equal(error.where, where);
  }
  assert.throws(() => client.notify("session.ack", { received: 2n ** 70n }), { name: "ValueError", where: "received" });
  const round: { self?: unknown } = {};
  round.self = round;
  assert.ok(await refusalOf(ping(client, [round, 1n])) instanceof LimitError);
  assert.equal(server.requests.length, 0);
});

test("bigints of 64 bits are sent, dates too, and of objects what toJSON tells", async () => {
  const client = await server.connect({ exactIntegers: true });
  assert.deepEqual(await ping(client, [2n ** 64n - 1n, -(2n ** 63n), 2 ** 40]), [2n ** 64n - 1n, -(2n ** 63n), 2 ** 40]);
  assert.deepEqual(await ping(client, new Date(5)), new Date(5));
  const angle = { radians: 1, toJSON: () => ({ degrees: 57 }) };
  assert.deepEqual(await ping(client, { angle, bytes: Uint8Array.of(1) }), { angle: { degrees: 57 }, bytes: Uint8Array.of(1) });
});

test("content may have a member __proto__", async () => {
  const client = await server.connect({ exactIntegers: true });
  const data = JSON.parse(`{"a":[{"__proto__":{"x":1},"constructor":2}],"b":{"__proto__":null,"nine bytes":3},"ninebytes":4}`) as { a: [object] };
  const answer = await ping(client, { ...data, bytes: Uint8Array.of(5), big: 2n ** 60n }) as typeof data;
  assert.deepEqual(answer, { ...data, bytes: Uint8Array.of(5), big: 2n ** 60n });
  assert.equal(Object.getPrototypeOf(answer.a[0]), Object.prototype);
});

test("one signal may be that of many calls", async (t) => {
  const warnings: Error[] = [];
  const warn = (e: Error): void => { warnings.push(e); };
  process.on("warning", warn);
  t.after(() => process.off("warning", warn));
  const client = await server.connect();
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 200 }, async (_, data) => client.call("session.ping", { data }, { signal })));
  await pause(1);
  assert.deepEqual(warnings, []);
});

test("no more notifications are under way than fit into the server's mailbox beside the requests", async () => {
  const client = await server.connect();
  server.answer = () => NO_ANSWER;
  const first = ping(client, 1);
  for (let n = 1; n < LIMITS.mailboxMessages; n++) client.notify("some.event", { n });
  assert.throws(() => client.notify("some.event", {}), LimitError);
  void refusalOf(ping(client, 2));
  await until("sent", () => server.requests.length === LIMITS.mailboxMessages);
  await pause(20);
  assert.equal(server.requests.length, LIMITS.mailboxMessages);
  server.reply(server.requests[0]?.id, { data: 1 });
  assert.equal(await first, 1);
  await until("the next", () => server.requests.length === LIMITS.mailboxMessages + 1);
});

test("notifications are bounded while the server does not get them, and none is lost", async () => {
  server.hello = () => ({ limits: { ...LIMITS, mailboxMessages: 1000 } });
  const client = await server.connect({ maxWaiting: 100, maxWaitingBytes: 10_000 });
  server.cut();
  await until("lost", () => client.state.name === "lost");
  for (let n = 0; n < 100; n++) client.notify("some.event", { n });
  assert.throws(() => client.notify("some.event", { n: 100 }), LimitError);
  await ping(client, 1);
  // While they come in there may be any number.
  for (let n = 100; n < 1000; n++) {
    client.notify("some.event", { n, more: "x".repeat(50) });
    if (n % 50 === 0) await ping(client, n);
  }
  await ping(client, 2);
  assert.deepEqual(server.requests.filter((r) => r.method === "some.event").map((r) => r.params.n), Array.from({ length: 1000 }, (_, n) => n));
  assert.throws(() => client.notify("some.event", { data: "x".repeat(10_001) }), LimitError);
});

test("notifications alone are forgotten too when the server has got them", async () => {
  server.hello = () => ({ limits: { ...LIMITS, mailboxMessages: 1000 } });
  const client = await server.connect({ maxWaiting: 100 });
  for (let n = 0; n < 1000; n += 50) {
    for (let i = 0; i < 50; i++) client.notify("some.event", { n: n + i });
    await until("got", () => server.requests.filter((r) => r.method === "some.event").length === n + 50);
    await pause(5);
  }
});

// ---- the end ----

test("close gets through though the queue is full", async () => {
  const client = await server.connect({ maxWaiting: 1 });
  server.cut();
  await until("lost", () => client.state.name === "lost");
  const call = ping(client, 1);
  server.answer = ({ method, params }) => {
    if (method === "session.close") setImmediate(() => server.socket?.close(1000));
    return params;
  };
  await client.close();
  assert.equal(await call, 1);
  assert.ok(server.requests.some((r) => r.method === "session.close"));
});

test("close that is refused, or answered and not done, is done by a close frame", async () => {
  for (const answer of [() => { throw new Refusal("TokenExpired"); }, () => ({})]) {
    const client = await server.connect({ connectMs: 300 });
    server.answer = answer;
    const codes = server.closeCodes.length;
    await client.close();
    assert.deepEqual([(await client.ended).reason, (await client.ended).code], ["closed", 1000]);
    await until("a close frame", () => server.closeCodes.length === codes + 1);
    assert.equal(server.closeCodes.at(-1), 1005);
  }
});

test("close need not wait for an answer that does not come", async () => {
  const client = await server.connect();
  server.answer = () => NO_ANSWER;
  const call = endOf(ping(client, 1));
  const controller = new AbortController();
  const closed = client.close({ signal: controller.signal });
  assert.equal((await endOf(ping(client, 2))).mayHaveRun, false);
  await until("sent", () => server.requests.length === 2);
  controller.abort();
  await closed;
  assert.deepEqual([(await call).reason, (await call).mayHaveRun], ["closed", true]);
  await client.close({ signal: AbortSignal.abort() });
});

test("close need not wait for a connection either", async () => {
  const client = await server.connect({ giveUpMs: Infinity });
  server.ticketStatus = 503;
  server.cut();
  await until("lost", () => client.state.name === "lost");
  await client.close({ signal: AbortSignal.timeout(50) });
  // What was under way may still come in.
  await pause(50);
  const tickets = server.tickets.length;
  await pause(100);
  assert.equal(server.tickets.length, tickets);
});

test("close while the server is started anew closes the session that it has led back to", async () => {
  const client = await server.connect();
  server.cut();
  await until("lost", () => client.state.name === "lost");
  server.forget();
  server.hello = () => ({ sessionId: "s2", resumed: false, received: 0, ledBack: { imodel: "a", mode: "readwrite" } });
  await client.close();
  await until("a close frame", () => server.closeCodes.at(-1) === 1005);
});

test("who ends the session when told that the connection is lost has ended it", async () => {
  const client = await server.connect();
  client.onState((state) => { if (state.name === "lost") client.abandon(); });
  server.cut();
  assert.equal((await client.ended).reason, "closed");
  await pause(100);
  assert.equal(server.hellos.length, 1);
});

// ---- tokens that end ----

test("before its token ends the session gets another one, where tokens come from a function", async () => {
  let n = 0;
  const client = await server.connect({ credentials: { token: () => `token-${n += 1}` } });
  server.answer = ({ method, params }) => (method === "session.renewToken" ? { user: "ann", access: "edit", expires: "later" } : params);
  server.notify("session.onTokenExpiring", { expires: "soon" });
  await until("renewed", () => server.requests.length === 1);
  assert.deepEqual(server.requests[0], { id: 1, method: "session.renewToken", params: { token: "token-2" } });
  assert.equal(await ping(client, 1), 1);
  const other = await server.connect();
  server.notify("session.onTokenExpiring", { expires: "soon" });
  assert.equal(await ping(other, 2), 2);
  assert.equal(server.requests.filter((r) => r.method === "session.renewToken").length, 1);
});

test("a token that is refused, or good for no longer, is followed by another, until the session goes on without", async () => {
  const answers: (() => Promise<string>)[] = [async () => Promise.reject(new Error("refused")), async () => Promise.resolve("12:00"), async () => Promise.resolve("13:00")];
  const tried: string[] = [];
  let n = 0;
  const token = (): string => {
    if ((n += 1) === 1) throw new Error("none now");
    return `t${n}`;
  };
  const renewal = new Renewal({ token, hasEnded: () => false, againMs: 1, renew: async (t) => { tried.push(t); return (answers[tried.length - 1] ?? answers[1])?.(); } });
  renewal.begin("12:00");
  await until("renewed", () => tried.length === 3);
  await pause(20);
  assert.deepEqual(tried, ["t2", "t3", "t4"]);
  renewal.begin("12:00");
  await until("tried", () => tried.length >= 5);
  renewal.stop();
  const { length } = tried;
  await pause(20);
  assert.ok(tried.length <= length + 1);
});

test("a lost connection does not keep a token that was refused from being followed by another", async (t) => {
  stretch(t, 5000, 100);
  const client = await server.connect({ credentials: { token: () => "the same" } });
  server.answer = ({ method, params }) => {
    if (method === "session.renewToken") throw new Refusal("Denied");
    return params;
  };
  const tried = (): number => server.requests.filter((r) => r.method === "session.renewToken").length;
  server.notify("session.onTokenExpiring", { expires: "soon" });
  await until("tried", () => tried() === 1);
  server.cut();
  assert.equal(await ping(client, 1), 1);
  const before = tried();
  await until("tried again", () => tried() > before);
});

test("a token is renewed before all that waits, though the queue is full and the client closing", async () => {
  const client = await server.connect({ maxWaiting: 1, credentials: { token: () => "another" } });
  server.answer = () => NO_ANSWER;
  const calls = Promise.allSettled(Array.from({ length: LIMITS.mailboxMessages + 1 }, async (_, data) => ping(client, data)));
  await until("sent", () => server.requests.length === LIMITS.mailboxMessages);
  void client.close();
  server.notify("session.onTokenExpiring", { expires: "soon" });
  await pause(20);
  server.reply(server.requests[0]?.id, { data: 0 });
  await until("renewed", () => server.requests.length === LIMITS.mailboxMessages + 1);
  assert.equal(server.requests.at(-1)?.method, "session.renewToken");
  client.abandon();
  await calls;
});
