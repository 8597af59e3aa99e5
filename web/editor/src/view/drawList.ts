import { BufferAttribute, type BufferGeometry, DynamicDrawUsage } from "three";

const GROW = 1.5;

/** The vertices of a geometry that are drawn, in an order of their own; some of the first may do. */
export class DrawList {
    readonly #geometry: BufferGeometry;
    #attribute: BufferAttribute | undefined;
    #array = new Uint32Array();
    #length = 0;

    constructor(geometry: BufferGeometry) {
        this.#geometry = geometry;
    }

    get length(): number {
        return this.#length;
    }

    clear(): void {
        this.#length = 0;
    }

    /** Vertices in a row, or (with @pattern) those of a pattern that begins at @first. */
    add(first: number, count: number, pattern?: readonly number[]): void {
        this.#reserve(this.#length + count);
        for (let i = 0; i < count; i++) this.#array[this.#length + i] = first + (pattern?.[i] ?? i);
        this.#length += count;
    }

    /** From now on the geometry is drawn that way. */
    use(): void {
        if (this.#attribute?.array !== this.#array) {
            this.#attribute = new BufferAttribute(this.#array, 1);
            this.#attribute.setUsage(DynamicDrawUsage);
        }
        this.#geometry.setIndex(this.#attribute);
        this.#attribute.clearUpdateRanges();
        this.#attribute.addUpdateRange(0, this.#length);
        this.#attribute.needsUpdate = true;
        this.#geometry.setDrawRange(0, this.#length);
    }

    #reserve(count: number): void {
        if (count <= this.#array.length) return;
        const larger = new Uint32Array(Math.ceil(count * GROW));
        larger.set(this.#array.subarray(0, this.#length));
        this.#array = larger;
    }
}
