/* What the reports are made of, as plain values: judged exchanges, connections that have ended, and
 * what they broke. */
#ifndef AUDIT_ROW_H
#define AUDIT_ROW_H

#include "judge/findings.h"
#include "judge/judge.h"
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

typedef struct AuditRow {
    RowKind kind;
    bool open_at_end; /* its connection had not ended when the capture did */
    union {
        ExchangeRow exchange;
        ConnectionRow connection;
        FindingRow finding;
    };
} AuditRow;

/* The frame, and exchange or rule, by which rows of one tick are ordered. */
FrameId audit_row_connection(const AuditRow *row);
uint32_t audit_row_exchange(const AuditRow *row);

void audit_row_clear(AuditRow *row);

#endif
