"""What is true of a talk, as docs/judgement.md puts it: of every request the verdicts that may be given.

It is worked out from what both sides did and what of it passed the tap, never from how it looks in a capture. Where
the rules leave something open (a close between "early" and "long enough", a FIN that nobody answered), several
verdicts are right; a time within MARGIN of a threshold is on both sides of it.
"""
from talk import members, says_close
from tcp import ACK, CLIENT, FIN, MS, RST, SECOND, SERVER

MARGIN = 12 * MS
SWAPPED = 20 * MS  # a bare reset may be captured so long before what it answers
TURNED = 5 * MS  # packets nearer to each other may be captured in either order
PROMPT, GRACE, HALF = 1 * SECOND, 5 * SECOND, 30 * SECOND
KEPT, BROKEN, OPEN = "as_declared", "contradicted", "undetermined"
BY_CLIENT = ("client_gave_up", "client_aborted", "client_finished", "closed")
LOST = ("keepalive_race", "connection_forgotten", "closed_unanswered", "closed_during_request", "request_after_fin")


class View:
    """What passed the tap."""

    def __init__(self, talk, segments, believes=True, as_seen=False):
        """`believes`: in resets that the tap saw and nobody else did; "awhile": in any that nothing refutes for as long
        as packets may be under way. `as_seen`: no FIN was sent that it did not see."""
        self.talk, self.believes, self.as_seen = talk, believes, as_seen
        self.all = segments
        self.of = [[s for s in segments if s.side == side] for side in (CLIENT, SERVER)]
        self.fins = [next((s for s in self.of[side] if s.flags & FIN), None) for side in (CLIENT, SERVER)]
        self.resets = [s for s in segments if s.flags & RST and self.counts(s)]
        self.limit = self.resets[0].tap if self.resets else None
        self.until = segments[-1].tap if segments else 0
        # Below that what comes behind the reset is a late copy: it had been sent before.
        self.stood = max((s.end for s in self.of[SERVER] if self.limit is not None and s.tap <= self.limit), default=0)

    def counts(self, reset):
        """Whether the receiver took it for the end, as far as what it sent afterwards can tell."""
        if reset.accepted:
            return True
        if self.believes == "awhile":
            return not self.refuted(reset)
        if reset.arrived is None and not self.believes:
            return False
        if reset.arrived is None and reset.flags & ACK:
            return True
        receiver = self.of[1 - reset.side]
        arrived = reset.arrived if reset.arrived is not None else reset.tap
        if any(s.sent > arrived and not s.flags & RST and not s.forged for s in receiver):
            return False
        return reset.seq >= max((s.ack for s in receiver if s.flags & ACK), default=-1)

    def refuted(self, reset):
        """By what its receiver sends later than packets are under way, or acknowledges."""
        receiver = [s for s in self.of[1 - reset.side] if not s.flags & RST and not s.forged]
        top = max((s.ack for s in receiver if s.flags & ACK), default=-1)
        return reset.seq < top or any(s.tap > reset.tap + SECOND for s in receiver)

    def fin_ack(self, side):
        """What the sender of a FIN had received when it first sent it."""
        first = self.fins[side] if self.as_seen else self.talk.tcp(side).first_fin
        return first.ack

    def bytes_of(self, side, start, end):
        """(any, all) of these bytes passed; of the server's, before a reset that ended everything."""
        any_of, at = False, start
        pieces = sorted((s.seq, s.seq + len(s.data)) for s in self.of[side]
                        if s.data and (self.limit is None or side == CLIENT or s.tap <= self.limit
                                       or s.seq < self.stood))
        for low, high in pieces:
            if low < end and high > start:
                any_of = True
            if low <= at < high:
                at = high
        return any_of, at >= end

    def end_time(self, side, end):
        """When the last of the bytes before `end` passed for the first and for the last time."""
        times = [s.tap for s in self.of[side] if s.data and s.seq < end <= s.seq + len(s.data)]
        return (min(times), max(times)) if times else (None, None)

    def acked(self, side, time):
        """What the other side had acknowledged of this side's numbers by that time."""
        return max((s.ack for s in self.of[1 - side] if s.flags & ACK and s.tap <= time), default=0)


