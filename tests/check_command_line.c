#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "options.h"

#define S(seconds) ((Nanoseconds)(seconds)*NS_PER_SECOND)
#define ARGUMENTS_MAX 6

typedef struct Arguments {
    char *argv[ARGUMENTS_MAX + 2];
    int argc;
} Arguments;

/* "connaudit" and the words after it, as main() would get them. */
static void arguments_set(Arguments *arguments, const char *const words[ARGUMENTS_MAX])
{
    *arguments = (Arguments){ .argc = 1 };
    arguments->argv[0] = g_strdup("connaudit");
    for (int i = 0; i < ARGUMENTS_MAX && words[i]; i++)
        arguments->argv[arguments->argc++] = g_strdup(words[i]);
}

static void arguments_clear(Arguments *arguments, const char *const words[ARGUMENTS_MAX])
{
    ck_assert_str_eq(arguments->argv[0], "connaudit");
    for (int i = 1; i < arguments->argc; i++)
        ck_assert_msg(strcmp(arguments->argv[i], words[i - 1]) == 0, "argv was changed");
    for (int i = 0; i < arguments->argc; i++)
        g_free(arguments->argv[i]);
}

#define DEFAULTS                                                                                   \
    {                                                                                              \
        S(1), S(5), S(1), S(30)                                                                    \
    }

/* clang-format off */
static const struct {
    const char *name;
    const char *words[ARGUMENTS_MAX];
    const char *input;
    ReportName report;
    bool all, quiet;
    Thresholds thresholds;
} UNDERSTOOD[] = {
    { "a file", { "a.pcap" }, "a.pcap", REPORT_CONNECTIONS, false, false, DEFAULTS },
    { "standard input", { "-" }, "-", REPORT_CONNECTIONS, false, false, DEFAULTS },
    { "a path in the bytes of another time", { "caf\xe9.pcap" }, "caf\xe9.pcap",
      REPORT_CONNECTIONS, false, false, DEFAULTS },
    { "a path that looks like an option", { "--", "-q" }, "-q", REPORT_CONNECTIONS, false, false,
      DEFAULTS },
    { "the default report by name", { "-r", "connections", "a" }, "a", REPORT_CONNECTIONS, false,
      false, DEFAULTS },
    { "the other report", { "-r", "exchanges", "a" }, "a", REPORT_EXCHANGES, false, false,
      DEFAULTS },
    { "the long option", { "--report=exchanges", "a" }, "a", REPORT_EXCHANGES, false, false,
      DEFAULTS },
    { "its value apart", { "--report", "exchanges", "a" }, "a", REPORT_EXCHANGES, false, false,
      DEFAULTS },
    { "options behind the file", { "a", "-r", "exchanges", "-a" }, "a", REPORT_EXCHANGES, true,
      false, DEFAULTS },
    { "the last one of two", { "-r", "exchanges", "-r", "connections", "a" },
      "a", REPORT_CONNECTIONS,
      false, false, DEFAULTS },
    { "all", { "--all", "a" }, "a", REPORT_CONNECTIONS, true, false, DEFAULTS },
    { "quiet", { "--quiet", "a" }, "a", REPORT_CONNECTIONS, false, true, DEFAULTS },
    { "letters together", { "-aq", "a" }, "a", REPORT_CONNECTIONS, true, true, DEFAULTS },
    { "prompt-close", { "--prompt-close=3", "a" }, "a", REPORT_CONNECTIONS, false, false,
      { S(3), S(5), S(1), S(30) } },
    { "close-grace", { "--close-grace=3", "a" }, "a", REPORT_CONNECTIONS, false, false,
      { S(1), S(3), S(1), S(30) } },
    { "timeout-tolerance", { "--timeout-tolerance=3", "a" }, "a", REPORT_CONNECTIONS, false, false,
      { S(1), S(5), S(3), S(30) } },
    { "half-close", { "--half-close", "3", "a" }, "a", REPORT_CONNECTIONS, false, false,
      { S(1), S(5), S(1), S(3) } },
    { "fractions, to the nanosecond",
      { "--prompt-close=0.000000001", "--close-grace=.5", "--timeout-tolerance=2.25", "a" }, "a",
      REPORT_CONNECTIONS, false, false, { 1, S(1) / 2, S(9) / 4, S(30) } },
    { "zero", { "--prompt-close=0", "--close-grace=0.0", "--half-close=00", "a" }, "a",
      REPORT_CONNECTIONS, false, false, { 0, 0, S(1), 0 } },
    { "the most", { "--close-grace=1000000000", "a" }, "a", REPORT_CONNECTIONS, false, false,
      { S(1), S(1000000000), S(1), S(30) } },
};
/* clang-format on */

