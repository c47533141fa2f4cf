#include "options.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "packets/evidence_list.h"

G_DEFINE_QUARK(connaudit - options - error, options_error)

/* Far beyond any capture, and still exact in nanoseconds. */
#define SECONDS_MAX 1e9

/* The texts of the options as GOption fills them in. */
typedef struct RawOptions {
    char *report, *format, *output, *filter, *match, *fail_on, *progress, *explain, *show;
    char *evidence, *evidence_max;
    char *prompt_close, *close_grace, *timeout_tolerance, *half_close, *max_memory;
    gboolean all, separate, force, no_hash, quiet, pedantic, redact, list_rules, version, help;
    char **inputs;
} RawOptions;

static void raw_clear(RawOptions *raw)
{
    g_free(raw->report);
    g_free(raw->evidence);
    g_free(raw->evidence_max);
    g_free(raw->explain);
    g_free(raw->format);
    g_free(raw->match);
    g_free(raw->fail_on);
    g_free(raw->progress);
    g_free(raw->output);
    g_free(raw->filter);
    g_free(raw->show);
    g_free(raw->prompt_close);
    g_free(raw->close_grace);
    g_free(raw->timeout_tolerance);
    g_free(raw->half_close);
    g_free(raw->max_memory);
    g_strfreev(raw->inputs);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RawOptions, raw_clear)

static bool parse_report(const char *name, ReportName *ret_report, GError **error)
{
    static const char *const names[] = { "connections", "exchanges", "findings", "servers",
                                         "pairs" };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(name, names[i]) == 0) {
            *ret_report = (ReportName)i;
            return true;
        }
    g_set_error(error, OPTIONS_ERROR, 0,
                "there is no report '%s': connections, exchanges, findings, servers or pairs",
                name);
    return false;
}

static bool parse_format(const char *name, TableFormat *ret_format, GError **error)
{
    for (TableFormat format = 0; format < TABLE_FORMAT_COUNT; format++)
        if (strcmp(name, table_format_name(format)) == 0) {
            *ret_format = format;
            return true;
        }
    g_set_error(error, OPTIONS_ERROR, 0, "there is no format '%s': csv or jsonl", name);
    return false;
}

static bool parse_fail_on(const char *name, FailOn *ret_fail_on, GError **error)
{
    static const char *const names[] = { "contradicted", "error", "warning" };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(name, names[i]) == 0) {
            *ret_fail_on = (FailOn)(FAIL_ON_CONTRADICTED + i);
            return true;
        }
    g_set_error(error, OPTIONS_ERROR, 0, "--fail-on takes contradicted, error or warning, not '%s'",
                name);
    return false;
}

static bool parse_progress(const char *name, ProgressWhen *ret_when, GError **error)
{
    static const char *const names[] = { "auto", "always", "never" };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(name, names[i]) == 0) {
            *ret_when = (ProgressWhen)i;
            return true;
        }
    g_set_error(error, OPTIONS_ERROR, 0, "--progress takes auto, always or never, not '%s'", name);
    return false;
}

static bool parse_match(const char *pattern, Matcher **ret_matcher, GError **error)
{
    *ret_matcher = matcher_new(pattern, error);
    if (!*ret_matcher)
        g_prefix_error(error, "--match: ");
    return *ret_matcher;
}

static bool parse_seconds(const char *option, const char *text, Nanoseconds *threshold,
                          GError **error)
{
    if (!text)
        return true;
    char *end;
    double seconds = g_ascii_strtod(text, &end);
    if (end == text || *end || !isfinite(seconds) || seconds < 0 || seconds > SECONDS_MAX) {
        g_set_error(error, OPTIONS_ERROR, 0,
                    "--%s takes seconds from 0 to 1000000000, such as 2 or 0.5, not '%s'", option,
                    text);
        return false;
    }
    *threshold = (Nanoseconds)llround(seconds * 1e9);
    return true;
}

