/* Spans: borrowed bytes. This is the only place where integers are read from bytes.
 *
 * A span owns nothing. It lives as long as the storage that it points into; the function that hands
 * it out states how long that is. Every read is bounds-checked: a read outside the span fails and
 * stores nothing. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct Span {
    const uint8_t *bytes;
    size_t length;
} Span;

static inline Span span_make(const void *bytes, size_t length)
{
    return (Span){ .bytes = (const uint8_t *)bytes, .length = length };
}

static inline Span span_of_text(const char *text)
{
    return span_make(text, strlen(text));
}

/* The bytes after the first `skip` bytes; empty if there are none. */
static inline Span span_after(Span span, size_t skip)
{
    if (skip >= span.length)
        return (Span){ .bytes = span.bytes ? span.bytes + span.length : NULL, .length = 0 };
    return (Span){ .bytes = span.bytes + skip, .length = span.length - skip };
}

/* The first `length` bytes, or all of them if there are fewer. */
static inline Span span_first(Span span, size_t length)
{
    if (length < span.length)
        span.length = length;
    return span;
}

static inline bool span_u8(Span span, size_t at, uint8_t *ret_value)
{
    if (at >= span.length)
        return false;
    *ret_value = span.bytes[at];
    return true;
}

static inline bool span_be16(Span span, size_t at, uint16_t *ret_value)
{
    if (span.length < 2 || at > span.length - 2)
        return false;
    *ret_value = (uint16_t)(span.bytes[at] << 8 | span.bytes[at + 1]);
    return true;
}

static inline bool span_be32(Span span, size_t at, uint32_t *ret_value)
{
    if (span.length < 4 || at > span.length - 4)
        return false;
    *ret_value = (uint32_t)span.bytes[at] << 24 | (uint32_t)span.bytes[at + 1] << 16 |
                 (uint32_t)span.bytes[at + 2] << 8 | span.bytes[at + 3];
    return true;
}

static inline bool span_le32(Span span, size_t at, uint32_t *ret_value)
{
    if (span.length < 4 || at > span.length - 4)
        return false;
    *ret_value = (uint32_t)span.bytes[at + 3] << 24 | (uint32_t)span.bytes[at + 2] << 16 |
                 (uint32_t)span.bytes[at + 1] << 8 | span.bytes[at];
    return true;
}

/* One to seven bytes as a number, the first one lowest. Two reads that overlap: less than a loop
 * costs, or a call of memcpy(). */
static inline uint64_t span_few(const uint8_t *bytes, size_t length)
{
    const uint8_t *last = bytes + length - 1;
    if (length < 4)
        return bytes[0] | (uint64_t)bytes[length / 2] << 8 * (length / 2) |
               (uint64_t)*last << 8 * (length - 1);
    uint32_t low =
        (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
    uint32_t high =
        (uint32_t)last[0] << 24 | (uint32_t)last[-1] << 16 | (uint32_t)last[-2] << 8 | last[-3];
    return low | (uint64_t)high << 8 * (length - 4);
}

static inline bool span_equal(Span a, Span b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

/* Turns the letters A to Z in eight bytes to lower case. For each byte below 0x80, the high bits of
 * two sums show whether the byte is at least 'A', and whether it is beyond 'Z'. */
static inline uint64_t span_small_letters(uint64_t eight)
{
    const uint64_t each = UINT64_C(0x0101010101010101), high = each * 0x80;
    uint64_t low = eight & ~high;
    uint64_t reached = low + each * (0x80 - 'A'), passed = low + each * (0x80 - 'Z' - 1);
    return eight | ((reached & ~passed & ~eight & high) >> 2);
}

/* Compares with an ASCII text and ignores the case of letters. */
static inline bool span_is_nocase(Span span, const char *text)
{
    size_t length = strlen(text), i = 0;
    uint64_t a, b;
    if (span.length != length)
        return false;
    for (; i + sizeof a <= length; i += sizeof a) {
        memcpy(&a, span.bytes + i, sizeof a);
        memcpy(&b, text + i, sizeof b);
        if (span_small_letters(a) != span_small_letters(b))
            return false;
    }
    for (; i < length; i++) {
        uint8_t c = span.bytes[i], d = (uint8_t)text[i];
        if (c != d && ((c | 0x20) != (d | 0x20) || (d | 0x20) < 'a' || (d | 0x20) > 'z'))
            return false;
    }
    return true;
}

static inline bool span_starts_with(Span span, const char *text)
{
    size_t length = strlen(text);
    return span.length >= length && memcmp(span.bytes, text, length) == 0;
}

#endif
