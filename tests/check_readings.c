/* What is open, weighed: one verdict for all readings, or the reason why there is none. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "judge/readings.h"
#include "judge/verdict_http1.h"

static const Particulars SEEN = { .answered = true, .lost = CAUSE_KEEPALIVE_RACE };

static Readings closed_by_server(Idle idle)
{
    Readings readings;
    readings_init(&readings, &VERDICT_HTTP1);
    readings_set(&readings, FACT_END, ENDED_SERVER);
    readings_set(&readings, FACT_IDLE, idle);
    return readings;
}

static void assert_stands(const Readings *readings, Verdict verdict, Cause cause)
{
    Weighed weighed = readings_weigh(readings, &SEEN);
    ck_assert(weighed.verdict_certain);
    ck_assert_int_eq(weighed.plainest.verdict, verdict);
    ck_assert_int_eq(weighed.plainest.cause, cause);
    ck_assert_uint_eq(weighed.decisive, 0);
}

static void assert_split(const Readings *readings, ReasonSet decisive)
{
    Weighed weighed = readings_weigh(readings, &SEEN);
    ck_assert(!weighed.verdict_certain && !weighed.cause_certain);
    ck_assert_uint_eq(weighed.decisive, decisive);
}

START_TEST(test_nothing_open)
{
    Readings readings = closed_by_server(IDLE_LONG);
    ck_assert(readings_are_one(&readings));
    assert_stands(&readings, VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT);
    Weighed weighed = readings_weigh(&readings, &SEEN);
    ck_assert(weighed.actual_certain && weighed.cause_certain);
}
END_TEST

START_TEST(test_open_and_no_matter)
{
    Readings readings = closed_by_server(IDLE_EARLY); /* undeclared, or in mid-response */
    readings_add(&readings, FACT_GOT, GOT_PART, REASON_SNAPLEN);
    ck_assert(!readings_are_one(&readings));
    ck_assert(readings_may_be(&readings, FACT_GOT, GOT_PART));
    assert_stands(&readings, VERDICT_CONTRADICTED, CAUSE_UNDECLARED_CLOSE);
    Weighed weighed = readings_weigh(&readings, &SEEN);
    ck_assert(weighed.actual_certain && !weighed.cause_certain);
    readings_add(&readings, FACT_LATER, LATER_LOST, REASON_LOSS);
    weighed = readings_weigh(&readings, &SEEN);
    ck_assert(weighed.verdict_certain && !weighed.actual_certain);
}
END_TEST

START_TEST(test_split)
{
    Readings readings = closed_by_server(IDLE_LONG);
    readings_add(&readings, FACT_GOT, GOT_PART, REASON_SNAPLEN);
    assert_split(&readings, REASON_SNAPLEN);
    readings_add(&readings, FACT_DECLARED, SAYS_CLOSE, REASON_MIDSTREAM); /* no matter alone */
    assert_split(&readings, REASON_SNAPLEN);
    readings = closed_by_server(IDLE_EARLY);
    readings_add(&readings, FACT_DECLARED, SAYS_CLOSE, REASON_MIDSTREAM);
    readings_add(&readings, FACT_USED, true, REASON_LOSS); /* the first in the list of facts */
    assert_split(&readings, REASON_MIDSTREAM);
}
END_TEST

/* Neither fact turns the verdict alone: that of the first open one. */
START_TEST(test_split_by_two_together)
{
    Readings readings = closed_by_server(IDLE_LONG);
    readings_set(&readings, FACT_DECLARED, SAYS_CLOSE);
    readings_add(&readings, FACT_DECLARED, SAYS_KEEP_ALIVE, REASON_SNAPLEN);
    readings_add(&readings, FACT_IDLE, IDLE_EARLY, REASON_SEND_BACKLOG);
    assert_split(&readings, REASON_SNAPLEN);
}
END_TEST

