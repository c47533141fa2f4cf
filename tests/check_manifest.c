/* The manifest, read back as JSON. docs-match-manifest.sh looks at the names of its keys. */
#include <check.h>
#include <json-glib/json-glib.h>
#include <stdlib.h>

#include "decode/decode.h"
#include "report/manifest.h"

#define S(seconds) ((Nanoseconds)(seconds)*NS_PER_SECOND)

typedef struct Scene {
    Thresholds thresholds;
    StreamLimits limits;
    InputFile good, bad;
    CaptureInfo info;
    CaptureInputs inputs;
    AuditTotals totals;
    ManifestReport report;
    ManifestFacts facts;
    JsonParser *parser;
    JsonObject *root;
} Scene;

static char GOOD_PATH[] = "d/\xe9.pcap", GOOD_PROBLEM[] = "d/\\xe9.pcap: gone meanwhile";
static char BAD_PATH[] = "d/x", BAD_PROBLEM[] = "d/x: gone", SUM[] = "00ff";
static char NAME[] = "connections.csv";
static const char *const COMMAND[] = { "/usr/bin/connaudit", "-o", "a \"b\"\xff\\ \xc3\xbc", NULL };

static void scene_open(Scene *scene)
{
    *scene = (Scene){ .thresholds = THRESHOLDS_DEFAULT, .limits = STREAM_LIMITS_DEFAULT };
    scene->info = (CaptureInfo){ .format = "pcap",
                                 .time_digits = 6,
                                 .frames = 12,
                                 .packets = 11,
                                 .first_time = S(1700000000),
                                 .last_time = S(1700000001) + 500 * NS_PER_MS,
                                 .link_count = 1,
                                 .links = { { .link_type = 1, .packets = 11 } },
                                 .size = UINT64_C(5000000000),
                                 .end = CAPTURE_END_WHOLE };
    scene->good = (InputFile){ .path = GOOD_PATH, .number = 1, .info = &scene->info };
    scene->bad = (InputFile){ .path = BAD_PATH, .state = INPUT_FAILED, .problem = BAD_PROBLEM };
    scene->inputs.files = g_ptr_array_new();
    scene->inputs.numbered = g_ptr_array_new();
    g_ptr_array_add(scene->inputs.files, &scene->bad);
    g_ptr_array_add(scene->inputs.files, &scene->good);
    g_ptr_array_add(scene->inputs.numbered, &scene->good);
    scene->report = (ManifestReport){ .name = NAME, .size = 7, .sha256 = SUM };
    scene->facts = (ManifestFacts){ .version = "1.2.3",
                                    .command = COMMAND,
                                    .thresholds = &scene->thresholds,
                                    .limits = &scene->limits,
                                    .inputs = &scene->inputs,
                                    .totals = &scene->totals,
                                    .reports = &scene->report,
                                    .report_count = 1 };
}

/* The text, the caller's. */
static char *scene_write(const Scene *scene)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    manifest_write(out, &scene->facts);
    fclose(out);
    return text;
}

static void scene_read(Scene *scene)
{
    char *text = scene_write(scene);
    scene->parser = json_parser_new();
    ck_assert_msg(json_parser_load_from_data(scene->parser, text, -1, NULL), "%s", text);
    ck_assert_msg(g_str_has_suffix(text, "}\n"), "it ends as a text file does");
    ck_assert_msg(g_utf8_validate(text, -1, NULL), "UTF-8");
    for (const char *at = text; *at; at++)
        ck_assert_msg(*at == '\n' || !g_ascii_iscntrl(*at), "no control characters");
    free(text);
    scene->root = json_node_get_object(json_parser_get_root(scene->parser));
}

static void scene_close(Scene *scene)
{
    g_clear_object(&scene->parser);
    g_ptr_array_unref(scene->inputs.files);
    g_ptr_array_unref(scene->inputs.numbered);
}

static JsonObject *element(JsonObject *object, const char *list, unsigned index)
{
    return json_array_get_object_element(json_object_get_array_member(object, list), index);
}

static const char *text_of(JsonObject *object, const char *name)
{
    return json_object_get_string_member(object, name);
}

