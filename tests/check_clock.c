#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "capture/clock.h"

#define HOUR CLOCK_STEP
#define S(seconds) ((Nanoseconds)(seconds)*NS_PER_SECOND)
#define TIMES_MAX 8

/* The times of the capture's frames 1, 2, …, and the end of the stretch that each belongs to. */
static const struct {
    const char *name;
    unsigned count;
    Nanoseconds times[TIMES_MAX], ends[TIMES_MAX];
} ROWS[] = {
    { "one frame", 1, { S(7) }, { S(7) } },
    { "a stretch ends with its last frame", 3, { 0, S(1), S(2) }, { S(2), S(2), S(2) } },
    { "frames out of order: the latest time", 3, { 0, S(5), S(4) }, { S(5), S(5), S(5) } },
    { "an hour is no step", 2, { 0, HOUR }, { HOUR, HOUR } },
    { "more than an hour is one", 2, { 0, HOUR + 1 }, { 0, HOUR + 1 } },
    { "an hour back is no step", 2, { HOUR, 0 }, { HOUR, HOUR } },
    { "more than an hour back is one", 3, { HOUR + 1, 0, S(3) }, { HOUR + 1, S(3), S(3) } },
    { "before 1970", 2, { -S(2), -S(1) }, { -S(1), -S(1) } },
    { "from before 1970 to after", 2, { -HOUR, 1 }, { -HOUR, 1 } },
    { "the step counts from one frame to the next, not from the latest time",
      4,
      { HOUR, S(1), HOUR + S(1), HOUR + S(2) },
      { HOUR + S(2), HOUR + S(2), HOUR + S(2), HOUR + S(2) } },
    { "two steps",
      5,
      { 0, S(1), HOUR * 3, HOUR * 3 + S(1), HOUR * 9 },
      { S(1), S(1), HOUR * 3 + S(1), HOUR * 3 + S(1), HOUR * 9 } },
    { "there and back again", 4, { S(1), HOUR * 3, S(2), S(3) }, { S(1), HOUR * 3, S(3), S(3) } },
};

START_TEST(test_end_of_stretch)
{
    g_autofree CaptureClock *clock = g_new0(CaptureClock, 1);
    for (unsigned i = 0; i < ROWS[_i].count; i++)
        capture_clock_see(clock, i + 1, ROWS[_i].times[i]);
    for (unsigned i = 0; i < ROWS[_i].count; i++)
        ck_assert_msg(capture_clock_end(clock, i + 1) == ROWS[_i].ends[i], "%s: frame %u",
                      ROWS[_i].name, i + 1);
}
END_TEST

/* Frames that have not been seen yet do not count. */
START_TEST(test_as_far_as_seen)
{
    g_autofree CaptureClock *clock = g_new0(CaptureClock, 1);
    capture_clock_see(clock, 1, 0);
    ck_assert_int_eq(capture_clock_end(clock, 1), 0);
    capture_clock_see(clock, 2, S(1));
    ck_assert_int_eq(capture_clock_end(clock, 1), S(1));
    capture_clock_see(clock, 3, HOUR * 2);
    ck_assert_int_eq(capture_clock_end(clock, 2), S(1));
    ck_assert_int_eq(capture_clock_end(clock, 3), HOUR * 2);
}
END_TEST

/* Beyond its bound the stretches only look shorter than they were. */
START_TEST(test_many_steps)
{
    enum { KEPT = CLOCK_STEPS_MAX + 1, STRETCHES = KEPT + 10 };
    g_autofree CaptureClock *clock = g_new0(CaptureClock, 1);
    for (unsigned i = 0; i < STRETCHES; i++) {
        capture_clock_see(clock, 2 * i + 1, i * 2 * HOUR);
        capture_clock_see(clock, 2 * i + 2, i * 2 * HOUR + S(9));
    }
    for (unsigned i = 0; i < KEPT; i++)
        ck_assert_int_eq(capture_clock_end(clock, 2 * i + 1), i * 2 * HOUR + S(9));
    for (unsigned i = KEPT; i < STRETCHES; i++)
        ck_assert_int_le(capture_clock_end(clock, 2 * i + 1), i * 2 * HOUR + S(9));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clock");
    TCase *tcase = tcase_create("clock");
    tcase_add_loop_test(tcase, test_end_of_stretch, 0, G_N_ELEMENTS(ROWS));
    tcase_add_test(tcase, test_as_far_as_seen);
    tcase_add_test(tcase, test_many_steps);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
