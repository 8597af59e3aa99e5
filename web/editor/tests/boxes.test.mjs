// All boxes are read, whatever limits the server's replies have: pages at once, cursors that end, replies that stop in between.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { source } from "./lib/source.mjs";

let code;
let Boxes;
let RequestError;
before(async () => {
  code = await source("view/boxes.ts", "@webedithost/client");
  [{ Boxes }, { RequestError }] = code.modules;
});
after(() => code.close());

const hex = (n) => `0x${n.toString(16)}`;
const rowOf = (n, stamp = "then") => [hex(n), null, ...Array(12).fill(0), stamp];

/** A server with elements 2, 3, ...; @most rows a reply. What @cut says after each reply: "cursor", "lost" (a cursor that will not do) or "stop". */
function server(count, most, cut) {
  const cursors = new Map();
  const state = { asked: [], atOnce: 0, running: 0, revision: 1 };
  const rest = (rows, number) => {
    if (rows.length <= most) return { rows, done: true };
    const how = cut(number);
    const cursor = how === "stop" ? {} : { cursor: `${how}${number}` };
    if (how !== "stop") cursors.set(cursor.cursor, rows.slice(most));
    return { rows: rows.slice(0, most), done: false, partial: "time", ...cursor };
  };
  const answer = (method, params) => {
    if (method === "query.next") {
      if (params.cursor.startsWith("lost"))
        throw new RequestError("query.next", 0, "edited", { name: "CursorInvalid" });
      return rest(cursors.get(params.cursor), state.asked.length);
    }
    const { ecsql, args } = params;
    const all = Array.from({ length: count }, (_, i) => i + 2);
    if (ecsql.includes("row_number"))
      return { rows: all.filter((_, i) => (i + 1) % 4000 === 0).map((n) => [hex(n)]), done: true };
    if (ecsql.includes("count(*)")) return { rows: [[count]], done: true };
    const [low, high] = [Number(args.after), Number(args.upTo ?? Infinity)];
    const changed = args.since === undefined ? all : all.filter((n) => n === 5);
    const found = changed.filter((n) => n > low && n <= high);
    return rest(found.map((n) => rowOf(n, args.since === undefined ? "then" : "younger")), state.asked.length); // prettier-ignore
  };
  const call = async (method, params) => {
    state.asked.push(params);
    state.running += 1;
    state.atOnce = Math.max(state.atOnce, state.running);
    await new Promise((done) => setImmediate(done));
    state.running -= 1;
    return answer(method, params);
  };
  const store = { get: () => ({ revision: state.revision }) };
  return { state, boxes: new Boxes({ call, store }, { key: "space", is2d: false }) };
}

const ids = (boxes) => [...boxes.byId.keys()].map(Number);
const all = (count) => Array.from({ length: count }, (_, i) => i + 2);

test("some thousand a call, some calls at once, all in their order", async () => {
  const { state, boxes } = server(30_000, Infinity, () => "stop");
  await boxes.load();
  assert.deepEqual(ids(boxes), all(30_000));
  assert.equal(state.asked.length, 1 + 8);
  assert.ok(state.atOnce > 1 && state.atOnce <= 4, `${state.atOnce}`);
});

test("a file without elements, one with a single page, one with full pages", async () => {
  for (const count of [0, 1, 4000, 8000]) {
    const { boxes } = server(count, Infinity, () => "stop");
    await boxes.load();
    assert.deepEqual(ids(boxes), all(count));
  }
});

test("replies that are cut off are gone on with, by cursor or without", async () => {
  const kinds = ["cursor", "stop", "lost"];
  const { boxes } = server(9000, 700, (number) => kinds[number % 3]);
  await boxes.load();
  assert.deepEqual(ids(boxes), all(9000));
});

test("a server that never gets anywhere is not asked for ever", async () => {
  const { state, boxes } = server(3, 0, () => "stop");
  await assert.rejects(boxes.load(), /in time/);
  assert.ok(state.asked.length < 30, `${state.asked.length}`);
});

test("what was begun is what is loaded, once", async () => {
  const { state, boxes } = server(100, Infinity, () => "stop");
  boxes.expect();
  boxes.expect();
  await boxes.load();
  assert.equal(state.asked.length, 2);
  await boxes.load();
  assert.equal(state.asked.length, 4);
});

test("what was begun before an edit is read anew", async () => {
  const { state, boxes } = server(100, Infinity, () => "stop");
  boxes.expect();
  state.revision += 1;
  await boxes.load();
  assert.equal(state.asked.length, 4);
});

test("what begins in vain tells who loads it, who can try again", async () => {
  let isDown = true;
  const call = async (_, { ecsql }) => {
    if (isDown) throw new Error("down");
    return { rows: ecsql.includes("row_number") ? [] : [rowOf(2)], done: true };
  };
  const store = { get: () => ({ revision: 1 }) };
  const other = new Boxes({ call, store }, { key: "space", is2d: false });
  other.expect();
  await new Promise((done) => setImmediate(done));
  await assert.rejects(other.load(), /down/);
  isDown = false;
  await other.load();
  assert.deepEqual(ids(other), [2]);
});

test("after an edit only what is younger is read", async () => {
  const { state, boxes } = server(9000, Infinity, () => "stop");
  await boxes.load();
  state.asked.length = 0;
  await boxes.update();
  assert.equal(state.asked.length, 2);
  assert.equal(boxes.byId.get("0x5")[14], "younger");
  assert.equal(boxes.byId.size, 9000);
});
