#include "run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "capture/bytes.h"
#include "evidence_pass.h"
#include "held_output.h"
#include "keylogs.h"
#include "late_rows.h"
#include "output_names.h"
#include "page_pass.h"
#include "pass.h"
#include "report/checksums.h"
#include "report/connection_page.h"
#include "report/database.h"
#include "report/hop_rows.h"
#include "report/input_rows.h"
#include "report/manifest.h"
#include "report/output.h"
#include "report/page.h"
#include "report/server_rows.h"
#include "report/summary.h"
#include "servers/mismatch.h"
#include "session/tls.h"
#include "stdout_report.h"

G_DEFINE_QUARK(connaudit - run - error, run_error)

/* The files of a directory: the reports, or the database that holds all of them; behind them the
 * manifest and the sums. */

/* Where rows go: into what was asked for first, and into a database and a page besides. */
enum { TO_MAIN, TO_DATABASE, TO_PAGE, TO_COUNT };

/* Of --max-memory, at most, for the secrets of TLS connections; the rest is for connections. A
 * quarter of 512 MiB has room for more than a million lines. */
#define SECRETS_PART 4

/* Of --max-memory, at most, for the legs that hops compare; besides what connections take. */
#define HOPS_PART 8

/* What a further engine hears. */
typedef struct Fork {
    Servers *servers;
    EvidenceList *evidence; /* NULL: none is asked for */
    HopLog *hop_log;        /* NULL: nobody asks for hops */
} Fork;

typedef struct Run {
    const RunContext *context;
    Pass pass;
    Table *reports[REPORT_COUNT][TO_COUNT]; /* NULL: not wanted */
    bool coarse;                            /* the histograms of TO_MAIN are for people */
    Output *database_output;                /* of --sqlite; NULL: none */
    Database *database;                     /* NULL: none */
    Servers *servers;
    GArray *forks;          /* Fork: what further engines hear, to be added; owned */
    Hops *hops;             /* NULL: nobody asks for them */
    HopLog *hop_log;        /* the ear of the first engine for them; NULL: the same */
    ConnectionTrace *trace; /* NULL: no page is asked for */
    AuditTotals totals;
    bool analyzed;
    bool unread; /* nobody reads standard output any longer */
    /* inputs that can be read again held secrets behind the packets that needed them: nothing was
     * finished, and all begins anew */
    bool anew;
    bool rereadable;  /* the inputs are */
    HeldOutput *held; /* standard output as it is used; NULL: itself */
    LateRows *late;   /* NULL: no row has to wait */
    PagePass page;
    EvidencePass evidence;
    GPtrArray *notes;
    bool live;          /* an input may be written while it is read: it cannot be read twice */
    bool placed;        /* all outputs have their names */
    char *manifest_sum; /* NULL: there is no manifest */
} Run;

/* Captures that are judged alone have none: the legs of one proxy may lie in two of them. Whoever
 * asks whether there is an error asks for those of proxies, too. */
static bool wants_hops(const Options *options)
{
    const unsigned findings = 1u << FAIL_ON_ERROR | 1u << FAIL_ON_WARNING;
    return !options->separate &&
           (options->fail_on & findings || options->show || options->output || options->database ||
            options->page || options->report == REPORT_HOPS || options->report == REPORT_FINDINGS);
}

static EngineOptions engine_options(const Options *options)
{
    EngineOptions wanted = engine_options_default();
    wanted.audit.thresholds = options->thresholds;
    wanted.audit.all_connections = options->all;
    bool all = options->output || options->database;
    wanted.audit.exchange_rows = all || options->report == REPORT_EXCHANGES;
    wanted.audit.connection_rows = all || options->page || options->report == REPORT_CONNECTIONS;
    wanted.audit.finding_rows = all || options->page || options->report == REPORT_FINDINGS;
    wanted.audit.pedantic = options->pedantic;
    wanted.audit.matcher = options->matcher;
    wanted.audit.session = &SESSION_TLS;
    wanted.audit.texts.wish =
        wanted.audit.exchange_rows || wanted.audit.finding_rows ? TEXT_WISH_ALL : TEXT_WISH_HOST;
    wanted.audit.texts.digests = wants_hops(options);
    if (wants_hops(options))
        wanted.audit.texts.wish = TEXT_WISH_ALL;
    if (options->show) {
        wanted.audit.exchange_rows = wanted.audit.connection_rows = wanted.audit.finding_rows =
            false;
        wanted.audit.texts.wish = TEXT_WISH_ALL;
        wanted.audit.finding_texts = true;
    }
    return wanted;
}

/* What connections leave to the rest. */
static StreamLimits limits_beside(const Options *options, const TlsKeys *keys,
                                  CaptureInputs *inputs)
{
    size_t taken = tls_keys_counters(keys)->taken ? tls_keys_size(keys) : 0;
    taken += capture_inputs_share(inputs);
    taken = MIN(taken, options->max_memory);
    return stream_limits_for(MAX(options->max_memory - taken, MEMORY_LEAST));
}

/* A row has the file and the resolution of the input in which its connection was first seen. */
static RowFile file_of(const Run *run, FrameId connection)
{
    const InputFile *input = capture_inputs_file(run->pass.inputs, frame_input(connection));
    return (RowFile){ .path = input->path, .time_digits = input->time_digits };
}

