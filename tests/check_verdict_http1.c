/* The verdict table, row by row, each row beside the readings that only just miss it. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "judge/readings.h"
#include "judge/verdict_http1.h"

typedef struct Known {
    Fact fact;
    unsigned value;
} Known;

#define KNOWN_MAX 6

typedef struct Row {
    const char *name;
    Known known[KNOWN_MAX]; /* beside them: nothing is special, and nothing follows */
    unsigned count;
    Particulars particulars;
    Actual actual;
    Verdict verdict;
    Cause cause;
} Row;

#define FACTS(...) { __VA_ARGS__ }, sizeof((Known[]){ __VA_ARGS__ }) / sizeof(Known)
#define CLOSE                                                                                      \
    {                                                                                              \
        FACT_DECLARED, SAYS_CLOSE                                                                  \
    }
#define KEEP_ALIVE                                                                                 \
    {                                                                                              \
        FACT_DECLARED, SAYS_KEEP_ALIVE                                                             \
    }
#define BY(ender)                                                                                  \
    {                                                                                              \
        FACT_END, ENDED_##ender                                                                    \
    }
#define GOT(what)                                                                                  \
    {                                                                                              \
        FACT_GOT, GOT_##what                                                                       \
    }
#define ANSWERED                                                                                   \
    {                                                                                              \
        FACT_LATER, LATER_ANSWERED                                                                 \
    }
#define LOST                                                                                       \
    {                                                                                              \
        FACT_LATER, LATER_LOST                                                                     \
    }
#define YES(fact)                                                                                  \
    {                                                                                              \
        FACT_##fact, true                                                                          \
    }
#define EARLY                                                                                      \
    {                                                                                              \
        FACT_IDLE, IDLE_EARLY                                                                      \
    }

#define SEEN                                                                                       \
    {                                                                                              \
        .answered = true                                                                           \
    }
#define NOTHING_SEEN                                                                               \
    {                                                                                              \
        0                                                                                          \
    }
#define LOST_BY(cause)                                                                             \
    {                                                                                              \
        .answered = true, .lost = CAUSE_##cause                                                    \
    }
#define FIRST_LOST_BY(cause)                                                                       \
    {                                                                                              \
        .lost_first = CAUSE_##cause                                                                \
    }

