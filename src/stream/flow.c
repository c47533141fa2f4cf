/* The facts of capture order: what a segment proves by having been captured before another one.
 *
 * Offsets. Raw numbers become 64-bit offsets here, once, as the offset nearest to the end of what
 * was delivered. Offset 0 of a direction is the number after its SYN's; failing that, what the
 * peer's first segment acknowledges; failing that, the first number seen. The last is doubtful if
 * that segment is empty: a keep-alive probe carries one number less than the next byte. Such a base
 * is provisional: it moves by one if the peer then acknowledges one more, or the side itself goes
 * on there, and stands as soon as the peer acknowledges just it. What was captured out of its place
 * may also lie ahead of the first byte, even of the SYN. As long as no data was handed on, the
 * offset 0 of a side whose SYN is not known therefore moves back to its SYN, or to bytes that its
 * clock proves to be earlier. In mid-stream bytes that were acknowledged a moment before they were
 * captured are the first of their side, and lie before offset 0. A SYN-ACK that answers the SYN of
 * the connection decides where its side begins, whatever was captured before it: a straggler of the
 * pair's last connection acknowledges other numbers, and whoever forges a segment cannot know them.
 *
 * An acknowledgement or a number says something only if it can belong to the connection. No
 * window is larger than 2^30 (RFC 7323 §2.3), so an acknowledgement further ahead of everything
 * known than that is taken as absent. */
#include "stream/flow.h"

#include "stream/belonging.h"
#include "stream/duplicates.h"
#include "stream/kept_syn.h"
#include "stream/memory.h"
#include "stream/resets.h"
#include "stream/seq.h"

#define WINDOW_MAX (INT64_C(1) << 30)
#define SHIFT_MAX 14
/* By how much a capture shows an acknowledgement before what it covers. */
#define REORDER (20 * NS_PER_MS)

Flow *flow_new(const Segment *first, Budget *budget)
{
    Flow *flow = g_new0(Flow, 1);
    flow->budget = budget;
    Connection *facts = &flow->facts;
    facts->first_frame = flow->head.first_frame = first->frame;
    facts->start = facts->last_time = first->time;
    facts->start_clock = first->clock;
    /* The receiver of a SYN-ACK opened the connection. */
    int from = (first->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) ? 1 : 0;
    facts->opener_known = first->flags & TCP_SYN;
    facts->address[from] = first->source;
    facts->port[from] = first->source_port;
    facts->address[!from] = first->destination;
    facts->port[!from] = first->destination_port;
    flow->network[0] = flow->network[1] = first->network;
    for (int side = 0; side < 2; side++) {
        facts->half[side].acked = facts->half[side].first_acked = NO_OFFSET;
        facts->half[side].begin_unknown = true;
        Direction *direction = &flow->direction[side];
        direction->acked = direction->edge = direction->quiet_acked = NO_OFFSET;
        direction->data_sent = direction->new_data = NO_OFFSET;
        direction->shift = WINDOW_UNSEEN;
    }
    return flow;
}

static void queue_free(Queue *queue)
{
    for (uint32_t i = 0; i < queue->count; i++)
        g_free(queue->items[queue->first + i]);
    g_free(queue->items);
}

void flow_free(Flow *flow)
{
    if (flow->backlog) {
        flow->budget->held -= flow->backlog->bytes;
        queue_free(&flow->backlog->queue[0]);
        queue_free(&flow->backlog->queue[1]);
        g_free(flow->backlog);
    }
    g_free(flow->resets);
    kept_syn_forget(flow);
    g_free(flow);
}

Backlog *flow_backlog(Flow *flow)
{
    if (!flow->backlog)
        flow->backlog = g_new0(Backlog, 1);
    return flow->backlog;
}

static void swap_halves(void *pair, size_t size)
{
    uint8_t *first = pair, *second = first + size / 2;
    for (size_t i = 0; i < size / 2; i++) {
        uint8_t byte = first[i];
        first[i] = second[i];
        second[i] = byte;
    }
}

/* An array with one element for each side. */
#define SWAP(pair) swap_halves(&(pair), sizeof(pair))

