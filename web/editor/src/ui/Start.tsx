import { type ReactNode, useEffect, useState } from "react";
import { Button } from "react-aria-components";
import type { BriefcaseEntry, IModelEntry } from "../state/types";
import { Ask } from "./Ask";
import { useSession, useSessionState } from "./context";
import { NewIModel } from "./NewIModel";

function megabytes(size: number): string {
    return `${(size / 1_000_000).toFixed(1)} MB`;
}

/** What can be opened. */
export function Start(): ReactNode {
    const imodels = useSessionState((s) => s.imodels);
    const briefcases = useSessionState((s) => s.briefcases);
    const link = useSessionState((s) => s.link);
    const working = useSessionState((s) => s.working);
    const mayEdit = useSessionState((s) => s.access !== "view");
    const [asked, setAsked] = useState<BriefcaseEntry>();
    const session = useSession();
    useEffect(() => {
        // While one chooses there is time to load what the view needs.
        if (link === "online") void import("./ViewCanvas");
    }, [link]);
    if (link === "connecting") return <main className="centre">Connecting …</main>;
    return (
        <main className="start">
            <section aria-labelledby="imodels">
                <div className="row">
                    <h1 id="imodels">iModels</h1>
                    <p className="hint" role="status">
                        {working}
                    </p>
                    <span className="spring" />
                    {mayEdit && <NewIModel isDisabled={working !== undefined} />}
                </div>
                {imodels.length === 0 && <p className="hint">There are none that you may see.</p>}
                <ul className="cards">
                    {imodels.map((m) => (
                        <IModelCard key={m.imodel} entry={m} />
                    ))}
                </ul>
            </section>
            <section aria-labelledby="briefcases">
                <h1 id="briefcases">My briefcases</h1>
                {briefcases.length === 0 && <p className="hint">Check out an iModel to have a copy of your own.</p>}
                <ul className="cards">
                    {briefcases.map((b) => (
                        <BriefcaseCard key={b.briefcase} entry={b} onDelete={setAsked} />
                    ))}
                </ul>
            </section>
            <Ask
                isOpen={asked !== undefined}
                title="Delete the briefcase?"
                text="All that was not pushed is gone then, for good."
                onClose={() => {
                    setAsked(undefined);
                }}
                choices={[
                    {
                        label: "Delete",
                        run: () => void session.attempt(() => session.deleteBriefcase(asked?.briefcase ?? "")),
                    },
                ]}
            />
        </main>
    );
}

function IModelCard({ entry }: { entry: IModelEntry }): ReactNode {
    const session = useSession();
    const isDisabled = useSessionState((s) => s.working !== undefined);
    const name = entry.imodel;
    const act = (work: () => Promise<void>) => () => void session.attempt(work);
    return (
        <li className="card">
            <div>
                <strong>{entry.name}</strong>
                <div className="hint">
                    {name}, {megabytes(entry.size)}
                    {entry.openFor !== undefined && `, open for ${entry.openFor}`}
                </div>
            </div>
            <div className="row">
                <Button
                    aria-label={`Open ${name}`}
                    className="primary"
                    isDisabled={isDisabled}
                    onPress={act(() => session.open({ imodel: name }, "readwrite"))}
                >
                    Open
                </Button>
                <Button
                    aria-label={`View ${name}`}
                    isDisabled={isDisabled}
                    onPress={act(() => session.open({ imodel: name }, "readonly"))}
                >
                    View
                </Button>
                <Button
                    aria-label={`Check out ${name}`}
                    isDisabled={isDisabled}
                    onPress={act(() => session.checkout(name))}
                >
                    Check out
                </Button>
            </div>
        </li>
    );
}

function BriefcaseCard({
    entry,
    onDelete,
}: {
    entry: BriefcaseEntry;
    onDelete: (b: BriefcaseEntry) => void;
}): ReactNode {
    const session = useSession();
    const isDisabled = useSessionState((s) => s.working !== undefined);
    const name = entry.briefcase;
    return (
        <li className="card">
            <div>
                <strong>
                    {entry.imodel} #{entry.briefcaseId}
                </strong>
                <div className="hint">
                    {new Date(entry.created).toLocaleString()}, {megabytes(entry.size)}
                    {entry.isOpen && ", open"}
                </div>
            </div>
            <div className="row">
                <Button
                    aria-label={`Open briefcase ${entry.briefcaseId} of ${entry.imodel}`}
                    className="primary"
                    isDisabled={isDisabled}
                    onPress={() => void session.attempt(() => session.open({ briefcase: name }, "readwrite"))}
                >
                    Open
                </Button>
                <Button
                    aria-label={`Delete briefcase ${entry.briefcaseId} of ${entry.imodel}`}
                    isDisabled={isDisabled}
                    onPress={() => {
                        onDelete(entry);
                    }}
                >
                    Delete
                </Button>
            </div>
        </li>
    );
}