/* clang-format off */
static const Row ROWS[] = {
    { "somebody else's response", FACTS({ FACT_REAL, REAL_NO }, BY(SERVER)), SEEN,
      ACTUAL_UNKNOWN, VERDICT_UNDETERMINED, CAUSE_NONE },

    { "a 101", FACTS({ FACT_DECLARED, SAYS_UPGRADE }), SEEN,
      ACTUAL_SWITCHED, VERDICT_AS_DECLARED, CAUSE_SWITCHED },
    { "how a tunnel ends is no matter", FACTS({ FACT_DECLARED, SAYS_TUNNEL }, BY(SERVER), EARLY),
      SEEN, ACTUAL_SWITCHED, VERDICT_AS_DECLARED, CAUSE_SWITCHED },

    { "given up after retransmissions", FACTS(YES(UNDELIVERED), BY(SERVER), EARLY), SEEN,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_UNDELIVERED },
    { "given up in mid-response", FACTS(YES(UNDELIVERED), BY(SERVER), GOT(PART)), SEEN,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_UNDELIVERED },
    { "given up, and close had been declared", FACTS(YES(UNDELIVERED), BY(SERVER), CLOSE), SEEN,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_UNDELIVERED },
    { "an earlier response, whose successor was given up",
      FACTS(YES(UNDELIVERED), BY(SERVER), ANSWERED), SEEN,
      ACTUAL_REUSED, VERDICT_AS_DECLARED, CAUSE_REUSED },

    { "the first request, the server closes", FACTS(GOT(NONE), BY(SERVER)), FIRST_LOST_BY(ABORTED),
      ACTUAL_UNANSWERED, VERDICT_CONTRADICTED, CAUSE_ABORTED },
    { "the first request crosses an idle close", FACTS(GOT(NONE), BY(BOTH)),
      FIRST_LOST_BY(KEEPALIVE_RACE), ACTUAL_UNANSWERED, VERDICT_CONTRADICTED,
      CAUSE_KEEPALIVE_RACE },
    { "the first request said close", FACTS(GOT(NONE), BY(SERVER), CLOSE), FIRST_LOST_BY(ABORTED),
      ACTUAL_UNANSWERED, VERDICT_CONTRADICTED, CAUSE_ABORTED },
    { "not the first, and what came before is not known",
      FACTS(GOT(NONE), BY(SERVER), { FACT_FIRST, FIRST_NO }), NOTHING_SEEN,
      ACTUAL_UNANSWERED, VERDICT_UNDETERMINED, CAUSE_NONE },
    { "the same, and the client went: as declared whatever that was",
      FACTS(GOT(NONE), BY(CLIENT), { FACT_FIRST, FIRST_NO }), NOTHING_SEEN,
      ACTUAL_UNANSWERED, VERDICT_AS_DECLARED, CAUSE_CLIENT_GAVE_UP },

    { "the server ends inside its response", FACTS(GOT(PART), BY(SERVER)), SEEN,
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_ABORTED },
    { "both at once inside the response", FACTS(GOT(PART), BY(BOTH)), SEEN,
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_ABORTED },
    { "close, the server ends inside its response", FACTS(GOT(PART), BY(SERVER), CLOSE), SEEN,
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_ABORTED },
    { "a duty to close is none to leave it half sent", FACTS(GOT(PART), BY(SERVER), YES(DUTY)),
      SEEN, ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_ABORTED },
    { "a later request behind a response cut short", FACTS(GOT(PART), BY(SERVER), LOST),
      LOST_BY(KEEPALIVE_RACE), ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_ABORTED },

    { "the client ends inside the response", FACTS(GOT(PART), BY(CLIENT)), SEEN,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLIENT_ABORTED },
    { "close, the client ends inside the response", FACTS(GOT(PART), BY(CLIENT), CLOSE), SEEN,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLIENT_ABORTED },
    { "the whole response came, to a client that had closed", FACTS(YES(REFUSED), BY(CLIENT)),
      SEEN, ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLIENT_ABORTED },
    { "the client ends before a byte came", FACTS(GOT(NONE), BY(CLIENT)), NOTHING_SEEN,
      ACTUAL_UNANSWERED, VERDICT_AS_DECLARED, CAUSE_CLIENT_GAVE_UP },

    { "a later request, given up by the client", FACTS(LOST, BY(CLIENT)), LOST_BY(KEEPALIVE_RACE),
      ACTUAL_REQUEST_LOST, VERDICT_AS_DECLARED, CAUSE_CLIENT_GAVE_UP },
    { "a later request, lost to the server's close", FACTS(LOST, BY(SERVER)),
      LOST_BY(CLOSED_DURING_REQUEST), ACTUAL_REQUEST_LOST, VERDICT_CONTRADICTED,
      CAUSE_CLOSED_DURING_REQUEST },
    { "a later request, lost to a close of both", FACTS(LOST, BY(BOTH)), LOST_BY(KEEPALIVE_RACE),
      ACTUAL_REQUEST_LOST, VERDICT_CONTRADICTED, CAUSE_KEEPALIVE_RACE },
    { "max used up and a duty excuse no lost request",
      FACTS(LOST, BY(SERVER), YES(USED), YES(DUTY)), LOST_BY(REQUEST_AFTER_FIN),
      ACTUAL_REQUEST_LOST, VERDICT_CONTRADICTED, CAUSE_REQUEST_AFTER_FIN },
    { "close, a later request behind it is none that it had promised",
      FACTS(CLOSE, LOST, BY(SERVER)), LOST_BY(KEEPALIVE_RACE),
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLOSED },

    { "reused", FACTS(ANSWERED), SEEN, ACTUAL_REUSED, VERDICT_AS_DECLARED, CAUSE_REUSED },
    { "reused, then closed early", FACTS(ANSWERED, BY(SERVER), EARLY), SEEN,
      ACTUAL_REUSED, VERDICT_AS_DECLARED, CAUSE_REUSED },
    { "closed by the client", FACTS(BY(CLIENT), EARLY), SEEN,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLIENT_FINISHED },
    { "closed by both at once", FACTS(BY(BOTH), EARLY), SEEN,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLIENT_FINISHED },

    { "closed under a duty", FACTS(BY(SERVER), YES(DUTY), EARLY), SEEN,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_OBLIGED },
    { "max used up", FACTS(BY(SERVER), YES(USED), EARLY), SEEN,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_MAX_REACHED },
    { "a duty comes before max", FACTS(BY(SERVER), YES(USED), YES(DUTY)), SEEN,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_OBLIGED },
    { "idle for long enough", FACTS(BY(SERVER)), SEEN,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT },
    { "idle for less, a timeout stated", FACTS(BY(SERVER), EARLY),
      { .answered = true, .stated = true },
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_CLOSED_BEFORE_TIMEOUT },
    { "idle for less, none stated", FACTS(BY(SERVER), EARLY), SEEN,
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_UNDECLARED_CLOSE },

    { "open, the response under way", FACTS(GOT(PART), YES(WITNESS)), SEEN,
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED },
    { "open, no byte of a response", FACTS(GOT(NONE)), NOTHING_SEEN,
      ACTUAL_UNANSWERED, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED },
    { "open, a later request under way", FACTS(LOST, YES(WITNESS)), SEEN,
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED },
    { "close, open, only a later request under way: as without it",
      FACTS(CLOSE, LOST, YES(WITNESS)), SEEN,
      ACTUAL_OPEN, VERDICT_CONTRADICTED, CAUSE_LEFT_OPEN },
    { "held open", FACTS(YES(WITNESS)), SEEN,
      ACTUAL_OPEN, VERDICT_AS_DECLARED, CAUSE_HELD_OPEN },
    { "close, a later request was answered", FACTS(CLOSE, ANSWERED, BY(SERVER)), SEEN,
      ACTUAL_REUSED, VERDICT_CONTRADICTED, CAUSE_REUSED_AFTER_CLOSE },
    { "close, closed", FACTS(CLOSE, BY(CLIENT)), SEEN,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLOSED },
    { "close, closed late", FACTS(CLOSE, BY(BOTH)), { .answered = true, .late = true },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLOSED_LATE },
    { "close, left open", FACTS(CLOSE, YES(WITNESS)), SEEN,
      ACTUAL_OPEN, VERDICT_CONTRADICTED, CAUSE_LEFT_OPEN },
    { "close, open without a witness", FACTS(CLOSE), SEEN,
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED },
    { "close, open without a witness, the clock ran on", FACTS(CLOSE),
      { .answered = true, .clock_ran_on = true },
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_LEFT_OPEN },
    { "open without a witness", FACTS(KEEP_ALIVE), SEEN,
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED },
    { "open without a witness, the clock ran on", FACTS(KEEP_ALIVE),
      { .answered = true, .clock_ran_on = true },
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_HELD_OPEN },
};
/* clang-format on */

