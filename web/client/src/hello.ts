// What the server answers to session.hello, which all that follows goes by.
import type { Methods } from "./api.js";

export type Hello = Methods["session.hello"]["result"];

/** The least that a server can be set to; below it not even its own methods could be called. */
const LEAST_BYTES = 1024;
const LEAST_DEPTH = 8;

const LIMITS = ["messageBytes", "messageValues", "messageDepth", "mailboxMessages", "mailboxBytes", "outboxBytes", "lingerSeconds", "resumeBytes"] as const;

/** Undefined when @result is none. */
export function readHello(result: unknown): Hello | undefined {
  const hello = result as Partial<Hello> | null | undefined;
  const limits = hello?.limits;
  const isHello = typeof hello?.sessionId === "string" && typeof hello.resumeToken === "string" && typeof hello.resumed === "boolean" &&
    typeof limits === "object" && (limits as unknown) !== null && LIMITS.every((name) => Number.isFinite(limits[name]) && limits[name] >= 0) &&
    limits.messageBytes >= LEAST_BYTES && limits.messageDepth >= LEAST_DEPTH;
  return isHello ? hello as Hello : undefined;
}
