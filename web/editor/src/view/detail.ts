import { BOX_VERTICES, type BoxMesh } from "./boxMesh";
import type { Shapes } from "./shapes";

/** A dot costs about as much as that many vertices of a box. */
const DOT_COST = 5;
/** No dots for more than that part of a frame. */
const DOTS_MOST = 0.4;
/** What takes a larger part of a frame is drawn as its box: there are others. */
const SHAPE_MOST = 0.25;
/** A choice is made for budgets up to so many times what there is now. */
const AHEAD = 2;
const BUCKETS = 128;
const BUCKETS_AN_OCTAVE = 4;
const MIDDLE_BUCKET = 48;

function bucketOf(size: number): number {
    if (size === Infinity) return 0;
    if (!(size > 0)) return BUCKETS - 1;
    const bucket = MIDDLE_BUCKET - Math.floor(Math.log2(size) * BUCKETS_AN_OCTAVE);
    return Math.min(Math.max(bucket, 1), BUCKETS - 2);
}

/** Indices of @sizes: the largest first, about (by a fifth), equal ones in their order; 0 last. One pass, however many there are. */
export function bySize(sizes: Float32Array): Uint32Array {
    const ends = new Uint32Array(BUCKETS);
    for (const size of sizes) ends[bucketOf(size)] = (ends[bucketOf(size)] ?? 0) + 1;
    let start = 0;
    for (let b = 0; b < BUCKETS; b++) {
        const count = ends[b] ?? 0;
        ends[b] = start;
        start += count;
    }
    const order = new Uint32Array(sizes.length);
    sizes.forEach((size, i) => {
        const b = bucketOf(size);
        const place = ends[b] ?? 0;
        order[place] = i;
        ends[b] = place + 1;
    });
    return order;
}

/** How much of each there is in a frame that shows the first elements in full. */
interface Cut {
    elements: number;
    boxes: number;
    batches: readonly number[];
    vertices: number;
}

const NONE: Cut = { elements: 0, boxes: 0, batches: [], vertices: 0 };

/**
 * What is drawn while the picture moves: the largest on the screen in full, as many as a frame may have vertices, the others as dots. The
 * choice is made now and then; a frame only takes more or less of it.
 */
export class Detail {
    readonly #boxes: BoxMesh;
    readonly #shapes: Shapes;
    #cuts: Cut[] = [];
    #count = 0;
    #isWhole = false;

    constructor(boxes: BoxMesh, shapes: Shapes) {
        this.#boxes = boxes;
        this.#shapes = shapes;
    }

    /** Whether everything is drawn in full. */
    get isWhole(): boolean {
        return this.#isWhole;
    }

    /** Vertices of the full picture. */
    total(): number {
        return (this.#boxes.count - this.#shapes.size) * BOX_VERTICES + this.#shapes.vertices;
    }

    /** The full picture. */
    drawAll(ids: readonly string[]): void {
        this.#isWhole = true;
        for (const batch of this.#shapes.batches) batch.drawAll();
        this.#boxes.drawAll((i) => this.#shapes.has(ids[i] ?? ""));
    }

    /** Chooses for frames with about @budget vertices. @order: of indices of @ids. */
    choose(ids: readonly string[], order: Uint32Array, budget: number): void {
        const { batches } = this.#shapes;
        this.#isWhole = false;
        this.#cuts = [NONE];
        this.#count = order.length;
        this.#boxes.choose();
        for (const batch of batches) batch.choose();
        let vertices = 0;
        for (const index of order) {
            this.#boxes.addDot(index);
            if (vertices > budget * AHEAD) continue;
            const id = ids[index] ?? "";
            const count = this.#shapes.countOf(id);
            if (count === 0 || count > budget * SHAPE_MOST) this.#boxes.add(index);
            else for (const batch of batches) batch.add(id);
            const chosen = { boxes: this.#boxes.chosen, batches: batches.map((b) => b.chosen) };
            vertices = chosen.boxes + chosen.batches.reduce((sum, n) => sum + n, 0);
            this.#cuts.push({ elements: this.#cuts.length, ...chosen, vertices });
        }
        this.#boxes.useChosen();
        for (const batch of batches) batch.useChosen();
    }

    /** What the next frame shows; how many vertices it has. */
    draw(budget: number, height: number): number {
        if (this.#isWhole) return this.total();
        const dots = Math.min(this.#count, Math.floor((budget * DOTS_MOST) / DOT_COST));
        const cut = this.#cutFor(budget - dots * DOT_COST);
        const count = Math.min(dots, this.#count - cut.elements);
        this.#boxes.draw(cut.boxes, { first: cut.elements, count }, height);
        this.#shapes.batches.forEach((batch, i) => {
            batch.draw(cut.batches[i] ?? 0);
        });
        return cut.vertices + count * DOT_COST;
    }

    /** The largest that is within @budget. */
    #cutFor(budget: number): Cut {
        let [low, high] = [0, this.#cuts.length - 1];
        while (low < high) {
            const middle = (low + high + 1) >> 1;
            if ((this.#cuts[middle]?.vertices ?? Infinity) <= budget) low = middle;
            else high = middle - 1;
        }
        return this.#cuts[low] ?? NONE;
    }
}
