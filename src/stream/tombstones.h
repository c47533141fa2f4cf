/* What remains of connections that left: their last numbers. Private to stream/.
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
    uint32_t number[2]; /* one past the last; by the order of the endpoints */
} Tombstone;

typedef struct Tombstones {
    Tombstone *slots; /* NULL: none yet */
} Tombstones;

/* Returns the bytes that it took. */
size_t tombstones_leave(Tombstones *stones, const Connection *connection);

/* That of a connection that left not long ago and near whose end a segment without SYN lies. */
const Tombstone *tombstones_find(const Tombstones *stones, const Segment *segment,
                                 const Endpoints *endpoints);

void tombstones_clear(Tombstones *stones);

#endif
