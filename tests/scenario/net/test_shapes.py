# tests/scenario/net/test_shapes.py - many at once: handshakes that drip, and clients that all come back
# in the same moment.
#   test_shapes.py ECHO_SERVER
"""The numbers are printed; what is asserted is that everybody is served and nothing stays behind."""

import resource
import sys
import time

import wsraw
from wsraw import Client, Server

N_SLOW = 2000
N_BACK = 5000
ECHOES = 300


def raise_descriptors():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def latencies_ms(client):
    """Half and 99 % of the echoes of @client take less."""
    took = []
    for _ in range(ECHOES):
        start = time.monotonic()
        client.echo(b"x")
        took.append((time.monotonic() - start) * 1000)
    took.sort()
    return took[ECHOES // 2], took[ECHOES * 99 // 100]


def test_slow_handshakes_keep_nobody_waiting():
    server = Server(wsraw.program(), "limits.handshake_s=60", "limits.handshakes=3000")
    try:
        worker = Client(server)
        worker.open()
        alone = latencies_ms(worker)
        before_kb = server.rss_kb()
        slow = []
        for _ in range(N_SLOW):
            client = Client(server)
            client.send(b"GET /v1/session HTTP/1.1\r\nHost: x\r\n")
            slow.append(client)
        wsraw.wait_until(lambda: server.n_files() > N_SLOW, "all are accepted")
        beside = latencies_ms(worker)
        start = time.monotonic()
        late = Client(server)
        late.open()
        late.echo(b"served")
        took = time.monotonic() - start
        print(f"{N_SLOW} slow handshakes: echo p50/p99 {alone[0]:.2f}/{alone[1]:.2f} ms before,"
              f" {beside[0]:.2f}/{beside[1]:.2f} ms beside, a new session {took * 1000:.0f} ms,"
              f" {(server.rss_kb() - before_kb) / N_SLOW:.1f} kB each")
        assert took < 5, took
        for client in slow:
            client.close()
        wsraw.wait_until(lambda: server.n_files() < 50, "descriptors given back")
        server.stop()
    finally:
        server.remove()


def test_all_clients_that_come_back_at_once_are_served():
    server = Server(wsraw.program())
    try:
        start = time.monotonic()
        clients = []
        for _ in range(N_BACK):  # all connections first, then all requests, then all answers
            client = Client(server)
            clients.append(client)
            client.request()
        statuses = [client.read_response()[0] for client in clients]
        took = time.monotonic() - start
        print(f"{N_BACK} connections at once: {took:.2f} s, {N_BACK / took:.0f} a second")
        assert statuses == [101] * N_BACK, {status: statuses.count(status) for status in statuses}
        clients[0].echo(b"first")
        clients[-1].echo(b"last")
        for client in clients:
            client.reset()
        wsraw.wait_until(lambda: server.n_files() < 50, "descriptors given back")
        server.stop()
    finally:
        server.remove()


if __name__ == "__main__":
    if raise_descriptors() < N_BACK + 200:
        print("too few descriptors are allowed here")
        sys.exit(77)
    sys.exit(wsraw.main(sys.modules[__name__]))
