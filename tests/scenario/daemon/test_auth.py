#!/usr/bin/env python3
"""Who comes in, with the whole daemon: an issuer's keys by HTTP, tickets, client certificates, and that
nothing secret gets into the log.

Usage: test_auth.py DAEMON WEH. Python's standard library and openssl; no sleeps, no fixed ports.
"""

import base64
import http.server
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
from wsraw import TEXT, Client, Closed, frame  # noqa: E402

DAEMON = os.path.abspath(sys.argv[1])
WEH = os.path.abspath(sys.argv[2])
TIMEOUT_S = 30


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


class Daemon:
    """A running daemon on a folder of its own; its log is kept whole."""

    def __init__(self, *settings, tls=None):
        self.folder = tempfile.mkdtemp(prefix="weh-auth-")
        self.tls = tls
        arguments = ["listen.port=0", f"data.dir={self.folder}/data", "log.level=debug", *settings]
        self.errors = open(f"{self.folder}/log", "wb")
        self.process = subprocess.Popen(
            [DAEMON, *(part for one in arguments for part in ("--set", one))],
            stdout=subprocess.PIPE, stderr=self.errors)
        line = self.process.stdout.readline()
        self.ready = json.loads(line) if line else {}
        self.port = self.ready.get("port")
        self.token = self.ready.get("token", "")

    def log(self):
        with open(f"{self.folder}/log", encoding="utf-8") as file:
            return file.read()

    def stop(self):
        self.process.terminate()
        status = self.process.wait(TIMEOUT_S)
        self.process.stdout.close()
        self.errors.close()
        log = self.log()
        subprocess.run(["rm", "-rf", self.folder], check=True)
        assert status == 0, log
        return log

    def mint(self, *arguments):
        done = subprocess.run([WEH, "token", "--data-dir", f"{self.folder}/data", *arguments],
                              capture_output=True, text=True, check=True)
        return done.stdout.strip()


def status_of(daemon, path="/v1/session", **change):
    """The status of one upgrade request."""
    client = Client(daemon, TIMEOUT_S)
    try:
        return client.upgrade(path=path, **change)[0]
    finally:
        client.close()


def get_ticket(daemon, token, path="/v1/tickets"):
    client = Client(daemon, TIMEOUT_S)
    client.send((f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
                 f"Authorization: Bearer {token}\r\n\r\n").encode())
    status, _, body = client.read_response()
    client.close()
    return json.loads(body)["ticket"] if status == 200 else (status, body)


def call(client, method, params):
    """The reply; notifications before it are left out."""
    client.send(frame(TEXT, json.dumps({"jsonrpc": "2.0", "id": 1, "method": method,
                                        "params": params}).encode()))
    while True:
        reply = json.loads(client.read_message()[1])
        if "id" in reply:
            return reply


