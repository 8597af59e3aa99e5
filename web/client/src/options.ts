// What can be set, and what it is when it is not.
import type { BackoffOptions } from "./backoff.js";
import type { ValueForm } from "./codec.js";
import type { ConnectionOptions, Credentials, Fetch, WebSocketConstructor } from "./connection.js";

/** Where another client, of the same user, can go on with a session: what client.resumePoint() has told. */
export interface ResumePoint {
  readonly sessionId: string;
  readonly resumeToken: string;
  /** Messages of the server that have come. */
  readonly received: number;
  /** Of the requests so far: what is still answered to them is not for those that follow. */
  readonly lastId: number;
}

export interface ClientOptions {
  /** Of the session endpoint: the ready line's sessionUrl, "wss://host/v1/session". */
  readonly url: string | URL;
  readonly credentials: Credentials;
  /** Who is calling, for the server's log. */
  readonly client?: { readonly name: string; readonly version: string } | undefined;
  /** Go on with this session, as a page does that was loaded anew. SessionEndError (notResumed) when the server has not kept it. */
  readonly resume?: ResumePoint | undefined;
  /** Integers that a number does not hold exactly come as bigint; else they are rounded. */
  readonly exactIntegers?: boolean | undefined;
  /** Binary values get buffers of their own, which can be transferred; else they are parts of the message's, and keep it. */
  readonly ownBuffers?: boolean | undefined;
  /** Of the package ws where there is none by itself (Node.js before 22). */
  readonly WebSocket?: WebSocketConstructor | undefined;
  readonly fetch?: Fetch | undefined;
  /** Between attempts to get a lost connection back; up to 200 ms first, up to 10 s later. */
  readonly backoff?: Partial<BackoffOptions> | undefined;
  /** One attempt to connect may take so long; 10 s. */
  readonly connectMs?: number | undefined;
  /** The client ends when a lost connection does not come back for so long; 120 s. */
  readonly giveUpMs?: number | undefined;
  /** A connection that is silent is asked after so long, and counts as lost when it stays silent; 15 s. */
  readonly heartbeatMs?: number | undefined;
  /** Requests that may wait here to be sent, when the server has as many as it takes or is not connected; 10,000. */
  readonly maxWaiting?: number | undefined;
  /** Their bytes; 64 MiB. */
  readonly maxWaitingBytes?: number | undefined;
}

export interface Settings {
  readonly connection: ConnectionOptions;
  readonly client: { readonly name: string; readonly version: string };
  readonly resume: ResumePoint | undefined;
  readonly values: ValueForm;
  readonly backoff: BackoffOptions;
  readonly giveUpMs: number;
  readonly heartbeatMs: number;
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
}

export const VERSION = "0.1.0";

/** Timers cannot be longer; about 24 days. */
export const MOST_TIMER_MS = 2 ** 31 - 1;

/** @value where it is set: above 0, or from 0 on with @isCount. */
function numberOf(name: string, value: number | undefined, without: number, isCount = false): number {
  if (value === undefined) return without;
  if (typeof value !== "number" || Number.isNaN(value) || value < 0 || (value === 0 && !isCount)) {
    throw new TypeError(`options.${name} cannot be ${String(value)}`);
  }
  return value;
}

function urlOf(value: string | URL): URL {
  const url = new URL(value);
  // The token goes to the same scheme, and not every WebSocket takes those of HTTP.
  const schemes: Record<string, string> = { "https:": "wss:", "http:": "ws:" };
  const scheme = schemes[url.protocol] ?? url.protocol;
  if (scheme !== "wss:" && scheme !== "ws:") throw new TypeError(`options.url cannot begin with ${url.protocol}`);
  return new URL(scheme + url.href.slice(url.protocol.length));
}

export function readOptions(options: ClientOptions): Settings {
  const socket = options.WebSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (socket === undefined) throw new TypeError("there is no WebSocket here: set options.WebSocket to that of the package ws");
  return {
    connection: {
      url: urlOf(options.url),
      credentials: options.credentials,
      WebSocket: socket,
      fetch: options.fetch ?? (async (url, init) => globalThis.fetch(url, init)),
      connectMs: Math.min(numberOf("connectMs", options.connectMs, 10_000), MOST_TIMER_MS),
    },
    client: options.client ?? { name: "@webedithost/client", version: VERSION },
    resume: options.resume,
    values: { exactIntegers: options.exactIntegers ?? false, ownBuffers: options.ownBuffers ?? false },
    backoff: {
      firstMs: numberOf("backoff.firstMs", options.backoff?.firstMs, 200),
      mostMs: numberOf("backoff.mostMs", options.backoff?.mostMs, 10_000),
    },
    giveUpMs: numberOf("giveUpMs", options.giveUpMs, 120_000, true),
    heartbeatMs: Math.min(numberOf("heartbeatMs", options.heartbeatMs, 15_000), MOST_TIMER_MS),
    maxWaiting: numberOf("maxWaiting", options.maxWaiting, 10_000, true),
    maxWaitingBytes: numberOf("maxWaitingBytes", options.maxWaitingBytes, 64 * 1024 * 1024, true),
  };
}
