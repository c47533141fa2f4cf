/* This folder turns frames into judged rows.
 * In: frames, in the order of the capture. Out: rows as plain values, counts, calls to listeners.
 * It must not know where frames come from, single packets, or how a report looks.
 *
 * This file: the rows. Judged exchanges, connections that have ended, and the rules they broke. */
#ifndef AUDIT_ROW_H
#define AUDIT_ROW_H

#include "judge/findings.h"
#include "judge/judge.h"
#include "session/tls.h"
#include "stream/stream.h"

/* When something became final: by a timer that fired before a frame was fed, by the frame
 * itself, or when the frames were over. It is the same however connections are shared out among
 * engines and frames into batches, so results of several engines are merged by it. */
typedef enum AuditStep { STEP_TIMERS, STEP_FRAME, STEP_FINISH, STEP_OPEN_AT_END } AuditStep;

typedef struct AuditPosition {
    uint64_t order; /* frames fed so far, the one being fed included */
    AuditStep step;
    /* the connection's first frame: the order within a step. Not within STEP_FRAME: one frame
     * changes connections of one engine only, which reports them in their order */
    FrameId connection;
} AuditPosition;

/* <0, 0, >0. 0: both come from one engine, in the order in which it reports them. */
int audit_position_compare(const AuditPosition *a, const AuditPosition *b);

typedef enum RowKind { ROW_EXCHANGE, ROW_CONNECTION, ROW_FINDING } RowKind;

/* What rows of a connection say of it: all of them stand alone. */
typedef struct RowConnection {
    FrameId first_frame; /* in which it was first seen */
    bool stream_number_known;
    uint32_t stream_number;
    IpAddress address[2]; /* of client and server */
    uint16_t port[2];
} RowConnection;

/* `client`: its side index. */
RowConnection row_connection_of(const Connection *connection, int client);

typedef struct ExchangeRow {
    RowConnection connection;
    Exchange exchange; /* owns its text */
    Judgement judgement;
    RuleSet findings;
    bool early_data; /* the request's head came as early data of TLS, which the server took */
} ExchangeRow;

/* What is known of a connection's TLS. */
typedef struct ConnectionTls {
    TlsFacts facts;
    char *sni, *alpn; /* owned, escaped; the name may be redacted */
    TlsMissed missed;
    uint8_t randoms[TLS_RANDOMS_MAX][TLS_RANDOM_SIZE];
    unsigned random_count;
} ConnectionTls;

void connection_tls_free(ConnectionTls *tls);

typedef struct ConnectionRow {
    Connection connection; /* a copy; `owner` is not set */
    int client;            /* side index */
    ConversationFacts facts;
    Ending ending;
    Decision decision; /* owns its host; not set: no exchange */
    ReasonSet completeness;
    Nanoseconds idle; /* -1: none */
    RuleSet findings;
    /* ending.by_session: the FIN or RST that came of it; NONE and 0: none did */
    EndHow carrier_how;
    FrameId carrier_frame;
    ConnectionTls *tls; /* owned; NULL: there is none */
    H2Facts *h2;        /* owned; NULL: it is no HTTP/2. `facts` points to it */
} ConnectionRow;

/* How many there were; a stream that the server pushed is none that the client asked for. */
static inline uint32_t connection_row_exchanges(const ConnectionRow *row)
{
    return row->facts.exchanges - (row->h2 ? row->h2->pushed : 0);
}

/* TLS whose inside nobody could read, nor an alert that ended it: what is known of its end is what
 * TCP shows. */
static inline bool connection_row_is_unread_tls(const ConnectionRow *row)
{
    return !row->decision.set && (row->completeness & REASON_ENCRYPTED) && !row->ending.by_session;
}

typedef struct FindingRow {
    RowConnection connection;
    Finding finding; /* owns its texts */
} FindingRow;

typedef struct AuditRow {
    RowKind kind;
    AuditStep step; /* and `order`: of its position */
    uint64_t order;
    union {
        ExchangeRow exchange;
        ConnectionRow connection;
        FindingRow finding;
    };
} AuditRow;

/* The order in which rows leave, also those of several engines: by position, so last what was open
 * at the end; then by first frame of the connection, kind, and exchange or rule. For qsort(). */
int audit_row_compare(const void *left, const void *right);

/* The frame, and exchange or rule, by which rows of one position are ordered. */
FrameId audit_row_connection(const AuditRow *row);
uint32_t audit_row_exchange(const AuditRow *row);

void audit_row_clear(AuditRow *row);

#endif
