# tests/scenario/net/wsraw.py - a WebSocket client that does as it is told, right or wrong, and a
# server process to do it to. Standard library only.
"""Raw frames in, raw frames out: nothing is repaired, nothing is retried."""

import base64
import json
import os
import select
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time

DEADLINE_S = 60
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Closed(Exception):
    """The connection ended: code of the close frame (None without one) and its reason."""

    def __init__(self, code=None, reason=""):
        super().__init__(f"closed {code} {reason}")
        self.code = code
        self.reason = reason


def frame(opcode, payload=b"", fin=True, mask=True, rsv=0, length=None, key=None):
    """One frame; length lies about the payload's."""
    n = len(payload) if length is None else length
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    bit = 0x80 if mask else 0
    if n < 126:
        head += bytes([bit | n])
    elif n < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", n)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", n)
    if not mask:
        return head + payload
    key = os.urandom(4) if key is None else key
    if payload:
        long_key = (key * (len(payload) // 4 + 1))[: len(payload)]
        mixed = int.from_bytes(payload, "big") ^ int.from_bytes(long_key, "big")
        payload = mixed.to_bytes(len(payload), "big")
    return head + key + payload


def code_of(payload):
    """The code in the payload of a close frame, 0 without one."""
    return struct.unpack(">H", payload[:2])[0] if len(payload) >= 2 else 0


class Client:
    """One TCP connection, TLS or not; open() makes a WebSocket of it."""

    def __init__(self, server, timeout=DEADLINE_S, source=None):
        self.server = server
        self.timeout = timeout
        self.buffer = b""
        self.unsent = memoryview(b"")
        self.sock = socket.create_connection(
            ("127.0.0.1", server.port), timeout, source_address=source and (source, 0))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if server.tls is not None:
            self.sock = server.tls.wrap_socket(self.sock, server_hostname="localhost")
        self.sock.setblocking(False)

    def queue(self, data):
        """Send @data while answers are being read: one thread does both, as TLS wants it."""
        self.unsent = memoryview(bytes(self.unsent) + data)

    def turn(self, want_input):
        """Wait until something moves. True when input came."""
        try:
            if self.unsent:
                self.unsent = self.unsent[self.sock.send(self.unsent[: 1 << 16]) :]
                if not want_input:
                    return False
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except (ConnectionError, ssl.SSLError):
            self.unsent = memoryview(b"")  # what the peer said before it went can still be read
        try:
            data = self.sock.recv(1 << 18)
            if not data:
                raise Closed()
            self.buffer += data
            return True
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except (ConnectionError, ssl.SSLEOFError) as error:
            raise Closed() from error
        poll = select.poll()
        poll.register(self.sock, select.POLLIN | (select.POLLOUT if self.unsent else 0))
        if not poll.poll(self.timeout * 1000):
            raise TimeoutError("nothing happens")
        return False

    def send(self, data):
        """Hand @data to the kernel, all of it; input that comes meanwhile is kept."""
        self.queue(data)
        while self.unsent:
            self.turn(False)

    def push(self):
        """Hand what is queued to the kernel, without giving up when the peer has gone: what it said
        before can still be read."""
        while self.unsent:
            try:
                self.turn(False)
            except Closed:
                self.unsent = memoryview(b"")

    def expect_end(self):
        """The connection ends, and nothing comes before it does."""
        try:
            self.more()
        except Closed:
            assert not self.buffer, self.buffer[:80]
            return
        raise AssertionError(f"after the close frame: {self.buffer[:80]}")

    def close(self):
        self.sock.close()

    def reset(self):
        """Gone without a word: the peer sees a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def more(self):
        while not self.turn(True):
            pass

    def read(self, n):
        while len(self.buffer) < n:
            self.more()
        data, self.buffer = self.buffer[:n], self.buffer[n:]
        return data

    def read_response(self):
        """Status, headers (lower-case names) and body of an HTTP response."""
        while b"\r\n\r\n" not in self.buffer:
            self.more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, value = line.split(":", 1)
            headers[name.lower()] = value.strip()
        body = self.read(int(headers.get("content-length", "0")))
        return int(lines[0].split()[1]), headers, body

    def request(self, method="GET", path="/v1/session", version="HTTP/1.1", headers=None, **change):
        """Send an upgrade request; change by header name with _ for -, None leaves one out."""
        fields = {
            "Host": f"localhost:{self.server.port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
            "Authorization": "Bearer " + self.server.token,
        }
        fields.update(headers or {})
        for name, value in change.items():
            fields[name.replace("_", "-")] = value
        text = f"{method} {path} {version}\r\n"
        text += "".join(f"{k}: {v}\r\n" for k, v in fields.items() if v is not None)
        self.send((text + "\r\n").encode("latin-1"))

    def upgrade(self, **change):
        self.request(**change)
        return self.read_response()

    def open(self, subprotocol=None, **change):
        if subprotocol is not None:
            change["Sec_WebSocket_Protocol"] = subprotocol
        status, headers, body = self.upgrade(**change)
        assert status == 101, (status, body)
        return headers

    def read_frame(self):
        """FIN, opcode and payload of the next frame of the server; it must not be masked."""
        head = self.read(2)
        assert head[0] & 0x70 == 0, "reserved bits"
        assert head[1] & 0x80 == 0, "a server must not mask"
        n = head[1] & 0x7F
        if n == 126:
            n = struct.unpack(">H", self.read(2))[0]
        elif n == 127:
            n = struct.unpack(">Q", self.read(8))[0]
        return bool(head[0] & 0x80), head[0] & 0x0F, self.read(n)

    def read_message(self, on_control=None):
        """Opcode and payload of the next message; Closed when the server closes."""
        parts, kind = [], None
        while True:
            fin, opcode, payload = self.read_frame()
            if opcode == CLOSE:
                code = struct.unpack(">H", payload[:2])[0] if len(payload) >= 2 else None
                raise Closed(code, payload[2:].decode())
            if opcode in (PING, PONG):
                if on_control is not None:
                    on_control(opcode, payload)
                continue
            assert (opcode == 0) == (kind is not None), "continuation out of place"
            kind = opcode or kind
            parts.append(payload)
            if fin:
                return kind, b"".join(parts)

    def echo(self, text):
        self.send(frame(TEXT, text))
        kind, got = self.read_message()
        assert (kind, got) == (TEXT, text), got[:80]

    def expect_close(self, code):
        """Read until the server closes."""
        try:
            while True:
                self.read_message()
        except Closed as closed:
            assert closed.code == code, f"{closed}, expected {code}"
            return closed


class Server:
    """The echo server with KEY=VALUE settings, on a free port, with data in a folder of its own."""

    def __init__(self, program, *settings, tls=False, n_files=None):
        self.folder = tempfile.mkdtemp(prefix="weh-net-")
        self.tls = None
        arguments = [program, "listen.port=0", f"data.dir={self.folder}/data", *settings]
        if tls:
            arguments += self.make_certificate()

        def limit():
            if n_files is not None:
                import resource

                resource.setrlimit(resource.RLIMIT_NOFILE, (n_files, n_files))

        self.errors = open(f"{self.folder}/stderr", "w+b")
        self.process = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=self.errors, preexec_fn=limit
        )
        line = self.process.stdout.readline()
        assert line, "no ready line: " + self.log()
        ready = json.loads(line)
        self.port, self.token, self.ready = ready["port"], ready["token"], ready

    def make_certificate(self):
        cert, key = f"{self.folder}/cert.pem", f"{self.folder}/key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
            check=True, capture_output=True,
        )
        self.tls = ssl.create_default_context(cafile=cert)
        return [f"tls.certificate={cert}", f"tls.key={key}"]

    def log(self):
        with open(f"{self.folder}/stderr", "rb") as file:
            return file.read().decode(errors="replace")

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", "rb") as file:
            fields = file.read().rsplit(b")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_kb(self):
        with open(f"/proc/{self.process.pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024

    def n_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """End it in good order: exit status 0, no session left."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        status = self.process.wait(DEADLINE_S)
        log = self.log()
        assert status == 0, f"exit status {status}\n{log[-4000:]}"
        assert "sessions=0" in log, log[-2000:]
        self.remove()
        return log

    def remove(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.errors.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def wait_until(condition, what, timeout=DEADLINE_S):
    """Poll @condition; the pause is between looks, never a guess at how long something takes."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "never happened: " + what
        time.sleep(0.01)


def main(module, *servers):
    """Run the module's test_ functions, each against its own or the given servers."""
    names = [name for name in dir(module) if name.startswith("test_")]
    failed = 0
    for name in names:
        try:
            getattr(module, name)(*servers)
            print("ok", name, flush=True)
        except Exception as error:  # a test must not stop the others
            import traceback

            failed += 1
            print("FAILED", name, repr(error), flush=True)
            traceback.print_exc()
    print(f"{len(names) - failed} of {len(names)} passed")
    return 1 if failed or not names else 0


def program():
    return sys.argv[1]
