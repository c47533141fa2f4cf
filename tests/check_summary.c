/* The summary for a person, line by line. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "decode/decode.h"
#include "report/summary.h"

#define S(seconds) ((Nanoseconds)(seconds)*NS_PER_SECOND)

typedef struct Scene {
    CaptureInfo capture;
    AuditTotals totals;
    SummaryFacts facts;
    char *text;
} Scene;

static void scene_open(Scene *scene, const char *path)
{
    *scene = (Scene){ .capture = { .path = path } };
    scene->facts = (SummaryFacts){ .capture = &scene->capture, .totals = &scene->totals };
}

/* Connections with HTTP, and everything that must come with them. */
static void scene_connections(Scene *scene, Verdict verdict, Cause cause, uint64_t count)
{
    scene->totals.audit.verdicts[verdict] += count;
    scene->totals.audit.causes[verdict][cause] += count;
    scene->totals.audit.http_connections += count;
    scene->totals.streams.connections += count;
}

/* Lines of at most 80 columns, the last one ended, no control character in them. */
static void check_lines(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    ck_assert_msg(g_str_has_suffix(text, "\n"), "the last line is ended");
    for (char **line = lines; *line; line++) {
        ck_assert_msg(strlen(*line) <= SUMMARY_WIDTH, "%s", *line);
        ck_assert_msg(!g_str_has_suffix(*line, " "), "a blank at the end: %s", *line);
        for (const char *c = *line; *c; c++)
            ck_assert_msg((unsigned char)*c >= 0x20 && *c != 0x7f, "not printable: %02x",
                          (unsigned char)*c);
    }
}

static void write_text(Scene *scene, bool colour)
{
    size_t size = 0;
    FILE *out = open_memstream(&scene->text, &size);
    summary_write(out, &scene->facts, colour);
    fclose(out);
}

static void scene_write(Scene *scene)
{
    write_text(scene, false);
    check_lines(scene->text);
}

/* The whole text. */
static void scene_says(Scene *scene, const char *expected)
{
    scene_write(scene);
    ck_assert_str_eq(scene->text, expected);
    free(scene->text);
}

/* A part of the summary; it may continue on the next line. */
static void scene_tells(Scene *scene, const char *part)
{
    scene_write(scene);
    g_autoptr(GRegex) blanks = g_regex_new("\\s+", 0, 0, NULL);
    g_autofree char *flat = g_regex_replace_literal(blanks, scene->text, -1, 0, " ", 0, NULL);
    ck_assert_msg(strstr(flat, part) != NULL, "'%s' is not in: %s", part, scene->text);
    free(scene->text);
}

/* Counts of zero are not printed, except where the reader looks for them. */
START_TEST(test_nothing)
{
    Scene scene;
    scene_open(&scene, "empty.pcap");
    scene_says(&scene, "empty.pcap: 0 frames, 0.0 ms\n"
                       "  connections   0  with HTTP; 0 exchanges\n"
                       "  as declared   0\n"
                       "  contradicted  0\n"
                       "  undetermined  0\n"
                       "  findings      0\n"
                       "  left out      nothing\n");
}
END_TEST

/* What the inputs' clocks leave open, input by input. */
START_TEST(test_clocks)
{
    static CaptureInfo infos[] = {
        { .packets = 9, .untimed = 8, .mistimed = 1 },
        { .packets = 9, .steps_back = 3, .set_back = 20 },
        { .packets = 9, .steps_back = 3, .set_back = 21, .largest_step_back = 15 * NS_PER_MS },
        { .packets = 9,
          .tick = 1000000,
          .steps_back = 1,
          .set_back = 2000,
          .largest_step_back = S(2) },
        { .packets = 9, .tick = 10000 },
        { .packets = 9, .untimed = 1 },
    };
    InputFile files[G_N_ELEMENTS(infos)] = { 0 };
    CaptureInputs inputs = { .numbered = g_ptr_array_new() };
    for (size_t i = 0; i < G_N_ELEMENTS(infos); i++) {
        files[i] =
            (InputFile){ .path = g_strdup_printf("%c.pcap", 'a' + (int)i), .info = &infos[i] };
        g_ptr_array_add(inputs.numbered, &files[i]);
    }
    Scene scene;
    scene_open(&scene, "6 inputs");
    scene.facts.inputs = &inputs;
    scene_says(&scene,
               "6 inputs: 0 frames, 0.0 ms\n"
               "  connections   0  with HTTP; 0 exchanges\n"
               "  as declared   0\n"
               "  contradicted  0\n"
               "  undetermined  0\n"
               "  findings      0\n"
               "  left out      nothing\n"
               "  clock         a.pcap: 8 packets without a time, 1 packet with an unusable time\n"
               "                c.pcap: 3 steps back of at most 15.0 ms\n"
               "                d.pcap: 1 step back of at most 2.0 s, one tick in 1.0 s\n"
               "                and 2 more inputs\n");
    for (size_t i = 0; i < G_N_ELEMENTS(infos); i++)
        g_free(files[i].path);
    g_ptr_array_unref(inputs.numbered);
}
END_TEST