/* What is known only when all has been read; of all inputs together, whether they were judged alone
 * or not. */
static void write_totals(Run *run)
{
    for (unsigned to = 0; to < TO_COUNT; to++) {
        if (run->reports[REPORT_SERVERS][to])
            write_server_rows(run->reports[REPORT_SERVERS][to], run->servers);
        if (run->reports[REPORT_PAIRS][to])
            write_pair_rows(run->reports[REPORT_PAIRS][to], run->servers);
        if (run->reports[REPORT_IDLE][to])
            write_idle_rows(run->reports[REPORT_IDLE][to], run->servers,
                            run->coarse && to == TO_MAIN);
        if (run->reports[REPORT_INPUTS][to])
            write_input_rows(run->reports[REPORT_INPUTS][to], run->pass.inputs);
    }
}

static bool is_wanted(const Run *run, ReportName report)
{
    bool wanted = false;
    for (unsigned to = 0; to < TO_COUNT; to++)
        wanted = wanted || run->reports[report][to];
    return wanted;
}

static void write_finding(Run *run, const FindingRow *row)
{
    RowFile file = file_of(run, row->connection.first_frame);
    file.proof_path = file_of(run, finding_row_proof(row)).path;
    for (unsigned to = 0; to < TO_COUNT; to++)
        if (run->reports[REPORT_FINDINGS][to])
            write_finding_row(run->reports[REPORT_FINDINGS][to], row, &file);
}

static void write_row(void *data, const AuditRow *row)
{
    Run *run = data;
    RowFile file = file_of(run, audit_row_connection(row));
    if (row->kind == ROW_FINDING)
        write_finding(run, &row->finding);
    if (row->kind == ROW_CONNECTION)
        page_pass_connection(&run->page, &row->connection, &file);
    for (unsigned to = 0; to < TO_COUNT; to++)
        if (row->kind == ROW_EXCHANGE && run->reports[REPORT_EXCHANGES][to])
            write_exchange_row(run->reports[REPORT_EXCHANGES][to], &row->exchange, &file);
        else if (row->kind == ROW_CONNECTION && run->reports[REPORT_CONNECTIONS][to])
            write_connection_row(run->reports[REPORT_CONNECTIONS][to], &row->connection, &file);
}

/* A trace and what is drawn on a page are of one engine, in its order. Positions, by which evidence
 * is merged, are of one capture. */
static bool hears_in_order(const Run *run)
{
    const Options *options = run->context->options;
    return options->show || run->page.rows || (options->evidence && options->separate);
}

static HopLog *fork_listeners(void *data, AuditOptions *audit)
{
    Run *run = data;
    Fork fork = { .servers = servers_new(&SERVERS_LIMITS_DEFAULT) };
    audit_listen(audit, audit_listener_of_servers(fork.servers));
    if (run->hops) {
        fork.hop_log = hop_log_new(run->hops);
        audit_listen(audit, hop_log_listener(fork.hop_log));
    }
    if (run->evidence.list) {
        fork.evidence = evidence_list_new(run->evidence.list->max);
        audit_listen(audit, evidence_list_listener(fork.evidence));
    }
    g_array_append_val(run->forks, fork);
    return fork.hop_log;
}

static void merge_forks(const Run *run)
{
    for (guint i = 0; i < run->forks->len; i++) {
        const Fork *fork = &g_array_index(run->forks, Fork, i);
        servers_merge(run->servers, fork->servers);
        if (fork->evidence)
            evidence_list_merge(run->evidence.list, fork->evidence);
    }
}

static void clear_fork(gpointer data)
{
    Fork *fork = data;
    servers_free(fork->servers);
    hop_log_free(fork->hop_log);
    evidence_list_free(fork->evidence);
}

static bool take_row(void *data, const AuditRow *row)
{
    Run *run = data;
    if (run->late && late_rows_take(run->late, row))
        return true;
    write_row(data, row);
    return false;
}

/* Secrets that came behind the packets of an input that can be read only once. A connection whose
 * row had left was counted as one without. */
static void end_late_rows(Run *run)
{
    AuditCounters *counters = &run->totals.audit;
    uint64_t *none = &counters->tls_by_secrets[TLS_SECRETS_OF_NONE];
    uint64_t *late = &counters->tls_by_secrets[TLS_SECRETS_LATE];
    uint64_t came = tls_keys_counters(run->context->keys)->late;
    uint64_t more = MIN(came > *late ? came - *late : 0, *none);
    *none -= more;
    *late += more;
    if (run->late)
        late_rows_end(run->late);
}

static void take_hop(void *data, const HopRow *hop)
{
    const Run *run = data;
    if (run->trace)
        connection_trace_hop(run->trace, hop);
    for (unsigned to = 0; to < TO_COUNT; to++)
        if (run->reports[REPORT_HOPS][to])
            write_hop_row(run->reports[REPORT_HOPS][to], hop,
                          run->context->options->matcher != NULL);
}

/* For a test. */
static unsigned portion_stated(void)
{
    const char *stated = getenv("CONNAUDIT_PORTION");
    int64_t frames;
    bool known = stated && text_number(span_of_text(stated), &frames) && frames >= 1;
    return known ? (unsigned)MIN(frames, UINT16_MAX) : 0;
}

