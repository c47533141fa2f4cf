#include "options.h"

#include <math.h>
#include <string.h>

G_DEFINE_QUARK(connaudit - options - error, options_error)

/* Far beyond any capture, and still exact in nanoseconds. */
#define SECONDS_MAX 1e9

static bool parse_report(const char *name, ReportName *ret_report, GError **error)
{
    static const char *const names[] = { "connections", "exchanges" };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(name, names[i]) == 0) {
            *ret_report = (ReportName)i;
            return true;
        }
    g_set_error(error, OPTIONS_ERROR, 0, "there is no report '%s': connections or exchanges", name);
    return false;
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

static bool check_inputs(char **inputs, Options *options, GError **error)
{
    guint count = inputs ? g_strv_length(inputs) : 0;
    if (count == 0) {
        g_set_error(error, OPTIONS_ERROR, 0, "name a capture file, or - for standard input");
        return false;
    }
    if (count > 1) {
        g_set_error(error, OPTIONS_ERROR, 0, "one capture at a time, not %u", count);
        return false;
    }
    options->input = g_strdup(inputs[0]);
    return true;
}

/* The texts of the options as GOption fills them in. */
typedef struct RawOptions {
    char *report, *prompt_close, *close_grace, *timeout_tolerance, *half_close;
    gboolean all, quiet, version, help;
    char **inputs;
} RawOptions;

static void raw_clear(RawOptions *raw)
{
    g_free(raw->report);
    g_free(raw->prompt_close);
    g_free(raw->close_grace);
    g_free(raw->timeout_tolerance);
    g_free(raw->half_close);
    g_strfreev(raw->inputs);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RawOptions, raw_clear)

static bool check_values(const RawOptions *raw, Options *options, GError **error)
{
    Thresholds *thresholds = &options->thresholds;
    if (raw->report && !parse_report(raw->report, &options->report, error))
        return false;
    return parse_seconds("prompt-close", raw->prompt_close, &thresholds->prompt_close, error) &&
           parse_seconds("close-grace", raw->close_grace, &thresholds->close_grace, error) &&
           parse_seconds("timeout-tolerance", raw->timeout_tolerance,
                         &thresholds->timeout_tolerance, error) &&
           parse_seconds("half-close", raw->half_close, &thresholds->half_close, error) &&
           check_inputs(raw->inputs, options, error);
}

static GOptionContext *make_context(RawOptions *raw)
{
    const GOptionEntry entries[] = {
        { "report", 'r', 0, G_OPTION_ARG_STRING, &raw->report,
          "The report on standard output: connections (default) or exchanges", "NAME" },
        { "all", 'a', 0, G_OPTION_ARG_NONE, &raw->all,
          "List also TCP connections in which no HTTP was found", NULL },
        { "prompt-close", 0, 0, G_OPTION_ARG_STRING, &raw->prompt_close,
          "A server that closes this soon after a response had decided it before (1)", "SECONDS" },
        { "close-grace", 0, 0, G_OPTION_ARG_STRING, &raw->close_grace,
          "How long closing may take after a declared close (5)", "SECONDS" },
        { "timeout-tolerance", 0, 0, G_OPTION_ARG_STRING, &raw->timeout_tolerance,
          "How much earlier than stated an idle timeout may fire (1)", "SECONDS" },
        { "half-close", 0, 0, G_OPTION_ARG_STRING, &raw->half_close,
          "How long one side may stay open after the other closed (30)", "SECONDS" },
        { "quiet", 'q', 0, G_OPTION_ARG_NONE, &raw->quiet, "No summary on standard error", NULL },
        { "version", 0, 0, G_OPTION_ARG_NONE, &raw->version, "Print the versions and stop", NULL },
        { "help", 'h', 0, G_OPTION_ARG_NONE, &raw->help, "Print this text and stop", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &raw->inputs, NULL, NULL },
        { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
    };
    GOptionContext *context = g_option_context_new("CAPTURE");
    g_option_context_set_summary(
        context, "Did these HTTP connections do what their Connection headers said? Reads a\n"
                 "capture (pcap or pcapng; - is standard input) and writes a report as CSV.");
    g_option_context_set_description(
        context,
        "Exit status: 0 the capture was read to its end; 1 it could not be read, or not to\n"
        "its end (the report covers what was read); 2 wrong usage.");
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

    *ret_options = (Options){ .thresholds = THRESHOLDS_DEFAULT };
    if (!g_option_context_parse_strv(context, &arguments, error))
        return false;
    ret_options->all = raw.all;
    ret_options->quiet = raw.quiet;
    ret_options->version = raw.version;
    ret_options->help = raw.help;
    if (raw.help)
        ret_options->help_text = g_option_context_get_help(context, TRUE, NULL);
    if (raw.help || raw.version)
        return true;
    return check_values(&raw, ret_options, error);
}

void options_clear(Options *options)
{
    g_free(options->input);
    g_free(options->help_text);
}