START_TEST(test_small)
{
    Scene scene;
    scene_open(&scene, "small.pcap");
    scene.totals.audit.frames = 1;
    scene.totals.audit.exchanges = 1;
    scene_connections(&scene, VERDICT_CONTRADICTED, CAUSE_UNDECLARED_CLOSE, 1);
    scene.totals.audit.rules[SEVERITY_WARNING][RULE_UNDECLARED_CLOSE] = 1;
    scene_says(&scene, "small.pcap: 1 frame, 0.0 ms\n"
                       "  connections   1  with HTTP; 1 exchange\n"
                       "  as declared   0\n"
                       "  contradicted  1  undeclared_close 1\n"
                       "  undetermined  0\n"
                       "  warnings      1  undeclared-close 1\n"
                       "  left out      nothing\n");
}
END_TEST

/* The most frequent first; numbers below each other; lines broken between items alone. */
START_TEST(test_large)
{
    Scene scene;
    scene_open(&scene, "a.pcap");
    scene.totals.audit.frames = 1234567;
    scene.capture.first_time = S(100);
    scene.capture.last_time = S(103) + S(1) / 2;
    scene.totals.audit.exchanges = 12345;
    scene_connections(&scene, VERDICT_AS_DECLARED, CAUSE_REUSED, 5);
    scene_connections(&scene, VERDICT_AS_DECLARED, CAUSE_CLIENT_FINISHED, 1000);
    scene_connections(&scene, VERDICT_AS_DECLARED, CAUSE_CLOSED, 7);
    scene_connections(&scene, VERDICT_CONTRADICTED, CAUSE_KEEPALIVE_RACE, 3);
    scene_connections(&scene, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED, 12);
    scene_connections(&scene, VERDICT_UNDETERMINED, CAUSE_LOSS, 12);
    scene.totals.streams.connections += 4000;
    scene.totals.audit.rules[SEVERITY_ERROR][RULE_LENGTH_AND_CHUNKED] = 2;
    scene.totals.audit.rules[SEVERITY_WARNING][RULE_KEEPALIVE_RACE] = 3;
    scene.totals.audit.rules[SEVERITY_WARNING][RULE_CLOSE_NOT_ECHOED] = 20;
    scene.totals.audit.rules[SEVERITY_WARNING][RULE_KEEP_ALIVE_NOT_LISTED] = 4;
    scene.totals.audit.rules[SEVERITY_NOTE][RULE_BARE_LF] = 1;
    scene.totals.audit.decoded[DECODE_NOT_TCP] = 300;
    scene.totals.audit.decoded[DECODE_NOT_IP] = 20;
    scene.totals.streams.gap_bytes = 1460;
    scene.totals.streams.cut_bytes = 12;
    scene.totals.streams.evicted = 9;
    scene.totals.streams.resets_ignored = 1;
    scene_says(&scene, "a.pcap: 1,234,567 frames, 3.5 s\n"
                       "  connections   1,039  with HTTP, 4,000 without; 12,345 exchanges\n"
                       "  as declared   1,012  client_finished 1,000, closed 7, reused 5\n"
                       "  contradicted      3  keepalive_race 3\n"
                       "  undetermined     24  loss 12, capture_ended 12\n"
                       "  errors            2  length-and-chunked 2\n"
                       "  warnings         27  close-not-echoed 20, keep-alive-not-listed 4,\n"
                       "                       keepalive-race 3\n"
                       "  notes             1  bare-lf 1\n"
                       "  left out      320 frames: 20 not IP, 300 not TCP\n"
                       "  missing       1,460 bytes in gaps, 12 bytes cut by the snap length\n"
                       "  given up      9 connections (limit)\n"
                       "  passed over   1 reset ignored\n");
}
END_TEST

