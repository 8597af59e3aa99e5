import { type ReactNode, useEffect, useState } from "react";
import { Button } from "react-aria-components";
import { type Change, type ChangesPage, countsOf, formerLabel, keyOf, labelsOf, readChanges } from "../state/history";
import { useSession, useSessionState, useWorkspace } from "./context";

const NONE: ReadonlyMap<string, string> = new Map();

/** What a transaction changed, a page after the other. */
export function Changes({ txnId }: { txnId: string }): ReactNode {
    const session = useSession();
    const [pages, setPages] = useState<readonly ChangesPage[]>([]);
    const [isLoading, setLoading] = useState(false);
    const cursor = pages.at(-1)?.cursor;
    const isMore = pages.at(-1)?.done === false;
    useEffect(() => {
        let isWanted = true;
        void session.attempt(async () => {
            const page = await readChanges(session, txnId);
            if (isWanted) setPages([page]);
        });
        return () => {
            isWanted = false;
        };
    }, [session, txnId]);
    const more = async () => {
        setLoading(true);
        await session.attempt(async () => {
            const page = await readChanges(session, txnId, cursor);
            setPages((before) => [...before, page]);
        });
        setLoading(false);
    };
    if (pages.length === 0) return <p className="hint empty">loading</p>;
    const counts = countsOf(pages.flatMap((p) => p.changes));
    return (
        <div className="changes">
            <p className="hint">{isMore ? `${counts}, and more` : counts}</p>
            {pages.map((p, i) => (
                <Page key={i} changes={p.changes} />
            ))}
            {isMore && (
                <Button isDisabled={isLoading} onPress={() => void more()}>
                    More changes
                </Button>
            )}
        </div>
    );
}

function Page({ changes }: { changes: readonly Change[] }): ReactNode {
    const session = useSession();
    const revision = useSessionState((s) => s.revision);
    const [labels, setLabels] = useState(NONE);
    useEffect(() => {
        let isWanted = true;
        void session.attempt(async () => {
            const found = await labelsOf(session, changes);
            if (isWanted) setLabels(found);
        });
        return () => {
            isWanted = false;
        };
    }, [session, revision, changes]);
    return (
        <ul>
            {[...changes.filter((c) => !c.indirect), ...changes.filter((c) => c.indirect)].map((c, i) => (
                <li key={i}>
                    <Line change={c} label={labels.get(keyOf(c.id, c.classFullName))} />
                </li>
            ))}
        </ul>
    );
}

/** @label: of the element, when there is one now that can be selected. */
function Line({ change, label }: { change: Change; label: string | undefined }): ReactNode {
    const workspace = useWorkspace();
    const { id, classFullName, fileProperty, op, indirect, properties = {} } = change;
    const what = fileProperty
        ? `file property ${fileProperty.namespace}.${fileProperty.name}`
        : `${classFullName} ${id}`;
    const names = op === "Updated" ? Object.keys(properties).join(", ") : "";
    const notes = [what, names, indirect ? "dependent" : ""].filter((n) => n !== "");
    return (
        <>
            <span className={`op ${op.toLowerCase()}`}>{op}</span>{" "}
            {id !== undefined && label !== undefined ? (
                <Button
                    className="plain link"
                    onPress={() => {
                        workspace.select([id]);
                    }}
                >
                    {label}
                </Button>
            ) : (
                formerLabel(change)
            )}{" "}
            <span className="hint">{notes.join(", ")}</span>
        </>
    );
}
