// What the page asks the server for, and what it makes of the answers; the server is played here.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { source } from "./lib/source.mjs";

let code;
let rowsOf;
let Relationships;
let RequestError;
let toExactJson;
let fromExactJson;
before(async () => {
  code = await source("state/query.ts", "state/relationships.ts", "@webedithost/client", "state/json.ts");
  [{ rowsOf }, { Relationships }, { RequestError }, { toExactJson, fromExactJson }] = code.modules;
});
after(() => code.close());

/** A session whose calls are answered by @answers, one after the other; the last one stays. */
function played(...answers) {
  const asked = [];
  const call = async (method, params) => {
    asked.push([method, params]);
    const answer = answers[Math.min(asked.length, answers.length) - 1];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { asked, session: { call, edit: call, inTurn: (work) => work() } };
}

test("rows are followed to the end, and asked for anew when an edit has cut them off", async () => {
  const cut = { rows: [[1]], partial: "time", done: false };
  const more = { ...cut, cursor: "c" };
  const invalid = new RequestError("query.next", -32000, "edited", { name: "CursorInvalid" });
  const { asked, session } = played(cut, more, invalid, more, { rows: [[2]], done: true });
  assert.deepEqual(await rowsOf(session, "SELECT", { a: 1 }, { count: 9 }), [[1], [2]]);
  const methods = ["query.ecsql", "query.ecsql", "query.next", "query.ecsql", "query.next"];
  assert.deepEqual(
    asked.map(([method]) => method),
    methods,
  );
  assert.deepEqual(asked[0][1].args, { a: 1 });
  assert.deepEqual(asked[0][1].limit, { count: 9 });
});

test("rows that never come whole are an error, not fewer rows", async () => {
  await assert.rejects(rowsOf(played({ rows: [[1]], done: false }).session, "SELECT"), /in time/);
});

test("a relationship that is edited keeps what the panel does not show of it", async () => {
  const property = { type: "PrimitiveProperty", primitiveType: 1281 };
  const info = {
    ecclass: "x:Refers",
    properties: { shown: property, secret: { ...property, hidden: true } },
    inheritedProperties: { memberPriority: property, empty: property },
  };
  const now = { classFullName: "x:Refers", id: "0x1", sourceId: "0x2", targetId: "0x3", shown: 1, secret: 2 };
  const { asked, session } = played({ ...now, memberPriority: 3 }, {});
  const form = { info, fields: [{ name: "shown" }] };
  await new Relationships(session).update(form, "0x1", "shown", [], 7);
  const props = { classFullName: "x:Refers", id: "0x1", shown: 7, secret: 2, memberPriority: 3, empty: null };
  assert.deepEqual(asked[1], ["relationships.updateInstance", { props }]);
});

test("large integers in JSON that a person edits stay what they are", () => {
  const text = String.raw`{"n1":"n\"5: 9007199254740993","a":[9007199254740993,-9223372036854775808,1.5,1e3],"__proto__":{"s":18446744073709551615}}`;
  const value = fromExactJson(text);
  assert.deepEqual(value.a, [9007199254740993n, -9223372036854775808n, 1.5, 1000]);
  assert.equal(value.n1, 'n"5: 9007199254740993');
  assert.equal(toExactJson(value), text.replace("1e3", "1000"));
  // Beyond 64 bits no message carries them.
  assert.equal(fromExactJson("18446744073709551616"), 2 ** 64);
  assert.deepEqual(fromExactJson('{"s":"n"}'), { s: "n" });
  assert.equal(toExactJson({ a: null, b: "9007199254740993" }), '{"a":null,"b":"9007199254740993"}');
  assert.throws(() => fromExactJson("{9007199254740993"), SyntaxError);
});
