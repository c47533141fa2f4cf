/* Every row has several of these numbers. printf() takes some 1,000 instructions for each, which
 * was a tenth of a report, so they are written here digit by digit. */
#include "report/time.h"

#include <time.h>

#include "base/append.h"

/* `mark`, then the last `digits` digits of the number. */
static void append_digits(GString *text, char mark, uint64_t number, unsigned digits)
{
    char words[1 + 20];
    g_assert(digits < sizeof words);
    words[0] = mark;
    for (unsigned at = digits; at > 0; at--) {
        words[at] = (char)('0' + number % 10);
        number /= 10;
    }
    append_bytes(text, words, digits + 1);
}

/* The decimals of a second: `below` is 0 to NS_PER_SECOND - 1. */
static void append_decimals(GString *text, int64_t below, unsigned digits)
{
    g_assert(digits == TIME_DIGITS_MICRO || digits == TIME_DIGITS_NANO);
    append_digits(text, '.', (uint64_t)(digits == TIME_DIGITS_MICRO ? below / 1000 : below),
                  digits);
}

/* The date and the time of day, to the second. */
static void append_second(GString *text, time_t second)
{
    struct tm utc;
    gmtime_r(&second, &utc);
    append_number(text, (uint64_t)utc.tm_year + 1900); /* 1823 to 2116: NANOSECONDS_MAX */
    append_digits(text, '-', (uint64_t)utc.tm_mon + 1, 2);
    append_digits(text, '-', (uint64_t)utc.tm_mday, 2);
    append_digits(text, 'T', (uint64_t)utc.tm_hour, 2);
    append_digits(text, ':', (uint64_t)utc.tm_min, 2);
    append_digits(text, ':', (uint64_t)utc.tm_sec, 2);
}

void append_time_near(GString *text, TimeMemo *memo, Nanoseconds time, unsigned digits)
{
    int64_t second = time / NS_PER_SECOND;
    int64_t below = time % NS_PER_SECOND;
    if (below < 0) {
        below += NS_PER_SECOND;
        second--;
    }
    if (memo->length == 0 || memo->second != second) {
        gsize from = text->len;
        append_second(text, (time_t)second);
        memo->second = second;
        memo->length = text->len - from;
        g_assert(memo->length <= sizeof memo->text);
        memcpy(memo->text, text->str + from, memo->length);
    } else {
        append_bytes(text, memo->text, memo->length);
    }
    append_decimals(text, below, digits);
    append_char(text, 'Z');
}

void append_time(GString *text, Nanoseconds time, unsigned digits)
{
    TimeMemo memo = { .length = 0 };
    append_time_near(text, &memo, time, digits);
}

void append_duration(GString *text, Nanoseconds duration, unsigned digits)
{
    g_assert(duration >= 0);
    append_number(text, (uint64_t)(duration / NS_PER_SECOND));
    append_decimals(text, duration % NS_PER_SECOND, digits);
}
