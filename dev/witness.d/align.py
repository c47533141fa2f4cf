"""Which of our messages is which of theirs.

Pairing by position would let one difference spoil all that follow, so the two lists of a stream are
aligned: the order-preserving pairing of greatest weight (the longest common subsequence, weighted),
where two messages may be paired if they have the same name (method, or status code). A pair whose
frames agree outweighs any pair whose frames do not, because the lists of busy connections repeat
the same name hundreds of times.

tshark itself is read twice, and the two lists are aligned the same way (`united`): with bodies put
together it reports a message where its body ends, and hides it if that is missing; with heads alone
where its head ends.
"""

from dataclasses import replace

AGREE = 4  # same name, and their frame lies within ours
SAME_NAME = 1

# Above this the table would be slow; such lists are paired by name and frame alone.
CELLS_MAX = 4_000_000


def within(ours, theirs):
    """tshark reports a message where its head is complete, or where its body is. One of the two lies
    between the frames of our first and last byte, or both lie around them: a body that ends with
    the connection is complete for tshark only where that ends."""
    # The last byte may have been captured before the first.
    return min(ours.first, ours.last) <= theirs.last and \
        (not ours.ended or theirs.first <= max(ours.first, ours.last))


def weight(ours, theirs):
    if ours.request != theirs.request or ours.name() != theirs.name():
        return 0
    return AGREE if within(ours, theirs) else SAME_NAME


DISTANCE_MAX = 1_000_000


def nearness(head, whole):
    """The weight of a pair of tshark's own messages: the whole one is never reported before its
    head; of several that fit, the nearest."""
    if head.request != whole.request or head.name() != whole.name() or whole.last < head.last:
        return 0
    return 2 * DISTANCE_MAX - min(whole.last - head.last, DISTANCE_MAX)


def united(heads, wholes):
    """The messages of one stream and direction by both readings. One that both have goes from the
    frame of its head to that of its whole."""
    found = []
    for head, whole in align_table(heads, wholes, nearness):
        found.append(replace(whole, first=head.last) if head and whole else head or whole)
    return sorted(found, key=lambda m: m.last)


def align(ours, theirs):
    """Pairs (ours, theirs); None stands for the missing half of a message that only one has."""
    start = 0
    while start < min(len(ours), len(theirs)) and weight(ours[start], theirs[start]) == AGREE:
        start += 1
    end = 0
    while end < min(len(ours), len(theirs)) - start and \
            weight(ours[-1 - end], theirs[-1 - end]) == AGREE:
        end += 1
    middle_ours = ours[start:len(ours) - end]
    middle_theirs = theirs[start:len(theirs) - end]
    pairs = list(zip(ours[:start], theirs[:start]))
    if len(middle_ours) * len(middle_theirs) > CELLS_MAX:
        pairs += align_greedy(middle_ours, middle_theirs)
    else:
        pairs += align_table(middle_ours, middle_theirs)
    return pairs + list(zip(ours[len(ours) - end:], theirs[len(theirs) - end:]))


def align_table(ours, theirs, weight_of=weight):
    """best[i][j] is the weight of the best pairing of ours[i:] with theirs[j:]."""
    best = [[0] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    for i in range(len(ours) - 1, -1, -1):
        for j in range(len(theirs) - 1, -1, -1):
            pair = weight_of(ours[i], theirs[j])
            best[i][j] = max(best[i + 1][j], best[i][j + 1],
                             best[i + 1][j + 1] + pair if pair else 0)
    pairs, i, j = [], 0, 0
    while i < len(ours) and j < len(theirs):
        pair = weight_of(ours[i], theirs[j])
        if pair and best[i][j] == best[i + 1][j + 1] + pair:
            pairs.append((ours[i], theirs[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            pairs.append((ours[i], None))
            i += 1
        else:
            pairs.append((None, theirs[j]))
            j += 1
    return pairs + [(m, None) for m in ours[i:]] + [(None, m) for m in theirs[j:]]


def align_greedy(ours, theirs):
    """Each of ours takes the next of theirs that agrees with it, within its own frames."""
    pairs, j = [], 0
    for message in ours:
        k = j
        while k < len(theirs) and theirs[k].last < message.first:
            k += 1
        if k < len(theirs) and weight(message, theirs[k]) == AGREE:
            pairs += [(None, missed) for missed in theirs[j:k]] + [(message, theirs[k])]
            j = k + 1
        else:
            pairs.append((message, None))
    return pairs + [(None, message) for message in theirs[j:]]
