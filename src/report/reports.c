#include "report/reports.h"

#include <string.h>

#include "base/near_words.h"
#include "report/hop_rows.h"
#include "report/input_rows.h"
#include "report/rows.h"
#include "report/server_rows.h"

static const struct {
    const char *name;
    const Column *columns;
    RowRank (*rank)(const struct RowSource *row);
    /* columns, blank-separated; a terminal without room leaves out those with the largest digit */
    const char *on_screen;
    const Column *screen_columns; /* more of them, for a terminal alone; NULL: none */
} REPORTS[] = {
    [REPORT_CONNECTIONS] = { "connections", CONNECTION_COLUMNS, rank_connection,
                             "connection start_time:3 client_ip:7 server_ip:4 host:2 exchanges:8 "
                             "ended_by:1 ended_how:6 verdict cause findings:5",
                             NULL },
    [REPORT_EXCHANGES] = { "exchanges", EXCHANGE_COLUMNS, rank_exchange,
                           "connection exchange request_time:5 method:4 host:7 target:1 status:2 "
                           "declared:3 actual:6 verdict cause",
                           NULL },
    [REPORT_FINDINGS] = { "findings", FINDING_COLUMNS, rank_finding,
                          "severity rule party:3 connection exchange:6 count:5 server_ip:4 "
                          "message",
                          NULL },
    [REPORT_SERVERS] = { "servers", SERVER_COLUMNS, rank_server,
                         "server_ip server_port connections:4 contradicted undetermined:6 "
                         "stated_timeouts_s:5 inferred_timeout_s:1 keepalive_races:2 "
                         "timeout_mismatch:3",
                         NULL },
    [REPORT_PAIRS] = { "pairs", PAIR_COLUMNS, rank_pair,
                       "client_ip server_ip server_port connections:3 reuses:1 "
                       "longest_idle_reused_s:4 longest_idle_tried_s:2 lost_requests",
                       NULL },
    [REPORT_HOPS] = { "hops", HOP_COLUMNS, NULL,
                      "connection exchange:6 back_connection back_exchange:8 method:9 target "
                      "status:1 back_status:1 answered_by:2 back_cause:3 undetermined:4 "
                      "findings:5 basis:7",
                      NULL },
    [REPORT_IDLE] = { "idle", IDLE_COLUMNS, NULL,
                      "server_ip server_port idle_s reused closed lost chart",
                      IDLE_SCREEN_COLUMNS },
    [REPORT_INPUTS] = { "inputs", INPUT_COLUMNS, NULL,
                        "input file format:4 packets:2 first_time:1 last_time:3 cut_short:2 "
                        "drops:5",
                        NULL },
};
G_STATIC_ASSERT(G_N_ELEMENTS(REPORTS) == REPORT_COUNT);

const char *report_name(ReportName report)
{
    return REPORTS[report].name;
}

const Column *report_columns(ReportName report)
{
    return REPORTS[report].columns;
}

char *report_file_name(ReportName report, TableFormat format)
{
    return g_strdup_printf("%s.%s", REPORTS[report].name, table_format_name(format));
}

bool report_find(const char *name, ReportName *ret_report)
{
    for (ReportName report = 0; report < REPORT_COUNT; report++)
        if (strcmp(name, REPORTS[report].name) == 0) {
            *ret_report = report;
            return true;
        }
    return false;
}

char *report_names(void)
{
    GString *text = g_string_new(REPORTS[0].name);
    for (ReportName report = 1; report < REPORT_COUNT; report++)
        g_string_append_printf(text, "%s%s", report + 1 < REPORT_COUNT ? ", " : " or ",
                               REPORTS[report].name);
    return g_string_free(text, FALSE);
}

RowRank (*report_rank(ReportName report))(const struct RowSource *row)
{
    return REPORTS[report].rank;
}

unsigned report_kinds(ReportName report)
{
    const unsigned verdicts = (1u << VERDICT_COUNT) - 1;
    const unsigned severities = ((1u << SEVERITY_COUNT) - 1) << VERDICT_COUNT;
    switch (report) {
    case REPORT_CONNECTIONS:
    case REPORT_EXCHANGES:
        return verdicts | severities;
    case REPORT_FINDINGS:
        return severities;
    case REPORT_SERVERS:
        return verdicts;
    default:
        return 0;
    }
}

static const Column *find_column(const Column *columns, const char *name)
{
    for (const Column *column = columns; column && column->name; column++)
        if (strcmp(column->name, name) == 0)
            return column;
    return NULL;
}

char *report_near_columns(ReportName report, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (const Column *column = REPORTS[report].columns; column->name; column++)
        g_ptr_array_add(names, (gpointer)(guintptr)column->name);
    g_ptr_array_add(names, NULL);
    g_autofree char *lower = g_ascii_strdown(name, -1);
    return near_words(lower, (const char *const *)names->pdata, near_words_distance(lower));
}

bool report_of_column(const char *name, ReportName *ret_report)
{
    for (ReportName report = 0; report < REPORT_COUNT; report++)
        if (find_column(REPORTS[report].columns, name)) {
            *ret_report = report;
            return true;
        }
    return false;
}

Column *report_choose_columns(ReportName report, char *const *names, const char **ret_unknown)
{
    g_autoptr(GArray) chosen = g_array_new(TRUE, TRUE, sizeof(Column));
    for (char *const *name = names; *name; name++) {
        const Column *column = find_column(REPORTS[report].columns, *name);
        if (!column) {
            *ret_unknown = *name;
            return NULL;
        }
        g_array_append_val(chosen, *column);
    }
    return (Column *)(void *)g_array_free(g_steal_pointer(&chosen), FALSE);
}

Column *report_screen_columns(ReportName report, uint8_t ret_ranks[REPORT_SCREEN_MAX])
{
    g_auto(GStrv) names = g_strsplit(REPORTS[report].on_screen, " ", -1);
    g_autoptr(GArray) chosen = g_array_new(TRUE, TRUE, sizeof(Column));
    for (unsigned i = 0; names[i]; i++) {
        char *colon = strchr(names[i], ':');
        g_assert(i < REPORT_SCREEN_MAX);
        ret_ranks[i] = colon ? (uint8_t)g_ascii_digit_value(colon[1]) : 0;
        if (colon)
            *colon = '\0';
        const Column *column = find_column(REPORTS[report].columns, names[i]);
        column = column ? column : find_column(REPORTS[report].screen_columns, names[i]);
        g_assert(column);
        g_array_append_val(chosen, *column);
    }
    return (Column *)(void *)g_array_free(g_steal_pointer(&chosen), FALSE);
}
