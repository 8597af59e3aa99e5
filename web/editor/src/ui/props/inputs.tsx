import { type ReactNode, useId, useState } from "react";
import { type Enumerator, type FieldType, quantityOf } from "../../schema/fields";
import { parse, textOf } from "../../schema/values";
import { readable } from "../../state/json";
import type { Path } from "../../state/parts";
import { usePresentation } from "./UnitSelect";

export interface InputProps {
    type: FieldType;
    value: unknown;
    label: string;
    readOnly: boolean;
    /** One of an array, whose unit is chosen for all at once. */
    isItem?: boolean;
    /** Id of the element that tells what is wrong with the value, if something is. */
    errorId?: string | undefined;
    /** null clears; with @path only the part of the value that it leads to. */
    onCommit: (value: unknown, path?: Path) => void;
    /** undefined when nothing is wrong any more. */
    onInvalid: (error: string | undefined) => void;
}

const HTML_TYPES = { date: "date", time: "time", dateTime: "datetime-local" } as const;
/** What browsers can show there; anything else that is stored is shown as text. */
const HTML_VALUES = {
    date: /^(?!0000)\d{4}-\d\d-\d\d$/,
    time: /^\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/,
    dateTime: /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/,
} as const;
const LONG_TEXT = 40;

interface InputKind {
    type: string;
    step?: string;
    inputMode?: "numeric" | "decimal";
}

/** @shown is the value as it is stored. */
function inputKind(type: FieldType, shown: string): InputKind {
    switch (type.kind) {
        case "dateTime":
            if (shown !== "" && !HTML_VALUES[type.component].test(shown)) return { type: "text" };
            return { type: HTML_TYPES[type.component], ...(type.component === "date" ? {} : { step: "0.001" }) };
        case "long":
            return { type: "text", inputMode: "numeric" };
        case "int":
        case "double":
            // Units are typed with letters.
            if (type.quantity !== undefined) return { type: "text" };
            return { type: "text", inputMode: type.kind === "int" ? "numeric" : "decimal" };
        default:
            return { type: "text" };
    }
}

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
    const { type, value, readOnly, errorId, onCommit, onInvalid } = props;
    const presentation = usePresentation(quantityOf(type));
    const shown = textOf(type, value, presentation);
    const [draft, setDraft] = useState<string>();
    const [sent, setSent] = useState<string>();
    // Two values may look alike.
    const state = typeof value === "number" ? `${shown} ${value}` : shown;
    const [before, setBefore] = useState(state);
    const [isFocused, setFocused] = useState(false);
    const listId = useId();
    // A new value takes the place of what was typed, but not of what is being typed; what is refused stays, to be mended.
    if (before !== state) {
        setBefore(state);
        if (!isFocused || draft === sent) setDraft(undefined);
        setSent(undefined);
    }
    const takeBack = () => {
        setDraft(undefined);
        onInvalid(undefined);
    };
    const commit = (input: { validity: ValidityState }) => {
        if (readOnly) return;
        if (input.validity.badInput) {
            // A date of which only a part is there yet reads as none at all.
            onInvalid("is not complete");
            return;
        }
        if (draft === undefined || draft === sent) return;
        // What looks as before is the value as it is, not what its text says.
        const parsed = draft === shown ? { value: value ?? null } : parse(type, draft, presentation);
        if ("error" in parsed) {
            onInvalid(parsed.error);
            return;
        }
        // While another value is under way, the one that is shown is a change again.
        const isUnderWay = sent !== undefined && errorId === undefined;
        if (!isUnderWay && parsed.value === (value ?? null)) {
            takeBack();
            return;
        }
        setSent(draft);
        onCommit(parsed.value);
    };
    const common = {
        ...attributes(props),
        value: draft ?? shown,
        // Where less is shown than is stored, all of it can be seen.
        title: presentation === undefined || typeof value !== "number" ? undefined : `${value} as stored`,
        onFocus: () => {
            setFocused(true);
        },
        onBlur: (event: { target: { validity: ValidityState } }) => {
            setFocused(false);
            commit(event.target);
        },
        onChange: (event: { target: { value: string } }) => {
            setDraft(event.target.value);
        },
        onKeyDown: (event: {
            key: string;
            shiftKey: boolean;
            preventDefault: () => void;
            currentTarget: { validity: ValidityState };
        }) => {
            if (event.key === "Escape" && draft !== undefined) takeBack();
            if (event.key === "Enter" && !event.shiftKey) {
                event.preventDefault();
                commit(event.currentTarget);
            }
        },
    };
    if ((type.kind === "string" || type.kind === "json") && shown.length > LONG_TEXT)
        return <textarea rows={3} {...common} />;
    const choices = type.kind === "enum" ? type.enumerators : [];
    return (
        <>
            <input {...inputKind(type, shown)} list={choices.length > 0 ? listId : undefined} {...common} />
            {choices.length > 0 && (
                <datalist id={listId}>
                    {choices.map((e) => (
                        <option key={String(e.value)} value={textOf(type, e.value)} />
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
    const shown = value === undefined || value === null ? "" : readable(value);
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
                    type={{ kind: "double", quantity: type.quantity }}
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
