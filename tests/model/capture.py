"""Packets of segments, and captures of packets: many trials one after the other, each with endpoints of its own."""
import struct

from dice import Dice
from tcp import CLIENT, SECOND, SYN

START = 1_700_000_000 * SECOND
GAP = 3 * SECOND
FILE_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
MACS = (b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02", b"\x02\0\0\0\0\x03")


class Packets:
    """The packets of a conversation, but for the endpoints, which each trial has its own."""

    def __init__(self, conversation):
        dice = Dice(f"packets {conversation.seed}")
        self.sides, self.parts, self.sizes = [], [], []
        numbers = [dice.whole(1, 60000) if dice.chance(0.8) else None for _ in range(2)]
        hops = (dice.pick([64, 61, 128]), dice.pick([64, 57, 255]))
        self.client_port = 1024 + dice.whole(0, 60000)
        self.server_port = dice.pick([80, 80, 80, 8080, 3128])
        for segment in conversation.segments:
            number = 0
            if numbers[segment.side] is not None:
                numbers[segment.side] = (numbers[segment.side] + 1) % 65536
                number = numbers[segment.side]
            self.add(segment, number, hops[segment.side])

    def add(self, segment, number, hops):
        isn = segment.connection.isn
        options = segment.options + bytes(-len(segment.options) % 4)
        size = 40 + len(options) + len(segment.data)
        side = segment.side
        tcp = struct.pack(">IIBBHHH", (isn[side] + 1 + segment.seq) % 2**32,
                          (isn[1 - side] + 1 + segment.ack) % 2**32 if segment.flags & 16 else 0,
                          (5 + len(options) // 4) << 4, segment.flags, segment.window, 0, 0)
        rest = tcp + options + segment.data
        ip = b"\x45\0" + struct.pack(">HHH", size, number, 0x4000)
        self.sides.append(side)
        self.sizes.append(14 + size)
        self.parts.append([(macs + b"\x08\0" + ip + bytes([hops - tap, 6, 0, 0]), rest)
                           for tap, macs in enumerate((MACS[side] + MACS[1 - side], MACS[2] + MACS[side]))])


def endpoints(trial, packets):
    """By side, the addresses and ports of a packet of the trial's."""
    number = trial + 1
    client = bytes([10, number >> 16, number >> 8 & 255, number & 255])
    server = bytes([172, 16 + (number >> 16), number >> 8 & 255, number & 255])
    ports = struct.pack(">H", packets.client_port), struct.pack(">H", packets.server_port)
    return client + server + ports[0] + ports[1], server + client + ports[1] + ports[0]


def trial_of(address):
    """The number of the trial whose client has this address."""
    _, high, middle, low = address.split(".")
    return (int(high) << 16 | int(middle) << 8 | int(low)) - 1


class Capture:
    """A file in the making."""

    def __init__(self):
        self.pieces = [FILE_HEADER]
        self.clock = START
        self.frames = 0
        self.trials = 0

    def add(self, packets, frames):
        """Appends a trial; returns the number of the frame before its first."""
        before = self.frames
        pair = endpoints(self.trials, packets)
        self.trials += 1
        if not frames:
            return before
        shift = self.clock - frames[0][0]
        pieces, sides, sizes, parts, pack = self.pieces, packets.sides, packets.sizes, packets.parts, struct.pack
        for time, segment, cut, tap in frames:
            time += shift
            head, rest = parts[segment][tap]
            size = sizes[segment]
            if cut is None or cut >= size:
                pieces += (pack("<IIII", time // SECOND, time % SECOND, size, size), head, pair[sides[segment]], rest)
            else:
                data = (head + pair[sides[segment]] + rest)[:cut]
                pieces += (pack("<IIII", time // SECOND, time % SECOND, len(data), size), data)
        self.clock = time + GAP
        self.frames += len(frames)
        return before

    def bytes(self):
        return b"".join(self.pieces)
