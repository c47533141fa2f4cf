/* The table of connections: who a segment belongs to, when a connection begins anew, and when it goes.
 *
 * The table is cut into SHARDS logical shards by a hash of the endpoints that is the same in every run;
 * each has its part of every bound and its own timers, so that what is given up does not depend on how
 * shards are shared out among workers. Inside a shard the buckets follow a second hash with a seed of
 * this process: whoever chooses addresses cannot make its chains long. The seed decides nothing that
 * can be seen.
 *
 * The table is pulled: feed() only finds the connection and turns numbers into offsets; each call of
 * next() takes one step, delivering one segment or giving up one hole, hands out its events and thus
 * shows the facts as they were when that segment was delivered.
 *
 * A known pair of endpoints begins a new connection by a SYN with another initial number: at once, if
 * the old connection had ended. If not, the SYN may be a stray one, which a living connection answers
 * with an acknowledgement of its own (RFC 9293 §3.10.7.4), so it is kept aside until a SYN-ACK
 * acknowledges it, or, where the capture lacks that, later segments go on from it.
 *
 * A connection is final when both FINs are acknowledged, and leaves at the next tick. One that ended by
 * a RST, or whose FIN is only implied, settles first: for 120 s its own packets may show that it goes
 * on. What comes for a connection that is over is counted and not looked at, whether or not the tick
 * has come: what a connection is judged by must not depend on how many frames of others lie between.
 * Of those that left, a tombstone of the final numbers remains, in a slot given by the hash, where the
 * next one replaces it.
 *
 * Equal endpoints in two networks (VLANs, overlays) are two connections, but a direction's network is
 * its own: mirror ports tag one direction only, and routed VLANs and overlays carry each direction by
 * the identifier of its destination. So the network is no part of the hash. A connection's side takes
 * the network of its first segment, that of its peer if there is a choice, another one if its numbers
 * belong to what the peer sent. */
#include "stream/duplicates.h"
#include "stream/endpoints.h"
#include "stream/numbering.h"
#include "stream/reassembly.h"
#include "stream/seq.h"

#define SHARDS 64
#define BUCKETS_FIRST 16
#define TOMBSTONES 1024
#define TOMBSTONE_LIFE (120 * NS_PER_SECOND)
/* How far stragglers may lie from the final numbers: a large window. */
#define TOMBSTONE_NEAR (INT64_C(1) << 24)

#define SYN_PAYLOAD_MAX 1460

/* Connections of equal endpoints in different networks at once: they lie in one bucket, whatever the
 * seed. No two tenants use the same client port to the same server often. */
#define NETWORKS_MAX 64

typedef struct Tombstone {
    uint64_t identity; /* of the endpoints; 0: empty */
    FrameId first_frame;
    Nanoseconds time;
    uint32_t number[2]; /* by the order of the endpoints */
} Tombstone;

typedef struct FlowList {
    Flow *first, *last;
} FlowList;

typedef struct Shard {
    Flow **buckets;
    size_t bucket_count, flow_count;
    Flow *oldest, *newest;
    Flow *awake;         /* the oldest that does not rest; all newer ones do not */
    FlowList waiting[3]; /* by FlowState */
    Tombstone *tombstones;
    Budget budget;
    bool gave_up; /* a connection that had not ended */
} Shard;

struct StreamTable {
    Shard shards[SHARDS];
    size_t flows_max; /* a shard */
    uint64_t seed;
    Numbering *numbering;
    Duplicates *duplicates;
    Sink sink;
    Fresh fresh;
    Flow *active;       /* of the segment that was fed */
    SegmentOwner owner; /* likewise */
    GPtrArray *leaving; /* Flow: drained in this order, then ended in this order */
    guint drained, ended;
    bool finishing;
    Flow *gone;      /* its END was handed out */
    Shard *strained; /* takes more memory than it may */
    Flow *resting;   /* its REST was handed out */
    Nanoseconds now;
};

/* Fragments that wait take what they take (decode/fragments.h). */
#define FRAGMENTS_SHARE ((size_t)8 << 20)
/* While the table of pairs grows, the old one stands beside the new one. */
#define PAIRS_SHARE(memory) ((memory) / 8)
#define PAIRS_PEAK(memory) (PAIRS_SHARE(memory) / 2 * 3)
#define HELD_CONNECTION_MAX ((size_t)4 << 20)

/* Memory is what bounds connections: even packed, one takes some hundred bytes. */
#define CONNECTIONS_MAX ((size_t)1 << 28)

/* Of 512 MiB: slots for 1,572,864 pairs of endpoints; half of the memory at most ahead of holes, and of that a
 * 64th by one connection. */
