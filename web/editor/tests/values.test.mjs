// What inputs show of values, and what they make of what is typed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { source } from "./lib/source.mjs";

let code;
let textOf;
let parse;
let fieldsOf;
let commonFields;
before(async () => {
  code = await source("schema/values.ts", "schema/fields.ts");
  [{ textOf, parse }, { fieldsOf, commonFields }] = code.modules;
});
after(() => code.close());

const int = { kind: "int", bounds: { min: -3, max: 12 } };
const long = { kind: "long" };
const double = { kind: "double", bounds: { min: 0, max: 0.5 } };
const text = { kind: "string", bounds: { minLength: 2, maxLength: 5 } };
const utc = { kind: "dateTime", component: "dateTime", isUtc: true };
const plain = { kind: "dateTime", component: "dateTime", isUtc: false };
const enumerators = [
  { label: "Low", value: 1 },
  { label: "9", value: 2 },
  { label: "High", value: 9 },
];
const loose = { kind: "enum", base: "int", isStrict: false, enumerators };
const guid = "a0000000-0000-4000-8000-00000000abcd";

/** Type, what is typed, the value. */
const TAKEN = [
  [int, " 12 ", 12],
  [int, "", null],
  [long, "9007199254740993", 9007199254740993n],
  [long, "-9223372036854775808", -9223372036854775808n],
  [double, ".5", 0.5],
  [double, "5e-1", 0.5],
  [double, "+0.25", 0.25],
  [{ kind: "double" }, "1.7976931348623157e308", Number.MAX_VALUE],
  [text, "ab", "ab"],
  [text, "", null],
  [{ kind: "string" }, " ", " "],
  [utc, "2025-01-02T03:04", "2025-01-02T03:04:00.000Z"],
  [plain, "2025-01-02T03:04:05", "2025-01-02T03:04:05.000"],
  [{ ...plain, component: "date" }, "2025-12-24", "2025-12-24"],
  [{ ...plain, component: "time" }, "23:59", "23:59:00.000"],
  [{ kind: "guid" }, guid.toUpperCase(), guid],
  [{ kind: "json" }, '{"k":1}', '{"k":1}'],
  [loose, "Low", 1],
  [loose, "9", 9],
  [loose, "7", 7],
  [{ ...loose, base: "string" }, "else", "else"],
];

test("what is typed becomes the value of its type", () => {
  for (const [type, typed, value] of TAKEN) {
    assert.deepEqual(parse(type, typed), { value }, `${type.kind} ${typed}`);
  }
});

const REFUSED = [
  [int, "13", /12 or less/],
  [int, "-4", /-3 or more/],
  [int, "1.5", /whole number/],
  [int, "0x5", /whole number/],
  [long, "9223372036854775808", /64 bits/],
  [double, "0.6", /0.5 or less/],
  [double, "-1", /0 or more/],
  [double, "0x1", /number/],
  [double, "1e999", /number/],
  [double, "Infinity", /number/],
  [double, "NaN", /number/],
  [double, "1,5", /number/],
  [double, "1 2", /number/],
  [text, "a", /2 characters/],
  [text, "abcdef", /5 characters/],
  [{ kind: "guid" }, "a0000000", /GUID/],
  [{ kind: "json" }, "{", /JSON/],
  [loose, "Middle", /whole number/],
  [{ kind: "navigation", classes: [], relationship: "", isPlainId: false }, "12", /id such as/],
  [{ kind: "binary" }, "00", /cannot be typed/],
  [{ kind: "geometry" }, "x", /cannot be typed/],
];

test("what is no value of its type, or not one that the schema allows, is refused", () => {
  for (const [type, typed, reason] of REFUSED) {
    const parsed = parse(type, typed);
    assert.match(parsed.error ?? JSON.stringify(parsed), reason, `${type.kind} ${typed}`);
  }
});

/** Type, value, what is shown. */
const SHOWN = [
  [int, null, ""],
  [{ kind: "double" }, Infinity, "Infinity"],
  [{ kind: "double" }, 0.1 + 0.2, "0.30000000000000004"],
  [long, 9007199254740993n, "9007199254740993"],
  [utc, "2025-01-02T03:04:05.678Z", "2025-01-02T03:04:05.678"],
  [loose, 1, "Low"],
  [loose, 7, "7"],
  // As text it would be the value of another one.
  [loose, 2, "2"],
  [{ kind: "binary" }, new Uint8Array(3), "3 bytes"],
  [{ kind: "geometry" }, { sphere: { center: [0, 0, 0], radius: 1 } }, "sphere"],
  [{ kind: "geometry" }, undefined, ""],
  [{ kind: "navigation" }, { id: "0x3b", relClassName: "A.B" }, "0x3b"],
  // What no type lets expect.
  [int, { odd: 1 }, '{"odd":1}'],
  [{ kind: "double" }, "text", "text"],
];

