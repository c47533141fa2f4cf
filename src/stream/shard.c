/* Who a segment belongs to, when a connection begins anew, and when it goes.
 *
 * A connection is final when both FINs are acknowledged, and leaves with that segment. One that
 * ended by a RST, or whose FIN is only implied, settles first: for 120 s its own packets may show
 * that it goes on. Then its timer lets it leave. What comes for a connection that is over is
 * counted and not looked at, whether or not the timer has fired: what a connection is judged by
 * must not depend on how many frames of others lie between.
 *
 * Equal endpoints in two networks (VLANs, overlays) are two connections, but a direction's network
 * is its own: mirror ports tag one direction only, and routed VLANs and overlays carry each
 * direction by the identifier of its destination. So the network is no part of the hash. A
 * connection's side takes the network of its first segment, that of its peer if there is a choice,
 * another one if its numbers belong to what the peer sent.
 *
 * Memory. What hangs on a connection changes while its events are handled, so it is counted when
 * they are done. A shard that takes more than its part first packs those connections that have
 * been idle longest, and has the stage above do the same with what it keeps of them. When all
 * are packed, the longest idle one is given up; but rather the one that has just grown, if it takes
 * more than a 16th of the shard: it must not drive out others. */
#include "stream/shard.h"

#include "stream/belonging.h"
#include "stream/kept_syn.h"
#include "stream/reassembly.h"
#include "stream/resets.h"

#define BUCKETS_FIRST 16

/* Connections of equal endpoints in different networks at once: they lie in one bucket, whatever
 * the seed. No two tenants use the same client port to the same server often. */
#define NETWORKS_MAX 64

Shard *shard_new(const StreamLimits *limits, unsigned index)
{
    Shard *shard = g_new0(Shard, 1);
    shard->index = (uint8_t)index;
    shard->flows_max = MAX(limits->connections / SHARDS, 1);
    shard->bucket_count = BUCKETS_FIRST;
    shard->buckets = g_new0(FlowHead *, BUCKETS_FIRST);
    shard->budget = memory_budget(limits);
    shard->tombstones.seed = limits->seed;
    shard->budget.used = BUCKETS_FIRST * sizeof(FlowHead *);
    return shard;
}

void shard_free(Shard *shard)
{
    if (!shard)
        return;
    for (FlowHead *head = shard->oldest, *newer; head; head = newer) {
        newer = head->newer;
        memory_free(head);
    }
    g_free(shard->buckets);
    duplicates_free(shard->duplicates);
    tombstones_clear(&shard->tombstones);
    g_free(shard);
}

/* Lists ---------------------------------------------------------------------------------------- */

static void idle_unlink(Shard *shard, FlowHead *head)
{
    if (shard->awake == head)
        shard->awake = head->newer;
    *(head->older ? &head->older->newer : &shard->oldest) = head->newer;
    *(head->newer ? &head->newer->older : &shard->newest) = head->older;
    head->older = head->newer = NULL;
}

static void idle_append(Shard *shard, FlowHead *head)
{
    head->older = shard->newest;
    *(shard->newest ? &shard->newest->newer : &shard->oldest) = head;
    shard->newest = head;
    if (!shard->awake)
        shard->awake = head;
}

static void timer_unlink(Shard *shard, Flow *flow)
{
    if (!flow->listed)
        return;
    FlowList *list = &shard->settling;
    *(flow->timer_before ? &flow->timer_before->timer_after : &list->first) = flow->timer_after;
    *(flow->timer_after ? &flow->timer_after->timer_before : &list->last) = flow->timer_before;
    flow->timer_before = flow->timer_after = NULL;
    flow->listed = false;
}

static void timer_append(Shard *shard, Flow *flow, Nanoseconds now)
{
    FlowList *list = &shard->settling;
    flow->timer_before = list->last;
    *(list->last ? &list->last->timer_after : &list->first) = flow;
    list->last = flow;
    flow->listed_at = now;
    flow->listed = true;
}

/* Its timer runs as long as it ended in a way that its own packets may still change. */
static void update_timer(Shard *shard, Flow *flow, Nanoseconds now)
{
    bool settles =
        flow->state == FLOW_SETTLING || (flow->state == FLOW_LIVE && resets_standing(flow));
    if (flow->listed == settles)
        return;
    timer_unlink(shard, flow);
    if (settles)
        timer_append(shard, flow, now);
}

