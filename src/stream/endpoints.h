/* The two endpoints of a segment in an order that does not depend on its direction, and their
 * hashes. */
#ifndef STREAM_ENDPOINTS_H
#define STREAM_ENDPOINTS_H

#include <string.h>

#include "decode/decode.h"

typedef struct Endpoints {
    uint64_t identity; /* the same in every run over the same input: shards and tombstones */
    uint64_t seeded;   /* differs from run to run: buckets, against hash flooding */
    bool from_high;    /* the segment was sent by the endpoint that is second in order */
} Endpoints;

/* The seeds of `identity` and of `seeded`. */
Endpoints endpoints_of(const Segment *segment, uint64_t shared_seed, uint64_t seed);

static inline bool address_equal(const IpAddress *a, const IpAddress *b)
{
    return a->version == b->version && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

#endif