static void swap_backlog(Backlog *backlog)
{
    SWAP(backlog->queue);
    SWAP(backlog->moved_time);
    SWAP(backlog->moved_order);
    SWAP(backlog->passed_time);
    SWAP(backlog->passed_order);
    SWAP(backlog->passed_next);
    SWAP(backlog->gaps);
}

void flow_swap_sides(Flow *flow)
{
    g_assert(!flow->spoke);
    SWAP(flow->facts.address);
    SWAP(flow->facts.port);
    SWAP(flow->facts.half);
    SWAP(flow->network);
    SWAP(flow->alias);
    SWAP(flow->aliased);
    SWAP(flow->direction);
    if (flow->backlog)
        swap_backlog(flow->backlog);
    if (flow->resets) {
        SWAP(flow->resets->list);
        SWAP(flow->resets->count);
        SWAP(flow->resets->forgot);
    }
    if (flow->kept)
        flow->kept->side = !flow->kept->side;
}

static bool was_sent_by(const Connection *facts, int side, const Segment *segment)
{
    return facts->port[side] == segment->source_port &&
           facts->port[!side] == segment->destination_port &&
           address_equal(&facts->address[side], &segment->source) &&
           address_equal(&facts->address[!side], &segment->destination);
}

int flow_sender(const Flow *flow, const Segment *segment)
{
    for (int side = 0; side < 2; side++)
        if (was_sent_by(&flow->facts, side, segment))
            return side;
    return -1;
}

static void move_offset(int64_t *offset, int64_t by)
{
    if (*offset != NO_OFFSET)
        *offset += by;
}

/* Moves offset 0 to the next number: what stood there was a probe. */
static void shift_base(Flow *flow, int side)
{
    Direction *direction = &flow->direction[side];
    Half *half = &flow->facts.half[side];
    direction->provisional = false;
    if (half->next != 0 || backlog_head(flow->backlog, 0) || backlog_head(flow->backlog, 1))
        return;
    half->base++;
    direction->quiet_acked = NO_OFFSET;
    direction->bare_acked = 0;
    move_offset(&half->acked, -1);
    move_offset(&direction->acked, -1);
    move_offset(&direction->edge, -1);
}

/* What was captured ahead of the new offset 0 and waits for it. */
static void move_held(Flow *flow, int side, int64_t by)
{
    for (int of = 0; flow->backlog && of < 2; of++) {
        const Queue *queue = &flow->backlog->queue[of];
        for (uint32_t i = 0; i < queue->count; i++) {
            Item *item = queue->items[queue->first + i];
            if (of != side) {
                move_offset(&item->acked, by);
                continue;
            }
            item->offset += by;
            item->sent_before += by;
            item->at += by;
        }
    }
    for (int of = 0; flow->resets && of < 2; of++) {
        for (unsigned i = 0; i < flow->resets->count[of]; i++) {
            RstFact *fact = &flow->resets->list[of][i].fact;
            move_offset(of == side ? &fact->stamp.offset : &fact->stamp.acked, by);
            if (of != side)
                fact->peer_sent += by;
        }
    }
}

/* Gives offset 0 to an earlier number, as belonging_may_begin() allows: what stood there came
 * ahead of it. */
static void move_base(Flow *flow, int side, uint32_t number)
{
    Direction *direction = &flow->direction[side];
    Half *half = &flow->facts.half[side];
    int64_t by = seq_distance(number, half->base);
    half->base = number;
    direction->provisional = false;
    direction->quiet_acked = NO_OFFSET;
    direction->bare_acked = 0;
    direction->sent += by;
    direction->sent_from += by;
    move_offset(&direction->data_sent, by);
    move_offset(&direction->new_data, by);
    half->resent.offset += by;
    move_offset(&direction->acked, by);
    move_offset(&direction->edge, by);
    move_offset(&half->first_acked, by);
    half->acked = NO_OFFSET; /* an acknowledgement delivered ahead says nothing about the order */
    if (half->fin.proof != FIN_NONE)
        half->fin.stamp.offset += by;
    move_offset(&half->fin_in_gap.offset, by);
    if (flow->facts.half[!side].fin.proof != FIN_NONE)
        move_offset(&flow->facts.half[!side].fin.stamp.acked, by);
    move_held(flow, side, by);
}

