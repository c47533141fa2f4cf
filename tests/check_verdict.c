/* The verdict table, row by row, each row beside situations that just miss it. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "judge/verdict.h"

#define S(seconds) ((Nanoseconds)(seconds)*NS_PER_SECOND)
#define MS(milliseconds) ((Nanoseconds)(milliseconds)*NS_PER_MS)

typedef struct Row {
    const char *name;
    Situation situation;
    Actual actual;
    Verdict verdict;
    Cause cause;
} Row;

#define PERSISTENT .declared = DECLARED_KEEP_ALIVE
#define CLOSING .declared = DECLARED_CLOSE
#define ANSWERED .answered = true, .complete = true
#define IN_PART .answered = true
#define IDLE(duration) BETWEEN((duration), (duration), CAUSE_SEND_BACKLOG)
#define BETWEEN(least, most, cause)                                                                \
    .idle_least = (least), .idle_most = (most), .idle_between = (cause)
#define NO_TIMEOUT .stated_timeout = -1
#define NO_WITNESS .witnessed = -1

/* clang-format off */
static const Row ROWS[] = {
    /* upgrade, tunnel: switched */
    { "a 101", { .declared = DECLARED_UPGRADE, ANSWERED, .ender = ENDER_NOBODY },
      ACTUAL_SWITCHED, VERDICT_AS_DECLARED, CAUSE_SWITCHED },
    { "a 2xx to CONNECT", { .declared = DECLARED_TUNNEL, ANSWERED, .ender = ENDER_NOBODY },
      ACTUAL_SWITCHED, VERDICT_AS_DECLARED, CAUSE_SWITCHED },
    { "how a tunnel ends is no matter",
      { .declared = DECLARED_TUNNEL, ANSWERED, .ender = ENDER_SERVER, IDLE(0) },
      ACTUAL_SWITCHED, VERDICT_AS_DECLARED, CAUSE_SWITCHED },

    /* ended before the response was complete */
    { "keep-alive, the server ends inside its response",
      { PERSISTENT, IN_PART, NO_TIMEOUT, .ender = ENDER_SERVER },
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_ABORTED },
    { "keep-alive, both at once inside the response",
      { PERSISTENT, IN_PART, NO_TIMEOUT, .ender = ENDER_BOTH },
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_ABORTED },
    { "close, the server ends inside its response",
      { CLOSING, IN_PART, NO_TIMEOUT, .ender = ENDER_SERVER },
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_ABORTED },
    { "close, both at once inside the response",
      { CLOSING, IN_PART, NO_TIMEOUT, .ender = ENDER_BOTH },
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_ABORTED },
    { "a duty to close is none to leave the response half sent",
      { PERSISTENT, IN_PART, NO_TIMEOUT, .ender = ENDER_SERVER, .obliged = true },
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_ABORTED },
    { "the first request, closed without a byte",
      { PERSISTENT, NO_TIMEOUT, .ender = ENDER_SERVER },
      ACTUAL_UNANSWERED, VERDICT_CONTRADICTED, CAUSE_ABORTED },
    { "the first request said close, closed without a byte",
      { CLOSING, NO_TIMEOUT, .ender = ENDER_SERVER },
      ACTUAL_UNANSWERED, VERDICT_CONTRADICTED, CAUSE_ABORTED },
    { "the first request, both at once without a byte",
      { PERSISTENT, NO_TIMEOUT, .ender = ENDER_BOTH },
      ACTUAL_UNANSWERED, VERDICT_CONTRADICTED, CAUSE_ABORTED },
    { "keep-alive, the client ends inside the response",
      { PERSISTENT, IN_PART, NO_TIMEOUT, .ender = ENDER_CLIENT },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLIENT_ABORTED },
    { "close, the client ends inside the response",
      { CLOSING, IN_PART, NO_TIMEOUT, .ender = ENDER_CLIENT },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLIENT_ABORTED },
    { "the first request, the client ends before a byte",
      { PERSISTENT, NO_TIMEOUT, .ender = ENDER_CLIENT },
      ACTUAL_UNANSWERED, VERDICT_AS_DECLARED, CAUSE_CLIENT_ABORTED },
    { "a later request behind a response cut short by the server",
      { PERSISTENT, IN_PART, NO_TIMEOUT, .ender = ENDER_SERVER, .later_request = true,
        .lost_cause = CAUSE_KEEPALIVE_RACE },
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_ABORTED },

    /* keep-alive: request_lost */
    { "a later request, given up by the client",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_CLIENT, .later_request = true,
        .lost_cause = CAUSE_KEEPALIVE_RACE },
      ACTUAL_REQUEST_LOST, VERDICT_AS_DECLARED, CAUSE_CLIENT_GAVE_UP },
    { "a later request, lost to the server's close",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_SERVER, .later_request = true,
        .lost_cause = CAUSE_CLOSED_DURING_REQUEST },
      ACTUAL_REQUEST_LOST, VERDICT_CONTRADICTED, CAUSE_CLOSED_DURING_REQUEST },
    { "a later request, lost to a close of both at once",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_BOTH, .later_request = true,
        .lost_cause = CAUSE_KEEPALIVE_RACE },
      ACTUAL_REQUEST_LOST, VERDICT_CONTRADICTED, CAUSE_KEEPALIVE_RACE },
    { "however long the server had waited for it",
      { PERSISTENT, ANSWERED, .ender = ENDER_SERVER, .later_request = true, .stated_timeout = S(5),
        IDLE(S(60)), .lost_cause = CAUSE_REQUEST_AFTER_FIN },
      ACTUAL_REQUEST_LOST, VERDICT_CONTRADICTED, CAUSE_REQUEST_AFTER_FIN },
    { "max used up excuses no lost request",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_SERVER, .later_request = true,
        .max_used = true,
        .lost_cause = CAUSE_CONNECTION_FORGOTTEN },
      ACTUAL_REQUEST_LOST, VERDICT_CONTRADICTED, CAUSE_CONNECTION_FORGOTTEN },
    { "a duty to close excuses no lost request",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_SERVER, .later_request = true,
        .obliged = true,
        .lost_cause = CAUSE_CLOSED_UNANSWERED },
      ACTUAL_REQUEST_LOST, VERDICT_CONTRADICTED, CAUSE_CLOSED_UNANSWERED },
    { "close, a later request behind it: not lost, it had been told",
      { CLOSING, ANSWERED, NO_TIMEOUT, .ender = ENDER_SERVER, .later_request = true, IDLE(0),
        .lost_cause = CAUSE_KEEPALIVE_RACE },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLOSED },

    /* keep-alive: reused */
    { "a later request was answered, still open",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, NO_WITNESS, .ender = ENDER_NOBODY,
        .later_answered = true },
      ACTUAL_REUSED, VERDICT_AS_DECLARED, CAUSE_REUSED },
    { "a later request was answered, another lost",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_SERVER, .later_answered = true,
        .later_request = true,
        .lost_cause = CAUSE_KEEPALIVE_RACE },
      ACTUAL_REUSED, VERDICT_AS_DECLARED, CAUSE_REUSED },

    /* keep-alive: closed by the client, or by both at once */
    { "the client closes", { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_CLIENT, IDLE(0) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLIENT_FINISHED },
    { "both at once", { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_BOTH, IDLE(0) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLIENT_FINISHED },
    { "the client closes before the server's stated timeout",
      { PERSISTENT, ANSWERED, .ender = ENDER_CLIENT, IDLE(S(1)), .stated_timeout = S(60) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLIENT_FINISHED },
    { "the client closes though the server was obliged to",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_CLIENT, .obliged = true,
        .max_used = true },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLIENT_FINISHED },

    /* keep-alive: closed by the server */
    { "under a duty",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_SERVER, .obliged = true, IDLE(0) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_OBLIGED },
    { "under a duty, max used up, timeout over: the first row",
      { PERSISTENT, ANSWERED, .ender = ENDER_SERVER, .obliged = true, .max_used = true,
        .stated_timeout = S(5), IDLE(S(5)) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_OBLIGED },
    { "max used up, before the timeout",
      { PERSISTENT, ANSWERED, .ender = ENDER_SERVER, .max_used = true, .stated_timeout = S(5),
        IDLE(0) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_MAX_REACHED },
    { "timeout 5, idle 5",
      { PERSISTENT, ANSWERED, .ender = ENDER_SERVER, .stated_timeout = S(5), IDLE(S(5)) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT },
    { "timeout 5, idle exactly 4: the tolerance",
      { PERSISTENT, ANSWERED, .ender = ENDER_SERVER, .stated_timeout = S(5), IDLE(S(4)) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT },
    { "timeout 5, idle a nanosecond less than 4",
      { PERSISTENT, ANSWERED, .ender = ENDER_SERVER, .stated_timeout = S(5), IDLE(S(4) - 1) },
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_CLOSED_BEFORE_TIMEOUT },
    { "timeout 2: half of it is the whole tolerance",
      { PERSISTENT, ANSWERED, .ender = ENDER_SERVER, .stated_timeout = S(2), IDLE(S(1)) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT },
    { "timeout 2, a nanosecond too early",
      { PERSISTENT, ANSWERED, .ender = ENDER_SERVER, .stated_timeout = S(2), IDLE(S(1) - 1) },
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_CLOSED_BEFORE_TIMEOUT },
    { "timeout 1: the tolerance is half a second",
      { PERSISTENT, ANSWERED, .ender = ENDER_SERVER, .stated_timeout = S(1), IDLE(MS(500)) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT },
    { "timeout 1, a nanosecond before half of it",
      { PERSISTENT, ANSWERED, .ender = ENDER_SERVER, .stated_timeout = S(1), IDLE(MS(500) - 1) },
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_CLOSED_BEFORE_TIMEOUT },
    { "timeout 0 allows to close at once",
      { PERSISTENT, ANSWERED, .ender = ENDER_SERVER, .stated_timeout = 0, IDLE(0) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT },
    { "longer than prompt-close is no excuse where a timeout is stated",
      { PERSISTENT, ANSWERED, .ender = ENDER_SERVER, .stated_timeout = S(60), IDLE(S(30)) },
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_CLOSED_BEFORE_TIMEOUT },
    { "timeout 5, long enough only for the program",
      { PERSISTENT, ANSWERED, .ender = ENDER_SERVER, .stated_timeout = S(5),
        BETWEEN(S(4) - 1, S(4), CAUSE_SEND_BACKLOG) },
      ACTUAL_CLOSED, VERDICT_UNDETERMINED, CAUSE_SEND_BACKLOG },
    { "timeout 5, closed by a FIN that came at that time or before",
      { PERSISTENT, ANSWERED, .ender = ENDER_SERVER, .stated_timeout = S(5),
        BETWEEN(0, S(60), CAUSE_LOSS) },
      ACTUAL_CLOSED, VERDICT_UNDETERMINED, CAUSE_LOSS },
    { "timeout 5, too early for the program too",
      { PERSISTENT, ANSWERED, .ender = ENDER_SERVER, .stated_timeout = S(5),
        BETWEEN(0, S(4) - 1, CAUSE_SEND_BACKLOG) },
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_CLOSED_BEFORE_TIMEOUT },
    { "timeout 5, long enough as seen",
      { PERSISTENT, ANSWERED, .ender = ENDER_SERVER, .stated_timeout = S(5),
        BETWEEN(S(4), S(60), CAUSE_SEND_BACKLOG) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT },
    { "no timeout, idle a nanosecond more than prompt-close",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_SERVER, IDLE(S(1) + 1) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT },
    { "no timeout, idle exactly prompt-close",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_SERVER, IDLE(S(1)) },
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_UNDECLARED_CLOSE },
    { "no timeout, closed at once",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_SERVER, IDLE(0) },
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_UNDECLARED_CLOSE },
    { "no timeout, long only for the program",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_SERVER,
        BETWEEN(S(1), S(1) + 1, CAUSE_SEND_BACKLOG) },
      ACTUAL_CLOSED, VERDICT_UNDETERMINED, CAUSE_SEND_BACKLOG },
    { "no timeout, prompt for the program too",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_SERVER,
        BETWEEN(0, S(1), CAUSE_SEND_BACKLOG) },
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_UNDECLARED_CLOSE },

    /* open, something under way */
    { "keep-alive, open inside the response",
      { PERSISTENT, IN_PART, NO_TIMEOUT, .ender = ENDER_NOBODY, .witnessed = S(60),
        .clock = S(60) },
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED },
    { "close, open inside the response",
      { CLOSING, IN_PART, NO_TIMEOUT, .ender = ENDER_NOBODY, .witnessed = S(60), .clock = S(60) },
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED },
    { "open, the first request without an answer so far",
      { PERSISTENT, NO_TIMEOUT, NO_WITNESS, .ender = ENDER_NOBODY, .clock = S(60) },
      ACTUAL_UNANSWERED, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED },
    { "keep-alive, open, a later request under way",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_NOBODY, .later_request = true,
        .witnessed = S(60),
        .clock = S(60) },
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED },
    { "close, open, only a later request under way: as without it",
      { CLOSING, ANSWERED, NO_TIMEOUT, .ender = ENDER_NOBODY, .later_request = true,
        .witnessed = S(60),
        .clock = S(60) },
      ACTUAL_OPEN, VERDICT_CONTRADICTED, CAUSE_LEFT_OPEN },
    { "close, open, a later request under way, no witness",
      { CLOSING, ANSWERED, NO_TIMEOUT, NO_WITNESS, .ender = ENDER_NOBODY, .later_request = true,
        .clock = S(60) },
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_LEFT_OPEN },

    /* keep-alive, open */
    { "witnessed later than prompt-close",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_NOBODY, .witnessed = S(1) + 1,
        .clock = S(1) + 1 },
      ACTUAL_OPEN, VERDICT_AS_DECLARED, CAUSE_HELD_OPEN },
    { "witnessed exactly at prompt-close",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_NOBODY, .witnessed = S(1),
        .clock = S(60) },
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_HELD_OPEN },
    { "witnessed later than the stated timeout",
      { PERSISTENT, ANSWERED, .ender = ENDER_NOBODY, .stated_timeout = S(5), .witnessed = S(5) + 1,
        .clock = S(5) + 1 },
      ACTUAL_OPEN, VERDICT_AS_DECLARED, CAUSE_HELD_OPEN },
    { "witnessed exactly at the stated timeout: no tolerance here",
      { PERSISTENT, ANSWERED, .ender = ENDER_NOBODY, .stated_timeout = S(5), .witnessed = S(5),
        .clock = S(5) - 1 },
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED },
    { "a stated timeout below prompt-close is the bound",
      { PERSISTENT, ANSWERED, .ender = ENDER_NOBODY, .stated_timeout = MS(500),
        .witnessed = MS(501),
        .clock = MS(501) },
      ACTUAL_OPEN, VERDICT_AS_DECLARED, CAUSE_HELD_OPEN },
    { "no witness, the clock ran past prompt-close",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, NO_WITNESS, .ender = ENDER_NOBODY, .clock = S(1) + 1 },
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_HELD_OPEN },
    { "no witness, the clock did not run that long",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, NO_WITNESS, .ender = ENDER_NOBODY, .clock = S(1) - 1 },
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED },
    { "no witness, the clock ran past the stated timeout",
      { PERSISTENT, ANSWERED, NO_WITNESS, .ender = ENDER_NOBODY, .stated_timeout = S(5),
        .clock = S(5) + 1 },
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_HELD_OPEN },
    { "no witness, the clock ran past prompt-close only",
      { PERSISTENT, ANSWERED, NO_WITNESS, .ender = ENDER_NOBODY, .stated_timeout = S(5),
        .clock = S(5) - 1 },
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED },

    /* close */
    { "close, a later request was answered, then closed",
      { CLOSING, ANSWERED, NO_TIMEOUT, .ender = ENDER_SERVER, .later_answered = true, IDLE(0) },
      ACTUAL_REUSED, VERDICT_CONTRADICTED, CAUSE_REUSED_AFTER_CLOSE },
    { "close, a later request was answered, still open",
      { CLOSING, ANSWERED, NO_TIMEOUT, NO_WITNESS, .ender = ENDER_NOBODY, .later_answered = true },
      ACTUAL_REUSED, VERDICT_CONTRADICTED, CAUSE_REUSED_AFTER_CLOSE },
    { "close, closed at once by the server",
      { CLOSING, ANSWERED, NO_TIMEOUT, .ender = ENDER_SERVER, IDLE(0) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLOSED },
    { "close, closed exactly at close-grace",
      { CLOSING, ANSWERED, NO_TIMEOUT, .ender = ENDER_SERVER, IDLE(S(5)) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLOSED },
    { "close, closed a nanosecond later",
      { CLOSING, ANSWERED, NO_TIMEOUT, .ender = ENDER_SERVER, IDLE(S(5) + 1) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLOSED_LATE },
    { "close, closed by the client",
      { CLOSING, ANSWERED, NO_TIMEOUT, .ender = ENDER_CLIENT, IDLE(S(1)) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLOSED },
    { "close, closed late by the client",
      { CLOSING, ANSWERED, NO_TIMEOUT, .ender = ENDER_CLIENT, IDLE(S(9)) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLOSED_LATE },
    { "close, closed by both at once",
      { CLOSING, ANSWERED, NO_TIMEOUT, .ender = ENDER_BOTH, IDLE(0) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLOSED },
    { "close, witnessed later than close-grace",
      { CLOSING, ANSWERED, NO_TIMEOUT, .ender = ENDER_NOBODY, .witnessed = S(5) + 1,
        .clock = S(5) + 1 },
      ACTUAL_OPEN, VERDICT_CONTRADICTED, CAUSE_LEFT_OPEN },
    { "close, witnessed exactly at close-grace",
      { CLOSING, ANSWERED, NO_TIMEOUT, .ender = ENDER_NOBODY, .witnessed = S(5), .clock = S(60) },
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_LEFT_OPEN },
    { "close, a stated timeout is not its bound",
      { CLOSING, ANSWERED, .ender = ENDER_NOBODY, .stated_timeout = S(60), .witnessed = S(6),
        .clock = S(6) },
      ACTUAL_OPEN, VERDICT_CONTRADICTED, CAUSE_LEFT_OPEN },
    { "close, no witness, the clock ran past close-grace",
      { CLOSING, ANSWERED, NO_TIMEOUT, NO_WITNESS, .ender = ENDER_NOBODY, .clock = S(5) + 1 },
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_LEFT_OPEN },
    { "close, no witness, the clock did not run that long",
      { CLOSING, ANSWERED, NO_TIMEOUT, NO_WITNESS, .ender = ENDER_NOBODY, .clock = S(5) - 1 },
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED },
};

/* Each threshold is moved: the row that decided before decides no more. */
static const Row MOVED[] = {
    { "prompt-close 3, idle 3",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_SERVER, IDLE(S(3)) },
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_UNDECLARED_CLOSE },
    { "prompt-close 3, idle 3 and a nanosecond",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_SERVER, IDLE(S(3) + 1) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT },
    { "prompt-close 3, witnessed at 3",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_NOBODY, .witnessed = S(3),
        .clock = S(3) - 1 },
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED },
    { "prompt-close 3, witnessed later than 3",
      { PERSISTENT, ANSWERED, NO_TIMEOUT, .ender = ENDER_NOBODY, .witnessed = S(3) + 1,
        .clock = S(3) + 1 },
      ACTUAL_OPEN, VERDICT_AS_DECLARED, CAUSE_HELD_OPEN },
    { "close-grace 8, closed at 8",
      { CLOSING, ANSWERED, NO_TIMEOUT, .ender = ENDER_SERVER, IDLE(S(8)) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLOSED },
    { "close-grace 8, closed later",
      { CLOSING, ANSWERED, NO_TIMEOUT, .ender = ENDER_SERVER, IDLE(S(8) + 1) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLOSED_LATE },
    { "close-grace 8, witnessed at 8",
      { CLOSING, ANSWERED, NO_TIMEOUT, .ender = ENDER_NOBODY, .witnessed = S(8),
        .clock = S(8) - 1 },
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED },
    { "close-grace 8, witnessed later",
      { CLOSING, ANSWERED, NO_TIMEOUT, .ender = ENDER_NOBODY, .witnessed = S(8) + 1,
        .clock = S(8) + 1 },
      ACTUAL_OPEN, VERDICT_CONTRADICTED, CAUSE_LEFT_OPEN },
    { "tolerance 4, timeout 20, idle 16",
      { PERSISTENT, ANSWERED, .ender = ENDER_SERVER, .stated_timeout = S(20), IDLE(S(16)) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT },
    { "tolerance 4, timeout 20, idle less than 16",
      { PERSISTENT, ANSWERED, .ender = ENDER_SERVER, .stated_timeout = S(20), IDLE(S(16) - 1) },
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_CLOSED_BEFORE_TIMEOUT },
    { "tolerance 4, timeout 6: half of it, 3",
      { PERSISTENT, ANSWERED, .ender = ENDER_SERVER, .stated_timeout = S(6), IDLE(S(3)) },
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT },
    { "tolerance 4, timeout 6, idle less than 3",
      { PERSISTENT, ANSWERED, .ender = ENDER_SERVER, .stated_timeout = S(6), IDLE(S(3) - 1) },
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_CLOSED_BEFORE_TIMEOUT },
};
/* clang-format on */

static void expect(const Row *row, const Thresholds *thresholds)
{
    Outcome outcome = verdict_of(&row->situation, thresholds);
    ck_assert_msg(outcome.actual == row->actual, "%s: actual %s", row->name,
                  actual_name(outcome.actual));
    ck_assert_msg(outcome.verdict == row->verdict, "%s: %s", row->name,
                  verdict_name(outcome.verdict));
    ck_assert_msg(outcome.cause == row->cause, "%s: cause %s", row->name,
                  cause_name(outcome.cause));
}

START_TEST(test_table)
{
    expect(&ROWS[_i], &THRESHOLDS_DEFAULT);
}
END_TEST

START_TEST(test_thresholds_are_options)
{
    const Thresholds moved = {
        .prompt_close = S(3), .close_grace = S(8), .timeout_tolerance = S(4), .half_close = S(1)
    };
    expect(&MOVED[_i], &moved);
}
END_TEST

START_TEST(test_without_tolerance)
{
    const Thresholds strict = { .timeout_tolerance = 0 };
    Situation situation = { PERSISTENT, ANSWERED, .ender = ENDER_SERVER, .stated_timeout = S(5),
                            IDLE(S(5)) };
    ck_assert_int_eq(verdict_of(&situation, &strict).cause, CAUSE_IDLE_TIMEOUT);
    situation.idle_least = situation.idle_most = S(5) - 1;
    ck_assert_int_eq(verdict_of(&situation, &strict).cause, CAUSE_CLOSED_BEFORE_TIMEOUT);
}
END_TEST

START_TEST(test_defaults)
{
    ck_assert_int_eq(THRESHOLDS_DEFAULT.prompt_close, S(1));
    ck_assert_int_eq(THRESHOLDS_DEFAULT.close_grace, S(5));
    ck_assert_int_eq(THRESHOLDS_DEFAULT.timeout_tolerance, S(1));
    ck_assert_int_eq(THRESHOLDS_DEFAULT.half_close, S(30));
}
END_TEST

static const struct {
    Cause cause;
    const char *word;
} CAUSES[] = {
    { CAUSE_NONE, "" },
    { CAUSE_LOSS, "loss" },
    { CAUSE_SNAPLEN, "snaplen" },
    { CAUSE_MIDSTREAM, "midstream" },
    { CAUSE_ONE_DIRECTION, "one_direction" },
    { CAUSE_LIMIT, "limit" },
    { CAUSE_SEND_BACKLOG, "send_backlog" },
    { CAUSE_MALFORMED, "malformed" },
    { CAUSE_CLOCK, "clock" },
    { CAUSE_NO_CLOSE_NOTIFY, "no_close_notify" },
    { CAUSE_CAPTURE_ENDED, "capture_ended" },
    { CAUSE_ENCRYPTED, "encrypted" },
    { CAUSE_SWITCHED, "switched" },
    { CAUSE_ABORTED, "aborted" },
    { CAUSE_CLIENT_ABORTED, "client_aborted" },
    { CAUSE_CLIENT_GAVE_UP, "client_gave_up" },
    { CAUSE_CONNECTION_FORGOTTEN, "connection_forgotten" },
    { CAUSE_REQUEST_AFTER_FIN, "request_after_fin" },
    { CAUSE_KEEPALIVE_RACE, "keepalive_race" },
    { CAUSE_CLOSED_DURING_REQUEST, "closed_during_request" },
    { CAUSE_CLOSED_UNANSWERED, "closed_unanswered" },
    { CAUSE_REUSED, "reused" },
    { CAUSE_CLIENT_FINISHED, "client_finished" },
    { CAUSE_OBLIGED, "obliged" },
    { CAUSE_MAX_REACHED, "max_reached" },
    { CAUSE_IDLE_TIMEOUT, "idle_timeout" },
    { CAUSE_CLOSED_BEFORE_TIMEOUT, "closed_before_timeout" },
    { CAUSE_UNDECLARED_CLOSE, "undeclared_close" },
    { CAUSE_HELD_OPEN, "held_open" },
    { CAUSE_REUSED_AFTER_CLOSE, "reused_after_close" },
    { CAUSE_CLOSED, "closed" },
    { CAUSE_CLOSED_LATE, "closed_late" },
    { CAUSE_LEFT_OPEN, "left_open" },
};

START_TEST(test_words_of_causes)
{
    ck_assert_str_eq(cause_name(CAUSES[_i].cause), CAUSES[_i].word);
}
END_TEST

START_TEST(test_every_cause_has_a_word)
{
    ck_assert_uint_eq(G_N_ELEMENTS(CAUSES), CAUSE_COUNT);
}
END_TEST

START_TEST(test_other_words)
{
    ck_assert_str_eq(declared_name(DECLARED_UNKNOWN), "");
    ck_assert_str_eq(declared_name(DECLARED_CLOSE), "close");
    ck_assert_str_eq(declared_name(DECLARED_KEEP_ALIVE), "keep-alive");
    ck_assert_str_eq(declared_name(DECLARED_UPGRADE), "upgrade");
    ck_assert_str_eq(declared_name(DECLARED_TUNNEL), "tunnel");
    ck_assert_str_eq(actual_name(ACTUAL_UNKNOWN), "unknown");
    ck_assert_str_eq(actual_name(ACTUAL_REUSED), "reused");
    ck_assert_str_eq(actual_name(ACTUAL_REQUEST_LOST), "request_lost");
    ck_assert_str_eq(actual_name(ACTUAL_CLOSED), "closed");
    ck_assert_str_eq(actual_name(ACTUAL_OPEN), "open");
    ck_assert_str_eq(actual_name(ACTUAL_SWITCHED), "switched");
    ck_assert_str_eq(actual_name(ACTUAL_UNANSWERED), "unanswered");
    ck_assert_str_eq(verdict_name(VERDICT_AS_DECLARED), "as_declared");
    ck_assert_str_eq(verdict_name(VERDICT_UNDETERMINED), "undetermined");
    ck_assert_str_eq(verdict_name(VERDICT_CONTRADICTED), "contradicted");
    ck_assert_str_eq(ender_name(ENDER_CLIENT), "client");
    ck_assert_str_eq(ender_name(ENDER_SERVER), "server");
    ck_assert_str_eq(ender_name(ENDER_BOTH), "both");
    ck_assert_str_eq(ender_name(ENDER_NOBODY), "");
    ck_assert_str_eq(ender_name(ENDER_CLIENT | ENDER_BOTH), "");
    ck_assert_str_eq(ender_name(0), "");
}
END_TEST

/* A connection's verdict is its worst exchange's. */
START_TEST(test_order_of_verdicts)
{
    ck_assert_int_gt(VERDICT_CONTRADICTED, VERDICT_UNDETERMINED);
    ck_assert_int_gt(VERDICT_UNDETERMINED, VERDICT_AS_DECLARED);
}
END_TEST

/* Each reason is a cause of the same word; of several the first of their list. */
START_TEST(test_reasons_as_causes)
{
    Reason reason = (Reason)(1 << _i);
    ck_assert_str_eq(cause_name(cause_of_reasons((ReasonSet)reason)), reason_name(reason));
    ReasonSet with_later = (ReasonSet)(reason | REASON_ENCRYPTED);
    ck_assert_str_eq(cause_name(cause_of_reasons(with_later)), reason_name(reason));
}
END_TEST

START_TEST(test_no_reason_is_no_cause)
{
    ck_assert_int_eq(cause_of_reasons(0), CAUSE_NONE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verdict");
    TCase *tcase = tcase_create("verdict");
    tcase_add_loop_test(tcase, test_table, 0, G_N_ELEMENTS(ROWS));
    tcase_add_loop_test(tcase, test_thresholds_are_options, 0, G_N_ELEMENTS(MOVED));
    tcase_add_test(tcase, test_without_tolerance);
    tcase_add_test(tcase, test_defaults);
    tcase_add_loop_test(tcase, test_words_of_causes, 0, G_N_ELEMENTS(CAUSES));
    tcase_add_test(tcase, test_every_cause_has_a_word);
    tcase_add_test(tcase, test_other_words);
    tcase_add_test(tcase, test_order_of_verdicts);
    tcase_add_loop_test(tcase, test_reasons_as_causes, 0, REASON_COUNT);
    tcase_add_test(tcase, test_no_reason_is_no_cause);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
