import { type ReactNode, useEffect, useState } from "react";
import { Button, Dialog, DialogTrigger, Form, Heading, Modal, ModalOverlay } from "react-aria-components";
import { RequestError } from "@webedithost/client";
import { type End, otherEnd } from "../../state/classes";
import type { ElementProps } from "../../state/elements";
import type { Allowed } from "../../state/relationships";
import { errorText } from "../../state/session";
import { FormEnd, Refusal } from "../FormEnd";
import { useSession, useWorkspace } from "../context";
import { useSubmit } from "../useSubmit";
import { PickElement } from "./PickElement";

const HEADINGS: Record<End, string> = {
    source: "From this element to another",
    target: "From another to this element",
};

/** The dialog for a new relationship of an element; its properties are edited in the panel afterwards. */
export function RelationshipInsert({ element }: { element: ElementProps }): ReactNode {
    return (
        <DialogTrigger>
            <Button>Add a relationship …</Button>
            <ModalOverlay className="overlay">
                <Modal className="modal">
                    <Dialog>{({ close }) => <InsertForm element={element} close={close} />}</Dialog>
                </Modal>
            </ModalOverlay>
        </DialogTrigger>
    );
}

function useAllowed(classFullName: string): readonly Allowed[] {
    const session = useSession();
    const { catalog, relationships } = useWorkspace();
    const [allowed, setAllowed] = useState<readonly Allowed[]>([]);
    useEffect(() => {
        let isWanted = true;
        void session.attempt(async () => {
            const { info } = await catalog.form(classFullName);
            const now = await relationships.allowed(info.classId);
            if (isWanted) setAllowed(now);
        });
        return () => {
            isWanted = false;
        };
    }, [session, catalog, relationships, classFullName]);
    return allowed;
}

/** Who may stand at the other end. */
function useOthers(chosen: Allowed | undefined): readonly string[] {
    const session = useSession();
    const { catalog } = useWorkspace();
    const [others, setOthers] = useState<readonly string[]>([]);
    useEffect(() => {
        if (chosen === undefined) return;
        let isWanted = true;
        void session.attempt(async () => {
            const { info } = await catalog.form(chosen.classFullName);
            if (isWanted) setOthers(info[otherEnd(chosen.end)]?.constraintClasses ?? []);
        });
        return () => {
            isWanted = false;
        };
    }, [session, catalog, chosen]);
    return others;
}

function InsertForm({ element, close }: { element: ElementProps; close: () => void }): ReactNode {
    const { relationships } = useWorkspace();
    const allowed = useAllowed(element.classFullName);
    const [chosen, setChosen] = useState<Allowed>();
    const [other, setOther] = useState("");
    const others = useOthers(chosen);
    const insert = async () => {
        if (chosen !== undefined) await relationships.insert(chosen, element.id, other.trim());
    };
    const { submit, isBusy, error } = useSubmit(insert, close);
    // The end that an error is about is told at its field.
    const isOther = error instanceof RequestError && error.data.where === `${chosen ? otherEnd(chosen.end) : ""}Id`;
    return (
        <Form
            onSubmit={(event) => {
                event.preventDefault();
                submit();
            }}
        >
            <Heading slot="title">Add a relationship</Heading>
            <Choices allowed={allowed} chosen={chosen} onChoose={setChosen} />
            <div className="field">
                <span className="label">Other element</span>
                <span className="navigation">
                    <input
                        aria-label="Other element"
                        aria-invalid={isOther ? "true" : undefined}
                        required
                        value={other}
                        onChange={(event) => {
                            setOther(event.target.value);
                        }}
                    />
                    {others.length > 0 && (
                        <PickElement label="Choose the other element" classes={others} onPick={setOther} />
                    )}
                </span>
                {isOther && <Refusal text={error.message} />}
            </div>
            <FormEnd
                label="Add"
                error={error === undefined || isOther ? undefined : errorText(error)}
                isBusy={isBusy}
                close={close}
            />
        </Form>
    );
}

interface ChoicesProps {
    allowed: readonly Allowed[];
    chosen: Allowed | undefined;
    onChoose: (chosen: Allowed | undefined) => void;
}

function Choices({ allowed, chosen, onChoose }: ChoicesProps): ReactNode {
    const keyOf = ({ classFullName, end }: Allowed) => `${classFullName} ${end}`;
    return (
        <label className="field">
            <span className="label">Relationship</span>
            <select
                aria-label="Relationship"
                required
                value={chosen === undefined ? "" : keyOf(chosen)}
                onChange={(event) => {
                    onChoose(allowed.find((a) => keyOf(a) === event.target.value));
                }}
            >
                <option value="" disabled>
                    Choose
                </option>
                {(["source", "target"] as const).map((end) => (
                    <optgroup key={end} label={HEADINGS[end]}>
                        {allowed
                            .filter((a) => a.end === end)
                            .map((a) => (
                                <option key={keyOf(a)} value={keyOf(a)}>
                                    {a.classFullName}
                                </option>
                            ))}
                    </optgroup>
                ))}
            </select>
        </label>
    );
}
