// The client against a server that does what the test says.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { WebSocket } from "ws";
import { type Client, LimitError, RequestError, SessionEndError, type WebSocketConstructor } from "../src/index.js";
import { FakeServer, LIMITS, NO_ANSWER, Refusal } from "./fake_server.js";

const PATIENCE_MS = 10_000;

let server: FakeServer;

beforeEach(async () => {
  server = await FakeServer.start();
});

afterEach(async () => server.stop());

async function until(what: string, is: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!is()) {
    if (Date.now() > end) throw new Error(`it never came to this: ${what}`);
    await new Promise((done) => { setTimeout(done, 2); });
  }
}

async function ping(client: Client, data: unknown): Promise<unknown> {
  return (await client.call("session.ping", { data })).data;
}

function ending(client: Client): SessionEndError {
  assert.ok(client.state.name === "ended");
  return client.state.error;
}

async function refusalOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then((result) => { throw new Error(`answered: ${JSON.stringify(result)}`); }, (e: unknown) => e as Error);
}

async function endOf(promise: Promise<unknown>): Promise<SessionEndError> {
  const error = await refusalOf(promise);
  assert.ok(error instanceof SessionEndError);
  return error;
}

/** As browsers have it: it ends with a close frame or not at all. */
class BrowserSocket extends WebSocket {
  public constructor(url: string, protocols: string[]) {
    super(url, protocols);
    Object.defineProperty(this, "terminate", { value: undefined });
  }
}

const isCounted = (method: string): boolean => method !== "session.ack";

test("a call is answered with its result, binary values stay binary", async () => {
  const client = await server.connect();
  assert.deepEqual(await ping(client, { a: [1, Uint8Array.of(7, 8)] }), { a: [1, Uint8Array.of(7, 8)] });
  assert.equal(client.session.user, "ann");
  assert.equal(client.pending, 0);
});

test("what is undefined is not sent", async () => {
  const client = await server.connect();
  await client.call("elements.getElementProps", { id: "0x1", wantGeometry: undefined });
  assert.deepEqual(server.requests[0]?.params, { id: "0x1" });
});

test("the token goes into a header and nowhere else, each connection has a ticket of its own", async () => {
  const client = await server.connect();
  server.cut();
  await ping(client, 1);
  assert.deepEqual(server.tickets, ["Bearer the-token", "Bearer the-token"]);
  assert.deepEqual(server.urls, ["/v1/session weh.v1.msgpack,weh.ticket.t1", "/v1/session weh.v1.msgpack,weh.ticket.t2"]);
});

test("a token from a function is asked for again for each connection", async () => {
  let n = 0;
  const client = await server.connect({ credentials: { token: async () => Promise.resolve(`token-${n += 1}`) } });
  server.cut();
  await ping(client, 1);
  assert.deepEqual(server.tickets, ["Bearer token-1", "Bearer token-2"]);
});

test("tickets may come from elsewhere", async () => {
  await server.connect({ credentials: { ticket: () => "mine" } });
  assert.deepEqual(server.tickets, []);
  assert.deepEqual(server.urls, ["/v1/session weh.v1.msgpack,weh.ticket.mine"]);
});

test("an error has code, message and data of the server", async () => {
  const client = await server.connect();
  server.answer = () => { throw new Refusal("DuplicateCode", 1020, { iTwin: 65547, where: "code", op: 3 }); };
  const error = await refusalOf(client.call("txns.state"));
  assert.ok(error instanceof RequestError);
  assert.equal(error.method, "txns.state");
  assert.equal(error.errorName, "DuplicateCode");
  assert.equal(error.code, 1020);
  assert.deepEqual(error.data, { name: "DuplicateCode", iTwin: 65547, where: "code", op: 3 });
});

test("a token that is refused ends the attempt with the status", async () => {
  server.ticketStatus = 401;
  const error = await endOf(server.connect());
  assert.equal(error.reason, "refused");
  assert.equal(error.code, 401);
});

test("a server that is not there is told as such", async () => {
  const away = await FakeServer.start();
  const { url } = away;
  await away.stop();
  const error = await endOf(server.connect({ url }));
  assert.equal(error.reason, "unreachable");
});

