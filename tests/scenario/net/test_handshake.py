# tests/scenario/net/test_handshake.py - who becomes a session, and what the others are told.
#   test_handshake.py ECHO_SERVER plain|tls
"""Refusals come with a status, before any session exists."""

import base64
import hashlib
import json
import sys

import wsraw
from wsraw import Client, Closed, TEXT, frame

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def refused(server, status, **change):
    client = Client(server)
    got, headers, body = client.upgrade(**change)
    assert got == status, (got, status, change, body)
    client.close()
    return headers


def get_ticket(server, token=None, **headers):
    client = Client(server)
    fields = {"Authorization": "Bearer " + (token or server.token), **headers}
    text = f"POST /v1/tickets HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
    text += "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in fields.items())
    client.send((text + "\r\n").encode())
    status, got, body = client.read_response()
    client.close()
    return status, got, body


def ticket(server):
    status, headers, body = get_ticket(server)
    assert status == 200 and headers["cache-control"] == "no-store", (status, headers)
    reply = json.loads(body)
    assert reply["expiresIn"] == 30 and len(reply["ticket"]) == 32, reply
    return reply["ticket"]


def test_bearer_token_opens_a_session(server):
    client = Client(server)
    key = base64.b64encode(b"0123456789abcdef").decode()
    headers = client.open(Sec_WebSocket_Key=key)
    digest = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
    assert headers["sec-websocket-accept"] == digest, headers
    assert "sec-websocket-protocol" not in headers, headers
    client.send(frame(TEXT, b"who"))
    assert client.read_message() == (TEXT, b"echo")
    client.close()


def test_no_or_wrong_token_is_401(server):
    head, body, signature = server.token.split(".")
    for value in (None, "Bearer", "Bearer ", "Bearer x", "Basic " + server.token, server.token,
                  f"Bearer {head}.{body}.", f"Bearer {head}.{body}.{signature[::-1]}",
                  f"Bearer {server.token}x", "Bearer " + "a" * 8000, "Bearer " + "a" * 9000):
        headers = refused(server, 401, Authorization=value)
        assert headers["www-authenticate"] == "Bearer", headers
    # Never by URL.
    refused(server, 400, Authorization=None, path="/v1/session?token=" + server.token)
    refused(server, 401, Authorization=None, path="/v1/session?ticket=" + server.token)


# Rule 7: an Authorization of 8 kB is read, not dropped.
def test_long_but_valid_headers_are_read(server):
    client = Client(server)
    client.open(X_Padding="x" * 6000)
    client.echo(b"fine")
    client.close()


# Rule 8: a JWT does not fit into the list of subprotocols; a ticket does.
def test_ticket_as_subprotocol_opens_one_session(server):
    secret = ticket(server)
    for first in ("weh.v1.msgpack", "weh.v1.json"):
        secret = ticket(server)
        offer = f"{first}, weh.ticket.{secret}"
        client = Client(server)
        headers = client.open(offer, Authorization=None)
        assert headers["sec-websocket-protocol"] == first, headers
        client.close()
        refused(server, 401, Sec_WebSocket_Protocol=offer, Authorization=None)
    secret = ticket(server)
    client = Client(server)
    headers = client.open(f"weh.ticket.{secret}, weh.v1.json", Authorization=None)
    assert headers["sec-websocket-protocol"] == "weh.v1.json", headers
    client.close()


def test_ticket_in_the_query_opens_one_session(server):
    path = "/v1/session?ticket=" + ticket(server)
    client = Client(server)
    client.open(path=path, Authorization=None)
    client.echo(b"fine")
    client.close()
    refused(server, 401, path=path, Authorization=None)
    refused(server, 401, path="/v1/session?ticket=" + "0" * 32, Authorization=None)
    refused(server, 401, path="/v1/session?xticket=" + ticket(server), Authorization=None)


def test_ticket_is_not_used_up_by_a_refused_request(server):
    path = "/v1/session?ticket=" + ticket(server)
    refused(server, 403, path=path, Authorization=None, Origin="https://evil.example")
    refused(server, 426, path=path, Authorization=None, Sec_WebSocket_Version="12")
    client = Client(server)
    client.open(path=path, Authorization=None)
    client.close()


def test_tickets_need_a_token(server):
    for token in ("x", "..", "a.b.c"):
        status, headers, _ = get_ticket(server, token)
        assert status == 401 and headers["www-authenticate"] == "Bearer", (status, headers)


