#!/usr/bin/env python3
"""The audit log of the daemon: who changed what, with which outcome.

Usage: test_audit.py DAEMON DATA_FOLDER. Standard library only; no fixed ports.
"""

import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
SMALL = os.path.abspath(sys.argv[2]) + "/small.bim"


def records(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


class Audit(unittest.TestCase):
    def test_what_changes_something_is_told_and_nothing_else(self):
        daemon = Daemon(PROGRAM, imodel=SMALL)
        session = daemon.connect()
        session.must("imodel.list")
        session.must("briefcase.open", {"imodel": "small"})
        session.must("elements.getElementProps", {"id": "0x1"})
        current = session.must("txns.state")["currentTxnId"]
        session.must("elements.deleteElement", {"ids": [session.insert("one")["id"]]})
        session.insert("two")
        session.must("txns.saveChanges", {"_meta": {"activityId": "the-save"}})
        session.call("elements.insertElement", {"props": {"classFullName": "No:Such"}})
        session.must("edit.batch", {"ops": [
            {"method": "elements.getElementProps", "params": {"id": "0x1"}},
            {"method": "elements.getElementProps", "params": {"id": "0x1"}},
            {"method": "models.getModelProps", "params": {"id": "0x1"}}]})
        session.must("txns.reverseTxns")
        session.must("briefcase.close")
        session.must("imodel.create", {"imodel": "new", "rootSubject": {"name": "new"}})
        lines = records(f"{daemon.folder}/data/audit.log")
        self.assertEqual([line["method"] for line in lines], [
            "briefcase.open", "elements.insertElement", "elements.deleteElement",
            "elements.insertElement", "txns.saveChanges", "elements.insertElement", "edit.batch",
            "txns.reverseTxns", "briefcase.close", "imodel.create"])
        for line in lines:
            self.assertEqual(line["user"], "local")
            self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
            self.assertRegex(line["session"], "^s[0-9a-f]{16}$")
            self.assertTrue(line["activity"])
            self.assertEqual(line["imodel"], "new" if line["method"] == "imodel.create" else "small")
        self.assertEqual([line["txnId"] for line in lines[1:5]], [current] * 4)
        self.assertEqual(lines[4]["activity"], "the-save")
        self.assertEqual(lines[6]["ops"], {"elements.getElementProps": 2, "models.getModelProps": 1})
        failed = [line["method"] for line in lines if line["outcome"] != "ok"]
        self.assertEqual(failed, ["elements.insertElement"])
        self.assertEqual(os.stat(f"{daemon.folder}/data/audit.log").st_mode & 0o777, 0o600)
        daemon.stop()

    def test_refused_attempts_are_told(self):
        daemon = Daemon(PROGRAM, imodel=SMALL)
        session = daemon.connect()
        session.must("briefcase.open", {"imodel": "small", "mode": "readonly"})
        reply = session.call("txns.saveChanges")
        line = records(f"{daemon.folder}/data/audit.log")[-1]
        self.assertEqual(line["method"], "txns.saveChanges")
        self.assertEqual(line["outcome"], reply["error"]["data"]["name"])
        daemon.stop()

    def test_files_are_rotated_and_no_line_is_torn(self):
        daemon = Daemon(PROGRAM, "audit.max_bytes=4096", "audit.files=3", imodel=SMALL)
        session = daemon.connect()
        session.must("briefcase.open", {"imodel": "small"})
        for _ in range(100):
            session.must("txns.abandonChanges")
        base = f"{daemon.folder}/data/audit.log"
        for path in (base, base + ".1", base + ".2"):
            self.assertLessEqual(os.path.getsize(path), 4096)
            self.assertTrue(records(path))
        self.assertFalse(os.path.exists(base + ".3"))
        daemon.stop()

    def test_it_can_be_elsewhere_or_off(self):
        daemon = Daemon(PROGRAM, "audit.enabled=false", imodel=SMALL)
        daemon.connect().must("briefcase.open", {"imodel": "small"})
        self.assertFalse(os.path.exists(f"{daemon.folder}/data/audit.log"))
        daemon.stop()

    def test_file_that_cannot_be_made_stops_the_start(self):
        daemon = Daemon(PROGRAM, "audit.file=/nowhere/audit.log")
        self.assertEqual(daemon.wait(), 1)
        self.assertIn("audit.file", daemon.log())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
