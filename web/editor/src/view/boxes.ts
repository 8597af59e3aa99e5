import { readRows, rowsOf, TOO_SLOW, TRIES } from "../state/query";
import type { EditSession } from "../state/session";
import { withTransparency } from "./facets";
import { ROOT_ID } from "../state/tree";

/** Where an element is, as one row of the query below. */
export type BoxRow = [
    id: string,
    category: string | null,
    x: number,
    y: number,
    z: number,
    yaw: number | null,
    pitch: number | null,
    roll: number | null,
    lowX: number | null,
    lowY: number | null,
    lowZ: number | null,
    highX: number | null,
    highY: number | null,
    highZ: number | null,
    lastMod: string,
];

/** What a view shows: everything in space, or one drawing. */
export interface ViewSource {
    key: string;
    label: string;
    is2d: boolean;
}

export const SPACE: ViewSource = { key: "space", label: "3D", is2d: false };

const PAGE = 4000;
/** Pages that are asked for at once. */
const AT_ONCE = 4;
const COLUMNS_3D = `e.ECInstanceId, e.Category.Id, e.Origin.X, e.Origin.Y, e.Origin.Z, e.Yaw, e.Pitch, e.Roll,
 e.BBoxLow.X, e.BBoxLow.Y, e.BBoxLow.Z, e.BBoxHigh.X, e.BBoxHigh.Y, e.BBoxHigh.Z, e.LastMod`;
const COLUMNS_2D = `e.ECInstanceId, e.Category.Id, e.Origin.X, e.Origin.Y, 0, e.Rotation, 0, 0,
 e.BBoxLow.X, e.BBoxLow.Y, 0, e.BBoxHigh.X, e.BBoxHigh.Y, 0, e.LastMod`;
const FROM_3D =
    "FROM bis.GeometricElement3d e JOIN bis.SpatialModel m ON m.ECInstanceId = e.Model.Id WHERE e.Origin.X IS NOT NULL";
const FROM_2D = "FROM bis.GeometricElement2d e WHERE e.Origin.X IS NOT NULL AND e.Model.Id = :model";
const DRAWINGS = `SELECT m.ECInstanceId, e.UserLabel, e.CodeValue FROM bis.GeometricModel2d m
 JOIN bis.Element e ON e.ECInstanceId = m.ModeledElement.Id ORDER BY m.ECInstanceId`;
const COLORS = "SELECT s.ECInstanceId, s.Parent.Id, s.Properties FROM bis.SubCategory s ORDER BY s.ECInstanceId DESC";

export async function viewSources(session: EditSession): Promise<ViewSource[]> {
    const rows = await rowsOf<[string, string | null, string | null]>(session, DRAWINGS);
    return [SPACE, ...rows.map(([key, label, code]) => ({ key, label: label ?? code ?? key, is2d: true }))];
}

/** Colours as iTwin.js has them, 0xTTBBGGRR: of subcategories, and of categories that of their first one. */
export interface Colors {
    categories: ReadonlyMap<string, number>;
    subCategories: ReadonlyMap<string, number>;
}

export async function readColors(session: EditSession): Promise<Colors> {
    const rows = await rowsOf<[string, string, string | null]>(session, COLORS);
    const all = rows.map(([id, category, properties]) => {
        const appearance = JSON.parse(properties === null || properties === "" ? "{}" : properties) as {
            color?: number;
            transp?: number;
        };
        return { id, category, color: withTransparency(appearance.color ?? 0, appearance.transp ?? 0) };
    });
    return {
        categories: new Map(all.map((s) => [s.category, s.color])),
        subCategories: new Map(all.map((s) => [s.id, s.color])),
    };
}

/** Which parts there are, in a word: another one, if any of them has changed. */
export async function partsState(session: EditSession): Promise<string> {
    return JSON.stringify(await rowsOf(session, "SELECT count(*), max(LastMod) FROM bis.GeometryPart"));
}

