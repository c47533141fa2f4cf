/* What a written capture says of a clock, written and read again. */
#include <check.h>
#include <stdlib.h>

#include "capture/clock_note.h"

static const struct {
    unsigned input;
    uint64_t number;
    ClockMark clock;
    const char *text;
} NOTES[] = {
    { 1, 42, { 0 }, "frame 42 of input 1" },
    { 1, 42, { .set_back = 12000 }, "frame 42 of input 1, its clock set back by 12000 ms before" },
    { 65535,
      (UINT64_C(1) << 48) - 1,
      { .set_back = UINT32_MAX },
      "frame 281474976710655 of input 65535, its clock set back by 4294967295 ms before" },
    { 3, 7, { .tick = CLOCK_NO_TIME }, "frame 7 of input 3, without a time" },
};

START_TEST(there_and_back)
{
    g_autofree char *text =
        clock_note_new(frame_id(NOTES[_i].input, NOTES[_i].number), NOTES[_i].clock);
    ck_assert_str_eq(text, NOTES[_i].text);
    ClockMark clock;
    ck_assert(clock_note_read(span_of_text(text), &clock));
    ck_assert_uint_eq(clock.set_back, NOTES[_i].clock.set_back);
    ck_assert_uint_eq(clock.tick, NOTES[_i].clock.tick);
}
END_TEST

/* A tick is no part of it. */
START_TEST(a_tick_is_left_out)
{
    g_autofree char *text = clock_note_new(frame_id(1, 2), (ClockMark){ .tick = 3 });
    ck_assert_str_eq(text, "frame 2 of input 1");
}
END_TEST

/* Comments of others, and what nearly is one. */
static const char *const OTHERS[] = {
    "",
    "frame",
    "frame ",
    "frame of input 1",
    "frame x of input 1",
    "frame 1 of input ",
    "Frame 1 of input 1",
    "frame 1 of input 1 ",
    "frame 1 of input 1, ",
    "frame 1 of input 65536",
    "frame 281474976710656 of input 1",
    "frame 99999999999999999999999 of input 1",
    "frame -1 of input 1",
    "frame 1 of input 1, its clock set back by ms before",
    "frame 1 of input 1, its clock set back by -5 ms before",
    "frame 1 of input 1, its clock set back by 4294967296 ms before",
    "frame 1 of input 1, its clock set back by 5 ms",
    "frame 1 of input 1, its clock set back by 5 ms before, without a time",
    "frame 1 of input 1, without a time, its clock set back by 5 ms before",
    "frame 1 of input 1, without a timetable",
    "see frame 1 of input 1",
};

START_TEST(others)
{
    ClockMark clock;
    ck_assert_msg(!clock_note_read(span_of_text(OTHERS[_i]), &clock), "%s", OTHERS[_i]);
}
END_TEST

/* Cut anywhere, it is none, but where what is left is a shorter one. */
START_TEST(cut)
{
    static const char text[] = "frame 42 of input 1, its clock set back by 12000 ms before";
    for (size_t length = 0; length < sizeof text - 1; length++) {
        ClockMark clock;
        bool whole = length == strlen("frame 42 of input 1");
        ck_assert_msg(clock_note_read(span_make(text, length), &clock) == whole, "%zu bytes",
                      length);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clock_note");
    TCase *tcase = tcase_create("clock_note");
    tcase_add_loop_test(tcase, there_and_back, 0, G_N_ELEMENTS(NOTES));
    tcase_add_test(tcase, a_tick_is_left_out);
    tcase_add_loop_test(tcase, others, 0, G_N_ELEMENTS(OTHERS));
    tcase_add_test(tcase, cut);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
