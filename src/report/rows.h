/* The columns of the reports, and the printing of rows (audit/row.h). */
#ifndef REPORT_ROWS_H
#define REPORT_ROWS_H

#include "audit/row.h"
#include "capture/inputs.h"
#include "report/table.h"

/* What the rows of one input have in common. */
typedef struct RowFile {
    const char *path;
    unsigned time_digits;        /* 6 or 9: for the page of a connection */
    const char *proof_path;      /* of a finding: the input that finding_row_proof() lies in;
                             * NULL: the same */
    const CaptureInputs *inputs; /* all of them: for the page of a connection; NULL: one */
} RowFile;

/* In the order of docs/reports.md. */
extern const Column CONNECTION_COLUMNS[];
extern const Column EXCHANGE_COLUMNS[];
extern const Column FINDING_COLUMNS[];

/* The last frame that proves a finding; without frames, the first of its connection. */
FrameId finding_row_proof(const FindingRow *row);

RowRank rank_connection(const struct RowSource *row);
RowRank rank_exchange(const struct RowSource *row);
RowRank rank_finding(const struct RowSource *row);

void write_connection_row(Table *table, const ConnectionRow *row, const RowFile *file);
void write_exchange_row(Table *table, const ExchangeRow *row, const RowFile *file);
void write_finding_row(Table *table, const FindingRow *row, const RowFile *file);

#endif