class Ending:
    """Who ended it: the sides that may be named, when, and the server's closing segment."""

    def __init__(self, view):
        self.by, self.time, self.how = set(), None, None
        client, server = view.fins
        reset = next((r for r in view.resets if not self.own_fin_before(view, r)), None)
        if reset:
            self.with_reset(view, reset)
        elif client and server:
            if view.fin_ack(SERVER) > client.seq + len(client.data):
                self.by = {"client"}
            elif view.fin_ack(CLIENT) > server.seq + len(server.data):
                self.by = {"server"}
            else:
                self.by = {"both"}
            self.time, self.how = min(client.tap, server.tap), "fin"
        elif client or server:
            self.by = {"client" if client else "server"}
            self.time, self.how = (client or server).tap, "fin"
        closings = [s for s in view.resets if s.side == SERVER] + ([server] if server else [])
        self.closing = min(closings, key=lambda s: (s.tap, s.number), default=None)

    @staticmethod
    def own_fin_before(view, reset):
        fin = view.fins[reset.side]
        return fin is not None and (fin.tap, fin.number) < (reset.tap, reset.number)

    def with_reset(self, view, reset):
        names = ("client", "server")
        other = view.fins[1 - reset.side]
        self.time, self.how = reset.tap, "rst"
        if other and (other.tap, other.number) < (reset.tap, reset.number):
            self.time = other.tap
            if not reset.flags & ACK or reset.ack > other.seq + len(other.data):
                self.by, self.how = {names[other.side]}, "fin"
            else:
                self.by = {"both"}
        else:
            self.by = {names[reset.side]}
            if any(r.side != reset.side and r.tap - reset.tap < TURNED for r in view.resets):
                self.by = {"client", "server", "both"}  # which was first, the order of two packets says
            if other and other.sent <= (reset.arrived if reset.arrived is not None else reset.tap):
                self.by.add("both")
            if other and not reset.flags & ACK and reset.seq == other.ack and other.tap - reset.tap <= SWAPPED:
                self.by.add(names[other.side])  # it may answer that FIN, captured a moment too late


