import { type ReactNode, useState } from "react";
import {
    Button,
    Dialog,
    DialogTrigger,
    Form,
    Heading,
    Input,
    Label,
    Modal,
    ModalOverlay,
    TextField,
} from "react-aria-components";
import { errorText } from "../state/session";
import { FormEnd } from "./FormEnd";
import { useSession } from "./context";
import { useSubmit } from "./useSubmit";

/** The dialog for an iModel that does not exist yet. */
export function NewIModel({ isDisabled }: { isDisabled: boolean }): ReactNode {
    return (
        <DialogTrigger>
            <Button isDisabled={isDisabled}>New iModel …</Button>
            <ModalOverlay className="overlay" isDismissable>
                <Modal className="modal">
                    <Dialog>{({ close }) => <NewForm close={close} />}</Dialog>
                </Modal>
            </ModalOverlay>
        </DialogTrigger>
    );
}

function NewForm({ close }: { close: () => void }): ReactNode {
    const session = useSession();
    const [imodel, setIModel] = useState("");
    const [subject, setSubject] = useState("");
    const [description, setDescription] = useState("");
    // Who names one thing means the other one too.
    const create = () => session.createIModel(imodel, { name: subject === "" ? imodel : subject, description });
    const { submit, isBusy, error } = useSubmit(create, close);
    return (
        <Form
            className="stack"
            onSubmit={(event) => {
                event.preventDefault();
                submit();
            }}
        >
            <Heading slot="title">Make a new iModel</Heading>
            <TextField value={imodel} onChange={setIModel} isRequired autoFocus name="imodel">
                <Label>Name of the file</Label>
                <Input />
            </TextField>
            <TextField value={subject} onChange={setSubject} name="subject">
                <Label>Name of the root subject</Label>
                <Input placeholder={imodel} />
            </TextField>
            <TextField value={description} onChange={setDescription} name="description">
                <Label>Description</Label>
                <Input />
            </TextField>
            <FormEnd
                label="Create"
                error={error === undefined ? undefined : errorText(error)}
                isBusy={isBusy}
                close={close}
            />
        </Form>
    );
}
