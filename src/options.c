#include "options.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "packets/evidence_list.h"

G_DEFINE_QUARK(connaudit - options - error, options_error)

/* Far beyond any capture, and still exact in nanoseconds. */
#define SECONDS_MAX 1e9

/* In the order of --help. */
typedef enum OptionId {
    OPTION_REPORT,
    OPTION_OUTPUT,
    OPTION_FORMAT,
    OPTION_FORCE,
    OPTION_EVIDENCE,
    OPTION_EVIDENCE_MAX,
    OPTION_FILTER,
    OPTION_SEPARATE,
    OPTION_MATCH,
    OPTION_ALL,
    OPTION_SHOW,
    OPTION_PROMPT_CLOSE,
    OPTION_CLOSE_GRACE,
    OPTION_TIMEOUT_TOLERANCE,
    OPTION_HALF_CLOSE,
    OPTION_MAX_MEMORY,
    OPTION_PEDANTIC,
    OPTION_REDACT,
    OPTION_NO_HASH,
    OPTION_FAIL_ON,
    OPTION_STRICT,
    OPTION_PROGRESS,
    OPTION_QUIET,
    OPTION_LIST_RULES,
    OPTION_EXPLAIN,
    OPTION_VERSION,
    OPTION_HELP,
    OPTION_COUNT
} OptionId;

/* The arguments as GOption fills them in. */
typedef struct RawOptions {
    char *text[OPTION_COUNT];
    gboolean on[OPTION_COUNT];
    char **inputs;
} RawOptions;

static void raw_clear(RawOptions *raw)
{
    for (OptionId id = 0; id < OPTION_COUNT; id++)
        g_free(raw->text[id]);
    g_strfreev(raw->inputs);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RawOptions, raw_clear)

static bool is_given(const RawOptions *raw, OptionId id)
{
    return raw->text[id] || raw->on[id];
}

typedef struct OptionInfo OptionInfo;

/* One option: what --help says of it, and how its argument is taken. */
struct OptionInfo {
    const char *name;
    char letter; /* 0: none */
    GOptionArg kind;
    const char *argument, *help;
    size_t at; /* where in Options it goes */
    /* NULL for a flag, which is a bool there */
    bool (*take)(const OptionInfo *info, const char *text, Options *options, GError **error);
};

static void *place_of(const OptionInfo *info, Options *options)
{
    return (char *)options + info->at;
}

/* Arguments ------------------------------------------------------------------------------------ */

/* -1: it is none of them. */
static int word_index(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, words[i]) == 0)
            return (int)i;
    return -1;
}

static bool take_report(const OptionInfo *info G_GNUC_UNUSED, const char *name, Options *options,
                        GError **error)
{
    if (report_find(name, &options->report))
        return true;
    g_autofree char *names = report_names();
    g_set_error(error, OPTIONS_ERROR, 0, "there is no report '%s': %s", name, names);
    return false;
}

static bool take_format(const OptionInfo *info G_GNUC_UNUSED, const char *name, Options *options,
                        GError **error)
{
    for (TableFormat format = 0; format < TABLE_FORMAT_COUNT; format++)
        if (strcmp(name, table_format_name(format)) == 0) {
            options->format = format;
            return true;
        }
    g_set_error(error, OPTIONS_ERROR, 0, "there is no format '%s': csv or jsonl", name);
    return false;
}

