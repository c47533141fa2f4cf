"""Tests of the model itself: its TCP, its captures, its losses, its truth. They need Python 3 alone."""
import os
import struct
import sys
import unittest
from types import SimpleNamespace

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
import losses
import trials
from capture import FILE_HEADER, Capture, Packets, trial_of
from draw import Conversation
from tcp import ACK, CLIENT, FIN, RST, SERVER, SYN, Segment
from truth import BROKEN, KEPT, OPEN, judge
from visible import shows_loss

SOME = [Conversation(f"test/{number}") for number in range(400)]


def talks():
    for conversation in SOME:
        for talk in conversation.talks:
            own = [s for s in conversation.segments if s.connection is talk]
            if own:
                yield conversation, talk, own


class Transport(unittest.TestCase):
    """What two machines say is what TCP allows."""

    def test_a_byte_is_the_same_each_time_it_is_sent(self):
        for conversation, talk, own in talks():
            for s in own:
                if s.data:
                    stream = talk.tcp(s.side).out
                    self.assertEqual(bytes(stream[s.seq:s.seq + len(s.data)]), s.data, conversation.seed)

    def test_nothing_is_acknowledged_that_did_not_arrive(self):
        for conversation, talk, own in talks():
            for s in own:
                if s.flags & ACK and not s.forged and not talk.plan.box:
                    arrived = [o.end for o in own if o.side != s.side and o.arrived is not None
                               and o.arrived <= s.sent]
                    self.assertLessEqual(s.ack, max(arrived, default=0), (conversation.seed, s))

    def test_a_fin_stands_behind_all_data(self):
        for conversation, _, own in talks():
            for side in (CLIENT, SERVER):
                fins = {s.seq + len(s.data) for s in own if s.side == side and s.flags & FIN}
                self.assertLessEqual(len(fins), 1, conversation.seed)
                for fin in fins:
                    self.assertFalse(any(s.seq + len(s.data) > fin for s in own if s.side == side and s.data))

    def test_the_streams_have_no_holes(self):
        for conversation, talk, own in talks():
            if not talk.lost_unseen and not talk.plan.box:
                self.assertFalse(shows_loss(own), conversation.seed)

    def test_time_goes_on(self):
        for conversation in SOME:
            times = [s.tap for s in conversation.segments]
            self.assertEqual(times, sorted(times))

    def test_a_response_comes_after_its_request(self):
        for conversation, talk, _ in talks():
            for x in talk.plan.exchanges:
                if x.answer_start is not None:
                    self.assertIsNotNone(x.start, conversation.seed)


class Captures(unittest.TestCase):
    """A seed makes the same bytes; each trial has endpoints of its own; the clock does not step back."""

    def capture(self, mode):
        capture = Capture()
        for number, conversation in enumerate(SOME[:60]):
            frames = losses.lose(mode, trials.Dice(f"test {number}"), conversation.segments)
            capture.add(Packets(conversation), frames)
        return capture.bytes()

    def packets(self, octets):
        at = len(FILE_HEADER)
        while at < len(octets):
            second, micro, size, _ = struct.unpack_from("<IIII", octets, at)
            yield second * 1_000_000 + micro, octets[at + 16:at + 16 + size]
            at += 16 + size

    def test_the_same_again(self):
        again = [Conversation(conversation.seed) for conversation in SOME[:60]]
        for before, after in zip(SOME, again):
            self.assertEqual([repr(s) for s in before.segments], [repr(s) for s in after.segments])

    def test_a_step_that_no_time_shows(self):
        segments = [SimpleNamespace(tap=time * 1000) for time in (0, 100, 120)]
        for times, hidden in (((0, 100, 120), False), ((0, 70, 90), True), ((0, 100, 81), True), ((0, 100, 79), False),
                              ((0, -21, -1), False)):
            frames = [(time * 1000, number, None, 0) for number, time in enumerate(times)]
            self.assertEqual(trials.hides_step(frames, segments), hidden, times)

    def test_the_clock_of_the_file(self):
        for mode in losses.MODES:
            times = [time for time, _ in self.packets(self.capture(mode))]
            if mode != "clock":
                self.assertEqual(times, sorted(times), mode)

    def test_endpoints(self):
        seen = {}
        for _, packet in self.packets(self.capture("whole")):
            client, server = sorted((packet[26:30], packet[30:34]))
            self.assertEqual(seen.setdefault(client, server), server)
            self.assertEqual(seen.setdefault(server, client), client)
        numbers = [trial_of(".".join(map(str, address))) for address in seen if address[0] == 10]
        self.assertEqual(len(numbers), len(set(numbers)))


