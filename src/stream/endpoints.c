#include "stream/endpoints.h"

#include <glib.h>

#include "base/fold.h"

#define WORDS 5

static uint64_t hash_words(const uint64_t words[WORDS], int count, uint64_t seed)
{
    uint64_t hash = seed ^ UINT64_C(0x9e3779b97f4a7c15);
    for (int i = 0; i < count; i++)
        hash = fold(hash ^ words[i], UINT64_C(0xd6e8feb86659fd93)) + seed;
    return fold(hash ^ (hash >> 29), UINT64_C(0xa0761d6478bd642f));
}

/* The order of bytes, as memcmp() has it. */
static bool is_greater(const uint64_t left[2], const uint64_t right[2])
{
    int at = left[0] == right[0];
    return GUINT64_FROM_BE(left[at]) > GUINT64_FROM_BE(right[at]);
}

Endpoints endpoints_of(const Segment *segment, uint64_t shared_seed, uint64_t seed)
{
    uint64_t source[2], destination[2];
    memcpy(source, segment->source.bytes, sizeof source);
    memcpy(destination, segment->destination.bytes, sizeof destination);
    bool equal = source[0] == destination[0] && source[1] == destination[1];
    bool swap =
        equal ? segment->source_port > segment->destination_port : is_greater(source, destination);
    const uint64_t *low = swap ? destination : source, *high = swap ? source : destination;
    const uint64_t versions[2] = { segment->source.version, segment->destination.version };
    const uint64_t ports[2] = { segment->source_port, segment->destination_port };
    uint64_t words[WORDS] = { versions[swap] << 40 | versions[!swap] << 32 | ports[swap] << 16 |
                              ports[!swap] };
    int count = 2;
    /* Of IPv4 four bytes alone are not zero. */
    words[1] = GUINT64_FROM_LE(low[0]) ^ GUINT64_FROM_LE(high[0]) << 32;
    if (versions[0] != 4 || versions[1] != 4) {
        for (int i = 0; i < 2; i++) {
            words[1 + i] = GUINT64_FROM_LE(low[i]);
            words[3 + i] = GUINT64_FROM_LE(high[i]);
        }
        count = WORDS;
    }
    return (Endpoints){
        .identity = hash_words(words, count, shared_seed),
        .seeded = hash_words(words, count, seed),
        .from_high = swap,
    };
}
