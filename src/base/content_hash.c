#include "base/content_hash.h"

#include <string.h>

enum { WORD = sizeof(uint64_t), ROUND = CONTENT_HASH_LANES * WORD };

static uint64_t word_at(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* One round: a word a lane. The multiplication is invertible, so no two states become one; what it
 * carries upwards comes down again for the next word. */
static void add_round(uint64_t lanes[CONTENT_HASH_LANES], const uint8_t *bytes)
{
    for (unsigned i = 0; i < CONTENT_HASH_LANES; i++) {
        uint64_t product = (lanes[i] ^ word_at(bytes + i * WORD)) * UINT64_C(0x9fb21c651e98df25);
        lanes[i] = product << 32 | product >> 32;
    }
}

void content_hash_add(ContentHash *hash, Span bytes)
{
    size_t held = hash->length % ROUND, at = 0;
    if (bytes.length == 0)
        return;
    hash->length += bytes.length;
    if (held > 0) {
        at = bytes.length < ROUND - held ? bytes.length : ROUND - held;
        memcpy(hash->pending + held, bytes.bytes, at);
        if (held + at < ROUND)
            return;
        add_round(hash->lanes, hash->pending);
    }
    for (; bytes.length - at >= ROUND; at += ROUND)
        add_round(hash->lanes, bytes.bytes + at);
    if (at < bytes.length)
        memcpy(hash->pending, bytes.bytes + at, bytes.length - at);
}

/* Of the bytes that make no round, zeroes behind them, and of how many bytes there were in all. */
static uint64_t hash_of_rest(const uint8_t *bytes, uint64_t length)
{
    uint8_t rest[ROUND] = { 0 };
    size_t held = length % ROUND;
    uint64_t value = content_hash_mix(0, length);
    if (held > 0)
        memcpy(rest, bytes, held);
    for (size_t at = 0; at < held; at += WORD)
        value = content_hash_mix(value, word_at(rest + at));
    return value;
}

static uint64_t finish(uint64_t value)
{
    return value ^ value >> 29;
}

uint64_t content_hash_value(const ContentHash *hash)
{
    uint64_t value = hash_of_rest(hash->pending, hash->length);
    for (unsigned i = 0; i < CONTENT_HASH_LANES && hash->length >= ROUND; i++)
        value = content_hash_mix(value, hash->lanes[i]);
    return finish(value);
}

uint64_t content_hash_of(Span bytes)
{
    if (bytes.length < ROUND)
        return finish(hash_of_rest(bytes.bytes, bytes.length));
    ContentHash hash = { 0 };
    content_hash_add(&hash, bytes);
    return content_hash_value(&hash);
}
