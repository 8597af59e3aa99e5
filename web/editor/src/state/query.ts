import { RequestError } from "@webedithost/client";
import type { EditSession } from "./session";
import type { QueryReply } from "./types";

/** So often a query may bring nothing at all before it is given up. */
export const TRIES = 5;
export const TOO_SLOW = "The server has not answered a query in time.";

export interface Rows<Row> {
    rows: Row[];
    /** Nothing follows. Else the server has stopped in between and cannot go on. */
    done: boolean;
}

export interface RowLimit {
    offset?: number;
    count: number;
}

/** Rows of a query as arrays, classes by name: those of its first reply, and of what follows where that has a limit. */
export async function readRows<Row>(
    session: EditSession,
    ecsql: string,
    args: object = {},
    limit?: RowLimit,
): Promise<Rows<Row>> {
    const params = {
        ecsql,
        ...(Object.keys(args).length > 0 ? { args } : {}),
        rowFormat: "array",
        convertClassIdsToClassNames: true,
        ...(limit === undefined ? {} : { limit }),
    };
    const rows: Row[] = [];
    let reply = await session.call<QueryReply<Row>>("query.ecsql", params);
    rows.push(...reply.rows);
    while (reply.cursor !== undefined) {
        const { cursor } = reply;
        try {
            reply = await session.call<QueryReply<Row>>("query.next", { cursor });
        } catch (error) {
            // Something was edited meanwhile.
            if (error instanceof RequestError && error.errorName === "CursorInvalid") return { rows, done: false };
            throw error;
        }
        rows.push(...reply.rows);
    }
    return { rows, done: reply.done };
}

/** All rows of a query that has few; it is asked anew when an edit has cut it off. */
export async function rowsOf<Row>(
    session: EditSession,
    ecsql: string,
    args: object = {},
    limit?: RowLimit,
): Promise<Row[]> {
    for (let tries = 0; tries < TRIES; tries++) {
        const { rows, done } = await readRows<Row>(session, ecsql, args, limit);
        if (done) return rows;
    }
    throw new Error(TOO_SLOW);
}
