/* Whose a segment is, by what is known of the connection that its endpoints have. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "stream/belonging.h"
#include "stream/kept_syn.h"

#define CLIENT_FIRST 1000u /* numbers of the first bytes */
#define SERVER_FIRST 5000u
#define WINDOW 60000

/* In what state the connection is. */
typedef enum State {
    SYN_ONLY,          /* the client's */
    OPEN,              /* 100 bytes of the client, 200 of the server, all acknowledged */
    MIDSTREAM,         /* likewise, without handshake, nothing handed out */
    OPEN_KEPT_SYN,     /* a SYN of number 70,000,000 was kept aside */
    OPEN_KEPT_SYN_ACK, /* a SYN-ACK of that number */
    ENDED,             /* both have sent a FIN */
} State;

#define KEPT 70000000u

static void open_direction(Flow *flow, int side, uint32_t first, int64_t sent, bool syn)
{
    Direction *direction = &flow->direction[side];
    Half *half = &flow->facts.half[side];
    half->seen = true;
    half->base = first;
    half->next = half->high = half->acked = sent;
    direction->base_known = true;
    direction->sent = direction->acked = sent;
    direction->edge = sent + WINDOW;
    direction->shift = syn ? WINDOW_UNSCALED : WINDOW_UNSEEN;
}

static void set_state(Flow *flow, State state, KeptSyn *kept)
{
    *flow = (Flow){ .direction = { { .shift = WINDOW_UNSEEN, .acked = NO_OFFSET },
                                   { .shift = WINDOW_UNSEEN, .acked = NO_OFFSET } },
                    .facts = { .address = { { { 10, 0, 0, 1 }, 4 }, { { 10, 0, 0, 2 }, 4 } },
                               .port = { 40000, 80 },
                               .opener_known = state != MIDSTREAM } };
    flow->direction[0].edge = flow->direction[1].edge = NO_OFFSET;
    if (state == SYN_ONLY) {
        open_direction(flow, 0, CLIENT_FIRST, 0, true);
        flow->direction[0].edge = NO_OFFSET;
        return;
    }
    open_direction(flow, 0, CLIENT_FIRST, state == MIDSTREAM ? 0 : 100, state != MIDSTREAM);
    open_direction(flow, 1, SERVER_FIRST, state == MIDSTREAM ? 0 : 200, state != MIDSTREAM);
    flow->spoke = state != MIDSTREAM;
    for (int side = 0; side < 2 && state == ENDED; side++)
        flow->facts.half[side].fin = (FinFact){ FIN_SEEN, { .offset = side ? 200 : 100 } };
    if (state != OPEN_KEPT_SYN && state != OPEN_KEPT_SYN_ACK)
        return;
    bool answer = state == OPEN_KEPT_SYN_ACK;
    *kept =
        (KeptSyn){ .side = answer,
                   .segment = { .sequence = KEPT, .flags = answer ? TCP_SYN | TCP_ACK : TCP_SYN } };
    flow->kept = kept;
}

enum { S = TCP_SYN, A = TCP_ACK, R = TCP_RST };