test("connecting can be given up", async () => {
  server.hello = () => NO_ANSWER;
  const controller = new AbortController();
  const { Client: ClientClass } = await import("../src/index.js");
  const connecting = ClientClass.connect(
    { url: server.url, credentials: { ticket: () => "t" }, WebSocket: WebSocket },
    { signal: controller.signal });
  await until("a hello", () => server.hellos.length === 1);
  controller.abort(new Error("enough"));
  assert.equal((await refusalOf(connecting)).message, "enough");
});

test("a lost connection comes back, and requests that the server has not got are sent again", async () => {
  const client = await server.connect();
  const states: string[] = [];
  client.onState((state) => states.push(state.name));
  await ping(client, 0);
  server.isDeaf = true;
  const lost = [1, 2, 3].map(async (data) => ping(client, data));
  await new Promise((done) => { setTimeout(done, 30); });
  server.isDeaf = false;
  server.cut();
  assert.deepEqual(await Promise.all(lost), [1, 2, 3]);
  assert.deepEqual(server.requests.filter((r) => isCounted(r.method)).map((r) => r.params.data), [0, 1, 2, 3]);
  assert.deepEqual(states, ["lost", "open"]);
  assert.deepEqual((server.hellos[1] as { resume: object }).resume, { sessionId: "s1", resumeToken: "r1", received: 1 });
});

test("answers that were lost come again, and nothing is done twice", async () => {
  const client = await server.connect();
  const heard: unknown[] = [];
  client.on("session.onMessage", (params) => heard.push(params.text));
  server.isMute = true;
  const calls = [1, 2].map(async (data) => ping(client, data));
  await until("two requests", () => server.requests.length === 2);
  server.notify("session.onMessage", { text: "hello", time: "" });
  server.isMute = false;
  server.cut();
  assert.deepEqual(await Promise.all(calls), [1, 2]);
  await ping(client, 3);
  assert.deepEqual(heard, ["hello"]);
  assert.deepEqual(server.requests.filter((r) => isCounted(r.method)).map((r) => r.params.data), [1, 2, 3]);
});

test("what is called while the connection is lost waits for it", async () => {
  const client = await server.connect();
  server.cut();
  await until("lost", () => client.state.name === "lost");
  const call = ping(client, "later");
  assert.equal(client.pending, 1);
  assert.equal(await call, "later");
});

test("resuming sends a message at once, which ends the former resume token", async () => {
  const client = await server.connect();
  server.cut();
  await until("resumed", () => client.state.name === "open" && server.hellos.length === 2);
  await until("a message", () => server.requests.length === 1);
  assert.equal(server.requests[0]?.method, "session.ack");
});

test("a hello whose answer is lost is said again with the same token", async () => {
  const client = await server.connect({ connectMs: 500 });
  let n = 0;
  server.hello = () => ((n += 1) === 1 ? NO_ANSWER : {});
  server.cut();
  assert.equal(await ping(client, 1), 1);
  const tokens = server.hellos.slice(1).map((hello) => (hello.resume as { resumeToken: string }).resumeToken);
  assert.deepEqual(tokens, ["r1", "r1"]);
});

test("an attempt to come back that finds the server full is followed by another, not before the time it says", async () => {
  const client = await server.connect();
  const call = async (): Promise<unknown> => ping(client, 1);
  server.ticketStatus = 503;
  server.ticketHeaders = { "Retry-After": "1" };
  server.cut();
  await until("refused", () => server.tickets.length === 2);
  const began = Date.now();
  server.ticketStatus = 200;
  assert.equal(await call(), 1);
  assert.ok(Date.now() - began >= 900);
  assert.equal(server.tickets.length, 3);
});

test("a session that cannot be resumed ends, and each request knows whether it may have run", async () => {
  const client = await server.connect();
  server.answer = () => NO_ANSWER;
  const calls = [1, 2, 3, 4, 5].map(async (data) => endOf(ping(client, data)));
  await until("sent", () => server.requests.length === LIMITS.mailboxMessages);
  server.hello = () => new Refusal("ResumeFailed", 1048);
  server.cut();
  const errors = await Promise.all(calls);
  assert.deepEqual(errors.map((e) => [e.reason, e.mayHaveRun]), [
    ["notResumed", true], ["notResumed", true], ["notResumed", true], ["notResumed", true], ["notResumed", false]]);
  assert.equal((await client.ended).reason, "notResumed");
  assert.equal((await endOf(ping(client, 6))).mayHaveRun, false);
});

