# tests/scenario/daemon/packed.py - a stock frontend's calls over the MessagePack channel at /ipc, and MessagePack itself.
"""PackedPage speaks as page.Page does, in messages that can be resumed."""

import struct

from daemon import Client, frame
from wsraw import BINARY

SIZES = {0xC4: ">B", 0xC5: ">H", 0xC6: ">I", 0xD9: ">B", 0xDA: ">H", 0xDB: ">I", 0xDC: ">H", 0xDD: ">I", 0xDE: ">H", 0xDF: ">I",
         0xC7: ">B", 0xC8: ">H", 0xC9: ">I"}
NUMBERS = {0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q", 0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q"}


class View(bytes):
    """The bytes of an array of numbers, with the type that it has in IPC."""

    def __new__(cls, kind, data):
        view = super().__new__(cls, data)
        view.kind = kind
        return view


def pack(value):
    if value is None or isinstance(value, bool):
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]
    if isinstance(value, int):
        if 0 <= value < 0x80:
            return bytes([value])
        return (b"\xd3" + struct.pack(">q", value)) if value < 1 << 63 else b"\xcf" + struct.pack(">Q", value)
    if isinstance(value, float):
        return b"\xcb" + struct.pack(">d", value)
    if isinstance(value, str):
        data = value.encode()
        return b"\xdb" + struct.pack(">I", len(data)) + data
    if isinstance(value, View):
        return b"\xc9" + struct.pack(">Ib", len(value), value.kind) + bytes(value)
    if isinstance(value, bytes):
        return b"\xc6" + struct.pack(">I", len(value)) + value
    if isinstance(value, dict):
        return b"\xdf" + struct.pack(">I", len(value)) + b"".join(pack(k) + pack(v) for k, v in value.items())
    return b"\xdd" + struct.pack(">I", len(value)) + b"".join(pack(item) for item in value)


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        assert self.at + n <= len(self.data), "cut off"
        self.at += n
        return self.data[self.at - n : self.at]

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def value(self):
        head = self.number(">B")
        if head < 0x80 or head >= 0xE0:
            return head if head < 0x80 else head - 0x100
        if head < 0xC0:
            n = head & (0x1F if head >= 0xA0 else 0x0F)
            return self.sized(0xDB if head >= 0xA0 else 0xDD if head >= 0x90 else 0xDF, n)
        if head in NUMBERS:
            number = self.number(NUMBERS[head])
            return int(number) if number == int(number) else number  # to JavaScript they are the same
        if head in SIZES:
            return self.sized(head, self.number(SIZES[head]))
        if 0xD4 <= head <= 0xD8:
            return self.sized(0xC7, 1 << (head - 0xD4))
        return {0xC0: None, 0xC2: False, 0xC3: True}[head]

    def sized(self, head, n):
        if head in (0xC7, 0xC8, 0xC9):
            kind = self.number(">b")
            return View(kind, self.take(n))
        if head in (0xC4, 0xC5, 0xC6):
            return self.take(n)
        if head in (0xD9, 0xDA, 0xDB):
            return self.take(n).decode()
        if head in (0xDC, 0xDD):
            return [self.value() for _ in range(n)]
        pairs = [(self.value(), self.value()) for _ in range(n)]
        assert len(dict(pairs)) == n, pairs
        return dict(pairs)


def unpack(data):
    reader = Reader(data)
    value = reader.value()
    assert reader.at == len(data), "bytes behind the message"
    return value


class Packed:
    """Messages of MessagePack-RPC at /ipc, or elsewhere."""

    def __init__(self, daemon, token=None, path="/ipc"):
        self.client = Client(daemon)
        self.client.open("weh.v1.msgpack", path=path, Authorization=f"Bearer {token or daemon.token}")

    def greet(self, resume=None):
        """Say hello: the result, or the error. Without it the session ends with its connection."""
        return self.call(0, "session.hello", {"client": {"name": "test", "version": "1"}, **({"resume": resume} if resume else {})})

    def call(self, number, method, params):
        """The result or the error of the next message, which has to be the answer."""
        self.send(number, method, params)
        kind, answered, error, result = self.receive()
        assert (kind, answered) == (1, number), (kind, answered)
        return result if error is None else error

    def send(self, *message):
        """[id, method, params] or [method, params]."""
        self.client.send(frame(BINARY, pack([0 if len(message) == 3 else 2, *message])))

    def receive(self):
        opcode, payload = self.client.read_message()
        assert opcode == BINARY, opcode
        return unpack(payload)


class PackedTransport:
    """What page.Page has of a connection, over MessagePack."""

    def connect(self, daemon, token, label):
        assert label is None, "labels are for those that cannot say hello"
        self.packed = Packed(daemon, token)
        self.client = self.packed.client

    def send(self, channel, method, data):
        self.n_requests += 1
        self.packed.send(self.n_requests, "ipc.invoke", {"channel": f"itwin.{channel}", "method": method, "args": list(data)})
        return self.n_requests

    def receive(self):
        message = self.packed.receive()
        while message[0] == 2 and message[1] == "session.onProgress":
            message = self.packed.receive()
        if message[0] == 2:
            assert message[1] == "ipc.push" and sorted(message[2]) == ["args", "channel"], message
            return {"type": 1, "channel": message[2]["channel"], "data": message[2]["args"]}
        assert message[0] == 1 and message[2] is None, message
        return {"type": 3, "response": message[1], "data": message[3]}