/* Up to seven kinds have names. Of eight, six have names, and the rest is summed. */
START_TEST(test_many_kinds)
{
    Scene scene;
    scene_open(&scene, "a");
    for (Cause cause = CAUSE_LOSS; cause < CAUSE_LOSS + 7; cause++)
        scene_connections(&scene, VERDICT_UNDETERMINED, cause, 20 - cause);
    scene_tells(&scene, " undetermined 112 loss 19, snaplen 18, midstream 17, one_direction 16, "
                        "limit 15, send_backlog 14, malformed 13 findings");
    scene_connections(&scene, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED, 2);
    scene_tells(&scene, " undetermined 114 loss 19, snaplen 18, midstream 17, one_direction 16, "
                        "limit 15, send_backlog 14, others 15 findings");
}
END_TEST

static const struct {
    uint64_t number;
    const char *text;
} NUMBERS[] = {
    { 0, "a: 0 frames, " },
    { 1, "a: 1 frame, " },
    { 7, "a: 7 frames, " },
    { 999, "a: 999 frames, " },
    { 1000, "a: 1,000 frames, " },
    { 12345, "a: 12,345 frames, " },
    { 123456, "a: 123,456 frames, " },
    { 1000000, "a: 1,000,000 frames, " },
    { UINT64_MAX, "a: 18,446,744,073,709,551,615 frames, " },
};

START_TEST(test_numbers)
{
    Scene scene;
    scene_open(&scene, "a");
    scene.totals.audit.frames = NUMBERS[_i].number;
    scene_tells(&scene, NUMBERS[_i].text);
}
END_TEST

/* A clock that was set back gives no negative time. */
static const struct {
    Nanoseconds span;
    const char *text;
} SPANS[] = {
    { S(-1), " 0.0 ms " },         { 1, " 0.0 ms " },
    { 914000, " 0.9 ms " },        { S(1) - 100000, " 999.9 ms " },
    { S(1), " 1.0 s " },           { S(119), " 119.0 s " },
    { S(120), " 2 min 0 s " },     { S(7199), " 119 min 59 s " },
    { S(7200), " 2 h 0 min " },    { S(2 * 86400 - 1), " 47 h 59 min " },
    { S(2 * 86400), " 2 d 0 h " }, { S(2 * 86400 + 23 * 3600 + 3599), " 2 d 23 h " },
};

START_TEST(test_spans_of_time)
{
    Scene scene;
    scene_open(&scene, "a");
    scene.capture.first_time = S(100);
    scene.capture.last_time = S(100) + SPANS[_i].span;
    scene_tells(&scene, SPANS[_i].text);
}
END_TEST

/* Every number of its kind at its greatest fits in as well. */
START_TEST(test_width)
{
    Scene scene;
    scene_open(&scene, "a.pcap");
    memset(scene.totals.audit.decoded, 0x11, sizeof scene.totals.audit.decoded);
    memset(scene.totals.audit.verdicts, 0x11, sizeof scene.totals.audit.verdicts);
    memset(scene.totals.audit.causes, 0x11, sizeof scene.totals.audit.causes);
    memset(scene.totals.audit.rules, 0x01, sizeof scene.totals.audit.rules);
    memset(&scene.totals.streams, 0x22, sizeof scene.totals.streams);
    scene.totals.audit.frames = scene.totals.audit.http_connections = scene.totals.audit.exchanges =
        UINT64_MAX / 9;
    scene.totals.audit.filtered = scene.totals.unfilterable = scene.totals.audit.match_given_up =
        UINT64_MAX / 9;
    scene.facts.matching = true;
    scene_write(&scene);
    free(scene.text);
}
END_TEST

