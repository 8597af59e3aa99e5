# tests/scenario/net/test_frames.py - frames, right and wrong, over plain TCP and TLS.
#   test_frames.py ECHO_SERVER plain|tls
"""RFC 6455 sections 5 and 7 as seen from a raw client."""

import os
import random
import struct
import sys
import threading

import wsraw
from wsraw import BINARY, CLOSE, PING, PONG, TEXT, Client, Closed, frame

LIMIT = 1 << 20
MSGPACK = "weh.v1.msgpack"


def opened(server, subprotocol=None):
    client = Client(server)
    client.open(subprotocol)
    return client


def burst(server, sizes, subprotocol=None, opcode=TEXT):
    """Send all messages without waiting; every answer must come, in order."""
    client = opened(server, subprotocol)
    rng = random.Random(len(sizes))
    messages = [bytes(rng.choices(b"abcdefgh", k=n)) for n in sizes]
    data = b"".join(frame(opcode, message) for message in messages)
    client.queue(data)
    for message in messages:
        kind, got = client.read_message()
        assert kind == opcode and got == message, (kind, len(got), len(message))
    client.send(frame(CLOSE, struct.pack(">H", 1000)))
    client.expect_close(1000)
    client.close()


# Rule 2 of the libwebsockets rules: pipelined bursts over TLS hang it when rx flow control is used.
def test_burst_of_small_messages_is_answered_in_order(server):
    for _ in range(10):
        burst(server, [100] * 400)


def test_burst_of_mixed_messages_is_answered_in_order(server):
    for round_ in range(10):
        rng = random.Random(round_)
        burst(server, [rng.choice([0, 1, 125, 126, 4096, 65535, 65536, 70000]) for _ in range(40)])


def test_burst_of_large_binary_messages_is_answered_in_order(server):
    burst(server, [LIMIT, 5, LIMIT - 1, 900_000, 65536 * 3], MSGPACK, BINARY)


def test_burst_on_several_connections_at_once_is_answered_in_order(server):
    errors = []

    def run():
        try:
            burst(server, [100, 20000, 3] * 40)
        except Exception as error:  # handed to the main thread
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors


def test_fragments_with_pings_between_make_one_message(server):
    client = opened(server)
    parts = [os.urandom(50).hex().encode() for _ in range(30)]
    pongs = []
    for i, part in enumerate(parts):
        client.send(frame(TEXT if i == 0 else 0, part, fin=i == len(parts) - 1))
        if i < len(parts) - 1:
            client.send(frame(PING, b"%d" % i))
    kind, got = client.read_message(lambda opcode, payload: pongs.append((opcode, payload)))
    assert (kind, got) == (TEXT, b"".join(parts))
    assert pongs and all(opcode == PONG for opcode, _ in pongs)
    client.close()


def test_message_in_bytes_is_put_together(server):
    client = opened(server)
    for byte in frame(TEXT, b"one byte a segment"):
        client.send(bytes([byte]))
    assert client.read_message() == (TEXT, b"one byte a segment")
    client.close()


def test_message_of_many_fragments_is_put_together(server):
    client = opened(server, MSGPACK)
    data = frame(BINARY, b"a", fin=False) + frame(0, b"b", fin=False) * 20000 + frame(0, b"c")
    client.queue(data)
    assert client.read_message() == (BINARY, b"a" + b"b" * 20000 + b"c")
    client.close()


def test_empty_message_is_echoed(server):
    client = opened(server)
    client.send(frame(TEXT) + frame(TEXT, fin=False) + frame(0))
    assert client.read_message() == (TEXT, b"")
    assert client.read_message() == (TEXT, b"")
    client.close()


def test_large_answer_comes_in_fragments(server):
    client = opened(server)
    client.send(frame(TEXT, b"big:300000"))
    sizes = []
    fin = False
    while not fin:
        fin, _, payload = client.read_frame()
        sizes.append(len(payload))
    assert sum(sizes) == 300000 and max(sizes) <= 65536, sizes
    client.close()


def test_message_at_the_limit_is_accepted_and_one_more_byte_is_not(server):
    client = opened(server)
    client.echo(b"x" * LIMIT)
    client.send(frame(TEXT, b"x" * (LIMIT + 1)))
    client.expect_close(1009)


def test_message_that_announces_too_much_is_refused_at_its_header(server):
    client = opened(server)
    client.send(frame(TEXT, b"x", length=LIMIT + 1))
    client.expect_close(1009)
    client = opened(server)
    client.send(frame(TEXT, b"x", length=(1 << 63) - 1))
    client.expect_close(1009)


def test_fragments_beyond_the_limit_are_refused(server):
    client = opened(server)
    client.send(frame(TEXT, b"x" * (LIMIT - 10), fin=False))
    client.send(frame(0, b"x" * 11, fin=False))
    client.expect_close(1009)


def test_wrong_frame_type_is_1003(server):
    client = opened(server)
    client.send(frame(BINARY, b"\x93"))
    client.expect_close(1003)
    client = opened(server, MSGPACK)
    client.send(frame(TEXT, b"{}"))
    client.expect_close(1003)


