import { useEffect, useRef, useState } from "react";
import { errorText } from "../state/session";
import { useSession } from "./context";

export interface Submit {
    submit: () => void;
    isBusy: boolean;
    /** Why it was refused the last time. */
    error: unknown;
}

/** What a form does, once at a time; @after is left out, and an error told to the whole page, when the form is closed meanwhile. */
export function useSubmit(work: () => Promise<unknown>, after: () => void): Submit {
    const session = useSession();
    const [isBusy, setBusy] = useState(false);
    const [error, setError] = useState<unknown>();
    // Two clicks may come before anything is drawn again.
    const isUnderWay = useRef(false);
    const isShown = useRef(false);
    useEffect(() => {
        isShown.current = true;
        return () => {
            isShown.current = false;
        };
    }, []);
    const run = async () => {
        if (isUnderWay.current) return;
        isUnderWay.current = true;
        setBusy(true);
        setError(undefined);
        try {
            await work();
            if (isShown.current) after();
        } catch (e) {
            if (isShown.current) setError(e);
            else session.notify("error", errorText(e));
        } finally {
            isUnderWay.current = false;
            setBusy(false);
        }
    };
    return {
        submit: () => {
            void run();
        },
        isBusy,
        error,
    };
}
