// One session over one connection after another (PROTOCOL.md, "Resuming"): counts messages both ways, keeps what was sent until
// the server is known to have got it, and gets a lost connection back.
import { Backoff } from "./backoff.js";
import { decodeMessage, encodeNotification, encodeRequest, type Incoming, type MessageForm } from "./codec.js";
import { adviceMs, Connection, TryAgainError } from "./connection.js";
import { LimitError, RequestError, SessionEndError } from "./errors.js";
import { type Hello, readHello } from "./hello.js";
import type { Methods } from "./api.js";
import { MOST_TIMER_MS, type ResumePoint, type Settings } from "./options.js";
import { type Load, MAILBOX_MORE_BYTES } from "./requests.js";
import { SentMessages } from "./sent.js";

export interface LinkEvents {
  /** The session goes on, or another one has begun: first, or because the server was started anew. */
  readonly opened: (how: "new" | "resumed" | "restarted", hello: Hello) => void;
  readonly incoming: (message: Incoming) => void;
  readonly lost: () => void;
  /** Once, at last. */
  readonly ended: (error: SessionEndError) => void;
}

/** A connection and whether its session.hello is answered. */
interface Attempt {
  connection?: Connection;
  hasHello: boolean;
  beganMs: number;
  readonly done: () => void;
  readonly fail: (error: Error) => void;
}

/** Of session.hello, which is not counted; requests have ids from 1. */
const HELLO_ID = 0;

/** The server need not keep what it knows to have come in. */
const ACK_MESSAGES = 32;

/** What nobody answers is kept until something later is answered; after so many in a row an answer is asked for. */
const MOST_UNASKED = 32;

/** What the server adds to the bytes of a message that it keeps. */
const KEPT_MORE_BYTES = 128;

/** Acknowledgements are not closer together than this, though the server keep less. */
const LEAST_ACK_BYTES = 16 * 1024;

/** Connections that are silent and cannot be ended without a close frame, while another is looked for. */
const MOST_ABANDONED = 8;

/** Closed otherwise the session has ended. 1005, 1006: without a code; 1001: the end went away; 1012, 1014: said by a proxy. */
const LOST_CODES: readonly number[] = [1001, 1005, 1006, 1012, 1014];

/** Of a connection that has not taken the session back yet, these say nothing about the session: it was slow, or the server is busy. */
const NOT_NOW_CODES: readonly number[] = [1008, 1011, 1013];

/** Before the server has told its own. */
const FIRST_LIMITS = { messageBytes: 64 * 1024, messageDepth: 16 };

/** Runs on whatever is done to the clock. */
function nowMs(): number {
  return performance.now();
}

function text(e: unknown): string {
  return e instanceof Error ? e.message : String(e);
}

export class Link {
  private readonly _stop = new AbortController();
  private _attempt: Attempt | undefined;
  private readonly _abandoned: Connection[] = [];
  private readonly _backoff: Backoff;
  private _hello: Hello | undefined;
  private _sent = new SentMessages();
  private _received: number;
  private _unacknowledged = 0;
  private _unacknowledgedBytes = 0;
  /** Messages since the last one that asked for an answer. */
  private _unasked = 0;
  /** The last acknowledgement that asked for an answer, while that has not come. */
  private _askedId: number | undefined;
  private _lastId: number;
  private _heardMs = 0;
  private _isAsked = false;
  /** When the connection was lost from which on nothing has come through. */
  private _outageMs: number | undefined;
  private _timer: ReturnType<typeof setInterval> | undefined;
  /** Ends the wait for the next attempt. */
  private _wake = new AbortController();
  private readonly _onOnline = (): void => this._wake.abort();

  public constructor(private readonly _settings: Settings, private readonly _events: LinkEvents) {
    this._backoff = new Backoff(_settings.backoff);
    this._received = _settings.resume?.received ?? 0;
    this._lastId = _settings.resume?.lastId ?? HELLO_ID;
  }

  public get isOpen(): boolean {
    return this._attempt?.hasHello ?? false;
  }

  public hasEnded(): boolean {
    return this._stop.signal.aborted;
  }

  /** What the server has said last; not before start() has resolved. */
  public get hello(): Hello {
    if (this._hello === undefined) throw new TypeError("not connected yet");
    return this._hello;
  }