/** The boxes of a view, kept in step with what changes. */
export class Boxes {
    readonly byId = new Map<string, BoxRow>();
    readonly #session: EditSession;
    readonly #source: ViewSource;
    #newest = "";
    #coming: { all: Promise<Map<string, BoxRow>>; revision: number } | undefined;

    constructor(session: EditSession, source: ViewSource) {
        this.#session = session;
        this.#source = source;
    }

    /** Begins to read: who loads them later has to wait less. */
    expect(): void {
        this.#coming ??= { all: this.#readAll(), revision: this.#revision };
        // Who loads them hears of it.
        this.#coming.all.catch(() => undefined);
    }

    async load(): Promise<void> {
        const coming = this.#coming;
        this.#coming = undefined;
        // Something may have been edited since they were asked for.
        const all = await (coming?.revision === this.#revision ? coming.all : this.#readAll());
        this.byId.clear();
        for (const [id, row] of all) this.#put(id, row);
    }

    /** Reads what was modified since; all, if something is gone. Undone changes are older than what they undo: then load(). */
    async update(): Promise<void> {
        const rows = await this.#read("AND e.LastMod >= :since", { since: this.#newest });
        for (const row of rows) this.#put(row[0], row);
        const [count] = await rowsOf<[number]>(this.#session, `SELECT count(*) ${this.#from()}`, this.#model());
        if (count?.[0] !== this.byId.size) await this.load();
    }

    get #revision(): number {
        return this.#session.store.get().revision;
    }

    /** All, a few thousand a call, some calls at once. The root is not drawn, and all else comes after it. */
    async #readAll(): Promise<Map<string, BoxRow>> {
        const ends = await rowsOf<[string]>(
            this.#session,
            `SELECT id FROM (SELECT e.ECInstanceId id, row_number() OVER (ORDER BY e.ECInstanceId) n ${this.#from()}) WHERE n % ${PAGE} = 0`,
            this.#model(),
        );
        const starts = [ROOT_ID, ...ends.map(([id]) => id)];
        const pages: BoxRow[][] = [];
        let next = 0;
        const reader = async () => {
            for (let page = next++; page < starts.length; page = next++) {
                pages[page] = await this.#page(starts[page] ?? ROOT_ID, starts[page + 1]);
            }
        };
        await Promise.all(Array.from({ length: AT_ONCE }, reader));
        return new Map(pages.flat().map((row) => [row[0], row]));
    }

    /** What comes after @after, up to @last. */
    #page(after: string, last: string | undefined): Promise<BoxRow[]> {
        return last === undefined
            ? this.#read("", {}, after)
            : this.#read("AND e.ECInstanceId <= :upTo", { upTo: last }, after);
    }

    #put(id: string, row: BoxRow): void {
        this.byId.set(id, row);
        if (row[14] > this.#newest) this.#newest = row[14];
    }

    #from(): string {
        return this.#source.is2d ? FROM_2D : FROM_3D;
    }

    #model(): object {
        return this.#source.is2d ? { model: this.#source.key } : {};
    }

    /** In the order of their ids, so that what was read can be gone on from. */
    async #read(where: string, args: object, start = ROOT_ID): Promise<BoxRow[]> {
        const columns = this.#source.is2d ? COLUMNS_2D : COLUMNS_3D;
        const ecsql = `SELECT ${columns} ${this.#from()} ${where} AND e.ECInstanceId > :after ORDER BY e.ECInstanceId`;
        const all: BoxRow[] = [];
        for (let tries = 0; tries < TRIES; tries++) {
            const after = all.at(-1)?.[0] ?? start;
            const { rows, done } = await readRows<BoxRow>(this.#session, ecsql, { ...this.#model(), ...args, after });
            for (const row of rows) all.push(row);
            if (done) return all;
            if (rows.length > 0) tries = 0;
        }
        throw new Error(TOO_SLOW);
    }
}
