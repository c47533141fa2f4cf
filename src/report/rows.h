/* The rows of the reports as plain values, and their columns. */
#ifndef REPORT_ROWS_H
#define REPORT_ROWS_H

#include "judge/findings.h"
#include "judge/judge.h"
#include "report/table.h"
#include "stream/stream.h"

typedef enum RowKind { ROW_EXCHANGE, ROW_CONNECTION, ROW_FINDING } RowKind;

typedef struct ExchangeRow {
    FrameId connection; /* the frame in which it was first seen */
    bool stream_number_known;
    uint32_t stream_number;
    Exchange exchange; /* owns its text */
    Judgement judgement;
    RuleSet findings;
} ExchangeRow;

typedef struct ConnectionRow {
    Connection connection; /* a copy; `owner` is not set */
    int client;            /* side index */
    ConversationFacts facts;
    Ending ending;
    Decision decision; /* owns its host; not set: no exchange */
    ReasonSet completeness;
    Nanoseconds idle; /* -1: none */
    RuleSet findings;
} ConnectionRow;

typedef struct FindingRow {
    FrameId connection;
    bool stream_number_known;
    uint32_t stream_number;
    Finding finding; /* owns its texts */
} FindingRow;

typedef struct ReportRow {
    RowKind kind;
    bool open_at_end; /* its connection had not ended when the capture did */
    union {
        ExchangeRow exchange;
        ConnectionRow connection;
        FindingRow finding;
    };
} ReportRow;

/* The frame, and exchange or rule, by which rows of one tick are ordered. */
FrameId report_row_connection(const ReportRow *row);
uint32_t report_row_exchange(const ReportRow *row);

void report_row_clear(ReportRow *row);

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
