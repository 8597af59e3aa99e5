// Messages as bytes: MessagePack-RPC (PROTOCOL.md, "Messages").
import { decode, encode } from "@msgpack/msgpack";
import { LimitError, type RequestErrorData } from "./errors.js";
import { extensions, narrow, NotPlainError, ownBuffers, PROTO_KEYS, sendable, withProto } from "./values.js";

export const SUBPROTOCOL = "weh.v1.msgpack";

const REQUEST = 0;
const RESPONSE = 1;
const NOTIFICATION = 2;

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
}

/** How values that come in are to be. */
export interface ValueForm {
  /** Integers that a number does not hold exactly are bigint. */
  readonly exactIntegers?: boolean;
  /** Binary values have a buffer of their own, and are no part of the message's. */
  readonly ownBuffers?: boolean;
}

function packed(message: unknown[], form: MessageForm, useBigInt64: boolean): Uint8Array {
  try {
    // What is undefined is absent.
    return encode(message, { ignoreUndefined: true, maxDepth: form.messageDepth, extensionCodec: extensions, useBigInt64 });
  } catch (e) {
    if (e instanceof NotPlainError) throw e;
    throw new LimitError(`the params cannot be sent: ${e instanceof Error ? e.message : String(e)}`);
  }
}

function encoded(head: readonly unknown[], params: object, form: MessageForm): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = packed([...head, params], form, false);
  } catch (e) {
    if (!(e instanceof NotPlainError)) throw e;
    // Seldom, so only then are the params gone through one by one.
    bytes = packed([...head, sendable(params, "", form.messageDepth)], form, true);
  }
  if (bytes.length > form.messageBytes) {
    throw new LimitError(`the message has ${bytes.length} bytes, the server takes ${form.messageBytes}`);
  }
  return bytes;
}

/** LimitError when the server would not take it, ValueError when nothing can carry it. */
export function encodeRequest(id: number, method: string, params: object, form: MessageForm): Uint8Array {
  return encoded([REQUEST, id, method], params, form);
}

export function encodeNotification(method: string, params: object, form: MessageForm): Uint8Array {
  return encoded([NOTIFICATION, method], params, form);
}

function isError(value: unknown): value is WireError {
  const error = value as Partial<WireError> | null;
  return typeof error === "object" && error !== null && typeof error.code === "number" && typeof error.message === "string" &&
    typeof error.data === "object" && typeof error.data.name === "string";
}

/** Throws when @bytes is no MessagePack. */
export function unpacked(bytes: Uint8Array, form: ValueForm): unknown {
  const options = { extensionCodec: extensions, useBigInt64: form.exactIntegers ?? false };
  let value: unknown;
  let hasProto = false;
  try {
    value = decode(bytes, options);
  } catch {
    // It refuses the key "__proto__", which content may have; what cannot be read at all cannot be read now either.
    value = decode(bytes, { ...options, keyDecoder: PROTO_KEYS });
    hasProto = true;
  }
  if (form.exactIntegers === true) value = narrow(value);
  if (form.ownBuffers === true) value = ownBuffers(value);
  return hasProto ? withProto(value) : value;
}

/** Throws when @bytes is no message of the server. */
export function decodeMessage(bytes: Uint8Array, form: ValueForm = {}): Incoming {
  const message = unpacked(bytes, form);
  if (Array.isArray(message)) {
    const [kind, first, second, third] = message as unknown[];
    if (kind === NOTIFICATION && typeof first === "string") return { kind: "notification", method: first, params: second };
    if (kind === RESPONSE && (second === null || isError(second))) {
      return { kind: "response", id: first, result: third, ...(second === null ? {} : { error: second }) };
    }
  }
  throw new Error("not a message of the protocol");
}
