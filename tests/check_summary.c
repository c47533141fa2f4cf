/* The summary: five lines for a person. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "decode/decode.h"
#include "report/summary.h"

#define S(seconds) ((Nanoseconds)(seconds)*NS_PER_SECOND)

typedef struct Scene {
    CaptureInfo capture;
    uint64_t decoded[DECODE_RESULT_COUNT];
    uint64_t verdicts[3];
    uint64_t causes[3][CAUSE_COUNT];
    StreamCounters streams;
    SummaryFacts facts;
    char **lines;
} Scene;

static void scene_open(Scene *scene, const char *path)
{
    *scene = (Scene){ .capture = { .path = path } };
    scene->facts = (SummaryFacts){ .capture = &scene->capture,
                                   .decoded = scene->decoded,
                                   .verdicts = scene->verdicts,
                                   .causes = scene->causes,
                                   .streams = &scene->streams };
}

/* Its lines, each ended; no more and no fewer than it promises. */
static void scene_write(Scene *scene)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    summary_write(out, &scene->facts);
    fclose(out);
    ck_assert_msg(g_str_has_suffix(text, "\n"), "the last line is ended");
    scene->lines = g_strsplit(text, "\n", -1);
    ck_assert_uint_eq(g_strv_length(scene->lines), SUMMARY_LINES + 1);
    for (const char *c = text; *c; c++)
        ck_assert_msg((*c >= 0x20 && *c < 0x7f) || *c == '\n', "not printable: %02x", *c);
    free(text);
}

static void scene_clear(Scene *scene)
{
    g_strfreev(scene->lines);
}

/* The place of a word in a line, or -1. */
static gssize place(const char *line, const char *word)
{
    const char *found = strstr(line, word);
    return found ? found - line : -1;
}

START_TEST(test_nothing)
{
    Scene scene;
    scene_open(&scene, "empty.pcap");
    scene_write(&scene);
    ck_assert(g_str_has_prefix(scene.lines[0], "empty.pcap: 0 frames"));
    ck_assert_msg(place(scene.lines[4], "nothing") >= 0, "%s", scene.lines[4]);
    scene_clear(&scene);
}
END_TEST

START_TEST(test_what_was_read)
{
    Scene scene;
    scene_open(&scene, "a.pcap");
    scene.facts.frames = 1234567;
    scene.capture.first_time = S(100);
    scene.capture.last_time = S(103) + S(1) / 2;
    scene.streams.connections = 1000;
    scene.facts.http_connections = 999;
    scene.facts.exchanges = 12345;
    scene_write(&scene);
    static const char *const words[] = { "a.pcap: 1,234,567 frames", " 3.5 s", " 1,000 connections",
                                         " 999 HTTP", " 12,345 exchanges" };
    gssize last = -1;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        gssize at = place(scene.lines[0], words[i]);
        ck_assert_msg(at > last, "%s: %s", words[i], scene.lines[0]);
        last = at;
    }
    scene_clear(&scene);
}
END_TEST

static const struct {
    uint64_t number;
    const char *text;
} NUMBERS[] = {
    { 0, ": 0 frames" },
    { 7, ": 7 frames" },
    { 999, ": 999 frames" },
    { 1000, ": 1,000 frames" },
    { 12345, ": 12,345 frames" },
    { 123456, ": 123,456 frames" },
    { 1000000, ": 1,000,000 frames" },
    { UINT64_MAX, ": 18,446,744,073,709,551,615 frames" },
};

START_TEST(test_numbers)
{
    Scene scene;
    scene_open(&scene, "a");
    scene.facts.frames = NUMBERS[_i].number;
    scene_write(&scene);
    ck_assert_msg(place(scene.lines[0], NUMBERS[_i].text) == 1, "%s", scene.lines[0]);
    scene_clear(&scene);
}
END_TEST

/* A clock that was set back gives no negative time. */
START_TEST(test_time_runs_forward)
{
    Scene scene;
    scene_open(&scene, "a");
    scene.capture.first_time = S(100);
    scene.capture.last_time = S(99);
    scene_write(&scene);
    ck_assert_msg(place(scene.lines[0], " 0.0 s") >= 0, "%s", scene.lines[0]);
    scene_clear(&scene);
}
END_TEST

static void some_verdicts(Scene *scene)
{
    scene->verdicts[VERDICT_AS_DECLARED] = 1012;
    scene->causes[VERDICT_AS_DECLARED][CAUSE_REUSED] = 5;
    scene->causes[VERDICT_AS_DECLARED][CAUSE_CLIENT_FINISHED] = 1000;
    scene->causes[VERDICT_AS_DECLARED][CAUSE_CLOSED] = 7;
    scene->verdicts[VERDICT_CONTRADICTED] = 3;
    scene->causes[VERDICT_CONTRADICTED][CAUSE_KEEPALIVE_RACE] = 3;
}

