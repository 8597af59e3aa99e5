#!/usr/bin/env python3
"""Activity ids: from the client, through the log, back in errors.

Usage: test_activity.py DAEMON DATA_FOLDER. Standard library only; no fixed ports.
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon  # noqa: E402
from page import APP, EDIT, Page  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
SMALL = os.path.abspath(sys.argv[2]) + "/small.bim"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


def lines(log, text):
    return [line for line in log.splitlines() if text in line]


class Activity(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(PROGRAM, imodel=SMALL)

    def ended(self, session):
        session.call("session.close")
        session.close()
        self.daemon.wait_for_log("event=session.end ")
        return self.daemon.stop()

    def test_activity_of_a_request_is_in_its_lines_and_in_its_error(self):
        session = self.daemon.connect()
        session.must("session.ping", {"_meta": {"activityId": "mine-1"}})
        reply = session.call("elements.getElementProps", {"id": "0x1", "_meta": {"activityId": "mine-2"}})
        self.assertEqual(reply["error"]["data"]["activityId"], "mine-2")
        self.assertEqual(reply["error"]["data"]["name"], "WrongState")
        log = self.ended(session)
        self.assertEqual(len(lines(log, "activity=mine-1 method=session.ping")), 1)
        self.assertEqual(len(lines(log, "activity=mine-2 method=elements.getElementProps")), 1)

    def test_correlation_of_the_handshake_is_in_all_lines_of_the_session(self):
        session = self.daemon.connect(**{"X-Correlation-ID": "corr-77", "traceparent": PARENT})
        session.must("session.hello", {"client": {"name": "test", "version": "1"}})
        session.must("session.ping")
        reply = session.call("no.such.method")
        self.assertEqual(reply["error"]["data"]["activityId"], "corr-77")
        log = self.ended(session)
        for event in ("session.start", "session.hello", "request", "session.end"):
            self.assertTrue(lines(log, f"event={event} "), event)
            for line in lines(log, f"event={event} "):
                self.assertIn("activity=corr-77", line)

    def test_trace_stands_in_for_an_activity(self):
        session = self.daemon.connect(traceparent=PARENT)
        session.must("session.ping")
        other = PARENT.replace("4bf9", "aaaa")
        session.must("session.ping", {"_meta": {"traceparent": other}})
        session.must("session.ping", {"_meta": {"traceparent": other, "activityId": "both"}})
        log = self.ended(session)
        pings = lines(log, "method=session.ping")
        self.assertIn(f"activity={TRACE}", pings[0])
        self.assertIn("activity=aaaa", pings[1])
        self.assertIn("activity=both", pings[2])
        self.assertIn("trace=aaaa", pings[2])

    def test_wrong_ones_are_refused_in_params_and_ignored_in_headers(self):
        session = self.daemon.connect(**{"X-Correlation-ID": "a\x7fb", "traceparent": "00-0-0-0"})
        for meta, where in (({"activityId": "a b"}, "_meta.activityId"),
                            ({"activityId": "x" * 64}, "_meta.activityId"),
                            ({"activityId": 7}, "_meta.activityId"),
                            ({"traceparent": "00-" + "0" * 32}, "_meta.traceparent")):
            reply = session.call("session.ping", {"_meta": meta})
            self.assertEqual(reply["error"]["data"]["name"], "InvalidParams")
            self.assertEqual(reply["error"]["data"]["where"], where)
            self.assertTrue(reply["error"]["data"]["activityId"].startswith("s"))
        self.ended(session)

    def test_activity_is_made_when_nobody_has_one(self):
        session = self.daemon.connect()
        first = session.call("txns.state")["error"]["data"]["activityId"]
        second = session.call("txns.state")["error"]["data"]["activityId"]
        self.assertNotEqual(first, second)
        log = self.ended(session)
        self.assertTrue(lines(log, f"activity={first} method=txns.state"))

    def test_call_of_a_stock_frontend_bears_the_id_of_its_context(self):
        page = Page(self.daemon)
        page.app("openStandalone", "small", 2, {"key": "k"})
        page.result_of(page.send_rpc("getElementProps", {"key": "k"}, ["0x1"], id="call-1"))
        error = page.data_of(page.send_rpc("getElementProps", {"key": "k"}, ["0xfffff"], id="call-2"))["error"]
        self.assertEqual(error["loggingMetadata"], {"activityId": "call-2"})
        early = page.data_of(page.send_rpc("noSuchOperation", id="call-3"))["error"]
        self.assertEqual(early["loggingMetadata"], {"activityId": "call-3"})
        made = []
        for context in ({}, {"id": 7}, {"id": "a b"}, {"id": "x" * 64}, {"id": "a\nb"}, {"id": ""}):
            error = page.data_of(page.send_rpc("getElementProps", {"key": "k"}, ["0xfffff"], **context))["error"]
            made.append(error["loggingMetadata"]["activityId"])
        made.append(page.data_of(page.send(EDIT, "deleteElements", ["k", ["0xfffff"]]))["error"]["loggingMetadata"]["activityId"])
        self.assertEqual(len(set(made)), len(made))
        for activity in made:
            self.assertRegex(activity, "^s[0-9a-f]{16}-[0-9]+$")
        self.assertEqual(page.data_of(page.send(APP, "saveChanges", ["other"]))["error"],
                         {"message": "iModel not found", "isIModelNotFoundResponse": True})
        page.client.close()
        self.daemon.wait_for_log("event=session.end ")
        log = self.daemon.stop()
        self.assertEqual(len(lines(log, "activity=call-1 method=IModelReadRpcInterface.getElementProps")), 1)
        self.assertEqual(len(lines(log, "activity=call-2 method=IModelReadRpcInterface.getElementProps")), 1)
        self.assertEqual(len(lines(log, f"activity={made[-1]} method=webedit/edit.deleteElements")), 1)

    def test_end_of_session_tells_its_totals(self):
        session = self.daemon.connect()
        session.must("briefcase.open", {"imodel": "small"})
        session.insert("one")
        session.must("txns.saveChanges")
        session.call("elements.getElementProps", {"id": "0xfffff"})
        line = lines(self.ended(session), "event=session.end ")[0]
        self.assertIn("level=info", line)
        fields = dict(part.split("=", 1) for part in line.split() if "=" in part)
        self.assertEqual(fields["reason"], "SESSION_CLOSE")
        self.assertEqual(fields["user"], "local")
        self.assertEqual(fields["requests"], "5")
        self.assertEqual(fields["failures"], "1")
        for name in ("age_ms", "notifications", "bytes_in", "bytes_out", "longest_request_us"):
            self.assertGreaterEqual(int(fields[name]), 1, name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