def test_bad_utf8_is_1007(server):
    for text in (b"\xff", b"a\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\x80"):
        client = opened(server)
        client.send(frame(TEXT, b"x" * 100 + text))
        client.expect_close(1007)
    client = opened(server)  # a character in two fragments is fine
    client.send(frame(TEXT, b"\xe2\x82", fin=False) + frame(0, b"\xac"))
    assert client.read_message() == (TEXT, "€".encode())
    client.close()


def test_unmasked_frame_is_1002(server):
    for data in (
        frame(TEXT, b"hello", mask=False),
        frame(TEXT, b"", mask=False),
        frame(TEXT, b"h" * 1000, mask=False),
        frame(TEXT, b"h" * 70000, mask=False),
        frame(PING, b"hello", mask=False),
        frame(PING, b"", mask=False),
    ):
        client = opened(server)
        client.send(data)
        client.expect_close(1002)
    client = opened(server, MSGPACK)
    client.send(frame(BINARY, b"\x93" * 20, mask=False))
    client.expect_close(1002)


def test_unmasked_frame_in_pieces_is_1002(server):
    client = opened(server)
    for byte in frame(TEXT, b"h" * 200, mask=False)[:8]:
        client.send(bytes([byte]))
    client.expect_close(1002)


def test_unmasked_frame_after_good_ones_is_1002_and_they_are_answered(server):
    client = opened(server)
    client.send(frame(TEXT, b"one") + frame(TEXT, b"two") + frame(TEXT, b"three", mask=False)
                + frame(TEXT, b"four"))
    got = []
    try:
        while True:
            got.append(client.read_message()[1])
    except Closed as closed:
        assert closed.code == 1002, closed
    assert set(got) <= {b"one", b"two"}, got
    client = opened(server)
    client.echo(b"good")
    client.send(frame(TEXT, b"part", fin=False) + frame(0, b"bad", mask=False))
    client.expect_close(1002)


def test_zero_mask_is_a_mask(server):
    client = opened(server)
    client.send(frame(TEXT, b"plain to see", key=b"\0\0\0\0"))
    assert client.read_message() == (TEXT, b"plain to see")
    client.close()


def test_reserved_bits_are_1002(server):
    for rsv in (1, 2, 4):
        client = opened(server)
        client.send(frame(TEXT, b"x", rsv=rsv))
        client.expect_close(1002)


def test_reserved_opcodes_are_1002(server):
    for opcode in (3, 7, 11, 15):
        client = opened(server)
        client.send(frame(opcode, b"x"))
        client.expect_close(1002)


def test_bad_control_frames_are_1002(server):
    for data in (frame(PING, b"x", fin=False), frame(PING, b"x" * 126), frame(CLOSE, b"x", fin=False)):
        client = opened(server)
        client.send(data)
        client.expect_close(1002)


def test_bad_fragments_are_1002(server):
    for data in (
        frame(0, b"nothing to continue"),
        frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"),
        frame(TEXT, b"a") + frame(0, b"b"),
    ):
        client = opened(server)
        client.send(data)
        client.expect_close(1002)


def test_ping_is_answered_with_its_payload(server):
    client = opened(server)
    for payload in (b"", b"hello", b"x" * 125):
        client.send(frame(PING, payload))
        assert client.read_frame() == (True, PONG, payload)
    client.send(frame(PONG, b"unasked"))
    client.echo(b"still here")
    client.close()


def test_close_is_answered_with_its_code(server):
    for code in (1000, 1001, 1011, 3000, 4999):
        client = opened(server)
        client.send(frame(CLOSE, struct.pack(">H", code) + b"bye"))
        client.expect_close(code)
    client = opened(server)
    client.send(frame(CLOSE))
    client.expect_close(None)


def test_bad_close_is_1002(server):
    for payload in (b"\x03", *(struct.pack(">H", code) for code in (0, 999, 1004, 1005, 1006, 1015,
                                                                  1016, 2999, 5000, 65535))):
        client = opened(server)
        client.send(frame(CLOSE, payload))
        client.expect_close(1002)


def test_session_that_ends_itself_sends_code_and_text(server):
    client = opened(server)
    client.send(frame(TEXT, b"close"))
    closed = client.expect_close(1000)
    assert closed.reason == "session.close", closed.reason


# Rule 1: the extension is never registered.
def test_deflate_is_never_accepted(server):
    client = Client(server)
    headers = client.open(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits")
    assert "sec-websocket-extensions" not in headers, headers
    client.send(frame(TEXT, b"\xca\x48\xcd\xc9\xc9\x07\x00", rsv=4))
    client.expect_close(1002)


def test_client_that_vanishes_in_a_message_leaves_nothing(server):
    files = server.n_files()
    for _ in range(20):
        client = opened(server)
        client.send(frame(TEXT, b"x" * 5000, fin=False) + b"\x80\xff\x00")
        if server.tls is None:
            client.reset()
        else:
            client.close()
    wsraw.wait_until(lambda: server.n_files() <= files, "descriptors given back")
    client = opened(server)
    client.echo(b"others live")
    client.close()


if __name__ == "__main__":
    SERVER = wsraw.Server(
        wsraw.program(), f"limits.message_bytes={LIMIT}", tls=sys.argv[2] == "tls"
    )
    STATUS = wsraw.main(sys.modules[__name__], SERVER)
    SERVER.stop()
    sys.exit(STATUS)
