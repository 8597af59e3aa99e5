/** As JSON-RPC has it: bytes as text, and integers that a JSON number would round too; the server takes both for what they are. */
export function toJson(value: unknown): string {
    return JSON.stringify(value, (_key, member: unknown) => {
        if (typeof member === "bigint") return String(member);
        return member instanceof Uint8Array ? `encoding=base64;${base64(member)}` : member;
    });
}

/** What a person reads of a value: a text without quotes. */
export function readable(value: unknown): string {
    return typeof value === "string" || typeof value === "bigint" ? String(value) : toJson(value);
}

function base64(bytes: Uint8Array): string {
    return btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
}
