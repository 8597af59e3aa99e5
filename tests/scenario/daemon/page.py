# tests/scenario/daemon/page.py - a client that speaks as stock iTwin.js frontends do, at /ipc.
"""Calls by channel and method, and what was pushed meanwhile."""

import json
import os

from daemon import Client, TEXT, frame
from packed import PackedTransport
from wsraw import BINARY

APP = "itwinjs-core/ipc-app"
EDIT = "webedit/edit"
EDITOR = "itwinjs-core/editor"
RPC = "itwinjs-core/rpc-over-ipc"
READ = {"interfaceName": "IModelReadRpcInterface", "interfaceVersion": "3.8.0"}


class Failed(Exception):
    def __init__(self, error):
        super().__init__(json.dumps(error))
        self.error = error


class Page:
    def __init__(self, daemon, token=None, label=None):
        self.connect(daemon, token, label)
        self.n_sent = 0
        self.n_received = 0
        self.n_requests = 0
        self.pushed = []  # [channel without "itwin.", arguments]
        self.answers = {}  # request to data, of those that have come before another that is waited for

    def connect(self, daemon, token, label):
        self.client = Client(daemon)
        self.client.open(path="/ipc" + (f"?session.resume={label}" if label else ""), Authorization=f"Bearer {token or daemon.token}")

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
        parts = []
        for _ in range(n_parts):
            opcode, payload = self.client.read_message()
            assert opcode == BINARY, opcode
            parts.append(payload)
        message = json.loads(text, object_hook=lambda map: parts[map["index"]] if map.get("ipc") == "binary" else map)
        assert message["sequence"] == self.n_received, message
        self.n_received += 1
        return message

    def next_answer(self):
        """The number of the request that is answered next; what is pushed before is kept."""
        while True:
            message = self.receive()
            if message["type"] != 1:
                self.answers[message["response"]] = message["data"]
                return message["response"]
            self.pushed.append([message["channel"].removeprefix("itwin."), message["data"]])

    def data_of(self, request):
        while request not in self.answers:
            self.next_answer()
        return self.answers.pop(request)

    def result_of(self, request):
        answer = self.data_of(request)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer.get("result")

    def call(self, channel, method, *data):
        return self.result_of(self.send(channel, method, data))

    def send_rpc(self, operation, *parameters, interface=READ, **context):
        return self.send(RPC, "request", [{"definition": interface, "operation": operation, "parameters": parameters,
                                           "context": {"protocolVersion": "2", **context}}])

    def rpc(self, operation, *parameters):
        return self.result_of(self.send_rpc(operation, *parameters))

    def app(self, method, *data):
        return self.call(APP, method, *data)

    def edit(self, method, *data):
        return self.call(EDIT, method, *data)

    def take_pushed(self):
        pushed, self.pushed = self.pushed, []
        return pushed


class PackedPage(PackedTransport, Page):
    """The same over the MessagePack channel."""


# The same tests run over both.
IS_PACKED = os.environ.get("WEH_IPC_PACKED") == "1"
if IS_PACKED:
    Page = PackedPage
