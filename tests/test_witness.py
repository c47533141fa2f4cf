"""Tests of dev/witness: reading both accounts, pairing messages, who ended it, the reasons."""

import os
import sys
import unittest
from collections import Counter
from types import SimpleNamespace

sys.dont_write_bytecode = True
TOP = os.environ.get("top_srcdir") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(TOP, "dev", "witness.d"))

# pylint: disable=wrong-import-position
import align
import compare
import ends
import ours
import reasons
import tshark
from tshark import TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN, Message, Segment, Stream

A, B = ("10.0.0.1", 40000), ("10.0.0.2", 80)


def segment(frame, source, seq, ack=0, length=0, flags=TCP_ACK, **more):
    """One segment between A and B; time is a millisecond a frame."""
    values = {"time": frame / 1000, "stream": 0, "window": 1000, "shift": -1, "community_id": "",
              "protocols": "eth:ethertype:ip:tcp", "tag": "", "cut": False, "fragment": False,
              "whole": True, "in_error": False}
    values.update(more)
    return Segment(frame=frame, source=source, destination=B if source == A else A, seq=seq,
                   ack=ack, length=length, flags=flags, **values)


def handshake(client_isn=1000, server_isn=5000):
    return [segment(1, A, client_isn, 0, flags=TCP_SYN),
            segment(2, B, server_isn, client_isn + 1, flags=TCP_SYN | TCP_ACK),
            segment(3, A, client_isn + 1, server_isn + 1)]


def get(first, last=None, method=b"GET", **more):
    return Message(request=True, first=first, last=last or first, version=b"HTTP/1.1",
                   method=method, **more)


def answer(first, last=None, status=200, **more):
    return Message(request=False, first=first, last=last or first, stream=0, version=b"HTTP/1.1",
                   status=status, **more)


class Reports(unittest.TestCase):
    """Values come back as the bytes that were sent."""

    def test_unescape(self):
        for text, octets in ((r"close", b"close"), (r"", b""), (r"\x3dcmd", b"=cmd"),
                             (r"a\\x41", rb"a\x41"), (r"\\\x0a\\", b"\\\n\\"),
                             (r"close\x0akeep-alive", b"close\nkeep-alive"), (r"\xff", b"\xff"),
                             (r"cut here\...", b"cut here")):
            with self.subTest(text):
                self.assertEqual(ours.unescape(text), octets)

    def test_frame_number(self):
        self.assertEqual([ours.frame_number(t) for t in ("", "7", "2-19", "c2-19")], [0, 7, 19, 19])

    def test_messages_stand_in_the_order_in_which_they_were_sent(self):
        header = ("connection,exchange,request_frame,request_end_frame,response_frame,"
                  "response_end_frame,method,target,request_version,status,response_version,"
                  "request_connection,response_connection,interim\n")
        found = ours.messages(ours.rows(
            header +
            "1:1,1,4,4,9,9,POST,/,HTTP/1.1,200,HTTP/1.1,,\"close, x\",100 103\n"
            "1:2,1,6,6,,,GET,/a,HTTP/1.0,,,,,\n"
            "1:2,2,7,,,,,,,,,,,\n"
            "1:1,2,,,5,5,,,,408,HTTP/1.1,,,\n"))
        self.assertEqual(
            [(m.row, m.name(), m.first, m.ended) for m in found],
            [("1:1", b"POST", 4, True), ("1:2", b"GET", 6, True), ("1:1", 100, 4, True),
             ("1:1", 103, 4, True), ("1:1", 408, 5, True), ("1:1", 200, 9, True)])
        self.assertEqual(found[-1].connection, b"close, x")

    def test_a_message_without_an_end_is_marked(self):
        row = {"connection": "1:1", "exchange": "1", "response_frame": "8",
               "response_end_frame": "", "status": "200", "response_version": "HTTP/1.1",
               "response_connection": ""}
        found = ours.response(row)
        self.assertEqual((found.row, found.first, found.ended), ("1:1", 8, False))


def fields(**values):
    """A line as tshark writes it."""
    named = {name.replace(".", "_"): name for name in tshark.SEGMENT_FIELDS}
    line = dict.fromkeys(tshark.SEGMENT_FIELDS, "")
    line.update({named[key]: value for key, value in values.items()})
    return "\t".join(line[name] for name in tshark.SEGMENT_FIELDS)


