/* RSTs: which of them the other side can have accepted.
 *
 * A RST is believed until something contradicts it. It must lie in the window (RFC 9293 §3.10.7.4):
 * not before what its receiver has acknowledged anywhere in the capture, not beyond the window it
 * offered. And its receiver must not go on: a segment without RST captured more than a second
 * later, or an acknowledgement of anything beyond the RST, shows that the connection lived. A
 * sender that goes on itself is refuted by the second, once its receiver acknowledges.
 *
 * The alternative, to take every RST as the end, lets one forged packet (or one late one of an
 * earlier connection) end a conversation that the endpoints carried on. */
#include "stream/resets.h"

#define UNDER_WAY NS_PER_SECOND

bool resets_in_window(const Flow *flow, int side, int64_t offset)
{
    const Direction *own = &flow->direction[side];
    return offset >= own->acked && (own->edge == NO_OFFSET || offset <= own->edge);
}

static bool stands(const Flow *flow, int side, const Reset *reset)
{
    return !reset->refuted && resets_in_window(flow, side, reset->fact.stamp.offset);
}

typedef enum Answers { ANSWERS_NOTHING, ANSWERS_BARE, ANSWERS_SEGMENT } Answers;

/* The bare acknowledgement of its own FIN is what its sender waited for: nothing to answer, unless
 * it has forgotten the connection since, as an earlier reset of it shows. */
static Answers answers_bare(const Flow *flow, int side, const Segment *segment, const BareAck *bare)
{
    const FinFact *fin = &flow->facts.half[side].fin;
    if (bare->probe || flow->resets->forgot[side])
        return ANSWERS_SEGMENT;
    if (fin_was_seen(fin) &&
        segment->sequence == connection_sequence(&flow->facts, side, fin->stamp.offset + 1))
        return ANSWERS_NOTHING;
    return ANSWERS_BARE;
}

static Answers answers_something(const Flow *flow, int side, const Segment *segment)
{
    if (segment->flags & TCP_ACK)
        return ANSWERS_SEGMENT;
    const Direction *peer = &flow->direction[!side];
    uint32_t now = flow_ticks(segment->time);
    /* Who acknowledged all of the data long ago knew the connection then. */
    bool answered = peer->received && !flow_ticks_are_near(peer->received_ticks, now);
    for (unsigned i = 0; i < peer->data_ack_count && !answered; i++)
        if (peer->data_acks[i] == segment->sequence)
            return ANSWERS_SEGMENT;
    Answers answers = ANSWERS_NOTHING;
    for (unsigned i = 0; i < peer->bare_ack_count && answers != ANSWERS_SEGMENT; i++)
        if (peer->bare_acks[i].number == segment->sequence &&
            flow_ticks_are_near(peer->bare_acks[i].ticks, now))
            answers = answers_bare(flow, side, segment, &peer->bare_acks[i]);
    return answers;
}

/* Whose receiver has acknowledged more than its number by now: what it says is that its sender
 * knows no such connection. */
static void drop_passed(const Flow *flow, int side)
{
    Reset *list = flow->resets->list[side];
    unsigned kept = 0;
    for (unsigned i = 0; i < flow->resets->count[side]; i++)
        if (list[i].fact.stamp.offset >= flow->direction[side].acked)
            list[kept++] = list[i];
    flow->resets->dropped += flow->resets->count[side] - kept;
    flow->resets->count[side] = kept;
}

/* A reset without ACK flag that says no more than one before it, which is listed. */
static bool says_it_again(const Flow *flow, int side, const Segment *segment, Answers answers)
{
    if ((segment->flags & TCP_ACK) || answers == ANSWERS_NOTHING)
        return false;
    for (unsigned i = 0; i < flow->resets->count[side]; i++) {
        const Reset *reset = &flow->resets->list[side][i];
        if (reset->sequence == segment->sequence && !reset->refuted && reset->fact.answers &&
            reset->fact.stamp.acked == NO_OFFSET)
            return true;
    }
    return false;
}

