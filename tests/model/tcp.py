"""A small TCP over a path with one tap: what two machines send each other, and what of it passes the tap.

Times are whole microseconds. Numbers are offsets in a side's stream: its SYN stands at -1, its first byte at 0, its
FIN behind its last byte; initial sequence numbers are added when packets are made of segments.
"""
import heapq

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
CLIENT, SERVER = 0, 1
MS, SECOND = 1_000, 1_000_000


class Simulation:
    """What happens, in the order of time."""

    def __init__(self):
        self.now = 0
        self.queue = []
        self.count = 0

    def at(self, time, action, *arguments):
        self.count += 1
        heapq.heappush(self.queue, (max(time, self.now), self.count, action, arguments))

    def after(self, delay, action, *arguments):
        self.at(self.now + delay, action, *arguments)

    def run(self, until):
        queue = self.queue
        while queue and queue[0][0] <= until:
            self.now, _, action, arguments = heapq.heappop(queue)
            action(*arguments)


class Segment:
    """One segment, and what became of it: when it passed the tap, whether it arrived, whether it was accepted."""

    __slots__ = ("side", "seq", "ack", "flags", "data", "window", "options", "sent", "tap", "arrived", "again",
                 "accepted", "connection", "forged", "number", "refused", "outstanding", "gives_up")

    def __init__(self, side, seq, ack, flags, data=b"", window=0, options=b""):
        self.side, self.seq, self.ack, self.flags = side, seq, ack, flags
        self.data, self.window, self.options = data, window, options
        self.sent = self.tap = self.arrived = None
        self.again = self.accepted = self.forged = False
        self.gives_up = False  # of a reset: nothing that its sender sent was acknowledged any more
        self.connection, self.number = None, 0
        self.refused = None  # of a reset: the segment that it answers
        self.outstanding = False  # of a reset: bytes that its sender had not seen acknowledged

    @property
    def end(self):
        """One past all that it takes of its side's numbers."""
        return self.seq + len(self.data) + (self.flags & FIN) + (self.flags >> 1 & 1)

    def __repr__(self):
        names = "".join(letter for letter, bit in zip("SFRPA", (SYN, FIN, RST, PSH, ACK)) if self.flags & bit)
        return (f"{'<' if self.side else '>'} {names} seq={self.seq} len={len(self.data)}"
                f"{f' ack={self.ack}' if self.flags & ACK else ''} win={self.window}")


class Path:
    """From each side to the tap and from there to the other side, with a box at the tap if there is one."""

    def __init__(self, simulation, dice, to_tap, from_tap, jitter):
        self.simulation, self.dice = simulation, dice
        self.to_tap, self.from_tap, self.jitter = to_tap, from_tap, jitter
        self.last = [[0, 0], [0, 0]]
        self.ends = [None, None]
        self.box = None
        self.seen = []
        self.lost_before = self.lost_behind = self.overtaken = 0.0

    def delay(self, side, part, base, now):
        time = now + base + int(self.jitter * self.dice.roll())
        if self.overtaken and self.dice.chance(self.overtaken):
            return time + self.dice.whole(1, 4) * MS
        time = max(time, self.last[part][side] + 1)
        self.last[part][side] = time
        return time

    def send(self, segment):
        segment.sent = self.simulation.now
        if self.lost_before and self.dice.chance(self.lost_before):
            segment.connection.lost_unseen += 1
            return
        time = self.delay(segment.side, 0, self.to_tap[segment.side], self.simulation.now)
        self.simulation.at(time, self.pass_tap, segment)

    def pass_tap(self, segment):
        if self.box and self.box.takes(segment):
            return
        self.record(segment)
        if not self.lost_behind or segment.flags & SYN or not self.dice.chance(self.lost_behind):
            self.deliver(segment)

    def record(self, segment):
        segment.tap = self.simulation.now
        segment.number = len(self.seen)
        self.seen.append(segment)

    def deliver(self, segment):
        arrival = self.delay(segment.side, 1, self.from_tap[segment.side], self.simulation.now)
        self.simulation.at(arrival, self.arrive, segment)

    def arrive(self, segment):
        segment.arrived = self.simulation.now
        self.ends[1 - segment.side].arrive(segment)


LISTEN, SYN_SENT, SYN_RECEIVED, OPEN, TIME_WAIT, GONE = range(6)