/* Everything that kept packets or connections from being judged is reported with its number. */
START_TEST(test_frames_that_were_left_out)
{
    Scene scene;
    scene_open(&scene, "a.pcap");
    scene.totals.audit.decoded[_i] = 4321;
    g_autofree char *line =
        g_strdup_printf(" left out 4,321 frames: 4,321 %s", decode_result_text((DecodeResult)_i));
    scene_tells(&scene, _i == DECODE_SEGMENT ? " left out nothing" : line);
}
END_TEST

/* Why connections have no capture: there were too many, or nobody waited for them. */
START_TEST(test_connections_without_a_capture)
{
    static const char *const lines[] = {
        "  evidence      0  captures, 7 connections without one (--evidence-max)\n",
        "  evidence      0  captures, 7 connections without one (the run was stopped)\n",
    };
    Scene scene;
    scene_open(&scene, "a.pcap");
    scene.facts.evidence = true;
    scene.facts.left_out = 7;
    scene.facts.stopped = _i;
    scene_write(&scene);
    ck_assert_ptr_nonnull(strstr(scene.text, lines[_i]));
    free(scene.text);
}
END_TEST

START_TEST(test_filter)
{
    Scene scene;
    scene_open(&scene, "a.pcap");
    scene.totals.audit.filtered = 30;
    scene.totals.unfilterable = 10;
    scene_tells(&scene, " left out 30 frames: 20 left out by the filter, "
                        "10 of a link type that the filter cannot be used on");
}
END_TEST

START_TEST(test_match)
{
    Scene scene;
    scene_open(&scene, "a.pcap");
    scene.facts.matching = true;
    scene_tells(&scene, " matching 0 exchanges left out");
    scene.totals.audit.matched = 1;
    scene_tells(&scene, " matching 1 exchange left out");
    scene.totals.audit.matched = 7;
    scene.totals.audit.match_given_up = 1;
    scene_tells(&scene, " matching 7 exchanges, 1 not looked through to the end (limit) left out");
}
END_TEST

#define COUNTER(member) offsetof(StreamCounters, member)

static const struct {
    size_t offset;
    const char *text;
} LOSSES[] = {
    { COUNTER(gap_bytes), " missing 4,321 bytes in gaps" },
    { COUNTER(cut_bytes), " missing 4,321 bytes cut by the snap length" },
    { COUNTER(late_bytes), " missing 4,321 bytes too late" },
    { COUNTER(evicted), " given up 4,321 connections (limit)" },
    { COUNTER(held_limit), " given up 4,321 holes (limit)" },
    { COUNTER(duplicates), " passed over 4,321 packets captured twice" },
    { COUNTER(distant_copies), " two places 4,321 packets captured again at another place" },
    { COUNTER(resets_ignored), " passed over 4,321 resets ignored" },
    { COUNTER(segments_after_end), " passed over 4,321 segments after the end" },
};

START_TEST(test_losses)
{
    Scene scene;
    scene_open(&scene, "a.pcap");
    *(uint64_t *)(void *)((char *)&scene.totals.streams + LOSSES[_i].offset) = 4321;
    scene_tells(&scene, LOSSES[_i].text);
}
END_TEST

/* A capture's name adds no control character and no line, whatever it is. */
static const struct {
    const char *path, *text;
} PATHS[] = {
    { "a\nb.pcap", "a\\x0ab.pcap: 0 frames" },
    { "\033[2J.pcap", "\\x1b[2J.pcap: 0 frames" },
    { "caf\xc3\xa9.pcap", "caf\xc3\xa9.pcap: 0 frames" },
    { "-", "standard input: 0 frames" },
    { "a\037b", "a\\x1fb: 0 frames" },
};

START_TEST(test_hostile_path)
{
    Scene scene;
    scene_open(&scene, PATHS[_i].path);
    scene_tells(&scene, PATHS[_i].text);
}
END_TEST

/* A name that is longer than a line is broken, and nothing of it is lost. */
START_TEST(test_long_path)
{
    Scene scene;
    g_autofree char *path = g_strnfill(200, 'p');
    scene_open(&scene, path);
    write_text(&scene, false);
    g_auto(GStrv) lines = g_strsplit(scene.text, "\n", -1);
    g_autofree char *whole = g_strconcat(path, ":", NULL);
    ck_assert_str_eq(lines[0], whole);
    ck_assert_str_eq(lines[1], "0 frames, 0.0 ms");
    free(scene.text);
}
END_TEST

