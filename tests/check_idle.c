/* The histogram of idle times: its bins, and that only addition matters. */
#include <check.h>
#include <stdlib.h>

#include "servers/idle.h"

START_TEST(bins_are_about_a_percent_wide)
{
    ck_assert_uint_eq(idle_bin_of(0), 0);
    ck_assert_uint_eq(idle_bin_of(-1), 0);
    for (unsigned bin = 0; bin < IDLE_BINS; bin++) {
        Nanoseconds start = idle_bin_start(bin), next = idle_bin_start(bin + 1);
        ck_assert_int_lt(start, next);
        ck_assert_uint_eq(idle_bin_of(start), bin);
        ck_assert_uint_eq(idle_bin_of(next - 1), bin);
        ck_assert_int_le((next - start) * 64, start);
        ck_assert_int_ge((next - start) * 128, start);
    }
    ck_assert_int_le(idle_bin_start(0), IDLE_LEAST);
    ck_assert_uint_eq(idle_bin_of(INT64_MAX), IDLE_BINS - 1);
}
END_TEST

START_TEST(counts_and_extremes)
{
    IdleHistogram histogram = { 0 };
    unsigned count;
    ck_assert_ptr_null(idle_bins(&histogram, &count));
    ck_assert_int_eq(idle_median_closed(&histogram), -1);
    idle_add(&histogram, IDLE_CLOSED, IDLE_LEAST - 1, 0); /* passed over */
    idle_add(&histogram, IDLE_CLOSED, 5 * NS_PER_SECOND + 9, 70);
    idle_add(&histogram, IDLE_CLOSED, 5 * NS_PER_SECOND + 1, 80);
    idle_add(&histogram, IDLE_CLOSED, 5 * NS_PER_SECOND + 5, 60);
    idle_add(&histogram, IDLE_REUSED, 5 * NS_PER_SECOND, 10);
    idle_add(&histogram, IDLE_LOST, 2 * NS_PER_SECOND, 10);
    const IdleBin *bins = idle_bins(&histogram, &count);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_lt(bins[0].bin, bins[1].bin);
    ck_assert_uint_eq(bins[1].count[IDLE_CLOSED], 3);
    ck_assert_uint_eq(bins[1].count[IDLE_REUSED], 1);
    ck_assert_int_eq(bins[1].least, 5 * NS_PER_SECOND + 1);
    ck_assert_int_eq(bins[1].most, 5 * NS_PER_SECOND + 9);
    ck_assert_int_eq(bins[1].first, 60);
    ck_assert_int_eq(bins[1].last, 80);
    ck_assert_uint_eq(idle_count(&histogram, IDLE_LOST, 0), 1);
    ck_assert_uint_eq(idle_count(&histogram, IDLE_LOST, idle_bin_of(2 * NS_PER_SECOND) + 1), 0);
    ck_assert_uint_eq(idle_count(&histogram, IDLE_CLOSED, idle_bin_of(5 * NS_PER_SECOND)), 3);
    ck_assert_int_eq(idle_median_closed(&histogram), 5 * NS_PER_SECOND + 5);
    idle_clear(&histogram);
    ck_assert_uint_eq(idle_count(&histogram, IDLE_CLOSED, 0), 0);
}
END_TEST

/* The median counts only the closes, and lies in its bin. */
START_TEST(median)
{
    IdleHistogram histogram = { 0 };
    for (int64_t i = 1; i <= 99; i++)
        idle_add(&histogram, IDLE_CLOSED, i * NS_PER_SECOND, 0);
    for (int64_t i = 1; i <= 99; i++)
        idle_add(&histogram, IDLE_REUSED, 200 * NS_PER_SECOND, 0);
    ck_assert_int_eq(idle_median_closed(&histogram), 50 * NS_PER_SECOND);
    idle_clear(&histogram);
}
END_TEST

START_TEST(order_does_not_matter)
{
    IdleHistogram whole = { 0 }, parts[3] = { { 0 } }, merged = { 0 };
    uint64_t dice = 88172645463325252;
    for (unsigned i = 0; i < 5000; i++) {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        Nanoseconds idle = (Nanoseconds)(dice >> (20 + dice % 30));
        IdleEnd end = (IdleEnd)(dice / 64 % IDLE_END_COUNT);
        idle_add(&whole, end, idle, (Nanoseconds)(dice % 1000));
        idle_add(&parts[dice / 7 % 3], end, idle, (Nanoseconds)(dice % 1000));
    }
    for (unsigned i = 3; i-- > 0;)
        idle_merge(&merged, &parts[i]);
    unsigned count, merged_count;
    const IdleBin *bins = idle_bins(&whole, &count);
    const IdleBin *merged_bins = idle_bins(&merged, &merged_count);
    ck_assert_uint_eq(count, merged_count);
    ck_assert_uint_gt(count, 100);
    for (unsigned i = 0; i < count; i++) {
        ck_assert_uint_eq(bins[i].bin, merged_bins[i].bin);
        for (IdleEnd end = 0; end < IDLE_END_COUNT; end++)
            ck_assert_uint_eq(bins[i].count[end], merged_bins[i].count[end]);
        if (bins[i].count[IDLE_CLOSED] == 0)
            continue;
        ck_assert_int_eq(bins[i].least, merged_bins[i].least);
        ck_assert_int_eq(bins[i].most, merged_bins[i].most);
        ck_assert_int_eq(bins[i].first, merged_bins[i].first);
        ck_assert_int_eq(bins[i].last, merged_bins[i].last);
    }
    for (unsigned i = 0; i < 3; i++)
        idle_clear(&parts[i]);
    idle_clear(&whole);
    idle_clear(&merged);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("idle");
    TCase *tcase = tcase_create("histogram");
    tcase_add_test(tcase, bins_are_about_a_percent_wide);
    tcase_add_test(tcase, counts_and_extremes);
    tcase_add_test(tcase, median);
    tcase_add_test(tcase, order_does_not_matter);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
