/* The rows of the reports on servers and on pairs of client and server, and the finding that
 * concerns a pair. */
#ifndef REPORT_SERVER_ROWS_H
#define REPORT_SERVER_ROWS_H

#include "report/rows.h"
#include "report/table.h"
#include "servers/servers.h"

/* In the order of docs/reports.md. */
extern const Column SERVER_COLUMNS[];
extern const Column PAIR_COLUMNS[];

RowRank rank_server(const struct RowSource *row);
RowRank rank_pair(const struct RowSource *row);

/* `servers` has been finished. */
void write_server_rows(Table *table, const Servers *servers);
void write_pair_rows(Table *table, const Servers *servers);

/* "5.02": three figures, as exact as an inferred timeout is. */
void append_timeout(GString *text, Nanoseconds timeout);

/* The timeout-mismatch of a pair, as a row at the first kept one of its raced requests; false: it
 * has none. The caller clears the finding: finding_clear(). */
bool pair_mismatch(const Pair *pair, bool matching, FindingRow *ret_row);

#endif
