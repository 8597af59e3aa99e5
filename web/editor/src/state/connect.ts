import { Client, type ResumePoint, SessionEndError } from "@webedithost/client";

const CLIENT = { name: "webedithost editor", version: "0.1.0" };
const BACKOFF = { mostMs: 5000 };
const TRY_AGAIN_MS = 2000;
const UNAUTHORIZED = 401;
const TAKEN_OVER = 4001;

function sessionUrl(): URL {
    const url = new URL("/v1/session", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return url;
}

/** A client, however long it takes; @resume where there is still something to go on with. Throws when trying again is of no use. */
export async function connectClient(
    token: string,
    resume: ResumePoint | undefined,
    signal: AbortSignal,
    onUnreachable: () => void,
): Promise<Client> {
    let from = resume;
    for (;;) {
        const more = from === undefined ? {} : { resume: from };
        const options = { url: sessionUrl(), credentials: { token }, client: CLIENT, backoff: BACKOFF, ...more };
        try {
            return await Client.connect({ ...options, exactIntegers: true, giveUpMs: Infinity }, { signal });
        } catch (error) {
            const reason = error instanceof SessionEndError ? error.reason : undefined;
            if (signal.aborted || (reason !== "notResumed" && reason !== "unreachable")) throw error;
            if (reason === "notResumed") from = undefined;
            else {
                onUnreachable();
                await new Promise((done) => setTimeout(done, TRY_AGAIN_MS));
            }
        }
    }
}

/** The server dropped the session while nobody was there: another one may begin. */
export function isLost(error: SessionEndError): boolean {
    return error.reason === "notResumed";
}

/** Why it has ended, for a person. */
export function reasonOf(error: unknown): string {
    if (error instanceof SessionEndError) {
        if (error.code === UNAUTHORIZED) return "the server does not accept the token";
        if (error.code === TAKEN_OVER) return "the session goes on in another window";
    }
    return error instanceof Error ? error.message : String(error);
}
