import { type ReactNode, useEffect, useState } from "react";
import { Button } from "react-aria-components";
import type { TxnEntry } from "../state/types";
import { useSession, useSessionState } from "./context";

const SHOWN_MOST = 200;
const CHANGES_MOST = 100;

interface Change {
    id?: string;
    classFullName?: string;
    op: "Inserted" | "Updated" | "Deleted";
    indirect: boolean;
    properties?: Record<string, unknown>;
}

/** What was saved, the newest first; one can go back to any of it. */
export function History(): ReactNode {
    const session = useSession();
    const revision = useSessionState((s) => s.revision);
    const readOnly = useSessionState((s) => s.open?.mode === "readonly");
    const unsaved = useSessionState((s) => s.txn?.hasUnsavedChanges === true);
    const [txns, setTxns] = useState<readonly TxnEntry[]>([]);
    const [opened, setOpened] = useState<string>();
    useEffect(() => {
        let isWanted = true;
        void session.attempt(async () => {
            const list = await session.call<TxnEntry[]>("txns.list", { limit: SHOWN_MOST });
            if (isWanted) setTxns(list.toReversed());
        });
        return () => {
            isWanted = false;
        };
    }, [session, revision]);
    /** Everything later than @index is undone: reverseTo names the first that goes. */
    const goBack = (index: number) => {
        const later = txns
            .slice(0, index)
            .filter((t) => !t.reversed)
            .at(-1);
        if (later !== undefined) void session.attempt(() => session.edit("txns.reverseTo", { txnId: later.txnId }));
    };
    if (txns.length === 0) return <p className="hint empty">Nothing was saved that is not pushed.</p>;
    return (
        <div className="scroll" tabIndex={0} role="region" aria-label="History">
            {unsaved && <p className="hint empty">Save or abandon what is unsaved before going back.</p>}
            <ol className="history">
                {txns.map((t, i) => {
                    const name = t.description === "" ? t.txnId : t.description;
                    const isLatest = !t.reversed && !txns.slice(0, i).some((later) => !later.reversed);
                    return (
                        <li key={t.txnId} className={t.reversed ? "reversed" : ""}>
                            <div className="row">
                                <strong>{name}</strong>
                                <span className="hint">
                                    {new Date(t.time).toLocaleString()}, {t.bytes} bytes
                                    {t.grouped && ", one of several"}
                                    {t.reversed && ", undone"}
                                </span>
                                {isLatest && <span className="badge">now</span>}
                                <span className="spring" />
                                <Button
                                    aria-label={`What changed in ${name}`}
                                    aria-expanded={opened === t.txnId}
                                    onPress={() => {
                                        setOpened(opened === t.txnId ? undefined : t.txnId);
                                    }}
                                >
                                    What changed
                                </Button>
                                {!readOnly && !t.reversed && !isLatest && (
                                    <Button
                                        aria-label={`Go back to ${name}`}
                                        isDisabled={unsaved}
                                        onPress={() => {
                                            goBack(i);
                                        }}
                                    >
                                        Go back
                                    </Button>
                                )}
                            </div>
                            {opened === t.txnId && <Changes txnId={t.txnId} />}
                        </li>
                    );
                })}
            </ol>
        </div>
    );
}

function Changes({ txnId }: { txnId: string }): ReactNode {
    const session = useSession();
    const [changes, setChanges] = useState<readonly Change[]>();
    const [isMore, setMore] = useState(false);
    useEffect(() => {
        void session.attempt(async () => {
            const params = { from: txnId, to: txnId, limit: CHANGES_MOST };
            const reply = await session.call<{ changes: Change[]; done: boolean }>("changes.summary", params);
            setChanges(reply.changes);
            setMore(!reply.done);
        });
    }, [session, txnId]);
    if (changes === undefined) return <p className="hint">loading</p>;
    return (
        <ul className="changes">
            {changes.map((c, i) => (
                <li key={i}>
                    {c.op} {c.classFullName ?? "file property"} {c.id}
                    {c.op === "Updated" && <span className="hint"> {Object.keys(c.properties ?? {}).join(", ")}</span>}
                </li>
            ))}
            {isMore && <li>and more</li>}
        </ul>
    );
}
