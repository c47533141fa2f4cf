/* Endpoints are used again, and the capture may lack any part of the handshake.
 *
 * A known pair of endpoints begins a new connection by a SYN with another initial number: at
 * once, if the old connection had ended. If not, the SYN may be a stray one, which a living
 * connection answers with an acknowledgement of its own (RFC 9293 §3.10.7.4), so it is kept
 * aside until a SYN-ACK acknowledges it, or, where the capture lacks that, later segments go on
 * from it. */
#include "stream/belonging.h"

#include "stream/kept_syn.h"
#include "stream/seq.h"

bool belonging_may_begin(const Flow *flow, int side, uint32_t number)
{
    const Direction *direction = &flow->direction[side];
    const Half *half = &flow->facts.half[side];
    if (!direction->base_known || half->base == number)
        return true;
    int64_t ahead = seq_distance(number, half->base);
    return direction->shift == WINDOW_UNSEEN && half->next == 0 && ahead > 0 && ahead < FLOW_NEAR;
}

bool belonging_answers_syn(const Flow *flow, int side, const Segment *segment)
{
    const Direction *own = &flow->direction[side], *peer = &flow->direction[!side];
    return flow->state != FLOW_FINAL && own->base_known && own->shift == WINDOW_UNSEEN &&
           flow->facts.half[side].next == 0 && peer->base_known && peer->shift != WINDOW_UNSEEN &&
           segment->acknowledgement == flow->facts.half[!side].base;
}

bool belonging_continues(const Flow *flow, int side, const Segment *segment)
{
    const Direction *own = &flow->direction[side], *peer = &flow->direction[!side];
    const Half *half = &flow->facts.half[side], *other = &flow->facts.half[!side];
    if (half->seen || !(own->base_known || (segment->flags & TCP_ACK)))
        return false;
    if (own->base_known && ABS(seq_distance(half->base, segment->sequence)) >= FLOW_NEAR)
        return false;
    uint32_t sent = other->base + (uint32_t)peer->sent;
    return !peer->base_known || !(segment->flags & TCP_ACK) ||
           ABS(seq_distance(sent, segment->acknowledgement)) < FLOW_NEAR;
}

bool belonging_is_astray(const Flow *flow, int side, const Segment *segment)
{
    const Connection *facts = &flow->facts;
    const Direction *opener = &flow->direction[0];
    if (flow->state != FLOW_LIVE || flow->spoke || flow->succeeds || flow->resets || facts->owner ||
        !facts->opener_known || opener->shift == WINDOW_UNSEEN ||
        flow->direction[1].shift != WINDOW_UNSEEN || facts->half[0].next != 0 ||
        facts->half[1].next != 0 || (segment->flags & (TCP_SYN | TCP_RST | TCP_ACK)) != TCP_ACK)
        return false;
    /* What has no data may be the answer to the SYN of a peer that forgot the connection, or a
     * straggler. */
    if (segment->length == 0)
        return false;
    uint32_t number = side == 0 ? segment->sequence : segment->acknowledgement;
    int64_t ahead = seq_distance(facts->half[0].base - 1, number);
    return ahead < 0 || ahead >= FLOW_NEAR;
}

ConnectionEnd belonging_end_before(const Flow *flow, const Segment *segment)
{
    int side = flow_sender(flow, segment) == 0 ? 0 : 1;
    if (flow->facts.opener_known || !flow->direction[side].base_known)
        return CONNECTION_REPLACED;
    int64_t ahead = seq_distance(segment->sequence, flow->facts.half[side].base);
    return ahead > 0 && ahead < FLOW_NEAR ? CONNECTION_TORN : CONNECTION_REPLACED;
}

static Belonging belonging_of_syn(const Flow *flow, int side, const Segment *segment)
{
    uint32_t first = segment->sequence + 1;
    bool begun =
        flow->spoke && flow->direction[side].base_known && flow->facts.half[side].base != first;
    if (!begun && belonging_may_begin(flow, side, first))
        return BELONGS;
    return flow_has_ended(flow) ? BEGINS : BELONGS_NOT;
}

/* Whether a number lies beyond the window of its receiver, or before all that was sent. */
static bool lies_outside(const Flow *flow, int side, uint32_t number)
{
    const Direction *direction = &flow->direction[side];
    const Half *half = &flow->facts.half[side];
    if (!direction->base_known || direction->edge == NO_OFFSET)
        return false;
    int64_t offset = seq_offset(half->base, half->next, number);
    return offset > direction->edge || offset < 0;
}

static Belonging belonging_of_syn_ack(const Flow *flow, int side, const Segment *segment)
{
    const KeptSyn *kept = flow->kept;
    if (kept && is_syn(&kept->segment) && kept->side != side &&
        segment->acknowledgement == kept->segment.sequence + 1)
        return CONFIRMS;
    if (belonging_may_begin(flow, side, segment->sequence + 1) &&
        belonging_may_begin(flow, !side, segment->acknowledgement))
        return BELONGS;
    if (belonging_answers_syn(flow, side, segment))
        return BELONGS;
    /* After a teardown, or of a SYN that the capture lacks, long after one that nobody answered. */
    bool given_up =
        !flow->facts.half[side].seen && segment->time > flow->facts.last_time + RESET_SETTLES;
    return flow_has_ended(flow) || given_up ? BEGINS : BELONGS_NOT;
}

