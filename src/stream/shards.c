/* A set of shards is pulled: feed() only finds the connection and turns numbers into offsets;
 * each call of next() takes one step, delivering one segment or giving up one hole, hands out
 * its events and thus shows the facts as they were when that segment was delivered. */
#include "stream/shards.h"

#include "stream/reassembly.h"
#include "stream/resets.h"
#include "stream/shard.h"

struct Shards {
    Shard *shards[SHARDS]; /* NULL: none of this set */
    Sink sink;
    Fresh fresh;
    Flow *active;    /* of the segment that was fed */
    Nanoseconds now; /* of that segment */
    Nanoseconds due; /* no timer fires before; there need be none then */
    guint ended;     /* of those that leave */
    bool finishing;
    bool plain;      /* the plain path is taken where it leads */
    Flow *gone;      /* its END was handed out */
    Shard *strained; /* takes more memory than it may */
    Flow *resting;   /* its PACK was handed out */
};

Shards *shards_new(const StreamLimits *limits, ShardSet set)
{
    Shards *shards = g_new0(Shards, 1);
    shards->sink.leaving = g_ptr_array_new();
    shards->due = INT64_MAX;
    shards->plain = !limits->never_plain;
    for (unsigned i = 0; i < SHARDS; i++)
        if (set >> i & 1)
            shards->shards[i] = shard_new(limits, i);
    return shards;
}

void shards_free(Shards *shards)
{
    if (!shards)
        return;
    GPtrArray *leaving = shards->sink.leaving;
    for (guint i = shards->ended; i < leaving->len; i++)
        memory_free(g_ptr_array_index(leaving, i));
    if (shards->gone)
        flow_free(shards->gone);
    for (int i = 0; i < SHARDS; i++)
        shard_free(shards->shards[i]);
    g_free(shards->sink.spent);
    g_ptr_array_unref(leaving);
    g_free(shards);
}

const StreamCounters *shards_counters(const Shards *shards)
{
    return &shards->sink.counters;
}

size_t shards_held(const Shards *shards)
{
    size_t held = 0;
    for (int i = 0; i < SHARDS; i++)
        held += shards->shards[i] ? shards->shards[i]->budget.held : 0;
    return held;
}

static void release_spent(Shards *shards)
{
    shards->sink.count = shards->sink.read = 0;
    g_clear_pointer(&shards->sink.spent, g_free);
    g_clear_pointer(&shards->gone, flow_free);
}

static bool is_idle(const Shards *shards)
{
    return !shards->active && !shards->strained && !shards->sink.leaving->len &&
           shards->sink.read == shards->sink.count;
}

static Shard *shard_of(const Shards *shards, const FlowHead *head)
{
    return shards->shards[head->shard];
}

/* False: it is no plain segment. Without data nothing is left to do, unless the connection had to
 * be unpacked for it: what hangs on it is what it was. */
static bool take_plainly(Shards *shards, Flow *flow, int side, const Arrival *arrival)
{
    Item item;
    if (!flow_is_plain(flow, side, arrival->segment))
        return false;
    flow_arrive_plainly(flow, side, arrival->segment, &item);
    reassembly_deliver_plainly(&shards->sink, flow, side, &item);
    if (shards->sink.count || shard_is_strained(shard_of(shards, &flow->head))) {
        shards->active = flow;
        shards->now = arrival->now;
    }
    return true;
}

SegmentOwner shards_feed(Shards *shards, const Arrival *arrival)
{
    Shard *shard = shards->shards[arrival->shard];
    g_assert(shard && is_idle(shards) && !shards->finishing);
    SegmentOwner owner;
    int side;
    Flow *flow = shard_feed(shard, &shards->sink, arrival, &side, &owner);
    if (!flow || (shards->plain && take_plainly(shards, flow, side, arrival)))
        return owner;
    shards->active = flow;
    shards->now = arrival->now;
    shards->fresh.flow = flow;
    shards->fresh.side = side;
    shard_arrive(flow, side, arrival->segment, &shards->sink, &shards->fresh.item);
    return owner;
}

/* Steps ---------------------------------------------------------------------------------------- */

static void add_event(Shards *shards, StreamEventKind kind, Flow *flow)
{
    shards->sink.events[shards->sink.count++] =
        (StreamEvent){ .kind = kind, .connection = &flow->facts, .quiet_acked = NO_OFFSET };
}

static bool step_active(Shards *shards)
{
    Flow *flow = shards->active;
    if (!flow)
        return false;
    if (reassembly_step(&shards->sink, flow, &shards->fresh, false, REASON_LOSS))
        return true;
    Shard *shard = shard_of(shards, &flow->head);
    shards->active = NULL;
    shard_settle(shard, &shards->sink, flow, shards->now);
    shards->due = MIN(shards->due, shard_due(shard));
    if (shard_is_strained(shard))
        shards->strained = shard;
    return shards->sink.leaving->len > 0;
}

