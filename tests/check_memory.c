/* Less memory gives the same verdicts or none: many copies of the samples run at once under ever
 * tighter limits. As long as nothing is given up, nothing may change: packing and unpacking keeps
 * everything. If connections are given up, their verdicts become undetermined, and none becomes its
 * opposite. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "recording.h"

#define COPIES 12

static Recording *crowd;

static size_t rows_of(const Verdicts *verdicts, RowKind kind)
{
    size_t count = 0;
    for (guint i = 0; i < verdicts->rows->len; i++)
        count += g_array_index(verdicts->rows, VerdictRow, i).kind == kind;
    return count;
}

START_TEST(tighter_and_tighter)
{
    g_autoptr(Verdicts) roomy = verdicts_of(crowd, NULL);
    bool packed_only = false, gave_up = false;
    ck_assert_uint_eq(roomy->streams.rested, 0);
    ck_assert_uint_eq(roomy->streams.evicted, 0);
    for (size_t memory = (size_t)8 << 20; memory >= (size_t)64 << 10; memory -= memory / 14) {
        EngineOptions options = engine_options_default();
        options.limits.memory = memory;
        g_autoptr(Verdicts) tight = verdicts_of(crowd, &options);
        g_autoptr(GString) text = g_string_new(NULL);
        Changes changes = { 0 };
        verdicts_compare(roomy, tight, &changes, text);
        ck_assert_msg(changes.turned == 0 && changes.settled == 0, "%zu bytes:\n%s", memory,
                      text->str);
        if (tight->streams.evicted > 0) {
            gave_up = true;
            continue;
        }
        packed_only |= tight->streams.rested > 0;
        ck_assert_msg(changes.undetermined == 0 && changes.vanished == 0 &&
                          changes.named_otherwise == 0,
                      "%zu bytes, %" G_GUINT64_FORMAT " packed:\n%s", memory, tight->streams.rested,
                      text->str);
        ck_assert_uint_eq(rows_of(tight, ROW_EXCHANGE), rows_of(roomy, ROW_EXCHANGE));
        ck_assert_uint_eq(rows_of(tight, ROW_CONNECTION), rows_of(roomy, ROW_CONNECTION));
    }
    ck_assert(packed_only);
    ck_assert(gave_up);
}
END_TEST

/* Seeds and addresses decide nothing. */
START_TEST(the_same_again)
{
    EngineOptions options = engine_options_default();
    options.limits.memory = (size_t)400 << 10;
    g_autoptr(Verdicts) first = verdicts_of(crowd, &options);
    g_autoptr(Verdicts) second = verdicts_of(crowd, &options);
    ck_assert_uint_gt(first->streams.evicted, 0);
    ck_assert_uint_eq(first->streams.evicted, second->streams.evicted);
    ck_assert_uint_eq(first->streams.rested, second->streams.rested);
    ck_assert_uint_eq(first->rows->len, second->rows->len);
    for (guint i = 0; i < first->rows->len; i++) {
        const VerdictRow *a = &g_array_index(first->rows, VerdictRow, i);
        const VerdictRow *b = &g_array_index(second->rows, VerdictRow, i);
        ck_assert(a->kind == b->kind && a->verdict == b->verdict && a->cause == b->cause);
    }
}
END_TEST

/* Kept beside the verdicts: hosts, and whether a text that --match looks for was found. */
START_TEST(nothing_is_forgotten)
{
    g_autoptr(Matcher) matcher =
        matcher_new("/^.$/", NULL); /* the first target is often that short */
    EngineOptions options = engine_options_default();
    options.audit.matcher = matcher;
    options.limits.memory = (size_t)256 << 20;
    g_autoptr(Verdicts) roomy = verdicts_of(crowd, &options);
    options.limits.memory = (size_t)11 << 19;
    g_autoptr(Verdicts) tight = verdicts_of(crowd, &options);
    size_t connections = rows_of(roomy, ROW_CONNECTION), hosts = 0;
    ck_assert_uint_eq(roomy->streams.rested, 0);
    ck_assert_uint_gt(tight->streams.rested, 0);
    ck_assert_uint_eq(tight->streams.evicted, 0);
    ck_assert_uint_gt(connections, 0);
    ck_assert_uint_lt(connections, roomy->counters.http_connections);
    ck_assert_uint_eq(tight->rows->len, roomy->rows->len);
    for (guint i = 0; i < roomy->rows->len; i++) {
        const VerdictRow *a = &g_array_index(roomy->rows, VerdictRow, i);
        const VerdictRow *b = &g_array_index(tight->rows, VerdictRow, i);
        ck_assert_int_eq(a->kind, b->kind);
        ck_assert_str_eq(a->host ? a->host : "", b->host ? b->host : "");
        hosts += a->host != NULL;
    }
    ck_assert_uint_gt(hosts, 0);
}
END_TEST

int main(void)
{
    g_autoptr(GPtrArray) samples = recordings_of_samples();
    g_autoptr(GPtrArray) copies = g_ptr_array_new();
    for (guint i = 0; i < COPIES * samples->len; i++)
        g_ptr_array_add(copies, g_ptr_array_index(samples, i % samples->len));
    if (samples->len == 0) {
        fprintf(stderr, "no samples\n");
        return EXIT_FAILURE;
    }
    crowd = recordings_merge(copies, 3 * NS_PER_MS);
    TCase *tcase = tcase_create("memory");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, tighter_and_tighter);
    tcase_add_test(tcase, the_same_again);
    tcase_add_test(tcase, nothing_is_forgotten);
    Suite *suite = suite_create("memory");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    recording_free(crowd);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
