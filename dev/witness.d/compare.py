"""Compares the two accounts of one capture, both ways, and lists the differences."""

import re
from collections import Counter
from dataclasses import dataclass, field

import align
import ends
import ours as connaudit
import reasons
from tshark import WITNESS, Tshark


@dataclass
class Difference:
    what: str  # a message that one side lacks, a value, a fact of the connection
    stream: int
    frame: int
    our_text: str
    their_text: str
    ours: object = None
    theirs: object = None
    reason: str = ""


@dataclass
class Capture:
    """Both accounts of one file. Further readings of tshark are fetched when first asked for."""

    tshark: Tshark
    streams: dict
    connections: list
    our_messages: list
    packets_read: int = None  # by connaudit, if it could not read the file to its end
    # Carried HTTP by our account, and tshark, which goes by ports, did not look there by itself.
    ports: frozenset = frozenset()
    found_by_itself: int = None  # messages, before it was told of ports
    readings: dict = field(default_factory=dict)
    aligned: dict = field(default_factory=dict)

    def their_messages(self, reading):
        """By one reading of tshark, told of our ports; WITNESS is what it says with its defaults and of
        heads alone."""
        if reading not in self.readings:
            self.readings[reading] = self.unite() if reading == WITNESS else \
                self.tshark.messages(reading, self.ports)
        return self.readings[reading]

    def unite(self):
        heads, wholes = self.their_messages("heads"), self.their_messages("default")
        found = []
        for stream in sorted({m.stream for m in heads + wholes}):
            for request in (True, False):
                found += align.united(chosen(heads, stream, request),
                                      chosen(wholes, stream, request))
        return sorted(found, key=lambda m: m.last)

    def pairs(self, stream, reading=WITNESS):
        """The messages of one stream, paired: first the requests, then the responses."""
        key = stream, reading
        if key not in self.aligned:
            found = []
            for request in (True, False):
                found += align.align(
                    chosen(self.our_messages, stream, request),
                    chosen(self.their_messages(reading), stream, request))
            self.aligned[key] = found
        return self.aligned[key]


def chosen(messages, stream, request):
    return [m for m in messages if m.stream == stream and m.request == request]


def read(path, programs, timeout):
    """The capture as both programs see it."""
    tshark = Tshark(path, timeout, programs.tshark)
    streams = tshark.segments()
    ours = connaudit.Connaudit(path, timeout, programs.connaudit)
    connections, messages = ours.connections(), ours.messages()
    locate(streams, connections, messages)
    capture = Capture(tshark, streams, connections, messages, ours.packets_read)
    known = {m.stream for m in capture.their_messages(WITNESS)}
    unknown = {m.stream for m in messages} - known
    capture.ports = frozenset(c.server[1] for c in connections if c.stream in unknown)
    if capture.ports:
        capture.found_by_itself = len(capture.their_messages(WITNESS))
        capture.readings.clear()
    return capture


def locate(streams, connections, messages):
    """Gives our connections and messages tshark's number of the stream. It is looked up by the
    first frame, not taken from our report: one wrong number there is one difference only."""
    by_frame = {}
    for stream in streams.values():
        for segment in stream.segments:
            by_frame.setdefault(segment.frame, []).append((segment, stream.number))
    number_of = {}
    for connection in connections:
        here = by_frame.get(connection.first, [])
        ends_of = {connection.client, connection.server}
        same = [n for s, n in here if {s.source, s.destination} == ends_of]
        connection.stream = (same + [n for _, n in here] + [-1])[0]
        number_of[connection.name] = connection.stream
    for message in messages:
        message.stream = number_of.get(message.row, -1)


def compare(capture):
    """All differences, each with its reason ("" if none is found), and what was counted."""
    differences, counts = [], Counter()
    compare_messages(capture, differences, counts)
    compare_connections(capture, differences, counts)
    for difference in differences:
        difference.reason = reasons.explain(difference, capture)
    return sorted(differences, key=lambda d: (d.stream, d.frame, d.what)), counts


