/* Delivers the segments of one connection in causal order.
 *
 * A segment waits for two things: the bytes before it in its own direction, and the bytes of the
 * other direction that it acknowledges. On the path that nearly every segment takes, both stand
 * already, and it is delivered from where it lies, without a copy. Otherwise it is copied into the
 * queue of its direction: an array sorted by place, where a binary search and one memmove put it.
 * (A tree would do the same with an allocation more; a list would be quadratic for whoever sends
 * thousands of segments backwards.) Segments at the same place come as they were sent: empty ones
 * first, in the order of what they acknowledge, then a RST, then data. Only the heads of the two
 * queues can become deliverable.
 *
 * A hole is shown by the head of its own direction (it lies beyond) or by the head of the other one
 * (it acknowledges more). It is given up when the peer acknowledged past it, or was never seen, and
 * it has outlived the disorder that captures bring along: HOLE_AGE and HOLE_SEGMENTS since it
 * showed, since that acknowledgement, and since the place before it last moved. The clock is that
 * of the connection's own segments, so that nothing else in the capture decides. A hole of exactly
 * one offset with nothing behind it may be a FIN: then FIN_IMPLIED is what is known, and `next`
 * stays.
 *
 * Each direction's head may wait for the other's bytes although both are at hand (each acknowledges
 * the other: impossible, so somebody made it up): the one captured first goes.
 *
 * Overlaps: what was delivered first counts. Whether two versions differ is seen where both are
 * at hand: against the next few segments that are held. Bytes delivered are not kept. */
#include "stream/reassembly.h"

#include "stream/memory.h"
#include "stream/resets.h"

#define HOLE_AGE (20 * NS_PER_MS)
#define HOLE_SEGMENTS 3
#define COMPARED 4

typedef struct Hole {
    int64_t upto;
    const Item *own;  /* the head that lies beyond */
    const Item *peer; /* the head that acknowledges more */
} Hole;

static void advance(Flow *flow, int side, int64_t next)
{
    flow->facts.half[side].next = next;
    flow->direction[side].quiet_acked = NO_OFFSET;
    flow->direction[side].bare_acked = 0;
    if (flow->backlog && flow->backlog->bytes) {
        flow->backlog->moved_time[side] = flow->facts.last_time;
        flow->backlog->moved_order[side] = flow->order;
    }
}

static StreamEvent *add_event(Sink *sink, Flow *flow, StreamEventKind kind, int side,
                              const Stamp *stamp)
{
    g_assert(sink->count < SINK_EVENTS);
    flow->spoke = flow->spoke || kind == STREAM_DATA || kind == STREAM_GAP;
    StreamEvent *event = &sink->events[sink->count++];
    *event = (StreamEvent){ .kind = kind,
                            .side = side,
                            .connection = &flow->facts,
                            .stamp = *stamp,
                            .quiet_acked = NO_OFFSET };
    return event;
}

/* The first COMPARED held segments against one that is delivered before them. */
static void compare_overlap(Sink *sink, Flow *flow, int side, const Item *item)
{
    const Queue *queue = &flow->backlog->queue[side];
    for (uint32_t i = 0; i < MIN(queue->count, COMPARED); i++) {
        const Item *other = queue->items[queue->first + i];
        int64_t begin = MAX(item->offset, other->offset);
        int64_t end = MIN(item->offset + item->captured, other->offset + other->captured);
        if (begin < end &&
            memcmp(item->bytes + (begin - item->offset), other->bytes + (begin - other->offset),
                   (size_t)(end - begin)) != 0) {
            if (!flow->facts.overlap_conflict) {
                flow->facts.overlap_frames[0] = item->frame;
                flow->facts.overlap_frames[1] = other->frame;
            }
            flow->facts.overlap_conflict = true;
            sink->counters.overlap_conflicts++;
            return;
        }
    }
}

