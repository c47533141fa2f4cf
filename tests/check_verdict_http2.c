/* The verdict table of HTTP/2, row by row (docs/judgement.md), and that every reading has a row. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "judge/readings.h"
#include "judge/verdict_http2.h"

#define KNOWN_MAX 6

typedef struct Known {
    H2Fact fact;
    unsigned value;
} Known;

typedef struct Row {
    const char *name;
    unsigned count;
    Known known[KNOWN_MAX]; /* the others: real, answered, the connection open, none of the rest */
    Particulars particulars;
    Actual actual;
    Verdict verdict;
    Cause cause;
} Row;

#define REAL(value)                                                                                \
    {                                                                                              \
        H2_FACT_REAL, H2_REAL_##value                                                              \
    }
#define IS(fact)                                                                                   \
    {                                                                                              \
        H2_FACT_##fact, true                                                                       \
    }
#define RESPONSE(value)                                                                            \
    {                                                                                              \
        H2_FACT_RESPONSE, H2_RESPONSE_##value                                                      \
    }
#define RESET(value)                                                                               \
    {                                                                                              \
        H2_FACT_RESET, H2_RESET_##value                                                            \
    }
#define ENDED(value)                                                                               \
    {                                                                                              \
        H2_FACT_END, H2_ENDED_##value                                                              \
    }
#define EARLY                                                                                      \
    {                                                                                              \
        H2_FACT_IDLE, H2_IDLE_EARLY                                                                \
    }
#define ANSWERED .particulars = { .answered = true }
#define BEGUN .particulars = { .answered = true }
#define LOST(row) .particulars = { .lost = CAUSE_##row, .lost_certain = true }

