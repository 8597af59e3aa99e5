import {
    Client,
    type ClientState,
    type Hello,
    RequestError,
    type ResumePoint,
    SessionEndError,
} from "@webedithost/client";
import { CallLog } from "./calls";
import { Store } from "./store";
import { connectClient, isLost, reasonOf } from "./connect";
import { forgetToken, keepResumePoint, keepToken, takeResumePoint } from "./token";
import type { BriefcaseEntry, IModelEntry, OpenInfo, Params, QueryReply, TxnState } from "./types";

export interface Notice {
    id: number;
    kind: "error" | "info";
    text: string;
}

/** online: messages travel. offline: it is tried again. ended: nobody tries any more, reason tells why. */
export type Link = "signedOut" | "connecting" | "online" | "offline" | "ended";

export interface SessionState {
    link: Link;
    /** Why the session ended. */
    reason?: string | undefined;
    user: string;
    access: string;
    imodels: readonly IModelEntry[];
    briefcases: readonly BriefcaseEntry[];
    open?: OpenInfo | undefined;
    txn?: TxnState | undefined;
    /** What takes a while just now, for a person. */
    working?: string | undefined;
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
const HEARD = [...CHANGING, ...REWINDING, "session.onMessage", "session.onDrain", "txns.onAutosaveFailed"];

/** What a person reads of an error: the server's own words, and where. */
export function errorText(error: unknown): string {
    if (error instanceof SessionEndError && error.mayHaveRun) return `${error.message}; it may be done or not`;
    if (!(error instanceof RequestError)) return error instanceof Error ? error.message : String(error);
    const where = error.data.where === undefined ? "" : ` (${error.data.where})`;
    return `${error.message}${where}`;
}

/** The page's session: what is known of it, and what can be done. */
export class EditSession {
    readonly store = new Store<SessionState>(START);
    readonly calls = new CallLog();
    /** Of the token that is signed in; aborted by signing out. */
    #stop = new AbortController();
    /** The client, as soon as there is one; rejected when there will be none. */
    #coming: Promise<Client> = Promise.reject(new SessionEndError("closed", "not signed in"));
    #client: Client | undefined;
    /** What the client that is still coming goes on with. */
    #resume: ResumePoint | undefined;
    #noticeId = 0;
    #turn: Promise<unknown> = Promise.resolve();
    /** Work that is not done yet. */
    #queued = 0;

    constructor() {
        this.#coming.catch(() => undefined);
    }

