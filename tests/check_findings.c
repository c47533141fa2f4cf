/* The collection of findings: one per rule and connection, showing the first of the most severe
 * cases, with a count. The meaning of each rule is tested by the conversations
 * (tests/conversations/findings-*.txt). */
#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "judge/findings.h"

/* A connection on which everything is known, to hang exchanges on. */
typedef struct Scene {
    Thresholds thresholds;
    Connection connection;
    ConversationFacts facts;
    JudgeContext context;
    Ending ending;
    Findings findings;
    FindingsOptions options;
} Scene;

static Scene *scene_new(bool texts)
{
    Scene *scene = g_new0(Scene, 1);
    scene->thresholds = (Thresholds){ .prompt_close = NS_PER_SECOND,
                                      .close_grace = 5 * NS_PER_SECOND,
                                      .timeout_tolerance = NS_PER_SECOND,
                                      .half_close = 30 * NS_PER_SECOND };
    scene->connection.opener_known = true;
    scene->connection.half[0].seen = scene->connection.half[1].seen = true;
    scene->context = (JudgeContext){ .thresholds = &scene->thresholds,
                                     .connection = &scene->connection,
                                     .facts = &scene->facts };
    scene->options = (FindingsOptions){ .texts = texts };
    findings_init(&scene->findings);
    return scene;
}

static void scene_free(Scene *scene)
{
    findings_clear(&scene->findings);
    g_free(scene);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scene, scene_free)

/* Frames 10n and 10n + 1, a second after another; the request acknowledges all that came before,
 * and had been free to be sent since. */
static Exchange exchange_make(uint32_t number, unsigned request_options, unsigned response_options)
{
    Nanoseconds time = number * NS_PER_SECOND;
    int64_t offset = number * 100;
    Stamp request = { .frame = number * 10, .time = time, .offset = offset, .acked = offset };
    Stamp response = { .frame = number * 10 + 1,
                       .time = time + 1,
                       .offset = offset,
                       .acked = offset + 100,
                       .acked_before = offset };
    Exchange exchange = { .number = number, .status = 200, .method = METHOD_OTHER };
    exchange.answered = true;
    exchange.request = (MessageFacts){ .begun = true,
                                       .has_head = true,
                                       .complete = true,
                                       .version = HTTP_1_1,
                                       .options = request_options,
                                       .head_end = offset + 99,
                                       .first = request,
                                       .last = request };
    exchange.request.last.offset += 99;
    exchange.response = exchange.request;
    exchange.response.options = response_options;
    exchange.response.framing.kind = BODY_LENGTH;
    exchange.response.first = exchange.response.last = response;
    exchange.response.last.offset += 99;
    exchange.sending.quiet_acked = offset;
    return exchange;
}

static Judgement judgement_of(const Exchange *exchange)
{
    bool close = (exchange->request.options | exchange->response.options) & OPTION_CLOSE;
    return (Judgement){ .declaration = { .declared = close ? DECLARED_CLOSE : DECLARED_KEEP_ALIVE,
                                         .by = PARTY_BOTH,
                                         .basis = close ? BASIS_OPTION : BASIS_VERSION },
                        .verdict = VERDICT_AS_DECLARED,
                        .cause = CAUSE_REUSED,
                        .cause_certain = true };
}

static RuleSet take(Scene *scene, const Exchange *exchange)
{
    Judgement judgement = judgement_of(exchange);
    return findings_exchange(&scene->findings, &scene->context, NULL, exchange, &judgement,
                             &scene->options);
}

static RuleSet take_judged(Scene *scene, const Exchange *exchange, Cause cause, bool certain)
{
    Judgement judgement = judgement_of(exchange);
    judgement.verdict = VERDICT_CONTRADICTED;
    judgement.cause = cause;
    judgement.cause_certain = certain;
    if (!exchange->answered)
        judgement.actual = ACTUAL_UNANSWERED;
    return findings_exchange(&scene->findings, &scene->context, &scene->ending, exchange,
                             &judgement, &scene->options);
}

static void assert_none(RuleSet rules)
{
    g_autoptr(GString) names = g_string_new(NULL);
    append_rule_names(names, rules);
    ck_assert_str_eq(names->str, "");
    ck_assert(rule_set_is_empty(rules));
}

static void assert_only(RuleSet rules, Rule rule)
{
    g_autoptr(GString) names = g_string_new(NULL);
    append_rule_names(names, rules);
    ck_assert_str_eq(names->str, rule_info(rule)->name);
}

static const Finding *only(const Scene *scene)
{
    size_t count;
    const Finding *list = findings_list(&scene->findings, &count);
    ck_assert_uint_eq(count, 1);
    return list;
}

