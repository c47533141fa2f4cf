#include <check.h>
#include <stdlib.h>

#include "packets/evidence_list.h"

static const struct {
    const char *name;
    bool judged;
    Verdict verdict;
    Cause cause;
    struct {
        Rule rule;
        Severity severity;
    } findings[2];
    size_t count;
    const char *file; /* NULL: it is none */
} ROWS[] = {
    { "no HTTP", false, 0, 0, { { 0 } }, 0, NULL },
    { "as declared", true, VERDICT_AS_DECLARED, CAUSE_CLOSED, { { 0 } }, 0, NULL },
    { "undetermined", true, VERDICT_UNDETERMINED, CAUSE_LOSS, { { 0 } }, 0, NULL },
    { "contradicted",
      true,
      VERDICT_CONTRADICTED,
      CAUSE_KEEPALIVE_RACE,
      { { 0 } },
      0,
      "c2-42-keepalive_race.pcapng" },
    { "a warning",
      true,
      VERDICT_AS_DECLARED,
      CAUSE_CLOSED,
      { { RULE_IDLE_408, SEVERITY_WARNING } },
      1,
      NULL },
    { "an error behind a note",
      true,
      VERDICT_AS_DECLARED,
      CAUSE_CLOSED,
      { { RULE_IDLE_408, SEVERITY_NOTE }, { RULE_SENSITIVE_NOMINATED, SEVERITY_ERROR } },
      2,
      "c2-42-sensitive-nominated.pcapng" },
    { "an error, and contradicted",
      true,
      VERDICT_CONTRADICTED,
      CAUSE_ABORTED,
      { { RULE_SENSITIVE_NOMINATED, SEVERITY_ERROR } },
      1,
      "c2-42-aborted.pcapng" },
    { "an error without a verdict",
      false,
      0,
      0,
      { { RULE_SENSITIVE_NOMINATED, SEVERITY_ERROR } },
      1,
      "c2-42-sensitive-nominated.pcapng" },
};

static void consider(EvidenceList *evidence_list, int row, FrameId connection)
{
    Finding findings[2] = { { 0 } };
    for (size_t i = 0; i < ROWS[row].count; i++) {
        findings[i].rule = ROWS[row].findings[i].rule;
        findings[i].severity = ROWS[row].findings[i].severity;
    }
    Connection ended_one = { .first_frame = connection };
    ConnectionRow facts = { .decision = { .set = ROWS[row].judged } };
    facts.decision.judgement.verdict = ROWS[row].verdict;
    facts.decision.judgement.cause = ROWS[row].cause;
    EndedConnection ended = { .position = { .order = frame_number(connection) },
                              .connection = &ended_one,
                              .row = &facts,
                              .findings = findings,
                              .finding_count = ROWS[row].count };
    evidence_list_consider(evidence_list, &ended);
}

START_TEST(test_choice)
{
    g_autoptr(EvidenceList) evidence_list = evidence_list_new(3);
    consider(evidence_list, _i, frame_id(2, 42));
    ck_assert_msg(evidence_list->list->len == (ROWS[_i].file != NULL), "%s", ROWS[_i].name);
    if (!ROWS[_i].file)
        return;
    g_autofree char *file = evidence_item_file_name(evidence_list_get(evidence_list, 0));
    ck_assert_str_eq(file, ROWS[_i].file);
}
END_TEST

START_TEST(test_bound)
{
    g_autoptr(EvidenceList) evidence_list = evidence_list_new(3);
    g_autoptr(EvidenceList) other = evidence_list_new(3);
    for (unsigned i = 1; i <= 5; i++)
        consider(evidence_list, 3, frame_id(1, i));
    ck_assert_uint_eq(evidence_list->list->len, 3);
    ck_assert_uint_eq(evidence_list->left_out, 2);
    ck_assert_uint_eq(evidence_list_get(evidence_list, 2)->connection, frame_id(1, 3));
    for (unsigned i = 1; i <= 5; i++) {
        ck_assert(!evidence_list_equal(evidence_list, other));
        consider(other, 3, frame_id(1, i));
    }
    ck_assert(evidence_list_equal(evidence_list, other));
    g_array_index(other->list, EvidenceItem, 1).cause = CAUSE_ABORTED;
    ck_assert(!evidence_list_equal(evidence_list, other));
}
END_TEST

/* Which list took a connection makes no difference, also not at the bound. */
START_TEST(test_merge)
{
    for (unsigned parted = 0; parted < 1 << 5; parted++) {
        g_autoptr(EvidenceList) whole = evidence_list_new(3);
        g_autoptr(EvidenceList) first = evidence_list_new(3);
        g_autoptr(EvidenceList) second = evidence_list_new(3);
        for (unsigned i = 0; i < 5; i++) {
            consider(whole, 3, frame_id(1, i + 1));
            consider(parted >> i & 1 ? first : second, 3, frame_id(1, i + 1));
        }
        evidence_list_merge(first, second);
        ck_assert(evidence_list_equal(first, whole));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("evidence_list");
    TCase *tcase = tcase_create("evidence_list");
    tcase_add_loop_test(tcase, test_choice, 0, G_N_ELEMENTS(ROWS));
    tcase_add_test(tcase, test_bound);
    tcase_add_test(tcase, test_merge);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
