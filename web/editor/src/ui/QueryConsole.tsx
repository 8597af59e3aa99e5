import { type ReactNode, Suspense, lazy, useState } from "react";
import { Button } from "react-aria-components";
import { readable } from "../state/json";
import { errorText } from "../state/session";
import type { QueryColumn, QueryReply } from "../state/types";
import { Refusal } from "./FormEnd";
import { useSession } from "./context";

const CodeEditor = lazy(() => import("./CodeEditor"));
const PAGE_ROWS = 200;
const EXAMPLE = "SELECT ECInstanceId, ECClassId, UserLabel, CodeValue FROM bis.Element";

interface Found {
    columns: readonly QueryColumn[];
    rows: readonly (readonly unknown[])[];
    cursor?: string | undefined;
    partial?: string | undefined;
    ms: number;
}

/** A query in ECSQL, and its rows. */
export function QueryConsole(): ReactNode {
    const session = useSession();
    const [text, setText] = useState(EXAMPLE);
    const [found, setFound] = useState<Found>();
    const [error, setError] = useState<string>();
    const [isBusy, setBusy] = useState(false);
    const ask = async (work: () => Promise<Found>) => {
        setBusy(true);
        setError(undefined);
        try {
            setFound(await work());
        } catch (e) {
            setError(errorText(e));
        } finally {
            setBusy(false);
        }
    };
    const run = (ecsql: string) =>
        void ask(async () => {
            const startedAt = performance.now();
            const params = { ecsql, rowFormat: "array", quota: { rows: PAGE_ROWS } };
            const {
                columns = [],
                rows,
                cursor,
                partial,
            } = await session.call<QueryReply<unknown[]>>("query.ecsql", params);
            return { columns, rows, cursor, partial, ms: performance.now() - startedAt };
        });
    const more = (before: Found, cursor: string) =>
        void ask(async () => {
            const next = await session.call<QueryReply<unknown[]>>("query.next", { cursor });
            return { ...before, rows: [...before.rows, ...next.rows], cursor: next.cursor, partial: next.partial };
        });
    const cursor = found?.cursor;
    return (
        <div className="console">
            <div className="consoleText">
                <Suspense fallback="loading">
                    <CodeEditor label="ECSQL" start={EXAMPLE} onChange={setText} onRun={run} />
                </Suspense>
                <div className="row">
                    <Button
                        className="primary"
                        isDisabled={isBusy}
                        onPress={() => {
                            run(text);
                        }}
                    >
                        Run
                    </Button>
                    <span className="hint" role="status">
                        {found !== undefined &&
                            `${found.rows.length} rows${cursor === undefined ? "" : " and more"}, ${found.ms.toFixed(0)} ms`}
                    </span>
                    {found !== undefined && cursor !== undefined && (
                        <Button
                            isDisabled={isBusy}
                            onPress={() => {
                                more(found, cursor);
                            }}
                        >
                            More rows
                        </Button>
                    )}
                </div>
                {error !== undefined && <Refusal text={error} />}
            </div>
            {found !== undefined && <Grid found={found} />}
        </div>
    );
}

function cell(value: unknown): string {
    if (value === null || value === undefined) return "";
    return readable(value);
}

function Grid({ found }: { found: Found }): ReactNode {
    return (
        <div className="scroll" tabIndex={0} role="region" aria-label="Rows">
            <table>
                <thead>
                    <tr>
                        {found.columns.map((c) => (
                            <th key={c.index} scope="col">
                                {c.name}
                            </th>
                        ))}
                    </tr>
                </thead>
                <tbody>
                    {found.rows.map((row, i) => (
                        <tr key={i}>
                            {row.map((value, j) => (
                                <td key={j}>{cell(value)}</td>
                            ))}
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}
