import { type ReactNode, useMemo } from "react";
import { Button } from "react-aria-components";
import type { EditSession } from "../state/session";
import { useStore } from "../state/store";
import { Workspace } from "../state/workspace";
import { Editor } from "./Editor";
import { Header } from "./Header";
import { SignIn } from "./SignIn";
import { Start } from "./Start";
import { SessionContext, WorkspaceContext } from "./context";

export function App({ session }: { session: EditSession }): ReactNode {
    return (
        <SessionContext value={session}>
            <div className="app">
                <Header />
                <Notices session={session} />
                <Content session={session} />
            </div>
        </SessionContext>
    );
}

function Content({ session }: { session: EditSession }): ReactNode {
    const link = useStore(session.store, (s) => s.link);
    const reason = useStore(session.store, (s) => s.reason);
    const openKey = useStore(session.store, (s) => s.open?.key);
    const workspace = useMemo(() => ({ key: openKey, value: new Workspace(session) }), [session, openKey]);
    if (link === "signedOut") return <SignIn />;
    if (link === "ended") return <Ended session={session} reason={reason ?? ""} />;
    if (openKey === undefined) return <Start />;
    return (
        <WorkspaceContext value={workspace.value}>
            <Editor key={openKey} />
        </WorkspaceContext>
    );
}

function Ended({ session, reason }: { session: EditSession; reason: string }): ReactNode {
    return (
        <main className="centre">
            <h1>The session has ended</h1>
            <p role="alert">{reason}</p>
            <div className="row">
                <Button
                    onPress={() => {
                        location.reload();
                    }}
                >
                    Connect again
                </Button>
                <Button
                    onPress={() => {
                        session.signOut();
                    }}
                >
                    Use another token
                </Button>
            </div>
        </main>
    );
}

function Notices({ session }: { session: EditSession }): ReactNode {
    const notices = useStore(session.store, (s) => s.notices);
    return (
        <div className="notices" aria-live="polite">
            {notices.map((n) => (
                <div key={n.id} className={`notice ${n.kind}`} role={n.kind === "error" ? "alert" : "status"}>
                    <span>{n.text}</span>
                    <Button
                        aria-label="Dismiss"
                        className="plain"
                        onPress={() => {
                            session.dismiss(n.id);
                        }}
                    >
                        ×
                    </Button>
                </div>
            ))}
        </div>
    );
}
