#!/usr/bin/env python3
"""The resume token leads back to the briefcase that was open, over a restart of the daemon.

Usage: test_restart.py DAEMON WEH DATA_FOLDER. Standard library only; no sleeps, no fixed ports.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon, until  # noqa: E402

PROGRAM, WEH = (os.path.abspath(one) for one in sys.argv[1:3])
EMPTY = os.path.abspath(sys.argv[3]) + "/empty.bim"
CLIENT = {"name": "restart", "version": "1"}


class Restart(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="weh-restart-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.settings = ["txn.autosave_ms=1"]
        self.daemon = None
        self.start()

    def tearDown(self):
        self.daemon.close_sessions()
        if self.daemon.process.poll() is None:
            self.daemon.terminate()
            self.assertEqual(self.daemon.wait(), 0)

    def start(self, *settings):
        self.daemon = Daemon(PROGRAM, *self.settings, *settings, folder=self.folder, imodel=EMPTY)

    def restart(self, *settings, how=signal.SIGKILL):
        self.daemon.process.send_signal(how)
        self.daemon.process.wait(60)
        self.daemon.process.stdout.close()
        self.daemon.errors.close()
        os.truncate(f"{self.folder}/log", 0)
        self.start(*settings)

    def token(self, user):
        return subprocess.run(
            [WEH, "token", "--data-dir", f"{self.folder}/data", "--user", user, "--access", "edit"],
            check=True, capture_output=True, text=True).stdout.strip()

    def session(self, user=None, **protocol):
        """A session of @user (local: the one of the ready line)."""
        if user is not None:
            protocol["Authorization"] = f"Bearer {self.token(user)}"
        session = self.daemon.connect(**protocol)
        self.addCleanup(session.close)
        return session

    def hello(self, session, resume=None):
        return session.call("session.hello", {"client": CLIENT, **({"resume": resume} if resume else {})})

    def opened(self, params=None, user=None):
        """A session with the iModel open; what it needs to be resumed with."""
        session = self.session(user)
        hello = self.hello(session)["result"]
        session.must("briefcase.open", params or {"imodel": "empty"})
        return session, {"sessionId": hello["sessionId"], "resumeToken": hello["resumeToken"],
                         "received": 0}

    def follow(self, resume, user=None):
        session = self.session(user)
        reply = self.hello(session, resume)
        return session, reply

    def refused(self, resume, user=None):
        session, reply = self.follow(resume, user)
        self.assertEqual(reply["error"]["data"]["name"], "ResumeFailed", reply)
        return session

    def wait_for_journal(self, text):
        """Wait until the recovery journal of the iModel has @text."""
        journal = pathlib.Path(f"{self.folder}/data/imodels/empty.bim.weh-journal")
        until(lambda: journal.exists() and text in journal.read_bytes(), "the recovery journal")

    def claims(self):
        return os.listdir(f"{self.folder}/data/sessions")

    def test_after_a_kill_the_same_briefcase_is_open_with_saved_and_unsaved_edits(self):
        session, resume = self.opened()
        session.insert("saved")
        saved = session.must("txns.saveChanges", {"description": "before the kill"})["txnId"]
        unsaved = session.insert("unsaved")["id"]
        self.wait_for_journal(b"unsaved")
        self.restart()
        session, reply = self.follow(resume)
        result = reply["result"]
        self.assertEqual(result["ledBack"], {"imodel": "empty", "mode": "readwrite"})
        self.assertFalse(result["resumed"])
        self.assertEqual(result["received"], 0)
        self.assertNotEqual(result["sessionId"], resume["sessionId"])
        state = session.must("txns.state")
        self.assertTrue(state["isUndoPossible"])
        self.assertEqual(state["undoString"], "before the kill")
        self.assertTrue(state["hasUnsavedChanges"])
        props = session.must("elements.getElementProps", {"id": unsaved})
        self.assertEqual(props["code"]["value"], "unsaved")
        self.assertIn("restore", [one["params"].get("cause") for one in session.notified])
        self.assertEqual(session.must("session.info")["imodel"], "empty")
        self.assertTrue(session.must("txns.saveChanges")["saved"])
        self.assertEqual(len(session.must("txns.reverseTxns", {"count": 2})["reversed"]), 2)
        self.assertEqual(session.must("txns.list")[0]["txnId"], saved)

    def users(self, session):
        return [txn.get("user") for txn in session.must("txns.list")]

    def save_as(self, user, params=None):
        session, _ = self.opened(params, user)
        session.insert("")
        self.assertTrue(session.must("txns.saveChanges")["saved"])
        return session

    def test_after_a_kill_it_is_known_who_saved_what(self):
        for user in ("ada", "bob", "ada"):
            self.save_as(user)
            self.restart()
        session, _ = self.opened({"imodel": "empty", "mode": "readonly"}, "eve")
        self.assertEqual(self.users(session), ["ada", "bob", "ada"])
        names = pathlib.Path(f"{self.folder}/data/imodels/empty.bim.weh-authors")
        self.assertEqual(names.stat().st_mode & 0o777, 0o600)
        self.assertEqual(len(session.must("imodel.list")), 1)

    def test_names_that_cannot_be_read_are_not_told(self):
        self.save_as("ada").must("session.close")
        names = pathlib.Path(f"{self.folder}/data/imodels/empty.bim.weh-authors")
        names.write_bytes(names.read_bytes()[:-1])
        self.daemon.wait_for_log("event=session.end")
        session = self.save_as("bob")
        self.assertEqual(self.users(session), [None, "bob"])
        self.daemon.wait_for_log("event=authors.failed")

    def test_names_go_with_a_checkout_that_is_deleted(self):
        session = self.session("ada")
        self.hello(session)
        name = session.must("briefcase.checkout", {"imodel": "empty"})["briefcase"]
        session.must("session.close")
        session = self.save_as("ada", {"briefcase": name})
        folder = f"{self.folder}/data/briefcases"
        self.assertIn(f"{name}.bim.weh-authors", os.listdir(folder))
        self.assertEqual(self.users(session), ["ada"])
        session.must("briefcase.close")
        session.must("briefcase.delete", {"briefcase": name})
        self.assertEqual([one for one in os.listdir(folder) if one.startswith(name)], [])

    def test_after_a_stop_in_good_order_it_is_the_same(self):
        session, resume = self.opened()
        unsaved = session.insert("unsaved")["id"]
        self.restart("txn.autosave_ms=0", how=signal.SIGTERM)
        session, reply = self.follow(resume)
        self.assertIn("ledBack", reply["result"])
        props = session.must("elements.getElementProps", {"id": unsaved})
        self.assertEqual(props["code"]["value"], "unsaved")

    def test_a_checkout_is_found_again_by_its_name(self):
        session = self.session("ada")
        self.hello(session)
        name = session.must("briefcase.checkout", {"imodel": "empty"})["briefcase"]
        session.must("session.close")
        session, resume = self.opened({"briefcase": name}, "ada")
        session.insert("mine")
        session.must("txns.saveChanges")
        self.restart()
        session, reply = self.follow(resume, "ada")
        self.assertEqual(reply["result"]["ledBack"], {"briefcase": name, "mode": "readwrite"})
        self.assertTrue(session.must("txns.state")["isUndoPossible"])

    def test_what_was_open_for_reading_is_open_for_reading(self):
        _, resume = self.opened({"imodel": "empty", "mode": "readonly"})
        self.restart()
        session, reply = self.follow(resume)
        self.assertEqual(reply["result"]["ledBack"], {"imodel": "empty", "mode": "readonly"})
        self.assertEqual(session.must("session.info")["mode"], "readonly")

    def test_it_works_once(self):
        _, resume = self.opened()
        self.restart()
        self.follow(resume)[0].must("session.close")
        self.refused(resume)
        self.restart()
        self.refused(resume)

    def test_the_way_back_outlives_another_restart_until_it_is_taken(self):
        _, resume = self.opened()
        self.restart()
        self.restart()
        session, reply = self.follow(resume)
        new = {"sessionId": reply["result"]["sessionId"],
               "resumeToken": reply["result"]["resumeToken"], "received": 0}
        session.must("session.ping")
        self.restart()
        self.refused(resume)
        self.assertIn("ledBack", self.follow(new)[1]["result"])

    def test_another_user_a_wrong_token_and_an_unknown_session_are_refused_alike(self):
        _, resume = self.opened(user="ada")
        token = resume["resumeToken"]
        self.restart()
        self.refused(resume, "eve")
        self.refused(resume)
        wrong = ("f" if token[0] != "f" else "0") + token[1:]
        for change in ({"resumeToken": wrong}, {"resumeToken": ""}, {"resumeToken": token[:-1]},
                       {"resumeToken": token.upper() if token.upper() != token else "x"},
                       {"sessionId": "s0123456789abcdef"}, {"sessionId": "../auth.key"},
                       {"sessionId": ""}):
            self.refused({**resume, **change}, "ada")
        self.assertIn("ledBack", self.follow(resume, "ada")[1]["result"])

    def test_guesses_end_the_connection(self):
        _, resume = self.opened()
        self.restart()
        session = self.session()
        for i in range(5):
            reply = self.hello(session, {**resume, "resumeToken": f"{i:048x}"})
            self.assertEqual(reply["error"]["data"]["name"], "ResumeFailed")
        self.assertEqual(session.read_to_the_end(), 1008)

    def test_a_token_that_was_rotated_out_is_refused(self):
        session, first = self.opened()
        session.client.reset()
        self.daemon.wait_for_log("event=session.detached")
        session, reply = self.follow({**first, "received": 1})
        second = {**first, "resumeToken": reply["result"]["resumeToken"]}
        self.assertTrue(reply["result"]["resumed"])
        session.must("session.ping")  # it has the new token
        session.must("session.ping")
        self.restart()
        self.refused(first)
        self.assertIn("ledBack", self.follow(second)[1]["result"])

    def test_the_token_of_a_resumed_session_that_is_silent_is_good_too(self):
        for takes_new in (True, False):
            session, first = self.opened()
            session.client.reset()
            self.daemon.wait_for_log("event=session.detached")
            _, reply = self.follow({**first, "received": 1})
            second = reply["result"]["resumeToken"]

            def is_written():
                path = f"{self.folder}/data/sessions/{first['sessionId']}"
                with open(path, encoding="utf-8") as file:
                    return second in file.read()

            until(is_written, "the claim has the new token")
            self.restart()
            resume = {**first, "resumeToken": second} if takes_new else first
            session, reply = self.follow(resume)
            self.assertIn("ledBack", reply["result"])
            session.must("session.close")
            self.daemon.wait_for_log("event=session.end")

    def test_what_was_closed_is_not_opened(self):
        for end in ("briefcase.close", "session.close"):
            session, resume = self.opened()
            session.must(end)
            self.daemon.wait_for_log("event=session.end" if end == "session.close" else
                                     "method=briefcase.close")
            session.close()
            self.restart()
            self.refused(resume)
            self.assertEqual(self.claims(), [])

    def test_without_lingering_there_is_no_way_back(self):
        session, resume = self.opened()
        self.restart("session.linger_s=0")
        self.refused(resume)
        self.assertEqual(self.claims(), [])
        session, _ = self.opened()
        self.assertEqual(self.claims(), [])

    def test_it_is_over_when_a_session_would_have_been(self):
        _, resume = self.opened()
        self.restart("session.linger_s=1")
        over = self.session()
        while True:  # until the second is over: each look is a connection's worth of time
            reply = self.hello(self.session(), {**resume, "resumeToken": "0" * 48})
            self.assertIn("error", reply)
            if self.daemon.metrics()["webedithost_uptime_seconds"] >= 2:
                break
        self.hello(over)
        self.refused(resume)
        over.must("briefcase.open", {"imodel": "empty"})
        self.assertEqual(len(self.claims()), 1)  # its own: the old one was swept away

    def test_rights_are_those_of_the_new_token(self):
        _, resume = self.opened(user="ada")
        self.restart()
        viewer = subprocess.run(
            [WEH, "token", "--data-dir", f"{self.folder}/data", "--user", "ada", "--access", "view"],
            check=True, capture_output=True, text=True).stdout.strip()
        session = self.session(Authorization=f"Bearer {viewer}")
        self.assertIn("ledBack", self.hello(session, resume)["result"])
        # It may not be opened for writing: nothing is open, which the next request tells.
        self.assertEqual(session.call("txns.state")["error"]["data"]["name"], "WrongState")
        session.must("briefcase.open", {"imodel": "empty", "mode": "readonly"})

    def test_files_that_are_no_claims_are_cleared_away(self):
        session, resume = self.opened()
        folder = f"{self.folder}/data/sessions"
        good = self.claims()[0]
        with open(f"{folder}/{good}", encoding="utf-8") as file:
            text = file.read()
        for name, content in (("s1", ""), ("s2", "{"), ("s3", text), ("s4", "[]"), ("s5", text[:-1]),
                              ("s6", "x" * 5000), ("other", text), (good + ".new", text),
                              ("s7", text.replace('"token"', '"tokem"'))):
            with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
                file.write(content)
        os.symlink(f"{folder}/{good}", f"{folder}/s8")
        os.mkfifo(f"{folder}/s9")
        self.assertEqual(os.stat(f"{folder}/{good}").st_mode & 0o777, 0o600)
        self.restart()
        self.assertEqual(self.claims(), [good])
        self.assertIn("ledBack", self.follow(resume)[1]["result"])

    def test_a_briefcase_that_somebody_else_has_taken_meanwhile_is_not_opened(self):
        _, resume = self.opened()
        self.restart()
        other = self.session()
        other.must("briefcase.open", {"imodel": "empty"})
        session, reply = self.follow(resume)
        self.assertIn("ledBack", reply["result"])
        self.assertEqual(session.call("txns.state")["error"]["data"]["name"], "WrongState")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
