"""Who ended a connection, computed from sequence and acknowledgement numbers alone.

The order of frames proves little: mirror ports turn neighbours round, and a FIN may be on its way
when the other one leaves. What a closing segment *acknowledges* proves what its sender had
received. So: A ended the connection if B's FIN acknowledges A's FIN; both did if neither
acknowledges the other. A RST ends it if its receiver can have accepted it, and if no FIN came
first.

Where the capture leaves several answers open, all of them are returned. This is written apart from
the program that it checks, from the same rules.
"""

from dataclasses import dataclass, field

from tshark import TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN

CLIENT, SERVER = 0, 1
NAME = ("client", "server")
UNDER_WAY = 1.0  # seconds in which segments sent before a RST arrived may still pass the capture


@dataclass
class Close:
    """A FIN or RST: its offset in its sender's stream, and what it acknowledges of the peer's."""

    frame: int
    time: float
    offset: int
    ack: int = None  # None: no ACK flag, or no evidence of the moment of closing


@dataclass
class Side:
    base: int = None  # sequence number of offset 0
    end: int = 0  # one past the highest byte seen
    segments: list = field(default_factory=list)
    started: bool = False  # its SYN or data is in the capture, so offsets are no guess
    fins: list = field(default_factory=list)
    fin: Close = None  # the one that counts
    hidden: Close = None  # a FIN that may have been lost, among numbers that were used and not seen
    resets: list = field(default_factory=list)
    acked: int = -1  # highest acknowledgement by the peer
    acked_frame: int = 0  # the segment that first carried it
    sent: int = -1  # where its highest segment without data stands: all before was used
    sent_frame: int = 0


def signed(difference):
    return (difference + 0x80000000 & 0xffffffff) - 0x80000000


def offset_of(side, seq):
    """Relative to the side's end so far, so that streams longer than 2 GiB unwrap."""
    return side.end + signed(seq - (side.base + side.end))


def collect(segments, client):
    """The two sides with their closing segments. Segments inside ICMP errors do not count."""
    sides = (Side(), Side())
    live = [s for s in segments if not s.in_error]
    for segment in live:
        side = sides[CLIENT if segment.source == client else SERVER]
        side.segments.append(segment)
        side.started |= bool(segment.flags & TCP_SYN) or segment.length > 1
    for side, peer in (sides, sides[::-1]):
        side.base = base_of(side, peer)
    for segment in live:
        here = CLIENT if segment.source == client else SERVER
        take(sides[here], sides[1 - here], segment)
    for side in sides:
        # A FIN that data goes beyond is accepted by nobody.
        side.fin = next((fin for fin in side.fins if fin.offset >= side.end), None)
        if side.fin is None and side.started and side.acked > side.end:
            side.hidden = Close(side.acked_frame, 0.0, side.acked - 1)
        elif side.fin is None and side.sent > side.end:
            side.hidden = Close(side.sent_frame, 0.0, side.sent - 1)
    return sides


def base_of(side, peer):
    """The number after the SYN that the peer acknowledged, or after the first one; without a SYN
    that of the first segment, or what the peer waits for if that comes before it. None if there is
    nothing but RSTs."""
    answered = [s.ack for s in peer.segments if s.flags & TCP_ACK]
    starts = [s.seq + 1 & 0xffffffff for s in side.segments if s.flags & TCP_SYN]
    starts = [seq for seq in starts if seq in answered] + starts
    if starts:
        return starts[0]
    seen = [s.seq for s in side.segments if not s.flags & TCP_RST]
    if not seen:
        return None
    return min([seen[0]] + answered[:1], key=lambda number: signed(number - seen[0]))


def take(side, peer, segment):
    ack = None
    if segment.flags & TCP_ACK and peer.base is not None:
        ack = offset_of(peer, segment.ack)
        if ack > peer.acked:
            peer.acked, peer.acked_frame = ack, segment.frame
    if side.base is None:  # nothing but RSTs of this side
        side.resets.append(Close(segment.frame, segment.time, None, ack))
        return
    begin = offset_of(side, segment.seq + (1 if segment.flags & TCP_SYN else 0))
    if segment.flags & TCP_RST:
        side.resets.append(Close(segment.frame, segment.time, begin, ack))
        return
    end = begin + segment.length
    if segment.flags & TCP_FIN:
        sent_before = any(offset_of(side, s.seq) == end + 1 for s in side.segments
                          if s.frame < segment.frame and not s.flags & (TCP_SYN | TCP_RST))
        side.fins.append(Close(segment.frame, segment.time, end, None if sent_before else ack))
    if segment.length:
        side.end = max(side.end, end)
    elif begin > side.sent and not segment.flags & TCP_FIN:
        side.sent, side.sent_frame = begin, segment.frame