test("what is stored is shown as it is, and as names where it has one", () => {
  for (const [type, value, shown] of SHOWN) {
    assert.equal(textOf(type, value), shown, `${type.kind} ${shown}`);
    const parsed = shown === "" || ["binary", "geometry"].includes(type.kind) ? undefined : parse(type, shown);
    if (type === loose) assert.deepEqual(parsed, { value });
  }
});

function typeOf(property, quantities = new Map()) {
  const p = { name: "P", displayLabel: "P", hidden: false, isCustomHandled: false, ...property };
  const [field] = fieldsOf({ properties: { p } }, new Map(), quantities);
  return field;
}

test("what the schema says of a property is known to its input", () => {
  const primitive = { type: "PrimitiveProperty" };
  const array = { type: "PrimitiveArrayProperty", primitiveType: 1025 };
  assert.deepEqual(typeOf({ ...primitive, primitiveType: 2305, maximumLength: 5 }).type.bounds.maxLength, 5);
  assert.deepEqual(typeOf({ ...primitive, primitiveType: 1281, minimumValue: 0 }).type.bounds.min, 0);
  assert.equal(typeOf({ ...primitive, primitiveType: 1281 }).type.bounds, undefined);
  assert.deepEqual(typeOf({ ...array, minOccurs: 1, maxOccurs: 4 }).type, {
    kind: "array",
    item: { kind: "double" },
    minItems: 1,
    maxItems: 4,
  });
  assert.equal(typeOf(array).type.maxItems, Infinity);
  const geometry = typeOf({ ...primitive, primitiveType: 2561 });
  assert.deepEqual([geometry.type.kind, geometry.readOnly], ["geometry", true]);
  assert.equal(typeOf({ ...primitive, primitiveType: 1025, readOnly: true }).readOnly, true);
  const quantity = { name: "s:K", label: "K", presentations: [] };
  const known = new Map([["s:K", quantity]]);
  for (const primitiveType of [1025, 1281, 1793, 2049]) {
    const { type } = typeOf({ ...primitive, primitiveType, kindOfQuantity: "s:K" }, known);
    assert.equal(type.quantity, quantity, String(primitiveType));
  }
  assert.equal(typeOf({ ...array, kindOfQuantity: "s:K" }, known).type.item.quantity, quantity);
});

test("elements of several classes have in common what means the same in all of them", () => {
  const field = (type, more) => ({ name: "a", label: "A", readOnly: false, category: "", priority: 0, type, ...more });
  const quantity = (name) => ({ name, label: "Length", presentations: [{ id: "", parse: () => name }] });
  const length = (name) => ({ kind: "double", quantity: quantity(name) });
  const arrayOf = (item) => ({ kind: "array", item, minItems: 0, maxItems: Infinity });
  const structOf = (type) => ({ kind: "struct", fields: [field(type)] });
  const end = (relationship) => ({ kind: "navigation", classes: ["x:C"], relationship, isPlainId: false });
  const states = (value) => ({ kind: "enum", base: "int", isStrict: true, enumerators: [{ label: "On", value }] });
  const isCommon = (one, other) => commonFields([[field(...one)], [field(...other)]]).length === 1;
  const types = (koq, rel, value) => [
    length(koq),
    arrayOf(length(koq)),
    structOf(length(koq)),
    end(rel),
    states(value),
  ];
  const same = types("x:M", "x:R", 1);
  const others = types("x:MM", "x:S", 2);
  for (const [i, type] of types("x:M", "x:R", 1).entries()) {
    assert.ok(isCommon([type], [same[i], { label: "Another label" }]), type.kind);
    assert.ok(!isCommon([type], [others[i]]), type.kind);
  }
  assert.ok(!isCommon([{ kind: "double" }, { unit: "m" }], [{ kind: "double" }, { unit: "mm" }]));
  assert.ok(!isCommon([{ kind: "double" }], [{ kind: "double" }, { readOnly: true }]));
  assert.equal(commonFields([]).length, 0);
  assert.equal(commonFields([[field(int)]]).length, 1);
});
