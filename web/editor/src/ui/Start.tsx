import { type ReactNode, useState } from "react";
import { Button } from "react-aria-components";
import type { BriefcaseEntry, IModelEntry } from "../state/types";
import { Ask } from "./Ask";
import { useSession, useSessionState } from "./context";

function megabytes(size: number): string {
    return `${(size / 1_000_000).toFixed(1)} MB`;
}

/** What can be opened. */
export function Start(): ReactNode {
    const imodels = useSessionState((s) => s.imodels);
    const briefcases = useSessionState((s) => s.briefcases);
    const link = useSessionState((s) => s.link);
    const [asked, setAsked] = useState<BriefcaseEntry>();
    const session = useSession();
    if (link === "connecting") return <main className="centre">Connecting …</main>;
    return (
        <main className="start">
            <section aria-labelledby="imodels">
                <h1 id="imodels">iModels</h1>
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
                    onPress={act(() => session.open({ imodel: name }, "readwrite"))}
                >
                    Open
                </Button>
                <Button aria-label={`View ${name}`} onPress={act(() => session.open({ imodel: name }, "readonly"))}>
                    View
                </Button>
                <Button aria-label={`Check out ${name}`} onPress={act(() => session.checkout(name))}>
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
                    onPress={() => void session.attempt(() => session.open({ briefcase: name }, "readwrite"))}
                >
                    Open
                </Button>
                <Button
                    aria-label={`Delete briefcase ${entry.briefcaseId} of ${entry.imodel}`}
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
