/** What an input needs to know of a property, made from schema.getClass. */
import type { FormatProps } from "@itwin/core-quantity";
import type { Quantity } from "./quantities";

export interface Enumerator {
    label: string;
    value: string | number;
}

/** What the schema allows; the server takes other values too, as the official backend does. */
export interface Bounds {
    minLength?: number | undefined;
    maxLength?: number | undefined;
    min?: number | undefined;
    max?: number | undefined;
}

export type FieldType =
    | { kind: "json" | "boolean" | "binary" | "geometry" | "guid" }
    | { kind: "string"; bounds?: Bounds }
    | { kind: "long"; bounds?: Bounds }
    | { kind: "int" | "double"; quantity?: Quantity | undefined; bounds?: Bounds }
    | { kind: "dateTime"; component: "dateTime" | "date" | "time"; isUtc: boolean }
    | { kind: "point"; axes: readonly ("x" | "y" | "z")[]; quantity?: Quantity | undefined }
    | { kind: "enum"; base: "int" | "string"; isStrict: boolean; enumerators: readonly Enumerator[] }
    | { kind: "navigation"; classes: readonly string[]; relationship: string; isPlainId: boolean }
    | { kind: "struct"; fields: readonly Field[] }
    | { kind: "array"; item: FieldType; minItems: number; maxItems: number };

export interface Field {
    /** As in ElementProps. */
    name: string;
    label: string;
    description?: string | undefined;
    /** Label of the unit that values are stored in, where they are shown in no other; of times that are UTC, that. */
    unit?: string | undefined;
    readOnly: boolean;
    category: string;
    priority: number;
    type: FieldType;
}

/** A property in the answer of schema.getClass. */
export interface PropertyInfo {
    name: string;
    displayLabel: string;
    description?: string;
    readOnly?: boolean;
    hidden: boolean;
    declaredIn?: string;
    priority?: number;
    category?: string;
    type:
        | "PrimitiveProperty"
        | "PrimitiveArrayProperty"
        | "StructProperty"
        | "StructArrayProperty"
        | "NavigationProperty";
    typeName?: string;
    primitiveType?: number;
    extendedType?: string;
    enumeration?: string;
    structName?: string;
    kindOfQuantity?: string;
    minimumLength?: number;
    maximumLength?: number;
    minimumValue?: number;
    maximumValue?: number;
    minOccurs?: number;
    maxOccurs?: number;
    relationshipClass?: string;
    targetConstraint?: { constraintClasses: string[]; multiplicity: string };
    customAttributes?: { ecclass: string; properties: Record<string, unknown> }[];
}

/** What may stand at an end of a relationship. */
export interface Constraint {
    constraintClasses: string[];
    roleLabel?: string;
}

export interface ClassInfo {
    classId: string;
    ecclass: string;
    name: string;
    displayLabel: string;
    description?: string;
    modifier?: string;
    schemaItemType: string;
    properties: Record<string, PropertyInfo>;
    inheritedProperties?: Record<string, PropertyInfo>;
    /** Ends of a relationship class. */
    source?: Constraint;
    target?: Constraint;
    enumerations?: Record<
        string,
        { type: string; isStrict: boolean; enumerators: { name: string; label?: string; value: string | number }[] }
    >;
    categories?: Record<string, { label?: string; priority?: number }>;
    kindsOfQuantity?: Record<string, { label?: string; persistenceUnit?: string; presentationUnits?: string[] }>;
    formats?: Record<string, FormatProps & { label?: string }>;
    units?: Record<string, { label?: string }>;
}

/** Primitive types by the numbers that EC has for them. */
const PRIMITIVES: Record<number, FieldType> = {
    257: { kind: "binary" },
    513: { kind: "boolean" },
    769: { kind: "dateTime", component: "dateTime", isUtc: false },
    1025: { kind: "double" },
    1281: { kind: "int" },
    1537: { kind: "long" },
    1793: { kind: "point", axes: ["x", "y"] },
    2049: { kind: "point", axes: ["x", "y", "z"] },
    2305: { kind: "string" },
    2561: { kind: "geometry" },
};

/** Properties of elements that ElementProps has in another form; the panel shows them by itself. */
const ELEMENT_OWN = new Set(["model", "parent", "codeSpec", "codeScope", "codeValue", "lastMod"]);
/** Navigation properties whose value is an id alone. */
const PLAIN_IDS = new Set(["category"]);

function dateTime(p: PropertyInfo): FieldType {
    const info = p.customAttributes?.find((a) => a.ecclass === "CoreCustomAttributes:DateTimeInfo")?.properties;
    const component = info?.["DateTimeComponent"];
    return {
        kind: "dateTime",
        component: component === "Date" ? "date" : component === "TimeOfDay" ? "time" : "dateTime",
        isUtc: info?.["DateTimeKind"] === "Utc",
    };
}

/** A class as it is asked for, and what is known of others that it names. */
interface Sources {
    owner: ClassInfo;
    structs: ReadonlyMap<string, readonly Field[]>;
    quantities: ReadonlyMap<string, Quantity>;
}

function boundsOf(p: PropertyInfo): { bounds?: Bounds } {
    const { minimumLength: minLength, maximumLength: maxLength, minimumValue: min, maximumValue: max } = p;
    const bounds = { minLength, maxLength, min, max };
    return Object.values(bounds).every((b) => b === undefined) ? {} : { bounds };
}

