/* What hangs on one connection: its messages, and what was judged of them.
 * In: the events of its stream. Out: rows, counts, and calls to listeners.
 * It must not know files, single packets or printers; and no connection knows of another. */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "audit/listener.h"
#include "audit/row.h"
#include "audit/totals.h"
#include "capture/clock.h"
#include "http/match.h"
#include "session/session.h"

/* In a reading: for the servers, the hops, the list of evidence, and two of the page; in a second
 * one for the hops, a writer or the page, and traces. */
#define AUDIT_LISTENERS_MAX 5

typedef struct AuditOptions {
    Thresholds thresholds;
    TextOptions texts;  /* what is needed of the messages' texts */
    bool exchange_rows; /* which rows are wanted */
    bool connection_rows;
    bool finding_rows;
    bool finding_texts;          /* a listener needs them, even without rows */
    bool pedantic;               /* also findings that only older specifications demand */
    bool all_connections;        /* also those in which no HTTP was found */
    const SessionStage *session; /* how every connection is read */
    const void *session_context; /* borrowed: what its sessions share; NULL: nothing */
    const Matcher *matcher;      /* borrowed; NULL: rows of everything, else of what matches */
    AuditListener listeners[AUDIT_LISTENERS_MAX];
    unsigned listener_count;
} AuditOptions;

AuditOptions audit_options_default(void);

/* Listeners are called in the order in which they were added. */
void audit_listen(AuditOptions *options, AuditListener listener);

/* What the audits of one engine share. */
typedef struct Auditor {
    AuditOptions options;
    AuditCounters counters;
    CaptureClock clock; /* has seen every frame up to the one being fed */
    uint64_t order;     /* frames fed so far */
    AuditStep step;
    bool hears_records; /* a listener does */
    bool hears_frames;  /* of HTTP/2 */
    bool hears_units;   /* of the session: hops do */
    GArray *rows;       /* AuditRow, in the order in which they became final */
} Auditor;

void auditor_init(Auditor *auditor, const AuditOptions *options);

/* An event of any connection. What the audit keeps of a connection hangs on it as its `owner`, and
 * is released at its STREAM_END. */
void auditor_take(Auditor *auditor, const StreamEvent *event);

/* Where it is that something of the connection becomes final now. */
AuditPosition auditor_position(const Auditor *auditor, const Connection *connection);

/* The rows have been taken. */
void auditor_clear(Auditor *auditor);

#endif
