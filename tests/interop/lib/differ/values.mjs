// Values of every type of property, as the JSON of iTwin.js has them; a share is of the wrong type.
// No value looks like a reference "$label", and none holds what a JSON text cannot carry.

const TEXTS = ["", "a", "Wall", "Ä é ü ß", "😀 emoji", " led", "trailed ", "tab\tin", "line\nbreak", "quote\"d", "back\\slash",
  "'single'", "100 %", "encoding", "null", "0x11", "12", "2020-01-02", "\u0001\u001f", "\u007f\u0085\u2028", "x".repeat(300), "é".repeat(400),
  "日本語", "{\"k\":1}", "[1]", "-0", "NaN", "a\u0301"];
const NUMBERS = [0, 1, -1, 2.5, -2.5, 0.1, 1e-7, 1.5e-300, 1e300, -1e300, 2 ** 31, -(2 ** 31), 2 ** 31 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2,
  2 ** 63, -(2 ** 63), 2 ** 64, 1e21, 123456.789, 5e-324, 1.7976931348623157e308, 1 / 3, -0, 1e15, 1e16, 0.000001, 100];
const DATES = ["2020-01-02T03:04:05.678Z", "2020-01-02T03:04:05.678", "2020-01-02", "1999-12-31T23:59:59.999Z", "2000-02-29T00:00:00Z",
  "2020-01-02T03:04:05", "2020-01-02T03:04:05.6Z", "1582-10-15T00:00:00Z", "2100-06-30T12:00:00.001Z", "1970-01-01"];
const ODD_DATES = ["", "junk", "2020-13-45", "2020-01-02T25:00:00Z", "2020-01-02T03:04:05+02:00", "T03:04:05", "03:04:05", "20200102",
  "2020-01-02 03:04:05", "2020-01-02T24:00:00", "0001-01-01", "9999-12-31T23:59:59.999", "-4713-11-24", "2020-01-02T03:04:05.6789Z", "2020-02-30"];

export function text(r) {
  return r.chance(0.5) ? r.pick(TEXTS) : `${r.pick(["Item", "Node", "Pipe", "k"])} ${r.below(10000)}`;
}

export function number(r) {
  if (r.chance(0.3)) return r.pick(NUMBERS);
  return r.chance(0.5) ? r.below(1000) - 200 : (r.unit() - 0.5) * 10 ** r.below(8);
}

function integer(r) {
  return r.chance(0.3) ? r.pick([0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 7]) : r.below(100000) - 50000;
}

function long(r) {
  return r.chance(0.3) ? r.pick([2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 32, 2 ** 40 + 1, 0, "0x12", "77"]) : integer(r);
}

const coordinate = (r) => (r.chance(0.15) ? r.pick(NUMBERS) : r.below(2000) / 8 - 100);

export function point2(r) {
  return { x: coordinate(r), y: coordinate(r) };
}

export function point3(r) {
  return { x: coordinate(r), y: coordinate(r), z: coordinate(r) };
}

export function bytes(r) {
  return { $base64: Buffer.from(r.hex(2 * r.below(r.chance(0.1) ? 5000 : 20)), "hex").toString("base64") };
}

export function guid(r) {
  const h = r.hex(32);
  return `d1ffe000-${h.slice(0, 4)}-4${h.slice(4, 7)}-8${h.slice(7, 10)}-${h.slice(10, 22)}`;
}

/* The official backend reads JSON text again at some updates, and writes it with the error it reads numbers with. */
const JSON_NUMBERS = [0, -0, 1, -1, 2.5, 0.1, 1e-7, 1e300, 1e21, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 63, 123456.789, 5e-324, 1e16];

function jsonNumber(r) {
  return r.chance(0.3) ? r.pick(JSON_NUMBERS) : r.below(100000) / 64 - 500;
}

export function json(r, depth = 3) {
  const leaf = () => r.weighted([[3, () => text(r)], [3, () => jsonNumber(r)], [1, () => true], [1, () => null], [1, () => false]])();
  if (depth === 0) return leaf();
  return r.weighted([
    [2, leaf],
    [1, () => r.list(4, () => json(r, depth - 1))],
    [3, () => Object.fromEntries(r.list(4, () => [r.pick(["a", "b", "name", "Ä", "with space", "", "k\"", "10", "9", "_x"]), json(r, depth - 1)]))],
  ])();
}

/** A value that is none of the type. */
function wrong(r) {
  return r.pick([true, false, 2.5, 0, "", "junk", "12", {}, [], [1, "x"], { x: 1 }, { id: "0x1" }, { a: { b: [] } }, -1e300]);
}

const PRIMITIVES = {
  0x101: (r) => bytes(r),
  0x201: (r) => r.chance(0.5),
  0x301: (r) => r.pick(DATES),
  0x401: number,
  0x501: integer,
  0x601: long,
  0x701: point2,
  0x801: point3,
  0x901: text,
};

function primitive(r, p) {
  if (p.extended === "BeGuid") return r.chance(0.9) ? guid(r) : "00000000-0000-0000-0000-000000000000";
  if (p.extended === "Json") return r.chance(0.8) ? JSON.stringify(json(r)) : text(r);
  if (p.enumerators !== undefined && r.chance(0.8)) return r.pick(p.enumerators);
  return PRIMITIVES[p.primitive](r);
}

function struct(r, p, options = {}) {
  const out = {};
  for (const m of p.members) if (r.chance(0.75)) out[m.name] = property(r, m, { near: options.near });
  // An item without any member, or with none but null, is a stumbling block for later updates of the official backend.
  if (options.near && Object.values(out).every((v) => v === null)) out[p.members[0].name] = PRIMITIVES[p.members[0].primitive](r);
  return out;
}

const near = (r) => r.below(1e6) / 64 - 5000;
const NEAR = {
  0x401: near,
  0x701: (r) => ({ x: near(r), y: near(r) }),
  0x801: (r) => ({ x: near(r), y: near(r), z: near(r) }),
};

const MAKERS = {
  primitive,
  struct,
  // Through text, which the official backend reads with an error: no numbers far from 1 here.
  array: (r, p) => r.list(4, () => (NEAR[p.primitive] ?? primitive)(r, p)),
  structArray: (r, p) => r.list(3, () => struct(r, p, { near: true })),
  navigation: (r, p, o) => o.navigation?.(p) ?? null,
};

/**
 * A value for the property @p of world.mjs. @options.navigation(p) tells a value for a navigation property;
 * @options.wrong is the share of wrong types, @options.none that of null.
 */
export function property(r, p, options = {}) {
  if (r.chance(options.none ?? 0.04)) return null;
  if (options.near && p.kind === "primitive" && NEAR[p.primitive] !== undefined) return NEAR[p.primitive](r);
  if (r.chance(options.wrong ?? 0) && p.kind !== "navigation") return wrong(r);
  return MAKERS[p.kind](r, p, options);
}
