import { readable } from "../state/json";
import type { Bounds, FieldType } from "./fields";
import type { Presentation } from "./quantities";

export type Parsed = { value: unknown } | { error: string };

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const WHOLE = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const ID = /^0x[0-9a-f]+$/;

const INT_MOST = 2 ** 31;

/** What an input of one text shows; values of a kind of quantity as @presentation has them. */
export function textOf(type: FieldType, value: unknown, presentation?: Presentation): string {
    if (value === undefined || value === null) return "";
    switch (type.kind) {
        case "int":
        case "double":
            if (typeof value !== "number") return readable(value);
            return presentation === undefined ? String(value) : presentation.format(value);
        case "navigation":
            return typeof value === "object" && "id" in value ? readable(value.id) : readable(value);
        case "dateTime":
            return readable(value).replace(/Z$/, "");
        case "binary":
            return value instanceof Uint8Array ? `${value.length} bytes` : "";
        case "geometry":
            return geometryText(value);
        case "enum":
            return enumText(type, value);
        default:
            return readable(value);
    }
}

/** What kind of geometry it is: the names of its members. */
function geometryText(value: unknown): string {
    if (value instanceof Uint8Array) return `geometry, ${value.length} bytes`;
    const names = typeof value === "object" && value !== null ? Object.keys(value).join(", ") : "";
    return names === "" ? "geometry" : names;
}

/** The label of an enumerator, where it is not taken for another one's value. */
function enumText(type: FieldType & { kind: "enum" }, value: unknown): string {
    const found = type.enumerators.find((e) => e.value === value);
    const parsed = found === undefined ? undefined : parse(type, found.label);
    return found !== undefined && parsed !== undefined && "value" in parsed && parsed.value === value
        ? found.label
        : readable(value);
}

function within(value: number | bigint, bounds: Bounds | undefined): Parsed {
    if (bounds?.min !== undefined && value < bounds.min) return { error: `must be ${bounds.min} or more` };
    if (bounds?.max !== undefined && value > bounds.max) return { error: `must be ${bounds.max} or less` };
    return { value };
}

function parseWhole(text: string, bounds?: Bounds): Parsed {
    if (!WHOLE.test(text)) return { error: "must be a whole number" };
    const number = Number(text);
    if (Number.isSafeInteger(number)) return within(number, bounds);
    const exact = BigInt(text);
    return BigInt.asIntN(64, exact) === exact ? within(exact, bounds) : { error: "must fit into 64 bits" };
}

function parseNumber(type: FieldType & { kind: "int" | "double" }, text: string, presentation?: Presentation): Parsed {
    if (presentation === undefined) {
        if (type.kind === "int") return parseWhole(text, type.bounds);
        return DECIMAL.test(text) && Number.isFinite(Number(text))
            ? within(Number(text), type.bounds)
            : { error: "must be a number" };
    }
    const parsed = presentation.parse(text);
    if ("error" in parsed) return parsed;
    const { value } = parsed;
    if (type.kind === "int" && !(Number.isInteger(value) && Math.abs(Number(value)) <= INT_MOST))
        return { error: "must be a whole number as it is stored" };
    return within(Number(value), type.bounds);
}

function parseText(text: string, bounds: Bounds | undefined): Parsed {
    if (text === "") return { value: null };
    const { minLength, maxLength } = bounds ?? {};
    if (minLength !== undefined && text.length < minLength)
        return { error: `must have ${minLength} characters or more` };
    if (maxLength !== undefined && text.length > maxLength)
        return { error: `must have ${maxLength} characters or less` };
    return { value: text };
}

function parseTime(type: FieldType & { kind: "dateTime" }, text: string): Parsed {
    if (type.component === "date") return { value: text };
    const seconds = text.length - (type.component === "time" ? 0 : "yyyy-mm-ddT".length);
    const full = seconds === 5 ? `${text}:00.000` : seconds === 8 ? `${text}.000` : text;
    return { value: type.isUtc ? `${full}Z` : full };
}

/** An enumerator by its value or its label; any other value, where others are allowed. */
function parseEnum(type: FieldType & { kind: "enum" }, text: string): Parsed {
    const byValue = type.enumerators.find((e) => String(e.value) === text);
    const found = byValue ?? type.enumerators.find((e) => e.label === text);
    if (found !== undefined) return { value: found.value };
    return type.base === "int" ? parseWhole(text) : { value: text };
}

/** What a person typed, as the protocol wants it; an empty text clears the value. */
export function parse(type: FieldType, text: string, presentation?: Presentation): Parsed {
    const trimmed = text.trim();
    if (trimmed === "" && type.kind !== "string") return { value: null };
    switch (type.kind) {
        case "long":
            return parseWhole(trimmed, type.bounds);
        case "int":
        case "double":
            return parseNumber(type, trimmed, presentation);
        case "guid":
            return GUID.test(trimmed.toLowerCase()) ? { value: trimmed.toLowerCase() } : { error: "must be a GUID" };
        case "json":
            return parseJson(trimmed);
        case "dateTime":
            return parseTime(type, trimmed);
        case "enum":
            return parseEnum(type, trimmed);
        case "navigation":
            if (!ID.test(trimmed.toLowerCase())) return { error: "must be an id such as 0x1a" };
            return { value: type.isPlainId ? trimmed : { id: trimmed, relClassName: type.relationship } };
        case "string":
            return parseText(text, type.bounds);
        default:
            return { error: "cannot be typed" };
    }
}

function parseJson(text: string): Parsed {
    try {
        JSON.parse(text);
        return { value: text };
    } catch {
        return { error: "must be JSON" };
    }
}
