#!/usr/bin/env python3
"""Stock iTwin.js frontends over the MessagePack channel at /ipc: what is unlike their own connection.

Usage: test_ipc_packed.py DAEMON DATA. Python's standard library only; no sleeps, no fixed ports.
"""

import os
import struct
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Client, Daemon, frame  # noqa: E402
from packed import Packed, View, pack, unpack  # noqa: E402
from wsraw import BINARY, Closed  # noqa: E402

DAEMON, DATA = (os.path.abspath(path) for path in sys.argv[1:3])
APP = "itwin.itwinjs-core/ipc-app"
EDIT = "itwin.webedit/edit"
EDITOR = "itwin.itwinjs-core/editor"
RPC = "itwin.itwinjs-core/rpc-over-ipc"
READ_WRITE = 2


def invoke(channel, method, *args):
    return {"channel": channel, "method": method, "args": list(args)}


class IpcPacked(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(DAEMON, imodel=f"{DATA}/small.bim")
        self.addCleanup(self.daemon.stop)

    def connect(self):
        packed = Packed(self.daemon)
        self.addCleanup(packed.client.close)
        return packed

    def resume(self, hello, received):
        """A connection that goes on with the session of @hello, and what hello answers."""
        packed = self.connect()
        return packed, packed.greet({"sessionId": hello["sessionId"], "resumeToken": hello["resumeToken"], "received": received})

    def assert_closed(self, packed, code):
        with self.assertRaises(Closed) as caught:
            packed.client.read_message()
        self.assertEqual(caught.exception.code, code)

    def test_results_and_errors_are_those_of_iTwin_js(self):
        packed = self.connect()
        answer = packed.call(1, "ipc.invoke", invoke(APP, "queryConcurrency", "cpu"))
        self.assertEqual(list(answer), ["result"])
        self.assertEqual(packed.call(2, "ipc.invoke", invoke(APP, "saveChanges", "no such key")),
                         {"error": {"message": "iModel not found", "isIModelNotFoundResponse": True}})
        answer = packed.call("three", "ipc.invoke", invoke(APP, "noSuchMethod"))
        self.assertEqual(answer["error"]["errorNumber"], 65606)
        self.assertEqual(answer["error"]["message"], 'Method "noSuchMethod" not found for channel: itwinjs-core/ipc-app')
        answer = packed.call(4, "ipc.invoke", invoke("nobody's", "x"))
        self.assertEqual(answer["error"]["errorNumber"], 65606)

    def test_no_result_is_an_empty_answer(self):
        packed = self.connect()
        packed.call(1, "ipc.invoke", invoke(APP, "openStandalone", "small.bim", READ_WRITE, {"key": "k"}))
        self.assertEqual(packed.call(2, "ipc.invoke", invoke(APP, "closeIModel", "k")), {})

    def test_rpc_finds_its_operation_and_refuses_another_version(self):
        packed = self.connect()

        def rpc(version, *parameters):
            return invoke(RPC, "request", {"definition": {"interfaceName": "DevToolsRpcInterface", "interfaceVersion": version},
                                           "operation": "ping", "parameters": list(parameters)})

        self.assertEqual(packed.call(1, "ipc.invoke", rpc("0.7.0")), {"result": True})
        self.assertIn("error", packed.call(2, "ipc.invoke", rpc("9.0.0")))

    def test_params_that_are_wrong_are_named(self):
        packed = self.connect()
        for params in ({}, {"channel": APP}, {"method": "x", "args": []}, {"channel": 1, "method": "x"}, {"channel": APP, "method": 2},
                       {"channel": "", "method": "x"}, {**invoke(APP, "queryConcurrency", "cpu"), "more": 1}):
            with self.subTest(params=params):
                error = packed.call(1, "ipc.invoke", params)
                self.assertEqual(error["data"]["name"], "InvalidParams")
        error = packed.call(2, "ipc.invoke", {"channel": APP, "method": "queryConcurrency", "args": {"0": "cpu"}})
        self.assertEqual(error["error"]["errorNumber"], 65539)
        packed.client.send(frame(BINARY, pack([0, 3, "ipc.invoke", [APP, "queryConcurrency"]])))
        self.assertEqual(packed.receive()[2]["data"]["name"], "InvalidParams")
        self.assertIn("time", packed.call(4, "session.ping", {}))

    def test_of_the_other_table_only_what_concerns_the_session_can_be_called(self):
        packed = self.connect()
        self.assertEqual(packed.call(1, "session.ping", {"data": 5})["data"], 5)
        for method in ("briefcase.open", "imodel.list", "session.info", "edit.batch", "admin.sessions"):
            self.assertEqual(packed.call(2, method, {})["data"]["name"], "MethodNotFound", method)

    def test_what_nobody_waits_for_is_not_answered(self):
        packed = self.connect()
        packed.send("ipc.invoke", invoke(APP, "noSuchMethod"))
        packed.send("ipc.invoke", invoke(APP, "queryConcurrency", "cpu"))
        packed.send("ipc.send", {"channel": "itwin.anything", "args": [1]})
        self.assertIn("time", packed.call(1, "session.ping", {}))

    def test_arrays_of_numbers_keep_their_type(self):
        packed = self.connect()
        packed.call(1, "ipc.invoke", invoke(APP, "openStandalone", "small.bim", READ_WRITE, {"key": "k"}))
        doubles = struct.pack("<3d", 1, 2.5, -3)
        for number, sent in enumerate((b"\x01\x02", View(8, doubles), View(4, b"\x01\x00"), View(9, b"abc")), 2):
            answer = packed.call(number, "ipc.invoke", invoke(EDIT, "ping", "k", [sent]))
            came = answer["result"][0] if isinstance(answer.get("result"), list) else answer["result"]["value"][0]
            self.assertEqual((bytes(came), getattr(came, "kind", 0)), (bytes(sent), getattr(sent, "kind", 0)))
        self.assertEqual(packed.call(9, "ipc.invoke", invoke(EDIT, "ping", "k", View(8, b"1234567")))["error"]["errorNumber"], 65539)

    def test_a_lost_connection_is_resumed_with_what_was_under_way(self):
        packed = self.connect()
        hello = packed.greet()
        packed.call(1, "ipc.invoke", invoke(APP, "openStandalone", "small.bim", READ_WRITE, {"key": "k"}))
        props = {"classFullName": "BisCore:Subject", "model": "0x1", "parent": {"id": "0x1", "relClassName": "BisCore:SubjectOwnsSubjects"},
                 "code": {"spec": "0x1", "scope": "0x1", "value": ""}}
        sent = [(2, "ipc.invoke", invoke(EDIT, "insertElement", "k", props)),
                (3, "ipc.invoke", invoke(APP, "saveChanges", "k", "saved")),
                (4, "ipc.invoke", invoke(APP, "queryConcurrency", "cpu"))]
        for message in sent:
            packed.send(*message)
        # One answer is read and lost with the connection, as the client does not say that it has come.
        self.assertEqual(packed.receive()[1], 2)
        packed.client.reset()
        packed, again = self.resume(hello, 1)
        self.assertEqual((again["resumed"], again["sessionId"]), (True, hello["sessionId"]))
        for message in sent[again["received"] - 1 :]:
            packed.send(*message)
        messages = [packed.receive()]
        while messages[-1][1] != 4:
            messages.append(packed.receive())
        self.assertEqual([m[1] for m in messages if m[0] == 1], [2, 3, 4])
        pushes = [m[2] for m in messages if m[0] == 2]
        self.assertEqual({m[1] for m in messages if m[0] == 2}, {"ipc.push"})
        self.assertEqual({push["channel"] for push in pushes}, {"itwin.itwinjs-core/txns/k"})
        self.assertEqual([push["args"][0] for push in pushes].count("notifyCommitted"), 1)
        # Once and not twice.
        txns = packed.call(5, "ipc.invoke", invoke(APP, "hasPendingTxns", "k"))
        self.assertEqual(txns, {"result": True})
        packed.call(6, "session.close", {})

    def test_the_active_edit_command_goes_on_with_a_session_that_is_resumed(self):
        packed = self.connect()
        hello = packed.greet()
        packed.call(1, "ipc.invoke", invoke(APP, "openStandalone", "small.bim", READ_WRITE, {"key": "k"}))
        started = packed.call(2, "ipc.invoke", invoke(EDITOR, "startCommand", "basicManipulation", "k"))
        self.assertEqual(started, {"result": "basicManipulation"})
        packed.client.reset()
        packed, again = self.resume(hello, 2)
        self.assertTrue(again["resumed"])
        answer = packed.call(3, "ipc.invoke", invoke(EDITOR, "callMethod", "deleteElements", "+FFFFFF"))
        self.assertEqual(answer["error"]["iTwinErrorId"]["key"], "MissingId")
        # The iModel is open by this page, not left by a former one.
        taken = packed.call(4, "ipc.invoke", invoke(APP, "openStandalone", "small.bim", READ_WRITE, {"key": "other"}))
        self.assertIn("error", taken)
        packed.call(5, "ipc.invoke", invoke(APP, "closeIModel", "k"))

    def test_what_a_session_of_the_other_endpoint_had_open_before_a_restart_is_left_to_that(self):
        daemon = Daemon(DAEMON, imodel=f"{DATA}/small.bim")
        former = Packed(daemon, path="/v1/session")
        self.addCleanup(former.client.close)
        hello = former.greet()
        former.call(1, "briefcase.open", {"imodel": "small"})
        daemon.kill()
        daemon = Daemon(DAEMON, folder=daemon.folder)
        self.addCleanup(daemon.stop)
        resume = {"sessionId": hello["sessionId"], "resumeToken": hello["resumeToken"], "received": 1}
        packed, again = (Packed(daemon, path=path) for path in ("/ipc", "/v1/session"))
        self.addCleanup(packed.client.close)
        self.addCleanup(again.client.close)
        self.assertEqual(packed.greet(resume)["data"]["name"], "ResumeFailed")
        self.assertEqual(again.greet(resume)["ledBack"], {"imodel": "small", "mode": "readwrite"})

    def test_sessions_of_the_two_endpoints_are_not_taken_for_each_other(self):
        packed = self.connect()
        hello = packed.greet()
        packed.client.reset()
        other = Client(self.daemon)
        self.addCleanup(other.close)
        other.open("weh.v1.msgpack", Authorization=f"Bearer {self.daemon.token}")
        other.send(frame(BINARY, pack([0, 1, "session.hello", {"client": {}, "resume": {
            "sessionId": hello["sessionId"], "resumeToken": hello["resumeToken"], "received": 0}}])))
        self.assertEqual(unpack(other.read_message()[1])[2]["data"]["name"], "InvalidParams")
        _, again = self.resume(hello, 0)
        self.assertTrue(again["resumed"])

    def test_a_session_goes_on_with_a_new_token(self):
        packed = self.connect()
        self.assertEqual(packed.call(1, "session.renewToken", {"token": self.daemon.token})["access"], "admin")
        self.assertEqual(packed.call(2, "session.renewToken", {"token": "wrong"})["data"]["name"], "Unauthenticated")

    def test_close_ends_the_session(self):
        packed = self.connect()
        packed.greet()
        self.assertEqual(packed.call(1, "session.close", {}), {})
        self.assert_closed(packed, 1000)

    def test_text_frames_are_refused(self):
        packed = self.connect()
        packed.client.send(frame(1, b'["{}",0]'))
        self.assert_closed(packed, 1003)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