START_TEST(test_row)
{
    const Row *row = &ROWS[_i];
    Readings readings;
    readings_init(&readings, &VERDICT_HTTP1);
    for (unsigned i = 0; i < row->count; i++)
        readings_set(&readings, row->known[i].fact, row->known[i].value);
    ck_assert(readings_are_one(&readings));
    Outcome outcome = verdict_http1(readings.values, &row->particulars);
    ck_assert_msg(outcome.verdict == row->verdict, "%s: %s (%s)", row->name,
                  verdict_name(outcome.verdict), cause_name(outcome.cause));
    ck_assert_msg(outcome.cause == row->cause, "%s: cause %s", row->name,
                  cause_name(outcome.cause));
    ck_assert_msg(outcome.actual == row->actual, "%s: actual %s", row->name,
                  actual_name(outcome.actual));
}
END_TEST

/* Whatever the facts are, a row fits. */
START_TEST(test_every_reading_has_a_row)
{
    static const unsigned values[FACT_COUNT] = { 2, 2, 4, 3, 3, 4, 2, 2, 2, 2, 2, 2 };
    const Particulars particulars = { .answered = true,
                                      .lost = CAUSE_KEEPALIVE_RACE,
                                      .lost_first = CAUSE_ABORTED };
    unsigned digit[FACT_COUNT] = { 0 }, asked = 0, fact = 0;
    while (fact < FACT_COUNT) {
        FactValues reading = 0;
        for (unsigned f = 0; f < FACT_COUNT; f++)
            reading |= fact_value(f, digit[f]);
        Outcome outcome = verdict_http1(reading, &particulars);
        ck_assert(outcome.verdict != VERDICT_CONTRADICTED || outcome.cause != CAUSE_NONE);
        asked++;
        for (fact = 0; fact < FACT_COUNT && ++digit[fact] == values[fact]; fact++)
            digit[fact] = 0;
    }
    ck_assert_uint_eq(asked, 2 * 2 * 4 * 3 * 3 * 4 * 64);
}
END_TEST

START_TEST(test_impossible)
{
    Readings readings;
    readings_init(&readings, &VERDICT_HTTP1);
    ck_assert(verdict_http1_possible(readings.values));
    readings_set(&readings, FACT_LATER, LATER_ANSWERED);
    ck_assert(verdict_http1_possible(readings.values));
    readings_set(&readings, FACT_GOT, GOT_PART); /* answers come in order */
    ck_assert(!verdict_http1_possible(readings.values));
    readings_set(&readings, FACT_GOT, GOT_NONE);
    ck_assert(!verdict_http1_possible(readings.values));
    readings_set(&readings, FACT_LATER, LATER_NONE);
    ck_assert(verdict_http1_possible(readings.values));
    readings_set(&readings, FACT_DECLARED, SAYS_TUNNEL); /* a response made it one */
    ck_assert(!verdict_http1_possible(readings.values));
    readings_set(&readings, FACT_GOT, GOT_PART);
    ck_assert(verdict_http1_possible(readings.values));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("verdict_http1");
    tcase_add_loop_test(tcase, test_row, 0, G_N_ELEMENTS(ROWS));
    tcase_add_test(tcase, test_every_reading_has_a_row);
    tcase_add_test(tcase, test_impossible);
    Suite *suite = suite_create("verdict_http1");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
