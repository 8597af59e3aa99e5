/** Results of the methods that the page calls (PROTOCOL.md). */

export type Params = Record<string, unknown>;

export interface IModelEntry {
    imodel: string;
    name: string;
    iModelId: string;
    size: number;
    openFor?: string;
}

export interface BriefcaseEntry {
    briefcase: string;
    briefcaseId: number;
    imodel: string;
    iModelId: string;
    created: string;
    size: number;
    isOpen: boolean;
}

export interface Recoverable {
    time: string;
    user?: string;
    changes: number;
    bytes: number;
}

export type XYZ = [number, number, number];

export interface OpenInfo {
    key: string;
    name: string;
    rootSubject: { name: string; description?: string };
    projectExtents: { low: XYZ; high: XYZ };
    iModelId: string;
    briefcaseId: number;
    mode: "readwrite" | "readonly";
    recoverable?: Recoverable;
    recovered?: Recoverable;
    unrecoverable?: { state: string; time?: string };
}

export interface TxnState {
    hasUnsavedChanges: boolean;
    hasPendingTxns: boolean;
    isUndoPossible: boolean;
    isRedoPossible: boolean;
    undoString: string;
    redoString: string;
    currentTxnId: string;
}

export interface TxnEntry {
    txnId: string;
    description: string;
    time: string;
    /** Who saved it, where the server knows. */
    user?: string;
    grouped: boolean;
    reversed: boolean;
    session: number;
    bytes: number;
}

export interface QueryColumn {
    className: string;
    accessString: string;
    generated: boolean;
    index: number;
    jsonName: string;
    name: string;
    extendedType: string;
    typeName: string;
}

export interface QueryReply<Row> {
    columns?: QueryColumn[];
    rows: Row[];
    done: boolean;
    partial?: string;
    cursor?: string;
}

/** A method with its params, as it stands in a script or in edit.batch. */
export interface Operation {
    method: string;
    params: Record<string, unknown>;
    as?: string;
}