START_TEST(test_understood)
{
    Arguments arguments;
    Options options;
    g_autoptr(GError) error = NULL;
    const char *name = UNDERSTOOD[_i].name;
    arguments_set(&arguments, UNDERSTOOD[_i].words);
    bool understood = options_parse(&options, arguments.argc, arguments.argv, &error);
    ck_assert_msg(understood, "%s: %s", name, error ? error->message : "");
    ck_assert_ptr_null(error);
    ck_assert_pstr_eq(options.inputs[0], UNDERSTOOD[_i].input);
    ck_assert_ptr_null(options.inputs[1]);
    ck_assert(!options.output && !options.force && !options.separate && !options.no_hash);
    ck_assert_msg(options.report == UNDERSTOOD[_i].report, "%s", name);
    ck_assert_msg(options.all == UNDERSTOOD[_i].all, "%s", name);
    ck_assert_msg(options.quiet == UNDERSTOOD[_i].quiet, "%s", name);
    ck_assert(!options.help && !options.version);
    const Thresholds *expected = &UNDERSTOOD[_i].thresholds;
    ck_assert_int_eq(options.thresholds.prompt_close, expected->prompt_close);
    ck_assert_int_eq(options.thresholds.close_grace, expected->close_grace);
    ck_assert_int_eq(options.thresholds.timeout_tolerance, expected->timeout_tolerance);
    ck_assert_int_eq(options.thresholds.half_close, expected->half_close);
    options_clear(&options);
    arguments_clear(&arguments, UNDERSTOOD[_i].words);
}
END_TEST

static const struct {
    const char *word;
    size_t memory;
} SIZES[] = {
    { "-q", (size_t)512 << 20 },
    { "--max-memory=16M", (size_t)16 << 20 },
    { "--max-memory=16777216", (size_t)16 << 20 },
    { "--max-memory=16384k", (size_t)16 << 20 },
    { "--max-memory=3G", (size_t)3 << 30 },
};

START_TEST(test_sizes)
{
    Arguments arguments;
    Options options;
    const char *const words[ARGUMENTS_MAX] = { SIZES[_i].word, "a" };
    arguments_set(&arguments, words);
    ck_assert(options_parse(&options, arguments.argc, arguments.argv, NULL));
    ck_assert_uint_eq(options.max_memory, SIZES[_i].memory);
    options_clear(&options);
    arguments_clear(&arguments, words);
}
END_TEST

static const struct {
    const char *word;
    unsigned least, most;
} JOBS[] = {
    { "-q", 1, 4 }, /* as many as there are processors */
    { "-j1", 1, 1 },
    { "--jobs=2", 2, 2 },
    { "-j64", 64, 64 },
};

START_TEST(test_jobs)
{
    Arguments arguments;
    Options options;
    const char *const words[ARGUMENTS_MAX] = { JOBS[_i].word, "a" };
    arguments_set(&arguments, words);
    ck_assert(options_parse(&options, arguments.argc, arguments.argv, NULL));
    ck_assert_uint_ge(options.jobs, JOBS[_i].least);
    ck_assert_uint_le(options.jobs, JOBS[_i].most);
    options_clear(&options);
    arguments_clear(&arguments, words);
}
END_TEST

