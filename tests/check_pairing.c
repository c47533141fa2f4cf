/* Which request a response answers, by numbers alone: exchanges made by hand, offsets in, index
 * out. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "http1/pairing.h"

/* Requests of ten bytes each, one behind the other; the first begins at offset 0. */
#define BYTES 10

typedef struct Request {
    int64_t acked; /* what its client had received when it left */
    bool answered;
    bool behind_gap; /* Exchange.pipelined_behind_gap */
} Request;

static void make_pending(Pending *pending, const Request *requests, int count)
{
    *pending = (Pending){ 0 };
    for (int i = 0; i < count; i++) {
        Exchange *exchange = pending_at(pending, pending_append(pending, (uint32_t)i + 1));
        exchange->request.begun = exchange->request.has_head = exchange->request.complete = true;
        exchange->request.first =
            (Stamp){ .frame = (FrameId)i + 1, .offset = i * BYTES, .acked = requests[i].acked };
        exchange->request.last = exchange->request.first;
        exchange->request.last.offset += BYTES - 1;
        exchange->request.last_place = exchange->request.last.offset;
        exchange->response.begun = requests[i].answered;
        exchange->pipelined_behind_gap = requests[i].behind_gap;
    }
}

static const struct {
    const char *name;
    Request requests[3];
    int count;
    bool uncertain, by_seeking;
    int64_t acked;
    int target;
} TARGETS[] = {
    { "in order", { { 0, false, false }, { 0, false, false } }, 2, false, false, 20, 0 },
    { "the first that waits", { { 0, true, false }, { 5, false, false } }, 2, false, false, 20, 1 },
    { "its first byte is enough", { { 0, false, false } }, 1, false, false, 1, 0 },
    { "nobody asked yet", { { 0, false, false } }, 1, false, false, 0, -1 },
    { "nobody waits", { { 0, true, false } }, 1, false, false, 10, -1 },
    { "behind a gap the last that it acknowledges",
      { { 0, false, false }, { 5, false, false } },
      2,
      true,
      false,
      20,
      1 },
    { "and no later one", { { 0, false, false }, { 5, false, false } }, 2, true, false, 10, 0 },
    { "of two in one go none",
      { { 5, false, false }, { 5, false, false } },
      2,
      true,
      false,
      20,
      -1 },
    { "nor behind one that the gap may hide", { { 0, false, true } }, 1, true, false, 10, -1 },
    { "what seeking found acknowledges it whole", { { 0, false, false } }, 1, false, true, 10, 0 },
    { "or is none", { { 0, false, false } }, 1, false, true, 9, -1 },
};

START_TEST(test_target)
{
    Pending pending;
    make_pending(&pending, TARGETS[_i].requests, TARGETS[_i].count);
    Pairing pairing = PAIRING_BEGIN;
    pairing.uncertain = TARGETS[_i].uncertain;
    ResponseStart response = { .acked = TARGETS[_i].acked,
                               .by_seeking = TARGETS[_i].by_seeking,
                               .client_seen = true };
    int target = pairing_target(&pairing, &pending, &response);
    ck_assert_msg(target == TARGETS[_i].target, "%s: %d", TARGETS[_i].name, target);
    pending_clear(&pending);
}
END_TEST

/* A gap behind the only request, of so many bytes, in which another may lie. */
static const struct {
    int64_t gap;
    ReasonSet server_hidden;
    int64_t acked;
    int target;
} HIDDEN[] = {
    { 5, REASON_LOSS, 15, -1 }, /* responses are missing, too: it may answer the lost one */
    { 5, REASON_LOSS, 14, -1 }, /* it acknowledges the gap in part: there may be several */
    { 1, REASON_LOSS, 11, 0 },  /* one byte is no request */
    { 5, 0, 15, 0 },            /* no response is missing */
};

