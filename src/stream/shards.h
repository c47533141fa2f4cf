/* A set of shards: takes segments, hands out events (stream.h). Sets share nothing, so each may
 * have a thread of its own.
 *
 * Grammar: new · feed · next* · (tick · next*)* · finish · next* · free.
 *   shards_feed() takes one segment; shards_next() is then called until it returns false.
 *   shards_tick() is called after every 4,096 frames of the input, then next() until false: it
 *   fires the timers and ends the connections that are final. shards_finish() ends the rest. */
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

/* `now`: front_now(). END events of a tick come by first frame of the connections. */
void shards_tick(Shards *shards, Nanoseconds now);

/* First the final connections by first frame, then those still open by first frame. */
void shards_finish(Shards *shards);

/* Of several sets they add up. */
const StreamCounters *shards_counters(const Shards *shards);

/* Bytes held ahead of holes at this moment. */
size_t shards_held(const Shards *shards);

void shards_free(Shards *shards);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Shards, shards_free)

#endif