/* The default, or fewer legs a block for a test. */
static HopsLimits hops_limits(const Options *options)
{
    HopsLimits limits = HOPS_LIMITS_DEFAULT;
    limits.bytes = options->max_memory / HOPS_PART;
    const char *stated = getenv("CONNAUDIT_HOPS_BLOCK");
    int64_t legs;
    if (stated && text_number(span_of_text(stated), &legs) && legs >= 8 && legs <= UINT32_MAX)
        limits.legs = (unsigned)legs;
    return limits;
}

/* Findings that concern no single connection come when all connections are known. */
static void write_mismatches(Run *run)
{
    AuditCounters *counters = &run->totals.audit;
    for (unsigned i = 0; i < servers_pair_count(run->servers); i++) {
        const Pair *pair = servers_pair_at(run->servers, i);
        PairFinding found;
        if (!pair_has_mismatch(pair))
            continue;
        audit_count_finding(counters, rule_info(RULE_TIMEOUT_MISMATCH)->severity,
                            RULE_TIMEOUT_MISMATCH);
        if (!is_wanted(run, REPORT_FINDINGS) ||
            !pair_mismatch(pair, run->context->options->matcher != NULL, &found))
            continue;
        FindingRow row = { .connection = { .first_frame = found.connection,
                                           .stream_number_known = found.stream_number_known,
                                           .stream_number = found.stream_number,
                                           .address = { pair->key.client,
                                                        pair->key.server.address },
                                           .port = { found.client_port, pair->key.server.port } },
                           .finding = found.finding };
        write_finding(run, &row);
        finding_clear(&row.finding);
    }
}

/* So do those that concern both sides of a proxy. */
static void write_hop_findings(Run *run)
{
    unsigned count = 0;
    const HopFinding *findings = run->hops ? hops_findings(run->hops, &count) : NULL;
    for (unsigned i = 0; i < count; i++) {
        const LegPath *path = &findings[i].path;
        FindingRow row = { .connection = { .first_frame = path->connection,
                                           .stream_number_known = path->stream_number_known,
                                           .stream_number = path->stream_number,
                                           .address = { path->client.address,
                                                        path->server.address },
                                           .port = { path->client.port, path->server.port } },
                           .finding = findings[i].finding };
        audit_count_finding(&run->totals.audit, row.finding.severity, row.finding.rule);
        if (run->trace)
            connection_trace_hop_finding(run->trace, &findings[i]);
        bool listed = !run->context->options->matcher || findings[i].matches;
        if (is_wanted(run, REPORT_FINDINGS) && listed)
            write_finding(run, &row);
    }
}

/* More rows are of no use. */
static bool writing_failed(void *data)
{
    const Run *run = data;
    bool failed = false;
    for (unsigned i = 0; i < REPORT_COUNT; i++)
        for (unsigned to = 0; to < TO_COUNT; to++)
            failed = failed || (run->reports[i][to] && table_failed(run->reports[i][to]));
    return failed;
}

/* On a terminal, unless rows are being written to one: they would go through each other. */
static Progress *start_progress(const Options *options)
{
    bool terminal = isatty(STDERR_FILENO);
    bool rows = !options->output && !options->show && isatty(STDOUT_FILENO);
    bool wanted = options->progress == PROGRESS_ALWAYS ||
                  (options->progress == PROGRESS_AUTO && terminal && !rows);
    return wanted && !options->quiet ? progress_new(stderr, terminal, g_get_monotonic_time) : NULL;
}

/* Not twice: the second time all secrets are there. */
static bool begins_anew(const Run *run)
{
    const CaptureInputs *inputs = run->pass.inputs;
    return tls_keys_counters(run->context->keys)->late > 0 && run->pass.capture.secrets.take &&
           run->rereadable && !capture_inputs_interrupted(inputs) && !run->unread;
}

static void analyze(Run *run)
{
    g_autoptr(Progress) progress = start_progress(run->context->options);
    run->analyzed = true;
    run->pass.progress = progress;
    run->pass.fork = hears_in_order(run) ? NULL : fork_listeners;
    pass_run(&run->pass, &run->totals);
    run->pass.progress = NULL;
    run->anew = begins_anew(run);
    if (run->anew)
        return;
    end_late_rows(run);
    merge_forks(run);
    servers_finish(run->servers);
    if (run->hops)
        hops_finish(run->hops);
    write_mismatches(run);
    write_hop_findings(run);
    write_totals(run);
}

/* The inputs as if they were one. */
static CaptureInfo joint_info(const CaptureInputs *inputs, const char *name)
{
    CaptureInfo joint = { .path = name };
    bool timed = false;
    for (guint i = 0; i < inputs->numbered->len; i++) {
        const InputFile *file = g_ptr_array_index(inputs->numbered, i);
        const CaptureInfo *info = file->info;
        if (!info || !capture_has_times(info))
            continue;
        joint.first_time = timed ? MIN(joint.first_time, info->first_time) : info->first_time;
        joint.last_time = timed ? MAX(joint.last_time, info->last_time) : info->last_time;
        timed = true;
    }
    return joint;
}

/* NULL: no key log was given, and no input held one. */
static const TlsKeysCounters *keys_counters(const Run *run)
{
    const TlsKeysCounters *counters = tls_keys_counters(run->context->keys);
    return run->context->options->keylogs || counters->lines ? counters : NULL;
}

