import {
    BufferAttribute,
    BufferGeometry,
    type Color,
    DynamicDrawUsage,
    Group,
    type Intersection,
    Matrix3,
    type Matrix4,
    Mesh,
    MeshLambertMaterial,
    Points,
    type Raycaster,
    ShaderMaterial,
    Sphere,
    Vector3,
} from "three";
import { type Contrast, SURFACE_CONTRAST } from "./contrast";
import { DrawList } from "./drawList";
import type { Outline } from "./ghost";

/** Corners of a face each, so that they can have its normal. */
const CORNERS = 24;
/** Two triangles a face. */
const PATTERN = Array.from({ length: 6 }, (_, face) => [0, 1, 2, 0, 2, 3].map((i) => face * 4 + i)).flat();
const NORMAL_MOST = 127;
const BYTE_MOST = 255;
const GROW = 1.5;
const LEAST = 16;
/** Of the sphere around a cube with edges of 1. */
const BOX_RADIUS = Math.sqrt(3) / 2;
/** A dot stands for what is small: it is as wide as its box about, within these bounds. */
const DOT_VERTEX = `
    attribute vec3 color;
    attribute float radius;
    uniform float pixels;
    varying vec3 shade;
    void main() {
        vec4 seen = modelViewMatrix * vec4(position, 1.0);
        gl_Position = projectionMatrix * seen;
        gl_PointSize = clamp(radius * pixels * projectionMatrix[1][1] / gl_Position.w, 1.0, 6.0);
        shade = apart(color) * 0.8;
    }`;
const DOT_FRAGMENT = `
    varying vec3 shade;
    void main() {
        gl_FragColor = vec4(shade, 1.0);
    }`;

interface Faces {
    normal: Vector3;
    corners: Vector3[];
}

/** A cube around the origin with edges of 1, seen from outside. */
const FACES: readonly Faces[] = [0, 1, 2].flatMap((axis) =>
    [1, -1].map((side) => {
        const at = (along: number, u: number, v: number) => {
            const parts = [0, 0, 0];
            parts[axis] = along / 2;
            parts[(axis + 1) % 3] = u / 2;
            parts[(axis + 2) % 3] = v / 2;
            return new Vector3(...parts);
        };
        const round = [at(side, -1, -1), at(side, 1, -1), at(side, 1, 1), at(side, -1, 1)];
        return { normal: at(side * 2, 0, 0), corners: side > 0 ? round : round.reverse() };
    }),
);

/** Vertices of a box that is drawn: what it costs. */
export const BOX_VERTICES = PATTERN.length;

/**
 * The boxes of all elements as one mesh, and a dot for each. No instances: graphics in software draws each of those by itself, which
 * takes longer than its vertices do.
 */
export class BoxMesh {
    readonly group = new Group();
    readonly #geometry = new BufferGeometry();
    readonly #dots = new BufferGeometry();
    readonly #material = new MeshLambertMaterial({ vertexColors: true });
    readonly #dotMaterial: ShaderMaterial;
    readonly #mesh = new Mesh(this.#geometry, this.#material);
    readonly #points: Points;
    readonly #list = new DrawList(this.#geometry);
    readonly #dotList = new DrawList(this.#dots);
    #capacity = 0;
    #count = 0;

    constructor(contrast: Contrast) {
        contrast.apply(this.#material, SURFACE_CONTRAST);
        this.#dotMaterial = new ShaderMaterial({
            vertexShader: contrast.shader(DOT_VERTEX),
            fragmentShader: DOT_FRAGMENT,
            uniforms: { pixels: { value: 1 }, ...contrast.uniforms(SURFACE_CONTRAST) },
        });
        this.#points = new Points(this.#dots, this.#dotMaterial);
        for (const object of [this.#mesh, this.#points]) {
            object.frustumCulled = false;
            // What is drawn is chosen before; who picks is to look at all of it.
            object.geometry.boundingSphere = new Sphere(new Vector3(), Infinity);
            this.group.add(object);
        }
        this.#points.visible = false;
        this.#reserve(LEAST);
    }

    get count(): number {
        return this.#count;
    }

    set count(count: number) {
        this.#reserve(count);
        this.#count = count;
    }