START_TEST(test_hidden_request)
{
    static const Request request = { 0, false, false };
    Pending pending;
    make_pending(&pending, &request, 1);
    Pairing pairing = PAIRING_BEGIN;
    SessionUnit gap = { .kind = SESSION_GAP,
                        .place = BYTES,
                        .length = HIDDEN[_i].gap,
                        .first = { .frame = 9, .offset = BYTES },
                        .last = { .frame = 9, .offset = BYTES + HIDDEN[_i].gap - 1 } };
    pairing_note_gap(&pairing, true, &gap);
    pairing.uncertain = true;
    ResponseStart response = { .acked = HIDDEN[_i].acked,
                               .client_seen = true,
                               .server_hidden = HIDDEN[_i].server_hidden };
    ck_assert_int_eq(pairing_target(&pairing, &pending, &response), HIDDEN[_i].target);
    int64_t behind = BYTES + HIDDEN[_i].gap;
    RequestSending none = { .bare_acked = 0 }, bare = { .bare_acked = 1 };
    ck_assert(pairing_begins_behind_gap(&pairing, behind, 0, &none, 0));
    ck_assert(!pairing_begins_behind_gap(&pairing, behind, 1, &bare, 0));
    ck_assert(pairing_begins_behind_gap(&pairing, behind, 1, &bare, 1)); /* of an earlier answer */
    ck_assert(!pairing_begins_behind_gap(&pairing, BYTES, 0, &none, 0));
    SessionUnit before = { .first = { .offset = 100, .acked = behind - 1 } };
    SessionUnit answer = { .first = { .offset = 200, .acked = behind } };
    RequestSending again = { .resent = true };
    pairing_note_answer(&pairing, &before); /* the server lacked a byte of the gap by then */
    ck_assert(pairing_begins_behind_gap(&pairing, behind, 201, &none, 0));
    pairing_note_answer(&pairing, &answer);
    ck_assert(pairing_begins_behind_gap(&pairing, behind, 200, &none, 0));
    ck_assert(!pairing_begins_behind_gap(&pairing, behind, 201, &none, 0));
    ck_assert(pairing_begins_behind_gap(&pairing, behind, 201, &again, 0));
    pending_clear(&pending);
}
END_TEST

/* A response without target: whether a request that the capture lacks asked for it. */
static const struct {
    const char *name;
    bool uncertain, by_seeking, from_before;
    ReasonSet client_hidden;
    int64_t answered_up_to, acked;
    Asked asked;
} ASKED_ROWS[] = {
    { "nothing is missing", false, false, false, 0, 0, 5, ASKED_NOT },
    { "client bytes that nobody saw", false, false, false, REASON_LOSS, 0, 5, ASKED },
    { "they are answered", false, false, false, REASON_LOSS, 5, 5, ASKED_NOT },
    { "but a hole may hold several", true, false, false, REASON_LOSS, 5, 5, ASKED_PERHAPS },
    { "not of what seeking found", true, true, false, REASON_LOSS, 5, 5, ASKED_NOT },
    { "in mid-stream", false, false, true, 0, 0, 5, ASKED },
    { "no acknowledgement", true, false, true, REASON_LOSS, 0, NO_OFFSET, ASKED_NOT },
};

START_TEST(test_asked)
{
    Pending pending = { 0 };
    Pairing pairing = PAIRING_BEGIN;
    pairing.uncertain = ASKED_ROWS[_i].uncertain;
    pairing.answered_up_to = ASKED_ROWS[_i].answered_up_to;
    ResponseStart response = { .acked = ASKED_ROWS[_i].acked,
                               .by_seeking = ASKED_ROWS[_i].by_seeking,
                               .client_hidden = ASKED_ROWS[_i].client_hidden,
                               .may_come_from_before = ASKED_ROWS[_i].from_before,
                               .client_seen = true };
    Asked asked = pairing_asked(&pairing, &pending, &response);
    ck_assert_msg(asked == ASKED_ROWS[_i].asked, "%s: %d", ASKED_ROWS[_i].name, asked);
}
END_TEST

/* What is taken out moves the others up; what is settled is a prefix. */
START_TEST(test_pending)
{
    static const Request requests[3] = { { 0, true, false },
                                         { 0, false, false },
                                         { 0, false, false } };
    Pending pending;
    Exchange exchange;
    make_pending(&pending, requests, 3);
    ck_assert(!pending_take(&pending, &exchange));
    ck_assert_int_eq(pending_first_waiting(&pending), 1);
    pending_settle_before(&pending, 2);
    ck_assert(pending_at(&pending, 0)->later_answered && !pending_at(&pending, 0)->response_hidden);
    ck_assert(pending_at(&pending, 1)->later_answered && pending_at(&pending, 1)->response_hidden);
    ck_assert(pending_take(&pending, &exchange) && exchange.number == 1);
    ck_assert(pending_take(&pending, &exchange) && exchange.number == 2);
    ck_assert(!pending_take(&pending, &exchange));
    ck_assert_int_eq(pending_count(&pending), 1);
    ck_assert_int_eq(pending_first_waiting(&pending), 0);
    pending_drop_last(&pending);
    ck_assert_int_eq(pending_count(&pending), 0);
    ck_assert_int_eq(pending_first_waiting(&pending), -1);
    pending_clear(&pending);
}
END_TEST

int main(void)
{
    TCase *pairing = tcase_create("pairing");
    tcase_add_loop_test(pairing, test_target, 0, G_N_ELEMENTS(TARGETS));
    tcase_add_loop_test(pairing, test_hidden_request, 0, G_N_ELEMENTS(HIDDEN));
    tcase_add_loop_test(pairing, test_asked, 0, G_N_ELEMENTS(ASKED_ROWS));
    tcase_add_test(pairing, test_pending);
    Suite *suite = suite_create("pairing");
    suite_add_tcase(suite, pairing);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