class Settings:
    """How the TCP of one side behaves."""

    def __init__(self, dice):
        self.mss = dice.weighted([(6, 1460), (1, 536), (1, 1400)])
        self.delayed_ack = dice.weighted([(2, 0), (3, 40 * MS), (1, 200 * MS)])
        self.nagle = dice.chance(0.4)
        self.buffer = dice.weighted([(6, 65535), (2, 262144), (1, 8192), (1, 4096)])
        self.scale = dice.weighted([(3, 7), (1, 2), (2, None)])
        self.fin_with_data = dice.chance(0.3)
        self.ack_at_open = dice.chance(0.9)
        self.gives_up = dice.whole(3, 6)
        self.reset_at_give_up = dice.chance(0.6)


class Tcp:
    """One side of one connection. `app` is told of what arrives: opened, received, finished, was_reset."""

    def __init__(self, simulation, path, side, settings, app):
        self.simulation, self.path, self.side, self.settings, self.app = simulation, path, side, settings, app
        self.state = SYN_SENT if side == CLIENT else LISTEN
        self.connection = None
        self.out = bytearray()
        self.una, self.next, self.top = -1, -1, -1
        self.closing = self.fin_sent = False
        self.fin = None
        self.peer_right, self.congestion, self.peer_mss = 0, 10, 1460
        self.received, self.ahead, self.peer_fin = -1, {}, None
        self.unread, self.reading, self.offered = 0, True, 0
        self.orphan = self.silent = False
        self.unacked_segments = 0
        self.ack_due = self.resend_due = self.probe_due = None
        self.resend_after, self.resends, self.doubled = 300 * MS, 0, 0
        self.probes = 0
        self.keepalive = None
        self.spoken = 0
        self.scaled = False
        self.first_fin = None

    # What the program does.

    def open(self):
        self.transmit(Segment(self.side, -1, 0, SYN, options=self.syn_options()))
        self.next = 0
        self.arm()

    def write(self, data):
        if self.state != GONE and not self.closing:
            self.out += data
            if self.state == OPEN:
                self.push()

    def half_close(self):
        if self.state != GONE and not self.closing:
            self.closing = True
            self.fin = len(self.out)
            if self.state == OPEN:
                self.push()

    def close(self):
        """Both directions: what still arrives is refused, and what was not read makes it a reset."""
        if self.state in (GONE, LISTEN):
            return
        if self.unread:
            self.abort()
            return
        self.orphan = True
        self.half_close()

    def abort(self, gives_up=False):
        if self.state in (GONE, LISTEN):
            return
        segment = Segment(self.side, self.next, self.received, RST | ACK)
        segment.outstanding = self.una < min(self.next, len(self.out))
        segment.gives_up = gives_up
        self.state = GONE
        self.transmit(segment)

    def vanish(self, silent=False):
        """Nothing is known of the connection any more, and nobody is told."""
        self.state = GONE
        self.silent = silent

    def read(self, count):
        self.unread = max(0, self.unread - count)
        room = self.room()
        if self.state == OPEN and self.offered - self.received < self.settings.mss <= room:
            self.acknowledge()

    # What it sends.

    def room(self):
        return max(0, self.settings.buffer - self.unread)

    def syn_options(self):
        options = b"\x02\x04" + self.settings.mss.to_bytes(2, "big") + b"\x01\x01\x04\x02"
        if self.settings.scale is not None:
            options += b"\x01\x03\x03" + bytes([self.settings.scale])
        return options

    def transmit(self, segment):
        shift = self.settings.scale if self.scaled and not segment.flags & SYN else 0
        room = self.room()
        segment.window = 0 if segment.flags & RST else min(room >> shift, 65535)
        segment.connection = self.connection
        if segment.flags & ACK:
            self.offered = max(self.offered, self.received + (segment.window << shift))
            self.ack_due = None
            self.unacked_segments = 0
        self.spoken = self.simulation.now
        self.path.send(segment)

    def acknowledge(self):
        self.transmit(Segment(self.side, self.next, self.received, ACK))

    def push(self):
        sent = False
        while True:
            left = len(self.out) - self.next
            limit = min(self.peer_right, self.una + self.congestion * 1460)
            if left > 0:
                size = min(left, self.settings.mss, self.peer_mss, limit - self.next)
                if size <= 0 or (size < min(left, self.peer_mss, self.settings.mss) and self.una < self.next):
                    if self.una == self.next:
                        self.arm_probe()
                    break
                if self.settings.nagle and size < self.peer_mss and self.una < self.next and not self.closing:
                    break
                with_fin = self.closing and size == left and self.settings.fin_with_data
                self.send(self.next, size, with_fin)
                sent = True
            elif self.closing and not self.fin_sent:
                self.send(self.next, 0, True)
                sent = True
            else:
                break
        return sent

    def send(self, start, size, with_fin):
        data = bytes(self.out[start:start + size])
        flags = ACK | (PSH if start + size == len(self.out) and size else 0) | (FIN if with_fin else 0)
        segment = Segment(self.side, start, self.received, flags, data)
        segment.again = start < self.top
        if with_fin and not self.fin_sent:
            self.fin_sent = True
            self.first_fin = segment
        self.next = max(self.next, segment.end)
        self.top = max(self.top, segment.end)
        self.transmit(segment)
        self.arm()

    def arm(self):
        if self.resend_due is None:
            self.resend_due = self.simulation.now + self.resend_after
            self.simulation.at(self.resend_due, self.resend, self.resend_due)

    def resend(self, due):
        if self.resend_due != due or self.state == GONE:
            return
        self.resend_due = None
        if self.una >= self.next:
            return
        self.resends += 1
        if self.resends > self.settings.gives_up:
            if self.settings.reset_at_give_up and self.state == OPEN:
                self.abort(True)
            self.state = GONE
            self.app.was_reset()
            return
        self.resend_after = min(self.resend_after * 2, 60 * SECOND)
        self.repeat()
        self.arm()

    def repeat(self):
        if self.state == SYN_SENT:
            segment = Segment(self.side, -1, 0, SYN, options=self.syn_options())
            segment.again = True
            self.transmit(segment)
        elif self.state == SYN_RECEIVED:
            self.answer_syn(True)
        else:
            start = max(self.una, 0)
            size = min(self.settings.mss, self.peer_mss, len(self.out) - start, self.next - start)
            with_fin = self.fin_sent and start + size == self.fin
            self.send(start, size, with_fin)

    def arm_probe(self):
        if self.probe_due is None:
            self.probe_due = self.simulation.now + (self.resend_after << self.probes)
            self.simulation.at(self.probe_due, self.probe, self.probe_due)

    def probe(self, due):
        if self.probe_due != due or self.state != OPEN:
            return
        self.probe_due = None
        if self.una == self.next and self.next < len(self.out):
            if self.peer_right > self.next:
                self.push()
                return
            self.probes += 1
            if self.probes < 8:
                self.transmit(Segment(self.side, self.next - 1, self.received, ACK))
                self.arm_probe()

    def keep_alive(self, interval, count):
        """Probes when nothing was said for so long."""
        self.keepalive = interval
        self.simulation.after(interval, self.alive, count)

    def alive(self, count):
        if self.state != OPEN or count == 0 or self.fin_sent or self.peer_fin is not None:
            return
        idle = self.simulation.now - self.spoken
        if idle < self.keepalive:
            self.simulation.after(self.keepalive - idle, self.alive, count)
            return
        if self.una == self.next == len(self.out):
            self.transmit(Segment(self.side, self.next - 1, self.received, ACK))
        self.simulation.after(self.keepalive, self.alive, count - 1)

    def answer_syn(self, again=False):
        segment = Segment(self.side, -1, self.received, SYN | ACK, options=self.syn_options())
        segment.again = again
        self.transmit(segment)

    # What it receives.

    def arrive(self, segment):
        if segment.connection is not self.connection:
            return  # of an earlier connection on the same endpoints
        if self.state == GONE:
            self.refuse(segment)
        elif segment.flags & RST:
            self.take_reset(segment)
        elif segment.flags & SYN:
            self.take_syn(segment)
        elif self.state in (SYN_RECEIVED, OPEN, TIME_WAIT):
            self.take(segment)

    def refuse(self, segment):
        if self.silent or segment.flags & RST:
            return
        if segment.flags & ACK:
            reply = Segment(self.side, segment.ack, 0, RST)
        else:
            reply = Segment(self.side, 0, segment.end, RST | ACK)
        if segment.data and segment.seq + len(segment.data) > self.received:
            reply.refused = segment
        reply.outstanding = self.una < min(self.next, len(self.out))
        self.transmit(reply)

    def take_reset(self, segment):
        if segment.seq == self.received or self.state == SYN_SENT:
            segment.accepted = True
            self.state = GONE
            self.app.was_reset()
        elif self.received < segment.seq < self.offered and self.state == OPEN:
            self.acknowledge()

    def take_syn(self, segment):
        if self.side == SERVER and self.state == LISTEN:
            self.state = SYN_RECEIVED
            self.shake(segment)
            self.answer_syn()
            self.next = 0
            self.arm()
        elif self.side == SERVER and self.state == SYN_RECEIVED:
            self.answer_syn(True)
        elif self.side == CLIENT and self.state == SYN_SENT and segment.flags & ACK:
            self.shake(segment)
            self.una = 0
            self.state = OPEN
            self.settle()
            if self.settings.ack_at_open:
                self.acknowledge()
            self.app.opened()
            if not self.settings.ack_at_open and self.top < 0 and self.state == OPEN:
                self.acknowledge()
        elif self.state == OPEN:
            self.acknowledge()

    def shake(self, segment):
        self.received = 0
        theirs = self.path.ends[segment.side].settings
        self.scaled = self.settings.scale is not None and theirs.scale is not None
        self.peer_mss = theirs.mss
        self.peer_right = segment.window

    def settle(self):
        self.resend_due = None
        self.resend_after, self.resends = 300 * MS, 0

    def take(self, segment):
        if segment.ack > self.una:
            self.advance(segment.ack)
        elif (segment.ack == self.una < self.next and not segment.data and not segment.flags & FIN
              and segment.seq == self.received):
            self.doubled += 1
            if self.doubled == 3:
                self.repeat()
        if self.state == GONE:
            return
        shift = self.path.ends[segment.side].settings.scale if self.scaled else 0
        self.peer_right = max(self.peer_right, segment.ack + (segment.window << shift))
        if segment.data or segment.flags & FIN:
            self.take_data(segment)
        elif segment.seq < self.received:
            self.acknowledge()
        if self.state == OPEN:
            self.push()

    def advance(self, ack):
        self.congestion = min(self.congestion + max(1, (ack - self.una) // 1460), 64)
        self.una = ack
        self.doubled = self.probes = 0
        self.settle()
        if self.state == SYN_RECEIVED:
            self.state = OPEN
            self.app.opened()
        if self.una < self.next:
            self.arm()
        if self.fin_sent and self.una > self.fin and self.peer_fin is not None and self.state == OPEN:
            self.ended()

    def ended(self):
        """Both FINs are acknowledged: whoever closed first lingers, the other forgets."""
        first = self.first_fin.ack <= (self.peer_fin if self.peer_fin is not None else 0)
        self.state = TIME_WAIT if first else GONE

    def take_data(self, segment):
        if segment.end <= self.received:
            self.acknowledge()
            return
        if self.orphan and segment.data and segment.seq + len(segment.data) > self.received:
            self.refuse(segment)
            self.state = GONE
            return
        if segment.seq > self.received:
            self.ahead[segment.seq] = segment
            self.acknowledge()
            return
        before = self.received
        self.join(segment)
        while self.ahead:
            start = min(self.ahead)
            if start > self.received:
                break
            later = self.ahead.pop(start)
            if later.end > self.received:
                self.join(later)
        self.told(before)

    def join(self, segment):
        data_end = segment.seq + len(segment.data)
        if data_end > self.received:
            self.unread += data_end - self.received
            self.received = data_end
            self.unacked_segments += 1
        if segment.flags & FIN and self.peer_fin is None:
            self.peer_fin = data_end
            self.received = data_end + 1

    def told(self, before):
        ended = self.peer_fin is not None and before <= self.peer_fin
        bytes_until = self.received - (1 if self.peer_fin is not None else 0)
        if ended or self.unacked_segments >= 2 or not self.settings.delayed_ack:
            now_due = True
        else:
            now_due = False
            self.ack_due = self.simulation.now + self.settings.delayed_ack
            self.simulation.at(self.ack_due, self.late_ack, self.ack_due)
        if not self.push() and now_due:  # what waited leaves first, and acknowledges too
            self.acknowledge()
        if ended and self.fin_sent and self.una > self.fin:
            self.ended()
        if bytes_until > before:
            if self.reading:
                self.unread = 0
            self.app.received(bytes_until)
        if ended:
            self.app.finished()

    def late_ack(self, due):
        if self.ack_due == due and self.state == OPEN:
            self.acknowledge()
