/* One pass over inputs: merged or each alone, to its end or until nobody wants more. */
#include <check.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "pass.h"

/* One connection, three requests; curl, little-endian pcap. */
#define SAMPLE "third-of-three-requests-says-close.pcap"
#define SAMPLE_FRAMES 14
#define PCAP_HEADER 24
#define RECORD_HEADER 16

typedef struct Taken {
    unsigned connections, exchanges;
    GString *inputs;  /* in which the connections of the rows were first seen: "12" */
    unsigned looked;  /* calls of is_over() */
    unsigned over_at; /* the call that says yes; 0: none does */
} Taken;

static bool take_row(void *data, const AuditRow *row)
{
    Taken *taken = data;
    taken->connections += row->kind == ROW_CONNECTION;
    taken->exchanges += row->kind == ROW_EXCHANGE;
    if (row->kind == ROW_CONNECTION)
        g_string_append_printf(taken->inputs, "%u", frame_input(audit_row_connection(row)));
    return false;
}

static bool is_over(void *data)
{
    Taken *taken = data;
    return ++taken->looked == taken->over_at;
}

/* A directory with the sample: whole, and cut in two between its frames. */
typedef struct Scene {
    char *folder, *whole, *halves[2];
    Taken taken;
    AuditTotals totals;
    CaptureInputs *inputs;
} Scene;

static size_t end_of_frame(const char *capture, size_t at)
{
    uint32_t length;
    memcpy(&length, capture + at + 8, sizeof length);
    return at + RECORD_HEADER + GUINT32_FROM_LE(length);
}

static char *write_file(const char *folder, const char *name, const GString *content)
{
    char *path = g_build_filename(folder, name, NULL);
    ck_assert(g_file_set_contents(path, content->str, (gssize)content->len, NULL));
    return path;
}

static void scene_open(Scene *scene)
{
    const char *source = g_getenv("srcdir");
    g_autofree char *sample = g_build_filename(source ? source : ".", "samples", SAMPLE, NULL);
    g_autofree char *capture = NULL;
    gsize size;
    *scene = (Scene){ .folder = g_dir_make_tmp("pass-XXXXXX", NULL) };
    scene->taken.inputs = g_string_new(NULL);
    ck_assert(g_file_get_contents(sample, &capture, &size, NULL));
    size_t middle = PCAP_HEADER;
    for (unsigned frame = 0; frame < SAMPLE_FRAMES / 2; frame++)
        middle = end_of_frame(capture, middle);
    g_autoptr(GString) text = g_string_new_len(capture, (gssize)size);
    scene->whole = write_file(scene->folder, "whole.pcap", text);
    g_string_truncate(text, middle);
    scene->halves[0] = write_file(scene->folder, "first.pcap", text);
    g_string_truncate(text, PCAP_HEADER);
    g_string_append_len(text, capture + middle, (gssize)(size - middle));
    scene->halves[1] = write_file(scene->folder, "second.pcap", text);
}

static void scene_close(Scene *scene)
{
    char *const paths[] = { scene->whole, scene->halves[0], scene->halves[1] };
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_unlink(paths[i]);
        g_free(paths[i]);
    }
    g_rmdir(scene->folder);
    g_free(scene->folder);
    g_string_free(scene->taken.inputs, TRUE);
    capture_inputs_free(scene->inputs);
}

/* `paths` ends with NULL. */
static Pass pass_over(Scene *scene, const char *const *paths)
{
    CaptureOptions capture = { .hash = false };
    scene->inputs = capture_inputs_open(paths, &capture, NULL);
    Pass pass = { .inputs = scene->inputs,
                  .capture = capture,
                  .engine = engine_options_default(),
                  .data = &scene->taken,
                  .row = take_row,
                  .is_over = is_over };
    pass.engine.audit.connection_rows = pass.engine.audit.exchange_rows = true;
    return pass;
}

/* With how many threads, and how many frames read ahead together: nothing may depend on it. */
static const struct {
    unsigned jobs, portion;
    bool forks;
} WAYS[] = {
    { 0, 0, false }, { 1, 0, false }, { 2, 0, false }, { 2, 1, false }, { 3, 7, false },
    { 2, 0, true },  { 2, 1, true },  { 3, 7, true },  { 64, 2, true },
};

static HopLog *fork_nothing(void *data G_GNUC_UNUSED, AuditOptions *audit G_GNUC_UNUSED)
{
    return NULL;
}

static void go(Pass *pass, int way, AuditTotals *totals)
{
    pass->jobs = WAYS[way].jobs;
    pass->portion = WAYS[way].portion;
    pass->fork = WAYS[way].forks ? fork_nothing : NULL;
    pass_run(pass, totals);
}

/* Named backwards: their times decide. */
static Pass pass_over_halves(Scene *scene)
{
    const char *paths[] = { scene->halves[1], scene->halves[0], NULL };
    return pass_over(scene, paths);
}