START_TEST(test_run)
{
    Scene scene;
    scene_open(&scene);
    scene.thresholds.prompt_close = NS_PER_SECOND / 10;
    scene.thresholds.close_grace = 1;
    scene.facts.separate = true;
    scene_read(&scene);
    ck_assert_str_eq(text_of(scene.root, "connaudit"), "1.2.3");
    ck_assert(json_object_get_boolean_member(scene.root, "separate"));
    ck_assert(json_object_get_null_member(scene.root, "redact_key"));
    ck_assert(json_object_get_null_member(scene.root, "redact_key_fingerprint"));
    JsonArray *command = json_object_get_array_member(scene.root, "command");
    ck_assert_uint_eq(json_array_get_length(command), 3);
    ck_assert_str_eq(json_array_get_string_element(command, 0), "connaudit");
    ck_assert_str_eq(json_array_get_string_element(command, 2), "a \"b\"\\xff\\\\ \xc3\xbc");
    JsonObject *thresholds = json_object_get_object_member(scene.root, "thresholds");
    ck_assert_str_eq(text_of(thresholds, "prompt_close_s"), "0.100000000");
    ck_assert_str_eq(text_of(thresholds, "close_grace_s"), "0.000000001");
    ck_assert_str_eq(text_of(thresholds, "half_close_s"), "30.000000000");
    JsonObject *limits = json_object_get_object_member(scene.root, "limits");
    ck_assert_int_eq(json_object_get_int_member(limits, "held_bytes"), 256 * 1024 * 1024);
    scene_close(&scene);
}
END_TEST

START_TEST(test_inputs)
{
    Scene scene;
    scene_open(&scene);
    scene.info.drops = (CaptureDrops){ .by_system_stated = true, .by_system = 0 };
    scene.info.steps_back = 3;
    scene.info.largest_step_back = 1500 * NS_PER_MS;
    scene.info.mistimed = 2;
    scene.info.tick = 10000;
    scene_read(&scene);
    JsonObject *input = element(scene.root, "inputs", 0);
    ck_assert_str_eq(text_of(input, "path"), "d/\\xe9.pcap");
    ck_assert_int_eq(json_object_get_int_member(input, "size"), 5000000000);
    ck_assert(json_object_get_null_member(input, "sha256"));
    ck_assert(json_object_get_null_member(input, "compression"));
    ck_assert(json_object_get_null_member(input, "problem"));
    ck_assert_str_eq(text_of(input, "first_time"), "2023-11-14T22:13:20.000000Z");
    ck_assert_str_eq(text_of(input, "last_time"), "2023-11-14T22:13:21.500000Z");
    ck_assert_int_eq(json_object_get_int_member(input, "steps_back"), 3);
    ck_assert_str_eq(text_of(input, "largest_step_back_s"), "1.500000000");
    ck_assert_int_eq(json_object_get_int_member(input, "packets_with_unusable_time"), 2);
    ck_assert_str_eq(text_of(input, "clock_tick_s"), "0.010000000");
    ck_assert_str_eq(text_of(input, "end"), "whole");
    JsonObject *drops = json_object_get_object_member(input, "drops_stated");
    ck_assert_msg(json_object_get_null_member(drops, "by_interface"), "not stated is not none");
    ck_assert_int_eq(json_object_get_int_member(drops, "by_system"), 0);
    JsonObject *link = element(input, "links", 0);
    ck_assert_str_eq(text_of(link, "name"), "EN10MB");
    ck_assert(json_object_get_null_member(link, "snap_length"));
    JsonObject *out = element(scene.root, "left_out", 0);
    ck_assert_str_eq(text_of(out, "problem"), "d/x: gone");
    ck_assert(json_object_get_boolean_member(out, "failed"));
    scene_close(&scene);
}
END_TEST

