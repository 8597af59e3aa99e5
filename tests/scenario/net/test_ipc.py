# tests/scenario/net/test_ipc.py - messages of several frames, as stock iTwin.js frontends send them.
#   test_ipc.py ECHO_SERVER
"""A message comes back frame by frame; what is none ends its connection and no other."""

import json
import sys

import wsraw
from wsraw import BINARY, TEXT, Client, Server, frame


def pair(n, text="{}"):
    return json.dumps([text, n], separators=(",", ":")).encode()


def open_ipc(server, **change):
    client = Client(server)
    headers = client.open(path="/ipc", **change)
    return client, headers


def exchange(client, text, parts):
    client.send(frame(TEXT, text) + b"".join(frame(BINARY, part) for part in parts))
    got = [client.read_message() for _ in range(len(parts) + 1)]
    assert got[0] == (TEXT, text), got[0]
    assert got[1:] == [(BINARY, part) for part in parts], [len(part) for _, part in got[1:]]


def with_server(*settings):
    def decorate(test):
        def run():
            server = Server(wsraw.program(), *settings)
            try:
                test(server)
                other, _ = open_ipc(server)  # whatever was done to it, it serves
                exchange(other, pair(1), [b"after"])
                other.close()
                server.stop()
            finally:
                server.remove()
        return run
    return decorate


@with_server()
def test_text_alone_is_a_message(server):
    client, headers = open_ipc(server)
    assert "sec-websocket-protocol" not in headers, headers
    assert "sec-websocket-extensions" not in headers, headers
    exchange(client, pair(0), [])
    exchange(client, pair(0) + b" \n", [])
    client.close()


