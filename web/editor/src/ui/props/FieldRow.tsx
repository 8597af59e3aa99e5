import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { RequestError } from "@webedithost/client";
import { type Field, quantityOf } from "../../schema/fields";
import type { Path } from "../../state/parts";
import { errorText } from "../../state/session";
import { useSession } from "../context";
import { UnitSelect } from "./UnitSelect";
import { ValueInput } from "./ValueInput";

interface Props {
    field: Field;
    value: unknown;
    /** Several are edited, and they do not have the same value. */
    varies?: boolean;
    readOnly: boolean;
    /** @path leads to the part of the value that is meant. */
    onCommit: (value: unknown, path: Path) => Promise<unknown>;
}

/** A property with its name, its input, and the reason why it was refused. */
export function FieldRow({ field, value, varies = false, readOnly, onCommit }: Props): ReactNode {
    const [error, setError] = useState<string>();
    const errorId = useId();
    const session = useSession();
    const isShown = useRef(false);
    useEffect(() => {
        isShown.current = true;
        return () => {
            isShown.current = false;
        };
    }, []);
    const commit = (now: unknown, path: Path = []) => {
        setError(undefined);
        onCommit(now, path).catch((e: unknown) => {
            const text = e instanceof RequestError && e.data.where === field.name ? e.message : errorText(e);
            // Meanwhile something else may be selected, or nothing be open any more.
            if (isShown.current) setError(text);
            else session.notify("error", `${field.label}: ${text}`);
        });
    };
    // Three numbers leave no room for it beside them.
    const quantity = field.type.kind === "point" ? quantityOf(field.type) : undefined;
    const name = field.unit === undefined ? field.label : `${field.label} (${field.unit})`;
    return (
        <div className="field" title={field.description}>
            <span className="label">
                {name}
                {quantity !== undefined && <UnitSelect quantity={quantity} label={name} />}
                {varies && <span className="hint"> varies</span>}
            </span>
            <ValueInput
                type={field.type}
                value={value}
                label={name}
                readOnly={readOnly || field.readOnly}
                errorId={error === undefined ? undefined : errorId}
                onCommit={commit}
                onInvalid={setError}
            />
            {error !== undefined && (
                <span className="fieldError" id={errorId} role="alert">
                    {error}
                </span>
            )}
        </div>
    );
}
