// The client and the real server.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Client, LimitError, RequestError, SessionEndError } from "../src/index.js";
import { Daemon } from "./daemon.js";
import { Proxy } from "./proxy.js";

let daemon: Daemon;

before(async () => {
  daemon = await Daemon.start(["one", "two", "three", "four"]);
});

after(async () => daemon.remove());

export function subject(value: string): { classFullName: string; model: string; code: object; parent: object } {
  return {
    classFullName: "BisCore:Subject", model: "0x1", code: { spec: "bis:Subject", scope: "0x1", value },
    parent: { id: "0x1", relClassName: "BisCore:SubjectOwnsSubjects" },
  };
}

async function throughProxy(): Promise<[Client, Proxy]> {
  const proxy = await Proxy.start(Number(new URL(daemon.ready.sessionUrl).port));
  const url = daemon.ready.sessionUrl.replace(/:\d+/, `:${proxy.port}`);
  return [await daemon.connect({ url, backoff: { firstMs: 10, mostMs: 50 } }), proxy];
}

test("an iModel is opened, edited, saved, undone", async () => {
  const client = await daemon.connect();
  const heard: string[] = [];
  client.on("txns.onCommit", () => heard.push("commit"));
  client.on("txns.onElementsChanged", ({ cause }) => heard.push(`elements ${cause}`));
  client.on("txns.onCommitted", ({ hasPendingTxns }) => heard.push(`committed ${hasPendingTxns}`));
  client.on("txns.onAfterUndoRedo", ({ isUndo }) => heard.push(`undone ${isUndo}`));
  const opened = await client.call("briefcase.open", { imodel: "one" });
  assert.equal(opened.name, "Small");
  const { id } = await client.call("elements.insertElement", { props: subject("typed") });
  const saved = client.call("txns.saveChanges", { description: "typed" }).then(() => heard.push("answer"));
  await saved;
  assert.equal((await client.call("elements.getElementProps", { id })).code.value, "typed");
  assert.equal((await client.call("txns.reverseTxns")).reversed.length, 1);
  await assert.rejects(client.call("elements.getElementProps", { id }), (e) => e instanceof RequestError && e.errorName === "NotFound");
  assert.deepEqual(heard, ["commit", "elements save", "committed true", "answer", "elements undo", "undone true"]);
  await client.close();
  assert.equal((await client.ended).reason, "closed");
});

test("binary values stay binary", async () => {
  const client = await daemon.connect();
  await client.call("briefcase.open", { imodel: "one" });
  const key = { namespace: "test", name: "binary" };
  const blob = Uint8Array.from({ length: 1000 }, (_, i) => i);
  await client.call("briefcase.saveFileProperty", { ...key, blob });
  assert.deepEqual((await client.call("briefcase.queryFileProperty", key)).blob, blob);
  await client.close();
});

test("a cut connection comes back with what was open and unsaved", async () => {
  const [client, proxy] = await throughProxy();
  await client.call("briefcase.open", { imodel: "two" });
  const { sessionId } = client.session;
  const { id } = await client.call("elements.insertElement", { props: subject("unsaved") });
  proxy.cutAll();
  const calls = Array.from({ length: 100 }, async (_, n) => client.call("elements.insertElement", { props: subject(`cut ${n}`) }));
  setTimeout(() => proxy.cutAll(), 20);
  const ids = (await Promise.all(calls)).map((result) => result.id);
  assert.equal(new Set([id, ...ids]).size, 101);
  assert.equal(client.session.sessionId, sessionId);
  assert.equal((await client.call("elements.getElementProps", { id })).code.value, "unsaved");
  assert.ok(proxy.cuts >= 1);
  await client.call("txns.abandonChanges");
  await client.close();
  await proxy.stop();
});

test("a long query is stopped by an abort", async () => {
  const client = await daemon.connect();
  await client.call("briefcase.open", { imodel: "three" });
  const controller = new AbortController();
  const query = client.call("query.ecsql", {
    ecsql: "SELECT COUNT(*) FROM bis.Element a, bis.Element b, bis.Element c, bis.Element d WHERE a.UserLabel<>b.UserLabel",
    quota: { time: 20 },
  }, { signal: controller.signal });
  setTimeout(() => controller.abort(new Error("too long")), 100);
  await assert.rejects(query, { message: "too long" });
  assert.equal((await client.call("txns.state")).hasUnsavedChanges, false);
  await client.close();
});

test("no params, however deep or many, end the session", async () => {
  const client = await daemon.connect();
  const outcomes = new Set<string>();
  for (let depth = client.session.limits.messageDepth - 6; depth < client.session.limits.messageDepth + 3; depth++) {
    let data: unknown = 1;
    for (let i = 0; i < depth; i++) data = [data];
    outcomes.add(await client.call("session.ping", { data }).then(() => "answered", (e: unknown) => {
      assert.ok(e instanceof LimitError || e instanceof RequestError, String(e));
      return "refused";
    }));
  }
  assert.deepEqual([...outcomes], ["answered", "refused"]);
  const many = Array.from({ length: client.session.limits.messageValues + 1 }, () => 1);
  await assert.rejects(client.call("session.ping", { data: many }), RequestError);
  assert.equal(client.state.name, "open");
  await client.close();
});

