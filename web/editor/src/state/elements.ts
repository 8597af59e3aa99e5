import { type Path, withPart } from "./parts";
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
 * A change that is made of what each element is now, as placements and structs are written whole: it reads what the change before it has
 * left, however quickly they follow each other.
 */
export function updateFrom(
    session: EditSession,
    ids: readonly string[],
    change: (now: ElementProps) => Params,
): Promise<void> {
    return session.inTurn(async () => {
        const elements = await session.call<ElementProps[]>("elements.getMany", { ids });
        if (elements.length < ids.length) throw new Error("The element is not there any more.");
        const ops = elements.map((e) => ({ method: "elements.updateElement", params: updateOf(e, change(e)) }));
        await editAll(session, ops);
    });
}

/** Changes a property, or the part of it that @path leads to, of several elements. */
export function updateProperty(
    session: EditSession,
    elements: readonly ElementProps[],
    name: string,
    path: Path,
    value: unknown,
): Promise<void> {
    if (path.length > 0) {
        const ids = elements.map((e) => e.id);
        return updateFrom(session, ids, (now) => ({ [name]: withPart(now[name], path, value) }));
    }
    const ops = elements.map((e) => ({ method: "elements.updateElement", params: updateOf(e, { [name]: value }) }));
    return session.inTurn(() => editAll(session, ops));
}

/** The same for an aspect. */
export function updateAspect(
    session: EditSession,
    { id, element }: AspectProps,
    name: string,
    path: Path,
    value: unknown,
): Promise<void> {
    return session.inTurn(async () => {
        const aspects = await session.call<AspectProps[]>("elements.getAspects", { id: element.id });
        const now = aspects.find((a) => a.id === id);
        if (now === undefined) throw new Error("The aspect is not there any more.");
        const { classFullName } = now;
        const props = { classFullName, id, element, [name]: withPart(now[name], path, value) };
        await session.edit("elements.updateAspect", { props });
    });
}
