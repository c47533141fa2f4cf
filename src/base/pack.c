/* Two words share a byte with their two codes of four bits. The bytes of both words follow, lowest
 * byte first:
 *
 *   0 to 8    the word in that many bytes
 *   9         INT64_MIN, which is NO_OFFSET
 *   10        -1
 *   11 to 15  the difference to the word STRIDE words before, in 1 to 5 bytes; its lowest bit is
 *             the sign
 *
 * Structs are full of stamps, one after another. STRIDE is the length of a stamp, so frames and
 * times, which are large, become small differences. A general compressor was rejected: it needs a
 * library, and it does no better on a few hundred bytes. */
#include "base/pack.h"

#include "base/evidence.h"

#define STRIDE (sizeof(Stamp) / sizeof(uint64_t))

enum { CODE_NO_OFFSET = 9, CODE_MINUS_ONE = 10, CODE_DIFFERENCE = 10, DIFFERENCE_MAX = 5 };

static unsigned bytes_of(uint64_t word)
{
    return word ? (71 - (unsigned)__builtin_clzll(word)) / 8 : 0;
}

static uint64_t difference_to(uint64_t word, uint64_t before)
{
    int64_t difference = (int64_t)(word - before);
    return (uint64_t)difference << 1 ^ (uint64_t)(difference >> 63);
}

static uint64_t word_from(uint64_t difference, uint64_t before)
{
    return before + ((difference >> 1) ^ (0 - (difference & 1)));
}

/* The word's code. *ret_rest is the value to write, in that many bytes. */
static unsigned code_of(uint64_t word, uint64_t before, uint64_t *ret_rest, unsigned *ret_bytes)
{
    unsigned plain = bytes_of(word), apart = bytes_of(difference_to(word, before));
    *ret_rest = word;
    *ret_bytes = 0;
    if (word == (uint64_t)NO_OFFSET)
        return CODE_NO_OFFSET;
    if (word == UINT64_MAX)
        return CODE_MINUS_ONE;
    *ret_bytes = plain;
    if (apart == 0 || apart >= plain || apart > DIFFERENCE_MAX)
        return plain;
    *ret_rest = difference_to(word, before);
    *ret_bytes = apart;
    return CODE_DIFFERENCE + apart;
}

/* A word, or the `left` bytes of the last one. */
static inline void copy(void *to, const void *from, size_t left)
{
    if (G_LIKELY(left >= sizeof(uint64_t)))
        memcpy(to, from, sizeof(uint64_t));
    else
        memcpy(to, from, left);
}

void pack_words(GByteArray *to, const void *from, size_t size)
{
    size_t codes_at = 0;
    uint64_t recent[STRIDE] = { 0 };
    for (size_t i = 0, at = 0; at < size; i++, at += sizeof(uint64_t)) {
        uint64_t word = 0, rest;
        unsigned bytes;
        copy(&word, (const uint8_t *)from + at, size - at);
        unsigned code = code_of(word, recent[i % STRIDE], &rest, &bytes);
        recent[i % STRIDE] = word;
        if (i % 2 == 0) {
            uint8_t first = (uint8_t)code;
            codes_at = to->len;
            g_byte_array_append(to, &first, 1);
        } else {
            to->data[codes_at] |= (uint8_t)(code << 4);
        }
        uint8_t written[sizeof rest];
        for (unsigned n = 0; n < bytes; n++)
            written[n] = (uint8_t)(rest >> (8 * n));
        g_byte_array_append(to, written, bytes);
    }
}

static uint64_t take_bytes(Span *from, unsigned count)
{
    uint64_t value = 0;
    g_assert(count <= from->length);
    for (unsigned n = 0; n < count; n++)
        value |= (uint64_t)from->bytes[n] << (8 * n);
    *from = span_after(*from, count);
    return value;
}

static uint64_t take_word(Span *from, unsigned code, uint64_t before)
{
    if (code == CODE_NO_OFFSET)
        return (uint64_t)NO_OFFSET;
    if (code == CODE_MINUS_ONE)
        return UINT64_MAX;
    if (code > CODE_DIFFERENCE)
        return word_from(take_bytes(from, code - CODE_DIFFERENCE), before);
    return take_bytes(from, code);
}

void unpack_words(Span *from, void *to, size_t size)
{
    uint64_t recent[STRIDE] = { 0 };
    unsigned codes = 0;
    for (size_t i = 0, at = 0; at < size; i++, at += sizeof(uint64_t)) {
        codes = i % 2 == 0 ? (unsigned)take_bytes(from, 1) : codes >> 4;
        uint64_t word = take_word(from, codes & 15, recent[i % STRIDE]);
        recent[i % STRIDE] = word;
        copy((uint8_t *)to + at, &word, size - at);
    }
}

void pack_span(GByteArray *to, Span bytes)
{
    uint64_t length = bytes.length;
    pack_words(to, &length, sizeof length);
    g_byte_array_append(to, bytes.bytes, (guint)bytes.length);
}

Span unpack_span(Span *from)
{
    uint64_t length;
    unpack_words(from, &length, sizeof length);
    Span bytes = span_first(*from, length);
    g_assert(bytes.length == length);
    *from = span_after(*from, length);
    return bytes;
}

void pack_text(GByteArray *to, const char *text)
{
    pack_span(to, text ? span_of_text(text) : (Span){ 0 });
}

char *unpack_text(Span *from)
{
    Span text = unpack_span(from);
    return text.length ? g_strndup((const char *)text.bytes, text.length) : NULL;
}
