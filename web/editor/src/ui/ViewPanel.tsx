import { type ReactNode, Suspense, lazy, useEffect, useMemo, useState } from "react";
import { ToggleButton } from "react-aria-components";
import { Boxes, SPACE, type ViewSource, viewSources } from "../view/boxes";
import type { Tool } from "../view/scene";
import { useSession, useSessionState } from "./context";
import { TOOLS } from "./tools";

// three.js is large: the rest of the page does not wait for it.
const ViewCanvas = lazy(() => import("./ViewCanvas"));

/** The elements where they are: everything in space, or a drawing. */
export function ViewPanel(): ReactNode {
    const session = useSession();
    const readOnly = useSessionState((s) => s.open?.mode === "readonly");
    const revision = useSessionState((s) => s.revision);
    const [sources, setSources] = useState<readonly ViewSource[]>([SPACE]);
    const [source, setSource] = useState(SPACE);
    const [tool, setTool] = useState<Tool>("select");
    const boxes = useMemo(() => new Boxes(session, source), [session, source]);
    useEffect(() => {
        // Not only when three.js is there.
        boxes.expect();
    }, [boxes]);
    useEffect(() => {
        let isWanted = true;
        void session.attempt(async () => {
            const now = await viewSources(session);
            if (!isWanted) return;
            setSources(now);
            // A drawing that is shown may be deleted.
            setSource((shown) => (now.some((s) => s.key === shown.key) ? shown : SPACE));
        });
        return () => {
            isWanted = false;
        };
    }, [session, revision]);
    return (
        <section className="pane view" aria-label="View">
            <div className="row viewBar">
                <select
                    aria-label="What the view shows"
                    value={source.key}
                    onChange={(event) => {
                        setSource(sources.find((s) => s.key === event.target.value) ?? SPACE);
                    }}
                >
                    {sources.map((s) => (
                        <option key={s.key} value={s.key}>
                            {s.label}
                        </option>
                    ))}
                </select>
                {!readOnly &&
                    TOOLS.map((t) => (
                        <ToggleButton
                            key={t.tool}
                            isSelected={tool === t.tool}
                            onChange={() => {
                                setTool(t.tool);
                            }}
                        >
                            {t.label}
                        </ToggleButton>
                    ))}
            </div>
            <Suspense fallback={<p className="hint found">loading</p>}>
                <ViewCanvas
                    key={source.key}
                    source={source}
                    boxes={boxes}
                    tool={tool}
                    setTool={setTool}
                    readOnly={readOnly}
                />
            </Suspense>
        </section>
    );
}
