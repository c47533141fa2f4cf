/* Spans: borrowed bytes, and the only place where integers are read from them.
 *
 * A span owns nothing. It lives as long as the storage it points into, which the function that
 * hands it out states. Every read is bounds-checked: a read outside the span fails and stores
 * nothing. */
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

/* What follows the first `skip` bytes; empty if there is nothing. */
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

static inline bool span_equal(Span a, Span b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

/* Compares with an ASCII text, letters without regard to case. */
static inline bool span_is_nocase(Span span, const char *text)
{
    size_t i = 0;
    for (; i < span.length && text[i]; i++) {
        uint8_t a = span.bytes[i], b = (uint8_t)text[i];
        if (a >= 'A' && a <= 'Z')
            a = (uint8_t)(a + 32);
        if (b >= 'A' && b <= 'Z')
            b = (uint8_t)(b + 32);
        if (a != b)
            return false;
    }
    return i == span.length && !text[i];
}

static inline bool span_starts_with(Span span, const char *text)
{
    size_t length = strlen(text);
    return span.length >= length && memcmp(span.bytes, text, length) == 0;
}

#endif
