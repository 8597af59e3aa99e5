# tests/scenario/net/test_limits.py - clients that take too much: time, descriptors, memory.
#   test_limits.py ECHO_SERVER
"""What a client can use up is bounded, and the others go on."""

import struct
import sys
import time

import wsraw
from wsraw import PING, TEXT, Client, Closed, Server, frame


def with_server(*settings, **options):
    def decorate(test):
        def run():
            server = Server(wsraw.program(), *settings, **options)
            try:
                test(server)
                server.stop()
            finally:
                server.remove()

        run.__name__ = test.__name__
        return run

    return decorate


def upgrade_from(server, **headers):
    """Status of an upgrade request, and the client to keep."""
    client = Client(server)
    return client.upgrade(**headers)[0], client


def wait_closed(client):
    """Seconds until the server drops the connection."""
    start = time.monotonic()
    try:
        while True:
            client.read(1)
    except Closed:
        return time.monotonic() - start


def opened(server):
    client = Client(server)
    client.open()
    return client


@with_server("limits.handshake_s=1")
def test_connection_that_says_nothing_is_dropped(server):
    assert wait_closed(Client(server)) < 4


@with_server("limits.handshake_s=1")
def test_request_that_drips_is_dropped(server):
    client = Client(server)
    start = time.monotonic()
    try:
        for byte in b"GET /v1/session HTTP/1.1\r\n" + b"X: y\r\n" * 1000:
            client.send(bytes([byte]))
            # The attacker's pace: never silent as long as the time limit.
            time.sleep(0.1)
            client.turn(True)
            assert time.monotonic() - start < 5, "a slow request holds the connection"
    except Closed:
        pass


@with_server("limits.handshake_s=1", tls=True)
def test_tls_handshake_that_stops_is_dropped(server):
    tls, server.tls = server.tls, None
    client = Client(server)
    client.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    assert wait_closed(client) < 4
    server.tls = tls
    opened(server).echo(b"others live")


@with_server("limits.handshake_s=1")
def test_idle_http_connection_is_dropped(server):
    client = Client(server)
    client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    client.read_response()
    assert wait_closed(client) < 4


@with_server("limits.handshake_s=1")
def test_body_that_does_not_come_is_dropped(server):
    client = Client(server)
    client.send(f"POST /v1/tickets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\n"
                "Content-Length: 10\r\n\r\nabc".encode())
    assert wait_closed(client) < 4


@with_server()
def test_flood_of_headers_is_dropped_and_costs_little(server):
    before = server.rss_kb()
    clients = []
    for _ in range(50):
        client = Client(server)
        client.queue(b"GET /v1/session HTTP/1.1\r\nHost: x\r\n" + b"X-Flood: " + b"a" * 200000)
        clients.append(client)
    for client in clients:
        wait_closed(client)
    assert server.rss_kb() - before < 60_000, (before, server.rss_kb())
    opened(server).echo(b"others live")


@with_server("limits.sessions=2")
def test_full_server_says_503_until_one_leaves(server):
    first, second = opened(server), opened(server)
    client = Client(server)
    status, headers, _ = client.upgrade()
    assert status == 503 and int(headers["retry-after"]) > 0, (status, headers)
    second.send(frame(8, struct.pack(">H", 1000)))
    second.expect_close(1000)

    def has_room():
        return Client(server).upgrade()[0] == 101

    wsraw.wait_until(has_room, "room for another session")
    first.echo(b"still here")