const StreamLimits STREAM_LIMITS_DEFAULT = {
    .connections = CONNECTIONS_MAX,
    .held_bytes = MEMORY_DEFAULT / 2,
    .held_bytes_connection = HELD_CONNECTION_MAX,
    .memory = MEMORY_DEFAULT - FRAGMENTS_SHARE - PAIRS_PEAK(MEMORY_DEFAULT),
    .pairs = 1572864,
};

StreamLimits stream_limits_for(size_t memory)
{
    memory = MAX(memory, MEMORY_LEAST);
    return (StreamLimits){
        .connections = CONNECTIONS_MAX,
        .held_bytes = memory / 2,
        .held_bytes_connection = MIN(memory / 2 / SHARDS, HELD_CONNECTION_MAX),
        .memory = memory - FRAGMENTS_SHARE - PAIRS_PEAK(memory),
        .pairs = numbering_pairs_in(PAIRS_SHARE(memory)),
    };
}

StreamTable *stream_table_new(const StreamLimits *limits)
{
    StreamTable *table = g_new0(StreamTable, 1);
    table->flows_max = MAX(limits->connections / SHARDS, 1);
    table->seed = (uint64_t)g_random_int() << 32 | g_random_int();
    table->numbering = numbering_new((uint32_t)limits->pairs);
    table->duplicates = duplicates_new();
    table->leaving = g_ptr_array_new();
    table->now = INT64_MIN;
    for (int i = 0; i < SHARDS; i++) {
        Shard *shard = &table->shards[i];
        shard->bucket_count = BUCKETS_FIRST;
        shard->buckets = g_new0(Flow *, BUCKETS_FIRST);
        shard->budget.held_max = limits->held_bytes / SHARDS;
        shard->budget.flow_max = limits->held_bytes_connection;
        shard->budget.used_max = limits->memory / SHARDS;
        shard->budget.used = BUCKETS_FIRST * sizeof(Flow *);
    }
    return table;
}

void stream_table_free(StreamTable *table)
{
    if (!table)
        return;
    for (guint i = table->ended; i < table->leaving->len; i++)
        flow_free(g_ptr_array_index(table->leaving, i));
    if (table->gone)
        flow_free(table->gone);
    for (int i = 0; i < SHARDS; i++) {
        Shard *shard = &table->shards[i];
        for (Flow *flow = shard->oldest, *newer; flow; flow = newer) {
            newer = flow->newer;
            flow_free(flow);
        }
        g_free(shard->buckets);
        g_free(shard->tombstones);
    }
    g_free(table->sink.spent);
    g_ptr_array_unref(table->leaving);
    numbering_free(table->numbering);
    duplicates_free(table->duplicates);
    g_free(table);
}

const StreamCounters *stream_table_counters(const StreamTable *table)
{
    return &table->sink.counters;
}

SegmentOwner stream_table_owner(const StreamTable *table)
{
    return table->owner;
}

size_t stream_table_held(const StreamTable *table)
{
    size_t held = 0;
    for (int i = 0; i < SHARDS; i++)
        held += table->shards[i].budget.held;
    return held;
}

/* Lists. */

static void idle_unlink(Shard *shard, Flow *flow)
{
    if (shard->awake == flow)
        shard->awake = flow->newer;
    if (flow->older)
        flow->older->newer = flow->newer;
    else
        shard->oldest = flow->newer;
    if (flow->newer)
        flow->newer->older = flow->older;
    else
        shard->newest = flow->older;
    flow->older = flow->newer = NULL;
}

static void idle_append(Shard *shard, Flow *flow)
{
    flow->older = shard->newest;
    if (shard->newest)
        shard->newest->newer = flow;
    else
        shard->oldest = flow;
    shard->newest = flow;
    if (!shard->awake)
        shard->awake = flow;
}

static void timer_unlink(Shard *shard, Flow *flow)
{
    if (flow->listed_as == FLOW_LIVE)
        return;
    FlowList *list = &shard->waiting[flow->listed_as];
    if (flow->timer_before)
        flow->timer_before->timer_after = flow->timer_after;
    else
        list->first = flow->timer_after;
    if (flow->timer_after)
        flow->timer_after->timer_before = flow->timer_before;
    else
        list->last = flow->timer_before;
    flow->timer_before = flow->timer_after = NULL;
    flow->listed_as = FLOW_LIVE;
}

static void timer_append(Shard *shard, Flow *flow, FlowState state)
{
    FlowList *list = &shard->waiting[state];
    flow->timer_before = list->last;
    if (list->last)
        list->last->timer_after = flow;
    else
        list->first = flow;
    list->last = flow;
    flow->listed_as = (uint8_t)state;
}

/* Buckets. */

