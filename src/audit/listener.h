/* Listeners: functions that an engine calls in the order in which things become final. That order
 * depends on the input alone. What their pointers show lives until the function returns. */
#ifndef AUDIT_LISTENER_H
#define AUDIT_LISTENER_H

#include "audit/row.h"
#include "capture/reader.h"
#include "hops/hops.h"
#include "http2/conversation.h"
#include "servers/servers.h"

/* What became of a frame. */
typedef struct FrameResult {
    DecodeResult result;
    const DecodeTrail *trail;
    const Segment *segment; /* NULL: it gave none, or the filter left it out */
    SegmentOwner owner;     /* of the segment */
} FrameResult;

typedef struct JudgedExchange {
    AuditPosition position; /* when it became final */
    const JudgeContext *context;
    const Ending *ending; /* of its connection; NULL: that goes on */
    int client;           /* side index */
    ProxySource source;   /* what a PROXY header said of its connection */
    Exchange *exchange; /* a listener that takes over its text leaves `text` NULL; so of `digest` */
    const Judgement *judgement;
} JudgedExchange;

typedef struct EndedConnection {
    AuditPosition position; /* when it ended */
    const Connection *connection;
    const ConnectionRow *row; /* its host is borrowed */
    const Finding *findings;
    size_t finding_count;
    bool matches; /* what is looked for was found in it; true if nothing is looked for */
} EndedConnection;

/* Bytes of a connection are missing, and messages may be among them. */
typedef struct HiddenBytes {
    AuditPosition position; /* when they were known to be missing */
    const Connection *connection;
    int client; /* side index */
    /* the last bytes before them that are there (or the connection's start), and what shows that
     * they are missing */
    Instant from, to;
} HiddenBytes;

/* A unit of a session has been read. */
typedef struct HeardUnit {
    AuditPosition position; /* when it was */
    const Connection *connection;
    int client; /* side index */
    bool by_client;
    Instant at;     /* of its last byte */
    uint32_t begun; /* exchanges of the connection so far */
} HeardUnit;

/* NULL: this listener has no use for it. */
typedef struct AuditListener {
    void *data;
    void (*frame)(void *data, const Frame *frame, const FrameResult *result);
    /* one with a segment of which nothing is made: a copy, or what comes when its connection is
     * over; or that has another connection beside the one which takes it */
    void (*stray)(void *data, const FrameResult *result);
    void (*no_more_frames)(void *data); /* of this engine */
    /* a record of TLS */
    void (*record)(void *data, const Connection *connection, const TlsNote *note);
    /* a frame of HTTP/2 */
    void (*h2_frame)(void *data, const Connection *connection, const H2FrameNote *note);
    void (*exchange)(void *data, const JudgedExchange *judged);
    void (*heard)(void *data, const HeardUnit *unit);
    void (*hidden)(void *data, const HiddenBytes *hidden);
    void (*ended)(void *data, const EndedConnection *ended);
} AuditListener;

/* `servers` is borrowed. */
AuditListener audit_listener_of_servers(Servers *servers);

#endif