/* The words of a list, as bits of their indices. False: one is none of them. */
static bool take_words(const char *list, const char *const *words, size_t count, unsigned *ret_set,
                       GError **error, const char *usage)
{
    g_auto(GStrv) parts = g_strsplit(*list ? list : ",", ",", -1);
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

static bool take_fail_on(const OptionInfo *info G_GNUC_UNUSED, const char *list, Options *options,
                         GError **error)
{
    static const char *const names[] = { "contradicted", "undetermined", "error", "warning",
                                         "nothing" };
    G_STATIC_ASSERT(G_N_ELEMENTS(names) == FAIL_ON_COUNT);
    return take_words(list, names, G_N_ELEMENTS(names), &options->fail_on, error,
                      "--fail-on takes a list of contradicted, undetermined, error, warning and "
                      "nothing");
}

static bool take_progress(const OptionInfo *info G_GNUC_UNUSED, const char *name, Options *options,
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

static bool take_match(const OptionInfo *info G_GNUC_UNUSED, const char *pattern, Options *options,
                       GError **error)
{
    options->matcher = matcher_new(pattern, error);
    if (!options->matcher)
        g_prefix_error(error, "--match: ");
    return options->matcher;
}

static bool take_seconds(const OptionInfo *info, const char *text, Options *options, GError **error)
{
    char *end;
    double seconds = g_ascii_strtod(text, &end);
    if (end == text || *end || !isfinite(seconds) || seconds < 0 || seconds > SECONDS_MAX) {
        g_set_error(error, OPTIONS_ERROR, 0,
                    "--%s takes seconds from 0 to 1000000000, such as 2 or 0.5, not '%s'",
                    info->name, text);
        return false;
    }
    *(Nanoseconds *)place_of(info, options) = (Nanoseconds)llround(seconds * 1e9);
    return true;
}

/* Bytes, or with a suffix 1,024 of them, and so on. */
static bool take_memory(const OptionInfo *info G_GNUC_UNUSED, const char *text, Options *options,
                        GError **error)
{
    static const char suffixes[] = "KMG";
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
    options->max_memory = size << shift;
    return true;
}

static bool take_evidence_max(const OptionInfo *info G_GNUC_UNUSED, const char *text,
                              Options *options, GError **error)
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

static bool take_text(const OptionInfo *info, const char *text, Options *options,
                      GError **error G_GNUC_UNUSED)
{
    *(char **)place_of(info, options) = g_strdup(text);
    return true;
}

static bool take_directory(const OptionInfo *info, const char *text, Options *options,
                           GError **error)
{
    if (*text)
        return take_text(info, text, options, error);
    g_set_error(error, OPTIONS_ERROR, 0, "--%s takes the name of a directory", info->name);
    return false;
}

static bool take_rule(const OptionInfo *info G_GNUC_UNUSED, const char *name, Options *options,
                      GError **error)
{
    options->explain = true;
    if (rule_find(name, &options->rule))
        return true;
    g_set_error(error, OPTIONS_ERROR, 0, "there is no rule '%s'; the nearest is %s", name,
                rule_nearest(name));
    return false;
}

static bool take_show(const OptionInfo *info G_GNUC_UNUSED, const char *text, Options *options,
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

/* The options ---------------------------------------------------------------------------------- */

#define AT(member) offsetof(Options, member)

static const OptionInfo OPTIONS[OPTION_COUNT] = {
    [OPTION_REPORT] = { "report", 'r', G_OPTION_ARG_STRING, "NAME",
                        "The report on standard output: connections (default), exchanges, "
                        "findings, servers, "
                        "pairs",
                        AT(report), take_report },
    [OPTION_OUTPUT] = { "output", 'o', G_OPTION_ARG_FILENAME, "DIR",
                        "Write every report and manifest.json into DIR, nothing on standard output",
                        AT(output), take_directory },
    [OPTION_FORMAT] = { "format", 'f', G_OPTION_ARG_STRING, "FORMAT",
                        "How reports are written: csv (default) or jsonl", AT(format),
                        take_format },
    [OPTION_FORCE] = { "force", 0, G_OPTION_ARG_NONE, NULL,
                       "Overwrite files of the same name that are in DIR already", AT(force),
                       NULL },
    [OPTION_EVIDENCE] = { "evidence", 0, G_OPTION_ARG_FILENAME, "DIR",
                          "Also write the packets of each connection that is contradicted or has "
                          "an error into "
                          "DIR",
                          AT(evidence), take_directory },
    [OPTION_EVIDENCE_MAX] = { "evidence-max", 0, G_OPTION_ARG_STRING, "N",
                              "At most so many of these captures (1000)", AT(evidence_max),
                              take_evidence_max },
    [OPTION_FILTER] = { "filter", 'F', G_OPTION_ARG_STRING, "BPF",
                        "Look only at the packets that this pcap filter matches", AT(filter),
                        take_text },
    [OPTION_SEPARATE] = { "separate", 0, G_OPTION_ARG_NONE, NULL,
                          "Judge each input alone; without it they are one capture", AT(separate),
                          NULL },
    [OPTION_MATCH] = { "match", 0, G_OPTION_ARG_FILENAME, "TEXT",
                       "List only what has TEXT or /REGEX/ in a target or a field value",
                       AT(matcher), take_match },
    [OPTION_ALL] = { "all", 'a', G_OPTION_ARG_NONE, NULL,
                     "List also TCP connections in which no HTTP was found", AT(all), NULL },
    [OPTION_SHOW] = { "show", 0, G_OPTION_ARG_STRING, "CONNECTION",
                      "This connection alone, packet by packet, and why it is judged so: cK-N or "
                      "stream:N",
                      AT(show), take_show },
    [OPTION_PROMPT_CLOSE] = { "prompt-close", 0, G_OPTION_ARG_STRING, "SECONDS",
                              "A server that closes this soon after a response had decided it "
                              "before (1)",
                              AT(thresholds.prompt_close), take_seconds },
    [OPTION_CLOSE_GRACE] = { "close-grace", 0, G_OPTION_ARG_STRING, "SECONDS",
                             "How long closing may take after a declared close (5)",
                             AT(thresholds.close_grace), take_seconds },
    [OPTION_TIMEOUT_TOLERANCE] = { "timeout-tolerance", 0, G_OPTION_ARG_STRING, "SECONDS",
                                   "How much earlier than stated an idle timeout may fire (1)",
                                   AT(thresholds.timeout_tolerance), take_seconds },
    [OPTION_HALF_CLOSE] = { "half-close", 0, G_OPTION_ARG_STRING, "SECONDS",
                            "How long one side may stay open after the other closed (30)",
                            AT(thresholds.half_close), take_seconds },
    [OPTION_MAX_MEMORY] = { "max-memory", 0, G_OPTION_ARG_STRING, "SIZE",
                            "Bound on what is kept of connections; suffixes K, M, G (512M)",
                            AT(max_memory), take_memory },
    [OPTION_PEDANTIC] = { "pedantic", 0, G_OPTION_ARG_NONE, NULL,
                          "Also the findings that only older specifications demand", AT(pedantic),
                          NULL },
    [OPTION_REDACT] = { "redact", 0, G_OPTION_ARG_NONE, NULL,
                        "Write short keyed hashes for targets, hosts and field values", AT(redact),
                        NULL },
    [OPTION_NO_HASH] = { "no-hash", 0, G_OPTION_ARG_NONE, NULL,
                         "Leave the inputs' SHA-256 out of the manifest", AT(no_hash), NULL },
    [OPTION_FAIL_ON] = { "fail-on", 0, G_OPTION_ARG_STRING, "WHAT",
                         "Exit with 3 if there is one: contradicted, error or warning", AT(fail_on),
                         take_fail_on },
    [OPTION_STRICT] = { "strict", 0, G_OPTION_ARG_NONE, NULL,
                        "Exit with 1 if an input ends in the middle of a packet", AT(strict),
                        NULL },
    [OPTION_PROGRESS] = { "progress", 0, G_OPTION_ARG_STRING, "WHEN",
                          "Tell how far it has come on standard error: auto (on a terminal), "
                          "always or never",
                          AT(progress), take_progress },
    [OPTION_QUIET] = { "quiet", 'q', G_OPTION_ARG_NONE, NULL,
                       "No summary and no progress on standard error", AT(quiet), NULL },
    [OPTION_LIST_RULES] = { "list-rules", 0, G_OPTION_ARG_NONE, NULL,
                            "Print the rules of the findings and stop", AT(list_rules), NULL },
    [OPTION_EXPLAIN] = { "explain", 0, G_OPTION_ARG_STRING, "RULE",
                         "Print one rule, what breaks it and what to do about it, and stop",
                         AT(rule), take_rule },
    [OPTION_VERSION] = { "version", 0, G_OPTION_ARG_NONE, NULL, "Print the versions and stop",
                         AT(version), NULL },
    [OPTION_HELP] = { "help", 'h', G_OPTION_ARG_NONE, NULL, "Print this text and stop", AT(help),
                      NULL },
};
#undef AT

/* What belongs together ------------------------------------------------------------------------ */

#define BIT(id) (UINT64_C(1) << (id))
G_STATIC_ASSERT(OPTION_COUNT <= 64);

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
    { OPTION_SHOW, false,
      BIT(OPTION_OUTPUT) | BIT(OPTION_REPORT) | BIT(OPTION_FORMAT) | BIT(OPTION_MATCH),
      "--show prints one connection instead of a report: not with --output, --report, --format or "
      "--match" },
    { OPTION_EVIDENCE, false, BIT(OPTION_SHOW),
      "--show prints one connection, --evidence writes captures of many: not both" },
    { OPTION_EVIDENCE, false, BIT(OPTION_REDACT),
      "--evidence writes packets as they were captured, which would tell what --redact hides: not "
      "both" },
    { OPTION_EVIDENCE_MAX, true, BIT(OPTION_EVIDENCE),
      "--evidence-max is for the captures that --evidence writes" },
    { OPTION_FORCE, true, BIT(OPTION_OUTPUT) | BIT(OPTION_EVIDENCE),
      "--force is for what --output or --evidence would overwrite" },
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
        wrong = "--evidence reads its inputs twice, and standard input can be read only once: save "
                "it to a file first";
    return refuse(wrong, error);
}

static bool take_values(const RawOptions *raw, Options *options, GError **error)
{
    for (OptionId id = 0; id < OPTION_COUNT; id++)
        if (raw->text[id] && !OPTIONS[id].take(&OPTIONS[id], raw->text[id], options, error))
            return false;
    return check_relations(raw, error) && check_inputs(raw, error);
}

/* The command line ----------------------------------------------------------------------------- */

static GOptionContext *make_context(RawOptions *raw)
{
    GOptionEntry entries[OPTION_COUNT + 2] = { { .long_name = NULL } };
    for (OptionId id = 0; id < OPTION_COUNT; id++) {
        const OptionInfo *info = &OPTIONS[id];
        void *to = info->take ? (void *)&raw->text[id] : (void *)&raw->on[id];
        entries[id] = (GOptionEntry){ info->name, info->letter,  0, info->kind, to,
                                      info->help, info->argument };
    }
    entries[OPTION_COUNT] =
        (GOptionEntry){ G_OPTION_REMAINING, 0,    0,   G_OPTION_ARG_FILENAME_ARRAY,
                        &raw->inputs,       NULL, NULL };
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
    for (OptionId id = 0; id < OPTION_COUNT; id++)
        if (!OPTIONS[id].take)
            *(bool *)place_of(&OPTIONS[id], ret_options) = raw.on[id];
    if (ret_options->help)
        ret_options->help_text = g_option_context_get_help(context, TRUE, NULL);
    if (ret_options->help || ret_options->version || ret_options->list_rules)
        return true;
    const char *rule = raw.text[OPTION_EXPLAIN];
    if (rule)
        return take_rule(&OPTIONS[OPTION_EXPLAIN], rule, ret_options, error);
    if (!take_values(&raw, ret_options, error))
        return false;
    ret_options->inputs = g_steal_pointer(&raw.inputs);
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
