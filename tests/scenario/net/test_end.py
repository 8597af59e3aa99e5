# tests/scenario/net/test_end.py - how the server ends.
#   test_end.py ECHO_SERVER
"""SIGTERM drains: 1001 to every session, exit status 0, nothing left behind."""

import signal
import sys
import time

import wsraw
from wsraw import CLOSE, TEXT, Client, Closed, Server, frame


def opened(server, n=1):
    clients = []
    for _ in range(n):
        client = Client(server)
        client.open()
        clients.append(client)
    return clients


def end(tls, number):
    server = Server(wsraw.program(), tls=tls)
    clients = opened(server, 20)
    half_open = Client(server)  # no request yet
    for client in clients:
        client.echo(b"hello")
    server.signal(number)
    for client in clients:
        closed = client.expect_close(1001)
        assert closed.reason == "the server is stopping", closed.reason
        client.send(frame(CLOSE, b"\x03\xe9"))
    log = server.stop()
    assert log.count("gone SHUTDOWN") == 20, log
    half_open.close()


def test_sigterm_drains():
    end(False, signal.SIGTERM)


def test_sigterm_drains_tls():
    end(True, signal.SIGTERM)


def test_sigint_drains():
    end(False, signal.SIGINT)


def ask(server, request):
    """Status and headers of the answer to @request, on a connection of its own."""
    asker = Client(server)
    asker.send(f"{request}\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode())
    status, headers, _ = asker.read_response()
    asker.close()
    return status, headers


def test_draining_server_tells_newcomers_that_it_stops():
    server = Server(wsraw.program(), "limits.drain_s=30")
    (client,) = opened(server)
    idle = Client(server)  # came before
    client.echo(b"hello")
    assert ask(server, "GET /readyz HTTP/1.1")[0] == 200
    server.signal(signal.SIGTERM)
    client.expect_close(1001)  # not answered: the server waits
    assert ask(server, "GET /healthz HTTP/1.1")[0] == 200
    idle.send(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert idle.read_response()[0] == 503
    for request in ("GET /readyz HTTP/1.1", "POST /v1/tickets HTTP/1.1", "GET / HTTP/1.1"):
        status, headers = ask(server, request)
        assert status == 503, request
        assert headers["retry-after"] == "10", headers
    newcomer = Client(server)
    status, headers, _ = newcomer.upgrade()
    assert (status, headers["retry-after"]) == (503, "10"), headers
    waiting = Client(server)  # has no request yet, and keeps nobody waiting
    client.send(frame(CLOSE, b"\x03\xe9"))
    start = time.monotonic()
    server.stop()
    assert time.monotonic() - start < 5, "all sessions had gone"
    for one in (client, idle, newcomer, waiting):
        one.close()


def test_client_that_ignores_the_close_holds_nobody_up_beyond_the_limit():
    server = Server(wsraw.program(), "limits.drain_s=1")
    (client,) = opened(server)
    client.echo(b"hello")
    start = time.monotonic()
    server.signal(signal.SIGTERM)
    client.expect_close(1001)  # and never answered
    server.stop()
    assert time.monotonic() - start < 4, "the limit of the drain"
    client.close()


def test_client_that_does_not_answer_is_left_behind_at_the_limit():
    server = Server(wsraw.program(), "limits.drain_s=1")
    (client,) = opened(server)
    client.send(frame(TEXT, b"big:8000000") * 4)  # never read: not even the close frame fits
    wsraw.wait_until(lambda: select_readable(client), "answers wait")
    start = time.monotonic()
    server.signal(signal.SIGTERM)
    server.stop()
    assert time.monotonic() - start < 5, "the limit of the drain"


def select_readable(client):
    import select

    return bool(select.select([client.sock], [], [], 0)[0])


def test_second_signal_ends_at_once():
    server = Server(wsraw.program(), "limits.drain_s=600")
    (client,) = opened(server)
    client.send(frame(TEXT, b"big:8000000") * 4)
    wsraw.wait_until(lambda: select_readable(client), "answers wait")
    server.signal(signal.SIGTERM)
    wsraw.wait_until(lambda: "net.drain" in server.log(), "the drain begins")
    start = time.monotonic()
    server.stop()
    assert time.monotonic() - start < 4, "at once"


def test_answers_that_are_under_way_arrive_before_the_close():
    server = Server(wsraw.program())
    (client,) = opened(server)
    client.send(frame(TEXT, b"big:3000000"))
    while len(client.buffer) < 1000:
        client.more()
    server.signal(signal.SIGTERM)
    assert len(client.read_message()[1]) == 3000000
    client.expect_close(1001)
    client.close()
    server.stop()


def test_sighup_reloads():
    server = Server(wsraw.program())
    (client,) = opened(server)
    server.signal(signal.SIGHUP)
    wsraw.wait_until(lambda: "reload" in server.log(), "the reload")
    client.echo(b"nothing else happens")
    client.close()
    server.stop()


def test_token_that_expires_ends_the_session():
    server = Server(wsraw.program(), "token_ttl_s=5")
    (client,) = opened(server)
    client.echo(b"in time")
    closed = client.expect_close(1008)
    assert closed.reason == "the credentials expired", closed.reason
    assert Client(server).upgrade()[0] == 401
    client.close()
    server.stop()


def test_clients_that_come_and_go_leave_nothing():
    server = Server(wsraw.program())
    for client in opened(server, 50):
        client.close()
    wsraw.wait_until(lambda: server.log().count("gone") == 50, "all are gone")
    files, memory = server.n_files(), server.rss_kb()
    for _ in range(6):
        clients = opened(server, 100)
        for client in clients[::2]:
            client.echo(b"x" * 1000)
        for client in clients:
            client.reset()
    wsraw.wait_until(lambda: server.log().count("gone") == 650, "all are gone")
    wsraw.wait_until(lambda: server.n_files() <= files, "descriptors given back")
    print("grown by kB:", server.rss_kb() - memory)
    server.stop()


if __name__ == "__main__":
    sys.exit(wsraw.main(sys.modules[__name__]))
