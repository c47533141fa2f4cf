/* No rule applies without its prefilter bits: random exchanges of every kind are put to every
 * rule. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "judge/findings_rules.h"

#define CASES 100000
#define TESTS_MAX 64

static const RuleGroup *const GROUPS[] = { &FINDINGS_PERSISTENCE, &FINDINGS_UNANSWERED,
                                           &FINDINGS_KEEP_ALIVE,  &FINDINGS_OPTIONS,
                                           &FINDINGS_UPGRADE,     &FINDINGS_FRAMING,
                                           &FINDINGS_TRANSPORT };

static GRand *dice;

static unsigned roll(unsigned sides)
{
    return (unsigned)g_rand_int_range(dice, 0, (gint32)sides);
}

static bool often(void)
{
    return roll(8) > 0;
}

static bool seldom(void)
{
    return roll(8) == 0;
}

/* A few bits of `all`, sometimes none. */
static unsigned few_of(unsigned all)
{
    unsigned bits = g_rand_int(dice) & g_rand_int(dice);
    return roll(3) == 0 ? 0 : bits & all;
}

static Stamp any_stamp(void)
{
    Stamp stamp = { .frame = roll(6),
                    .time = roll(4) * NS_PER_SECOND,
                    .offset = roll(6),
                    .acked = roll(8) ? (int64_t)roll(6) : NO_OFFSET,
                    .acked_before = roll(8) ? (int64_t)roll(6) : NO_OFFSET };
    return stamp;
}

static MessageFacts any_message(void)
{
    static const HttpVersion versions[] = { HTTP_UNKNOWN, HTTP_0_9, HTTP_1_0, HTTP_1_1, HTTP_1_1 };
    MessageFacts message = { .begun = often(),
                             .has_head = often(),
                             .complete = often(),
                             .broken = seldom(),
                             .tentative = seldom(),
                             .sought = seldom(),
                             .version = versions[roll(G_N_ELEMENTS(versions))],
                             .options = few_of(0x3f),
                             .notes = few_of(0xff),
                             .header_flags = few_of(FLAG_WEBSOCKET_EXTENSION * 2 - 1),
                             .head_end = roll(6),
                             .body_notes = few_of(3),
                             .first = any_stamp(),
                             .last = any_stamp() };
    message.keep_alive = (KeepAlive){ .present = often(), .timeout = -1, .max = -1 };
    message.keep_alive.malformed = seldom();
    message.framing = (BodyFraming){ .kind = (BodyKind)roll(BODY_UNREADABLE + 1),
                                     .length = roll(3),
                                     .notes = few_of(0x7f) };
    return message;
}

static Exchange any_exchange(void)
{
    static const int statuses[] = { 101, 200, 204, 304, 400, 407, 408, 426, 101, 200 };
    Exchange exchange = { .number = 1 + roll(3),
                          .request = any_message(),
                          .response = any_message(),
                          .method = (MethodClass)roll(METHOD_CONNECT + 1),
                          .status = statuses[roll(G_N_ELEMENTS(statuses))],
                          .answered = often(),
                          .unsolicited = seldom(),
                          .sending.quiet_acked = roll(8),
                          .interim.flags = few_of(FLAG_WEBSOCKET_EXTENSION * 2 - 1),
                          .interim.frame = roll(6),
                          .upgrade.foreign = seldom(),
                          .upgrade.accept_wrong = seldom(),
                          .connect.retried = seldom(),
                          .early = any_stamp(),
                          .trailing_bytes = roll(2) ? 0 : roll(6),
                          .later_answered = roll(2),
                          .next_request = any_stamp() };
    return exchange;
}

static Statement any_statement(void)
{
    return (Statement){ .exchange = roll(2), .frame = roll(6) };
}

static Announced any_announced(void)
{
    Announced announced = { .statement = any_statement() };
    announced.announcement = (Announcement){ .time = roll(4) * NS_PER_SECOND, .past = roll(4) };
    return announced;
}

static Findings any_findings(void)
{
    Findings before = { .client_close = any_statement(),
                        .server_close = any_announced(),
                        .http10 = any_announced(),
                        .faulty = any_announced(),
                        .closing_option = any_statement(),
                        .closing_default = any_statement(),
                        .withheld = any_statement(),
                        .unread = any_statement(),
                        .unread_end = any_stamp(),
                        .answered_any = roll(2),
                        .max = (int64_t)roll(12) - 1,
                        .answered = roll(3),
                        .max_at = 0,
                        .max_everywhere = roll(2) };
    return before;
}

typedef struct Tally {
    uint64_t held[G_N_ELEMENTS(GROUPS)][TESTS_MAX];
} Tally;

static void ask_scope(const Case *c, RuleScope scope, unsigned prefilter, Tally *tally)
{
    for (size_t g = 0; g < G_N_ELEMENTS(GROUPS); g++) {
        for (size_t i = 0; i < GROUPS[g]->count; i++) {
            const RuleTest *test = &GROUPS[g]->tests[i];
            FindingBuilder builder = { .severity = SEVERITY_NOTE };
            if (test->scope != scope)
                continue;
            bool holds = test->holds(c, &builder);
            if (holds &&
                !(test->prefilter & prefilter)) /* an assertion that holds is announced, and slow */
                ck_abort_msg("%s holds without its prefilter", rule_info(test->rule)->name);
            tally->held[g][i] += holds;
        }
    }
}