/* clang-format off */
static const Row ROWS[] = {
    { "1 evidence missing", 1, { REAL(NO) }, ANSWERED,
      ACTUAL_UNKNOWN, VERDICT_UNDETERMINED, CAUSE_NONE },
    { "2 tunnel, whatever became of the connection",
      3, { IS(TUNNEL), RESPONSE(PART), ENDED(SERVER) }, BEGUN,
      ACTUAL_SWITCHED, VERDICT_AS_DECLARED, CAUSE_SWITCHED },
    { "3 answered above the last id", 1, { IS(ABOVE) }, ANSWERED,
      ACTUAL_REUSED, VERDICT_CONTRADICTED, CAUSE_REUSED_AFTER_GOAWAY },
    { "3 … though a later stream was answered", 2, { IS(ABOVE), IS(LATER) }, ANSWERED,
      ACTUAL_REUSED, VERDICT_CONTRADICTED, CAUSE_REUSED_AFTER_GOAWAY },
    { "4 refused by RST_STREAM", 2, { RESPONSE(NONE), RESET(REFUSED) }, { 0 },
      ACTUAL_UNANSWERED, VERDICT_AS_DECLARED, CAUSE_REFUSED },
    { "4 not covered by GOAWAY, and closed by the server",
      3, { RESPONSE(NONE), IS(UNPROCESSED), ENDED(SERVER) }, { 0 },
      ACTUAL_UNANSWERED, VERDICT_AS_DECLARED, CAUSE_REFUSED },
    { "4 … and open", 2, { RESPONSE(NONE), IS(UNPROCESSED) }, { 0 },
      ACTUAL_UNANSWERED, VERDICT_AS_DECLARED, CAUSE_REFUSED },
    { "5 rejected by RST_STREAM", 3, { RESPONSE(NONE), RESET(SERVER), IS(REJECTED) }, { 0 },
      ACTUAL_UNANSWERED, VERDICT_AS_DECLARED, CAUSE_REJECTED },
    { "5 rejected by GOAWAY, in a response",
      3, { RESPONSE(PART), IS(REJECTED), ENDED(SERVER) }, BEGUN,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_REJECTED },
    { "6 reset by the client in a response", 2, { RESPONSE(PART), RESET(CLIENT) }, BEGUN,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLIENT_ABORTED },
    { "6 reset by the client before", 2, { RESPONSE(NONE), RESET(CLIENT) }, { 0 },
      ACTUAL_UNANSWERED, VERDICT_AS_DECLARED, CAUSE_CLIENT_GAVE_UP },
    { "6 the client ended the connection in a response",
      2, { RESPONSE(PART), ENDED(CLIENT) }, BEGUN,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLIENT_ABORTED },
    { "6 the client ended the connection before", 2, { RESPONSE(NONE), ENDED(CLIENT) }, { 0 },
      ACTUAL_UNANSWERED, VERDICT_AS_DECLARED, CAUSE_CLIENT_GAVE_UP },
    { "7 reset by the server", 3, { RESPONSE(PART), RESET(SERVER), ENDED(CLIENT) }, BEGUN,
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_ABORTED },
    { "7 … before a response", 2, { RESPONSE(NONE), RESET(SERVER) }, { 0 },
      ACTUAL_UNANSWERED, VERDICT_CONTRADICTED, CAUSE_ABORTED },
    { "7 REFUSED_STREAM, though a response had begun", 2, { RESPONSE(PART), RESET(REFUSED) }, BEGUN,
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_ABORTED },
    { "8 cut by the server's close", 3, { RESPONSE(PART), ENDED(SERVER), IS(GOAWAY) }, BEGUN,
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_ABORTED },
    { "8 cut by both", 2, { RESPONSE(PART), ENDED(BOTH) }, BEGUN,
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_ABORTED },
    { "9 crossing", 2, { RESPONSE(NONE), ENDED(SERVER) }, LOST(KEEPALIVE_RACE),
      ACTUAL_UNANSWERED, VERDICT_CONTRADICTED, CAUSE_KEEPALIVE_RACE },
    { "9 received", 3, { RESPONSE(NONE), ENDED(BOTH), IS(GOAWAY) }, LOST(CLOSED_UNANSWERED),
      ACTUAL_UNANSWERED, VERDICT_CONTRADICTED, CAUSE_CLOSED_UNANSWERED },
    { "10 reused", 2, { IS(LATER), ENDED(SERVER) }, ANSWERED,
      ACTUAL_REUSED, VERDICT_AS_DECLARED, CAUSE_REUSED },
    { "11 closed by the client", 1, { ENDED(CLIENT) }, ANSWERED,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLIENT_FINISHED },
    { "11 closed by both", 2, { ENDED(BOTH), IS(GOAWAY) }, ANSWERED,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLIENT_FINISHED },
    { "12 announced", 3, { ENDED(SERVER), IS(GOAWAY), EARLY }, ANSWERED,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLOSED },
    { "13 idle", 1, { ENDED(SERVER) }, ANSWERED,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT },
    { "14 not idle", 2, { ENDED(SERVER), EARLY }, ANSWERED,
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_UNDECLARED_CLOSE },
    { "15 under way", 2, { RESPONSE(PART), IS(WITNESS) }, BEGUN,
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED },
    { "15 waiting", 1, { RESPONSE(NONE) }, { 0 },
      ACTUAL_UNANSWERED, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED },
    { "16 witnessed", 1, { IS(WITNESS) }, ANSWERED,
      ACTUAL_OPEN, VERDICT_AS_DECLARED, CAUSE_HELD_OPEN },
    { "17 the clock ran on",
      0, { REAL(YES) }, .particulars = { .answered = true, .clock_ran_on = true },
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_HELD_OPEN },
    { "17 it did not", 0, { REAL(YES) }, ANSWERED,
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED },
    { "17 after a GOAWAY",
      2, { IS(GOAWAY), IS(WITNESS) }, .particulars = { .answered = true, .clock_ran_on = true },
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED },
};
/* clang-format on */

