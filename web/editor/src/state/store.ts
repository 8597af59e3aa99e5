import { useSyncExternalStore } from "react";

/** A value that the page watches: components read it with useStore, everything else with get. */
export class Store<T extends object> {
    #value: T;
    readonly #watchers = new Set<() => void>();

    constructor(value: T) {
        this.#value = value;
    }

    readonly get = (): T => this.#value;

    set(change: Partial<T>): void {
        this.#value = { ...this.#value, ...change };
        for (const w of this.#watchers) w();
    }

    readonly subscribe = (watcher: () => void): (() => void) => {
        this.#watchers.add(watcher);
        return () => this.#watchers.delete(watcher);
    };
}

/** @pick must tell the same object as long as nothing changed. */
export function useStore<T extends object, P>(store: Store<T>, pick: (value: T) => P): P {
    return useSyncExternalStore(store.subscribe, () => pick(store.get()));
}
