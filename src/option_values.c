#include "option_values.h"

#include <math.h>
#include <string.h>

#include "audit/crew.h"
#include "base/text.h"
#include "packets/evidence_list.h"
#include "report/reports.h"

/* Far beyond any capture, and still exact in nanoseconds. */
#define SECONDS_MAX 1e9

/* They are kept until the end. */
#define TOP_MAX 1000000

void *option_place(const OptionInfo *info, Options *options)
{
    return (char *)options + info->at;
}

static int word_index(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, words[i]) == 0)
            return (int)i;
    return -1;
}

bool take_report(const OptionInfo *info G_GNUC_UNUSED, const char *name, Options *options,
                 GError **error)
{
    if (report_find(name, &options->report))
        return true;
    g_autofree char *names = report_names();
    g_set_error(error, OPTIONS_ERROR, 0, "there is no report '%s': %s", name, names);
    return false;
}

bool take_format(const OptionInfo *info G_GNUC_UNUSED, const char *name, Options *options,
                 GError **error)
{
    for (TableFormat format = 0; format < TABLE_FORMAT_COUNT; format++)
        if (strcmp(name, table_format_name(format)) == 0) {
            options->format = format;
            options->format_chosen = true;
            return true;
        }
    for (PageFormat format = 0; format < PAGE_FORMAT_COUNT; format++)
        if (strcmp(name, page_format_name(format)) == 0) {
            options->page_format = format;
            options->page_format_chosen = true;
            return true;
        }
    g_set_error(
        error, OPTIONS_ERROR, 0,
        "there is no format '%s' (a page for a browser: --html=FILE): csv, jsonl, table, sqlite, "
        "text, mermaid or json",
        name);
    return false;
}

/* Blanks around the words of a list are none of them. */
static void strip_each(char **parts)
{
    for (char **part = parts; *part; part++)
        g_strstrip(*part);
}

/* The words of a list, as bits of their indices. False: one is none of them. */
static bool take_words(const char *list, const char *const *words, size_t count, unsigned *ret_set,
                       GError **error, const char *usage)
{
    g_auto(GStrv) parts = g_strsplit(*list ? list : ",", ",", -1);
    strip_each(parts);
    *ret_set = 0;
    for (char **part = parts; *part; part++) {
        int index = word_index(*part, words, count);
        if (index < 0) {
            g_set_error(error, OPTIONS_ERROR, 0, "%s, not '%s'", usage, *part);
            return false;
        }
        *ret_set |= 1u << index;
    }
    return true;
}

static const char *const FAIL_ON_NAMES[] = { "contradicted", "undetermined", "error", "warning",
                                             "nothing" };
G_STATIC_ASSERT(G_N_ELEMENTS(FAIL_ON_NAMES) == FAIL_ON_COUNT);

const char *fail_on_name(FailOn what)
{
    return FAIL_ON_NAMES[what];
}

bool take_fail_on(const OptionInfo *info G_GNUC_UNUSED, const char *list, Options *options,
                  GError **error)
{
    return take_words(list, FAIL_ON_NAMES, FAIL_ON_COUNT, &options->fail_on, error,
                      "--fail-on takes a list of contradicted, undetermined, error, warning and "
                      "nothing");
}

bool take_columns(const OptionInfo *info G_GNUC_UNUSED, const char *list, Options *options,
                  GError **error)
{
    options->columns = g_strsplit(list, ",", -1);
    strip_each(options->columns);
    if (*list)
        return true;
    g_set_error_literal(error, OPTIONS_ERROR, 0, "--columns takes names of columns, not ''");
    return false;
}

