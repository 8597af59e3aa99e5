# tests/scenario/daemon/daemon.py - a daemon in a folder of its own, and a client that speaks JSON with
# it, for the scenarios in this folder. Standard library only.
"""Start a daemon, talk to it, read its log."""

import atexit
import http.client
import json
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
from wsraw import PING, PONG, TEXT, Client, Closed, frame  # noqa: E402

TIMEOUT_S = 60


def is_watched_for_races(program):
    with open(program, "rb") as file:
        return b"__tsan_init" in file.read()


class Daemon:
    """A running daemon; its log is kept whole."""

    def __init__(self, program, *settings, imodel=None, folder=None, config=None, environment=None,
                 descriptors=None):
        self.folder = folder or tempfile.mkdtemp(prefix="weh-ops-")
        self.tls = None
        self.sessions = []
        os.makedirs(f"{self.folder}/data/imodels", exist_ok=True)
        if imodel is not None:
            shutil.copy(imodel, f"{self.folder}/data/imodels/{os.path.basename(imodel)}")
        arguments = ["listen.port=0", f"data.dir={self.folder}/data", "log.level=debug", *settings]
        if config is not None:
            self.write_config(config)
        self.errors = open(f"{self.folder}/log", "ab")
        self.process = subprocess.Popen(
            [program, *(["--config", f"{self.folder}/conf"] if config is not None else []),
             *(part for one in arguments for part in ("--set", one))],
            stdout=subprocess.PIPE, stderr=self.errors, env={**os.environ, **(environment or {})},
            preexec_fn=descriptors and (
                lambda: resource.setrlimit(resource.RLIMIT_NOFILE, descriptors)))
        atexit.register(self.end_with_test)
        line = self.process.stdout.readline()
        self.ready = json.loads(line) if line else {}
        self.port = self.ready.get("port")
        self.token = self.ready.get("token", "")
        if line and is_watched_for_races(program):
            self.wait_until_it_serves()

    def wait_until_it_serves(self):
        """ThreadSanitizer's runtime (gcc 12, LLVM 14) makes a thread's signal context at its first call that can
        wait, and forgets a signal that comes in that moment: SIGTERM right after the ready line ends 38 of 40
        daemons under it, and 300 of 300 without."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            pass  # TLS: refused by the loop, which runs then
        finally:
            connection.close()

    def end_with_test(self):
        """A test that fails leaves no daemon behind."""
        if self.process.poll() is None:
            self.process.kill()

    def write_config(self, text):
        with open(f"{self.folder}/conf", "w", encoding="utf-8") as file:
            file.write(text)

    def log(self):
        with open(f"{self.folder}/log", encoding="utf-8") as file:
            return file.read()

    def wait_for_log(self, text, times=1):
        """Wait until @text stands @times in the log."""
        until(lambda: self.log().count(text) >= times, text)

    def kill(self):
        """As if the power went; the folder stays."""
        self.process.kill()
        self.wait()

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self):
        """The exit status; the folder stays."""
        status = self.process.wait(TIMEOUT_S)
        self.process.stdout.close()
        self.errors.close()
        return status

    def stop(self):
        """End it in good order; its log."""
        if self.process.poll() is None:
            self.close_sessions()
            self.terminate()
        status = self.wait()
        log = self.log()
        shutil.rmtree(self.folder, ignore_errors=True)
        assert status == 0, (status, log)
        return log

    def get(self, path, token=None):
        """Status, headers and body of a GET."""
        client = Client(self, TIMEOUT_S)
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        client.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}\r\n".encode())
        try:
            return client.read_response()
        finally:
            client.close()

    def metrics(self):
        """Name with labels to value."""
        status, _, body = self.get("/metrics", self.token)
        assert status == 200, body
        lines = [line for line in body.decode().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}

    def connect(self, **headers):
        self.sessions.append(Session(self, **headers))
        return self.sessions[-1]

    def close_sessions(self):
        """Let the clients go: a server that ends waits some seconds for them to answer its close frame."""
        for session in self.sessions:
            session.close()


class Session:
    """One session that speaks JSON."""

    def __init__(self, daemon, **headers):
        self.client = Client(daemon, TIMEOUT_S)
        self.client.open(**headers)
        self.last_id = 0
        self.notified = []

    def send(self, method, params=None, **members):
        self.last_id += 1
        self.client.send(frame(TEXT, json.dumps({
            "jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params or {},
            **members}).encode()))
        return self.last_id

    def answer_ping(self, opcode, payload):
        if opcode == PING:
            self.client.send(frame(PONG, payload))

    def reply(self):
        """The next reply; notifications before it are kept."""
        while True:
            message = json.loads(self.client.read_message(self.answer_ping)[1])
            if "id" in message:
                return message
            self.notified.append(message)

    def call(self, method, params=None):
        self.send(method, params)
        return self.reply()

    def must(self, method, params=None):
        reply = self.call(method, params)
        assert "result" in reply, (method, reply)
        return reply["result"]

    def insert(self, value):
        """Insert a subject."""
        return self.must("elements.insertElement", {"props": {
            "classFullName": "BisCore:Subject", "model": "0x1",
            "code": {"spec": "0x1e", "scope": "0x1", "value": value},
            "parent": {"id": "0x1", "relClassName": "BisCore:SubjectOwnsSubjects"}}})

    def read_to_the_end(self):
        """Keep the notifications; the code of the close frame."""
        try:
            while True:
                self.notified.append(json.loads(self.client.read_message()[1]))
        except Closed as closed:
            return closed.code

    def close(self):
        self.client.close()


def until(look, what):
    """Wait until look() is true."""
    deadline = time.monotonic() + TIMEOUT_S
    while not look():
        assert time.monotonic() < deadline, what
        select.select([], [], [], 0.02)
