// Values with units, shown and read: as the official libraries do it with the same iModel, and exactly.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { Daemon, daemonPath } from "../../../tests/interop/lib/daemon.mjs";
import { ask } from "./lib/bench.mjs";
import { source } from "./lib/source.mjs";

const data = join(dirname(fileURLToPath(import.meta.url)), "../../../tests/data");
const unpack = (name) => execFileSync("xz", ["-dc", join(data, name)], { maxBuffer: 1e8 });
/** Products of the same numbers in another order. */
const ROUNDING = 1e-13;
/** The official library takes the sign off before it adds an offset: -10 °C becomes -50 °F there, 0 K 273.15 °C. */
const isWrongThere = (name, value, text) => /Temperature/.test(name) && (value < 0 || text.startsWith("-"));
/** It reads the digit of this label as a number. */
const isMisreadThere = (presentation) => presentation.includes("1:n");
/** Beyond the digits that a double has, or in powers of ten. */
const LARGE = 1e12;
let code;
let unitRows;
let units;
let lines;
let Quantities;
const quantities = new Map();

before(async () => {
  const dir = mkdtempSync(join(tmpdir(), "weh-quantity-"));
  const daemon = new Daemon(daemonPath(), join(dir, "data"));
  writeFileSync(daemon.file("demo"), unpack("quantities.bim.xz"));
  code = await source("schema/quantity.ts", "schema/quantities.ts");
  const [{ quantityOf, Units, UNITS_QUERY }] = code.modules;
  ({ Quantities } = code.modules[1]);
  try {
    const [, { kindsOfQuantity, formats }, { rows, done }] = await ask({ ready: await daemon.start() }, [
      ["briefcase.open", { imodel: "demo", mode: "readonly" }],
      ["schema.getClass", { classFullName: "QuantityTest:Gauge" }],
      ["query.ecsql", { ecsql: UNITS_QUERY, rowFormat: "array" }],
    ]);
    assert.ok(done);
    unitRows = rows;
    units = new Units(rows);
    for (const [name, { label, persistenceUnit, presentationUnits = [] }] of Object.entries(kindsOfQuantity)) {
      const info = { name, label, persistenceUnit, presentations: presentationUnits, formats };
      quantities.set(name, await quantityOf(info, units));
    }
  } finally {
    await daemon.stop();
    rmSync(dir, { recursive: true, force: true });
  }
  lines = unpack("quantities.jsonl.xz").toString().trim().split("\n").map(JSON.parse);
});
after(() => code.close());

const near = (a, b, part = ROUNDING) => Math.abs(a - b) <= part * Math.max(1, Math.abs(a), Math.abs(b));
const kind = (name) => quantities.get(`QuantityTest:${name}`);

/** The presentation of a kind that begins with @start; "" is "as stored". */
function shown(name, start) {
  const found = kind(name).presentations.find((p) => (start === "" ? p.id === "" : p.id.startsWith(start)));
  assert.ok(found, `${name} ${start}`);
  return found;
}

test("every unit is converted as the official library does it", async () => {
  let count = 0;
  for (const { from, to, factor, offset, inversion, error } of lines.filter((l) => l.from !== undefined)) {
    const convert = () => units.getConversion(units.find(from), units.find(to));
    if (error !== undefined) {
      assert.throws(convert, from);
      continue;
    }
    const ours = await convert();
    const says = `${from} ${to}: ${JSON.stringify(ours)}, ${factor} ${offset}`;
    assert.ok(near(ours.factor / factor, 1), says);
    assert.ok(Math.abs(ours.offset - offset) <= 1e-12 * Math.max(1, Math.abs(offset)), says);
    assert.equal(ours.inversion, inversion, says);
    count += 1;
  }
  assert.ok(count > 400, `only ${count}`);
});