/* One line a verdict, the causes of each by how often they are. */
START_TEST(test_verdicts)
{
    Scene scene;
    scene_open(&scene, "a.pcap");
    some_verdicts(&scene);
    scene_write(&scene);
    const char *as_declared = scene.lines[1];
    ck_assert(g_str_has_prefix(as_declared, "as declared: 1,012 "));
    gssize finished = place(as_declared, "client_finished 1,000");
    gssize closed = place(as_declared, "closed 7"), reused = place(as_declared, "reused 5");
    ck_assert_msg(0 < finished && finished < closed && closed < reused, "%s", as_declared);
    ck_assert(g_str_has_prefix(scene.lines[2], "contradicted: 3 "));
    ck_assert_msg(place(scene.lines[2], "keepalive_race 3") > 0, "%s", scene.lines[2]);
    ck_assert_str_eq(scene.lines[3], "undetermined: 0");
    scene_clear(&scene);
}
END_TEST

/* A cause that did not occur is not told. */
START_TEST(test_causes_that_did_not_occur)
{
    Scene scene;
    scene_open(&scene, "a.pcap");
    some_verdicts(&scene);
    scene_write(&scene);
    for (Cause cause = CAUSE_NONE + 1; cause < CAUSE_COUNT; cause++)
        for (Verdict verdict = VERDICT_AS_DECLARED; verdict <= VERDICT_CONTRADICTED; verdict++) {
            g_autofree char *word = g_strdup_printf(" %s ", cause_name(cause));
            if (scene.causes[verdict][cause] > 0)
                continue;
            static const unsigned line_of[] = { 1, 3, 2 };
            const char *line = scene.lines[line_of[verdict]];
            ck_assert_msg(place(line, word) < 0, "%s: %s", word, line);
        }
    scene_clear(&scene);
}
END_TEST

/* With numbers of a usual size it fits a terminal. */
START_TEST(test_width)
{
    Scene scene;
    scene_open(&scene, "a.pcap");
    some_verdicts(&scene);
    scene.facts.frames = 99999;
    scene.capture.last_time = S(99);
    scene.streams.connections = 1015;
    scene.facts.http_connections = 1015;
    scene.facts.exchanges = 4000;
    scene.decoded[DECODE_NOT_TCP] = 4321;
    scene.streams.gap_bytes = 1460;
    scene_write(&scene);
    for (unsigned i = 0; i < SUMMARY_LINES; i++)
        ck_assert_msg(strlen(scene.lines[i]) <= 80, "%s", scene.lines[i]);
    scene_clear(&scene);
}
END_TEST

/* Whatever kept packets or connections from being judged is told with its number. */
START_TEST(test_frames_that_were_skipped)
{
    Scene scene;
    scene_open(&scene, "a.pcap");
    scene.decoded[_i] = 4321;
    scene_write(&scene);
    g_autofree char *word = g_strdup_printf("4,321 %s", decode_result_text((DecodeResult)_i));
    ck_assert_msg((place(scene.lines[4], word) > 0) == (_i != DECODE_SEGMENT), "%s",
                  scene.lines[4]);
    scene_clear(&scene);
}
END_TEST

#define COUNTER(member) offsetof(StreamCounters, member)

static const struct {
    const char *name;
    size_t offset;
} LOSSES[] = {
    { "gaps", COUNTER(gap_bytes) },
    { "cut", COUNTER(cut_bytes) },
    { "late", COUNTER(late_bytes) },
    { "resets", COUNTER(resets_ignored) },
    { "after the end", COUNTER(segments_after_end) },
    { "connections given up", COUNTER(evicted) },
    { "holes given up", COUNTER(held_limit) },
};

START_TEST(test_losses)
{
    Scene scene;
    scene_open(&scene, "a.pcap");
    *(uint64_t *)(void *)((char *)&scene.streams + LOSSES[_i].offset) = 4321;
    scene_write(&scene);
    ck_assert_msg(place(scene.lines[4], "4,321 ") > 0, "%s: %s", LOSSES[_i].name, scene.lines[4]);
    ck_assert(place(scene.lines[4], "nothing") < 0);
    scene_clear(&scene);
}
END_TEST

/* Whatever its name, a capture adds no line and no control character. */
static const char *const HOSTILE_PATHS[] = { "a\nb.pcap", "\033[2J.pcap", "caf\xc3\xa9.pcap" };

START_TEST(test_hostile_path)
{
    Scene scene;
    scene_open(&scene, HOSTILE_PATHS[_i]);
    scene_write(&scene);
    scene_clear(&scene);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("summary");
    TCase *tcase = tcase_create("summary");
    tcase_add_test(tcase, test_nothing);
    tcase_add_test(tcase, test_what_was_read);
    tcase_add_loop_test(tcase, test_numbers, 0, G_N_ELEMENTS(NUMBERS));
    tcase_add_test(tcase, test_time_runs_forward);
    tcase_add_test(tcase, test_verdicts);
    tcase_add_test(tcase, test_causes_that_did_not_occur);
    tcase_add_test(tcase, test_width);
    tcase_add_loop_test(tcase, test_frames_that_were_skipped, 0, DECODE_RESULT_COUNT);
    tcase_add_loop_test(tcase, test_losses, 0, G_N_ELEMENTS(LOSSES));
    tcase_add_loop_test(tcase, test_hostile_path, 0, G_N_ELEMENTS(HOSTILE_PATHS));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
