/** What the rest of the page knows of the connection. Only this folder knows how messages travel. */

export interface ErrorData {
    name?: string;
    iTwin?: number;
    where?: string;
    op?: number;
    retryAfter?: number;
    activityId?: string;
}

/** An error that the server answered with, or one of the connection itself (then without a code). */
export class RpcError extends Error {
    constructor(
        message: string,
        readonly data: ErrorData = {},
        readonly code?: number,
    ) {
        super(message);
        this.name = data.name ?? "RpcError";
    }
}

export type Params = Record<string, unknown>;

/** online: messages travel. offline: it is tried again. ended: nobody tries any more, reason tells why. */
export type Link = "connecting" | "online" | "offline" | "ended";

export interface Hello {
    sessionId: string;
    resumeToken: string;
    user: string;
    access: string;
    server: { name: string; version: string };
    resumed: boolean;
    received: number;
    ledBack?: { imodel?: string; briefcase?: string; mode: "readwrite" | "readonly" };
}

/** Enough to take a session back after the page was loaded anew. */
export interface ResumePoint {
    sessionId: string;
    resumeToken: string;
    received: number;
}

export interface ConnectionEvents {
    onLink(link: Link, reason?: string): void;
    /** The session is there: new, taken back after a loss, or led back after a restart of the server. */
    onHello(hello: Hello, first: boolean): void;
    onNotification(method: string, params: Params): void;
    /** The server dropped the session: what was not answered may be done or not. */
    onSessionLost(): void;
}
