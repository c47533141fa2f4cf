#include "base/content_hash.h"

enum { WORD = sizeof(uint64_t) };

/* Both multiplications are invertible, so no two states become one. */
static uint64_t mix(uint64_t state, uint64_t word)
{
    state = (state ^ word) * UINT64_C(0x9fb21c651e98df25);
    state ^= state >> 32;
    return state * UINT64_C(0xd6e8feb86659fd93) + 1;
}

/* The first byte is the lowest, on every machine. */
static uint64_t word_at(const uint8_t *bytes)
{
    uint64_t word = 0;
    for (unsigned i = 0; i < WORD; i++)
        word |= (uint64_t)bytes[i] << 8 * i;
    return word;
}

static void add_byte(ContentHash *hash, uint8_t byte)
{
    hash->pending |= (uint64_t)byte << 8 * (hash->length % WORD);
    hash->length++;
    if (hash->length % WORD > 0)
        return;
    hash->state = mix(hash->state, hash->pending);
    hash->pending = 0;
}

void content_hash_add(ContentHash *hash, Span bytes)
{
    size_t at = 0;
    while (at < bytes.length && hash->length % WORD > 0)
        add_byte(hash, bytes.bytes[at++]);
    for (; bytes.length - at >= WORD; at += WORD) {
        hash->state = mix(hash->state, word_at(bytes.bytes + at));
        hash->length += WORD;
    }
    while (at < bytes.length)
        add_byte(hash, bytes.bytes[at++]);
}

uint64_t content_hash_value(const ContentHash *hash)
{
    uint64_t value = mix(mix(hash->state, hash->pending), hash->length);
    return value ^ value >> 29;
}

uint64_t content_hash_of(Span bytes)
{
    ContentHash hash = { 0 };
    content_hash_add(&hash, bytes);
    return content_hash_value(&hash);
}
