import type { Field } from "../../schema/fields";
import type { ClassForm } from "../../schema/catalog";
import type { Angles, ElementProps, Placement } from "../../state/elements";
import { fromExactJson, toExactJson } from "../../state/json";
import type { ModelProps } from "../../state/models";
import { ROOT_ID } from "../../state/tree";

export const ANY_ELEMENT = ["BisCore:Element"];
const ELEMENT_ID: Field["type"] = { kind: "navigation", classes: ANY_ELEMENT, relationship: "", isPlainId: true };

/** A field that ElementProps has in a form of its own: how to read it, and what to write for a new value. */
export interface FixedField {
    field: Field;
    read: (element: ElementProps) => unknown;
    write: (element: ElementProps, value: unknown) => Record<string, unknown>;
}

function field(name: string, label: string, type: Field["type"], unit?: string): Field {
    return { name, label, type, unit, readOnly: false, category: "", priority: 0 };
}

export interface CodeSpec {
    id: string;
    name: string;
}

/** A code in its parts; without a value the others mean nothing yet. */
function code(specs: readonly CodeSpec[]): FixedField[] {
    const enumerators = specs.map((s) => ({ label: s.name, value: s.id }));
    return [
        {
            field: field("code.value", "Code", { kind: "string" }),
            read: (e) => e.code.value,
            write: (e, value) => ({ code: { ...e.code, value: value ?? "" } }),
        },
        {
            field: field("code.spec", "Code specification", {
                kind: "enum",
                base: "string",
                isStrict: true,
                enumerators,
            }),
            read: (e) => e.code.spec,
            write: (e, value) => ({ code: { ...e.code, spec: value ?? ROOT_ID } }),
        },
        {
            field: field("code.scope", "Code scope", ELEMENT_ID),
            read: (e) => e.code.scope,
            write: (e, value) => ({ code: { ...e.code, scope: value ?? ROOT_ID } }),
        },
    ];
}

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

/** The file has radians: what was typed as 30 comes back as 29.999999999999996. */
function readable(degrees: number | undefined): number {
    return Number((degrees ?? 0).toPrecision(14));
}

function angle(name: keyof Angles, label: string): FixedField {
    return {
        field: field(name, label, { kind: "double" }, "°"),
        read: (e) => readable(e.placement?.angles?.[name]),
        write: (e, value) => withPlacement(e, { angles: { ...e.placement?.angles, [name]: value ?? 0 } }),
    };
}

export const PLACEMENT_3D = [origin(AXES), angle("yaw", "Yaw"), angle("pitch", "Pitch"), angle("roll", "Roll")];
export const PLACEMENT_2D: FixedField[] = [
    origin(["x", "y"]),
    {
        field: field("angle", "Angle", { kind: "double" }, "°"),
        read: (e) => readable(e.placement?.angle),
        write: (e, value) => withPlacement(e, { angle: Number(value ?? 0) }),
    },
];

/** Which of them an element has. */
export function fixedFields(element: ElementProps, specs: readonly CodeSpec[]): FixedField[] {
    if (element.placement === undefined) return code(specs);
    return [...code(specs), ...(element.placement.origin.length === 2 ? PLACEMENT_2D : PLACEMENT_3D)];
}

export interface ModelField {
    field: Field;
    read: (model: ModelProps) => unknown;
    write: (value: unknown) => unknown;
}

/** Flags of models; the schema hides most of them, ModelProps has them. */
const MODEL_FLAGS = ["isPrivate", "isTemplate", "isNotSpatiallyLocated", "isPlanProjection"];
/** What stands elsewhere, or is the server's own. */
const MODEL_OWN = new Set([
    "modeledElement",
    "parentModel",
    "geometryGuid",
    "lastMod",
    "jsonProperties",
    ...MODEL_FLAGS,
]);

/** The properties of a model that a person edits. */
export function modelFields({ info, fields }: ClassForm): ModelField[] {
    const all = { ...info.inheritedProperties, ...info.properties };
    const same = (value: unknown) => value;
    const flags = MODEL_FLAGS.flatMap((name): ModelField[] => {
        const property = all[name];
        if (property === undefined) return [];
        const { displayLabel, description } = property;
        return [
            {
                field: { ...field(name, displayLabel, { kind: "boolean" }), description },
                read: (m) => m[name] === true,
                write: (value) => value === true,
            },
        ];
    });
    const others = fields
        .filter((f) => !MODEL_OWN.has(f.name))
        .map((f): ModelField => ({ field: f, read: (m) => m[f.name], write: same }));
    const json: ModelField = {
        field: field("jsonProperties", "JSON Properties", { kind: "json" }),
        read: (m) => (m["jsonProperties"] === undefined ? undefined : toExactJson(m["jsonProperties"])),
        write: (value) => (typeof value === "string" ? fromExactJson(value) : {}),
    };
    return [...flags, ...others, json];
}