static unsigned scale_known(const Flow *flow, int side, const Item *item)
{
    int own = flow->direction[side].shift, peer = flow->direction[!side].shift;
    if ((item->flags & TCP_SYN) || own < 0 || peer < 0)
        return 0;
    return (unsigned)own;
}

/* `side` acknowledges: what had reached it, and since when the other side is free to send. */
static void deliver_acknowledgement(Flow *flow, int side, const Item *item, int64_t acked)
{
    Half *peer = &flow->facts.half[!side];
    Direction *direction = &flow->direction[!side];
    bool stale = acked < peer->acked; /* RFC 9293 §3.10.7.4: what it says of the window is too */
    peer->acked = MAX(peer->acked, acked);
    if (stale || (item->flags & TCP_RST))
        return;
    int64_t room = (int64_t)item->window << scale_known(flow, side, item);
    bool free = peer->acked >= peer->next && room >= MAX(direction->full, 1);
    if (free && !direction->free)
        direction->free_since = item->time;
    direction->free = free;
}

static void deliver_fin(Sink *sink, Flow *flow, int side, FinProof proof, const Stamp *stamp)
{
    flow->facts.half[side].fin = (FinFact){ .proof = proof, .stamp = *stamp };
    add_event(sink, flow, STREAM_FIN, side, stamp);
}

/* What was taken for a FIN was a byte. */
static void take_back_fin(Flow *flow, int side)
{
    FinFact *fin = &flow->facts.half[side].fin;
    if (fin->proof != FIN_IMPLIED)
        return;
    *fin = (FinFact){ .proof = FIN_NONE };
    if (flow->state == FLOW_SETTLING)
        flow->state = FLOW_LIVE;
}

static void note_gap(Flow *flow, int side, int64_t begin, int64_t end)
{
    Range *gaps = flow_backlog(flow)->gaps[side];
    memmove(gaps, gaps + 1, (GAPS_REMEMBERED - 1) * sizeof *gaps);
    gaps[GAPS_REMEMBERED - 1] = (Range){ begin, end };
}

/* Bytes that had been delivered or given up already. */
static void count_old(Sink *sink, const Flow *flow, int side, int64_t begin, int64_t end)
{
    int64_t late = 0;
    for (int i = 0; flow->backlog && i < GAPS_REMEMBERED; i++) {
        const Range *gap = &flow->backlog->gaps[side][i];
        int64_t from = MAX(begin, gap->begin), to = MIN(end, gap->end);
        if (from < to)
            late += to - from;
    }
    sink->counters.late_bytes += (uint64_t)late;
    sink->counters.retransmitted_bytes += (uint64_t)(end - begin - late);
}

/* New bytes [begin, end) of the item; those that the snap length cut become a gap. */
static void deliver_new(Sink *sink, Flow *flow, int side, const Item *item, Stamp stamp,
                        int64_t begin, int64_t end)
{
    Half *own = &flow->facts.half[side];
    Direction *direction = &flow->direction[side];
    int64_t there = CLAMP(item->offset + item->captured, begin, end);
    take_back_fin(flow, side);
    if (there > begin) {
        stamp.offset = begin;
        StreamEvent *event = add_event(sink, flow, STREAM_DATA, side, &stamp);
        event->data = span_make(item->bytes + (begin - item->offset), (size_t)(there - begin));
        event->segment_start = begin == item->offset;
        event->resent = item->sent_before > begin && !item->swapped;
        event->quiet_acked = direction->quiet_acked;
        event->bare_acked = direction->bare_acked;
        if (direction->free)
            event->free_to_send = MAX(item->time - direction->free_since, 0);
    }
    if (end > there) {
        stamp.offset = there;
        StreamEvent *event = add_event(sink, flow, STREAM_GAP, side, &stamp);
        event->gap = end - there;
        event->reason = REASON_SNAPLEN;
        sink->counters.cut_bytes += (uint64_t)(end - there);
    }
    own->payload += (uint64_t)(end - begin);
    own->high = MAX(own->high, end);
    direction->free = false;
    direction->full = MAX(direction->full, item->length);
    advance(flow, side, end);
}