/* Bytes, or with a suffix 1,024 of them, and so on. */
static bool parse_memory(const char *text, size_t *ret_memory, GError **error)
{
    static const char suffixes[] = "KMG";
    if (!text)
        return true;
    char *end;
    guint64 size = g_ascii_isdigit(*text) ? g_ascii_strtoull(text, &end, 10) : 0;
    unsigned shift = 0;
    if (size > 0 && *end) {
        const char *suffix = strchr(suffixes, g_ascii_toupper(*end));
        shift = suffix && !end[1] ? (unsigned)(10 * (suffix - suffixes + 1)) : 64;
    }
    if (size == 0 || shift == 64 || size > (G_MAXSIZE / 2) >> shift ||
        size << shift < MEMORY_LEAST) {
        g_set_error(error, OPTIONS_ERROR, 0,
                    "--max-memory takes a size from 16M, such as 800M or 2G, not '%s'", text);
        return false;
    }
    *ret_memory = size << shift;
    return true;
}

static bool parse_evidence_max(const char *text, unsigned *ret_max, GError **error)
{
    if (!text)
        return true;
    int64_t max;
    if (!text_number(span_of_text(text), &max) || max < 1 || max > EVIDENCE_MAX) {
        g_set_error(error, OPTIONS_ERROR, 0,
                    "--evidence-max takes a number of captures from 1 to %d, not '%s'",
                    EVIDENCE_MAX, text);
        return false;
    }
    *ret_max = (unsigned)max;
    return true;
}

/* They are read twice. */
static bool check_evidence(const RawOptions *raw, GError **error)
{
    for (char **input = raw->inputs; raw->evidence && input && *input; input++)
        if (strcmp(*input, "-") == 0) {
            g_set_error_literal(error, OPTIONS_ERROR, 0,
                                "--evidence reads its inputs twice, and standard input can be read "
                                "only once: save it to a file first");
            return false;
        }
    return true;
}

static bool parse_rule(const char *name, Options *options, GError **error)
{
    options->explain = true;
    if (rule_find(name, &options->rule))
        return true;
    g_set_error(error, OPTIONS_ERROR, 0, "there is no rule '%s'; the nearest is %s", name,
                rule_nearest(name));
    return false;
}

static bool check_inputs(char **inputs, GError **error)
{
    const char *wrong = inputs ? NULL
                               : "name a capture file, a directory, or - for standard input "
                                 "(--help lists the options)";
    unsigned standard_inputs = 0;
    for (char **input = inputs; input && *input; input++) {
        if (!**input)
            wrong = "the name of an input is empty";
        if (strcmp(*input, "-") == 0 && ++standard_inputs > 1)
            wrong = "standard input can be read only once";
    }
    if (wrong)
        g_set_error_literal(error, OPTIONS_ERROR, 0, wrong);
    return !wrong;
}

/* What belongs together, and what does not. */
static bool check_output(const RawOptions *raw, GError **error)
{
    const char *wrong = NULL;
    if (raw->output && !*raw->output)
        wrong = "--output takes the name of a directory";
    else if (raw->output && raw->report)
        wrong =
            "--report chooses what goes to standard output, --output writes every report: not both";
    else if (raw->show && (raw->output || raw->report || raw->format || raw->match))
        wrong = "--show prints one connection instead of a report: not with --output, --report, "
                "--format or --match";
    else if (raw->evidence && !*raw->evidence)
        wrong = "--evidence takes the name of a directory";
    else if (raw->evidence && raw->show)
        wrong = "--show prints one connection, --evidence writes captures of many: not both";
    else if (raw->evidence && raw->redact)
        wrong = "--evidence writes packets as they were captured, which would tell what --redact "
                "hides: not both";
    else if (raw->evidence_max && !raw->evidence)
        wrong = "--evidence-max is for the captures that --evidence writes";
    else if (raw->force && !raw->output && !raw->evidence)
        wrong = "--force is for what --output or --evidence would overwrite";
    if (wrong)
        g_set_error_literal(error, OPTIONS_ERROR, 0, wrong);
    return !wrong;
}

static bool parse_show(const char *text, Options *options, GError **error)
{
    if (!text)
        return true;
    ConnectionName name;
    if (!connection_name_parse(text, &name)) {
        g_set_error(error, OPTIONS_ERROR, 0,
                    "--show takes a connection as the reports name it (1:42), its first frame (42) "
                    "or stream:N, not '%s'",
                    text);
        return false;
    }
    options->show = g_new(ConnectionName, 1);
    *options->show = name;
    options->show_text = g_strdup(text);
    return true;
}

