#include "report/time.h"

#include <inttypes.h>
#include <time.h>

/* The decimals of a second: `below` is 0 to NS_PER_SECOND - 1. */
static void append_decimals(GString *text, int64_t below, unsigned digits)
{
    g_assert(digits == TIME_DIGITS_MICRO || digits == TIME_DIGITS_NANO);
    if (digits == TIME_DIGITS_MICRO)
        g_string_append_printf(text, ".%06" PRId64, below / 1000);
    else
        g_string_append_printf(text, ".%09" PRId64, below);
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
    g_string_append_printf(text, "%04d-%02d-%02dT%02d:%02d:%02d", utc.tm_year + 1900,
                           utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
    append_decimals(text, below, digits);
    g_string_append_c(text, 'Z');
}

void append_duration(GString *text, Nanoseconds duration, unsigned digits)
{
    g_assert(duration >= 0);
    g_string_append_printf(text, "%" PRId64, duration / NS_PER_SECOND);
    append_decimals(text, duration % NS_PER_SECOND, digits);
}
