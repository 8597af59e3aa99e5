// One WebSocket from the ticket to its end. What it carries and whether another one follows is the client's business.
import { SUBPROTOCOL } from "./codec.js";
import { SessionEndError, WebEditError } from "./errors.js";

/** What is used of a WebSocket, of a browser or of the package ws. */
export interface WebSocketLike {
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: Uint8Array): void;
  close(code?: number): void;
  /** Ends it without a close frame; browsers have none. */
  terminate?(): void;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

export type Fetch = (url: string, init: { method: string; headers: Record<string, string>; signal: AbortSignal }) => Promise<Response>;

/** A token (JWT), which is changed for a ticket for each connection; or tickets from elsewhere. */
export type Credentials =
  | { readonly token: string | (() => string | Promise<string>) }
  | { readonly ticket: () => string | Promise<string> };

export interface ConnectionOptions {
  readonly url: URL;
  readonly credentials: Credentials;
  readonly WebSocket: WebSocketConstructor;
  readonly fetch: Fetch;
  readonly connectMs: number;
}

export interface ConnectionEvents {
  readonly message: (bytes: Uint8Array) => void;
  readonly closed: (code: number, reason: string) => void;
}

/** Nobody was reached, or who was reached had no room: trying again may help. */
export class TryAgainError extends WebEditError {
  public override readonly name = "TryAgainError";

  public constructor(message: string, public readonly afterMs = 0) {
    super(message);
  }
}

const UNAUTHORIZED = 401;
const FORBIDDEN = 403;

function ticketUrl(url: URL): URL {
  const out = new URL("/v1/tickets", url);
  out.protocol = url.protocol === "wss:" ? "https:" : "http:";
  return out;
}

/** The seconds of Retry-After as milliseconds; another form of it, or nonsense, is no advice. */
export function adviceMs(seconds: unknown): number {
  const ms = Number(seconds) * 1000;
  return Number.isFinite(ms) && ms > 0 ? ms : 0;
}

/** As @promise ends, or with TryAgainError as soon as @signal is aborted: what an application gives need not look at a signal. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((done, fail) => {
    const giveUp = (): void => fail(new TryAgainError("no ticket in time"));
    signal.addEventListener("abort", giveUp, { once: true });
    promise.then(done, fail).finally(() => signal.removeEventListener("abort", giveUp));
  });
}

/** A token must not stand in a URL, so there is no other way for a browser. */
async function ticketFor(token: string, options: ConnectionOptions, signal: AbortSignal): Promise<string> {
  let response: Response;
  let body: unknown;
  try {
    response = await options.fetch(ticketUrl(options.url).href, { method: "POST", headers: { Authorization: `Bearer ${token}` }, signal });
    body = response.ok ? await response.json() : undefined;
  } catch (e) {
    throw new TryAgainError(`no ticket: ${e instanceof Error ? e.message : String(e)}`);
  }
  if (response.status === UNAUTHORIZED || response.status === FORBIDDEN) {
    throw new SessionEndError("refused", `the server gives no ticket for this token (HTTP ${response.status})`, response.status);
  }
  const ticket = (body as { ticket?: unknown } | undefined)?.ticket;
  if (typeof ticket !== "string") {
    throw new TryAgainError(`no ticket: HTTP ${response.status}`, adviceMs(response.headers.get("Retry-After")));
  }
  return ticket;
}

async function getTicket(options: ConnectionOptions, signal: AbortSignal): Promise<string> {
  const { credentials } = options;
  if ("ticket" in credentials) return credentials.ticket();
  return ticketFor(typeof credentials.token === "string" ? credentials.token : await credentials.token(), options, signal);
}

export class Connection {
  private _isOpen = false;

  private constructor(private readonly _socket: WebSocketLike) {}

  /** Open one. @signal ends the attempt, as options.connectMs does. TryAgainError, or SessionEndError when it is of no use. */
  public static async open(options: ConnectionOptions, events: ConnectionEvents, signal: AbortSignal): Promise<Connection> {
    // Not AbortSignal.any and .timeout: what they make may be collected before it tells anything.
    const attempt = new AbortController();
    const stop = (): void => attempt.abort();
    const timer = setTimeout(stop, options.connectMs);
    signal.addEventListener("abort", stop, { once: true });
    try {
      const ticket = await unlessAborted(getTicket(options, attempt.signal), attempt.signal);
      const connection = new Connection(new options.WebSocket(options.url.href, [SUBPROTOCOL, `weh.ticket.${ticket}`]));
      await connection.opened(events, attempt.signal);
      return connection;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
  }

  public send(bytes: Uint8Array): void {
    this._socket.send(bytes);
  }

  /** Let go of it without a close frame, which would end the session; true: that was possible. */
  public abandon(): boolean {
    this.silence();
    if (this._socket.terminate === undefined) return false;
    this._socket.terminate();
    return true;
  }

  /** With a close frame. Only when the session is not to go on with it. */
  public close(): void {
    this.silence();
    this._socket.close();
  }

  private silence(): void {
    this._socket.onopen = null;
    this._socket.onmessage = null;
    this._socket.onclose = null;
    // Not null: the package ws throws what nobody listens to.
    this._socket.onerror = () => undefined;
  }

  private async opened(events: ConnectionEvents, attempt: AbortSignal): Promise<void> {
    return new Promise((done, fail) => {
      const giveUp = (): void => {
        this.close();
        fail(new TryAgainError("not connected in time"));
      };
      attempt.addEventListener("abort", giveUp, { once: true });
      this._socket.binaryType = "arraybuffer";
      this._socket.onopen = () => {
        attempt.removeEventListener("abort", giveUp);
        this._isOpen = true;
        done();
      };
      this._socket.onmessage = (event: { data: unknown }) => {
        // A text is no message of this protocol, as nothing is none.
        events.message(typeof event.data === "string" ? new Uint8Array() : new Uint8Array(event.data as ArrayBuffer));
      };
      // It is told by the close that follows it.
      this._socket.onerror = () => undefined;
      this._socket.onclose = (event: { code: number; reason: string }) => {
        attempt.removeEventListener("abort", giveUp);
        if (this._isOpen) events.closed(event.code, event.reason);
        else fail(new TryAgainError(`not connected (${event.code})`));
      };
    });
  }
}
