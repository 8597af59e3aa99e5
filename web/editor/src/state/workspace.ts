import { Catalog } from "../schema/catalog";
import { Models } from "./models";
import { Relationships } from "./relationships";
import type { EditSession } from "./session";
import { Store } from "./store";

export interface WorkspaceState {
    /** Ids of the selected elements; the last one is shown in the property panel. */
    selection: readonly string[];
}

/** What is selected in an open iModel, and its classes: shared by tree, view and property panel. */
export class Workspace {
    readonly store = new Store<WorkspaceState>({ selection: [] });
    readonly catalog: Catalog;
    readonly models: Models;
    readonly relationships: Relationships;

    constructor(session: EditSession) {
        this.catalog = new Catalog(session);
        this.models = new Models(session);
        this.relationships = new Relationships(session);
    }

    select(ids: readonly string[]): void {
        this.store.set({ selection: ids });
    }

    /** Adds an element to the selection, or takes it away. */
    toggle(id: string): void {
        const { selection } = this.store.get();
        this.select(selection.includes(id) ? selection.filter((s) => s !== id) : [...selection, id]);
    }
}
