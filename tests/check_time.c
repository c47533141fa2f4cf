/* Points in time and durations as text. The dates come from date(1): date -u -d @SECONDS. */
#include <check.h>
#include <stdlib.h>

#include "report/time.h"

#define SECONDS(seconds, below) ((seconds)*NS_PER_SECOND + (below))

static const struct {
    const char *name;
    Nanoseconds time;
    unsigned digits;
    const char *text;
} TIMES[] = {
    { "the beginning", 0, TIME_DIGITS_NANO, "1970-01-01T00:00:00.000000000Z" },
    { "a leap day", SECONDS(1709209799, 7), TIME_DIGITS_NANO, "2024-02-29T12:29:59.000000007Z" },
    { "no leap day in 2100", SECONDS(4107542400, 0), TIME_DIGITS_MICRO,
      "2100-03-01T00:00:00.000000Z" },
    { "what is finer is cut off", SECONDS(1709209799, 123456999), TIME_DIGITS_MICRO,
      "2024-02-29T12:29:59.123456Z" },
    { "before 1970", SECONDS(-1, 999999999), TIME_DIGITS_NANO, "1969-12-31T23:59:59.999999999Z" },
    { "the earliest", -NANOSECONDS_MAX, TIME_DIGITS_MICRO, "1823-11-12T00:06:21.572612Z" },
    { "the latest", NANOSECONDS_MAX, TIME_DIGITS_MICRO, "2116-02-20T23:53:38.427387Z" },
};

START_TEST(point)
{
    g_autoptr(GString) text = g_string_new("at ");
    append_time(text, TIMES[_i].time, TIMES[_i].digits);
    ck_assert_msg(strcmp(text->str + 3, TIMES[_i].text) == 0, "%s: %s", TIMES[_i].name, text->str);
}
END_TEST

static const struct {
    Nanoseconds duration;
    unsigned digits;
    const char *text;
} DURATIONS[] = {
    { 0, TIME_DIGITS_NANO, "0.000000000" },
    { 1, TIME_DIGITS_NANO, "0.000000001" },
    { 999, TIME_DIGITS_MICRO, "0.000000" },
    { SECONDS(60, 20000), TIME_DIGITS_MICRO, "60.000020" },
    { INT64_MAX, TIME_DIGITS_NANO, "9223372036.854775807" },
};

START_TEST(duration)
{
    g_autoptr(GString) text = g_string_new(NULL);
    append_duration(text, DURATIONS[_i].duration, DURATIONS[_i].digits);
    ck_assert_str_eq(text->str, DURATIONS[_i].text);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("time");
    tcase_add_loop_test(tcase, point, 0, (int)G_N_ELEMENTS(TIMES));
    tcase_add_loop_test(tcase, duration, 0, (int)G_N_ELEMENTS(DURATIONS));
    Suite *suite = suite_create("time");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
