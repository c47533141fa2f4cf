/* The same packet captured twice: the memory of one shard. Private to stream/. */
#ifndef STREAM_DUPLICATES_H
#define STREAM_DUPLICATES_H

#include "stream/front.h"

/* How far two copies of a packet lie apart at most. What mirrors, bridges and taps add is less
 * than a millisecond; a retransmission timer runs for 200 ms at least (RFC 6298 §2.4 even says a
 * second). What is retransmitted sooner, on a hint, has to be told by the packet itself. */
#define DUPLICATE_AGE (10 * NS_PER_MS)

/* The same packet seen later than that, in another place, up to a second: taken for a
 * retransmission, but counted, as a hint that the capture has two vantage points. */
#define DISTANT_COPY_AGE NS_PER_SECOND

typedef struct Duplicates Duplicates;

typedef enum Sight {
    SIGHT_NEW,
    SIGHT_COPY,
    SIGHT_DISTANT_COPY,
} Sight;

Duplicates *duplicates_new(void);

/* Remembers the segment, unless it is a copy of one: then the network in which that one was
 * seen. */
Sight duplicates_feed(Duplicates *duplicates, const Segment *segment, const Endpoints *endpoints,
                      uint64_t *ret_network);

/* Says which connection the last segment belongs to, by its first frame. Of a copy it says
 * nothing. */
void duplicates_own(Duplicates *duplicates, FrameId connection);

/* That of the packet which the last segment was found to be a copy of; 0: none. */
FrameId duplicates_owner(const Duplicates *duplicates);

void duplicates_free(Duplicates *duplicates);

#endif
