#!/usr/bin/env python3
"""The daemon as an operator meets it: command line, settings, ready line, signals, exit status, logs.

Usage: test_daemon.py DAEMON DATA_FOLDER. Python's standard library only; no sleeps, no fixed ports.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import is_watched_for_races  # noqa: E402

DAEMON = os.path.abspath(sys.argv[1])
DATA = os.path.abspath(sys.argv[2])
TIMEOUT_S = 30


def run(*arguments, environment=None, cwd=None):
    """Run the daemon to its end; status, output, errors."""
    done = subprocess.run([DAEMON, *arguments], capture_output=True, text=True, timeout=TIMEOUT_S,
                          env={**os.environ, **(environment or {})}, cwd=cwd, check=False)
    return done.returncode, done.stdout, done.stderr


class Daemon:
    """A running daemon on a temporary data folder. Unless @at_once it has answered once: ThreadSanitizer's
    runtime loses a signal that comes before (daemon.py)."""

    def __init__(self, *arguments, environment=None, at_once=False):
        self.folder = tempfile.mkdtemp(prefix="weh-daemon-")
        self.process = subprocess.Popen(
            [DAEMON, "--set", "listen.port=0", "--set", f"data.dir={self.folder}/data", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **(environment or {})})
        line = self.process.stdout.readline()
        self.ready = json.loads(line) if line else None
        if not at_once:
            with urllib.request.urlopen(self.ready["httpUrl"] + "healthz", timeout=TIMEOUT_S) as answer:
                answer.read()

    def stop(self, number=signal.SIGTERM):
        """End it; exit status and log."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        _, log = self.process.communicate(timeout=TIMEOUT_S)
        shutil.rmtree(self.folder, ignore_errors=True)
        return self.process.returncode, log

    def wait_for(self, event):
        """The next log line with @event."""
        for line in self.process.stderr:
            if f"event={event} " in line:
                return line
        raise AssertionError(f"no {event} in the log")