class Losses(unittest.TestCase):
    def test_each_leaves_what_it_says(self):
        for mode in losses.MODES:
            for number, conversation in enumerate(SOME[:100]):
                if not conversation.segments:
                    continue
                frames = losses.lose(mode, trials.Dice(f"loss {number}"), conversation.segments)
                kept, count = [frame[1] for frame in frames], len(conversation.segments)
                if mode in ("whole", "clock", "snap"):
                    self.assertEqual(kept, list(range(count)), mode)
                elif mode in ("double", "taps", "reorder"):
                    self.assertEqual(set(kept), set(range(count)), mode)
                elif mode == "last":
                    self.assertEqual(kept, list(range(len(kept))), mode)
                else:
                    self.assertLessEqual(set(kept), set(range(count)), mode)
                    self.assertEqual(len(kept), len(set(kept)), mode)


class Traces(unittest.TestCase):
    """What shows that something is missing, and what does not."""

    SYNS = [Segment(CLIENT, -1, 0, SYN), Segment(SERVER, -1, 0, SYN | ACK), Segment(CLIENT, 0, 0, ACK)]
    TALK = [Segment(CLIENT, 0, 0, ACK, b"r" * 10), Segment(SERVER, 0, 10, ACK, b"a" * 20),
            Segment(CLIENT, 10, 20, ACK), Segment(SERVER, 20, 10, ACK | FIN), Segment(CLIENT, 10, 21, ACK)]

    def shown(self, segments):
        for number, segment in enumerate(segments):
            segment.tap = segment.number = number
        return shows_loss(segments)

    def test_traces(self):
        everything = self.SYNS + self.TALK
        reset = Segment(SERVER, 77, 0, RST)
        for name, segments, shown in (
                ("all of it", everything, False),
                ("the end cut off", everything[:5], False),
                ("an acknowledgement less", everything[:5] + everything[6:], False),
                ("no SYN", everything[1:], True),
                ("a request less", everything[:3] + everything[4:], True),
                ("a response less", everything[:4] + everything[5:], True),
                ("a FIN less", everything[:6] + everything[7:], True),
                ("a reset that answers nothing", everything[:5] + [reset], True),
                ("one direction", [s for s in everything if s.side == CLIENT], True)):
            with self.subTest(name):
                self.assertEqual(self.shown(segments), shown)


class Truth(unittest.TestCase):
    def test_every_request_has_one(self):
        for conversation in SOME:
            rows, _, _ = judge(conversation)
            for target, allowed in rows.items():
                self.assertTrue(allowed, (conversation.seed, target))
                for verdict, cause in allowed:
                    self.assertIn(verdict, (KEPT, BROKEN, OPEN))
                    self.assertTrue(cause)

    def test_nothing_is_reused_that_has_no_later_answer(self):
        for conversation in SOME:
            rows, _, _ = judge(conversation)
            for talk in conversation.talks:
                targets = [x.target for x in talk.plan.exchanges if x.target in rows]
                if targets and rows[targets[-1]] & {(KEPT, "reused"), (BROKEN, "reused_after_close")}:
                    self.fail((conversation.seed, rows))

    def test_every_prefix_can_be_judged(self):
        for conversation in SOME[:60]:
            for until in range(len(conversation.segments)):
                judge(conversation, until)

    def test_most_rows_are_common(self):
        causes = {row for conversation in SOME for rows in judge(conversation)[0].values() for row in rows}
        for row in ((KEPT, "reused"), (KEPT, "closed"), (KEPT, "idle_timeout"), (BROKEN, "keepalive_race"),
                    (BROKEN, "closed_unanswered"), (BROKEN, "undeclared_close"), (KEPT, "client_aborted")):
            self.assertIn(row, causes)


class Lessening(unittest.TestCase):
    """What was lost is given back as long as the failure stays."""

    def test_one_packet_is_what_it_took(self):
        conversation = next(c for c in SOME if len(c.segments) > 12)
        subject = trials.Subject("test", conversation.seed.split("/")[1])
        frames = [(s.tap, n, None, 0) for n, s in enumerate(subject.segments) if n not in (2, 5, 6, 9)]
        failure = trials.Failure(trials.Trial(subject, "third", 0, frames), "turned", "/r0", "", ())
        steps = trials.lessen(failure)
        made = next(steps)
        with self.assertRaises(StopIteration):
            while True:
                made = steps.send(6 not in {frame[1] for frame in made})
        self.assertEqual(failure.least, [6])


if __name__ == "__main__":
    unittest.main()
