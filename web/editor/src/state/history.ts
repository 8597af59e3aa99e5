import { rowsOf } from "./query";
import type { EditSession } from "./session";
import { labelOf } from "./tree";
import type { TxnEntry } from "./types";

const CHANGES_PAGE = 100;
const BY_ID = `SELECT e.ECInstanceId, e.ECClassId, e.UserLabel, e.CodeValue FROM bis.Element e WHERE InVirtualSet(:ids, e.ECInstanceId)`;

/** An instance that a transaction changed, or a property of the file. */
export interface Change {
    id?: string;
    classFullName?: string;
    fileProperty?: { namespace: string; name: string };
    op: "Inserted" | "Updated" | "Deleted";
    indirect: boolean;
    properties?: Record<string, { old?: unknown; new?: unknown }>;
}

export interface ChangesPage {
    changes: readonly Change[];
    done: boolean;
    cursor?: string;
}

export function readChanges(session: EditSession, txnId: string, cursor?: string): Promise<ChangesPage> {
    const params = { from: txnId, to: txnId, limit: CHANGES_PAGE, ...(cursor === undefined ? {} : { cursor }) };
    return session.call<ChangesPage>("changes.summary", params);
}

/** "2 inserted, 1 updated, 1 dependent": how many of each kind there are among @changes. */
export function countsOf(changes: readonly Change[]): string {
    const direct = changes.filter((c) => !c.indirect);
    const kinds = (["Inserted", "Updated", "Deleted"] as const).map((op): [number, string] => [
        direct.filter((c) => c.op === op).length,
        op.toLowerCase(),
    ]);
    const counts: [number, string][] = [...kinds, [changes.length - direct.length, "dependent"]];
    return counts
        .filter(([n]) => n > 0)
        .map(([n, what]) => `${n} ${what}`)
        .join(", ");
}

/** An aspect may have the id of an element: only with its class an instance is known. */
export const keyOf = (id: string | undefined, classFullName: string | undefined) => `${classFullName} ${id}`;

/** Labels of those among @changes that are elements and still there, by key. */
export async function labelsOf(session: EditSession, changes: readonly Change[]): Promise<ReadonlyMap<string, string>> {
    const ids = [...new Set(changes.flatMap((c) => c.id ?? []))];
    if (ids.length === 0) return new Map();
    const rows = await rowsOf<[string, string, string | null, string | null]>(session, BY_ID, { ids });
    return new Map(rows.map((r) => [keyOf(r[0], r[1].replace(".", ":")), labelOf(...r)]));
}

/** What an instance was called that is not there any more. */
export function formerLabel({ properties }: Change): string | undefined {
    for (const name of ["UserLabel", "CodeValue"]) {
        const value = properties?.[name]?.old ?? properties?.[name]?.new;
        if (typeof value === "string" && value !== "") return value;
    }
    return undefined;
}

/** Undoes or redoes until @entry is what was saved last. @txns: the newest first. */
export async function goTo(session: EditSession, txns: readonly TxnEntry[], entry: TxnEntry): Promise<void> {
    if (!entry.reversed) {
        await goBefore(
            session,
            txns.slice(
                0,
                txns.findIndex((t) => t.txnId === entry.txnId),
            ),
        );
        return;
    }
    let redone: readonly string[];
    do {
        const reply = await session.edit<{ reinstated: readonly string[] }>("txns.reinstateTxn", {});
        redone = reply.reinstated;
    } while (!redone.includes(entry.txnId));
    // What was undone at once is redone at once: what came after the entry goes again.
    const next = redone[redone.indexOf(entry.txnId) + 1];
    if (next !== undefined) await session.edit("txns.reverseTo", { txnId: next });
}

/** Undoes all of @txns, the newest first, that is not undone yet. */
export async function goBefore(session: EditSession, txns: readonly TxnEntry[]): Promise<void> {
    const first = txns.findLast((t) => !t.reversed);
    if (first !== undefined) await session.edit("txns.reverseTo", { txnId: first.txnId });
}