static void grow_buckets(Shard *shard)
{
    size_t count = shard->bucket_count * 2;
    Flow **buckets = g_new0(Flow *, count);
    for (Flow *flow = shard->oldest; flow; flow = flow->newer) {
        Flow **bucket = &buckets[flow->seeded & (count - 1)];
        flow->bucket_next = *bucket;
        *bucket = flow;
    }
    g_free(shard->buckets);
    shard->budget.used += (count - shard->bucket_count) * sizeof(Flow *);
    shard->buckets = buckets;
    shard->bucket_count = count;
}

static Shard *shard_of(StreamTable *table, const Endpoints *endpoints)
{
    return &table->shards[endpoints->identity % SHARDS];
}

static bool sent_by(const Connection *facts, int side, const Segment *segment)
{
    return facts->port[side] == segment->source_port &&
           facts->port[!side] == segment->destination_port &&
           address_equal(&facts->address[side], &segment->source) &&
           address_equal(&facts->address[!side], &segment->destination);
}

/* Whether a side that has sent nothing yet may be the sender of a segment from another network than the
 * peer's: its numbers continue the conversation. */
static bool continues(const Flow *flow, int side, const Segment *segment)
{
    const Direction *own = &flow->direction[side], *peer = &flow->direction[!side];
    if (flow->facts.half[side].seen || !(own->base_known || (segment->flags & TCP_ACK)))
        return false;
    if (own->base_known &&
        ABS(seq_distance(flow->facts.half[side].base, segment->sequence)) >= TOMBSTONE_NEAR)
        return false;
    uint32_t sent = flow->facts.half[!side].base + (uint32_t)peer->sent;
    return !peer->base_known || !(segment->flags & TCP_ACK) ||
           ABS(seq_distance(sent, segment->acknowledgement)) < TOMBSTONE_NEAR;
}

static bool is_in_network(const Flow *flow, int side, uint64_t network)
{
    return flow->network[side] == network || (flow->aliased[side] && flow->alias[side] == network);
}

/* Puts a flow that was packed or unpacked in the place of what it was. */
static Flow *replace_flow(Shard *shard, Flow *old, Flow *flow)
{
    if (flow == old)
        return flow;
    Flow **at = &shard->buckets[flow->seeded & (shard->bucket_count - 1)];
    while (*at != old)
        at = &(*at)->bucket_next;
    *at = flow;
    *(flow->older ? &flow->older->newer : &shard->oldest) = flow;
    *(flow->newer ? &flow->newer->older : &shard->newest) = flow;
    if (shard->awake == old)
        shard->awake = flow;
    return flow;
}

static Flow *wake_flow(Shard *shard, Flow *flow)
{
    if (!flow->packed)
        return flow;
    flow = replace_flow(shard, flow, flow_unpack(flow, &shard->budget));
    size_t size = flow_size(flow);
    shard->budget.used += size - flow->charged;
    flow->charged = (uint32_t)size;
    return flow;
}

/* NULL: none. Then *ret_crowd is one to give up for a new one, if these endpoints have too many. */
static Flow *find_flow(Shard *shard, const Segment *segment, const Endpoints *endpoints,
                       int *ret_side, Flow **ret_crowd)
{
    Flow *flow = shard->buckets[endpoints->seeded & (shard->bucket_count - 1)];
    Flow *other = NULL, *oldest = NULL;
    unsigned networks = 0;
    for (; flow; flow = flow->bucket_next) {
        if (flow->seeded != endpoints->seeded)
            continue;
        flow = wake_flow(shard, flow);
        int side = sent_by(&flow->facts, 0, segment) ? 0 : 1;
        if (side == 1 && !sent_by(&flow->facts, 1, segment))
            continue;
        if (is_in_network(flow, side, segment->network)) {
            *ret_side = side;
            return flow;
        }
        if (!other && continues(flow, side, segment)) {
            other = flow;
            *ret_side = side;
        }
        oldest = flow;
        networks++;
    }
    *ret_crowd = !other && networks >= NETWORKS_MAX ? oldest : NULL;
    return other;
}

static void insert_flow(Shard *shard, Flow *flow)
{
    idle_append(shard, flow);
    shard->flow_count++;
    if (shard->flow_count > shard->bucket_count) {
        grow_buckets(shard);
        return;
    }
    Flow **bucket = &shard->buckets[flow->seeded & (shard->bucket_count - 1)];
    flow->bucket_next = *bucket;
    *bucket = flow;
}

/* Ends of connections. */

/* Whether nothing that its own packets still may say can change how it ended. */
static bool has_settled(const Flow *flow, Nanoseconds now)
{
    if (flow->state == FLOW_FINAL)
        return true;
    const Reset *reset = resets_standing(flow);
    if (reset)
        return now > reset->fact.stamp.time + RESET_SETTLES;
    return flow->state == FLOW_SETTLING && now > flow->facts.last_time + RESET_SETTLES;
}

