import { readable } from "../state/json";
import type { FieldType } from "./fields";

export type Parsed = { value: unknown } | { error: string };

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const WHOLE = /^[+-]?\d+$/;
const ID = /^0x[0-9a-f]+$/;

/** What an input of one text shows. */
export function textOf(type: FieldType, value: unknown): string {
    if (value === undefined || value === null) return "";
    if (type.kind === "navigation" && typeof value === "object" && "id" in value) return readable(value.id);
    if (type.kind === "dateTime") return readable(value).replace(/Z$/, "");
    if (type.kind === "binary") return value instanceof Uint8Array ? `${value.length} bytes` : "";
    return readable(value);
}

function parseWhole(text: string): Parsed {
    if (!WHOLE.test(text)) return { error: "must be a whole number" };
    const number = Number(text);
    if (Number.isSafeInteger(number)) return { value: number };
    const exact = BigInt(text);
    return BigInt.asIntN(64, exact) === exact ? { value: exact } : { error: "must fit into 64 bits" };
}

function parseTime(type: FieldType & { kind: "dateTime" }, text: string): Parsed {
    if (type.component === "date") return { value: text };
    const seconds = text.length - (type.component === "time" ? 0 : "yyyy-mm-ddT".length);
    const full = seconds === 5 ? `${text}:00.000` : seconds === 8 ? `${text}.000` : text;
    return { value: type.isUtc ? `${full}Z` : full };
}

/** What a person typed, as the protocol wants it; an empty text clears the value. */
export function parse(type: FieldType, text: string): Parsed {
    const trimmed = text.trim();
    if (trimmed === "" && type.kind !== "string") return { value: null };
    switch (type.kind) {
        case "int":
        case "long":
            return parseWhole(trimmed);
        case "double": {
            const number = Number(trimmed);
            return Number.isFinite(number) ? { value: number } : { error: "must be a number" };
        }
        case "guid":
            return GUID.test(trimmed.toLowerCase()) ? { value: trimmed.toLowerCase() } : { error: "must be a GUID" };
        case "json":
            return parseJson(trimmed);
        case "dateTime":
            return parseTime(type, trimmed);
        case "enum":
            return type.base === "int" ? parseWhole(trimmed) : { value: text };
        case "navigation":
            if (!ID.test(trimmed.toLowerCase())) return { error: "must be an id such as 0x1a" };
            return { value: type.isPlainId ? trimmed : { id: trimmed, relClassName: type.relationship } };
        case "string":
            return { value: text === "" ? null : text };
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
