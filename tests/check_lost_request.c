/* Why a request got no answer: each row of the table of causes, beside what just misses it. The
 * server has sent 860 bytes and closes after them (c = 860). The request takes the client's bytes
 * 600 to 639 (r = 600, e = 640). The rows differ in what each side had received from the other. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "judge/lost_request.h"

enum { R = 600, E = 640, C = 860, PAST_FIN = C + 1 };

typedef struct Row {
    const char *name;
    EndHow how;
    int64_t acked;       /* a; NO_OFFSET: the RST has no ACK flag */
    int64_t number;      /* c, if it is not C */
    bool retransmitted;  /* an earlier FIN was lost: `acked` is the most it can have acknowledged */
    bool before_request; /* captured before it */
    int64_t acked_before; /* by the server, in segments before the closing one */
    Nanoseconds after; /* how long after the closing the request was captured, if before_request */
    int64_t k;
    int64_t quiet_acked; /* by an earlier segment of the client that stood where the request does */
    Nanoseconds free_since; /* the client; 0 is before everything */
    bool resent;
    bool unfinished; /* the request */
    Cause cause;
} Row;

#define FIN_TIME 1000
#define FIN_ACKS(a) .how = END_HOW_FIN, .acked = (a), .acked_before = NO_OFFSET
#define RST_ACKS(a) .how = END_HOW_RST, .acked = (a), .acked_before = NO_OFFSET
#define BARE_RST .how = END_HOW_RST, .acked = NO_OFFSET, .acked_before = NO_OFFSET
#define FIN_BEFORE .how = END_HOW_FIN, .acked = R, .before_request = true
#define NO_QUIET .quiet_acked = NO_OFFSET

