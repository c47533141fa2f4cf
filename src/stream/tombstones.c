#include "stream/tombstones.h"

#include "stream/flow.h"
#include "stream/seq.h"

#define SLOTS 1024

static Tombstone *slot_of(const Tombstones *stones, const Endpoints *endpoints)
{
    return &stones->slots[endpoints->identity / SHARDS % SLOTS];
}

size_t tombstones_leave(Tombstones *stones, const Connection *connection, bool *ret_lost)
{
    Segment segment = { .source = connection->address[0],
                        .destination = connection->address[1],
                        .source_port = connection->port[0],
                        .destination_port = connection->port[1] };
    Endpoints endpoints = endpoints_of(&segment, stones->seed, 0);
    size_t took = stones->slots ? 0 : SLOTS * sizeof(Tombstone);
    if (took)
        stones->slots = g_new0(Tombstone, SLOTS);
    Tombstone *stone = slot_of(stones, &endpoints);
    *ret_lost = stone->identity && connection->last_time <= stone->time + TOMBSTONE_LIFE;
    stone->identity = endpoints.identity;
    stone->first_frame = connection->first_frame;
    stone->time = connection->last_time;
    for (int side = 0; side < 2; side++) {
        const Half *half = &connection->half[side];
        stone->first[side ^ endpoints.from_high] = half->base;
        stone->number[side ^ endpoints.from_high] = half->base + (uint32_t)half->next;
    }
    return took;
}

static bool is_of(const Tombstone *stone, const Segment *segment, int from)
{
    if (segment->flags & TCP_SYN)
        return segment->sequence + 1 == stone->first[from] &&
               (!(segment->flags & TCP_ACK) || segment->acknowledgement == stone->first[!from]);
    int64_t own = seq_distance(stone->number[from], segment->sequence);
    int64_t peer = seq_distance(stone->number[!from], segment->acknowledgement);
    /* Beyond both FINs there is only the next connection. */
    if ((segment->flags & (TCP_ACK | TCP_RST)) == TCP_ACK && own > 1 && peer > 1)
        return false;
    return ABS(own) < FLOW_NEAR;
}

bool tombstones_stands(const Tombstones *stones, const Segment *segment, const Endpoints *endpoints)
{
    if (!stones->slots)
        return false;
    const Tombstone *stone = slot_of(stones, endpoints);
    return stone->identity == endpoints->identity && segment->time <= stone->time + TOMBSTONE_LIFE;
}

const Tombstone *tombstones_find(const Tombstones *stones, const Segment *segment,
                                 const Endpoints *endpoints)
{
    if (!tombstones_stands(stones, segment, endpoints))
        return NULL;
    const Tombstone *stone = slot_of(stones, endpoints);
    return is_of(stone, segment, endpoints->from_high) ? stone : NULL;
}

void tombstones_clear(Tombstones *stones)
{
    g_clear_pointer(&stones->slots, g_free);
}
