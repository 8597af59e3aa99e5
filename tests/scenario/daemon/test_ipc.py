#!/usr/bin/env python3
"""Stock iTwin.js frontends at /ipc: what they ask first, what is wrong, pages that are loaded anew.

Usage: test_ipc.py DAEMON. Python's standard library only; no sleeps, no fixed ports.
"""

import base64
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import TIMEOUT_S, Daemon, until  # noqa: E402
from wsraw import BINARY, TEXT, Client, frame  # noqa: E402

DAEMON = os.path.abspath(sys.argv[1])
SEND, PUSH, INVOKE, RESPONSE = range(4)
IPC_APP, RPC = "itwin.itwinjs-core/ipc-app", "itwin.itwinjs-core/rpc-over-ipc"


def encode(message, n_parts=0):
    return frame(TEXT, json.dumps([json.dumps(message), n_parts]).encode())


class Page:
    """A connection as a page has it."""

    def __init__(self, daemon, query="", **headers):
        self.client = Client(daemon, TIMEOUT_S)
        self.client.open(path="/ipc" + query, **headers)
        self.sent = self.received = self.last_request = 0

    def send(self, channel, method, *args, **members):
        self.last_request += 1
        message = {"type": INVOKE, "channel": channel, "method": method, "data": args,
                   "request": self.last_request, "sequence": self.sent, **members}
        self.sent += 1
        self.client.send(encode(message))
        return self.last_request

    def read(self):
        """The next message; its number is the one due."""
        kind, text = self.client.read_message()
        assert kind == TEXT, kind
        inner, n_parts = json.loads(text)
        message = json.loads(inner)
        assert message["sequence"] == self.received, message
        self.received += 1
        message["parts"] = [self.client.read_message() for _ in range(n_parts)]
        return message

    def call(self, channel, method, *args):
        number = self.send(channel, method, *args)
        answer = self.read()
        assert (answer["type"], answer["response"]) == (RESPONSE, number), answer
        return answer["data"]

    def rpc(self, interface, version, operation, *parameters):
        return self.call(RPC, "request", {
            "definition": {"interfaceName": interface, "interfaceVersion": version},
            "operation": operation, "parameters": parameters, "context": {"protocolVersion": "2"}})

    def close(self):
        self.client.close()


