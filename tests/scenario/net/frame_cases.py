# tests/scenario/net/frame_cases.py - what clients may send and what RFC 6455 wants to come back, as
# data. The categories are those of the Autobahn suite; the cases are our own. Sends nothing itself.
"""cases() gives every case: its name, its subprotocol, what is sent, what must come back."""

import struct
from collections import namedtuple

from utf8_cases import INVALID_UTF8, VALID_UTF8
from wsraw import BINARY, CLOSE, PING, PONG, TEXT, frame

LIMIT = 1 << 20  # limits.message_bytes of the server that the cases are meant for

# kind: TEXT or BINARY, the only data that the connection's subprotocol allows.
# chunks: handed to the kernel one by one, each a segment of its own.
# echoes, pongs: payloads that must come back, in order. The two orders are independent: a session
#   answers messages, the connection answers pings.
# close: code of the server's close frame; NO_CODE: an empty one; None: it stays open.
# is_failing: the server fails the connection (7.1.7).
# What comes before a close frame of either side may be left unanswered (5.5.1, 5.5.3).
Case = namedtuple("Case", "name kind chunks echoes pongs close is_failing")
NO_CODE = 0
LAST_OF = None  # as the first of pongs: the last must come, those before it may, in order


def echo(name, kind, chunks, *echoes, pongs=()):
    return Case(name, kind, chunks, list(echoes), list(pongs), None, False)


def fails(name, kind, chunks, *echoes, pongs=(), close=1002):
    return Case(name, kind, chunks, list(echoes), list(pongs), close, True)


def closes(name, chunks, close, *echoes, pongs=()):
    return Case(name, TEXT, chunks, list(echoes), list(pongs), close, False)


def name_of(kind):
    return "text" if kind == TEXT else "binary"