class Fields(unittest.TestCase):
    """The segments in a line of tshark's fields."""

    def one(self, **values):
        base = {"frame_number": "7", "tcp_stream": "3", "tcp_srcport": "1", "tcp_dstport": "2",
                "tcp_flags": "0x0018"}
        base.update(values)
        return list(tshark.parse_segments(fields(**base)))

    def test_the_innermost_addresses_belong_to_the_segment(self):
        for protocols, source in (("eth:ethertype:ip:tcp", "a"),
                                  ("eth:ethertype:ip:udp:gtp:ip:tcp", "b"),
                                  ("eth:ethertype:ip:ipv6:tcp", "six"),
                                  ("eth:ethertype:ipv6:ip:tcp", "a")):
            with self.subTest(protocols):
                found, = self.one(frame_protocols=protocols, ip_src="a;b", ip_dst="c;d",
                                  ipv6_src="six", ipv6_dst="seven")
                self.assertEqual(found.source, (source, 1))
                self.assertFalse(found.in_error)

    def test_a_segment_in_an_icmp_error_is_marked(self):
        found, = self.one(frame_protocols="eth:ethertype:ip:icmp:ip:tcp", ip_src="a;b",
                          ip_dst="c;d")
        self.assertEqual((found.source[0], found.in_error), ("b", True))

    def test_two_layers_of_tcp_are_two_segments(self):
        found = self.one(frame_protocols="ip:tcp:socks:ip:tcp", ip_src="a;b", ip_dst="c;d",
                         tcp_stream="3;4", tcp_srcport="1;5", tcp_dstport="2;6")
        self.assertEqual([(s.stream, s.source, s.in_error) for s in found],
                         [(3, ("a", 1), False), (4, ("b", 5), True)])

    def test_numbers(self):
        found, = self.one(tcp_seq_raw="4294967295", tcp_len="", frame_len="60", frame_cap_len="54",
                          vlan_id="12;4", ip_frag_offset="0;185")
        self.assertEqual((found.seq, found.length, found.flags, found.cut, found.tag,
                          found.fragment), (4294967295, 0, 0x18, True, "12,4", True))


PDML = b"""<pdml><packet><proto name="geninfo"><field name="num" show="9"/></proto>
<proto name="tcp"><field name="tcp.stream" show="2"/></proto>
<proto name="http"><field name=""><field name="http.request.method" show="GET" value="474554"/>
<field name="http.request.uri" show="/" value="2fff"/>
<field name="http.request.version" show="HTTP/1.1" value="485454502f312e31"/></field>
<field name="http.connection" show="close" value="436f6e6e656374696f6e3a20636c6f73650d0a"/>
<field name="http.connection" show="x" value="436f6e6e656374696f6e3a78200d0a"/></proto>
<proto name="http"><field name=""><field name="http.response.version" value="485454502f312e30"/>
<field name="http.response.code" show="304" value="333034"/></field></proto>
<proto name="http"><field name="http.file_data" show="body"/></proto></packet></pdml>"""


class Pdml(unittest.TestCase):
    """The messages in tshark's PDML."""

    def test_messages_of_one_frame_keep_their_own_fields(self):
        first, second = tshark.parse_messages(PDML)
        self.assertEqual((first.stream, first.last, first.method, first.target, first.version),
                         (2, 9, b"GET", b"/\xff", b"HTTP/1.1"))
        self.assertEqual(first.connection, b"close\nx")
        self.assertEqual((second.status, second.version, second.connection),
                         (304, b"HTTP/1.0", b""))

    def test_no_output_is_no_message(self):
        self.assertEqual(tshark.parse_messages(b"\n"), [])


def short(pairs):
    return [(m and m.first, t and t.last) for m, t in pairs]


