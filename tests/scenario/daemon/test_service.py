#!/usr/bin/env python3
"""The daemon as a service of the machine: what it tells the service manager, and no core dumps.

Usage: test_service.py DAEMON DATA_FOLDER. Standard library only; no fixed ports.
"""

import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon, until  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])


class Manager:
    """The receiving end of $NOTIFY_SOCKET, by a file or by an abstract name."""

    def __init__(self, abstract):
        self.folder = tempfile.TemporaryDirectory(prefix="weh-notify-")
        path = f"{self.folder.name}/socket"
        self.name = "@" + path if abstract else path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + path if abstract else path)
        self.socket.settimeout(60)

    def next(self):
        return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().splitlines())

    def close(self):
        self.socket.close()
        self.folder.cleanup()


def make_certificate(certificate, key):
    """A new one in these files; its bytes."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    with open(certificate, encoding="ascii") as file:
        return ssl.PEM_cert_to_DER_cert(file.read())


def shown(daemon):
    """The certificate that a new connection is shown."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", daemon.port), 60) as plain:
        with context.wrap_socket(plain) as connection:
            return connection.getpeercert(binary_form=True)


class Service(unittest.TestCase):
    def check_notifications(self, abstract):
        manager = Manager(abstract)
        daemon = Daemon(PROGRAM, environment={"NOTIFY_SOCKET": manager.name})
        self.assertEqual(manager.next(), {"READY": "1", "MAINPID": str(daemon.process.pid)})
        daemon.process.send_signal(signal.SIGHUP)
        reloading = manager.next()
        self.assertEqual(reloading["RELOADING"], "1")
        self.assertGreater(int(reloading["MONOTONIC_USEC"]), 0)
        self.assertEqual(manager.next()["READY"], "1")
        daemon.terminate()
        self.assertEqual(manager.next(), {"STOPPING": "1"})
        daemon.stop()
        manager.close()

    def test_the_manager_hears_of_readiness_reload_and_stop(self):
        self.check_notifications(abstract=False)

    def test_the_manager_may_have_an_abstract_socket(self):
        self.check_notifications(abstract=True)

    def test_a_manager_that_is_not_there_does_no_harm(self):
        for name in ["/nowhere/socket", "relative", "/" + "x" * 200]:
            daemon = Daemon(PROGRAM, environment={"NOTIFY_SOCKET": name})
            self.assertIn("service.notify", daemon.stop())

    def core_limits(self, *settings):
        daemon = Daemon(PROGRAM, *settings)
        with open(f"/proc/{daemon.process.pid}/limits", encoding="ascii") as file:
            line = next(line for line in file if line.startswith("Max core file size"))
        daemon.stop()
        return line.split()[4:6]

    def test_no_core_is_dumped_unless_allowed(self):
        self.assertEqual(self.core_limits(), ["1", "1"])
        self.assertNotEqual(self.core_limits("process.core_dumps=true"), ["1", "1"])

    def test_sighup_renews_the_certificate_under_open_sessions(self):
        with tempfile.TemporaryDirectory(prefix="weh-tls-") as folder:
            certificate, key = f"{folder}/cert.pem", f"{folder}/key.pem"
            first = make_certificate(certificate, key)
            daemon = Daemon(PROGRAM, f"tls.certificate={certificate}", f"tls.key={key}")
            daemon.tls = ssl.create_default_context(cafile=certificate)
            session = daemon.connect()
            self.assertEqual(shown(daemon), first)
            second = make_certificate(certificate, key)
            daemon.process.send_signal(signal.SIGHUP)
            until(lambda: shown(daemon) == second, "the new certificate")
            session.must("session.ping")
            # A certificate without its key, then no certificate: the last good pair stays.
            third = make_certificate(f"{folder}/other.pem", f"{folder}/other.key")
            self.assertNotEqual(third, second)
            os.replace(f"{folder}/other.pem", certificate)
            daemon.process.send_signal(signal.SIGHUP)
            daemon.wait_for_log("tls.reload_failed")
            self.assertEqual(shown(daemon), second)
            os.unlink(certificate)
            daemon.process.send_signal(signal.SIGHUP)
            daemon.wait_for_log("tls.reload_failed", 2)
            self.assertEqual(shown(daemon), second)
            session.must("session.ping")
            session.close()
            self.assertIn("tls.key", daemon.stop())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
