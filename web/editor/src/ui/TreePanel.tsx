import { type KeyboardEvent, type MouseEvent, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { Input, SearchField, ToggleButton } from "react-aria-components";
import { useStore } from "../state/store";
import { Tree, type TreeNode, type TreeRow } from "../state/tree";
import { type RowAttributes, VirtualRows } from "./VirtualRows";
import { useSession, useSessionState, useWorkspace, useWorkspaceState } from "./context";

const TYPING_MS = 250;
const INDENT_PX = 16;
/** When the first rows were shown. */
const TREE_MARK = "weh.tree";

/** Models and elements; with a text in the field above, those that have it. */
export function TreePanel(): ReactNode {
    const workspace = useWorkspace();
    const isAdding = useWorkspaceState((w) => w.isAdding);
    const [text, setText] = useState("");
    return (
        <section className="pane tree" aria-label="Elements">
            <div className="search">
                <SearchField aria-label="Search elements" value={text} onChange={setText}>
                    <Input placeholder="Search by label, code or id" />
                </SearchField>
                <ToggleButton
                    aria-label="Select several"
                    isSelected={isAdding}
                    onChange={(now) => {
                        workspace.setAdding(now);
                    }}
                >
                    Several
                </ToggleButton>
            </div>
            {text.trim() === "" ? <TreeRows /> : <SearchRows text={text.trim()} />}
        </section>
    );
}

/** What a click or Enter with these keys does to the selection. */
function useSelect(): (node: TreeNode, event: MouseEvent | KeyboardEvent) => void {
    const workspace = useWorkspace();
    return (node, event) => {
        workspace.pick(node.id, event.ctrlKey || event.metaKey);
    };
}

function TreeRows(): ReactNode {
    const session = useSession();
    const tree = useMemo(() => new Tree(session), [session]);
    const revision = useSessionState((s) => s.revision);
    const selection = useWorkspaceState((w) => w.selection);
    const [active, setActive] = useState(0);
    const workspace = useWorkspace();
    const select = useSelect();
    const selected = useRef<string>(undefined);
    useStore(tree.store, (s) => s.version);
    useEffect(() => {
        void session.attempt(() => (tree.total === 0 ? tree.load() : tree.refresh()));
    }, [session, tree, revision]);
    const isThere = tree.total > 0;
    useEffect(() => {
        if (isThere) performance.mark(TREE_MARK);
    }, [isThere]);
    useEffect(() => {
        const last = selection.at(-1);
        if (last === undefined || last === selected.current) return;
        selected.current = last;
        void session.attempt(async () => {
            const row = await tree.reveal(last);
            if (row !== undefined) setActive(row);
        });
    }, [session, tree, selection]);

    const pick = (node: TreeNode, index: number, event: MouseEvent | KeyboardEvent) => {
        setActive(index);
        select(node, event);
        // Nothing has to be revealed; when the row was taken away, neither what was selected before it.
        selected.current = workspace.store.get().selection.at(-1);
    };
    const toggle = (node: TreeNode) => {
        if (node.isExpanded) tree.collapse(node);
        else void session.attempt(() => tree.expand(node));
    };
    const onKey = (event: KeyboardEvent, index: number) => {
        const node = tree.rowAt(index)?.node;
        if (node === undefined) return;
        if (event.key === "ArrowRight") {
            if (!node.isExpanded) toggle(node);
            else setActive(index + 1);
        } else if (event.key === "ArrowLeft") {
            if (node.isExpanded) tree.collapse(node);
            else if (node.parent !== undefined) setActive(tree.rowOf(node.parent));
        } else if (event.key === "Enter" || event.key === " ") pick(node, index, event);
        else return;
        event.preventDefault();
    };
    return (
        <VirtualRows
            role="tree"
            label="Elements"
            count={tree.total}
            active={active}
            onActive={setActive}
            onKey={onKey}
            row={(index, attributes) => {
                const row = tree.rowAt(index);
                const node = row?.node;
                if (row === undefined || node === undefined) {
                    return <Awaited row={row} attributes={attributes} />;
                }
                return (
                    <div
                        role="treeitem"
                        className="item"
                        aria-level={row.level}
                        aria-posinset={row.index + 1}
                        aria-setsize={row.parent?.childCount ?? 1}
                        aria-selected={selection.includes(node.id)}
                        aria-expanded={node.childCount > 0 ? node.isExpanded : undefined}
                        style={{ paddingLeft: (row.level - 1) * INDENT_PX }}
                        onClick={(event) => {
                            pick(node, index, event);
                        }}
                        {...attributes}
                    >
                        <span
                            className="twist"
                            aria-hidden
                            onClick={(event) => {
                                event.stopPropagation();
                                toggle(node);
                            }}
                        >
                            {node.childCount === 0 ? "" : node.isExpanded ? "▾" : "▸"}
                        </span>
                        <NodeText node={node} />
                    </div>
                );
            }}
        />
    );
}

/** Stands where a row will be that is not loaded yet. */
function Awaited({ row, attributes }: { row: TreeRow | undefined; attributes: RowAttributes }): ReactNode {
    return (
        <div
            role="treeitem"
            aria-level={row?.level ?? 1}
            aria-posinset={(row?.index ?? 0) + 1}
            aria-setsize={row?.parent?.childCount ?? 1}
            aria-selected={false}
            className="item hint"
            {...attributes}
        >
            …
        </div>
    );
}

function NodeText({ node }: { node: TreeNode }): ReactNode {
    return (
        <>
            <span className="name" title={node.id}>
                {node.label}
            </span>
            <span className="class">{node.className.split(":")[1]}</span>
        </>
    );
}

function SearchRows({ text }: { text: string }): ReactNode {
    const session = useSession();
    const tree = useMemo(() => new Tree(session), [session]);
    const revision = useSessionState((s) => s.revision);
    const selection = useWorkspaceState((w) => w.selection);
    const [found, setFound] = useState<{ nodes: TreeNode[]; isMore: boolean }>();
    const [active, setActive] = useState(0);
    const select = useSelect();
    useEffect(() => {
        let isWanted = true;
        const timer = setTimeout(() => {
            void session.attempt(async () => {
                const result = await tree.search(text);
                if (isWanted) setFound(result);
            });
        }, TYPING_MS);
        return () => {
            isWanted = false;
            clearTimeout(timer);
        };
    }, [session, tree, text, revision]);
    const nodes = found?.nodes ?? [];
    const count = found === undefined ? "searching" : `${found.isMore ? "the first " : ""}${nodes.length} found`;
    return (
        <>
            <p className="hint found" role="status">
                {count}
            </p>
            <VirtualRows
                role="listbox"
                label="Elements found"
                count={nodes.length}
                active={active}
                onActive={setActive}
                onKey={(event, index) => {
                    const node = nodes[index];
                    if (node === undefined || (event.key !== "Enter" && event.key !== " ")) return;
                    event.preventDefault();
                    select(node, event);
                }}
                row={(index, attributes) => {
                    const node = nodes[index];
                    if (node === undefined) return null;
                    return (
                        <div
                            role="option"
                            className="item"
                            aria-selected={selection.includes(node.id)}
                            aria-posinset={index + 1}
                            aria-setsize={nodes.length}
                            onClick={(event) => {
                                setActive(index);
                                select(node, event);
                            }}
                            {...attributes}
                        >
                            <NodeText node={node} />
                        </div>
                    );
                }}
            />
        </>
    );
}