test("every presentation shows every value as the official library does", () => {
  let count = 0;
  for (const { kind: name, presentation, values } of lines.filter((l) => l.kind !== undefined)) {
    const ours = quantities.get(name).presentations.find((p) => p.id === presentation);
    assert.ok(ours, `${name} ${presentation}`);
    for (const [value, text] of values) {
      const shown = ours.format(value);
      if (typeof text !== "string" || isWrongThere(name, value, shown)) continue;
      if (value < LARGE) assert.equal(shown, text, `${presentation} ${value}`);
      else assert.ok(near(parseFloat(shown), parseFloat(text)), `${presentation} ${value}: ${shown}, ${text}`);
      count += 1;
    }
  }
  assert.ok(count > 500, `only ${count}`);
});

test("what is shown can be read again", () => {
  for (const { kind: name, presentation, values } of lines.filter((l) => l.kind !== undefined)) {
    const ours = quantities.get(name).presentations.find((p) => p.id === presentation);
    for (const [value, , theirs] of values) {
      const text = ours.format(value);
      // Too little is left of it: turned over it would be nothing divided by nothing.
      if (isMisreadThere(presentation) && /^-?0\.0 /.test(text)) continue;
      const parsed = ours.parse(text);
      assert.ok("value" in parsed, `${presentation} ${value}: ${text}: ${parsed.error}`);
      // Shown and read again it is the same text: nothing is lost twice.
      const again = ours.format(parsed.value);
      if (value < LARGE) assert.equal(again, text.replace(/^-(?=[^1-9]*$)/, ""), `${presentation} ${value}`);
      else assert.ok(near(parsed.value, value, 1e-2), `${presentation} ${value}: ${text}`);
      if (theirs?.ok && !isWrongThere(name, value, text) && !isMisreadThere(presentation))
        assert.ok(near(parsed.value, theirs.value, 1e-12), `${presentation} ${text}: ${parsed.value}, ${theirs.value}`);
    }
  }
});

