#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "base/evidence.h"

#define ONE_FILE ((FrameId)1 << 48)
#define ANOTHER_FILE ((FrameId)2 << 48)

static const struct {
    const char *name;
    unsigned input;
    uint64_t number;
} FRAMES[] = {
    { "the first frame of the first input", 1, 1 },
    { "one that does not fit in 32 bits", 3, UINT64_C(0x123456789) },
    { "the last that fits", 0xffff, UINT64_C(0xffffffffffff) },
};

START_TEST(test_frame_holds_input_and_number)
{
    FrameId frame = frame_id(FRAMES[_i].input, FRAMES[_i].number);
    ck_assert_msg(frame_input(frame) == FRAMES[_i].input, "%s", FRAMES[_i].name);
    ck_assert_msg(frame_number(frame) == FRAMES[_i].number, "%s", FRAMES[_i].name);
}
END_TEST

START_TEST(test_frames_are_ordered_by_input_then_number)
{
    ck_assert(frame_id(1, 1) < frame_id(1, 2));
    ck_assert(frame_id(1, UINT64_C(0xffffffffffff)) < frame_id(2, 1));
    ck_assert_msg(frame_id(1, UINT64_C(1) << 48) == frame_id(1, 0), "a number spoils no input");
}
END_TEST

/* 1:7 and 1:8 are neighbours in one file; 2:1 is in another file. */
static const struct {
    const char *name;
    FrameId a;
    Nanoseconds a_time;
    FrameId b;
    Nanoseconds b_time;
    bool precedes;
} ORDERS[] = {
    { "of one file, in time", ONE_FILE | 7, 10, ONE_FILE | 8, 20, true },
    { "of one file, the other way round", ONE_FILE | 8, 20, ONE_FILE | 7, 10, false },
    { "of one file, the clock stepped back", ONE_FILE | 7, 20, ONE_FILE | 8, 10, true },
    { "itself", ONE_FILE | 7, 10, ONE_FILE | 7, 10, false },
    { "of another file, later", ONE_FILE | 7, 10, ANOTHER_FILE | 1, 11, true },
    { "of another file, earlier", ONE_FILE | 7, 10, ANOTHER_FILE | 1, 9, false },
    { "a later file's earlier frame", ANOTHER_FILE | 1, 9, ONE_FILE | 7, 10, true },
    { "at the same time, by the number of the file", ONE_FILE | 7, 10, ANOTHER_FILE | 1, 10, true },
    { "at the same time, the other way round", ANOTHER_FILE | 1, 10, ONE_FILE | 7, 10, false },
    { "no frame comes before every one", 0, 0, ONE_FILE | 7, -5, true },
    { "nothing comes before no frame", ONE_FILE | 7, -5, 0, 0, false },
    { "no frame, twice", 0, 0, 0, 1, false },
};

START_TEST(test_order_of_the_capture)
{
    bool precedes =
        frame_precedes(ORDERS[_i].a, ORDERS[_i].a_time, ORDERS[_i].b, ORDERS[_i].b_time);
    ck_assert_msg(precedes == ORDERS[_i].precedes, "%s", ORDERS[_i].name);
    Stamp a = { .frame = ORDERS[_i].a, .time = ORDERS[_i].a_time };
    Stamp b = { .frame = ORDERS[_i].b, .time = ORDERS[_i].b_time };
    ck_assert_msg(stamp_precedes(&a, &b) == ORDERS[_i].precedes, "%s, as stamps", ORDERS[_i].name);
}
END_TEST

START_TEST(test_no_frame_no_stamp)
{
    Stamp stamp = { .frame = 0, .time = 1, .offset = 1 };
    ck_assert(!stamp_is_set(&stamp));
    stamp.frame = frame_id(1, 1);
    ck_assert(stamp_is_set(&stamp));
}
END_TEST

#define SECOND INT64_C(1000000000)
#define OPEN_ENDED DURATION_UNBOUNDED

