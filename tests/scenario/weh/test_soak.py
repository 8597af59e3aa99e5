#!/usr/bin/env python3
# tests/scenario/weh/test_soak.py - weh soak finds nothing wrong with the daemon, and everything that a
# proxy between them does wrong. Standard library only.
"""Usage: test_soak.py WEBEDITHOST WEH"""

import json
import os
import re
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "daemon"))
from daemon import Daemon  # noqa: E402

DAEMON, WEH = sys.argv[1:3]
BEFORE = 120  # messages that pass before one is damaged


class Proxy:
    """Hands everything on; @times messages of the server's go through @damage, which gives what to send
    instead of one, or None to be asked again with the next one."""

    def __init__(self, port, damage, times=1):
        self.port_behind = port
        self.damage = damage
        self.times = times
        self.n_messages = 0
        self.n_damaged = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.port_behind))
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for work, source, target in ((self.copy, client, server),
                                         (self.copy_frames, server, client)):
                threading.Thread(target=self.pump, args=(work, source, target), daemon=True).start()

    @staticmethod
    def pump(work, source, target):
        try:
            work(source, target)
        except OSError:
            pass
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    @staticmethod
    def copy(source, target):
        while data := source.recv(65536):
            target.sendall(data)

    def copy_frames(self, source, target):
        """The answer to the handshake, then frame by frame."""
        stream = source.makefile("rb")
        while (line := stream.readline()) != b"":
            target.sendall(line)
            if line == b"\r\n":
                break
        while len(head := stream.read(2)) == 2:
            size = head[1] & 0x7f
            if size >= 126:
                size = int.from_bytes(stream.read(2 if size == 126 else 8), "big")
            payload = stream.read(size)
            for one in self.pass_on(payload) if head[0] in (0x81, 0x82) else [payload]:
                target.sendall(head[:1] + self.length(len(one)) + one)

    @staticmethod
    def length(n):
        if n < 126:
            return bytes([n])
        return b"\x7e" + n.to_bytes(2, "big") if n < 65536 else b"\x7f" + n.to_bytes(8, "big")

    def pass_on(self, payload):
        with self.lock:
            self.n_messages += 1
            if self.n_damaged >= self.times or self.n_messages < BEFORE:
                return [payload]
            instead = self.damage(payload)
            self.n_damaged += instead is not None
            return [payload] if instead is None else instead

    def close(self):
        self.listener.close()


def is_reply(payload):
    """Of either encoding."""
    return payload[:1] == b"\x94" and payload[1] == 1 or b'"result":' in payload


def other_digit(match):
    digit = match.group(2)
    return match.group(1) + (b"7" if digit != b"7" else b"8")


def replaced(pattern, by):
    """Replies in which @pattern is found have it replaced, once."""
    def damage(payload):
        text, n = re.subn(pattern, by, payload, count=1, flags=re.DOTALL)
        return [text] if n and is_reply(payload) else None
    return damage


# What a server might do wrong, and as what it should be counted.
FAULTS = {
    "a reply is lost": (lambda payload: [] if is_reply(payload) else None,
                        {"wrongReply", "noReply"}),
    "a reply comes twice": (lambda payload: [payload, payload] if is_reply(payload) else None,
                            {"wrongReply"}),
    "a notification is lost": (
        lambda payload: [] if b"txns.onCommitted" in payload else None,
        {"wrongReply"}),
    "a notification comes twice": (
        lambda payload: [payload, payload] if b"txns.onElementsChanged" in payload else None,
        {"wrongReply"}),
    "a notification comes without cause": (
        lambda payload: [b'{"jsonrpc":"2.0","method":"txns.onCommit","params":{}}', payload]
        if b'"classFullName"' in payload else None,
        {"wrongNotification", "wrongReply"}),
    "a label is another": (replaced(rb"(userLabel.{1,6}soak-\d{4}-[0-9a-f]{3})(.)", other_digit),
                           {"wrongReply"}),
    # That of a new element cannot be foretold: it is noticed when it is used, if it is. So there are some.
    "an id is another": (replaced(rb"(0x2[0-9a-f]{7})(.)", other_digit),
                         {"wrongReply", "unexpectedError"}),
    "a text is another session's": (
        replaced(rb"soak-\d{4}-", b"soak-9999-"), {"foreignData"}),
    "there seems to be nothing to undo": (
        replaced(rb'"isUndoPossible":true', b'"isUndoPossible":null'), {"wrongReply"}),
    "a message is none": (lambda payload: [payload[:-1]] if is_reply(payload) else None,
                          {"brokenMessage"}),
    "the connection is closed": (lambda payload: [b""] if is_reply(payload) else None,
                                 {"brokenMessage"}),
}


