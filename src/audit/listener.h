/* Who listens to an engine: its functions are called in the order in which things become final, which
 * depends on the input alone. What the pointers show lives until the function returns. */
#ifndef AUDIT_LISTENER_H
#define AUDIT_LISTENER_H

#include "audit/row.h"
#include "capture/reader.h"
#include "servers/servers.h"

/* What became of a frame. */
typedef struct FrameResult {
    DecodeResult result;
    const DecodeTrail *trail;
    const Segment *segment; /* NULL: it gave none, or the filter left it out */
    SegmentOwner owner;     /* of the segment */
} FrameResult;

typedef struct JudgedExchange {
    const JudgeContext *context;
    const Ending *ending; /* of its connection; NULL: that goes on */
    int client;           /* side index */
    Exchange *exchange;   /* who takes over its text leaves `text` NULL */
    const Judgement *judgement;
} JudgedExchange;

typedef struct EndedConnection {
    AuditPosition position; /* when it ended */
    const Connection *connection;
    const ConnectionRow *row; /* all that was found out about it; its host is borrowed */
    const Finding *findings;
    size_t finding_count;
    bool matches; /* it has what is looked for, or nothing is */
} EndedConnection;

/* A function that is NULL hears nothing. */
typedef struct AuditListener {
    void *data;
    void (*frame)(void *data, const Frame *frame, const FrameResult *result);
    void (*no_more_frames)(void *data); /* of this engine */
    void (*exchange)(void *data, const JudgedExchange *judged);
    void (*ended)(void *data, const EndedConnection *ended);
} AuditListener;

/* `servers` is borrowed. */
AuditListener audit_listener_of_servers(Servers *servers);

#endif
