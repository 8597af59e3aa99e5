import { type ReactNode, useState } from "react";
import { ToggleButton } from "react-aria-components";
import { Calls } from "./Calls";
import { History } from "./History";
import { QueryConsole } from "./QueryConsole";

const PANELS = [
    { key: "history", label: "History", panel: <History /> },
    { key: "query", label: "Query", panel: <QueryConsole /> },
    { key: "calls", label: "Calls", panel: <Calls /> },
] as const;

/** What is opened below everything else, one at a time. */
export function Drawer(): ReactNode {
    const [open, setOpen] = useState<string>();
    const shown = PANELS.find((p) => p.key === open);
    return (
        <section className="drawer" aria-label="Drawer">
            <div className="row viewBar">
                {PANELS.map((p) => (
                    <ToggleButton
                        key={p.key}
                        isSelected={open === p.key}
                        onChange={(now) => {
                            setOpen(now ? p.key : undefined);
                        }}
                    >
                        {p.label}
                    </ToggleButton>
                ))}
            </div>
            {shown !== undefined && <div className="drawerBody">{shown.panel}</div>}
        </section>
    );
}