function primitive(p: PropertyInfo, { owner, quantities }: Sources): FieldType {
    const enumeration = p.enumeration === undefined ? undefined : owner.enumerations?.[p.enumeration];
    if (enumeration !== undefined) {
        const enumerators = enumeration.enumerators.map((e) => ({ label: e.label ?? e.name, value: e.value }));
        return {
            kind: "enum",
            base: enumeration.type === "int" ? "int" : "string",
            isStrict: enumeration.isStrict,
            enumerators,
        };
    }
    if (p.primitiveType === 769) return dateTime(p);
    if (p.primitiveType === 257 && p.extendedType === "BeGuid") return { kind: "guid" };
    if (p.primitiveType === 2305 && p.extendedType === "Json") return { kind: "json" };
    const type = PRIMITIVES[p.primitiveType ?? 0] ?? { kind: "binary" };
    const quantity = quantities.get(p.kindOfQuantity ?? "");
    const shown = quantity === undefined ? {} : { quantity };
    switch (type.kind) {
        case "string":
        case "long":
            return { ...type, ...boundsOf(p) };
        case "int":
        case "double":
            return { ...type, ...shown, ...boundsOf(p) };
        case "point":
            return { ...type, ...shown };
        default:
            return type;
    }
}

function typeOf(p: PropertyInfo, sources: Sources): FieldType {
    const { structs } = sources;
    const items = { minItems: p.minOccurs ?? 0, maxItems: p.maxOccurs ?? Infinity };
    const struct: FieldType = { kind: "struct", fields: structs.get(p.structName ?? "") ?? [] };
    switch (p.type) {
        case "PrimitiveProperty":
            return primitive(p, sources);
        case "PrimitiveArrayProperty":
            return { kind: "array", item: primitive(p, sources), ...items };
        case "StructProperty":
            return struct;
        case "StructArrayProperty":
            return { kind: "array", item: struct, ...items };
        case "NavigationProperty": {
            const classes = p.targetConstraint?.constraintClasses ?? ["BisCore:Element"];
            return { kind: "navigation", classes, relationship: p.relationshipClass ?? "", isPlainId: false };
        }
    }
}

/** The kind of quantity that values of a type are shown by. */
export function quantityOf(type: FieldType): Quantity | undefined {
    if (type.kind === "array") return quantityOf(type.item);
    return type.kind === "double" || type.kind === "int" || type.kind === "point" ? type.quantity : undefined;
}

function unitOf(p: PropertyInfo, type: FieldType, { owner, quantities }: Sources): string | undefined {
    // Else it would be taken for the time where one is.
    if (type.kind === "dateTime" && type.isUtc) return "UTC";
    if (quantities.has(p.kindOfQuantity ?? "")) return undefined;
    const unit = owner.kindsOfQuantity?.[p.kindOfQuantity ?? ""]?.persistenceUnit;
    return unit === undefined ? undefined : (owner.units?.[unit]?.label ?? unit);
}

/** The fields of a class that a person edits, those of its categories first, then in the order of the schema. */
export function fieldsOf(
    info: ClassInfo,
    structs: ReadonlyMap<string, readonly Field[]>,
    quantities: ReadonlyMap<string, Quantity>,
): Field[] {
    const fields: Field[] = [];
    const sources = { owner: info, structs, quantities };
    for (const [name, p] of Object.entries({ ...info.inheritedProperties, ...info.properties })) {
        const isElements = p.declaredIn?.startsWith("BisCore:") === true;
        if (p.hidden || (isElements && ELEMENT_OWN.has(name))) continue;
        const type = typeOf(p, sources);
        const plain: FieldType =
            type.kind === "navigation" && isElements && PLAIN_IDS.has(name) ? { ...type, isPlainId: true } : type;
        fields.push({
            name,
            label: p.displayLabel,
            description: p.description,
            unit: unitOf(p, type, sources),
            readOnly: p.readOnly === true || holdsBinary(type),
            category: info.categories?.[p.category ?? ""]?.label ?? "",
            priority: p.priority ?? 0,
            type: plain,
        });
    }
    return fields.sort((a, b) => Number(a.category === "") - Number(b.category === "") || b.priority - a.priority);
}

/** Bytes cannot be typed. */
function holdsBinary(type: FieldType): boolean {
    return type.kind === "binary" || type.kind === "geometry" || (type.kind === "array" && holdsBinary(type.item));
}

/** Names of the structs that the properties of a class are made of. */
export function structNames(info: ClassInfo): string[] {
    const all = Object.values({ ...info.inheritedProperties, ...info.properties });
    return [...new Set(all.flatMap((p) => (p.structName === undefined ? [] : [p.structName])))];
}

/** What a value of a field means, in a word; of a kind of quantity that is its name, as its functions are left out. */
function meaning({ name, type, unit, readOnly }: Field): string {
    return JSON.stringify([name, type, unit, readOnly]);
}

/** Those fields of the first class that mean the same in all of them: what is typed there is written to elements of each. */
export function commonFields(classes: readonly (readonly Field[])[]): readonly Field[] {
    const [first = [], ...others] = classes;
    if (others.length === 0) return first;
    const meanings = others.map((fields) => new Set(fields.map(meaning)));
    return first.filter((f) => meanings.every((m) => m.has(meaning(f))));
}
