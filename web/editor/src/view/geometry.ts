import { RequestError } from "@webedithost/client";
import type { ElementProps } from "../state/elements";
import { type EditSession, errorText } from "../state/session";
import { type BoxRow, type Boxes, type Colors, type ViewSource, partsState } from "./boxes";
import { type FacetJob, type Facets, type GeometryEntry, MOST_OF_ELEMENT } from "./facets";
import { FacetWorker } from "./facetWorker";
import type { ViewScene } from "./scene";

/** What is smaller on the screen looks like its box. */
const LEAST_PX = 6;
/** Elements that are read at once. */
const BATCH = 250;
/** 18 bytes each here, and as many on the graphics card. */
const MOST_VERTICES = 1_500_000;
/** As long as the camera moves, nothing is read. */
const REST_MS = 150;

type Read = Pick<ElementProps, "id"> & { geom?: readonly GeometryEntry[] };

function partIdsOf(elements: readonly Read[]): string[] {
    const named = elements.flatMap((e) => (e.geom ?? []).flatMap((g) => g.geomPart?.part ?? []));
    return [...new Set(named)];
}

/**
 * Brings real geometry in place of boxes: of what is in sight, the largest on the screen first, some hundred elements a
 * call, as many as the bound allows. What could not be drawn is not asked for again until it has changed.
 */
export class Geometry {
    readonly #session: EditSession;
    readonly #source: ViewSource;
    readonly #scene: ViewScene;
    readonly #boxes: Boxes;
    readonly #worker = new FacetWorker();
    /** How new an element was whose box stays. */
    readonly #boxesOnly = new Map<string, string>();
    readonly #withParts = new Set<string>();
    #colors: Colors = { categories: new Map(), subCategories: new Map() };
    #colorsState = "";
    #partsState: string | undefined;
    #batch = BATCH;
    #timer: ReturnType<typeof setTimeout> | undefined;
    #isBusy = false;
    #isAlive = true;

