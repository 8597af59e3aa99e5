import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { EditSession } from "./state/session";
import { takeToken } from "./state/token";
import "./styles/app.css";
import "./styles/panes.css";
import { App } from "./ui/App";
import { applyTheme, storedTheme } from "./ui/theme";

applyTheme(storedTheme());
const session = new EditSession();
// For the browser's console: webedithost.call("session.info"). It can do what the page can, by the same protocol.
Object.assign(globalThis, { webedithost: session });
const token = takeToken();
if (token !== undefined) session.start(token);

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no root");
createRoot(root).render(
    <StrictMode>
        <App session={session} />
    </StrictMode>,
);
