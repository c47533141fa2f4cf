#!/usr/bin/env python3
"""hostile.py KIND COUNT OUT: a capture of one connection (of many, where the kind says so) that would be slow to read
for a program that does anything twice. Twice the COUNT should take twice the time, and no more memory."""
import random
import struct
import sys

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
REQUEST = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
UPLOAD = b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 999999999\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n"
CLIENT, SERVER = 1001, 5001  # numbers of the first bytes


def segment(client, number, acked, flags, data=b"", port=40000):
    """An IPv4 packet without link layer."""
    addresses = (0x0A000001, 0x0A000002), (port, 80)
    (source, destination), (source_port, destination_port) = addresses if client else [a[::-1] for a in addresses]
    return struct.pack(">BBHHHBBHIIHHIIBBHHH", 0x45, 0, 40 + len(data), 0, 0x4000, 64, 6, 0, source, destination,
                       source_port, destination_port, number & 0xFFFFFFFF, acked & 0xFFFFFFFF, 0x50, flags, 64240,
                       0, 0) + data


def handshake(port=40000):
    yield segment(True, CLIENT - 1, 0, SYN, port=port)
    yield segment(False, SERVER - 1, CLIENT, SYN | ACK, port=port)
    yield segment(True, CLIENT, SERVER, ACK, port=port)


def exchanges(count):
    """So many on one connection."""
    yield from handshake()
    for i in range(count):
        sent, answered = CLIENT + i * len(REQUEST), SERVER + i * len(RESPONSE)
        yield segment(True, sent, answered, PSH | ACK, REQUEST)
        yield segment(False, answered, sent + len(REQUEST), PSH | ACK, RESPONSE)


def pipelined(count):
    """All requests before the first response."""
    yield from handshake()
    for i in range(count):
        yield segment(True, CLIENT + i * len(REQUEST), SERVER, PSH | ACK, REQUEST)
    for i in range(count):
        yield segment(False, SERVER + i * len(RESPONSE), CLIENT + count * len(REQUEST), PSH | ACK, RESPONSE)


def backwards(count):
    """Single bytes from the last to the first, with a hole before each."""
    yield from handshake()
    yield segment(True, CLIENT, SERVER, PSH | ACK, UPLOAD)
    for i in range(count, 0, -1):
        yield segment(True, CLIENT + len(UPLOAD) + 2 * i, SERVER, ACK, b"x")


def shuffled(count):
    """Single bytes in any order."""
    yield from handshake()
    yield segment(True, CLIENT, SERVER, PSH | ACK, UPLOAD)
    order = list(range(count))
    random.Random(1).shuffle(order)
    for i in order:
        yield segment(True, CLIENT + len(UPLOAD) + i, SERVER, ACK, b"x")


def heads(count):
    """Heads of almost 64 KiB, byte by byte: so many bytes, on several connections."""
    head = b"GET / HTTP/1.1\r\nX: " + b"a" * 64900 + b"\r\n\r\n"
    for port in range(1024, 1024 + count // len(head) + 1):
        yield from handshake(port)
        for i in range(len(head)):
            yield segment(True, CLIENT + i, SERVER, ACK, head[i:i + 1], port)


def resets(count):
    yield from handshake()
    for i in range(count):
        yield segment(i % 2 == 0, CLIENT + i, SERVER, RST)


def openings(count):
    """SYNs of one pair of endpoints, each with another number."""
    for i in range(count):
        yield segment(True, 1000 + 77777 * i, 0, SYN)


def ports(count):
    """SYNs of all ports."""
    for i in range(count):
        yield segment(True, 1000, 0, SYN, port=1024 + i % 60000)


def overlaps(count):
    """Segments behind a hole that overlap one another in all but a byte, and contradict each other."""
    yield from handshake()
    for i in range(count):
        yield segment(True, CLIENT + 2 + i, SERVER, ACK, bytes([65 + i % 26]) * 1000)


def chunks(count):
    """Chunks of a single byte, two hundred to a segment."""
    yield from handshake()
    yield segment(True, CLIENT, SERVER, PSH | ACK, CHUNKED)
    body = b"1\r\nx\r\n" * 200
    for i in range(count):
        yield segment(True, CLIENT + len(CHUNKED) + i * len(body), SERVER, ACK, body)


OFFER = b"POST / HTTP/1.1\r\nHost: a.test\r\nUpgrade: x\r\nConnection: upgrade\r\nContent-Length: 1\r\n\r\nx"
EACH = 64  # exchanges of a connection in `open_ends`


def open_ends(count):
    """So many exchanges, of whose verdicts everything is open: uploads that offer an upgrade, and behind each a hole
    that may be another request; their responses lie in a hole each, and what ended the connection is not there."""
    for port in range(1024, 1024 + -(-count // EACH)):
        yield from handshake(port)
        yield segment(True, CLIENT, SERVER, PSH | ACK, REQUEST, port)
        head = RESPONSE.replace(b"Content", b"Connection: keep-alive\r\nKeep-Alive: max=9\r\nContent")
        yield segment(False, SERVER, CLIENT + len(REQUEST), PSH | ACK, head, port)
        sent, answered = CLIENT + len(REQUEST), SERVER + len(head)
        for _ in range(EACH):
            yield segment(True, sent, answered, PSH | ACK, OFFER, port)
            sent, answered = sent + len(OFFER) + 100, answered + 100
        yield segment(True, sent, answered, ACK, b"", port)
        yield segment(False, answered + 50, sent, ACK, b"", port)
        yield segment(False, answered + 60, 0, RST, b"", port)


def open_heads(count):
    """So many exchanges on one connection, of each of which the end of both heads is missing."""
    yield from handshake()
    request, response = REQUEST[:20], RESPONSE[:20]
    for i in range(count):
        sent, answered = CLIENT + i * len(REQUEST), SERVER + i * len(RESPONSE)
        yield segment(True, sent, answered, PSH | ACK, request)
        yield segment(False, answered, sent + len(REQUEST), PSH | ACK, response)
        yield segment(True, sent + len(REQUEST), answered + len(RESPONSE), ACK)


KINDS = {kind.__name__: kind
         for kind in (exchanges, pipelined, backwards, shuffled, heads, resets, openings, ports, overlaps, chunks,
                      open_ends, open_heads)}


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in KINDS or not sys.argv[2].isdigit():
        sys.exit("usage: hostile.py KIND COUNT OUT; kinds: " + " ".join(KINDS))
    with open(sys.argv[3], "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101))
        time = 1_700_000_000_000_000
        for packet in KINDS[sys.argv[1]](int(sys.argv[2])):
            time += 100
            out.write(struct.pack("<IIII", time // 1_000_000, time % 1_000_000, len(packet), len(packet)) + packet)


if __name__ == "__main__":
    main()
