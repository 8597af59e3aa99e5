import type { FacetRequest, Facets } from "./facets";

const LONGEST_MS = 10_000;

/** The worker that makes facets. One that does not come back is ended, and another one begun for the next request. */
export class FacetWorker {
    #worker: Worker | undefined;

    /** What the elements are drawn with; undefined, if that was too much work. One request at a time. */
    run(request: FacetRequest): Promise<Facets[] | undefined> {
        this.#worker ??= new Worker(new URL("./facet.worker.ts", import.meta.url), { type: "module" });
        const worker = this.#worker;
        return new Promise((done) => {
            const end = (facets: Facets[] | undefined) => {
                clearTimeout(timer);
                if (facets === undefined) this.dispose();
                done(facets);
            };
            const timer = setTimeout(end, LONGEST_MS, undefined);
            worker.onmessage = ({ data }: MessageEvent<Facets[]>) => {
                end(data);
            };
            worker.onerror = () => {
                end(undefined);
            };
            worker.postMessage(request);
        });
    }

    dispose(): void {
        this.#worker?.terminate();
        this.#worker = undefined;
    }
}
