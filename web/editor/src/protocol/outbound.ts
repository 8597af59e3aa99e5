/** Messages of this side, counted and kept until the server is known to have them. */
interface Sent {
    count: number;
    id?: number;
    text: string;
}

export class Outbound {
    #kept: Sent[] = [];
    #count = 0;

    /** Forgets everything: what was for one session must not reach another. */
    clear(): void {
        this.#kept = [];
        this.#count = 0;
    }

    /** Goes on counting where the server is, after a page that had the session before. */
    continueFrom(count: number): void {
        this.#count = count;
        for (const sent of this.#kept) {
            this.#count += 1;
            sent.count = this.#count;
        }
    }

    get waiting(): number {
        return this.#kept.length;
    }

    add(text: string, id?: number): void {
        this.#count += 1;
        this.#kept.push({ count: this.#count, text, ...(id === undefined ? {} : { id }) });
    }

    /** A reply shows that the server has the request and all before it. */
    answered(id: number): void {
        const index = this.#kept.findIndex((s) => s.id === id);
        if (index >= 0) this.#kept.splice(0, index + 1);
    }

    /** What the server lacks, in order. */
    after(received: number): string[] {
        return this.#kept.filter((s) => s.count > received).map((s) => s.text);
    }
}
