"""Conversations: what a client and a server mean to say and do, drawn at random, and the two that do it."""
from tcp import ACK, CLIENT, GONE, MS, OPEN, RST, SECOND, SERVER, Segment, Tcp

OPAQUE = bytes(range(128, 160))
COMPLAINT = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Exchange:
    """A request and the response meant for it; then where they came to stand in the streams (None: never written)."""

    def __init__(self, index, name):
        self.index, self.name = index, name
        self.method, self.version, self.target = "GET", "HTTP/1.1", f"/{name}"
        self.options, self.fields, self.body, self.chunked = (), (), 0, False
        self.expects, self.pipelined, self.think, self.body_pause = False, False, 0, 0
        self.upgrades = False
        self.status, self.answer_version, self.answer_options = 200, "HTTP/1.1", ()
        self.keep_alive = None
        self.answer_fields, self.framing, self.answer_body = (), "length", 0
        self.interim, self.pieces, self.pause, self.service = (), 1, 0, 1 * MS
        self.early = False
        self.fails = None  # (after so many pieces, how)
        self.start = self.head_end = self.end = self.written = None
        self.answer_start = self.final_start = self.answer_head_end = self.answer_end = None
        self.handed = None
        self.after_fin = self.after_fin_alone = False

    @property
    def says_close(self):
        return says_close(self.version, self.options)

    @property
    def answer_says_close(self):
        return says_close(self.answer_version, self.answer_options) or self.framing == "close"

    @property
    def switches(self):
        return self.status == 101 or (self.method == "CONNECT" and self.status == 200)

    def request_head(self):
        lines = [f"{self.method} {self.target} {self.version}", "Host: h.example"]
        lines += [f"Connection: {value}" for value in self.options]
        lines += self.fields
        if self.expects:
            lines.append("Expect: 100-continue")
        if self.chunked:
            lines.append("Transfer-Encoding: chunked")
        elif self.body or self.method in ("POST", "PUT"):
            lines.append(f"Content-Length: {self.body}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def request_body(self):
        return chunks(self.body, b"q") if self.chunked else b"q" * self.body

    def response(self):
        lines = [f"{self.answer_version} {self.status} {REASONS.get(self.status, 'So')}", f"Server: {self.name}"]
        lines += [f"Connection: {value}" for value in self.answer_options]
        if self.keep_alive:
            lines.append(f"Keep-Alive: {self.keep_alive}")
        lines += self.answer_fields
        body = b""
        if self.framing == "length":
            lines.append(f"Content-Length: {self.answer_body}")
            body = b"a" * self.answer_body
        elif self.framing == "chunked":
            lines.append("Transfer-Encoding: chunked")
            body = chunks(self.answer_body, b"a")
        elif self.framing == "close":
            body = b"a" * self.answer_body
        if self.method == "HEAD" or self.status in (204, 304, 101):
            body = b""
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


REASONS = {200: "OK", 404: "Not Found", 204: "No Content", 304: "Not Modified", 100: "Continue", 102: "Processing",
           103: "Early Hints", 101: "Switching Protocols", 401: "Unauthorized", 413: "Content Too Large",
           417: "Expectation Failed", 500: "Internal Server Error", 503: "Service Unavailable", 407: "Proxy Auth"}


def chunks(size, letter):
    pieces = []
    while size > 0:
        part = min(size, 700)
        pieces.append(b"%x\r\n" % part + letter * part + b"\r\n")
        size -= part
    return b"".join(pieces) + b"0\r\n\r\n"


def members(options):
    return [member.strip().lower() for value in options for member in value.split(",") if member.strip()]


def says_close(version, options):
    listed = members(options)
    return "close" in listed or (version == "HTTP/1.0" and "keep-alive" not in listed)


class Client:
    def __init__(self, talk, plan):
        self.talk, self.plan = talk, plan
        self.tcp = None
        self.sent = self.waiting = 0
        self.fin_seen = self.over = False
        self.upto = 0
        self.paused = None
        self.heard = []

    def opened(self):
        if self.plan.probes:
            self.tcp.keep_alive(*self.plan.probes)
        if self.plan.slow:
            self.tcp.reading = False
            self.talk.simulation.after(self.plan.slow[1], self.read_slowly)
        if self.plan.exchanges:
            self.later(self.plan.exchanges[0].think, self.send, 0)
        else:
            self.finish()

    def read_slowly(self):
        if self.tcp.state == OPEN and not self.over:
            self.tcp.read(self.plan.slow[0])
            self.talk.simulation.after(self.plan.slow[1], self.read_slowly)

    def later(self, delay, action, *arguments):
        self.talk.simulation.after(delay, action, *arguments)

    def send(self, index):
        tcp, exchange = self.tcp, self.plan.exchanges[index]
        if self.over or tcp.state == GONE or tcp.closing or index != self.sent:
            return
        self.sent += 1
        head, body = exchange.request_head(), exchange.request_body() if exchange.body or exchange.chunked else b""
        exchange.start = len(tcp.out)
        exchange.head_end = exchange.start + len(head)
        exchange.end = exchange.head_end + len(body)
        exchange.handed = self.talk.simulation.now
        exchange.after_fin = tcp.peer_fin is not None
        exchange.after_fin_alone = exchange.after_fin and tcp.una == len(tcp.out)
        if self.plan.patience:
            self.later(self.plan.patience, self.lose_patience, index)
        self.talk.server.expect(exchange)
        if body and exchange.expects:
            exchange.written = exchange.head_end
            tcp.write(head)
            self.paused = (exchange, body)
            self.later(1 * SECOND, self.go_on, exchange)
        elif body and exchange.body_pause:
            exchange.written = exchange.head_end
            tcp.write(head)
            self.later(exchange.body_pause, self.send_body, exchange, body, 0)
        else:
            exchange.written = exchange.end
            tcp.write(head + body)
            self.after_sending(index)

    def go_on(self, exchange):
        if self.paused and self.paused[0] is exchange:
            body, self.paused = self.paused[1], None
            self.send_body(exchange, body, 0)

    def send_body(self, exchange, body, at):
        if self.over or self.tcp.state == GONE or self.tcp.closing:
            return
        if exchange.body_pause:
            part = body[at:at + max(1, len(body) // 3)]
        else:
            part = body[at:]
        self.tcp.write(part)
        exchange.written += len(part)
        if exchange.written < exchange.end:
            self.later(exchange.body_pause, self.send_body, exchange, body, at + len(part))
        else:
            self.after_sending(exchange.index)
            self.look()

    def after_sending(self, index):
        exchanges = self.plan.exchanges
        if index + 1 < len(exchanges) and exchanges[index + 1].pipelined and index + 1 == self.sent:
            self.later(exchanges[index + 1].think, self.send, index + 1)
        elif index + 1 == len(exchanges) and self.plan.half_closes:
            self.tcp.half_close()

    def received(self, upto):
        self.upto = upto
        self.heard.append((self.talk.simulation.now, upto))
        self.look()

    def look(self):
        if self.over:
            return
        if self.paused:
            exchange = self.paused[0]
            if exchange.final_start is not None and self.upto > exchange.final_start:
                if self.plan.withholds:
                    exchange.end = exchange.written
                    self.paused = None
                else:
                    self.go_on(exchange)
            elif exchange.answer_start is not None and self.upto > exchange.answer_start:
                self.go_on(exchange)
        while self.waiting < self.sent:
            exchange = self.plan.exchanges[self.waiting]
            if exchange.answer_end is None or self.upto < exchange.answer_end or exchange.written < exchange.end:
                break
            self.complete(exchange)

    def complete(self, exchange):
        self.waiting += 1
        following = self.waiting
        if exchange.switches:
            self.talk.tunnel(exchange)
        elif self.waiting == len(self.plan.exchanges):
            self.later(self.plan.final_pause, self.finish)
        elif (exchange.says_close or exchange.answer_says_close) and self.plan.honours_close:
            if self.sent == self.waiting:
                self.later(self.plan.final_pause, self.finish)
        elif self.sent == following:
            self.later(self.plan.exchanges[following].think, self.send, following)

    def finish(self):
        if self.over or self.tcp.state == GONE:
            return
        how = self.plan.final
        if how == "wait" and not self.fin_seen:
            return
        self.leave("close" if how == "wait" else how)

    def leave(self, how):
        if how == "half":
            self.tcp.half_close()
            return
        self.over = True
        if how == "reset":
            self.tcp.abort()
        elif how == "vanish":
            self.tcp.vanish(True)
        else:
            self.tcp.close()

    def lose_patience(self, index):
        if self.waiting <= index and not self.over and self.tcp.state == OPEN:
            self.leave(self.plan.impatient)

    def finished(self):
        self.fin_seen = True
        if self.over:
            return
        idle = self.waiting == self.sent
        if idle and self.sent < len(self.plan.exchanges) and not self.plan.notices:
            return
        if not self.plan.never_answers_fin:
            self.later(self.plan.reaction, self.leave_after_fin)

    def leave_after_fin(self):
        if not self.over and self.tcp.state != GONE:
            self.leave("close")

    def was_reset(self):
        self.over = True


class Server:
    def __init__(self, talk, plan):
        self.talk, self.plan = talk, plan
        self.tcp = None
        self.expected = []
        self.turn = 0
        self.upto = 0
        self.busy = self.over = False
        self.idle_due = None
        self.fin_seen = False
        self.continued = -1

    def opened(self):
        if self.plan.server_probes:
            self.tcp.keep_alive(*self.plan.server_probes)
        self.rest(self.plan.first_idle)

    def later(self, delay, action, *arguments):
        self.talk.simulation.after(delay, action, *arguments)

    def expect(self, exchange):
        self.expected.append(exchange)

    def rest(self, limit):
        if limit:
            self.idle_due = self.talk.simulation.now + limit
            self.talk.simulation.at(self.idle_due, self.tire, self.idle_due)

    def tire(self, due):
        if self.idle_due != due or self.over or self.tcp.state != OPEN or self.busy:
            return
        self.idle_due = None
        how = self.plan.idle_end
        if how == "408":
            self.complain()
            how = "close"
        self.leave(how)

    def complain(self):
        """A 408: nobody's, unless a byte of the next request has come."""
        start = len(self.tcp.out)
        self.tcp.write(COMPLAINT)
        waiting = self.expected[self.turn] if self.turn < len(self.expected) else None
        if waiting and self.tcp.received > waiting.start:
            waiting.status, waiting.answer_version, waiting.framing = 408, "HTTP/1.1", "length"
            waiting.answer_options, waiting.keep_alive = ("close",), None
            if waiting.answer_start is None:
                waiting.answer_start = start
            waiting.final_start, waiting.answer_head_end = start, len(self.tcp.out)
            waiting.answer_end = len(self.tcp.out)
        else:
            self.talk.unsolicited.append((start, len(self.tcp.out)))

    def leave(self, how):
        if self.over:
            return
        if how == "forget":
            self.over = True
            self.tcp.vanish()
        elif how == "vanish":
            self.over = True
            self.tcp.vanish(True)
        elif how == "reset":
            self.over = True
            self.tcp.abort()
        elif how == "stall":
            self.over = True
        elif how == "linger":
            self.over = True
            self.tcp.half_close()
            self.later(self.plan.linger, self.tcp.close)
        else:
            self.over = True
            self.tcp.close()

    def received(self, upto):
        self.upto = upto
        if self.plan.idle_ends_at_byte and self.turn < len(self.expected) and upto > self.expected[self.turn].start:
            self.idle_due = None
        self.consider()

    def consider(self):
        if self.over or self.busy or self.turn >= len(self.expected):
            return
        exchange = self.expected[self.turn]
        if self.upto < exchange.head_end:
            return
        self.idle_due = None
        if exchange.expects and not exchange.early and self.continued < exchange.index and self.upto < exchange.end:
            self.continued = exchange.index
            exchange.answer_start = len(self.tcp.out)
            self.later(exchange.service, self.tcp.write, b"HTTP/1.1 100 Continue\r\n\r\n")
        if self.upto >= exchange.end or exchange.early or exchange.switches:
            self.busy = True
            self.later(exchange.service, self.respond, exchange)

    def respond(self, exchange):
        if self.over or self.tcp.state != OPEN or self.tcp.closing:
            return
        if exchange.fails and exchange.fails[0] == 0:
            self.leave(exchange.fails[1])
            return
        if exchange.early and exchange.fails is None and self.plan.stops_reading:
            self.tcp.reading = False
        before = b"".join(f"HTTP/1.1 {code} {REASONS[code]}\r\n\r\n".encode() for code in exchange.interim)
        response = exchange.response()
        if exchange.answer_start is None:
            exchange.answer_start = len(self.tcp.out)
        exchange.final_start = len(self.tcp.out) + len(before)
        exchange.answer_head_end = exchange.final_start + response.index(b"\r\n\r\n") + 4
        if exchange.framing != "close":
            exchange.answer_end = exchange.final_start + len(response)
        size = -(-len(before + response) // exchange.pieces)
        self.piece(exchange, before + response, size, 1)

    def piece(self, exchange, left, size, number):
        if self.over or self.tcp.state == GONE:
            return
        self.tcp.write(left[:size])
        left = left[size:]
        if exchange.fails and exchange.fails[0] == number and left:
            self.later(exchange.pause, self.leave, exchange.fails[1])
        elif left:
            self.later(exchange.pause, self.piece, exchange, left, size, number + 1)
        else:
            self.after(exchange)

    def after(self, exchange):
        self.busy = False
        self.turn += 1
        if exchange.switches:
            return
        close = exchange.answer_says_close or exchange.says_close
        if (close and self.plan.closes_declared) or exchange.framing == "close":
            self.later(self.plan.close_delay, self.leave, self.plan.closing)
            self.busy = True
        elif self.plan.closes_after == self.turn:
            self.later(self.plan.close_delay, self.leave, self.plan.closing)
            self.busy = True
        else:
            if not (self.fin_seen and self.turn >= len(self.expected)):
                self.rest(self.plan.idle)
            self.consider()
            if self.fin_seen and not self.busy:
                self.later(self.plan.reaction_of_server, self.leave, self.plan.closing)

    def finished(self):
        self.fin_seen = True
        if self.plan.server_never_answers_fin:
            return
        if not self.busy:
            self.later(self.plan.reaction_of_server, self.leave, "close")

    def was_reset(self):
        self.over = True


class Box:
    """Between the two, at the tap: from some time on it knows nothing of the connection, or it ends it."""

    def __init__(self, talk, plan):
        self.talk = talk
        self.time, self.kind, self.near_client = plan.box
        self.top = [0, 0]

    def takes(self, segment):
        """Whether the segment goes no further than to here (then it is recorded here, if the tap sees it)."""
        if segment.forged:
            return False
        if self.talk.simulation.now < self.time:
            self.top[segment.side] = max(self.top[segment.side], segment.end)
            return False
        if self.kind != "forgets":
            return False
        if segment.side == CLIENT:
            self.talk.path.record(segment)
            if not segment.flags & RST:
                reply = Segment(SERVER, segment.ack, 0, RST) if segment.flags & ACK else \
                    Segment(SERVER, 0, segment.end, RST | ACK)
                self.talk.simulation.after(50, self.forge, reply, segment.connection)
        return True

    def forge(self, segment, connection, seen=True):
        segment.forged, segment.connection, segment.sent = True, connection, self.talk.simulation.now
        (self.talk.path.pass_tap if seen else self.talk.path.deliver)(segment)

    def strike(self, connection):
        """Resets towards the client, the server, or both; the tap sees those that go past it."""
        if self.talk.client.tcp.state == GONE or self.talk.server.tcp.state == GONE:
            return
        top = self.top
        if self.kind in ("resets client", "resets both"):
            self.forge(Segment(SERVER, top[SERVER], top[CLIENT], RST | ACK), connection)
        if self.kind in ("resets server", "resets both"):
            self.forge(Segment(CLIENT, top[CLIENT], top[SERVER], RST | ACK), connection, not self.near_client)


class Plan:
    """What both mean to do on one connection."""

    def __init__(self):
        self.exchanges = []
        self.probes = self.slow = self.patience = self.server_probes = None
        self.early_close = False
        self.half_closes = self.withholds = self.honours_close = self.notices = False
        self.never_answers_fin = self.server_never_answers_fin = False
        self.final, self.final_pause, self.impatient, self.reaction = "close", 0, "close", 1 * MS
        self.first_idle = self.idle = None
        self.idle_end, self.closing, self.linger = "close", "close", 1 * SECOND
        self.idle_ends_at_byte = True
        self.closes_declared, self.close_delay, self.closes_after = True, 1 * MS, None
        self.reaction_of_server, self.stops_reading = 1 * MS, False
        self.box = None
        self.tunnel = None


class Talk:
    """One connection from its opening to where nothing happens any more."""

    def __init__(self, dice, plan, simulation, path, settings, isn):
        self.dice, self.plan, self.simulation, self.path = dice, plan, simulation, path
        self.isn = isn
        self.unsolicited = []
        self.lost_unseen = 0
        self.client, self.server = Client(self, plan), Server(self, plan)
        self.switched = None
        tcps = []
        for side, app in ((CLIENT, self.client), (SERVER, self.server)):
            app.tcp = Tcp(simulation, path, side, settings[side], app)
            app.tcp.connection = self
            tcps.append(app.tcp)
        path.ends = tcps
        if plan.box:
            start = simulation.now
            box = Box(self, plan)
            box.time += start
            path.box = box
            simulation.at(box.time, box.strike, self)
        simulation.after(0, tcps[CLIENT].open)

    def tcp(self, side):
        return self.server.tcp if side else self.client.tcp

    def tunnel(self, exchange):
        """Both say some bytes that are no HTTP, then one of them closes."""
        self.switched = exchange
        for number, (side, size, pause) in enumerate(self.plan.tunnel):
            self.simulation.after(pause, self.say, side, OPAQUE * (1 + size // 32), number + 1 == len(self.plan.tunnel))

    def say(self, side, data, last):
        app = self.server if side else self.client
        if app.over or app.tcp.state != OPEN:
            return
        if data:
            app.tcp.write(data)
        if last:
            app.leave(self.plan.tunnel_end)
