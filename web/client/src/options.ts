// What can be set, and what it is when it is not.
import type { BackoffOptions } from "./backoff.js";
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
  readonly client?: { readonly name: string; readonly version: string };
  /** Go on with this session, as a page does that was loaded anew. SessionEndError (notResumed) when the server has not kept it. */
  readonly resume?: ResumePoint;
  /** Integers that a number does not hold exactly come as bigint; else they are rounded. */
  readonly exactIntegers?: boolean;
  /** Of the package ws where there is none by itself (Node.js before 22). */
  readonly WebSocket?: WebSocketConstructor;
  readonly fetch?: Fetch;
  /** Between attempts to get a lost connection back; up to 200 ms first, up to 10 s later. */
  readonly backoff?: Partial<BackoffOptions>;
  /** One attempt to connect may take so long; 10 s. */
  readonly connectMs?: number;
  /** The client ends when a lost connection does not come back for so long; 120 s. */
  readonly giveUpMs?: number;
  /** A connection that is silent is asked after so long, and counts as lost when it stays silent; 15 s. */
  readonly heartbeatMs?: number;
  /** Requests that may wait here to be sent, when the server has as many as it takes or is not connected; 10,000. */
  readonly maxWaiting?: number;
  /** Their bytes; 64 MiB. */
  readonly maxWaitingBytes?: number;
}

export interface Settings {
  readonly connection: ConnectionOptions;
  readonly client: { readonly name: string; readonly version: string };
  readonly resume: ResumePoint | undefined;
  readonly exactIntegers: boolean;
  readonly backoff: BackoffOptions;
  readonly giveUpMs: number;
  readonly heartbeatMs: number;
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
}

export const VERSION = "0.1.0";

export function readOptions(options: ClientOptions): Settings {
  const socket = options.WebSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (socket === undefined) throw new TypeError("there is no WebSocket here: set options.WebSocket to that of the package ws");
  return {
    connection: {
      url: new URL(options.url),
      credentials: options.credentials,
      WebSocket: socket,
      fetch: options.fetch ?? (async (url, init) => globalThis.fetch(url, init)),
      connectMs: options.connectMs ?? 10_000,
    },
    client: options.client ?? { name: "@webedithost/client", version: VERSION },
    resume: options.resume,
    exactIntegers: options.exactIntegers ?? false,
    backoff: { firstMs: options.backoff?.firstMs ?? 200, mostMs: options.backoff?.mostMs ?? 10_000 },
    giveUpMs: options.giveUpMs ?? 120_000,
    heartbeatMs: options.heartbeatMs ?? 15_000,
    maxWaiting: options.maxWaiting ?? 10_000,
    maxWaitingBytes: options.maxWaitingBytes ?? 64 * 1024 * 1024,
  };
}
