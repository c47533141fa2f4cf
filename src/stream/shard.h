/* One shard: its connections, its timers, its part of every bound. What it does shows in the
 * sink of the set that it belongs to; of other shards it knows nothing. Private to stream/. */
#ifndef STREAM_SHARD_H
#define STREAM_SHARD_H

#include "stream/duplicates.h"
#include "stream/memory.h"
#include "stream/sink.h"
#include "stream/tombstones.h"

typedef struct FlowList {
    Flow *first, *last;
} FlowList;

typedef struct Shard {
    FlowHead **buckets; /* by Endpoints.seeded */
    size_t bucket_count, flow_count, flows_max;
    FlowHead *oldest, *newest;
    FlowHead *awake;   /* the oldest that does not rest; all newer ones do not */
    FlowList settling; /* their timers run, in this order */
    Duplicates *duplicates;
    Tombstones tombstones;
    Budget budget;
    uint8_t index;
    bool gave_up; /* a connection that had not ended */
} Shard;

Shard *shard_new(const StreamLimits *limits, unsigned index);

/* With the connections that it still has. */
void shard_free(Shard *shard);

/* Finds out whose the segment is. Returns the connection that has to take it; NULL: nothing is
 * made of it. */
Flow *shard_feed(Shard *shard, Sink *sink, const Arrival *arrival, int *ret_side,
                 SegmentOwner *ret_owner);

/* What changes for its connection by a segment that shard_feed() found to be of it. */
void shard_arrive(Flow *flow, int side, const Segment *segment, Sink *sink, Item *ret_item);

/* When a segment of the connection has been worked off: its timer, and its part of the memory. A
 * connection that is final leaves. */
void shard_settle(Shard *shard, Sink *sink, Flow *flow, Nanoseconds now);

/* Whether it takes more memory than it may. */
bool shard_is_strained(const Shard *shard);

/* One step towards taking less than it may: *ret_flow is to rest, and comes back to
 * shard_put_to_rest(); NULL: one was given up. False: there is nothing to do. */
bool shard_relieve(Shard *shard, Sink *sink, Flow **ret_flow);
void shard_put_to_rest(Shard *shard, Flow *flow);

/* When its next timer fires: at the first time later than this. INT64_MAX: none runs. */
Nanoseconds shard_due(const Shard *shard);

/* The timers that are due fire: connections whose end can no longer change leave. */
void shard_fire_timers(Shard *shard, Sink *sink, Nanoseconds now);

/* All that it has leaves. */
void shard_finish(Shard *shard, Sink *sink);

/* What stands of a connection that has left. */
void shard_bury(Shard *shard, Sink *sink, const Connection *connection);

#endif
