#include <signal.h>
#include <stdio.h>

#include "config.h"

#include "analyze.h"
#include "options.h"
#include "report/summary.h"

typedef enum ExitStatus { EXIT_READ = 0, EXIT_NOT_READ = 1, EXIT_USAGE = 2 } ExitStatus;

/* The only place that prints an error. */
static void complain(const char *message)
{
    fprintf(stderr, "connaudit: %s\n", message);
}

static void write_rows(Analysis *analysis, Csv *csv, const RowFile *file)
{
    ReportRow row;
    while (analysis_next(analysis, &row)) {
        if (row.kind == ROW_EXCHANGE)
            write_exchange_row(csv, &row.exchange, file);
        else
            write_connection_row(csv, &row.connection, file);
        report_row_clear(&row);
    }
}

static void write_summary(const Analysis *analysis, const CaptureInfo *info)
{
    const AnalysisCounters *counters = analysis_counters(analysis);
    SummaryFacts facts = { .capture = info,
                           .frames = counters->frames,
                           .decoded = counters->decoded,
                           .http_connections = counters->http_connections,
                           .exchanges = counters->exchanges,
                           .verdicts = counters->verdicts,
                           .causes = counters->causes,
                           .streams = analysis_stream_counters(analysis) };
    fflush(stdout);
    summary_write(stderr, &facts);
}

static AnalysisOptions analysis_options(const Options *options)
{
    AnalysisOptions wanted = analysis_options_default();
    wanted.thresholds = options->thresholds;
    wanted.all_connections = options->all;
    wanted.exchange_rows = options->report == REPORT_EXCHANGES;
    wanted.connection_rows = options->report == REPORT_CONNECTIONS;
    wanted.text = wanted.exchange_rows ? TEXT_WISH_ALL : TEXT_WISH_HOST;
    return wanted;
}

/* From the capture to the report. What was read before an input broke is reported all the same. */
static bool run(const Options *options, GError **error)
{
    g_autoptr(CaptureReader) reader = capture_reader_open(options->input, 1, NULL, error);
    if (!reader)
        return false;
    AnalysisOptions wanted = analysis_options(options);
    g_autoptr(Analysis) analysis = analysis_new(&wanted);
    const CaptureInfo *info = capture_reader_info(reader);
    RowFile file = { .path = info->path, .time_digits = info->time_digits };
    g_autoptr(Csv) csv = csv_new(stdout, options->report == REPORT_EXCHANGES ? EXCHANGE_COLUMNS
                                                                             : CONNECTION_COLUMNS);
    g_autoptr(GError) read_error = NULL, write_error = NULL;
    FrameBatch batch = { 0 };
    while (!csv_failed(csv) && capture_reader_next(reader, &batch, &read_error)) {
        analysis_feed(analysis, &batch);
        file.time_digits = info->time_digits;
        write_rows(analysis, csv, &file);
    }
    frame_batch_clear(&batch);
    analysis_finish(analysis);
    write_rows(analysis, csv, &file);
    bool written = csv_flush(csv, &write_error);
    if (!options->quiet)
        write_summary(analysis, info);
    GError **failure = written ? &read_error : &write_error;
    if (!*failure)
        return true;
    g_propagate_error(error, g_steal_pointer(failure));
    return false;
}

static ExitStatus print_and_stop(const Options *options)
{
    if (options->help)
        fputs(options->help_text, stdout);
    else
        printf("connaudit %s\n%s\nGLib %u.%u.%u\n", PACKAGE_VERSION, capture_library_version(),
               glib_major_version, glib_minor_version, glib_micro_version);
    return fflush(stdout) == 0 ? EXIT_READ : EXIT_NOT_READ;
}

int main(int argc, char **argv)
{
    Options options;
    g_autoptr(GError) error = NULL;
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a failed write, said like any other */
    if (!options_parse(&options, argc, argv, &error)) {
        complain(error->message);
        options_clear(&options);
        return EXIT_USAGE;
    }
    ExitStatus status = EXIT_READ;
    if (options.help || options.version) {
        status = print_and_stop(&options);
    } else if (!run(&options, &error)) {
        complain(error->message);
        status = EXIT_NOT_READ;
    }
    options_clear(&options);
    return (int)status;
}