/* Buckets -------------------------------------------------------------------------------------- */

static FlowHead **bucket_of(const Shard *shard, uint64_t seeded)
{
    return &shard->buckets[seeded & (shard->bucket_count - 1)];
}

/* What points to the head in its bucket. */
static FlowHead **find_place(const Shard *shard, const FlowHead *head)
{
    FlowHead **at = bucket_of(shard, head->seeded);
    while (*at != head)
        at = &(*at)->bucket_next;
    return at;
}

static void grow_buckets(Shard *shard)
{
    size_t count = shard->bucket_count * 2;
    shard->budget.used += (count - shard->bucket_count) * sizeof(FlowHead *);
    g_free(shard->buckets);
    shard->buckets = g_new0(FlowHead *, count);
    shard->bucket_count = count;
    for (FlowHead *head = shard->oldest; head; head = head->newer) {
        FlowHead **bucket = bucket_of(shard, head->seeded);
        head->bucket_next = *bucket;
        *bucket = head;
    }
}

static void insert_flow(Shard *shard, FlowHead *head)
{
    idle_append(shard, head);
    shard->flow_count++;
    if (shard->flow_count > shard->bucket_count) {
        grow_buckets(shard);
        return;
    }
    FlowHead **bucket = bucket_of(shard, head->seeded);
    head->bucket_next = *bucket;
    *bucket = head;
}

/* Takes it out of the shard; its last events follow. */
static void remove_flow(Shard *shard, Sink *sink, FlowHead *head, ConnectionEnd otherwise)
{
    *find_place(shard, head) = head->bucket_next;
    idle_unlink(shard, head);
    if (!head->packed)
        timer_unlink(shard, flow_whole(head));
    shard->flow_count--;
    shard->budget.used -= head->charged;
    head->charged = 0;
    head->leaves_as = (uint8_t)otherwise;
    g_ptr_array_add(sink->leaving, head);
}

/* Memory --------------------------------------------------------------------------------------- */

/* Puts a flow that was packed or unpacked in the place of what it was, which is gone: `place`
 * pointed to it. */
static void replace_flow(Shard *shard, FlowHead **place, bool was_awake, FlowHead *head)
{
    *place = head;
    *(head->older ? &head->older->newer : &shard->oldest) = head;
    *(head->newer ? &head->newer->older : &shard->newest) = head;
    if (was_awake)
        shard->awake = head;
}

static void charge(Shard *shard, Flow *flow)
{
    size_t size = memory_size(flow);
    shard->budget.used += size - flow->head.charged;
    flow->head.charged = (uint32_t)size;
}

static Flow *wake_flow(Shard *shard, FlowHead *head)
{
    if (!head->packed)
        return flow_whole(head);
    FlowHead **place = find_place(shard, head);
    bool awake = shard->awake == head;
    Flow *flow = memory_unpack(head, &shard->budget);
    replace_flow(shard, place, awake, &flow->head);
    charge(shard, flow);
    return flow;
}

void shard_put_to_rest(Shard *shard, Flow *flow)
{
    charge(shard, flow);
    size_t before = flow->head.charged;
    FlowHead **place = find_place(shard, &flow->head);
    bool awake = shard->awake == &flow->head;
    FlowHead *head = memory_pack(flow);
    replace_flow(shard, place, awake, head);
    shard->budget.used -= before - head->charged;
}

static void evict(Shard *shard, Sink *sink, FlowHead *head)
{
    Flow *flow = wake_flow(shard, head);
    if (!flow_is_final(flow)) {
        shard->gave_up = true;
        flow->facts.limited = true;
        sink->counters.evicted++;
    }
    remove_flow(shard, sink, &flow->head, CONNECTION_EVICTED);
}

bool shard_relieve(Shard *shard, Sink *sink, Flow **ret_flow)
{
    *ret_flow = NULL;
    if (!shard_is_strained(shard) || !shard->oldest)
        return false;
    FlowHead *head = shard->awake;
    if (!head || head == shard->newest) {
        bool much = memory_is_much(&shard->budget, shard->newest);
        evict(shard, sink, much ? shard->newest : shard->oldest);
        return true;
    }
    shard->awake = head->newer;
    *ret_flow = flow_whole(head);
    return true;
}

