#!/usr/bin/env python3
"""Readers that have stopped to read, under a flood of notifications which they cause themselves: each is
held within its bound and then ended with a reason, and nobody else notices.

Usage: test_paused.py DAEMON READERS. Standard library only; no sleeps, no fixed ports.
"""

import json
import os
import select
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon, Session, until  # noqa: E402
from wsraw import TEXT, Client, Closed, frame  # noqa: E402

DAEMON, N_READERS = os.path.abspath(sys.argv[1]), int(sys.argv[2])
OUTBOX = 65536
MOST = OUTBOX * 3 // 2 + 4096  # half, then a reply as long as all of it may come; and the last one
MAILBOX = 32
# Many need long to fill what is kept for each, and must not be given up for their silence before.
PING_TIMEOUT_S = max(30, N_READERS * 3 // 10)
# Of the outbox's bound, of what the bound does not count (frames, the mailbox, a buffer of the socket), and
# of the sanitizers.
BYTES_A_READER = 2 * OUTBOX + 128 * 1024
PENDULUM = b"".join(  # each undo and redo is told by four notifications
    frame(TEXT, json.dumps({"jsonrpc": "2.0", "id": 1, "method": method}).encode())
    for method in ("txns.reverseTxns", "txns.reinstateTxn"))


class Narrow(Client):
    """A client whose kernel takes little, so that the server has to keep the rest."""

    def __init__(self, server):  # pylint: disable=super-init-not-called
        self.server, self.timeout, self.buffer, self.unsent = server, 60, b"", memoryview(b"")
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        self.sock.connect(("127.0.0.1", server.port))
        self.sock.setblocking(False)


class Reader(Session):
    """Opens a briefcase of its own, makes something that can be undone, and then reads no more."""

    def __init__(self, daemon, imodel):  # pylint: disable=super-init-not-called
        self.client = Narrow(daemon)
        self.client.open()
        self.last_id, self.notified = 0, []
        self.briefcase = self.must("briefcase.checkout", {"imodel": imodel})["briefcase"]
        self.must("briefcase.open", {"briefcase": self.briefcase, "durability": "normal"})
        for i in range(3):
            self.insert(f"reader-{i}")
        self.must("txns.saveChanges")
        self.left = memoryview(b"")
        self.n_sent = 0
        self.is_gone = False

    def breathe(self):
        """As long as it reads it answers pings."""
        self.must("session.ping")

    def flood(self, limit):
        """Send what the kernel takes, up to @limit pairs in all; never read."""
        try:
            while not self.is_gone and (self.n_sent < limit or self.left):
                if not self.left:
                    self.left = memoryview(PENDULUM)
                    self.n_sent += 1
                self.left = self.left[self.client.sock.send(self.left):]
        except BlockingIOError:
            pass
        except ConnectionError:
            self.is_gone = True

    def read_to_the_end(self):
        """All that comes is whole and in order; how it ended."""
        n = 0
        try:
            while True:
                message = json.loads(self.client.read_message()[1])
                assert message["jsonrpc"] == "2.0", message
                n += 1
        except Closed as closed:
            return n, closed.code


class Bystander(threading.Thread):
    """A session that works all the while, in step with the server; its times are noted."""

    def __init__(self, daemon, imodel):
        super().__init__(daemon=True)
        self.session = daemon.connect()
        briefcase = self.session.must("briefcase.checkout", {"imodel": imodel})["briefcase"]
        self.session.must("briefcase.open", {"briefcase": briefcase, "durability": "normal"})
        self.times, self.failed, self.ended = [], None, threading.Event()

    def run(self):
        n = 0
        try:
            while not self.ended.wait(0.01):
                n += 1
                start = time.monotonic()
                element = self.session.insert(f"bystander-{n}")["id"]
                props = self.session.must("elements.getElementProps", {"id": element})
                assert props["code"]["value"] == f"bystander-{n}", props
                assert self.session.must("txns.saveChanges")["saved"]
                self.times.append(time.monotonic() - start)
        except Exception as error:  # pylint: disable=broad-except
            self.failed = error

    def take_times(self):
        times, self.times = sorted(self.times), []
        return times


def milliseconds(times, share):
    return round(times[min(len(times) - 1, int(len(times) * share))] * 1000, 1)


def rss_bytes(daemon):
    with open(f"/proc/{daemon.process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def ended(daemon, reason):
    return daemon.metrics().get(f'webedithost_sessions_ended_total{{reason="{reason}"}}', 0)


def watch(daemon, most):
    """Note the most of what may grow."""
    metrics = daemon.metrics()
    for name, value in (("outbox", metrics["webedithost_outbox_bytes"]),
                        ("longest", metrics["webedithost_outbox_longest_bytes"]),
                        ("mailbox", metrics["webedithost_mailbox_longest_messages"]),
                        ("rss", rss_bytes(daemon))):
        most[name] = max(most.get(name, 0), value)


def open_readers(daemon):
    readers, breathed = [], time.monotonic()
    while len(readers) < N_READERS:
        readers.append(Reader(daemon, "house"))
        if time.monotonic() - breathed > 4 or len(readers) == N_READERS:
            for reader in readers:
                reader.breathe()
            breathed = time.monotonic()
    return readers


def flood_until_they_end(daemon, loud, silent, most):
    """The loud ones go on until they are ended, the silent ones stop and are given up."""
    deadline = time.monotonic() + 600 + PING_TIMEOUT_S
    watched, n_pairs = 0.0, 0
    while ended(daemon, "SLOW_READER") < len(loud) or ended(daemon, "PING_TIMEOUT") < len(silent):
        assert time.monotonic() < deadline, (
            ended(daemon, "SLOW_READER"), ended(daemon, "PING_TIMEOUT"), most)
        n_pairs += 10
        for reader in loud:
            reader.flood(n_pairs)
        for reader in silent:
            reader.flood(min(n_pairs, 60))
        select.select([], [], [], 0.01)
        if time.monotonic() - watched > 0.2:
            watch(daemon, most)
            watched = time.monotonic()


def check_bounds(most, before):
    assert most["longest"] <= MOST, most
    assert most["outbox"] <= N_READERS * MOST, most
    assert most["longest"] > OUTBOX // 2, most  # else nothing was tested
    assert most["mailbox"] <= MAILBOX, most
    grown = most["rss"] - before
    assert grown <= N_READERS * BYTES_A_READER + 64 * 1024 * 1024, (grown, most)
    return grown


def check_aftermath(daemon, readers, loud, n_descriptors):
    """The server is as before, the streams were whole, and the briefcases can be had again."""
    n_told = 0
    for reader in readers[:: max(1, len(readers) // 50)]:
        n, code = reader.read_to_the_end()
        assert n > 0 and code in (None, 1008, 1011), code
        n_told += code == 1008
    for reader in readers:
        reader.close()
    until(lambda: daemon.metrics()['webedithost_sessions{state="ready"}'] == 1, "they are gone")
    until(lambda: daemon.metrics()["webedithost_process_open_fds"] <= n_descriptors,
          "their descriptors are closed")
    for reader in (readers[0], readers[-1]):
        session = daemon.connect()
        session.must("briefcase.open", {"briefcase": reader.briefcase})
        state = session.must("txns.state")
        assert not state["hasUnsavedChanges"], state
        assert state["isUndoPossible"] or state["isRedoPossible"], state
        session.must("session.close")
        session.close()
    return n_told


def main():
    # A sanitizer that keeps freed memory would be measured instead of the server.
    sanitizer = os.environ.get("ASAN_OPTIONS", "")
    daemon = Daemon(DAEMON, f"limits.outbox_bytes={OUTBOX}", f"limits.mailbox_messages={MAILBOX}",
                    "limits.sessions=5000", "limits.user_briefcases=5000", "limits.ping_s=3",
                    f"limits.ping_timeout_s={PING_TIMEOUT_S}", "log.level=info", "audit.enabled=false",
                    environment={"ASAN_OPTIONS": sanitizer + ":quarantine_size_mb=4"})
    maker = daemon.connect()
    maker.must("imodel.create", {"imodel": "house", "rootSubject": {"name": "house"}})
    maker.must("session.close")
    maker.close()
    bystander = Bystander(daemon, "house")
    n_descriptors = daemon.metrics()["webedithost_process_open_fds"]
    bystander.start()
    until(lambda: len(bystander.times) >= 100, "times without a flood")
    calm = bystander.take_times()
    readers = open_readers(daemon)
    # Every other one says no more at some point; the others go on for ever.
    loud, silent = readers[::2], readers[1::2]
    bystander.take_times()
    before, most = rss_bytes(daemon), {}
    started = time.monotonic()
    flood_until_they_end(daemon, loud, silent, most)
    seconds = time.monotonic() - started
    stormy = bystander.take_times()
    grown = check_bounds(most, before)
    assert bystander.failed is None, bystander.failed
    assert stormy and stormy[-1] < 10, stormy[-5:]
    n_told = check_aftermath(daemon, readers, loud, n_descriptors)
    bystander.ended.set()
    bystander.join()
    assert bystander.failed is None, bystander.failed
    bystander.session.close()
    log = daemon.stop()
    assert log.count("reason=SLOW_READER") == len(loud), log[-2000:]
    print(json.dumps({
        "readers": N_READERS, "seconds": round(seconds, 1), "slowReader": len(loud),
        "pingTimeout": len(silent), "toldWhyOfThoseRead": n_told,
        "longestOutbox": most["longest"], "allOutboxes": most["outbox"],
        "grownBytesAReader": round(grown / N_READERS),
        "editMsCalm": [milliseconds(calm, 0.5), milliseconds(calm, 0.99)],
        "editMsStorm": [milliseconds(stormy, 0.5), milliseconds(stormy, 0.99)]}))


main()
