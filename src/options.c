#include "options.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "packets/evidence_list.h"
#include "report/page.h"
#include "report/reports.h"

G_DEFINE_QUARK(connaudit - options - error, options_error)

/* Far beyond any capture, and still exact in nanoseconds. */
#define SECONDS_MAX 1e9

/* They are kept until the end. */
#define TOP_MAX 1000000

/* In the order of --help. */
typedef enum OptionId {
    OPTION_REPORT,
    OPTION_OUTPUT,
    OPTION_FORMAT,
    OPTION_COLUMNS,
    OPTION_ONLY,
    OPTION_TOP,
    OPTION_FORCE,
    OPTION_EVIDENCE,
    OPTION_EVIDENCE_MAX,
    OPTION_FILTER,
    OPTION_KEYLOG,
    OPTION_SEPARATE,
    OPTION_MATCH,
    OPTION_ALL,
    OPTION_SHOW,
    OPTION_PEDANTIC,
    OPTION_REDACT,
    OPTION_PROMPT_CLOSE,
    OPTION_CLOSE_GRACE,
    OPTION_TIMEOUT_TOLERANCE,
    OPTION_HALF_CLOSE,
    OPTION_MAX_MEMORY,
    OPTION_NO_HASH,
    OPTION_FAIL_ON,
    OPTION_STRICT,
    OPTION_COLOR,
    OPTION_PROGRESS,
    OPTION_QUIET,
    OPTION_LIST_RULES,
    OPTION_EXPLAIN,
    OPTION_COMPLETION,
    OPTION_VERSION,
    OPTION_HELP,
    OPTION_COUNT
} OptionId;

/* The arguments as GOption fills them in. */
typedef struct RawOptions {
    char *text[OPTION_COUNT];
    gboolean on[OPTION_COUNT];
    char **keylogs;
    char **inputs;
} RawOptions;

static void raw_clear(RawOptions *raw)
{
    for (OptionId id = 0; id < OPTION_COUNT; id++)
        g_free(raw->text[id]);
    g_strfreev(raw->keylogs);
    g_strfreev(raw->inputs);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RawOptions, raw_clear)

static bool is_given(const RawOptions *raw, OptionId id)
{
    return id == OPTION_KEYLOG ? raw->keylogs != NULL : raw->text[id] || raw->on[id];
}

typedef struct OptionInfo OptionInfo;

/* One option: what --help says of it, and how its argument is taken. */
struct OptionInfo {
    const char *name;
    char letter; /* 0: none */
    GOptionArg kind;
    const char *argument, *help;
    size_t at; /* where in Options it goes */
    /* NULL for a flag, which is a bool there, and for a list, which is taken over */
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
            options->format_chosen = true;
            return true;
        }
    g_set_error(error, OPTIONS_ERROR, 0, "there is no format '%s': csv, jsonl or table", name);
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

static bool take_columns(const OptionInfo *info G_GNUC_UNUSED, const char *list, Options *options,
                         GError **error)
{
    options->columns = g_strsplit(list, ",", -1);
    if (*list)
        return true;
    g_set_error_literal(error, OPTIONS_ERROR, 0, "--columns takes names of columns, not ''");
    return false;
}