/* How many captures lack the secrets with which their connections were judged. */
static uint64_t without_secrets(const Run *run)
{
    bool lacking = run->evidence.captures && run->evidence.captures->len > 0 &&
                   !run->context->options->evidence_secrets;
    return lacking ? evidence_list_opened(run->evidence.list) : 0;
}

/* "contradicted 17, error 2": what --fail-on lists and what there is, of everything that was read,
 * whatever --match lists. Empty: nothing of it. */
static char *matches_of_fail_on(const AuditCounters *counters, unsigned fail_on)
{
    uint64_t errors = counters->findings[SEVERITY_ERROR];
    uint64_t warnings = counters->findings[SEVERITY_WARNING];
    const uint64_t found[FAIL_ON_COUNT] = {
        [FAIL_ON_CONTRADICTED] = counters->verdicts[VERDICT_CONTRADICTED],
        [FAIL_ON_UNDETERMINED] = counters->verdicts[VERDICT_UNDETERMINED],
        [FAIL_ON_ERROR] = errors,
        [FAIL_ON_WARNING] = errors + warnings,
        [FAIL_ON_NOTHING] = counters->http_connections == 0,
    };
    GString *text = g_string_new(NULL);
    for (FailOn what = 0; what < FAIL_ON_COUNT; what++) {
        if (!(fail_on >> what & 1) || found[what] == 0)
            continue;
        bool both = what == FAIL_ON_WARNING && errors > 0;
        g_string_append_printf(text, "%s%s", text->len ? ", " : "",
                               both ? "warning or error" : fail_on_name(what));
        if (what == FAIL_ON_NOTHING) {
            g_string_append(text, " was judged");
            continue;
        }
        g_string_append(text, PAGE_NO_BREAK);
        page_append_count(text, found[what]);
    }
    return g_string_free(text, FALSE);
}

static void write_summary(const Run *run, FILE *out, bool colour)
{
    const GPtrArray *numbered = run->pass.inputs->numbered;
    const InputFile *first = g_ptr_array_index(numbered, 0);
    g_autofree char *several = g_strdup_printf("%u inputs", numbered->len);
    CaptureInfo capture = joint_info(run->pass.inputs, numbered->len == 1 ? first->path : several);
    const GArray *captures = run->evidence.captures;
    const Options *options = run->context->options;
    /* the page's own summary is the same wherever it lies, and whatever the status is */
    bool told = out == stderr, placed = told && run->placed;
    g_autofree char *page = page_pass_in_directory(options)
                                ? g_build_filename(options->output, OUTPUT_PAGE_NAME, NULL)
                                : g_strdup(options->page);
    g_autofree char *matched = matches_of_fail_on(&run->totals.audit, options->fail_on);
    SummaryFacts facts = { .capture = &capture,
                           .inputs = run->pass.inputs,
                           .totals = &run->totals,
                           .servers = run->servers,
                           .hops = run->hops,
                           .keys = keys_counters(run),
                           .matching = run->context->options->matcher,
                           .fail_on = *matched && told ? matched : NULL,
                           .directory = placed ? options->output : NULL,
                           .page = placed ? page : NULL,
                           .database = placed ? options->database : NULL,
                           .evidence_directory = placed ? options->evidence : NULL,
                           .manifest_sum = run->manifest_sum,
                           .evidence = captures,
                           .captures = captures ? captures->len : 0,
                           .without_secrets = without_secrets(run),
                           .left_out = captures ? run->evidence.list->left_out : 0,
                           .stopped = capture_inputs_interrupted(run->pass.inputs),
                           .fragments_given_up = run->evidence.fragments_given_up };
    summary_write(out, &facts, colour);
}

static void note_place(const Run *run, const Output *output, const char *path)
{
    const char *note = output ? output_note(output) : NULL;
    g_autofree char *name = note ? capture_display_name(path) : NULL;
    if (note)
        g_ptr_array_add(run->notes, g_strdup_printf("%s: %s", name, note));
}

/* Evidence ------------------------------------------------------------------------------------- */

/* Only what the manifest is to say of the inputs needs their sums no longer. */
static void forget_sums(const CaptureInputs *inputs)
{
    for (guint i = 0; i < inputs->numbered->len; i++) {
        InputFile *file = g_ptr_array_index(inputs->numbered, i);
        if (file->info)
            file->info->sha256 = NULL;
    }
}

/* The captures are written, but none has its name yet. */
static bool write_evidence(Run *run, GError **error)
{
    const Options *options = run->context->options;
    if (!options->evidence)
        return true;
    if (capture_inputs_interrupted(run->pass.inputs)) {
        evidence_pass_skip(&run->evidence);
        return true;
    }
    g_autoptr(Progress) progress = start_progress(options);
    EvidenceRun evidence = { .first = &run->pass,
                             .hops = run->hops,
                             .keys = options->evidence_secrets ? run->context->keys : NULL,
                             .version = run->context->version,
                             .command = run->context->command,
                             .progress = progress };
    if (!evidence_pass_write(&run->evidence, &evidence, error))
        return false;
    return !options->output || evidence_pass_sums(&run->evidence, error);
}

/* Reports -------------------------------------------------------------------------------------- */

