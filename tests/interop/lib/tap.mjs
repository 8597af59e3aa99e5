// Test lines in the manner of TAP, and comparisons that say where two values differ.
import { isDeepStrictEqual } from "node:util";

export class Report {
  passed = 0;
  failed = 0;

  /** @tell gets each outcome, as tell() takes it; else it is printed. */
  constructor(tell = (outcome) => this.tell(outcome)) {
    this.told = tell;
  }

  async test(name, work) {
    const began = Date.now();
    let error;
    try {
      await work();
    } catch (e) {
      error = `${e.stack ?? e}`;
    }
    this.told({ name, ms: Date.now() - began, error });
  }

  /** Count and print an outcome. @error: of a test that failed. */
  tell({ name, ms, error }) {
    if (error === undefined) this.passed += 1;
    else this.failed += 1;
    console.log(`${error === undefined ? "ok" : "not ok"} ${this.passed + this.failed} - ${name} # ${ms} ms`);
    for (const line of (error ?? "").split("\n").slice(0, 40)) if (line !== "") console.log(`  # ${line}`);
  }

  end() {
    console.log(`1..${this.passed + this.failed}`);
    console.log(`${this.passed} passed, ${this.failed} failed`);
    return this.failed === 0 && this.passed > 0 ? 0 : 1;
  }
}

function collectDifferences(a, b, path, most, out) {
  if (out.length >= most || isDeepStrictEqual(a, b)) return;
  const bothObjects = a !== null && b !== null && typeof a === "object" && typeof b === "object";
  if (!bothObjects || Array.isArray(a) !== Array.isArray(b)) {
    out.push({ path: path || ".", line: `${path || "."}: ${JSON.stringify(a)} <> ${JSON.stringify(b)}`.slice(0, 400) });
    return;
  }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    collectDifferences(a[key], b[key], `${path}/${key}`, most, out);
  }
}

/** Where two values differ: [{path, line}], the line with both values as text; @most of them. */
export function differencesOf(actual, expected, most = 12) {
  const out = [];
  collectDifferences(actual, expected, "", most, out);
  return out;
}

/** The same, the lines alone. */
export function differentPaths(actual, expected) {
  return differencesOf(actual, expected).map(({ line }) => line);
}

export function equal(actual, expected, what) {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Error(`${what}: ours <> expected\n${differentPaths(actual, expected).join("\n")}`);
}

export function ok(condition, what) {
  if (!condition) throw new Error(what);
}

/** One form for values of either encoding and of the official backend. JavaScript writes -0 as 0 in JSON; so do we here. */
export function plain(value) {
  if (value === 0) return 0;
  if (value instanceof Uint8Array) return `encoding=base64;${Buffer.from(value).toString("base64")}`;
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  const out = {};
  for (const [k, v] of Object.entries(value)) if (v !== undefined) out[k] = plain(v);
  return out;
}
