import { type ReactNode, useEffect, useState } from "react";
import { Button, Dialog, DialogTrigger, Heading, Input, Modal, ModalOverlay, SearchField } from "react-aria-components";
import { inEcsql } from "../../state/classes";
import { rowsOf } from "../../state/query";
import { labelOf } from "../../state/tree";
import { useSession } from "../context";

const FOUND_MOST = 50;

interface Found {
    id: string;
    label: string;
}

interface Props {
    label: string;
    /** Full names of the classes that are allowed. */
    classes: readonly string[];
    onPick: (id: string) => void;
}

/** A button that lets one choose among the elements (or models) of some classes. */
export function PickElement({ label, classes, onPick }: Props): ReactNode {
    return (
        <DialogTrigger>
            <Button aria-label={label}>…</Button>
            <ModalOverlay className="overlay" isDismissable>
                <Modal className="modal">
                    <Dialog>
                        {({ close }) => (
                            <>
                                <Heading slot="title">{label}</Heading>
                                <Candidates
                                    classes={classes}
                                    onPick={(id) => {
                                        onPick(id);
                                        close();
                                    }}
                                />
                                <div className="row end">
                                    <Button onPress={close}>Cancel</Button>
                                </div>
                            </>
                        )}
                    </Dialog>
                </Modal>
            </ModalOverlay>
        </DialogTrigger>
    );
}

function useCandidates(classes: readonly string[], text: string): readonly Found[] {
    const session = useSession();
    const [found, setFound] = useState<readonly Found[]>([]);
    const from = classes.join(" ");
    useEffect(() => {
        let isWanted = true;
        void session.attempt(async () => {
            const all: Found[] = [];
            for (const c of from.split(" ")) {
                const like = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
                const where =
                    text === ""
                        ? ""
                        : " WHERE e.UserLabel LIKE :like ESCAPE '\\' OR e.CodeValue LIKE :like ESCAPE '\\'";
                // A model has the id of its element, by whose label it is known.
                const ecsql = `SELECT c.ECInstanceId, c.ECClassId, e.UserLabel, e.CodeValue FROM ${inEcsql(c)} c
 JOIN bis.Element e ON e.ECInstanceId = c.ECInstanceId${where} ORDER BY c.ECInstanceId`;
                const rows = await rowsOf<[string, string, string | null, string | null]>(
                    session,
                    ecsql,
                    text === "" ? {} : { like },
                    { count: FOUND_MOST },
                );
                all.push(...rows.map((r) => ({ id: r[0], label: labelOf(...r) })));
            }
            if (isWanted) setFound(all);
        });
        return () => {
            isWanted = false;
        };
    }, [session, from, text]);
    return found;
}

function Candidates({ classes, onPick }: { classes: readonly string[]; onPick: (id: string) => void }): ReactNode {
    const [text, setText] = useState("");
    const found = useCandidates(classes, text.trim());
    return (
        <>
            <SearchField aria-label="Search" value={text} onChange={setText} className="search" autoFocus>
                <Input placeholder="Label or code" />
            </SearchField>
            <ul className="candidates">
                {found.map((f) => (
                    <li key={f.id}>
                        <Button
                            className="plain"
                            onPress={() => {
                                onPick(f.id);
                            }}
                        >
                            {f.label} <span className="hint">{f.id}</span>
                        </Button>
                    </li>
                ))}
            </ul>
        </>
    );
}