    /** Puts a box where @matrix takes a cube with edges of 1. */
    put(index: number, matrix: Matrix4, color: Color): void {
        const normals = new Matrix3().getNormalMatrix(matrix);
        const position = this.#change(this.#geometry, "position", index * CORNERS, CORNERS);
        const normal = this.#change(this.#geometry, "normal", index * CORNERS, CORNERS);
        const v = new Vector3();
        let at = index * CORNERS * 3;
        for (const face of FACES) {
            v.copy(face.normal).applyMatrix3(normals).normalize().multiplyScalar(NORMAL_MOST).round();
            const { x, y, z } = v;
            for (const corner of face.corners) {
                v.copy(corner).applyMatrix4(matrix).toArray(position, at);
                normal[at] = x;
                normal[at + 1] = y;
                normal[at + 2] = z;
                at += 3;
            }
        }
        v.setFromMatrixPosition(matrix).toArray(this.#change(this.#dots, "position", index, 1), index * 3);
        this.#change(this.#dots, "radius", index, 1)[index] = matrix.getMaxScaleOnAxis() * BOX_RADIUS;
        this.paint(index, color);
    }

    paint(index: number, color: Color): void {
        const [r, g, b] = [color.r, color.g, color.b].map((part) => Math.round(part * BYTE_MOST)) as [
            number,
            number,
            number,
        ];
        const corners = this.#change(this.#geometry, "color", index * CORNERS, CORNERS);
        const dots = this.#change(this.#dots, "color", index, 1);
        for (let i = index * CORNERS * 3; i < (index + 1) * CORNERS * 3; i += 3) {
            corners[i] = r;
            corners[i + 1] = g;
            corners[i + 2] = b;
        }
        dots.set([r, g, b], index * 3);
    }

    outlineOf(index: number): Outline {
        const corners = this.#attribute(this.#geometry, "position").array;
        const positions = PATTERN.flatMap((corner) => {
            const at = (index * CORNERS + corner) * 3;
            return [...corners.slice(at, at + 3)];
        });
        return { triangles: [new Float32Array(positions)], lines: [] };
    }

    /** Centre and radius of the sphere around a box. */
    sphere(index: number, into: Sphere): Sphere {
        into.center.fromBufferAttribute(this.#attribute(this.#dots, "position"), index);
        into.radius = this.#attribute(this.#dots, "radius").array[index] ?? 0;
        return into;
    }

    /** All boxes but those that @isHidden, and no dots. */
    drawAll(isHidden: (index: number) => boolean): void {
        this.choose();
        for (let i = 0; i < this.#count; i++) if (!isHidden(i)) this.add(i);
        this.#list.use();
        this.#points.visible = false;
    }

    /** From now on some are drawn only: those that add() names, in that order, of which draw() takes the first. */
    choose(): void {
        this.#list.clear();
        this.#dotList.clear();
    }

    add(index: number): void {
        this.#list.add(index * CORNERS, BOX_VERTICES, PATTERN);
    }

    addDot(index: number): void {
        this.#dotList.add(index, 1);
    }

    get chosen(): number {
        return this.#list.length;
    }

    useChosen(): void {
        this.#list.use();
        this.#dotList.use();
        this.#points.visible = true;
    }

    /** @dots: which of the chosen dots, @height: pixels of the picture. */
    draw(vertices: number, dots: { first: number; count: number }, height: number): void {
        this.#geometry.setDrawRange(0, vertices);
        this.#dots.setDrawRange(dots.first, dots.count);
        const { pixels } = this.#dotMaterial.uniforms;
        if (pixels !== undefined) pixels.value = height;
    }

    /** Which boxes the ray hits, the nearest first. */
    hits(ray: Raycaster): { index: number; distance: number }[] {
        const hits: Intersection[] = ray.intersectObject(this.#mesh);
        return hits.map(({ face, distance }) => ({ index: Math.floor((face?.a ?? 0) / CORNERS), distance }));
    }

    dispose(): void {
        this.#geometry.dispose();
        this.#dots.dispose();
        this.#material.dispose();
        this.#dotMaterial.dispose();
    }

    #attribute(geometry: BufferGeometry, name: string): BufferAttribute {
        return geometry.getAttribute(name) as BufferAttribute;
    }

    /** The values of an attribute of which these vertices will change. */
    #change(geometry: BufferGeometry, name: string, first: number, count: number): BufferAttribute["array"] {
        const attribute = this.#attribute(geometry, name);
        const { itemSize, updateRanges } = attribute;
        const last = updateRanges.at(-1);
        // One after the other is one range.
        if (last !== undefined && last.start + last.count === first * itemSize) last.count += count * itemSize;
        else attribute.addUpdateRange(first * itemSize, count * itemSize);
        attribute.needsUpdate = true;
        return attribute.array;
    }

    #reserve(count: number): void {
        if (count <= this.#capacity) return;
        const capacity = Math.ceil(Math.max(count, LEAST) * GROW);
        const grow = (geometry: BufferGeometry, name: string, fresh: BufferAttribute) => {
            if (this.#capacity > 0) fresh.array.set(this.#attribute(geometry, name).array);
            fresh.setUsage(DynamicDrawUsage);
            geometry.setAttribute(name, fresh);
        };
        // Lets go of what the graphics card has of the smaller ones.
        this.#geometry.dispose();
        this.#dots.dispose();
        const vertices = capacity * CORNERS * 3;
        grow(this.#geometry, "position", new BufferAttribute(new Float32Array(vertices), 3));
        grow(this.#geometry, "normal", new BufferAttribute(new Int8Array(vertices), 3, true));
        grow(this.#geometry, "color", new BufferAttribute(new Uint8Array(vertices), 3, true));
        grow(this.#dots, "position", new BufferAttribute(new Float32Array(capacity * 3), 3));
        grow(this.#dots, "radius", new BufferAttribute(new Float32Array(capacity), 1));
        grow(this.#dots, "color", new BufferAttribute(new Uint8Array(capacity * 3), 3, true));
        this.#capacity = capacity;
    }
}