static const Row ROWS[] = {
    /* connection_forgotten: a RST without ACK flag whose number is k */
    { "a bare RST at k", BARE_RST, .k = C, NO_QUIET, .cause = CAUSE_CONNECTION_FORGOTTEN },
    { "a bare RST at another number", BARE_RST, .number = C + 1, .k = C, NO_QUIET,
      .cause = CAUSE_KEEPALIVE_RACE },
    { "a bare RST below k", BARE_RST, .number = C - 1, .k = C, NO_QUIET,
      .cause = CAUSE_KEEPALIVE_RACE },
    { "a bare RST before the request", BARE_RST, .before_request = true,
      .after = 20 * NS_PER_MS + 1, .k = C, NO_QUIET, .cause = CAUSE_KEEPALIVE_RACE },
    { "a bare RST that the capture shows before the request", BARE_RST, .before_request = true,
      .after = 20 * NS_PER_MS, .k = C, NO_QUIET, .cause = CAUSE_CONNECTION_FORGOTTEN },
    { "a bare RST at another number before the request", BARE_RST, .number = C + 1,
      .before_request = true, .after = 1, .k = C, NO_QUIET, .cause = CAUSE_KEEPALIVE_RACE },
    { "a RST with ACK flag at k", RST_ACKS(R), .k = C, NO_QUIET, .cause = CAUSE_KEEPALIVE_RACE },
    { "a FIN at k", FIN_ACKS(R), .k = C, NO_QUIET, .cause = CAUSE_KEEPALIVE_RACE },

    /* request_after_fin (a): an earlier bare segment of the client acknowledged the FIN */
    { "the client had acknowledged the FIN", FIN_BEFORE, .acked_before = NO_OFFSET, .k = PAST_FIN,
      .quiet_acked = PAST_FIN, .cause = CAUSE_REQUEST_AFTER_FIN },
    { "its bare segment acknowledged the data alone", FIN_BEFORE, .acked_before = NO_OFFSET,
      .k = PAST_FIN, .quiet_acked = C, .cause = CAUSE_KEEPALIVE_RACE },
    { "no bare segment: the request may have waited", FIN_BEFORE, .acked_before = NO_OFFSET,
      .k = PAST_FIN, NO_QUIET, .cause = CAUSE_KEEPALIVE_RACE },
    { "the request itself does not acknowledge the FIN", FIN_BEFORE, .acked_before = NO_OFFSET,
      .k = C, .quiet_acked = C, .cause = CAUSE_KEEPALIVE_RACE },
    { "no first transmission: that came behind the bare segment too", FIN_BEFORE,
      .acked_before = NO_OFFSET, .k = PAST_FIN, .quiet_acked = PAST_FIN, .resent = true,
      .cause = CAUSE_REQUEST_AFTER_FIN },
    { "a FIN sent again: the client had acknowledged one", FIN_BEFORE, .retransmitted = true,
      .acked_before = NO_OFFSET, .k = PAST_FIN, .quiet_acked = PAST_FIN,
      .cause = CAUSE_REQUEST_AFTER_FIN },

    { "the window was shut until the FIN's acknowledgement had left", FIN_BEFORE,
      .acked_before = NO_OFFSET, .k = PAST_FIN, .quiet_acked = PAST_FIN, .free_since = FIN_TIME + 1,
      .cause = CAUSE_KEEPALIVE_RACE },
    { "the FIN opened the window: the bare segment would have carried the request", FIN_BEFORE,
      .acked_before = NO_OFFSET, .k = PAST_FIN, .quiet_acked = PAST_FIN, .free_since = FIN_TIME,
      .cause = CAUSE_REQUEST_AFTER_FIN },

    /* request_after_fin (b): all before the request was acknowledged before the FIN's segment */
    { "the server had acknowledged all before it", FIN_BEFORE, .acked_before = R, .k = PAST_FIN,
      NO_QUIET, .cause = CAUSE_REQUEST_AFTER_FIN },
    { "the same, but the FIN opened the window", FIN_BEFORE, .acked_before = R, .k = PAST_FIN,
      NO_QUIET, .free_since = FIN_TIME, .cause = CAUSE_KEEPALIVE_RACE },
    { "all but one byte", FIN_BEFORE, .acked_before = R - 1, .k = PAST_FIN, NO_QUIET,
      .cause = CAUSE_KEEPALIVE_RACE },
    { "acknowledged, but the request does not know the FIN", FIN_BEFORE, .acked_before = R, .k = C,
      NO_QUIET, .cause = CAUSE_KEEPALIVE_RACE },
    { "acknowledged, but no first transmission", FIN_BEFORE, .acked_before = R, .k = PAST_FIN,
      NO_QUIET, .resent = true, .cause = CAUSE_KEEPALIVE_RACE },
    { "acknowledged before a FIN that was no first one", FIN_BEFORE, .retransmitted = true,
      .acked_before = R, .k = PAST_FIN, NO_QUIET, .cause = CAUSE_KEEPALIVE_RACE },
    { "a RST is known to nobody afterwards", RST_ACKS(R), .before_request = true, .k = PAST_FIN,
      .quiet_acked = PAST_FIN, .cause = CAUSE_KEEPALIVE_RACE },

    /* how much of it the server had received */
    { "FIN, nothing of it", FIN_ACKS(R), .k = C, NO_QUIET, .cause = CAUSE_KEEPALIVE_RACE },
    { "FIN, not even all before it", FIN_ACKS(R - 1), .k = C, NO_QUIET,
      .cause = CAUSE_KEEPALIVE_RACE },
    { "FIN, its first byte", FIN_ACKS(R + 1), .k = C, NO_QUIET,
      .cause = CAUSE_CLOSED_DURING_REQUEST },
    { "FIN, all but its last byte", FIN_ACKS(E - 1), .k = C, NO_QUIET,
      .cause = CAUSE_CLOSED_DURING_REQUEST },
    { "FIN, all of it", FIN_ACKS(E), .k = C, NO_QUIET, .cause = CAUSE_CLOSED_UNANSWERED },
    { "FIN, all of it and more", FIN_ACKS(E + 40), .k = C, NO_QUIET,
      .cause = CAUSE_CLOSED_UNANSWERED },
    { "RST, nothing of it", RST_ACKS(R), .k = C, NO_QUIET, .cause = CAUSE_KEEPALIVE_RACE },
    { "RST, its first byte", RST_ACKS(R + 1), .k = C, NO_QUIET,
      .cause = CAUSE_CLOSED_DURING_REQUEST },
    { "RST, all but its last byte", RST_ACKS(E - 1), .k = C, NO_QUIET,
      .cause = CAUSE_CLOSED_DURING_REQUEST },
    { "RST, all of it", RST_ACKS(E), .k = C, NO_QUIET, .cause = CAUSE_CLOSED_UNANSWERED },
    { "FIN, part of a request that was never finished", FIN_ACKS(E + 40), .k = C, NO_QUIET,
      .unfinished = true, .cause = CAUSE_CLOSED_DURING_REQUEST },
    { "FIN, nothing of a request that was never finished", FIN_ACKS(R), .k = C, NO_QUIET,
      .unfinished = true, .cause = CAUSE_KEEPALIVE_RACE },

    /* several rows fit: the cause that accuses nobody */
    { "a FIN sent again, at most all of it", FIN_ACKS(E), .retransmitted = true, .k = C, NO_QUIET,
      .cause = CAUSE_KEEPALIVE_RACE },
    { "a FIN sent again, at most a part of it", FIN_ACKS(R + 1), .retransmitted = true, .k = C,
      NO_QUIET, .cause = CAUSE_KEEPALIVE_RACE },
    { "a FIN sent again, nothing of it", FIN_ACKS(R), .retransmitted = true, .k = C, NO_QUIET,
      .cause = CAUSE_KEEPALIVE_RACE },
    { "a FIN that was never seen", FIN_ACKS(INT64_MAX), .retransmitted = true, .k = C, NO_QUIET,
      .cause = CAUSE_KEEPALIVE_RACE },
};

