import {
    type Color,
    DoubleSide,
    Group,
    LineBasicMaterial,
    LineSegments,
    type Material,
    Mesh,
    MeshLambertMaterial,
    Points,
    PointsMaterial,
    type Raycaster,
} from "three";
import { Batch } from "./batch";
import { type Contrast, LINE_CONTRAST, SURFACE_CONTRAST } from "./contrast";
import type { Facets } from "./facets";
import type { Outline } from "./ghost";

const POINT_PX = 5;
const RGBA = 4;

export interface Hit {
    id: string;
    distance: number;
}

/** The elements that are drawn with their geometry: four batches, whatever there is. */
export class Shapes {
    readonly group = new Group();
    /** How new an element was when it was read, by id. */
    readonly #stamps = new Map<string, string>();
    readonly #materials: readonly Material[];
    readonly batches: readonly Batch[];
    readonly #triangles: Batch;
    readonly #lines: Batch;
    readonly #points: Batch;
    readonly #glass: Batch;
    #vertices = 0;

    constructor(contrast: Contrast) {
        // Lines lie upon the surfaces that they bound.
        const solid = { polygonOffset: true, polygonOffsetFactor: 1, polygonOffsetUnits: 1 };
        const surface = new MeshLambertMaterial({ vertexColors: true, side: DoubleSide, ...solid });
        const line = new LineBasicMaterial({ vertexColors: true });
        const point = new PointsMaterial({ vertexColors: true, size: POINT_PX, sizeAttenuation: false });
        // What is behind it is seen through it, so it must not be hidden by the order in which they are drawn.
        const glass = new MeshLambertMaterial({
            vertexColors: true,
            side: DoubleSide,
            transparent: true,
            depthWrite: false,
            ...solid,
        });
        this.#materials = [surface, glass, line, point];
        for (const m of [surface, glass]) contrast.apply(m, SURFACE_CONTRAST);
        for (const m of [line, point]) contrast.apply(m, LINE_CONTRAST);
        this.#triangles = new Batch((g) => new Mesh(g, surface), true);
        this.#lines = new Batch((g) => new LineSegments(g, line), false);
        this.#points = new Batch((g) => new Points(g, point), false);
        this.#glass = new Batch((g) => new Mesh(g, glass), true, RGBA);
        this.batches = [this.#triangles, this.#lines, this.#points, this.#glass];
        for (const b of this.batches) this.group.add(b.object);
    }

    get vertices(): number {
        return this.#vertices;
    }

    get size(): number {
        return this.#stamps.size;
    }

    has(id: string): boolean {
        return this.#stamps.has(id);
    }

    ids(): IterableIterator<string> {
        return this.#stamps.keys();
    }

    /** @facets must have something to draw. */
    put(facets: Facets, stamp: string): void {
        if (this.has(facets.id)) this.remove(new Set([facets.id]));
        for (const [batch, vertices] of [
            [this.#triangles, facets.triangles],
            [this.#lines, facets.lines],
            [this.#points, facets.points],
            [this.#glass, facets.glass],
        ] as const) {
            if (vertices === undefined) continue;
            batch.put(facets.id, vertices);
            this.#vertices += batch.countOf(facets.id);
        }
        this.#stamps.set(facets.id, stamp);
    }

    remove(ids: ReadonlySet<string>): void {
        for (const id of ids) {
            if (this.#stamps.delete(id)) this.#vertices -= this.countOf(id);
        }
        for (const b of this.batches) b.remove(ids);
    }

    /** Lets go of what @isCurrent does not say yes to. */
    prune(isCurrent: (id: string, stamp: string) => boolean): void {
        const gone = [...this.#stamps].filter(([id, stamp]) => !isCurrent(id, stamp)).map(([id]) => id);
        if (gone.length > 0) this.remove(new Set(gone));
    }

    countOf(id: string): number {
        return this.batches.reduce((sum, b) => sum + b.countOf(id), 0);
    }

    paint(id: string, color: Color | undefined): void {
        if (!this.has(id)) return;
        for (const b of this.batches) b.paint(id, color);
    }

    outlineOf(id: string): Outline {
        return {
            triangles: [this.#triangles.positionsOf(id), this.#glass.positionsOf(id)],
            lines: [this.#lines.positionsOf(id)],
        };
    }

    /** The nearest that the ray hits. */
    pick(ray: Raycaster): Hit | undefined {
        let best: Hit | undefined;
        for (const batch of this.batches) {
            for (const hit of ray.intersectObject(batch.object)) {
                const id = batch.idAt(hit.face?.a ?? hit.index ?? -1);
                if (id === undefined) continue;
                if (best === undefined || hit.distance < best.distance) best = { id, distance: hit.distance };
                // They come in their order.
                break;
            }
        }
        return best;
    }

    dispose(): void {
        for (const b of this.batches) b.dispose();
        for (const m of this.#materials) m.dispose();
    }
}
