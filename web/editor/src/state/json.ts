/** As JSON-RPC has it: bytes as text, and integers that a JSON number would round too; the server takes both for what they are. */
export function toJson(value: unknown): string {
    return JSON.stringify(value, (_key, member: unknown) => {
        if (typeof member === "bigint") return String(member);
        return member instanceof Uint8Array ? `encoding=base64;${base64(member)}` : member;
    });
}

/** JSON of what is JSON by itself: integers that a JavaScript number would round are written with all their digits. */
export function toExactJson(value: unknown): string {
    if (typeof value === "bigint") return String(value);
    if (Array.isArray(value)) return `[${value.map(toExactJson).join(",")}]`;
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return toJson(value);
    return `{${Object.entries(value)
        .map(([key, member]) => `${toJson(key)}:${toExactJson(member)}`)
        .join(",")}}`;
}

/** A text or a number of JSON; of a text whether it is a key. */
const TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi;

/** The same the other way: integers of 64 bits that a number would round become bigint. Throws for what is no JSON. */
export function fromExactJson(text: string): unknown {
    // Only what is JSON can be taken apart into tokens.
    const value: unknown = JSON.parse(text);
    if (!(text.match(TOKEN) ?? []).some(isLarge)) return value;
    const marked = text.replace(TOKEN, (token, colon?: string) => {
        if (colon !== undefined) return token;
        if (token.startsWith('"')) return `"s${token.slice(1)}`;
        return isLarge(token) ? `"n${token}"` : token;
    });
    return JSON.parse(marked, (_key, member: unknown) => {
        if (typeof member !== "string") return member;
        return member.startsWith("n") ? BigInt(member.slice(1)) : member.slice(1);
    });
}

function isLarge(token: string): boolean {
    if (!/^-?\d+$/.test(token) || Number.isSafeInteger(Number(token))) return false;
    const integer = BigInt(token);
    return BigInt.asIntN(64, integer) === integer || BigInt.asUintN(64, integer) === integer;
}

/** What a person reads of a value: a text without quotes. */
export function readable(value: unknown): string {
    return typeof value === "string" || typeof value === "bigint" ? String(value) : toJson(value);
}

function base64(bytes: Uint8Array): string {
    return btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
}
