import type { ReactNode } from "react";
import { Ask } from "./Ask";
import { PropertyPanel } from "./props/PropertyPanel";
import { TreePanel } from "./TreePanel";
import { Toolbar } from "./Toolbar";
import { Drawer } from "./Drawer";
import { ViewPanel } from "./ViewPanel";
import { useSession, useSessionState } from "./context";

/** The page while an iModel is open. */
export function Editor(): ReactNode {
    return (
        <>
            <Toolbar />
            <main className="panes">
                <TreePanel />
                <ViewPanel />
                <PropertyPanel />
                <Drawer />
            </main>
            <Recovery />
        </>
    );
}

/** Unsaved changes of an earlier session must be restored or dropped before anything is edited. */
function Recovery(): ReactNode {
    const session = useSession();
    const found = useSessionState((s) => s.open?.recoverable);
    const by = found?.user === undefined ? "" : ` by ${found.user}`;
    const text =
        found === undefined ? "" : `${found.changes} changes of ${new Date(found.time).toLocaleString()}${by}.`;
    return (
        <Ask
            isOpen={found !== undefined}
            title="An earlier session has left unsaved changes"
            text={text}
            choices={[
                { label: "Drop them", run: () => void session.attempt(() => session.recover(false)) },
                { label: "Restore them", primary: true, run: () => void session.attempt(() => session.recover(true)) },
            ]}
        />
    );
}
