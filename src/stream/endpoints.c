#include "stream/endpoints.h"

#define WORDS 5

/* Multiplies to 128 bits and folds the halves together: each bit of the inputs reaches all of the
 * result's. */
static uint64_t fold(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 Wide;
    Wide product = (Wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_words(const uint64_t words[WORDS], uint64_t seed)
{
    uint64_t hash = seed ^ UINT64_C(0x9e3779b97f4a7c15);
    for (int i = 0; i < WORDS; i++)
        hash = fold(hash ^ words[i], UINT64_C(0xd6e8feb86659fd93)) + seed;
    return fold(hash ^ (hash >> 29), UINT64_C(0xa0761d6478bd642f));
}

Endpoints endpoints_of(const Segment *segment, uint64_t seed)
{
    const IpAddress *low = &segment->source, *high = &segment->destination;
    uint16_t low_port = segment->source_port, high_port = segment->destination_port;
    int order = memcmp(low->bytes, high->bytes, sizeof low->bytes);
    bool swap = order ? order > 0 : low_port > high_port;
    if (swap) {
        low = &segment->destination;
        high = &segment->source;
        low_port = segment->destination_port;
        high_port = segment->source_port;
    }
    uint64_t words[WORDS];
    memcpy(words, low->bytes, 16);
    memcpy(words + 2, high->bytes, 16);
    words[4] = (uint64_t)low->version << 40 | (uint64_t)high->version << 32 |
               (uint64_t)low_port << 16 | high_port;
    return (Endpoints){
        .identity = hash_words(words, 0),
        .seeded = hash_words(words, seed),
        .from_high = swap,
    };
}
