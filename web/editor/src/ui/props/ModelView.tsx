import { type ReactNode, useState } from "react";
import { Button } from "react-aria-components";
import type { ClassForm } from "../../schema/catalog";
import type { ModelProps } from "../../state/models";
import { Ask } from "../Ask";
import { useSession, useWorkspace } from "../context";
import { FieldRow } from "./FieldRow";
import { InsertElement } from "./InsertElement";
import { modelFields } from "./fixed";

interface Props {
    model: ModelProps;
    form: ClassForm;
    readOnly: boolean;
}

/** A model with its properties. */
export function ModelView({ model, form, readOnly }: Props): ReactNode {
    const { models } = useWorkspace();
    return (
        <section aria-label="Model">
            <h3>Model</h3>
            <p className="hint">{model.classFullName}</p>
            {modelFields(form).map(({ field, read, write }) => (
                <FieldRow
                    key={field.name}
                    field={field}
                    value={read(model)}
                    readOnly={readOnly}
                    onCommit={(value, path) => models.update(model.id, field.name, path, write(value))}
                />
            ))}
            {!readOnly && (
                <div className="row">
                    <InsertElement into={model.id}>Insert into the model …</InsertElement>
                    <DeleteModel id={model.id} />
                </div>
            )}
        </section>
    );
}

function DeleteModel({ id }: { id: string }): ReactNode {
    const session = useSession();
    const { models } = useWorkspace();
    const [isAsked, setAsked] = useState(false);
    return (
        <>
            <Button
                onPress={() => {
                    setAsked(true);
                }}
            >
                Delete the model
            </Button>
            <Ask
                isOpen={isAsked}
                title="Delete the model?"
                text="All elements in it are deleted too; the element that it models stays. Once saved, it can be undone."
                onClose={() => {
                    setAsked(false);
                }}
                choices={[
                    {
                        label: "Delete the model and its elements",
                        run: () => void session.attempt(() => models.remove(id)),
                    },
                ]}
            />
        </>
    );
}
