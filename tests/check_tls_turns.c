/* Who spoke when, written as a line of records: what the silence before the end is, and whether it
 * was the server's idle close. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "session/tls_record.h"
#include "session/tls_turns.h"

#define CLIENT 0
#define SERVER 1
#define ALERT_13 19
#define FINISHED_13 53

/* A script is words: side, kind, time in milliseconds. Kinds: f the client's Finished, F something
 * else in its place, d data, a what is as long as an alert, h a handshake record under keys (1.2),
 * l a long alert-like record of 1.2. */
static const struct {
    const char *name, *script;
    bool of_13;
    int fin;   /* of the server, in milliseconds */
    int idle;  /* the bound; -1: unknown */
    int close; /* idle time of the server's idle close; -1: it was none */
} ROWS[] = {
    { "one exchange", "S:d:1 C:f:2 C:d:3 S:d:10 S:a:2010", true, 2011, 2000, 2000 },
    { "the client takes leave", "S:d:1 C:f:2 C:d:3 S:d:10 S:a:2010 C:a:2012", true, 2011, 2000,
      2000 },
    { "no close_notify", "S:d:1 C:f:2 C:d:3 S:d:10", true, 2010, 2000, 2000 },
    { "tickets behind the handshake", "S:d:1 C:f:2 S:d:3 C:d:20 S:d:30 S:a:2030", true, 2030, 2000,
      2000 },
    { "a late ticket", "S:d:1 C:f:2 C:d:3 S:d:10 S:d:2400 S:a:2700", true, 2700, 300, -1 },
    { "a client that says more than farewell", "S:d:1 C:f:2 C:d:3 S:d:10 S:a:2010 C:d:2012", true,
      2011, -1, -1 },
    { "a farewell in two records", "S:d:1 C:f:2 C:d:3 S:d:10 S:a:2010 C:a:2012 C:a:2013", true,
      2011, -1, -1 },
    { "a request ahead of the close", "S:d:1 C:f:2 C:d:3 S:d:10 C:d:2000 S:a:2010", true, 2011, 10,
      -1 },
    { "the client closed first", "S:d:1 C:f:2 C:d:3 S:d:10 C:a:2000 S:a:2010", true, 2011, 1990,
      -1 },
    { "nothing asked", "S:d:1 C:f:2 S:d:3 S:a:2003", true, 2004, 2000, -1 },
    { "a certificate of the client", "S:d:1 C:F:2 C:d:3 S:d:10 S:a:2010", true, 2011, 2000, -1 },
    { "two bytes of data", "S:d:1 C:f:2 C:d:3 S:a:10 S:d:11 S:a:2011", true, 2012, 2000, -1 },
    { "a close_notify long before the FIN", "S:d:1 C:f:2 C:d:3 S:d:10 S:a:110", true, 2110, 100,
      -1 },
    { "1.2", "C:h:1 S:h:2 C:d:3 S:d:10 S:l:2010", false, 2011, 2000, 2000 },
    { "1.2, and 19 bytes are data", "C:h:1 S:h:2 C:d:3 S:a:10", false, 2010, 2000, 2000 },
    { "1.2, a second handshake", "C:h:1 S:h:2 C:d:3 S:d:10 C:h:20 S:h:21 S:l:2021", false, 2022,
      2000, -1 },
    { "1.2, the server speaks first", "C:h:1 S:h:2 S:d:3 C:d:4 S:d:10 S:l:2010", false, 2011, 2000,
      -1 },
    { "no handshake of the client", "S:d:1", true, 2001, -1, -1 },
};

static Stamp stamp_at(int ms)
{
    return (Stamp){ .frame = frame_id(1, (uint64_t)ms + 1), .time = ms * NS_PER_MS };
}

static void play(TlsTurns *turns, const char *script, bool of_13)
{
    g_auto(GStrv) words = g_strsplit(script, " ", -1);
    for (char **word = words; *word; word++) {
        char kind = (*word)[2];
        TlsTurn turn = { .side = (*word)[0] == 'C' ? CLIENT : SERVER,
                         .of_13 = of_13,
                         .type = kind == 'h'   ? TLS_HANDSHAKE
                                 : kind == 'l' ? TLS_ALERT
                                               : TLS_DATA,
                         .length = kind == 'a'   ? ALERT_13
                                   : kind == 'f' ? FINISHED_13
                                                 : 700,
                         .alert = ALERT_13,
                         .finished = FINISHED_13,
                         .first = stamp_at(atoi(*word + 4)),
                         .last = stamp_at(atoi(*word + 4)) };
        turn.of_client = turn.side == CLIENT;
        tls_turns_take(turns, &turn);
    }
}

START_TEST(test_turns)
{
    TlsTurns turns = { 0 };
    Duration closed;
    Nanoseconds time;
    play(&turns, ROWS[_i].script, ROWS[_i].of_13);
    Stamp fin = stamp_at(ROWS[_i].fin);
    Duration idle = tls_turns_idle(&turns, &fin);
    ck_assert_msg((idle.known ? idle.least / NS_PER_MS : -1) == ROWS[_i].idle,
                  "%s: idle for %" PRId64 " ms", ROWS[_i].name, idle.least / NS_PER_MS);
    bool found = tls_turns_idle_close(&turns, CLIENT, &fin, &closed, &time);
    ck_assert_msg((found ? closed.least / NS_PER_MS : -1) == ROWS[_i].close, "%s: %d",
                  ROWS[_i].name, found);
}
END_TEST

/* Early data, or a capture that begins in the middle: nobody knows what the records are. */
START_TEST(test_vague)
{
    TlsTurns turns = { 0 };
    TlsTurn turn = { .vague = true, .type = TLS_DATA, .length = 9, .first = stamp_at(1) };
    tls_turns_take(&turns, &turn);
    ck_assert(turns.odd);
    ck_assert(turns.sealed[CLIENT] && !turns.sealed[SERVER]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tls_turns");
    TCase *test = tcase_create("all");
    tcase_add_loop_test(test, test_turns, 0, G_N_ELEMENTS(ROWS));
    tcase_add_test(test, test_vague);
    suite_add_tcase(suite, test);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