  /** What messages to the server have to be. */
  public get form(): MessageForm {
    const { messageBytes, messageDepth } = this.hello.limits;
    return { messageBytes, messageDepth };
  }

  /** Where another one may go on; undefined when there is nothing to go on with. */
  public resumePoint(): ResumePoint | undefined {
    if (this._hello === undefined || this.hasEnded()) return undefined;
    const { sessionId, resumeToken } = this._hello;
    return { sessionId, resumeToken, received: this._received, lastId: this._lastId };
  }

  /** Attempts since the connection was lost. */
  public get attempts(): number {
    return this._backoff.attempts;
  }

  public nextId(): number {
    this._lastId += 1;
    return this._lastId;
  }

  /** The first connection: one attempt. */
  public async start(signal?: AbortSignal): Promise<void> {
    const stop = (): void => this.end(new SessionEndError("closed", text(signal?.reason)));
    signal?.throwIfAborted();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      await this.attach();
    } catch (e) {
      signal?.throwIfAborted();
      const error = e instanceof SessionEndError ? e : new SessionEndError("unreachable", text(e));
      this.end(error);
      throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
    // It may be over again already.
    if (this.hasEnded()) return;
    this._timer = setInterval(() => this.beat(), this._settings.heartbeatMs / 3);
    (this._timer as { unref?: () => void }).unref?.();
    // Browsers tell when there is a network again.
    (globalThis as Partial<EventTarget>).addEventListener?.("online", this._onOnline);
  }

  /** Count and keep a message, and send it if there is a connection; else it is sent when there is. */
  public send(bytes: Uint8Array, id?: number): void {
    this._sent.keep(bytes, id);
    this._unasked = id === undefined ? this._unasked + 1 : 0;
    if (this.isOpen) this._attempt?.connection?.send(bytes);
  }

  /** What may lie in the server's mailbox of what is not answered. */
  public get notified(): Load {
    const { unasked, unaskedBytes } = this._sent;
    return { messages: unasked, bytes: unaskedBytes + unasked * MAILBOX_MORE_BYTES };
  }

  /**
   * Without waiting for requests or an answer. LimitError when the server has too many of them to get yet: one that does not fit
   * beside these and @requests into its mailbox would end the session.
   */
  public notify(method: string, params: object, requests: Load): void {
    const bytes = encodeNotification(method, params, this.form);
    const { maxWaiting, maxWaitingBytes } = this._settings;
    const { mailboxMessages, mailboxBytes } = this.hello.limits;
    const isTooMany = this._sent.unasked >= Math.min(maxWaiting, mailboxMessages - requests.messages);
    const isTooMuch = this._sent.unaskedBytes + bytes.length > maxWaitingBytes ||
      this.notified.bytes + requests.bytes + bytes.length + MAILBOX_MORE_BYTES > mailboxBytes;
    if (isTooMany || isTooMuch) {
      throw new LimitError(`${this._sent.unasked} notifications wait already`);
    }
    this.send(bytes);
    if (this._unasked >= MOST_UNASKED && this.isOpen) this.acknowledge(true);
  }

  /** Ask the server to stop with a request that was sent. */
  public cancel(id: number): void {
    this.send(encodeNotification("session.cancel", { id }, this.form));
  }

  /** Nothing follows. @error is told; with @tellsServer the server need not wait for the client to come back. */
  public end(error: SessionEndError, tellsServer = true): void {
    if (this.hasEnded()) return;
    clearInterval(this._timer);
    (globalThis as Partial<EventTarget>).removeEventListener?.("online", this._onOnline);
    const attempt = this._attempt;
    this._attempt = undefined;
    this._stop.abort();
    this._wake.abort();
    if (tellsServer) attempt?.connection?.close();
    else attempt?.connection?.abandon();
    attempt?.fail(error);
    // By a close frame the server would take the session for ended.
    const abandoned = this._abandoned.splice(0);
    if (tellsServer) for (const connection of abandoned) connection.close();
    this._events.ended(error);
  }

  // ---- connections ----

