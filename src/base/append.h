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

/* Two digits of a number below 100. */
static inline void append_put_pair(char *to, unsigned number)
{
    static const char pairs[] =
        "0001020304050607080910111213141516171819202122232425262728293031323334"
        "3536373839404142434445464748495051525354555657585960616263646566676869"
        "707172737475767778798081828384858687888990919293949596979899";
    to[0] = pairs[2 * number];
    to[1] = pairs[2 * number + 1];
}

/* Where there is room, as many bytes are copied as a number can have: that takes no call. */
static inline void append_number(GString *to, uint64_t number)
{
    char digits[2 * APPEND_DIGITS_MAX] = "";
    size_t at = APPEND_DIGITS_MAX;
    if (number < 10) {
        append_char(to, (char)('0' + number));
        return;
    }
    for (; number >= 100; number /= 100)
        append_put_pair(digits + (at -= 2), (unsigned)(number % 100));
    if (number >= 10)
        append_put_pair(digits + (at -= 2), (unsigned)number);
    else
        digits[--at] = (char)('0' + number);
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
