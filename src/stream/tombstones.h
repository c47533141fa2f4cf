/* What remains of connections that left: their first and last numbers. Private to stream/.
 *
 * A tombstone stands in a slot given by the hash of the endpoints, where the next one replaces
 * it. */
#ifndef STREAM_TOMBSTONES_H
#define STREAM_TOMBSTONES_H

#include "stream/front.h"

#include "stream/connection.h"

#define TOMBSTONE_LIFE (120 * NS_PER_SECOND)

typedef struct Tombstone {
    uint64_t identity; /* of the endpoints; 0: empty */
    FrameId first_frame;
    Nanoseconds time;
    /* by the order of the endpoints: of the first byte, and one past the last */
    uint32_t first[2], number[2];
} Tombstone;

typedef struct Tombstones {
    uint64_t seed;    /* of the endpoints' identities: StreamLimits.seed */
    Tombstone *slots; /* NULL: none yet */
} Tombstones;

/* Returns the bytes that it took. *ret_lost: it replaced one that could still have counted. */
size_t tombstones_leave(Tombstones *stones, const Connection *connection, bool *ret_lost);

/* That of a connection that left not long ago and of which the segment is: its SYN or SYN-ACK
 * again, or what lies near its end. */
const Tombstone *tombstones_find(const Tombstones *stones, const Segment *segment,
                                 const Endpoints *endpoints);

/* Whether one stands for these endpoints, whatever the numbers. */
bool tombstones_stands(const Tombstones *stones, const Segment *segment,
                       const Endpoints *endpoints);

void tombstones_clear(Tombstones *stones);

#endif
