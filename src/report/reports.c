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
    const char *on_screen, *if_narrow; /* columns, blank-separated */
    const Column *screen_columns;      /* more of them, for a terminal alone; NULL: none */
} REPORTS[] = {
    [REPORT_CONNECTIONS] = { "connections", CONNECTION_COLUMNS, rank_connection,
                             "connection start_time client_ip server_ip host exchanges verdict "
                             "cause findings",
                             "connection server_ip host verdict cause findings", NULL },
    [REPORT_EXCHANGES] = { "exchanges", EXCHANGE_COLUMNS, rank_exchange,
                           "connection exchange method target status declared actual verdict "
                           "cause",
                           "connection exchange method target status verdict cause", NULL },
    [REPORT_FINDINGS] = { "findings", FINDING_COLUMNS, rank_finding,
                          "severity rule party connection exchange count server_ip message",
                          "severity rule connection message", NULL },
    [REPORT_SERVERS] = { "servers", SERVER_COLUMNS, rank_server,
                         "server_ip server_port connections contradicted undetermined "
                         "stated_timeouts_s inferred_timeout_s keepalive_races "
                         "timeout_mismatch",
                         "server_ip server_port connections contradicted keepalive_races "
                         "timeout_mismatch",
                         NULL },
    [REPORT_PAIRS] = { "pairs", PAIR_COLUMNS, rank_pair,
                       "client_ip server_ip server_port connections reuses longest_idle_reused_s "
                       "longest_idle_tried_s lost_requests",
                       "client_ip server_ip server_port reuses longest_idle_tried_s "
                       "lost_requests",
                       NULL },
    [REPORT_HOPS] = { "hops", HOP_COLUMNS, NULL,
                      "connection exchange back_connection back_exchange basis undetermined "
                      "method target status back_status findings",
                      "connection back_connection basis undetermined target status back_status",
                      NULL },
    [REPORT_IDLE] = { "idle", IDLE_COLUMNS, NULL,
                      "server_ip server_port idle_s reused closed lost chart",
                      "server_ip server_port idle_s reused closed lost chart",
                      IDLE_SCREEN_COLUMNS },
    [REPORT_INPUTS] = { "inputs", INPUT_COLUMNS, NULL,
                        "input file format packets first_time last_time cut_short drops",
                        "input file packets first_time last_time cut_short", NULL },
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
    return near_words(name, (const char *const *)names->pdata, near_words_distance(name));
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

Column *report_choose_columns(ReportName report, char *const *names, bool narrow,
                              const char **ret_unknown)
{
    g_auto(GStrv) usual =
        g_strsplit(narrow ? REPORTS[report].if_narrow : REPORTS[report].on_screen, " ", -1);
    g_autoptr(GArray) chosen = g_array_new(TRUE, TRUE, sizeof(Column));
    for (char *const *name = names ? names : usual; *name; name++) {
        const Column *column = find_column(REPORTS[report].columns, *name);
        if (!column && !names)
            column = find_column(REPORTS[report].screen_columns, *name);
        if (!column) {
            *ret_unknown = *name;
            return NULL;
        }
        g_array_append_val(chosen, *column);
    }
    return (Column *)(void *)g_array_free(g_steal_pointer(&chosen), FALSE);
}