bool take_only(const OptionInfo *info G_GNUC_UNUSED, const char *list, Options *options,
               GError **error)
{
    const char *names[VERDICT_COUNT + SEVERITY_COUNT];
    for (Verdict verdict = 0; verdict < VERDICT_COUNT; verdict++)
        names[verdict] = verdict_name(verdict);
    for (Severity severity = 0; severity < SEVERITY_COUNT; severity++)
        names[VERDICT_COUNT + severity] = severity_name(severity);
    return take_words(list, names, G_N_ELEMENTS(names), &options->only, error,
                      "--only takes a list of as_declared, contradicted, undetermined, error, "
                      "warning and note");
}

bool take_top(const OptionInfo *info G_GNUC_UNUSED, const char *text, Options *options,
              GError **error)
{
    int64_t top;
    if (!text_number(span_of_text(text), &top) || top < 1 || top > TOP_MAX) {
        g_set_error(error, OPTIONS_ERROR, 0, "--top takes a number of rows from 1 to %d, not '%s'",
                    TOP_MAX, text);
        return false;
    }
    options->top = (unsigned)top;
    return true;
}

bool take_jobs(const OptionInfo *info G_GNUC_UNUSED, const char *text, Options *options,
               GError **error)
{
    int64_t jobs;
    if (!text_number(span_of_text(text), &jobs) || jobs < 1 || jobs > CREW_MAX) {
        g_set_error(error, OPTIONS_ERROR, 0,
                    "--jobs takes a number of threads from 1 to %d, not '%s'", CREW_MAX, text);
        return false;
    }
    options->jobs = (unsigned)jobs;
    return true;
}

bool take_color(const OptionInfo *info G_GNUC_UNUSED, const char *name, Options *options,
                GError **error)
{
    static const char *const names[] = { "auto", "always", "never" };
    int index = word_index(name, names, G_N_ELEMENTS(names));
    if (index < 0)
        g_set_error(error, OPTIONS_ERROR, 0, "--color takes auto, always or never, not '%s'", name);
    options->colour = (ColourWhen)MAX(index, 0);
    return index >= 0;
}

bool take_progress(const OptionInfo *info G_GNUC_UNUSED, const char *name, Options *options,
                   GError **error)
{
    static const char *const names[] = { "auto", "always", "never" };
    int index = word_index(name, names, G_N_ELEMENTS(names));
    if (index < 0)
        g_set_error(error, OPTIONS_ERROR, 0, "--progress takes auto, always or never, not '%s'",
                    name);
    options->progress = (ProgressWhen)MAX(index, 0);
    return index >= 0;
}

bool take_match(const OptionInfo *info G_GNUC_UNUSED, const char *pattern, Options *options,
                GError **error)
{
    options->matcher = matcher_new(pattern, error);
    if (!options->matcher)
        g_prefix_error(error, "--match: ");
    return options->matcher;
}

bool take_seconds(const OptionInfo *info, const char *text, Options *options, GError **error)
{
    char *end;
    double seconds = g_ascii_strtod(text, &end);
    if (end == text || *end || !isfinite(seconds) || seconds < 0 || seconds > SECONDS_MAX) {
        g_set_error(error, OPTIONS_ERROR, 0,
                    "--%s takes seconds from 0 to 1000000000, such as 2 or 0.5, not '%s'",
                    info->name, text);
        return false;
    }
    *(Nanoseconds *)option_place(info, options) = (Nanoseconds)llround(seconds * 1e9);
    return true;
}

/* Bytes, or with a suffix 1,024 of them, and so on. 0: it is no such size. */
static size_t parse_size(const char *text)
{
    static const char suffixes[] = "KMG";
    char *end;
    guint64 size = g_ascii_isdigit(*text) ? g_ascii_strtoull(text, &end, 10) : 0;
    unsigned shift = 0;
    if (size > 0 && *end) {
        const char *suffix = strchr(suffixes, g_ascii_toupper(*end));
        shift = suffix && !end[1] ? (unsigned)(10 * (suffix - suffixes + 1)) : 64;
    }
    return size == 0 || shift == 64 || size > (G_MAXSIZE / 2) >> shift ? 0 : size << shift;
}