static void ask_everything(Tally *tally)
{
    const Thresholds thresholds = THRESHOLDS_DEFAULT;
    FindingsOptions options = { .pedantic = roll(2) };
    Connection connection = { .opener_known = often(),
                              .half = { { .seen = true }, { .seen = true } } };
    for (int side = 0; side < 2; side++) {
        connection.half[side].open_frame = roll(8);
        connection.half[side].open_time = roll(12) * NS_PER_SECOND;
    }
    ConversationFacts facts = { .client = (int)roll(2) };
    JudgeContext context = { .thresholds = &thresholds,
                             .connection = &connection,
                             .facts = &facts };
    Exchange exchange = any_exchange();
    Findings before = any_findings();
    Ending ending = { .possible = 1u << roll(4), .how = (EndHow)roll(3), .stamp = any_stamp() };
    ending.client = (Closing){ .how = (EndHow)roll(3), .stamp = any_stamp() };
    ending.server = (Closing){ .how = (EndHow)roll(3), .acked_least = roll(6) };
    Judgement judgement = { .verdict = (Verdict)roll(3),
                            .cause = (Cause)roll(CAUSE_COUNT),
                            .cause_certain = often(),
                            .actual = (Actual)roll(ACTUAL_COUNT),
                            .declaration.declared = (Declared)roll(DECLARED_COUNT),
                            .ended = often(),
                            .ended_by = 1u << roll(4) };
    Case c = { .exchange = &exchange,
               .judgement = &judgement,
               .ending = roll(2) ? &ending : NULL,
               .before = &before,
               .context = &context,
               .options = &options };
    ask_scope(&c, SCOPE_EXCHANGE, prefilter_of_exchange(&c), tally);
    c.message = &exchange.request;
    c.sender = PARTY_CLIENT;
    ask_scope(&c, SCOPE_MESSAGE, prefilter_of_message(&c), tally);
    c.message = &exchange.response;
    c.sender = PARTY_SERVER;
    ask_scope(&c, SCOPE_MESSAGE, prefilter_of_message(&c), tally);
}

START_TEST(no_rule_without_ground)
{
    Tally tally = { 0 };
    dice = g_rand_new_with_seed(9112);
    for (int i = 0; i < CASES; i++)
        ask_everything(&tally);
    g_rand_free(dice);
    for (size_t g = 0; g < G_N_ELEMENTS(GROUPS); g++)
        for (size_t i = 0; i < GROUPS[g]->count; i++)
            ck_assert_msg(GROUPS[g]->tests[i].scope == SCOPE_CONNECTION || tally.held[g][i] > 0,
                          "%s never held: the dice do not reach it",
                          rule_info(GROUPS[g]->tests[i].rule)->name);
}
END_TEST

/* A message's prefilter bit would never be set for an exchange's rule. */
START_TEST(every_rule_has_grounds_of_its_scope)
{
    const unsigned of_exchange = (PREFILTER_OPTIONS - 1) | PREFILTER_NOT_GRANTED | PREFILTER_DESYNC;
    const unsigned of_message =
        PREFILTER_OPTIONS | PREFILTER_SIGNS | PREFILTER_HEAD | PREFILTER_FRAMING | PREFILTER_BODY;
    const unsigned of_scope[] = { [SCOPE_MESSAGE] = of_message,
                                  [SCOPE_EXCHANGE] = of_exchange,
                                  [SCOPE_CONNECTION] = PREFILTER_END };
    for (size_t g = 0; g < G_N_ELEMENTS(GROUPS); g++) {
        ck_assert_uint_le(GROUPS[g]->count, TESTS_MAX);
        for (size_t i = 0; i < GROUPS[g]->count; i++) {
            const RuleTest *test = &GROUPS[g]->tests[i];
            ck_assert_msg(test->prefilter != 0 && !(test->prefilter & ~of_scope[test->scope]),
                          "%s: no prefilter of its scope", rule_info(test->rule)->name);
        }
    }
}
END_TEST

/* An exchange like nearly all traffic. */
START_TEST(everyday_exchanges_give_no_ground)
{
    Findings before;
    findings_init(&before);
    MessageFacts plain = { .begun = true,
                           .has_head = true,
                           .complete = true,
                           .version = HTTP_1_1,
                           .header_flags = FLAG_HOP_BY_HOP | FLAG_ORIGIN_FORM,
                           .keep_alive = { .timeout = -1, .max = -1 } };
    Exchange exchange = { .number = 1,
                          .request = plain,
                          .response = plain,
                          .method = METHOD_OTHER,
                          .status = 200,
                          .answered = true };
    exchange.request.options = OPTION_KEEP_ALIVE;
    exchange.response.framing = (BodyFraming){ .kind = BODY_LENGTH, .length = 7 };
    Judgement judgement = { .verdict = VERDICT_AS_DECLARED,
                            .cause = CAUSE_REUSED,
                            .cause_certain = true };
    Case c = { .exchange = &exchange, .judgement = &judgement, .before = &before };
    ck_assert_uint_eq(prefilter_of_exchange(&c), 0);
    c.message = &exchange.request;
    c.sender = PARTY_CLIENT;
    ck_assert_uint_eq(prefilter_of_message(&c), 0);
    c.message = &exchange.response;
    c.sender = PARTY_SERVER;
    ck_assert_uint_eq(prefilter_of_message(&c), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prefilter");
    TCase *tcase = tcase_create("prefilter");
    tcase_add_test(tcase, no_rule_without_ground);
    tcase_add_test(tcase, every_rule_has_grounds_of_its_scope);
    tcase_add_test(tcase, everyday_exchanges_give_no_ground);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