static const struct {
    const char *name;
    State state;
    int side;
    uint8_t flags;
    uint32_t sequence, acknowledgement;
    Belonging belonging;
    bool may_begin_next; /* asked if it belongs not */
} ROWS[] = {
    { "the SYN again", OPEN, 0, S, CLIENT_FIRST - 1, 0, BELONGS, false },
    { "a SYN of another number while it lives", OPEN, 0, S, KEPT, 0, BELONGS_NOT, true },
    { "a SYN of the server's side", OPEN, 1, S, KEPT, 0, BELONGS_NOT, true },
    { "a SYN of another number after the end", ENDED, 0, S, KEPT, 0, BEGINS, false },
    { "the SYN again after the end", ENDED, 0, S, CLIENT_FIRST - 1, 0, BELONGS, false },
    { "a SYN just before what was seen", MIDSTREAM, 0, S, CLIENT_FIRST - 50, 0, BELONGS, false },
    { "a SYN far before it", MIDSTREAM, 0, S, CLIENT_FIRST - (1u << 25), 0, BELONGS_NOT, true },
    { "the SYN-ACK", SYN_ONLY, 1, S | A, SERVER_FIRST - 1, CLIENT_FIRST, BELONGS, false },
    { "a SYN-ACK of another SYN", SYN_ONLY, 1, S | A, SERVER_FIRST - 1, KEPT, BELONGS_NOT, false },
    { "the SYN-ACK again", OPEN, 1, S | A, SERVER_FIRST - 1, CLIENT_FIRST, BELONGS, false },
    { "a SYN-ACK of others' numbers", OPEN, 1, S | A, KEPT, KEPT, BELONGS_NOT, true },
    { "near ones", OPEN, 1, S | A, SERVER_FIRST + 500, CLIENT_FIRST + 500, BELONGS_NOT, true },
    { "a SYN-ACK of this client's number", OPEN, 1, S | A, KEPT, CLIENT_FIRST, BELONGS_NOT, false },
    { "a SYN-ACK after the end", ENDED, 1, S | A, KEPT, KEPT, BEGINS, false },
    { "what acknowledges the kept SYN", OPEN_KEPT_SYN, 1, S | A, 9, KEPT + 1, CONFIRMS, false },
    { "what acknowledges another", OPEN_KEPT_SYN, 1, S | A, 9, KEPT + 2, BELONGS_NOT, false },
    { "the old connection goes on", OPEN_KEPT_SYN, 0, A, CLIENT_FIRST + 100, SERVER_FIRST, BELONGS,
      false },
    { "the kept SYN goes on", OPEN_KEPT_SYN, 0, A, KEPT + 1, 9, CONFIRMS, false },
    { "it is acknowledged", OPEN_KEPT_SYN, 1, A, 9, KEPT + 1, CONFIRMS, false },
    { "but not by a RST", OPEN_KEPT_SYN, 1, R | A, 9, KEPT + 1, BELONGS, false },
    { "the kept SYN-ACK goes on", OPEN_KEPT_SYN_ACK, 1, A, KEPT + 1, 9, CONFIRMS, false },
    { "it is acknowledged", OPEN_KEPT_SYN_ACK, 0, A, 9, KEPT + 1, CONFIRMS, false },
    { "before it nothing was", OPEN_KEPT_SYN_ACK, 0, A, 9, KEPT, BELONGS, false },
    { "an old connection answers the SYN", SYN_ONLY, 1, A, 9, KEPT, BELONGS_NOT, false },
    { "and is reset by what it told", SYN_ONLY, 0, R, KEPT, 0, BELONGS_NOT, false },
    { "refused", SYN_ONLY, 1, R | A, 0, CLIENT_FIRST, BELONGS, false },
    { "an answer whose SYN-ACK is lost", SYN_ONLY, 1, A, 9, CLIENT_FIRST + 7, BELONGS, false },
    { "given up after the SYN", SYN_ONLY, 0, R, CLIENT_FIRST, 0, BELONGS, false },
    { "numbers of another, without data", OPEN, 0, A, KEPT, KEPT, BELONGS_NOT, false },
    { "near in one direction", OPEN, 0, A, KEPT, SERVER_FIRST + 200, BELONGS, false },
    { "a RST of others' numbers", OPEN, 0, R | A, KEPT, KEPT, BELONGS, false },
    { "beyond both FINs", ENDED, 0, A, CLIENT_FIRST + 150, SERVER_FIRST + 300, BEGINS, false },
    { "it acknowledges the FIN", ENDED, 0, A, CLIENT_FIRST + 150, SERVER_FIRST + 201, BELONGS,
      false },
    { "it lies before its own FIN", ENDED, 0, A, CLIENT_FIRST + 99, SERVER_FIRST + 300, BELONGS,
      false },
    { "a RST beyond both", ENDED, 0, R | A, CLIENT_FIRST + 150, SERVER_FIRST + 300, BELONGS,
      false },
    { "data", OPEN, 0, A, CLIENT_FIRST + 100, SERVER_FIRST + 200, BELONGS, false },
};

static Segment segment_of(const Flow *flow, int side, uint8_t flags, uint32_t sequence,
                          uint32_t acknowledgement)
{
    return (Segment){ .source = flow->facts.address[side],
                      .destination = flow->facts.address[!side],
                      .source_port = flow->facts.port[side],
                      .destination_port = flow->facts.port[!side],
                      .flags = flags,
                      .sequence = sequence,
                      .acknowledgement = acknowledgement };
}

START_TEST(test_row)
{
    Flow flow;
    KeptSyn kept;
    set_state(&flow, ROWS[_i].state, &kept);
    Segment segment = segment_of(&flow, ROWS[_i].side, ROWS[_i].flags, ROWS[_i].sequence,
                                 ROWS[_i].acknowledgement);
    ck_assert_int_eq(flow_sender(&flow, &segment), ROWS[_i].side);
    Belonging belonging = belonging_of(&flow, ROWS[_i].side, &segment);
    ck_assert_msg(belonging == ROWS[_i].belonging, "%s: %d", ROWS[_i].name, belonging);
    if (belonging == BELONGS_NOT)
        ck_assert_msg(belonging_may_begin_next(&flow, ROWS[_i].side, &segment) ==
                          ROWS[_i].may_begin_next,
                      "%s: may begin the next", ROWS[_i].name);
}
END_TEST

