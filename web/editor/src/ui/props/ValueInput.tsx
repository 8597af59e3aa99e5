import { type ReactNode, useState } from "react";
import { Button } from "react-aria-components";
import { type Field, type FieldType, quantityOf } from "../../schema/fields";
import { PickElement } from "./PickElement";
import { UnitSelect } from "./UnitSelect";
import { ChoiceInput, type InputProps, PointInput, TextInput } from "./inputs";

/** The right input for a value of any type. */
export function ValueInput(props: InputProps): ReactNode {
    const { type } = props;
    switch (type.kind) {
        case "boolean":
            return <ChoiceInput {...props} />;
        case "enum":
            return type.isStrict ? <ChoiceInput {...props} /> : <TextInput {...props} />;
        case "int":
        case "double":
            return <NumberInput {...props} />;
        case "point":
            return <PointInput {...props} type={type} />;
        case "navigation":
            return <NavigationInput {...props} type={type} />;
        case "struct":
            return <StructInput {...props} fields={type.fields} />;
        case "array":
            return <ArrayInput {...props} type={type} />;
        case "binary":
        case "geometry":
            return <TextInput {...props} readOnly />;
        default:
            return <TextInput {...props} />;
    }
}

function NumberInput(props: InputProps): ReactNode {
    const quantity = quantityOf(props.type);
    if (quantity === undefined || props.isItem === true) return <TextInput {...props} />;
    return (
        <span className="quantity">
            <TextInput {...props} />
            <UnitSelect quantity={quantity} label={props.label} />
        </span>
    );
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
                    <StructLabel field={f} owner={label} />
                    <ValueInput
                        {...props}
                        type={f.type}
                        value={members[f.name]}
                        label={`${label} ${f.label}`}
                        isItem={false}
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

function StructLabel({ field, owner }: { field: Field; owner: string }): ReactNode {
    const quantity = field.type.kind === "point" ? quantityOf(field.type) : undefined;
    return (
        <span className="label">
            {field.label}
            {field.unit !== undefined && ` (${field.unit})`}
            {quantity !== undefined && <UnitSelect quantity={quantity} label={`${owner} ${field.label}`} />}
        </span>
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

function ArrayInput(props: InputProps & { type: FieldType & { kind: "array" } }): ReactNode {
    const { type, value, label, readOnly, onCommit } = props;
    const { item, minItems, maxItems } = type;
    const items = Array.isArray(value) ? (value as unknown[]) : [];
    const at = (index: number) => ({ index, of: items.length });
    const quantity = quantityOf(item);
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
                {quantity !== undefined && <UnitSelect quantity={quantity} label={label} />}
            </legend>
            {items.map((v, i) => (
                <div key={i} className="arrayItem">
                    <ValueInput
                        {...props}
                        type={item}
                        value={v}
                        label={`${label} ${i + 1}`}
                        isItem
                        onCommit={(now, path = []) => {
                            onCommit(now, [at(i), ...path]);
                        }}
                    />
                    {!readOnly && (
                        <ItemButtons
                            label={`${label} ${i + 1}`}
                            isFirst={i === 0}
                            canRemove={items.length > minItems}
                            onUp={() => {
                                onCommit(undefined, [{ ...at(i), to: i - 1 }]);
                            }}
                            onRemove={() => {
                                onCommit(null, [at(i)]);
                            }}
                        />
                    )}
                </div>
            ))}
            {isAdding && (
                <ValueInput
                    {...props}
                    type={item}
                    value={undefined}
                    label={`New ${label}`}
                    isItem
                    onCommit={(now) => {
                        setAdding(false);
                        if (now !== null) onCommit(now, [at(items.length)]);
                    }}
                />
            )}
            {!readOnly && !isAdding && (
                <Button aria-label={`Add to ${label}`} isDisabled={items.length >= maxItems} onPress={add}>
                    Add
                </Button>
            )}
        </fieldset>
    );
}

interface ItemButtonsProps {
    label: string;
    isFirst: boolean;
    canRemove: boolean;
    onUp: () => void;
    onRemove: () => void;
}

function ItemButtons({ label, isFirst, canRemove, onUp, onRemove }: ItemButtonsProps): ReactNode {
    return (
        <>
            <Button className="plain" aria-label={`Move ${label} up`} isDisabled={isFirst} onPress={onUp}>
                ↑
            </Button>
            <Button className="plain" aria-label={`Remove ${label}`} isDisabled={!canRemove} onPress={onRemove}>
                ×
            </Button>
        </>
    );
}
