import { createContext, useContext } from "react";
import type { EditSession, SessionState } from "../state/session";
import { useStore } from "../state/store";
import type { Workspace, WorkspaceState } from "../state/workspace";

export const SessionContext = createContext<EditSession | undefined>(undefined);
export const WorkspaceContext = createContext<Workspace | undefined>(undefined);

export function useSession(): EditSession {
    const session = useContext(SessionContext);
    if (session === undefined) throw new Error("no session around this component");
    return session;
}

export function useSessionState<P>(pick: (state: SessionState) => P): P {
    return useStore(useSession().store, pick);
}

export function useWorkspace(): Workspace {
    const workspace = useContext(WorkspaceContext);
    if (workspace === undefined) throw new Error("no workspace around this component");
    return workspace;
}

export function useWorkspaceState<P>(pick: (state: WorkspaceState) => P): P {
    return useStore(useWorkspace().store, pick);
}
