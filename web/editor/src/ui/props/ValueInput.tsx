import { type ReactNode, useState } from "react";
import { Button } from "react-aria-components";
import type { Field, FieldType } from "../../schema/fields";
import { PickElement } from "./PickElement";
import { ChoiceInput, type InputProps, PointInput, TextInput } from "./inputs";

/** The right input for a value of any type. */
export function ValueInput(props: InputProps): ReactNode {
    const { type } = props;
    switch (type.kind) {
        case "boolean":
            return <ChoiceInput {...props} />;
        case "enum":
            return type.isStrict ? <ChoiceInput {...props} /> : <TextInput {...props} />;
        case "point":
            return <PointInput {...props} type={type} />;
        case "navigation":
            return <NavigationInput {...props} type={type} />;
        case "struct":
            return <StructInput {...props} fields={type.fields} />;
        case "array":
            return <ArrayInput {...props} item={type.item} />;
        default:
            return <TextInput {...props} readOnly={props.readOnly || type.kind === "binary"} />;
    }
}

function NavigationInput(props: InputProps & { type: FieldType & { kind: "navigation" } }): ReactNode {
    const { type, label, readOnly, onCommit } = props;
    return (
        <span className="navigation">
            <TextInput {...props} />
            {!readOnly && (
                <PickElement
                    label={`Choose ${label}`}
                    classes={type.classes}
                    onPick={(id) => {
                        onCommit(type.isPlainId ? id : { id, relClassName: type.relationship });
                    }}
                />
            )}
        </span>
    );
}

function StructInput(props: InputProps & { fields: readonly Field[] }): ReactNode {
    const { fields, value, label, onCommit } = props;
    const members = (value ?? {}) as Record<string, unknown>;
    return (
        <fieldset>
            <legend>{label}</legend>
            {fields.map((f) => (
                <div key={f.name} className="field">
                    <span className="label">{f.label}</span>
                    <ValueInput
                        {...props}
                        type={f.type}
                        value={members[f.name]}
                        label={`${label} ${f.label}`}
                        readOnly={props.readOnly || f.readOnly}
                        onCommit={(member, path = []) => {
                            onCommit(member, [f.name, ...path]);
                        }}
                    />
                </div>
            ))}
        </fieldset>
    );
}

/** A value to begin a new item of an array with: what the server takes for "nothing yet". */
function blank(type: FieldType): unknown {
    switch (type.kind) {
        case "boolean":
            return false;
        case "int":
        case "long":
        case "double":
            return 0;
        case "point":
            return Object.fromEntries(type.axes.map((a) => [a, 0]));
        case "struct":
            return {};
        case "enum":
            return type.enumerators[0]?.value ?? "";
        default:
            return undefined;
    }
}

function ArrayInput(props: InputProps & { item: FieldType }): ReactNode {
    const { item, value, label, readOnly, onCommit } = props;
    const items = Array.isArray(value) ? (value as unknown[]) : [];
    const at = (index: number) => ({ index, of: items.length });
    const [isAdding, setAdding] = useState(false);
    const add = () => {
        const first = blank(item);
        // What cannot be empty is asked for before it is added.
        if (first === undefined) setAdding(true);
        else onCommit(first, [at(items.length)]);
    };
    return (
        <fieldset>
            <legend>
                {label} <span className="hint">({items.length})</span>
            </legend>
            {items.map((v, i) => (
                <div key={i} className="arrayItem">
                    <ValueInput
                        {...props}
                        type={item}
                        value={v}
                        label={`${label} ${i + 1}`}
                        onCommit={(now, path = []) => {
                            onCommit(now, [at(i), ...path]);
                        }}
                    />
                    {!readOnly && (
                        <Button
                            className="plain"
                            aria-label={`Remove ${label} ${i + 1}`}
                            onPress={() => {
                                onCommit(null, [at(i)]);
                            }}
                        >
                            ×
                        </Button>
                    )}
                </div>
            ))}
            {isAdding && (
                <ValueInput
                    {...props}
                    type={item}
                    value={undefined}
                    label={`New ${label}`}
                    onCommit={(now) => {
                        setAdding(false);
                        if (now !== null) onCommit(now, [at(items.length)]);
                    }}
                />
            )}
            {!readOnly && !isAdding && (
                <Button aria-label={`Add to ${label}`} onPress={add}>
                    Add
                </Button>
            )}
        </fieldset>
    );
}
