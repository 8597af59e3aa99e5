#!/usr/bin/env python3
"""The files of the editor page over HTTP: what comes, how, and that nothing else does.

Usage: test_web.py DAEMON DATA_FOLDER. Standard library only; no fixed ports.
"""

import gzip
import hashlib
import http.client
import os
import shutil
import socket
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import TIMEOUT_S, Daemon  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
INDEX = b"<!doctype html><title>page</title>"
SCRIPT = b"let a = 1;\n" * 10000
LARGE_BYTES = 12 << 20


def make_page(folder):
    os.makedirs(f"{folder}/assets")
    large = os.urandom(1 << 16) * (LARGE_BYTES >> 16)
    for name, data in [("index.html", INDEX), ("assets/a-1.js", SCRIPT), ("assets/empty.css", b""),
                       ("assets/a-1.js.gz", gzip.compress(SCRIPT)), ("assets/large.wasm", large)]:
        with open(f"{folder}/{name}", "wb") as file:
            file.write(data)
    return large


class Web(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="weh-web-")
        cls.large = make_page(cls.folder)
        cls.daemon = Daemon(PROGRAM, f"web.dir={cls.folder}", "limits.handshake_s=5")

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()
        shutil.rmtree(cls.folder)

    def request(self, path, method="GET", connection=None, **headers):
        """Status, headers with small names, body."""
        own = connection or http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=TIMEOUT_S)
        try:
            own.request(method, path, headers={"Accept-Encoding": "identity",
                                               **{key.replace("_", "-"): value for key, value in headers.items()}})
            response = own.getresponse()
            return response.status, {key.lower(): value for key, value in response.getheaders()}, response.read()
        finally:
            if connection is None:
                own.close()

    def test_the_page_is_at_the_root_and_its_address_in_the_ready_line(self):
        self.assertEqual(self.daemon.ready["editorUrl"], f"http://127.0.0.1:{self.daemon.port}/")
        for path in ("/", "/index.html", "/?a=b"):
            status, headers, body = self.request(path)
            self.assertEqual((status, body), (200, INDEX), path)
            self.assertEqual(headers["content-type"], "text/html; charset=utf-8")
            self.assertEqual(headers["cache-control"], "no-cache")

    def test_the_policy_lets_nothing_in_from_elsewhere(self):
        _, headers, _ = self.request("/")
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        self.assertEqual(policy["default-src"], "'none'")
        self.assertEqual(policy["frame-ancestors"], "'none'")
        for name in ("script-src", "style-src", "connect-src"):
            self.assertEqual(policy[name], "'self'", name)
        self.assertNotIn("unsafe", headers["content-security-policy"])
        self.assertEqual(headers["x-content-type-options"], "nosniff")
        self.assertEqual(headers["referrer-policy"], "no-referrer")

    def test_what_is_known_is_not_sent_again(self):
        _, headers, _ = self.request("/")
        tag = headers["etag"]
        status, headers, body = self.request("/", If_None_Match=f'"other", W/{tag}')
        self.assertEqual((status, body, headers["etag"]), (304, b"", tag))
        status, _, body = self.request("/", If_None_Match='"other"')
        self.assertEqual((status, body), (200, INDEX))

    def test_names_with_a_hash_may_be_kept_for_ever(self):
        _, headers, _ = self.request("/assets/a-1.js")
        self.assertIn("immutable", headers["cache-control"])

    def test_compressed_for_who_takes_it(self):
        _, plain, body = self.request("/assets/a-1.js")
        self.assertEqual(body, SCRIPT)
        self.assertNotIn("content-encoding", plain)
        _, packed, body = self.request("/assets/a-1.js", Accept_Encoding="br, gzip")
        self.assertEqual(gzip.decompress(body), SCRIPT)
        self.assertEqual(packed["content-encoding"], "gzip")
        self.assertEqual(packed["vary"], "Accept-Encoding")
        self.assertNotEqual(packed["etag"], plain["etag"])
        _, refused, body = self.request("/assets/a-1.js", Accept_Encoding="gzip;q=0")
        self.assertEqual(body, SCRIPT)

    def test_head_has_no_body(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=TIMEOUT_S)
        status, headers, body = self.request("/assets/a-1.js", "HEAD", connection)
        self.assertEqual((status, body, headers["content-length"]), (200, b"", str(len(SCRIPT))))
        self.assertEqual(self.request("/", connection=connection)[2], INDEX)
        connection.close()

    def test_one_connection_gets_many_files_in_a_row(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=TIMEOUT_S)
        for _ in range(20):
            self.assertEqual(self.request("/", connection=connection)[2], INDEX)
            self.assertEqual(self.request("/assets/empty.css", connection=connection)[2], b"")
            self.assertEqual(self.request("/assets/a-1.js", connection=connection)[2], SCRIPT)
        connection.close()

    def test_requests_that_are_sent_at_once_are_answered_in_order(self):
        with socket.create_connection(("127.0.0.1", self.daemon.port), TIMEOUT_S) as client:
            one = b"GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n"
            client.sendall(b"".join(one % (path, b"") for path in [b"/assets/a-1.js", b"/", b"/none"])
                           + one % (b"/index.html", b"Connection: close\r\n"))
            got = b""
            while piece := client.recv(65536):
                got += piece
        self.assertEqual(got.count(b"HTTP/1.1 200 OK\r\n"), 3)
        self.assertEqual(got.count(b"HTTP/1.1 404 Not Found\r\n"), 1)
        self.assertEqual(got.count(INDEX), 2)
        self.assertEqual(got.count(SCRIPT), 1)

    def test_a_large_file_comes_whole_also_slowly(self):
        status, headers, body = self.request("/assets/large.wasm")
        self.assertEqual((status, len(body)), (200, LARGE_BYTES))
        self.assertEqual(hashlib.sha256(body).digest(), hashlib.sha256(self.large).digest())
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(TIMEOUT_S)
            client.connect(("127.0.0.1", self.daemon.port))
            client.sendall(b"GET /assets/large.wasm HTTP/1.1\r\nHost: localhost\r\n\r\n")
            time.sleep(7)  # longer than a handshake may take
            got = client.recv(65536)
            head = got.index(b"\r\n\r\n") + 4
            while len(got) - head < LARGE_BYTES:
                piece = client.recv(1 << 20)
                self.assertTrue(piece, f"ended after {len(got) - head} bytes")
                got += piece
        self.assertEqual(hashlib.sha256(got[head:]).digest(), hashlib.sha256(self.large).digest())

    def test_who_leaves_in_the_middle_harms_nobody(self):
        for _ in range(50):
            client = socket.create_connection(("127.0.0.1", self.daemon.port), TIMEOUT_S)
            client.sendall(b"GET /assets/large.wasm HTTP/1.1\r\nHost: localhost\r\n\r\n")
            client.recv(1000)
            client.close()
        self.assertEqual(self.request("/")[2], INDEX)

    def test_other_paths_and_methods_are_refused(self):
        for path in ("/none", "/assets", "/assets/", "/../etc/passwd", "/%2e%2e/etc/passwd", "/assets/a-1.js.gz",
                     "//etc/passwd"):
            status, _, body = self.request(path)
            self.assertIn(status, (400, 403, 404), path)
            self.assertNotIn(b"root:", body)
        for method in ("POST", "PUT", "DELETE"):
            self.assertNotEqual(self.request("/index.html", method)[0], 200, method)

    def test_health_and_tickets_stay_where_they_were(self):
        self.assertEqual(self.request("/healthz")[0], 200)
        self.assertEqual(self.request("/v1/tickets", "POST", Content_Length="0")[0], 401)


class Settings(unittest.TestCase):
    def test_it_can_be_turned_off(self):
        folder = tempfile.mkdtemp(prefix="weh-web-")
        make_page(folder)
        daemon = Daemon(PROGRAM, f"web.dir={folder}", "web.enabled=false")
        self.assertNotIn("editorUrl", daemon.ready)
        status, _, body = daemon.get("/")
        self.assertEqual(status, 200)
        self.assertIn(b"webedithost", body)
        self.assertEqual(daemon.get("/index.html")[0], 404)
        daemon.stop()
        shutil.rmtree(folder)

    def test_a_folder_that_is_not_there_is_named(self):
        daemon = Daemon(PROGRAM, "web.dir=/nowhere")
        self.assertEqual(daemon.wait(), 2)
        self.assertIn("web.dir: ", daemon.log())
        shutil.rmtree(daemon.folder)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