/* The inputs, and where the report goes. */
static const struct {
    const char *name;
    const char *words[ARGUMENTS_MAX];
    const char *inputs[4];
    const char *output, *filter;
    bool force, separate, no_hash;
} PLACES[] = {
    { "inputs in their order",
      { "b", "a", "-" },
      { "b", "a", "-" },
      NULL,
      NULL,
      false,
      false,
      false },
    { "options among them", { "b", "-q", "a" }, { "b", "a" }, NULL, NULL, false, false, false },
    { "one named twice", { "a", "a" }, { "a", "a" }, NULL, NULL, false, false, false },
    { "separate", { "--separate", "a" }, { "a" }, NULL, NULL, false, true, false },
    { "a directory", { "-o", "out", "a" }, { "a" }, "out", NULL, false, false, false },
    { "by the long name", { "--output=out/", "a" }, { "a" }, "out/", NULL, false, false, false },
    { "in the bytes of another time",
      { "-o", "o\xe9", "a" },
      { "a" },
      "o\xe9",
      NULL,
      false,
      false,
      false },
    { "by force", { "--force", "a", "-o", "out" }, { "a" }, "out", NULL, true, false, false },
    { "no hash", { "--no-hash", "-o", "out", "a" }, { "a" }, "out", NULL, false, false, true },
    { "a filter", { "-F", "port 80", "a" }, { "a" }, NULL, "port 80", false, false, false },
    { "by the long name", { "--filter=", "a" }, { "a" }, NULL, "", false, false, false },
};

START_TEST(test_places)
{
    Arguments arguments;
    Options options;
    const char *name = PLACES[_i].name;
    arguments_set(&arguments, PLACES[_i].words);
    ck_assert_msg(options_parse(&options, arguments.argc, arguments.argv, NULL), "%s", name);
    guint count = g_strv_length(options.inputs);
    for (guint i = 0; i <= count; i++)
        ck_assert_pstr_eq(options.inputs[i], PLACES[_i].inputs[i]);
    ck_assert_pstr_eq(options.output, PLACES[_i].output);
    ck_assert_pstr_eq(options.filter, PLACES[_i].filter);
    ck_assert_msg(options.force == PLACES[_i].force, "%s", name);
    ck_assert_msg(options.separate == PLACES[_i].separate, "%s", name);
    ck_assert_msg(options.no_hash == PLACES[_i].no_hash, "%s", name);
    options_clear(&options);
    arguments_clear(&arguments, PLACES[_i].words);
}
END_TEST

static const struct {
    const char *words[ARGUMENTS_MAX];
    TableFormat format;
} FORMATS[] = {
    { { "a" }, TABLE_CSV },
    { { "-f", "csv", "a" }, TABLE_CSV },
    { { "-f", "jsonl", "a" }, TABLE_JSONL },
    { { "-o", "d", "a", "--format=jsonl" }, TABLE_JSONL },
};

START_TEST(test_formats)
{
    Arguments arguments;
    Options options;
    arguments_set(&arguments, FORMATS[_i].words);
    ck_assert(options_parse(&options, arguments.argc, arguments.argv, NULL));
    ck_assert_int_eq(options.format, FORMATS[_i].format);
    options_clear(&options);
    arguments_clear(&arguments, FORMATS[_i].words);
}
END_TEST

static const struct {
    const char *words[ARGUMENTS_MAX];
    ProgressWhen progress;
} PROGRESS[] = {
    { { "a" }, PROGRESS_AUTO },
    { { "--progress=auto", "a" }, PROGRESS_AUTO },
    { { "--progress", "always", "a" }, PROGRESS_ALWAYS },
    { { "--progress=always", "--progress=never", "a" }, PROGRESS_NEVER },
};

START_TEST(test_progress)
{
    Arguments arguments;
    Options options;
    arguments_set(&arguments, PROGRESS[_i].words);
    ck_assert(options_parse(&options, arguments.argc, arguments.argv, NULL));
    ck_assert_int_eq(options.progress, PROGRESS[_i].progress);
    options_clear(&options);
    arguments_clear(&arguments, PROGRESS[_i].words);
}
END_TEST

