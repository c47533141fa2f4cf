/* The rows of the report on hops. */
#ifndef REPORT_HOP_ROWS_H
#define REPORT_HOP_ROWS_H

#include "hops/hops.h"
#include "report/table.h"

/* In the order of docs/reports.md. */
extern const Column HOP_COLUMNS[];

/* `matching`: only if it has what is looked for. */
void write_hop_row(Table *table, const HopRow *hop, bool matching);

#endif
