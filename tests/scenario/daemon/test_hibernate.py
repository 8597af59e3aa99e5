#!/usr/bin/env python3
"""Sessions that rest: their files are closed by the clock, or because descriptors run short, and their
clients notice nothing but what another program has done meanwhile.

Usage: test_hibernate.py DAEMON DATA_FOLDER. Standard library only; no fixed ports.
"""

import os
import shutil
import socket
import sqlite3
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon, until  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
SMALL = os.path.abspath(sys.argv[2]) + "/small.bim"
REST = 'webedithost_hibernations_total{cause="rest"}'
FILES = 'webedithost_hibernations_total{cause="files"}'
SAME = 'webedithost_wakes_total{outcome="unchanged"}'
CHANGED = 'webedithost_wakes_total{outcome="changed"}'
OPEN = 'webedithost_briefcases{state="open"}'
ASLEEP = 'webedithost_briefcases{state="hibernating"}'


class Hibernation(unittest.TestCase):
    def start(self, *settings, **more):
        self.daemon = Daemon(PROGRAM, *settings, imodel=SMALL, **more)
        self.addCleanup(lambda: self.daemon.process.poll() is None and self.daemon.stop())
        self.path = f"{self.daemon.folder}/data/imodels/small.bim"
        return self.daemon

    def await_asleep(self, n):
        until(lambda: self.daemon.metrics()[ASLEEP] == n, f"{n} sleep")

    def open(self, **params):
        session = self.daemon.connect()
        self.addCleanup(session.close)
        session.must("briefcase.open", params or {"imodel": "small"})
        return session

    def sql(self, text):
        db = sqlite3.connect(self.path, timeout=0, isolation_level=None)
        db.execute(text)
        db.close()

    def edit(self, rest):
        """A session's work with rests between; everything that its client sees."""
        session = self.open()
        seen = []

        def see(method, params=None):
            seen.append((method, session.call(method, params).get("result")))

        for i in range(3):
            seen.append(session.insert(f"subject {i}"))
            see("txns.saveChanges", {"description": f"txn {i}"})
            rest()
        for method, params in (("txns.state", None), ("txns.reverseTxns", {"count": 2}),
                               ("txns.state", None), ("txns.reinstateTxn", None),
                               ("txns.reverseTxns", None), ("elements.getElementProps", {"id": "0x1"}),
                               ("txns.restartTxnSession", None), ("txns.state", None),
                               ("txns.reverseTxns", None)):
            see(method, params)
            rest()
        seen.append(session.insert("after all"))
        see("txns.saveChanges")
        for _, result in [entry for entry in seen if isinstance(entry, tuple)]:
            for one in result if isinstance(result, list) else [result]:
                (one or {}).pop("time", None)
        for note in session.notified:
            note["params"].pop("time", None)
        return seen, session.notified

    def test_client_sees_the_same_as_without_rests(self):
        self.start("session.hibernate_s=0")
        expected = self.edit(lambda: None)
        self.assertEqual(self.daemon.metrics()[REST], 0)
        self.daemon.stop()
        daemon = self.start("session.hibernate_s=1")

        def rest():
            self.await_asleep(1)
            self.assertEqual(daemon.metrics()[OPEN], 0)

        self.assertEqual(self.edit(rest), expected)
        metrics = daemon.metrics()
        self.assertEqual((metrics[REST], metrics[SAME], metrics[CHANGED]), (12, 12, 0))

    def open_fds(self, daemon):
        """How many, when those of connections that have just gone are closed too."""
        counts = [None]

        def is_settled():
            counts.append(daemon.metrics()["webedithost_process_open_fds"])
            return counts[-1] == counts[-2]

        until(is_settled, "a number that stays")
        return counts[-1]

    def test_rest_closes_the_files(self):
        daemon = self.start("session.hibernate_s=1")
        before = self.open_fds(daemon)
        session = self.open()
        self.assertEqual(daemon.metrics()[OPEN], 1)
        self.assertGreaterEqual(daemon.metrics()["webedithost_process_open_fds"], before + 2)
        self.await_asleep(1)
        until(lambda: daemon.metrics()["webedithost_process_open_fds"] == before + 1, "closed")
        self.assertFalse(os.path.exists(self.path + "-wal"))
        # What needs no file does not open it.
        session.must("session.info")
        session.must("session.ping")
        self.assertEqual(daemon.metrics()[ASLEEP], 1)
        session.must("briefcase.close")
        metrics = daemon.metrics()
        self.assertEqual((metrics[ASLEEP], metrics[OPEN]), (0, 0))

    def test_what_is_unsaved_or_open_keeps_it_awake(self):
        daemon = self.start("session.hibernate_s=1")
        session = self.open()
        other = daemon.connect()
        self.addCleanup(other.close)
        name = other.must("briefcase.checkout", {"imodel": "small"})["briefcase"]
        witness = self.open(briefcase=name)
        n_asleep = 0
        for begin, params, end, end_params in (
                ("txns.savepoint", {"name": "s"}, "txns.release", {"name": "s"}),
                ("txns.beginMultiTxnOperation", {}, "txns.endMultiTxnOperation", {}),
                (None, None, "txns.abandonChanges", {}), (None, None, "txns.saveChanges", {})):
            if begin is None:
                session.insert(f"unsaved {end}")
            else:
                session.must(begin, params)
            # The witness rests from later on, and sleeps.
            witness.must("txns.state")
            until(lambda: daemon.metrics()[REST] > n_asleep, "the witness sleeps")
            metrics = daemon.metrics()
            self.assertEqual((metrics[ASLEEP], metrics[OPEN]), (1, 1), begin)
            session.must(end, end_params)
            self.await_asleep(2)
            n_asleep = daemon.metrics()[REST]

    def test_nothing_is_lost_when_it_is_killed_asleep(self):
        daemon = self.start("session.hibernate_s=1", "txn.durability=full")
        session = self.open()
        subject = session.insert("kept")["id"]
        session.must("txns.saveChanges", {"description": "kept"})
        self.await_asleep(1)
        daemon.kill()
        self.assertEqual(sorted(os.listdir(os.path.dirname(self.path))), ["small.bim", "small.bim.weh-authors"])
        db = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        db.close()
        folder = daemon.folder
        self.daemon = Daemon(PROGRAM, folder=folder)
        session = self.daemon.connect()
        opened = session.must("briefcase.open", {"imodel": "small"})
        self.assertNotIn("recoverable", opened)
        session.must("elements.getElementProps", {"id": subject})
        self.assertEqual(session.must("txns.list")[-1]["description"], "kept")
        session.close()

    def test_foreign_change_is_told_and_refuses_the_edit_that_did_not_know(self):
        daemon = self.start("session.hibernate_s=1")
        session = self.open()
        session.insert("one")
        session.must("txns.saveChanges")
        self.await_asleep(1)
        self.sql("CREATE TABLE foreign_table(x)")
        error = session.call("txns.reverseTxns")["error"]
        self.assertEqual((error["code"], error["data"]["name"]), (1051, "ChangedOutside"))
        self.assertEqual(session.notified.pop()["method"], "briefcase.onChangedOutside")
        self.assertEqual(daemon.metrics()[CHANGED], 1)
        # Told once; the next one counts, and the file is as the other left it.
        session.insert("two")
        session.must("txns.saveChanges")
        db = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        self.assertEqual(db.execute("SELECT count(*) FROM foreign_table").fetchone(), (0,))
        db.close()
        # A request that reads is answered, after the notification.
        self.await_asleep(1)
        session.notified.clear()
        self.sql("INSERT INTO foreign_table VALUES(1)")
        session.must("txns.state")
        self.assertEqual([note["method"] for note in session.notified], ["briefcase.onChangedOutside"])

    def test_foreign_lock_is_busy_and_nothing_else(self):
        self.start("session.hibernate_s=1")
        session = self.open()
        session.insert("one")
        session.must("txns.saveChanges")
        before = session.must("txns.state")
        self.await_asleep(1)
        db = sqlite3.connect(self.path, timeout=0, isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        self.assertEqual(session.call("txns.state")["error"]["data"]["name"], "Busy")
        self.assertEqual(session.call("txns.saveChanges")["error"]["data"]["name"], "Busy")
        db.execute("ROLLBACK")
        db.close()
        self.assertEqual(session.must("txns.state"), before)
        session.must("txns.reverseTxns")

    def test_older_copy_put_in_its_place_is_noticed(self):
        self.start("session.hibernate_s=1")
        session = self.open()
        at_first = session.must("txns.state")
        session.insert("one")
        session.must("txns.saveChanges")
        self.await_asleep(1)
        with open(SMALL, "rb") as old, open(self.path, "r+b") as now:  # the same inode
            shutil.copyfileobj(old, now)
            now.truncate()
        error = session.call("txns.reverseTxns")["error"]
        self.assertEqual(error["data"]["name"], "ChangedOutside")
        self.assertEqual(session.must("txns.state"), at_first)
        session.insert("again")
        session.must("txns.saveChanges")


class Budget(unittest.TestCase):
    start, open = Hibernation.start, Hibernation.open

    def copies(self, n):
        sessions = []
        for _ in range(n):
            session = self.daemon.connect()
            self.addCleanup(session.close)
            name = session.must("briefcase.checkout", {"imodel": "small"})["briefcase"]
            session.must("briefcase.open", {"briefcase": name})
            sessions.append(session)
        return sessions

    def test_soft_limit_is_raised_as_far_as_it_may(self):
        daemon = self.start(descriptors=(64, 4096))
        with open(f"/proc/{daemon.process.pid}/limits", encoding="ascii") as file:
            line = [line.split() for line in file if line.startswith("Max open files")][0]
        self.assertEqual(line[3:5], ["4096", "4096"])
        self.assertRegex(daemon.log(), "event=service.descriptors .*limit=4096 ")
        daemon.stop()
        daemon = self.start("limits.sessions=10", "limits.handshakes=10", descriptors=(64, 4096))
        with open(f"/proc/{daemon.process.pid}/limits", encoding="ascii") as file:
            line = [line.split() for line in file if line.startswith("Max open files")][0]
        self.assertEqual(line[3:5], [str(256 + 10 + 10 + 40), "4096"])  # no more than is of use
        daemon.stop()

    def test_more_sessions_than_descriptors_for_their_files_work_by_turns(self):
        daemon = self.start("session.hibernate_s=0", descriptors=(280, 280))
        sessions = self.copies(60)
        for turn in range(3):
            for i, session in enumerate(sessions):
                session.insert(f"{turn} of {i}")
                self.assertTrue(session.must("txns.saveChanges")["saved"])
        # One that is just closing its file is neither.
        until(lambda: (now := daemon.metrics())[OPEN] + now[ASLEEP] == 60, "all have a file")
        metrics = daemon.metrics()
        self.assertGreater(metrics[FILES], 100)
        self.assertEqual(metrics[REST], 0)
        self.assertLess(metrics[OPEN], 45)
        self.assertLess(metrics["webedithost_process_open_fds"], 280)
        for session in sessions:
            self.assertEqual(len(session.must("txns.reverseAll")), 1)
            self.assertEqual(len(session.must("txns.list")), 3)

    def test_no_setting_goes_beyond_the_descriptors(self):
        daemon = self.start("session.hibernate_s=0", "limits.open_files=1000", descriptors=(160, 160))
        sessions, n_busy = [], 0

        def retried(session, method, params=None):
            nonlocal n_busy
            for _ in range(100):
                reply = session.call(method, params)
                if "result" in reply:
                    return reply["result"]
                self.assertEqual(reply["error"]["data"]["name"], "Busy", reply)
                n_busy += 1
            self.fail("busy for ever")

        for _ in range(40):
            session = daemon.connect()
            self.addCleanup(session.close)
            name = retried(session, "briefcase.checkout", {"imodel": "small"})["briefcase"]
            retried(session, "briefcase.open", {"briefcase": name})
            sessions.append(session)
        for session in sessions:
            retried(session, "txns.state")
        metrics = daemon.metrics()
        self.assertEqual(metrics['webedithost_limit_hits_total{limit="open_files"}'], n_busy)
        self.assertGreater(metrics[FILES], 5)

    def test_most_recently_used_stay(self):
        daemon = self.start("session.hibernate_s=0", descriptors=(280, 280))
        sessions = self.copies(30)
        slept = daemon.metrics()[FILES]
        for session in sessions[:5]:
            session.must("txns.state")
        woken = daemon.metrics()[SAME]
        for _ in range(6):
            self.copies(1)
            for session in sessions[:5]:
                session.must("txns.state")
        metrics = daemon.metrics()
        self.assertEqual(metrics[SAME], woken)
        self.assertGreater(metrics[FILES], slept)

    def test_connections_send_files_to_sleep_but_leave_some_descriptors(self):
        daemon = self.start("session.hibernate_s=0", "limits.address_connections=0",
                            "limits.handshake_s=60", descriptors=(320, 320))
        sessions = self.copies(40)
        slept = daemon.metrics()[FILES]
        idle = []
        for _ in range(80):
            idle.append(daemon.connect())
            self.addCleanup(idle[-1].close)
            idle[-1].must("session.ping")
        self.assertGreater(daemon.metrics()[FILES], slept)
        # Whoever only connects gets no more than connections may have.
        sockets = [socket.create_connection(("127.0.0.1", daemon.port)) for _ in range(200)]
        daemon.wait_for_log("event=net.accept_paused")
        for session in sessions:
            session.insert("while others wait")
            session.must("txns.saveChanges")
        for one in sockets:
            one.close()
        until(lambda: daemon.get("/healthz")[0] == 200, "accepting again")



if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
