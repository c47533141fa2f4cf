/* Where the packets of the connections that a page may draw lie: how much of the inputs a second
 * reading has to see of them. Those are contradicted, or have a finding of severity error.
 *
 * Grammar: new · (its listener) · find* · free. */
#ifndef PACKETS_LAST_PACKETS_H
#define PACKETS_LAST_PACKETS_H

#include "audit/listener.h"
#include "stream/shards.h"

/* Of more connections nothing is known; twice what a page draws of either kind, and room for what
 * ends together. */
#define LAST_PACKETS_MAX 4096

typedef struct LastPackets LastPackets;

LastPackets *last_packets_new(void);

/* `packets` is borrowed. */
AuditListener last_packets_listener(LastPackets *packets);

typedef struct PacketReach {
    /* AuditPosition.order of the last frame that says something of it; UINT64_MAX: it was open when
     * the frames were over */
    uint64_t last;
    ShardSet shard; /* those that have them */
} PacketReach;

/* False: nothing is known of it. Not before the reading is over. `seed`: of its StreamLimits. */
bool last_packets_find(const LastPackets *packets, FrameId connection, uint64_t seed,
                       PacketReach *ret_reach);

void last_packets_free(LastPackets *packets);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LastPackets, last_packets_free)

#endif
