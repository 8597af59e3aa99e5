import { type ReactNode, useState } from "react";
import { Button } from "react-aria-components";
import { toJson } from "../state/json";
import { asScript } from "../state/calls";
import { useStore } from "../state/store";
import { useSession } from "./context";

const PARAMS_MOST = 300;

/** The calls of the page as they go: each could be made by hand. */
export function Calls(): ReactNode {
    const session = useSession();
    const calls = useStore(session.calls.store, (s) => s.calls);
    const [isScript, setScript] = useState(false);
    const copy = () =>
        session.attempt(async () => {
            await navigator.clipboard.writeText(asScript(calls));
            session.notify("info", "Copied: a script for weh run.");
        });
    return (
        <div className="calls">
            <div className="row viewBar">
                <Button onPress={() => void copy()}>Copy as script</Button>
                <Button
                    aria-pressed={isScript}
                    onPress={() => {
                        setScript(!isScript);
                    }}
                >
                    Show as script
                </Button>
                <Button
                    onPress={() => {
                        session.calls.clear();
                    }}
                >
                    Clear
                </Button>
                <span className="hint" role="status">
                    {calls.length} calls
                </span>
            </div>
            {isScript ? (
                <textarea className="script" readOnly aria-label="Script for weh run" value={asScript(calls)} />
            ) : (
                <div className="scroll" tabIndex={0} role="region" aria-label="Calls">
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">Method</th>
                                <th scope="col">ms</th>
                                <th scope="col">Params</th>
                            </tr>
                        </thead>
                        <tbody>
                            {calls.toReversed().map((c) => (
                                <tr key={c.number}>
                                    <td>
                                        {c.method} {c.error !== undefined && <span className="error">{c.error}</span>}
                                    </td>
                                    <td>{c.ms === undefined ? "…" : c.ms.toFixed(0)}</td>
                                    <td>
                                        <code>{toJson(c.params).slice(0, PARAMS_MOST)}</code>
                                    </td>
                                </tr>
                            ))}
                        </tbody>
                    </table>
                </div>
            )}
        </div>
    );
}
