import type { Tool } from "../view/scene";

/** What a press in the view does, and its key. */
export const TOOLS: readonly { tool: Tool; label: string; key: string }[] = [
    { tool: "select", label: "Select", key: "s" },
    { tool: "translate", label: "Move", key: "m" },
    { tool: "rotate", label: "Rotate", key: "r" },
];
