import { BufferAttribute, BufferGeometry, DynamicDrawUsage, type Object3D, Sphere, Vector3 } from "three";
import type { Color } from "three";
import { DrawList } from "./drawList";
import type { Vertices } from "./facets";

interface Run {
    start: number;
    count: number;
}

const GROW = 1.5;
const LEAST = 3072;
const BYTE_MOST = 255;

/** The vertices of many elements in one geometry, so that all of them are one call to draw. */
export class Batch {
    readonly geometry = new BufferGeometry();
    #runs = new Map<string, Run>();
    /** What the vertices of painted elements were. */
    readonly #own = new Map<string, Uint8Array>();
    readonly #chosen = new DrawList(this.geometry);
    #used = 0;
    #capacity = 0;

    readonly object: Object3D;

    constructor(
        make: (geometry: BufferGeometry) => Object3D,
        readonly hasNormals: boolean,
        readonly colorSize = 3,
    ) {
        this.object = make(this.geometry);
        this.object.frustumCulled = false;
        // What is drawn is chosen before; who picks is to look at all of it.
        this.geometry.boundingSphere = new Sphere(new Vector3(), Infinity);
        this.geometry.setDrawRange(0, 0);
        this.#reserve(LEAST);
    }

    countOf(id: string): number {
        return this.#runs.get(id)?.count ?? 0;
    }

    put(id: string, vertices: Vertices): void {
        const count = vertices.positions.length / 3;
        this.#reserve(this.#used + count);
        for (const [name, from] of Object.entries({
            position: vertices.positions,
            color: vertices.colors,
            ...(vertices.normals && { normal: vertices.normals }),
        })) {
            const attribute = this.#attribute(name);
            const size = attribute.itemSize;
            attribute.array.set(from, this.#used * size);
            attribute.addUpdateRange(this.#used * size, count * size);
            attribute.needsUpdate = true;
        }
        this.#runs.set(id, { start: this.#used, count });
        this.#used += count;
        this.drawAll();
    }

    drawAll(): void {
        this.geometry.setIndex(null);
        this.geometry.setDrawRange(0, this.#used);
    }

    /** From now on some are drawn only: those that add() names, in that order, of which draw() takes the first. */
    choose(): void {
        this.#chosen.clear();
    }

    add(id: string): void {
        const run = this.#runs.get(id);
        if (run !== undefined) this.#chosen.add(run.start, run.count);
    }

    /** How many vertices are chosen by now. */
    get chosen(): number {
        return this.#chosen.length;
    }

    /** The choice is made. */
    useChosen(): void {
        this.#chosen.use();
    }

    draw(vertices: number): void {
        this.geometry.setDrawRange(0, vertices);
    }

    /** What is behind moves up: there are no holes. */
    remove(ids: ReadonlySet<string>): void {
        if (![...ids].some((id) => this.#runs.has(id))) return;
        const runs = new Map<string, Run>();
        let end = 0;
        for (const [id, run] of this.#runs) {
            if (ids.has(id)) {
                this.#own.delete(id);
                continue;
            }
            for (const name of end === run.start ? [] : this.#names()) {
                const { array, itemSize } = this.#attribute(name);
                array.copyWithin(end * itemSize, run.start * itemSize, (run.start + run.count) * itemSize);
            }
            runs.set(id, { start: end, count: run.count });
            end += run.count;
        }
        this.#runs = runs;
        this.#used = end;
        this.drawAll();
        for (const name of this.#names()) {
            const attribute = this.#attribute(name);
            attribute.clearUpdateRanges();
            attribute.addUpdateRange(0, end * attribute.itemSize);
            attribute.needsUpdate = true;
        }
    }

    /** Another colour for an element; undefined: its own again. */
    paint(id: string, color: Color | undefined): void {
        const run = this.#runs.get(id);
        if (run === undefined) return;
        const attribute = this.#attribute("color");
        const size = attribute.itemSize;
        const range = attribute.array.subarray(run.start * size, (run.start + run.count) * size) as Uint8Array;
        const own = this.#own.get(id) ?? range.slice();
        if (color === undefined) {
            range.set(own);
            this.#own.delete(id);
        } else {
            this.#own.set(id, own);
            const bytes = color.toArray().map((part) => Math.round(part * BYTE_MOST));
            // What can be seen through stays so.
            for (let i = 0; i < range.length; i += size) range.set(bytes, i);
        }
        attribute.addUpdateRange(run.start * size, run.count * size);
        attribute.needsUpdate = true;
    }

    /** Where an element's vertices are; nothing, if it has none here. */
    positionsOf(id: string): Float32Array {
        const { start, count } = this.#runs.get(id) ?? { start: 0, count: 0 };
        return this.#attribute("position").array.slice(start * 3, (start + count) * 3) as Float32Array;
    }

    /** Whose vertex that is. */
    idAt(vertex: number): string | undefined {
        for (const [id, { start, count }] of this.#runs) if (vertex >= start && vertex < start + count) return id;
        return undefined;
    }

    dispose(): void {
        this.geometry.dispose();
    }

    #names(): string[] {
        return this.hasNormals ? ["position", "color", "normal"] : ["position", "color"];
    }

    #attribute(name: string): BufferAttribute {
        return this.geometry.getAttribute(name) as BufferAttribute;
    }

    #reserve(count: number): void {
        if (count <= this.#capacity) return;
        const capacity = Math.max(Math.ceil(count * GROW), LEAST);
        const fresh = {
            position: new BufferAttribute(new Float32Array(capacity * 3), 3),
            color: new BufferAttribute(new Uint8Array(capacity * this.colorSize), this.colorSize, true),
            ...(this.hasNormals && { normal: new BufferAttribute(new Int8Array(capacity * 3), 3, true) }),
        };
        // Lets go of what the graphics card has of the smaller ones.
        this.geometry.dispose();
        for (const [name, attribute] of Object.entries(fresh)) {
            if (this.#capacity > 0) attribute.array.set(this.#attribute(name).array);
            attribute.setUsage(DynamicDrawUsage);
            this.geometry.setAttribute(name, attribute);
        }
        this.#capacity = capacity;
    }
}
