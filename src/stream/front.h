/* What has to see every segment of a run in order, before the shards do: the numbers of streams,
 * the clock, and the shard that a segment belongs to. Each engine has one.
 *
 * Grammar: new · (feed | pass)* · free. An Arrival may go to another thread, as long as its
 * segment lives. */
#ifndef STREAM_FRONT_H
#define STREAM_FRONT_H

#include <glib.h>

#include "stream/endpoints.h"

/* Connections are cut into logical shards by a hash of the endpoints that is the same in every run
 * over the same input. Each has its part of every bound and its own timers, so that nothing depends
 * on how shards are shared out among workers. Its seed comes of the input (capture_inputs_seed()):
 * whoever sends traffic cannot choose the shard, and fill that of somebody else. */
#define SHARDS 64

typedef struct Arrival {
    const Segment *segment;
    Endpoints endpoints;
    Nanoseconds now; /* the largest time of a segment so far */
    uint32_t number; /* Connection.stream_number, if it is known */
    bool number_known;
    uint8_t shard;
} Arrival;

typedef struct Front Front;

/* `pairs`, `seed`: of the StreamLimits */
Front *front_new(size_t pairs, uint64_t seed);

void front_feed(Front *front, const Segment *segment, Arrival *ret_arrival);

/* Instead of feeding it: a segment that is left out, but numbered among the others. */
void front_pass(Front *front, const Segment *segment);

Nanoseconds front_now(const Front *front);

void front_free(Front *front);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Front, front_free)

#endif
