import type { EditSession } from "./session";
import type { Operation, Params } from "./types";

export interface Code {
    spec: string;
    scope: string;
    value?: string;
}

export type Vector = readonly number[];

export interface Angles {
    yaw?: number;
    pitch?: number;
    roll?: number;
}

/** 3d with angles, 2d with angle. */
export interface Placement {
    origin: Vector;
    angles?: Angles;
    angle?: number;
    bbox?: { low: Vector; high: Vector };
}

export interface ElementProps {
    [property: string]: unknown;
    classFullName: string;
    id: string;
    model: string;
    code: Code;
    parent?: { id: string; relClassName?: string };
    placement?: Placement;
}

export interface AspectProps {
    [property: string]: unknown;
    classFullName: string;
    id: string;
    element: { id: string; relClassName?: string };
}

/** An update without these empties a selector, so they are always sent with it. */
const KEPT = ["categories", "models"];

export function updateOf(element: ElementProps, change: Params): Params {
    const kept = KEPT.filter((k) => k in element).map((k) => [k, element[k]]);
    return { props: { id: element.id, ...Object.fromEntries(kept), ...change } };
}

/** One edit, or several as one: all or nothing. */
export async function editAll(session: EditSession, ops: readonly Operation[]): Promise<void> {
    const [first] = ops;
    if (first === undefined) return;
    if (ops.length === 1) await session.edit(first.method, first.params);
    else await session.edit("edit.batch", { ops });
}

/**
 * A change that is made of what the element is now, as a placement is written whole: each reads what the one before it has left, however
 * quickly they follow each other.
 */
export function updateFrom(session: EditSession, id: string, change: (now: ElementProps) => Params): Promise<void> {
    return session.inTurn(async () => {
        const [now] = await session.call<ElementProps[]>("elements.getMany", { ids: [id] });
        if (now === undefined) throw new Error("The element is not there any more.");
        await editAll(session, [{ method: "elements.updateElement", params: updateOf(now, change(now)) }]);
    });
}

/** Changes the same properties of several elements. */
export function updateAll(session: EditSession, elements: readonly ElementProps[], change: Params): Promise<void> {
    const ops = elements.map((e) => ({ method: "elements.updateElement", params: updateOf(e, change) }));
    return editAll(session, ops);
}
