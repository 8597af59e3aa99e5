// Every way a call can fail, as classes that a program can tell apart.
import type { ErrorName } from "./api.js";

/** What the server tells with an error, beside its code and message. */
export interface RequestErrorData {
  /** Stable; the table "Errors" of the protocol has them all. */
  readonly name: ErrorName | (string & {});
  /** The number that iTwin.js has for it. */
  readonly iTwin?: number;
  /** The argument or element at fault. */
  readonly where?: string;
  /** Which operation of a batch is at fault. */
  readonly op?: number;
  /** Advice: try again after so many seconds. */
  readonly retryAfter?: number;
  /** By which the server's log knows the request. */
  readonly activityId?: string;
}

/** Base of all errors of this package. */
export class WebEditError extends Error {
  public override readonly name: string = "WebEditError";
}

/** The server has refused a request: nothing of it is done, unless the error's description says otherwise. */
export class RequestError extends WebEditError {
  public override readonly name = "RequestError";

  public constructor(
    public readonly method: string,
    public readonly code: number,
    message: string,
    public readonly data: RequestErrorData,
  ) {
    super(message);
  }

  public get errorName(): RequestErrorData["name"] {
    return this.data.name;
  }
}

/** This side has refused a request, because a queue is full or the message larger than the server takes. Nothing was sent. */
export class LimitError extends WebEditError {
  public override readonly name = "LimitError";
}

/** A value among the params is none that a message can carry, so nothing was sent. */
export class ValueError extends WebEditError {
  public override readonly name = "ValueError";

  public constructor(
    what: string,
    /** Where it stands among the params: "props.placement.origin[2]". */
    public readonly where: string,
  ) {
    super(`${where}: ${what}`);
  }
}

export type EndReason =
  /** close() was called. */
  | "closed"
  /** The server has closed the connection for good; code and message tell why. */
  | "server"
  /** The server does not let this client in. */
  | "refused"
  /** Nothing could be reached for as long as options.giveUpMs. */
  | "unreachable"
  /** The connection was lost, and the server did not keep the session for so long. */
  | "notResumed"
  /** The server was started anew: the session is another one, which has open what was open. */
  | "restarted"
  /** The other end does not speak the protocol. */
  | "protocol";

/** The session has ended, or could not begin. */
export class SessionEndError extends WebEditError {
  public override readonly name = "SessionEndError";

  public constructor(
    public readonly reason: EndReason,
    message: string,
    /** The code of the close frame, or the HTTP status of the refusal. */
    public readonly code?: number,
    /** Of a request: it was sent and not answered, so the server may have carried it out. */
    public readonly mayHaveRun = false,
  ) {
    super(message);
  }

  /** The same, as it is for one request. */
  public forRequest(mayHaveRun: boolean): SessionEndError {
    return new SessionEndError(this.reason, this.message, this.code, mayHaveRun);
  }
}
