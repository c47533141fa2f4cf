"""What may become of a capture: packets lost, cut, turned round, seen twice, or stamped by a clock that steps.

A mode makes trials of a conversation. A trial is a list of frames (time, segment, cut, tap): the segment's number, the
bytes kept of its packet (None: all of it), and which of two taps saw it.
"""
from tcp import CLIENT, MS, SECOND, SERVER, SYN

HEADERS = 14 + 20 + 20  # Ethernet, IPv4, TCP without options


def whole(_, frames, __):
    return frames


def without(frames, gone):
    return [frame for number, frame in enumerate(frames) if number not in gone]


def one(dice, frames, _):
    return without(frames, {dice.whole(0, len(frames) - 1)})


def two(dice, frames, _):
    return without(frames, {dice.whole(0, len(frames) - 1), dice.whole(0, len(frames) - 1)})


def burst(dice, frames, _):
    start = dice.whole(0, len(frames) - 1)
    return without(frames, set(range(start, start + dice.whole(2, 5))))


def tenth(dice, frames, _):
    return [frame for frame in frames if not dice.chance(0.1)]


def third(dice, frames, _):
    return [frame for frame in frames if not dice.chance(0.3)]


def first(dice, frames, _):
    return frames[dice.whole(1, max(1, len(frames) - 1)):]


def last(dice, frames, _):
    return frames[:-dice.whole(1, max(1, len(frames) - 1))]


def ends(dice, frames, _):
    start = dice.whole(1, max(1, len(frames) // 2))
    return frames[start:len(frames) - dice.whole(1, max(1, len(frames) // 2))]


def snap(dice, frames, _):
    cut = HEADERS + dice.weighted([(2, 0), (1, 12), (2, dice.whole(1, 60)), (3, dice.whole(60, 200)),
                                   (2, dice.whole(200, 1000))])
    return [(time, segment, cut, tap) for time, segment, _, tap in frames]


def direction(dice, frames, segments):
    side = dice.whole(CLIENT, SERVER)
    return [frame for frame in frames if segments[frame[1]].side == side]


def reorder(dice, frames, segments):
    """Captured up to 3 ms later than it passed, as by several queues; a handshake stays in its place."""
    moved, floor = [], 0
    for time, segment, cut, tap in frames:
        if segments[segment].flags & SYN:
            floor = max([floor, time] + [entry[0] for entry in moved])
            moved.append((floor, segment, cut, tap))
        else:
            late = dice.whole(0, 3 * MS) if dice.chance(0.5) else 0
            moved.append((max(time + late, floor), segment, cut, tap))
    return sorted(moved, key=lambda frame: frame[0])


def double(dice, frames, _):
    """Some packets twice, at the same place: a mirror port that shows both sides of a switch."""
    copies = []
    chance = dice.pick([0.05, 0.3, 1.0])
    for frame in frames:
        copies.append(frame)
        if dice.chance(chance):
            copies.append((frame[0] + dice.whole(0, 40),) + frame[1:])
    return sorted(copies, key=lambda frame: frame[0])


def taps(dice, frames, segments):
    """A second tap, nearer to the server: it sees the client's packets later and the server's earlier."""
    away = dice.whole(1, 4 * MS)
    second = []
    for time, segment, cut, _ in frames:
        shift = away if segments[segment].side == CLIENT else -away
        second.append((max(0, time + shift), segment, cut, 1))
    return sorted(frames + second, key=lambda frame: frame[0])


def clock(dice, frames, _):
    """The clock is set back, once or twice."""
    stepped, back = [], 0
    places = {dice.whole(1, max(1, len(frames) - 1)) for _ in range(dice.whole(1, 2))}
    step = dice.weighted([(1, dice.whole(25, 900) * MS), (2, dice.whole(900, 9000) * MS),
                          (1, dice.whole(9, 100) * SECOND)])
    for number, (time, segment, cut, tap) in enumerate(frames):
        if number in places:
            back += step
        stepped.append((time - back, segment, cut, tap))
    return stepped


def few(dice, frames, segments):
    """One packet lost, and what else is not in its order."""
    return reorder(dice, one(dice, frames, segments), segments)


MODES = {mode.__name__: mode for mode in (
    whole, one, two, burst, tenth, third, first, last, ends, snap, direction, reorder, double, taps, clock, few)}
LOSSES = [name for name in MODES if name != "whole"]


def lose(mode, dice, segments):
    frames = [(segment.tap, number, None, 0) for number, segment in enumerate(segments)]
    return MODES[mode](dice, frames, segments) if frames else frames
