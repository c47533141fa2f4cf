/* The columns of the reports, and the printing of rows (audit/row.h). */
#ifndef REPORT_ROWS_H
#define REPORT_ROWS_H

#include "audit/row.h"
#include "report/table.h"

/* What the rows of one input share. */
typedef struct RowFile {
    const char *path;
    unsigned time_digits; /* 6 or 9 */
} RowFile;

/* NULL-terminated, in the order of reports.md. */
extern const char *const CONNECTION_COLUMNS[];
extern const char *const EXCHANGE_COLUMNS[];
extern const char *const FINDING_COLUMNS[];

/* Fields that several reports have. -1: absent. */
void write_address(Table *table, const IpAddress *address);
void write_optional(Table *table, int64_t number);
void write_optional_duration(Table *table, Nanoseconds duration, unsigned digits);

void write_connection_row(Table *table, const ConnectionRow *row, const RowFile *file);
void write_exchange_row(Table *table, const ExchangeRow *row, const RowFile *file);
void write_finding_row(Table *table, const FindingRow *row, const RowFile *file);

#endif