def payload(n, kind=TEXT):
    """Different bytes all along, so that nothing lost or doubled goes unseen."""
    text = b"".join(b"%07x." % i for i in range(n // 8 + 1))[:n]
    return text if kind == TEXT else bytes(b ^ 0xA5 for b in text)


def chopped(data, n):
    return [data[i : i + n] for i in range(0, len(data), n)]


def fragments(kind, parts):
    """One message in as many frames as there are @parts."""
    last = len(parts) - 1
    return [frame(0 if i else kind, part, fin=i == last) for i, part in enumerate(parts)]


def code(number, reason=b""):
    return struct.pack(">H", number) + reason


# ---- 1: framing ----

SIZES = (0, 1, 2, 7, 124, 125, 126, 127, 128, 255, 256, 4095, 4096, 4097, 65534, 65535, 65536,
         65537, 131072, 200001)


def framing():
    for kind in (TEXT, BINARY):
        for size in SIZES:
            body = payload(size, kind)
            yield echo(f"{name_of(kind)} of {size}", kind, [frame(kind, body)], body)
        for size, step in ((0, 1), (1, 1), (125, 1), (126, 1), (300, 1), (300, 7), (65535, 997),
                           (65536, 997), (65536, 4096), (200001, 65536)):
            body = payload(size, kind)
            yield echo(f"{name_of(kind)} of {size} in pieces of {step}", kind,
                       chopped(frame(kind, body), step), body)
        bodies = [payload(size, kind) for size in SIZES[:14]]
        data = b"".join(frame(kind, body) for body in bodies)
        yield echo(f"{name_of(kind)}, many in one piece", kind, [data], *bodies)
        yield echo(f"{name_of(kind)}, many in pieces of 1000", kind, chopped(data, 1000), *bodies)
    for size in (126, 65536):
        yield fails(f"length of {size} announced as 2^63", TEXT,
                    [frame(TEXT, b"x", length=1 << 63 | size)])


def masks():
    for key in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x01\x02\x03\x04", b"\0\0\0\x80", b"\x80\0\0\0"):
        for kind in (TEXT, BINARY):
            for size in (0, 3, 126, 65536):
                body = payload(size, kind)
                yield echo(f"{name_of(kind)} of {size} masked with {key.hex()}", kind,
                           [frame(kind, body, key=key)], body)
    for kind in (TEXT, BINARY):
        for size in (0, 5, 126, 65536):
            yield fails(f"unmasked {name_of(kind)} of {size}", kind,
                        [frame(kind, payload(size, kind), mask=False)])
        first, *rest = fragments(kind, [b"ab", b"cd"])
        yield fails(f"unmasked continuation of {name_of(kind)}", kind,
                    [first, frame(0, b"cd", mask=False)])
        yield fails(f"unmasked beginning of {name_of(kind)}", kind,
                    [frame(kind, b"ab", fin=False, mask=False), *rest])
    for opcode, name in ((PING, "ping"), (PONG, "pong"), (CLOSE, "close")):
        for body in (b"", code(1000), code(1000, b"x" * 100)):
            yield fails(f"unmasked {name} of {len(body)}", TEXT, [frame(opcode, body, mask=False)])


# ---- 2: pings and pongs ----


def pings():
    for body in (b"", b"x", b"Hello, world!", bytes(range(100)), b"\x00\xff\xfe\xfd", b"p" * 124,
                 b"p" * 125):
        yield echo(f"ping of {len(body)}", TEXT, [frame(PING, body)], pongs=[body])
        yield echo(f"ping of {len(body)} byte by byte", BINARY, chopped(frame(PING, body), 1),
                   pongs=[body])
        yield echo(f"pong of {len(body)} that nobody asked for", TEXT, [frame(PONG, body)])
        yield echo(f"pong of {len(body)} byte by byte, then a ping", TEXT,
                   [*chopped(frame(PONG, body), 1), frame(PING, b"after")], pongs=[b"after"])
    for opcode, name in ((PING, "ping"), (PONG, "pong")):
        for size in (126, 127, 200, 65535, 65536):
            yield fails(f"{name} of {size}", TEXT, [frame(opcode, b"x" * size)])
        yield fails(f"{name} of 5 with a length of two bytes", TEXT,
                    [bytes([0x80 | opcode, 0xFE]) + struct.pack(">H", 5) + b"\0" * 9])
        yield fails(f"{name} of 5 with a length of eight bytes", TEXT,
                    [bytes([0x80 | opcode, 0xFF]) + struct.pack(">Q", 5) + b"\0" * 9])
        yield fails(f"fragmented {name}", TEXT, [frame(opcode, b"a", fin=False), frame(0, b"b")])
    second = frame(PING, b"two")
    many = [b"ping %d" % i for i in range(10)]
    # 5.5.3: pings that came while one waited need no pongs of their own but for the last.
    yield echo("ten pings in one piece", TEXT, [b"".join(frame(PING, body) for body in many)],
               pongs=[LAST_OF, *many])
    yield echo("ten pings, then a message", BINARY,
               [b"".join(frame(PING, body) for body in many), frame(BINARY, b"m")], b"m",
               pongs=[LAST_OF, *many])
    yield echo("ten pings byte by byte", TEXT,
               chopped(b"".join(frame(PING, body) for body in many), 1), pongs=[LAST_OF, *many])
    yield echo("a ping and half of the next, then its rest", TEXT,
               [frame(PING, b"one") + second[:7], second[7:]],
               pongs=[LAST_OF, b"one", b"two"])
    yield echo("ping before a message in one piece", TEXT,
               [frame(PING, b"p") + frame(TEXT, b"m")], b"m", pongs=[b"p"])
    yield echo("ping after a message in one piece", TEXT,
               [frame(TEXT, b"m") + frame(PING, b"p")], b"m", pongs=[b"p"])
    yield echo("pongs around messages", TEXT,
               [frame(PONG, b"1") + frame(TEXT, b"m") + frame(PONG, b"2") + frame(TEXT, b"n")],
               b"m", b"n")


# ---- 3 and 4: reserved bits, reserved opcodes ----


def reserved():
    for rsv in range(1, 8):
        for kind in (TEXT, BINARY):
            yield fails(f"reserved bits {rsv} in {name_of(kind)}", kind, [frame(kind, b"x", rsv=rsv)])
            yield fails(f"reserved bits {rsv} in a continuation of {name_of(kind)}", kind,
                        [frame(kind, b"x", fin=False), frame(0, b"y", rsv=rsv)])
        yield fails(f"reserved bits {rsv} in empty text", TEXT, [frame(TEXT, b"", rsv=rsv)])
        yield fails(f"reserved bits {rsv} between messages", TEXT,
                    [frame(TEXT, b"a") + frame(TEXT, b"b", rsv=rsv) + frame(TEXT, b"c")], b"a")
        yield fails(f"reserved bits {rsv} byte by byte", TEXT,
                    chopped(frame(TEXT, b"x", rsv=rsv)[:2], 1))
        for opcode, name in ((PING, "ping"), (PONG, "pong"), (CLOSE, "close")):
            yield fails(f"reserved bits {rsv} in a {name}", TEXT,
                        [frame(opcode, code(1000), rsv=rsv)])
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        for body in (b"", b"reserved"):
            yield fails(f"opcode {opcode} of {len(body)}", TEXT, [frame(opcode, body)])
        yield fails(f"opcode {opcode} after a message", TEXT,
                    [frame(TEXT, b"a"), frame(opcode, b"x"), frame(PING)], b"a", pongs=[b""])
        yield fails(f"opcode {opcode} in a message", TEXT,
                    [frame(TEXT, b"a", fin=False), frame(opcode, b"x"), frame(0, b"b")])
        yield fails(f"opcode {opcode} without FIN", BINARY, [frame(opcode, b"x", fin=False)])


# ---- 5: fragmentation ----


def fragmentation():
    for kind in (TEXT, BINARY):
        what = name_of(kind)
        for parts in ([b"ab", b"cd"], [b"", b"cd"], [b"ab", b""], [b"", b""], [b"", b"", b""],
                      [b"a"] * 50, [b"", b"x", b"", b"y", b""], [b"x" * 70000, b"y" * 70000],
                      [b"a" * 125, b"b" * 126, b"c" * 127]):
            whole = b"".join(parts)
            frames = fragments(kind, parts)
            shape = f"{what} in {len(parts)} frames of {len(parts[0])}.."
            yield echo(f"{shape}, {len(whole)} in all", kind, frames, whole)
            yield echo(f"{shape}, {len(whole)} in one piece", kind, [b"".join(frames)], whole)
        first, second, third = fragments(kind, [b"one ", b"two ", b"three"])
        for opcode, name in ((PING, "ping"), (PONG, "pong")):
            between = [frame(opcode, b"between")]
            pongs = [b"between"] if opcode == PING else []
            yield echo(f"{what} with a {name} after its beginning", kind,
                       [first, *between, second, third], b"one two three", pongs=pongs)
            yield echo(f"{what} with a {name} before its end, byte by byte", kind,
                       chopped(b"".join([first, second, *between, third]), 1), b"one two three",
                       pongs=pongs)
            yield fails(f"{what} with a {name} in two frames within", kind,
                        [first, frame(opcode, b"a", fin=False), frame(0, b"b"), third])
        yield fails(f"{what}: continuation of nothing, FIN", kind, [frame(0, b"x")])
        yield fails(f"{what}: continuation of nothing, no FIN", kind, [frame(0, b"x", fin=False)])
        yield fails(f"{what}: empty continuation of nothing", kind, [frame(0, b"")])
        yield fails(f"{what}: continuation after a message", kind,
                    [frame(kind, b"whole"), frame(0, b"x")], b"whole")
        yield fails(f"{what}: continuation after a fragmented message", kind,
                    [first, second, third, second], b"one two three")
        yield fails(f"{what}: a second beginning, no FIN", kind, [first, first, third])
        yield fails(f"{what}: a whole message within", kind, [first, frame(kind, b"whole"), third])
        yield echo(f"{what}: a message after a fragmented one", kind,
                   [first, second, third, frame(kind, b"next")], b"one two three", b"next")
    yield fails("binary where only text is allowed", TEXT, [frame(BINARY, b"x")], close=1003)
    yield fails("text where only binary is allowed", BINARY, [frame(TEXT, b"x")], close=1003)


# ---- 6: UTF-8 ----


def utf8():
    for name, text in VALID_UTF8:
        yield echo(f"valid UTF-8: {name}", TEXT, [frame(TEXT, text)], text)
        yield echo(f"valid UTF-8 byte by byte: {name}", TEXT, chopped(frame(TEXT, text), 1), text)
        for at in range(1, min(len(text), 8)):
            yield echo(f"valid UTF-8 in frames of {at}: {name}", TEXT,
                       fragments(TEXT, chopped(text, at)), text)
    for name, text in INVALID_UTF8:
        yield fails(f"invalid UTF-8: {name}", TEXT, [frame(TEXT, text)], close=1007)
        yield fails(f"invalid UTF-8 behind text: {name}", TEXT,
                    [frame(TEXT, "κόσμε ".encode() + text)], close=1007)
        yield fails(f"invalid UTF-8 in frames of 1: {name}", TEXT,
                    fragments(TEXT, chopped(text, 1)), close=1007)
        yield fails(f"invalid UTF-8 byte by byte: {name}", TEXT, chopped(frame(TEXT, text), 1),
                    close=1007)
        yield echo(f"binary that is no UTF-8: {name}", BINARY, [frame(BINARY, text)], text)
    for name, text in (("a surrogate", b"\xed\xa0\x80"), ("too large", b"\xf4\x90\x80\x80"),
                       ("no start", b"\xff")):
        yield fails(f"invalid UTF-8 is noticed before the message ends: {name}", TEXT,
                    [frame(TEXT, b"begun " + text, fin=False)], close=1007)
    yield fails("character that a message ends within, and the next goes on", TEXT,
                [frame(TEXT, b"\xe2\x82"), frame(TEXT, b"\xac")], close=1007)
    yield echo("character around a ping", TEXT,
               [frame(TEXT, b"\xe2\x82", fin=False), frame(PING, b"\xff"), frame(0, b"\xac")],
               "€".encode(), pongs=[b"\xff"])


# ---- 7: closing ----

GOOD_CODES = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
BAD_CODES = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 32768, 65535)


def closing():
    for number in GOOD_CODES:
        yield closes(f"close with {number}", [frame(CLOSE, code(number))], number)
        yield closes(f"close with {number} and a reason", [frame(CLOSE, code(number, b"why"))],
                     number)
    for number in BAD_CODES:
        yield fails(f"close with {number}", TEXT, [frame(CLOSE, code(number))])
        yield fails(f"close with {number} and a reason", TEXT, [frame(CLOSE, code(number, b"why"))])
    yield closes("close without a code", [frame(CLOSE)], NO_CODE)
    yield closes("close byte by byte", chopped(frame(CLOSE, code(1000, b"slow")), 1), 1000)
    yield closes("close with the longest reason", [frame(CLOSE, code(1000, b"r" * 123))], 1000)
    yield closes("close with a reason of many bytes a character",
                 [frame(CLOSE, code(1000, "grüß €𝄞".encode()))], 1000)
    yield fails("close with half a code", TEXT, [frame(CLOSE, b"\x03")])
    yield fails("close with a reason too long", TEXT, [frame(CLOSE, code(1000, b"r" * 124))])
    yield fails("close that is fragmented", TEXT, [frame(CLOSE, code(1000), fin=False)])
    for name, text in INVALID_UTF8[:12]:
        yield fails(f"close with a reason that is no UTF-8: {name}", TEXT,
                    [frame(CLOSE, code(1000, b"x" + text))], close=1007)
    yield closes("close after a message", [frame(TEXT, b"m") + frame(CLOSE, code(1000))], 1000, b"m")
    yield closes("close after a ping", [frame(PING, b"p"), frame(CLOSE, code(1000))], 1000,
                 pongs=[b"p"])
    yield closes("close within a message",
                 [frame(TEXT, b"begun", fin=False), frame(CLOSE, code(1000))], 1000)
    for name, after in (("a message", frame(TEXT, b"late")), ("a ping", frame(PING, b"late")),
                        ("a close", frame(CLOSE, code(1001))), ("nonsense", b"\xff" * 40)):
        yield closes(f"close, and {name} after it", [frame(CLOSE, code(1000)), after], 1000)
        yield closes(f"close, and {name} after it in one piece", [frame(CLOSE, code(1000)) + after],
                     1000)


# ---- 9: limits ----


def limits():
    for kind in (TEXT, BINARY):
        what = name_of(kind)
        body = payload(LIMIT, kind)
        yield echo(f"{what} of the largest size", kind, [frame(kind, body)], body)
        for step in (1 << 18, 4096):
            yield echo(f"{what} of the largest size in frames of {step}", kind,
                       [b"".join(fragments(kind, chopped(body, step)))], body)
        small = body[:20000]
        yield echo(f"{what} in frames of one byte", kind,
                   [b"".join(fragments(kind, chopped(small, 1)))], small)
        yield echo(f"{what} in pieces of 64", kind, chopped(frame(kind, small), 64), small)
        for more in (1, 2, 1000, 1 << 20, 1 << 32, (1 << 63) - 1 - LIMIT):
            yield fails(f"{what} announced {more} too large", kind,
                        [frame(kind, b"x" * 8, length=LIMIT + more)], close=1009)
        yield fails(f"{what} a byte too large in frames", kind,
                    [frame(kind, body[:-1], fin=False) + frame(0, b"xy")], close=1009)
        yield fails(f"{what} too large by an announced continuation", kind,
                    [frame(kind, b"x" * 10, fin=False), frame(0, b"x" * 8, length=LIMIT)], close=1009)
        yield echo(f"{what} of the largest size after another", kind,
                   [frame(kind, body) + frame(kind, body)], body, body)


# ---- 12 and 13: compression, which is never agreed upon ----


def compression():
    packed = b"\xca\x48\xcd\xc9\xc9\x07\x00"
    for kind in (TEXT, BINARY):
        yield fails(f"compressed {name_of(kind)}", kind, [frame(kind, packed, rsv=4)])
        yield fails(f"compressed {name_of(kind)} in two frames", kind,
                    [frame(kind, packed[:3], fin=False, rsv=4), frame(0, packed[3:])])


CATEGORIES = (framing, masks, pings, reserved, fragmentation, utf8, closing, limits, compression)


def cases():
    for category in CATEGORIES:
        for case in category():
            yield case._replace(name=f"{category.__name__}: {case.name}")
