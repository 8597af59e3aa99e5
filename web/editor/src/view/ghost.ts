import {
    BufferAttribute,
    BufferGeometry,
    type Color,
    Group,
    LineBasicMaterial,
    LineSegments,
    type Matrix4,
    Mesh,
    MeshBasicMaterial,
} from "three";

/** Positions of vertices: three a triangle, two a line. */
export interface Outline {
    triangles: readonly Float32Array[];
    lines: readonly Float32Array[];
}

const OPACITY = 0.5;
/** Numbers; what would be more is not shown while it is moved, only where it comes to be. */
const MOST = 1_000_000;

function joined(all: readonly Float32Array[]): BufferGeometry {
    const positions = new Float32Array(all.reduce((sum, a) => sum + a.length, 0));
    let at = 0;
    for (const a of all) {
        positions.set(a, at);
        at += a.length;
    }
    return new BufferGeometry().setAttribute("position", new BufferAttribute(positions, 3));
}

/** What is being moved, where it would be if it were let go now. */
export class Ghost {
    readonly group = new Group();
    readonly #surface: MeshBasicMaterial;
    readonly #line: LineBasicMaterial;

    constructor(color: Color) {
        const look = { color, transparent: true, opacity: OPACITY };
        this.#surface = new MeshBasicMaterial({ ...look, depthWrite: false });
        this.#line = new LineBasicMaterial(look);
        this.group.matrixAutoUpdate = false;
    }

    show({ triangles, lines }: Outline): void {
        this.hide();
        const size = [...triangles, ...lines].reduce((sum, a) => sum + a.length, 0);
        if (size > MOST) return;
        this.group.add(new Mesh(joined(triangles), this.#surface), new LineSegments(joined(lines), this.#line));
    }

    /** @by: from where it is. */
    move(by: Matrix4): void {
        this.group.matrix.copy(by);
        this.group.matrixWorldNeedsUpdate = true;
    }

    hide(): void {
        for (const object of [...this.group.children] as (Mesh | LineSegments)[]) {
            object.geometry.dispose();
            this.group.remove(object);
        }
        this.group.matrix.identity();
    }

    dispose(): void {
        this.hide();
        this.#surface.dispose();
        this.#line.dispose();
    }
}