@with_server("limits.address_connections=3", "listen.forwarded_for=true")
def test_address_that_a_proxy_names_has_its_own_count(server):
    kept = []
    for address in ("192.0.2.1", "198.51.100.9, 192.0.2.1", "::ffff:192.0.2.1"):
        status, client = upgrade_from(server, X_Forwarded_For=address)
        assert status == 101, (address, status)
        kept.append(client)
    client = Client(server)
    status, headers, _ = client.upgrade(X_Forwarded_For="10.0.0.1,192.0.2.1")
    assert status == 429 and int(headers["retry-after"]) > 0, (status, headers)
    client = Client(server)
    client.send(b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n")
    assert client.read_response()[0] == 429
    # The first address is what the client says: it must not count for another.
    kept.append(upgrade_from(server, X_Forwarded_For="192.0.2.1, 192.0.2.2"))
    assert kept[-1][0] == 101, kept[-1][0]
    for _ in range(5):  # no address: not counted, as nobody is
        kept.append(upgrade_from(server, X_Forwarded_For="unknown"))
        assert kept[-1][0] == 101, kept[-1][0]
    kept[0].close()

    def has_room():
        status, client = upgrade_from(server, X_Forwarded_For="192.0.2.1")
        kept.append(client)
        return status == 101

    wsraw.wait_until(has_room, "room for another connection")


@with_server("limits.address_connections=3")
def test_forwarded_address_is_not_believed_unasked(server):
    kept = [upgrade_from(server, X_Forwarded_For="192.0.2.1") for _ in range(6)]
    assert [status for status, _ in kept] == [101] * 6, kept


@with_server("limits.address_connections=3")
def test_address_with_too_many_connections_is_told_and_then_dropped(server):
    kept, statuses = [], []
    for _ in range(3 + 16):
        client = Client(server, source="127.0.0.2")
        statuses.append(client.upgrade()[0])
        kept.append(client)
    assert statuses == [101] * 3 + [429] * 16, statuses
    idle = [Client(server, source="127.0.0.3") for _ in range(3 + 16)]
    wsraw.wait_until(lambda: server.n_files() > 3 + 19, "they are accepted")
    assert wait_closed(Client(server, source="127.0.0.3")) < 5
    idle[0].close()
    opened(server).echo(b"others live")


@with_server("limits.handshakes=20", "limits.handshake_s=60")
def test_handshakes_that_take_long_make_room_for_others(server):
    slow = [Client(server) for _ in range(60)]
    start = time.monotonic()
    opened(server).echo(b"others live")
    took = time.monotonic() - start
    assert took < 15, took
    gone = 0
    for client in slow:
        client.timeout = 0.01
        try:
            client.more()
        except Closed:
            gone += 1
        except TimeoutError:
            pass
    print(f"60 slow handshakes: another took {took:.1f} s, {gone} were dropped")
    assert 20 <= gone <= 60, gone


@with_server("limits.first_message_s=1")
def test_session_without_a_message_is_ended(server):
    silent, busy = opened(server), opened(server)
    busy.echo(b"first message")
    closed = silent.expect_close(1008)
    assert closed.reason == "no message within the time limit", closed.reason
    wsraw.wait_until(lambda: "gone NO_REQUEST" in server.log(), "the reason is known")
    busy.echo(b"still here")


# Rule 5: our own accept; libwebsockets' spins when descriptors run out.
@with_server(n_files=80)
def test_server_without_descriptors_waits_and_recovers(server):
    first = opened(server)
    waiting = [Client(server) for _ in range(120)]  # the kernel's backlog takes what we do not
    wsraw.wait_until(lambda: "accept_paused" in server.log(), "descriptors run out")
    start, cpu = time.monotonic(), server.cpu_seconds()
    n_lines = server.log().count("\n")
    while time.monotonic() - start < 2:
        first.echo(b"served meanwhile")
        time.sleep(0.05)
    elapsed = time.monotonic() - start
    share = (server.cpu_seconds() - cpu) / elapsed
    lines = server.log().count("\n") - n_lines
    print(f"without descriptors: {share * 100:.0f} % CPU, {lines} log lines in {elapsed:.1f} s")
    assert share < 0.5, share
    assert lines <= elapsed + 2, lines
    for client in waiting:
        client.close()
    late = opened(server)
    late.echo(b"recovered")
    first.echo(b"still here")


@with_server("limits.outbox_bytes=1048576")
def test_reader_that_stops_is_held_and_ended(server):
    other = opened(server)
    client = opened(server)
    before = server.rss_kb()
    client.queue(frame(TEXT, b"big:500000") * 400)  # 200 MB of answers, none of them read
    while client.unsent:
        client.unsent = client.unsent[client.sock.send(client.unsent) :]
    wsraw.wait_until(lambda: "gone SLOW_READER" in server.log(), "the session ends")
    grown = server.rss_kb() - before
    print(f"slow reader: {grown} kB")
    assert grown < 60_000, grown
    other.echo(b"others live")


@with_server("limits.outbox_bytes=67108864")
def test_reader_that_is_slow_gets_everything(server):
    client = opened(server)
    client.send(frame(TEXT, b"big:2000000") * 10)
    for _ in range(10):
        kind, data = client.read_message()
        assert kind == TEXT and len(data) == 2000000
        time.sleep(0.02)  # a slow reader


@with_server("limits.ping_s=1", "limits.ping_timeout_s=3")
def test_silent_client_is_pinged_and_given_up(server):
    client = opened(server)
    _, opcode, _ = client.read_frame()
    assert opcode == PING, opcode
    assert wait_closed(client) < 8
    wsraw.wait_until(lambda: "gone PING_TIMEOUT" in server.log(), "the reason is known")


@with_server("limits.ping_s=1", "limits.ping_timeout_s=3")
def test_client_that_talks_but_never_answers_pings_is_given_up_with_that_reason(server):
    client = opened(server)
    try:
        while True:
            client.echo(b"x")
            time.sleep(0.1)  # a user at work
    except wsraw.Closed:
        pass
    wsraw.wait_until(lambda: "gone PING_TIMEOUT" in server.log(), "the reason is known")


@with_server("limits.ping_s=1", "limits.ping_timeout_s=3")
def test_client_that_answers_pings_stays(server):
    client = opened(server)
    n_pings = 0
    while n_pings < 4:
        _, opcode, payload = client.read_frame()
        assert opcode == PING, opcode
        client.send(frame(10, payload))
        n_pings += 1
    client.echo(b"still here")


@with_server("auth.tickets_max=3")
def test_tickets_are_bounded(server):
    client = Client(server)
    statuses = []
    for _ in range(5):
        client.send(f"POST /v1/tickets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}"
                    "\r\nContent-Length: 0\r\n\r\n".encode())
        statuses.append(client.read_response()[0])
    assert statuses == [200, 200, 200, 503, 503], statuses


@with_server()
def test_flood_of_pings_costs_no_memory(server):
    client = opened(server)
    before = server.rss_kb()
    for _ in range(20):
        client.queue(frame(PING, b"x" * 125) * 2000)
        while client.unsent:
            client.turn(False)
        client.buffer = b""
    client.send(frame(TEXT, b"done"))
    while client.read_message()[1] != b"done":
        pass
    assert server.rss_kb() - before < 10_000, (before, server.rss_kb())


def test_bad_certificate_settings_name_their_key():
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        empty = folder + "/empty.pem"
        open(empty, "w").close()
        for settings, where in (
            ([f"tls.certificate={empty}", f"tls.key={empty}"], "tls.certificate"),
            ([f"tls.certificate={folder}/none", f"tls.key={empty}"], "tls.certificate"),
            ([f"tls.certificate={empty}"], "tls.key"),
            ([f"tls.key={empty}"], "tls.certificate"),
            (["listen.host=0.0.0.0"], "listen.host"),
            (["listen.host=no such name"], "listen.host"),
            (["listen.host=192.0.2.1", "listen.allow_plain_remote=true"], "listen.host"),
        ):
            result = subprocess.run(
                [wsraw.program(), "listen.port=0", f"data.dir={folder}/data", *settings],
                capture_output=True, timeout=wsraw.DEADLINE_S,
            )
            message = result.stderr.decode()
            assert result.returncode == 2 and message.startswith(where + ":"), (settings, message)
            assert folder not in message, message


@with_server("listen.host=0.0.0.0", "listen.allow_plain_remote=true")
def test_plain_remote_listening_is_possible_when_asked_for(server):
    opened(server).echo(b"hello")


@with_server()
def test_address_in_use_is_named(server):
    import subprocess

    result = subprocess.run(
        [wsraw.program(), f"listen.port={server.port}", f"data.dir={server.folder}/data"],
        capture_output=True, timeout=wsraw.DEADLINE_S,
    )
    assert result.returncode == 2 and result.stderr.startswith(b"listen.port:"), result.stderr


# sd_listen_fds(3): the service manager listens, and hands the socket over as descriptor 3.
def test_socket_that_is_handed_over_is_used():
    import json
    import socket
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        process = subprocess.Popen(
            ["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" listen.port=1 "data.dir=$1" 3<&"$2"',
             wsraw.program(), folder + "/data", str(listener.fileno())],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=[listener.fileno()],
        )
        ready = json.loads(process.stdout.readline())
        assert ready["port"] == listener.getsockname()[1], ready

        class Handed:
            port, token, tls = ready["port"], ready["token"], None

        opened(Handed).echo(b"hello")
        process.terminate()
        process.communicate(timeout=wsraw.DEADLINE_S)
        assert process.returncode == 0, process.returncode


if __name__ == "__main__":
    sys.exit(wsraw.main(sys.modules[__name__]))
