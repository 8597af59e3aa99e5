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

async function rowsOf<Row>(session: EditSession, ecsql: string, args: object, count?: number): Promise<Row[]> {
    const limit = count === undefined ? {} : { limit: { count } };
    const params = { ecsql, ...(Object.keys(args).length > 0 ? { args } : {}), ...limit, rowFormat: "array" };
    return (await session.call<{ rows: Row[] }>("query.ecsql", params)).rows;
}

export async function viewSources(session: EditSession): Promise<ViewSource[]> {
    const rows = await rowsOf<[string, string | null, string | null]>(session, DRAWINGS, {});
    return [SPACE, ...rows.map(([key, label, code]) => ({ key, label: label ?? code ?? key, is2d: true }))];
}

/** Colours as iTwin.js has them, 0xTTBBGGRR: of subcategories, and of categories that of their first one. */
export interface Colors {
    categories: ReadonlyMap<string, number>;
    subCategories: ReadonlyMap<string, number>;
}

export async function readColors(session: EditSession): Promise<Colors> {
    const rows = await rowsOf<[string, string, string | null]>(session, COLORS, {});
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
    return JSON.stringify(await rowsOf(session, "SELECT count(*), max(LastMod) FROM bis.GeometryPart", {}));
}

/** The boxes of a view, kept in step with what changes. */
export class Boxes {
    readonly byId = new Map<string, BoxRow>();
    readonly #session: EditSession;
    readonly #source: ViewSource;
    #newest = "";

    constructor(session: EditSession, source: ViewSource) {
        this.#session = session;
        this.#source = source;
    }

    /** Reads all, a few thousand a call. The root is not drawn, and all else comes after it. */
    async load(): Promise<void> {
        const all = new Map<string, BoxRow>();
        for (let after: string = ROOT_ID; ;) {
            const rows = await this.#read("AND e.ECInstanceId > :after ORDER BY e.ECInstanceId", { after }, PAGE);
            for (const row of rows) all.set(row[0], row);
            const last = rows.at(-1);
            if (last === undefined || rows.length < PAGE) break;
            after = last[0];
        }
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

    #read(where: string, args: object, count?: number): Promise<BoxRow[]> {
        const columns = this.#source.is2d ? COLUMNS_2D : COLUMNS_3D;
        return rowsOf(
            this.#session,
            `SELECT ${columns} ${this.#from()} ${where}`,
            { ...this.#model(), ...args },
            count,
        );
    }
}
