// Values as they stand in messages: which can be sent, and what becomes of those that have come.
import { type ExtData, ExtensionCodec } from "@msgpack/msgpack";
import { LimitError, ValueError } from "./errors.js";

/** Arrays of numbers that are not bytes, and their extension types: the numbers that iTwin.js has for them. */
const VIEWS: readonly (readonly [new (buffer: ArrayBuffer) => ArrayBufferView, number])[] = [
  [Int8Array, 1], [Uint8ClampedArray, 2], [Int16Array, 3], [Uint16Array, 4], [Int32Array, 5], [Uint32Array, 6], [Float32Array, 7],
  [Float64Array, 8], [DataView, 9],
];

/** There is a value that has to be looked at by sendable(). */
export class NotPlainError extends Error {
  public override readonly name = "NotPlainError";
}

function hasToJson(value: object): value is { toJSON: () => unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === "function";
}

/** What the encoder would turn into something else without a word. */
function faultOf(value: unknown): string | undefined {
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value} cannot be sent`;
  if (typeof value === "bigint") {
    const fits = value < 0 ? BigInt.asIntN(64, value) === value : BigInt.asUintN(64, value) === value;
    return fits ? undefined : "an integer beyond 64 bits";
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid date" : undefined;
  if (value instanceof ArrayBuffer) return "an ArrayBuffer is not binary here, but a Uint8Array of it is";
  if (value instanceof BigInt64Array || value instanceof BigUint64Array) return "arrays of 64-bit integers cannot be sent";
  if (value instanceof Map || value instanceof Set) return "a Map or Set cannot be sent";
  return undefined;
}

class Extensions extends ExtensionCodec {
  /** Called for all that is no text, number, boolean or null. */
  public override tryToEncode(value: unknown, context: undefined): ExtData | null {
    const isPlain = typeof value === "object" && value !== null && (ArrayBuffer.isView(value) || value instanceof Date || !hasToJson(value));
    if (!isPlain || faultOf(value) !== undefined) throw new NotPlainError();
    return super.tryToEncode(value, context);
  }
}

export const extensions = new Extensions();
for (const [View, type] of VIEWS) {
  extensions.register({
    type,
    encode: (value) => (value instanceof View ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : null),
    // A copy of its own begins where such an array may begin.
    decode: (bytes) => new View(bytes.slice().buffer),
  });
}

/** @value with what toJSON tells in place of objects that have it. ValueError, with its place, when there is what cannot be sent. */
export function sendable(value: unknown, where: string, levels: number): unknown {
  const fault = faultOf(value);
  if (fault !== undefined) throw new ValueError(fault, where);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || value instanceof Date) return value;
  if (levels === 0) throw new LimitError(`the params cannot be sent: ${where} is too deep`);
  if (hasToJson(value)) return sendable(value.toJSON(), where, levels - 1);
  if (Array.isArray(value)) return value.map((item, i) => sendable(item, `${where}[${i}]`, levels - 1));
  const names = where === "" ? "" : `${where}.`;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, sendable(member, names + name, levels - 1)]));
}

/** Puts what @change makes of them in place of bigints and objects that hold nothing else. */
function changeLeaves(value: unknown, change: (leaf: unknown) => unknown): unknown {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return change(value);
  const members = value as Record<string, unknown>;
  for (const key of Object.keys(members)) {
    const member = members[key];
    if (typeof member === "bigint" || typeof member === "object") members[key] = changeLeaves(member, change);
  }
  return value;
}

/** The bigints in @value that a number holds exactly become numbers, where they are. */
export function narrow(value: unknown): unknown {
  return changeLeaves(value, (leaf) => (typeof leaf === "bigint" && BigInt.asIntN(54, leaf) === leaf ? Number(leaf) : leaf));
}

/** Binary values get a buffer of their own, which can be transferred and does not keep the message. */
export function ownBuffers(value: unknown): unknown {
  return changeLeaves(value, (leaf) => (leaf instanceof Uint8Array && leaf.byteLength !== leaf.buffer.byteLength ? leaf.slice() : leaf));
}

const PROTO = "__proto__";

/** Stands for that key; half a surrogate pair comes in no message. */
const PROTO_MARK = "\ud800";

const PROTO_BYTES = new TextEncoder().encode(PROTO);

const isProto = (bytes: Uint8Array, at: number): boolean => PROTO_BYTES.every((byte, i) => bytes[at + i] === byte);

/** Decodes keys as they are, but for PROTO. */
export const PROTO_KEYS = {
  canBeCached: (length: number): boolean => length === PROTO.length,
  decode: (bytes: Uint8Array, at: number, length: number): string =>
    (isProto(bytes, at) ? PROTO_MARK : new TextDecoder().decode(bytes.subarray(at, at + length))),
};

/** What has such keys gets members of that name, and keeps its prototype. */
export function withProto(value: unknown): unknown {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(withProto);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key === PROTO_MARK ? PROTO : key, withProto(member)]));
}
