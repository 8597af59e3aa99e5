# tests/scenario/net/test_crowd.py - one active connection among 5,000 idle ones.
#   test_crowd.py ECHO_SERVER
"""Rule 3: on its own poll loop, libwebsockets is 200 times slower in such a crowd."""

import resource
import statistics
import sys
import time

import wsraw
from wsraw import TEXT, Client, Server, frame

N_IDLE = 5000
N_ROUND_TRIPS = 2000
MAX_RATIO = 5


def round_trip_us(client):
    message = frame(TEXT, b"x" * 100, key=b"abcd")
    times = []
    for _ in range(N_ROUND_TRIPS):
        start = time.perf_counter_ns()
        client.send(message)
        client.read_message()
        times.append((time.perf_counter_ns() - start) / 1000)
    return statistics.median(times)


def test_idle_crowd_does_not_slow_the_active_one():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    n_idle = min(N_IDLE, (limit - 200) if limit != resource.RLIM_INFINITY else N_IDLE)
    server = Server(wsraw.program(), f"limits.sessions={N_IDLE + 10}", "limits.handshake_s=60")
    active = Client(server)
    active.open()
    alone = round_trip_us(active)
    before = server.rss_kb()
    start = time.monotonic()
    crowd = []
    for _ in range(n_idle):
        client = Client(server)
        client.open()
        crowd.append(client)
    elapsed = time.monotonic() - start
    grown = (server.rss_kb() - before) / n_idle
    crowded = round_trip_us(active)
    print(f"{n_idle} idle: opened in {elapsed:.1f} s, {grown:.1f} kB each; "
          f"round trip p50 {alone:.0f} us alone, {crowded:.0f} us in the crowd")
    assert crowded < MAX_RATIO * alone, (alone, crowded)
    server.remove()


if __name__ == "__main__":
    sys.exit(wsraw.main(sys.modules[__name__]))
