import { Connection } from "../protocol/connection";
import { type Hello, type Link, type Params, RpcError } from "../protocol/rpc";
import { CallLog } from "./calls";
import { Store } from "./store";
import { forgetToken, keepResumePoint, keepToken, takeResumePoint } from "./token";
import type { BriefcaseEntry, IModelEntry, OpenInfo, QueryReply, TxnState } from "./types";

export interface Notice {
    id: number;
    kind: "error" | "info";
    text: string;
}

export interface SessionState {
    link: Link | "signedOut";
    /** Why the session ended. */
    reason?: string | undefined;
    user: string;
    access: string;
    imodels: readonly IModelEntry[];
    briefcases: readonly BriefcaseEntry[];
    open?: OpenInfo | undefined;
    txn?: TxnState | undefined;
    /** Counts what changed the content: who shows content reads it anew. */
    revision: number;
    /** Counts what may have made the content older: undo, redo, abandon, a change from outside. */
    rewound: number;
    notices: readonly Notice[];
}

export type Target = { imodel: string } | { briefcase: string };

const NOTICES_MOST = 5;
const START: SessionState = {
    link: "signedOut",
    user: "",
    access: "",
    imodels: [],
    briefcases: [],
    revision: 0,
    rewound: 0,
    notices: [],
};
/** Notifications after which the content may look different. */
const CHANGING = new Set(["txns.onElementsChanged", "txns.onModelsChanged"]);
/** Notifications after which it may be as it was before. */
const REWINDING = new Set(["txns.onAfterUndoRedo", "briefcase.onChangedOutside"]);

/** What a person reads of an error: the server's own words, and where. */
export function errorText(error: unknown): string {
    if (!(error instanceof RpcError)) return error instanceof Error ? error.message : String(error);
    const where = error.data.where === undefined ? "" : ` (${error.data.where})`;
    return `${error.message}${where}`;
}

/** The page's session: what is known of it, and what can be done. */
export class EditSession {
    readonly store = new Store<SessionState>(START);
    readonly calls = new CallLog();
    #connection: Connection | undefined;
    #noticeId = 0;
    #turn: Promise<unknown> = Promise.resolve();