/* Without a packet there is no first time; without a reading nothing is known but the name. */
START_TEST(test_inputs_without_content)
{
    Scene scene;
    scene_open(&scene);
    scene.info.packets = scene.info.untimed = 3;
    scene.info.end = CAPTURE_END_CUT;
    scene_read(&scene);
    JsonObject *input = element(scene.root, "inputs", 0);
    ck_assert(json_object_get_null_member(input, "first_time"));
    ck_assert(json_object_get_null_member(input, "last_time"));
    ck_assert(json_object_get_null_member(input, "clock_tick_s"));
    ck_assert_str_eq(text_of(input, "end"), "cut");
    g_clear_object(&scene.parser);
    scene.good.info = NULL;
    scene.good.problem = GOOD_PROBLEM;
    scene_read(&scene);
    input = element(scene.root, "inputs", 0);
    ck_assert(!json_object_has_member(input, "size"));
    ck_assert_str_eq(text_of(input, "problem"), scene.good.problem);
    scene_close(&scene);
}
END_TEST

START_TEST(test_results)
{
    Scene scene;
    scene_open(&scene);
    scene.totals.audit.exchanges = UINT64_C(0x100000001);
    scene.totals.audit.verdicts[VERDICT_CONTRADICTED] = 2;
    scene.totals.audit.exchange_verdicts[VERDICT_CONTRADICTED] = 3;
    scene.totals.audit.findings[SEVERITY_WARNING] = 7;
    scene.totals.audit.causes[VERDICT_CONTRADICTED][CAUSE_KEEPALIVE_RACE] = 2;
    scene.totals.audit.decoded[DECODE_NOT_TCP] = 4;
    scene.totals.streams.gap_bytes = 5;
    scene.totals.streams.evicted = 6;
    scene_read(&scene);
    JsonObject *totals = json_object_get_object_member(scene.root, "totals");
    ck_assert_int_eq(json_object_get_int_member(totals, "exchanges"), 0x100000001);
    JsonObject *connections = json_object_get_object_member(totals, "connections_by_verdict");
    JsonObject *findings = json_object_get_object_member(totals, "findings_by_severity");
    ck_assert_int_eq(json_object_get_int_member(findings, "error"), 0);
    ck_assert_int_eq(json_object_get_int_member(findings, "warning"), 7);
    JsonObject *exchanges = json_object_get_object_member(totals, "exchanges_by_verdict");
    ck_assert_int_eq(json_object_get_int_member(connections, "contradicted"), 2);
    ck_assert_int_eq(json_object_get_int_member(connections, "as_declared"), 0);
    ck_assert_int_eq(json_object_get_int_member(exchanges, "contradicted"), 3);
    JsonArray *causes = json_object_get_array_member(totals, "connections_by_cause");
    ck_assert_uint_eq(json_array_get_length(causes), 1);
    ck_assert_str_eq(text_of(element(totals, "connections_by_cause", 0), "cause"),
                     "keepalive_race");
    JsonObject *skipped = element(scene.root, "skipped", 0);
    ck_assert_str_eq(text_of(skipped, "reason"), decode_result_text(DECODE_NOT_TCP));
    ck_assert_int_eq(json_object_get_int_member(skipped, "packets"), 4);
    JsonObject *lost = json_object_get_object_member(scene.root, "lost");
    ck_assert_int_eq(json_object_get_int_member(lost, "gap_bytes"), 5);
    JsonObject *given_up = json_object_get_object_member(scene.root, "given_up");
    ck_assert_int_eq(json_object_get_int_member(given_up, "connections"), 6);
    JsonObject *report = element(scene.root, "reports", 0);
    ck_assert_str_eq(text_of(report, "sha256"), "00ff");
    ck_assert_int_eq(json_object_get_int_member(report, "size"), 7);
    scene_close(&scene);
}
END_TEST

START_TEST(test_same_bytes)
{
    Scene scene;
    scene_open(&scene);
    char *first = scene_write(&scene), *second = scene_write(&scene);
    ck_assert_str_eq(first, second);
    free(first);
    free(second);
    scene_close(&scene);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("manifest");
    TCase *tcase = tcase_create("manifest");
    tcase_add_test(tcase, test_run);
    tcase_add_test(tcase, test_inputs);
    tcase_add_test(tcase, test_inputs_without_content);
    tcase_add_test(tcase, test_results);
    tcase_add_test(tcase, test_same_bytes);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