START_TEST(nothing)
{
    g_autoptr(Scene) scene = scene_new(true);
    Exchange exchange = exchange_make(1, 0, 0);
    size_t count = 7;
    assert_none(take(scene, &exchange));
    assert_none(
        findings_connection(&scene->findings, &scene->context, NULL, NULL, &scene->options));
    ck_assert_ptr_null(findings_list(&scene->findings, &count));
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(counted)
{
    g_autoptr(Scene) scene = scene_new(true);
    for (uint32_t number = 1; number <= 4; number++) {
        Exchange exchange = exchange_make(number, number == 1 ? OPTION_CLOSE : 0, 0);
        RuleSet rules = take(scene, &exchange);
        ck_assert(rule_set_has(rules, RULE_REQUEST_AFTER_CLIENT_CLOSE) == (number > 1));
        ck_assert(rule_set_has(rules, RULE_RESPONSE_AFTER_CLOSE) == (number > 1));
    }
    size_t count;
    const Finding *list = findings_list(&scene->findings, &count);
    ck_assert_uint_eq(count, 3); /* and close-not-echoed, in the order of the table */
    ck_assert_int_eq(list[0].rule, RULE_REQUEST_AFTER_CLIENT_CLOSE);
    ck_assert_int_eq(list[1].rule, RULE_RESPONSE_AFTER_CLOSE);
    ck_assert_int_eq(list[2].rule, RULE_CLOSE_NOT_ECHOED);
    ck_assert_uint_eq(list[0].count, 3);
    ck_assert_uint_eq(list[0].exchange, 2);
    ck_assert_int_eq(list[0].severity, SEVERITY_ERROR);
    ck_assert_int_eq(list[0].party, PARTY_CLIENT);
    ck_assert_uint_eq(list[0].frame_count, 2);
    ck_assert_uint_eq(list[0].frames[0], 10);
    ck_assert_uint_eq(list[0].frames[1], 20);
    /* Sequence numbers as Wireshark shows them: one more than the offset. */
    ck_assert_str_eq(list[0].evidence, "r=201 e=301 k=201");
    ck_assert_ptr_nonnull(strstr(list[0].message, "is request 2 of the connection"));
    ck_assert_int_eq(list[1].party, PARTY_SERVER);
}
END_TEST

/* The same rule as a note and then as an error: the error's frames count, and all cases. */
START_TEST(the_gravest)
{
    g_autoptr(Scene) scene = scene_new(true);
    for (uint32_t number = 1; number <= 3; number++) {
        Exchange exchange = exchange_make(number, 0, 0);
        exchange.response.framing.notes =
            number == 2 ? FRAMING_INVALID_LENGTH : FRAMING_REPEATED_LENGTH;
        assert_only(take(scene, &exchange), RULE_INVALID_LENGTH);
    }
    const Finding *finding = only(scene);
    ck_assert_int_eq(finding->severity, SEVERITY_ERROR);
    ck_assert_uint_eq(finding->exchange, 2);
    ck_assert_uint_eq(finding->count, 3);
    ck_assert_uint_eq(finding->frames[0], 21);
}
END_TEST

/* A rule about messages checks both messages. The finding names both parties and shows the first
 * case. */
START_TEST(both_parties)
{
    g_autoptr(Scene) scene = scene_new(true);
    unsigned options = OPTION_CLOSE | OPTION_KEEP_ALIVE;
    Exchange exchange = exchange_make(1, options, options);
    assert_only(take(scene, &exchange), RULE_CONFLICTING_OPTIONS);
    const Finding *finding = only(scene);
    ck_assert_int_eq(finding->party, PARTY_BOTH);
    ck_assert_uint_eq(finding->count, 2);
    ck_assert_uint_eq(finding->frames[0], 10);
}
END_TEST

START_TEST(without_texts)
{
    g_autoptr(Scene) scene = scene_new(false);
    Exchange exchange = exchange_make(1, OPTION_MALFORMED, 0);
    assert_only(take(scene, &exchange), RULE_MALFORMED_CONNECTION);
    const Finding *finding = only(scene);
    ck_assert_ptr_null(finding->evidence);
    ck_assert_ptr_null(finding->message);
    ck_assert_uint_eq(finding->frames[0], 10);
    ck_assert_int_eq(finding->party, PARTY_CLIENT);
}
END_TEST

START_TEST(pedantic)
{
    Exchange exchange = exchange_make(1, 0, 0);
    exchange.response.header_flags = FLAG_HOP_BY_HOP | FLAG_HOP_BY_HOP_UNLISTED;
    g_autoptr(Scene) scene = scene_new(false);
    assert_none(take(scene, &exchange));
    scene->options.pedantic = true;
    assert_only(take(scene, &exchange), RULE_HOP_BY_HOP_UNLISTED);
}
END_TEST

/* A rule that restates a cause needs a cause that nothing missing could have changed. */
START_TEST(uncertain_cause)
{
    g_autoptr(Scene) scene = scene_new(true);
    Exchange exchange = exchange_make(1, 0, 0);
    assert_none(take_judged(scene, &exchange, CAUSE_UNDECLARED_CLOSE, false));
    assert_only(take_judged(scene, &exchange, CAUSE_UNDECLARED_CLOSE, true), RULE_UNDECLARED_CLOSE);
}
END_TEST

/* For a lost request, the exchange on which it relied is marked, and only the request is
 * counted. */
START_TEST(shared)
{
    g_autoptr(Scene) scene = scene_new(true);
    Exchange answered = exchange_make(1, 0, 0), lost = exchange_make(2, 0, 0);
    lost.answered = lost.response.begun = lost.response.has_head = false;
    scene->ending.server.stamp = (Stamp){ .frame = 15, .time = 1, .offset = 200, .acked = 200 };
    assert_only(take_judged(scene, &answered, CAUSE_KEEPALIVE_RACE, true), RULE_KEEPALIVE_RACE);
    assert_only(take_judged(scene, &lost, CAUSE_KEEPALIVE_RACE, true), RULE_KEEPALIVE_RACE);
    const Finding *finding = only(scene);
    ck_assert_uint_eq(finding->count, 1);
    ck_assert_uint_eq(finding->exchange, 2);
    ck_assert_int_eq(finding->party, PARTY_NONE);
    ck_assert_uint_eq(finding->frame_count, 2);
    ck_assert_uint_eq(finding->frames[0], 15); /* in ascending order */
    ck_assert_uint_eq(finding->frames[1], 20);
    ck_assert_str_eq(finding->evidence, "r=201 e=301 k=201 c=201 a=201");
}
END_TEST

START_TEST(of_the_connection)
{
    g_autoptr(Scene) scene = scene_new(true);
    Exchange exchange = exchange_make(1, 0, 0);
    take(scene, &exchange);
    scene->connection.overlap_conflict = true;
    scene->connection.overlap_frames[0] = 9;
    scene->connection.overlap_frames[1] = 8;
    assert_only(findings_connection(&scene->findings, &scene->context, &scene->ending, &exchange,
                                    &scene->options),
                RULE_OVERLAP_CONFLICT);
    const Finding *finding = only(scene);
    ck_assert_uint_eq(finding->exchange, 0);
    ck_assert_uint_eq(finding->frame_count, 2);
    ck_assert_uint_eq(finding->frames[0], 8);
    ck_assert_uint_eq(finding->frames[1], 9);
}
END_TEST

/* After packing and unpacking at any point, the findings are the same. */
START_TEST(packed)
{
    g_autoptr(Scene) scene = scene_new(true);
    for (uint32_t number = 1; number <= 4; number++) {
        Exchange exchange = exchange_make(number, number == 1 ? OPTION_CLOSE : 0, 0);
        take(scene, &exchange);
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        findings_pack(&scene->findings, bytes);
        findings_clear(&scene->findings);
        Span span = span_make(bytes->data, bytes->len);
        findings_unpack(&scene->findings, &span);
        ck_assert_uint_eq(span.length, 0);
    }
    size_t count;
    const Finding *list = findings_list(&scene->findings, &count);
    ck_assert_uint_eq(count, 3);
    ck_assert_uint_eq(list[0].count, 3);
    ck_assert_str_eq(list[0].evidence, "r=201 e=301 k=201");
    ck_assert_uint_gt(findings_list_size(&scene->findings), 0);
    Finding copy = finding_copy(&list[0]);
    ck_assert_ptr_ne(copy.message, list[0].message);
    ck_assert_str_eq(copy.message, list[0].message);
    finding_clear(&copy);
    ck_assert_ptr_null(copy.message);
}
END_TEST

/* However many frames a finding has, its builder keeps the first few, each once. */
START_TEST(frames_are_bounded)
{
    FindingBuilder builder = { .frame_count = 0 };
    for (FrameId frame = 0; frame <= 2 * FINDING_FRAMES_MAX; frame++) {
        builder_frame(&builder, frame);
        builder_frame(&builder, frame);
    }
    ck_assert_uint_eq(builder.frame_count, FINDING_FRAMES_MAX);
    for (unsigned i = 0; i < builder.frame_count; i++)
        ck_assert_uint_eq(builder.frames[i], i + 1);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("findings");
    tcase_add_test(tcase, nothing);
    tcase_add_test(tcase, counted);
    tcase_add_test(tcase, the_gravest);
    tcase_add_test(tcase, both_parties);
    tcase_add_test(tcase, without_texts);
    tcase_add_test(tcase, pedantic);
    tcase_add_test(tcase, uncertain_cause);
    tcase_add_test(tcase, shared);
    tcase_add_test(tcase, of_the_connection);
    tcase_add_test(tcase, packed);
    tcase_add_test(tcase, frames_are_bounded);
    Suite *suite = suite_create("findings");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