/* Whether the endpoints are free for a new connection. */
static bool has_ended(const Flow *flow)
{
    const Half *half = flow->facts.half;
    return flow->state == FLOW_FINAL || resets_standing(flow) ||
           (half[0].fin.proof != FIN_NONE && half[1].fin.proof != FIN_NONE);
}

static bool is_final(const Flow *flow)
{
    return !flow->packed && (flow->state != FLOW_LIVE || resets_standing(flow));
}

/* Takes it out of the table; its last events follow by next(). */
static void remove_flow(StreamTable *table, Flow *flow, ConnectionEnd otherwise)
{
    Shard *shard = &table->shards[flow->shard];
    Flow **at = &shard->buckets[flow->seeded & (shard->bucket_count - 1)];
    while (*at != flow)
        at = &(*at)->bucket_next;
    *at = flow->bucket_next;
    idle_unlink(shard, flow);
    if (!flow->packed)
        timer_unlink(shard, flow);
    shard->flow_count--;
    shard->budget.used -= flow->charged;
    flow->charged = 0;
    flow->leaves_as = (uint8_t)otherwise;
    g_ptr_array_add(table->leaving, flow);
}

static void leave_tombstone(StreamTable *table, const Flow *flow)
{
    const Connection *facts = &flow->facts;
    Segment segment = { .source = facts->address[0],
                        .destination = facts->address[1],
                        .source_port = facts->port[0],
                        .destination_port = facts->port[1] };
    Endpoints endpoints = endpoints_of(&segment, 0);
    Shard *shard = shard_of(table, &endpoints);
    if (!shard->tombstones) {
        shard->tombstones = g_new0(Tombstone, TOMBSTONES);
        shard->budget.used += TOMBSTONES * sizeof(Tombstone);
    }
    Tombstone *stone = &shard->tombstones[endpoints.identity / SHARDS % TOMBSTONES];
    stone->identity = endpoints.identity;
    stone->first_frame = facts->first_frame;
    stone->time = facts->last_time;
    stone->number[endpoints.from_high] = connection_sequence(facts, 0, facts->half[0].next);
    stone->number[!endpoints.from_high] = connection_sequence(facts, 1, facts->half[1].next);
}

/* That of a connection that left not long ago and near whose end a segment without SYN lies. */
static const Tombstone *find_tombstone(const Shard *shard, const Segment *segment,
                                       const Endpoints *endpoints)
{
    if (!shard->tombstones || (segment->flags & TCP_SYN))
        return NULL;
    const Tombstone *stone = &shard->tombstones[endpoints->identity / SHARDS % TOMBSTONES];
    if (stone->identity != endpoints->identity || segment->time > stone->time + TOMBSTONE_LIFE)
        return NULL;
    int64_t distance = seq_distance(stone->number[endpoints->from_high], segment->sequence);
    return ABS(distance) < TOMBSTONE_NEAR ? stone : NULL;
}

/* New connections. */

static void evict(StreamTable *table, Flow *flow)
{
    Shard *shard = &table->shards[flow->shard];
    flow = wake_flow(shard, flow);
    if (!is_final(flow)) {
        shard->gave_up = true;
        flow->facts.limited = true;
        table->sink.counters.evicted++;
    }
    remove_flow(table, flow, CONNECTION_EVICTED);
}

static Flow *add_flow(StreamTable *table, Shard *shard, const Segment *segment, uint64_t seeded)
{
    if (shard->flow_count >= table->flows_max)
        evict(table, shard->oldest);
    Flow *flow = flow_new(segment, &shard->budget);
    flow->shard = (uint8_t)(shard - table->shards);
    flow->seeded = seeded;
    flow->facts.after_eviction = shard->gave_up && !flow->facts.opener_known;
    insert_flow(shard, flow);
    table->sink.counters.connections++;
    return flow;
}

static void set_number(Flow *flow, bool known, uint32_t number)
{
    flow->facts.stream_number_known = known;
    flow->facts.stream_number = known ? number : 0;
}

/* Keeps a SYN aside that may open the next connection. Its payload (RFC 7413) goes with it, at most what
 * a full segment holds. */
static void keep_syn(Flow *flow, int side, const Segment *segment, bool known, uint32_t number)
{
    const PendingSyn *old = flow->pending;
    if (old && old->side == side && old->segment.sequence == segment->sequence)
        return;
    flow_forget_syn(flow);
    Budget *budget = flow->budget;
    size_t kept = MIN(segment->payload.length, SYN_PAYLOAD_MAX);
    bool room = budget->held + kept <= budget->held_max;
    if (!room)
        kept = 0;
    PendingSyn *pending = g_malloc(sizeof *pending + kept);
    *pending = (PendingSyn){ .segment = *segment,
                             .side = side,
                             .number_known = known,
                             .payload_lost = !room,
                             .number = number,
                             .cost = kept };
    budget->held += kept;
    if (kept)
        memcpy(pending->payload, segment->payload.bytes, kept);
    pending->segment.payload = span_make(pending->payload, kept);
    flow->pending = pending;
}