def test_ticket_request_with_a_body_is_answered(server):
    for body, status in ((b"{}", 200), (b"x" * 9999, 200), (b"", 200)):
        client = Client(server)
        client.send(f"POST /v1/tickets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}"
                    f"\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        got, _, text = client.read_response()
        assert got == status, (got, text)
        client.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")  # the connection is in step
        assert client.read_response()[2] == b"ok\n"
        client.close()
    for header in ("Content-Length: 99999", "Content-Length: 4294967297", "Content-Length: -1",
                   "Content-Length: 1x", "Transfer-Encoding: chunked"):
        client = Client(server)
        client.send(f"POST /v1/tickets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}"
                    f"\r\n{header}\r\n\r\n".encode())
        try:
            assert client.read_response()[0] in (400, 411, 413), header
        except Closed:
            pass  # libwebsockets refused the header itself
        client.close()


def test_ticket_request_without_a_length_is_answered_and_closed(server):
    client = Client(server)
    client.send(f"POST /v1/tickets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}"
                "\r\n\r\n".encode())
    status, headers, _ = client.read_response()
    assert status == 200 and headers["connection"] == "close", (status, headers)
    try:
        client.read(1)
        raise AssertionError("more")
    except Closed:
        client.close()


def test_cors_for_allowed_origins_only(server):
    status, headers, _ = get_ticket(server, Origin="http://localhost:5173")
    assert status == 200 and headers["access-control-allow-origin"] == "http://localhost:5173"
    assert headers["vary"] == "Origin", headers
    status, headers, body = get_ticket(server, Origin="https://evil.example")
    assert status == 403 and "access-control-allow-origin" not in headers, headers
    for origin, expected in (("http://127.0.0.1:1", 204), ("https://evil.example", 403)):
        client = Client(server)
        client.send(f"OPTIONS /v1/tickets HTTP/1.1\r\nHost: x\r\nOrigin: {origin}\r\n"
                    "Access-Control-Request-Method: POST\r\n"
                    "Access-Control-Request-Headers: authorization\r\n\r\n".encode())
        status, headers, _ = client.read_response()
        assert status == expected, (status, headers)
        if status == 204:
            assert headers["access-control-allow-origin"] == origin, headers
            assert "authorization" in headers["access-control-allow-headers"], headers
        client.close()


# Rule 6: refusals are statuses, and what libwebsockets does not check is checked.
def test_origin_is_checked(server):
    for origin in ("http://localhost", "http://localhost:1234", "https://127.0.0.1:65535",
                   "http://[::1]:80"):
        client = Client(server)
        client.open(Origin=origin)
        client.close()
    for origin in ("null", "https://evil.example", "http://localhost.evil.example",
                   "http://localhost:0", "http://localhost:99999", "http://localhost:80/",
                   "http://127.0.0.1.evil.example", "file://localhost", "http://user@localhost",
                   "x" * 300):
        refused(server, 403, Origin=origin)


def test_version_is_checked(server):
    for version in (None, "12", "14", "013", "13, 8", "x"):
        headers = refused(server, 426, Sec_WebSocket_Version=version)
        assert headers["sec-websocket-version"] == "13", headers


def test_key_is_checked(server):
    for key in (None, "", "abc", base64.b64encode(b"x" * 15).decode(),
                base64.b64encode(b"x" * 17).decode(), "!" * 22 + "==", "A" * 24, "A" * 21 + "B=="):
        refused(server, 400, Sec_WebSocket_Key=key)


def test_form_is_checked(server):
    refused(server, 400, Host=None)
    refused(server, 505, version="HTTP/1.0")
    refused(server, 400, Upgrade="h2c")
    refused(server, 400, Connection="keep-alive")
    refused(server, 404, path="/")
    refused(server, 404, path="/v1/session/")
    refused(server, 404, path="/v1/../v1/tickets")
    refused(server, 404, method="POST", Content_Length="0")


def test_subprotocol_must_be_known(server):
    for offer in ("x", "http", "weh.ticket." + "0" * 32, "weh.v2.json", ", ".join(["weh.v0.x"] * 20)):
        refused(server, 400, Sec_WebSocket_Protocol=offer)
    for offer, chosen in (("x, weh.v1.json", "weh.v1.json"),
                          ("weh.v1.msgpack,weh.v1.json", "weh.v1.msgpack"),
                          ("weh.v1.json,weh.v1.msgpack", "weh.v1.json")):
        client = Client(server)
        assert client.open(offer)["sec-websocket-protocol"] == chosen
        client.close()


def test_frames_before_the_answer_are_refused(server):
    client = Client(server)
    send, client.send = client.send, lambda data: None
    captured = []
    client.send = captured.append
    client.request()
    client.send = send
    client.send(captured[0] + frame(TEXT, b"too early"))
    assert client.read_response()[0] == 400
    client.close()


def test_other_requests(server):
    for request, status in (("GET / HTTP/1.1", 200), ("GET /healthz HTTP/1.1", 200),
                            ("GET /v1/session HTTP/1.1", 426), ("GET /nothing HTTP/1.1", 404),
                            ("GET /../../etc/passwd HTTP/1.1", 404), ("DELETE / HTTP/1.1", 404),
                            ("PUT /v1/tickets HTTP/1.1", 404), ("GET /v1/tickets HTTP/1.1", 404),
                            ("GET /%2e%2e/etc/passwd HTTP/1.1", 404)):
        client = Client(server)
        client.send(f"{request}\r\nHost: x\r\n\r\n".encode())
        got, headers, _ = client.read_response()
        assert got == status, (request, got)
        assert "server" not in headers, headers
        client.close()


def test_requests_can_follow_each_other_on_one_connection(server):
    client = Client(server)
    for _ in range(3):
        client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.read_response()[2].startswith(b"webedithost ")
    client.request(Authorization="Bearer x")
    assert client.read_response()[0] == 401
    client.open()
    client.echo(b"at last")
    client.close()


def test_what_is_no_request_is_dropped(server):
    for data in (b"\0" * 100, b"hello\r\n\r\n", b"GET\r\n\r\n", b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
                 b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"A" * 40000,
                 b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: something\r\nConnection: Upgrade\r\n\r\n"
                 b"GET / HTTP/1.1\r\n"):
        client = Client(server)
        try:
            client.send(data)
            client.sock.shutdown(1) if server.tls is None else None
            while True:
                client.read(1)
        except (Closed, OSError):
            pass
        client.close()
    client = Client(server)
    client.open()
    client.echo(b"others live")
    client.close()


if __name__ == "__main__":
    SERVER = wsraw.Server(wsraw.program(), "limits.handshake_s=5", tls=sys.argv[2] == "tls")
    STATUS = wsraw.main(sys.modules[__name__], SERVER)
    SERVER.stop()
    sys.exit(STATUS)