/* Of a SYN-ACK: its own number and the acknowledged one are none of this connection. */
static bool both_differ(const Flow *flow, int side, const Segment *segment)
{
    const Half *half = flow->facts.half;
    return flow->direction[side].base_known && flow->direction[!side].base_known &&
           half[side].base != segment->sequence + 1 && half[!side].base != segment->acknowledgement;
}

bool belonging_may_begin_next(const Flow *flow, int side, const Segment *segment)
{
    if (!is_syn_ack(segment))
        return is_syn(segment);
    return !flow->kept && both_differ(flow, side, segment);
}

static bool lies_far(uint32_t base, uint32_t number)
{
    int64_t ahead = seq_distance(base, number);
    return ahead < -1 || ahead >= FLOW_NEAR;
}

/* What may come between a SYN and its SYN-ACK: the peer still has an old connection, and
 * acknowledges numbers of that one (RFC 9293 §3.5.1); the opener answers with a RST of the
 * number that it was told. Neither says anything about the connection to be. */
static bool is_of_half_open(const Flow *flow, int side, const Segment *segment)
{
    const Half *opener = &flow->facts.half[0];
    if (flow->spoke || !flow->facts.opener_known || flow->direction[0].shift == WINDOW_UNSEEN ||
        flow->facts.half[1].seen || segment->length || opener->next != 0)
        return false;
    uint8_t kind = segment->flags & (TCP_ACK | TCP_RST | TCP_FIN);
    if (side == 1)
        return kind == TCP_ACK && lies_far(opener->base, segment->acknowledgement);
    return kind == TCP_RST && lies_far(opener->base, segment->sequence);
}

/* What follows the handshake of which one half was kept aside, and the other is not in the
 * capture. */
static bool confirms_kept(const Flow *flow, int side, const Segment *segment)
{
    const KeptSyn *kept = flow->kept;
    if (!kept || !(segment->flags & TCP_ACK) || (segment->flags & TCP_RST))
        return false;
    uint32_t number = kept->side == side ? segment->sequence : segment->acknowledgement;
    int64_t ahead = seq_distance(kept->segment.sequence, number);
    if (!lies_outside(flow, kept->side, kept->segment.sequence + 1))
        return ahead == 1 && number != flow->facts.half[kept->side].base;
    return ahead > 0 && ahead < FLOW_NEAR;
}

/* How far a number lies from the last of a direction. */
static int64_t beyond_last(const Flow *flow, int side, uint32_t number)
{
    const Direction *direction = &flow->direction[side];
    int64_t last = MAX(direction->sent, direction->acked);
    return seq_distance(flow->facts.half[side].base + (uint32_t)last, number);
}

/* Whether the numbers in both directions are so far from this connection's that its window explains
 * neither. */
static bool both_are_far(const Flow *flow, int side, const Segment *segment)
{
    if (!(segment->flags & TCP_ACK) || (segment->flags & TCP_RST) ||
        !flow->direction[0].base_known || !flow->direction[1].base_known)
        return false;
    int64_t own = beyond_last(flow, side, segment->sequence);
    int64_t peer = beyond_last(flow, !side, segment->acknowledgement);
    return ABS(own) >= FLOW_NEAR && ABS(peer) >= FLOW_NEAR;
}

/* Whether it acknowledges more than the peer's FIN, and lies beyond all that its own side had sent:
 * numbers of the next connection, near those of this one. */
static bool passes_fin(const Flow *flow, int side, const Segment *segment)
{
    const FinFact *fin = &flow->facts.half[!side].fin;
    if (!(segment->flags & TCP_ACK) || (segment->flags & TCP_RST) || !fin_was_seen(fin) ||
        !flow->facts.half[side].seen)
        return false;
    uint32_t past = connection_sequence(&flow->facts, !side, fin->stamp.offset + 1);
    return seq_distance(past, segment->acknowledgement) > 0 &&
           beyond_last(flow, side, segment->sequence) > 0;
}

static Belonging belonging_of_others(const Flow *flow, int side, const Segment *segment)
{
    if (is_of_half_open(flow, side, segment))
        return BELONGS_NOT;
    if (confirms_kept(flow, side, segment))
        return CONFIRMS;
    if (passes_fin(flow, side, segment))
        return BEGINS;
    if (!both_are_far(flow, side, segment))
        return BELONGS;
    return segment->length ? BEGINS : BELONGS_NOT;
}

Belonging belonging_of(const Flow *flow, int side, const Segment *segment)
{
    if (!(segment->flags & TCP_SYN))
        return belonging_of_others(flow, side, segment);
    return segment->flags & TCP_ACK ? belonging_of_syn_ack(flow, side, segment)
                                    : belonging_of_syn(flow, side, segment);
}

bool belonging_straggles(const Flow *flow, int side, const Segment *segment)
{
    if (segment->flags & TCP_SYN)
        return belonging_of(flow, side, segment) == BELONGS;
    if (passes_fin(flow, side, segment))
        return false;
    const Half *half = &flow->facts.half[side];
    uint32_t end = half->base + (uint32_t)half->next;
    return ABS(seq_distance(end, segment->sequence)) < FLOW_NEAR;
}