static void drop_held(Flow *flow, int side)
{
    if (!flow->backlog)
        return;
    Queue *queue = &flow->backlog->queue[side];
    for (; queue->count; queue->first++, queue->count--) {
        Item *item = queue->items[queue->first];
        flow->backlog->bytes -= sizeof(Item) + item->captured;
        flow->budget->held -= sizeof(Item) + item->captured;
        g_free(item);
    }
}

/* Gives offset 0 to the number of a SYN-ACK, as belonging_answers_syn() allows. What came before
 * with other numbers was not sent by that side, or not in this connection. */
static void renumber(Flow *flow, int side, uint32_t number)
{
    Direction *direction = &flow->direction[side];
    Half *half = &flow->facts.half[side];
    drop_held(flow, side);
    Queue none = { 0 };
    const Queue *peer = flow->backlog ? &flow->backlog->queue[!side] : &none;
    for (uint32_t i = 0; i < peer->count; i++)
        peer->items[peer->first + i]->acked = NO_OFFSET;
    for (unsigned i = 0; flow->resets && i < flow->resets->count[side]; i++)
        flow->resets->list[side][i].refuted = true;
    for (unsigned i = 0; flow->resets && i < flow->resets->count[!side]; i++)
        flow->resets->list[!side][i].fact.stamp.acked = NO_OFFSET;
    if (flow->state == FLOW_SETTLING && half->fin.proof != FIN_NONE)
        flow->state = FLOW_LIVE;
    half->fin = (FinFact){ .proof = FIN_NONE };
    half->fin_in_gap = (Stamp){ .frame = 0 };
    flow->facts.half[!side].fin.stamp.acked = NO_OFFSET;
    half->acked = half->first_acked = NO_OFFSET;
    half->open_frame = 0;
    half->open_time = 0;
    half->open_clock = (ClockMark){ 0 };
    half->base = number;
    half->resent = (Transmissions){ .count = 0 };
    *direction = (Direction){ .base_known = true,
                              .full = direction->full,
                              .acked = NO_OFFSET,
                              .data_sent = NO_OFFSET,
                              .new_data = NO_OFFSET,
                              .edge = NO_OFFSET,
                              .quiet_acked = NO_OFFSET,
                              .shift = WINDOW_UNSEEN };
}

void flow_begin_anew(Flow *flow, const Segment *first)
{
    drop_held(flow, 0);
    drop_held(flow, 1);
    kept_syn_forget(flow);
    g_autofree Flow *fresh = flow_new(first, flow->budget);
    fresh->facts.stream_number_known = flow->facts.stream_number_known;
    fresh->facts.stream_number = flow->facts.stream_number;
    flow->facts = fresh->facts;
    flow->head.first_frame = fresh->head.first_frame;
    for (int side = 0; side < 2; side++) {
        flow->direction[side] = fresh->direction[side];
        flow->network[side] = fresh->network[side];
        flow->aliased[side] = false;
    }
    flow->facts.syn_uncounted = false;
}

void flow_take_uncounted(Flow *flow, int side, const Segment *segment)
{
    const Direction *peer = &flow->direction[!side];
    if (peer->base_known && peer->shift != WINDOW_UNSEEN && !flow->direction[side].base_known &&
        segment->acknowledgement == flow->facts.half[!side].base - 1)
        flow->facts.syn_uncounted = true;
}

/* A receiver would cut its first byte off; but no sender sends so. */
static bool begins_at_uncounted_syn(const Flow *flow, int side, const Segment *segment)
{
    const Direction *own = &flow->direction[side];
    return flow->facts.syn_uncounted && own->shift != WINDOW_UNSEEN &&
           flow->facts.half[side].next == 0 && segment->length > 1 &&
           !(segment->flags & (TCP_SYN | TCP_RST)) &&
           segment->sequence == flow->facts.half[side].base - 1;
}

/* The acknowledgement that gave a side offset 0 in mid-stream was captured just ahead of the
 * bytes that it covers: these are its first, and lie before 0. */
