/* Progress, by a clock that stands until it is moved. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "report/progress.h"

static int64_t now;

static int64_t clock_of_test(void)
{
    return now;
}

typedef struct Scene {
    FILE *out;
    char *text;
    size_t size, told; /* how much of the text was looked at */
    Progress *progress;
} Scene;

static void scene_open(Scene *scene, bool terminal)
{
    *scene = (Scene){ .text = NULL };
    now = 1000 * G_USEC_PER_SEC;
    scene->out = open_memstream(&scene->text, &scene->size);
    scene->progress = progress_new(scene->out, terminal, clock_of_test);
}

/* The text written since the last call. */
static void scene_says(Scene *scene, const char *expected)
{
    fflush(scene->out);
    ck_assert_str_eq(scene->text + scene->told, expected);
    scene->told = scene->size;
}

static void scene_close(Scene *scene)
{
    progress_free(scene->progress);
    fclose(scene->out);
    free(scene->text);
}

#define MB UINT64_C(1000000)
#define GB (1000 * MB)
#define TB (1000 * GB)
#define S(seconds) ((int64_t)(seconds)*G_USEC_PER_SEC)

static const struct {
    const char *name;
    int64_t elapsed;
    ProgressFacts facts;
    const char *line;
} LINES[] = {
    { "nothing yet", 0, { 0, 40 * MB, 0 }, "0 B of 40.0 MB (0%), 0 packets\n" },
    { "one", 0, { 24, 0, 1 }, "24 B, 1 packet\n" },
    { "too early to guess",
      999999,
      { 10 * MB, 40 * MB, 5000 },
      "10.0 MB of 40.0 MB (25%), 5,000 packets\n" },
    { "a guess",
      S(1),
      { 10 * MB, 40 * MB, 5000 },
      "10.0 MB of 40.0 MB (25%), 5,000 packets/s, 3 s left\n" },
    { "nothing to guess from", S(9), { 0, 40 * MB, 0 }, "0 B of 40.0 MB (0%), 0 packets/s\n" },
    { "minutes",
      S(100),
      { 10 * MB, 40 * MB, 5000000 },
      "10.0 MB of 40.0 MB (25%), 50,000 packets/s, 5 min 00 s left\n" },
    { "hours",
      S(7265),
      { 500 * GB, TB, 7265 },
      "500 GB of 1.0 TB (50%), 1 packets/s, 2 h 01 min left\n" },
    { "not yet all",
      S(10),
      { 99999, 100000, 10 },
      "100 kB of 100 kB (99%), 1 packets/s, 0 s left\n" },
    { "all of it", S(10), { 999, 999, 10 }, "999 B of 999 B (100%), 1 packets/s\n" },
    { "a file that has grown",
      S(10),
      { 30 * MB, 20 * MB, 10 },
      "30.0 MB of 20.0 MB (100%), 1 packets/s\n" },
    { "standard input",
      S(10),
      { 1234567, 0, 1234567 },
      "1.2 MB, 1,234,567 packets, 123,456 packets/s\n" },
    { "three digits", 0, { 99949999, 999499, 0 }, "99.9 MB of 999 kB (100%), 0 packets\n" },
    { "rounded to the next unit",
      0,
      { 99950000, 999500, 0 },
      "100 MB of 1.0 MB (100%), 0 packets\n" },
};

START_TEST(test_lines)
{
    Scene scene;
    scene_open(&scene, false);
    now += LINES[_i].elapsed;
    progress_show(scene.progress, &LINES[_i].facts);
    scene_says(&scene, LINES[_i].line);
    scene_close(&scene);
}
END_TEST

/* A line fits a terminal, whatever the numbers are. */
START_TEST(test_width)
{
    static const ProgressFacts facts[] = {
        { 999 * TB - 1, 999 * TB, 999 * GB },
        { TB, 999 * TB, 99 * GB },
        { UINT64_MAX, 0, 99 * GB },
        { 1, UINT64_MAX, 99 * GB },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(facts); i++) {
        Scene scene;
        scene_open(&scene, false);
        now += S(99 * 3600 + 59 * 60);
        progress_show(scene.progress, &facts[i]);
        fflush(scene.out);
        ck_assert_msg(scene.size <= 80, "%s", scene.text);
        scene_close(&scene);
    }
}
END_TEST

/* Not before a period has passed, and then not before the next. */
static const bool TERMINAL[] = { false, true };

START_TEST(test_throttle)
{
    Scene scene;
    int64_t period = TERMINAL[_i] ? PROGRESS_TERMINAL_PERIOD : PROGRESS_LINES_PERIOD;
    ck_assert_int_ge(PROGRESS_TERMINAL_PERIOD, S(1) / 5);
    scene_open(&scene, TERMINAL[_i]);
    for (int round = 0; round < 3; round++) {
        now += period - 1;
        ck_assert(!progress_is_due(scene.progress));
        now++;
        ck_assert(progress_is_due(scene.progress));
        now += 12345;
        ck_assert(progress_is_due(scene.progress));
        progress_show(scene.progress, &(ProgressFacts){ .packets = 1 });
        ck_assert(!progress_is_due(scene.progress));
    }
    scene_close(&scene);
}
END_TEST

/* One line over the other, and nothing remains. */
START_TEST(test_terminal)
{
    Scene scene;
    ProgressFacts facts = { 1, 2, 3 };
    scene_open(&scene, true);
    progress_show(scene.progress, &facts);
    scene_says(&scene, "1 B of 2 B (50%), 3 packets");
    facts.bytes = 2;
    progress_show(scene.progress, &facts);
    scene_says(&scene, "\r\033[K2 B of 2 B (100%), 3 packets");
    progress_end(scene.progress, &facts);
    scene_says(&scene, "\r\033[K");
    scene_close(&scene);
}
END_TEST

/* A run that is over before the first line is due leaves no trace on a terminal. */
START_TEST(test_short_run)
{
    Scene scene;
    scene_open(&scene, true);
    progress_end(scene.progress, &(ProgressFacts){ 2, 2, 3 });
    scene_says(&scene, "");
    scene_close(&scene);
}
END_TEST

/* Elsewhere the last line says how it ended, also of a short run. */
START_TEST(test_no_terminal)
{
    Scene scene;
    scene_open(&scene, false);
    progress_end(scene.progress, &(ProgressFacts){ 2, 2, 3 });
    scene_says(&scene, "2 B of 2 B (100%), 3 packets\n");
    scene_close(&scene);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("progress");
    TCase *tcase = tcase_create("progress");
    tcase_add_loop_test(tcase, test_lines, 0, (int)G_N_ELEMENTS(LINES));
    tcase_add_test(tcase, test_width);
    tcase_add_loop_test(tcase, test_throttle, 0, (int)G_N_ELEMENTS(TERMINAL));
    tcase_add_test(tcase, test_terminal);
    tcase_add_test(tcase, test_short_run);
    tcase_add_test(tcase, test_no_terminal);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