static bool check_values(const RawOptions *raw, Options *options, GError **error)
{
    Thresholds *thresholds = &options->thresholds;
    if (raw->report && !parse_report(raw->report, &options->report, error))
        return false;
    if (raw->format && !parse_format(raw->format, &options->format, error))
        return false;
    if (raw->fail_on && !parse_fail_on(raw->fail_on, &options->fail_on, error))
        return false;
    if (raw->progress && !parse_progress(raw->progress, &options->progress, error))
        return false;
    if (raw->match && !parse_match(raw->match, &options->matcher, error))
        return false;
    return parse_show(raw->show, options, error) &&
           parse_seconds("prompt-close", raw->prompt_close, &thresholds->prompt_close, error) &&
           parse_seconds("close-grace", raw->close_grace, &thresholds->close_grace, error) &&
           parse_seconds("timeout-tolerance", raw->timeout_tolerance,
                         &thresholds->timeout_tolerance, error) &&
           parse_seconds("half-close", raw->half_close, &thresholds->half_close, error) &&
           parse_memory(raw->max_memory, &options->max_memory, error) &&
           parse_evidence_max(raw->evidence_max, &options->evidence_max, error) &&
           check_output(raw, error) && check_inputs(raw->inputs, error) &&
           check_evidence(raw, error);
}

