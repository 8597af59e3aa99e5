// Messages as bytes: MessagePack-RPC (PROTOCOL.md, "Messages").
import { decode, encode, ExtensionCodec } from "@msgpack/msgpack";
import type { RequestErrorData } from "./errors.js";
import { LimitError } from "./errors.js";

export const SUBPROTOCOL = "weh.v1.msgpack";

const REQUEST = 0;
const RESPONSE = 1;
const NOTIFICATION = 2;

/** Arrays of numbers that are not bytes, and their extension types: the numbers that iTwin.js has for them. */
const VIEWS: readonly (readonly [new (buffer: ArrayBuffer) => ArrayBufferView, number])[] = [
  [Int8Array, 1], [Uint8ClampedArray, 2], [Int16Array, 3], [Uint16Array, 4], [Int32Array, 5], [Uint32Array, 6], [Float32Array, 7],
  [Float64Array, 8], [DataView, 9],
];

export const extensions = new ExtensionCodec();
for (const [View, type] of VIEWS) {
  extensions.register({
    type,
    encode: (value) => (value instanceof View ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : null),
    // A copy of its own begins where such an array may begin.
    decode: (bytes) => new View(bytes.slice().buffer),
  });
}

export interface WireError {
  readonly code: number;
  readonly message: string;
  readonly data: RequestErrorData;
}

export type Incoming =
  | { readonly kind: "response"; readonly id: unknown; readonly error?: WireError; readonly result: unknown }
  | { readonly kind: "notification"; readonly method: string; readonly params: unknown };

export interface MessageForm {
  readonly messageBytes: number;
  readonly messageDepth: number;
  readonly exactIntegers?: boolean;
}

function encoded(message: unknown, form: MessageForm): Uint8Array {
  let bytes: Uint8Array;
  try {
    // What is undefined is absent.
    bytes = encode(message, {
      ignoreUndefined: true, maxDepth: form.messageDepth, extensionCodec: extensions, useBigInt64: form.exactIntegers ?? false,
    });
  } catch (e) {
    throw new LimitError(`the params cannot be sent: ${e instanceof Error ? e.message : String(e)}`);
  }
  if (bytes.length > form.messageBytes) {
    throw new LimitError(`the message has ${bytes.length} bytes, the server takes ${form.messageBytes}`);
  }
  return bytes;
}

/** LimitError when the server would not take it. */
export function encodeRequest(id: number, method: string, params: object, form: MessageForm): Uint8Array {
  return encoded([REQUEST, id, method, params], form);
}

export function encodeNotification(method: string, params: object, form: MessageForm): Uint8Array {
  return encoded([NOTIFICATION, method, params], form);
}

function isError(value: unknown): value is WireError {
  const error = value as Partial<WireError> | null;
  return typeof error === "object" && error !== null && typeof error.code === "number" && typeof error.message === "string" &&
    typeof error.data === "object" && typeof error.data.name === "string";
}

/** The bigints in @value that a number holds exactly become numbers, where they are. */
export function narrow(value: unknown): unknown {
  if (typeof value === "bigint") return BigInt.asIntN(54, value) === value ? Number(value) : value;
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  const members = value as Record<string, unknown>;
  for (const key of Object.keys(members)) {
    if (typeof members[key] === "bigint" || typeof members[key] === "object") members[key] = narrow(members[key]);
  }
  return value;
}

/** Throws when @bytes is no message of the server. */
export function decodeMessage(bytes: ArrayBuffer | Uint8Array, exactIntegers = false): Incoming {
  const decoded = decode(bytes, { extensionCodec: extensions, useBigInt64: exactIntegers });
  const message = exactIntegers ? narrow(decoded) : decoded;
  if (Array.isArray(message)) {
    const [kind, first, second, third] = message as unknown[];
    if (kind === NOTIFICATION && typeof first === "string") return { kind: "notification", method: first, params: second };
    if (kind === RESPONSE && (second === null || isError(second))) {
      return { kind: "response", id: first, result: third, ...(second === null ? {} : { error: second }) };
    }
  }
  throw new Error("not a message of the protocol");
}
