import { type ReactNode, useEffect, useState } from "react";
import { Button } from "react-aria-components";
import type { ClassForm } from "../../schema/catalog";
import { type AspectProps, type ElementProps, updateAspect } from "../../state/elements";
import { useSession, useSessionState, useWorkspace } from "../context";
import { FieldRow } from "./FieldRow";

interface Props {
    element: ElementProps;
    readOnly: boolean;
}

interface Shown {
    aspect: AspectProps;
    form: ClassForm;
}

/** The aspects of an element: to be edited, added and deleted. */
export function AspectList({ element, readOnly }: Props): ReactNode {
    const session = useSession();
    const { catalog } = useWorkspace();
    const revision = useSessionState((s) => s.revision);
    const [shown, setShown] = useState<readonly Shown[]>([]);
    const [classes, setClasses] = useState<readonly string[]>([]);
    const [chosen, setChosen] = useState("");
    const [isAdding, setAdding] = useState(false);
    const { id } = element;
    useEffect(() => {
        let isWanted = true;
        void session.attempt(async () => {
            const aspects = await session.call<AspectProps[]>("elements.getAspects", { id });
            const all = await Promise.all(
                aspects.map(async (aspect) => ({ aspect, form: await catalog.form(aspect.classFullName) })),
            );
            if (isWanted) setShown(all);
        });
        return () => {
            isWanted = false;
        };
    }, [session, catalog, id, revision]);
    useEffect(() => {
        if (!readOnly)
            void session.attempt(async () => {
                setClasses(await catalog.concrete("BisCore:ElementAspect"));
            });
    }, [session, catalog, readOnly]);
    const insert = async () => {
        setAdding(true);
        await session.attempt(async () => {
            await session.edit("elements.insertAspect", { props: { classFullName: chosen, element: { id } } });
            setChosen("");
        });
        setAdding(false);
    };
    return (
        <section aria-label="Aspects">
            <h3>Aspects</h3>
            {shown.map(({ aspect, form }) => (
                <Aspect key={aspect.id} aspect={aspect} form={form} readOnly={readOnly} />
            ))}
            {!readOnly && (
                <div className="row">
                    <select
                        aria-label="Class of the aspect"
                        value={chosen}
                        onChange={(event) => {
                            setChosen(event.target.value);
                        }}
                    >
                        <option value="" disabled>
                            Choose an aspect
                        </option>
                        {classes.map((c) => (
                            <option key={c}>{c}</option>
                        ))}
                    </select>
                    <Button isDisabled={chosen === "" || isAdding} onPress={() => void insert()}>
                        Add the aspect
                    </Button>
                </div>
            )}
        </section>
    );
}

function Aspect({ aspect, form, readOnly }: Shown & { readOnly: boolean }): ReactNode {
    const session = useSession();
    const { id } = aspect;
    return (
        <div role="group" aria-label={form.info.displayLabel} className="aspect">
            <div className="row">
                <strong>{form.info.displayLabel}</strong>
                <span className="spring" />
                {!readOnly && (
                    <Button
                        aria-label={`Delete aspect ${form.info.displayLabel}`}
                        onPress={() => void session.attempt(() => session.edit("elements.deleteAspect", { id }))}
                    >
                        Delete
                    </Button>
                )}
            </div>
            {form.fields.map((f) => (
                <FieldRow
                    key={f.name}
                    field={f}
                    value={aspect[f.name]}
                    readOnly={readOnly}
                    onCommit={(value, path) => updateAspect(session, aspect, f.name, path, value)}
                />
            ))}
        </div>
    );
}