static GOptionContext *make_context(RawOptions *raw)
{
    const GOptionEntry entries[] = {
        { "report", 'r', 0, G_OPTION_ARG_STRING, &raw->report,
          "The report on standard output: connections (default), exchanges, findings, servers, "
          "pairs",
          "NAME" },
        { "output", 'o', 0, G_OPTION_ARG_FILENAME, &raw->output,
          "Write every report and manifest.json into DIR, nothing on standard output", "DIR" },
        { "format", 'f', 0, G_OPTION_ARG_STRING, &raw->format,
          "How reports are written: csv (default) or jsonl", "FORMAT" },
        { "force", 0, 0, G_OPTION_ARG_NONE, &raw->force,
          "Overwrite files of the same name that are in DIR already", NULL },
        { "evidence", 0, 0, G_OPTION_ARG_FILENAME, &raw->evidence,
          "Also write the packets of each connection that is contradicted or has an error into "
          "DIR",
          "DIR" },
        { "evidence-max", 0, 0, G_OPTION_ARG_STRING, &raw->evidence_max,
          "At most so many of these captures (1000)", "N" },
        { "filter", 'F', 0, G_OPTION_ARG_STRING, &raw->filter,
          "Look only at the packets that this pcap filter matches", "BPF" },
        { "separate", 0, 0, G_OPTION_ARG_NONE, &raw->separate,
          "Judge each input alone; without it they are one capture", NULL },
        { "match", 0, 0, G_OPTION_ARG_FILENAME, &raw->match,
          "List only what has TEXT or /REGEX/ in a target or a field value", "TEXT" },
        { "all", 'a', 0, G_OPTION_ARG_NONE, &raw->all,
          "List also TCP connections in which no HTTP was found", NULL },
        { "show", 0, 0, G_OPTION_ARG_STRING, &raw->show,
          "This connection alone, packet by packet, and why it is judged so: K:N or stream:N",
          "CONNECTION" },
        { "prompt-close", 0, 0, G_OPTION_ARG_STRING, &raw->prompt_close,
          "A server that closes this soon after a response had decided it before (1)", "SECONDS" },
        { "close-grace", 0, 0, G_OPTION_ARG_STRING, &raw->close_grace,
          "How long closing may take after a declared close (5)", "SECONDS" },
        { "timeout-tolerance", 0, 0, G_OPTION_ARG_STRING, &raw->timeout_tolerance,
          "How much earlier than stated an idle timeout may fire (1)", "SECONDS" },
        { "half-close", 0, 0, G_OPTION_ARG_STRING, &raw->half_close,
          "How long one side may stay open after the other closed (30)", "SECONDS" },
        { "max-memory", 0, 0, G_OPTION_ARG_STRING, &raw->max_memory,
          "Bound on what is kept of connections; suffixes K, M, G (512M)", "SIZE" },
        { "pedantic", 0, 0, G_OPTION_ARG_NONE, &raw->pedantic,
          "Also the findings that only older specifications demand", NULL },
        { "redact", 0, 0, G_OPTION_ARG_NONE, &raw->redact,
          "Write short keyed hashes for targets, hosts and field values", NULL },
        { "no-hash", 0, 0, G_OPTION_ARG_NONE, &raw->no_hash,
          "Leave the inputs' SHA-256 out of the manifest", NULL },
        { "fail-on", 0, 0, G_OPTION_ARG_STRING, &raw->fail_on,
          "Exit with 3 if there is one: contradicted, error or warning", "WHAT" },
        { "progress", 0, 0, G_OPTION_ARG_STRING, &raw->progress,
          "Tell how far it has come on standard error: auto (on a terminal), always or never",
          "WHEN" },
        { "quiet", 'q', 0, G_OPTION_ARG_NONE, &raw->quiet,
          "No summary and no progress on standard error", NULL },
        { "list-rules", 0, 0, G_OPTION_ARG_NONE, &raw->list_rules,
          "Print the rules of the findings and stop", NULL },
        { "explain", 0, 0, G_OPTION_ARG_STRING, &raw->explain,
          "Print one rule, what breaks it and what to do about it, and stop", "RULE" },
        { "version", 0, 0, G_OPTION_ARG_NONE, &raw->version, "Print the versions and stop", NULL },
        { "help", 'h', 0, G_OPTION_ARG_NONE, &raw->help, "Print this text and stop", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &raw->inputs, NULL, NULL },
        { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
    };
    GOptionContext *context = g_option_context_new("CAPTURE...");
    g_option_context_set_summary(
        context,
        "Did these HTTP connections do what their Connection headers said? Reads captures\n"
        "(files, directories, or - for standard input) and writes a report. Several are one\n"
        "capture, merged in time order.");
    g_option_context_set_description(
        context,
        "Exit status: 0 every input was read to its end; 1 one could not be read, or not to\n"
        "its end (the report covers what was read), or the report not be written; 2 wrong usage;\n"
        "3 as --fail-on asks, unless it is 1 or 2.");
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_help_enabled(context, FALSE);
    return context;
}

bool options_parse(Options *ret_options, int argc, char **argv, GError **error)
{
    g_auto(RawOptions) raw = { 0 };
    g_autoptr(GOptionContext) context = make_context(&raw);
    g_auto(GStrv) arguments = g_new0(char *, argc + 1);
    for (int i = 0; i < argc; i++)
        arguments[i] = g_strdup(argv[i]);

    *ret_options = (Options){ .thresholds = THRESHOLDS_DEFAULT,
                              .max_memory = MEMORY_DEFAULT,
                              .evidence_max = EVIDENCE_DEFAULT };
    if (!g_option_context_parse_strv(context, &arguments, error))
        return false;
    ret_options->all = raw.all;
    ret_options->separate = raw.separate;
    ret_options->force = raw.force;
    ret_options->no_hash = raw.no_hash;
    ret_options->quiet = raw.quiet;
    ret_options->version = raw.version;
    ret_options->pedantic = raw.pedantic;
    ret_options->redact = raw.redact;
    ret_options->list_rules = raw.list_rules;
    ret_options->help = raw.help;
    if (raw.help)
        ret_options->help_text = g_option_context_get_help(context, TRUE, NULL);
    if (raw.help || raw.version || raw.list_rules)
        return true;
    if (raw.explain)
        return parse_rule(raw.explain, ret_options, error);
    if (!check_values(&raw, ret_options, error))
        return false;
    ret_options->inputs = g_steal_pointer(&raw.inputs);
    ret_options->output = g_steal_pointer(&raw.output);
    ret_options->evidence = g_steal_pointer(&raw.evidence);
    ret_options->filter = g_steal_pointer(&raw.filter);
    return true;
}

void options_clear(Options *options)
{
    g_clear_pointer(&options->matcher, matcher_free);
    g_strfreev(options->inputs);
    g_free(options->output);
    g_free(options->filter);
    g_free(options->evidence);
    g_free(options->show);
    g_free(options->show_text);
    g_free(options->help_text);
}