class Align(unittest.TestCase):
    """One difference leaves the other pairs alone."""

    CASES = (
        ("equal", [get(1), get(3)], [get(1), get(3)], [(1, 1), (3, 3)]),
        ("nothing", [], [], []),
        ("only ours", [get(1)], [], [(1, None)]),
        ("only theirs", [], [get(1)], [(None, 1)]),
        ("first lost", [get(3), get(5)], [get(1), get(3), get(5)],
         [(None, 1), (3, 3), (5, 5)]),
        ("middle lost", [get(1), get(3), get(5)], [get(1), get(5)],
         [(1, 1), (3, None), (5, 5)]),
        ("other name", [get(1), get(3, method=b"PUT"), get(5)], [get(1), get(3), get(5)],
         [(1, 1), (3, None), (None, 3), (5, 5)]),
        ("frames decide among equal names", [get(2), get(9)], [get(2), get(4), get(9)],
         [(2, 2), (None, 4), (9, 9)]),
        ("same name elsewhere", [get(2)], [get(7)], [(2, 7)]),
        ("captured last byte first", [get(8, 5), get(9)], [get(8), get(9)], [(8, 8), (9, 9)]),
        ("within a long message", [get(2, 8), get(9)], [get(5), get(9)], [(2, 5), (9, 9)]),
    )

    def test_table(self):
        for name, mine, theirs, pairs in self.CASES:
            with self.subTest(name):
                self.assertEqual(sorted(short(align.align(mine, theirs)), key=str),
                                 sorted(pairs, key=str))

    def test_a_body_until_close_lies_around_its_head(self):
        self.assertTrue(align.within(get(4, 6), get(5, 9)))
        self.assertTrue(align.within(get(4, 6), get(2, 9)))
        self.assertFalse(align.within(get(4, 6), get(7, 9)))

    def test_the_two_readings_of_tshark_are_one_account(self):
        for name, heads, wholes, expected in (
                ("the same", [get(3)], [get(3)], [(3, 3)]),
                ("body behind the head", [get(3)], [get(5)], [(3, 5)]),
                ("hidden by default", [get(3), get(7)], [get(7)], [(3, 3), (7, 7)]),
                ("hidden by default, the next has a body", [get(3), get(7)], [get(8)],
                 [(3, 3), (7, 8)]),
                ("not among the heads", [get(7)], [get(3), get(7)], [(3, 3), (7, 7)]),
                ("whole before its head", [get(7)], [get(3)], [(3, 3), (7, 7)]),
                ("of another name", [get(3, method=b"PUT")], [get(5)], [(3, 3), (5, 5)])):
            with self.subTest(name):
                self.assertEqual([(m.first, m.last) for m in align.united(heads, wholes)], expected)

    def test_a_message_without_end_may_be_reported_in_any_later_frame(self):
        self.assertTrue(align.within(get(4, 4, ended=False), get(90)))
        self.assertFalse(align.within(get(4, 4), get(90)))
        self.assertFalse(align.within(get(4, 4, ended=False), get(3)))

    def test_long_lists_are_paired_by_frame(self):
        mine = [get(n) for n in range(1, 60, 2)]
        theirs = [get(n) for n in range(1, 60, 2) if n != 31]
        self.assertEqual(short(align.align_greedy(mine, theirs)),
                         [(n, None if n == 31 else n) for n in range(1, 60, 2)])

    def test_every_message_appears_once(self):
        mine = [get(n, method=b"GET" if n % 3 else b"PUT") for n in range(20)]
        theirs = [get(n, method=b"GET" if n % 4 else b"PUT") for n in range(3, 22)]
        pairs = align.align(mine, theirs)
        self.assertEqual([m for m, _ in pairs if m], mine)
        self.assertEqual([t for _, t in pairs if t], theirs)


FIN, RST = TCP_FIN | TCP_ACK, TCP_RST