/* Data far away in both directions is another connection's; data far in one is behind a gap. */
START_TEST(test_far_data)
{
    Flow flow;
    set_state(&flow, OPEN, NULL);
    Segment far = segment_of(&flow, 0, A, CLIENT_FIRST + 100 + (1u << 24), SERVER_FIRST + 200);
    far.length = 1;
    ck_assert_int_eq(belonging_of(&flow, 0, &far), BELONGS);
    far.acknowledgement += (1u << 24) - 1;
    ck_assert_int_eq(belonging_of(&flow, 0, &far), BELONGS);
    far.acknowledgement++;
    ck_assert_int_eq(belonging_of(&flow, 0, &far), BEGINS);
    flow.direction[1].base_known = false;
    ck_assert_int_eq(belonging_of(&flow, 0, &far), BELONGS);
}
END_TEST

/* Of a connection that is over: near its end, by either side's numbers. */
START_TEST(test_straggles)
{
    Flow flow;
    set_state(&flow, ENDED, NULL);
    Segment near = segment_of(&flow, 1, A, SERVER_FIRST + 201, 0);
    Segment far = segment_of(&flow, 1, A, SERVER_FIRST + (1u << 25), 0);
    Segment syn = segment_of(&flow, 0, S, CLIENT_FIRST - 1, 0);
    Segment next = segment_of(&flow, 0, S, CLIENT_FIRST + 150, 0);
    ck_assert(belonging_straggles(&flow, 1, &near));
    ck_assert(!belonging_straggles(&flow, 1, &far));
    ck_assert(belonging_straggles(&flow, 0, &syn));
    ck_assert(!belonging_straggles(&flow, 0, &next));
}
END_TEST

/* A connection known by a SYN alone, and data that has other numbers. */
START_TEST(test_astray)
{
    Flow flow;
    set_state(&flow, SYN_ONLY, NULL);
    Segment other = segment_of(&flow, 0, A, KEPT, 9),
            own = segment_of(&flow, 0, A, CLIENT_FIRST, 9);
    Segment answer = segment_of(&flow, 1, A, 9, KEPT);
    ck_assert(!belonging_is_astray(&flow, 0, &other)); /* without data it shows nothing */
    other.length = own.length = answer.length = 10;
    ck_assert(belonging_is_astray(&flow, 0, &other));
    ck_assert(belonging_is_astray(&flow, 1, &answer));
    ck_assert(!belonging_is_astray(&flow, 0, &own));
    flow.succeeds = true;
    ck_assert(!belonging_is_astray(&flow, 0, &other));
}
END_TEST

/* How the old one ends: torn if what takes over stands a little before its first byte. */
START_TEST(test_end_before)
{
    Flow flow;
    set_state(&flow, MIDSTREAM, NULL);
    Segment before = segment_of(&flow, 0, S, CLIENT_FIRST - 50, 0);
    Segment after = segment_of(&flow, 0, S, CLIENT_FIRST + 50, 0);
    ck_assert_int_eq(belonging_end_before(&flow, &before), CONNECTION_TORN);
    ck_assert_int_eq(belonging_end_before(&flow, &after), CONNECTION_REPLACED);
    set_state(&flow, OPEN, NULL);
    ck_assert_int_eq(belonging_end_before(&flow, &before), CONNECTION_REPLACED);
}
END_TEST

/* From another network than the peer's first segment: whether the numbers continue. */
START_TEST(test_continues)
{
    Flow flow;
    set_state(&flow, SYN_ONLY, NULL);
    Segment answer = segment_of(&flow, 1, S | A, 77, CLIENT_FIRST);
    Segment stranger = segment_of(&flow, 1, S | A, 77, CLIENT_FIRST + (1u << 25));
    Segment blind = segment_of(&flow, 1, R, 77, 0);
    ck_assert(belonging_continues(&flow, 1, &answer));
    ck_assert(!belonging_continues(&flow, 1, &stranger));
    ck_assert(!belonging_continues(&flow, 1, &blind));
    flow.facts.half[1].seen = true;
    ck_assert(!belonging_continues(&flow, 1, &answer));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("belonging");
    TCase *tcase = tcase_create("belonging");
    tcase_add_loop_test(tcase, test_row, 0, G_N_ELEMENTS(ROWS));
    tcase_add_test(tcase, test_far_data);
    tcase_add_test(tcase, test_straggles);
    tcase_add_test(tcase, test_astray);
    tcase_add_test(tcase, test_end_before);
    tcase_add_test(tcase, test_continues);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