/* Refused command lines, and a word that the message must have. */
static const struct {
    const char *name;
    const char *words[ARGUMENTS_MAX];
    const char *told;
} REFUSED[] = {
    { "no input", { NULL }, "capture" },
    { "only options", { "-a" }, "capture" },
    { "an input without a name", { "a", "" }, "empty" },
    { "standard input twice", { "-", "a", "-" }, "standard input" },
    { "a directory without a name", { "-o", "", "a" }, "--output" },
    { "one report, and every report", { "-r", "exchanges", "-o", "d", "a" }, "--report" },
    { "a page, and its format", { "--show=1:1", "-f", "csv", "a" }, "--show" },
    { "a page of what matches", { "--show=1:1", "--match=x", "a" }, "--show" },
    { "force without anything to overwrite", { "--force", "a" }, "--force" },
    { "nothing to match", { "--match=", "a" }, "--match" },
    { "no regular expression", { "--match=/(/", "a" }, "--match" },
    { "failing on anything", { "--fail-on=anything", "a" }, "'anything'" },
    { "progress at another time", { "--progress=sometimes", "a" }, "'sometimes'" },
    { "an unknown format", { "-f", "xml", "a" }, "'xml'" },
    { "a format in capitals", { "-f", "CSV", "a" }, "'CSV'" },
    { "an empty format", { "--format=", "a" }, "format" },
    { "an unknown report", { "-r", "nonsense", "a" }, "nonsense" },
    { "a report in capitals", { "-r", "Exchanges", "a" }, "Exchanges" },
    { "a report's beginning", { "-r", "exchange", "a" }, "'exchange'" },
    { "an empty report", { "--report=", "a" }, "report" },
    { "an option without its value", { "a", "-r" }, "-r" },
    { "an unknown option", { "--nonsense", "a" }, "--nonsense" },
    { "an unknown letter", { "-Z", "a" }, "-Z" },
    { "no number", { "--prompt-close=soon", "a" }, "--prompt-close" },
    { "an empty number", { "--close-grace=", "a" }, "--close-grace" },
    { "a unit", { "--timeout-tolerance=1s", "a" }, "--timeout-tolerance" },
    { "a decimal comma", { "--half-close=1,5", "a" }, "--half-close" },
    { "no number of threads", { "-j", "all", "a" }, "--jobs" },
    { "no threads", { "--jobs=0", "a" }, "--jobs" },
    { "too many threads", { "-j65", "a" }, "--jobs" },
    { "no size", { "--max-memory=much", "a" }, "--max-memory" },
    { "an empty size", { "--max-memory=", "a" }, "--max-memory" },
    { "a size of nothing", { "--max-memory=0", "a" }, "--max-memory" },
    { "too small a size", { "--max-memory=16383K", "a" }, "'16383K'" },
    { "a negative size", { "--max-memory=-1G", "a" }, "--max-memory" },
    { "a fraction of a size", { "--max-memory=1.5G", "a" }, "--max-memory" },
    { "an unknown suffix", { "--max-memory=1T", "a" }, "--max-memory" },
    { "two suffixes", { "--max-memory=1GB", "a" }, "--max-memory" },
    { "a size beyond all addresses", { "--max-memory=18014398509481984K", "a" }, "--max-memory" },
    { "a negative number", { "--prompt-close=-1", "a" }, "--prompt-close" },
    { "no finite number", { "--prompt-close=inf", "a" }, "--prompt-close" },
    { "not a number", { "--prompt-close=nan", "a" }, "--prompt-close" },
    { "too large", { "--close-grace=1000000001", "a" }, "--close-grace" },
    { "far too large", { "--close-grace=1e400", "a" }, "--close-grace" },
    { "a wrong value beside a right one",
      { "--prompt-close=2", "--close-grace=x", "a" },
      "--close-grace" },
};