    /** Signs in; a session that this tab had before a reload goes on. */
    start(token: string): void {
        keepToken(token);
        const events = {
            onLink: (link: Link, reason?: string) => {
                this.store.set({ link, reason });
            },
            onHello: (hello: Hello, first: boolean) => {
                this.#greeted(hello, first);
            },
            onNotification: (method: string, params: Params) => {
                this.#notified(method, params);
            },
            onSessionLost: () => {
                this.notify(
                    "error",
                    "The session was lost. What was not saved is offered when the iModel is opened again.",
                );
            },
        };
        this.#connection = new Connection(token, events, takeResumePoint());
        this.#connection.start();
        window.addEventListener("pagehide", this.#leave);
    }

    signOut(): void {
        window.removeEventListener("pagehide", this.#leave);
        this.#connection?.close();
        this.#connection = undefined;
        forgetToken();
        this.store.set(START);
    }

    async call<T>(method: string, params: Params = {}): Promise<T> {
        if (this.#connection === undefined) throw new RpcError("not signed in", { name: "SessionEnded" });
        const call = this.calls.begin(method, params);
        try {
            const result = (await this.#connection.call(method, params)) as T;
            this.calls.end(call);
            return result;
        } catch (error) {
            this.calls.end(call, error instanceof RpcError ? error.name : "Error");
            throw error;
        }
    }

    /** One reply of a query, at most @count rows. */
    query<Row>(ecsql: string, args?: unknown, limit?: { offset?: number; count?: number }): Promise<QueryReply<Row>> {
        const more = { ...(args === undefined ? {} : { args }), ...(limit === undefined ? {} : { limit }) };
        return this.call("query.ecsql", { ecsql, ...more });
    }

    /** A call that changes content; what is shown is read anew afterwards. */
    async edit<T>(method: string, params: Params): Promise<T> {
        const result = await this.call<T>(method, params);
        await this.#changed();
        return result;
    }

    /** Runs @work when those that were given before are done. */
    inTurn<T>(work: () => Promise<T>): Promise<T> {
        const result = this.#turn.then(work);
        this.#turn = result.catch(() => undefined);
        return result;
    }

    /** Runs what a button does; its error is shown instead of thrown. */
    async attempt(work: () => Promise<unknown>): Promise<boolean> {
        try {
            await work();
            return true;
        } catch (error) {
            this.notify("error", errorText(error));
            return false;
        }
    }

    notify(kind: Notice["kind"], text: string): void {
        this.#noticeId += 1;
        const notices = [...this.store.get().notices, { id: this.#noticeId, kind, text }];
        this.store.set({ notices: notices.slice(-NOTICES_MOST) });
    }

    dismiss(id: number): void {
        this.store.set({ notices: this.store.get().notices.filter((n) => n.id !== id) });
    }

    async refreshLists(): Promise<void> {
        const [imodels, briefcases] = await Promise.all([
            this.call<IModelEntry[]>("imodel.list"),
            this.call<BriefcaseEntry[]>("briefcase.list"),
        ]);
        this.store.set({ imodels, briefcases });
    }

    async open(target: Target, mode: OpenInfo["mode"]): Promise<void> {
        await this.#opened(await this.call<OpenInfo>("briefcase.open", { ...target, mode }));
    }

    async checkout(imodel: string): Promise<void> {
        const { briefcase } = await this.call<{ briefcase: string }>("briefcase.checkout", { imodel });
        await this.open({ briefcase }, "readwrite");
    }

    async deleteBriefcase(briefcase: string): Promise<void> {
        await this.call("briefcase.delete", { briefcase });
        await this.refreshLists();
    }

    /** Restores or drops what an earlier session had not saved. */
    async recover(restore: boolean): Promise<void> {
        await this.call(restore ? "briefcase.restoreUnsaved" : "briefcase.dropUnsaved");
        const { open } = this.store.get();
        if (open !== undefined) {
            const rest = { ...open };
            delete rest.recoverable;
            this.store.set({ open: rest });
        }
        await this.#changed();
    }

    async closeBriefcase(unsaved: "error" | "save" | "abandon"): Promise<void> {
        await this.call("briefcase.close", { unsaved });
        this.store.set({ open: undefined, txn: undefined });
        await this.refreshLists();
    }

    async save(description: string): Promise<void> {
        await this.edit("txns.saveChanges", description === "" ? {} : { description });
    }

    async abandon(): Promise<void> {
        await this.call("txns.abandonChanges");
        this.#rewound();
        await this.#changed();
    }

    async undo(): Promise<void> {
        await this.edit("txns.reverseTxns", {});
    }

    async redo(): Promise<void> {
        await this.edit("txns.reinstateTxn", {});
    }

    async #changed(): Promise<void> {
        const txn = await this.call<TxnState>("txns.state");
        this.store.set({ txn, revision: this.store.get().revision + 1 });
    }

    async #opened(open: OpenInfo): Promise<void> {
        this.store.set({ open, revision: this.store.get().revision + 1 });
        if (open.unrecoverable !== undefined) {
            this.notify(
                "info",
                `Unsaved changes of an earlier session cannot be restored (${open.unrecoverable.state}).`,
            );
        }
        this.store.set({ txn: await this.call<TxnState>("txns.state") });
    }

    #greeted(hello: Hello, first: boolean): void {
        this.store.set({ user: hello.user, access: hello.access });
        // A connection that came back goes on as if nothing had been; else the page finds out where it stands.
        if (hello.resumed && !first) return;
        void this.attempt(async () => {
            await this.refreshLists();
            const isOpen =
                hello.ledBack !== undefined || (await this.call<{ state: string }>("session.info")).state === "READY";
            if (isOpen) await this.#opened(await this.call<OpenInfo>("briefcase.info"));
            else if (this.store.get().open !== undefined) this.store.set({ open: undefined, txn: undefined });
        });
    }

    #rewound(): void {
        const { revision, rewound } = this.store.get();
        this.store.set({ revision: revision + 1, rewound: rewound + 1 });
    }

    #notified(method: string, params: Params): void {
        if (REWINDING.has(method)) this.#rewound();
        if (CHANGING.has(method)) this.store.set({ revision: this.store.get().revision + 1 });
        if (method === "session.onMessage") this.notify("info", String(params["text"]));
        if (method === "session.onDrain")
            this.notify("info", "The server stops. What is not saved is kept for the next session.");
        if (method === "txns.onAutosaveFailed")
            this.notify("error", `Unsaved changes are not kept safe: ${String(params["message"])}`);
        if (method === "briefcase.onChangedOutside") this.notify("info", "Another program has changed the file.");
    }

    readonly #leave = (): void => {
        keepResumePoint(this.#connection?.resumePoint());
    };
}
