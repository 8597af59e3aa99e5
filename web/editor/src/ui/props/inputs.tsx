import { type ReactNode, useId, useState } from "react";
import type { Enumerator, FieldType } from "../../schema/fields";
import { parse, textOf } from "../../schema/values";
import type { Path } from "../../state/parts";

export interface InputProps {
    type: FieldType;
    value: unknown;
    label: string;
    readOnly: boolean;
    /** Id of the element that tells what is wrong with the value, if something is. */
    errorId?: string | undefined;
    /** null clears; with @path only the part of the value that it leads to. */
    onCommit: (value: unknown, path?: Path) => void;
    onInvalid: (error: string) => void;
}

const HTML_TYPES = { date: "date", time: "time", dateTime: "datetime-local" } as const;
const LONG_TEXT = 40;

function attributes({ label, readOnly, errorId }: InputProps): Record<string, string | boolean | undefined> {
    return {
        "aria-label": label,
        readOnly,
        "aria-invalid": errorId === undefined ? undefined : "true",
        "aria-describedby": errorId,
    };
}

/** One line (or, for long texts and JSON, a few): committed by Enter or on leaving, taken back by Escape. */
export function TextInput(props: InputProps): ReactNode {
    const { type, value, readOnly, onCommit, onInvalid } = props;
    const shown = textOf(type, value);
    const [draft, setDraft] = useState<string>();
    const [sent, setSent] = useState<string>();
    const [before, setBefore] = useState(shown);
    const listId = useId();
    // A new value takes the place of what was typed; what is refused stays, to be mended.
    if (before !== shown) {
        setBefore(shown);
        setDraft(undefined);
        setSent(undefined);
    }
    const commit = () => {
        if (draft === undefined || readOnly || draft === sent) return;
        if (draft === shown) {
            setDraft(undefined);
            return;
        }
        const parsed = parse(type, draft);
        if ("error" in parsed) {
            onInvalid(parsed.error);
            return;
        }
        setSent(draft);
        onCommit(parsed.value);
    };
    const common = {
        ...attributes(props),
        value: draft ?? shown,
        onBlur: commit,
        onChange: (event: { target: { value: string } }) => {
            setDraft(event.target.value);
        },
        onKeyDown: (event: { key: string; shiftKey: boolean; preventDefault: () => void }) => {
            if (event.key === "Escape") setDraft(undefined);
            if (event.key === "Enter" && !event.shiftKey) {
                event.preventDefault();
                commit();
            }
        },
    };
    if ((type.kind === "string" || type.kind === "json") && shown.length > LONG_TEXT)
        return <textarea rows={3} {...common} />;
    const choices = type.kind === "enum" ? type.enumerators : [];
    return (
        <>
            <input
                type={type.kind === "dateTime" ? HTML_TYPES[type.component] : "text"}
                step={type.kind === "dateTime" && type.component !== "date" ? "0.001" : undefined}
                inputMode={
                    type.kind === "int" || type.kind === "long"
                        ? "numeric"
                        : type.kind === "double"
                          ? "decimal"
                          : undefined
                }
                list={choices.length > 0 ? listId : undefined}
                {...common}
            />
            {choices.length > 0 && (
                <datalist id={listId}>
                    {choices.map((e) => (
                        <option key={String(e.value)} value={e.value}>
                            {e.label}
                        </option>
                    ))}
                </datalist>
            )}
        </>
    );
}

const BOOLEANS: readonly Enumerator[] = [
    { label: "yes", value: "true" },
    { label: "no", value: "false" },
];

/** A choice among few; what is stored and is none of them is shown as it is. */
export function ChoiceInput(props: InputProps): ReactNode {
    const { type, value, readOnly, onCommit } = props;
    const choices = type.kind === "enum" ? type.enumerators : BOOLEANS;
    const shown = textOf(type, value);
    const isOther = shown !== "" && !choices.some((c) => String(c.value) === shown);
    return (
        <select
            {...attributes(props)}
            disabled={readOnly}
            value={shown}
            onChange={(event) => {
                const text = event.target.value;
                if (text === "") onCommit(null);
                else if (type.kind === "boolean") onCommit(text === "true");
                else onCommit(choices.find((c) => String(c.value) === text)?.value ?? value);
            }}
        >
            <option value="">–</option>
            {isOther && <option value={shown}>{shown}</option>}
            {choices.map((c) => (
                <option key={String(c.value)} value={String(c.value)}>
                    {c.label}
                </option>
            ))}
        </select>
    );
}

/** The axes of a point; it is committed when all are there, cleared when none is. */
export function PointInput(props: InputProps & { type: FieldType & { kind: "point" } }): ReactNode {
    const { type, value, label, readOnly, errorId, onCommit, onInvalid } = props;
    const point = (value ?? {}) as Record<string, number | undefined>;
    const [draft, setDraft] = useState<Record<string, unknown>>();
    const now: Record<string, unknown> = { ...point, ...draft };
    const isWhole = draft === undefined && type.axes.every((a) => point[a] !== undefined);
    const change = (axis: string, number: unknown) => {
        if (isWhole && number !== null) {
            onCommit(number, [axis]);
            return;
        }
        const next: Record<string, unknown> = { ...now, [axis]: number ?? undefined };
        const set = type.axes.filter((a) => next[a] !== undefined);
        if (set.length === type.axes.length || set.length === 0) {
            setDraft(undefined);
            onCommit(set.length === 0 ? null : next);
        } else setDraft({ ...draft, [axis]: number ?? undefined });
    };
    return (
        <span className="point">
            {type.axes.map((axis) => (
                <TextInput
                    key={axis}
                    type={{ kind: "double" }}
                    value={now[axis]}
                    label={`${label} ${axis}`}
                    readOnly={readOnly}
                    errorId={errorId}
                    onCommit={(number) => {
                        change(axis, number);
                    }}
                    onInvalid={onInvalid}
                />
            ))}
        </span>
    );
}
