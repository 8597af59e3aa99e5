import { Outbound } from "./outbound";
import { type ConnectionEvents, type Hello, type Params, type ResumePoint, RpcError } from "./rpc";
import { type Reply, Unauthorized, openSocket } from "./socket";

const HELLO_ID = 0;
const ACK_EVERY = 32;
const WAITING_MOST = 1000;
const BACKOFF_FIRST_MS = 250;
const BACKOFF_MOST_MS = 5000;
const PING_EVERY_MS = 15_000;
const SILENT_MOST_MS = 25_000;
const CLIENT = { name: "webedithost editor", version: "0.1.0" };
/** Ends that the server means: another connection would end the same way. */
const FINAL_CODES = new Set([1000, 1002, 1003, 1007, 1008, 1009, 4001, 4002]);

interface Pending {
    done(result: unknown): void;
    fail(error: RpcError): void;
}

/** One session with the server, over as many sockets as it takes (PROTOCOL.md, "Resuming"). */
export class Connection {
    readonly #token: string;
    readonly #events: ConnectionEvents;
    readonly #outbound = new Outbound();
    readonly #pending = new Map<number, Pending>();
    #resume: ResumePoint | undefined;
    #socket: WebSocket | undefined;
    #greeted = false;
    #established = false;
    #ended = false;
    #received = 0;
    /** Begins with the time, so that an answer to a page that had the session before fits no request of this one. */
    #nextId = Date.now();
    #attempt = 0;
    #heardAt = 0;
    #retryTimer: ReturnType<typeof setTimeout> | undefined;
    #pingTimer: ReturnType<typeof setInterval> | undefined;