def compare_messages(capture, differences, counts):
    theirs = capture.their_messages(WITNESS)
    counts["messages of tshark"] += len(theirs)
    counts["of these by heads alone"] += len(theirs) - len(capture.their_messages("default"))
    if capture.found_by_itself is not None:
        counts["of these on ports that it was told"] += len(theirs) - capture.found_by_itself
    counts["messages of connaudit"] += len(capture.our_messages)
    for stream in sorted({m.stream for m in theirs + capture.our_messages}):
        for mine, other in capture.pairs(stream):
            found = list(message_differences(stream, mine, other))
            counts["messages matched"] += bool(mine and other and not found)
            differences += found


def message_differences(stream, mine, other):
    if mine is None:
        yield Difference("theirs only", stream, other.last, "", other.text(), None, other)
        return
    if other is None:
        yield Difference("ours only", stream, mine.first, mine.text(), "", mine, None)
        return
    if not align.within(mine, other):
        yield Difference("frame", stream, other.last, "%d-%s" % (mine.first, mine.last),
                         str(other.last), mine, other)
    if mine.interim:  # nothing more of it is in the report
        return
    for what, name, cut in (("version", "version", False), ("target", "target", mine.target_cut),
                            ("options", "connection", mine.cut)):
        our_value, their_value = plain(getattr(mine, name)), plain(getattr(other, name))
        if cut:
            their_value = their_value[:len(our_value)]
        if our_value != their_value:
            yield Difference(what, stream, other.last, mine.text(), other.text(), mine, other)


def plain(value):
    """A folded value is one line, whose fold counts as a blank."""
    return re.sub(rb"[ \t]*\r?\n[ \t]+", b" ", value)


def compare_connections(capture, differences, counts):
    ours = {}
    for connection in capture.connections:
        ours.setdefault(connection.stream, []).append(connection)
        counts["connections without a number"] += connection.number < 0
    for connection in ours.pop(-1, []):
        counts["connections compared"] += 1
        differences.append(Difference("connection", -1, connection.first, connection.name, "",
                                      connection, None))
    for number, stream in sorted(capture.streams.items()):
        if number not in ours:
            differences.append(Difference("stream", number, stream.first_frame(), "",
                                          stream.segments[0].protocols, None, stream))
    for number, connections in sorted(ours.items()):
        stream = capture.streams[number]
        counts["connections compared"] += 1
        found = [Difference("split", number, extra.first, extra.name, "", extra, stream)
                 for extra in connections[1:]]
        found += connection_differences(stream, connections)
        if len(connections) == 1:
            found += end_differences(stream, connections[0], counts)
        counts["connections agreeing"] += not found
        differences += found


def connection_differences(stream, connections):
    mine = connections[0]
    if mine.number >= 0:
        yield from fact("number", stream, mine, mine.number, stream.number)
    yield from fact("first frame", stream, mine, mine.first, stream.first_frame())
    client = stream.client()
    if client:
        yield from fact("client", stream, mine, mine.client, client)
    yield from fact("ends", stream, mine, sorted({mine.client, mine.server}),
                    sorted(stream.ends()))
    yield from fact("community id", stream, mine, mine.community_id,
                    stream.segments[0].community_id)


def fact(what, stream, mine, our_value, their_value):
    if our_value != their_value:
        yield Difference(what, stream.number, mine.first, str(our_value), str(their_value),
                         mine, stream)


def end_differences(stream, mine, counts):
    if ends.never_advances(stream.segments):
        counts["ends without numbers"] += 1
        return
    counts["ends compared"] += 1
    found = list(end_facts(stream, mine, counts))
    counts["ends agreeing"] += not found
    yield from found


def end_facts(stream, mine, counts):
    allowed, frames = ends.who_ended(stream.segments, mine.client)
    said = mine.ended_by, mine.ended_how
    # Where the packets allow several answers, the report may leave it open.
    undecided = not mine.ended_by and len(allowed) > 1 and \
        mine.ended_how in {""} | {how for _, how in allowed}
    counts["ends left open"] += undecided and any(who for who, _ in allowed)
    if said not in allowed and not undecided:
        yield Difference("ended", stream.number, mine.end_frame, " ".join(said).strip(),
                         " or ".join(sorted(" ".join(a).strip() or "open" for a in allowed)),
                         mine, stream)
    elif mine.end_frame and mine.end_frame not in frames:
        yield Difference("end frame", stream.number, mine.end_frame, str(mine.end_frame),
                         " ".join(map(str, sorted(frames))), mine, stream)
