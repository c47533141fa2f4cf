"""What a conversation is to be: drawn by weights that favour the everyday and leave no corner out."""
from dice import Dice
from talk import Exchange, Plan, Talk
from tcp import MS, SECOND, Path, Settings, Simulation

QUIET = 400 * SECOND  # nothing goes on for longer after the last that was said


def think(dice):
    return dice.weighted([(5, 0), (4, dice.whole(1, 300) * MS), (3, dice.whole(300, 4000) * MS),
                          (1, dice.whole(4000, 20000) * MS)])


def options_of(dice, close, version):
    """Connection lines that say it, in one of the ways of saying it."""
    if close:
        if version == "HTTP/1.0" and dice.chance(0.6):
            return ()
        return dice.weighted([(8, ("close",)), (1, ("Close",)), (1, ("keep-alive, close",)), (1, ("x, close",)),
                              (1, ("x", "close"))])
    if version == "HTTP/1.0":
        return dice.weighted([(5, ("keep-alive",)), (2, ("Keep-Alive",))])
    return dice.weighted([(6, ()), (3, ("keep-alive",)), (1, ("Keep-Alive",)), (1, ("x",))])


def draw_request(dice, exchange, version, close):
    exchange.version = version
    exchange.options = options_of(dice, close, version)
    exchange.method = dice.weighted([(12, "GET"), (2, "HEAD"), (4, "POST"), (1, "PUT")])
    if dice.chance(0.3):
        exchange.fields = (f"User-Agent: {'u' * dice.whole(1, 300)}",)
    if exchange.method in ("POST", "PUT"):
        exchange.body = dice.weighted([(4, dice.whole(1, 400)), (3, dice.whole(400, 6000)), (1, 0)])
        exchange.chunked = dice.chance(0.3) and version == "HTTP/1.1"
        exchange.body_pause = dice.weighted([(3, 0), (1, dice.whole(1, 400) * MS)])
        exchange.expects = dice.chance(0.25) and exchange.body > 0 and version == "HTTP/1.1"
    exchange.think = think(dice)


def draw_response(dice, exchange, version, close):
    exchange.answer_version = version
    exchange.answer_options = options_of(dice, close, version)
    exchange.status = dice.weighted([(12, 200), (1, 404), (1, 204), (1, 304), (1, 500)])
    exchange.framing = dice.weighted([(8, "length"), (4, "chunked" if version == "HTTP/1.1" else "length"),
                                      (1 if close else 0.15, "close")])
    if exchange.status in (204, 304) or exchange.method == "HEAD":
        exchange.framing = dice.pick(["length", "none"]) if exchange.status != 204 else "none"
    exchange.answer_body = dice.weighted([(2, 0), (8, dice.whole(1, 900)), (3, dice.whole(900, 6000)),
                                          (0.5, dice.whole(6000, 30000))])
    if dice.chance(0.08) and version == "HTTP/1.1":
        exchange.interim = dice.pick([(103,), (102,), (100,), (103, 103)])
    exchange.pieces = dice.weighted([(6, 1), (3, 2), (1, 4)])
    exchange.pause = dice.weighted([(3, 0), (3, dice.whole(1, 200) * MS), (1, dice.whole(300, 2500) * MS)])
    exchange.service = dice.weighted([(4, dice.whole(100, 3000)), (3, dice.whole(3, 300) * MS),
                                      (1, dice.whole(300, 3000) * MS)])
    if exchange.body > 100 and dice.chance(0.12):
        exchange.early = True
        exchange.status = dice.pick([401, 413, 417 if exchange.expects else 413])
        exchange.framing = "length"
    if dice.chance(0.06):
        exchange.fails = (dice.whole(0, max(0, exchange.pieces - 1)),
                          dice.weighted([(3, "close"), (2, "reset"), (1, "linger"), (1, "stall"), (0.5, "vanish"),
                                         (0.7, "forget")]))