static bool is_probe(const Item *item, int64_t next)
{
    return item->length <= 1 && item->offset == next - 1 &&
           !(item->flags & (TCP_SYN | TCP_FIN | TCP_RST));
}

static void deliver_payload(Sink *sink, Flow *flow, int side, const Item *item, const Stamp *stamp)
{
    Half *own = &flow->facts.half[side];
    int64_t begin = item->offset, end = begin + item->length;
    if (is_probe(item, own->next))
        return;
    if (flow->backlog && flow->backlog->queue[side].count)
        compare_overlap(sink, flow, side, item);
    if (fin_was_seen(&own->fin) && end > own->fin.stamp.offset) {
        int64_t c = own->fin.stamp.offset;
        sink->counters.bytes_after_fin += (uint64_t)(end - MAX(begin, c));
        end = c;
    }
    if (begin < own->next && begin < end) {
        count_old(sink, flow, side, begin, MIN(end, own->next));
        if (begin < own->acked) /* it has not received that acknowledgement, and waits for it */
            flow->direction[side].free = false;
    }
    if (end > own->next)
        deliver_new(sink, flow, side, item, *stamp, MAX(begin, own->next), end);
}

/* No copy of a FIN acknowledges less than its first transmission did. */
static void bound_fin(Half *own, const Stamp *copy)
{
    Stamp *known = &own->fin.stamp;
    if (copy->acked == NO_OFFSET || known->acked == NO_OFFSET || copy->acked >= known->acked)
        return;
    known->acked = copy->acked;
    known->acked_before = MIN(known->acked_before, copy->acked);
}

static void deliver_fin_flag(Sink *sink, Flow *flow, int side, const Item *item, Stamp stamp)
{
    Half *own = &flow->facts.half[side];
    int64_t c = item->offset + item->length;
    /* Its peer's acknowledgement was given time to be overtaken: this is no first transmission. */
    bool again = item->sent_before > c || own->fin.proof == FIN_IMPLIED;
    FinProof proof = again ? FIN_RETRANSMITTED : FIN_SEEN;
    if (fin_was_seen(&own->fin)) {
        if (c == own->fin.stamp.offset)
            bound_fin(own, &stamp);
        /* The retransmission came with bytes that filled a hole and so was delivered first. */
        if (c != own->fin.stamp.offset || !stamp_precedes(&stamp, &own->fin.stamp))
            return;
    } else if (c != own->next) {
        return;
    }
    stamp.offset = c;
    deliver_fin(sink, flow, side, proof, &stamp);
}

static void note_witness(Flow *flow, int side, const Item *item)
{
    Half *own = &flow->facts.half[side];
    if (item->witness && own->fin.proof == FIN_NONE && item->time >= own->open_time &&
        frame_precedes(own->open_frame, own->open_time, item->frame, item->time)) {
        own->open_frame = item->frame;
        own->open_time = item->time;
        own->open_clock = item->clock;
    }
}

static void note_quiet(Flow *flow, int side, const Item *item)
{
    const Half *own = &flow->facts.half[side];
    Direction *direction = &flow->direction[side];
    bool bare = !item->length && (item->flags & (TCP_ACK | TCP_SYN | TCP_FIN)) == TCP_ACK;
    if (!bare || item->offset != own->next)
        return;
    direction->bare_acked = MAX(direction->bare_acked, item->acked);
    if (own->acked >= own->next)
        direction->quiet_acked = MAX(direction->quiet_acked, item->acked);
}

/* Both FINs acknowledged, or a RST that stands. A FIN that only the peer's acknowledgement shows
 * may yet turn out to be a byte. */
static void note_end(Flow *flow)
{
    bool seen = true;
    for (int side = 0; side < 2; side++) {
        const Half *half = &flow->facts.half[side];
        if (half->fin.proof == FIN_NONE || half->acked <= half->fin.stamp.offset)
            return;
        seen = seen && fin_was_seen(&half->fin);
    }
    if (seen) {
        flow->state = FLOW_FINAL;
    } else if (flow->state == FLOW_LIVE) {
        flow->state = FLOW_SETTLING;
    }
}

