import { history, historyKeymap, standardKeymap } from "@codemirror/commands";
import { StandardSQL, sql } from "@codemirror/lang-sql";
import { HighlightStyle, bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { type ReactNode, useCallback, useEffect, useRef } from "react";

interface Props {
    label: string;
    start: string;
    onChange: (text: string) => void;
    /** Ctrl or Cmd with Enter. */
    onRun: (text: string) => void;
}

const COLORS = HighlightStyle.define([
    { tag: tags.keyword, color: "var(--accent)" },
    { tag: [tags.string, tags.number], color: "var(--ok)" },
    { tag: tags.comment, color: "var(--fg-soft)" },
]);
const THEME = EditorView.theme({
    "&": { height: "100%", color: "var(--fg)", backgroundColor: "var(--bg)" },
    ".cm-content": { caretColor: "var(--fg)" },
    ".cm-cursor": { borderLeftColor: "var(--fg)" },
    ".cm-gutters": { backgroundColor: "var(--bg-soft)", color: "var(--fg-soft)", borderRight: "1px solid var(--line)" },
    "&.cm-focused": { outline: "2px solid var(--accent)" },
});

/**
 * Text that is typed is put in here instead of by the browser: Chromium would keep the look of what it replaces in style attributes, which the
 * Content-Security-Policy forbids.
 */
const TYPING = EditorView.domEventHandlers({
    beforeinput: (event, view) => {
        if (event.inputType !== "insertText" || event.data === null || event.isComposing) return false;
        view.dispatch(view.state.replaceSelection(event.data), { scrollIntoView: true, userEvent: "input.type" });
        event.preventDefault();
        return true;
    },
});

/** The text of a query. It lives in a shadow root, where its styles need no style element, which the Content-Security-Policy forbids. */
export default function CodeEditor({ label, start, onChange, onRun }: Props): ReactNode {
    const latest = useRef({ start, onChange, onRun });
    useEffect(() => {
        latest.current = { ...latest.current, onChange, onRun };
    });
    const host = useCallback(
        (element: HTMLDivElement) => {
            const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
            const run = (view: EditorView) => {
                latest.current.onRun(view.state.doc.toString());
                return true;
            };
            const view = new EditorView({
                root,
                parent: root,
                state: EditorState.create({
                    doc: latest.current.start,
                    extensions: [
                        lineNumbers(),
                        TYPING,
                        history(),
                        bracketMatching(),
                        sql({ dialect: StandardSQL }),
                        syntaxHighlighting(COLORS),
                        THEME,
                        keymap.of([{ key: "Mod-Enter", run }, ...historyKeymap, ...standardKeymap]),
                        EditorView.contentAttributes.of({ "aria-label": label }),
                        EditorView.lineWrapping,
                        EditorView.updateListener.of((update) => {
                            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
                        }),
                    ],
                }),
            });
            return () => {
                view.destroy();
            };
        },
        [label],
    );
    return <div ref={host} className="code" />;
}
