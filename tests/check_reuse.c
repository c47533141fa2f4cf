/* What one exchange shows: the idle periods, and what was lost. */
#include <check.h>
#include <stdlib.h>

#include "told.h"

static Reuse use(const ToldExchange *told)
{
    bool goes_on =
        told->ending.possible == ENDER_NOBODY && told->connection.end != CONNECTION_UNENDED;
    JudgeContext context = told->context;
    return reuse_of(&context, goes_on ? NULL : &told->ending, &told->exchange, &told->judgement);
}

static void assert_period(const Reuse *use, unsigned index, IdleEnd end, double seconds)
{
    ck_assert_uint_gt(use->period_count, index);
    ck_assert_int_eq(use->periods[index].end, end);
    ck_assert_int_eq(use->periods[index].length, told_seconds(seconds));
    ck_assert_int_eq(use->periods[index].time, TOLD_START + told_seconds(seconds));
}

START_TEST(reuse)
{
    ToldExchange told;
    told_make(&told, 1, 7, 1);
    told_reused(&told, told_seconds(2));
    Reuse found = use(&told);
    ck_assert(found.reused && !found.lost && !found.raced);
    ck_assert_uint_eq(found.period_count, 1);
    assert_period(&found, 0, IDLE_REUSED, 2);
    ck_assert_int_eq(found.tried, told_seconds(2));
    told.judgement.after = -1; /* pipelined: sent before the response had ended */
    found = use(&told);
    ck_assert(found.reused);
    ck_assert_uint_eq(found.period_count, 0);
    ck_assert_int_eq(found.tried, -1);
}
END_TEST

START_TEST(closes)
{
    ToldExchange told;
    told_make(&told, 1, 7, 1);
    told_closed(&told, ENDER_SERVER, told_seconds(5));
    Reuse found = use(&told);
    ck_assert_uint_eq(found.period_count, 1);
    assert_period(&found, 0, IDLE_CLOSED, 5);
    ck_assert_int_eq(found.tried, -1);
    ck_assert(!found.last_served);
    told.exchange.burst_start -= told_seconds(0.2); /* within 5 % */
    found = use(&told);
    assert_period(&found, 0, IDLE_CLOSED, 5);
    told.exchange.burst_start -= told_seconds(0.1); /* no longer: idle for 5 s at least */
    found = use(&told);
    assert_period(&found, 0, IDLE_ENDED, 5);
    told_make(&told, 1, 7, 1);
    told_closed(&told, ENDER_CLIENT, told_seconds(5));
    found = use(&told);
    assert_period(&found, 0, IDLE_ENDED, 5);
}
END_TEST

/* Closes that say nothing of an idle timer. */
START_TEST(no_idle_closes)
{
    static const Cause causes[] = { CAUSE_MAX_REACHED, CAUSE_OBLIGED, CAUSE_CLOSED };
    for (size_t i = 0; i < G_N_ELEMENTS(causes); i++) {
        ToldExchange told;
        told_make(&told, 1, 7, 1);
        told_closed(&told, ENDER_SERVER, told_seconds(5));
        told.judgement.cause = causes[i];
        ck_assert_uint_eq(use(&told).period_count, 0);
    }
    ToldExchange told;
    told_make(&told, 1, 7, 1);
    told_closed(&told, ENDER_SERVER, told_seconds(5));
    told.judgement.declaration.declared = DECLARED_CLOSE;
    ck_assert_uint_eq(use(&told).period_count, 0);
    told_make(&told, 1, 7, 1);
    told_closed(&told, ENDER_SERVER, told_seconds(5));
    told.exchange.response.end_missing = true;
    ck_assert_uint_eq(use(&told).period_count, 0);
    told_make(&told, 1, 7, 1);
    told_closed(&told, ENDER_SERVER, told_seconds(5));
    told.ending.latest_only = true;
    ck_assert_uint_eq(use(&told).period_count, 0);
    told_make(&told, 1, 7, 1);
    told_closed(&told, ENDER_SERVER | ENDER_CLIENT, told_seconds(5)); /* one of them did */
    ck_assert_uint_eq(use(&told).period_count, 0);
}
END_TEST

