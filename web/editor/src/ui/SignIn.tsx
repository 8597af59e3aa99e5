import { type ReactNode, useState } from "react";
import { Button, Form, Input, Label, TextField } from "react-aria-components";
import { useSession } from "./context";

export function SignIn(): ReactNode {
    const session = useSession();
    const [token, setToken] = useState("");
    return (
        <main className="centre">
            <h1>webedithost</h1>
            <Form
                className="stack"
                onSubmit={(event) => {
                    event.preventDefault();
                    session.start(token.trim());
                }}
            >
                <TextField type="password" value={token} onChange={setToken} isRequired autoComplete="off" name="token">
                    <Label>Token</Label>
                    <Input />
                </TextField>
                <Button type="submit" className="primary">
                    Connect
                </Button>
            </Form>
            <p className="hint">The server prints a token when it starts; weh token makes others.</p>
        </main>
    );
}
