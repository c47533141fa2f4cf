#include "report/reports.h"

#include <string.h>

#include "report/input_rows.h"
#include "report/rows.h"
#include "report/server_rows.h"

static const struct {
    const char *name;
    const Column *columns;
} REPORTS[] = {
    [REPORT_CONNECTIONS] = { "connections", CONNECTION_COLUMNS },
    [REPORT_EXCHANGES] = { "exchanges", EXCHANGE_COLUMNS },
    [REPORT_FINDINGS] = { "findings", FINDING_COLUMNS },
    [REPORT_SERVERS] = { "servers", SERVER_COLUMNS },
    [REPORT_PAIRS] = { "pairs", PAIR_COLUMNS },
    [REPORT_INPUTS] = { "inputs", INPUT_COLUMNS },
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