void resets_arrive(Flow *flow, int side, const Segment *segment, const Item *item)
{
    if (!flow->resets)
        flow->resets = g_new0(Resets, 1);
    Reset *list = flow->resets->list[side];
    unsigned *count = &flow->resets->count[side];
    if (*count == RESETS_MAX)
        drop_passed(flow, side);
    Answers answers = answers_something(flow, side, segment);
    flow->resets->forgot[side] |= !(segment->flags & TCP_ACK);
    if (*count == RESETS_MAX || says_it_again(flow, side, segment, answers))
        return;
    list[(*count)++] = (Reset){
        .fact = {
            .stamp = { .frame = item->frame, .time = item->time, .offset = item->offset,
                       .acked = item->acked, .acked_before = NO_OFFSET,
                       .clock = item->clock },
            .answers = answers != ANSWERS_NOTHING,
            .answers_bare = answers == ANSWERS_BARE,
            .peer_sent = flow->direction[!side].sent,
            .hops = segment->hops,
        },
        .acked = flow->direction[side].acked,
        .later = NO_OFFSET,
        .sequence = segment->sequence,
    };
}

/* Drops the refuted ones before the first that stands, so that there is room for those to come. */
static void forget_refuted(Resets *resets, int side, StreamCounters *counters)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < resets->count[side]; i++) {
        if (resets->list[side][i].refuted && resets->list[side][i].delivered) {
            resets->missing[side] |= !resets->list[side][i].fact.answers;
            counters->resets_ignored++;
        } else {
            resets->list[side][kept++] = resets->list[side][i];
        }
    }
    resets->count[side] = kept;
}

/* Whether the segment shows that its sender goes on after the RST. Nobody goes on with a SYN.
 * What comes from another vantage point than the RST (another input, or as far away as no packet
 * of this side was before) may be late itself: it has to say something new. */
static bool goes_on(const Flow *flow, int side, const Segment *segment, const Item *item,
                    const Reset *reset)
{
    const Stamp *stamp = &reset->fact.stamp;
    if (segment->time <= stamp->time + UNDER_WAY || (segment->flags & TCP_SYN))
        return false;
    bool elsewhere = frame_input(segment->frame) != frame_input(stamp->frame) ||
                     flow->facts.half[side].hops.mixed;
    int64_t end = item->offset + item->length + (segment->flags & TCP_FIN ? 1 : 0);
    return !elsewhere || end > item->sent_before || item->acked > reset->acked;
}

/* What the sender of a RST sent behind it arrived behind it: if it was acknowledged, whoever did
 * that had not accepted the RST. */
static bool acknowledges_later(const Reset *reset, const Item *item)
{
    return reset->later != NO_OFFSET && item->acked > MAX(reset->acked, reset->later);
}

static void note_later(Flow *flow, int side, const Segment *segment, const Item *item)
{
    for (unsigned i = 0; item->length && i < flow->resets->count[side]; i++) {
        Reset *reset = &flow->resets->list[side][i];
        if (reset->later == NO_OFFSET && segment->time - reset->fact.stamp.time > RESET_REORDER)
            reset->later = item->offset;
    }
}

/* `side` sent this segment: what does it say about the RSTs that it had received? */
void resets_check(Flow *flow, int side, const Segment *segment, const Item *item,
                  StreamCounters *counters)
{
    if (!flow->resets || (segment->flags & TCP_RST))
        return;
    bool refuted = false;
    note_later(flow, side, segment, item);
    for (unsigned i = 0; i < flow->resets->count[!side]; i++) {
        Reset *reset = &flow->resets->list[!side][i];
        const Stamp *stamp = &reset->fact.stamp;
        bool went_on = goes_on(flow, side, segment, item, reset);
        if (went_on)
            reset->refuted = true;
        if (went_on && flow->facts.ignored_reset == 0)
            flow->facts.ignored_reset = stamp->frame;
        if (item->acked != NO_OFFSET &&
            (item->acked > stamp->offset || acknowledges_later(reset, item)))
            reset->refuted = true;
        if (segment->time <= stamp->time + RESET_REORDER && (segment->flags & TCP_ACK) &&
            segment->acknowledgement == reset->sequence) {
            if (!reset->fact.answers)
                reset->fact.answers_next = segment->frame;
            reset->fact.answers = true;
            reset->fact.answers_bare = false;
        }
        refuted |= reset->refuted;
    }
    if (refuted)
        forget_refuted(flow->resets, !side, counters);
}

