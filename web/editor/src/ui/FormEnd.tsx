import type { ReactNode } from "react";
import { Button } from "react-aria-components";

/** Why something was refused. */
export function Refusal({ text }: { text: string }): ReactNode {
    return (
        <p className="fieldError" role="alert">
            {text}
        </p>
    );
}

interface Props {
    /** What the button says that does it. */
    label: string;
    error: string | undefined;
    /** It is being done already. */
    isBusy: boolean;
    close: () => void;
}

/** What stands below the fields of a dialog. */
export function FormEnd({ label, error, isBusy, close }: Props): ReactNode {
    return (
        <>
            {error !== undefined && <Refusal text={error} />}
            <div className="row end">
                <Button onPress={close}>Cancel</Button>
                <Button type="submit" className="primary" isDisabled={isBusy}>
                    {label}
                </Button>
            </div>
        </>
    );
}