  private async attach(): Promise<void> {
    const { promise, done, fail } = deferred();
    const attempt: Attempt = { hasHello: false, beganMs: nowMs(), done, fail };
    this._attempt = attempt;
    const connection = await Connection.open(this._settings.connection, {
      message: (bytes) => this.message(attempt, bytes),
      closed: (code, reason) => this.closed(attempt, code, reason),
    }, this._stop.signal);
    attempt.connection = connection;
    if (this.hasEnded()) {
      connection.close();
      throw new TryAgainError("ended");
    }
    const timer = setTimeout(() => fail(new TryAgainError("session.hello is not answered")), this._settings.connection.connectMs);
    try {
      connection.send(encodeRequest(HELLO_ID, "session.hello", this.helloParams(), FIRST_LIMITS));
      await promise;
    } catch (e) {
      this.abandon(attempt);
      throw e;
    } finally {
      clearTimeout(timer);
    }
  }

  private helloParams(): Methods["session.hello"]["params"] {
    const { client } = this._settings;
    const from = this._hello ?? this._settings.resume;
    if (from === undefined) return { client };
    const { sessionId, resumeToken } = from;
    return { client, resume: { sessionId, resumeToken, received: this._received } };
  }

  private async comeBack(untilMs: number): Promise<void> {
    let leastMs = 0;
    for (;;) {
      this._wake = new AbortController();
      const leftMs = Math.max(0, untilMs - nowMs());
      await pause(Math.min(this._backoff.nextMs(leastMs), leftMs, MOST_TIMER_MS), this._wake.signal);
      if (this.hasEnded()) return;
      try {
        await this.attach();
        return;
      } catch (e) {
        if (this.hasEnded()) return;
        if (e instanceof SessionEndError || nowMs() >= untilMs) {
          this.end(e instanceof SessionEndError ? e : new SessionEndError("unreachable", text(e)));
          return;
        }
        // A token that could not be had may be had later.
        leastMs = e instanceof TryAgainError ? e.afterMs : 0;
      }
    }
  }

  private closed(attempt: Attempt, code: number, reason: string): void {
    if (this._attempt !== attempt) return;
    const isLost = LOST_CODES.includes(code) || (!attempt.hasHello && this._hello !== undefined && NOT_NOW_CODES.includes(code));
    if (!isLost) {
      this.end(new SessionEndError("server", reason === "" ? `closed with ${code}` : reason, code));
    } else if (attempt.hasHello) {
      this.lost(attempt);
    } else {
      attempt.fail(new TryAgainError(`closed with ${code}${reason === "" ? "" : `: ${reason}`}`));
    }
  }

  private lost(attempt: Attempt): void {
    this.abandon(attempt);
    if (this.hello.limits.lingerSeconds === 0) {
      this.end(new SessionEndError("notResumed", "the connection was lost, and the server keeps no sessions"));
      return;
    }
    // One that breaks again and again is not tried without a rest.
    const lostMs = nowMs();
    if (lostMs - attempt.beganMs > this._settings.backoff.mostMs) this._backoff.reset();
    // Connections through which nothing comes are no better than none.
    this._outageMs ??= lostMs;
    const untilMs = this._outageMs + this._settings.giveUpMs;
    if (this._outageMs !== lostMs && lostMs >= untilMs) {
      this.end(new SessionEndError("unreachable", "connections are lost again and again"));
      return;
    }
    this._events.lost();
    // Whoever was told may have ended it.
    if (!this.hasEnded()) void this.comeBack(untilMs);
  }

  /** A close frame would end the session, so a connection that cannot be ended without waits until there is another. */
  private abandon(attempt: Attempt): void {
    if (this._attempt === attempt) this._attempt = undefined;
    const { connection } = attempt;
    if (connection === undefined || connection.abandon()) return;
    this._abandoned.push(connection);
    if (this._abandoned.length > MOST_ABANDONED) this._abandoned.shift();
  }

  // ---- messages ----

  private message(attempt: Attempt, bytes: Uint8Array): void {
    if (this._attempt !== attempt) return;
    this._heardMs = nowMs();
    this._isAsked = false;
    let message: Incoming;
    try {
      message = decodeMessage(bytes, this._settings.values);
    } catch (e) {
      this.end(new SessionEndError("protocol", `a message of the server cannot be read: ${text(e)}`));
      return;
    }
    if (!attempt.hasHello) {
      this.takeHello(attempt, message);
      return;
    }
    this.count(bytes.length);
    if (message.kind === "response") {
      if (typeof message.id === "number") {
        if (this._askedId !== undefined && message.id >= this._askedId) this._askedId = undefined;
        this._sent.answered(message.id);
      } else {
        this.end(new SessionEndError("protocol", `the server has not understood a message: ${message.error?.message ?? ""}`));
        return;
      }
    }
    this._events.incoming(message);
  }