static bool take_only(const OptionInfo *info G_GNUC_UNUSED, const char *list, Options *options,
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

static bool take_top(const OptionInfo *info G_GNUC_UNUSED, const char *text, Options *options,
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

static bool take_color(const OptionInfo *info G_GNUC_UNUSED, const char *name, Options *options,
                       GError **error)
{
    static const char *const names[] = { "auto", "always", "never" };
    int index = word_index(name, names, G_N_ELEMENTS(names));
    if (index < 0)
        g_set_error(error, OPTIONS_ERROR, 0, "--color takes auto, always or never, not '%s'", name);
    options->colour = (ColourWhen)MAX(index, 0);
    return index >= 0;
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
    g_autofree char *nearest = rules_nearest(name);
    g_set_error(error, OPTIONS_ERROR, 0, "there is no rule '%s'; near ones: %s (--list-rules)",
                name, nearest);
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

/* Taken before all others. */
static bool take_completion(const OptionInfo *info G_GNUC_UNUSED, const char *text G_GNUC_UNUSED,
                            Options *options G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return true;
}

/* The options ---------------------------------------------------------------------------------- */

#define AT(member) offsetof(Options, member)
#define FLAG(name, letter, help, member)                                                           \
    {                                                                                              \
        name, letter, G_OPTION_ARG_NONE, NULL, help, AT(member), NULL                              \
    }
#define TAKES(name, letter, argument, help, member, take)                                          \
    {                                                                                              \
        name, letter, G_OPTION_ARG_STRING, argument, help, AT(member), take                        \
    }
#define TAKES_BYTES(name, letter, argument, help, member, take)                                    \
    {                                                                                              \
        name, letter, G_OPTION_ARG_FILENAME, argument, help, AT(member), take                      \
    }

static const OptionInfo OPTIONS[OPTION_COUNT] = {
    [OPTION_REPORT] = TAKES("report", 'r', "NAME",
                            "The report on standard output: connections (default), exchanges, "
                            "findings, servers, pairs, inputs",
                            report, take_report),
    [OPTION_OUTPUT] = TAKES_BYTES("output", 'o', "DIR",
                                  "Write every report and manifest.json into DIR, nothing on "
                                  "standard output",
                                  output, take_directory),
    [OPTION_FORMAT] = TAKES("format", 'f', "FORMAT",
                            "csv, jsonl, or table: the worst rows, fitted to the terminal "
                            "(default there; csv elsewhere)",
                            format, take_format),
    [OPTION_COLUMNS] = TAKES("columns", 0, "LIST", "Only these columns, in this order (a,b,c)",
                             columns, take_columns),
    [OPTION_ONLY] = TAKES("only", 0, "LIST",
                          "Only rows with one of: contradicted, undetermined, as_declared, error, "
                          "warning, note",
                          only, take_only),
    [OPTION_TOP] = TAKES("top", 0, "N", "Only the N worst rows, the worst first", top, take_top),
    [OPTION_FORCE] =
        FLAG("force", 0, "Overwrite files of the same name that are in DIR already", force),
    [OPTION_EVIDENCE] = TAKES_BYTES("evidence", 0, "DIR",
                                    "Also write the packets of each connection that is "
                                    "contradicted or has an error into DIR",
                                    evidence, take_directory),
    [OPTION_EVIDENCE_MAX] =
        TAKES("evidence-max", 0, "N", "At most so many of these captures (1000)", evidence_max,
              take_evidence_max),
    [OPTION_FILTER] =
        TAKES_BYTES("filter", 'F', "BPF", "Look only at the packets that this pcap filter matches",
                    filter, take_text),
    [OPTION_KEYLOG] = { "keylog", 'k', G_OPTION_ARG_FILENAME_ARRAY, "FILE",
                        "Decrypt TLS with the secrets in FILE, a key log (SSLKEYLOGFILE); may be "
                        "repeated",
                        AT(keylogs), NULL },
    [OPTION_SEPARATE] =
        FLAG("separate", 0, "Judge each input alone; without it they are one capture", separate),
    [OPTION_MATCH] = TAKES_BYTES("match", 0, "TEXT",
                                 "List only what has TEXT or /REGEX/ in a target or a field value",
                                 matcher, take_match),
    [OPTION_ALL] = FLAG("all", 'a', "List also TCP connections in which no HTTP was found", all),
    [OPTION_SHOW] = TAKES("show", 0, "CONNECTION",
                          "One connection as a page, packet by packet, and why it is judged so: "
                          "cK-N or stream:N",
                          show, take_show),
    [OPTION_PEDANTIC] =
        FLAG("pedantic", 0, "Also the findings that only older specifications demand", pedantic),
    [OPTION_REDACT] =
        FLAG("redact", 0, "Write short keyed hashes for targets, hosts and field values", redact),
    [OPTION_PROMPT_CLOSE] =
        TAKES("prompt-close", 0, "SECONDS",
              "No timeout stated: a close within SECONDS of the response counts "
              "as unannounced (1)",
              thresholds.prompt_close, take_seconds),
    [OPTION_CLOSE_GRACE] =
        TAKES("close-grace", 0, "SECONDS", "How long closing may take after a declared close (5)",
              thresholds.close_grace, take_seconds),
    [OPTION_TIMEOUT_TOLERANCE] = TAKES("timeout-tolerance", 0, "SECONDS",
                                       "How much earlier than stated an idle timeout may fire (1)",
                                       thresholds.timeout_tolerance, take_seconds),
    [OPTION_HALF_CLOSE] = TAKES("half-close", 0, "SECONDS",
                                "How long one side may stay open after the other closed (30)",
                                thresholds.half_close, take_seconds),
    [OPTION_MAX_MEMORY] = TAKES("max-memory", 0, "SIZE",
                                "Bound on what is kept of connections; suffixes K, M, G (512M)",
                                max_memory, take_memory),
    [OPTION_NO_HASH] = FLAG("no-hash", 0, "Do not compute the inputs' SHA-256", no_hash),
    [OPTION_FAIL_ON] = TAKES("fail-on", 0, "LIST",
                             "Exit with 3 if there is one of: contradicted, undetermined, error, "
                             "warning; or nothing: no HTTP was judged",
                             fail_on, take_fail_on),
    [OPTION_STRICT] =
        FLAG("strict", 0, "Exit with 1 if an input ends in the middle of a packet", strict),
    [OPTION_COLOR] =
        TAKES("color", 0, "WHEN", "auto (on a terminal), always or never", colour, take_color),
    [OPTION_PROGRESS] = TAKES("progress", 0, "WHEN",
                              "Tell how far it has come on standard error: auto (on a terminal), "
                              "always or never",
                              progress, take_progress),
    [OPTION_QUIET] = FLAG("quiet", 'q', "No summary and no progress on standard error", quiet),
    [OPTION_LIST_RULES] =
        FLAG("list-rules", 0, "Print the rules of the findings and stop", list_rules),
    [OPTION_EXPLAIN] =
        TAKES("explain", 0, "RULE",
              "Print one rule, what breaks it and what to do about it, and stop", rule, take_rule),
    [OPTION_COMPLETION] =
        TAKES("completion", 0, "SHELL", "Print the completion for bash, zsh or fish and stop",
              completion, take_completion),
    [OPTION_VERSION] = FLAG("version", 'V', "Print the versions and stop", version),
    [OPTION_HELP] = FLAG("help", 'h', "Print this text and stop", help),
};
#undef AT

/* The parts of --help: each begins with this option. */
static const struct {
    OptionId first;
    const char *title;
} GROUPS[] = {
    { OPTION_REPORT, "What comes out" },
    { OPTION_FILTER, "What is looked at" },
    { OPTION_PROMPT_CLOSE, "Thresholds and bounds" },
    { OPTION_FAIL_ON, "How it behaves" },
    { OPTION_LIST_RULES, "Prints something and stops" },
};

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
    { OPTION_OUTPUT, false, BIT(OPTION_COLUMNS) | BIT(OPTION_ONLY) | BIT(OPTION_TOP),
      "--columns, --only and --top are for what goes to standard output: not with --output" },
    { OPTION_SHOW, false, BIT(OPTION_COLUMNS) | BIT(OPTION_ONLY) | BIT(OPTION_TOP),
      "--columns, --only and --top choose from a report, --show prints one connection: not both" },
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

static bool has_suffix(const char *name, const char *const *suffixes)
{
    for (; *suffixes; suffixes++)
        if (g_str_has_suffix(name, *suffixes))
            return true;
    return false;
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
    const char *unknown = NULL;
    if (options->columns)
        g_free(report_choose_columns(options->report, options->columns, false, &unknown));
    if (unknown) {
        g_autofree char *why = g_strdup_printf("the report %s has no column '%s' (docs/reports.md)",
                                               report_name(options->report), unknown);
        return refuse(why, error);
    }
    bool judged = report_rank(options->report) && options->report != REPORT_PAIRS;
    return refuse(options->only && !judged ? "--only is for connections, exchanges, findings and "
                                             "servers"
                                           : NULL,
                  error);
}

static bool take_values(const RawOptions *raw, Options *options, GError **error)
{
    for (OptionId id = 0; id < OPTION_COUNT; id++)
        if (raw->text[id] && !OPTIONS[id].take(&OPTIONS[id], raw->text[id], options, error))
            return false;
    return check_relations(raw, error) && check_output(options, error) && check_inputs(raw, error);
}

/* The command line ----------------------------------------------------------------------------- */

static GOptionContext *make_context(RawOptions *raw)
{
    GOptionEntry entries[OPTION_COUNT + 2] = { { .long_name = NULL } };
    for (OptionId id = 0; id < OPTION_COUNT; id++) {
        const OptionInfo *info = &OPTIONS[id];
        void *to = info->take ? (void *)&raw->text[id] : (void *)&raw->on[id];
        if (info->kind == G_OPTION_ARG_FILENAME_ARRAY)
            to = &raw->keylogs;
        entries[id] = (GOptionEntry){ info->name, info->letter,  0, info->kind, to,
                                      info->help, info->argument };
    }
    entries[OPTION_COUNT] =
        (GOptionEntry){ G_OPTION_REMAINING, 0,    0,   G_OPTION_ARG_FILENAME_ARRAY,
                        &raw->inputs,       NULL, NULL };
    GOptionContext *context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_help_enabled(context, FALSE);
    return context;
}

/* The option of a letter, or of a long name that ends at `length`; NULL: there is none. */
static const OptionInfo *find_option(char letter, const char *name, size_t length)
{
    for (OptionId id = 0; id < OPTION_COUNT; id++) {
        const OptionInfo *info = &OPTIONS[id];
        if (name ? strlen(info->name) == length && strncmp(info->name, name, length) == 0
                 : info->letter == letter)
            return info;
    }
    return NULL;
}

/* GOption reads "-rservers" as -r, -s and so on. Everywhere else it is -r with "servers": it
 * becomes two arguments. Returns where the argument of the last letter begins; NULL: it has none
 * here. */
static const char *attached_argument(const char *word)
{
    for (const char *letter = word + 1; *letter; letter++) {
        const OptionInfo *info = find_option(*letter, NULL, 0);
        if (!info)
            return NULL;
        if (info->argument)
            return letter[1] ? letter + 1 : NULL;
    }
    return NULL;
}

/* Whether the next word is the argument of this one. */
static bool takes_next(const char *word)
{
    size_t length = strlen(word);
    const OptionInfo *info = word[1] == '-' ? find_option(0, word + 2, length - 2)
                                            : find_option(word[length - 1], NULL, 0);
    return info && info->argument;
}

static char **split_letters(int argc, char **argv)
{
    GPtrArray *words = g_ptr_array_new();
    bool options = true, argument = false;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        bool option = i > 0 && options && !argument && word[0] == '-' && word[1];
        options = options && !(option && strcmp(word, "--") == 0);
        const char *attached = option && word[1] != '-' ? attached_argument(word) : NULL;
        if (attached)
            g_ptr_array_add(words, g_strndup(word, (gsize)(attached - word)));
        g_ptr_array_add(words, g_strdup(attached ? attached : word));
        argument = option && options && !attached && takes_next(word);
    }
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

/* --help --------------------------------------------------------------------------------------- */

#define HELP_WIDTH 79
#define HELP_AT 30 /* column of the explanations */

static void append_option(GString *text, const OptionInfo *info)
{
    g_autoptr(GString) name = g_string_new("  ");
    g_string_append_printf(name, info->letter ? "-%c, " : "    ", info->letter);
    g_string_append_printf(name, "--%s%s%s", info->name, info->argument ? "=" : "",
                           info->argument ? info->argument : "");
    g_string_append_printf(text, "%-*s", HELP_AT, name->str);
    if (name->len + 2 > HELP_AT)
        g_string_append_printf(text, "\n%*s", HELP_AT, "");
    Page page = { .text = text, .width = HELP_WIDTH };
    page_wrapped(&page, HELP_AT, PAGE_PLAIN, info->help);
}

static char *make_help(void)
{
    GString *text = g_string_new(
        "Usage: connaudit [OPTION...] CAPTURE...\n"
        "\n"
        "Did these HTTP connections do what their Connection headers said? A CAPTURE is a\n"
        "pcap or pcapng file, plain or compressed, a directory, or - for standard input.\n"
        "Several are one capture, merged in time order.\n"
        "\n"
        "  connaudit capture.pcap                     the connections, the worst first\n"
        "  connaudit -r findings --only=error *.pcap  broken rules\n"
        "  tcpdump -U -w - port 80 | connaudit -      while it is being captured\n");
    unsigned group = 0;
    for (OptionId id = 0; id < OPTION_COUNT; id++) {
        if (group < G_N_ELEMENTS(GROUPS) && GROUPS[group].first == id)
            g_string_append_printf(text, "\n%s:\n", GROUPS[group++].title);
        append_option(text, &OPTIONS[id]);
    }
    g_string_append(
        text, "\n"
              "Exit status: 0 ok; 1 an input or an output failed, or the run was interrupted;\n"
              "2 usage error; 3 --fail-on matched. Manual: man connaudit.\n"
              "Report bugs where you got connaudit from, with its --version and a capture that\n"
              "shows them (see CONTRIBUTING.md).\n");
    return g_string_free(text, FALSE);
}

/* Completion ----------------------------------------------------------------------------------- */

/* The words that an option takes, blank-separated; "": others; NULL: no argument. */
static const char *words_of(OptionId id)
{
    switch (id) {
    case OPTION_REPORT:
        return "connections exchanges findings servers pairs inputs";
    case OPTION_FORMAT:
        return "csv jsonl table";
    case OPTION_ONLY:
        return "as_declared undetermined contradicted note warning error";
    case OPTION_FAIL_ON:
        return "contradicted undetermined error warning nothing";
    case OPTION_COLOR:
    case OPTION_PROGRESS:
        return "auto always never";
    case OPTION_MAX_MEMORY:
        return "256M 512M 1G 2G 4G";
    case OPTION_COMPLETION:
        return "bash zsh fish";
    default:
        return OPTIONS[id].argument ? "" : NULL;
    }
}

static bool takes_directory(OptionId id)
{
    return OPTIONS[id].take == take_directory;
}

static bool takes_file(OptionId id)
{
    return id == OPTION_KEYLOG;
}

static void append_fish(GString *text)
{
    g_string_append(text, "# Completion of connaudit's command line, for fish.\n");
    for (OptionId id = 0; id < OPTION_COUNT; id++) {
        const OptionInfo *info = &OPTIONS[id];
        const char *words = words_of(id);
        g_autofree char *help = g_strescape(info->help, NULL);
        g_string_append_printf(text, "complete -c connaudit -l %s", info->name);
        if (info->letter)
            g_string_append_printf(text, " -s %c", info->letter);
        if (takes_directory(id))
            g_string_append(text, " -x -a '(__fish_complete_directories)'");
        else if (takes_file(id))
            g_string_append(text, " -r -F");
        else if (id == OPTION_EXPLAIN)
            g_string_append(text, " -x -a '(connaudit --list-rules | cut -f 1)'");
        else if (words)
            g_string_append_printf(text, " -x%s%s%s", *words ? " -a '" : "", words,
                                   *words ? "'" : "");
        g_string_append_printf(text, " -d \"%s\"\n", help);
    }
}

static void append_zsh(GString *text)
{
    g_string_append(text, "#compdef connaudit\n"
                          "# Completion of connaudit's command line, for zsh.\n"
                          "_arguments -s -S \\\n");
    for (OptionId id = 0; id < OPTION_COUNT; id++) {
        const OptionInfo *info = &OPTIONS[id];
        const char *words = words_of(id);
        g_autoptr(GString) help = g_string_new(NULL);
        for (const char *c = info->help; *c; c++)
            g_string_append_printf(help,
                                   strchr("[]:\\", *c) ? "\\%c"
                                   : *c == '\''        ? "'\\'%c'"
                                                       : "%c",
                                   *c);
        g_string_append(text, "  ");
        if (info->letter)
            g_string_append_printf(text, "'(-%c --%s)'{-%c%s,--%s%s}", info->letter, info->name,
                                   info->letter, words ? "+" : "", info->name, words ? "=" : "");
        else
            g_string_append_printf(text, "--%s%s", info->name, words ? "=" : "");
        g_string_append_printf(text, "'[%s]", help->str);
        if (takes_directory(id))
            g_string_append_printf(text, ":%s:_files -/", info->argument);
        else if (takes_file(id))
            g_string_append_printf(text, ":%s:_files", info->argument);
        else if (id == OPTION_EXPLAIN)
            g_string_append(text, ":RULE:($(connaudit --list-rules | cut -f 1))");
        else if (words && *words)
            g_string_append_printf(text, ":%s:(%s)", info->argument, words);
        else if (words)
            g_string_append_printf(text, ":%s: ", info->argument);
        g_string_append(text, "' \\\n");
    }
    g_string_append(text, "  '*:capture:_files'\n");
}

static const char BASH_FUNCTIONS[] =
    "_connaudit_paths()\n"
    "{\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    mapfile -t COMPREPLY < <(compgen -A \"$1\" -- \"$2\")\n"
    "}\n"
    "_connaudit()\n"
    "{\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} option='' values\n"
    "    # Bash makes three words of --report=x, the second of them \"=\".\n"
    "    if [[ $current == '=' ]]; then\n"
    "        option=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "        current=\n"
    "    elif ((COMP_CWORD > 2)) && [[ ${COMP_WORDS[COMP_CWORD - 1]} == '=' ]]; then\n"
    "        option=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    elif ((COMP_CWORD > 1)); then\n"
    "        option=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    fi\n"
    "    COMPREPLY=()\n"
    "    case $option in\n"
    "    -o | --output | --evidence)\n"
    "        _connaudit_paths directory \"$current\"\n"
    "        return\n"
    "        ;;\n"
    "    -k | --keylog)\n"
    "        _connaudit_paths file \"$current\"\n"
    "        return\n"
    "        ;;\n"
    "    -*)\n"
    "        if values=$(_connaudit_values \"$1\" \"$option\"); then\n"
    "            mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$current\")\n"
    "            return\n"
    "        fi\n"
    "        ;;\n"
    "    esac\n"
    "    if [[ $current == -* ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$_connaudit_options\" -- \"$current\")\n"
    "        [[ ${COMPREPLY-} != *= ]] || compopt -o nospace 2>/dev/null\n"
    "    else\n"
    "        _connaudit_paths file \"$current\"\n"
    "    fi\n"
    "}\n"
    "complete -F _connaudit connaudit\n";

static void append_bash(GString *text)
{
    g_string_append(text, "# Completion of connaudit's command line, for bash.\n"
                          "_connaudit_values()\n{\n    case $2 in\n");
    for (OptionId id = 0; id < OPTION_COUNT; id++) {
        const char *words = words_of(id);
        if (!words || takes_directory(id) || takes_file(id))
            continue;
        g_string_append(text, "    ");
        if (OPTIONS[id].letter)
            g_string_append_printf(text, "-%c | ", OPTIONS[id].letter);
        g_string_append_printf(text, "--%s) ", OPTIONS[id].name);
        if (id == OPTION_EXPLAIN)
            g_string_append(text, "\"$1\" --list-rules 2>/dev/null | cut -f 1 ");
        else if (*words)
            g_string_append_printf(text, "printf '%%s\\n' %s ", words);
        g_string_append(text, ";;\n");
    }
    g_string_append(text, "    *) return 1 ;;\n    esac\n}\n_connaudit_options='");
    for (OptionId id = 0; id < OPTION_COUNT; id++)
        g_string_append_printf(text, "--%s%s ", OPTIONS[id].name, OPTIONS[id].argument ? "=" : "");
    for (OptionId id = 0; id < OPTION_COUNT; id++)
        if (OPTIONS[id].letter)
            g_string_append_printf(text, "-%c ", OPTIONS[id].letter);
    g_string_append(text, "'\n");
    g_string_append(text, BASH_FUNCTIONS);
}

/* NULL: of no such shell. */
static char *make_completion(const char *shell)
{
    static const struct {
        const char *shell;
        void (*append)(GString *text);
    } shells[] = { { "bash", append_bash }, { "zsh", append_zsh }, { "fish", append_fish } };
    for (size_t i = 0; i < G_N_ELEMENTS(shells); i++)
        if (strcmp(shell, shells[i].shell) == 0) {
            GString *text = g_string_new(NULL);
            shells[i].append(text);
            return g_string_free(text, FALSE);
        }
    return NULL;
}

/* What prints something and stops: nothing else is checked then. */
static bool take_printing(const RawOptions *raw, Options *options, GError **error)
{
    const char *rule = raw->text[OPTION_EXPLAIN], *shell = raw->text[OPTION_COMPLETION];
    if (options->help) {
        options->printed = make_help();
        return true;
    }
    if (rule && !options->version && !options->list_rules)
        return take_rule(&OPTIONS[OPTION_EXPLAIN], rule, options, error);
    if (!shell || options->version || options->list_rules)
        return true;
    options->printed = make_completion(shell);
    if (!options->printed)
        g_set_error(error, OPTIONS_ERROR, 0, "--completion takes bash, zsh or fish, not '%s'",
                    shell);
    return options->printed;
}

bool options_parse(Options *ret_options, int argc, char **argv, GError **error)
{
    g_auto(RawOptions) raw = { 0 };
    g_autoptr(GOptionContext) context = make_context(&raw);
    g_auto(GStrv) arguments = split_letters(argc, argv);

    *ret_options = (Options){ .thresholds = THRESHOLDS_DEFAULT,
                              .max_memory = MEMORY_DEFAULT,
                              .evidence_max = EVIDENCE_DEFAULT };
    if (!g_option_context_parse_strv(context, &arguments, error)) {
        g_autofree char *why = g_strdup((*error)->message);
        g_clear_error(error);
        g_set_error(error, OPTIONS_ERROR, 0, "%s (connaudit --help lists the options)", why);
        return false;
    }
    for (OptionId id = 0; id < OPTION_COUNT; id++)
        if (OPTIONS[id].kind == G_OPTION_ARG_NONE)
            *(bool *)place_of(&OPTIONS[id], ret_options) = raw.on[id];
    ret_options->prints = ret_options->help || ret_options->version || ret_options->list_rules ||
                          raw.text[OPTION_EXPLAIN] || raw.text[OPTION_COMPLETION];
    if (ret_options->prints)
        return take_printing(&raw, ret_options, error);
    if (!take_values(&raw, ret_options, error))
        return false;
    ret_options->inputs = g_steal_pointer(&raw.inputs);
    ret_options->keylogs = g_steal_pointer(&raw.keylogs);
    return true;
}

void options_clear(Options *options)
{
    g_clear_pointer(&options->matcher, matcher_free);
    g_strfreev(options->inputs);
    g_strfreev(options->keylogs);
    g_strfreev(options->columns);
    g_free(options->output);
    g_free(options->filter);
    g_free(options->evidence);
    g_free(options->show);
    g_free(options->show_text);
    g_free(options->printed);
}
