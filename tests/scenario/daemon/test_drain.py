#!/usr/bin/env python3
"""SIGTERM: the clients are told, unsaved edits are kept, the status is 0.

Usage: test_drain.py DAEMON DATA_FOLDER. Standard library only; no fixed ports.
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
SMALL = os.path.abspath(sys.argv[2]) + "/small.bim"


class Drain(unittest.TestCase):
    def test_clients_are_told_and_unsaved_edits_are_offered_afterwards(self):
        daemon = Daemon(PROGRAM, imodel=SMALL)
        session = daemon.connect()
        session.must("briefcase.open", {"imodel": "small"})
        inserted = session.insert("unsaved")["id"]
        session.notified.clear()
        daemon.terminate()
        self.assertEqual(session.read_to_the_end(), 1001)
        drains = [one for one in session.notified if one["method"] == "session.onDrain"]
        self.assertEqual(len(drains), 1)
        self.assertRegex(drains[0]["params"]["deadline"], r"^\d{4}-\d\d-\d\dT")
        self.assertEqual(daemon.wait(), 0)
        session.close()
        daemon = Daemon(PROGRAM, folder=daemon.folder)
        session = daemon.connect()
        opened = session.must("briefcase.open", {"imodel": "small", "unsaved": "restore"})
        self.assertIn("recovered", opened)
        self.assertEqual(session.must("elements.getElementProps", {"id": inserted})["id"], inserted)
        daemon.stop()

    def test_further_sigterms_do_not_kill_it(self):
        """Also not after it has ceased to watch for signals, and whichever thread they reach."""
        for _ in range(10):
            daemon = Daemon(PROGRAM)
            while daemon.process.poll() is None:
                daemon.terminate()
            self.assertEqual(daemon.wait(), 0)
            daemon.stop()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
