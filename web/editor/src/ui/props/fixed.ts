import type { Field } from "../../schema/fields";
import type { Angles, ElementProps, Placement } from "../../state/elements";

/** A field that ElementProps has in a form of its own: how to read it, and what to write for a new value. */
export interface FixedField {
    field: Field;
    read: (element: ElementProps) => unknown;
    write: (element: ElementProps, value: unknown) => Record<string, unknown>;
}

function field(name: string, label: string, type: Field["type"], unit?: string): Field {
    return { name, label, type, unit, readOnly: false, category: "", priority: 0 };
}

export const CODE: FixedField = {
    field: field("code", "Code", { kind: "string" }),
    read: (e) => e.code.value,
    write: (e, value) => ({ code: { ...e.code, value: value ?? "" } }),
};

const AXES = ["x", "y", "z"] as const;

function withPlacement(e: ElementProps, change: Partial<Placement>): Record<string, unknown> {
    return { placement: { origin: [0, 0, 0], ...e.placement, ...change } };
}

function origin(axes: readonly ("x" | "y" | "z")[]): FixedField {
    return {
        field: field("origin", "Origin", { kind: "point", axes }, "m"),
        read: (e): Record<string, number> =>
            Object.fromEntries((e.placement?.origin ?? []).map((n, i) => [AXES[i] ?? "", n])),
        write: (e, value) => {
            const point = (value ?? {}) as Record<string, number | undefined>;
            return withPlacement(e, { origin: axes.map((a) => point[a] ?? 0) });
        },
    };
}

function angle(name: keyof Angles, label: string): FixedField {
    return {
        field: field(name, label, { kind: "double" }, "°"),
        read: (e) => e.placement?.angles?.[name] ?? 0,
        write: (e, value) => withPlacement(e, { angles: { ...e.placement?.angles, [name]: value ?? 0 } }),
    };
}

export const PLACEMENT_3D = [origin(AXES), angle("yaw", "Yaw"), angle("pitch", "Pitch"), angle("roll", "Roll")];
export const PLACEMENT_2D: FixedField[] = [
    origin(["x", "y"]),
    {
        field: field("angle", "Angle", { kind: "double" }, "°"),
        read: (e) => e.placement?.angle ?? 0,
        write: (e, value) => withPlacement(e, { angle: Number(value ?? 0) }),
    },
];

/** Which of them an element has. */
export function fixedFields(element: ElementProps): FixedField[] {
    if (element.placement === undefined) return [CODE];
    return [CODE, ...(element.placement.origin.length === 2 ? PLACEMENT_2D : PLACEMENT_3D)];
}