START_TEST(test_row)
{
    const Row *row = &ROWS[_i];
    Readings readings;
    readings_init(&readings, &VERDICT_HTTP2);
    for (unsigned i = 0; i < row->count; i++)
        readings_set(&readings, row->known[i].fact, row->known[i].value);
    ck_assert(readings_are_one(&readings));
    ck_assert_msg(verdict_http2_possible(readings.values), "%s", row->name);
    Outcome outcome = verdict_http2(readings.values, &row->particulars);
    ck_assert_msg(outcome.verdict == row->verdict, "%s: %s (%s)", row->name,
                  verdict_name(outcome.verdict), cause_name(outcome.cause));
    ck_assert_msg(outcome.cause == row->cause, "%s: cause %s", row->name,
                  cause_name(outcome.cause));
    ck_assert_msg(outcome.actual == row->actual, "%s: actual %s", row->name,
                  actual_name(outcome.actual));
}
END_TEST

/* Goes through all readings; those that cannot be are asked as well. */
typedef void (*Visit)(FactValues reading);

static void visit_all(Visit visit)
{
    static const unsigned values[FACT_COUNT] = { 2, 2, 3, 2, 2, 4, 2, 2, 4, 2, 2, 2 };
    unsigned digit[FACT_COUNT] = { 0 }, asked = 0, fact = 0;
    while (fact < FACT_COUNT) {
        FactValues reading = 0;
        for (unsigned f = 0; f < FACT_COUNT; f++)
            reading |= fact_value(f, digit[f]);
        visit(reading);
        asked++;
        for (fact = 0; fact < FACT_COUNT && ++digit[fact] == values[fact]; fact++)
            digit[fact] = 0;
    }
    ck_assert_uint_eq(asked, 2 * 2 * 3 * 2 * 2 * 4 * 2 * 2 * 4 * 2 * 2 * 2);
}

static void has_row(FactValues reading)
{
    const Particulars particulars = { .answered = true, .lost = CAUSE_KEEPALIVE_RACE };
    Outcome outcome = verdict_http2(reading, &particulars);
    ck_assert(outcome.verdict != VERDICT_CONTRADICTED || outcome.cause != CAUSE_NONE);
}

/* Facts that are said to be idle change nothing. */
static void idle_is_idle(FactValues reading)
{
    const Particulars particulars = { .answered = true, .lost = CAUSE_KEEPALIVE_RACE };
    FactValues idle = VERDICT_HTTP2.idle(reading);
    Outcome outcome = verdict_http2(reading, &particulars);
    for (unsigned fact = 0; fact < FACT_COUNT; fact++)
        for (unsigned value = 0; value < 2 && (idle & fact_mask(fact)); value++) {
            Outcome other =
                verdict_http2((reading & ~fact_mask(fact)) | fact_value(fact, value), &particulars);
            ck_assert_int_eq(outcome.cause, other.cause);
            ck_assert_int_eq(outcome.verdict, other.verdict);
        }
}

START_TEST(test_every_reading_has_a_row)
{
    visit_all(has_row);
}
END_TEST

START_TEST(test_idle_facts)
{
    visit_all(idle_is_idle);
}
END_TEST

START_TEST(test_impossible)
{
    Readings readings;
    readings_init(&readings, &VERDICT_HTTP2);
    readings_set(&readings, H2_FACT_RESPONSE, H2_RESPONSE_NONE);
    ck_assert(verdict_http2_possible(readings.values));
    readings_set(&readings, H2_FACT_TUNNEL, true);
    ck_assert(!verdict_http2_possible(readings.values));
    readings_set(&readings, H2_FACT_TUNNEL, false);
    readings_set(&readings, H2_FACT_ABOVE, true);
    ck_assert(!verdict_http2_possible(readings.values));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("verdict_http2");
    tcase_add_loop_test(tcase, test_row, 0, G_N_ELEMENTS(ROWS));
    tcase_add_test(tcase, test_every_reading_has_a_row);
    tcase_add_test(tcase, test_idle_facts);
    tcase_add_test(tcase, test_impossible);
    Suite *suite = suite_create("verdict_http2");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