/* Nobody reads standard output any longer: whoever asked has seen enough. */
static bool forgive_unread(Run *run, GError **error)
{
    run->unread = g_error_matches(*error, G_FILE_ERROR, G_FILE_ERROR_PIPE);
    if (run->unread)
        g_clear_error(error);
    else
        g_prefix_error(error, "standard output: ");
    return run->unread;
}

static bool finish_report(Run *run, StdoutReport *report, GError **error)
{
    const Options *options = run->context->options;
    GError *failure = NULL;
    bool written = stdout_report_end(report, &failure);
    if (written && run->held && !held_output_end(run->held)) {
        g_set_error_literal(&failure, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
                            g_strerror(errno));
        written = false;
    }
    if (written)
        stdout_report_note(report);
    if (!written && !options->evidence && !options->database && !options->page)
        written = forgive_unread(run, &failure);
    if (!written)
        g_propagate_error(error, failure);
    return written;
}

/* The database --------------------------------------------------------------------------------- */

static void open_database_tables(Run *run, Output *output)
{
    run->database = database_new(fileno(output_stream(output, 0)), output_directory(output),
                                 !run->context->options->matcher);
    for (ReportName report = 0; report < REPORT_COUNT; report++)
        run->reports[report][TO_DATABASE] = database_table(run->database, report);
}

/* --sqlite */
static bool open_database(Run *run, GError **error)
{
    const Options *options = run->context->options;
    if (!options->database)
        return true;
    run->database_output = output_open_file(options->database, (const char *const *)options->inputs,
                                            options->force, error);
    if (run->database_output)
        open_database_tables(run, run->database_output);
    return run->database_output;
}

/* It is whole, but has no name yet. */
static bool finish_database(Run *run, GError **error)
{
    const Options *options = run->context->options;
    for (unsigned i = 0; i < REPORT_COUNT; i++)
        run->reports[i][TO_DATABASE] = NULL;
    if (!run->database || database_finish(run->database, error))
        return true;
    g_autofree char *name =
        capture_display_name(options->database ? options->database : options->output);
    g_prefix_error(error, "%s: ", name);
    return false;
}

/* The page ------------------------------------------------------------------------------------- */

static bool open_page(Run *run, GError **error)
{
    if (!page_pass_open(&run->page, run->context->options, &run->pass.engine.audit, error))
        return false;
    for (unsigned i = 0; i < REPORT_COUNT && run->page.rows; i++) /* connections go by themselves */
        run->reports[i][TO_PAGE] = run->page.rows->tables[i];
    return true;
}

/* It is whole, but has no name yet. `out` NULL: it goes to --html. */
static bool write_page(Run *run, FILE *out, GError **error)
{
    g_autoptr(Progress) progress = run->page.rows ? start_progress(run->context->options) : NULL;
    char *summary = NULL;
    size_t size;
    FILE *text = open_memstream(&summary, &size);
    if (!text) /* only for want of memory, where GLib aborts as well */
        g_error("open_memstream: %s", g_strerror(errno));
    if (run->page.rows)
        write_summary(run, text, false);
    fclose(text);
    PageRun page = { .first = &run->pass,
                     .version = run->context->version,
                     .command = run->context->command,
                     .options = run->context->options,
                     .servers = run->servers,
                     .hops = run->hops,
                     .summary = summary,
                     .rereadable = run->rereadable,
                     .progress = progress };
    bool written = page_pass_write(&run->page, &page, out, error);
    free(summary);
    if (run->context->options->no_hash) /* the second readings are over */
        forget_sums(run->pass.inputs);
    return written;
}

/* Everything that is written besides the reports. */
static bool open_besides(Run *run, GError **error)
{
    return evidence_pass_open(&run->evidence, run->context->options, &run->pass, error) &&
           open_database(run, error) && open_page(run, error);
}

/* Whatever is written besides the reports, and the reports, appear together. */
static bool commit(Run *run, Output *reports, GError **error)
{
    Output *outputs[] = { run->evidence.output, run->database_output, run->page.output, reports };
    unsigned count = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(outputs); i++)
        if (outputs[i])
            outputs[count++] = outputs[i];
    run->placed = outputs_commit(outputs, count, error);
    return run->placed;
}

/* In the opposite order of their opening. */
static void close_outputs(Run *run)
{
    const Options *options = run->context->options;
    note_place(run, run->page.output, options->page);
    note_place(run, run->database_output, options->database);
    note_place(run, run->evidence.output, options->evidence);
    page_pass_close(&run->page);
    g_clear_pointer(&run->database, database_free);
    g_clear_pointer(&run->database_output, output_free);
    evidence_pass_close(&run->evidence);
}

static bool run_to_stdout(Run *run, GError **error)
{
    const Options *options = run->context->options;
    FILE *out = run->held ? held_output_stream(run->held) : stdout;
    g_auto(StdoutReport) report = { .table = NULL };
    stdout_report_open(&report, options, run->live, out);
    run->reports[options->report][TO_MAIN] = report.table;
    run->coarse = report.format == TABLE_SCREEN;
    bool written = open_besides(run, error);
    if (written) {
        run->context->out->table = report.kept ? NULL : report.table;
        analyze(run);
        run->context->out->table = NULL;
        written = run->anew || (finish_report(run, &report, error) && finish_database(run, error) &&
                                write_evidence(run, error) && write_page(run, NULL, error) &&
                                commit(run, NULL, error));
    }
    fflush(stdout);
    close_outputs(run);
    return written;
}

