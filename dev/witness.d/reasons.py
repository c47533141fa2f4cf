"""Why the two accounts differ: predicates that the script can establish from the packets.

Each predicate takes a difference and the capture and says whether it is the reason. Its docstring
is the reason in words (`dev/witness --reasons`). A difference for which none holds is unexplained,
and somebody has to look at the bytes. A predicate must not excuse a mistake of ours: where it can,
it asks tshark again with other preferences instead of believing our account.
"""

import align
from tshark import TCP_FIN, TCP_RST, TCP_SYN

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


def cut_short(difference, capture):
    """tshark hides a message whose body it cannot complete; with heads alone it shows it."""
    return finds(capture, "heads", difference.ours)


def out_of_order(difference, capture):
    """Segments are out of order, and tshark with reordering gives our account."""
    if not disordered(capture.streams[difference.stream].segments):
        return False
    if difference.ours and not difference.theirs:
        return finds(capture, "ordered", difference.ours) or \
            finds(capture, "ordered heads", difference.ours)
    return lacks(capture, "ordered", difference.theirs)


def port_unknown(difference, capture):
    """tshark knows no HTTP on this port; told that it is HTTP, it finds the message."""
    return not chosen_by_default(difference, capture) and (
        finds(capture, "ports", difference.ours) or finds(capture, "heads", difference.ours))


def chosen_by_default(difference, capture):
    return any(m.stream == difference.stream for m in capture.their_messages("default"))


def flagged(difference, capture):
    """tshark dissects nothing in segments that it takes for retransmitted or lost ones; told to do
    so, it finds the message."""
    return finds(capture, "lenient", difference.ours)


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


def ended_by_close(difference, capture):
    """The body ends with the connection, and tshark shows the message where that ends."""
    last = own_segment(difference, capture)
    if last is None or difference.theirs.last < difference.ours.first or \
            not last.flags & (TCP_FIN | TCP_RST) or \
            last.length and not seen_before(difference, capture):
        return False
    return not any(s.source == last.source and s.length and
                   difference.ours.last < s.frame < last.frame and not s.in_error
                   for s in capture.streams[difference.stream].segments)


def one_sided(difference, capture):
    """Only one side's segments are in the capture, and our report leaves the answer open."""
    return not difference.ours.ended_by and \
        len({s.source for s in capture.streams[difference.stream].segments}) == 1


# ---- what is below TCP

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
    """Quoted inside an ICMP error: no segment of the connection."""
    return any(s.in_error and s.frame == difference.frame
               for s in stream_of(difference, capture).segments)


def fragments(difference, capture):
    """The stream has IP fragments, which we do not put together."""
    return any(s.fragment for s in stream_of(difference, capture).segments)


def merged(difference, capture):
    """tshark counts connections of the same addresses in several VLANs or VNIs as one stream."""
    return len({s.tag for s in stream_of(difference, capture).segments}) > 1


def encrypted(difference, _capture):
    """tshark decrypted it with secrets in the capture."""
    return "tls" in difference.theirs.protocols.split(":")


EXPLANATIONS = {
    "ours only": [cut_short, out_of_order, port_unknown, flagged, merged],
    "theirs only": [encrypted, tunnel, inside_error, seen_before, out_of_order, fragments, merged,
                    after_gap],
    "frame": [ended_by_close, seen_before, out_of_order, merged],
    "version": [out_of_order, merged],
    "target": [out_of_order, merged],
    "options": [out_of_order, merged],
    "stream": [tunnel, inside_error, fragments],
    "connection": [],
    "number": [shifted],
    "split": [merged],
    "first frame": [merged],
    "client": [merged],
    "ended": [one_sided, merged],
    "end frame": [merged],
}