static void deliver(Sink *sink, Flow *flow, int side, const Item *item)
{
    Half *peer = &flow->facts.half[!side];
    int64_t acked = item->acked;
    if (acked != NO_OFFSET && fin_was_seen(&peer->fin))
        acked = MIN(acked, peer->fin.stamp.offset + 1);
    Stamp stamp = { .frame = item->frame,
                    .time = item->time,
                    .offset = item->offset,
                    .acked = acked,
                    .acked_before = peer->acked,
                    .clock = item->clock };
    bool reset = item->flags & TCP_RST;
    Half *own = &flow->facts.half[side];
    if (item->time >= own->last_time) {
        own->last_time = item->time;
        own->last_acked = acked;
    }
    if (acked != NO_OFFSET && !(reset && resets_refuted(flow, side, item)))
        deliver_acknowledgement(flow, side, item, acked);
    if (reset) {
        resets_deliver(flow, side, item, &stamp);
        add_event(sink, flow, STREAM_RST, side, &stamp);
    } else {
        note_witness(flow, side, item);
        note_quiet(flow, side, item);
        if (item->length)
            deliver_payload(sink, flow, side, item, &stamp);
        if (item->flags & TCP_FIN)
            deliver_fin_flag(sink, flow, side, item, stamp);
    }
    note_end(flow);
}

void reassembly_deliver_plainly(Sink *sink, Flow *flow, int side, const Item *item)
{
    Half *own = &flow->facts.half[side];
    int64_t acked_before = flow->facts.half[!side].acked;
    own->last_time = item->time;
    own->last_acked = item->acked;
    deliver_acknowledgement(flow, side, item, item->acked);
    note_witness(flow, side, item);
    note_quiet(flow, side, item);
    if (!item->length)
        return;
    Stamp stamp = { .frame = item->frame,
                    .time = item->time,
                    .offset = item->offset,
                    .acked = item->acked,
                    .acked_before = acked_before,
                    .clock = item->clock };
    deliver_new(sink, flow, side, item, stamp, item->offset, item->offset + item->length);
}

/* Empty segments, then RSTs, then those that occupy offsets. */
static int rank(const Item *item)
{
    if (item->flags & TCP_RST)
        return 1;
    return item->length || (item->flags & TCP_FIN) ? 2 : 0;
}

static bool comes_before(const Item *a, const Item *b)
{
    if (a->at != b->at)
        return a->at < b->at;
    if (rank(a) != rank(b))
        return rank(a) < rank(b);
    if (a->acked != b->acked)
        return a->acked < b->acked;
    return a->order < b->order;
}

/* Whether bytes of its own direction are missing before it. */
static bool lies_beyond(const Flow *flow, int side, const Item *item)
{
    const Half *own = &flow->facts.half[side];
    if (item->offset <= own->next || fin_was_seen(&own->fin))
        return false;
    return own->fin.proof == FIN_NONE || rank(item) == 2 || item->offset > own->next + 1;
}

/* Whether it acknowledges bytes that are not there yet. */
static bool runs_ahead(const Flow *flow, int side, const Item *item)
{
    const Half *peer = &flow->facts.half[!side];
    return item->acked > peer->next + (peer->fin.proof != FIN_NONE) && !fin_was_seen(&peer->fin);
}

