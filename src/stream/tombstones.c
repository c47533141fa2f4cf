#include "stream/tombstones.h"

#include "stream/flow.h"
#include "stream/seq.h"

#define SLOTS 1024

static Tombstone *slot_of(const Tombstones *stones, const Endpoints *endpoints)
{
    return &stones->slots[endpoints->identity / SHARDS % SLOTS];
}

size_t tombstones_leave(Tombstones *stones, const Connection *connection)
{
    Segment segment = { .source = connection->address[0],
                        .destination = connection->address[1],
                        .source_port = connection->port[0],
                        .destination_port = connection->port[1] };
    Endpoints endpoints = endpoints_of(&segment, 0);
    size_t took = stones->slots ? 0 : SLOTS * sizeof(Tombstone);
    if (took)
        stones->slots = g_new0(Tombstone, SLOTS);
    Tombstone *stone = slot_of(stones, &endpoints);
    stone->identity = endpoints.identity;
    stone->first_frame = connection->first_frame;
    stone->time = connection->last_time;
    for (int side = 0; side < 2; side++)
        stone->number[side ^ endpoints.from_high] =
            connection_sequence(connection, side, connection->half[side].next);
    return took;
}

const Tombstone *tombstones_find(const Tombstones *stones, const Segment *segment,
                                 const Endpoints *endpoints)
{
    if (!stones->slots || (segment->flags & TCP_SYN))
        return NULL;
    const Tombstone *stone = slot_of(stones, endpoints);
    if (stone->identity != endpoints->identity || segment->time > stone->time + TOMBSTONE_LIFE)
        return NULL;
    int64_t distance = seq_distance(stone->number[endpoints->from_high], segment->sequence);
    return ABS(distance) < FLOW_NEAR ? stone : NULL;
}

void tombstones_clear(Tombstones *stones)
{
    g_clear_pointer(&stones->slots, g_free);
}
