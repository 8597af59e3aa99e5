/** Slower than this is felt; a display shows 60 frames a second at most, as a rule. */
const SLOW_MS = 38;
const WANTED_MS = 32;
const FAST_MS = 27;
const GROW = 1.2;
/** One frame does not take away more than half, however slow it was. */
const SHRINK_MOST = 0.5;
/** So many frames in a row are looked at: a single slow one may be somebody else's. */
const WINDOW = 3;
/** After what was too much nothing larger is tried for that many frames, and each time twice as many. */
const PATIENCE = 90;
const DOUBLED_MOST = 6;
const START = 60_000;
const LEAST = 6_000;
const MOST = 100_000_000;

/** How many vertices a frame may have, so that moving pictures stay fluid: found out from how long frames take. */
export class FrameBudget {
    #vertices = START;
    #ceiling = MOST;
    #patience = 0;
    #failures = 0;
    #recent: number[] = [];

    get vertices(): number {
        return this.#vertices;
    }

    /** A moving picture begins: what was before says nothing about its frames. */
    begin(): void {
        this.#recent = [];
    }

    /** @ms: from a frame with @drawn vertices until the next one. */
    feed(ms: number, drawn: number): void {
        if (this.#patience > 0 && --this.#patience === 0) this.#ceiling = MOST;
        this.#recent.push(ms);
        if (this.#recent.length < WINDOW) return;
        const typical = this.#recent.toSorted((a, b) => a - b)[WINDOW >> 1] ?? ms;
        if (typical > SLOW_MS) this.#shrink(typical, drawn);
        else {
            this.#recent.shift();
            // What is not used up need not be larger.
            if (typical < FAST_MS && drawn * GROW >= this.#vertices) this.#grow();
        }
    }

    #shrink(typical: number, drawn: number): void {
        const used = Math.min(drawn, this.#vertices);
        this.#ceiling = used;
        this.#patience = PATIENCE << this.#failures;
        this.#failures = Math.min(this.#failures + 1, DOUBLED_MOST);
        this.#vertices = Math.max(LEAST, used * Math.max(WANTED_MS / typical, SHRINK_MOST));
        this.#recent = [];
    }

    #grow(): void {
        this.#vertices = Math.min(this.#vertices * GROW, Math.max(this.#ceiling, this.#vertices), MOST);
    }
}