class Ipc(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(DAEMON)

    def tearDown(self):
        self.daemon.stop()

    def page(self, query="", **headers):
        page = Page(self.daemon, query, **headers)
        self.daemon.sessions.append(page)
        return page

    def refused(self, query):
        client = Client(self.daemon, TIMEOUT_S)
        status, _, body = client.upgrade(path="/ipc" + query)
        client.close()
        return status, body

    def test_startup_of_a_frontend(self):
        page = self.page()
        self.assertEqual(page.call(IPC_APP, "queryConcurrency", "cpu"), {"result": os.cpu_count()})
        self.assertEqual(page.call(IPC_APP, "queryConcurrency", "io"), {"result": 10})
        self.assertEqual(page.call(IPC_APP, "queryConcurrency", "other"), {"result": 0})
        self.assertEqual(page.call("itwin.ipc-app", "queryConcurrency", "io"), {"result": 10})

    def test_log_of_a_page_is_a_line_of_the_log(self):
        page = self.page()
        self.assertEqual(page.call(IPC_APP, "log", 1, 3, "core", "it\nbroke", {"x": 1}), {})
        self.assertEqual(page.call(IPC_APP, "log", 1, 4, "core", "nothing"), {})
        self.assertEqual(page.call(IPC_APP, "log", 1, 2, "core", "x" * 100000), {})
        for level in (5, -1, "2", None, 1.5):
            self.assertEqual(page.call(IPC_APP, "log", 1, level), {})
        lines = [line for line in self.daemon.log().splitlines() if "frontend.log" in line]
        self.assertEqual(len(lines), 2)
        self.assertIn('category=core message="it\\nbroke"', lines[0])
        self.assertLess(len(lines[1]), 2000)

    def test_endpoints_are_described_whatever_the_name(self):
        page = self.page()
        name = base64.b64encode(b"IModelReadRpcInterface@3.7.0").decode()
        endpoints = page.rpc(name, "CONTROL", "describeEndpoints")["result"]
        self.assertEqual(endpoints[0]["interfaceName"], "IModelReadRpcInterface")
        self.assertEqual(endpoints[0]["operationNames"][0], "getConnectionProps")
        for endpoint in endpoints:
            self.assertTrue(endpoint["compatible"])
            self.assertEqual(set(endpoint), {"interfaceName", "interfaceVersion", "operationNames", "compatible"})

    def test_what_is_not_there_is_an_error_by_name(self):
        page = self.page()
        for data in (page.call(IPC_APP, "noSuchMethod", 1), page.call("itwin.my/app", "x")):
            self.assertEqual(data["error"]["errorNumber"], 65606)
            self.assertEqual(data["error"]["iTwinErrorId"], {"scope": "bentley-error", "key": "Error (65606)"})
            self.assertNotIn("stack", data["error"])
        for data in (page.rpc("NoInterface", "1.0.0", "x"), page.rpc("IModelReadRpcInterface", "3.7.0", "noSuchOperation")):
            self.assertEqual([data["error"]["errorNumber"], data["error"]["name"]], [32768, "Error"])
        self.assertEqual(page.call(IPC_APP, "toString")["error"],
                         {"message": 'Method "toString" not available for channel: itwinjs-core/ipc-app'})

    def test_methods_of_the_other_endpoint_are_not_there(self):
        page = self.page()
        for channel, method in (("itwin.session", "hello"), ("itwin.admin", "drain"), ("itwin.", "session.hello"),
                                ("itwin.host", "describe")):
            self.assertEqual(page.call(channel, method)["error"]["errorNumber"], 65606)

    def test_each_page_gets_its_own(self):
        pages = [self.page() for _ in range(20)]
        for page in pages:
            for _ in range(5):
                page.send(IPC_APP, "queryConcurrency", "io")
        for page in pages:
            self.assertEqual([page.read()["response"] for _ in range(5)], [1, 2, 3, 4, 5])

    def test_numbers_that_came_before_are_dropped_and_holes_end_the_session(self):
        page = self.page()
        page.call(IPC_APP, "queryConcurrency", "io")
        page.send(IPC_APP, "queryConcurrency", "io", sequence=0)
        page.send(IPC_APP, "queryConcurrency", "io", sequence=None)
        page.send(IPC_APP, "queryConcurrency", "io", sequence=1)
        self.assertEqual(page.read()["response"], 4)
        page.send(IPC_APP, "queryConcurrency", "io", sequence=3)
        closed = page.client.expect_close(1008)
        self.assertIn("out of sequence", closed.reason)

    def test_bad_messages_end_their_session_and_no_other(self):
        other = self.page()
        other.call(IPC_APP, "queryConcurrency", "io")
        for data, code in (
                (encode({"type": RESPONSE, "channel": IPC_APP, "sequence": 0}), 1008),
                (encode({"type": INVOKE, "sequence": 0}), 1008),
                (encode([1, 2]), 1008),
                (frame(TEXT, b'["{",0]'), 1008),
                (frame(TEXT, b'["{}"]'), 1008),
                (frame(BINARY, b"x"), 1008),
                (frame(TEXT, b'["\xc3",0]'), 1007),
                (encode({"type": INVOKE, "channel": "itwin.a", "data": json.loads("[" * 60 + "]" * 60)}), 1009)):
            page = self.page()
            page.client.send(data)
            page.client.expect_close(code)
        self.assertEqual(other.call(IPC_APP, "queryConcurrency", "io"), {"result": 10})

    def test_page_that_is_loaded_anew_goes_on_with_its_session(self):
        page = self.page("?session.resume=tab-1")
        page.call(IPC_APP, "queryConcurrency", "io")
        page.client.reset()
        self.daemon.wait_for_log("session.detached")
        page = self.page("?session.resume=tab-1")
        self.assertEqual(page.call(IPC_APP, "queryConcurrency", "io"), {"result": 10})
        self.daemon.wait_for_log("session.resumed")
        anew = self.page("?session.resume=tab-1")
        page.client.expect_close(4001)
        self.assertEqual(anew.call(IPC_APP, "queryConcurrency", "io"), {"result": 10})
        self.daemon.wait_for_log("session.resumed", 2)
        # Those that gave their connections away have ended; one session is left.
        until(lambda: self.daemon.metrics()['webedithost_sessions{state="new"}'] == 1, "one session")

    def test_label_is_1_to_64_visible_characters(self):
        for label in ("", "x" * 65, "x" * 5000, "%20", "a%7fb", "%c3%a9"):
            self.assertEqual(self.refused("?session.resume=" + label)[0], 400, label)
        self.page("?session.resume=" + "x" * 64).call(IPC_APP, "queryConcurrency", "io")

    def test_stop_tells_nothing_of_the_other_protocol(self):
        page = self.page()
        page.call(IPC_APP, "queryConcurrency", "io")
        self.daemon.terminate()
        page.client.expect_close(1001)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
