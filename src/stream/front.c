/* Copies of packets are not the front's matter: what a copy belongs to is known only in its shard,
 * whose memory of packets is its own anyway (duplicates.h). So the front, which no two workers can
 * share, costs two hashes and one look into the table of numbers.
 *
 * The seed of the second hash is of this process: whoever chooses addresses cannot make the
 * chains of a table long, even if he knows the input. It decides nothing that can be seen. */
#include "stream/front.h"

#include "stream/numbering.h"

struct Front {
    Numbering *numbering;
    uint64_t shared_seed; /* the same in every run */
    uint64_t seed;
    Nanoseconds now;
};

Front *front_new(size_t pairs, uint64_t seed)
{
    Front *front = g_new0(Front, 1);
    front->numbering = numbering_new((uint32_t)pairs);
    front->shared_seed = seed;
    front->seed = (uint64_t)g_random_int() << 32 | g_random_int();
    front->now = INT64_MIN;
    return front;
}

void front_free(Front *front)
{
    if (!front)
        return;
    numbering_free(front->numbering);
    g_free(front);
}

void front_feed(Front *front, const Segment *segment, Arrival *ret_arrival)
{
    front->now = MAX(front->now, segment->time);
    ret_arrival->segment = segment;
    ret_arrival->endpoints = endpoints_of(segment, front->shared_seed, front->seed);
    ret_arrival->now = front->now;
    ret_arrival->number = 0;
    ret_arrival->number_known =
        numbering_feed(front->numbering, segment, &ret_arrival->endpoints, &ret_arrival->number);
    ret_arrival->shard = (uint8_t)(ret_arrival->endpoints.identity % SHARDS);
}

void front_pass(Front *front, const Segment *segment)
{
    Endpoints endpoints = endpoints_of(segment, front->shared_seed, front->seed);
    uint32_t number;
    numbering_feed(front->numbering, segment, &endpoints, &number);
}

Nanoseconds front_now(const Front *front)
{
    return front->now;
}
