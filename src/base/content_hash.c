#include "base/content_hash.h"

#include <glib.h>
#include <string.h>

enum { WORD = sizeof(uint64_t), ROUND = CONTENT_HASH_LANES * WORD };

static uint64_t word_at(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* The multiplication is invertible, so no two states become one; what it carries upwards comes down
 * again for the next word. */
static uint64_t add_word(uint64_t lane, const uint8_t *bytes)
{
    uint64_t product = (lane ^ word_at(bytes)) * UINT64_C(0x9fb21c651e98df25);
    return product << 32 | product >> 32;
}

G_STATIC_ASSERT(CONTENT_HASH_LANES == 4);

/* All rounds of a word a lane that are whole. Written out, and not on the hash itself, so that the
 * lanes stay in registers: a third of the instructions. Returns how many bytes it took. */
static size_t add_rounds(uint64_t lanes[CONTENT_HASH_LANES], Span bytes)
{
    uint64_t first = lanes[0], second = lanes[1], third = lanes[2], fourth = lanes[3];
    size_t at = 0;
    for (; bytes.length - at >= ROUND; at += ROUND) {
        const uint8_t *round = bytes.bytes + at;
        first = add_word(first, round);
        second = add_word(second, round + WORD);
        third = add_word(third, round + (size_t)(2 * WORD));
        fourth = add_word(fourth, round + (size_t)(3 * WORD));
    }
    lanes[0] = first;
    lanes[1] = second;
    lanes[2] = third;
    lanes[3] = fourth;
    return at;
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
        add_rounds(hash->lanes, span_make(hash->pending, ROUND));
    }
    at += add_rounds(hash->lanes, span_after(bytes, at));
    if (at < bytes.length)
        memcpy(hash->pending, bytes.bytes + at, bytes.length - at);
}

/* Of the bytes that make no round, zeroes behind them, and of how many bytes there were in all. */
static uint64_t hash_of_rest(const uint8_t *bytes, uint64_t length)
{
    size_t held = length % ROUND, at = 0;
    uint64_t value = content_hash_mix(0, length);
    for (; at + WORD <= held; at += WORD)
        value = content_hash_mix(value, word_at(bytes + at));
    return at < held ? content_hash_mix(value, GUINT64_TO_LE(span_few(bytes + at, held - at)))
                     : value;
}

static uint64_t add_lanes(uint64_t value, const uint64_t lanes[CONTENT_HASH_LANES])
{
    for (unsigned i = 0; i < CONTENT_HASH_LANES; i++)
        value = content_hash_mix(value, lanes[i]);
    return value;
}

static uint64_t finish(uint64_t value)
{
    return value ^ value >> 29;
}

uint64_t content_hash_value(const ContentHash *hash)
{
    uint64_t value = hash_of_rest(hash->pending, hash->length);
    return finish(hash->length >= ROUND ? add_lanes(value, hash->lanes) : value);
}

uint64_t content_hash_of(Span bytes)
{
    if (bytes.length < ROUND)
        return finish(hash_of_rest(bytes.bytes, bytes.length));
    uint64_t lanes[CONTENT_HASH_LANES] = { 0 };
    size_t taken = add_rounds(lanes, bytes);
    return finish(add_lanes(hash_of_rest(bytes.bytes + taken, bytes.length), lanes));
}