void shard_settle(Shard *shard, Sink *sink, Flow *flow, Nanoseconds now)
{
    if (flow->state == FLOW_FINAL) {
        remove_flow(shard, sink, &flow->head, CONNECTION_FINAL);
        return;
    }
    if (flow->state == FLOW_SETTLING || flow->listed || flow->resets)
        update_timer(shard, flow, now);
    charge(shard, flow);
}

bool shard_is_strained(const Shard *shard)
{
    return shard->budget.used > shard->budget.used_max;
}

/* Finding -------------------------------------------------------------------------------------- */

static bool is_in_network(const Flow *flow, int side, uint64_t network)
{
    return flow->network[side] == network || (flow->aliased[side] && flow->alias[side] == network);
}

/* NULL: none. Then *ret_crowd is one to give up for a new one, if these endpoints have too many. */
static Flow *find_flow(Shard *shard, const Arrival *arrival, int *ret_side, FlowHead **ret_crowd)
{
    const Segment *segment = arrival->segment;
    Flow *other = NULL, *oldest = NULL;
    unsigned networks = 0;
    FlowHead *head = *bucket_of(shard, arrival->endpoints.seeded);
    for (; head; head = head->bucket_next) {
        if (head->seeded != arrival->endpoints.seeded)
            continue;
        Flow *flow = wake_flow(shard, head);
        head = &flow->head;
        int side = flow_sender(flow, segment);
        if (side < 0)
            continue;
        if (is_in_network(flow, side, segment->network)) {
            *ret_side = side;
            return flow;
        }
        if (!other && belonging_continues(flow, side, segment)) {
            other = flow;
            *ret_side = side;
        }
        oldest = flow;
        networks++;
    }
    *ret_crowd = !other && networks >= NETWORKS_MAX ? &oldest->head : NULL;
    return other;
}

/* The connection that has seen these endpoints in this network; NULL: none. */
static Flow *flow_in_network(Shard *shard, const Arrival *arrival, uint64_t network, int *ret_side)
{
    FlowHead *head = *bucket_of(shard, arrival->endpoints.seeded);
    for (; head; head = head->bucket_next) {
        if (head->seeded != arrival->endpoints.seeded)
            continue;
        Flow *flow = wake_flow(shard, head);
        head = &flow->head;
        int side = flow_sender(flow, arrival->segment);
        if (side >= 0 && is_in_network(flow, side, network)) {
            *ret_side = side;
            return flow;
        }
    }
    return NULL;
}

/* Whether its packet was captured before. Where the copies carry different tags, the connection of
 * the first one learns the other network: the copies may come in another order next time. But once
 * two connections have begun of them, each keeps its own. */
static bool is_duplicate(Shard *shard, Sink *sink, const Arrival *arrival)
{
    const Segment *segment = arrival->segment;
    uint64_t network;
    int side = 0;
    if (!shard->duplicates)
        shard->duplicates = duplicates_new();
    Sight sight = duplicates_feed(shard->duplicates, segment, &arrival->endpoints, &network);
    sink->counters.distant_copies += sight == SIGHT_DISTANT_COPY;
    if (sight != SIGHT_COPY)
        return false;
    if (network == segment->network)
        return true;
    Flow *first = flow_in_network(shard, arrival, network, &side);
    Flow *own = flow_in_network(shard, arrival, segment->network, &side);
    if (!first || (own && own != first))
        return false;
    if (!own) {
        first->alias[side] = segment->network;
        first->aliased[side] = true;
    }
    return true;
}

/* New connections ------------------------------------------------------------------------------ */

static Flow *add_flow(Shard *shard, Sink *sink, const Segment *segment, uint64_t seeded)
{
    if (shard->flow_count >= shard->flows_max)
        evict(shard, sink, shard->oldest);
    Flow *flow = flow_new(segment, &shard->budget);
    flow->head.shard = shard->index;
    flow->head.seeded = seeded;
    flow->facts.after_eviction = shard->gave_up && !flow->facts.opener_known;
    insert_flow(shard, &flow->head);
    sink->counters.connections++;
    return flow;
}