START_TEST(merged)
{
    Scene scene;
    scene_open(&scene);
    Pass pass = pass_over_halves(&scene);
    go(&pass, _i, &scene.totals);
    ck_assert_uint_eq(scene.taken.connections, 1);
    ck_assert_uint_eq(scene.taken.exchanges, 3);
    ck_assert_str_eq(scene.taken.inputs->str, "1");
    ck_assert_uint_eq(scene.totals.audit.frames, SAMPLE_FRAMES);
    ck_assert_uint_eq(scene.totals.audit.http_connections, 1);
    ck_assert_uint_eq(scene.totals.audit.verdicts[VERDICT_AS_DECLARED], 1);
    scene_close(&scene);
}
END_TEST

/* The connection is two then; rows of input 1 come before those of input 2, and counts add up. */
START_TEST(separate)
{
    Scene scene;
    scene_open(&scene);
    Pass pass = pass_over_halves(&scene);
    pass.separate = true;
    go(&pass, _i, &scene.totals);
    ck_assert_str_eq(scene.taken.inputs->str, "12");
    ck_assert_uint_eq(scene.totals.audit.frames, SAMPLE_FRAMES);
    ck_assert_uint_eq(scene.totals.audit.http_connections, 2);
    scene_close(&scene);
}
END_TEST

/* A row that nobody takes, totals that nobody wants. */
START_TEST(for_the_listeners)
{
    Scene scene;
    scene_open(&scene);
    const char *paths[] = { scene.whole, NULL };
    Pass pass = pass_over(&scene, paths);
    pass.row = NULL;
    go(&pass, _i, NULL);
    ck_assert_uint_eq(scene.taken.connections + scene.taken.exchanges, 0);
    ck_assert_uint_gt(scene.taken.looked, 0);
    scene_close(&scene);
}
END_TEST

/* Before the first frame: nothing is read. */
START_TEST(over_at_once) /* _i % 2: each input alone */
{
    Scene scene;
    scene_open(&scene);
    Pass pass = pass_over_halves(&scene);
    scene.taken.over_at = 1;
    pass.separate = _i % 2;
    go(&pass, _i / 2, &scene.totals);
    if (WAYS[_i / 2].jobs <= 1) /* else some may have been read ahead */
        ck_assert_uint_eq(scene.totals.audit.frames, 0);
    ck_assert_uint_eq(scene.taken.connections, 0);
    scene_close(&scene);
}
END_TEST

/* After the first input (a batch each): what was open then is reported as it stands, and the second
 * is not read. */
START_TEST(over_between_inputs)
{
    Scene scene;
    scene_open(&scene);
    Pass pass = pass_over_halves(&scene);
    scene.taken.over_at = 2;
    pass_run(&pass, &scene.totals);
    ck_assert_uint_eq(scene.totals.audit.frames, SAMPLE_FRAMES / 2);
    ck_assert_uint_eq(scene.taken.connections, 1);
    ck_assert_uint_eq(scene.taken.looked, 2);
    scene_close(&scene);
}
END_TEST

/* Frames may have been read ahead, but no row comes of them. */
START_TEST(over_while_reading_ahead)
{
    Scene scene;
    scene_open(&scene);
    Pass pass = pass_over_halves(&scene);
    pass.jobs = 2;
    pass.portion = 1;
    pass.fork = fork_nothing;
    scene.taken.over_at = 3; /* after two frames of the handshake */
    pass_run(&pass, &scene.totals);
    ck_assert_uint_eq(scene.taken.looked, 3);
    ck_assert_uint_eq(scene.taken.exchanges, 0);
    scene_close(&scene);
}
END_TEST

static int64_t stands_still(void)
{
    return 0;
}

/* Over all inputs, whether they are one capture or several. */
START_TEST(progress)
{
    Scene scene;
    char *text = NULL;
    size_t size;
    scene_open(&scene);
    Pass pass = pass_over_halves(&scene);
    FILE *out = open_memstream(&text, &size);
    pass.progress = progress_new(out, false, stands_still);
    pass.separate = _i % 2;
    go(&pass, _i / 2, &scene.totals);
    progress_free(pass.progress);
    fclose(out);
    uint64_t bytes = capture_inputs_size(scene.inputs, 1, 2);
    g_autofree char *kilobytes = g_strdup_printf("%.1f kB", (double)bytes / 1000);
    g_autofree char *line =
        g_strdup_printf("%s of %s (100%%), %u packets\n", kilobytes, kilobytes, SAMPLE_FRAMES);
    ck_assert_str_eq(text, line);
    free(text);
    scene_close(&scene);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("pass");
    const int ways = G_N_ELEMENTS(WAYS);
    tcase_add_loop_test(tcase, merged, 0, ways);
    tcase_add_loop_test(tcase, separate, 0, ways);
    tcase_add_loop_test(tcase, for_the_listeners, 0, ways);
    tcase_add_loop_test(tcase, over_at_once, 0, 2 * ways);
    tcase_add_test(tcase, over_between_inputs);
    tcase_add_test(tcase, over_while_reading_ahead);
    tcase_add_loop_test(tcase, progress, 0, 2 * ways);
    Suite *suite = suite_create("pass");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
