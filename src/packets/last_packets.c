#include "packets/last_packets.h"

typedef struct Reach {
    FrameId connection;
    IpAddress address[2];
    uint16_t port[2];
    uint64_t last;
} Reach;

struct LastPackets {
    GHashTable *by_connection; /* FrameId to Reach, which has it */
};

LastPackets *last_packets_new(void)
{
    LastPackets *packets = g_new0(LastPackets, 1);
    packets->by_connection = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    return packets;
}

/* What comes for a connection when it is over, or was captured before. */
static void hear_stray(void *data, const FrameResult *result)
{
    const LastPackets *packets = data;
    const FrameId connections[2] = { result->owner.belongs, result->owner.beside };
    for (unsigned i = 0; i < 2; i++) {
        Reach *found = g_hash_table_lookup(packets->by_connection, &connections[i]);
        if (found)
            found->last = MAX(found->last, result->segment->order);
    }
}

static bool may_be_drawn(const EndedConnection *ended)
{
    const Decision *decision = &ended->row->decision;
    if (decision->set && decision->judgement.verdict == VERDICT_CONTRADICTED)
        return true;
    for (size_t i = 0; i < ended->finding_count; i++)
        if (ended->findings[i].severity == SEVERITY_ERROR)
            return true;
    return false;
}

static ShardSet shard_of(const Reach *reach, uint64_t seed)
{
    Segment segment = { .source = reach->address[0],
                        .destination = reach->address[1],
                        .source_port = reach->port[0],
                        .destination_port = reach->port[1] };
    return (ShardSet)1 << endpoints_of(&segment, seed, 0).identity % SHARDS;
}

static void hear_end(void *data, const EndedConnection *ended)
{
    const LastPackets *packets = data;
    const AuditPosition *position = &ended->position;
    if (!may_be_drawn(ended) || g_hash_table_size(packets->by_connection) >= LAST_PACKETS_MAX)
        return;
    bool over = position->step == STEP_TIMERS || position->step == STEP_FRAME;
    const Connection *connection = ended->connection;
    Reach *reach = g_new0(Reach, 1);
    *reach = (Reach){ .connection = connection->first_frame,
                      .address = { connection->address[0], connection->address[1] },
                      .port = { connection->port[0], connection->port[1] },
                      .last = over ? position->order : UINT64_MAX };
    g_hash_table_insert(packets->by_connection, &reach->connection, reach);
}

AuditListener last_packets_listener(LastPackets *packets)
{
    return (AuditListener){ .data = packets, .stray = hear_stray, .ended = hear_end };
}

bool last_packets_find(const LastPackets *packets, FrameId connection, uint64_t seed,
                       PacketReach *ret_reach)
{
    const Reach *found = g_hash_table_lookup(packets->by_connection, &connection);
    if (found)
        *ret_reach = (PacketReach){ .last = found->last, .shard = shard_of(found, seed) };
    return found;
}

void last_packets_free(LastPackets *packets)
{
    if (!packets)
        return;
    g_hash_table_unref(packets->by_connection);
    g_free(packets);
}