const EXACT = [
  ["Length", "Formats.DefaultRealU(4)[Units.M]", "1.5", 1.5],
  ["Length", "Formats.DefaultRealU(4)[Units.M]", " 1.5 m ", 1.5],
  ["Length", "Formats.DefaultRealU(4)[Units.M]", "1.5M", 1.5],
  ["Length", "Formats.DefaultRealU(4)[Units.M]", "3 ft", 0.9144],
  ["Length", "Formats.DefaultRealU(4)[Units.M]", "10'", 3.048],
  ["Length", "Formats.DefaultRealU(4)[Units.M]", "7 in", 0.1778],
  ["Length", "Formats.DefaultRealU(4)[Units.M]", "12 ft 3 in", 3.7338],
  ["Length", "Formats.DefaultRealU(4)[Units.M]", "12 feet 3 inches", 3.7338],
  ["Length", "Formats.DefaultRealU(4)[Units.M]", "3'-6\"", 1.0668],
  ["Length", "Formats.DefaultRealU(4)[Units.M]", "3′ 6″", 1.0668],
  ["Length", "Formats.DefaultRealU(4)[Units.M]", "-3'6\"", -1.0668],
  ["Length", "Formats.DefaultRealU(4)[Units.M]", "1 m 20 cm", 1.2],
  ["Length", "Formats.DefaultRealU(4)[Units.M]", "0.30000000000000004", 0.30000000000000004],
  ["Length", "Formats.DefaultRealU(4)[Units.M]", "1e-3 km", 1],
  ["Length", "Formats.DefaultRealU(4)[Units.M]", "12,345.5 mm", 12.3455],
  ["Length", "Formats.DefaultRealU(4)[Units.M]", "1 mi", 1609.344],
  ["Length", "Formats.DefaultRealU(4)[Units.M]", "1 ft (US Survey)", 1200 / 3937],
  ["Length", "Formats.DefaultRealU(2)[Units.FT]", "3", 0.9144],
  ["Length", "Formats.DefaultRealU(2)[Units.FT]", "1 1/2 ft", 0.4572],
  ["Length", "Formats.DefaultRealU(2)[Units.FT]", "2.5 m", 2.5],
  ["Length", "Formats.DefaultRealU(3)[Units.US_SURVEY_FT]", "3937 ft", 1200],
  ["Length", "Formats.AmerFI", "12'3 1/2\"", 3.7465],
  ["Length", "Formats.AmerFI", "1'", 0.3048],
  ["Length", "Formats.AmerFI", "1.5 m", 1.5],
  ["Length", "Formats.AmerI", "12", 0.3048],
  ["Length", "", "0.1 ft", 0.03048],
  ["Length", "", "0.12345678901234568 m", 0.12345678901234568],
  ["LengthMore", "QuantityTest.FeetDash", "3'-6-1/2\"", 1.0795],
  ["LengthMore", "QuantityTest.Brackets", "(10 ft)", -3.048],
  ["LengthFeet", "Formats.DefaultRealU(6)[Units.M|metre]", "0.3048", 1],
  ["LengthFeet", "Formats.DefaultRealU(6)[Units.M|metre]", "3.048 metre", 10],
  ["Station", "Formats.StationZ_1000_3", "1+234.50", 1234.5],
  ["Angle", "Formats.DefaultRealU(4)[Units.ARC_DEG]", "180", Math.PI],
  ["Angle", "Formats.DefaultRealU(4)[Units.ARC_DEG]", "90 deg", Math.PI / 2],
  ["Angle", "Formats.DefaultRealU(4)[Units.ARC_DEG]", "1 rad", 1],
  ["Angle", "Formats.AngleDMS", "90°30'0\"", (90.5 * Math.PI) / 180],
  ["Temperature", "Formats.DefaultRealU(2)[Units.CELSIUS]", "20", 293.15],
  ["Temperature", "Formats.DefaultRealU(2)[Units.CELSIUS]", "-10 °C", 263.15],
  ["Temperature", "Formats.DefaultRealU(2)[Units.CELSIUS]", "32 °F", 273.15],
  ["Area", "Formats.DefaultRealU(2)[Units.SQ_FT]", "10", 0.9290304],
  ["Velocity", "Formats.DefaultRealU(2)[Units.KM_PER_HR]", "36", 10],
  ["Velocity", "Formats.DefaultRealU(2)[Units.KM_PER_HR]", "5 m/s", 5],
  ["Slope", "Formats.DefaultRealU(3)[Units.PERCENT_SLOPE]", "5 %", 0.05],
  ["Slope", "Formats.DefaultRealU(3)[Units.HORIZONTAL_PER_VERTICAL|1:n]", "20", 0.05],
  ["Mass", "Formats.DefaultRealU(3)[Units.KG]", "5 mg", 5e-6],
  ["Mass", "Formats.DefaultRealU(3)[Units.KG]", "5 Mg", 5000],
  ["Time", "Formats.HMS", "1 hour(s) 30 min", 5400],
];

test("what is typed is stored without rounding, in any unit of the phenomenon", () => {
  for (const [name, presentation, typed, stored] of EXACT) {
    const parsed = shown(name, presentation).parse(typed);
    assert.deepEqual(parsed, { value: stored }, `${name} ${presentation} ${typed}`);
  }
});

const REFUSED = [
  ["abc", /no unit abc/],
  ["5 parsec", /no unit parsec/],
  ["5 kg", /no unit kg/],
  ["1,5", /comma/],
  ["1,23,4", /comma/],
  ["1,000' 2,5\"", /comma/],
  ["1.5,000", /comma/],
  ["1e5,000", /comma/],
  ["1.2.3", /number/],
  ["1.2.3 m", /number/],
  ["5 m 3", /without a unit/],
  ["5 m + 3 m", /number/],
  ["--5", /number/],
  ["12 3", /without a unit/],
  ["1e999 m", /large/],
  ["1e999 ft", /convert/],
  ["0x10", /no unit/],
  ["NaN", /no unit/],
  ["m", /number/],
  ["'", /number/],
  ["-", /number/],
];

test("what is no value of the phenomenon is refused", () => {
  const metres = shown("Length", "Formats.DefaultRealU(4)[Units.M]");
  for (const [typed, reason] of REFUSED) {
    const parsed = metres.parse(typed);
    assert.match(parsed.error ?? JSON.stringify(parsed), reason, typed);
  }
  assert.match(shown("Mass", "Formats.DefaultRealU(3)[Units.KG]").parse("5 MG").error, /several/);
  // 1 divided by nothing.
  assert.match(
    shown("Slope", "Formats.DefaultRealU(3)[Units.HORIZONTAL_PER_VERTICAL|1:n]").parse("0").error,
    /convert/,
  );
});

