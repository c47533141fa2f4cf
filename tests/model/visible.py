"""Whether what is left of a talk shows that something is missing: a hole, an acknowledgement ahead, an answer to
nothing, a beginning that is not there. A rest without such a sign is a whole conversation of its own."""
from tcp import ACK, CLIENT, FIN, RST, SECOND, SERVER, SYN


def shows_loss(segments):
    sides = [[s for s in segments if s.side == side] for side in (CLIENT, SERVER)]
    return any(incomplete(own, other) for own, other in (sides, sides[::-1])) or \
        any(answers_nothing(s, sides[1 - s.side]) for s in segments)


def incomplete(own, other):
    known = sorted((s.seq, s.end) for s in own if not s.flags & RST and s.end > s.seq)
    if not known:  # a connection that was refused has nothing else of the server's than a reset
        return any(not s.flags & (SYN | RST) or s.flags & ACK for s in other) or any(not s.flags & RST for s in own)
    if known[0][0] != -1:
        return True
    top = -1
    for start, end in known:
        if start > top:
            return True
        top = max(top, end)
    if any(s.ack > top for s in other if s.flags & ACK):
        return True
    return any(s.seq > top for s in own)


def answers_nothing(reset, others):
    """A bare reset: some segment of the other side has to have acknowledged its number."""
    if not reset.flags & RST or reset.flags & ACK:
        return False
    for s in others:
        if (s.flags & ACK and s.ack == reset.seq and (s.tap, s.number) < (reset.tap, reset.number)
                and (s.data or s.flags & (FIN | SYN) or s.tap > reset.tap - SECOND)):
            return False
    return True
