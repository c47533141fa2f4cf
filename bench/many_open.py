#!/usr/bin/env python3
"""many_open.py OUT [N=1000000] [EXCHANGES=1] [SEED=1]

A capture in which N connections are open at once and idle: each has its handshake and EXCHANGES exchanges, and nothing
ends before the capture does. The connections begin one after the other; now and then one of those that are open is
probed and answers. Ethernet, IPv4, TCP without checksums; 20 us from packet to packet.
"""
import random
import struct
import sys

RECORD = struct.Struct("<IIII")
PACKET = struct.Struct(">6s6sHBBHHHBBHIIHHIIBBHHH")
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
REQUEST = b"GET /item/%d HTTP/1.1\r\nHost: www%d.example.com\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"


class Writer:
    def __init__(self, path):
        self.file = open(path, "wb", buffering=1 << 22)
        self.file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        self.time = 1700000000 * 1000000

    def packet(self, k, back, flags, seq, ack, data=b""):
        client, server = 0x0A000000 + k // 50000 + 1, 0xC0A80001
        ports = (10000 + k % 50000, 80)
        ends = ((server, client, ports[1], ports[0]) if back else (client, server, ports[0], ports[1]))
        size = 40 + len(data)
        head = PACKET.pack(b"\2\0\0\0\0\1", b"\2\0\0\0\0\2", 0x0800, 0x45, 0, size, 0, 0, 64, 6, 0, ends[0], ends[1],
                           ends[2], ends[3], seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, 65535, 0, 0)
        self.time += 20
        self.file.write(RECORD.pack(self.time // 1000000, self.time % 1000000, 14 + size, 14 + size) + head + data)


def main():
    path = sys.argv[1]
    count, exchanges, seed = (int(sys.argv[i]) if len(sys.argv) > i else d
                              for i, d in ((2, 1000000), (3, 1), (4, 1)))
    chance, out = random.Random(seed), Writer(path)
    ends = []
    for k in range(count):
        c, s = (k * 2654435761) & 0xFFFFFFFF, (k * 40503 + 7) & 0xFFFFFFFF
        out.packet(k, False, SYN, c, 0)
        out.packet(k, True, SYN | ACK, s, c + 1)
        out.packet(k, False, ACK, c + 1, s + 1)
        c, s = c + 1, s + 1
        for n in range(exchanges):
            request = REQUEST % (n, k % 50)
            out.packet(k, False, PSH | ACK, c, s, request)
            c += len(request)
            out.packet(k, True, PSH | ACK, s, c, RESPONSE)
            s += len(RESPONSE)
            out.packet(k, False, ACK, c, s)
        ends.append((c, s))
        if k % 2:
            other = chance.randrange(k)
            c, s = ends[other]
            out.packet(other, False, ACK, c - 1, s)
            out.packet(other, True, ACK, s, c)
    out.file.close()


if __name__ == "__main__":
    main()
