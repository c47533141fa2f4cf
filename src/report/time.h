/* Points in time and durations as all reports write them. */
#ifndef REPORT_TIME_H
#define REPORT_TIME_H

#include <glib.h>

#include "base/evidence.h"

/* The decimals of a file that counts microseconds, and of one that counts nanoseconds. */
#define TIME_DIGITS_MICRO 6
#define TIME_DIGITS_NANO 9

/* RFC 3339, UTC; `digits` decimals, 6 or 9. What is finer is cut off, never rounded up. */
void append_time(GString *text, Nanoseconds time, unsigned digits);

/* The same, with the text of the last second at hand: times of one report mostly lie close. A memo
 * that is all zeros holds none. */
typedef struct TimeMemo {
    int64_t second;
    size_t length;
    char text[24];
} TimeMemo;

void append_time_near(GString *text, TimeMemo *memo, Nanoseconds time, unsigned digits);

/* Decimal seconds of a duration of 0 or more. */
void append_duration(GString *text, Nanoseconds duration, unsigned digits);

#endif