test("after a restart of the server the client goes on with the session that it was led back to", async () => {
  const client = await server.connect();
  server.answer = () => NO_ANSWER;
  const call = endOf(ping(client, 1));
  await until("sent", () => server.requests.length === 1);
  server.forget();
  server.answer = (request) => request.params;
  server.hello = () => ({ sessionId: "s2", resumed: false, received: 0, ledBack: { imodel: "demo", mode: "readwrite" } });
  server.cut();
  const error = await call;
  assert.deepEqual([error.reason, error.mayHaveRun], ["restarted", true]);
  assert.deepEqual(client.state, { name: "open", how: "restarted", ledBack: { imodel: "demo", mode: "readwrite" } });
  // Both count from 0 again.
  assert.equal(await ping(client, 2), 2);
  server.hello = () => ({});
  server.cut();
  assert.equal(await ping(client, 3), 3);
  assert.deepEqual((server.hellos[2] as { resume: object }).resume, { sessionId: "s2", resumeToken: "r2", received: 1 });
});

for (const code of [1000, 1008, 1011, 4001, 4002]) {
  test(`a close with ${code} is the end`, async () => {
    const client = await server.connect();
    server.socket?.close(code, "because");
    const error = await client.ended;
    assert.deepEqual([error.reason, error.code, error.message], ["server", code, "because"]);
    assert.equal(server.hellos.length, 1);
  });
}

test("a server that goes away is looked for again", async () => {
  const client = await server.connect();
  server.socket?.close(1001, "the server is stopping");
  assert.equal(await ping(client, 1), 1);
  assert.equal(client.state.name, "open");
});

test("after options.giveUpMs the client gives up", async () => {
  const client = await server.connect({ giveUpMs: 200 });
  server.ticketStatus = 500;
  server.cut();
  assert.equal((await client.ended).reason, "unreachable");
  assert.ok(server.tickets.length > 3);
});

