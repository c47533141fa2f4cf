#include "option_table.h"

#include <stddef.h>

#include "option_values.h"

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

const OptionInfo OPTIONS[OPTION_COUNT] = {
    [OPTION_REPORT] = TAKES("report", 'r', "NAME",
                            "The report on standard output: connections (default), exchanges, "
                            "findings, servers, pairs, hops, idle, inputs",
                            report, take_report),
    [OPTION_OUTPUT] = TAKES_BYTES("output", 'o', "DIR",
                                  "Write every report and manifest.json into DIR, nothing on "
                                  "standard output",
                                  output, take_directory),
    [OPTION_HTML] = TAKES_BYTES("html", 0, "FILE",
                                "Also write FILE, a page for a browser: pictures, tables, diagrams",
                                page, take_file),
    [OPTION_NO_HTML] = FLAG("no-html", 0, "Write no report.html into DIR", no_page),
    [OPTION_SQLITE] =
        TAKES_BYTES("sqlite", 0, "FILE", "Also write every report into FILE, an SQLite database",
                    database, take_file),
    [OPTION_FORMAT] = TAKES("format", 'f', "FORMAT",
                            "csv, jsonl, table: the worst rows, fitted to the terminal (default "
                            "there; csv elsewhere); with -o also sqlite: one database; with --show "
                            "text, mermaid or json",
                            format, take_format),
    [OPTION_COLUMNS] = TAKES("columns", 0, "LIST", "Only these columns, in this order (a,b,c)",
                             columns, take_columns),
    [OPTION_ONLY] = TAKES("only", 0, "LIST",
                          "Only rows with one of: contradicted, undetermined, as_declared, error, "
                          "warning, note",
                          only, take_only),
    [OPTION_TOP] = TAKES("top", 0, "N", "Only the N worst rows, the worst first", top, take_top),
    [OPTION_FORCE] =
        FLAG("force", 0, "Overwrite files of the same name that are there already", force),
    [OPTION_EVIDENCE] = TAKES_BYTES("evidence", 0, "DIR",
                                    "Also write the packets of each connection that is "
                                    "contradicted or has an error into DIR",
                                    evidence, take_directory),
    [OPTION_EVIDENCE_MAX] =
        TAKES("evidence-max", 0, "N", "At most so many of these captures (1000)", evidence_max,
              take_evidence_max),
    [OPTION_EVIDENCE_SECRETS] =
        FLAG("evidence-secrets", 0,
             "With the secrets of its TLS in front of each of these captures", evidence_secrets),
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
        FLAG("redact", 0,
             "Write short keyed hashes for targets, hosts and field values; without a key "
             "of yours they differ from run to run",
             redact),
    [OPTION_REDACT_KEY] =
        TAKES_BYTES("redact-key", 0, "FILE",
                    "The key of these hashes; if FILE is not there, it is made with a random one",
                    redact_key, take_file),
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
    [OPTION_MAX_UNPACKED] = TAKES("max-unpacked", 0, "SIZE",
                                  "Bound on what one compressed input unpacks to; suffixes K, M, "
                                  "G (none)",
                                  max_unpacked, take_unpacked),
    [OPTION_NO_HASH] = FLAG("no-hash", 0, "Do not compute the inputs' SHA-256", no_hash),
    [OPTION_FAIL_ON] = TAKES("fail-on", 0, "LIST",
                             "Exit with 3 if there is one of: contradicted, undetermined, error, "
                             "warning; or nothing: no HTTP was judged",
                             fail_on, take_fail_on),
    [OPTION_STRICT] =
        FLAG("strict", 0, "Exit with 1 if an input ends in the middle of a packet", strict),
    [OPTION_JOBS] = TAKES("jobs", 'j', "N",
                          "Work in N threads at the same time (as many as there are processors, 4 "
                          "at most); what is written is the same for every N. Only one "
                          "for --show and a page (--html, -o without --no-html)",
                          jobs, take_jobs),
    [OPTION_NO_SANDBOX] =
        FLAG("no-sandbox", 0,
             "Do not give up the rights that reading these inputs and writing these outputs does "
             "not need",
             no_sandbox),
    [OPTION_COLOR] =
        TAKES("color", 0, "WHEN", "auto (on a terminal), always or never", colour, take_color),
    [OPTION_PROGRESS] = TAKES("progress", 0, "WHEN",
                              "Tell how far it has come on standard error: auto (on a terminal), "
                              "always or never",
                              progress, take_progress),
    [OPTION_QUIET] = FLAG("quiet", 'q', "No summary and no progress on standard error", quiet),
    [OPTION_VERIFY] =
        TAKES_BYTES("verify", 0, "DIR",
                    "Whether the reports in DIR, their inputs and captures are what its manifest "
                    "says, and a run again gives the same",
                    verify, take_directory),
    [OPTION_INPUTS] = TAKES_BYTES("inputs", 0, "DIR", "Where the inputs of --verify lie now", moved,
                                  take_directory),
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
    { OPTION_VERIFY, "Checks an earlier run" },
    { OPTION_LIST_RULES, "Prints something and stops" },
};

const char *option_group_title(OptionId id)
{
    for (size_t i = 0; i < G_N_ELEMENTS(GROUPS); i++)
        if (GROUPS[i].first == id)
            return GROUPS[i].title;
    return NULL;
}
