#!/usr/bin/env python3
"""memory.py PROGRAM DIR: captures that somebody made to take much memory, or the place of others.

Each is made in DIR and read with --max-memory=16M. The process may take 32 MiB more than that at its
peak (with sanitizers any amount, for they take their own), and the verdict of a connection that
somebody else tries to push out must stand."""

import csv
import io
import os
import struct
import subprocess
import sys

PROGRAM, DIR = sys.argv[1], sys.argv[2]
MIB = 1 << 20
START = 1700000000
FIN, SYN, PSH, ACK = 1, 2, 8, 16
SERVER = 0xC0000250
VICTIM = (0x0A000001, 40000)
REQUEST = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=60\r\nContent-Length: 0\r\n\r\n"
OPEN_HEAD = b"GET /" + b"a" * 1000 + b" HTTP/1.1\r\nHost: a.test\r\n"

with open(PROGRAM, "rb") as program:
    binary = program.read()
    SANITIZED = b"__asan_" in binary or b"__tsan_" in binary or b"__msan_" in binary
    del binary


def packet(client, back, flags, sequence, acknowledged, data=b""):
    """IPv4 and TCP, without checksums; `client` is an address and a port."""
    source, target = (SERVER, 80), client
    if not back:
        source, target = target, source
    return struct.pack(">BBHHHBBHIIHHIIBBHHH", 0x45, 0, 40 + len(data), 0, 0x4000, 64, 6, 0, source[0], target[0],
                       source[1], target[1], sequence, acknowledged, 0x50, flags, 64240, 0, 0) + data


