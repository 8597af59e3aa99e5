import { type ReactNode, useEffect, useState } from "react";
import { Button, Input, TextField, Toolbar as AriaToolbar } from "react-aria-components";
import { Ask } from "./Ask";
import { useSession, useSessionState } from "./context";

/** Undo, redo, save, abandon, close. */
export function Toolbar(): ReactNode {
    const session = useSession();
    const txn = useSessionState((s) => s.txn);
    const readOnly = useSessionState((s) => s.open?.mode === "readonly");
    const [description, setDescription] = useState("");
    const [asked, setAsked] = useState<"close" | "abandon">();
    const unsaved = txn?.hasUnsavedChanges === true;
    const act = (work: () => Promise<void>) => () => void session.attempt(work);
    const save = act(async () => {
        await session.save(description);
        setDescription("");
    });
    useShortcuts({ save, undo: act(() => session.undo()), redo: act(() => session.redo()), disabled: readOnly });
    const close = (what: "error" | "save" | "abandon") => act(() => session.closeBriefcase(what));
    return (
        <AriaToolbar aria-label="Editing" className="toolbar">
            {!readOnly && (
                <>
                    <Button isDisabled={txn?.isUndoPossible !== true || unsaved} onPress={act(() => session.undo())}>
                        Undo{named(txn?.undoString)}
                    </Button>
                    <Button isDisabled={txn?.isRedoPossible !== true || unsaved} onPress={act(() => session.redo())}>
                        Redo{named(txn?.redoString)}
                    </Button>
                    <TextField aria-label="Description of the next save" value={description} onChange={setDescription}>
                        <Input
                            placeholder="What is saved"
                            onKeyDown={(event) => {
                                if (event.key === "Enter") save();
                            }}
                        />
                    </TextField>
                    <Button className="primary" isDisabled={!unsaved} onPress={save}>
                        Save
                    </Button>
                    <Button
                        isDisabled={!unsaved}
                        onPress={() => {
                            setAsked("abandon");
                        }}
                    >
                        Abandon
                    </Button>
                </>
            )}
            <span className="spring" />
            <Button
                onPress={() => {
                    // What was typed last may still be under way.
                    void session.isUnsaved().then((now) => {
                        if (now) setAsked("close");
                        else close("error")();
                    });
                }}
            >
                Close
            </Button>
            <Ask
                isOpen={asked !== undefined}
                title={asked === "close" ? "Save before closing?" : "Drop all unsaved changes?"}
                text={asked === "close" ? "There are unsaved changes." : "What was not saved cannot be brought back."}
                onClose={() => {
                    setAsked(undefined);
                }}
                choices={
                    asked === "close"
                        ? [
                              { label: "Abandon changes", run: close("abandon") },
                              { label: "Save and close", primary: true, run: close("save") },
                          ]
                        : [{ label: "Abandon changes", run: act(() => session.abandon()) }]
                }
            />
        </AriaToolbar>
    );
}

function named(description: string | undefined): string {
    return description === undefined || description === "" ? "" : `: ${description}`;
}

interface Shortcuts {
    save: () => void;
    undo: () => void;
    redo: () => void;
    disabled: boolean;
}

/** A field that is typed in is committed by leaving it. */
function commitField(): void {
    const { activeElement } = document;
    if (!(activeElement instanceof HTMLInputElement || activeElement instanceof HTMLTextAreaElement)) return;
    activeElement.blur();
    activeElement.focus({ preventScroll: true });
}

/** Ctrl or Cmd with S, Z, Y; in a text field undo and redo stay the field's own. */
function useShortcuts({ save, undo, redo, disabled }: Shortcuts): void {
    useEffect(() => {
        if (disabled) return;
        const onKey = (event: KeyboardEvent) => {
            if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
            const key = event.key.toLowerCase();
            const inText =
                event.target instanceof Element &&
                event.target.closest("input, textarea, [contenteditable], .console") !== null;
            const action =
                key === "s"
                    ? save
                    : inText
                      ? undefined
                      : key === "y" || (key === "z" && event.shiftKey)
                        ? redo
                        : key === "z"
                          ? undo
                          : undefined;
            if (action === undefined) return;
            event.preventDefault();
            commitField();
            action();
        };
        window.addEventListener("keydown", onKey);
        return () => {
            window.removeEventListener("keydown", onKey);
        };
    });
}