/* From 100 s to another time, by the clocks of the two. */
static const struct {
    const char *name;
    ClockMark from, to;
    Nanoseconds time; /* of the second */
    Duration duration;
} DURATIONS[] = {
    { "a good clock", { 0 }, { 0 }, 160 * SECOND, { true, 60 * SECOND, 60 * SECOND } },
    { "a little out of order", { 0 }, { 0 }, 100 * SECOND - 1, { true, 0, 0 } },
    { "set back before both",
      { 99, 0 },
      { 99, 0 },
      160 * SECOND,
      { true, 60 * SECOND, 60 * SECOND } },
    { "out of order by 20 ms in all",
      { 50, 0 },
      { 70, 0 },
      160 * SECOND,
      { true, 60 * SECOND, 60 * SECOND } },
    { "set back by 21 ms between",
      { 50, 0 },
      { 71, 0 },
      160 * SECOND,
      { true, 60 * SECOND, OPEN_ENDED } },
    { "set back by more than the time between",
      { 0 },
      { 100000, 0 },
      60 * SECOND,
      { true, 0, OPEN_ENDED } },
    { "the second lies before the setting back",
      { 71, 0 },
      { 50, 0 },
      160 * SECOND,
      { false, 0, OPEN_ENDED } },
    { "set back too often to be counted",
      { UINT32_MAX, 0 },
      { UINT32_MAX, 0 },
      160 * SECOND,
      { false, 0, OPEN_ENDED } },
    { "a clock of a second",
      { 0, 1000000 },
      { 0, 1000000 },
      101 * SECOND,
      { true, 0, 2 * SECOND } },
    { "a clock of a second shows no time",
      { 0, 1000000 },
      { 0, 1000000 },
      100 * SECOND,
      { true, 0, SECOND } },
    { "a clock of a second, set back",
      { 0, 1000000 },
      { 21, 1000000 },
      160 * SECOND,
      { true, 59 * SECOND, OPEN_ENDED } },
    { "the coarser of two clocks",
      { 0 },
      { 0, 1000 },
      101 * SECOND,
      { true, SECOND - SECOND / 1000, SECOND + SECOND / 1000 } },
    { "the first has no time",
      { 0, CLOCK_NO_TIME },
      { 0 },
      101 * SECOND,
      { false, 0, OPEN_ENDED } },
    { "the second has no time",
      { 0 },
      { 0, CLOCK_NO_TIME },
      101 * SECOND,
      { false, 0, OPEN_ENDED } },
};

START_TEST(test_duration)
{
    Stamp from = { .frame = ONE_FILE | 7, .time = 100 * SECOND, .clock = DURATIONS[_i].from };
    Stamp to = { .frame = ONE_FILE | 9, .time = DURATIONS[_i].time, .clock = DURATIONS[_i].to };
    Duration duration = duration_between(&from, &to);
    const Duration *expected = &DURATIONS[_i].duration;
    ck_assert_msg(duration.known == expected->known, "%s: known", DURATIONS[_i].name);
    ck_assert_msg(duration.least == expected->least, "%s: least", DURATIONS[_i].name);
    ck_assert_msg(duration.most == expected->most, "%s: most", DURATIONS[_i].name);
    ck_assert_msg(duration_is_open(duration) == (expected->least != expected->most), "%s: open",
                  DURATIONS[_i].name);
}
END_TEST

static const struct {
    Reason reason;
    const char *name;
} REASONS[] = {
    { REASON_LOSS, "loss" },
    { REASON_SNAPLEN, "snaplen" },
    { REASON_MIDSTREAM, "midstream" },
    { REASON_ONE_DIRECTION, "one_direction" },
    { REASON_LIMIT, "limit" },
    { REASON_SEND_BACKLOG, "send_backlog" },
    { REASON_MALFORMED, "malformed" },
    { REASON_CLOCK, "clock" },
    { REASON_NO_CLOSE_NOTIFY, "no_close_notify" },
    { REASON_CAPTURE_ENDED, "capture_ended" },
    { REASON_ENCRYPTED, "encrypted" },
};

START_TEST(test_reason_names)
{
    ck_assert_str_eq(reason_name(REASONS[_i].reason), REASONS[_i].name);
}
END_TEST

START_TEST(test_every_reason_is_one_bit_of_the_set)
{
    ReasonSet all = 0;
    ck_assert_uint_eq(G_N_ELEMENTS(REASONS), REASON_COUNT);
    for (size_t i = 0; i < REASON_COUNT; i++)
        all |= (ReasonSet)REASONS[i].reason;
    ck_assert_uint_eq(all, (1u << REASON_COUNT) - 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("evidence");
    TCase *tcase = tcase_create("evidence");
    tcase_add_loop_test(tcase, test_frame_holds_input_and_number, 0, G_N_ELEMENTS(FRAMES));
    tcase_add_test(tcase, test_frames_are_ordered_by_input_then_number);
    tcase_add_loop_test(tcase, test_order_of_the_capture, 0, G_N_ELEMENTS(ORDERS));
    tcase_add_test(tcase, test_no_frame_no_stamp);
    tcase_add_loop_test(tcase, test_duration, 0, G_N_ELEMENTS(DURATIONS));
    tcase_add_loop_test(tcase, test_reason_names, 0, G_N_ELEMENTS(REASONS));
    tcase_add_test(tcase, test_every_reason_is_one_bit_of_the_set);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
