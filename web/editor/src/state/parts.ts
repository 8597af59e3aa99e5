/** A member of a struct or point by name; an item of an array by its place in an array of @of items, behind the last one to add it; with @to it moves there. */
export type Step = string | { index: number; of: number; to?: number };
/** Which part of a value is meant; without steps all of it. */
export type Path = readonly Step[];

/** @whole with @part where @path leads to; null takes the part away, and what has no parts left is null itself. */
export function withPart(whole: unknown, path: Path, part: unknown): unknown {
    const [step, ...rest] = path;
    if (step === undefined) return part;
    if (typeof step === "string") return withMember(whole, step, rest, part);
    const items = Array.isArray(whole) ? (whole as unknown[]) : [];
    if (step.index === step.of) return part === null ? whole : [...items, withPart(undefined, rest, part)];
    // The place tells which item is meant only as long as none came or went.
    if (items.length !== step.of) throw new Error("The list has changed meanwhile: look again.");
    if (step.to !== undefined) return items.toSpliced(step.index, 1).toSpliced(step.to, 0, items[step.index]);
    const now = withPart(items[step.index], rest, part);
    const next = now === null ? items.toSpliced(step.index, 1) : items.with(step.index, now);
    return next.length === 0 ? null : next;
}

function withMember(whole: unknown, name: string, rest: Path, part: unknown): unknown {
    const members = typeof whole === "object" && whole !== null ? (whole as Record<string, unknown>) : {};
    const all = Object.entries({ ...members, [name]: withPart(members[name], rest, part) });
    const next = all.filter(([, v]) => v !== null && v !== undefined);
    return next.length === 0 ? null : Object.fromEntries(next);
}
