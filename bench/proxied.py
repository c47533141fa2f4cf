#!/usr/bin/env python3
"""proxied.py OUT [N=1000000] [WAITING=20] [SEED=1]

A capture at a proxy's host (LINUX_SLL2) through which N exchanges went: WAITING at a time, one begun each millisecond,
on persistent connections of a hundred exchanges on both sides. Every tenth has the target of others that are under way;
one of a hundred is answered by the proxy itself. Prints the number of true pairs.
"""
import heapq
import random
import struct
import sys

RECORD = struct.Struct("<IIII")
PACKET = struct.Struct(">HHIHBB8sBBHHHBBHIIHHIIBBHHH")
FIN, SYN, PSH, ACK = 1, 2, 8, 16
CLIENT, FRONT, BACK, SERVER = 0xC000020A, 0xC0000201, 0xC6336401, 0xC6336450
EACH = 100


class Writer:
    def __init__(self, path):
        self.file = open(path, "wb", buffering=1 << 22)
        self.file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 276))

    def packet(self, time, out, ends, flags, seq, ack, data=b""):
        size = 40 + len(data)
        head = PACKET.pack(0x0800, 0, 2, 1, 4 if out else 0, 6, b"\2\0\0\0\0\1\0\0", 0x45, 0, size, 0, 0, 64, 6, 0,
                           ends[0], ends[2], ends[1], ends[3], seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, 65535,
                           0, 0)
        self.file.write(RECORD.pack(time // 1000000, time % 1000000, 20 + size, 20 + size) + head + data)


class Connection:
    """One at a time on it; its packets are written as they are sent."""

    def __init__(self, writer, time, client, port, server, server_port, out):
        self.writer, self.out, self.left = writer, out, EACH
        self.forth, self.back = (client, port, server, server_port), (server, server_port, client, port)
        self.seq = self.ack = 1
        for flags, out, ends, seq, ack in ((SYN, out, self.forth, 0, 0), (SYN | ACK, not out, self.back, 0, 1),
                                           (ACK, out, self.forth, 1, 1)):
            writer.packet(time, out, ends, flags, seq, ack)

    def ask(self, time, data):
        self.writer.packet(time, self.out, self.forth, PSH | ACK, self.seq, self.ack, data)
        self.seq += len(data)
        self.left -= 1

    def answer(self, time, data):
        self.writer.packet(time, not self.out, self.back, PSH | ACK, self.ack, self.seq, data)
        self.ack += len(data)

    def close(self, time):
        for flags, out, ends, seq, ack in ((FIN | ACK, self.out, self.forth, self.seq, self.ack),
                                           (FIN | ACK, not self.out, self.back, self.ack, self.seq + 1),
                                           (ACK, self.out, self.forth, self.seq + 1, self.ack + 1)):
            self.writer.packet(time, out, ends, flags, seq, ack)


class Pool:
    def __init__(self, writer, client, server, port, out):
        self.writer, self.ends, self.out = writer, (client, server, port), out
        self.free, self.port = [], 0

    def take(self, time):
        if self.free:
            return self.free.pop(0)
        self.port = self.port % 60000 + 1
        client, server, port = self.ends
        return Connection(self.writer, time, client, 5000 + self.port, server, port, self.out)

    def put(self, time, connection):
        if connection.left:
            self.free.append(connection)
        else:
            connection.close(time)


def main():
    count, waiting, seed = (int(sys.argv[i]) if len(sys.argv) > i else d for i, d in ((2, 1000000), (3, 20), (4, 1)))
    chance, writer = random.Random(seed), Writer(sys.argv[1])
    fronts, backs = Pool(writer, CLIENT, FRONT, 80, False), Pool(writer, BACK, SERVER, 8080, True)
    begin, pairs = 1700000000 * 1000000, 0
    queue = [(begin, 0, 0, None)]
    while queue:
        time, number, step, held = heapq.heappop(queue)
        if step == 0:
            path = b"/same/%d" % (number % 5) if number % 10 == 0 else b"/item/%d" % number
            head = b"GET %s HTTP/1.1\r\nUser-Agent: bench\r\nHost: %%s\r\n\r\n" % path
            front, own = fronts.take(time), chance.random() < 0.01
            front.ask(time, head % b"front")
            heapq.heappush(queue, (time + 200, number, 3 if own else 1, (front, None, head)))
            if number + 1 < count:
                heapq.heappush(queue, (begin + 1000 * (number + 1), number + 1, 0, None))
        elif step == 1:
            front, _, head = held
            back = backs.take(time)
            back.ask(time, head % b"back")
            pairs += 1
            took = chance.randrange(500, 2000 * waiting)
            heapq.heappush(queue, (time + took, number, 2, (front, back, head)))
        elif step == 2:
            front, back, head = held
            back.answer(time, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"%d\"\r\n\r\nhello" % number)
            backs.put(time, back)
            heapq.heappush(queue, (time + 100, number, 3, held))
        else:
            front, back, _ = held
            tag = b"ETag: \"%d\"\r\n" % number if back else b""
            front.answer(time, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n%s\r\nhello" % tag)
            fronts.put(time, front)
    print(pairs, "pairs")


main()
