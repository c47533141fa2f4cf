/* What is to be believed of a side's FIN: its proof, the gap behind it, and what its messages
 * lack. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "session/fin_belief.h"

#define FIN_OFFSET 100
#define GAP_OFFSET 70 /* the last one missing */

static const struct {
    const char *name;
    FinProof proof;
    bool unseen;    /* no segment of the side is in the capture */
    bool gap, loss; /* it ends with a gap, that of a loss … */
    bool fin;       /* … whose last number may be its FIN */
    MessagesEnd messages;
    FinBelief belief;
    int64_t offset; /* of the FIN */
} ROWS[] = {
    { "none", FIN_NONE, false, false, false, false, { true, false }, FIN_NOT, 0 },
    { "seen", FIN_SEEN, false, false, false, false, { false, false }, FIN_SURE, FIN_OFFSET },
    { "seen again",
      FIN_RETRANSMITTED,
      false,
      false,
      false,
      false,
      { false, false },
      FIN_SURE,
      FIN_OFFSET },
    { "implied behind whole messages",
      FIN_IMPLIED,
      false,
      false,
      false,
      false,
      { true, false },
      FIN_SURE,
      FIN_OFFSET },
    { "implied, but a byte of a message lacks",
      FIN_IMPLIED,
      false,
      false,
      false,
      false,
      { false, false },
      FIN_PERHAPS,
      FIN_OFFSET },
    { "a gap at the end",
      FIN_NONE,
      false,
      true,
      true,
      true,
      { true, false },
      FIN_PERHAPS,
      GAP_OFFSET },
    { "a gap at the end, and its side stood lower later",
      FIN_NONE,
      false,
      true,
      true,
      false,
      { true, false },
      FIN_NOT,
      0 },
    { "a gap of which one offset is of no message",
      FIN_NONE,
      false,
      true,
      true,
      false,
      { true, true },
      FIN_SURE,
      GAP_OFFSET },
    { "bytes that the snap length cut",
      FIN_NONE,
      false,
      true,
      false,
      true,
      { true, true },
      FIN_NOT,
      0 },
    { "a side that was never seen", FIN_NONE, true, true, true, true, { true, true }, FIN_NOT, 0 },
};

START_TEST(test_belief)
{
    Half half = { .seen = !ROWS[_i].unseen,
                  .fin = { ROWS[_i].proof, { .frame = 9, .offset = FIN_OFFSET, .acked = 5 } } };
    if (ROWS[_i].fin)
        half.fin_in_gap = (Stamp){ .frame = 8, .offset = GAP_OFFSET };
    SessionEnd session = {
        .gap = { .last = { .frame = ROWS[_i].gap ? 8 : 0, .offset = GAP_OFFSET, .acked = 4 },
                 .is_loss = ROWS[_i].loss }
    };
    FinEvidence evidence = fin_evidence(&half, &session, &ROWS[_i].messages);
    ck_assert_msg(evidence.belief == ROWS[_i].belief, "%s: %d", ROWS[_i].name, evidence.belief);
    if (evidence.belief == FIN_NOT)
        return;
    bool by_gap = ROWS[_i].proof == FIN_NONE;
    ck_assert_int_eq(evidence.fact.stamp.offset, ROWS[_i].offset);
    ck_assert_uint_eq(evidence.fact.stamp.frame, by_gap ? 8 : 9);
    ck_assert_int_eq(evidence.fact.proof, by_gap ? FIN_IMPLIED : ROWS[_i].proof);
    /* What shows the gap is the other side's: it acknowledges nothing for this one. */
    ck_assert_int_eq(evidence.fact.stamp.acked, by_gap ? NO_OFFSET : 5);
}
END_TEST

/* A session that said that it ends did so there, whatever its carrier does later. */
START_TEST(test_session_closed_itself)
{
    Half half = { .seen = true, .fin = { FIN_SEEN, { .frame = 9, .offset = FIN_OFFSET } } };
    SessionEnd session = { .close = SESSION_CLOSED, .stamp = { .frame = 7, .offset = 90 } };
    MessagesEnd messages = { .whole = true };
    FinEvidence evidence = fin_evidence(&half, &session, &messages);
    ck_assert_int_eq(evidence.belief, FIN_SURE);
    ck_assert_int_eq(evidence.fact.proof, FIN_SEEN);
    ck_assert_uint_eq(evidence.fact.stamp.frame, 7);
    ck_assert_int_eq(evidence.fact.stamp.offset, 90);
}
END_TEST

/* The close_notify may be in what is missing behind the last data, ahead of the FIN. */
START_TEST(test_session_end_lost)
{
    Half half = { .seen = true, .fin = { FIN_SEEN, { .frame = 9, .offset = FIN_OFFSET } } };
    SessionEnd session = { .close = SESSION_END_LOST,
                           .gap = { .last = { .frame = 8, .offset = GAP_OFFSET },
                                    .is_loss = true } };
    MessagesEnd messages = { .whole = true };
    FinEvidence evidence = fin_evidence(&half, &session, &messages);
    ck_assert_int_eq(evidence.belief, FIN_SURE);
    ck_assert_uint_eq(evidence.fact.stamp.frame, 9);
    ck_assert_int_eq(evidence.earlier.stamp.offset, GAP_OFFSET);
    ck_assert_int_eq(evidence.earlier.stamp.acked, NO_OFFSET);
    session.gap.is_loss = false; /* cut by the snap length: its records are there */
    evidence = fin_evidence(&half, &session, &messages);
    ck_assert_uint_eq(evidence.earlier.stamp.frame, 0);
    session.gap.is_loss = true;
    session.close = SESSION_CLOSED_BY_CARRIER;
    evidence = fin_evidence(&half, &session, &messages);
    ck_assert_uint_eq(evidence.earlier.stamp.frame, 0);
}
END_TEST

int main(void)
{
    TCase *belief = tcase_create("belief");
    tcase_add_loop_test(belief, test_belief, 0, G_N_ELEMENTS(ROWS));
    tcase_add_test(belief, test_session_closed_itself);
    tcase_add_test(belief, test_session_end_lost);
    Suite *suite = suite_create("fin_belief");
    suite_add_tcase(suite, belief);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