    constructor(token: string, events: ConnectionEvents, resume?: ResumePoint) {
        this.#token = token;
        this.#events = events;
        this.#resume = resume;
        this.#received = resume?.received ?? 0;
        window.addEventListener("online", this.#tryNow);
    }

    start(): void {
        this.#events.onLink("connecting");
        this.#pingTimer = setInterval(() => {
            this.#watch();
        }, PING_EVERY_MS);
        void this.#connect();
    }

    /** Sends a request; without a connection it waits for the next one. */
    call(method: string, params: Params = {}): Promise<unknown> {
        if (this.#ended) return Promise.reject(new RpcError("the session has ended", { name: "SessionEnded" }));
        if (this.#outbound.waiting >= WAITING_MOST) {
            return Promise.reject(new RpcError("too many requests wait for the connection", { name: "Busy" }));
        }
        const id = this.#nextId++;
        return new Promise((done, fail) => {
            this.#pending.set(id, { done, fail });
            this.#send({ id, method, params }, id);
        });
    }

    /** Where another page may go on; undefined when there is no session. */
    resumePoint(): ResumePoint | undefined {
        if (this.#resume === undefined || this.#ended) return undefined;
        return { ...this.#resume, received: this.#received };
    }

    /** Ends the session for good. */
    close(): void {
        this.#end("closed");
        this.#socket?.close(1000);
    }

    #send(message: { id?: number; method: string; params: Params }, id?: number): void {
        const text = JSON.stringify({ jsonrpc: "2.0", ...message });
        this.#outbound.add(text, id);
        if (this.#greeted) this.#socket?.send(text);
    }

    async #connect(): Promise<void> {
        let mine: WebSocket | undefined;
        try {
            mine = await openSocket(
                this.#token,
                (message) => {
                    if (mine !== undefined && mine === this.#socket) this.#receive(message);
                },
                (code, reason) => {
                    if (mine === this.#socket) this.#lost(code, reason);
                },
            );
        } catch (error) {
            if (error instanceof Unauthorized) this.#end("the server does not accept the token");
            else this.#lost(undefined, "");
            return;
        }
        if (this.#ended) {
            mine.close(1000);
            return;
        }
        this.#socket = mine;
        this.#heardAt = Date.now();
        this.#sayHello(this.resumePoint());
    }

    #sayHello(resume?: ResumePoint): void {
        const params = { client: CLIENT, ...(resume === undefined ? {} : { resume }) };
        this.#socket?.send(JSON.stringify({ jsonrpc: "2.0", id: HELLO_ID, method: "session.hello", params }));
    }

    #receive(message: Reply): void {
        this.#heardAt = Date.now();
        if (message.id === HELLO_ID) {
            this.#greetedWith(message);
            return;
        }
        this.#received += 1;
        if (this.#received % ACK_EVERY === 0)
            this.#send({ method: "session.ack", params: { received: this.#received } });
        if (message.method !== undefined) this.#events.onNotification(message.method, message.params ?? {});
        else if (typeof message.id === "number") this.#settle(message.id, message);
    }

    #settle(id: number, message: Reply): void {
        this.#outbound.answered(id);
        const pending = this.#pending.get(id);
        // A reply to the page that had this session before: nobody waits for it.
        if (pending === undefined) return;
        this.#pending.delete(id);
        const { error } = message;
        if (error === undefined) pending.done(message.result);
        else pending.fail(new RpcError(error.message, error.data, error.code));
    }

    #greetedWith(message: Reply): void {
        if (message.error !== undefined) {
            // The session is gone: the same connection may begin a new one.
            if (this.#resume === undefined) this.#end(message.error.message);
            else {
                this.#forget();
                this.#sayHello();
            }
            return;
        }
        const hello = message.result as Hello;
        const first = !this.#established;
        if (!hello.resumed) {
            if (this.#resume !== undefined) this.#forget();
            this.#received = 0;
        } else if (first) this.#outbound.continueFrom(hello.received);
        this.#resume = { sessionId: hello.sessionId, resumeToken: hello.resumeToken, received: this.#received };
        this.#attempt = 0;
        this.#established = true;
        for (const text of this.#outbound.after(hello.resumed ? hello.received : 0)) this.#socket?.send(text);
        this.#greeted = true;
        this.#events.onLink("online");
        this.#events.onHello(hello, first);
    }

    /** What was asked in a session that is gone is answered by nobody. */
    #forget(): void {
        this.#resume = undefined;
        this.#outbound.clear();
        this.#failAll(
            new RpcError("the session was lost; what was not answered may be done or not", { name: "SessionLost" }),
        );
        if (this.#established) this.#events.onSessionLost();
    }

    #failAll(error: RpcError): void {
        const pending = [...this.#pending.values()];
        this.#pending.clear();
        for (const p of pending) p.fail(error);
    }

    #lost(code: number | undefined, reason: string): void {
        this.#socket = undefined;
        this.#greeted = false;
        if (this.#ended) return;
        if (code !== undefined && FINAL_CODES.has(code)) {
            this.#end(
                code === 4001
                    ? "the session goes on in another window"
                    : reason || `closed by the server (${String(code)})`,
            );
            return;
        }
        this.#events.onLink("offline");
        const wait = Math.min(BACKOFF_MOST_MS, BACKOFF_FIRST_MS * 2 ** this.#attempt);
        this.#attempt += 1;
        // Half of the wait is by chance, so that many pages do not come back at once.
        this.#retryTimer = setTimeout(
            () => {
                this.#retryTimer = undefined;
                void this.#connect();
            },
            wait / 2 + (Math.random() * wait) / 2,
        );
    }

    #end(reason: string): void {
        if (this.#ended) return;
        this.#ended = true;
        clearTimeout(this.#retryTimer);
        clearInterval(this.#pingTimer);
        window.removeEventListener("online", this.#tryNow);
        this.#failAll(new RpcError("the session has ended", { name: "SessionEnded" }));
        this.#events.onLink("ended", reason);
    }

    readonly #tryNow = (): void => {
        if (this.#retryTimer === undefined) return;
        clearTimeout(this.#retryTimer);
        this.#retryTimer = undefined;
        void this.#connect();
    };

    /** A network that fell silent closes no socket: without an answer to a ping this one is given up. */
    #watch(): void {
        if (!this.#greeted) return;
        if (Date.now() - this.#heardAt > SILENT_MOST_MS) {
            // Not closed: a close frame that does get through would end the session.
            this.#lost(undefined, "");
            return;
        }
        this.#send({ id: this.#nextId, method: "session.ping", params: {} }, this.#nextId);
        this.#nextId += 1;
    }
}