  private count(bytes: number): void {
    this._outageMs = undefined;
    this._received += 1;
    this._unacknowledged += 1;
    this._unacknowledgedBytes += bytes + KEPT_MORE_BYTES;
    // Each is kept until an answer shows that it has come in, so while one is waited for there are as few as can be.
    const isDue = this._unacknowledged >= ACK_MESSAGES && this._askedId === undefined;
    if (isDue || this._unacknowledgedBytes >= Math.max(this.hello.limits.resumeBytes / 4, LEAST_ACK_BYTES)) this.acknowledge();
  }

  /** Answered now and then, so that acknowledgements themselves need not be kept for long. */
  private acknowledge(wantsAnswer = false): void {
    const params = { received: this._received };
    this._unacknowledged = 0;
    this._unacknowledgedBytes = 0;
    if (!wantsAnswer && this._unasked < MOST_UNASKED) {
      this.send(encodeNotification("session.ack", params, this.form));
      return;
    }
    const id = this.nextId();
    this._askedId = id;
    this.send(encodeRequest(id, "session.ack", params, this.form), id);
  }

  private takeHello(attempt: Attempt, message: Incoming): void {
    if (message.kind !== "response" || message.id !== HELLO_ID) {
      this.end(new SessionEndError("protocol", "the server does not begin with its answer to session.hello"));
      return;
    }
    if (message.error !== undefined) {
      const { code, data } = message.error;
      const isBusy = data.name === "Busy";
      const error = new RequestError("session.hello", code, message.error.message, data);
      if (isBusy) attempt.fail(new TryAgainError(error.message, adviceMs(data.retryAfter)));
      else this.end(new SessionEndError(this.isGoingOn() ? "notResumed" : "refused", error.message));
      return;
    }
    const hello = readHello(message.result);
    if (hello === undefined) this.end(new SessionEndError("protocol", "the server does not answer session.hello as it should"));
    else this.adopt(attempt, hello);
  }

  /** A session that this one had, or was given. */
  private isGoingOn(): boolean {
    return this._hello !== undefined || this._settings.resume !== undefined;
  }

  private adopt(attempt: Attempt, hello: Hello): void {
    const how = !this.isGoingOn() ? "new" : hello.resumed ? "resumed" : "restarted";
    // What the one before has sent is that one's.
    if (this._hello === undefined && how === "resumed") this._sent = new SentMessages(hello.received);
    if (how === "resumed" && !this._sent.received(hello.received)) {
      this.end(new SessionEndError("protocol", "the server has lost count of the messages"));
      return;
    }
    this._hello = hello;
    attempt.hasHello = true;
    for (const connection of this._abandoned.splice(0)) connection.close();
    if (how === "restarted") {
      this._sent = new SentMessages();
      this._received = 0;
      this._outageMs = undefined;
    }
    this._askedId = undefined;
    for (const bytes of this._sent.unseen()) attempt.connection?.send(bytes);
    // A message shows the server that its answer has come, so that the former resume token ends; the answer to it, that this connection carries something.
    if (how === "resumed") this.acknowledge(true);
    this._heardMs = nowMs();
    attempt.done();
    this._events.opened(how, hello);
  }

  /** A connection may be dead without anybody telling. */
  private beat(): void {
    const attempt = this._attempt;
    if (!attempt?.hasHello) return;
    const silentMs = nowMs() - this._heardMs;
    if (silentMs < this._settings.heartbeatMs) return;
    if (!this._isAsked) {
      this._isAsked = true;
      this._heardMs = nowMs();
      this.acknowledge(true);
    } else {
      this.lost(attempt);
    }
  }
}

function deferred(): { promise: Promise<void>; done: () => void; fail: (error: Error) => void } {
  let done!: () => void;
  let fail!: (error: Error) => void;
  const promise = new Promise<void>((resolve, reject) => {
    done = resolve;
    fail = reject;
  });
  // It may fail before anybody waits for it.
  promise.catch(() => undefined);
  return { promise, done, fail };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