test("no more requests are under way than the server's mailbox takes", async () => {
  const client = await server.connect();
  server.answer = () => NO_ANSWER;
  const calls = Array.from({ length: 10 }, async (_, data) => ping(client, data));
  await until("sent", () => server.requests.length === LIMITS.mailboxMessages);
  await new Promise((done) => { setTimeout(done, 30); });
  for (let n = 0; n < 10; n++) {
    assert.equal(server.requests.length, Math.min(10, n + LIMITS.mailboxMessages));
    server.reply(server.requests[n]?.id, { data: n });
    await calls[n];
    await until("the next", () => server.requests.length === Math.min(10, n + 1 + LIMITS.mailboxMessages));
  }
  assert.deepEqual(server.requests.map((r) => r.params.data), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("their bytes are counted too", async () => {
  const client = await server.connect();
  server.answer = () => NO_ANSWER;
  const data = new Uint8Array(20_000);
  for (let i = 0; i < 3; i++) void refusalOf(ping(client, data));
  await until("sent", () => server.requests.length === 2);
  await new Promise((done) => { setTimeout(done, 30); });
  assert.equal(server.requests.length, 2);
});

test("with what the server adds to each", async () => {
  const client = await server.connect();
  server.answer = () => NO_ANSWER;
  const data = new Uint8Array(LIMITS.mailboxBytes / 2 - 100);
  for (let i = 0; i < 2; i++) void refusalOf(ping(client, data));
  await until("sent", () => server.requests.length === 1);
  await new Promise((done) => { setTimeout(done, 30); });
  assert.equal(server.requests.length, 1);
});

test("without a queue there is what the server takes at once", async () => {
  const client = await server.connect({ maxWaiting: 0 });
  server.answer = () => NO_ANSWER;
  for (let n = 0; n < LIMITS.mailboxMessages; n++) void refusalOf(ping(client, n));
  assert.ok(await refusalOf(ping(client, "one more")) instanceof LimitError);
  await until("sent", () => server.requests.length === LIMITS.mailboxMessages);
  server.cut();
  await until("lost", () => client.state.name === "lost");
  assert.ok(await refusalOf(ping(client, "later")) instanceof LimitError);
});

test("a queue that is full refuses, and so does what the server would not take", async () => {
  const client = await server.connect({ maxWaiting: 2, maxWaitingBytes: 30_000 });
  server.cut();
  await until("lost", () => client.state.name === "lost");
  assert.ok(await refusalOf(ping(client, new Uint8Array(30_001))) instanceof LimitError);
  const calls = [1, 2].map(async (data) => ping(client, data));
  assert.ok(await refusalOf(ping(client, 3)) instanceof LimitError);
  assert.deepEqual(await Promise.all(calls), [1, 2]);
  assert.ok(await refusalOf(ping(client, new Uint8Array(LIMITS.messageBytes))) instanceof LimitError);
  let deep: unknown = 1;
  for (let i = 0; i < 40; i++) deep = [deep];
  assert.ok(await refusalOf(ping(client, deep)) instanceof LimitError);
  assert.equal(client.state.name, "open");
});

test("an abort takes back what was not sent", async () => {
  const client = await server.connect();
  const controller = new AbortController();
  server.cut();
  await until("lost", () => client.state.name === "lost");
  const call = refusalOf(client.call("session.ping", { data: 1 }, { signal: controller.signal }));
  controller.abort(new Error("no longer wanted"));
  assert.equal((await call).message, "no longer wanted");
  assert.equal(await ping(client, 2), 2);
  assert.deepEqual(server.requests.filter((r) => isCounted(r.method)).map((r) => r.params.data), [2]);
  await assert.rejects(client.call("session.ping", {}, { signal: controller.signal }), { message: "no longer wanted" });
});

test("an abort of what was sent asks the server, whose answer decides", async () => {
  const client = await server.connect();
  server.answer = (request) => (request.method === "session.ping" ? NO_ANSWER : {});
  const controllers = [new AbortController(), new AbortController()];
  const [first, second] = controllers.map(async ({ signal }, data) => client.call("session.ping", { data }, { signal }));
  const refused = refusalOf(first as Promise<unknown>);
  await until("sent", () => server.requests.length === 2);
  for (const controller of controllers) controller.abort(new Error("stop"));
  await until("asked", () => server.requests.length === 4);
  assert.deepEqual(server.requests.slice(2).map((r) => [r.method, r.id, r.params]), [
    ["session.cancel", undefined, { id: server.requests[0]?.id }], ["session.cancel", undefined, { id: server.requests[1]?.id }]]);
  server.refuse(server.requests[0]?.id, new Refusal("Cancelled", 1004));
  assert.equal((await refused).message, "stop");
  // Too late: it was done, and the caller is told so.
  server.reply(server.requests[1]?.id, { data: 1, time: "" });
  assert.deepEqual(await second, { data: 1, time: "" });
});

test("what has come in is acknowledged, and nothing piles up while only the server speaks", async () => {
  const client = await server.connect();
  for (let group = 1; group <= 80; group++) {
    for (let n = 0; n < 32; n++) server.notify("session.onMessage", { text: `${n}`, time: "" });
    await until("acknowledged", () => server.requests.length === group);
  }
  assert.ok(server.requests.every((r) => r.method === "session.ack"));
  assert.deepEqual(server.requests.map((r) => r.params.received).slice(0, 3), [32, 64, 96]);
  // Some of them with an answer, which shows that those before it need not be kept.
  assert.ok(server.requests.filter((r) => r.id !== undefined).length >= 2);
  assert.equal(client.state.name, "open");
});

test("large messages are acknowledged by their bytes", async () => {
  await server.connect();
  for (let n = 0; n < 4; n++) server.notify("session.onMessage", { text: "x".repeat(90_000), time: "" });
  await until("acknowledged", () => server.requests.length === 1);
  assert.deepEqual(server.requests[0]?.params, { received: 3 });
});

test("a silent connection is asked, and lost when it stays silent", async () => {
  const client = await server.connect({ heartbeatMs: 60 });
  await until("asked", () => server.requests.length >= 2);
  assert.ok(server.requests.every((r) => r.method === "session.ack" && r.id !== undefined));
  assert.equal(server.hellos.length, 1);
  server.isDeaf = true;
  await until("lost", () => client.state.name === "lost");
  server.isDeaf = false;
  assert.equal(await ping(client, 1), 1);
  assert.equal(server.hellos.length, 2);
});

test("a dead connection is not closed by a frame, which would end the session, before another has taken its place", async () => {
  const client = await server.connect({ heartbeatMs: 60, WebSocket: BrowserSocket as unknown as WebSocketConstructor });
  server.isDeaf = true;
  await until("lost", () => client.state.name === "lost");
  assert.deepEqual(server.closeCodes, []);
  server.isDeaf = false;
  await until("open", () => client.state.name === "open");
  await until("closed", () => server.closeCodes.length === 1);
  assert.deepEqual(server.closeCodes, [1005]);
  assert.equal(await ping(client, 1), 1);
});

test("an abandoned session is not ended by a dead connection of before", async () => {
  const client = await server.connect({ heartbeatMs: 60, WebSocket: BrowserSocket as unknown as WebSocketConstructor });
  server.isDeaf = true;
  server.ticketStatus = 503;
  await until("lost", () => client.state.name === "lost");
  client.abandon();
  await new Promise((done) => { setTimeout(done, 50); });
  assert.deepEqual(server.closeCodes, []);
});

test("what is no message of the protocol is the end", async () => {
  for (const bytes of [Uint8Array.of(0xc1), Uint8Array.of(0x93, 1, 1), Uint8Array.of(0x94, 1, 1, 5, 0xc0), Uint8Array.of(0x94, 1, 0xc0, 0xc0, 0xc0)]) {
    const client = await server.connect();
    server.socket?.send(bytes);
    assert.equal((await client.ended).reason, "protocol");
  }
});

test("counts that cannot be are the end", async () => {
  for (const received of [-1, 99, 0.5, "2", undefined]) {
    const client = await server.connect();
    await ping(client, 1);
    server.hello = () => ({ received });
    server.cut();
    assert.equal((await client.ended).reason, "protocol");
    server.hello = () => ({});
    server.forget();
  }
});

test("an answer that nobody asked for is passed over", async () => {
  const client = await server.connect();
  server.reply(999, 1);
  assert.equal(await ping(client, 1), 1);
});

test("listeners come and go, and one that throws keeps nothing from the others", async (t) => {
  const client = await server.connect();
  const heard: string[] = [];
  const thrown: unknown[] = [];
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (e) => thrown.push(e));
  t.after(() => {
    process.removeAllListeners("uncaughtException");
    for (const listener of others) process.on("uncaughtException", listener);
  });
  client.on("session.onMessage", () => { throw new Error("mine"); });
  const remove = client.on("session.onMessage", ({ text }) => heard.push(text));
  server.notify("session.onMessage", { text: "a", time: "" });
  await ping(client, 1);
  remove();
  server.notify("session.onMessage", { text: "b", time: "" });
  await ping(client, 2);
  assert.deepEqual(heard, ["a"]);
  assert.deepEqual(thrown.map((e) => (e as Error).message), ["mine", "mine"]);
});

test("close ends the session after the requests that wait", async () => {
  const client = await server.connect();
  server.answer = (request) => {
    if (request.method === "session.close") setImmediate(() => server.socket?.close(1000, "session.close"));
    return request.params;
  };
  const calls = Array.from({ length: 9 }, async (_, data) => ping(client, data));
  await Promise.all([client.close(), client.close()]);
  assert.deepEqual(await Promise.all(calls), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(server.requests.filter((r) => r.method === "session.close").length, 1);
  assert.equal(ending(client).reason, "closed");
  await client.close();
});

test("nothing of a client that is closed keeps the program from ending", async (t) => {
  const connectMs = 12_345;
  const running = new Set<unknown>();
  const own = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  t.after(() => Object.assign(globalThis, own));
  globalThis.setTimeout = ((run: () => void, ms?: number) => {
    const timer = own.setTimeout(run, ms);
    if (ms === connectMs) running.add(timer);
    return timer;
  }) as typeof setTimeout;
  globalThis.clearTimeout = (timer) => {
    running.delete(timer);
    own.clearTimeout(timer);
  };
  const client = await server.connect({ connectMs });
  server.answer = (request) => {
    setTimeout(() => server.socket?.close(1000, "session.close"), 50);
    return request.params;
  };
  const closed = client.close();
  await until("answered", () => running.size === 1);
  await closed;
  assert.equal(running.size, 0);
});

test("close is done when the session is gone, though its answer was lost", async () => {
  const client = await server.connect();
  server.answer = () => {
    server.hello = () => new Refusal("ResumeFailed", 1048);
    setImmediate(() => server.cut());
    return NO_ANSWER;
  };
  await client.close();
  assert.equal(ending(client).reason, "closed");
});

test("an abandoned session is left to the server without a close frame", async () => {
  const client = await server.connect();
  client.abandon();
  await until("gone", () => server.closeCodes.length === 1);
  assert.deepEqual(server.closeCodes, [1006]);
  assert.equal(ending(client).reason, "closed");
  assert.equal((await refusalOf(ping(client, 1))).name, "SessionEndError");
});

test("an activity id goes with the request", async () => {
  const client = await server.connect();
  await client.call("session.ping", { data: 1 }, { activityId: "a-1" });
  assert.deepEqual(server.requests[0]?.params, { data: 1, _meta: { activityId: "a-1" } });
});

test("another client goes on where one has stopped: with what came meanwhile, and requests that nothing former answers", async () => {
  const first = await server.connect();
  assert.equal(await ping(first, 1), 1);
  server.answer = () => NO_ANSWER;
  const open = endOf(ping(first, 2));
  await until("sent", () => server.requests.length === 2);
  const resume = first.resumePoint();
  assert.deepEqual(resume, { sessionId: "s1", resumeToken: "r1", received: 1, lastId: 2 });
  first.abandon();
  assert.equal((await open).mayHaveRun, true);
  assert.equal(first.resumePoint(), undefined);
  server.reply(server.requests[1]?.id, { data: "late" });
  server.notify("session.onMessage", { text: "meanwhile", time: "" });
  server.answer = (request) => request.params;
  const heard: string[] = [];
  const second = await server.connect({ resume });
  second.on("session.onMessage", ({ text }) => heard.push(text));
  assert.deepEqual(second.state, { name: "open", how: "resumed" });
  assert.equal(await ping(second, 3), 3);
  assert.deepEqual(server.hellos[1]?.resume, { sessionId: "s1", resumeToken: "r1", received: 1 });
  assert.deepEqual(heard, ["meanwhile"]);
  assert.deepEqual(server.requests.filter((r) => isCounted(r.method)).map((r) => [r.id, r.params.data]), [[1, 1], [2, 2], [4, 3]]);
  // Its own counting holds over a lost connection too.
  server.cut();
  assert.equal(await ping(second, 4), 4);
  assert.equal(second.state.name, "open");
});

test("a session that another client had and that is gone is told as such, without a second attempt", async () => {
  server.hello = () => new Refusal("ResumeFailed", 1048);
  const error = await endOf(server.connect({ resume: { sessionId: "s0", resumeToken: "r0", received: 7, lastId: 9 } }));
  assert.equal(error.reason, "notResumed");
  assert.equal(server.hellos.length, 1);
});

test("a session that another client had before the server was started anew begins from nothing", async () => {
  server.hello = () => ({ resumed: false, received: 0, ledBack: { imodel: "a", mode: "readwrite" } });
  const client = await server.connect({ resume: { sessionId: "s0", resumeToken: "r0", received: 7, lastId: 9 } });
  assert.deepEqual(client.state, { name: "open", how: "restarted", ledBack: { imodel: "a", mode: "readwrite" } });
  assert.equal(await ping(client, 1), 1);
  assert.equal(client.resumePoint()?.received, 1);
});

test("integers that a number does not hold exactly are bigint when that is wanted", async () => {
  const client = await server.connect({ exactIntegers: true });
  const exact = [2n ** 53n + 1n, -(2n ** 63n), 2n ** 64n - 1n];
  const data = { exact, number: 2 ** 53 - 1, least: -(2 ** 53), deep: [{ one: 2 ** 40, two: null, bytes: Uint8Array.of(1) }] };
  assert.deepEqual(await ping(client, data), data);
  server.answer = () => ({ data: [2n ** 40n, -(2n ** 53n) - 1n] });
  assert.deepEqual(await ping(client, 1), [2 ** 40, -(2n ** 53n) - 1n]);
  const other = await server.connect();
  server.answer = () => ({ data: 2n ** 53n + 1n });
  assert.equal(await ping(other, 1), 2 ** 53);
});

test("the next attempt does not wait when the browser tells that there is a network again", async (t) => {
  const browser = new EventTarget();
  const names = ["addEventListener", "removeEventListener"] as const;
  for (const name of names) Object.defineProperty(globalThis, name, { value: browser[name].bind(browser), configurable: true });
  t.after(() => { for (const name of names) Reflect.deleteProperty(globalThis, name); });
  // Far longer than the test's patience, whatever is drawn.
  const random = Math.random;
  Math.random = () => 1;
  t.after(() => { Math.random = random; });
  const client = await server.connect({ backoff: { firstMs: 1e6, mostMs: 1e6 } });
  server.cut();
  await until("lost", () => client.state.name === "lost");
  browser.dispatchEvent(new Event("online"));
  assert.equal(await ping(client, 1), 1);
  client.abandon();
  browser.dispatchEvent(new Event("online"));
});
