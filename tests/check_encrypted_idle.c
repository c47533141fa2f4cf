/* When a connection that cannot be read shows the idle timeout of its server: one that does, and
 * the same with one thing otherwise. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "audit/encrypted_idle.h"

enum { CLIENT, SERVER };

static Stamp stamp(uint64_t frame, double seconds)
{
    return (Stamp){ .frame = frame_id(1, frame), .time = (Nanoseconds)(seconds * 1e9) };
}

/* TLS 1.3 without secrets: asked at 1 s, answered at 2 s, closed by the server's FIN at 7 s. */
static void make(ConnectionRow *row, ConnectionTls *tls)
{
    *tls = (ConnectionTls){ .alpn = (char *)(uintptr_t) "", .sni = NULL };
    tls->facts = (TlsFacts){ .is_tls = true, .version = TLS_1_3 };
    tls->facts.turns = (TlsTurns){ .sealed = { true, true },
                                   .last = { stamp(4, 1), stamp(5, 2) },
                                   .speaker = TLS_SERVER_SPOKE,
                                   .asked = true,
                                   .answered = true };
    *row = (ConnectionRow){ .client = CLIENT,
                            .completeness = REASON_ENCRYPTED,
                            .connection.opener_known = true,
                            .tls = tls };
    row->ending = (Ending){ .possible = ENDER_SERVER, .how = END_HOW_FIN, .stamp = stamp(6, 7) };
}

START_TEST(shown)
{
    ConnectionRow row;
    ConnectionTls tls;
    Nanoseconds idle = -1, time = -1;
    make(&row, &tls);
    ck_assert(encrypted_idle_close(&row, &idle, &time));
    ck_assert_int_eq(idle, 5 * NS_PER_SECOND);
    ck_assert_int_eq(time, 7 * NS_PER_SECOND);
    tls.alpn = (char *)(uintptr_t) "http/1.1";
    tls.facts.offers_h2 = tls.facts.alpn_known = true; /* and it was not chosen */
    ck_assert(encrypted_idle_close(&row, &idle, &time));
}
END_TEST

typedef enum Otherwise {
    READABLE,
    NO_TLS,
    SECRETS_OF_ONE_SIDE,
    SOMETHING_MISSING,
    OPENER_NOT_KNOWN,
    H2_CHOSEN,
    H2_OFFERED,
    ECH,
    BY_THE_CLIENT,
    BY_EITHER,
    BY_RESET,
    AT_THE_LATEST,
    SERVER_SPOKE_UNASKED,
    NEVER_ASKED,
    NEVER_ANSWERED,
    CLIENT_ASKED_AGAIN,
    CLOCK_SET_BACK,
    NO_CLOCK,
} Otherwise;

static const char *const OTHERWISE[] = {
    [READABLE] = "it has a verdict",
    [NO_TLS] = "no TLS",
    [SECRETS_OF_ONE_SIDE] = "what the client sent can be read",
    [SOMETHING_MISSING] = "packets are missing as well",
    [OPENER_NOT_KNOWN] = "begun before the capture",
    [H2_CHOSEN] = "HTTP/2",
    [H2_OFFERED] = "HTTP/2 may have been chosen",
    [ECH] = "what was asked for may be hidden",
    [BY_THE_CLIENT] = "the client closed",
    [BY_EITHER] = "either may have closed",
    [BY_RESET] = "a reset",
    [AT_THE_LATEST] = "closed earlier, perhaps",
    [SERVER_SPOKE_UNASKED] = "the server spoke unasked",
    [NEVER_ASKED] = "nothing was asked",
    [NEVER_ANSWERED] = "nothing was answered",
    [CLIENT_ASKED_AGAIN] = "it was the server's turn",
    [CLOCK_SET_BACK] = "the clock was set back in between",
    [NO_CLOCK] = "no times",
};

static void change(ConnectionRow *row, ConnectionTls *tls, Otherwise otherwise)
{
    Stamp *fin = &row->ending.stamp;
    TlsFacts *facts = &tls->facts;
    switch (otherwise) {
    case READABLE:
        row->decision.set = true;
        break;
    case NO_TLS:
        row->tls = NULL;
        break;
    case SECRETS_OF_ONE_SIDE:
        facts->secrets[CLIENT] = TLS_SECRETS_GOOD;
        break;
    case SOMETHING_MISSING:
        row->completeness |= REASON_LOSS;
        break;
    case OPENER_NOT_KNOWN:
        row->connection.opener_known = false;
        break;
    case H2_CHOSEN:
        tls->alpn = (char *)(uintptr_t) "h2";
        facts->alpn_known = true;
        break;
    case H2_OFFERED:
        facts->offers_h2 = true;
        break;
    case ECH:
        facts->ech = true;
        break;
    case BY_THE_CLIENT:
        row->ending.possible = ENDER_CLIENT;
        break;
    case BY_EITHER:
        row->ending.possible |= ENDER_CLIENT;
        break;
    case BY_RESET:
        row->ending.how = END_HOW_RST;
        break;
    case AT_THE_LATEST:
        row->ending.latest_only = true;
        break;
    case SERVER_SPOKE_UNASKED:
        facts->turns.odd = true;
        break;
    case NEVER_ASKED:
        facts->turns.asked = false;
        break;
    case NEVER_ANSWERED:
        facts->turns.answered = false;
        break;
    case CLIENT_ASKED_AGAIN:
        facts->turns.client_records = 1;
        facts->turns.client_longest = 500;
        break;
    case CLOCK_SET_BACK:
        fin->clock.set_back = 1000;
        break;
    case NO_CLOCK:
        fin->clock.tick = CLOCK_NO_TIME;
        break;
    }
}

START_TEST(not_shown)
{
    ConnectionRow row;
    ConnectionTls tls;
    Nanoseconds idle, time;
    make(&row, &tls);
    change(&row, &tls, (Otherwise)_i);
    ck_assert_msg(!encrypted_idle_close(&row, &idle, &time), "%s", OTHERWISE[_i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("encrypted_idle");
    TCase *tcase = tcase_create("encrypted_idle");
    tcase_add_test(tcase, shown);
    tcase_add_loop_test(tcase, not_shown, 0, G_N_ELEMENTS(OTHERWISE));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
