import { type ReactNode, useEffect, useState } from "react";
import { Button } from "react-aria-components";
import { goBefore, goTo } from "../state/history";
import type { TxnEntry } from "../state/types";
import { Changes } from "./Changes";
import { useSession, useSessionState } from "./context";

const PAGE = 200;
const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** The newest @limit transactions, the newest first, and whether there are more. */
function useTxns(limit: number): { txns: readonly TxnEntry[]; isMore: boolean } {
    const session = useSession();
    const revision = useSessionState((s) => s.revision);
    const [txns, setTxns] = useState<readonly TxnEntry[]>([]);
    useEffect(() => {
        let isWanted = true;
        void session.attempt(async () => {
            const list = await session.call<TxnEntry[]>("txns.list", { limit: limit + 1 });
            if (isWanted) setTxns(list.toReversed());
        });
        return () => {
            isWanted = false;
        };
    }, [session, revision, limit]);
    return { txns: txns.slice(0, limit), isMore: txns.length > limit };
}

/** What was saved, the newest first; one can go back to any of it, and forward again. */
export function History(): ReactNode {
    const session = useSession();
    const readOnly = useSessionState((s) => s.open?.mode === "readonly");
    const unsaved = useSessionState((s) => s.txn?.hasUnsavedChanges === true);
    const [limit, setLimit] = useState(PAGE);
    const [isGoing, setGoing] = useState(false);
    const { txns, isMore } = useTxns(limit);
    const now = txns.findIndex((t) => !t.reversed);
    const go = async (work: () => Promise<void>) => {
        setGoing(true);
        await session.attempt(() => session.inTurn(work));
        setGoing(false);
    };
    if (txns.length === 0) return <p className="hint empty">Nothing was saved that is not pushed.</p>;
    return (
        <div className="scroll" tabIndex={0} role="region" aria-label="History">
            {unsaved && !readOnly && (
                <p className="hint empty">Save or abandon what is unsaved before going back or forward.</p>
            )}
            <ol className="history">
                {txns.map((t, i) => (
                    <Entry
                        key={t.txnId}
                        entry={t}
                        isNow={i === now}
                        // An operation of several transactions goes as one.
                        canGo={!readOnly && i !== now && txns[i - 1]?.grouped !== true}
                        isDisabled={unsaved || isGoing}
                        onGo={() => void go(() => goTo(session, txns, t))}
                    />
                ))}
                {!isMore && (
                    <li className="row">
                        <span className="hint">Before all of this</span>
                        {now === -1 && <span className="badge">now</span>}
                        <span className="spring" />
                        {!readOnly && now !== -1 && (
                            <Button
                                aria-label="Go back before all of this"
                                isDisabled={unsaved || isGoing}
                                onPress={() => void go(() => goBefore(session, txns))}
                            >
                                Go back
                            </Button>
                        )}
                    </li>
                )}
            </ol>
            {isMore && (
                <Button
                    className="more"
                    onPress={() => {
                        setLimit(limit + PAGE);
                    }}
                >
                    Older ones
                </Button>
            )}
        </div>
    );
}

interface Props {
    entry: TxnEntry;
    isNow: boolean;
    canGo: boolean;
    isDisabled: boolean;
    onGo: () => void;
}

function Entry({ entry, isNow, canGo, isDisabled, onGo }: Props): ReactNode {
    const [isOpen, setOpen] = useState(false);
    const name = entry.description === "" ? `Save ${entry.txnId}` : entry.description;
    const way = entry.reversed ? "Go forward" : "Go back";
    const notes = [entry.grouped ? "with the one before" : "", entry.reversed ? "undone" : ""];
    return (
        <li className={entry.reversed ? "reversed" : ""}>
            <div className="row">
                <strong>{name}</strong>
                {isNow && <span className="badge">now</span>}
                <span className="hint">
                    {entry.user !== undefined && <span className="who">{entry.user}, </span>}
                    <time dateTime={entry.time}>{WHEN.format(new Date(entry.time))}</time>
                    {notes.filter((n) => n !== "").map((n) => `, ${n}`)}
                </span>
                <span className="spring" />
                <Button
                    aria-label={`What changed in ${name}`}
                    aria-expanded={isOpen}
                    onPress={() => {
                        setOpen(!isOpen);
                    }}
                >
                    What changed
                </Button>
                {canGo && (
                    <Button aria-label={`${way} to ${name}`} isDisabled={isDisabled} onPress={onGo}>
                        {way}
                    </Button>
                )}
            </div>
            {isOpen && <Changes txnId={entry.txnId} />}
        </li>
    );
}