static bool relieve(Shards *shards)
{
    Shard *shard = shards->strained;
    if (!shard)
        return false;
    if (shards->resting)
        shard_put_to_rest(shard, g_steal_pointer(&shards->resting));
    if (!shard_relieve(shard, &shards->sink, &shards->resting)) {
        shards->strained = NULL;
        return false;
    }
    if (shards->resting && shards->resting->facts.owner) {
        shards->sink.counters.rested++;
        add_event(shards, STREAM_PACK, shards->resting);
    }
    return true;
}

static gint by_first_frame(gconstpointer a, gconstpointer b)
{
    const FlowHead *left = *(FlowHead *const *)a, *right = *(FlowHead *const *)b;
    if (left->first_frame != right->first_frame)
        return left->first_frame < right->first_frame ? -1 : 1;
    return 0;
}

static gint final_first(gconstpointer a, gconstpointer b)
{
    const FlowHead *left = *(FlowHead *const *)a, *right = *(FlowHead *const *)b;
    if (left->ends_final != right->ends_final)
        return left->ends_final ? -1 : 1;
    return by_first_frame(a, b);
}

static void end_flow(Shards *shards, FlowHead *head)
{
    Shard *shard = shard_of(shards, head);
    Flow *flow = memory_unpack(head, &shard->budget);
    bool final = flow_is_final(flow);
    flow->facts.end = final ? CONNECTION_FINAL : (ConnectionEnd)flow->head.leaves_as;
    shards->sink.counters.resets_ignored += resets_count_ignored(flow);
    shards->sink.counters.limited +=
        flow->facts.limited && flow->head.leaves_as != CONNECTION_EVICTED;
    resets_publish(flow);
    flow_weigh_gaps(flow);
    if (final && !shards->finishing)
        shard_bury(shard, &shards->sink, &flow->facts);
    shards->gone = flow;
    add_event(shards, STREAM_END, flow);
}

/* Of what is packed nothing is held. */
static bool drain(Shards *shards, FlowHead *head)
{
    if (head->packed)
        return false;
    Flow *flow = flow_whole(head);
    Reason reason = head->leaves_as == CONNECTION_EVICTED ? REASON_LIMIT : REASON_LOSS;
    flow->facts.open_at_end = shards->finishing && !head->ends_final;
    return reassembly_step(&shards->sink, flow, &shards->fresh, true, reason);
}

/* Each connection that leaves is drained, and ended before the next one is drained: what the stage
 * above makes of held bytes may take fifty times their memory. */
static bool step_leaving(Shards *shards)
{
    GPtrArray *leaving = shards->sink.leaving;
    if (!leaving->len)
        return false;
    if (shards->ended == leaving->len) {
        g_ptr_array_set_size(leaving, 0);
        shards->ended = 0;
        return false;
    }
    FlowHead *head = g_ptr_array_index(leaving, shards->ended);
    if (drain(shards, head))
        return true;
    shards->ended++;
    end_flow(shards, head);
    return true;
}

bool shards_next(Shards *shards, StreamEvent *ret_event)
{
    Sink *sink = &shards->sink;
    if (is_idle(shards) && !shards->gone && !sink->spent)
        return false;
    if (sink->read == sink->count) {
        do
            release_spent(shards);
        while ((step_leaving(shards) || step_active(shards) || relieve(shards)) && !sink->count);
    }
    if (sink->read == sink->count)
        return false;
    *ret_event = sink->events[sink->read++];
    return true;
}

/* Timers --------------------------------------------------------------------------------------- */

void shards_fire_timers(Shards *shards, Nanoseconds now)
{
    g_assert(is_idle(shards) && !shards->finishing);
    shards->due = INT64_MAX;
    for (int i = 0; i < SHARDS; i++) {
        if (!shards->shards[i])
            continue;
        shard_fire_timers(shards->shards[i], &shards->sink, now);
        shards->due = MIN(shards->due, shard_due(shards->shards[i]));
    }
    g_ptr_array_sort(shards->sink.leaving, by_first_frame);
}

bool shards_are_due(const Shards *shards, Nanoseconds now)
{
    return now > shards->due;
}

void shards_finish(Shards *shards)
{
    g_assert(is_idle(shards) && !shards->finishing);
    for (int i = 0; i < SHARDS; i++)
        if (shards->shards[i])
            shard_finish(shards->shards[i], &shards->sink);
    GPtrArray *leaving = shards->sink.leaving;
    for (guint i = 0; i < leaving->len; i++) {
        FlowHead *head = g_ptr_array_index(leaving, i);
        head->ends_final = !head->packed && reassembly_ends_final(flow_whole(head));
    }
    g_ptr_array_sort(leaving, final_first);
    shards->finishing = true;
}
