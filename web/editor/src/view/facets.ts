/** What an element is drawn with. Nothing here knows of three.js: it goes between the page and its worker. */

/** Some vertices: three a triangle, two a line or one a point. */
export interface Vertices {
    positions: Float32Array;
    /** A byte each for red, green, blue, and of glass for how opaque it is. */
    colors: Uint8Array;
    /** Of triangles only: signed bytes. */
    normals?: Int8Array;
}

export interface Facets {
    id: string;
    triangles?: Vertices;
    /** Triangles that can be seen through. */
    glass?: Vertices;
    lines?: Vertices;
    points?: Vertices;
}

/** One element that is to be drawn: its geometry stream, and where it is from the view's base point. */
export interface FacetJob {
    id: string;
    geom: readonly GeometryEntry[];
    /** Four columns of four numbers. */
    matrix: readonly number[];
    /** 0xTTBBGGRR, of its category. TT is how transparent it is. */
    color: number;
    /** A drawing shows regions as outlines, unless they are filled. */
    is2d: boolean;
}

export interface FacetRequest {
    jobs: readonly FacetJob[];
    /** Geometry of the parts that the elements name, by id. */
    parts: Readonly<Record<string, readonly GeometryEntry[]>>;
    /** Colours of subcategories, by id. */
    subCategories: Readonly<Record<string, number>>;
}

/** An entry of iTwin.js' GeometryStreamProps, as far as it is looked at here; all other members are geometry. */
export interface GeometryEntry {
    [kind: string]: unknown;
    appearance?: { subCategory?: string; color?: number; transparency?: number };
    fill?: { display?: number; color?: number; transparency?: number };
    geomPart?: { part: string; origin?: unknown; rotation?: object; scale?: number };
}

/** Vertices; what needs more is drawn as its box. */
export const MOST_OF_ELEMENT = 300_000;
/** An answer ends with the element that reaches this; those that it does not name are to be asked for again. */
export const MOST_OF_ANSWER = 600_000;

const BYTE_MOST = 255;
const BGR = 0xffffff;

/** 0 is opaque, 1 is not to be seen. */
export function transparencyOf(tbgr: number): number {
    return (tbgr >>> 24) / BYTE_MOST;
}

export function withTransparency(bgr: number, transparency: number): number {
    const most = Math.min(Math.max(transparency, 0), 1) || 0;
    return ((Math.round(most * BYTE_MOST) << 24) | (bgr & BGR)) >>> 0;
}