def draw_exchanges(dice, plan, name):
    count = dice.weighted([(3, 1), (4, 2), (3, 3), (1, 4), (0.5, dice.whole(5, 7))])
    version = dice.weighted([(8, "HTTP/1.1"), (1, "HTTP/1.0")])
    answer_version = version if version == "HTTP/1.0" else dice.weighted([(9, "HTTP/1.1"), (1, "HTTP/1.0")])
    closing = dice.weighted([(4, 0.0), (4, 0.9), (1, 0.3)])  # the chance that the last one says close
    plan.early_close = dice.chance(0.1)
    pipelining = dice.chance(0.12)
    stated = dice.weighted([(6, None), (2, "timeout={t}"), (2, "timeout={t}, max={m}"), (0.5, "max={m}")])
    timeout, limit = dice.pick([1, 2, 3, 5, 10, 15]), dice.pick([1, 2, 3, 5, 100])
    plan.stated = (timeout if stated and "t}" in stated else None, limit if stated and "m}" in stated else None)
    falling = dice.chance(0.7)
    plan.counts = falling
    for index in range(count):
        exchange = Exchange(index, f"{name}{index}")
        last = index + 1 == count
        chance = closing if last else (0.4 if plan.early_close else 0)
        says = dice.weighted([(3, "server"), (2, "client"), (2, "both")]) if dice.chance(chance) else ""
        draw_request(dice, exchange, version, says in ("client", "both"))
        draw_response(dice, exchange, answer_version, says in ("server", "both"))
        if stated and "close" not in says_of(exchange) and exchange.answer_version == "HTTP/1.1":
            if not any("keep-alive" in value.lower() for value in exchange.answer_options):
                exchange.answer_options = ("keep-alive",)
        if stated and any("keep-alive" in value.lower() for value in exchange.answer_options):
            left = max(0, limit - index - 1) if falling else limit
            exchange.keep_alive = stated.format(t=timeout, m=left)
        exchange.pipelined = pipelining and index > 0 and dice.chance(0.7)
        if exchange.pipelined:
            exchange.think = dice.weighted([(3, 0), (1, dice.whole(1, 30) * MS)])
        plan.exchanges.append(exchange)


def says_of(exchange):
    return ", ".join(exchange.answer_options).lower()


def draw_switch(dice, plan):
    exchange = plan.exchanges[-1]
    if exchange.pipelined or exchange.fails or exchange.version == "HTTP/1.0":
        return
    exchange.body, exchange.chunked, exchange.expects, exchange.early = 0, False, False, False
    exchange.interim, exchange.answer_body, exchange.keep_alive = (), 0, None
    exchange.answer_version = "HTTP/1.1"
    refused = dice.chance(0.2)
    if dice.chance(0.5):
        exchange.method, exchange.target = "CONNECT", f"{exchange.name}.example:443"
        exchange.status = 200
        exchange.framing = "none"
        exchange.answer_options = exchange.options = ()
        if refused:
            exchange.status, exchange.framing, exchange.answer_body = 407, "length", 60
    else:
        exchange.method = "GET"
        exchange.options = ("upgrade",) if dice.chance(0.7) else ("keep-alive, Upgrade",)
        exchange.fields = ("Upgrade: thing/1",)
        exchange.status, exchange.framing = 101, "none"
        exchange.answer_options = ("Upgrade",)
        exchange.answer_fields = ("Upgrade: thing/1",)
        if refused:
            exchange.status, exchange.framing, exchange.answer_body = 200, "length", 60
            exchange.answer_options, exchange.answer_fields = (), ()
    at, steps = 0, []
    for _ in range(dice.whole(1, 5)):
        at += dice.whole(1, 800) * MS
        steps.append((dice.whole(0, 1), dice.whole(20, 900), at))
    plan.tunnel = steps
    plan.tunnel_end = dice.weighted([(4, "close"), (1, "reset")])