static char *make_page(const Run *run, const TracedConnection *traced)
{
    RowFile file = file_of(run, traced->connection.connection.first_frame);
    file.inputs = run->pass.inputs;
    GString *page = g_string_new(NULL);
    const Options *options = run->context->options;
    connection_page_print(page, traced, &file, options->page_format,
                          stdout_wants_colour(options, STDOUT_FILENO));
    return g_string_free(page, FALSE);
}

/* "c1-1, c2-1"; "": none. */
static char *namesakes_text(const ConnectionTrace *trace, unsigned *ret_count)
{
    const FrameId *frames = connection_trace_namesakes(trace, ret_count);
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; i < *ret_count; i++)
        g_string_append_printf(text, "%s" CONNECTION_NAME, i ? ", " : "", FRAME_PARTS(frames[i]));
    return g_string_free(text, FALSE);
}

/* Whether exactly one connection has the name. */
static bool check_named(const ConnectionTrace *trace, const TracedConnection *traced,
                        const Options *options, GError **error)
{
    const char *name = options->show_text;
    unsigned count;
    g_autofree char *others = namesakes_text(trace, &count);
    if (count > 1)
        g_set_error(error, RUN_ERROR, RUN_ERROR_NO_CONNECTION,
                    "--show=%s: several inputs have such a connection: %s%s", name, others,
                    count == TRACE_NAMESAKES_MAX ? ", perhaps more" : "");
    else if (!traced)
        g_set_error(error, RUN_ERROR, RUN_ERROR_NO_CONNECTION,
                    "there is no connection %s in what was read%s%s", name, count ? ", but " : "",
                    count || options->show->by_stream
                        ? others
                        : "; its name depends on the inputs: give all those of the run that "
                          "named it");
    return count <= 1 && traced;
}

static bool run_to_page(Run *run, GError **error)
{
    const Options *options = run->context->options;
    g_autoptr(ConnectionTrace) trace = connection_trace_new(options->show, &TRACE_LIMITS_DEFAULT);
    audit_listen(&run->pass.engine.audit, connection_trace_listener(trace));
    run->trace = trace;
    analyze(run);
    run->trace = NULL;
    if (run->anew)
        return true;
    const TracedConnection *traced = connection_trace_result(trace, &options->thresholds);
    if (!check_named(trace, traced, options, error))
        return false;
    g_autofree char *page = make_page(run, traced);
    if (fputs(page, stdout) != EOF && fflush(stdout) == 0)
        return true;
    run->unread = errno == EPIPE;
    if (!run->unread)
        g_set_error(error, RUN_ERROR, RUN_ERROR_WRITE, "standard output: %s", g_strerror(errno));
    return run->unread;
}

static ManifestEvidence manifest_evidence(const Run *run)
{
    const EvidencePass *evidence = &run->evidence;
    return (ManifestEvidence){
        .directory = run->context->options->evidence,
        .max = run->context->options->evidence_max,
        .captures = (const ManifestCapture *)(const void *)evidence->captures->data,
        .count = evidence->captures->len,
        .pages =
            evidence->pages ? (const ManifestReport *)(const void *)evidence->pages->data : NULL,
        .page_count = evidence->pages ? evidence->pages->len : 0,
        .left_out = evidence->list->left_out,
        .given_up = evidence->fragments_given_up,
    };
}

static void write_manifest(const Run *run, FILE *out, const ManifestReport *reports, unsigned count)
{
    const RunContext *context = run->context;
    ManifestEvidence evidence = { 0 };
    if (run->evidence.captures)
        evidence = manifest_evidence(run);
    ManifestFacts facts = { .version = context->version,
                            .command = context->command,
                            .redactor = run->pass.engine.audit.texts.redactor,
                            .sandbox = context->sandbox,
                            .keylog_sums = context->keylog_sums,
                            .redact_key =
                                context->redact_key ? context->redact_key->fingerprint : NULL,
                            .thresholds = &context->options->thresholds,
                            .limits = &run->pass.engine.limits,
                            .filter = context->options->filter,
                            .separate = context->options->separate,
                            .interrupted = capture_inputs_interrupted(run->pass.inputs),
                            .inputs = run->pass.inputs,
                            .totals = &run->totals,
                            .servers = run->servers,
                            .hops = run->hops,
                            .hops_limits = hops_limits(run->context->options),
                            .keys = keys_counters(run),
                            .reports = reports,
                            .report_count = count,
                            .evidence = run->evidence.captures ? &evidence : NULL };
    manifest_write(out, &facts);
}

/* Of the reports and the manifest, and of the evidence if it lies in the same directory. */
static bool write_sums(Run *run, Output *output, const ManifestReport *reports, unsigned count,
                       GError **error)
{
    const Options *options = run->context->options;
    uint64_t size;
    run->manifest_sum = output_sha256(output, count, &size, error);
    if (!run->manifest_sum)
        return false;
    ManifestEvidence evidence = { 0 };
    if (run->evidence.captures)
        evidence = manifest_evidence(run);
    g_autofree char *text = checksums_text(options->output, reports, count, run->manifest_sum,
                                           run->evidence.captures ? &evidence : NULL);
    fputs(text, output_stream(output, count + 1));
    return true;
}

