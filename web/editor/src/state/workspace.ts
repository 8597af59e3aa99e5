import { Catalog } from "../schema/catalog";
import { Models } from "./models";
import { Relationships } from "./relationships";
import type { EditSession } from "./session";
import { Store } from "./store";

export interface WorkspaceState {
    /** Ids of the selected elements; the last one is shown in the property panel. */
    selection: readonly string[];
    /** Each element that is picked comes to those that are selected, as with the Control key, which a tablet lacks. */
    isAdding: boolean;
}

/** What is selected in an open iModel, and its classes: shared by tree, view and property panel. */
export class Workspace {
    readonly store = new Store<WorkspaceState>({ selection: [], isAdding: false });
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

    /** What a click does: selects the element alone (none: nothing); with @isAdding adds it to the others, or takes it away. */
    pick(id: string | undefined, isAdding: boolean): void {
        const now = this.store.get();
        const others = isAdding || now.isAdding ? now.selection : [];
        if (id === undefined) this.select(now.isAdding ? others : []);
        else this.select(others.includes(id) ? others.filter((s) => s !== id) : [...others, id]);
    }

    setAdding(isAdding: boolean): void {
        this.store.set({ isAdding });
    }
}