static bool was_acked_ahead(const Flow *flow, int side, const Segment *segment)
{
    const Direction *own = &flow->direction[side], *peer = &flow->direction[!side];
    int64_t ahead = seq_distance(segment->sequence, flow->facts.half[side].base);
    return !flow->facts.half[side].seen && segment->length > 0 && ahead > 0 && ahead < FLOW_NEAR &&
           !(ahead == 1 && segment->length == 1) && !(segment->flags & (TCP_SYN | TCP_RST)) &&
           own->shift == WINDOW_UNSEEN && peer->shift == WINDOW_UNSEEN &&
           segment->time - flow->facts.start <= REORDER;
}

static void begin_before(Flow *flow, int side, const Segment *segment)
{
    Direction *direction = &flow->direction[side];
    int64_t first = -seq_distance(segment->sequence, flow->facts.half[side].base);
    flow->facts.half[side].next = first;
    direction->sent = first;
    direction->free = false;
}

static void learn_own_base(Flow *flow, int side, const Segment *segment)
{
    Direction *own = &flow->direction[side];
    uint32_t first = segment->sequence + (segment->flags & TCP_SYN ? 1 : 0);
    bool empty = !segment->length && !(segment->flags & (TCP_SYN | TCP_FIN | TCP_RST));
    if (!own->base_known) {
        flow->facts.half[side].base = first;
        own->base_known = true;
        own->provisional = empty;
    } else if (own->provisional && seq_distance(flow->facts.half[side].base, first) == 1) {
        shift_base(flow, side);
    } else if (!empty) {
        /* Bytes from before the capture began may be sent again, but not at an earlier time. */
        bool ahead = (segment->flags & TCP_SYN) || segment->time < flow->facts.start;
        if (begins_at_uncounted_syn(flow, side, segment) ||
            (ahead && flow->facts.half[side].base != first &&
             belonging_may_begin(flow, side, first)))
            move_base(flow, side, first);
        else if (was_acked_ahead(flow, side, segment))
            begin_before(flow, side, segment);
        else if ((segment->flags & TCP_SYN) && (segment->flags & TCP_ACK) &&
                 flow->facts.half[side].base != first && belonging_answers_syn(flow, side, segment))
            renumber(flow, side, first);
        own->provisional = false;
    }
}

static void learn_peer_base(Flow *flow, int side, const Segment *segment)
{
    Direction *peer = &flow->direction[!side];
    if (!peer->base_known) {
        flow->facts.half[!side].base = segment->acknowledgement;
        peer->base_known = true;
    } else if (segment->flags & TCP_SYN) {
        flow->facts.syn_uncounted = false;
        if (flow->facts.half[!side].base != segment->acknowledgement &&
            belonging_may_begin(flow, !side, segment->acknowledgement))
            move_base(flow, !side, segment->acknowledgement);
    } else if (peer->provisional) {
        int64_t distance = seq_distance(flow->facts.half[!side].base, segment->acknowledgement);
        if (distance == 1)
            shift_base(flow, !side);
        else if (distance == 0)
            peer->provisional = false;
    }
}

/* A segment that stands where its sender's SYN ended acknowledges where the other side begins,
 * and so does a SYN-ACK. */
static void learn_peer_begin(Flow *flow, int side, const Segment *segment)
{
    const Direction *own = &flow->direction[side];
    Half *peer = &flow->facts.half[!side];
    bool first = (segment->flags & TCP_SYN) ||
                 (own->shift != WINDOW_UNSEEN && segment->sequence == flow->facts.half[side].base);
    if (peer->first_acked == NO_OFFSET)
        peer->first_acked = seq_offset(peer->base, peer->next, segment->acknowledgement);
    if (!first || (segment->flags & TCP_RST))
        return;
    if (peer->base != segment->acknowledgement &&
        belonging_may_begin(flow, !side, segment->acknowledgement))
        move_base(flow, !side, segment->acknowledgement);
    if (peer->base == segment->acknowledgement)
        peer->begin_unknown = false;
}

