/* Every row has several of these numbers. printf() takes some 1,000 instructions for each, which
 * was a tenth of a report, so they are written here digit by digit. */
#include "report/time.h"

#include <time.h>

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
    g_string_append_len(text, words, (gssize)digits + 1);
}

/* The decimals of a second: `below` is 0 to NS_PER_SECOND - 1. */
static void append_decimals(GString *text, int64_t below, unsigned digits)
{
    g_assert(digits == TIME_DIGITS_MICRO || digits == TIME_DIGITS_NANO);
    append_digits(text, '.', (uint64_t)(digits == TIME_DIGITS_MICRO ? below / 1000 : below),
                  digits);
}

static void append_number(GString *text, uint64_t number)
{
    char words[20];
    size_t at = sizeof words;
    do {
        words[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    g_string_append_len(text, words + at, (gssize)(sizeof words - at));
}

void append_time(GString *text, Nanoseconds time, unsigned digits)
{
    time_t seconds = (time_t)(time / NS_PER_SECOND);
    int64_t below = time % NS_PER_SECOND;
    if (below < 0) {
        below += NS_PER_SECOND;
        seconds--;
    }
    struct tm utc;
    gmtime_r(&seconds, &utc);
    append_number(text, (uint64_t)(utc.tm_year + 1900)); /* 1823 to 2116: NANOSECONDS_MAX */
    append_digits(text, '-', (uint64_t)utc.tm_mon + 1, 2);
    append_digits(text, '-', (uint64_t)utc.tm_mday, 2);
    append_digits(text, 'T', (uint64_t)utc.tm_hour, 2);
    append_digits(text, ':', (uint64_t)utc.tm_min, 2);
    append_digits(text, ':', (uint64_t)utc.tm_sec, 2);
    append_decimals(text, below, digits);
    g_string_append_c(text, 'Z');
}

void append_duration(GString *text, Nanoseconds duration, unsigned digits)
{
    g_assert(duration >= 0);
    append_number(text, (uint64_t)(duration / NS_PER_SECOND));
    append_decimals(text, duration % NS_PER_SECOND, digits);
}
