// What an application works with: one session with its calls, notifications and state.
import type { Methods, Notifications } from "./api.js";
import { encodeRequest, type Incoming } from "./codec.js";
import { SessionEndError } from "./errors.js";
import type { Hello } from "./hello.js";
import { Link } from "./link.js";
import { readOptions, type ClientOptions, type ResumePoint, type Settings } from "./options.js";
import { Renewal } from "./renewal.js";
import { Requests } from "./requests.js";

export type MethodName = keyof Methods;
export type NotificationName = keyof Notifications;
export type Params<M extends MethodName> = Methods[M]["params"];
export type Result<M extends MethodName> = Methods[M]["result"];

export interface CallOptions {
  /** What was not sent yet is taken back; else the server is asked to stop. A request that was done all the same is answered. */
  readonly signal?: AbortSignal | undefined;
  /** By which the server's log knows it. */
  readonly activityId?: string | undefined;
}

/** Params may be left out when none has to be there. */
export type CallArguments<M extends MethodName> = Record<string, never> extends Params<M>
  ? [params?: Params<M>, options?: CallOptions]
  : [params: Params<M>, options?: CallOptions];

export type ClientState =
  | { readonly name: "connecting" }
  /** restarted: the server was started anew; ledBack tells what it has opened again. */
  | { readonly name: "open"; readonly how: "new" | "resumed" | "restarted"; readonly ledBack?: Hello["ledBack"] }
  /** Requests wait until the connection is back. */
  | { readonly name: "lost" }
  | { readonly name: "ended"; readonly error: SessionEndError };

type Remove = () => void;

/** What a listener throws is its own affair: nobody else's message is lost by it. */
function tell<T>(listeners: Iterable<(value: T) => void>, value: T): void {
  for (const listener of [...listeners]) {
    try {
      listener(value);
    } catch (e) {
      queueMicrotask(() => { throw e; });
    }
  }
}

export class Client {
  /** Resolves when the session has ended, with the reason. */
  public readonly ended: Promise<SessionEndError>;

  private _state: ClientState = { name: "connecting" };
  private readonly _settings: Settings;
  private readonly _link: Link;
  private readonly _requests: Requests;
  private readonly _renewal: Renewal | undefined;
  private readonly _listeners = new Map<string, Set<(params: never) => void>>();
  private readonly _stateListeners = new Set<(state: ClientState) => void>();
  private _isClosing = false;
  /** Runs while the server has answered session.close and not closed yet. */
  private _closeTimer: ReturnType<typeof setTimeout> | undefined;
  /** What came before the caller of connect() could listen to it; undefined: it can. */
  private _early: Incoming[] | undefined = [];
  private _tellEnded!: (error: SessionEndError) => void;

  private constructor(options: ClientOptions) {
    const settings = readOptions(options);
    this._settings = settings;
    this.ended = new Promise((done) => { this._tellEnded = done; });
    this._link = new Link(settings, {
      opened: (how, hello) => this.opened(how, hello),
      incoming: (message) => this.incoming(message),
      lost: () => this.move({ name: "lost" }),
      ended: (error) => this.atEnd(error),
    });
    this._requests = new Requests({
      maxWaiting: settings.maxWaiting,
      maxWaitingBytes: settings.maxWaitingBytes,
      limits: () => this._link.hello.limits,
      isOpen: () => this._link.isOpen,
      send: (bytes, id) => this._link.send(bytes, id),
      notified: () => this._link.notified,
      cancel: (id) => this._link.cancel(id),
    });
    this._renewal = this.makeRenewal();
  }