class Ends(unittest.TestCase):
    """Who ended it. After the handshake the client is at 1001 and the server at 5001."""

    CASES = (
        ("open", [], {("", "")}),
        ("client alone", [segment(4, A, 1001, 5001, flags=FIN)], {("client", "fin")}),
        ("the server's FIN acknowledges the client's",
         [segment(4, A, 1001, 5001, flags=FIN), segment(5, B, 5001, 1002, flags=FIN)],
         {("client", "fin")}),
        ("the same, captured in the other order",
         [segment(4, B, 5001, 1002, flags=FIN), segment(5, A, 1001, 5001, flags=FIN)],
         {("client", "fin")}),
        ("FINs cross",
         [segment(4, A, 1001, 5001, flags=FIN), segment(5, B, 5001, 1001, flags=FIN)],
         {("both", "fin")}),
        ("FIN with data",
         [segment(4, B, 5001, 1001, 100, FIN), segment(5, A, 1001, 5102, flags=FIN)],
         {("server", "fin")}),
        ("only the data is acknowledged",
         [segment(4, B, 5001, 1001, 100, FIN), segment(5, A, 1001, 5101, flags=FIN)],
         {("both", "fin")}),
        ("RST alone", [segment(4, B, 5001, 1001, flags=RST | TCP_ACK)], {("server", "rst")}),
        ("RST after the other side's FIN, acknowledging it",
         [segment(4, A, 1001, 5001, flags=FIN), segment(5, B, 5001, 1002, flags=RST | TCP_ACK)],
         {("client", "fin")}),
        ("RST crosses the FIN",
         [segment(4, A, 1001, 5001, flags=FIN), segment(5, B, 5001, 1001, flags=RST | TCP_ACK)],
         {("both", "rst")}),
        ("RST without ACK after the FIN",
         [segment(4, A, 1001, 5001, flags=FIN), segment(5, B, 5001, flags=RST)],
         {("client", "fin")}),
        ("RST without ACK before the FIN",
         [segment(4, B, 5001, flags=RST), segment(5, A, 1001, 5001, flags=FIN)],
         {("client", "fin"), ("server", "rst")}),
        ("a side's own RST after its FIN",
         [segment(4, A, 1001, 5001, flags=FIN), segment(5, A, 1002, flags=RST)],
         {("client", "fin")}),
        ("RST below what was acknowledged",
         [segment(4, B, 5001, 1001, 50), segment(5, A, 1001, 5051),
          segment(6, B, 5001, flags=RST)], {("", "")}),
        ("RST beyond the window", [segment(4, B, 9000, flags=RST)], {("", "")}),
        ("the receiver goes on for seconds",
         [segment(4, B, 5001, flags=RST), segment(9000, A, 1001, 5001, 5)], {("", "")}),
        ("the receiver's data was under way, or not",
         [segment(4, B, 5001, flags=RST), segment(5, A, 1001, 5001, 5)],
         {("server", "rst"), ("", "")}),
        ("a lost FIN, or a lost byte, is acknowledged", [segment(4, A, 1001, 5002)],
         {("server", "fin"), ("", "")}),
        ("a FIN may be among lost bytes, known to the other's FIN",
         [segment(4, A, 1001, 5001, 10), segment(5, B, 5001, 1050, flags=FIN)],
         {("server", "fin"), ("client", "fin")}),
        ("the same, where its own acknowledgements show that it had sent more",
         [segment(4, A, 1001, 5001, 10), segment(5, B, 5001, 1050, flags=FIN),
          segment(6, A, 1050, 5002)], {("server", "fin"), ("client", "fin")}),
        ("a RST after what may be a lost FIN",
         [segment(4, B, 5001, 1002), segment(5, B, 5001, flags=RST)],
         {("client", "fin"), ("server", "rst"), ("both", "rst")}),
        ("data goes beyond the FIN",
         [segment(4, A, 1001, 5001, 10), segment(5, A, 1001, 5001, flags=FIN),
          segment(6, B, 5001, 1011, flags=FIN)], {("server", "fin")}),
        ("a second FIN behind the first",
         [segment(4, A, 1001, 5001, flags=FIN), segment(5, B, 5001, 1002, flags=FIN),
          segment(6, A, 1002, 5002, flags=FIN)], {("client", "fin")}),
        ("the FIN was captured before the data in front of it",
         [segment(4, A, 1011, 5001, flags=FIN), segment(5, A, 1001, 5001, 10),
          segment(6, B, 5001, 1012, flags=FIN)], {("client", "fin")}),
        ("a FIN seen again: its sender had gone beyond it",
         [segment(4, A, 1002, 5001), segment(5, B, 5001, 1002, flags=FIN),
          segment(6, A, 1001, 5002, flags=FIN)],
         {("client", "fin")}),
        ("a FIN seen again says nothing of what its sender knew",
         [segment(4, A, 1002, 5001), segment(5, B, 5001, 1001, flags=FIN),
          segment(6, A, 1001, 5002, flags=FIN)],
         {("server", "fin"), ("both", "fin")}),
        ("refused", [segment(4, B, 0, 1001, flags=RST | TCP_ACK)], {("", "")}),
    )

    def test_table(self):
        for name, segments, expected in self.CASES:
            with self.subTest(name):
                self.assertEqual(ends.who_ended(handshake() + segments, A)[0], expected)

    def test_sequence_numbers_wrap(self):
        start = handshake(0xfffffff0, 0xffffffff)
        start[2] = segment(3, A, 0xfffffff1, 0)
        closing = [segment(4, A, 0xfffffff1, 0, 100),  # 0x55 is next
                   segment(5, B, 0, 0x55, 40), segment(6, B, 40, 0x55, flags=FIN),
                   segment(7, A, 0x55, 41, flags=FIN)]
        self.assertEqual(ends.who_ended(start + closing, A)[0], {("server", "fin")})

    def test_a_syn_answered_by_a_reset(self):
        found, frames = ends.who_ended([segment(1, A, 1000, flags=TCP_SYN),
                                        segment(2, B, 0, 1001, flags=RST | TCP_ACK)], A)
        self.assertEqual((found, frames), ({("server", "rst")}, {2}))

    def test_the_syn_that_was_answered_counts(self):
        found, _ = ends.who_ended(
            [segment(1, A, 1000, flags=TCP_SYN), segment(2, B, 90, 1001, flags=TCP_SYN | TCP_ACK),
             segment(3, B, 5000, 1001, flags=TCP_SYN | TCP_ACK), segment(4, A, 1001, 5001),
             segment(5, B, 5001, 1001, flags=FIN), segment(6, A, 1001, 5002, flags=FIN)], A)
        self.assertEqual(found, {("server", "fin")})
        found, _ = ends.who_ended(
            [segment(1, A, 1000, flags=TCP_SYN), segment(2, B, 90, 1001, flags=TCP_SYN | TCP_ACK),
             segment(3, B, 5000, 1001, flags=TCP_SYN | TCP_ACK),
             segment(4, A, 1001, 5001, flags=FIN)], A)
        self.assertEqual(found, {("client", "fin")})

    def test_numbers_used_in_mid_stream_may_hide_a_fin(self):
        found, _ = ends.who_ended([segment(1, A, 1000, 5001, flags=FIN),
                                   segment(2, B, 5223, 1001)], A)
        self.assertEqual(found, {("client", "fin"), ("both", "fin")})

    def test_a_probe_in_mid_stream_is_no_fin(self):
        found, _ = ends.who_ended([segment(1, A, 1000, 5001), segment(2, B, 5001, 1001)], A)
        self.assertEqual(found, {("", "")})

    def test_of_one_direction_nobody_knows_who_was_first(self):
        found, frames = ends.who_ended([segment(4, A, 1001, 5001, flags=FIN)], A)
        self.assertEqual(found, {("client", "fin"), ("server", "fin"), ("both", "fin")})
        self.assertEqual(frames, {4})
        found, _ = ends.who_ended([segment(4, A, 1001, 5001)], A)
        self.assertEqual(found, {("", "")})

    def test_numbers_that_never_advance(self):
        stuck = [segment(1, A, 0, flags=TCP_SYN), segment(2, B, 0, length=7)]
        self.assertTrue(ends.never_advances(stuck))
        self.assertFalse(ends.never_advances(stuck + [segment(3, A, 1)]))

    def test_segments_in_icmp_errors_do_not_count(self):
        found, _ = ends.who_ended(
            handshake() + [segment(4, A, 1001, 5001, flags=FIN, in_error=True)], A)
        self.assertEqual(found, {("", "")})


