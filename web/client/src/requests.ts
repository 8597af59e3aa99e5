// The requests of a session: those that wait to be sent, and those that wait for their answer. Of the latter there are never
// more than the server's mailbox takes, so that a fast caller waits here rather than being answered with Busy.
import type { Incoming } from "./codec.js";
import { LimitError, RequestError, type SessionEndError } from "./errors.js";
import type { SessionLimits } from "./props.js";

/** What the server adds to the bytes of a request that waits in its mailbox. */
export const MAILBOX_MORE_BYTES = 256;

/** Of the server's mailbox. */
export interface Load {
  readonly messages: number;
  readonly bytes: number;
}

interface Request {
  readonly id: number;
  readonly method: string;
  readonly bytes: Uint8Array;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export interface RequestsOptions {
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
  readonly limits: () => SessionLimits;
  /** False: there is no connection now. */
  readonly isOpen: () => boolean;
  readonly send: (bytes: Uint8Array, id: number) => void;
  /** What takes room in the server's mailbox besides. */
  readonly notified: () => Load;
  /** Ask the server to stop with a request that was sent. */
  readonly cancel: (id: number) => void;
}

export class Requests {
  private readonly _waiting = new Map<number, Request>();
  private _waitingBytes = 0;
  private readonly _sent = new Map<number, Request>();
  private _sentBytes = 0;
  /** One listener a signal, as many calls may have the same, of which Node.js would warn. */
  private readonly _signals = new Map<AbortSignal, Set<number>>();
  private readonly _onAbort = (event: Event): void => {
    const signal = event.target as AbortSignal;
    for (const id of [...this._signals.get(signal) ?? []]) this.abort(id, signal.reason as Error);
  };

  public constructor(private readonly _options: RequestsOptions) {}

  public get waiting(): number {
    return this._waiting.size;
  }

  public get unanswered(): number {
    return this._sent.size;
  }

  public get load(): Load {
    return { messages: this._sent.size, bytes: this._sentBytes };
  }

  /** Send it when its turn comes. An abort by @signal takes back what was not sent; else the server's answer decides. */
  public async add(id: number, method: string, bytes: Uint8Array, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    if (this.hasToWait(bytes)) this.checkRoom(bytes);
    return this.addLast(id, method, bytes, signal);
  }

  /** The same, though there be no room for it. */
  public async addLast(id: number, method: string, bytes: Uint8Array, signal?: AbortSignal): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (signal !== undefined) this.listen(signal, id);
      this._waiting.set(id, { id, method, bytes, signal, resolve, reject });
      this._waitingBytes += bytes.length;
      this.pump();
    });
  }

  /** Before all that wait, though there be no room for it. */
  public async addFirst(id: number, method: string, bytes: Uint8Array): Promise<unknown> {
    const waiting = [...this._waiting];
    this._waiting.clear();
    const answer = this.addLast(id, method, bytes);
    for (const [otherId, request] of waiting) this._waiting.set(otherId, request);
    return answer;
  }

  /** Send what the server has room for. */
  public pump(): void {
    if (!this._options.isOpen()) return;
    for (const [id, request] of this._waiting) {
      if (!this.hasRoomFor(request.bytes)) break;
      this._waiting.delete(id);
      this._waitingBytes -= request.bytes.length;
      this._sent.set(id, request);
      this._sentBytes += request.bytes.length + MAILBOX_MORE_BYTES;
      this._options.send(request.bytes, id);
    }
  }

  public answer(message: Incoming & { kind: "response" }): void {
    const request = this._sent.get(message.id as number);
    if (request === undefined) {
      // What was asked for shows that notifications have come in.
      this.pump();
      return;
    }
    this._sent.delete(request.id);
    this._sentBytes -= request.bytes.length + MAILBOX_MORE_BYTES;
    this.release(request);
    const { error } = message;
    if (error === undefined) request.resolve(message.result);
    // Whoever aborted wants to see the own reason.
    else if (error.data.name === "Cancelled" && request.signal?.aborted === true) request.reject(request.signal.reason as Error);
    else request.reject(new RequestError(request.method, error.code, error.message, error.data));
    this.pump();
  }

  /** Those that were sent may have been carried out. */
  public rejectAll(error: SessionEndError): void {
    for (const [requests, mayHaveRun] of [[this._sent, true], [this._waiting, false]] as const) {
      const all = [...requests.values()];
      requests.clear();
      for (const request of all) {
        this.release(request);
        request.reject(error.forRequest(mayHaveRun));
      }
    }
    this._waitingBytes = 0;
    this._sentBytes = 0;
  }

  private hasToWait(bytes: Uint8Array): boolean {
    return !this._options.isOpen() || this._waiting.size > 0 || !this.hasRoomFor(bytes);
  }

  private checkRoom(bytes: Uint8Array): void {
    if (this._waiting.size >= this._options.maxWaiting || this._waitingBytes + bytes.length > this._options.maxWaitingBytes) {
      throw new LimitError(`${this._waiting.size} requests wait already`);
    }
  }

  private hasRoomFor(bytes: Uint8Array): boolean {
    const { mailboxMessages, mailboxBytes } = this._options.limits();
    const { messages, bytes: notifiedBytes } = this._options.notified();
    if (this._sent.size === 0) return true;
    return this._sent.size + messages < mailboxMessages && this._sentBytes + notifiedBytes + bytes.length + MAILBOX_MORE_BYTES <= mailboxBytes;
  }

  private listen(signal: AbortSignal, id: number): void {
    const ids = this._signals.get(signal);
    if (ids === undefined) signal.addEventListener("abort", this._onAbort);
    this._signals.set(signal, (ids ?? new Set()).add(id));
  }

  private release({ signal, id }: Request): void {
    const ids = signal === undefined ? undefined : this._signals.get(signal);
    ids?.delete(id);
    if (signal === undefined || ids?.size !== 0) return;
    this._signals.delete(signal);
    signal.removeEventListener("abort", this._onAbort);
  }

  private abort(id: number, reason: Error): void {
    const request = this._waiting.get(id);
    if (request === undefined) {
      this._options.cancel(id);
      return;
    }
    this._waiting.delete(id);
    this._waitingBytes -= request.bytes.length;
    this.release(request);
    request.reject(reason);
  }
}