def acceptable(reset, side, peer, patience):
    """Whether the peer can have accepted this RST of `side`. The peer goes on for `patience`
    seconds at most."""
    later = [s for s in peer.segments if s.frame > reset.frame and not s.flags & TCP_RST]
    if any(s.time > reset.time + patience for s in later):
        return False
    if reset.offset is None:  # the answer to a SYN has no number of its own
        return True
    window_end, shift = None, 0
    for s in peer.segments:
        if s.flags & TCP_SYN:
            shift = max(s.shift, 0)
        if s.frame < reset.frame and s.flags & TCP_ACK:
            offered = offset_of(side, s.ack) + (s.window << (0 if s.flags & TCP_SYN else shift))
            window_end = offered if window_end is None else max(window_end, offered)
    return side.acked <= reset.offset and (window_end is None or reset.offset <= window_end)


def by_fins(a, b):
    """Both sent a FIN. Names of the possible enders."""
    b_knew = b.fin.ack is not None and b.fin.ack > a.fin.offset
    a_knew = a.fin.ack is not None and a.fin.ack > b.fin.offset
    if a_knew != b_knew:
        return {SERVER} if a_knew else {CLIENT}
    if a.fin.ack is None and b.fin.ack is None or a_knew:
        return {CLIENT, SERVER, "both"}
    if b.fin.ack is None:
        return {CLIENT, "both"}
    if a.fin.ack is None:
        return {SERVER, "both"}
    return {"both"}


def by_fin_and_reset(side, reset, here):
    """`side` (number `here`) sent a FIN, the other side only this RST."""
    if reset.ack is not None:
        return (here, "fin") if reset.ack > side.fin.offset else ("both", "rst")
    return (here, "fin") if side.fin.frame < reset.frame else (1 - here, "rst")


def answers(sides, patience):
    """The possible answers (who, how)."""
    a, b = sides
    if a.fin and b.fin:
        return {(who, "fin") for who in by_fins(a, b)}
    for here, side in enumerate(sides):
        other = sides[1 - here]
        if side.fin:
            resets = [r for r in other.resets if acceptable(r, other, side, patience)]
            if not resets:
                return {(here, "fin")}
            found = {by_fin_and_reset(side, resets[0], here)}
            if side.fin is side.hidden:  # it may also have come after the RST
                found |= {(here, "fin"), ("both", "rst")}
            return found
    found = {(here, "rst") for here, side in enumerate(sides)
             if any(acceptable(r, side, sides[1 - here], patience) for r in side.resets)}
    if len(found) == 2:
        found.add(("both", "rst"))
    return found or {("", "")}


def never_advances(segments):
    """All numbers are zero, as in captures that were made up: nobody can tell who knew what."""
    return all(not s.seq and not s.ack for s in segments if not s.in_error)


def who_ended(segments, client):
    """The set of answers (ended_by, ended_how) that the packets allow, as connaudit words them, and
    the frames of all FINs and RSTs (and of what shows that a FIN may be missing)."""
    sides = collect(segments, client)
    frames = {close.frame for side in sides
              for close in side.resets + side.fins + [side.hidden] if close}
    found = set()
    for first in (sides[0].fin, sides[0].hidden or sides[0].fin):
        for second in (sides[1].fin, sides[1].hidden or sides[1].fin):
            sides[0].fin, sides[1].fin = first, second
            found |= answers(sides, UNDER_WAY) | answers(sides, 0.0)
    if not all(side.segments for side in sides):
        # What the other side did, and when, is not in the capture.
        found |= {(who, how) for who in (CLIENT, SERVER, "both") for _, how in found if how}
    return {(NAME[who] if who in (CLIENT, SERVER) else who, how) for who, how in found}, frames
