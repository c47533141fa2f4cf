/* The reports: of each its name, its columns and its file. The command line, the run, the files and
 * the manifest go by this list.
 *
 * report/ takes rows, findings, servers and totals as plain values. It gives their bytes: tables in
 * several formats, the manifest, the summary, progress, and one connection as a story and as text.
 * It must not know how a verdict came about, and it decides nothing. */
#ifndef REPORT_REPORTS_H
#define REPORT_REPORTS_H

#include <stdbool.h>

#include "report/table.h"

/* In the order in which their files appear. */
typedef enum ReportName {
    REPORT_CONNECTIONS,
    REPORT_EXCHANGES,
    REPORT_FINDINGS,
    REPORT_SERVERS,
    REPORT_PAIRS,
    REPORT_HOPS,
    REPORT_IDLE,
    REPORT_INPUTS,
} ReportName;
#define REPORT_COUNT (REPORT_INPUTS + 1)

const char *report_name(ReportName report);
const Column *report_columns(ReportName report);

/* How bad a row of it is; NULL: its rows have an order of their own. */
RowRank (*report_rank(ReportName report))(const struct RowSource *row);

/* What --only can choose of it (picker.h); 0: nothing. */
unsigned report_kinds(ReportName report);

/* The columns of these names, in their order, ended like a list of columns; the caller frees it.
 * NULL and *ret_unknown: there is no column of that name. */
Column *report_choose_columns(ReportName report, char *const *names, const char **ret_unknown);

#define REPORT_SCREEN_MAX 16

/* Those that a terminal shows, of which some are made for it alone, and which of them it leaves out
 * first if it is narrow (screen.h); the caller frees the list. */
Column *report_screen_columns(ReportName report, uint8_t ret_ranks[REPORT_SCREEN_MAX]);

/* The names of its columns that are most like a mistyped one, separated by commas; owned by the
 * caller. NULL: none is like it. */
char *report_near_columns(ReportName report, const char *name);

/* The first report that has a column of this name; false: none has. */
bool report_of_column(const char *name, ReportName *ret_report);

/* "connections.csv"; owned by the caller. */
char *report_file_name(ReportName report, TableFormat format);

/* False: there is no report of that name. */
bool report_find(const char *name, ReportName *ret_report);

/* "connections, exchanges or findings", of all reports; owned by the caller. */
char *report_names(void);

#endif