class Judge:
    def __init__(self, talk, segments, followed=False, believes=True, as_seen=False):
        self.talk, self.followed = talk, followed
        self.view = view = View(talk, segments, believes, as_seen)
        self.ending = Ending(view)
        self.exchanges = [x for x in talk.plan.exchanges if self.is_seen(x)]
        self.got = {x: self.got_of(x) for x in self.exchanges}
        self.answered = [x for x in self.exchanges if self.got[x] != "none"]
        self.findings = set()
        self.cut_off = {x.target for x in self.exchanges
                        if not view.bytes_of(CLIENT, x.start, x.head_end)[1]}
        self.rows = {}
        for exchange in self.exchanges:
            self.rows[exchange.target] = self.row(exchange)
        self.find()

    def is_seen(self, exchange):
        if exchange.start is None:
            return False
        return any(s.seq <= exchange.start < s.seq + len(s.data) for s in self.view.of[CLIENT])

    def got_of(self, exchange):
        if exchange.answer_start is None:
            return "none"
        end = exchange.answer_end or max((s.seq + len(s.data) for s in self.view.of[SERVER]), default=0)
        some, every = self.view.bytes_of(SERVER, exchange.answer_start, max(end, exchange.answer_start + 1))
        if not some:
            return "none"
        if exchange.answer_end is None:
            return "whole" if self.head_seen(exchange) and self.ending.by else "part"
        if self.talk.lost_unseen and max(s.end for s in self.view.of[SERVER]) >= exchange.answer_end:
            every = True  # what stands behind it proves that it was sent
        return "whole" if every else "part"

    def head_seen(self, exchange):
        if exchange.answer_head_end is None:
            return False
        return self.view.bytes_of(SERVER, exchange.answer_start, exchange.answer_head_end)[1]

    # What was declared, and by what a close is excused.

    def declared(self, exchange):
        if self.head_seen(exchange):
            if exchange.switches:
                return "switch"
            if exchange.answer_says_close:
                return "close"
        return "close" if exchange.says_close else "keep-alive"

    def duty(self, exchange):
        """The response began before the server had all of the request, or a CONNECT was refused."""
        if exchange.method == "CONNECT" and not exchange.switches:
            return True
        if exchange.end == exchange.head_end and not (exchange.body or exchange.chunked):
            return False
        begins = exchange.final_start if exchange.final_start is not None else exchange.answer_start
        first = next((s for s in self.view.of[SERVER] if s.data and s.seq <= begins < s.seq + len(s.data)), None)
        end = exchange.end + (1 if exchange.written < exchange.end or self.withheld(exchange) else 0)
        return first is not None and first.ack < end

    @staticmethod
    def withheld(exchange):
        return exchange.expects and (exchange.body or exchange.chunked) and exchange.end == exchange.head_end

    def stated(self, exchange):
        """(timeout, whether max is used up: plainly, perhaps, or not) after it, by what was stated until then."""
        timeout, limits = None, []
        for number, x in enumerate(self.answered):
            if x.keep_alive and "keep-alive" in members(x.answer_options) and self.head_seen(x):
                for part in x.keep_alive.split(","):
                    name, value = part.strip().split("=")
                    if name == "timeout":
                        timeout = int(value) * SECOND
                    else:
                        limits.append((number, int(value)))
            if x is exchange:
                break
        place = self.answered.index(exchange)
        if limits and place - limits[-1][0] >= limits[-1][1]:
            return timeout, "plainly"
        if limits and len({value for _, value in limits}) == 1 and place + 1 >= limits[-1][1]:
            return timeout, "plainly" if len(limits) == place + 1 else "perhaps"
        return timeout, ""

    # Idle, as an interval.

    def idle(self, exchange):
        view, closing = self.view, self.ending.time
        if exchange.answer_end is None or exchange.final_start is None:
            return 0, 0, 0
        pieces = [s for s in view.of[SERVER] if s.data and s.seq + len(s.data) > exchange.final_start
                  and s.seq < exchange.answer_end and s.tap <= closing]
        if not pieces:
            return 0, 0, 0  # it came after the client had closed its half
        fresh = [s for s in pieces if not s.again] or pieces
        start = sure = fresh[0].tap
        for before, piece in zip(fresh, fresh[1:]):
            if piece.tap - before.tap > PROMPT - MARGIN and view.acked(SERVER, piece.tap) >= piece.seq:
                start = piece.tap
                if view.acked(SERVER, piece.tap - PROMPT - MARGIN) >= piece.seq:
                    sure = piece.tap
        return closing - max(s.tap for s in pieces), closing - start, closing - sure

    def unsure_idle(self, exchange):
        """Bytes sent again, or a pause that may have been the window's: the interval is not as simple."""
        return any(s.again and s.data and s.seq + len(s.data) > exchange.answer_start
                   and s.seq < (exchange.answer_end or s.seq + 1) for s in self.view.of[SERVER])

    def server_closed(self, exchange):
        """The rows of a keep-alive exchange that the server closed after."""
        timeout, used = self.stated(exchange)
        if self.duty(exchange):
            return {(KEPT, "obliged")}
        rows = set()
        if any(self.duty(x) for x in self.answered if x.index < exchange.index):
            rows.add((KEPT, "obliged"))
        if used:
            rows.add((KEPT, "max_reached"))
        return rows if used == "plainly" else rows | self.by_idle(exchange, timeout)

    def by_idle(self, exchange, timeout):
        least, most, surely = self.idle(exchange)
        limit = timeout - min(SECOND, timeout // 2) if timeout is not None else PROMPT
        early = (BROKEN, "closed_before_timeout" if timeout is not None else "undeclared_close")
        rows = set()
        if least >= limit - MARGIN:
            rows.add((KEPT, "idle_timeout"))
        if most <= limit + MARGIN:
            rows.add(early)
        if not rows or (least < limit + MARGIN and surely > limit - MARGIN) or self.unsure_idle(exchange):
            rows.add((OPEN, "send_backlog"))
        if self.unsure_idle(exchange):
            rows |= {(KEPT, "idle_timeout"), early, (OPEN, "loss")}
        return rows

    # A lost request.

    def carrier(self, exchange):
        return next(s for s in self.view.of[CLIENT] if s.seq <= exchange.start < s.seq + len(s.data))

    def lost_cause(self, exchange, by):
        """The causes that may be named for a request without a byte of answer."""
        closing = self.ending.closing
        if by == "client" or closing is None:
            return {"client_gave_up"}
        carrier = self.carrier(exchange)
        if closing.flags & RST and not closing.flags & ACK:
            if closing.seq == carrier.ack and (carrier.tap, carrier.number) < (closing.tap, closing.number):
                return {"connection_forgotten"}
            return {"connection_forgotten", "keepalive_race", "closed_during_request", "closed_unanswered", "aborted"}
        had = self.view.fin_ack(SERVER) if closing.flags & FIN and not closing.flags & RST else closing.ack
        sent = max(min(s.seq + len(s.data), exchange.end) for s in self.view.of[CLIENT]
                   if s.data and s.seq < exchange.end)
        unfinished = {"aborted", "closed_during_request"} if sent < exchange.end else set()
        if had <= exchange.start:
            if not exchange.after_fin:
                return {"keepalive_race"}
            return {"request_after_fin"} if self.plainly_after(exchange, closing) else \
                {"request_after_fin", "keepalive_race"}
        if had < sent:
            return {"closed_during_request"} | unfinished
        return unfinished or {"closed_unanswered"}

    def forgotten(self, exchange):
        """A bare reset may answer this request, or what the client sent behind it."""
        carrier = self.carrier(exchange)
        return any(s.flags & RST and not s.flags & ACK and s.seq == carrier.ack for s in self.view.of[SERVER])

    def unsure_closing(self):
        """What the closing segment acknowledges is not what the server had: a box made it up, or something of the
        server's or the client's passed the tap in another order than it was sent, or not at all."""
        closing = self.ending.closing
        if closing is None:
            return False
        if closing.forged or self.talk.lost_unseen:
            return True
        before = [s for s in self.view.of[SERVER] if (s.tap, s.number) < (closing.tap, closing.number)]
        return any(s.seq > closing.seq or s.flags & RST for s in before)

    def plainly_after(self, exchange, closing):
        """The client's TCP had acknowledged the FIN in a segment of its own, with nothing under way."""
        carrier = self.carrier(exchange)
        if not exchange.after_fin_alone or any(s.seq > exchange.start and (s.tap, s.number) < (
                carrier.tap, carrier.number) for s in self.view.of[CLIENT]):
            return False
        fin = closing.seq + len(closing.data)
        if self.view.acked(CLIENT, closing.tap) < exchange.start:
            return False  # what was acknowledged since may have arrived behind the FIN
        return any(not s.data and s.ack > fin and s.seq <= exchange.start and not s.flags & RST
                   and (s.tap, s.number) < (carrier.tap, carrier.number)
                   and self.view.acked(CLIENT, s.tap) >= exchange.start for s in self.view.of[CLIENT])

    def lost_first(self, exchange, by):
        causes = self.lost_cause(exchange, by)
        shaken = self.shaken()
        closing = self.ending.closing
        late = closing.tap - shaken if closing and shaken is not None else 0
        latest = closing.tap - self.view.all[0].tap if closing else 0  # a handshake has a first and a last packet
        rows = set()
        if max(late, latest) > PROMPT - MARGIN:
            rows |= {(BROKEN, "aborted" if cause == "closed_unanswered" else cause) for cause in causes}
        if late < PROMPT + MARGIN:
            rows.add((BROKEN, "aborted"))
        return rows

    def shaken(self):
        return next((s.tap for s in self.view.of[CLIENT] if s.flags & ACK), None)

    # The rows.

    def refused(self, exchange):
        """The client had closed before all of this response reached it: plainly, perhaps, or not."""
        if exchange.answer_start is None:
            return ""
        perhaps = ""
        end = exchange.answer_end or 2**62
        for reset in self.view.of[CLIENT]:
            if not reset.flags & RST:
                continue
            data = reset.refused
            if data is not None and data.seq < end and data.seq + len(data.data) > exchange.answer_start:
                return "plainly"
            if reset in self.view.resets:
                top = min(end, max((s.seq + len(s.data) for s in self.view.of[SERVER]), default=0))
                if max(reset.ack, self.view.acked(SERVER, reset.tap)) < top:
                    perhaps = "plainly" if reset.flags & ACK else "perhaps"
        return perhaps

    def answered_about_then(self, exchange):
        """The next response begins so soon behind a bare reset that the two may have been captured in turned order."""
        starts = [x.answer_start for x in self.exchanges if x.index > exchange.index and x.answer_start is not None]
        return any(not r.flags & ACK and s.data and s.seq <= start < s.seq + len(s.data)
                   and s.tap - r.tap <= SWAPPED for start in starts for r in self.view.resets[:1]
                   for s in self.view.of[SERVER])

    def undelivered(self, exchange):
        """The server's TCP gave up, with bytes of this response sent again until then."""
        closing = self.ending.closing
        return closing is not None and closing.gives_up and self.talk.tcp(SERVER).una < (exchange.answer_end or 2**62)

    def seems_undelivered(self, exchange):
        """A program resets in the midst of transmissions: nobody can tell that from a TCP that gives up."""
        closing = self.ending.closing
        if closing is None or not closing.flags & RST:
            return False
        acked = self.view.acked(SERVER, closing.tap)
        if acked >= (exchange.answer_end or 2**62):
            return False
        times = [s.tap for s in self.view.of[SERVER] if s.data and s.seq <= acked < s.seq + len(s.data)
                 and s.tap <= closing.tap]
        if len(times) == 2:
            return closing.tap - times[-1] <= SECOND
        return len(times) > 2 and closing.tap - times[-1] <= (times[-1] - times[-2]) * 9 // 4 + MARGIN

    def row(self, exchange):
        if self.got[exchange] == "none":
            before = [x for x in self.answered if x.index < exchange.index]
            if before:
                return self.verdicts(before[-1])
        return self.verdicts(exchange)

    def verdicts(self, exchange):
        ends = self.ending.by
        if ends:
            rows = set().union(*(self.ended(exchange, by) for by in ends))
        else:
            rows = self.taken_over(exchange) if self.followed else self.open(exchange)
        if self.fin_unanswered():
            rows = rows | {(OPEN, "capture_ended")}
        if self.talk.lost_unseen:
            rows = rows | {(OPEN, "loss")}
            if "client" in ends and any(row[0] == KEPT for row in rows):
                rows |= {(KEPT, cause) for cause in BY_CLIENT}  # the plainest reading of what is missing
            if any(row[0] == BROKEN for row in rows):
                rows |= {(BROKEN, cause) for cause in LOST}
            if self.fin_unseen():
                rows |= {(KEPT, cause) for cause in BY_CLIENT} | {(BROKEN, cause) for cause in LOST + ("aborted",)}
        if len({row[0] for row in rows}) > 1:
            rows = rows | {(OPEN, "loss")}  # two ways to read it
        if any(self.seems_to_answer(reset) for reset in self.view.resets):
            rows = rows | {(OPEN, "loss")}
        if any(reset.forged and reset.side == CLIENT for reset in self.view.resets):
            rows = rows | {(KEPT, cause) for verdict, _ in rows if verdict == KEPT for cause in BY_CLIENT}
        return rows

    def seems_to_answer(self, reset):
        """A box's reset without ACK flag, behind the server's FIN: the server would so answer a request that the
        capture lacks."""
        fin = self.view.fins[SERVER]
        return (reset.forged and reset.side == SERVER and not reset.flags & ACK and fin is not None
                and reset.seq == fin.seq + len(fin.data) + 1)

    def fin_unseen(self):
        """A FIN never passed the tap."""
        return any(self.talk.tcp(side).first_fin is not None and self.view.fins[side] is None
                   for side in (CLIENT, SERVER))

    def taken_over(self, exchange):
        """It ended, by whom and when is not in the capture."""
        rows = self.open(exchange)
        if rows & {(KEPT, "reused"), (KEPT, "switched"), (BROKEN, "reused_after_close")}:
            return rows
        if self.got[exchange] == "whole":
            if self.declared(exchange) == "close":
                return {(KEPT, "closed"), (KEPT, "closed_late")}
            if exchange is self.exchanges[-1]:
                if self.duty(exchange) or self.stated(exchange)[1]:
                    return {(KEPT, cause) for cause in ("obliged", "max_reached", "client_finished")}
                return {(KEPT, cause) for cause in ("idle_timeout", "client_finished", "held_open")} | {(OPEN, "loss")}
        return {(OPEN, "loss")}

    def fin_unanswered(self):
        """A FIN of the server that no segment of the client answers, and that was not sent again for a second."""
        fin = self.view.fins[SERVER]
        if fin is None or "server" not in self.ending.by:
            return False
        number = fin.seq + len(fin.data)
        for s in self.view.of[CLIENT]:
            if (s.tap, s.number) > (fin.tap, fin.number) and (s.flags & RST or s.ack > number):
                return False
        return not any(s.tap > fin.tap + SECOND + MARGIN for s in self.view.of[SERVER])

    def ended(self, exchange, by):
        got, declared = self.got[exchange], self.declared(exchange)
        if got != "none" and declared == "switch":
            return {(KEPT, "switched")}
        if got != "none" and self.undelivered(exchange):
            rows = {(KEPT, "undelivered")}
            if self.view.acked(SERVER, self.ending.closing.tap) > self.talk.tcp(SERVER).una:
                rows |= self.delivered(exchange, by, declared)  # an acknowledgement got as far as to the tap
            if any(self.got[x] != "none" for x in self.exchanges if x.index > exchange.index):
                rows.add((KEPT, "reused"))
            return rows if self.head_seen(exchange) else rows | {(BROKEN, "aborted")}
        if got != "none" and by != "client" and self.seems_undelivered(exchange):
            return {(KEPT, "undelivered"), (OPEN, "loss")} | self.delivered(exchange, by, declared)
        return self.delivered(exchange, by, declared)

    def delivered(self, exchange, by, declared):
        """What is true if the server's TCP did not give up."""
        got = self.got[exchange]
        if got == "none":
            if by != "client":
                return self.lost_first(exchange, by)
            rows = {(KEPT, "client_gave_up")}
            if self.forgotten(exchange):
                rows |= {(BROKEN, "connection_forgotten"), (BROKEN, "aborted"), (OPEN, "loss")}
            return rows
        if got == "part":
            rows = {(BROKEN, "aborted")} if by != "client" else {(KEPT, "client_aborted")}
            if by == "client" and self.ending.closing is None:
                rows |= {(KEPT, cause) for cause in BY_CLIENT}  # more may come behind a half-close
            return rows | {(KEPT, "switched")} if exchange.switches else rows
        refused = self.refused(exchange) if by != "server" else ""
        if refused:
            rows = {(KEPT, "client_aborted")}
            answered = any(self.got[x] != "none" for x in self.exchanges if x.index > exchange.index)
            if self.answered_about_then(exchange) and declared != "close":
                rows.add((KEPT, "reused"))
            if by == "both" or exchange.answer_end is None or answered or refused == "perhaps":
                rows |= self.usual(exchange, by, declared)
            return rows
        return self.usual(exchange, by, declared)

    def usual(self, exchange, by, declared):
        later = [x for x in self.exchanges if x.index > exchange.index]
        if any(self.got[x] != "none" for x in later):
            return {(BROKEN, "reused_after_close")} if declared == "close" else {(KEPT, "reused")}
        if declared == "close":
            least, _, most = self.idle(exchange)
            rows = {(KEPT, "closed")} if least <= GRACE + MARGIN else set()
            return rows | ({(KEPT, "closed_late")} if max(least, most) > GRACE - MARGIN else set())
        if later:
            causes = set().union(*(self.lost_cause(x, by) for x in later))
            if by != "client" and self.unsure_closing():
                causes |= set(LOST)
            rows = {(KEPT if cause == "client_gave_up" else BROKEN, cause) for cause in causes}
            if by == "client" and any(self.forgotten(x) for x in later):
                rows |= {(BROKEN, "connection_forgotten"), (OPEN, "loss")}
            return rows
        if by != "server":
            return {(KEPT, "client_finished")}
        return self.server_closed(exchange)

    def open(self, exchange):
        got, declared = self.got[exchange], self.declared(exchange)
        if got != "none" and declared == "switch":
            return {(KEPT, "switched")}
        later = [x for x in self.exchanges if x.index > exchange.index]
        if got == "whole" and any(self.got[x] != "none" for x in later):
            return {(BROKEN, "reused_after_close")} if declared == "close" else {(KEPT, "reused")}
        under_way = exchange.written < exchange.end or not self.view.bytes_of(CLIENT, exchange.start, exchange.end)[1]
        if got != "whole" or under_way or (later and declared != "close"):
            return {(OPEN, "capture_ended")}
        strict, lax = self.witness(exchange)
        if declared == "close":
            limit, row = GRACE, (BROKEN, "left_open")
        else:
            timeout, _ = self.stated(exchange)
            limit, row = (PROMPT if timeout is None else timeout), (KEPT, "held_open")
        rows = {(OPEN, "capture_ended")} if self.withheld(exchange) else set()  # the body may still come
        if lax > limit - MARGIN:
            rows.add(row)
        if strict < limit + MARGIN:
            rows.add((OPEN, "capture_ended"))
        return rows

    def witness(self, exchange):
        """How long after the response the server is seen to have sent no FIN: plainly, and by an old number."""
        _, end = self.view.end_time(SERVER, exchange.answer_end)
        own = [s for s in self.view.of[SERVER] if not s.flags & RST]
        after = [s for s in own if s.tap >= end]
        top, plain = -1, end
        for s in own:
            if s.tap >= end and s.seq >= top and not s.again:
                plain = max(plain, s.tap)
            top = max(top, s.end)
        return plain - end, max([s.tap for s in after], default=end) - end

    # The findings that accuse somebody, or speak of a lost request.

    def find(self):
        for exchange in self.exchanges:
            self.find_in_messages(exchange)
            self.find_after(exchange)
        for rows in self.rows.values():
            for _, cause in rows:
                if cause in LOST + ("aborted", "client_gave_up", "undeclared_close", "closed_before_timeout",
                                    "left_open"):
                    self.findings.add(cause.replace("_", "-"))
                if cause in ("closed_late", "left_open"):
                    self.findings |= {"closed-late", "left-open"}
        self.find_broken_promise()
        self.find_lost_first()
        self.find_in_ending()

    def find_in_messages(self, x):
        """What a message has wrong by itself, whatever became of it."""
        found = self.findings
        request, answer = members(x.options), []
        came = x.answer_start is not None and any(s.seq + len(s.data) > x.answer_start for s in self.view.of[SERVER])
        if came:
            answer = members(x.answer_options)
        for listed in (request, answer):
            if "close" in listed and "keep-alive" in listed:
                found.add("conflicting-options")
        if came and "close" in request and "close" not in answer:
            found.add("close-not-echoed")
        if came and x.answer_version == "HTTP/1.0" and "keep-alive" in answer and x.framing == "close":
            found.add("http10-keepalive-without-length")
        if came and (self.withheld(x) or x.early):
            found.add("body-desync")

    def find_after(self, x):
        """What a later request and a later response break."""
        later = [y for y in self.exchanges if y.index > x.index]
        if not later:
            return
        if "close" in members(x.options):
            self.findings.add("request-after-client-close")
        answered = [y for y in later if self.got[y] != "none"]
        if x in self.answered and self.declared(x) == "close":
            if answered:
                self.findings.add("response-after-close")
            knowing = [y for y in later if y.handed >= self.heard(x)]
            if knowing and "close" in members(x.answer_options):
                self.findings.add("request-after-server-close")
            if knowing and says_close(x.answer_version, x.answer_options):
                self.findings.add("http10-reused")

    def heard(self, x):
        """When the client's program had the head of the response."""
        if x.answer_head_end is None:
            return 2**62
        return next((time for time, upto in self.talk.client.heard if upto >= x.answer_head_end), 2**62)

    def find_broken_promise(self):
        """The close of a persistent connection, whatever became of a request that crossed it."""
        if not self.answered or not self.ending.by & {"server", "both"}:
            return
        last = self.answered[-1]
        if self.got[last] == "whole" and self.declared(last) == "keep-alive":
            for _, cause in self.server_closed(last):
                if cause in ("undeclared_close", "closed_before_timeout"):
                    self.findings.add(cause.replace("_", "-"))

    def find_lost_first(self):
        for x in self.exchanges:
            if self.got[x] == "none" and self.ending.by:
                for by in self.ending.by:
                    causes = self.lost_cause(x, by)
                    self.findings |= {cause.replace("_", "-") for cause in causes
                                      if cause in ("client_gave_up", "closed_unanswered", "closed_during_request",
                                                   "request_after_fin")}

    def find_in_ending(self):
        view = self.view
        for r in view.all:
            if r.side == SERVER and r.flags & RST and (r.outstanding or (r.forged and self.is_outstanding(r))):
                self.findings.add("response-at-risk")
        for side in (CLIENT, SERVER):
            fin = view.fins[side]
            if fin and any(s.tap > fin.tap + HALF - MARGIN for s in view.of[1 - side]):
                self.findings.add("half-open")

    def is_outstanding(self, reset):
        """As the tap sees it, and it does not see who made the reset up: bytes before it are not acknowledged."""
        sent = max((s.seq + len(s.data) for s in self.view.of[SERVER] if s.data and s.tap <= reset.tap), default=0)
        return self.view.acked(SERVER, reset.tap) < sent


ACCUSING = ("error", "warning")


def judge(conversation, until=None):
    """Of all talks, the rows by target, the findings that may be reported, and the targets of requests whose heads
    were cut off by the end of the connection. `until`: the last segment seen."""
    rows, findings, cut_off = {}, set(), set()
    segments = conversation.segments if until is None else conversation.segments[:until + 1]
    for number, talk in enumerate(conversation.talks):
        own = [s for s in segments if s.connection is talk]
        if own:
            followed = any(s.connection in conversation.talks[number + 1:] for s in segments)
            judged = Judge(talk, own, followed)
            rows.update(judged.rows)
            findings |= judged.findings
            cut_off |= judged.cut_off
            others = []
            if any(s.flags & RST and s.arrived is None for s in own):
                others.append(Judge(talk, own, followed, believes=False))
            if any(s.flags & RST and not s.accepted for s in own):
                others.append(Judge(talk, own, followed, believes="awhile"))
            if talk.lost_unseen:
                others.append(Judge(talk, own, followed, as_seen=True))
            for other in others:
                findings |= other.findings
                for target, allowed in other.rows.items():
                    if allowed != rows[target]:
                        rows[target] = rows[target] | allowed | {(OPEN, "loss")}
    return rows, findings, cut_off
