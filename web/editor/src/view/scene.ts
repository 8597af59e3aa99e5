import {
    AmbientLight,
    Box3,
    Color,
    ColorManagement,
    DirectionalLight,
    Frustum,
    Matrix4,
    Object3D,
    OrthographicCamera,
    PerspectiveCamera,
    Raycaster,
    Scene,
    Sphere,
    Vector2,
    Vector3,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { TransformControls } from "three/addons/controls/TransformControls.js";
import { BoxMesh } from "./boxMesh";
import type { BoxRow } from "./boxes";
import { FrameBudget } from "./budget";
import { Contrast } from "./contrast";
import { Detail, bySize } from "./detail";
import type { Facets } from "./facets";
import { Ghost, type Outline } from "./ghost";
import { Picture } from "./picture";
import { quaternionOf } from "./placement";
import { Shapes } from "./shapes";

export type Tool = "select" | "translate" | "rotate";

export interface SceneEvents {
    onPick(id: string | undefined, isAdding: boolean): void;
    /** The gizmo was let go: everything selected moves by @by. */
    onMoved(by: Matrix4): void;
}

// Colours are what the iModel says, and are mixed as they are.
ColorManagement.enabled = false;

/** An element without extent is drawn this large, so that it can be seen and picked. */
const SMALLEST_M = 0.1;
const CLICK_PX = 4;
const PICK_PX = 5;
/** What is less is no movement but inexact arithmetic: metres, or parts of a turn. */
const LEAST_MOVE = 1e-9;
const SELECTED = new Color(0xff8c1a);
const UNKNOWN = new Color(0x8899aa);
/** So long after the last movement the picture is at rest; longer, while a button is held. */
const REST_MS = 180;
const HELD_REST_MS = 600;
/** While it moves, what is large is looked at anew that often. */
const CHOOSE_MS = 350;
/** Smooth edges cost graphics in software as much as the picture again. */
const SHARP_COST = 2;
/** When the first frame with all elements was drawn. */
const VIEW_MARK = "weh.view";

/** Where one looks from, in the directions of the model. From straight above the orbit would not know where up is. */
const STANDPOINTS = {
    corner: [0.6, -1, 0.7],
    top: [0, -1e-4, 1],
    front: [0, -1, 0],
    right: [1, 0, 0],
} as const;

export type Standpoint = keyof typeof STANDPOINTS;

/** Everything that three.js knows of a view. Coordinates are relative to a base point, as 32 bits are few for large ones. */
export class ViewScene {
    readonly camera: PerspectiveCamera | OrthographicCamera;
    readonly orbit: OrbitControls;
    readonly #contrast = new Contrast();
    readonly shapes = new Shapes(this.#contrast);
    readonly #picture = new Picture();
    readonly #scene = new Scene();
    readonly #boxes = new BoxMesh(this.#contrast);
    readonly #detail = new Detail(this.#boxes, this.shapes);
    readonly #budget = new FrameBudget();
    readonly #ghost = new Ghost(SELECTED);
    readonly #gizmo: TransformControls;
    readonly #handle = new Object3D();
    /** Where the element is drawn that the handle is for, and where the handle was when it was taken: further, while an edit is on its way. */
    readonly #handleHome = new Matrix4();
    readonly #handleStart = new Matrix4();
    readonly #events: SceneEvents;
    readonly #base = new Vector3();
    #hasBase = false;
    readonly #bounds = new Sphere();
    #rows: readonly BoxRow[] = [];
    #ids: string[] = [];
    #indexOf = new Map<string, number>();
    #colors: Color[] = [];
    #selected: readonly string[] = [];
    #tool: Tool = "select";
    #pressed = new Vector2();
    #isHeld = false;
    /** The pointer was pressed on the gizmo. */
    #isGizmoHeld = false;
    #isShown = false;
    #isMarked = false;
    #isDirty = false;
    #frame: number | undefined;
    #movedAt = -Infinity;
    /** What is drawn is no longer what there is. */
    #isStale = true;
    #chosenAt = -Infinity;
    /** The frame before, if it drew something: when, and how much. */
    #drawn: { at: number; vertices: number } | undefined;
    #isAtRest = true;

    constructor(
        readonly host: HTMLElement,
        readonly is2d: boolean,
        events: SceneEvents,
    ) {
        this.#events = events;
        this.camera = is2d ? new OrthographicCamera() : new PerspectiveCamera(45);
        this.camera.up.set(0, is2d ? 1 : 0, is2d ? 0 : 1);
        const { canvas } = this.#picture;
        host.append(canvas);
        this.orbit = new OrbitControls(this.camera, canvas);
        this.orbit.enableRotate = !is2d;
        this.orbit.zoomToCursor = true;
        this.orbit.addEventListener("change", this.#moved);
        // Together they show a colour as it is where the sun shines.
        const sun = new DirectionalLight(0xffffff, 0.5 * Math.PI);
        sun.position.set(1, -2, 3);
        const sky = new DirectionalLight(0xffffff, 0.15 * Math.PI);
        sky.position.set(-2, 1, 0.5);
        this.#scene.add(new AmbientLight(0xffffff, 0.5 * Math.PI), sun, sky);
        this.#scene.add(this.#handle, this.#boxes.group, this.shapes.group, this.#ghost.group);
        this.#gizmo = this.#makeGizmo();
        canvas.addEventListener("pointerdown", this.#onDown);
        canvas.addEventListener("pointerup", this.#onUp);
        canvas.addEventListener("pointercancel", this.#onLost);
    }

    dispose(): void {
        if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
        this.#gizmo.dispose();
        this.orbit.dispose();
        this.#ghost.dispose();
        this.#boxes.dispose();
        this.shapes.dispose();
        this.#picture.dispose();
    }

    resize(): void {
        const { clientWidth: width, clientHeight: height } = this.host;
        if (width === 0 || height === 0) return;
        this.#picture.resize(width, height);
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
        this.#contrast.background.value.set(color);
        this.draw();
    }

    /** Whether the camera or an element is just being moved: then there is no time for anything else. */
    get isMoving(): boolean {
        const rest = this.#isHeld ? HELD_REST_MS : REST_MS;
        return performance.now() - this.#movedAt < rest;
    }

    /** Shows these boxes, but of elements whose shapes are there; the first ones say where the base point is. */
    show(rows: ReadonlyMap<string, BoxRow>, categories: ReadonlyMap<string, number>): void {
        const isFirst = !this.#hasBase && rows.size > 0;
        if (isFirst) this.#chooseBase(rows.values());
        this.#isShown = true;
        this.shapes.prune((id, stamp) => rows.get(id)?.[14] === stamp);
        this.#putBoxes([...rows.values()], categories);
        this.#bound();
        this.select(this.#selected, rows);
        this.#changed();
        if (isFirst) this.fit();
    }

    /** Shapes in place of boxes. @all: those whose row is still the one that they were made for. */
    putShapes(all: readonly { facets: Facets; row: BoxRow }[]): void {
        for (const { facets, row } of all) {
            this.shapes.put(facets, row[14]);
            if (this.#selected.includes(facets.id)) this.shapes.paint(facets.id, SELECTED);
        }
        this.#changed();
    }

    /** Boxes in place of shapes. */
    dropShapes(ids: ReadonlySet<string>): void {
        this.shapes.remove(ids);
        this.#changed();
    }

    /** How many pixels of the screen each element is wide, about; those out of sight are left out. */
    sizes(): Map<string, number> {
        const sizes = new Map<string, number>();
        this.#sizes().forEach((size, i) => {
            if (size > 0) sizes.set(this.#ids[i] ?? "", size);
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
        for (const id of this.#selected) this.#paint(id, undefined);
        for (const id of ids) this.#paint(id, SELECTED);
        const isSame = ids.join() === this.#selected.join();
        this.#selected = ids;
        const row = rows.get(ids.at(-1) ?? "");
        // Who drags it just now goes on: it is put where it belongs after that.
        if (!isSame || row === undefined || !this.#isDragging) this.#putHandle(row);
        this.draw();
    }

    setTool(tool: Tool, rows: ReadonlyMap<string, BoxRow>): void {
        this.#tool = tool;
        // Whatever is being dragged goes back.
        this.#gizmo.detach();
        if (tool !== "select") this.#gizmo.setMode(tool);
        const all = !this.is2d;
        this.#gizmo.showZ = all || tool === "rotate";
        this.#gizmo.showX = this.#gizmo.showY = all || tool === "translate";
        this.select(this.#selected, rows);
    }

    /** Everything in sight. */
    fit(from: Standpoint = "corner"): void {
        const { center, radius } = this.#bounds;
        const r = Math.max(radius, 1);
        const distance = r * (this.camera instanceof PerspectiveCamera ? 2.8 : 2);
        const direction = new Vector3(...STANDPOINTS[this.is2d ? "top" : from]).normalize();
        this.orbit.target.copy(center);
        this.camera.position.copy(center).addScaledVector(direction, distance);
        this.camera.zoom = 1;
        this.camera.near = r / 500;
        this.camera.far = r * 50;
        this.resize();
        this.#jump();
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
        this.#jump();
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
        this.#moved();
    }

    zoom(factor: number): void {
        if (this.camera instanceof OrthographicCamera) {
            this.camera.zoom *= factor;
            this.camera.updateProjectionMatrix();
        } else this.camera.position.sub(this.orbit.target).divideScalar(factor).add(this.orbit.target);
        this.orbit.update();
        this.#moved();
    }

    readonly draw = (): void => {
        this.#isDirty = true;
        this.#frame ??= requestAnimationFrame(this.#tick);
    };

    readonly #moved = (): void => {
        this.#movedAt = performance.now();
        this.draw();
    };

    /** The camera is somewhere else at once: that is not a movement. */
    #jump(): void {
        this.orbit.update();
        this.#movedAt = -Infinity;
        this.draw();
    }

    /** There is something else to draw. */
    #changed(): void {
        this.#isStale = true;
        this.draw();
    }

    /** A frame, if there is something new to draw. While the picture moves there is always a next one, which tells how long this one took. */
    readonly #tick = (now: number): void => {
        this.#frame = undefined;
        const isMoving = this.isMoving;
        if (this.#drawn !== undefined) this.#budget.feed(now - this.#drawn.at, this.#drawn.vertices);
        this.#drawn = undefined;
        if (isMoving) {
            if (this.#isAtRest) this.#budget.begin();
            this.#isAtRest = false;
            if (this.#isDirty) this.#drawn = { at: now, vertices: this.#drawMoving(now) };
            this.#frame = requestAnimationFrame(this.#tick);
        } else if (this.#isDirty || !this.#isAtRest) {
            this.#settle();
            this.#picture.drawSharp(this.#scene, this.camera);
            if (this.#isShown && !this.#isMarked) performance.mark(VIEW_MARK);
            this.#isMarked = this.#isShown;
        }
        this.#isDirty = false;
    };

    /** Nothing is left out. */
    #settle(): void {
        if (this.#isStale || !this.#detail.isWhole) this.#detail.drawAll(this.#ids);
        this.#isStale = false;
        this.#isAtRest = true;
    }

    /** What a frame can show while it is to be fluid; how many vertices that is. */
    #drawMoving(now: number): number {
        const budget = this.#budget.vertices;
        const total = this.#detail.total();
        if (total <= budget) {
            if (this.#isStale || !this.#detail.isWhole) this.#detail.drawAll(this.#ids);
        } else if (this.#isStale || this.#detail.isWhole || now - this.#chosenAt > CHOOSE_MS) {
            this.#detail.choose(this.#ids, bySize(this.#weights()), budget);
            this.#chosenAt = now;
        }
        this.#isStale = false;
        const vertices = this.#detail.draw(budget, this.host.clientHeight);
        if (budget >= total * SHARP_COST) {
            this.#picture.drawSharp(this.#scene, this.camera);
            return total * SHARP_COST;
        }
        this.#picture.drawQuick(this.#scene, this.camera);
        // All that there is fills a budget that is not yet enough for smooth edges too.
        return this.#detail.isWhole ? budget : vertices;
    }

    /** Pixels of the screen, but what is selected comes first. */
    #weights(): Float32Array {
        const sizes = this.#sizes();
        for (const id of this.#selected) {
            const index = this.#indexOf.get(id);
            if (index !== undefined) sizes[index] = Infinity;
        }
        return sizes;
    }

    /** How many pixels of the screen each element is wide, about; 0 out of sight. */
    #sizes(): Float32Array {
        const { camera } = this;
        camera.updateMatrixWorld();
        const seen = new Frustum().setFromProjectionMatrix(
            new Matrix4().multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse),
        );
        const scale = (this.host.clientHeight * camera.projectionMatrix.elements[5]) / 2;
        const sphere = new Sphere();
        const sizes = new Float32Array(this.#ids.length);
        for (let i = 0; i < sizes.length; i++) {
            this.#boxes.sphere(i, sphere);
            if (!seen.intersectsSphere(sphere)) continue;
            const away = camera instanceof PerspectiveCamera ? camera.position.distanceTo(sphere.center) : 1;
            sizes[i] = (2 * sphere.radius * scale) / Math.max(away, camera.near);
        }
        return sizes;
    }

    /** Boxes that are as they were are left alone. */
    #putBoxes(rows: readonly BoxRow[], categories: ReadonlyMap<string, number>): void {
        const before = { rows: this.#rows, colors: this.#colors };
        this.#rows = rows;
        this.#ids = rows.map(([id]) => id);
        this.#indexOf = new Map(this.#ids.map((id, i) => [id, i]));
        this.#colors = rows.map((row) => colorOf(categories.get(row[1] ?? "")));
        this.#boxes.count = rows.length;
        const matrix = new Matrix4();
        rows.forEach((row, i) => {
            const color = this.#colors[i] ?? UNKNOWN;
            if (before.rows[i] === row && before.colors[i]?.equals(color) === true) return;
            this.#boxes.put(i, this.#boxMatrix(row, matrix), color);
        });
    }

    /** The sphere around all. */
    #bound(): void {
        const box = new Box3();
        const sphere = new Sphere();
        this.#ids.forEach((_, i) => {
            this.#boxes.sphere(i, sphere);
            if (Number.isFinite(sphere.center.length() + sphere.radius)) box.expandByPoint(sphere.center);
        });
        if (box.isEmpty()) return;
        box.getCenter(this.#bounds.center);
        this.#bounds.radius = 0;
        this.#ids.forEach((_, i) => {
            this.#boxes.sphere(i, sphere);
            const reach = this.#bounds.center.distanceTo(sphere.center) + sphere.radius;
            if (Number.isFinite(reach)) this.#bounds.radius = Math.max(this.#bounds.radius, reach);
        });
    }

    /** Puts the gizmo onto this element, or nowhere. A drag ends without an edit. */
    #putHandle(row: BoxRow | undefined): void {
        this.#ghost.hide();
        this.#gizmo.detach();
        if (row === undefined) return;
        const [, , x, y, z, yaw, pitch, roll] = row;
        this.#handle.position.set(x, y, z).sub(this.#base);
        this.#handle.quaternion.copy(quaternionOf({ yaw: yaw ?? 0, pitch: pitch ?? 0, roll: roll ?? 0 }));
        this.#handle.updateMatrix();
        this.#handleHome.copy(this.#handle.matrix);
        if (this.#tool !== "select") this.#gizmo.attach(this.#handle);
    }

    /** Where the last selected element was shown last. */
    #lastRow(): BoxRow | undefined {
        const index = this.#indexOf.get(this.#selected.at(-1) ?? "");
        return index === undefined ? undefined : this.#rows[index];
    }

    /** A gizmo that was detached says that it is dragged until the pointer is let go. */
    get #isDragging(): boolean {
        return this.#gizmo.dragging && this.#gizmo.axis !== null;
    }

    #makeGizmo(): TransformControls {
        const gizmo = new TransformControls(this.camera, this.#picture.canvas);
        gizmo.addEventListener("change", this.draw);
        gizmo.addEventListener("objectChange", () => {
            this.#ghost.move(this.#movedFrom(this.#handleHome));
            this.#moved();
        });
        // Says false for a drag that was broken off too.
        gizmo.addEventListener("dragging-changed", () => {
            this.orbit.enabled = !gizmo.dragging;
        });
        gizmo.addEventListener("mouseDown", () => {
            this.#handleStart.copy(this.#handle.matrix);
            this.#ghost.show(this.#outline());
            this.#ghost.move(this.#movedFrom(this.#handleHome));
        });
        gizmo.addEventListener("mouseUp", () => {
            const by = this.#movedFrom(this.#handleStart);
            if (isNearIdentity(by)) {
                this.#putHandle(this.#lastRow());
                return;
            }
            // What was measured from the base point holds for the world.
            const to = new Matrix4().makeTranslation(this.#base);
            this.#events.onMoved(to.multiply(by).multiply(new Matrix4().makeTranslation(this.#base.clone().negate())));
        });
        this.#scene.add(gizmo.getHelper());
        return gizmo;
    }

    /** What the gizmo has done since the handle was there. */
    #movedFrom(place: Matrix4): Matrix4 {
        this.#handle.updateMatrix();
        return this.#handle.matrix.clone().multiply(place.clone().invert());
    }

    /** Of all that is selected. */
    #outline(): Outline {
        const all = this.#selected.map((id): Outline => {
            const index = this.#indexOf.get(id);
            if (index === undefined) return { triangles: [], lines: [] };
            return this.shapes.has(id) ? this.shapes.outlineOf(id) : this.#boxes.outlineOf(index);
        });
        return { triangles: all.flatMap((o) => o.triangles), lines: all.flatMap((o) => o.lines) };
    }

    #chooseBase(rows: Iterable<BoxRow>): void {
        const [first] = rows;
        if (first !== undefined) this.#base.set(first[2], first[3], first[4]);
        this.#hasBase = true;
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

    #paint(id: string, color: Color | undefined): void {
        const index = this.#indexOf.get(id);
        if (index !== undefined) this.#boxes.paint(index, color ?? this.#colors[index] ?? UNKNOWN);
        this.shapes.paint(id, color);
    }

    readonly #onDown = (event: PointerEvent): void => {
        this.#isHeld = true;
        // It has heard of the press before.
        this.#isGizmoHeld = this.#gizmo.dragging;
        this.#pressed.set(event.clientX, event.clientY);
    };

    readonly #onLost = (): void => {
        this.#isHeld = false;
        if (!this.#gizmo.dragging) return;
        // The gizmo does not hear of it by itself.
        this.#putHandle(this.#lastRow());
        this.#gizmo.pointerUp(null);
    };

    /** A press that did not move picks. */
    readonly #onUp = (event: PointerEvent): void => {
        this.#isHeld = false;
        const isClick = this.#pressed.distanceTo(new Vector2(event.clientX, event.clientY)) <= CLICK_PX;
        if (!isClick || event.button !== 0 || this.#isGizmoHeld) return;
        this.#settle();
        const { left, top, width, height } = this.#picture.canvas.getBoundingClientRect();
        const at = new Vector2(((event.clientX - left) / width) * 2 - 1, 1 - ((event.clientY - top) / height) * 2);
        const ray = new Raycaster();
        ray.setFromCamera(at, this.camera);
        // Lines and points are thin: what is a few pixels beside them counts.
        const away = this.camera.position.distanceTo(this.orbit.target);
        const pixels = (height * this.camera.projectionMatrix.elements[5]) / 2;
        const near = (PICK_PX * (this.camera instanceof PerspectiveCamera ? away : 1)) / pixels;
        ray.params.Line.threshold = ray.params.Points.threshold = near;
        const shape = this.shapes.pick(ray);
        const [box] = this.#boxes.hits(ray);
        const isBox = box !== undefined && (shape === undefined || box.distance < shape.distance);
        const id = isBox ? this.#ids[box.index] : shape?.id;
        this.#events.onPick(id, event.ctrlKey || event.metaKey || event.shiftKey);
    };
}

function isNearIdentity({ elements }: Matrix4): boolean {
    return new Matrix4().elements.every((value, i) => Math.abs(value - (elements[i] ?? NaN)) < LEAST_MOVE);
}

function colorOf(bgr: number | undefined): Color {
    if (bgr === undefined) return UNKNOWN;
    return new Color((bgr & 0xff) / 255, ((bgr >> 8) & 0xff) / 255, ((bgr >> 16) & 0xff) / 255);
}
