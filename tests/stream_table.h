/* A front and all its shards, as one: for tests of what becomes of segments. */
#ifndef TESTS_STREAM_TABLE_H
#define TESTS_STREAM_TABLE_H

#include "stream/shards.h"

typedef struct StreamTable {
    Front *front;
    Shards *shards;
} StreamTable;

static inline StreamTable *stream_table_new(const StreamLimits *limits)
{
    StreamTable *table = g_new(StreamTable, 1);
    table->front = front_new(limits->pairs, limits->seed);
    table->shards = shards_new(limits, SHARDS_ALL);
    return table;
}

static inline SegmentOwner stream_table_feed(StreamTable *table, const Segment *segment)
{
    Arrival arrival;
    front_feed(table->front, segment, &arrival);
    return shards_feed(table->shards, &arrival);
}

static inline bool stream_table_next(StreamTable *table, StreamEvent *ret_event)
{
    return shards_next(table->shards, ret_event);
}

static inline void stream_table_fire_timers(StreamTable *table)
{
    shards_fire_timers(table->shards, front_now(table->front));
}

static inline void stream_table_finish(StreamTable *table)
{
    shards_finish(table->shards);
}

static inline const StreamCounters *stream_table_counters(const StreamTable *table)
{
    return shards_counters(table->shards);
}

static inline size_t stream_table_held(const StreamTable *table)
{
    return shards_held(table->shards);
}

static inline void stream_table_free(StreamTable *table)
{
    shards_free(table->shards);
    front_free(table->front);
    g_free(table);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StreamTable, stream_table_free)

#endif