class Issuer:
    """An issuer of RS256 tokens with its keys at an http address; counts who asks."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="weh-issuer-")
        self.keys = {}
        self.answer = None  # (status, body) instead of the keys
        self.asked = threading.Semaphore(0)
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                status, body = issuer.answer or (200, issuer.jwks())
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except ConnectionError:
                    pass
                issuer.asked.release()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/keys"

    def add_key(self, kid):
        path = f"{self.folder}/{kid}.pem"
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", path)
        modulus = openssl("rsa", "-in", path, "-noout", "-modulus").decode().strip().split("=")[1]
        self.keys[kid] = {"kty": "RSA", "kid": kid, "alg": "RS256", "e": "AQAB",
                          "n": base64url(bytes.fromhex(modulus))}

    def jwks(self):
        return json.dumps({"keys": list(self.keys.values())}).encode()

    def token(self, kid, user="ann", scope="weh:edit", ttl=600):
        now = int(time.time())
        head = {"alg": "RS256", "kid": kid, "typ": "at+jwt"}
        claims = {"iss": "https://id.example", "aud": ["webedithost"], "sub": user, "iat": now,
                  "exp": now + ttl, "scope": scope}
        body = ".".join(base64url(json.dumps(part).encode()) for part in (head, claims))
        signature = openssl("dgst", "-sha256", "-sign", f"{self.folder}/{kid}.pem",
                            data=body.encode())
        return body + "." + base64url(signature)

    def settings(self, *more):
        return ("auth.mode=external", "auth.issuer=https://id.example",
                f"auth.jwks_url={self.url}", "auth.jwks_retry_s=1", *more)

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        subprocess.run(["rm", "-rf", self.folder], check=True)


def until(look, wanted):
    """Poll: what is waited for is done by another process, in its own time."""
    end = time.monotonic() + TIMEOUT_S
    while True:
        got = look()
        if got == wanted or time.monotonic() > end:
            return got
        time.sleep(0.02)  # between looks, never a guess at how long something takes


class External(unittest.TestCase):
    def setUp(self):
        self.issuer = Issuer()
        self.issuer.add_key("first")
        self.addCleanup(self.issuer.stop)

    def test_keys_are_got_at_the_start_and_when_a_new_one_is_named(self):
        daemon = Daemon(*self.issuer.settings())
        self.assertNotIn("token", daemon.ready)
        first = "Bearer " + self.issuer.token("first")
        self.assertEqual(status_of(daemon, Authorization=first), 101)
        self.issuer.add_key("second")
        second = "Bearer " + self.issuer.token("second")
        self.assertEqual(status_of(daemon, Authorization=second), 401)
        self.assertEqual(until(lambda: status_of(daemon, Authorization=second), 101), 101)
        self.assertEqual(status_of(daemon, Authorization=first), 101)
        self.assertIn("event=auth.keys", daemon.stop())

    def test_unknown_keys_do_not_make_it_ask_all_the_time(self):
        daemon = Daemon(*self.issuer.settings("auth.jwks_retry_s=3600"))
        self.assertTrue(self.issuer.asked.acquire(timeout=TIMEOUT_S))
        self.issuer.add_key("second")
        token = "Bearer " + self.issuer.token("second")
        for _ in range(50):
            self.assertEqual(status_of(daemon, Authorization=token), 401)
        daemon.stop()
        self.assertFalse(self.issuer.asked.acquire(blocking=False))

    def test_bad_answers_leave_the_keys_as_they_are(self):
        daemon = Daemon(*self.issuer.settings())
        first = "Bearer " + self.issuer.token("first")
        self.assertTrue(self.issuer.asked.acquire(timeout=TIMEOUT_S))
        bogus = {"kid": "bogus", "alg": "RS256"}
        unknown = ".".join((base64url(json.dumps(bogus).encode()), "e30", "AAAA"))
        for answer in ((500, b"no"), (302, b""), (200, b"no keys"), (200, b'{"keys":[]}'),
                       (200, b'{"keys":[' + b" " * 400000 + b"]}")):
            self.issuer.answer = answer
            self.assertEqual(status_of(daemon, Authorization="Bearer " + unknown), 401)
            self.assertTrue(self.issuer.asked.acquire(timeout=TIMEOUT_S), answer[0])
            self.assertEqual(status_of(daemon, Authorization=first), 101)
        log = daemon.stop()
        self.assertIn("event=auth.keys_not_got", log)
        self.assertNotIn(self.issuer.url, log)

    def test_issuer_that_is_not_there_lets_nobody_in_and_does_not_stop_the_start(self):
        self.issuer.answer = (503, b"")
        daemon = Daemon(*self.issuer.settings())
        token = "Bearer " + self.issuer.token("first")
        self.assertEqual(status_of(daemon, Authorization=token), 401)
        self.issuer.answer = None
        self.assertEqual(until(lambda: status_of(daemon, Authorization=token), 101), 101)
        daemon.stop()

    def test_key_file_is_read_again_on_sighup_and_a_bad_one_changes_nothing(self):
        path = f"{self.issuer.folder}/keys.json"

        def publish(data):
            with open(path, "wb") as file:
                file.write(data)

        publish(self.issuer.jwks())
        daemon = Daemon("auth.mode=external", "auth.issuer=https://id.example",
                        f"auth.jwks_file={path}")
        first = "Bearer " + self.issuer.token("first")
        self.issuer.add_key("second")
        second = "Bearer " + self.issuer.token("second")
        self.assertEqual(status_of(daemon, Authorization=first), 101)
        publish(b"no keys")
        daemon.process.send_signal(signal.SIGHUP)
        until(lambda: "event=auth.reload_failed" in daemon.log(), True)
        self.assertEqual(status_of(daemon, Authorization=first), 101)
        del self.issuer.keys["first"]
        publish(self.issuer.jwks())
        self.assertEqual(status_of(daemon, Authorization=second), 401)
        daemon.process.send_signal(signal.SIGHUP)
        self.assertEqual(until(lambda: status_of(daemon, Authorization=second), 101), 101)
        self.assertEqual(status_of(daemon, Authorization=first), 401)
        self.assertIn("event=auth.reload_failed", daemon.stop())

    def test_both_lets_either_in(self):
        daemon = Daemon(*self.issuer.settings("auth.mode=both"))
        self.assertEqual(status_of(daemon), 101)
        token = "Bearer " + self.issuer.token("first")
        self.assertEqual(status_of(daemon, Authorization=token), 101)
        daemon.stop()

    def test_session_goes_on_with_a_renewed_token(self):
        daemon = Daemon(*self.issuer.settings("auth.skew_s=0", "auth.expiry_grace_s=3600"))
        client = Client(daemon, TIMEOUT_S)
        client.open(Authorization="Bearer " + self.issuer.token("first", ttl=3))
        warning = json.loads(client.read_message()[1])
        self.assertEqual(warning["method"], "session.onTokenExpiring")
        look = lambda: call(client, "imodel.list", {}).get("error", {}).get("data", {}).get("name")
        self.assertEqual(until(look, "TokenExpired"), "TokenExpired")
        self.assertIn("result", call(client, "session.ping", {}))
        self.assertEqual(call(client, "session.renewToken", {"token": self.issuer.token(
            "first", user="bob")})["error"]["data"]["name"], "Denied")
        renewed = call(client, "session.renewToken", {"token": self.issuer.token("first")})
        self.assertEqual(renewed["result"]["access"], "edit")
        self.assertEqual(call(client, "imodel.list", {})["result"], [])
        client.close()
        daemon.stop()

    def test_session_without_a_new_token_is_ended_after_the_grace(self):
        daemon = Daemon(*self.issuer.settings("auth.skew_s=0", "auth.expiry_grace_s=0"))
        client = Client(daemon, TIMEOUT_S)
        client.open(Authorization="Bearer " + self.issuer.token("first", ttl=2))
        self.assertEqual(json.loads(client.read_message()[1])["method"], "session.onTokenExpiring")
        with self.assertRaises(Closed) as end:
            client.read_message()
        self.assertEqual((end.exception.code, end.exception.reason),
                         (1008, "the credentials expired"))
        daemon.stop()


class Tickets(unittest.TestCase):
    def test_ticket_is_good_for_one_of_many_at_once(self):
        daemon = Daemon()
        for _ in range(5):
            ticket = get_ticket(daemon, daemon.token)
            clients = [Client(daemon, TIMEOUT_S) for _ in range(20)]
            for client in clients:
                client.request(path=f"/v1/session?ticket={ticket}", Authorization=None)
            statuses = sorted(client.read_response()[0] for client in clients)
            self.assertEqual(statuses, [101] + [401] * 19)
            for client in clients:
                client.close()
        daemon.stop()

    def test_ticket_has_the_rights_of_its_token(self):
        daemon = Daemon()
        token = daemon.mint("--user", "ann", "--scope", "weh:view:none")
        client = Client(daemon, TIMEOUT_S)
        client.open(subprotocol=f"weh.v1.json, weh.ticket.{get_ticket(daemon, token)}",
                    Authorization=None)
        info = call(client, "session.info", {})["result"]
        self.assertEqual((info["user"], info["access"]), ("ann", "view"))
        reply = call(client, "imodel.create", {"imodel": "x", "rootSubject": {"name": "x"}})
        self.assertEqual(reply["error"]["data"]["name"], "Denied")
        client.close()
        daemon.stop()

    def test_token_in_a_url_is_refused_as_such(self):
        daemon = Daemon()
        for name in ("access_token", "token", "id_token", "bearer"):
            for more in ({}, {"Authorization": None}):
                client = Client(daemon, TIMEOUT_S)
                status, _, body = client.upgrade(path=f"/v1/session?{name}={daemon.token}", **more)
                self.assertEqual(status, 400)
                self.assertIn(b"does not belong into a URL", body)
                client.close()
        self.assertEqual(get_ticket(daemon, daemon.token, "/v1/tickets?token=x")[0], 400)
        self.assertEqual(status_of(daemon, "/v1/session?ticket=" + daemon.token,
                                   Authorization=None), 401)
        self.assertNotIn(daemon.token, daemon.stop())


class Certificates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="weh-certs-")
        cls.make("ca", "/CN=authority", None)
        cls.make("server", "/CN=localhost", "ca")
        cls.make("ann", "/CN=ann", "ca")
        cls.make("two", "/CN=ann/CN=bob", "ca")
        cls.make("nobody", "/O=nobody", "ca")
        cls.make("evil", "/CN=ann", None)

    @classmethod
    def tearDownClass(cls):
        subprocess.run(["rm", "-rf", cls.folder], check=True)

    @classmethod
    def make(cls, name, subject, issuer):
        path = f"{cls.folder}/{name}"
        signer = ["-CA", f"{cls.folder}/{issuer}.pem", "-CAkey", f"{cls.folder}/{issuer}.key"]
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                path + ".key", "-subj", subject, "-out", path + ".csr")
        with open(path + ".ext", "w", encoding="ascii") as file:
            file.write("basicConstraints=CA:TRUE\n" if issuer is None
                       else "subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        openssl("x509", "-req", "-in", path + ".csr", "-days", "2", "-extfile", path + ".ext",
                "-out", path + ".pem",
                *(signer if issuer else ["-signkey", path + ".key"]))

    def daemon(self, *settings):
        return Daemon(f"tls.certificate={self.folder}/server.pem",
                      f"tls.key={self.folder}/server.key", f"tls.client_ca={self.folder}/ca.pem",
                      *settings)

    def status(self, daemon, certificate, **change):
        """The status with a client certificate; None when the connection is refused."""
        daemon.tls = ssl.create_default_context(cafile=f"{self.folder}/ca.pem")
        if certificate is not None:
            daemon.tls.load_cert_chain(f"{self.folder}/{certificate}.pem",
                                       f"{self.folder}/{certificate}.key")
        try:
            return status_of(daemon, **change)
        except (Closed, ssl.SSLError, ConnectionError):
            return None

    def test_certificate_is_required_and_says_who_it_is(self):
        daemon = self.daemon("tls.client_scope=weh:view")
        self.assertEqual(self.status(daemon, "ann", Authorization=None), 101)
        self.assertIsNone(self.status(daemon, None))
        self.assertIsNone(self.status(daemon, "evil", Authorization=None))
        for ambiguous in ("two", "nobody"):
            self.assertEqual(self.status(daemon, ambiguous, Authorization=None), 401)
            self.assertEqual(self.status(daemon, ambiguous), 101)  # the token says who
        log = daemon.stop()
        self.assertIn("user=ann", log)
        self.assertNotIn("user=bob", log)

    def test_certificate_may_be_a_second_thing_to_have(self):
        daemon = self.daemon()
        self.assertEqual(self.status(daemon, "ann", Authorization=None), 401)
        self.assertEqual(self.status(daemon, "ann"), 101)
        self.assertEqual(self.status(daemon, "ann", Authorization="Bearer x"), 401)
        self.assertIsNone(self.status(daemon, "evil"))
        daemon.stop()

    def test_certificate_may_be_optional(self):
        daemon = self.daemon("tls.client_certificate=optional", "tls.client_scope=weh:edit")
        self.assertEqual(self.status(daemon, None, Authorization=None), 401)
        self.assertEqual(self.status(daemon, None), 101)
        self.assertEqual(self.status(daemon, "ann", Authorization=None), 101)
        self.assertEqual(self.status(daemon, "ann", Authorization="Bearer x"), 401)
        self.assertIsNone(self.status(daemon, "evil"))
        daemon.stop()

    def test_settings_that_do_not_fit_are_named(self):
        for settings, key in ((["tls.client_ca=/nonexistent"], "tls.client_ca"),
                              (["tls.client_scope=weh:all"], "tls.client_scope")):
            daemon = self.daemon(*settings)
            self.assertEqual(daemon.process.wait(TIMEOUT_S), 2)
            self.assertIn(key, daemon.log())
            daemon.process.stdout.close()
            daemon.errors.close()
            subprocess.run(["rm", "-rf", daemon.folder], check=True)


class Secrets(unittest.TestCase):
    def use(self, log_format):
        """Everything that takes a secret, well and badly; the secrets and the log."""
        daemon = Daemon(f"log.format={log_format}")
        minted = daemon.mint("--user", "ann")
        with open(f"{daemon.folder}/data/auth.key", "rb") as file:
            key = file.read()
        secrets = {daemon.token, minted, key.hex(), base64.b64encode(key).decode(), base64url(key)}
        bad = daemon.token[:-3] + "AAA"
        for header in (daemon.token, minted, bad, "x." + minted, minted + ".x"):
            status_of(daemon, Authorization="Bearer " + header)
            secrets.add(header)
        status_of(daemon, Authorization="Basic " + base64url(b"ann:hunter2hunter2"))
        secrets.add(base64url(b"ann:hunter2hunter2"))
        for path in ("?token=", "?access_token=", "?ticket=", "?"):
            status_of(daemon, "/v1/session" + path + minted, Authorization=None)
            get_ticket(daemon, minted, "/v1/tickets" + path + minted)
        for _ in range(2):
            ticket = get_ticket(daemon, minted)
            secrets.add(ticket)
            for more in ("", "x"):
                status_of(daemon, f"/v1/session?ticket={ticket}{more}", Authorization=None)
                status_of(daemon, Authorization=None,
                          Sec_WebSocket_Protocol=f"weh.v1.json, weh.ticket.{ticket}{more}")
        client = Client(daemon, TIMEOUT_S)
        client.open()
        hello = call(client, "session.hello", {"client": {"name": "test"}})["result"]
        secrets.update(value for name, value in hello.items() if name == "resumeToken")
        for token in (minted, daemon.token, bad):
            call(client, "session.renewToken", {"token": token})
        call(client, "session.renewToken", {"toke": minted})
        call(client, "session.hello", {"client": {}, "resume": {
            "sessionId": hello["sessionId"], "resumeToken": minted, "received": 0}})
        call(client, minted, {})
        call(client, "session.close", {})
        client.close()
        return secrets, daemon.stop()

    def test_log_at_its_most_talkative_holds_no_secret(self):
        for log_format in ("text", "json"):
            secrets, log = self.use(log_format)
            self.assertIn("auth.refused", log)
            self.assertGreater(len(secrets), 10)
            for secret in secrets:
                self.assertNotIn(secret, log)
                # Nor a part of it that would do: the claims are none, signature and ticket are.
                for part in re.split(r"\.", secret):
                    if len(part) >= 16:
                        self.assertNotIn(part, log)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
