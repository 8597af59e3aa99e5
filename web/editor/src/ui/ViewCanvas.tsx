import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import type { Matrix4 } from "three";
import { type ElementProps, editAll, updateOf } from "../state/elements";
import type { EditSession } from "../state/session";
import type { Workspace } from "../state/workspace";
import { type Boxes, type ViewSource, readColors } from "../view/boxes";
import { Geometry } from "../view/geometry";
import { moved } from "../view/placement";
import { type Standpoint, type Tool, ViewScene } from "../view/scene";
import { useSession, useSessionState, useWorkspace, useWorkspaceState } from "./context";
import { TOOLS } from "./tools";

/** Moves the selected elements, all as one edit; from where the edit before has left them. */
function moveSelected(session: EditSession, workspace: Workspace, by: Matrix4): Promise<void> {
    const ids = workspace.store.get().selection;
    return session.inTurn(async () => {
        const elements = await session.call<ElementProps[]>("elements.getMany", { ids });
        const ops = elements.flatMap((e) =>
            e.placement === undefined
                ? []
                : [{ method: "elements.updateElement", params: updateOf(e, { placement: moved(e.placement, by) }) }],
        );
        await editAll(session, ops);
    });
}

/** Views of everything, beside the first one from a corner. */
const STANDPOINTS: readonly [Standpoint, string][] = [
    ["top", "Top"],
    ["front", "Front"],
    ["right", "Right"],
];

interface CanvasProps {
    source: ViewSource;
    boxes: Boxes;
    tool: Tool;
    setTool: (tool: Tool) => void;
    readOnly: boolean;
}

interface Shown {
    scene: ViewScene;
    boxes: Boxes;
    geometry: Geometry;
}

interface SceneState {
    host: (element: HTMLDivElement) => () => void;
    shown: Shown | undefined;
    count: number | undefined;
}

/** A scene of three.js that lives as long as its source is shown, and follows what changes. */
function useScene(source: ViewSource, boxes: Boxes): SceneState {
    const session = useSession();
    const workspace = useWorkspace();
    const revision = useSessionState((s) => s.revision);
    const rewound = useSessionState((s) => s.rewound);
    const [shown, setShown] = useState<Shown>();
    const [count, setCount] = useState<number>();
    const loaded = useRef<number>(undefined);
    const host = useCallback(
        (element: HTMLDivElement) => {
            const scene = new ViewScene(element, source.is2d, {
                onPick: (id, isAdding) => {
                    workspace.pick(id, isAdding);
                },
                onMoved: (by) => {
                    void session
                        .attempt(() => moveSelected(session, workspace, by))
                        .then((isDone) => {
                            // What was refused jumps back.
                            if (!isDone) scene.select(workspace.store.get().selection, boxes.byId);
                        });
                },
            });
            const watcher = new ResizeObserver(() => {
                scene.resize();
            });
            watcher.observe(element);
            loaded.current = undefined;
            const geometry = new Geometry(session, source, scene, boxes);
            setShown({ scene, boxes, geometry });
            return () => {
                watcher.disconnect();
                geometry.dispose();
                scene.dispose();
                setShown(undefined);
            };
        },
        [session, workspace, source, boxes],
    );
    useEffect(() => {
        if (shown === undefined) return;
        let isWanted = true;
        void session.attempt(async () => {
            const [colors] = await Promise.all([
                readColors(session),
                loaded.current === rewound ? shown.boxes.update() : shown.boxes.load(),
            ]);
            if (!isWanted) return;
            loaded.current = rewound;
            shown.scene.show(shown.boxes.byId, colors.categories);
            await shown.geometry.follow(colors);
            setCount(shown.boxes.byId.size);
        });
        return () => {
            isWanted = false;
        };
    }, [session, shown, revision, rewound]);
    return { host, shown, count };
}

function useBackground(scene: ViewScene | undefined): void {
    useEffect(() => {
        if (scene === undefined) return;
        const apply = () => {
            scene.background(getComputedStyle(document.documentElement).getPropertyValue("--scene"));
        };
        apply();
        const system = matchMedia("(prefers-color-scheme: dark)");
        system.addEventListener("change", apply);
        const chosen = new MutationObserver(apply);
        chosen.observe(document.documentElement, { attributeFilter: ["data-theme"] });
        return () => {
            system.removeEventListener("change", apply);
            chosen.disconnect();
        };
    }, [scene]);
}

export default function ViewCanvas({ source, boxes, tool, setTool, readOnly }: CanvasProps): ReactNode {
    const session = useSession();
    const workspace = useWorkspace();
    const { host, shown, count } = useScene(source, boxes);
    const selection = useWorkspaceState((w) => w.selection);
    useBackground(shown?.scene);
    useEffect(() => {
        shown?.scene.select(selection, shown.boxes.byId);
    }, [shown, selection]);
    useEffect(() => {
        shown?.scene.setTool(readOnly ? "select" : tool, shown.boxes.byId);
    }, [shown, tool, readOnly]);
    const remove = () =>
        session.attempt(async () => {
            await session.edit("elements.deleteElement", { ids: selection });
            workspace.select([]);
        });
    const selected = shown?.boxes.byId.get(selection.at(-1) ?? "");
    const showSelected = () => {
        if (selected !== undefined) shown?.scene.centre(selected);
    };
    const onKey = (event: KeyboardEvent) => {
        if (shown === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
        const { scene } = shown;
        const actions: Record<string, () => void> = {
            ArrowLeft: () => {
                scene.step(-1, 0);
            },
            ArrowRight: () => {
                scene.step(1, 0);
            },
            ArrowUp: () => {
                scene.step(0, 1);
            },
            ArrowDown: () => {
                scene.step(0, -1);
            },
            "+": () => {
                scene.zoom(1.2);
            },
            "-": () => {
                scene.zoom(1 / 1.2);
            },
            f: () => {
                scene.fit();
            },
            c: showSelected,
            Escape: () => {
                workspace.select([]);
            },
            Delete: () => {
                if (!readOnly && selection.length > 0) void remove();
            },
        };
        for (const t of TOOLS)
            if (!readOnly)
                actions[t.key] = () => {
                    setTool(t.tool);
                };
        const action = actions[event.key];
        if (action === undefined) return;
        event.preventDefault();
        action();
    };
    return (
        <>
            <div
                ref={host}
                className="canvas"
                role="application"
                aria-label={`${source.label} view. Arrow keys turn it, plus and minus zoom, F shows all, C what is selected, M moves, R rotates, Delete deletes.`}
                tabIndex={0}
                onKeyDown={onKey}
            />
            <div className="row viewBar">
                <p className="hint found" role="status">
                    {count === undefined ? "loading" : `${count} elements`}
                </p>
                <span className="spring" />
                {!source.is2d &&
                    STANDPOINTS.map(([from, label]) => (
                        <Button key={from} aria-label={`From ${from}`} onPress={() => shown?.scene.fit(from)}>
                            {label}
                        </Button>
                    ))}
                <Button isDisabled={selected === undefined} onPress={showSelected}>
                    Show selected
                </Button>
                <Button onPress={() => shown?.scene.fit()}>Show all</Button>
            </div>
        </>
    );
}
