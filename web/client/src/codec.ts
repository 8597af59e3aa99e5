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

export interface MessageLimits {
  readonly messageBytes: number;
  readonly messageDepth: number;
}

function encoded(message: unknown, limits: MessageLimits): Uint8Array {
  let bytes: Uint8Array;
  try {
    // What is undefined is absent.
    bytes = encode(message, { ignoreUndefined: true, maxDepth: limits.messageDepth, extensionCodec: extensions });
  } catch (e) {
    throw new LimitError(`the params cannot be sent: ${e instanceof Error ? e.message : String(e)}`);
  }
  if (bytes.length > limits.messageBytes) {
    throw new LimitError(`the message has ${bytes.length} bytes, the server takes ${limits.messageBytes}`);
  }
  return bytes;
}

/** LimitError when the server would not take it. */
export function encodeRequest(id: number, method: string, params: object, limits: MessageLimits): Uint8Array {
  return encoded([REQUEST, id, method, params], limits);
}

export function encodeNotification(method: string, params: object, limits: MessageLimits): Uint8Array {
  return encoded([NOTIFICATION, method, params], limits);
}

function isError(value: unknown): value is WireError {
  const error = value as Partial<WireError> | null;
  return typeof error === "object" && error !== null && typeof error.code === "number" && typeof error.message === "string" &&
    typeof error.data === "object" && typeof error.data.name === "string";
}

/** Throws when @bytes is no message of the server. */
export function decodeMessage(bytes: ArrayBuffer | Uint8Array): Incoming {
  const message = decode(bytes, { extensionCodec: extensions });
  if (Array.isArray(message)) {
    const [kind, first, second, third] = message as unknown[];
    if (kind === NOTIFICATION && typeof first === "string") return { kind: "notification", method: first, params: second };
    if (kind === RESPONSE && (second === null || isError(second))) {
      return { kind: "response", id: first, result: third, ...(second === null ? {} : { error: second }) };
    }
  }
  throw new Error("not a message of the protocol");
}
