import type { Params } from "./rpc";

export interface Reply {
    id?: number | string | null;
    method?: string;
    params?: Params;
    result?: unknown;
    error?: { code: number; message: string; data?: Record<string, unknown> };
}

/** A ticket for one WebSocket: the token itself never stands in a URL. */
async function ticketFor(token: string): Promise<string> {
    const response = await fetch("/v1/tickets", { method: "POST", headers: { Authorization: `Bearer ${token}` } });
    if (response.status === 401) throw new Unauthorized();
    if (!response.ok) throw new Error(`no ticket: HTTP ${String(response.status)}`);
    const { ticket } = (await response.json()) as { ticket: string };
    return ticket;
}

/** The token is not accepted: trying again does not help. */
export class Unauthorized extends Error {}

const OPEN_TIMEOUT_MS = 10_000;

/** Opens one WebSocket; its messages go to @onMessage, its end (once, also before it was open) to @onEnd. */
export async function openSocket(
    token: string,
    onMessage: (message: Reply) => void,
    onEnd: (code: number, reason: string) => void,
): Promise<WebSocket> {
    const ticket = await ticketFor(token);
    const url = new URL("/v1/session", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, ["weh.v1.json", `weh.ticket.${ticket}`]);
    socket.addEventListener("message", (event) => {
        onMessage(JSON.parse(event.data as string) as Reply);
    });
    await new Promise<void>((done, fail) => {
        const timer = setTimeout(() => {
            fail(new Error("the server does not answer"));
        }, OPEN_TIMEOUT_MS);
        socket.addEventListener("open", () => {
            clearTimeout(timer);
            socket.addEventListener("close", (event) => {
                onEnd(event.code, event.reason);
            });
            done();
        });
        socket.addEventListener("error", () => {
            clearTimeout(timer);
            fail(new Error("no connection"));
        });
    });
    return socket;
}
