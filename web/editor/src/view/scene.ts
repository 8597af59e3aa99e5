import {
    AmbientLight,
    BoxGeometry,
    Color,
    DirectionalLight,
    DynamicDrawUsage,
    Frustum,
    InstancedMesh,
    Matrix4,
    MeshLambertMaterial,
    Object3D,
    OrthographicCamera,
    PerspectiveCamera,
    Raycaster,
    Scene,
    Sphere,
    Vector2,
    Vector3,
    WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { TransformControls } from "three/addons/controls/TransformControls.js";
import type { BoxRow } from "./boxes";
import type { Facets } from "./facets";
import { quaternionOf } from "./placement";
import { Shapes } from "./shapes";

export type Tool = "select" | "translate" | "rotate";

export interface SceneEvents {
    onPick(id: string | undefined, isAdding: boolean): void;
    /** The gizmo was let go: everything selected moves by @by. */
    onMoved(by: Matrix4): void;
}

/** An element without extent is drawn this large, so that it can be seen and picked. */
const SMALLEST_M = 0.1;
const CLICK_PX = 4;
const PICK_PX = 5;
/** Of the sphere around a cube with edges of 1. */
const BOX_RADIUS = Math.sqrt(3) / 2;
const HIDDEN = new Matrix4().makeScale(0, 0, 0);
const SELECTED = new Color(0xff8c1a);
const UNKNOWN = new Color(0x8899aa);
const GROW = 1.5;
/** When the first frame with all elements was drawn. */
const VIEW_MARK = "weh.view";

/** Everything that three.js knows of a view. Coordinates are relative to a base point, as 32 bits are few for large ones. */
export class ViewScene {
    readonly renderer = new WebGLRenderer({ antialias: true });
    readonly camera: PerspectiveCamera | OrthographicCamera;
    readonly orbit: OrbitControls;
    readonly shapes = new Shapes();
    frames = 0;
    readonly #scene = new Scene();
    readonly #gizmo: TransformControls;
    readonly #handle = new Object3D();
    readonly #handleStart = new Matrix4();
    readonly #events: SceneEvents;
    readonly #box = new BoxGeometry(1, 1, 1);
    readonly #material = new MeshLambertMaterial();
    readonly #base = new Vector3();
    readonly #bounds = new Sphere();
    #mesh: InstancedMesh | undefined;
    #ids: string[] = [];
    #indexOf = new Map<string, number>();
    /** Centre and radius of each box. */
    #spheres = new Float32Array();
    #colors: Color[] = [];
    #selected: readonly string[] = [];
    #tool: Tool = "select";
    #isDrawing = false;
    #pressed = new Vector2();

    constructor(
        readonly host: HTMLElement,
        readonly is2d: boolean,
        events: SceneEvents,
    ) {
        this.#events = events;
        this.camera = is2d ? new OrthographicCamera() : new PerspectiveCamera(45);
        this.camera.up.set(0, is2d ? 1 : 0, is2d ? 0 : 1);
        this.renderer.setPixelRatio(Math.min(window.devicePixelRatio, 2));
        host.append(this.renderer.domElement);
        this.orbit = new OrbitControls(this.camera, this.renderer.domElement);
        this.orbit.enableRotate = !is2d;
        this.orbit.zoomToCursor = true;
        this.orbit.addEventListener("change", this.draw);
        const sun = new DirectionalLight(0xffffff, 2);
        sun.position.set(1, -2, 3);
        this.#scene.add(new AmbientLight(0xffffff, 1.6), sun, this.#handle, this.shapes.group);
        this.#gizmo = this.#makeGizmo();
        const canvas = this.renderer.domElement;
        canvas.addEventListener("pointerdown", this.#onDown);
        canvas.addEventListener("pointerup", this.#onUp);
    }

    dispose(): void {
        this.#gizmo.dispose();
        this.orbit.dispose();
        this.#mesh?.dispose();
        this.shapes.dispose();
        this.#box.dispose();
        this.#material.dispose();
        this.renderer.dispose();
        this.renderer.domElement.remove();
    }

    resize(): void {
        const { clientWidth: width, clientHeight: height } = this.host;
        if (width === 0 || height === 0) return;
        this.renderer.setSize(width, height);
        if (this.camera instanceof PerspectiveCamera) this.camera.aspect = width / height;
        else {
            const half = this.#bounds.radius * 1.1 || 1;
            Object.assign(this.camera, {
                left: (-half * width) / height,
                right: (half * width) / height,
                top: half,
                bottom: -half,
            });
        }
        this.camera.updateProjectionMatrix();
        this.draw();
    }

    background(color: string): void {
        this.#scene.background = new Color(color);
        this.draw();
    }

    /** Shows these boxes, but of elements whose shapes are there; the first ones say where the base point is. */
    show(rows: ReadonlyMap<string, BoxRow>, categories: ReadonlyMap<string, number>): void {
        const isFirst = this.#mesh === undefined;
        if (isFirst) this.#chooseBase(rows.values());
        const mesh = this.#meshFor(rows.size);
        this.#ids = [...rows.keys()];
        this.#indexOf = new Map(this.#ids.map((id, i) => [id, i]));
        this.#colors = [];
        this.#spheres = new Float32Array(rows.size * 4);
        this.shapes.prune((id, stamp) => rows.get(id)?.[14] === stamp);
        const matrix = new Matrix4();
        let i = 0;
        for (const row of rows.values()) {
            mesh.setMatrixAt(i, this.#boxMatrix(row, matrix));
            this.#spheres.set([...matrix.elements.slice(12, 15), matrix.getMaxScaleOnAxis() * BOX_RADIUS], i * 4);
            const color = colorOf(categories.get(row[1] ?? ""));
            this.#colors.push(color);
            mesh.setColorAt(i, color);
            i += 1;
        }
        mesh.count = rows.size;
        mesh.instanceMatrix.needsUpdate = true;
        mesh.computeBoundingSphere();
        if (mesh.boundingSphere !== null) this.#bounds.copy(mesh.boundingSphere);
        for (const id of this.shapes.ids()) this.#showBox(id, undefined);
        this.select(this.#selected, rows);
        if (isFirst && rows.size > 0) this.fit();
    }

    /** Shapes in place of boxes. @all: those whose row is still the one that they were made for. */
    putShapes(all: readonly { facets: Facets; row: BoxRow }[]): void {
        for (const { facets, row } of all) {
            this.shapes.put(facets, row[14]);
            this.#showBox(facets.id, undefined);
            if (this.#selected.includes(facets.id)) this.shapes.paint(facets.id, SELECTED);
        }
        this.draw();
    }

    /** Boxes in place of shapes. */
    dropShapes(ids: ReadonlySet<string>, rows: ReadonlyMap<string, BoxRow>): void {
        this.shapes.remove(ids);
        for (const id of ids) this.#showBox(id, rows.get(id));
        this.draw();
    }

    /** How many pixels of the screen each element is wide, about; those out of sight are left out. */
    sizes(): Map<string, number> {
        const { camera } = this;
        camera.updateMatrixWorld();
        const seen = new Frustum().setFromProjectionMatrix(
            new Matrix4().multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse),
        );
        const scale = (this.host.clientHeight * camera.projectionMatrix.elements[5]) / 2;
        const sphere = new Sphere();
        const sizes = new Map<string, number>();
        this.#ids.forEach((id, i) => {
            sphere.center.fromArray(this.#spheres, i * 4);
            sphere.radius = this.#spheres[i * 4 + 3] ?? 0;
            if (!seen.intersectsSphere(sphere)) return;
            const away = camera instanceof PerspectiveCamera ? camera.position.distanceTo(sphere.center) : 1;
            sizes.set(id, (2 * sphere.radius * scale) / Math.max(away, camera.near));
        });
        return sizes;
    }

    /** From an element's own coordinates to those of the view. */
    matrixOf(row: BoxRow): number[] {
        const [, , x, y, z, yaw, pitch, roll] = row;
        const turn = quaternionOf({ yaw: yaw ?? 0, pitch: pitch ?? 0, roll: roll ?? 0 });
        const position = new Vector3(x, y, z).sub(this.#base);
        return new Matrix4().compose(position, turn, new Vector3(1, 1, 1)).elements;
    }

    /** Marks the selected elements, and puts the gizmo onto the last one. */
    select(ids: readonly string[], rows: ReadonlyMap<string, BoxRow>): void {
        const mesh = this.#mesh;
        if (mesh === undefined) return;
        for (const id of this.#selected) this.#paint(mesh, id, undefined);
        for (const id of ids) this.#paint(mesh, id, SELECTED);
        this.#selected = ids;
        if (mesh.instanceColor !== null) mesh.instanceColor.needsUpdate = true;
        const row = rows.get(ids.at(-1) ?? "");
        this.#gizmo.detach();
        if (row !== undefined) {
            const [, , x, y, z, yaw, pitch, roll] = row;
            this.#handle.position.set(x, y, z).sub(this.#base);
            this.#handle.quaternion.copy(quaternionOf({ yaw: yaw ?? 0, pitch: pitch ?? 0, roll: roll ?? 0 }));
            this.#handle.updateMatrix();
            this.#handleStart.copy(this.#handle.matrix);
            if (this.#tool !== "select") this.#gizmo.attach(this.#handle);
        }
        this.draw();
    }

    setTool(tool: Tool, rows: ReadonlyMap<string, BoxRow>): void {
        this.#tool = tool;
        if (tool !== "select") this.#gizmo.setMode(tool);
        const all = !this.is2d;
        this.#gizmo.showZ = all || tool === "rotate";
        this.#gizmo.showX = this.#gizmo.showY = all || tool === "translate";
        this.select(this.#selected, rows);
    }

    /** Everything in sight. */
    fit(): void {
        const { center, radius } = this.#bounds;
        const r = Math.max(radius, 1);
        const distance = r * (this.camera instanceof PerspectiveCamera ? 2.8 : 2);
        const direction = this.is2d ? new Vector3(0, 0, 1) : new Vector3(0.6, -1, 0.7).normalize();
        this.orbit.target.copy(center);
        this.camera.position.copy(center).addScaledVector(direction, distance);
        this.camera.zoom = 1;
        this.camera.near = r / 500;
        this.camera.far = r * 50;
        this.resize();
        this.orbit.update();
    }

    /** An element in the middle, near enough to be worked on. */
    centre(row: BoxRow): void {
        const matrix = this.#boxMatrix(row, new Matrix4());
        const size = new Vector3().setFromMatrixScale(matrix).length();
        const direction = this.camera.position.clone().sub(this.orbit.target).normalize();
        // Where its handle is, so that it can be moved at once.
        this.orbit.target.set(row[2], row[3], row[4]).sub(this.#base);
        this.camera.position.copy(this.orbit.target).addScaledVector(direction, Math.max(size, 1) * 4);
        if (this.camera instanceof OrthographicCamera) {
            this.camera.zoom = Math.max(this.#bounds.radius / (Math.max(size, 1) * 2), 1);
            this.camera.updateProjectionMatrix();
        }
        this.orbit.update();
        this.draw();
    }

    /** Turns (or in 2D moves) the camera by some steps, from the keyboard. */
    step(right: number, up: number): void {
        const offset = this.camera.position.clone().sub(this.orbit.target);
        if (this.is2d) {
            const by = new Vector3(right, up, 0).multiplyScalar(this.#bounds.radius / 10 / this.camera.zoom);
            this.camera.position.add(by);
            this.orbit.target.add(by);
        } else {
            const side = new Vector3().crossVectors(this.camera.up, offset).normalize();
            offset.applyAxisAngle(side, -up / 10).applyAxisAngle(this.camera.up, right / 10);
            this.camera.position.copy(this.orbit.target).add(offset);
        }
        this.orbit.update();
        this.draw();
    }

    zoom(factor: number): void {
        if (this.camera instanceof OrthographicCamera) {
            this.camera.zoom *= factor;
            this.camera.updateProjectionMatrix();
        } else this.camera.position.sub(this.orbit.target).divideScalar(factor).add(this.orbit.target);
        this.orbit.update();
        this.draw();
    }

    readonly draw = (): void => {
        if (this.#isDrawing) return;
        this.#isDrawing = true;
        requestAnimationFrame(() => {
            this.#isDrawing = false;
            this.renderer.render(this.#scene, this.camera);
            if (this.#mesh !== undefined && this.frames === 0) performance.mark(VIEW_MARK);
            if (this.#mesh !== undefined) this.frames += 1;
        });
    };

    #makeGizmo(): TransformControls {
        const gizmo = new TransformControls(this.camera, this.renderer.domElement);
        gizmo.addEventListener("change", this.draw);
        gizmo.addEventListener("mouseDown", () => {
            this.orbit.enabled = false;
        });
        gizmo.addEventListener("mouseUp", () => {
            this.orbit.enabled = true;
            this.#handle.updateMatrix();
            const by = this.#handle.matrix.clone().multiply(this.#handleStart.clone().invert());
            // What was measured from the base point holds for the world.
            const to = new Matrix4().makeTranslation(this.#base);
            this.#events.onMoved(to.multiply(by).multiply(new Matrix4().makeTranslation(this.#base.clone().negate())));
        });
        this.#scene.add(gizmo.getHelper());
        return gizmo;
    }

    #chooseBase(rows: Iterable<BoxRow>): void {
        const [first] = rows;
        if (first !== undefined) this.#base.set(first[2], first[3], first[4]);
    }

    #meshFor(count: number): InstancedMesh {
        if (this.#mesh !== undefined && this.#mesh.instanceMatrix.count >= count) return this.#mesh;
        if (this.#mesh !== undefined) {
            this.#scene.remove(this.#mesh);
            this.#mesh.dispose();
        }
        const mesh = new InstancedMesh(this.#box, this.#material, Math.ceil(Math.max(count, 16) * GROW));
        mesh.instanceMatrix.setUsage(DynamicDrawUsage);
        mesh.frustumCulled = false;
        this.#scene.add(mesh);
        this.#mesh = mesh;
        return mesh;
    }

    #boxMatrix(row: BoxRow, into: Matrix4): Matrix4 {
        const [, , x, y, z, yaw, pitch, roll, lx, ly, lz, hx, hy, hz] = row;
        const low = new Vector3(lx ?? 0, ly ?? 0, lz ?? 0);
        const high = new Vector3(hx ?? 0, hy ?? 0, hz ?? 0);
        const size = high.clone().sub(low);
        size.max(new Vector3(SMALLEST_M, SMALLEST_M, SMALLEST_M));
        const centre = low.add(high).multiplyScalar(0.5);
        const turn = quaternionOf({ yaw: yaw ?? 0, pitch: pitch ?? 0, roll: roll ?? 0 });
        const position = centre
            .applyQuaternion(turn)
            .add(new Vector3(x, y, z))
            .sub(this.#base);
        return into.compose(position, turn, size);
    }

    /** An element's box; without @row it is there, but as small as nothing. */
    #showBox(id: string, row: BoxRow | undefined): void {
        const index = this.#indexOf.get(id);
        if (index === undefined || this.#mesh === undefined) return;
        const matrix = row === undefined ? HIDDEN : this.#boxMatrix(row, new Matrix4());
        this.#mesh.setMatrixAt(index, matrix);
        this.#mesh.instanceMatrix.needsUpdate = true;
    }

    #paint(mesh: InstancedMesh, id: string, color: Color | undefined): void {
        const index = this.#indexOf.get(id);
        if (index !== undefined) mesh.setColorAt(index, color ?? this.#colors[index] ?? UNKNOWN);
        this.shapes.paint(id, color);
    }

    readonly #onDown = (event: PointerEvent): void => {
        this.#pressed.set(event.clientX, event.clientY);
    };

    /** A press that did not move picks. */
    readonly #onUp = (event: PointerEvent): void => {
        const isClick = this.#pressed.distanceTo(new Vector2(event.clientX, event.clientY)) <= CLICK_PX;
        if (!isClick || event.button !== 0 || this.#gizmo.axis !== null || this.#mesh === undefined) return;
        const { left, top, width, height } = this.renderer.domElement.getBoundingClientRect();
        const at = new Vector2(((event.clientX - left) / width) * 2 - 1, 1 - ((event.clientY - top) / height) * 2);
        const ray = new Raycaster();
        ray.setFromCamera(at, this.camera);
        // Lines and points are thin: what is a few pixels beside them counts.
        const away = this.camera.position.distanceTo(this.orbit.target);
        const pixels = (height * this.camera.projectionMatrix.elements[5]) / 2;
        const near = (PICK_PX * (this.camera instanceof PerspectiveCamera ? away : 1)) / pixels;
        ray.params.Line.threshold = ray.params.Points.threshold = near;
        const shape = this.shapes.pick(ray);
        const box = ray
            .intersectObject(this.#mesh)
            .map((hit) => ({ id: this.#ids[hit.instanceId ?? -1] ?? "", distance: hit.distance }))
            .find((hit) => !this.shapes.has(hit.id));
        const id = box !== undefined && (shape === undefined || box.distance < shape.distance) ? box.id : shape?.id;
        this.#events.onPick(id, event.ctrlKey || event.metaKey || event.shiftKey);
    };
}

function colorOf(bgr: number | undefined): Color {
    if (bgr === undefined) return UNKNOWN;
    return new Color((bgr & 0xff) / 255, ((bgr >> 8) & 0xff) / 255, ((bgr >> 16) & 0xff) / 255);
}