static void set_number(Flow *flow, bool known, uint32_t number)
{
    flow->facts.stream_number_known = known;
    flow->facts.stream_number = known ? number : 0;
}

/* The handshake of a connection taken for one begun in mid-stream was captured late. */
static void learn_opener(Flow *flow, int *side, const Segment *segment)
{
    if (!(segment->flags & TCP_SYN) || flow->facts.opener_known || flow->spoke)
        return;
    int opener = is_syn(segment) ? *side : !*side;
    flow->facts.opener_known = true;
    if (opener == 1) {
        flow_swap_sides(flow);
        *side = !*side;
    }
}

void shard_arrive(Flow *flow, int side, const Segment *segment, Sink *sink, Item *ret_item)
{
    if (!flow->facts.half[side].seen)
        flow->network[side] = segment->network;
    flow_arrive(flow, side, segment, ret_item);
    if (flow->resets)
        resets_check(flow, side, segment, ret_item, &sink->counters);
    if (segment->flags & TCP_RST)
        resets_arrive(flow, side, segment, ret_item);
}

/* The new connection that a kept SYN (or SYN-ACK) began; that segment lies in its queue. */
static Flow *replay_syn(Shard *shard, Sink *sink, Flow *old, const Arrival *arrival)
{
    g_autofree KeptSyn *kept = kept_syn_take(old);
    remove_flow(shard, sink, &old->head, belonging_end_before(old, &kept->segment));
    Flow *flow = add_flow(shard, sink, &kept->segment, arrival->endpoints.seeded);
    set_number(flow, kept->number_known, kept->number);
    Item item;
    int side = is_syn(&kept->segment) ? 0 : 1;
    shard_arrive(flow, side, &kept->segment, sink, &item);
    if (!reassembly_hold(sink, flow, side, &item) || kept->payload_lost)
        flow->facts.limited = true;
    return flow;
}

/* Whose ---------------------------------------------------------------------------------------- */

static void own(const Flow *flow, bool after_end, SegmentOwner *ret_owner)
{
    *ret_owner = (SegmentOwner){ .first_frame = flow->facts.first_frame,
                                 .belongs = flow->facts.first_frame,
                                 .after_end = after_end,
                                 .number_known = flow->facts.stream_number_known,
                                 .number = flow->facts.stream_number };
}

/* Whether it came for a connection that is over, or for one that left. If not, and that
 * connection is over, it makes room: *flow is NULL then. */
static bool comes_after_end(Shard *shard, Sink *sink, const Arrival *arrival, Flow **flow, int side,
                            SegmentOwner *ret_owner)
{
    const Segment *segment = arrival->segment;
    if (!*flow) {
        const Tombstone *stone = tombstones_find(&shard->tombstones, segment, &arrival->endpoints);
        if (stone)
            *ret_owner = (SegmentOwner){ .first_frame = stone->first_frame,
                                         .belongs = stone->first_frame,
                                         .after_end = true };
        return stone != NULL;
    }
    if (!flow_has_settled(*flow, segment->time))
        return false;
    if (belonging_straggles(*flow, side, segment) &&
        segment->time <= (*flow)->facts.last_time + TOMBSTONE_LIFE) {
        own(*flow, true, ret_owner);
        return true;
    }
    remove_flow(shard, sink, &(*flow)->head, CONNECTION_FINAL);
    *flow = NULL;
    return false;
}

/* It is of the connection's story, and nothing is made of it. */
static void own_stray(const Flow *flow, SegmentOwner *ret_owner)
{
    own(flow, false, ret_owner);
    ret_owner->first_frame = 0;
}

/* A segment that says nothing about the connection of its endpoints. */
static void take_stray(Flow *flow, int side, const Arrival *arrival, SegmentOwner *ret_owner)
{
    const Segment *segment = arrival->segment;
    if (belonging_may_begin_next(flow, side, segment)) {
        kept_syn_keep(flow, side, arrival);
        *ret_owner = (SegmentOwner){ .belongs = flow->kept->segment.frame,
                                     .number_known = flow->kept->number_known,
                                     .number = flow->kept->number };
    }
    if (segment->flags & TCP_SYN)
        ret_owner->beside = flow->facts.first_frame;
    else
        own_stray(flow, ret_owner);
    if (!is_syn_ack(segment))
        return;
    flow_take_uncounted(flow, side, segment);
    if (flow->facts.syn_uncounted)
        own_stray(flow, ret_owner);
}

