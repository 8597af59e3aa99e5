import { type ReactNode, useEffect, useState } from "react";
import { Button } from "react-aria-components";
import type { ClassForm } from "../../schema/catalog";
import { type Group, RELATED_PAGE, type Related } from "../../state/relationships";
import { useSession, useSessionState, useWorkspace } from "../context";
import { RelationshipFields } from "./RelationshipFields";

interface Props {
    elementId: string;
    group: Group;
    readOnly: boolean;
}

function useForm(classFullName: string): ClassForm | undefined {
    const session = useSession();
    const { catalog } = useWorkspace();
    const [form, setForm] = useState<ClassForm>();
    useEffect(() => {
        void session.attempt(async () => {
            setForm(await catalog.form(classFullName));
        });
    }, [session, catalog, classFullName]);
    return form;
}

/** The relationships of one class: a page of them, each with who stands at the other end. */
export function RelationshipGroup({ elementId, group, readOnly }: Props): ReactNode {
    const session = useSession();
    const { relationships } = useWorkspace();
    const revision = useSessionState((s) => s.revision);
    const form = useForm(group.classFullName);
    const [wanted, setWanted] = useState(0);
    const [rows, setRows] = useState<readonly Related[]>([]);
    const last = Math.ceil(group.count / RELATED_PAGE) - 1;
    const page = Math.min(wanted, last);
    const { classFullName, end, count } = group;
    useEffect(() => {
        let isWanted = true;
        void session.attempt(async () => {
            const found = await relationships.page(elementId, { classFullName, end, count }, page);
            if (isWanted) setRows(found);
        });
        return () => {
            isWanted = false;
        };
    }, [session, relationships, elementId, classFullName, end, count, page, revision]);
    if (form === undefined) return null;
    const name = `${form.info.displayLabel}: ${form.info[end]?.roleLabel ?? end}`;
    return (
        <div role="group" aria-label={name} className="aspect">
            <div className="row" title={classFullName}>
                <strong>{name}</strong>
                <span className="hint">{count}</span>
            </div>
            <ul className="related">
                {rows.map((related) => (
                    <RelatedRow key={related.id} related={related} form={form} readOnly={readOnly} />
                ))}
            </ul>
            {last > 0 && <Pages name={name} page={page} last={last} count={count} onPage={setWanted} />}
        </div>
    );
}

function RelatedRow({ related, form, readOnly }: { related: Related; form: ClassForm; readOnly: boolean }): ReactNode {
    const session = useSession();
    const workspace = useWorkspace();
    const [isOpen, setOpen] = useState(false);
    const { id, otherId, otherLabel } = related;
    return (
        <li>
            <div className="row">
                <Button
                    className="plain link name"
                    onPress={() => {
                        workspace.select([otherId]);
                    }}
                >
                    {otherLabel} <span className="hint">{otherId}</span>
                </Button>
                <span className="spring" />
                {form.fields.length > 0 && (
                    <Button
                        className="plain"
                        aria-expanded={isOpen}
                        aria-label={`Properties of the relationship with ${otherLabel}`}
                        onPress={() => {
                            setOpen(!isOpen);
                        }}
                    >
                        {isOpen ? "▾" : "▸"}
                    </Button>
                )}
                {!readOnly && (
                    <Button
                        className="plain"
                        aria-label={`Delete the relationship with ${otherLabel}`}
                        onPress={({ target }) => {
                            // The button is going to go: the keyboard stays near.
                            target.closest("section")?.focus();
                            void session.attempt(() => workspace.relationships.remove(form.info.ecclass, id));
                        }}
                    >
                        ×
                    </Button>
                )}
            </div>
            {isOpen && <RelationshipFields id={id} form={form} readOnly={readOnly} />}
        </li>
    );
}

interface PagesProps {
    name: string;
    page: number;
    last: number;
    count: number;
    onPage: (page: number) => void;
}

function Pages({ name, page, last, count, onPage }: PagesProps): ReactNode {
    const first = page * RELATED_PAGE;
    const step = (to: number, label: string, text: string) => (
        <Button
            className="plain"
            aria-label={`${label} of ${name}`}
            isDisabled={to === page || to < 0 || to > last}
            onPress={() => {
                onPage(to);
            }}
        >
            {text}
        </Button>
    );
    return (
        <div className="row">
            {step(0, "First page", "«")}
            {step(page - 1, "Previous page", "‹")}
            <span role="status">{`${first + 1}–${Math.min(first + RELATED_PAGE, count)} of ${count}`}</span>
            {step(page + 1, "Next page", "›")}
            {step(last, "Last page", "»")}
        </div>
    );
}
