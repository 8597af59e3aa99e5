import type { ReactNode } from "react";
import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";

export interface Choice {
    label: string;
    primary?: boolean;
    run: () => void;
}

interface Props {
    isOpen: boolean;
    title: string;
    text: string;
    choices: readonly Choice[];
    /** undefined: there must be a choice. */
    onClose?: () => void;
}

/** A question that has to be answered before anything else. */
export function Ask({ isOpen, title, text, choices, onClose }: Props): ReactNode {
    return (
        <ModalOverlay
            className="overlay"
            isOpen={isOpen}
            isDismissable={onClose !== undefined}
            isKeyboardDismissDisabled={onClose === undefined}
            onOpenChange={(now) => {
                if (!now) onClose?.();
            }}
        >
            <Modal className="modal">
                <Dialog role="alertdialog">
                    <Heading slot="title">{title}</Heading>
                    <p>{text}</p>
                    <div className="row end">
                        {onClose !== undefined && <Button onPress={onClose}>Cancel</Button>}
                        {choices.map((c) => (
                            <Button
                                key={c.label}
                                className={c.primary === true ? "primary" : ""}
                                onPress={() => {
                                    onClose?.();
                                    c.run();
                                }}
                            >
                                {c.label}
                            </Button>
                        ))}
                    </div>
                </Dialog>
            </Modal>
        </ModalOverlay>
    );
}
