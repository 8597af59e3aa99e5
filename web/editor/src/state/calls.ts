import { toJson } from "./json";
import { Store } from "./store";

/** A call that the page made, as one could make it by hand. */
export interface Call {
    number: number;
    method: string;
    params: Record<string, unknown>;
    startedAt: number;
    ms?: number;
    error?: string;
}

const KEPT_MOST = 500;

/** The calls as they go, the newest so many. */
export class CallLog {
    readonly store = new Store<{ calls: readonly Call[] }>({ calls: [] });
    #number = 0;

    begin(method: string, params: Record<string, unknown>): Call {
        this.#number += 1;
        const call: Call = { number: this.#number, method, params, startedAt: performance.now() };
        this.store.set({ calls: [...this.store.get().calls.slice(1 - KEPT_MOST), call] });
        return call;
    }

    end(call: Call, error?: string): void {
        const ended = { ...call, ms: performance.now() - call.startedAt, ...(error === undefined ? {} : { error }) };
        this.store.set({ calls: this.store.get().calls.map((c) => (c.number === call.number ? ended : c)) });
    }

    clear(): void {
        this.store.set({ calls: [] });
    }
}

/** The calls as a script for `weh run`, which expects of each what happened here. */
export function asScript(calls: readonly Call[]): string {
    return calls
        .map((c) => {
            const line = `${c.method} ${toJson(c.params)}`;
            return c.error === undefined ? line : `${line}\nexpect-error ${c.error}`;
        })
        .join("\n");
}