/* The sums are those of the bytes as they lie in the files. */
static bool finish_output(Run *run, Output *output, char **names, GError **error)
{
    ManifestReport reports[OUTPUT_NAMES_MAX] = { { .name = NULL } };
    unsigned count = g_strv_length(names) - 2;
    bool done = true;
    for (unsigned i = 0; i < count && done; i++) {
        reports[i].name = names[i];
        reports[i].sha256 = output_sha256(output, i, &reports[i].size, error);
        done = reports[i].sha256;
    }
    if (done) {
        write_manifest(run, output_stream(output, count), reports, count);
        done = write_sums(run, output, reports, count, error) && commit(run, output, error);
    }
    for (unsigned i = 0; i < count; i++)
        g_free(reports[i].sha256);
    return done;
}

static void open_tables(Run *run, Output *output)
{
    TableFormat format = run->context->options->format;
    if (format == TABLE_SQLITE) {
        open_database_tables(run, output);
        return;
    }
    for (unsigned i = 0; i < REPORT_COUNT; i++)
        run->reports[i][TO_MAIN] = table_new(output_stream(output, i), format, report_columns(i));
}

static bool close_tables(Run *run, GError **error)
{
    bool written = true;
    for (unsigned i = 0; i < REPORT_COUNT; i++) {
        Table **table = &run->reports[i][TO_MAIN];
        written = written && (!*table || table_flush(*table, error));
        g_clear_pointer(table, table_free);
    }
    if (written)
        return true;
    g_autofree char *name = capture_display_name(run->context->options->output);
    g_prefix_error(error, "%s: ", name);
    return false;
}

static bool write_directory(Run *run, Output *output, char **names, GError **error)
{
    if (!open_besides(run, error))
        return false;
    unsigned manifest = g_strv_length(names) - 2; /* behind the page if there is one */
    FILE *page =
        page_pass_in_directory(run->context->options) ? output_stream(output, manifest - 1) : NULL;
    open_tables(run, output);
    analyze(run);
    return close_tables(run, error) &&
           (run->anew ||
            (finish_database(run, error) && write_evidence(run, error) &&
             write_page(run, page, error) && finish_output(run, output, names, error)));
}

/* The evidence may lie in the directory of the reports: it is closed first. */
static bool run_to_directory(Run *run, GError **error)
{
    const Options *options = run->context->options;
    g_auto(GStrv) names = output_names(options);
    g_autoptr(Output) output =
        output_open(options->output, (const char *const *)names,
                    (const char *const *)options->inputs, options->force, error);
    bool written = output && write_directory(run, output, names, error);
    note_place(run, output, options->output);
    close_outputs(run);
    return written;
}

static void take_keylog(void *data, Span keylog)
{
    keylogs_guard();
    tls_keys_feed(data, keylog);
    tls_keys_end_text(data);
}

/* Whoever looks at the rows sees those that are final while the input has nothing to give. A write
 * that fails is remembered by the table. */
static void flush_rows(void *data)
{
    const RowsOut *out = data;
    if (out->table)
        table_flush(out->table, NULL);
}

/* Half of --max-memory at most goes to what unpacks the inputs, if it is needed. */
static size_t reading_memory(const Options *options)
{
    size_t beyond = MIN(options->max_memory / 2, options->max_memory - MEMORY_LEAST);
    return INPUTS_MEMORY_LEAST + beyond;
}

static CaptureOptions capture_options(const Options *options, TlsKeys *keys, RowsOut *out)
{
    /* evidence takes a second pass, over bytes that must be the same */
    bool shown = options->output || options->database || options->page ||
                 (options->report == REPORT_INPUTS && !options->show);
    bool hash = options->evidence || (shown && !options->no_hash);
    return (CaptureOptions){ .hash = hash,
                             .memory = reading_memory(options),
                             .max_unpacked = options->max_unpacked,
                             .secrets = { take_keylog, keys },
                             .waits = flush_rows,
                             .data = out };
}

TlsKeys *run_read_keylogs(const Options *options, GPtrArray *sums, GPtrArray *notes, GError **error)
{
    g_autoptr(TlsKeys) keys = tls_keys_new(options->max_memory / SECRETS_PART);
    return keylogs_read(keys, (const char *const *)options->keylogs, sums, notes, error)
               ? g_steal_pointer(&keys)
               : NULL;
}

CaptureInputs *run_open_inputs(const Options *options, Filter *filter, TlsKeys *keys, RowsOut *out)
{
    CaptureOptions capture = capture_options(options, keys, out);
    return capture_inputs_open((const char *const *)options->inputs, &capture, filter);
}

CaptureInputs *run_open_moved(const Options *options, const char *const *places, Filter *filter,
                              TlsKeys *keys)
{
    CaptureOptions capture = capture_options(options, keys, NULL);
    capture.waits = NULL;
    return capture_inputs_open_moved((const char *const *)options->inputs, places, &capture,
                                     filter);
}

static bool never_over(void *data G_GNUC_UNUSED)
{
    return false;
}

