/* Sums of counts: every count of every engine is in them, once. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "audit/totals.h"

/* Each count of `counters` is another number, from `first` on. */
static void fill(void *counters, size_t size, uint64_t first)
{
    uint64_t *counts = counters;
    ck_assert_uint_eq(size % sizeof *counts, 0);
    for (size_t i = 0; i < size / sizeof *counts; i++)
        counts[i] = first + i;
}

static void expect_sums(const void *counters, size_t size, uint64_t first, uint64_t second)
{
    const uint64_t *counts = counters;
    for (size_t i = 0; i < size / sizeof *counts; i++)
        ck_assert_uint_eq(counts[i], first + second + 2 * i);
}

START_TEST(test_add)
{
    AuditCounters audit;
    StreamCounters streams;
    AuditTotals totals = { .unfilterable = 3 };
    fill(&audit, sizeof audit, 1000);
    fill(&streams, sizeof streams, 5000);
    audit_totals_add(&totals, &audit, &streams);
    fill(&audit, sizeof audit, 20000);
    fill(&streams, sizeof streams, 70000);
    audit_totals_add(&totals, &audit, &streams);
    expect_sums(&totals.audit, sizeof totals.audit, 1000, 20000);
    expect_sums(&totals.streams, sizeof totals.streams, 5000, 70000);
    ck_assert_uint_eq(totals.unfilterable, 3);
}
END_TEST

START_TEST(test_finding)
{
    AuditCounters counters = { 0 };
    audit_count_finding(&counters, SEVERITY_WARNING, RULE_IDLE_408);
    audit_count_finding(&counters, SEVERITY_WARNING, RULE_IDLE_408);
    audit_count_finding(&counters, SEVERITY_ERROR, RULE_IDLE_408);
    ck_assert_uint_eq(counters.findings[SEVERITY_WARNING], 2);
    ck_assert_uint_eq(counters.findings[SEVERITY_ERROR], 1);
    ck_assert_uint_eq(counters.rules[SEVERITY_WARNING][RULE_IDLE_408], 2);
    ck_assert_uint_eq(counters.rules[SEVERITY_ERROR][RULE_IDLE_408], 1);
    ck_assert_uint_eq(counters.findings[SEVERITY_NOTE], 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("totals");
    TCase *tcase = tcase_create("totals");
    tcase_add_test(tcase, test_add);
    tcase_add_test(tcase, test_finding);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
