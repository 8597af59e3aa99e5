#!/usr/bin/env python3
"""The admin socket and weh admin: who may, what each does, what the server does under it.

Usage: test_admin.py DAEMON DATA_FOLDER WEH. Standard library only; no fixed ports.
"""

import json
import os
import random
import select
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import TIMEOUT_S, Daemon, until  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
SMALL = os.path.abspath(sys.argv[2]) + "/small.bim"
WEH = os.path.abspath(sys.argv[3])
N_HOSTILE = 10000
N_SESSIONS = 50
NOBODY = 65534


class Admin:
    """One connection to an admin socket."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT_S)
        self.sock.connect(path)
        self.buffer = b""

    def send(self, data):
        self.sock.sendall(data)

    def request(self, method, path, body=b"", headers=""):
        self.send(f"{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}"
                  f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return self.response()

    def response(self):
        """Status and body."""
        while b"\r\n\r\n" not in self.buffer:
            self.more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:])
        length = int(headers.get("content-length", "0"))
        while len(self.buffer) < length:
            self.more()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return int(lines[0].split()[1]), body

    def more(self):
        data = self.sock.recv(65536)
        if not data:
            raise EOFError
        self.buffer += data

    def call(self, method, params=None):
        status, body = self.request("POST", "/v1/admin", json.dumps(
            {"jsonrpc": "2.0", "id": 7, "method": method, "params": params or {}}).encode())
        assert status == 200, (status, body)
        return json.loads(body)

    def must(self, method, params=None):
        reply = self.call(method, params)
        assert "result" in reply, (method, reply)
        return reply["result"]

    def close(self):
        self.sock.close()


def socket_of(daemon):
    return f"{daemon.folder}/data/admin.sock"


def ask(daemon, method, path, body=b""):
    """On a connection of its own."""
    admin = Admin(socket_of(daemon))
    try:
        return admin.request(method, path, body)
    finally:
        admin.close()


def weh(daemon, *arguments, path=None):
    return subprocess.run([WEH, "admin", *arguments, "--socket", path or socket_of(daemon)],
                          capture_output=True, text=True, timeout=TIMEOUT_S, check=False)


def fails_to_start(folder, *settings):
    """Exit status and standard error of a daemon that cannot start."""
    arguments = ["listen.port=0", f"data.dir={folder}", *settings]
    done = subprocess.run([PROGRAM, *(part for one in arguments for part in ("--set", one))],
                          capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    return done.returncode, done.stderr


class Socket(unittest.TestCase):
    def test_belongs_to_its_user_and_goes_with_the_server(self):
        daemon = Daemon(PROGRAM)
        path = socket_of(daemon)
        mode = os.lstat(path).st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o600)
        daemon.terminate()
        self.assertEqual(daemon.wait(), 0)
        self.assertFalse(os.path.exists(path))
        daemon.stop()

    def test_of_a_killed_server_is_replaced(self):
        daemon = Daemon(PROGRAM)
        daemon.process.kill()
        daemon.wait()
        self.assertTrue(os.path.exists(socket_of(daemon)))
        daemon = Daemon(PROGRAM, folder=daemon.folder)
        self.assertEqual(ask(daemon, "GET", "/healthz"), (200, b"ok\n"))
        daemon.stop()

    def test_of_a_living_server_is_left_alone(self):
        daemon = Daemon(PROGRAM)
        status, errors = fails_to_start(f"{daemon.folder}/data")
        self.assertEqual(status, 1)
        self.assertIn("admin.socket: another server listens there", errors)
        self.assertEqual(ask(daemon, "GET", "/healthz")[0], 200)
        with tempfile.TemporaryDirectory() as folder:
            other = socket.socket(socket.AF_UNIX)
            other.bind(f"{folder}/own")
            other.listen()
            status, errors = fails_to_start(folder, f"admin.socket={folder}/own")
            self.assertEqual(status, 1)
            self.assertIn("admin.socket: somebody listens there", errors)
            self.assertTrue(os.path.exists(f"{folder}/own"))
            other.close()
        daemon.stop()

    def test_path_that_cannot_be_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/file", "w", encoding="ascii") as file:
                file.write("precious")
            for path, text in ((f"{folder}/file", "something else has this name"),
                               ("file", "something else has this name"),
                               ("x" * 108, "may have 107 bytes"),
                               ("/" + "x" * 4000, "may have 107 bytes"),
                               (f"{folder}/no/where", "its folder cannot be written"),
                               ("file/below", "its folder cannot be written")):
                status, errors = fails_to_start(folder, f"admin.socket={path}")
                self.assertEqual(status, 2, errors)
                self.assertIn(f"admin.socket: {text}" if text[0] != "m" else text, errors)
            os.symlink("elsewhere", f"{folder}/link.lock")
            self.assertEqual(fails_to_start(folder, "admin.socket=link")[0], 2)
            with open(f"{folder}/file", encoding="ascii") as file:
                self.assertEqual(file.read(), "precious")

    def test_can_be_elsewhere_or_nowhere(self):
        daemon = Daemon(PROGRAM, "admin.socket=")
        self.assertEqual([name for name in os.listdir(f"{daemon.folder}/data") if "sock" in name],
                         [])
        daemon.stop()
        with tempfile.TemporaryDirectory() as folder:
            daemon = Daemon(PROGRAM, f"admin.socket={folder}/a")
            done = weh(daemon, "sessions", path=f"{folder}/a")
            self.assertEqual((done.returncode, done.stdout), (0, "no sessions\n"))
            daemon.stop()

    def test_is_plain_beside_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                            "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                            "/CN=localhost", "-keyout", f"{folder}/key", "-out", f"{folder}/cert"],
                           check=True, capture_output=True)
            daemon = Daemon(PROGRAM, f"tls.certificate={folder}/cert", f"tls.key={folder}/key")
            self.assertEqual(ask(daemon, "GET", "/readyz"), (200, b"ready\n"))
            self.assertEqual(weh(daemon, "reload").stdout, "reloaded\n")
            daemon.stop()

    @unittest.skipUnless(os.geteuid() == 0, "only root can become others")
    def test_other_users_are_refused_whatever_the_mode(self):
        daemon = Daemon(PROGRAM)
        for folder in (daemon.folder, f"{daemon.folder}/data"):
            os.chmod(folder, 0o755)

        def as_nobody(what):
            child = os.fork()
            if child == 0:
                os.setresgid(NOBODY, NOBODY, NOBODY)
                os.setresuid(NOBODY, NOBODY, NOBODY)
                try:
                    os._exit(what())
                finally:
                    os._exit(99)
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

        def connect():
            try:
                Admin(socket_of(daemon))
            except PermissionError:
                return 1
            return 0

        def post():
            admin = Admin(socket_of(daemon))
            try:
                admin.send(b"POST /v1/admin HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
            except BrokenPipeError:
                pass
            return 3 if admin.response()[0] == 403 else 4

        def tool():
            done = weh(daemon, "drain")
            return 5 if done.returncode == 1 and "user and root" in done.stderr else 6

        self.assertEqual(as_nobody(connect), 1)
        self.assertEqual(as_nobody(tool), 5)
        os.chmod(socket_of(daemon), 0o666)
        self.assertEqual(as_nobody(post), 3)
        self.assertEqual(as_nobody(tool), 5)
        self.assertEqual(daemon.metrics()['webedithost_auth_refusals_total{what="admin_socket"}'], 2)
        self.assertEqual(ask(daemon, "GET", "/readyz")[0], 200)
        self.assertIn(f"event=admin.refused session=- activity=- uid={NOBODY}", daemon.stop())


class Tool(unittest.TestCase):
    """weh admin, each command."""

    def setUp(self):
        self.daemon = Daemon(PROGRAM, imodel=SMALL)
        self.session = self.daemon.connect()
        self.session.must("briefcase.open", {"imodel": "small"})
        self.session.insert("unsaved")
        (self.id,) = [one["session"] for one in self.json("sessions")["sessions"]]

    def tearDown(self):
        self.session.close()
        self.daemon.stop()

    def json(self, *arguments):
        done = weh(self.daemon, *arguments, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def text(self, *arguments, status=0):
        done = weh(self.daemon, *arguments)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout if status == 0 else done.stderr

    def test_sessions(self):
        (seen,) = self.json("sessions")["sessions"]
        self.assertEqual((seen["user"], seen["state"], seen["imodel"], seen["method"]),
                         ("local", "attached", "small", "elements.insertElement"))
        self.assertEqual((seen["unsavedRows"], seen["requests"]), (2, 2))
        self.assertNotIn(self.daemon.token, json.dumps(seen))
        table = self.text("sessions").splitlines()
        self.assertEqual(table[0].split()[:4], ["session", "user", "state", "open"])
        self.assertEqual(table[1].split()[:5],
                         [self.id, "local", "attached", "small", "elements.insertElement"])
        self.assertIn("elements.insertElement", self.text("sessions", self.id))
        self.assertEqual(self.text("sessions", "--user", "else"), "no sessions\n")
        self.assertIn("no session with this id", self.text("sessions", "s0", status=1))

    def test_more_sessions_than_a_page(self):
        others = [self.daemon.connect() for _ in range(520)]
        self.assertEqual(len({one["session"] for one in self.json("sessions")["sessions"]}), 521)
        for one in others:
            one.close()

    def test_message(self):
        self.assertEqual(self.text("message", self.id, "tea"), "sent to 1 session\n")
        self.assertEqual(self.text("message", "--all", "cake"), "sent to 1 session\n")
        self.session.must("session.ping")
        told = [one["params"]["text"] for one in self.session.notified
                if one["method"] == "session.onMessage"]
        self.assertEqual(told, ["tea", "cake"])
        self.assertIn("SESSION TEXT", self.text("message", "tea", status=2))

    def test_end_keeps_what_is_unsaved(self):
        self.assertEqual(self.text("end", self.id, "--reason", "moved"), "ended\n")
        self.assertEqual(self.session.read_to_the_end(), 4002)
        session = self.daemon.connect()
        self.assertIn("recoverable", session.must("briefcase.open", {"imodel": "small"}))
        session.close()
        until(lambda: "reason=ENDED_BY_OPERATOR" in self.daemon.log(), "the end in the log")

    def test_reload_and_log_level(self):
        self.assertEqual(self.text("log-level", "error"), "log level error\n")
        lines = self.daemon.log().count("event=request ")
        self.session.must("session.ping")
        self.assertEqual(self.daemon.log().count("event=request "), lines)
        self.assertEqual(self.text("reload"), "reloaded\n")
        self.session.must("session.ping")
        self.daemon.wait_for_log("event=request ", lines + 1)
        self.assertIn("error|warn|info|debug", self.text("log-level", "loud", status=1))

    def test_counters(self):
        self.assertEqual(self.json("counters")["methods"]["elements.insertElement"]["requests"], 1)
        self.assertRegex(self.text("counters"), r"(?m)^sessions_started_total +1$")

    def test_what_changes_something_is_in_the_audit_log(self):
        self.text("message", self.id, "tea")
        self.text("counters")
        self.text("end", self.id)
        self.assertEqual(self.session.read_to_the_end(), 4002)
        with open(f"{self.daemon.folder}/data/audit.log", encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        lines = [one for one in lines if one["method"].startswith("admin.")]
        self.assertEqual([one["method"] for one in lines], ["admin.message", "admin.end"])
        for one in lines:
            self.assertEqual((one["user"], one["target"], one["outcome"]),
                             (f"uid:{os.geteuid()}", self.id, "ok"))
            self.assertRegex(one["peer"], r"^pid:\d+$")

    def test_wrong_command_lines_are_told(self):
        for arguments in (["end"], ["drain", "now"], ["nothing"], ["drain", "--seconds", "x"]):
            self.text(*arguments, status=2)
        done = weh(self.daemon, "sessions", path="/nowhere/at/all")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no server listens there", done.stderr)


class States(unittest.TestCase):
    def test_of_a_session_that_rests_and_of_one_that_lost_its_client(self):
        daemon = Daemon(PROGRAM, "session.hibernate_s=1", imodel=SMALL)
        session = daemon.connect()
        session.must("session.hello", {"client": {"name": "test"}})
        session.must("briefcase.open", {"imodel": "small"})
        admin = Admin(socket_of(daemon))

        def look():
            (seen,) = admin.must("admin.sessions")["sessions"]
            return seen["state"], seen["hibernating"], seen["imodel"]

        self.assertEqual(look(), ("attached", False, "small"))
        until(lambda: look() == ("hibernating", True, "small"), "it rests")
        session.client.reset()
        until(lambda: look() == ("detached", True, "small"), "it waits for its client")
        (seen,) = admin.must("admin.sessions")["sessions"]
        admin.must("admin.end", {"session": seen["session"]})
        until(lambda: admin.must("admin.sessions")["total"] == 0, "it has ended")
        admin.close()
        daemon.stop()


class Hardship(unittest.TestCase):
    def test_operators_get_in_while_the_server_is_full(self):
        daemon = Daemon(PROGRAM, "limits.sessions=1")
        session = daemon.connect()
        self.assertEqual(ask(daemon, "GET", "/readyz"), (503, b"full\n"))
        self.assertEqual(json.loads(weh(daemon, "counters", "--json").stdout)["sessions"]["new"], 1)
        session.close()
        daemon.stop()

    def test_silent_clients_keep_nobody_out(self):
        daemon = Daemon(PROGRAM)
        silent = []
        for i in range(200):
            admin = Admin(socket_of(daemon))
            try:
                admin.send((b"", b"POST /v1/admin HTTP/1.1\r\n",
                            b"POST /v1/admin HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
                           [i % 3])
            except BrokenPipeError:
                pass
            silent.append(admin)
            if i % 20 == 0:
                self.assertEqual(ask(daemon, "GET", "/healthz")[0], 200)
        before = len(os.listdir(f"/proc/{daemon.process.pid}/fd"))
        self.assertLess(before, 150)
        for admin in silent:
            admin.close()
        daemon.stop()

    def test_client_that_never_reads_is_left_behind(self):
        daemon = Daemon(PROGRAM, "limits.handshake_s=1")
        admin = Admin(socket_of(daemon))
        admin.sock.setblocking(False)
        one = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
        gone = False
        deadline = time.monotonic() + TIMEOUT_S
        while not gone and time.monotonic() < deadline:
            try:
                admin.sock.send(one * 100)
            except BlockingIOError:
                select.select([], [], [], 0.1)
            except (BrokenPipeError, ConnectionResetError):
                gone = True
        self.assertTrue(gone)
        admin.close()
        daemon.stop()

    def test_hostile_requests_do_nothing(self):
        daemon = Daemon(PROGRAM, imodel=SMALL)
        session = daemon.connect()
        session.must("briefcase.open", {"imodel": "small"})
        picks = random.Random(5)
        good = b'{"jsonrpc":"2.0","id":1,"method":"admin.sessions","params":{"limit":1}}'
        bodies = [b"", b"{", b"null", b"[]", b"\xff\xfe", b"\0" * 64, b"[" * 5000, b'{"a":' * 2000,
                  b'{"jsonrpc":"2.0","id":1,"method":"admin.end","params":{"session":1}}',
                  b'{"jsonrpc":"2.0","id":1,"method":"admin.end","params":{"session":"../.."}}',
                  b'{"jsonrpc":"2.0","id":1,"method":"elements.insertElement"}',
                  b'{"jsonrpc":"2.0","id":1,"method":"session.hello"}',
                  b'{"jsonrpc":"2.0","id":1,"method":"admin.drain","params":{"seconds":1e99}}',
                  b'{"jsonrpc":"2.0","id":1,"method":"admin.message","params":{"all":1,"text":2}}',
                  b"x" * 65536]
        heads = [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
                 b"POST /v1/admin HTTP/1.1\r\nHost: x\r\n\r\n", b"\r\n\r\n", b"\0" * 100, b"PRI * \r\n",
                 b"POST /v1/admin HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                 b"POST /v1/admin HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
                 b"POST /v1/admin HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello",
                 b"POST /v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
                 b"GET /v1/session HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                 b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n\r\n", b"X: " + b"b" * 30000]
        n = 0
        while n < N_HOSTILE:
            admin = Admin(socket_of(daemon))
            try:
                while n < N_HOSTILE and picks.random() < 0.95:
                    n += 1
                    if picks.random() < 0.2:
                        admin.send(picks.choice(heads))
                        break
                    body = bytearray(picks.choice(bodies + [good]))
                    for _ in range(picks.randrange(3)):
                        if body:
                            body[picks.randrange(len(body))] = picks.randrange(256)
                    status, reply = admin.request("POST", "/v1/admin", bytes(body))
                    self.assertIn(status, (200, 204, 400))
                    self.assertNotIn(b"/tmp/", reply)
            except (EOFError, BrokenPipeError, ConnectionResetError):
                pass
            admin.close()
        until(lambda: json.loads(weh(daemon, "counters", "--json").stdout)["process_open_fds"] < 60,
              "descriptors are given back")
        session.insert("after all")  # nobody ended it
        session.close()
        self.assertNotIn("net.drain", daemon.log())
        daemon.stop()


class Drain(unittest.TestCase):
    def test_unsaved_edits_are_kept_and_readiness_is_told_meanwhile(self):
        daemon = Daemon(PROGRAM, imodel=SMALL)
        session = daemon.connect()
        session.must("briefcase.open", {"imodel": "small"})
        inserted = session.insert("unsaved")["id"]
        admin = Admin(socket_of(daemon))
        admin.must("admin.drain", {"seconds": 60})
        self.assertEqual(session.read_to_the_end(), 1001)  # and does not answer: the server waits
        self.assertIn("session.onDrain", [one["method"] for one in session.notified])
        self.assertEqual(daemon.get("/readyz")[0], 503)
        self.assertEqual(ask(daemon, "GET", "/readyz"), (503, b"stopping\n"))
        self.assertEqual(ask(daemon, "GET", "/healthz")[0], 200)
        (left,) = admin.must("admin.sessions")["sessions"]
        self.assertEqual(left["state"], "draining")
        start = time.monotonic()
        self.assertEqual(weh(daemon, "drain", "--seconds", "1").returncode, 0)  # sooner, then
        self.assertEqual(daemon.wait(), 0)
        self.assertLess(time.monotonic() - start, 10)
        session.close()
        admin.close()
        daemon = Daemon(PROGRAM, folder=daemon.folder)
        session = daemon.connect()
        opened = session.must("briefcase.open", {"imodel": "small", "unsaved": "restore"})
        self.assertIn("recovered", opened)
        session.must("elements.getElementProps", {"id": inserted})
        session.close()
        daemon.stop()

    def test_second_sigterm_ends_a_drain_at_once(self):
        daemon = Daemon(PROGRAM, "limits.drain_s=600")
        session = daemon.connect()
        session.must("session.ping")
        weh(daemon, "drain", "--seconds", "600")
        self.assertEqual(session.read_to_the_end(), 1001)
        daemon.terminate()
        daemon.wait_for_log("event=net.drain")
        daemon.terminate()
        self.assertEqual(daemon.wait(), 0)
        session.close()
        daemon.stop()


class Traffic(unittest.TestCase):
    """An operator busy beside busy sessions; also meant to run with the thread sanitizer."""

    def test_nobody_is_disturbed(self):
        daemon = Daemon(PROGRAM, "log.level=warn", imodel=SMALL)
        writer = daemon.connect()
        writer.must("briefcase.open", {"imodel": "small"})
        failures = []
        busy = threading.Event()
        busy.set()

        def work(session, is_writer):
            try:
                if not is_writer:
                    session.must("briefcase.open", {"imodel": "small", "mode": "readonly"})
                for i in range(60):
                    if is_writer:
                        session.insert(f"traffic {i}")
                    else:
                        session.must("elements.getElementProps", {"id": "0x1"})
                if is_writer:
                    session.must("txns.saveChanges")
                session.must("session.info")
            except BaseException as error:  # pylint: disable=broad-except
                failures.append(error)

        def operate():
            admin = Admin(socket_of(daemon))
            n = 0
            try:
                while busy.is_set():
                    listed, after = 0, {}
                    while after is not None:
                        page = admin.must("admin.sessions", {"limit": 20, **after})
                        listed += len(page["sessions"])
                        after = {"after": page["next"]} if "next" in page else None
                    assert listed == N_SESSIONS, listed
                    admin.must("admin.counters")
                    admin.must("admin.message", {"all": True, "text": "hurry"})
                    admin.must("admin.logLevel", {"level": ("warn", "error")[n % 2]})
                    admin.must("admin.reload")
                    n += 1
            except BaseException as error:  # pylint: disable=broad-except
                failures.append(error)
            admin.close()

        sessions = [writer] + [daemon.connect() for _ in range(N_SESSIONS - 1)]
        workers = [threading.Thread(target=work, args=(one, one is writer)) for one in sessions]
        operator = threading.Thread(target=operate)
        for thread in [*workers, operator]:
            thread.start()
        for thread in workers:
            thread.join()
        busy.clear()
        operator.join()
        self.assertEqual(failures, [])
        admin = Admin(socket_of(daemon))
        ids = [one["session"] for one in admin.must("admin.sessions")["sessions"]]
        for one in ids:
            admin.must("admin.end", {"session": one})
        for session in sessions:
            self.assertEqual(session.read_to_the_end(), 4002)
            session.close()
        admin.close()
        daemon.stop()


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
