/* What the reports are made of, as plain values: judged exchanges, connections that have ended, and
 * what they broke. */
#ifndef AUDIT_ROW_H
#define AUDIT_ROW_H

#include "judge/findings.h"
#include "judge/judge.h"
#include "stream/stream.h"

/* When something became final: as a frame was fed, at the tick behind it, or when the frames were over. It
 * depends on no engine: what several of them tell is merged by it. */
typedef enum AuditStep { STEP_FRAME, STEP_TICK, STEP_FINISH, STEP_OPEN_AT_END } AuditStep;

typedef struct AuditPosition {
    uint64_t order; /* frames fed so far */
    AuditStep step;
    FrameId connection; /* its first frame: the order within a step, but for STEP_FRAME, where the
                           engine of that frame alone has something to tell */
} AuditPosition;

/* <0, 0, >0; 0: the order in which one engine told it. */
int audit_position_compare(const AuditPosition *a, const AuditPosition *b);

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
    uint64_t tick;    /* ticks before it */
    union {
        ExchangeRow exchange;
        ConnectionRow connection;
        FindingRow finding;
    };
} AuditRow;

/* The order in which rows leave, those of several engines too: by tick, then what was open at the end;
 * each by first frame of the connection, kind, and exchange or rule. For qsort(). */
int audit_row_compare(const void *left, const void *right);

/* The frame, and exchange or rule, by which rows of one tick are ordered. */
FrameId audit_row_connection(const AuditRow *row);
uint32_t audit_row_exchange(const AuditRow *row);

void audit_row_clear(AuditRow *row);

#endif