def capture(segments, **more):
    stream = Stream(0, segments)
    values = {"streams": {0: stream}, "connections": []}
    values.update(more)
    return SimpleNamespace(**values)


def difference(mine=None, theirs=None, what="theirs only"):
    return SimpleNamespace(what=what, stream=0, frame=(theirs or mine).last, ours=mine,
                           theirs=theirs)


class Reasons(unittest.TestCase):
    """Each predicate holds where it should, and only there."""

    def test_disordered(self):
        in_order = [segment(1, A, 100, length=10), segment(2, A, 110, length=10)]
        for name, segments, expected in (
                ("in order", in_order, False),
                ("turned round", [segment(1, A, 90, length=10), segment(2, A, 110, length=10),
                                  segment(3, A, 100, length=10)], True),
                ("sent again", in_order + [segment(3, A, 100, length=10)], False),
                ("a hole that stays", [segment(1, A, 100, length=10),
                                       segment(2, A, 150, length=10)], False)):
            with self.subTest(name):
                self.assertEqual(reasons.disordered(segments), expected)

    def test_seen_before(self):
        first = segment(1, A, 100, length=10)
        for name, repeated, expected in (
                ("again", segment(2, A, 100, length=10), True),
                ("a part of it", segment(2, A, 104, length=6), True),
                ("with one byte more", segment(2, A, 100, length=11), False),
                ("of the other side", segment(2, B, 100, length=10), False)):
            with self.subTest(name):
                self.assertEqual(reasons.seen_before(difference(theirs=get(2)),
                                                     capture([first, repeated])), expected)

    def test_gap_before(self):
        last = segment(9, A, 200, length=10)
        for name, before, expected in (
                ("nothing missing", [segment(1, A, 150, length=50)], False),
                ("a hole", [segment(1, A, 150, length=49)], True),
                ("filled later", [segment(1, A, 150, length=20), segment(10, A, 170, length=30)],
                 False),
                ("hole of the other side", [segment(1, B, 100, length=20)], False),
                ("after the SYN", [segment(1, A, 199, flags=TCP_SYN)], False),
                ("bytes after the SYN", [segment(1, A, 150, flags=TCP_SYN)], True)):
            with self.subTest(name):
                self.assertEqual(reasons.gap_before(before + [last], last), expected)

    def test_impossible_length(self):
        for length, expected in ((0xffff, False), (0x100000, False), (0x100001, True)):
            with self.subTest(length=length):
                self.assertEqual(reasons.impossible_length(
                    difference(theirs=get(1)), capture([segment(1, A, 1, length=length)])),
                                 expected)

    def test_no_header(self):
        for whole, expected in (((False, False), True), ((True, False), False)):
            with self.subTest(whole):
                segments = [segment(n, A, 1, whole=w) for n, w in enumerate(whole)]
                self.assertEqual(reasons.no_header(difference(theirs=get(1)), capture(segments)),
                                 expected)

    def test_encapsulated(self):
        for protocols, expected in (("eth:ethertype:ip:tcp:http", False),
                                    ("sll:ethertype:vlan:ethertype:ipv6:tcp", False),
                                    ("raw:ip:ip:tcp", True), ("eth:ethertype:ip:gre:ip:tcp", True),
                                    ("eth:ethertype:mpls:ip:tcp", True)):
            with self.subTest(protocols):
                self.assertEqual(reasons.encapsulated(protocols), expected)

    def test_a_tunnel_excuses_only_streams_that_we_do_not_know(self):
        segments = [segment(1, A, 100, length=10, protocols="ip:gre:ip:tcp")]
        known = SimpleNamespace(stream=0)
        self.assertTrue(reasons.tunnel(difference(theirs=get(1)), capture(segments)))
        self.assertFalse(reasons.tunnel(difference(theirs=get(1)),
                                        capture(segments, connections=[known])))

    def theirs(self, *messages):
        """A capture in which tshark has these messages and the segments of their frames."""
        for message in messages:
            message.stream = 0
        return capture([segment(m.last, A if m.request else B, 100 * m.last, length=50)
                        for m in messages], their_messages=lambda reading: list(messages))

    def test_unknown_method(self):
        for name, method, payload, expected in (
                ("shown", b"QUERY", b"QUERY / HTTP/1.1\r\nHost: x\r\n", True),
                ("after another", b"QUERY", b"x\r\nQUERY / HTTP/1.1\r\n", True),
                ("known", b"GET", b"GET / HTTP/1.1\r\n", False),
                ("inside a line", b"QUERY", b"x QUERY / HTTP/1.1\r\n", False)):
            with self.subTest(name):
                subject = self.theirs(answer(9))
                subject.tshark = SimpleNamespace(payload=lambda frame, p=payload: p)
                self.assertEqual(reasons.unknown_method(
                    difference(get(4, method=method, target=b"/")), subject), expected)

    def test_what_the_start_line_says(self):
        for predicate, mine, theirs, expected in (
                (reasons.no_version, (b"/", b"HTTP/0.9"), (b"/", b""), True),
                (reasons.no_version, (b"/", b"HTTP/1.0"), (b"/", b""), False),
                (reasons.bad_version, (b"/", b""), (b"/", b"HTTP/1.0.8"), True),
                (reasons.bad_version, (b"/", b""), (b"/", b"HTTP/1.0"), False),
                (reasons.bad_version, (b"/", b"HTTP/1.0"), (b"/", b"HTTP/1.0.8"), False),
                (reasons.blank_in_target, (b"/a b", b"HTTP/1.1"), (b"/a", b"b HTTP/1.1"), True),
                (reasons.blank_in_target, (b"/a b", b"HTTP/1.1"), (b"/a", b"c HTTP/1.1"), False),
                (reasons.blank_in_target, (b"/a", b"HTTP/1.1"), (b"/a", b"HTTP/1.1"), False)):
            with self.subTest(predicate.__name__, mine=mine, theirs=theirs):
                ours_, theirs_ = (SimpleNamespace(target=t, version=v) for t, v in (mine, theirs))
                self.assertEqual(predicate(SimpleNamespace(ours=ours_, theirs=theirs_), None),
                                 expected)

    def test_not_a_status(self):
        for status, expected in ((20, True), (99, True), (100, False), (999, False)):
            with self.subTest(status=status):
                self.assertEqual(reasons.not_a_status(difference(theirs=answer(1, status=status)),
                                                      None), expected)

    def test_start_line_cut(self):
        for version, cut, expected in ((b"HTT", True, True), (b"HTT", False, False),
                                       (b"HTTP/1.1", True, False)):
            with self.subTest(version=version, cut=cut):
                theirs = get(4)
                theirs.version = version
                self.assertEqual(reasons.start_line_cut(
                    difference(theirs=theirs), capture([segment(4, A, 1, cut=cut)])), expected)

    def test_framing_of_the_message_before(self):
        for lengths, codings, bad, folded in (
                ((b"18446744073709551615",), (), True, False), ((b"-1",), (), True, False),
                ((b"9",), (), False, False), ((), (b"",), False, True),
                ((), (b"chunked",), False, False)):
            with self.subTest(lengths=lengths, codings=codings):
                theirs = get(5)
                subject = self.theirs(get(4, lengths=lengths, codings=codings), theirs,
                                      get(6, lengths=(b"x",), codings=(b"",)))
                self.assertEqual((reasons.bad_length(difference(theirs=theirs), subject),
                                  reasons.folded_framing(difference(theirs=theirs), subject)),
                                 (bad, folded))

    def test_after_switch(self):
        connect, upgrade = get(1, method=b"CONNECT"), get(1)
        for name, messages, expected in (
                ("tunnel", [connect, answer(2), get(3)], True),
                ("refused", [connect, answer(2, status=403), get(3)], False),
                ("switched", [upgrade, answer(2, status=101), get(3)], True),
                ("plain", [get(1), answer(2), get(3)], False),
                ("later", [get(3), get(4, method=b"CONNECT"), answer(5)], False)):
            with self.subTest(name):
                theirs = next(m for m in messages if m.last == 3)
                self.assertEqual(reasons.after_switch(difference(theirs=theirs),
                                                      self.theirs(*messages)), expected)

    def test_at_the_syn(self):
        start = segment(1, A, 100, flags=TCP_SYN)
        for name, after, expected in (("data", segment(2, A, 100, length=5), True),
                                      ("FIN", segment(2, A, 100, flags=FIN), True),
                                      ("SYN again", segment(2, A, 100, flags=TCP_SYN), False),
                                      ("SYN with data", segment(2, A, 100, length=5,
                                                                flags=TCP_SYN), False),
                                      ("as it should be", segment(2, A, 101, length=5), False),
                                      ("other side", segment(2, B, 100, length=5), False)):
            with self.subTest(name):
                self.assertEqual(reasons.at_the_syn(difference(theirs=get(2)),
                                                    capture([start, after])), expected)

    def test_not_read(self):
        for packets, expected in ((None, False), (3, True), (4, False)):
            with self.subTest(packets=packets):
                self.assertEqual(reasons.not_read(difference(theirs=get(4)),
                                                  capture([], packets_read=packets)), expected)

    def test_shifted(self):
        for number, known, expected in ((4, {0, 1, 2, 3, 5}, True), (3, {0, 1, 2, 3, 5}, False),
                                        (3, {0, 1, 2, 5}, True), (5, set(range(6)), False)):
            with self.subTest(number=number):
                subject = SimpleNamespace(stream=5, ours=SimpleNamespace(number=number))
                streams = dict.fromkeys(range(6))
                self.assertEqual(reasons.shifted(subject, SimpleNamespace(
                    streams=streams, connections=[SimpleNamespace(stream=n) for n in known])),
                                 expected)

    def test_merged(self):
        one, other = segment(1, A, 1, tag="4"), segment(2, A, 1, tag="5")
        self.assertTrue(reasons.merged(difference(theirs=get(2)), capture([one, other])))
        self.assertFalse(reasons.merged(difference(theirs=get(2)), capture([one, one])))

    def test_what_no_predicate_explains_has_no_reason(self):
        self.assertEqual(reasons.explain(difference(get(1), get(1), what="unheard of"), None), "")


