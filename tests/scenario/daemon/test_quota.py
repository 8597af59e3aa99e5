#!/usr/bin/env python3
"""What one user, or one session, may take of the whole daemon, and what is refused when it has too much
to do.

Usage: test_quota.py DAEMON. Python's standard library only; no sleeps, no fixed ports.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
from wsraw import CLOSE, TEXT, Client, Closed, frame, wait_until  # noqa: E402

DAEMON = os.path.abspath(sys.argv[1])
TIMEOUT_S = 60


class Daemon:
    """A running daemon on a folder of its own."""

    def __init__(self, *settings):
        self.folder = tempfile.mkdtemp(prefix="weh-quota-")
        self.tls = None
        arguments = ["listen.port=0", f"data.dir={self.folder}/data", *settings]
        self.errors = open(f"{self.folder}/log", "wb")
        self.process = subprocess.Popen(
            [DAEMON, *(part for one in arguments for part in ("--set", one))],
            stdout=subprocess.PIPE, stderr=self.errors)
        ready = json.loads(self.process.stdout.readline())
        self.port, self.token = ready["port"], ready["token"]

    def log(self):
        with open(f"{self.folder}/log", encoding="utf-8") as file:
            return file.read()

    def stop(self):
        self.process.terminate()
        status = self.process.wait(TIMEOUT_S)
        self.process.stdout.close()
        self.errors.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return status


def request(number, method, params=None):
    return frame(TEXT, json.dumps({"jsonrpc": "2.0", "id": number, "method": method,
                                   "params": params or {}}).encode())


def answer(client):
    """The next reply; notifications are passed over."""
    while True:
        reply = json.loads(client.read_message()[1])
        if "id" in reply:
            return reply


def call(client, method, params=None):
    client.send(request(1, method, params))
    return answer(client)


class Quota(unittest.TestCase):
    def start(self, *settings):
        self.daemon = Daemon(*settings)
        self.addCleanup(lambda: self.assertEqual(self.daemon.stop(), 0))

    def open(self):
        client = Client(self.daemon)
        client.open()
        self.addCleanup(client.close)
        return client

    def open_when_there_is_room(self):
        opened = []

        def is_open():
            client = Client(self.daemon)
            self.addCleanup(client.close)
            opened.append(client)
            return client.upgrade()[0] == 101

        wait_until(is_open, "room for another session")
        return opened[-1]

    def status(self):
        """Of an upgrade request, and its Retry-After."""
        client = Client(self.daemon)
        self.addCleanup(client.close)
        status, headers, _ = client.upgrade()
        return status, int(headers.get("retry-after", "0"))

    def test_user_with_as_many_sessions_as_may_be_is_told_429_until_one_ends(self):
        self.start("limits.user_sessions=2")
        first, second = self.open(), self.open()
        self.assertEqual(self.status(), (429, 10))
        self.assertIn("result", call(first, "session.ping"))
        second.send(frame(CLOSE, b"\x03\xe8"))
        second.expect_close(1000)
        self.assertIn("result", call(self.open_when_there_is_room(), "session.ping"))

    def test_sessions_that_wait_to_be_resumed_have_a_share_of_their_own(self):
        self.start("limits.user_sessions=1", "session.linger_s=600")
        lost = []
        for _ in range(2):
            client = self.open_when_there_is_room()
            lost.append(call(client, "session.hello", {"client": {"name": "t", "version": "1"}}))
            client.reset()
            wait_until(lambda: self.daemon.log().count("event=session.detached")
                       + self.daemon.log().count("event=session.end") >= len(lost), "it is lost")
        # The first waits, the second was one too many.
        self.assertEqual(self.daemon.log().count("event=session.detached"), 1)
        for i, is_there in ((1, False), (0, True)):
            hello = lost[i]["result"]
            client = self.open_when_there_is_room()
            reply = call(client, "session.hello",
                         {"client": {"name": "t", "version": "1"},
                          "resume": {"sessionId": hello["sessionId"],
                                     "resumeToken": hello["resumeToken"], "received": 0}})
            self.assertEqual("result" in reply, is_there, reply)
            client.send(frame(CLOSE, b"\x03\xe8"))
            client.expect_close(1000)

    def test_session_with_too_many_messages_a_second_is_refused_then_ended(self):
        self.start("limits.session_messages_s=50")
        client = self.open()
        client.send(b"".join(request(i, "session.ping") for i in range(80)))
        replies = [answer(client) for _ in range(80)]
        refused = [reply["error"] for reply in replies if "error" in reply]
        self.assertTrue(15 <= len(refused) <= 30, len(refused))
        self.assertEqual(refused[0]["data"]["name"], "LimitExceeded")
        self.assertEqual(refused[0]["data"]["retryAfter"], 1)
        self.assertTrue(all("result" in reply for reply in replies if reply["id"] < 50))

        reply = call(client, "session.ping")
        while "error" in reply:  # a client that does as it is advised is served again
            time.sleep(reply["error"]["data"]["retryAfter"])
            reply = call(client, "session.ping")
        client.send(b"".join(request(i, "session.ping") for i in range(400)))
        client.expect_close(1008)
        self.assertIn("result", call(self.open(), "session.ping"))
        self.assertIn("reason=FLOOD", self.daemon.log())

    def test_notification_beyond_the_rate_ends_the_session(self):
        self.start("limits.session_messages_s=10")
        client = self.open()
        note = frame(TEXT, b'{"jsonrpc":"2.0","method":"imodel.list","params":{}}')
        client.send(note * 15)
        client.expect_close(1008)

    def test_session_with_too_many_bytes_a_second_is_refused(self):
        self.start("limits.session_bytes_s=20000")
        client = self.open()
        big = {"data": "x" * 60000}
        # One alone may be larger than a second's share.
        self.assertIn("result", call(client, "session.ping", big))
        error = call(client, "session.ping")["error"]
        self.assertEqual(error["data"]["name"], "LimitExceeded")
        self.assertIn(error["data"]["retryAfter"], (1, 2, 3))

    def test_overload_refuses_new_sessions_then_new_work_and_nothing_else(self):
        self.start("limits.overload_ms=50", "workers.count=1", "workers.most=1",
                   "workers.long_count=1", "workers.turn_messages=1")
        busy = [self.open() for _ in range(8)]
        waiting, beginner = self.open(), self.open()
        self.assertIn("result", call(waiting, "imodel.create",
                                     {"imodel": "w", "rootSubject": {"name": "w"}}))
        for i, client in enumerate(busy):
            client.send(request(1, "imodel.create",
                                {"imodel": f"b{i}", "rootSubject": {"name": "b"}}))
        wait_until(lambda: self.status() == (503, 10), "new sessions are refused")
        refused = {}

        def is_refused():
            refused.update(call(beginner, "briefcase.open", {"imodel": "w", "mode": "readonly"})
                           .get("error", {}).get("data", {}))
            return True

        start = time.monotonic()
        is_refused()
        took = time.monotonic() - start
        # Whether the queue is still that long is the machine's affair; refused is refused at once.
        if refused:
            self.assertEqual((refused["name"], refused["retryAfter"]), ("Busy", 10))
            print(f"refused after {took * 1000:.0f} ms", file=sys.stderr)
        waiting.send(request(7, "session.info"))
        self.assertIn("result", answer(waiting))
        for client in busy:
            self.assertIn("result", answer(client))
        wait_until(lambda: self.status()[0] == 101, "new sessions are taken again")
        self.assertIn("result", call(waiting, "imodel.list"))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