EvidenceList *run_list_evidence(const Options *options, const char *const *paths, TlsKeys *keys)
{
    CaptureOptions capture = { .memory = reading_memory(options),
                               .secrets = { take_keylog, keys } };
    g_autoptr(CaptureInputs) inputs = capture_inputs_open(paths, &capture, NULL);
    if (inputs->numbered->len == 0)
        return NULL;
    EvidenceList *list = evidence_list_new(EVIDENCE_MAX);
    Pass pass = { .inputs = inputs,
                  .capture = capture,
                  .engine = engine_options(options),
                  .is_over = never_over };
    pass.engine.audit.session_context = keys;
    pass.engine.audit.matcher = NULL;
    pass.engine.limits = limits_beside(options, keys, inputs);
    audit_listen(&pass.engine.audit, evidence_list_listener(list));
    pass_run(&pass, NULL);
    return list;
}

static Redactor *redactor_for(const RedactKey *key)
{
    return key ? redactor_new(span_make(key->bytes, sizeof key->bytes)) : NULL;
}

static bool were_missed(const void *keys)
{
    return tls_keys_were_missed(keys);
}

/* Rows go out at once until secrets have been missed that may still come. */
static HeldOutput *hold_output(const RunContext *context)
{
    bool rows = !context->options->show && !context->options->output;
    return rows ? held_output_new(stdout, were_missed, context->keys) : NULL;
}

/* Secrets may come behind packets only where the format has blocks for them. */
static bool rows_may_be_late(const CaptureInputs *inputs)
{
    const InputFile *once = capture_inputs_only_once(inputs);
    return once && strcmp(capture_reader_info(once->reader)->format, "pcapng") == 0;
}

/* Several threads keep the rows of some thousand frames, which somebody can make 150 MiB: with less
 * memory than this, there is one. What is written is the same. */
#define MEMORY_OF_THREADS ((size_t)256 << 20)

static unsigned jobs_within(const Options *options)
{
    return options->max_memory < MEMORY_OF_THREADS ? 1 : options->jobs;
}

/* Once, from the first packet to the reports. `anew`: for the second time. */
static bool run_once(Run *state, const RunContext *context, CaptureInputs *inputs, bool anew,
                     GError **error)
{
    const Options *options = context->options;
    state->pass = (Pass){ .inputs = inputs,
                          .capture = capture_options(options, context->keys, context->out),
                          .engine = engine_options(options),
                          .separate = options->separate,
                          .jobs = jobs_within(options),
                          .portion = portion_stated(),
                          .row = take_row,
                          .is_over = writing_failed,
                          .data = state };
    if (anew)
        state->pass.capture.secrets.take = NULL; /* all have been taken */
    state->pass.engine.audit.session_context = context->keys;
    state->pass.engine.limits = limits_beside(options, context->keys, inputs);
    state->servers = servers_new(&SERVERS_LIMITS_DEFAULT);
    state->forks = g_array_new(FALSE, FALSE, sizeof(Fork));
    g_array_set_clear_func(state->forks, clear_fork);
    audit_listen(&state->pass.engine.audit, audit_listener_of_servers(state->servers));
    HopsOptions hops = { .limits = hops_limits(options),
                         .pedantic = options->pedantic,
                         .row = take_hop,
                         .data = state };
    state->hops = wants_hops(options) ? hops_new(&hops) : NULL;
    if (state->hops) {
        state->pass.hop_log = state->hop_log = hop_log_new(state->hops);
        audit_listen(&state->pass.engine.audit, hop_log_listener(state->hop_log));
    }
    g_autoptr(Redactor) redactor = redactor_for(context->redact_key);
    state->pass.engine.filter = context->filter;
    state->pass.engine.audit.texts.redactor = redactor;
    bool written = options->show     ? run_to_page(state, error)
                   : options->output ? run_to_directory(state, error)
                                     : run_to_stdout(state, error);
    if (!options->quiet && !options->show && state->analyzed && !state->unread && !state->anew)
        write_summary(state, stderr, stdout_wants_colour(options, STDERR_FILENO));
    evidence_pass_clear(&state->evidence);
    g_clear_pointer(&state->manifest_sum, g_free);
    servers_free(state->servers);
    g_array_unref(state->forks);
    hop_log_free(state->hop_log);
    hops_free(state->hops);
    return written;
}

bool run(const RunContext *context, CaptureInputs *inputs, RunResult *ret_result, GError **error)
{
    bool rereadable = !capture_inputs_only_once(inputs);
    g_autoptr(HeldOutput) held = rereadable ? hold_output(context) : NULL;
    GPtrArray *notes = g_ptr_array_new_with_free_func(g_free);
    Run state = { .context = context,
                  .rereadable = rereadable,
                  .live = !rereadable,
                  .held = held,
                  .notes = notes };
    g_autoptr(LateRows) late = late_rows_new(context->keys, write_row, &state);
    state.late = rows_may_be_late(inputs) ? late : NULL;
    bool written = run_once(&state, context, inputs, false, error);
    if (state.anew) {
        capture_inputs_forget(inputs);
        tls_keys_again(context->keys);
        if (held)
            held_output_again(held);
        state = (Run){ .context = context, .rereadable = true, .held = held, .notes = notes };
        written = run_once(&state, context, inputs, true, error);
    }
    g_autofree char *matched = matches_of_fail_on(&state.totals.audit, context->options->fail_on);
    *ret_result = (RunResult){
        .matched = *matched && !state.unread,
        .interrupted = capture_inputs_interrupted(inputs),
        .notes = notes,
    };
    return written;
}