def soak(*arguments):
    """Exit status, the result, what was said."""
    run = subprocess.run([WEH, "soak", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         timeout=150, check=False, text=True)
    return run.returncode, json.loads(run.stdout) if run.stdout else {}, run.stderr


def against(daemon, port, *arguments):
    return soak("--url", f"ws://127.0.0.1:{port}/v1/session", "--token", daemon.token, "--imodel",
                "house", "--think", "2", "--cut-every", "0", "--timeout", "5", *arguments)


def test_nothing_is_wrong_with_the_daemon():
    status, result, errors = soak("--daemon", DAEMON, "--sessions", "20", "--seconds", "5",
                                  "--warmup", "1", "--think", "20", "--cut-every", "20")
    assert status == 0 and result["right"], errors
    assert result["failedSessions"] == 0 and not any(result["faults"].values()), result
    assert result["cuts"] > 20 and result["resumed"] > 10, result
    kinds = set(result["latencyUs"])
    assert {"save", "undo", "redo", "rollback", "batch", "open", "cancel_to", "drop"} <= kinds, kinds
    assert result["server"]["end"]["descriptors"] == result["server"]["warm"]["descriptors"], result


def test_each_fault_is_found(daemon):
    for name, (damage, counted) in FAULTS.items():
        proxy = Proxy(daemon.port, damage, times=20 if name == "an id is another" else 1)
        status, result, errors = against(daemon, proxy.port, "--sessions", "6", "--ops", "900")
        proxy.close()
        assert proxy.n_damaged, name
        found = {fault for fault, n in result["faults"].items() if n}
        assert status == 1 and not result["right"] and found & counted, (name, found, errors)
        assert result["failedSessions"] >= 1, name


def test_a_proxy_that_damages_nothing_is_no_fault(daemon):
    proxy = Proxy(daemon.port, lambda payload: None)
    status, _, errors = against(daemon, proxy.port, "--sessions", "6", "--ops", "900", "--pid",
                                str(daemon.process.pid))
    proxy.close()
    assert status == 0, errors


def test_growth_is_found(daemon):
    """This process stands for the server: it takes memory and descriptors while it is watched."""
    for arguments, grow, said in (
            (("--max-drift", "50"), lambda: bytearray(os.urandom(1) * 4000000), "memory grew"),
            ((), lambda: open(os.devnull, "rb"), "descriptors became more")):
        kept = []
        ended = threading.Event()

        def take():
            while not ended.wait(0.05):
                kept.append(grow())

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        status, result, errors = against(daemon, daemon.port, "--sessions", "2", "--seconds", "3",
                                         "--warmup", "1", "--pid", str(os.getpid()), *arguments)
        ended.set()
        thread.join()
        assert status == 1 and said in errors, (status, errors)
        assert result["failedSessions"] == 0 and not result["right"], result
        for one in kept:
            if hasattr(one, "close"):
                one.close()


def test_a_server_that_dies_is_a_fault():
    victim = Daemon(DAEMON)
    victim.connect().must("imodel.create", {"imodel": "house", "rootSubject": {"name": "house"}})
    process = subprocess.Popen(
        [WEH, "soak", "--url", victim.ready["sessionUrl"], "--token", victim.token, "--imodel",
         "house", "--sessions", "4", "--seconds", "60", "--timeout", "5"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    victim.wait_for_log("session.hello", 4)
    victim.process.kill()
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 1, (process.returncode, errors)
    assert json.loads(output)["faults"]["connectionEnded"] == 4, output
    victim.wait()


def test_wrong_options_are_refused():
    for arguments in (("--url", "wss://localhost/v1/session", "--imodel", "house"),
                      ("--url", "ws://localhost/v1/session"),
                      ("--url", "ws://localhost/v1/session", "--imodel", "my-soak-test"),
                      ("--sessions", "0"), ("--codec", "xml"), ("--cut", "1")):
        status, _, errors = soak(*arguments)
        assert status in (1, 2) and errors.startswith("weh soak: "), (arguments, status, errors)


def main():
    test_nothing_is_wrong_with_the_daemon()
    daemon = Daemon(DAEMON)
    session = daemon.connect()
    session.must("imodel.create", {"imodel": "house", "rootSubject": {"name": "house"}})
    session.close()
    test_a_proxy_that_damages_nothing_is_no_fault(daemon)
    test_each_fault_is_found(daemon)
    test_growth_is_found(daemon)
    daemon.stop()
    test_a_server_that_dies_is_a_fault()
    test_wrong_options_are_refused()


main()
