import { type ReactNode, useEffect, useState } from "react";
import { Button, Dialog, DialogTrigger, Form, Heading, Modal, ModalOverlay } from "react-aria-components";
import type { ClassForm } from "../../schema/catalog";
import type { ElementProps } from "../../state/elements";
import { errorText } from "../../state/session";
import { ROOT_ID } from "../../state/tree";
import { FormEnd } from "../FormEnd";
import { useSession, useSessionState, useWorkspace } from "../context";
import { useSubmit } from "../useSubmit";
import { PickElement } from "./PickElement";
import { ANY_ELEMENT, type CodeSpec } from "./fixed";

const ANY_MODEL = ["BisCore:Model"];

interface Place {
    /** An element that the new one is like at first. */
    beside?: ElementProps | undefined;
    /** The model for it, where @beside does not tell. */
    into?: string;
}

/** The dialog for a new element; what else its class has is edited in the panel afterwards. */
export function InsertElement({ beside, into, children }: Place & { children: string }): ReactNode {
    return (
        <DialogTrigger>
            <Button>{children}</Button>
            <ModalOverlay className="overlay">
                <Modal className="modal">
                    <Dialog>{({ close }) => <InsertForm start={startOf(beside, into)} close={close} />}</Dialog>
                </Modal>
            </ModalOverlay>
        </DialogTrigger>
    );
}

interface Draft {
    classFullName: string;
    model: string;
    parent: string;
    parentRel: string;
    category: string;
    spec: string;
    scope: string;
    code: string;
    label: string;
}

function startOf(beside: ElementProps | undefined, into: string | undefined): Draft {
    const model = into ?? beside?.model ?? ROOT_ID;
    return {
        classFullName: beside?.classFullName ?? "",
        model,
        parent: beside?.parent?.id ?? "",
        parentRel: beside?.parent?.relClassName?.replace(".", ":") ?? "",
        category: typeof beside?.["category"] === "string" ? beside["category"] : "",
        spec: beside?.code.spec ?? ROOT_ID,
        scope: beside?.code.scope ?? ROOT_ID,
        code: "",
        label: "",
    };
}

function propsOf(draft: Draft, form: ClassForm | undefined): Record<string, unknown> {
    const { classFullName, model, parent, parentRel, category, spec, scope, code, label } = draft;
    const isSpatial = form?.info.inheritedProperties?.["origin"] !== undefined;
    const axes = form?.info.inheritedProperties?.["yaw"] === undefined ? [0, 0] : [0, 0, 0];
    return {
        classFullName,
        model,
        // Without a value only the spec that stands for "no code" fits.
        code: code === "" ? { spec: ROOT_ID, scope: ROOT_ID, value: "" } : { spec, scope, value: code },
        ...(parent === "" ? {} : { parent: { id: parent, relClassName: parentRel } }),
        ...(category === "" ? {} : { category }),
        ...(label === "" ? {} : { userLabel: label }),
        ...(isSpatial ? { placement: { origin: axes } } : {}),
    };
}

export function useCodeSpecs(): readonly CodeSpec[] {
    const session = useSession();
    const revision = useSessionState((s) => s.revision);
    const [specs, setSpecs] = useState<readonly CodeSpec[]>([]);
    useEffect(() => {
        let isWanted = true;
        void session.attempt(async () => {
            const now = await session.call<CodeSpec[]>("codeSpecs.list");
            if (isWanted) setSpecs(now);
        });
        return () => {
            isWanted = false;
        };
    }, [session, revision]);
    return specs;
}

/** By which relationships the parent may own an element of the class; none as long as there is no such parent. */
function useParentRels(parent: string, form: ClassForm | undefined): readonly string[] {
    const session = useSession();
    const { models } = useWorkspace();
    const [rels, setRels] = useState<readonly string[]>([]);
    const id = parent.trim();
    useEffect(() => {
        let isWanted = true;
        void session.attempt(async () => {
            const isAsked = form !== undefined && /^0x[0-9a-f]+$/i.test(id);
            const now = isAsked ? await models.parentChoices(id, form.info.classId) : [];
            if (isWanted) setRels(now);
        });
        return () => {
            isWanted = false;
        };
    }, [session, models, id, form]);
    return rels;
}