def draw_server(dice, plan):
    stated, _ = plan.stated
    real = dice.weighted([(4, dice.whole(1800, 6000) * MS), (2, dice.whole(6000, 20000) * MS), (2, None),
                          (0.7, dice.whole(5, 900) * MS)])
    if stated and real:
        real = dice.weighted([(6, stated * SECOND + dice.whole(-40, 300) * MS), (1, real),
                              (1, stated * SECOND * dice.whole(20, 80) // 100)])
    plan.idle = real
    plan.first_idle = dice.weighted([(9, None), (1, dice.whole(1500, 5000) * MS), (1, plan.idle)])
    plan.idle_end = dice.weighted([(8, "close"), (1.5, "408"), (1, "reset"), (1.2, "forget"), (0.8, "linger"),
                                   (0.4, "vanish")])
    plan.closing = dice.weighted([(6, "close"), (2, "linger"), (0.7, "reset")])
    plan.linger = dice.weighted([(1, dice.whole(100, 900) * MS), (1, 2 * SECOND), (1, 35 * SECOND)])
    plan.idle_ends_at_byte = dice.chance(0.7)
    plan.closes_declared = dice.chance(0.4 if plan.early_close else 0.87)
    plan.close_delay = dice.weighted([(4, 0), (5, dice.whole(0, 30) * MS), (1, dice.whole(100, 700) * MS),
                                      (1, dice.whole(1300, 4500) * MS), (0.6, dice.whole(5500, 9000) * MS)])
    plan.closes_after = dice.whole(1, len(plan.exchanges)) if dice.chance(0.12) else None
    if plan.stated[1] is not None and dice.chance(0.7) and plan.counts:
        plan.closes_after = plan.stated[1]
    plan.reaction_of_server = dice.weighted([(6, dice.whole(0, 2) * MS), (1, dice.whole(2, 900) * MS),
                                             (0.3, dice.whole(1000, 40000) * MS)])
    plan.stops_reading = dice.chance(0.6)
    plan.server_never_answers_fin = dice.chance(0.02)
    if dice.chance(0.08):
        plan.server_probes = (dice.whole(1000, 8000) * MS, dice.whole(1, 6))


def draw_client(dice, plan):
    plan.honours_close = dice.chance(0.4 if plan.early_close else 0.85)
    plan.notices = dice.chance(0.8)
    plan.final = dice.weighted([(5, "close"), (4, "wait"), (1, "half"), (1, "reset"), (0.3, "vanish")])
    plan.final_pause = dice.weighted([(5, 0), (2, dice.whole(1, 60) * MS), (3, dice.whole(60, 6000) * MS)])
    plan.half_closes = dice.chance(0.04)
    plan.withholds = dice.chance(0.5)
    plan.reaction = dice.weighted([(6, dice.whole(0, 2) * MS), (1, dice.whole(2, 900) * MS),
                                   (0.3, dice.whole(1000, 40000) * MS)])
    plan.never_answers_fin = dice.chance(0.02)
    if dice.chance(0.12):
        plan.patience = dice.weighted([(1, dice.whole(1, 60) * MS), (1, dice.whole(60, 3000) * MS)])
        plan.impatient = dice.weighted([(4, "close"), (2, "reset"), (1, "half"), (0.3, "vanish")])
    if dice.chance(0.1) or (plan.final == "wait" and dice.chance(0.3)):
        plan.probes = (dice.whole(1000, 8000) * MS, dice.whole(1, 6))
    if dice.chance(0.05):
        plan.slow = (dice.whole(1, 3) * 700, dice.whole(5, 200) * MS)
    idle = plan.idle
    if idle and dice.chance(0.3) and len(plan.exchanges) > 1:
        # A request about when the server has had enough of waiting: on either side of it, or across.
        exchange = plan.exchanges[dice.whole(1, len(plan.exchanges) - 1)]
        if not exchange.pipelined:
            exchange.think = max(0, idle + dice.whole(-30, 60) * MS)


def draw_plan(dice, name):
    plan = Plan()
    draw_exchanges(dice, plan, name)
    if dice.chance(0.07):
        draw_switch(dice, plan)
    if dice.chance(0.01):
        plan.exchanges = []
    draw_server(dice, plan) if plan.exchanges else None
    draw_client(dice, plan)
    if dice.chance(0.05):
        plan.box = (dice.weighted([(1, dice.whole(1, 300) * MS), (2, dice.whole(300, 6000) * MS)]),
                    dice.weighted([(2, "forgets"), (2, "resets client"), (2, "resets both"), (1, "resets server")]),
                    dice.chance(0.5))
    return plan


class Conversation:
    """All that passed the tap, and the talks that it came of."""

    def __init__(self, seed):
        dice = Dice(f"conversation {seed}")
        self.seed = seed
        self.talks = []
        simulation = Simulation()
        round_trip = dice.weighted([(2, dice.whole(100, 1000)), (4, dice.whole(1, 40) * MS),
                                    (2, dice.whole(40, 200) * MS)])
        share = dice.weighted([(2, 0.02), (1, 0.5), (2, 0.98)])
        near, far = int(round_trip * share / 2), int(round_trip * (1 - share) / 2)
        path = Path(simulation, dice, (near, far), (far, near), dice.weighted([(3, 0), (2, 200), (1, 5 * MS)]))
        if dice.chance(0.15):
            path.lost_behind = dice.pick([0.02, 0.05, 0.15])
        if dice.chance(0.04):
            path.lost_before = dice.pick([0.02, 0.1])
        if dice.chance(0.05):
            path.overtaken = 0.05
        settings = (Settings(dice), Settings(dice))
        for number in range(2 if dice.chance(0.05) else 1):
            plan = draw_plan(dice, "rst"[number])
            isn = [int(dice.roll() * 2**32), int(dice.roll() * 2**32)]
            if dice.chance(0.05):
                isn[dice.whole(0, 1)] = 2**32 - dice.whole(1, 2000)
            talk = Talk(dice, plan, simulation, path, settings, isn)
            self.talks.append(talk)
            simulation.run(simulation.now + QUIET)
            path.box = None
            simulation.queue.clear()
            simulation.now += dice.whole(2, 130) * SECOND
        self.segments = path.seen
