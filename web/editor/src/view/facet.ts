import {
    Angle,
    BSplineSurface3d,
    BSplineSurface3dH,
    CoordinateXYZ,
    CurveCollection,
    CurvePrimitive,
    GeometryQuery,
    IModelJson,
    IndexedPolyface,
    type IndexedPolyfaceVisitor,
    LineString3d,
    Matrix3d,
    Point3d,
    PointString3d,
    PolyfaceBuilder,
    StrokeOptions,
    Transform,
    UVSelect,
    Vector3d,
    type XYZProps,
    YawPitchRollAngles,
} from "@itwin/core-geometry";
import {
    type FacetJob,
    type FacetRequest,
    type Facets,
    type GeometryEntry,
    MOST_OF_ANSWER,
    MOST_OF_ELEMENT,
    transparencyOf,
    withTransparency,
} from "./facets";
import { Collector } from "./collector";

/** Finer than what core-geometry takes by itself: a circle is to look round, not to be measured. */
const ANGLE_DEGREES = 10;
/** Of a B-spline surface, in both directions. */
const STEPS_OF_SPAN = 4;
const MOST_STEPS = 200;
const FILL_ALWAYS = 2;
const FILL_BLANKING = 3;

/** How what follows in a stream is drawn. */
interface Pen {
    color: number;
    /** Of the subcategory. */
    transparency: number;
    /** Of regions; undefined: as the lines. */
    fill?: number | undefined;
    isFilled: boolean;
}

/** Of two panes, one behind the other. */
function both(one: number, other: number): number {
    return 1 - (1 - one) * (1 - other);
}

function facetOptions(): StrokeOptions {
    const options = StrokeOptions.createForFacets();
    options.angleTol = Angle.createDegrees(ANGLE_DEGREES);
    options.needNormals = true;
    options.shouldTriangulate = true;
    return options;
}

function curveOptions(): StrokeOptions {
    const options = StrokeOptions.createForCurves();
    options.angleTol = Angle.createDegrees(ANGLE_DEGREES);
    return options;
}

/** Draws the geometry of one element into a collector. Throws at what core-geometry cannot make sense of. */
class Drawing {
    readonly #request: FacetRequest;
    readonly #job: FacetJob;
    readonly #out: Collector;

    constructor(request: FacetRequest, job: FacetJob, out: Collector) {
        this.#request = request;
        this.#job = job;
        this.#out = out;
    }

    draw(): void {
        const { geom, matrix, color } = this.#job;
        const at = (row: number, column: number) => matrix[column * 4 + row] ?? 0;
        const turn = Matrix3d.createRowValues(
            at(0, 0),
            at(0, 1),
            at(0, 2),
            at(1, 0),
            at(1, 1),
            at(1, 2),
            at(2, 0),
            at(2, 1),
            at(2, 2),
        );
        const toView = Transform.createOriginAndMatrix(Point3d.create(at(0, 3), at(1, 3), at(2, 3)), turn);
        const pen = { color, transparency: transparencyOf(color), isFilled: !this.#job.is2d };
        this.#stream(geom, toView, pen, false);
    }

    /** Parts have no parts. They are drawn as what names them, but for what they say themselves. */
    #stream(entries: readonly GeometryEntry[], toView: Transform, start: Pen, isPart: boolean): void {
        let pen = start;
        for (const entry of entries) {
            if (entry.appearance !== undefined) pen = this.#penOf(entry.appearance, start);
            else if (entry.fill !== undefined) pen = { ...pen, ...this.#fillOf(entry.fill, pen) };
            else if (entry.geomPart !== undefined) {
                if (!isPart) this.#part(entry.geomPart, toView, pen);
            } else {
                const geometry: unknown = IModelJson.Reader.parse(entry);
                if (geometry instanceof GeometryQuery) this.#geometry(geometry, toView, pen);
            }
        }
    }

    #penOf({ subCategory, color, transparency }: NonNullable<GeometryEntry["appearance"]>, start: Pen): Pen {
        const inherited = subCategory === undefined ? undefined : this.#request.subCategories[subCategory];
        const base = inherited ?? start.color;
        const through = inherited === undefined ? start.transparency : transparencyOf(inherited);
        return {
            color: withTransparency(color ?? base, both(transparencyOf(base), transparency ?? 0)),
            transparency: through,
            isFilled: start.isFilled,
        };
    }

