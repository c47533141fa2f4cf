/* A hash of bytes that come in pieces: the same bytes give the same value, however they are cut.
 *
 * It tells contents and values apart that nobody made to collide; whoever wants to can find two
 * with the same value. */
#ifndef BASE_CONTENT_HASH_H
#define BASE_CONTENT_HASH_H

#include "base/span.h"

/* Zeroed: of nothing so far. */
typedef struct ContentHash {
    uint64_t state;
    uint64_t pending; /* the bytes behind the last whole word */
    uint64_t length;
} ContentHash;

void content_hash_add(ContentHash *hash, Span bytes);
uint64_t content_hash_value(const ContentHash *hash);

/* Of bytes that are all there. */
uint64_t content_hash_of(Span bytes);

#endif