class Compare(unittest.TestCase):
    """What counts as a difference."""

    def differences(self, mine, theirs):
        return [d.what for d in compare.message_differences(0, mine, theirs)]

    def test_pairs(self):
        long_value = b"x" * 40
        for name, mine, theirs, expected in (
                ("equal", get(3, target=b"/"), get(3, target=b"/"), []),
                ("frame", get(3, 4), get(5), ["frame"]),
                ("target", get(3, target=b"/a"), get(3, target=b"/b"), ["target"]),
                ("options", get(3, connection=b"close"), get(3), ["options"]),
                ("folded", get(3, connection=b"close,\r\n x"), get(3, connection=b"close, x"), []),
                ("two lines are not one", get(3, connection=b"close\nx"),
                 get(3, connection=b"close x"), ["options"]),
                ("cut value", get(3, connection=long_value[:20], cut=True),
                 get(3, connection=long_value), []),
                ("interim", answer(3, status=100, interim=True), answer(3, status=100,
                                                                       connection=b"x"), [])):
            with self.subTest(name):
                self.assertEqual(self.differences(mine, theirs), expected)

    def test_one_sided(self):
        self.assertEqual(self.differences(get(1), None), ["ours only"])
        self.assertEqual(self.differences(None, get(1)), ["theirs only"])

    def test_connections(self):
        stream = Stream(0, [s._replace(community_id="1:x") for s in handshake()])
        base = {"name": "1:1", "number": 0, "stream": 0, "first": 1, "client": A, "server": B,
                "community_id": "1:x", "ended_by": "", "ended_how": "", "end_frame": 0,
                "completeness": ["complete"]}
        for change, expected in (({}, []), ({"first": 2}, ["first frame"]),
                                 ({"number": 3}, ["number"]), ({"number": -1}, []),
                                 ({"client": B, "server": A}, ["client"]),
                                 ({"community_id": ""}, ["community id"]),
                                 ({"server": ("10.0.0.3", 80)}, ["ends"]),
                                 ({"client": ("10.0.0.3", 80)}, ["client", "ends"])):
            with self.subTest(change):
                mine = ours.Connection(**dict(base, **change))
                self.assertEqual(
                    [d.what for d in compare.connection_differences(stream, [mine])], expected)

    def test_streams_are_found_by_the_first_frame(self):
        streams = {0: Stream(0, handshake()), 7: Stream(7, [segment(9, A, 1, stream=7)])}
        def mine(name, first, client, number):
            return SimpleNamespace(name=name, first=first, client=client, server=B,
                                   number=number, stream=None)
        connections = [mine("1:1", 1, A, 5), mine("1:9", 9, A, 0), mine("1:2", 2, B, 0),
                       mine("1:44", 44, A, 0)]
        messages = [get(9, row="1:9"), get(44, row="1:44")]
        compare.locate(streams, connections, messages)
        self.assertEqual([c.stream for c in connections], [0, 7, 0, -1])
        self.assertEqual([m.stream for m in messages], [7, -1])

    def test_an_end_may_be_left_open_only_where_it_is(self):
        known = handshake() + [segment(4, A, 1001, 5001, flags=FIN),
                               segment(5, B, 5001, 1002, flags=FIN)]
        doubt = handshake() + [segment(4, A, 1001, 5001, 10), segment(5, B, 5001, 1050, flags=FIN)]
        for segments, by, how, frame, expected in (
                (known, "client", "fin", 4, []), (known, "server", "fin", 5, ["ended"]),
                (known, "client", "fin", 3, ["end frame"]), (known, "", "fin", 4, ["ended"]),
                (known, "", "", 0, ["ended"]), (doubt, "", "fin", 5, []), (doubt, "", "", 0, []),
                (doubt, "", "rst", 5, ["ended"]), (doubt, "both", "fin", 5, ["ended"])):
            with self.subTest(by=by, how=how, frame=frame):
                mine = SimpleNamespace(ended_by=by, ended_how=how, end_frame=frame, client=A)
                self.assertEqual([d.what for d in compare.end_differences(Stream(0, segments), mine, Counter())],
                                 expected)


if __name__ == "__main__":
    unittest.main()