/* A later answer shows that this response was whole, whatever its bytes say. */
START_TEST(test_impossible_readings)
{
    Readings readings;
    readings_init(&readings, &VERDICT_HTTP1);
    readings_add(&readings, FACT_GOT, GOT_PART, REASON_LOSS);
    readings_add(&readings, FACT_GOT, GOT_NONE, REASON_LOSS);
    readings_add(&readings, FACT_END, ENDED_SERVER, REASON_LOSS);
    readings_set(&readings, FACT_LATER, LATER_ANSWERED);
    assert_stands(&readings, VERDICT_AS_DECLARED, CAUSE_REUSED);
    readings_set(&readings, FACT_GOT, GOT_PART); /* the plainest reading is none: the next one */
    readings_add(&readings, FACT_LATER, LATER_LOST, REASON_LOSS);
    readings_set(&readings, FACT_END, ENDED_SERVER);
    assert_stands(&readings, VERDICT_CONTRADICTED, CAUSE_ABORTED);
}
END_TEST

/* The table itself may have no verdict: then its cause, unless another fact splits it. */
START_TEST(test_undetermined_by_itself)
{
    Readings readings;
    readings_init(&readings, &VERDICT_HTTP1);
    assert_stands(&readings, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED);
    readings_add(&readings, FACT_END, ENDED_CLIENT, REASON_LIMIT);
    assert_split(&readings, REASON_LIMIT);
}
END_TEST

/* With everything open the search ends at the first disagreement, or at its bound. */
START_TEST(test_bound)
{
    static const unsigned values[FACT_COUNT] = { 2, 2, 4, 3, 3, 4, 2, 2, 2, 2, 2, 2 };
    Readings readings;
    readings_init(&readings, &VERDICT_HTTP1);
    for (unsigned fact = 0; fact < FACT_COUNT; fact++)
        for (unsigned value = 1; value < values[fact]; value++)
            readings_add(&readings, fact, value, REASON_LOSS);
    assert_split(&readings, REASON_LOSS);
}
END_TEST

/* A table that counts how often it is asked. */
static unsigned asked, asked_possible;

static bool count_possible(FactValues reading)
{
    asked_possible++;
    return verdict_http1_possible(reading);
}

static Outcome count_outcome(FactValues reading, const Particulars *particulars)
{
    asked++;
    return verdict_http1(reading, particulars);
}

static Outcome count_and_agree(FactValues reading, const Particulars *particulars)
{
    (void)reading;
    (void)particulars;
    asked++;
    return (Outcome){ ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLOSED };
}

static FactValues count_none_as_idle(FactValues readings)
{
    (void)readings;
    return 0;
}

static unsigned asked_about(const Readings *readings)
{
    asked = asked_possible = 0;
    readings_weigh(readings, &SEEN);
    ck_assert_uint_le(asked_possible, 2 * READINGS_MAX + FACT_COUNT * FACT_VALUES_MAX);
    return asked;
}

/* The number of look-ups does not grow with anything: an exchange of which nothing is open takes
 * one, one of which everything is open few, and at worst, where no reading disagrees, as many as
 * the bound allows. */
START_TEST(test_cost)
{
    static const VerdictTable counting = { .possible = count_possible,
                                           .outcome = count_outcome,
                                           .idle = count_none_as_idle };
    static const VerdictTable agreeing = { .possible = count_possible,
                                           .outcome = count_and_agree,
                                           .idle = count_none_as_idle };
    static const unsigned VALUES[FACT_COUNT] = { 2, 2, 4, 3, 3, 4, 2, 2, 2, 2, 2, 2 };
    Readings readings;
    readings_init(&readings, &counting);
    ck_assert_uint_eq(asked_about(&readings), 1);
    ck_assert_uint_eq(asked_possible, 0);
    for (Fact fact = FACT_FIRST; fact < FACT_COUNT; fact++)
        for (unsigned value = 0; value < VALUES[fact]; value++)
            readings_add(&readings, fact, value, REASON_LOSS);
    ck_assert_uint_le(asked_about(&readings), 64);
    readings.table = &agreeing;
    unsigned most = asked_about(&readings);
    ck_assert_uint_gt(most, READINGS_MAX / 2);
    ck_assert_uint_le(most, READINGS_MAX + FACT_COUNT * FACT_VALUES_MAX);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("readings");
    tcase_add_test(tcase, test_nothing_open);
    tcase_add_test(tcase, test_open_and_no_matter);
    tcase_add_test(tcase, test_split);
    tcase_add_test(tcase, test_split_by_two_together);
    tcase_add_test(tcase, test_impossible_readings);
    tcase_add_test(tcase, test_undetermined_by_itself);
    tcase_add_test(tcase, test_bound);
    tcase_add_test(tcase, test_cost);
    Suite *suite = suite_create("readings");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