test("a kind of quantity that is broken takes neither the others away nor the units", async () => {
  const length = { persistenceUnit: "Units.M", presentationUnits: [] };
  const info = { kindsOfQuantity: { "x:Broken": { persistenceUnit: "Units.Nothing" }, "x:Length": length } };
  let calls = 0;
  const session = {
    call: async () => {
      calls += 1;
      if (calls === 1) throw new Error("the network");
      return { rows: unitRows, done: true };
    },
  };
  const read = new Quantities(session);
  // Each of the two asks again, as the first call has failed.
  assert.deepEqual([...(await read.of(info)).keys()], ["x:Length"]);
  assert.equal(calls, 2);
  assert.deepEqual([...(await read.of(info)).keys()], ["x:Length"]);
  await read.of(info);
  assert.equal(calls, 2);
});

test("a kind of quantity offers its presentations, and its values as they are stored", () => {
  const labels = (name) => kind(name).presentations.map((p) => p.label);
  assert.deepEqual(labels("Length"), ["m", "ft", "' \"", '"', "mm", "ft (US Survey)", "m, as stored"]);
  assert.deepEqual(labels("Bare"), ["m, as stored"]);
  assert.deepEqual(labels("LengthFeet"), ["feet", "metre", "ft, as stored"]);
  assert.equal(new Set(labels("LengthMore")).size, 10);
  assert.equal(shown("Length", "").format(0.1 + 0.2), "0.30000000000000004 m");
  assert.equal(shown("Length", "Formats.AmerFI").format(Infinity), "Infinity m");
});

const BROKEN = [
  ["QuantityTest.Nowhere", "no such format"],
  ["Formats.DefaultRealU(99)[Units.M]", "a precision that cannot be"],
  ["Formats.DefaultRealU[Units.KG]", "a unit of something else"],
  ["Formats.DefaultRealU[Units.Nothing]", "no such unit"],
  ["", "nothing"],
  ["((((", "no name"],
];

test("a presentation that is broken is left out, the others stay", async () => {
  const [{ quantityOf }] = code.modules;
  const formats = { "Formats.DefaultRealU": { type: "Decimal", precision: 6, formatTraits: ["showUnitLabel"] } };
  const presentations = [...BROKEN.map(([text]) => text), "Formats.DefaultRealU[Units.FT]"];
  const info = { name: "x:y", label: "y", persistenceUnit: "Units.M", presentations, formats };
  const { presentations: left } = await quantityOf(info, units);
  assert.deepEqual(
    left.map((p) => p.label),
    ["ft", "m, as stored"],
  );
  await assert.rejects(quantityOf({ ...info, persistenceUnit: "Units.PI" }, units));
});

test("definitions that are broken take only their unit away", () => {
  const [{ Units }] = code.modules;
  const row = (name, definition, numerator = null) => [
    `U.${name}`,
    "u",
    name,
    definition,
    numerator,
    null,
    null,
    false,
    "U.P",
    "U.S",
    null,
  ];
  const rows = [row("A", "A"), row("B", "A", 2), row("LOOP", "LOOP2"), row("LOOP2", "LOOP"), row("GONE", "NOTHING")];
  rows.push(
    row("BIG", "B(12)*B(12)"),
    row("ZERO", "A", 0),
    row("TEXT", "]]*(("),
    row("HUGE", "A(99999)"),
    row("OTHER", "OTHER"),
  );
  let last = "B";
  for (let i = 0; i < 40; i++, last = `C${i - 1}`) rows.push(row(`C${i}`, `${last}(12)`, 1e300));
  const broken = new Units(rows);
  const names = broken.family(broken.find("U.A")).map((u) => u.label);
  assert.deepEqual(
    names.filter((n) => !/^C\d/.test(n)),
    ["A", "B"],
  );
});