static Exchange request_of(const Row *row)
{
    Exchange exchange = { .number = 2, .sending.resent = row->resent };
    exchange.request =
        (MessageFacts){ .begun = true, .has_head = true, .complete = !row->unfinished };
    exchange.request.first = (Stamp){ .frame = frame_id(1, 20), .offset = R, .acked = row->k };
    exchange.request.last = (Stamp){ .frame = frame_id(1, 20), .offset = E - 1, .acked = row->k };
    exchange.request.first.time = row->before_request ? FIN_TIME + row->after : FIN_TIME;
    exchange.sending.quiet_acked = row->quiet_acked;
    exchange.sending.free_since = row->free_since;
    return exchange;
}

static Ending ending_of_row(const Row *row)
{
    Closing server = { .how = row->how,
                       .stamp = { .frame = frame_id(1, row->before_request ? 10 : 30),
                                  .time = FIN_TIME,
                                  .offset = row->number ? row->number : C,
                                  .acked = row->acked,
                                  .acked_before = row->acked_before },
                       .acked_least = row->retransmitted ? NO_OFFSET : row->acked,
                       .acked_most = row->acked == NO_OFFSET ? INT64_MAX : row->acked,
                       .latest_only = row->retransmitted,
                       .bare = row->acked == NO_OFFSET };
    return (Ending){ .possible = ENDER_SERVER,
                     .how = row->how,
                     .stamp = server.stamp,
                     .latest_only = row->retransmitted,
                     .server = server };
}

START_TEST(test_cause)
{
    const Row *row = &ROWS[_i];
    Exchange exchange = request_of(row);
    Ending ending = ending_of_row(row);
    static const Half server = { .seen = true, .syn_seen = true };
    Cause cause = lost_request_cause(&server, &exchange, &ending).cause;
    ck_assert_msg(cause == row->cause, "%s: %s", row->name, cause_name(cause));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lost_request");
    TCase *tcase = tcase_create("lost_request");
    tcase_add_loop_test(tcase, test_cause, 0, G_N_ELEMENTS(ROWS));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
