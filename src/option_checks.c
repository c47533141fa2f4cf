#include "option_checks.h"

#include <string.h>

#include "report/reports.h"

static bool is_given(const RawOptions *raw, OptionId id)
{
    return id == OPTION_KEYLOG ? raw->keylogs != NULL : raw->text[id] || raw->on[id];
}

#define BIT(id) (UINT64_C(1) << (id))
G_STATIC_ASSERT(OPTION_COUNT <= 64);

#define WITH_VERIFY                                                                                \
    (BIT(OPTION_VERIFY) | BIT(OPTION_INPUTS) | BIT(OPTION_KEYLOG) | BIT(OPTION_REDACT_KEY) |       \
     BIT(OPTION_PROGRESS) | BIT(OPTION_QUIET) | BIT(OPTION_JOBS) | BIT(OPTION_NO_SANDBOX))

/* Options that exclude others, and those that need one of others; the first that applies is
 * reported. */
static const struct {
    OptionId id;
    bool needs;      /* one of `others`; else: none of them */
    uint64_t others; /* BIT(OptionId) */
    const char *why;
} RELATIONS[] = {
    { OPTION_OUTPUT, false, BIT(OPTION_REPORT),
      "--report chooses what goes to standard output, --output writes every report: not both" },
    { OPTION_OUTPUT, false, BIT(OPTION_COLUMNS) | BIT(OPTION_ONLY) | BIT(OPTION_TOP),
      "--columns, --only and --top are for what goes to standard output: not with --output" },
    { OPTION_SHOW, false, BIT(OPTION_COLUMNS) | BIT(OPTION_ONLY) | BIT(OPTION_TOP),
      "--columns, --only and --top choose from a report, --show prints one connection: not both" },
    { OPTION_SHOW, false,
      BIT(OPTION_OUTPUT) | BIT(OPTION_REPORT) | BIT(OPTION_MATCH) | BIT(OPTION_SQLITE) |
          BIT(OPTION_HTML),
      "--show prints one connection instead of a report: not with --output, --report, --html, "
      "--sqlite or --match" },
    { OPTION_NO_HTML, false, BIT(OPTION_HTML), "--html writes a page, --no-html none: not both" },
    { OPTION_NO_HTML, true, BIT(OPTION_OUTPUT), "--no-html is for the directory of --output" },
    { OPTION_EVIDENCE, false, BIT(OPTION_SHOW),
      "--show prints one connection, --evidence writes captures of many: not both" },
    { OPTION_EVIDENCE, false, BIT(OPTION_REDACT),
      "--evidence writes packets as they were captured, which would tell what --redact hides: not "
      "both" },
    { OPTION_VERIFY, false, ~WITH_VERIFY,
      "--verify takes its options from the manifest: only --inputs, --keylog, --redact-key, "
      "--jobs, --progress, --quiet and --no-sandbox go with it" },
    { OPTION_INPUTS, true, BIT(OPTION_VERIFY),
      "--inputs is for --verify: where its captures lie now" },
    { OPTION_REDACT_KEY, true, BIT(OPTION_REDACT) | BIT(OPTION_VERIFY),
      "--redact-key is for the hashes that --redact writes" },
    { OPTION_EVIDENCE_MAX, true, BIT(OPTION_EVIDENCE),
      "--evidence-max is for the captures that --evidence writes" },
    { OPTION_EVIDENCE_SECRETS, true, BIT(OPTION_EVIDENCE),
      "--evidence-secrets is for the captures that --evidence writes" },
    { OPTION_FORCE, true,
      BIT(OPTION_OUTPUT) | BIT(OPTION_EVIDENCE) | BIT(OPTION_SQLITE) | BIT(OPTION_HTML),
      "--force is for what --output, --html, --sqlite or --evidence would overwrite" },
};

static bool refuse(const char *why, GError **error)
{
    if (why)
        g_set_error_literal(error, OPTIONS_ERROR, 0, why);
    return !why;
}

static bool check_relations(const RawOptions *raw, GError **error)
{
    uint64_t given = 0;
    for (OptionId id = 0; id < OPTION_COUNT; id++)
        given |= is_given(raw, id) ? BIT(id) : 0;
    const char *wrong = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(RELATIONS) && !wrong; i++)
        if ((given & BIT(RELATIONS[i].id)) &&
            ((given & RELATIONS[i].others) != 0) != RELATIONS[i].needs)
            wrong = RELATIONS[i].why;
    return refuse(wrong, error);
}