static unsigned shift_of(const Flow *flow, int side, const Segment *segment)
{
    int own = flow->direction[side].shift, peer = flow->direction[!side].shift;
    if ((segment->flags & TCP_SYN) || own == WINDOW_UNSCALED || peer == WINDOW_UNSCALED)
        return 0;
    /* Unknown: as lenient as can be, for this only widens the window in which a RST may lie. */
    return own == WINDOW_UNSEEN ? SHIFT_MAX : (unsigned)own;
}

/* Payload of which at least the first byte had been sent before. What comes so soon behind the
 * same bytes that it may be a copy of their packet is no transmission of its own: no timer is so
 * short. */
static void note_resent(Transmissions *resent, const Direction *own, const Item *item)
{
    int64_t offset = MAX(item->offset, own->acked);
    bool again = resent->count > 0 && resent->offset == offset;
    bool known = again || own->new_data <= offset;
    Nanoseconds last = again ? resent->last : known ? own->new_time : item->time;
    bool copy = known && item->time >= last && item->time - last <= DUPLICATE_AGE;
    if (copy || item->offset + item->length <= offset)
        return;
    if (!again)
        *resent = (Transmissions){ .offset = offset, .count = 1, .last = last };
    if (resent->count == 1)
        resent->first = resent->last;
    resent->interval = item->time - resent->last;
    resent->last = item->time;
    resent->last_frame = item->frame;
    resent->count += resent->count < UINT32_MAX;
}

static void note_payload(Direction *own, Transmissions *resent, const Item *item)
{
    int64_t end = item->offset + item->length;
    if (item->offset < own->data_sent)
        note_resent(resent, own, item);
    if (end <= own->data_sent)
        return;
    own->new_data = MAX(item->offset, own->data_sent);
    own->new_time = item->time;
    own->data_sent = end;
}

static void note_hops(HopsSeen *seen, uint8_t hops)
{
    if (seen->several && seen->hops == hops)
        return;
    seen->mixed = seen->mixed || (seen->any && seen->hops != hops);
    seen->several = seen->any;
    seen->hops = seen->any ? seen->hops : hops;
    seen->any = true;
}

static void arrive_acknowledgement(Flow *flow, int side, const Segment *segment, Item *item)
{
    Direction *peer = &flow->direction[!side];
    int64_t acked = seq_offset(flow->facts.half[!side].base, flow->facts.half[!side].next,
                               segment->acknowledgement);
    int64_t known = MAX(peer->sent, peer->acked);
    if (acked > known + WINDOW_MAX)
        return;
    item->acked = acked;
    if ((segment->flags & TCP_RST) && !resets_in_window(flow, side, item->offset))
        return;
    if (acked > peer->acked)
        peer->lower = false;
    peer->acked = MAX(peer->acked, acked);
    if (segment->flags & TCP_RST)
        return;
    if (!peer->received && acked >= peer->sent) {
        peer->received = true;
        peer->received_ticks = flow_ticks(segment->time);
    }
    int64_t edge = acked + ((int64_t)segment->window << shift_of(flow, side, segment));
    peer->edge = MAX(peer->edge, edge);
}

/* Remembers what a RST of the peer without ACK flag may answer. */
static void remember_answerable(Flow *flow, int side, const Segment *segment, const Item *item)
{
    Direction *own = &flow->direction[side];
    bool probe = segment->length <= 1 && item->offset == item->sent_before - 1;
    if (!probe && (segment->length || (segment->flags & (TCP_SYN | TCP_FIN)))) {
        own->received = false;
        if (own->data_ack_count && own->data_acks[0] == segment->acknowledgement)
            return;
        memmove(own->data_acks + 1, own->data_acks, sizeof own->data_acks - sizeof(uint32_t));
        own->data_acks[0] = segment->acknowledgement;
        own->data_ack_count = (uint8_t)MIN(own->data_ack_count + 1, DATA_ACKS);
        return;
    }
    if (!own->bare_ack_count || own->bare_acks[0].number != segment->acknowledgement ||
        own->bare_acks[0].probe != probe) {
        memmove(own->bare_acks + 1, own->bare_acks, sizeof own->bare_acks - sizeof(BareAck));
        own->bare_ack_count = (uint8_t)MIN(own->bare_ack_count + 1, BARE_ACKS);
    }
    own->bare_acks[0] = (BareAck){ .number = segment->acknowledgement,
                                   .ticks = flow_ticks(segment->time),
                                   .probe = probe };
}