/* Only counts above zero have a colour. Without colours the text is the same. */
START_TEST(test_colour)
{
    Scene scene;
    scene_open(&scene, "a");
    scene_connections(&scene, VERDICT_CONTRADICTED, CAUSE_ABORTED, 2);
    write_text(&scene, true);
    ck_assert(strstr(scene.text, "\033[31mcontradicted  2\033[0m  aborted 2\n") != NULL);
    ck_assert(strstr(scene.text, "  undetermined  0\n") != NULL);
    g_autoptr(GRegex) codes = g_regex_new("\033\\[[0-9]*m", 0, 0, NULL);
    g_autofree char *plain = g_regex_replace_literal(codes, scene.text, -1, 0, "", 0, NULL);
    free(scene.text);
    scene_says(&scene, plain);
}
END_TEST

START_TEST(test_tls)
{
    Scene scene;
    scene_open(&scene, "a.pcap");
    TlsKeysCounters keys = { .lines = 9, .taken = 4, .unsupported = 2, .malformed = 3 };
    scene.totals.audit.tls_connections = 31;
    scene.totals.audit.tls_by_secrets[TLS_SECRETS_OF_ALL] = 20;
    scene.totals.audit.tls_by_secrets[TLS_SECRETS_OF_NONE] = 10;
    scene.totals.audit.tls_by_refusal[TLS_REFUSED_VERSION] = 1;
    scene.facts.keys = &keys;
    scene_write(&scene);
    ck_assert_ptr_nonnull(strstr(scene.text,
                                 "  in TLS        31  20 decrypted, 10 not decrypted: no "
                                 "secrets of theirs, 1 not\n"
                                 "                    decrypted: of a version that is not "
                                 "supported\n"));
    ck_assert_ptr_nonnull(strstr(scene.text,
                                 "  secrets        4  of TLS, 2 lines with RSA secrets, "
                                 "which are not supported,\n"
                                 "                    3 lines malformed\n"));
    free(scene.text);
}
END_TEST

START_TEST(test_tls_without_secrets)
{
    Scene scene;
    scene_open(&scene, "a.pcap");
    scene.totals.audit.tls_connections = 31;
    scene.totals.audit.tls_by_secrets[TLS_SECRETS_OF_NONE] = 31;
    scene.totals.audit.quic_pairs = 4096;
    scene.totals.audit.quic_packets_uncounted = 7;
    scene_write(&scene);
    ck_assert_ptr_nonnull(
        strstr(scene.text, "  in TLS           31  31 not decrypted: give --keylog\n"
                           "  QUIC between  4,096  pairs of addresses, not read, 7 packets of "
                           "further pairs\n"
                           "                       (limit)\n"));
    free(scene.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("summary");
    TCase *tcase = tcase_create("summary");
    tcase_add_test(tcase, test_nothing);
    tcase_add_test(tcase, test_tls);
    tcase_add_test(tcase, test_tls_without_secrets);
    tcase_add_test(tcase, test_clocks);
    tcase_add_test(tcase, test_small);
    tcase_add_test(tcase, test_large);
    tcase_add_test(tcase, test_many_kinds);
    tcase_add_loop_test(tcase, test_numbers, 0, G_N_ELEMENTS(NUMBERS));
    tcase_add_loop_test(tcase, test_spans_of_time, 0, G_N_ELEMENTS(SPANS));
    tcase_add_test(tcase, test_width);
    tcase_add_loop_test(tcase, test_frames_that_were_left_out, 0, DECODE_RESULT_COUNT);
    tcase_add_loop_test(tcase, test_connections_without_a_capture, 0, 2);
    tcase_add_test(tcase, test_filter);
    tcase_add_test(tcase, test_match);
    tcase_add_loop_test(tcase, test_losses, 0, G_N_ELEMENTS(LOSSES));
    tcase_add_loop_test(tcase, test_hostile_path, 0, G_N_ELEMENTS(PATHS));
    tcase_add_test(tcase, test_long_path);
    tcase_add_test(tcase, test_colour);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
