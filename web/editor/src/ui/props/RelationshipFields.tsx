import { type ReactNode, useEffect, useState } from "react";
import type { ClassForm } from "../../schema/catalog";
import type { RelationshipProps } from "../../state/relationships";
import { useSession, useSessionState, useWorkspace } from "../context";
import { FieldRow } from "./FieldRow";

/** The properties of a relationship itself, read when they are looked at. */
export function RelationshipFields(props: { id: string; form: ClassForm; readOnly: boolean }): ReactNode {
    const { id, form, readOnly } = props;
    const session = useSession();
    const { relationships } = useWorkspace();
    const revision = useSessionState((s) => s.revision);
    const [values, setValues] = useState<RelationshipProps>();
    const classFullName = form.info.ecclass;
    useEffect(() => {
        let isWanted = true;
        void session.attempt(async () => {
            const now = await relationships.find(classFullName, id);
            if (isWanted) setValues(now);
        });
        return () => {
            isWanted = false;
        };
    }, [session, relationships, classFullName, id, revision]);
    if (values === undefined) return null;
    return form.fields.map((f) => (
        <FieldRow
            key={f.name}
            field={f}
            value={values[f.name]}
            readOnly={readOnly}
            onCommit={(value, path) => relationships.update(form, id, f.name, path, value)}
        />
    ));
}
