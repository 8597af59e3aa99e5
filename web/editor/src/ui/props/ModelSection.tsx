import { type ReactNode, useEffect, useState } from "react";
import { Button } from "react-aria-components";
import type { ClassForm } from "../../schema/catalog";
import type { ElementProps } from "../../state/elements";
import type { ModelChoice, ModelProps } from "../../state/models";
import { useSession, useSessionState, useWorkspace } from "../context";
import { ModelView } from "./ModelView";

interface Props {
    element: ElementProps;
    readOnly: boolean;
}

type Found = { model: ModelProps; form: ClassForm } | { choices: readonly ModelChoice[] };

/** The model of an element with its class, or what models it may be given. */
function useModel({ element, readOnly }: Props): Found | undefined {
    const session = useSession();
    const { catalog, models } = useWorkspace();
    const revision = useSessionState((s) => s.revision);
    const [found, setFound] = useState<Found>();
    const { id, classFullName } = element;
    useEffect(() => {
        let isWanted = true;
        const find = async (): Promise<Found> => {
            const model = await models.find(id);
            if (model !== undefined) return { model, form: await catalog.form(model.classFullName) };
            if (readOnly) return { choices: [] };
            const { info } = await catalog.form(classFullName);
            return { choices: await models.choices(info.classId) };
        };
        void session.attempt(async () => {
            const now = await find();
            if (isWanted) setFound(now);
        });
        return () => {
            isWanted = false;
        };
    }, [session, catalog, models, id, classFullName, readOnly, revision]);
    return found;
}

/** The model below an element: to be made, edited and deleted. */
export function ModelSection(props: Props): ReactNode {
    const found = useModel(props);
    if (found === undefined) return null;
    if ("model" in found) return <ModelView {...found} readOnly={props.readOnly} />;
    if (found.choices.length === 0) return null;
    return <AddModel element={props.element} choices={found.choices} />;
}

function AddModel({ element, choices }: { element: ElementProps; choices: readonly ModelChoice[] }): ReactNode {
    const session = useSession();
    const { models } = useWorkspace();
    const [name, setName] = useState<string>();
    const choice = choices.find((c) => c.classFullName === name) ?? choices[0];
    return (
        <section aria-label="Model">
            <h3>Model</h3>
            <p className="hint">Nothing models this element yet.</p>
            <div className="row">
                <select
                    aria-label="Class of the model"
                    value={choice?.classFullName}
                    onChange={(event) => {
                        setName(event.target.value);
                    }}
                >
                    {choices.map((c) => (
                        <option key={c.classFullName}>{c.classFullName}</option>
                    ))}
                </select>
                <Button
                    onPress={() => {
                        if (choice !== undefined) void session.attempt(() => models.insert(element.id, choice));
                    }}
                >
                    Add the model
                </Button>
            </div>
        </section>
    );
}
