import { type ReactNode, useState } from "react";
import { Button } from "react-aria-components";
import type { EditSession } from "../state/session";
import { useSession, useSessionState } from "./context";
import { type Theme, applyTheme, storedTheme } from "./theme";

const THEMES: readonly Theme[] = ["system", "light", "dark"];

/** The bar above everything: what is open, whether the server is there, who is signed in. */
export function Header(): ReactNode {
    const session = useSession();
    const open = useSessionState((s) => s.open);
    const user = useSessionState((s) => s.user);
    const unsaved = useSessionState((s) => s.txn?.hasUnsavedChanges === true);
    return (
        <header className="header">
            <span className="brand">webedithost</span>
            {open !== undefined && (
                <span className="title">
                    {open.rootSubject.name}
                    {open.mode === "readonly" && <span className="badge">read-only</span>}
                    {unsaved && <span className="badge warn">unsaved</span>}
                </span>
            )}
            <span className="spring" />
            <LinkBadge />
            <ThemeButton />
            {user !== "" && (
                <Button
                    className="plain"
                    onPress={() => {
                        signOut(session);
                    }}
                >
                    Sign out {user}
                </Button>
            )}
        </header>
    );
}

function signOut(session: EditSession): void {
    if (session.mayBeUnsaved) {
        session.notify("error", "There are unsaved changes: save or abandon them first.");
    } else session.signOut();
}

function LinkBadge(): ReactNode {
    const link = useSessionState((s) => s.link);
    if (link === "signedOut" || link === "ended") return null;
    const text = { connecting: "connecting", online: "online", offline: "offline, trying again" }[link];
    return (
        <span role="status" className={`badge link ${link}`}>
            {text}
        </span>
    );
}

function ThemeButton(): ReactNode {
    const [theme, setTheme] = useState(storedTheme);
    const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
    return (
        <Button
            className="plain"
            aria-label={`Theme: ${theme}. Change to ${next}`}
            onPress={() => {
                applyTheme(next);
                setTheme(next);
            }}
        >
            {theme === "system" ? "◐" : theme === "light" ? "☀" : "☾"}
        </Button>
    );
}
