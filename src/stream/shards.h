/* A set of shards: takes segments, hands out events (stream.h). Sets share nothing, so each may
 * have a thread of its own.
 *
 * Grammar: new · ((fire_timers · next*)? · feed · next*)* · finish · next* · free.
 *   shards_feed() takes one segment; shards_next() is then called until it returns false. A
 *   connection that the segment makes final ends among these events.
 *   shards_fire_timers() ends the connections whose end can no longer change. It is called before
 *   the first segment that is later than a timer. shards_finish() ends the rest. */
#ifndef STREAM_SHARDS_H
#define STREAM_SHARDS_H

#include "stream/stream.h"

typedef uint64_t ShardSet; /* a bit for each: Arrival.shard */

#define SHARDS_ALL UINT64_MAX

G_STATIC_ASSERT(SHARDS == 64);

typedef struct Shards Shards;

/* The limits are those of a whole run: each shard has its part of them. */
Shards *shards_new(const StreamLimits *limits, ShardSet set);

/* A segment of one of its shards. It and its payload need to live until shards_next() has returned
 * false. */
SegmentOwner shards_feed(Shards *shards, const Arrival *arrival);

bool shards_next(Shards *shards, StreamEvent *ret_event);

/* Whether a timer may fire. `now`: the largest time of all segments up to this one. */
bool shards_are_due(const Shards *shards, Nanoseconds now);

/* END events come by first frame of the connections. */
void shards_fire_timers(Shards *shards, Nanoseconds now);

/* First the final connections by first frame, then those still open by first frame. */
void shards_finish(Shards *shards);

/* Of several sets they add up. */
const StreamCounters *shards_counters(const Shards *shards);

/* Bytes held ahead of holes at this moment. */
size_t shards_held(const Shards *shards);

void shards_free(Shards *shards);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Shards, shards_free)

#endif