/* Nothing is sent again so soon but after acknowledgements of the peer. */
static bool is_swapped(const Direction *own, const Direction *peer, const Item *item)
{
    Nanoseconds later = item->time - own->sent_time;
    return item->offset + item->length <= own->sent_from && later >= 0 && later <= RESET_REORDER &&
           peer->last_order < own->sent_order;
}

static void note_sent(Direction *own, const Item *item, int64_t end)
{
    own->sent = end;
    own->sent_from = item->offset;
    own->sent_time = item->time;
    own->sent_order = item->order;
}

/* An acknowledgement of what lies beyond it was captured just before it, and waits. */
static bool is_overtaken(const Flow *flow, int side, const Item *item)
{
    const Queue *queue = flow->backlog ? &flow->backlog->queue[!side] : NULL;
    const Item *ahead = queue && queue->count ? queue->items[queue->first] : NULL;
    return ahead && ahead->acked > item->offset && item->time - ahead->time <= REORDER;
}

/* What the segment proves to have been sent, and whether it is a witness that no FIN was. */
static void arrive_number(Flow *flow, int side, const Segment *segment, Item *item)
{
    Direction *own = &flow->direction[side];
    int64_t end = item->offset + (int64_t)segment->length;
    item->sent_before = own->sent;
    item->swapped = is_swapped(own, &flow->direction[!side], item);
    own->last_order = flow->order;
    if (segment->flags & TCP_RST) {
        if (item->offset == own->sent + 1)
            own->sent = item->offset;
        return;
    }
    bool plain = (segment->flags & (TCP_ACK | TCP_SYN | TCP_FIN)) == TCP_ACK;
    bool at_end = segment->length ? end > own->sent : end == own->sent;
    item->witness = plain && at_end && !own->provisional && end >= own->acked;
    if (item->offset < own->acked && !is_overtaken(flow, side, item))
        own->lower = true;
    note_hops(&flow->facts.half[side].hops, segment->hops);
    flow->facts.half[side].headings |= segment->heading;
    if (segment->length)
        note_payload(own, &flow->facts.half[side].resent, item);
    if (segment->flags & TCP_FIN)
        end++;
    if (end > own->sent)
        note_sent(own, item, end);
}

static inline void fill_item(const Flow *flow, int64_t offset, const Segment *segment,
                             Item *ret_item)
{
    *ret_item = (Item){
        .frame = segment->frame,
        .time = segment->time,
        .clock = segment->clock,
        .offset = offset,
        .acked = NO_OFFSET,
        .at = offset,
        .length = segment->length,
        .captured = (uint32_t)MIN(segment->payload.length, segment->length),
        .order = flow->order,
        .window = segment->window,
        .flags = segment->flags,
        .bytes = segment->payload.bytes,
    };
}

void flow_arrive(Flow *flow, int side, const Segment *segment, Item *ret_item)
{
    Connection *facts = &flow->facts;
    Direction *own = &flow->direction[side];
    facts->last_frame = segment->frame;
    facts->last_order = segment->order;
    facts->last_time = MAX(facts->last_time, segment->time);
    flow->order++;
    flow->fragments_given_up |= segment->fragments_given_up;
    learn_own_base(flow, side, segment);
    facts->half[side].seen = true;
    if (segment->flags & TCP_ACK)
        learn_peer_base(flow, side, segment);
    if ((segment->flags & TCP_ACK) && facts->half[!side].begin_unknown)
        learn_peer_begin(flow, side, segment);
    if (segment->flags & TCP_SYN) {
        facts->half[side].begin_unknown = false;
        facts->half[side].syn_seen = true;
        own->shift = segment->window_shift < 0 ? WINDOW_UNSCALED
                                               : (int8_t)MIN(segment->window_shift, SHIFT_MAX);
    }

    int64_t next = facts->half[side].next;
    uint32_t first = segment->sequence + (segment->flags & TCP_SYN ? 1 : 0);
    int64_t offset = seq_offset(facts->half[side].base, next, first);
    bool reset = segment->flags & TCP_RST;
    fill_item(flow, offset, segment, ret_item);
    ret_item->at = MAX(offset, next);
    if (reset)
        ret_item->length = ret_item->captured = 0;
    arrive_number(flow, side, segment, ret_item);
    if (segment->flags & TCP_ACK)
        arrive_acknowledgement(flow, side, segment, ret_item);
    if (!reset && (segment->flags & TCP_ACK))
        remember_answerable(flow, side, segment, ret_item);
}

