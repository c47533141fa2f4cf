"""Why the two accounts differ: predicates that the script can establish from the packets.

Each predicate takes a difference and the capture and says whether it is the reason. Its docstring
is the reason in words (`dev/witness --reasons`). A difference for which none holds is unexplained,
and somebody has to look at the bytes. A predicate must not excuse a mistake of ours: where it can,
it asks tshark again with other preferences instead of believing our account.
"""

import re

import align
from tshark import TCP_FIN, TCP_RST, TCP_SYN, WITNESS

# Layers below TCP that carry one network's own traffic as it is.
PLAIN_LAYERS = {"frame", "eth", "ethertype", "vlan", "ieee8021ad", "sll", "null", "raw", "ip",
                "ipv6", "ipv6.hopopts", "ipv6.dstopts", "ipv6.routing", "pkt_comment"}


def explain(difference, capture):
    """The name of the first reason that holds; "" if none does."""
    for predicate in EXPLANATIONS.get(difference.what, []):
        if predicate(difference, capture):
            return predicate.__name__
    return ""


# ---- readings of tshark

def finds(capture, reading, message):
    """Whether tshark finds our message in this reading, in the right frame."""
    return any(mine is message and other and align.within(mine, other)
               for mine, other in capture.pairs(message.stream, reading))


def lacks(capture, reading, message):
    """Whether tshark does not report in this reading what it reported before."""
    return not any(m.name() == message.name() and m.request == message.request
                   and m.stream == message.stream and m.last == message.last
                   for m in capture.their_messages(reading))


def out_of_order(difference, capture):
    """Segments are out of order, and tshark with reordering gives our account."""
    if not disordered(capture.streams[difference.stream].segments):
        return False
    mine = difference.ours
    if mine and not difference.theirs:  # in order, it is complete where the last hole was filled
        return any(m is mine and other and other.last >= min(mine.first, mine.last)
                   for reading in ("ordered", "ordered heads")
                   for m, other in capture.pairs(mine.stream, reading))
    return lacks(capture, "ordered", difference.theirs) and \
        lacks(capture, "ordered heads", difference.theirs)


def head_cut(difference, capture):
    """Bytes of its head are missing from the capture, and tshark waits for them; told not to, it
    shows the message."""
    return finds(capture, "lines", difference.ours)


def flagged(difference, capture):
    """tshark dissects nothing in segments that it takes for retransmitted or lost ones; told to do
    so, it finds the message."""
    return finds(capture, "lenient", difference.ours)


# ---- what the messages say

KNOWN_METHODS = {b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE",
                 b"PATCH"}


def unknown_method(difference, capture):
    """tshark knows methods by name, and not this one; the bytes show the request line."""
    mine = difference.ours
    if not mine.request or mine.method in KNOWN_METHODS or \
            any(m.method == mine.method for m in capture.their_messages(WITNESS)):
        return False
    line = b" ".join([mine.method, mine.target, mine.version]) + b"\r\n"
    payload = capture.tshark.payload(mine.first)
    return payload.startswith(line) or b"\r\n" + line in payload


def not_a_status(difference, _capture):
    """What tshark takes for a status code has not three digits."""
    return not difference.theirs.request and not 100 <= difference.theirs.status <= 999


def start_line_cut(difference, capture):
    """The snap length cut the start line; tshark shows what there is of it."""
    last = own_segment(difference, capture)
    return last is not None and last.cut and \
        not re.fullmatch(rb"HTTP/\d\.\d", difference.theirs.version)


def blank_in_target(difference, _capture):
    """There are blanks in the target. tshark ends it at the first one, we at the version."""
    mine, theirs = difference.ours, difference.theirs
    return b" " in mine.target and mine.target + b" " + mine.version == \
        theirs.target + b" " + theirs.version


def bad_version(difference, _capture):
    """tshark prints a version that is none; our report names only versions of HTTP."""
    return not difference.ours.version and \
        not re.fullmatch(rb"HTTP/\d\.\d", difference.theirs.version)


def no_version(difference, _capture):
    """A request line without a version: HTTP/0.9 in our words, none in tshark's."""
    return difference.ours.version == b"HTTP/0.9" and not difference.theirs.version


def before(difference, capture):
    """What tshark has of this direction up to the frame, without the message itself."""
    message = difference.theirs or difference.ours
    return [m for m in capture.their_messages(WITNESS)
            if m.stream == difference.stream and m.request == message.request
            and m is not message and m.last <= message.last]


def bad_length(difference, capture):
    """A message before it has a Content-Length that is no number below 2^63: where the next one
    begins is anybody's guess."""
    return any(not re.fullmatch(rb"\d+", value) or int(value) >= 2 ** 63
               for m in before(difference, capture) for value in m.lengths)


def folded_framing(difference, capture):
    """A message before it has a framing field whose value stands in a folded line. tshark takes the
    fold for the body."""
    return any(b"" in m.lengths + m.codings for m in before(difference, capture))


def after_switch(difference, capture):
    """HTTP inside a tunnel: a CONNECT got a 2xx before it, or the protocol was switched (101)."""
    connect = switched = False
    for message in capture.their_messages(WITNESS):
        if message.stream != difference.stream or message is difference.theirs:
            continue
        if message.last > difference.theirs.last:
            break
        if message.request:
            connect = message.method == b"CONNECT"
        elif message.status == 101 or connect and 200 <= message.status <= 299:
            switched = True
    return switched


# ---- sequence numbers

