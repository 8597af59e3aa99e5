import { type ReactNode, useEffect, useState } from "react";
import type { ElementProps } from "../../state/elements";
import type { Group } from "../../state/relationships";
import { useSession, useSessionState, useWorkspace } from "../context";
import { RelationshipGroup } from "./RelationshipGroup";
import { RelationshipInsert } from "./RelationshipInsert";

/** The link-table relationships of an element, by class and by the end that it is of them. */
export function RelationshipList({ element, readOnly }: { element: ElementProps; readOnly: boolean }): ReactNode {
    const session = useSession();
    const { relationships } = useWorkspace();
    const revision = useSessionState((s) => s.revision);
    const [groups, setGroups] = useState<readonly Group[]>();
    const { id } = element;
    useEffect(() => {
        let isWanted = true;
        void session.attempt(async () => {
            const found = await relationships.groupsOf(id);
            if (isWanted) setGroups(found);
        });
        return () => {
            isWanted = false;
        };
    }, [session, relationships, id, revision]);
    return (
        <section aria-label="Relationships" tabIndex={-1}>
            <h3>Relationships</h3>
            {groups?.length === 0 && <p className="hint">None.</p>}
            {groups?.map((group) => (
                <RelationshipGroup
                    key={`${group.classFullName} ${group.end}`}
                    elementId={id}
                    group={group}
                    readOnly={readOnly}
                />
            ))}
            {!readOnly && <RelationshipInsert element={element} />}
        </section>
    );
}