    /** Signs in; a session that this tab had before a reload goes on. */
    start(token: string): void {
        keepToken(token);
        this.#stop = new AbortController();
        this.#connect(token, takeResumePoint());
        window.addEventListener("pagehide", this.#leave);
    }

    signOut(): void {
        window.removeEventListener("pagehide", this.#leave);
        this.#stop.abort();
        if (this.#client?.state.name === "open") void this.#client.close();
        else this.#client?.abandon();
        this.#client = undefined;
        forgetToken();
        this.store.set(START);
    }

    async call<T>(method: string, params: Params = {}): Promise<T> {
        const call = this.calls.begin(method, params);
        try {
            const result = (await (await this.#coming).request(method, params)) as T;
            this.calls.end(call);
            return result;
        } catch (error) {
            this.calls.end(call, error instanceof RequestError ? error.errorName : "Error");
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

    /** Runs @work when those that were given before are done, but in no other iModel: the same ids stand for something else there. */
    inTurn<T>(work: () => Promise<T>): Promise<T> {
        const { open } = this.store.get();
        this.#queued += 1;
        const result = this.#turn.then(() => {
            if (this.store.get().open?.key !== open?.key)
                throw new Error("The iModel was closed before this was done.");
            return work();
        });
        const done = () => {
            this.#queued -= 1;
        };
        this.#turn = result.then(done, done);
        return result;
    }

    /** Whether there is anything unsaved, or will be when what is queued is done. */
    get mayBeUnsaved(): boolean {
        return this.#queued > 0 || this.store.get().txn?.hasUnsavedChanges === true;
    }

    /** Whether there is anything unsaved, asked when what is queued is done. */
    async isUnsaved(): Promise<boolean> {
        await this.#turn;
        return this.store.get().txn?.hasUnsavedChanges === true;
    }

    /** Runs what a button does; its error is shown instead of thrown. */
    async attempt(work: () => Promise<unknown>): Promise<boolean> {
        try {
            await work();
            return true;
        } catch (error) {
            // That the session was lost is told once, not for each call that was under way.
            if (!(error instanceof SessionEndError && isLost(error))) this.notify("error", errorText(error));
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
        const name = "imodel" in target ? target.imodel : target.briefcase;
        const open = await this.#whileSaying(`Opening ${name} …`, () =>
            this.call<OpenInfo>("briefcase.open", { ...target, mode }),
        );
        await this.#opened(open);
    }

    async checkout(imodel: string): Promise<void> {
        const { briefcase } = await this.#whileSaying(`Checking out ${imodel} …`, () =>
            this.call<{ briefcase: string }>("briefcase.checkout", { imodel }),
        );
        await this.open({ briefcase }, "readwrite");
    }

    async createIModel(imodel: string, rootSubject: { name: string; description: string }): Promise<void> {
        await this.#whileSaying(`Making ${imodel} …`, () => this.call("imodel.create", { imodel, rootSubject }));
        await this.refreshLists();
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

    // These wait for edits that are queued: else they would be left out of the save, or come after the abandon.

    closeBriefcase(unsaved: "error" | "save" | "abandon"): Promise<void> {
        return this.inTurn(async () => {
            await this.call("briefcase.close", { unsaved });
            this.store.set({ open: undefined, txn: undefined });
            await this.refreshLists();
        });
    }

    save(description: string): Promise<void> {
        return this.inTurn(() => this.edit("txns.saveChanges", description === "" ? {} : { description }));
    }

    abandon(): Promise<void> {
        return this.inTurn(async () => {
            await this.call("txns.abandonChanges");
            this.#rewound();
            await this.#changed();
        });
    }

    undo(): Promise<void> {
        return this.inTurn(() => this.edit("txns.reverseTxns", {}));
    }

    redo(): Promise<void> {
        return this.inTurn(() => this.edit("txns.reinstateTxn", {}));
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

    async #whileSaying<T>(working: string, work: () => Promise<T>): Promise<T> {
        this.store.set({ working });
        try {
            return await work();
        } finally {
            this.store.set({ working: undefined });
        }
    }

    #connect(token: string, resume?: ResumePoint): void {
        const { signal } = this.#stop;
        this.#client = undefined;
        this.#resume = resume;
        this.store.set({ link: "connecting", reason: undefined });
        this.#coming = connectClient(token, resume, signal, () => {
            this.store.set({ link: "offline" });
        });
        this.#coming.then(
            (client) => {
                this.#use(client, token);
            },
            (error: unknown) => {
                if (!signal.aborted) this.store.set({ link: "ended", reason: reasonOf(error) });
            },
        );
    }

    #use(client: Client, token: string): void {
        this.#client = client;
        for (const name of HEARD) {
            client.listen(name, (params: Params) => {
                this.#notified(name, params);
            });
        }
        client.onState((state) => {
            if (this.#client === client) this.#moved(client, state, token);
        });
        this.#moved(client, client.state, token, true);
    }

    #moved(client: Client, state: ClientState, token: string, isFirst = false): void {
        if (state.name === "lost") this.store.set({ link: "offline" });
        if (state.name === "open") {
            this.store.set({ link: "online" });
            // A connection that came back goes on as if nothing had been; else the page finds out where it stands.
            if (isFirst || state.how !== "resumed") this.#greeted(client.session);
        }
        if (state.name !== "ended") return;
        if (isLost(state.error)) {
            this.notify(
                "error",
                "The session was lost. What was not saved is offered when the iModel is opened again.",
            );
            this.#connect(token);
        } else this.store.set({ link: "ended", reason: reasonOf(state.error) });
    }

    #greeted(hello: Hello): void {
        this.store.set({ user: hello.user, access: hello.access });
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
        keepResumePoint(this.#client === undefined ? this.#resume : this.#client.resumePoint());
    };
}
