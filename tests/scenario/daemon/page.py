# tests/scenario/daemon/page.py - a client that speaks as stock iTwin.js frontends do, at /ipc.
"""Calls by channel and method, and what was pushed meanwhile."""

import json

from daemon import Client, TEXT, frame

APP = "itwinjs-core/ipc-app"
EDIT = "webedit/edit"
EDITOR = "itwinjs-core/editor"


class Failed(Exception):
    def __init__(self, error):
        super().__init__(json.dumps(error))
        self.error = error


class Page:
    def __init__(self, daemon, token=None, label=None):
        self.client = Client(daemon)
        self.client.open(path="/ipc" + (f"?session.resume={label}" if label else ""), Authorization=f"Bearer {token or daemon.token}")
        self.n_sent = 0
        self.n_received = 0
        self.n_requests = 0
        self.pushed = []  # [channel without "itwin.", arguments]

    def send(self, channel, method, data):
        self.n_requests += 1
        message = {"type": 2, "channel": f"itwin.{channel}", "method": method, "data": data,
                   "request": self.n_requests, "sequence": self.n_sent}
        self.n_sent += 1
        self.client.send(frame(TEXT, json.dumps([json.dumps(message), 0]).encode()))
        return self.n_requests

    def receive(self):
        opcode, payload = self.client.read_message()
        assert opcode == TEXT, opcode
        text, n_parts = json.loads(payload)
        assert n_parts == 0, n_parts
        message = json.loads(text)
        assert message["sequence"] == self.n_received, message
        self.n_received += 1
        return message

    def data_of(self, request):
        while True:
            message = self.receive()
            if message["type"] == 1:
                self.pushed.append([message["channel"].removeprefix("itwin."), message["data"]])
            else:
                assert message["response"] == request, message
                return message["data"]

    def call(self, channel, method, *data):
        answer = self.data_of(self.send(channel, method, data))
        if "error" in answer:
            raise Failed(answer["error"])
        return answer.get("result")

    def app(self, method, *data):
        return self.call(APP, method, *data)

    def edit(self, method, *data):
        return self.call(EDIT, method, *data)

    def take_pushed(self):
        pushed, self.pushed = self.pushed, []
        return pushed