START_TEST(test_refused)
{
    Arguments arguments;
    Options options;
    g_autoptr(GError) error = NULL;
    arguments_set(&arguments, REFUSED[_i].words);
    bool understood = options_parse(&options, arguments.argc, arguments.argv, &error);
    ck_assert_msg(!understood, "%s", REFUSED[_i].name);
    ck_assert_ptr_nonnull(error);
    ck_assert_msg(strstr(error->message, REFUSED[_i].told), "%s: %s", REFUSED[_i].name,
                  error->message);
    ck_assert_msg(!strchr(error->message, '\n'), "%s: one line", REFUSED[_i].name);
    options_clear(&options);
    arguments_clear(&arguments, REFUSED[_i].words);
}
END_TEST

/* With these options, nothing else is needed or checked. */
static const struct {
    const char *words[ARGUMENTS_MAX];
    bool version, help;
} STOPPING[] = {
    { { "--version" }, true, false },
    { { "--version", "-r", "nonsense", "a", "b" }, true, false },
    { { "--help" }, false, true },
    { { "-h" }, false, true },
    { { "--help", "--prompt-close=soon" }, false, true },
};

START_TEST(test_stopping)
{
    Arguments arguments;
    Options options;
    arguments_set(&arguments, STOPPING[_i].words);
    ck_assert(options_parse(&options, arguments.argc, arguments.argv, NULL));
    ck_assert_int_eq(options.version, STOPPING[_i].version);
    ck_assert_int_eq(options.help, STOPPING[_i].help);
    ck_assert_int_eq(options.printed != NULL, STOPPING[_i].help);
    options_clear(&options);
    arguments_clear(&arguments, STOPPING[_i].words);
}
END_TEST

/* The help lists every option and fits a terminal. */
START_TEST(test_help)
{
    static const char *const names[] = { "-r, --report=NAME",
                                         "-o, --output=DIR",
                                         "-f, --format=FORMAT",
                                         "--force",
                                         "-F, --filter=BPF",
                                         "--separate",
                                         "-a, --all",
                                         "--prompt-close=SECONDS",
                                         "--close-grace=SECONDS",
                                         "--timeout-tolerance=SECONDS",
                                         "--half-close=SECONDS",
                                         "--match=TEXT",
                                         "--fail-on=LIST",
                                         "-j, --jobs=N",
                                         "--max-memory=SIZE",
                                         "--no-hash",
                                         "--progress=WHEN",
                                         "-q, --quiet",
                                         "-V, --version",
                                         "--columns=LIST",
                                         "--strict",
                                         "-h, --help",
                                         "Exit status" };
    Arguments arguments;
    Options options;
    const char *const words[ARGUMENTS_MAX] = { "--help" };
    arguments_set(&arguments, words);
    ck_assert(options_parse(&options, arguments.argc, arguments.argv, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        ck_assert_msg(strstr(options.printed, names[i]), "%s", names[i]);
    ck_assert(g_str_has_suffix(options.printed, "\n"));
    options_clear(&options);
    arguments_clear(&arguments, words);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command_line");
    TCase *tcase = tcase_create("command_line");
    tcase_add_loop_test(tcase, test_sizes, 0, (int)G_N_ELEMENTS(SIZES));
    tcase_add_loop_test(tcase, test_jobs, 0, G_N_ELEMENTS(JOBS));
    tcase_add_loop_test(tcase, test_understood, 0, G_N_ELEMENTS(UNDERSTOOD));
    tcase_add_loop_test(tcase, test_places, 0, G_N_ELEMENTS(PLACES));
    tcase_add_loop_test(tcase, test_progress, 0, (int)G_N_ELEMENTS(PROGRESS));
    tcase_add_loop_test(tcase, test_formats, 0, G_N_ELEMENTS(FORMATS));
    tcase_add_loop_test(tcase, test_refused, 0, G_N_ELEMENTS(REFUSED));
    tcase_add_loop_test(tcase, test_stopping, 0, G_N_ELEMENTS(STOPPING));
    tcase_add_test(tcase, test_help);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
