/* What hangs on one connection: its messages, and what was judged of them.
 *
 * In: the events of connections' streams. Out: rows and counts, and what listeners hear.
 * It knows no file, no packet and no printer, and nothing of one connection for another. */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "audit/listener.h"
#include "audit/row.h"
#include "audit/totals.h"
#include "capture/clock.h"

/* The servers, a trace, a list of evidence and a writer of it. */
#define AUDIT_LISTENERS_MAX 4

typedef struct AuditOptions {
    Thresholds thresholds;
    TextOptions texts;  /* what is needed of the messages' texts */
    bool exchange_rows; /* which rows are wanted */
    bool connection_rows;
    bool finding_rows;
    bool finding_texts;     /* a listener wants them, also without the rows */
    bool pedantic;          /* also findings that only older specifications demand */
    bool all_connections;   /* also those in which no HTTP was found */
    const Matcher *matcher; /* borrowed; NULL: rows of everything, else of what matches */
    AuditListener listeners[AUDIT_LISTENERS_MAX];
    unsigned listener_count;
} AuditOptions;

AuditOptions audit_options_default(void);

/* It hears from now on, after those before it. */
void audit_listen(AuditOptions *options, AuditListener listener);

/* What the audits of one engine share. */
typedef struct Auditor {
    AuditOptions options;
    AuditCounters counters;
    CaptureClock clock; /* has seen every frame up to the one being fed */
    uint64_t order;     /* frames fed so far, whoever counts them */
    uint64_t tick;      /* ticks so far */
    AuditStep step;
    GArray *rows; /* AuditRow, in the order in which they became final */
} Auditor;

void auditor_init(Auditor *auditor, const AuditOptions *options);

/* An event of any connection. What the audit keeps of a connection hangs on it as its `owner`, and is
 * released at its STREAM_END. */
void auditor_take(Auditor *auditor, const StreamEvent *event);

/* The rows have been taken. */
void auditor_clear(Auditor *auditor);

#endif