class CommandLine(unittest.TestCase):
    def test_help_and_version_answer_on_standard_output(self):
        status, output, errors = run("--help")
        self.assertEqual((status, errors), (0, ""))
        for option in ("--config", "--set", "--check-config", "--print-config", "--version"):
            self.assertIn(option, output)
        self.assertRegex(run("--version")[1], r"^webedithost \d+\.\d+\.\d+\n$")

    def test_wrong_options_end_with_2_and_are_named(self):
        for arguments, name in ((["--nonsense"], "--nonsense"), (["--set", "listen.port"], "--set"),
                                (["--set", "listen.prot=1"], "listen.prot"), (["stray"], "stray"),
                                (["--set", "listen.port=99999"], "listen.port"),
                                (["--config"], "--config"),
                                (["--config", "/nonexistent"], "/nonexistent")):
            status, output, errors = run(*arguments)
            self.assertEqual(status, 2, arguments)
            self.assertEqual(output, "")
            self.assertIn(name, errors)

    def test_wrong_file_is_named_with_line_and_key(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write("[log]\nlevel = info\nformat = xml\n")
            file.flush()
            status, _, errors = run("--config", file.name, "--check-config")
            self.assertEqual(status, 2)
            self.assertIn(f"{file.name}:3: log.format", errors)

    def test_precedence_is_set_environment_file_default(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write("[limits]\nsessions = 11\nping_s = 12\n[log]\nlevel = warn\n")
            file.flush()
            status, output, _ = run("--config", file.name, "--check-config", "--set",
                                    "limits.sessions=33",
                                    environment={"WEH_LIMITS_SESSIONS": "22",
                                                 "WEH_LIMITS_PING_S": "23"})
        self.assertEqual(status, 0)
        for line in ("limits.sessions=33", "limits.ping_s=23", "log.level=warn",
                     "listen.host=127.0.0.1"):
            self.assertIn(line + "\n", output)

    def test_environment_that_is_wrong_is_named(self):
        status, _, errors = run("--check-config", environment={"WEH_LISTEN_PORT": "many"})
        self.assertEqual(status, 2)
        self.assertIn("WEH_LISTEN_PORT", errors)

    def test_listening_elsewhere_without_tls_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            status, output, errors = run("--set", "listen.host=0.0.0.0", "--set", "listen.port=0",
                                         "--set", f"data.dir={folder}/d")
            self.assertEqual((status, output), (2, ""))
            self.assertIn("listen.host", errors)

    def test_certificate_that_cannot_be_read_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            status, _, errors = run("--set", "tls.certificate=/nonexistent.pem", "--set",
                                    "tls.key=/nonexistent.pem", "--set", "listen.port=0",
                                    "--set", f"data.dir={folder}/d")
            self.assertEqual(status, 2)
            self.assertIn("tls.", errors)


class Running(unittest.TestCase):
    def test_ready_line_tells_how_to_connect(self):
        daemon = Daemon()
        ready = daemon.ready
        self.assertEqual(ready["event"], "ready")
        self.assertEqual(ready["pid"], daemon.process.pid)
        self.assertEqual(ready["sessionUrl"], f"ws://127.0.0.1:{ready['port']}/v1/session")
        self.assertEqual(ready["ipcUrl"], f"ws://127.0.0.1:{ready['port']}/ipc")
        self.assertEqual(ready["httpUrl"], f"http://127.0.0.1:{ready['port']}/")
        socket.create_connection(("127.0.0.1", ready["port"]), TIMEOUT_S).close()
        status, log = daemon.stop()
        self.assertEqual(status, 0, log)
        self.assertNotIn(ready["token"], log)

    def test_sigterm_and_sigint_end_with_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            status, log = Daemon(at_once=not is_watched_for_races(DAEMON)).stop(number)
            self.assertEqual(status, 0, log)

    def test_port_in_use_fails_and_names_the_setting(self):
        daemon = Daemon()
        with tempfile.TemporaryDirectory() as folder:
            status, output, errors = run("--set", f"listen.port={daemon.ready['port']}", "--set",
                                         f"data.dir={folder}/d")
        self.assertEqual((status, output), (1, ""))
        self.assertIn("listen.port", errors)
        daemon.stop()

    def test_data_folder_that_cannot_be_made_fails_and_names_the_setting(self):
        status, _, errors = run("--set", "data.dir=/proc/nonexistent/x", "--set", "listen.port=0")
        self.assertEqual(status, 1)
        self.assertIn("data.dir", errors)

    def test_key_file_is_private_and_is_kept(self):
        daemon = Daemon()
        key = os.path.join(daemon.folder, "data", "auth.key")
        self.assertEqual(os.stat(key).st_mode & 0o777, 0o600)
        daemon.stop()

    def test_sighup_reloads_what_can_change(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write("[limits]\nsessions = 5\n")
            file.flush()
            daemon = Daemon("--config", file.name)
            file.write("[listen]\nbacklog = 7\n[log]\nlevel = debug\n")
            file.flush()
            daemon.process.send_signal(signal.SIGHUP)
            self.assertIn("needs_restart=listen.backlog", daemon.wait_for("config.reloaded"))
            file.write("level = nonsense\n")
            file.flush()
            daemon.process.send_signal(signal.SIGHUP)
            self.assertIn("log.level", daemon.wait_for("config.reload_failed"))
        status, _ = daemon.stop()
        self.assertEqual(status, 0)

    def test_json_logs_are_json_with_session_and_activity(self):
        daemon = Daemon("--set", "log.format=json")
        status, log = daemon.stop()
        self.assertEqual(status, 0)
        lines = [json.loads(line) for line in log.splitlines()]
        self.assertTrue(lines)
        for line in lines:
            self.assertTrue({"time", "level", "event", "session", "activity"} <= line.keys())
            self.assertTrue(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
