import { type ReactNode, useEffect, useState } from "react";
import { Button } from "react-aria-components";
import type { ClassForm } from "../../schema/catalog";
import { type Field, commonFields } from "../../schema/fields";
import { toJson } from "../../state/json";
import { type ElementProps, updateFrom, updateProperty } from "../../state/elements";
import { withPart } from "../../state/parts";
import { Ask } from "../Ask";
import { useSession, useSessionState, useWorkspace, useWorkspaceState } from "../context";
import { AspectList } from "./AspectList";
import { FieldRow } from "./FieldRow";
import { InsertElement, useCodeSpecs } from "./InsertElement";
import { ModelSection } from "./ModelSection";
import { RelationshipList } from "./RelationshipList";
import { type CodeSpec, type FixedField, fixedFields } from "./fixed";

/** More than this are not edited as one. */
const EDITED_MOST = 1000;

interface Loaded {
    elements: readonly ElementProps[];
    forms: readonly ClassForm[];
}

/** The selected elements with their classes, read anew after every change. */
function useSelected(): Loaded {
    const session = useSession();
    const { catalog } = useWorkspace();
    const selection = useWorkspaceState((w) => w.selection);
    const revision = useSessionState((s) => s.revision);
    const [loaded, setLoaded] = useState<Loaded>({ elements: [], forms: [] });
    useEffect(() => {
        let isWanted = true;
        void session.attempt(async () => {
            const ids = selection.slice(-EDITED_MOST);
            const elements = ids.length === 0 ? [] : await session.call<ElementProps[]>("elements.getMany", { ids });
            const classes = [...new Set(elements.map((e) => e.classFullName))];
            const forms = await Promise.all(classes.map((c) => catalog.form(c)));
            if (isWanted) setLoaded({ elements, forms });
        });
        return () => {
            isWanted = false;
        };
    }, [session, catalog, selection, revision]);
    return loaded;
}

function same(values: readonly unknown[]): boolean {
    const [first] = values;
    return values.every((v) => toJson(v) === toJson(first));
}

export function PropertyPanel(): ReactNode {
    const { elements, forms } = useSelected();
    const readOnly = useSessionState((s) => s.open?.mode === "readonly");
    const specs = useCodeSpecs();
    const [only] = elements;
    return (
        <section className="pane properties" aria-label="Properties">
            {readOnly ? <WhyNot /> : <Actions elements={elements} />}
            {only === undefined ? (
                <p className="hint empty">Select an element to see its properties.</p>
            ) : (
                <div className="fields" key={elements.map((e) => e.id).join()}>
                    <Title elements={elements} forms={forms} />
                    <Fields
                        elements={elements}
                        fields={commonFields(forms.map((f) => f.fields))}
                        specs={specs}
                        readOnly={readOnly}
                    />
                    {elements.length === 1 && (
                        <>
                            <ModelSection element={only} readOnly={readOnly} />
                            <AspectList element={only} readOnly={readOnly} />
                            <RelationshipList element={only} readOnly={readOnly} />
                        </>
                    )}
                </div>
            )}
        </section>
    );
}

/** Why nothing can be edited. */
function WhyNot(): ReactNode {
    const access = useSessionState((s) => s.access);
    const why =
        access === "view"
            ? "You may view this iModel, but not edit it."
            : "This iModel was opened to be viewed, not edited.";
    return <p className="hint empty">{why}</p>;
}

function Actions({ elements }: { elements: readonly ElementProps[] }): ReactNode {
    const session = useSession();
    const workspace = useWorkspace();
    const [isAsked, setAsked] = useState(false);
    const what = elements.length === 1 ? "the element" : `${elements.length} elements`;
    const remove = async () => {
        await session.edit("elements.deleteElement", { ids: elements.map((e) => e.id) });
        workspace.select([]);
    };
    return (
        <div className="row actions">
            <InsertElement beside={elements.at(-1)}>Insert …</InsertElement>
            <Button
                isDisabled={elements.length === 0}
                onPress={() => {
                    setAsked(true);
                }}
            >
                Delete
            </Button>
            <Ask
                isOpen={isAsked}
                title={`Delete ${what}?`}
                text="Their children are deleted too. Once saved, it can be undone."
                onClose={() => {
                    setAsked(false);
                }}
                choices={[{ label: `Delete ${what}`, run: () => void session.attempt(remove) }]}
            />
        </div>
    );
}

function Title({ elements, forms }: { elements: readonly ElementProps[]; forms: readonly ClassForm[] }): ReactNode {
    const workspace = useWorkspace();
    const [first] = elements;
    const classes = forms.map((f) => f.info.displayLabel).join(", ");
    if (first === undefined) return null;
    if (elements.length > 1) return <h2>{`${elements.length} elements: ${classes}`}</h2>;
    const link = (text: string, id: string) => (
        <Button
            className="plain link"
            onPress={() => {
                workspace.select([id]);
            }}
        >
            {text} {id}
        </Button>
    );
    return (
        <>
            <h2>{classes}</h2>
            <p className="hint">
                {first.classFullName} {first.id}
                <br />
                {first.model !== first.id && link("in model", first.model)}
                {first.parent !== undefined && link("child of", first.parent.id)}
            </p>
        </>
    );
}

interface FieldsProps {
    elements: readonly ElementProps[];
    fields: readonly Field[];
    specs: readonly CodeSpec[];
    readOnly: boolean;
}

function Fields({ elements, fields, specs, readOnly }: FieldsProps): ReactNode {
    const session = useSession();
    const groups = [...new Set(fields.map((f) => f.category))];
    const [first] = elements;
    if (first === undefined) return null;
    // Codes and places differ from element to element: they are edited one by one.
    const fixed: FixedField[] = elements.length === 1 ? fixedFields(first, specs) : [];
    return (
        <>
            {fixed.map(({ field, read, write }) => (
                <FieldRow
                    key={field.name}
                    field={field}
                    value={read(first)}
                    readOnly={readOnly}
                    onCommit={(value, path) =>
                        updateFrom(session, [first.id], (now) => write(now, withPart(read(now), path, value)))
                    }
                />
            ))}
            {groups.map((group) => (
                <div key={group} role="group" aria-label={group === "" ? "Other properties" : group}>
                    {group !== "" && <h3>{group}</h3>}
                    {fields
                        .filter((f) => f.category === group)
                        .map((f) => {
                            const values = elements.map((e) => e[f.name]);
                            const isSame = same(values);
                            return (
                                <FieldRow
                                    key={f.name}
                                    field={f}
                                    value={isSame ? values[0] : undefined}
                                    varies={!isSame}
                                    readOnly={readOnly}
                                    onCommit={(value, path) => updateProperty(session, elements, f.name, path, value)}
                                />
                            );
                        })}
                </div>
            ))}
        </>
    );
}