static bool check_inputs(const RawOptions *raw, GError **error)
{
    bool verify = is_given(raw, OPTION_VERIFY);
    if (verify)
        return refuse(raw->inputs ? "--verify takes its inputs from the manifest; where they lie "
                                    "now says --inputs=DIR"
                                  : NULL,
                      error);
    const char *wrong = raw->inputs ? NULL
                                    : "name a capture file, a directory, or - for standard input "
                                      "(--help lists the options)";
    unsigned standard_inputs = 0;
    for (char **input = raw->inputs; input && *input; input++) {
        if (!**input)
            wrong = "the name of an input is empty";
        if (strcmp(*input, "-") == 0 && ++standard_inputs > 1)
            wrong = "standard input can be read only once";
    }
    if (!wrong && standard_inputs && is_given(raw, OPTION_EVIDENCE))
        wrong = "--evidence reads its inputs three times, and standard input can be read only "
                "once: save it to a file first";
    return refuse(wrong, error);
}

static bool has_suffix(const char *name, const char *const *suffixes)
{
    for (; *suffixes; suffixes++)
        if (g_str_has_suffix(name, *suffixes))
            return true;
    return false;
}

/* An object of JSON lines has no name twice. NULL: none is. */
static const char *named_twice(char *const *columns)
{
    for (char *const *column = columns; *column; column++)
        if (**column && g_strv_contains((const char *const *)column + 1, *column))
            return *column;
    return NULL;
}

/* There is no such column, but perhaps one that is meant. */
static char *why_unknown(ReportName report, const char *column)
{
    g_autofree char *near = report_near_columns(report, column);
    const char *name = report_name(report);
    ReportName other;
    if (report_of_column(column, &other))
        return g_strdup_printf("the report %s has no column '%s', but -r %s has", name, column,
                               report_name(other));
    return g_strdup_printf("the report %s has no column '%s'%s%s (docs/reports.md)", name, column,
                           near ? "; near ones: " : "", near ? near : "");
}

/* A word that no row of the report can have would choose nothing, and look like a good result. */
static bool check_only(const Options *options, GError **error)
{
    unsigned kinds = report_kinds(options->report);
    if (options->only && !kinds)
        return refuse("--only is for connections, exchanges, findings and servers", error);
    if (!(options->only & ~kinds))
        return true;
    return refuse(options->report == REPORT_FINDINGS
                      ? "findings have no verdict: --only takes error, warning and note with -r "
                        "findings"
                      : "servers have no severity: --only takes as_declared, contradicted and "
                        "undetermined with -r servers",
                  error);
}

/* What is meant for a file, or cannot be chosen from. */
static bool check_output(const Options *options, GError **error)
{
    static const char *const files[] = { ".csv", ".jsonl", ".json", ".txt", NULL };
    if (options->output && has_suffix(options->output, files) &&
        !g_file_test(options->output, G_FILE_TEST_IS_DIR)) {
        g_autofree char *why = g_strdup_printf(
            "--output names a directory for all reports; for one report in a file: connaudit ... > "
            "%s",
            options->output);
        return refuse(why, error);
    }
    if (options->output && options->format == TABLE_SCREEN)
        return refuse("--format=table is for a terminal: not with --output", error);
    if (options->show ? options->format_chosen : options->page_format_chosen)
        return refuse("--format is text, mermaid or json with --show, and csv, jsonl, table or "
                      "sqlite without it",
                      error);
    if (!options->output && options->format == TABLE_SQLITE)
        return refuse("--format=sqlite is for the files of --output; for one database besides a "
                      "report: --sqlite=FILE",
                      error);
    if (options->database && options->format == TABLE_SQLITE)
        return refuse("--sqlite and --format=sqlite write the same database: not both", error);
    const char *unknown = options->columns ? named_twice(options->columns) : NULL;
    if (unknown) {
        g_autofree char *why = g_strdup_printf("--columns names '%s' twice", unknown);
        return refuse(why, error);
    }
    if (options->columns)
        g_free(report_choose_columns(options->report, options->columns, &unknown));
    if (unknown) {
        g_autofree char *why = why_unknown(options->report, unknown);
        return refuse(why, error);
    }
    return check_only(options, error);
}

bool option_checks(const RawOptions *raw, const Options *options, GError **error)
{
    return check_relations(raw, error) && check_output(options, error) && check_inputs(raw, error);
}
