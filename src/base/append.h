/* Appends to a GString where a call for each piece would cost more than the piece: a report has
 * fifty fields a row. g_string_append_len() takes about 60 instructions, these take about 10. */
#ifndef BASE_APPEND_H
#define BASE_APPEND_H

#include <glib.h>
#include <inttypes.h>
#include <string.h>

static inline void append_bytes(GString *to, const char *bytes, size_t length)
{
    if (G_LIKELY(length < to->allocated_len - to->len)) {
        memcpy(to->str + to->len, bytes, length);
        to->len += length;
        to->str[to->len] = '\0';
    } else {
        g_string_append_len(to, bytes, (gssize)length);
    }
}

static inline void append_char(GString *to, char c)
{
    append_bytes(to, &c, 1);
}

/* A text of known length: a string constant, for the most part. */
#define append_constant(to, text) append_bytes(to, "" text, sizeof text - 1)

static inline void append_words(GString *to, const char *text)
{
    append_bytes(to, text, strlen(text));
}

#define APPEND_DIGITS_MAX 20

/* Where there is room, as many bytes are copied as a number can have: that takes no call. */
static inline void append_number(GString *to, uint64_t number)
{
    char digits[2 * APPEND_DIGITS_MAX] = "";
    size_t at = APPEND_DIGITS_MAX;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    size_t length = APPEND_DIGITS_MAX - at;
    if (G_UNLIKELY(to->allocated_len - to->len <= APPEND_DIGITS_MAX)) {
        g_string_append_len(to, digits + at, (gssize)length);
        return;
    }
    memcpy(to->str + to->len, digits + at, APPEND_DIGITS_MAX);
    to->len += length;
    to->str[to->len] = '\0';
}

#endif