    #fillOf({ display, color, transparency }: NonNullable<GeometryEntry["fill"]>, pen: Pen): Partial<Pen> {
        const isFilled = !this.#job.is2d || display === FILL_ALWAYS || display === FILL_BLANKING;
        const through = transparency === undefined ? transparencyOf(pen.color) : both(pen.transparency, transparency);
        return { fill: withTransparency(color ?? pen.color, through), isFilled };
    }

    #part(part: NonNullable<GeometryEntry["geomPart"]>, toView: Transform, pen: Pen): void {
        const entries = this.#request.parts[part.part];
        if (entries === undefined) return;
        const turn = YawPitchRollAngles.fromJSON(part.rotation).toMatrix3d();
        turn.scaleColumnsInPlace(part.scale ?? 1, part.scale ?? 1, part.scale ?? 1);
        const toElement = Transform.createOriginAndMatrix(Point3d.fromJSON(part.origin as XYZProps | undefined), turn);
        this.#stream(entries, toView.multiplyTransformTransform(toElement), pen, true);
    }

    #geometry(geometry: GeometryQuery, toView: Transform, pen: Pen): void {
        if (geometry instanceof PointString3d) this.#points(geometry.points, toView, pen);
        else if (geometry instanceof CoordinateXYZ) this.#points([geometry.point], toView, pen);
        else if (geometry instanceof CurvePrimitive) this.#curve(geometry, toView, pen);
        else if (geometry instanceof CurveCollection) this.#curves(geometry, toView, pen);
        else if (geometry instanceof IndexedPolyface) this.#mesh(geometry, toView, pen.color);
        else this.#surface(geometry, toView, pen.color);
    }

    #points(points: readonly Point3d[], toView: Transform, pen: Pen): void {
        for (const p of points) this.#out.point(toView.multiplyPoint3d(p), pen.color);
    }

    #curve(curve: CurvePrimitive, toView: Transform, pen: Pen): void {
        const strokes = LineString3d.create();
        curve.emitStrokes(strokes, curveOptions());
        const points = strokes.points.map((p) => toView.multiplyPoint3d(p));
        points.slice(1).forEach((to, i) => {
            this.#out.line(points[i] ?? to, to, pen.color);
        });
    }

    #curves(curves: CurveCollection, toView: Transform, pen: Pen): void {
        for (const c of curves.collectCurvePrimitives()) this.#curve(c, toView, pen);
        if (curves.isAnyRegion() && pen.isFilled) this.#surface(curves, toView, pen.fill ?? pen.color);
    }

    #surface(geometry: GeometryQuery, toView: Transform, color: number): void {
        const builder = PolyfaceBuilder.create(facetOptions());
        if (geometry instanceof BSplineSurface3d || geometry instanceof BSplineSurface3dH) {
            const steps = (spans: number) => Math.min(spans * STEPS_OF_SPAN, MOST_STEPS);
            builder.addUVGridBody(
                geometry,
                steps(geometry.numSpanUV(UVSelect.uDirection)),
                steps(geometry.numSpanUV(UVSelect.vDirection)),
            );
        } else builder.addGeometryQuery(geometry);
        this.#mesh(builder.claimPolyface(), toView, color);
    }

    #mesh(mesh: IndexedPolyface, toView: Transform, color: number): void {
        const visitor = mesh.createVisitor(0);
        while (visitor.moveToNextFacet()) this.#facet(visitor, toView, color);
    }

    /** A facet as triangles: a fan, if it is convex. */
    #facet(visitor: IndexedPolyfaceVisitor, toView: Transform, color: number): void {
        const corners = visitor.point.getPoint3dArray();
        if (corners.length > 3 && !isConvex(corners)) {
            const triangles = PolyfaceBuilder.polygonToTriangulatedPolyface(corners);
            if (triangles !== undefined) this.#mesh(triangles, toView, color);
            return;
        }
        const points = corners.map((p) => toView.multiplyPoint3d(p));
        const normals = visitor.normal?.getPoint3dArray().map((n) => toView.multiplyVector(Vector3d.createFrom(n)));
        for (let i = 2; i < points.length; i++) {
            this.#out.triangle(pick(points, i), normals === undefined ? undefined : pick(normals, i), color);
        }
    }
}

/** The @i-th triangle of a fan ends at corner @i. */
function pick<T>(all: readonly T[], i: number): [T, T, T] {
    return [all[0], all[i - 1], all[i]] as [T, T, T];
}

function isConvex(corners: readonly Point3d[]): boolean {
    let first: Vector3d | undefined;
    for (let i = 0; i < corners.length; i++) {
        const [a, b, c] = [0, 1, 2].map((k) => corners[(i + k) % corners.length] ?? Point3d.create());
        if (a === undefined || b === undefined || c === undefined) continue;
        const turn = a.vectorTo(b).crossProduct(b.vectorTo(c));
        first ??= turn;
        if (turn.dotProduct(first) < 0) return false;
    }
    return true;
}

/** What an element is drawn with: nothing (its box stays), if its geometry is none of these kinds, or too much, or broken. */
export function facetsOf(request: FacetRequest, job: FacetJob): Facets {
    const out = new Collector(MOST_OF_ELEMENT);
    try {
        new Drawing(request, job, out).draw();
    } catch {
        // Whatever was wrong with it, the element is where its box is.
        return { id: job.id };
    }
    return { id: job.id, ...out.take() };
}

/** Elements in their order, until it is enough for one answer. */
export function answer(request: FacetRequest): Facets[] {
    const all: Facets[] = [];
    let vertices = 0;
    for (const job of request.jobs) {
        if (vertices >= MOST_OF_ANSWER) break;
        const facets = facetsOf(request, job);
        for (const v of [facets.triangles, facets.glass, facets.lines, facets.points])
            vertices += (v?.positions.length ?? 0) / 3;
        all.push(facets);
    }
    return all;
}