static bool is_syn(const Segment *segment)
{
    return (segment->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

static bool is_syn_ack(const Segment *segment)
{
    return (segment->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
}

/* What a segment is to the connection that its endpoints have. */
typedef enum Belonging {
    BELONGS,
    BELONGS_NOT, /* stray: it says nothing about this connection */
    BEGINS,      /* a new connection */
    CONFIRMS,    /* the SYN kept aside began a new connection */
} Belonging;

static Belonging belonging_of_syn(const Flow *flow, int side, const Segment *segment)
{
    const Direction *own = &flow->direction[side];
    bool begun =
        flow->spoke && own->base_known && flow->facts.half[side].base != segment->sequence + 1;
    if (!begun && flow_may_begin(flow, side, segment->sequence + 1))
        return BELONGS;
    return has_ended(flow) ? BEGINS : BELONGS_NOT;
}

/* Whether a number lies beyond the window of its receiver, or before all that was sent. */
static bool lies_outside(const Flow *flow, int side, uint32_t number)
{
    const Direction *direction = &flow->direction[side];
    if (!direction->base_known || direction->edge == NO_OFFSET)
        return false;
    int64_t offset = seq_offset(flow->facts.half[side].base, flow->facts.half[side].next, number);
    return offset > direction->edge || offset < 0;
}

static Belonging belonging_of_syn_ack(const Flow *flow, int side, const Segment *segment)
{
    const PendingSyn *pending = flow->pending;
    if (pending && is_syn(&pending->segment) && pending->side != side &&
        segment->acknowledgement == pending->segment.sequence + 1)
        return CONFIRMS;
    if (flow_may_begin(flow, side, segment->sequence + 1) &&
        flow_may_begin(flow, !side, segment->acknowledgement))
        return BELONGS;
    if (flow_answers_syn(flow, side, segment))
        return BELONGS;
    /* After a teardown, or of a SYN that the capture lacks, long after one that nobody answered. */
    bool given_up =
        !flow->facts.half[side].seen && segment->time > flow->facts.last_time + RESET_SETTLES;
    return has_ended(flow) || given_up ? BEGINS : BELONGS_NOT;
}

/* A SYN that may begin the next connection; a SYN-ACK whose SYN the capture lacks may, too. */
static bool may_begin_next(const Flow *flow, int side, const Segment *segment)
{
    if (!is_syn_ack(segment))
        return is_syn(segment);
    return !flow->pending && lies_outside(flow, side, segment->sequence + 1) &&
           lies_outside(flow, !side, segment->acknowledgement);
}

/* What follows the handshake of which one half was kept aside, and the other is not in the capture. */
static Belonging belonging_of_others(const Flow *flow, int side, const Segment *segment)
{
    const PendingSyn *pending = flow->pending;
    if (!pending || !(segment->flags & TCP_ACK) || (segment->flags & TCP_RST) ||
        !lies_outside(flow, pending->side, pending->segment.sequence + 1))
        return BELONGS;
    uint32_t number = pending->side == side ? segment->sequence : segment->acknowledgement;
    int64_t ahead = seq_distance(pending->segment.sequence, number);
    return ahead > 0 && ahead < TOMBSTONE_NEAR ? CONFIRMS : BELONGS;
}

static Belonging belonging(const Flow *flow, int side, const Segment *segment)
{
    if (is_syn(segment))
        return belonging_of_syn(flow, side, segment);
    if (is_syn_ack(segment))
        return belonging_of_syn_ack(flow, side, segment);
    return belonging_of_others(flow, side, segment);
}

/* The handshake of a connection taken for one begun in mid-stream was captured late. */
static void learn_opener(Flow *flow, int side, const Segment *segment)
{
    if (flow->facts.opener_known || flow->spoke || !(segment->flags & TCP_SYN))
        return;
    int opener = is_syn(segment) ? side : !side;
    flow->facts.opener_known = true;
    if (opener == 1)
        flow_swap_sides(flow);
}

/* Feeding. */

static void arrive(StreamTable *table, Flow *flow, int side, const Segment *segment, Item *ret_item)
{
    if (!flow->facts.half[side].seen)
        flow->network[side] = segment->network;
    flow_arrive(flow, side, segment, ret_item);
    resets_check(flow, side, segment, ret_item, &table->sink.counters);
    if (segment->flags & TCP_RST)
        resets_arrive(flow, side, segment, ret_item);
}

/* Puts the connection on the list that a tick looks at. */
static void update_timer(StreamTable *table, Flow *flow)
{
    Shard *shard = &table->shards[flow->shard];
    FlowState state = (FlowState)flow->state;
    if (state == FLOW_LIVE && resets_standing(flow))
        state = FLOW_SETTLING;
    if (flow->listed_as == state)
        return;
    timer_unlink(shard, flow);
    flow->listed_at = table->now;
    if (state != FLOW_LIVE)
        timer_append(shard, flow, state);
}

/* How a connection ends whose endpoints another one takes over, which begins with this SYN or SYN-ACK. */
static ConnectionEnd end_before(const Flow *flow, const Segment *segment)
{
    int side = sent_by(&flow->facts, 0, segment) ? 0 : 1;
    const Direction *own = &flow->direction[side];
    if (flow->facts.opener_known || !own->base_known)
        return CONNECTION_REPLACED;
    int64_t ahead = seq_distance(segment->sequence, flow->facts.half[side].base);
    return ahead > 0 && ahead < TOMBSTONE_NEAR ? CONNECTION_TORN : CONNECTION_REPLACED;
}

/* The new connection that a kept SYN (or SYN-ACK) began; that segment lies in its queue. */
static Flow *replay_syn(StreamTable *table, Shard *shard, Flow *old, uint64_t seeded)
{
    g_autofree PendingSyn *pending = old->pending;
    old->pending = NULL;
    old->budget->held -= pending->cost;
    remove_flow(table, old, end_before(old, &pending->segment));
    Flow *flow = add_flow(table, shard, &pending->segment, seeded);
    set_number(flow, pending->number_known, pending->number);
    Item item;
    int side = is_syn(&pending->segment) ? 0 : 1;
    arrive(table, flow, side, &pending->segment, &item);
    if (!reassembly_hold(&table->sink, flow, side, &item) || pending->payload_lost)
        flow->facts.limited = true;
    return flow;
}

static void own(StreamTable *table, const Flow *flow, bool after_end)
{
    table->owner = (SegmentOwner){ .first_frame = flow->facts.first_frame,
                                   .belongs = flow->facts.first_frame,
                                   .after_end = after_end,
                                   .number_known = flow->facts.stream_number_known,
                                   .number = flow->facts.stream_number };
}

/* Whether it came for a connection that is over, or for one that left. If not, and that connection is
 * over, it makes room: *flow is NULL then. */
static bool comes_after_end(StreamTable *table, Shard *shard, const Segment *segment,
                            const Endpoints *endpoints, Flow **flow, int side)
{
    if (!*flow) {
        const Tombstone *stone = find_tombstone(shard, segment, endpoints);
        if (stone)
            table->owner = (SegmentOwner){ .first_frame = stone->first_frame,
                                           .belongs = stone->first_frame,
                                           .after_end = true };
        return stone != NULL;
    }
    if (!has_settled(*flow, segment->time))
        return false;
    const Connection *facts = &(*flow)->facts;
    uint32_t end = connection_sequence(facts, side, facts->half[side].next);
    bool straggles = ABS(seq_distance(end, segment->sequence)) < TOMBSTONE_NEAR;
    if (segment->flags & TCP_SYN)
        straggles = belonging(*flow, side, segment) == BELONGS;
    if (straggles && segment->time <= facts->last_time + TOMBSTONE_LIFE) {
        own(table, *flow, true);
        return true;
    }
    remove_flow(table, *flow, CONNECTION_FINAL);
    *flow = NULL;
    return false;
}

/* The connection that the segment belongs to now; NULL if it says nothing about any. */
static Flow *flow_for(StreamTable *table, Shard *shard, const Segment *segment,
                      const Endpoints *endpoints, bool known, uint32_t number)
{
    int side = 0;
    Flow *crowd = NULL;
    Flow *flow = find_flow(shard, segment, endpoints, &side, &crowd);
    bool succeeds = flow != NULL;
    if (comes_after_end(table, shard, segment, endpoints, &flow, side)) {
        table->sink.counters.segments_after_end++;
        return NULL;
    }
    if (flow && flow_began_astray(flow, side, segment)) {
        flow_begin_anew(flow, segment);
        side = 0;
    }
    Belonging how = flow ? belonging(flow, side, segment) : BEGINS;
    if (how == BELONGS_NOT) {
        if (may_begin_next(flow, side, segment)) {
            keep_syn(flow, side, segment, known, number);
            table->owner.belongs = flow->pending->segment.frame;
        }
        if (is_syn_ack(segment))
            flow_take_uncounted(flow, side, segment);
        if (is_syn_ack(segment) && flow->facts.syn_uncounted)
            table->owner.belongs = flow->facts.first_frame;
        return NULL;
    }
    if (how == CONFIRMS)
        return replay_syn(table, shard, flow, endpoints->seeded);
    if (how == BEGINS) {
        if (flow)
            remove_flow(table, flow, end_before(flow, segment));
        if (crowd)
            evict(table, crowd);
        flow = add_flow(table, shard, segment, endpoints->seeded);
        flow->succeeds = succeeds;
        set_number(flow, known, number);
        return flow;
    }
    learn_opener(flow, side, segment);
    idle_unlink(shard, flow);
    idle_append(shard, flow);
    return flow;
}

static void release_spent(StreamTable *table)
{
    table->sink.count = table->sink.read = 0;
    g_free(table->sink.spent);
    table->sink.spent = NULL;
    if (table->gone)
        flow_free(table->gone);
    table->gone = NULL;
}

static bool is_idle(const StreamTable *table)
{
    return !table->active && !table->strained && !table->leaving->len &&
           table->sink.read == table->sink.count;
}

void stream_table_pass(StreamTable *table, const Segment *segment)
{
    Endpoints endpoints = endpoints_of(segment, table->seed);
    uint32_t number;
    numbering_feed(table->numbering, segment, &endpoints, &number);
}

/* The connection that has seen these endpoints in this network; NULL: none. */
static Flow *flow_in_network(Shard *shard, const Segment *segment, const Endpoints *endpoints,
                             uint64_t network, int *ret_side)
{
    Flow *flow = shard->buckets[endpoints->seeded & (shard->bucket_count - 1)];
    for (; flow; flow = flow->bucket_next) {
        if (flow->seeded != endpoints->seeded)
            continue;
        flow = wake_flow(shard, flow);
        int side = sent_by(&flow->facts, 0, segment) ? 0 : 1;
        if ((side == 0 || sent_by(&flow->facts, 1, segment)) &&
            is_in_network(flow, side, network)) {
            *ret_side = side;
            return flow;
        }
    }
    return NULL;
}

/* Whether its packet was captured before. Where the copies carry different tags, the connection of
 * the first one learns the other network: the copies may come in another order next time. But once
 * two connections have begun of them, each keeps its own. */
static bool is_duplicate(StreamTable *table, Shard *shard, const Segment *segment,
                         const Endpoints *endpoints)
{
    uint64_t network;
    int side = 0;
    if (!duplicates_feed(table->duplicates, segment, endpoints, &network))
        return false;
    if (network == segment->network)
        return true;
    Flow *first = flow_in_network(shard, segment, endpoints, network, &side);
    Flow *own = flow_in_network(shard, segment, endpoints, segment->network, &side);
    if (!first || (own && own != first))
        return false;
    if (!own) {
        first->alias[side] = segment->network;
        first->aliased[side] = true;
    }
    return true;
}

void stream_table_feed(StreamTable *table, const Segment *segment)
{
    g_assert(is_idle(table) && !table->finishing);
    release_spent(table);
    table->sink.counters.segments++;
    table->now = MAX(table->now, segment->time);
    Endpoints endpoints = endpoints_of(segment, table->seed);
    uint32_t number = 0;
    bool known = numbering_feed(table->numbering, segment, &endpoints, &number);
    Shard *shard = shard_of(table, &endpoints);
    table->owner = (SegmentOwner){ 0 };
    if (is_duplicate(table, shard, segment, &endpoints)) {
        table->sink.counters.duplicates++;
        table->owner.belongs = duplicates_owner(table->duplicates);
        return;
    }
    Flow *flow = flow_for(table, shard, segment, &endpoints, known, number);
    if (flow)
        own(table, flow, false);
    duplicates_own(table->duplicates, table->owner.belongs);
    if (!flow)
        return;
    int side = sent_by(&flow->facts, 0, segment) ? 0 : 1;
    table->active = flow;
    table->fresh.flow = flow;
    table->fresh.side = side;
    arrive(table, flow, side, segment, &table->fresh.item);
}

/* Memory. What hangs on a connection changes while its events are handled, so it is counted when they are
 * done. A shard that takes more than its part first packs those connections that have been idle longest, and
 * has the stage above do the same with what it keeps of them. When all are packed, the longest idle one is given up. */

static void charge(StreamTable *table, Flow *flow)
{
    Shard *shard = &table->shards[flow->shard];
    size_t size = flow_size(flow);
    shard->budget.used += size - flow->charged;
    flow->charged = (uint32_t)size;
    if (shard->budget.used > shard->budget.used_max)
        table->strained = shard;
}

/* What was asked to rest has done so. */
static void put_to_rest(StreamTable *table, Flow *flow)
{
    Shard *shard = &table->shards[flow->shard];
    charge(table, flow);
    size_t before = flow->charged;
    flow = replace_flow(shard, flow, flow_pack(flow));
    shard->budget.used -= before - flow->charged;
}

static bool relieve(StreamTable *table)
{
    if (table->resting)
        put_to_rest(table, g_steal_pointer(&table->resting));
    Shard *shard = table->strained;
    if (!shard || shard->budget.used <= shard->budget.used_max || !shard->oldest) {
        table->strained = NULL;
        return false;
    }
    Flow *flow = shard->awake;
    if (!flow || flow == shard->newest) {
        evict(table, shard->oldest);
        return true;
    }
    shard->awake = flow->newer;
    table->resting = flow;
    if (!flow->facts.owner)
        return true;
    table->sink.counters.rested++;
    table->sink.events[table->sink.count++] =
        (StreamEvent){ .kind = STREAM_PACK, .connection = &flow->facts, .quiet_acked = NO_OFFSET };
    return true;
}

static gint by_first_frame(gconstpointer a, gconstpointer b)
{
    const Flow *left = *(Flow *const *)a, *right = *(Flow *const *)b;
    if (left->first_frame != right->first_frame)
        return left->first_frame < right->first_frame ? -1 : 1;
    return 0;
}

static gint final_first(gconstpointer a, gconstpointer b)
{
    const Flow *left = *(Flow *const *)a, *right = *(Flow *const *)b;
    if (is_final(left) != is_final(right))
        return is_final(left) ? -1 : 1;
    return by_first_frame(a, b);
}

static void end_flow(StreamTable *table, Flow *flow)
{
    flow = flow_unpack(flow, &table->shards[flow->shard].budget);
    bool final = is_final(flow);
    flow->facts.end = final ? CONNECTION_FINAL : (ConnectionEnd)flow->leaves_as;
    table->sink.counters.resets_ignored += resets_count_ignored(flow);
    resets_publish(flow);
    if (final && !table->finishing)
        leave_tombstone(table, flow);
    table->gone = flow;
    StreamEvent *event = &table->sink.events[table->sink.count++];
    *event =
        (StreamEvent){ .kind = STREAM_END, .connection = &flow->facts, .quiet_acked = NO_OFFSET };
}

/* The connections that leave are drained one after the other, and only then ended. */
static bool step_leaving(StreamTable *table)
{
    GPtrArray *leaving = table->leaving;
    for (; table->drained < leaving->len; table->drained++) {
        Flow *flow = g_ptr_array_index(leaving, table->drained);
        if (flow->packed)
            continue; /* it holds nothing */
        Reason reason = flow->leaves_as == CONNECTION_EVICTED ? REASON_LIMIT : REASON_LOSS;
        if (reassembly_step(&table->sink, flow, &table->fresh, true, reason))
            return true;
    }
    if (table->ended == leaving->len) {
        g_ptr_array_set_size(leaving, 0);
        table->drained = table->ended = 0;
        return false;
    }
    if (table->finishing && !table->ended)
        g_ptr_array_sort(leaving, final_first);
    end_flow(table, g_ptr_array_index(leaving, table->ended++));
    return true;
}

static bool step_active(StreamTable *table)
{
    if (!table->active)
        return false;
    if (reassembly_step(&table->sink, table->active, &table->fresh, false, REASON_LOSS))
        return true;
    update_timer(table, table->active);
    charge(table, table->active);
    table->active = NULL;
    return false;
}

bool stream_table_next(StreamTable *table, StreamEvent *ret_event)
{
    if (table->sink.read == table->sink.count) {
        do
            release_spent(table);
        while ((step_leaving(table) || step_active(table) || relieve(table)) && !table->sink.count);
    }
    if (table->sink.read == table->sink.count)
        return false;
    *ret_event = table->sink.events[table->sink.read++];
    return true;
}

/* Those of the list whose 120 s may be over: they leave, or wait on, or go on living. */
static void tick_settling(StreamTable *table, Shard *shard)
{
    Flow *flow;
    while ((flow = shard->waiting[FLOW_SETTLING].first) &&
           table->now > flow->listed_at + RESET_SETTLES) {
        if (has_settled(flow, table->now)) {
            remove_flow(table, flow, CONNECTION_FINAL);
            continue;
        }
        timer_unlink(shard, flow);
        update_timer(table, flow);
    }
}

void stream_table_tick(StreamTable *table)
{
    g_assert(is_idle(table) && !table->finishing);
    release_spent(table);
    for (int i = 0; i < SHARDS; i++) {
        Shard *shard = &table->shards[i];
        while (shard->waiting[FLOW_FINAL].first)
            remove_flow(table, shard->waiting[FLOW_FINAL].first, CONNECTION_FINAL);
        tick_settling(table, shard);
    }
    g_ptr_array_sort(table->leaving, by_first_frame);
}

void stream_table_finish(StreamTable *table)
{
    g_assert(is_idle(table) && !table->finishing);
    release_spent(table);
    for (int i = 0; i < SHARDS; i++)
        while (table->shards[i].oldest)
            remove_flow(table, table->shards[i].oldest, CONNECTION_UNENDED);
    g_ptr_array_sort(table->leaving, by_first_frame);
    table->finishing = true;
}