class Capture:
    def __init__(self, name):
        self.path = os.path.join(DIR, name)
        self.file = open(self.path, "wb", buffering=MIB)
        self.file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101))
        self.time = START * 1000000

    def add(self, data, later=1):
        self.time += later
        self.file.write(struct.pack("<IIII", self.time // 1000000, self.time % 1000000, len(data), len(data)) + data)

    def add_handshake(self, client):
        self.add(packet(client, False, SYN, 1000, 0))
        self.add(packet(client, True, SYN | ACK, 5000, 1001))
        self.add(packet(client, False, ACK, 1001, 5001))

    def add_end(self):
        """The victim's server closes after 20 s, although it had stated 60."""
        c, s = 1001 + len(REQUEST), 5001 + len(RESPONSE)
        self.add(packet(VICTIM, False, ACK, c, s))
        self.add(packet(VICTIM, True, FIN | ACK, s, c), 20000000)
        self.add(packet(VICTIM, False, FIN | ACK, c, s + 1))
        self.add(packet(VICTIM, True, ACK, s + 1, c + 1))
        self.file.close()


def run(name, paths, *options):
    """What it prints to both outputs, and its status. Checks its peak."""
    with open(os.path.join(DIR, "out"), "w+b") as out, open(os.path.join(DIR, "err"), "w+b") as err:
        child = subprocess.Popen([PROGRAM, "-q", "--max-memory=16M", *options, *paths], stdout=out, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        printed = out.read(MIB).decode(), err.read().decode()
    peak = usage.ru_maxrss / 1024
    print(f"{name}: status {child.returncode}, {peak:.0f} MiB")
    check(name, child.returncode in (0, 1), printed[1])
    check(name, SANITIZED or peak <= 16 + 32, f"{peak:.0f} MiB of 16")
    return *printed, child.returncode


failures = 0


def check(name, holds, *what):
    global failures
    if not holds:
        failures += 1
        print(f"{name}: FAILED:", *what)


def verdict(rows):
    for row in csv.DictReader(io.StringIO(rows)):
        if row["client_ip"] == "10.0.0.1":
            return row["verdict"], row["cause"]
    return None


# Memory ---------------------------------------------------------------------------------------------------------------


def held_requests():
    """What leaves together when the capture ends: ninety requests behind a hole, of each of 4,000 connections."""
    capture = Capture("held.pcap")
    for k in range(4000):
        client = (0x0B000000, 1024 + k)
        capture.add(packet(client, False, SYN, 1000, 0))
        capture.add(packet(client, True, SYN | ACK, 5000, 1001))
        capture.add(packet(client, False, ACK, 1051, 5001, b"GET / HTTP/1.1\n\n" * 91))
    capture.file.close()
    run("held requests", [capture.path])
    run("held requests, one by one", [capture.path], "-r", "exchanges", "-j", "4")


def block(kind, body):
    body += bytes(-len(body) % 4)
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


def pcapng_packet(seconds):
    ticks = (START + seconds) * 1000000
    return block(6, struct.pack("<IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, 4, 4) + b"abcd")


PCAPNG_START = (block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) +
                block(1, struct.pack("<HHI", 101, 0, 262144)))


def overlapping(name, count, write):
    """`count` files that are open at once: they begin one after the other and end together."""
    paths = []
    for k in range(count):
        paths.append(os.path.join(DIR, f"{name}{k}"))
        with open(paths[-1], "wb") as file:
            write(file, k)
    return paths


def write_large_packet(file, k):
    size = 32 * MIB
    file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 128 * MIB, 231))
    file.write(struct.pack("<IIII", START + k, 0, 4, 4) + b"abcd")
    file.write(struct.pack("<IIII", START + 100, 0, size, size))
    file.seek(size, 1)
    file.write(struct.pack("<IIII", START + 200, 0, 4, 4) + b"abcd")


def write_unknown_block(file, k):
    size = 16 * MIB
    file.write(PCAPNG_START + pcapng_packet(k) + struct.pack("<II", 0x777, size))
    file.seek(size - 12, 1)
    file.write(struct.pack("<I", size) + pcapng_packet(100) + pcapng_packet(200))


def write_window(file, k):
    """A frame of zstd (RFC 8878 §3.1.1) with a window of 64 MiB, which zeros fill."""

    def raw(data, last=0):
        return (last | len(data) << 3).to_bytes(3, "little") + data

    size, zeros = 16 * MIB, (1 << 1 | 65536 << 3).to_bytes(3, "little") + b"\0"
    file.write(struct.pack("<IBB", 0xFD2FB528, 0, 16 << 3) + raw(PCAPNG_START + pcapng_packet(k)))
    for _ in range(6):
        file.write(raw(struct.pack("<II", 0x777, size)) + zeros * (size // 65536 - 1) + raw(bytes(65536 - 12)))
        file.write(raw(struct.pack("<I", size)))
    file.write(raw(pcapng_packet(100) + pcapng_packet(200), 1))


def inputs():
    rows, errors, status = run("large packets", overlapping("packet", 4, write_large_packet), "-r", "inputs")
    check("large packets", status == 0 and rows.count("packet") >= 4, errors)
    rows, errors, status = run("unknown blocks", overlapping("block", 8, write_unknown_block), "-r", "inputs")
    check("unknown blocks", status == 0, errors)
    paths = overlapping("window", 4, write_window)
    rows, errors, status = run("windows", paths)
    if "this build" in errors:
        return
    check("windows", status == 1 and errors.count("unpacking it takes 65 MiB of memory") == 4, errors)
    child = subprocess.run([PROGRAM, "-q", paths[0]], capture_output=True, check=False)
    check("a window with room", child.returncode == 0, child.stderr.decode())


# Places ---------------------------------------------------------------------------------------------------------------


def public_shard(client):
    """The shard of a connection as it was before the input seeded the hash."""

    def fold(a, b):
        return (a * b & (1 << 64) - 1) ^ (a * b >> 64)

    low, high = client, (SERVER, 80)
    words = [4 << 40 | 4 << 32 | low[1] << 16 | high[1],
             int.from_bytes(low[0].to_bytes(4, "big"), "little") |
             int.from_bytes(high[0].to_bytes(4, "big"), "little") << 32]
    state = 0x9E3779B97F4A7C15
    for word in words:
        state = fold(state ^ word, 0xD6E8FEB86659FD93)
    return fold(state ^ state >> 29, 0xA0761D6478BD642F) % 64


def shard():
    """The victim is idle while two hundred others begin a request, in what would be its shard."""
    capture = Capture("shard.pcap")
    capture.add_handshake(VICTIM)
    capture.add(packet(VICTIM, False, PSH | ACK, 1001, 5001, REQUEST))
    capture.add(packet(VICTIM, True, PSH | ACK, 5001, 1001 + len(REQUEST), RESPONSE))
    clients = ((0x0B000000, port) for port in range(1024, 65536))
    chosen = [client for client in clients if public_shard(client) == public_shard(VICTIM)][:200]
    for client in chosen:
        capture.add_handshake(client)
        capture.add(packet(client, False, PSH | ACK, 1001, 5001, OPEN_HEAD))
    capture.add_end()
    check("shard", len(chosen) == 200)
    rows, _, _ = run("shard", [capture.path], "-r", "exchanges")
    check("shard", verdict(rows) == ("contradicted", "closed_before_timeout"), verdict(rows))


def fragments(count):
    """The victim's response comes in two fragments, and between them others begin to be sent."""
    capture = Capture("fragments.pcap")
    capture.add_handshake(VICTIM)
    capture.add(packet(VICTIM, False, PSH | ACK, 1001, 5001, REQUEST))
    whole = packet(VICTIM, True, PSH | ACK, 5001, 1001 + len(REQUEST), RESPONSE)
    for first in (True, False):
        data = whole[20:52] if first else whole[52:]
        place = 0x2000 if first else 32 // 8
        capture.add(whole[:2] + struct.pack(">HHH", 20 + len(data), 7, place) + whole[8:20] + data)
        for k in range(count if first else 0):
            capture.add(struct.pack(">BBHHHBBHII", 0x45, 0, 44, k & 0xFFFF, 0x2000, 64, 17, 0, 0x0B000000 + k, SERVER) +
                        bytes(24), 0)
    capture.add_end()
    rows, _, _ = run(f"{count} fragments", [capture.path], "-r", "exchanges")
    return verdict(rows)


held_requests()
inputs()
shard()
found = fragments(1100)
check("1100 fragments", found == ("contradicted", "closed_before_timeout"), found)
found = fragments(25000)
check("25000 fragments", found == ("undetermined", "limit"), found)
sys.exit(failures > 0)
