import type { Facets, Vertices } from "./facets";

interface Xyz {
    x: number;
    y: number;
    z: number;
}

type Three<T> = readonly [T, T, T];

const NORMAL_MOST = 127;

class Growing {
    readonly positions: number[] = [];
    readonly colors: number[] = [];
    readonly normals: number[] = [];

    constructor(readonly hasAlpha = false) {}

    add({ x, y, z }: Xyz, tbgr: number): void {
        if (!Number.isFinite(x + y + z)) throw new RangeError("a point that is nowhere");
        this.positions.push(x, y, z);
        this.colors.push(tbgr & 0xff, (tbgr >> 8) & 0xff, (tbgr >> 16) & 0xff);
        if (this.hasAlpha) this.colors.push(0xff - (tbgr >>> 24));
    }

    take(): Vertices | undefined {
        if (this.positions.length === 0) return undefined;
        const vertices = { positions: new Float32Array(this.positions), colors: new Uint8Array(this.colors) };
        return this.normals.length === 0 ? vertices : { ...vertices, normals: new Int8Array(this.normals) };
    }
}

function crossed([a, b, c]: Three<Xyz>): Xyz {
    const [ux, uy, uz] = [b.x - a.x, b.y - a.y, b.z - a.z];
    const [vx, vy, vz] = [c.x - a.x, c.y - a.y, c.z - a.z];
    return { x: uy * vz - uz * vy, y: uz * vx - ux * vz, z: ux * vy - uy * vx };
}

/** Collects the vertices of one element, up to a bound. */
export class Collector {
    readonly #most: number;
    readonly #triangles = new Growing();
    readonly #glass = new Growing(true);
    readonly #lines = new Growing();
    readonly #points = new Growing();
    #count = 0;

    constructor(most: number) {
        this.#most = most;
    }

    triangle(corners: Three<Xyz>, normals: Three<Xyz> | undefined, tbgr: number): void {
        this.#room(3);
        const into = tbgr >>> 24 === 0 ? this.#triangles : this.#glass;
        const flat = crossed(corners);
        corners.forEach((corner, i) => {
            into.add(corner, tbgr);
            const { x, y, z } = normals?.[i] ?? flat;
            const scale = NORMAL_MOST / (Math.hypot(x, y, z) || 1);
            into.normals.push(Math.round(x * scale), Math.round(y * scale), Math.round(z * scale));
        });
    }

    line(from: Xyz, to: Xyz, bgr: number): void {
        this.#room(2);
        this.#lines.add(from, bgr);
        this.#lines.add(to, bgr);
    }

    point(at: Xyz, bgr: number): void {
        this.#room(1);
        this.#points.add(at, bgr);
    }

    take(): Omit<Facets, "id"> {
        const all = { triangles: this.#triangles, glass: this.#glass, lines: this.#lines, points: this.#points };
        return Object.fromEntries(
            Object.entries(all).flatMap(([kind, vertices]) => {
                const taken = vertices.take();
                return taken === undefined ? [] : [[kind, taken]];
            }),
        );
    }

    #room(count: number): void {
        this.#count += count;
        if (this.#count > this.#most) throw new RangeError("too much for one element");
    }
}