def disordered(segments):
    """Some segment carries bytes before those of an earlier one that had not been seen yet."""
    end, holes = {}, {}
    for segment in segments:
        if segment.in_error or segment.flags & TCP_RST:
            continue
        begin = segment.seq + bool(segment.flags & TCP_SYN)
        last = end.get(segment.source)
        if last is not None and segment.length:
            ahead = signed(begin - last)
            if ahead > 0:
                holes[segment.source] = True
            elif ahead < 0 and holes.get(segment.source):
                return True
        if last is None or signed(begin + segment.length - last) > 0:
            end[segment.source] = begin + segment.length
    return False


def signed(difference):
    return (difference + 0x80000000 & 0xffffffff) - 0x80000000


def own_segment(difference, capture):
    """The segment in which tshark completed the message."""
    for segment in capture.streams[difference.stream].segments:
        if segment.frame == difference.theirs.last and not segment.in_error:
            return segment
    return None


def seen_before(difference, capture):
    """The segment repeats bytes that an earlier one had carried; tshark dissects them again."""
    last = own_segment(difference, capture)
    if last is None or not last.length:
        return False
    for segment in capture.streams[difference.stream].segments:
        if segment.frame >= last.frame:
            return False
        if segment.source == last.source and segment.length and \
                signed(segment.seq - last.seq) <= 0 and \
                signed(segment.seq + segment.length - last.seq - last.length) >= 0:
            return True
    return False


def after_gap(difference, capture):
    """Bytes of this direction before the message are not in the capture: we judge nothing until
    both directions agree on where a message begins."""
    last = own_segment(difference, capture)
    return last is not None and gap_before(capture.streams[difference.stream].segments, last)


def gap_before(segments, last):
    """Whether bytes of the same direction are missing before `last`."""
    runs = sorted((signed(s.seq + bool(s.flags & TCP_SYN) - last.seq), s.length)
                  for s in segments if s.source == last.source and not s.in_error
                  and not s.flags & TCP_RST and (s.length or s.flags & TCP_SYN))
    end = None
    for begin, length in runs:
        if begin > 0:
            break
        if end is not None and begin > end:
            return True
        end = max(begin + length, begin if end is None else end)
    return False


def at_the_syn(difference, capture):
    """A segment with the SYN's own number carries data or a FIN, as made-up captures have it: its
    first byte, or its FIN, lies before the window."""
    starts = {(s.source, s.seq) for s in capture.streams[difference.stream].segments
              if s.flags & TCP_SYN}
    return any((s.source, s.seq) in starts and (s.length or s.flags & TCP_FIN)
               and not s.flags & TCP_SYN for s in capture.streams[difference.stream].segments)


def impossible_length(difference, capture):
    """The IP header states no length, and the frame claims more than any card cuts up."""
    return any(s.length > 0x100000 for s in stream_of(difference, capture).segments)


def no_header(difference, capture):
    """tshark numbers what has ports, even if the rest of a TCP header is missing or its length is
    impossible."""
    return not any(s.whole for s in stream_of(difference, capture).segments)


def encapsulated(protocols):
    layers = protocols.split(":")
    below = layers[:layers.index("tcp")] if "tcp" in layers else layers
    return any(layer not in PLAIN_LAYERS for layer in below) or \
        below.count("ip") + below.count("ipv6") > 1


def stream_of(difference, capture):
    return capture.streams.get(difference.stream)


def unknown_to_us(difference, capture):
    return all(c.stream != difference.stream for c in capture.connections)


def tunnel(difference, capture):
    """The stream is inside an encapsulation that we do not open."""
    return unknown_to_us(difference, capture) and \
        any(encapsulated(s.protocols) for s in stream_of(difference, capture).segments)


def shifted(difference, capture):
    """Each stream before it that only tshark counts moves the number by one."""
    ours = {c.stream for c in capture.connections}
    missing = sum(number not in ours for number in capture.streams
                  if number < difference.stream)
    return missing > 0 and difference.ours.number + missing == difference.stream


def inside_error(difference, capture):
    """Quoted in an ICMP error, or sampled with others in one frame: nothing was sent here."""
    return any(s.in_error and s.frame == difference.frame
               for s in stream_of(difference, capture).segments)


def fragments(difference, capture):
    """The stream has IP fragments, which we do not put together."""
    return any(s.fragment for s in stream_of(difference, capture).segments)


def merged(difference, capture):
    """tshark counts connections of the same addresses in several VLANs or VNIs as one stream."""
    return len({s.tag for s in stream_of(difference, capture).segments}) > 1


def not_read(difference, capture):
    """connaudit could not read the file this far, and said so."""
    return capture.packets_read is not None and difference.frame > capture.packets_read


def encrypted(difference, _capture):
    """tshark decrypted it with secrets in the capture."""
    return "tls" in difference.theirs.protocols.split(":")


def closed_in_tls(difference, _capture):
    """TLS was closed by a close_notify or an alert; the FINs that are compared here came later."""
    return difference.ours.closed_in_tls


EXPLANATIONS = {
    "ours only": [head_cut, out_of_order, flagged, unknown_method,
                  folded_framing, at_the_syn, merged],
    "theirs only": [not_read, encrypted, inside_error, tunnel, after_switch, not_a_status,
                    start_line_cut, seen_before, out_of_order, bad_length, at_the_syn, fragments,
                    merged, impossible_length, after_gap],
    "frame": [seen_before, out_of_order, merged],
    "version": [bad_version, no_version, blank_in_target, out_of_order, merged],
    "target": [blank_in_target, out_of_order, merged],
    "options": [out_of_order, merged],
    "stream": [not_read, inside_error, tunnel, no_header, fragments, impossible_length],
    "connection": [],
    "number": [shifted],
    "split": [merged],
    "first frame": [merged],
    "client": [merged],
    "ended": [at_the_syn, merged, closed_in_tls],
    "end frame": [merged, closed_in_tls],
}