  /** Connect and begin a session: one attempt. SessionEndError when that fails. */
  public static async connect(options: ClientOptions, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<Client> {
    const client = new Client(options);
    await client._link.start(signal);
    // Not before what awaits this has run.
    setTimeout(() => client.tellEarly(), 0);
    return client;
  }

  public get state(): ClientState {
    return this._state;
  }

  /** What the server has said of the session: id, user, rights, limits. */
  public get session(): Hello {
    return this._link.hello;
  }

  /** Requests that are not answered yet. */
  public get pending(): number {
    return this._requests.waiting + this._requests.unanswered;
  }

  /** Call a method. RequestError, LimitError, ValueError, SessionEndError, or the reason of the signal. */
  public async call<M extends MethodName>(method: M, ...[params, options]: CallArguments<M>): Promise<Result<M>> {
    return this.request(method, params, options) as Promise<Result<M>>;
  }

  /** The same without types: of a method that a newer server has. */
  public async request(method: string, params: object = {}, options?: CallOptions): Promise<unknown> {
    if (this._state.name === "ended") throw this._state.error.forRequest(false);
    if (this._isClosing) throw new SessionEndError("closed", "close() was called before");
    const id = this._link.nextId();
    const all = options?.activityId === undefined ? params : { ...params, _meta: { activityId: options.activityId } };
    const bytes = encodeRequest(id, method, all, this._link.form);
    return this._requests.add(id, method, bytes, options?.signal);
  }

  /** Say something that is not answered. It does not wait for the requests before it. LimitError, ValueError, SessionEndError. */
  public notify(method: string, params: object): void {
    if (this._state.name === "ended") throw this._state.error.forRequest(false);
    this._link.notify(method, params, this._requests.load);
  }

  /** Be told of notifications, which come before the answer of the request that causes them. */
  public on<N extends NotificationName>(name: N, listener: (params: Notifications[N]) => void): Remove {
    return this.listen(name, listener);
  }

  /** The same without types. */
  public listen(name: string, listener: (params: never) => void): Remove {
    const listeners = this._listeners.get(name) ?? new Set();
    this._listeners.set(name, listeners.add(listener));
    return () => { listeners.delete(listener); };
  }

  public onState(listener: (state: ClientState) => void): Remove {
    this._stateListeners.add(listener);
    return () => { this._stateListeners.delete(listener); };
  }

  /** Where another client can go on with the session, if this one does no more: a page that is loaded anew. Undefined when it has ended. */
  public resumePoint(): ResumePoint | undefined {
    return this._link.resumePoint();
  }

  /** End the session after the requests that wait, or as soon as @signal is aborted; what is not saved is dropped. */
  public async close({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this._state.name === "ended") return;
    const stop = (): void => this.endClosed();
    signal?.addEventListener("abort", stop, { once: true });
    if (!this._isClosing) {
      this._isClosing = true;
      void this.finish();
    }
    if (signal?.aborted === true) stop();
    await this.ended;
    signal?.removeEventListener("abort", stop);
  }

  /** End at once and tell nobody: the server keeps the session for limits.lingerSeconds, then what is unsaved goes into the recovery journal. */
  public abandon(): void {
    this._link.end(new SessionEndError("closed", "abandoned"), false);
  }

  private async finish(): Promise<void> {
    const id = this._link.nextId();
    const isAnswered = await this._requests.addLast(id, "session.close", encodeRequest(id, "session.close", {}, this._link.form))
      .then(() => true, () => false);
    if (this.hasEnded()) return;
    // Refused, say because the token has ended: then a close frame does it. Else the server sends one, if it is well.
    if (!isAnswered) this.endClosed();
    else this._closeTimer = setTimeout(() => this.endClosed(), this._settings.connection.connectMs);
  }

  private endClosed(): void {
    this._link.end(new SessionEndError("closed", "closed", 1000));
  }

  private hasEnded(): boolean {
    return this._state.name === "ended";
  }

  private makeRenewal(): Renewal | undefined {
    const { credentials } = this._settings.connection;
    if (!("token" in credentials) || typeof credentials.token !== "function") return undefined;
    const renewal = new Renewal({
      token: credentials.token,
      renew: async (token) => this.renew(token),
      hasEnded: () => this.hasEnded(),
    });
    this.on("session.onTokenExpiring", ({ expires }) => renewal.begin(expires));
    return renewal;
  }

  /** First, as all that waits needs it, also what close() waits for. */
  private async renew(token: string): Promise<string> {
    if (this._state.name === "ended") throw this._state.error.forRequest(false);
    const id = this._link.nextId();
    const bytes = encodeRequest(id, "session.renewToken", { token }, this._link.form);
    return (await this._requests.addFirst(id, "session.renewToken", bytes) as Result<"session.renewToken">).expires;
  }

  private opened(how: "new" | "resumed" | "restarted", hello: Hello): void {
    // A session that goes on may do so with the same token, and is told only once that it ends.
    if (how !== "resumed") this._renewal?.stop();
    if (how === "restarted") {
      this.answerEarly();
      this._requests.rejectAll(new SessionEndError("restarted", "the server was started anew before it had answered"));
    }
    this.move({ name: "open", how, ...(hello.ledBack === undefined ? {} : { ledBack: hello.ledBack }) });
    this._requests.pump();
  }

  private tellEarly(): void {
    const early = this._early ?? [];
    this._early = undefined;
    for (const message of early) this.incoming(message);
  }

  /** Nothing more comes of the session, so what is answered must not count as open. Who has called something listens already. */
  private answerEarly(): void {
    if (this.pending > 0) this.tellEarly();
  }

  private incoming(message: Incoming): void {
    if (this._early !== undefined) {
      this._early.push(message);
    } else if (message.kind === "response") {
      this._requests.answer(message);
    } else {
      tell(this._listeners.get(message.method) ?? [], message.params as never);
    }
  }

  private atEnd(error: SessionEndError): void {
    clearTimeout(this._closeTimer);
    this.answerEarly();
    // The answer to session.close may have been lost with the connection; the session is gone as was wanted.
    const isWanted = this._isClosing && (error.reason === "notResumed" || error.code === 1000);
    const told = isWanted ? new SessionEndError("closed", "closed", 1000) : error;
    this._renewal?.stop();
    this.move({ name: "ended", error: told });
    this._requests.rejectAll(told);
    this._tellEnded(told);
  }

  private move(state: ClientState): void {
    this._state = state;
    tell(this._stateListeners, state);
  }
}