bool take_memory(const OptionInfo *info G_GNUC_UNUSED, const char *text, Options *options,
                 GError **error)
{
    options->max_memory = parse_size(text);
    if (options->max_memory >= MEMORY_LEAST)
        return true;
    g_set_error(error, OPTIONS_ERROR, 0,
                "--max-memory takes a size from 16M, such as 800M or 2G, not '%s'", text);
    return false;
}

bool take_unpacked(const OptionInfo *info G_GNUC_UNUSED, const char *text, Options *options,
                   GError **error)
{
    options->max_unpacked = parse_size(text);
    if (options->max_unpacked)
        return true;
    g_set_error(error, OPTIONS_ERROR, 0,
                "--max-unpacked takes a size, such as 500M or 20G, not '%s'", text);
    return false;
}

bool take_evidence_max(const OptionInfo *info G_GNUC_UNUSED, const char *text, Options *options,
                       GError **error)
{
    int64_t max;
    if (!text_number(span_of_text(text), &max) || max < 1 || max > EVIDENCE_MAX) {
        g_set_error(error, OPTIONS_ERROR, 0,
                    "--evidence-max takes a number of captures from 1 to %d, not '%s'",
                    EVIDENCE_MAX, text);
        return false;
    }
    options->evidence_max = (unsigned)max;
    return true;
}

bool take_text(const OptionInfo *info, const char *text, Options *options,
               GError **error G_GNUC_UNUSED)
{
    *(char **)option_place(info, options) = g_strdup(text);
    return true;
}

bool take_directory(const OptionInfo *info, const char *text, Options *options, GError **error)
{
    if (*text)
        return take_text(info, text, options, error);
    g_set_error(error, OPTIONS_ERROR, 0, "--%s takes the name of a directory", info->name);
    return false;
}

bool take_file(const OptionInfo *info, const char *text, Options *options, GError **error)
{
    if (*text && !g_str_has_suffix(text, "/"))
        return take_text(info, text, options, error);
    g_set_error(error, OPTIONS_ERROR, 0, "--%s takes the name of a file", info->name);
    return false;
}

static bool is_cause(const char *name)
{
    for (Cause cause = CAUSE_NONE + 1; cause < CAUSE_COUNT; cause++)
        if (strcmp(name, cause_name(cause)) == 0)
            return true;
    return false;
}

bool take_rule(const OptionInfo *info G_GNUC_UNUSED, const char *name, Options *options,
               GError **error)
{
    options->explain = true;
    g_autofree char *as_rule = g_strdelimit(g_ascii_strdown(name, -1), "_", '-');
    if (rule_find(as_rule, &options->rule))
        return true;
    g_autofree char *as_cause = g_strdelimit(g_ascii_strdown(name, -1), "-", '_');
    if (is_cause(as_cause)) {
        g_set_error(
            error, OPTIONS_ERROR, 0,
            "'%s' is no rule but the cause of a verdict: docs/judgement.md explains it, and "
            "--show why a connection has it",
            as_cause);
        return false;
    }
    g_autofree char *nearest = rules_nearest(as_rule);
    g_set_error(error, OPTIONS_ERROR, 0, "there is no rule '%s'%s%s (--list-rules)", name,
                nearest ? "; near ones: " : "", nearest ? nearest : "");
    return false;
}

bool take_show(const OptionInfo *info G_GNUC_UNUSED, const char *text, Options *options,
               GError **error)
{
    ConnectionName name;
    if (!connection_name_parse(text, &name)) {
        g_set_error(
            error, OPTIONS_ERROR, 0,
            "--show takes a connection as the reports name it (c1-42), its first frame (42) "
            "or stream:N, not '%s'",
            text);
        return false;
    }
    options->show = g_new(ConnectionName, 1);
    *options->show = name;
    options->show_text = g_strdup(text);
    return true;
}

bool take_completion(const OptionInfo *info G_GNUC_UNUSED, const char *text G_GNUC_UNUSED,
                     Options *options G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return true;
}
