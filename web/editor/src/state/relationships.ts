import { RequestError } from "@webedithost/client";
import type { ClassForm } from "../schema/catalog";
import { CLASSES, type End, FULL_NAME, IS_LINK_TABLE, fits, inEcsql, otherEnd } from "./classes";
import { type Path, withPart } from "./parts";
import { rowsOf } from "./query";
import type { EditSession } from "./session";
import { labelOf } from "./tree";

export const RELATED_PAGE = 10;

export interface RelationshipProps {
    [property: string]: unknown;
    classFullName: string;
    id: string;
    sourceId: string;
    targetId: string;
}

/** The relationships of one class that an element is the same end of. */
export interface Group {
    classFullName: string;
    end: End;
    count: number;
}

/** A relationship of a group as its element sees it: who stands at the other end. */
export interface Related {
    id: string;
    otherId: string;
    otherLabel: string;
}

/** A relationship class that an element may be an end of. */
export interface Allowed {
    classFullName: string;
    end: End;
}

const ROOTS = `SELECT ${FULL_NAME} ${CLASSES} WHERE ${IS_LINK_TABLE}
 AND NOT EXISTS (SELECT 1 FROM meta.ClassHasBaseClasses b WHERE b.SourceECInstanceId = c.ECInstanceId)`;
const ENDS: readonly End[] = ["source", "target"];
const IDS: Record<End, string> = { source: "SourceECInstanceId", target: "TargetECInstanceId" };
const ALLOWED = ENDS.map(
    (end) =>
        `SELECT ${FULL_NAME}, '${end}' ${CLASSES} WHERE ${IS_LINK_TABLE} AND c.Modifier <> 1 AND ${fits(end, ":class")}`,
).join(" UNION ALL ");

function countsOf(root: string): string {
    return ENDS.map(
        (end) =>
            `SELECT r.ECClassId, '${end}', count(*) FROM ${inEcsql(root)} r WHERE r.${IDS[end]} = :id GROUP BY r.ECClassId`,
    ).join(" UNION ALL ");
}

/** The relationships of elements that have rows of their own, in whatever link tables the open iModel has. */
export class Relationships {
    readonly #session: EditSession;
    #counts: Promise<string> | undefined;

    constructor(session: EditSession) {
        this.#session = session;
    }

    async groupsOf(id: string): Promise<Group[]> {
        this.#counts ??= this.#askCounts();
        const rows = await rowsOf<[string, End, number]>(this.#session, await this.#counts, { id });
        const groups = rows.map(([name, end, count]) => ({ classFullName: name.replace(".", ":"), end, count }));
        return groups.sort((a, b) => compare(a.classFullName, b.classFullName) || compare(a.end, b.end));
    }

    /** Of a group a page of RELATED_PAGE, those that were made last first. */
    async page(id: string, { classFullName, end }: Group, page: number): Promise<Related[]> {
        const other = `r.${IDS[otherEnd(end)]}`;
        const ecsql = `SELECT r.ECInstanceId, ${other}, e.ECClassId, e.UserLabel, e.CodeValue
 FROM ONLY ${inEcsql(classFullName)} r LEFT JOIN bis.Element e ON e.ECInstanceId = ${other}
 WHERE r.${IDS[end]} = :id ORDER BY r.ECInstanceId DESC`;
        const limit = { offset: page * RELATED_PAGE, count: RELATED_PAGE };
        const rows = await rowsOf<[string, string, string | null, string | null, string | null]>(
            this.#session,
            ecsql,
            { id },
            limit,
        );
        return rows.map(([relationship, otherId, className, label, code]) => ({
            id: relationship,
            otherId,
            otherLabel: className === null ? otherId : labelOf(otherId, className, label, code),
        }));
    }

    /** The relationship classes, and the ends of them, that an element of a class may be. */
    async allowed(classId: string): Promise<Allowed[]> {
        const rows = await rowsOf<[string, End]>(this.#session, ALLOWED, { class: classId });
        const all = rows.map(([classFullName, end]) => ({ classFullName, end }));
        return all.sort((a, b) => compare(a.end, b.end) || compare(a.classFullName, b.classFullName));
    }

    read(classFullName: string, id: string): Promise<RelationshipProps> {
        return this.#session.call("relationships.getInstanceProps", { classFullName, id });
    }

    /** The same, where it may just have been deleted. */
    async find(classFullName: string, id: string): Promise<RelationshipProps | undefined> {
        try {
            return await this.read(classFullName, id);
        } catch (error) {
            if (error instanceof RequestError && error.errorName === "NotFound") return undefined;
            throw error;
        }
    }

    async insert({ classFullName, end }: Allowed, id: string, otherId: string): Promise<void> {
        const ends = end === "source" ? { sourceId: id, targetId: otherId } : { sourceId: otherId, targetId: id };
        await this.#session.edit("relationships.insertInstance", { props: { classFullName, ...ends } });
    }

    /** An update empties what it does not name, so all properties are sent, those that are not shown too: as they are now, but for the part that @path leads to. */
    update({ info }: ClassForm, id: string, name: string, path: Path, value: unknown): Promise<void> {
        const classFullName = info.ecclass;
        return this.#session.inTurn(async () => {
            const now = await this.read(classFullName, id);
            const names = Object.keys({ ...info.inheritedProperties, ...info.properties });
            const kept = Object.fromEntries(names.map((n) => [n, now[n] ?? null]));
            const props = { classFullName, id, ...kept, [name]: withPart(now[name], path, value) };
            await this.#session.edit("relationships.updateInstance", { props });
        });
    }

    async remove(classFullName: string, id: string): Promise<void> {
        await this.#session.edit("relationships.deleteInstance", { props: { classFullName, id } });
    }

    async #askCounts(): Promise<string> {
        try {
            const roots = await rowsOf<[string]>(this.#session, ROOTS);
            return roots.map(([root]) => countsOf(root)).join(" UNION ALL ");
        } catch (error) {
            this.#counts = undefined;
            throw error;
        }
    }
}

function compare(a: string, b: string): number {
    return a < b ? -1 : Number(a > b);
}
