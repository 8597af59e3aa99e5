# tests/scenario/net/test_frame_cases.py - every case of frame_cases.py, each on a connection of its
# own.
#   test_frame_cases.py ECHO_SERVER plain|tls [PART_OF_A_NAME]
"""One server for all; at the end it must still serve, and nothing of the cases may be left in it."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import wsraw
from frame_cases import LAST_OF, LIMIT, cases
from wsraw import BINARY, CLOSE, PING, PONG, Client, Closed, code_of, frame

N_AT_A_TIME = 64
AT_LEAST = 300  # cases: less means that the table is not what it should be
LAST = b"the last ping"

# Where libwebsockets 4.1.6 differs from RFC 6455 and we leave it: name of the case -> what happens
# instead, and why that is left. A case that is listed here and passes is an error too.
DIFFERENT = {}


class Got:
    """What came back on one connection."""

    def __init__(self):
        self.echoes, self.pongs = [], []
        self.close = None
        self.is_ended = False


def take_frames(client, got, kind, is_done):
    """Read until is_done(), or the close frame and the end after it."""
    parts = None
    while not is_done():
        fin, opcode, payload = client.read_frame()
        if opcode == PONG:
            got.pongs.append(payload)
        elif opcode == CLOSE:
            got.close = code_of(payload)
            client.queue(frame(CLOSE, payload))
            client.expect_end()
            got.is_ended = True
            return
        else:
            assert opcode != PING, "nothing was idle"
            assert (opcode == 0) == (parts is not None), "continuation out of place"
            assert opcode in (0, kind), opcode
            parts = (parts or b"") + payload
            if fin:
                got.echoes.append(parts)
                parts = None


def is_beginning(got, expected):
    return got == expected[: len(got)]


def is_within(got, expected):
    """Is @got some of @expected, in order? One may come twice in a row."""
    rest = iter(expected)
    steps = [pong for i, pong in enumerate(got) if i == 0 or pong != got[i - 1]]
    return all(pong in rest for pong in steps)


def has_pongs(case, got):
    """Is the last pong there that must come?"""
    if case.pongs[:1] == [LAST_OF]:
        return case.pongs[-1] in got.pongs
    return len(got.pongs) >= len(case.pongs)


def judge(case, got):
    assert got.close == case.close, f"closed with {got.close}, expected {case.close}"
    if case.pongs[:1] == [LAST_OF]:
        assert got.echoes == case.echoes, f"answers: {got.echoes}"[:300]
        assert is_within(got.pongs, case.pongs[1:]), f"pongs: {got.pongs}"[:300]
    elif case.close is not None:
        assert is_beginning(got.echoes, case.echoes), f"answers: {got.echoes}"[:300]
        assert is_beginning(got.pongs, case.pongs), f"pongs: {got.pongs}"[:300]
    else:
        assert got.echoes == case.echoes, f"answers: {got.echoes}"[:300]
        assert got.pongs == case.pongs, f"pongs: {got.pongs}"[:300]


def run(server, case):
    client = Client(server, timeout=20)
    got = Got()
    try:
        client.open("weh.v1.msgpack" if case.kind == BINARY else "weh.v1.json")
        for chunk in case.chunks:
            client.queue(chunk)
            client.push()
        if case.close is None:
            # Whatever else the case makes the server send comes before this pong and this answer.
            take_frames(client, got, case.kind, lambda: len(got.echoes) >= len(case.echoes)
                        and has_pongs(case, got))
            assert not got.is_ended, f"closed with {got.close}"
            client.queue(frame(case.kind, LAST) + frame(PING, LAST))
            take_frames(client, got, case.kind,
                        lambda: LAST in got.echoes and LAST in got.pongs)
            assert got.echoes.pop() == LAST and got.pongs.pop() == LAST, "out of order"
        else:
            take_frames(client, got, case.kind, lambda: False)
        judge(case, got)
    finally:
        client.close()


def problem_of(server, case):
    start = time.monotonic()
    try:
        run(server, case)
        problem = None
    except (AssertionError, Closed, TimeoutError) as error:
        problem = repr(error)
    return problem, time.monotonic() - start


def run_all(server, part):
    chosen = [case for case in cases() if part in case.name]
    names = {case.name for case in chosen}
    failed, different, slowest = 0, 0, (0.0, "")
    assert len(names) == len(chosen), "a name stands twice"
    # Side by side: after a failure the server waits a while for the client's close frame, which what
    # is left of a broken frame may hide from it.
    with ThreadPoolExecutor(N_AT_A_TIME) as pool:
        results = list(pool.map(lambda case: problem_of(server, case), chosen))
    for case, (problem, took) in zip(chosen, results):
        slowest = max(slowest, (took, case.name))
        if problem is not None and case.name in DIFFERENT:
            different += 1
        elif problem is not None or case.name in DIFFERENT:
            failed += 1
            print("FAILED", case.name, problem or "is listed as different and is not", flush=True)
    print(f"{len(chosen)} cases, {failed} failed, {different} different;"
          f" the slowest took {slowest[0]:.2f} s: {slowest[1]}")
    return len(chosen), failed, different


def main():
    part = sys.argv[3] if len(sys.argv) > 3 else ""
    server = wsraw.Server(wsraw.program(), f"limits.message_bytes={LIMIT}",
                          "limits.outbox_bytes=67108864", tls=sys.argv[2] == "tls")
    start = time.monotonic()
    files = server.n_files()
    n, failed, different = run_all(server, part)
    print(f"{time.monotonic() - start:.1f} s")
    wsraw.wait_until(lambda: server.n_files() <= files, "descriptors given back")
    client = Client(server)
    client.open()
    client.echo(b"still served")
    client.close()
    server.stop()
    if part == "" and (n < AT_LEAST or different != len(DIFFERENT)):
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