/* The plain path ------------------------------------------------------------------------------- */

/* What nearly every segment is, so that of all the questions above one answer is left each: in the
 * middle of a connection that is in order, at the place where its side stands, acknowledging what
 * is there, not before its time, and whole. */
bool flow_is_plain(const Flow *flow, int side, const Segment *segment)
{
    const Direction *own = &flow->direction[side], *peer = &flow->direction[!side];
    const Half *half = &flow->facts.half[side], *other = &flow->facts.half[!side];
    if ((segment->flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) != TCP_ACK ||
        segment->sequence != half->base + (uint32_t)half->next || own->sent != half->next ||
        own->data_sent > half->next || segment->time < flow->facts.last_time ||
        segment->payload.length < segment->length || segment->fragments_given_up)
        return false;
    if (flow->state != FLOW_LIVE || flow->resets || flow->kept || flow->listed ||
        (flow->backlog && flow->backlog->bytes) || !half->seen || other->begin_unknown ||
        !own->base_known || !peer->base_known || own->provisional || peer->provisional ||
        half->fin.proof != FIN_NONE || other->fin.proof != FIN_NONE)
        return false;
    int64_t acked = seq_offset(other->base, other->next, segment->acknowledgement);
    return acked <= other->next && acked <= MAX(peer->sent, peer->acked);
}

void flow_arrive_plainly(Flow *flow, int side, const Segment *segment, Item *ret_item)
{
    Connection *facts = &flow->facts;
    Direction *own = &flow->direction[side];
    Half *half = &facts->half[side];
    facts->last_frame = segment->frame;
    facts->last_order = segment->order;
    facts->last_time = segment->time;
    own->last_order = ++flow->order;
    fill_item(flow, half->next, segment, ret_item);
    ret_item->sent_before = own->sent;
    ret_item->witness = half->next + segment->length >= own->acked;
    if (half->next < own->acked)
        own->lower = true;
    note_hops(&half->hops, segment->hops);
    half->headings |= segment->heading;
    if (segment->length) {
        note_payload(own, &half->resent, ret_item);
        note_sent(own, ret_item, half->next + segment->length);
    }
    arrive_acknowledgement(flow, side, segment, ret_item);
    remember_answerable(flow, side, segment, ret_item);
}

/* How it ends ---------------------------------------------------------------------------------- */

bool flow_is_over(const Flow *flow, Nanoseconds now)
{
    if (flow->state == FLOW_FINAL)
        return true;
    const Reset *reset = resets_standing(flow);
    if (reset)
        return now > reset->fact.stamp.time + RESET_SETTLES;
    return flow->state == FLOW_SETTLING && now > flow->facts.last_time + RESET_SETTLES;
}

bool flow_has_ended(const Flow *flow)
{
    const Half *half = flow->facts.half;
    return flow->state == FLOW_FINAL || resets_standing(flow) ||
           (half[0].fin.proof != FIN_NONE && half[1].fin.proof != FIN_NONE);
}

bool flow_is_final(const Flow *flow)
{
    return flow->state != FLOW_LIVE || resets_standing(flow);
}

void flow_weigh_gaps(Flow *flow)
{
    for (int side = 0; side < 2; side++) {
        const Direction *direction = &flow->direction[side];
        Half *half = &flow->facts.half[side];
        bool last = half->fin_in_gap.offset + 1 == half->next && direction->sent <= half->next;
        if (!stamp_is_set(&half->fin_in_gap) || !last || half->fin.proof != FIN_NONE ||
            direction->lower)
            half->fin_in_gap = (Stamp){ .frame = 0 };
    }
}
