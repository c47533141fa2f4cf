/* The rows of the report on hops. */
#ifndef REPORT_HOP_ROWS_H
#define REPORT_HOP_ROWS_H

#include "hops/hops.h"
#include "report/table.h"

/* In the order of docs/reports.md. */
extern const Column HOP_COLUMNS[];

/* `hops` has been finished; its rows are taken. `matching`: those that have what is looked for. */
void write_hop_rows(Table *table, Hops *hops, bool matching);

#endif