@with_server()
def test_compression_that_is_offered_is_declined(server):
    client, headers = open_ipc(server, Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits")
    assert "sec-websocket-extensions" not in headers, headers
    exchange(client, pair(1), [b"x" * 1000])
    client.close()


@with_server()
def test_parts_of_all_lengths_come_back_in_order(server):
    client, _ = open_ipc(server)
    parts = [bytes([i & 255]) * n for i, n in enumerate((0, 1, 125, 126, 65535, 65536, 200000, 0, 7))]
    exchange(client, pair(len(parts), "é" * 70000), parts)
    exchange(client, pair(4096), [b"%d" % i for i in range(4096)])
    exchange(client, pair(0), [])
    client.close()


@with_server()
def test_frames_may_come_in_fragments(server):
    client, _ = open_ipc(server)
    text = pair(2, "text")
    client.send(frame(TEXT, text[:5], fin=False) + frame(0, text[5:]))
    client.send(frame(BINARY, b"ab", fin=False) + frame(0, b"c", fin=False) + frame(0, b"") + frame(BINARY, b"d"))
    assert client.read_message() == (TEXT, text)
    assert client.read_message() == (BINARY, b"abc")
    assert client.read_message() == (BINARY, b"d")
    client.close()


@with_server()
def test_messages_of_two_connections_do_not_mix(server):
    first, _ = open_ipc(server)
    second, _ = open_ipc(server)
    first.send(frame(TEXT, pair(2, "1")) + frame(BINARY, b"1a"))
    exchange(second, pair(1, "2"), [b"2a"])
    first.send(frame(BINARY, b"1b"))
    assert first.read_message() == (TEXT, pair(2, "1"))
    assert first.read_message() == (BINARY, b"1a")
    assert first.read_message() == (BINARY, b"1b")
    first.close()
    second.close()


BAD = {
    "binary first": frame(BINARY, b"x"),
    "text while a binary one is due": frame(TEXT, pair(1)) + frame(TEXT, pair(0)),
    "binary behind the last one": frame(TEXT, pair(1)) + frame(BINARY, b"x") + frame(BINARY, b"y"),
    "no JSON": frame(TEXT, b"hello"),
    "no text at all": frame(TEXT, b""),
    "not a pair": frame(TEXT, b'{"type":2}'),
    "no number": frame(TEXT, b'["{}","1"]'),
    "negative number": frame(TEXT, b'["{}",-1]'),
    "too many": frame(TEXT, pair(4097)),
    "far too many": frame(TEXT, pair(1 << 70)),
}


@with_server()
def test_frames_that_are_no_message_end_the_connection(server):
    for name, data in BAD.items():
        client, _ = open_ipc(server)
        client.send(data)
        try:
            closed = client.expect_close(1008)
        except AssertionError as error:
            raise AssertionError(name) from error
        assert "IPC" in closed.reason, (name, closed)
        client.close()


@with_server()
def test_text_that_is_no_utf8_ends_the_connection(server):
    client, _ = open_ipc(server)
    client.send(frame(TEXT, b'["\xff",0]'))
    client.expect_close(1007)
    client.close()


@with_server("limits.message_bytes=100000")
def test_all_frames_of_a_message_count_together(server):
    client, _ = open_ipc(server)
    text = pair(2)
    exchange(client, text, [b"x" * 60000, b"y" * (40000 - len(text))])
    client.send(frame(TEXT, text) + frame(BINARY, b"x" * 60000) + frame(BINARY, b"y" * (40001 - len(text))))
    client.expect_close(1009)
    client.close()


@with_server("limits.message_bytes=100000")
def test_announced_parts_take_no_memory(server):
    before_kb = server.rss_kb()
    clients = []
    for _ in range(200):
        client, _ = open_ipc(server)
        client.send(frame(TEXT, pair(4096)))
        clients.append(client)
    exchange(open_ipc(server)[0], pair(0), [])
    each_kb = (server.rss_kb() - before_kb) / 200
    print(f"{each_kb:.1f} kB a connection that waits for 4096 frames")
    assert each_kb < 256, each_kb  # AddressSanitizer trebles what it is
    for client in clients:
        client.close()


@with_server()
def test_only_its_own_subprotocol_is_taken(server):
    for offered in ("weh.v1.json", "graphql-ws"):
        client = Client(server)
        status, _, body = client.upgrade(path="/ipc", Sec_WebSocket_Protocol=offered)
        assert status == 400, (offered, status, body)
        client.close()
    client, headers = open_ipc(server, Sec_WebSocket_Protocol="weh.v1.ipc")
    assert headers["sec-websocket-protocol"] == "weh.v1.ipc", headers
    exchange(client, pair(1), [b"x"])
    client.close()
    client = Client(server)
    status, _, _ = client.upgrade(Sec_WebSocket_Protocol="weh.v1.ipc")  # of the other endpoint
    assert status == 400, status
    client.close()


def ticket_of(server):
    client = Client(server)
    client.send(f"POST /v1/tickets HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
                f"Authorization: Bearer {server.token}\r\n\r\n".encode())
    status, _, body = client.read_response()
    client.close()
    assert status in (200, 201), (status, body)
    return json.loads(body)["ticket"]


@with_server()
def test_a_ticket_may_come_in_the_query_a_cookie_or_a_subprotocol(server):
    ways = (
        lambda ticket: {"path": f"/ipc?ticket={ticket}"},
        lambda ticket: {"Cookie": f"weh_ticket={ticket}"},
        lambda ticket: {"Cookie": f"a=b; weh_ticket={ticket}; c=d"},
        lambda ticket: {"Sec_WebSocket_Protocol": f"weh.v1.ipc, weh.ticket.{ticket}"},
    )
    for way in ways:
        change = {"path": "/ipc", **way(ticket_of(server))}
        client = Client(server)
        client.open(Authorization=None, **change)
        exchange(client, pair(1), [b"x"])
        client.close()
        client = Client(server)  # it is used up
        status, _, _ = client.upgrade(Authorization=None, **change)
        assert status == 401, (change, status)
        client.close()
    for cookie in ("weh_ticket=", "weh_ticket=no", "xweh_ticket=" + ticket_of(server), None):
        client = Client(server)
        status, _, _ = client.upgrade(path="/ipc", Authorization=None, Cookie=cookie)
        assert status == 401, (cookie, status)
        client.close()


@with_server()
def test_get_without_upgrade_says_what_it_is(server):
    client = Client(server)
    client.send(b"GET /ipc HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert client.read_response()[0] == 426
    client.close()


if __name__ == "__main__":
    sys.exit(wsraw.main(sys.modules[__name__]))