static Reset *find(const Flow *flow, int side, FrameId frame)
{
    if (!flow->resets)
        return NULL;
    for (unsigned i = 0; i < flow->resets->count[side]; i++)
        if (flow->resets->list[side][i].fact.stamp.frame == frame)
            return &flow->resets->list[side][i];
    return NULL;
}

void resets_deliver(Flow *flow, int side, const Item *item, const Stamp *stamp)
{
    Reset *reset = find(flow, side, item->frame);
    if (reset) {
        reset->fact.stamp = *stamp;
        reset->delivered = true;
    }
}

bool resets_refuted(const Flow *flow, int side, const Item *item)
{
    const Reset *reset = find(flow, side, item->frame);
    return !reset || !stands(flow, side, reset);
}

const Reset *resets_standing(const Flow *flow)
{
    const Reset *earliest = NULL;
    for (int side = 0; flow->resets && side < 2; side++) {
        for (unsigned i = 0; i < flow->resets->count[side]; i++) {
            const Reset *reset = &flow->resets->list[side][i];
            if (stands(flow, side, reset) &&
                (!earliest || reset->fact.stamp.time < earliest->fact.stamp.time))
                earliest = reset;
        }
    }
    return earliest;
}

uint64_t resets_count_ignored(const Flow *flow)
{
    uint64_t ignored = flow->resets ? flow->resets->dropped : 0;
    for (int side = 0; flow->resets && side < 2; side++)
        for (unsigned i = 0; i < flow->resets->count[side]; i++)
            ignored += !stands(flow, side, &flow->resets->list[side][i]);
    return ignored;
}

/* Whoever answers without ACK flag knows the connection no more, and sends none with it: a RST of
 * the same number or more with the flag went ahead of it, though it was captured a moment later.
 * */
static const Reset *sent_before(const Flow *flow, int side, const Reset *bare)
{
    const Reset *end = flow->resets->list[side] + flow->resets->count[side];
    const Stamp *stamp = &bare->fact.stamp;
    if (stamp->acked != NO_OFFSET)
        return bare;
    for (const Reset *other = bare + 1; other < end; other++)
        if (other->fact.stamp.acked != NO_OFFSET && other->fact.stamp.offset >= stamp->offset &&
            other->fact.stamp.time - stamp->time <= RESET_REORDER && other->delivered &&
            stands(flow, side, other))
            return other;
    return bare;
}

static RstFact accepted_from(const Flow *flow, int side)
{
    for (unsigned i = 0; i < flow->resets->count[side]; i++) {
        const Reset *reset = &flow->resets->list[side][i];
        if (reset->delivered && stands(flow, side, reset))
            return sent_before(flow, side, reset)->fact;
    }
    return (RstFact){ 0 };
}

static bool answers_missing(const Flow *flow, int side)
{
    for (unsigned i = 0; i < flow->resets->count[side]; i++) {
        const Reset *reset = &flow->resets->list[side][i];
        if (reset->delivered && stands(flow, side, reset) && !reset->fact.answers)
            return true;
    }
    return false;
}

void resets_publish(Flow *flow)
{
    for (int side = 0; flow->resets && side < 2; side++) {
        flow->facts.half[side].rst = accepted_from(flow, side);
        flow->facts.half[side].answers_missing = answers_missing(flow, side);
        flow->facts.half[side].ignored_answers_missing = flow->resets->missing[side];
    }
}