START_TEST(open_at_the_end)
{
    ToldExchange told;
    told_make(&told, 1, 7, 1);
    told.judgement.actual = ACTUAL_OPEN;
    told.connection.end = CONNECTION_UNENDED;
    told.context.clock_end = TOLD_START + told_seconds(30);
    Reuse found = use(&told);
    ck_assert_uint_eq(found.period_count, 1);
    assert_period(&found, 0, IDLE_ENDED, 30);
}
END_TEST

START_TEST(race)
{
    ToldExchange told;
    told_make(&told, 1, 7, 1);
    told_raced(&told, told_seconds(5), told_seconds(4.99));
    Reuse found = use(&told);
    ck_assert_uint_eq(found.period_count, 2);
    assert_period(&found, 0, IDLE_CLOSED, 5);
    assert_period(&found, 1, IDLE_LOST, 4.99);
    ck_assert(found.raced && !found.lost && !found.reused);
    ck_assert_uint_eq(found.raced_request.exchange, 2);
    ck_assert_uint_eq(found.raced_request.request, frame_id(1, 14));
    ck_assert_uint_eq(found.raced_request.close, frame_id(1, 15));
    told_lost(&told);
    found = use(&told);
    ck_assert(found.lost && found.race && !found.raced);
    ck_assert_uint_eq(found.period_count, 0);
}
END_TEST

/* The server had received the request. Why it closed is unknown; that the request was lost is
 * known. */
START_TEST(closed_unanswered)
{
    ToldExchange told;
    told_make(&told, 1, 7, 1);
    told_raced(&told, told_seconds(5), told_seconds(4.99));
    told.judgement.cause = CAUSE_CLOSED_UNANSWERED;
    Reuse found = use(&told);
    ck_assert_uint_eq(found.period_count, 1);
    assert_period(&found, 0, IDLE_LOST, 4.99);
    ck_assert(found.raced);
    told_lost(&told);
    found = use(&told);
    ck_assert(found.lost && !found.race);
}
END_TEST

/* Nothing is counted as lost that the capture leaves open, or that the client gave up. */
START_TEST(not_lost)
{
    ToldExchange told;
    told_make(&told, 1, 7, 1);
    told_raced(&told, told_seconds(5), told_seconds(4.99));
    told.judgement.verdict = VERDICT_UNDETERMINED;
    ck_assert(!use(&told).raced);
    told_lost(&told);
    ck_assert(!use(&told).lost);
    told.judgement.verdict = VERDICT_AS_DECLARED;
    told.judgement.cause = CAUSE_CLIENT_GAVE_UP;
    ck_assert(!use(&told).lost);
    told.judgement.verdict = VERDICT_CONTRADICTED;
    told.judgement.cause = CAUSE_CLOSED_UNANSWERED;
    told.exchange.number = 1; /* of a new connection: nothing was reused */
    ck_assert(!use(&told).lost);
}
END_TEST

START_TEST(last_served)
{
    ToldExchange told;
    told_make(&told, 1, 7, 1);
    told_closed(&told, ENDER_SERVER, NS_PER_MS);
    ck_assert(use(&told).last_served);
    told.judgement.declaration =
        (Declaration){ .declared = DECLARED_CLOSE, .by = PARTY_SERVER, .basis = BASIS_OPTION };
    ck_assert(use(&told).last_served);
    told.judgement.declaration.by = PARTY_BOTH; /* the client had asked for it */
    ck_assert(!use(&told).last_served);
    told.judgement.declaration.by = PARTY_SERVER;
    told.exchange.status = 400; /* an error ends a connection anywhere */
    ck_assert(!use(&told).last_served);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("use");
    TCase *tcase = tcase_create("use");
    tcase_add_test(tcase, reuse);
    tcase_add_test(tcase, closes);
    tcase_add_test(tcase, no_idle_closes);
    tcase_add_test(tcase, open_at_the_end);
    tcase_add_test(tcase, race);
    tcase_add_test(tcase, closed_unanswered);
    tcase_add_test(tcase, not_lost);
    tcase_add_test(tcase, last_served);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