static void touch(Shard *shard, Flow *flow)
{
    if (shard->newest == &flow->head)
        return;
    idle_unlink(shard, &flow->head);
    idle_append(shard, &flow->head);
}

/* The connection that the segment belongs to now; NULL if it says nothing about any. */
static Flow *flow_for(Shard *shard, Sink *sink, const Arrival *arrival, int *ret_side,
                      SegmentOwner *ret_owner)
{
    const Segment *segment = arrival->segment;
    FlowHead *crowd = NULL;
    *ret_side = 0;
    Flow *flow = find_flow(shard, arrival, ret_side, &crowd);
    bool succeeds = flow || tombstones_stands(&shard->tombstones, segment, &arrival->endpoints);
    if (comes_after_end(shard, sink, arrival, &flow, *ret_side, ret_owner)) {
        sink->counters.segments_after_end++;
        return NULL;
    }
    if (flow && belongs_plainly(flow, *ret_side, segment)) {
        touch(shard, flow);
        return flow;
    }
    if (flow && belonging_is_astray(flow, *ret_side, segment)) {
        flow_begin_anew(flow, segment);
        *ret_side = 0;
    }
    Belonging how = flow ? belonging_of(flow, *ret_side, segment) : BEGINS;
    if (how == BELONGS_NOT) {
        take_stray(flow, *ret_side, arrival, ret_owner);
        return NULL;
    }
    if (how == BELONGS) {
        learn_opener(flow, ret_side, segment);
        touch(shard, flow);
        return flow;
    }
    if (how == CONFIRMS) {
        flow = replay_syn(shard, sink, flow, arrival);
    } else {
        if (flow)
            remove_flow(shard, sink, &flow->head, belonging_end_before(flow, segment));
        if (crowd)
            evict(shard, sink, crowd);
        flow = add_flow(shard, sink, segment, arrival->endpoints.seeded);
        flow->succeeds = succeeds;
        set_number(flow, arrival->number_known, arrival->number);
    }
    *ret_side = flow_sender(flow, segment) == 0 ? 0 : 1;
    return flow;
}

Flow *shard_feed(Shard *shard, Sink *sink, const Arrival *arrival, int *ret_side,
                 SegmentOwner *ret_owner)
{
    *ret_owner = (SegmentOwner){ 0 };
    sink->counters.segments++;
    if (is_duplicate(shard, sink, arrival)) {
        sink->counters.duplicates++;
        *ret_owner = (SegmentOwner){ .belongs = duplicates_owner(shard->duplicates), .copy = true };
        return NULL;
    }
    Flow *flow = flow_for(shard, sink, arrival, ret_side, ret_owner);
    if (flow)
        own(flow, false, ret_owner);
    duplicates_own(shard->duplicates, ret_owner->belongs);
    return flow;
}

/* Timers --------------------------------------------------------------------------------------- */

Nanoseconds shard_due(const Shard *shard)
{
    const Flow *next = shard->settling.first;
    return next ? next->listed_at + RESET_SETTLES : INT64_MAX;
}

/* A connection that went on since its timer was set waits on, or goes on living. */
void shard_fire_timers(Shard *shard, Sink *sink, Nanoseconds now)
{
    while (now > shard_due(shard)) {
        Flow *flow = shard->settling.first;
        if (flow_has_settled(flow, now)) {
            remove_flow(shard, sink, &flow->head, CONNECTION_FINAL);
            continue;
        }
        timer_unlink(shard, flow);
        update_timer(shard, flow, now);
    }
}

void shard_finish(Shard *shard, Sink *sink)
{
    while (shard->oldest)
        remove_flow(shard, sink, shard->oldest, CONNECTION_UNENDED);
}

void shard_bury(Shard *shard, Sink *sink, const Connection *connection)
{
    bool lost;
    shard->budget.used += tombstones_leave(&shard->tombstones, connection, &lost);
    sink->counters.tombstones_lost += lost;
}