    constructor(session: EditSession, source: ViewSource, scene: ViewScene, boxes: Boxes) {
        this.#session = session;
        this.#source = source;
        this.#scene = scene;
        this.#boxes = boxes;
        scene.orbit.addEventListener("change", this.#later);
    }

    dispose(): void {
        this.#isAlive = false;
        clearTimeout(this.#timer);
        this.#scene.orbit.removeEventListener("change", this.#later);
        this.#worker.dispose();
    }

    /** The boxes are shown anew: goes on from there. Elements that changed have lost their shapes by that. */
    async follow(colors: Colors): Promise<void> {
        for (const id of this.#boxesOnly.keys()) if (!this.#boxes.byId.has(id)) this.#boxesOnly.delete(id);
        for (const id of this.#withParts) if (!this.#boxes.byId.has(id)) this.#withParts.delete(id);
        const colorsState = JSON.stringify([[...colors.categories], [...colors.subCategories]]);
        if (colorsState !== this.#colorsState) {
            this.#colorsState = colorsState;
            this.#colors = colors;
            this.#forget(this.#scene.shapes.ids());
        }
        if (this.#withParts.size > 0) {
            const state = await partsState(this.#session);
            if (state !== this.#partsState) this.#forget(this.#withParts);
            this.#partsState = state;
        }
        this.#later();
    }

    readonly #later = (): void => {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => {
            this.#timer = undefined;
            void this.#run();
        }, REST_MS);
        this.#say();
    };

    #alive(): boolean {
        return this.#isAlive;
    }

    #forget(ids: Iterable<string>): void {
        const all = new Set(ids);
        for (const id of all) this.#boxesOnly.delete(id);
        this.#scene.dropShapes(all);
    }

    async #run(): Promise<void> {
        if (this.#isBusy || !this.#alive()) return;
        this.#isBusy = true;
        try {
            for (let sizes = this.#scene.sizes(); this.#alive(); sizes = this.#scene.sizes()) {
                // Who moves the camera has all the time there is; what it shows then is asked for when it is at rest.
                if (this.#scene.isMoving) this.#later();
                const rows = this.#scene.isMoving ? [] : this.#wanted(sizes);
                if (rows.length === 0) break;
                await this.#bring(rows, sizes);
            }
        } catch (error) {
            if (this.#alive()) this.#session.notify("error", errorText(error));
        } finally {
            this.#isBusy = false;
            this.#say();
        }
    }

    /** Whether more is to come, and how many elements are drawn with their geometry by now. */
    #say(): void {
        const { host, shapes } = this.#scene;
        host.ariaBusy = String(this.#isBusy || this.#timer !== undefined);
        host.dataset["shapes"] = String(shapes.size);
    }

    #wanted(sizes: ReadonlyMap<string, number>): BoxRow[] {
        // Letting one element go makes no more room than that: else the same ones would come and go.
        const isFull = this.#scene.shapes.vertices > MOST_VERTICES - MOST_OF_ELEMENT;
        const least = isFull ? this.#smallestShown(sizes) : LEAST_PX;
        const rows: [number, BoxRow][] = [];
        for (const [id, size] of sizes) {
            const row = this.#boxes.byId.get(id);
            if (row === undefined || size <= least || this.#scene.shapes.has(id)) continue;
            if (this.#boxesOnly.get(id) !== row[14]) rows.push([size, row]);
        }
        return rows
            .sort(([a], [b]) => b - a)
            .slice(0, this.#batch)
            .map(([, row]) => row);
    }

    #smallestShown(sizes: ReadonlyMap<string, number>): number {
        let least = Infinity;
        for (const id of this.#scene.shapes.ids()) least = Math.min(least, sizes.get(id) ?? 0);
        return Math.max(least, LEAST_PX);
    }

    /** Reads these elements and shows what they are; fewer the next time, if they are too much for one reply or the worker. */
    async #bring(rows: readonly BoxRow[], sizes: ReadonlyMap<string, number>): Promise<void> {
        const facets = await this.#facetsOf(rows);
        if (facets === undefined) {
            const [first] = rows;
            if (rows.length === 1 && first !== undefined) this.#boxesOnly.set(first[0], first[14]);
            this.#batch = Math.max(1, this.#batch >> 1);
            return;
        }
        this.#batch = Math.min(BATCH, this.#batch * 2);
        if (!this.#alive()) return;
        const rowOf = new Map(rows.map((row) => [row[0], row]));
        const shown = [];
        for (const f of facets) {
            const row = rowOf.get(f.id);
            // What has changed meanwhile is asked for again.
            if (row === undefined || this.#boxes.byId.get(f.id) !== row) continue;
            if ((f.triangles ?? f.glass ?? f.lines ?? f.points) === undefined) this.#boxesOnly.set(f.id, row[14]);
            else shown.push({ facets: f, row });
        }
        this.#scene.putShapes(shown);
        this.#keepBound(sizes);
    }

    async #facetsOf(rows: readonly BoxRow[]): Promise<Facets[] | undefined> {
        const elements = await this.#read(rows.map(([id]) => id));
        if (elements === undefined) return undefined;
        const partIds = partIdsOf(elements);
        if (partIds.length > 0) this.#partsState ??= await partsState(this.#session);
        const parts = await this.#read(partIds);
        if (parts === undefined) return undefined;
        const geomOf = new Map(elements.map((e) => [e.id, e.geom ?? []]));
        const jobs = rows.map((row): FacetJob => {
            const geom = geomOf.get(row[0]) ?? [];
            if (geom.some((g) => g.geomPart !== undefined)) this.#withParts.add(row[0]);
            const color = this.#colors.categories.get(row[1] ?? "") ?? 0;
            return { id: row[0], geom, matrix: this.#scene.matrixOf(row), color, is2d: this.#source.is2d };
        });
        return this.#worker.run({
            jobs,
            parts: Object.fromEntries(parts.map((p) => [p.id, p.geom ?? []])),
            subCategories: Object.fromEntries(this.#colors.subCategories),
        });
    }

    /** Elements or parts; undefined, if they are too much for one reply. */
    async #read(ids: readonly string[]): Promise<Read[] | undefined> {
        if (ids.length === 0) return [];
        try {
            return await this.#session.call<Read[]>("elements.getMany", { ids, wantGeometry: true });
        } catch (error) {
            if (error instanceof RequestError && error.errorName === "LimitExceeded") return undefined;
            throw error;
        }
    }

    /** Lets go of the smallest on the screen, and before them of those out of sight. */
    #keepBound(sizes: ReadonlyMap<string, number>): void {
        const { shapes } = this.#scene;
        let over = shapes.vertices - MOST_VERTICES;
        if (over <= 0) return;
        const gone = new Set<string>();
        for (const id of [...shapes.ids()].sort((a, b) => (sizes.get(a) ?? 0) - (sizes.get(b) ?? 0))) {
            if (over <= 0) break;
            over -= shapes.countOf(id);
            gone.add(id);
        }
        this.#scene.dropShapes(gone);
    }
}