/** What the dialog offers: the classes, and the form of the class that is chosen. */
function useOffers(classFullName: string): { classes: readonly string[]; form?: ClassForm } {
    const session = useSession();
    const { catalog } = useWorkspace();
    const [classes, setClasses] = useState<readonly string[]>([]);
    const [form, setForm] = useState<ClassForm>();
    useEffect(() => {
        void session.attempt(async () => {
            setClasses(await catalog.concrete("BisCore:Element"));
        });
    }, [session, catalog]);
    useEffect(() => {
        if (classFullName === "") return;
        let isWanted = true;
        void session.attempt(async () => {
            const now = await catalog.form(classFullName);
            if (isWanted) setForm(now);
        });
        return () => {
            isWanted = false;
        };
    }, [session, catalog, classFullName]);
    return { classes, ...(form === undefined ? {} : { form }) };
}

interface RowProps {
    label: string;
    name: keyof Draft;
    draft: Draft;
    change: (part: Partial<Draft>) => void;
}

function TextRow({ label, name, draft, change, pick }: RowProps & { pick?: readonly string[] }): ReactNode {
    return (
        <div className="field">
            <span className="label">{label}</span>
            <span className="navigation">
                <input
                    aria-label={label}
                    value={draft[name]}
                    onChange={(event) => {
                        change({ [name]: event.target.value });
                    }}
                />
                {pick !== undefined && (
                    <PickElement
                        label={`Choose ${label}`}
                        classes={pick}
                        onPick={(id) => {
                            change({ [name]: id });
                        }}
                    />
                )}
            </span>
        </div>
    );
}

function ChoiceRow({
    label,
    name,
    draft,
    change,
    choices,
}: RowProps & { choices: readonly [string, string][] }): ReactNode {
    return (
        <label className="field">
            <span className="label">{label}</span>
            <select
                aria-label={label}
                required
                value={draft[name]}
                onChange={(event) => {
                    change({ [name]: event.target.value });
                }}
            >
                <option value="" disabled>
                    Choose
                </option>
                {choices.map(([value, text]) => (
                    <option key={value} value={value}>
                        {text}
                    </option>
                ))}
            </select>
        </label>
    );
}

function InsertForm({ start, close }: { start: Draft; close: () => void }): ReactNode {
    const session = useSession();
    const workspace = useWorkspace();
    const [draft, setDraft] = useState(start);
    const { classes, form } = useOffers(draft.classFullName);
    const specs = useCodeSpecs();
    const rels = useParentRels(draft.parent, form);
    const parentRel = rels.includes(draft.parentRel) ? draft.parentRel : (rels[0] ?? "");
    const change = (part: Partial<Draft>) => {
        setDraft({ ...draft, ...part });
    };
    const insert = async () => {
        const props = propsOf({ ...draft, parentRel }, form);
        const { id } = await session.edit<{ id: string }>("elements.insertElement", { props });
        workspace.select([id]);
    };
    const { submit, isBusy, error } = useSubmit(insert, close);
    const row = { draft, change };
    const categories = form?.info.inheritedProperties?.["category"]?.targetConstraint?.constraintClasses;
    return (
        <Form
            onSubmit={(event) => {
                event.preventDefault();
                submit();
            }}
        >
            <Heading slot="title">Insert an element</Heading>
            <ChoiceRow label="Class" name="classFullName" {...row} choices={classes.map((c) => [c, c])} />
            <TextRow label="Model" name="model" {...row} pick={ANY_MODEL} />
            <TextRow label="Parent" name="parent" {...row} pick={ANY_ELEMENT} />
            {draft.parent !== "" && (
                <ChoiceRow
                    label="Parent relationship"
                    name="parentRel"
                    draft={{ ...draft, parentRel }}
                    change={change}
                    choices={rels.map((r) => [r, r])}
                />
            )}
            {categories !== undefined && <TextRow label="Category" name="category" {...row} pick={categories} />}
            <TextRow label="Label" name="label" {...row} />
            <TextRow label="Code" name="code" {...row} />
            {draft.code !== "" && (
                <>
                    <ChoiceRow
                        label="Code specification"
                        name="spec"
                        {...row}
                        choices={specs.map((s) => [s.id, s.name])}
                    />
                    <TextRow label="Code scope" name="scope" {...row} pick={ANY_ELEMENT} />
                </>
            )}
            <FormEnd
                label="Insert"
                error={error === undefined ? undefined : errorText(error)}
                isBusy={isBusy}
                close={close}
            />
        </Form>
    );
}
