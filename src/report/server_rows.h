/* The rows of the reports on servers and on pairs of client and server. */
#ifndef REPORT_SERVER_ROWS_H
#define REPORT_SERVER_ROWS_H

#include "report/rows.h"
#include "report/table.h"
#include "servers/servers.h"

/* In the order of docs/reports.md. */
extern const Column SERVER_COLUMNS[];
extern const Column PAIR_COLUMNS[];
extern const Column IDLE_COLUMNS[];
/* For people: the idle time in short, and a chart. */
extern const Column IDLE_SCREEN_COLUMNS[];

RowRank rank_server(const struct RowSource *row);
RowRank rank_pair(const struct RowSource *row);

/* `servers` has been finished. */
void write_server_rows(Table *table, const Servers *servers);
void write_pair_rows(Table *table, const Servers *servers);
/* A row for each bin in which something is counted; `coarse`: for IDLE_COARSE neighbours, which is
 * about 10 % of the idle time. */
void write_idle_rows(Table *table, const Servers *servers, bool coarse);

#define IDLE_COARSE 8

#endif