static uint32_t place_for(const Queue *queue, const Item *item)
{
    uint32_t low = 0, high = queue->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (comes_before(queue->items[queue->first + middle], item))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void queue_make_room(Queue *queue)
{
    if (queue->first + queue->count < queue->capacity)
        return;
    if (queue->first > queue->capacity / 2) {
        memmove(queue->items, queue->items + queue->first, queue->count * sizeof *queue->items);
        queue->first = 0;
        return;
    }
    queue->capacity = MAX(queue->capacity * 2, 8);
    queue->items = g_renew(Item *, queue->items, queue->capacity);
}

static bool repeats(const Item *held, const Item *item)
{
    return item->length && held->offset == item->offset && held->length == item->length &&
           held->flags == item->flags && held->acked == item->acked &&
           held->captured >= item->captured &&
           memcmp(held->bytes, item->bytes, item->captured) == 0;
}

bool reassembly_hold(Sink *sink, Flow *flow, int side, const Item *item)
{
    Backlog *backlog = flow_backlog(flow);
    Queue *queue = &backlog->queue[side];
    Budget *budget = flow->budget;
    uint32_t at = place_for(queue, item);
    if (at > 0 && repeats(queue->items[queue->first + at - 1], item)) {
        sink->counters.retransmitted_bytes += item->length;
        return true;
    }
    size_t cost = sizeof(Item) + item->captured;
    if (queue->count >= HELD_SEGMENTS_MAX || !memory_has_room(budget, backlog->bytes, cost))
        return false;
    Item *held = g_malloc(cost);
    *held = *item;
    held->bytes = (const uint8_t *)(held + 1);
    if (item->captured)
        memcpy(held + 1, item->bytes, item->captured);
    queue_make_room(queue);
    Item **place = queue->items + queue->first + at;
    memmove(place + 1, place, (queue->count - at) * sizeof *place);
    *place = held;
    queue->count++;
    backlog->bytes += cost;
    budget->held += cost;
    bool beyond = lies_beyond(flow, side, item);
    if (beyond && item->offset >= flow->direction[side].acked) /* lower ones were probes */
        flow->direction[side].lower = false;
    if (item->length && beyond)
        sink->counters.out_of_order_segments++;
    return true;
}

/* Delivers the head of a queue; its bytes live on as the sink's. */
static void deliver_head(Sink *sink, Flow *flow, int side)
{
    Queue *queue = &flow->backlog->queue[side];
    Item *item = queue->items[queue->first++];
    queue->count--;
    size_t cost = sizeof(Item) + item->captured;
    flow->backlog->bytes -= cost;
    flow->budget->held -= cost;
    g_free(sink->spent);
    sink->spent = item;
    deliver(sink, flow, side, item);
}

/* Delivers a head that waits for nothing. If both do, the one captured first. */
static bool deliver_ready(Sink *sink, Flow *flow)
{
    int chosen = -1;
    for (int side = 0; side < 2; side++) {
        const Item *head = backlog_head(flow->backlog, side);
        if (head && !lies_beyond(flow, side, head) && !runs_ahead(flow, side, head) &&
            (chosen < 0 || head->order < backlog_head(flow->backlog, 0)->order))
            chosen = side;
    }
    if (chosen >= 0)
        deliver_head(sink, flow, chosen);
    return chosen >= 0;
}

/* Two heads, each in order in its own direction, each acknowledging the other. */
static bool break_deadlock(Sink *sink, Flow *flow)
{
    const Item *a = backlog_head(flow->backlog, 0), *b = backlog_head(flow->backlog, 1);
    if (!a || !b || lies_beyond(flow, 0, a) || lies_beyond(flow, 1, b))
        return false;
    deliver_head(sink, flow, a->order < b->order ? 0 : 1);
    return true;
}

static bool find_hole(const Flow *flow, int side, Hole *ret_hole)
{
    const Half *half = &flow->facts.half[side];
    const Item *own = backlog_head(flow->backlog, side), *peer = backlog_head(flow->backlog, !side);
    *ret_hole = (Hole){ .upto = INT64_MAX };
    if (own && lies_beyond(flow, side, own)) {
        ret_hole->own = own;
        ret_hole->upto = own->offset;
    } else if (own) {
        return false; /* it waits for the other direction */
    }
    if (peer && runs_ahead(flow, !side, peer)) {
        ret_hole->peer = peer;
        ret_hole->upto = MIN(ret_hole->upto, peer->acked);
    }
    return (ret_hole->own || ret_hole->peer) && ret_hole->upto > half->next;
}

/* Whether the peer acknowledged past the hole; since when, is remembered. */
static bool was_passed(Flow *flow, int side)
{
    const Half *half = &flow->facts.half[side];
    Backlog *backlog = flow->backlog;
    if (flow->direction[side].acked <= half->next + (half->fin.proof != FIN_NONE))
        return false;
    if (!backlog->passed_order[side] || backlog->passed_next[side] != half->next) {
        backlog->passed_time[side] = flow->facts.last_time;
        backlog->passed_order[side] = flow->order;
        backlog->passed_next[side] = half->next;
    }
    return true;
}

/* Whether the disorder of a capture does not explain the hole any more. An acknowledgement that
 * passed it counts from its own time: what filled the hole there may be captured after it, here. */
static bool outlived(const Flow *flow, int side, const Hole *hole, bool passed)
{
    const Backlog *backlog = flow->backlog;
    const Item *own = hole->own, *peer = hole->peer;
    const Item *first = !peer || (own && own->order < peer->order) ? own : peer;
    Nanoseconds since = MAX(first->time, backlog->moved_time[side]);
    uint32_t order = MAX(first->order, backlog->moved_order[side]);
    if (passed) {
        since = MAX(since, backlog->passed_time[side]);
        order = MAX(order, backlog->passed_order[side]);
    }
    return flow->facts.last_time - since >= HOLE_AGE && flow->order - order >= HOLE_SEGMENTS;
}

static bool may_give_up(Flow *flow, int side, Hole *hole)
{
    bool passed = was_passed(flow, side);
    if (!outlived(flow, side, hole, passed))
        return false;
    if (!flow->facts.half[!side].seen)
        return flow->backlog->queue[side].count > HOLE_SEGMENTS;
    if (!passed)
        return false;
    hole->upto = MIN(hole->upto, flow->direction[side].acked);
    return true;
}

static void give_up(Sink *sink, Flow *flow, int side, const Hole *hole, Reason reason)
{
    Half *half = &flow->facts.half[side];
    bool own = hole->own && (!hole->peer || hole->own->order < hole->peer->order);
    const Item *shown = own ? hole->own : hole->peer ? hole->peer : hole->own;
    Stamp stamp = { .frame = shown->frame,
                    .time = shown->time,
                    .offset = half->next,
                    .acked = own ? shown->acked : NO_OFFSET,
                    .acked_before = flow->facts.half[!side].acked,
                    .clock = shown->clock };
    if (hole->upto == half->next + 1 && half->fin.proof == FIN_NONE &&
        flow->direction[side].sent <= hole->upto) {
        deliver_fin(sink, flow, side, FIN_IMPLIED, &stamp);
        note_end(flow);
        return;
    }
    take_back_fin(flow, side);
    int64_t length = hole->upto - half->next;
    StreamEvent *event = add_event(sink, flow, STREAM_GAP, side, &stamp);
    event->gap = length;
    event->reason = reason == REASON_LOSS && flow->fragments_given_up ? REASON_LIMIT : reason;
    flow->facts.limited = flow->facts.limited || event->reason == REASON_LIMIT;
    sink->counters.gaps++;
    sink->counters.gap_bytes += (uint64_t)length;
    note_gap(flow, side, half->next, hole->upto);
    half->fin_in_gap = stamp;
    half->fin_in_gap.offset = hole->upto - 1;
    flow->direction[side].free = false;
    advance(flow, side, hole->upto);
}

/* A RST that its receiver cannot have accepted shows no hole. */
static bool pass_over_reset(Sink *sink, Flow *flow, int side)
{
    const Item *head = backlog_head(flow->backlog, side);
    if (!head || !(head->flags & TCP_RST) || !resets_refuted(flow, side, head))
        return false;
    deliver_head(sink, flow, side);
    return true;
}

static bool give_up_one(Sink *sink, Flow *flow, bool force, Reason reason)
{
    Hole hole;
    for (int side = 0; side < 2; side++) {
        if (force && pass_over_reset(sink, flow, side))
            return true;
        if (find_hole(flow, side, &hole) && (force || may_give_up(flow, side, &hole))) {
            give_up(sink, flow, side, &hole, reason);
            return true;
        }
    }
    return false;
}

static bool step_backlog(Sink *sink, Flow *flow, bool force, Reason reason)
{
    if (!flow->backlog || (!backlog_head(flow->backlog, 0) && !backlog_head(flow->backlog, 1)))
        return false;
    return deliver_ready(sink, flow) || break_deadlock(sink, flow) ||
           give_up_one(sink, flow, force, reason);
}

/* No room for the segment: the oldest hole goes; if nothing is held, what the segment shows
 * missing. */
static void step_without_room(Sink *sink, Flow *flow, Fresh *fresh)
{
    flow->facts.limited = true;
    sink->counters.held_limit++;
    if (step_backlog(sink, flow, true, REASON_LIMIT))
        return;
    if (lies_beyond(flow, fresh->side, &fresh->item)) {
        Hole hole = { .upto = fresh->item.offset, .own = &fresh->item };
        give_up(sink, flow, fresh->side, &hole, REASON_LIMIT);
        return;
    }
    fresh->flow = NULL;
    deliver(sink, flow, fresh->side, &fresh->item);
}

static void step_fresh(Sink *sink, Flow *flow, Fresh *fresh)
{
    const Item *item = &fresh->item;
    if (!lies_beyond(flow, fresh->side, item) && !runs_ahead(flow, fresh->side, item)) {
        fresh->flow = NULL;
        deliver(sink, flow, fresh->side, item);
    } else if (reassembly_hold(sink, flow, fresh->side, item)) {
        fresh->flow = NULL;
    } else {
        step_without_room(sink, flow, fresh);
    }
}

bool reassembly_step(Sink *sink, Flow *flow, Fresh *fresh, bool force, Reason reason)
{
    bool stepped = fresh->flow == flow;
    if (stepped)
        step_fresh(sink, flow, fresh);
    else
        stepped = step_backlog(sink, flow, force, reason);
    if (flow->resets)
        resets_publish(flow);
    return stepped;
}

/* Rehearsing ----------------------------------------------------------------------------------- */

static Queue queue_borrow(const Queue *queue)
{
    Queue borrowed = { .count = queue->count, .capacity = queue->count };
    borrowed.items = g_new(Item *, queue->count);
    for (uint32_t i = 0; i < queue->count; i++)
        borrowed.items[i] = g_memdup2(queue->items[queue->first + i], sizeof(Item));
    return borrowed;
}

/* A copy that borrows the bytes which the connection holds: flow_free(). */
static Flow *flow_borrow(const Flow *flow, Budget *budget)
{
    Flow *copy = g_memdup2(flow, sizeof *flow);
    copy->budget = budget;
    copy->kept = NULL;
    copy->resets = g_memdup2(flow->resets, sizeof *flow->resets);
    copy->backlog = g_memdup2(flow->backlog, sizeof *flow->backlog);
    for (int side = 0; side < 2; side++)
        copy->backlog->queue[side] = queue_borrow(&flow->backlog->queue[side]);
    return copy;
}

bool reassembly_ends_final(const Flow *flow)
{
    if (!backlog_head(flow->backlog, 0) && !backlog_head(flow->backlog, 1))
        return flow_is_final(flow);
    Budget budget = { .held = flow->backlog->bytes };
    Sink sink = { .count = 0 };
    Fresh none = { .flow = NULL };
    Flow *copy = flow_borrow(flow, &budget);
    while (reassembly_step(&sink, copy, &none, true, REASON_LOSS))
        sink.count = 0;
    bool final = flow_is_final(copy);
    g_free(sink.spent);
    flow_free(copy);
    return final;
}