test("a notification of a method that there is not ends nothing", async () => {
  const client = await daemon.connect();
  client.notify("no.such", {});
  client.notify("briefcase.open", { imodel: 5 });
  await client.call("session.ping");
  await client.close();
  assert.equal((await client.ended).reason, "closed");
});

test("more calls at once than the mailbox takes are all answered", async () => {
  const client = await daemon.connect();
  const n = client.session.limits.mailboxMessages + 500;
  const answers = await Promise.all(Array.from({ length: n }, async (_, data) => client.call("session.ping", { data })));
  assert.deepEqual(answers.map((answer) => answer.data), Array.from({ length: n }, (_, i) => i));
  await client.close();
});

test("a wrong token is refused", async () => {
  await assert.rejects(daemon.connect({ credentials: { token: "no.such.token" } }),
    (e) => e instanceof SessionEndError && e.reason === "refused" && e.code === 401);
});

test("an operator who ends the session is heard", async () => {
  const [client, other] = [await daemon.connect(), await daemon.connect()];
  await other.call("admin.end", { session: client.session.sessionId, reason: "lunch" });
  const error = await client.ended;
  assert.deepEqual([error.reason, error.code], ["server", 4002]);
  await other.close();
});

test("a session outlives its token where tokens come from a function, connected or not", async () => {
  let asked = 0;
  const proxy = await Proxy.start(Number(new URL(daemon.ready.sessionUrl).port));
  const url = daemon.ready.sessionUrl.replace(/:\d+/, `:${proxy.port}`);
  const token = (): string => daemon.token((asked += 1) === 1 ? 2 : 3600);
  const client = await daemon.connect({ url, credentials: { token }, backoff: { firstMs: 10, mostMs: 50 } });
  const { sessionId } = client.session;
  await new Promise((done) => { setTimeout(done, 2500); });
  assert.equal(asked, 2);
  assert.equal((await client.call("session.ping", { data: 1 })).data, 1);
  proxy.cutAll();
  assert.equal((await client.call("session.ping", { data: 2 })).data, 2);
  assert.deepEqual([asked, client.session.sessionId], [3, sessionId]);
  await client.close();
  await proxy.stop();
});

test("a token that has ended is told as such, and the session can be closed with it", async () => {
  const client = await daemon.connect({ credentials: { token: daemon.token(1) } });
  await new Promise((done) => { setTimeout(done, 1200); });
  await assert.rejects(client.call("session.info"), (e) => e instanceof RequestError && e.errorName === "TokenExpired");
  const renewed = await client.call("session.renewToken", { token: daemon.token(2) });
  assert.ok(Date.parse(renewed.expires) > Date.now());
  await client.call("session.info");
  await new Promise((done) => { setTimeout(done, 2200); });
  await client.close();
  assert.equal((await client.ended).reason, "closed");
});

test("where the server keeps no sessions a lost connection is the end, and calls know whether they may have run", async (t) => {
  const other = await Daemon.start(["one"], ["session.linger_s=0"]);
  t.after(async () => other.remove());
  const proxy = await Proxy.start(Number(new URL(other.ready.sessionUrl).port));
  t.after(async () => proxy.stop());
  const client = await other.connect({ url: other.ready.sessionUrl.replace(/:\d+/, `:${proxy.port}`) });
  await client.call("briefcase.open", { imodel: "one" });
  const call = client.call("session.ping");
  proxy.cutAll();
  const told = (e: unknown): boolean => e instanceof SessionEndError && e.reason === "notResumed" && e.mayHaveRun;
  await assert.rejects(call, told);
  assert.equal((await client.ended).reason, "notResumed");
  const again = await other.connect();
  await again.call("session.info");
  await again.close();
});

test("a member __proto__ that somebody has given an element ends nobody's session", async () => {
  const client = await daemon.connect();
  await client.call("briefcase.open", { imodel: "one" });
  const jsonProperties = JSON.parse(`{"__proto__":{"a":1},"other":2}`) as object;
  const { id } = await client.call("elements.insertElement", { props: { ...subject("odd"), jsonProperties } });
  assert.deepEqual((await client.call("elements.getElementProps", { id })).jsonProperties, jsonProperties);
  await client.call("txns.abandonChanges");
  await client.close();
});

test("a restart of the server leads back to what was open, with what was not saved", async () => {
  const client = await daemon.connect({ backoff: { firstMs: 20, mostMs: 200 } });
  await client.call("briefcase.open", { imodel: "four" });
  const { id } = await client.call("elements.insertElement", { props: subject("before") });
  const opened = new Promise<unknown>((done) => {
    client.onState((state) => { if (state.name === "open") done(state); });
  });
  await daemon.stop();
  await daemon.run();
  assert.deepEqual(await opened, { name: "open", how: "restarted", ledBack: { imodel: "four", mode: "readwrite" } });
  assert.equal((await client.call("elements.getElementProps", { id })).code.value, "before");
  await client.call("txns.abandonChanges");
  await client.close();
});
