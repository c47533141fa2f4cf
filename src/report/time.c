/* Every row has several of these numbers. printf() takes some 1,000 instructions for each, which
 * was a tenth of a report, so they are written here digit by digit. */
#include "report/time.h"

#include "base/append.h"

/* `mark`, then the last `digits` digits of the number. */
static void append_digits(GString *text, char mark, uint64_t number, unsigned digits)
{
    char words[1 + 20];
    g_assert(digits < sizeof words);
    words[0] = mark;
    unsigned at = digits + 1;
    for (; at > 2; number /= 100)
        append_put_pair(words + (at -= 2), (unsigned)(number % 100));
    if (at == 2)
        words[1] = (char)('0' + number % 10);
    append_bytes(text, words, digits + 1);
}

/* The decimals of a second: `below` is 0 to NS_PER_SECOND - 1. */
static void append_decimals(GString *text, int64_t below, unsigned digits)
{
    g_assert(digits == TIME_DIGITS_MICRO || digits == TIME_DIGITS_NANO);
    append_digits(text, '.', (uint64_t)(digits == TIME_DIGITS_MICRO ? below / 1000 : below),
                  digits);
}

#define DAY 86400
#define DAYS_TO_1970 135080 /* from 1600-03-01 */
#define DAYS_OF_400_YEARS 146097

/* So many days after 1600-03-01. Years that begin in March have their leap day at the end, and
 * five of their months are 153 days. gmtime_r() cannot: some machines have a time_t of 32 bits. */
static void append_date(GString *text, unsigned days)
{
    unsigned year = 1600 + days / DAYS_OF_400_YEARS * 400;
    days %= DAYS_OF_400_YEARS;
    unsigned century = MIN(days / 36524, 3);
    days -= century * 36524;
    unsigned four = days / 1461;
    days -= four * 1461;
    unsigned one = MIN(days / 365, 3);
    days -= one * 365;
    unsigned month = (5 * days + 2) / 153; /* 0: March */
    year += 100 * century + 4 * four + one + (month >= 10);
    append_number(text, year);
    append_digits(text, '-', month < 10 ? month + 3 : month - 9, 2);
    append_digits(text, '-', days - (153 * month + 2) / 5 + 1, 2);
}

/* The date and the time of day, to the second: 1823 to 2116, because of NANOSECONDS_MAX. */
static void append_second(GString *text, int64_t second)
{
    uint64_t since = (uint64_t)(second + (int64_t)DAYS_TO_1970 * DAY);
    unsigned of_day = (unsigned)(since % DAY);
    append_date(text, (unsigned)(since / DAY));
    append_digits(text, 'T', of_day / 3600, 2);
    append_digits(text, ':', of_day / 60 % 60, 2);
    append_digits(text, ':', of_day % 60, 2);
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
        append_second(text, second);
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
