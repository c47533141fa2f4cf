/* Takes down all that the page of one connection needs, while an engine goes by. Only there when a
 * page is asked for.
 *
 * Grammar: new · (segment | exchange)* · ended · result · free, mostly through its listener. */
#ifndef PACKETS_CONNECTION_TRACE_H
#define PACKETS_CONNECTION_TRACE_H

#include "audit/listener.h"
#include "judge/verdict.h"
#include "packets/packet_marks.h"

/* The connection that is asked for. */
typedef struct ConnectionName {
    bool without_input; /* a frame alone: that of input 1 is meant, if no other input has one */
    bool by_stream; /* the first that has this stream number; else the one first seen in `frame` */
    uint32_t stream;
    FrameId frame;
} ConnectionName;

/* "cK-N", "N" or "stream:N"; false if it is none of them. */
bool connection_name_parse(const char *text, ConnectionName *ret_name);

/* Of more, the middle is left out, and said to be. */
typedef struct TraceLimits {
    unsigned segments, exchanges;
} TraceLimits;

#define TRACE_LIMITS_DEFAULT ((TraceLimits){ .segments = 100000, .exchanges = 10000 })

/* A row of hops that concerns the connection: one of its exchanges with that of another one, or
 * alone. */
typedef struct TracedHop {
    HopRow row;
    bool in_front;   /* its own exchange is the front */
    uint32_t number; /* of its own exchange */
    Leg *owned[2];   /* private */
} TracedHop;

/* What its page is made of. */
typedef struct TracedConnection {
    ConnectionRow connection;     /* its decision.host is owned elsewhere */
    const ExchangeRow *exchanges; /* by number */
    size_t exchange_count;
    uint64_t exchanges_omitted;   /* left out at a bound, in the middle */
    const H2FrameNote *h2_frames; /* in the order in which they were read */
    size_t h2_frame_count;
    const Finding *findings; /* with their texts */
    size_t finding_count;
    const TracedSegment *segments; /* in the order of the capture */
    size_t segment_count;
    uint64_t segments_omitted; /* left out at a bound, before segments[omitted_at] */
    size_t omitted_at;
    const TlsNote *records; /* in the order in which they were read; of more than segments are kept,
                             * the first */
    size_t record_count;
    const TracedHop *hops; /* in the order of its exchanges; none where no hops were asked for */
    size_t hop_count;
    Stamp resets[2]; /* of the client, of the server: the RST that the other side accepted */
    Thresholds thresholds;
} TracedConnection;

typedef struct ConnectionTrace ConnectionTrace;

ConnectionTrace *connection_trace_new(const ConnectionName *name, const TraceLimits *limits);

/* Each segment that was just fed to the stream stage, and whose it is. */
void connection_trace_segment(ConnectionTrace *trace, const SegmentOwner *owner,
                              const Segment *segment);

/* Each exchange that was judged. Of the connection that is asked for the trace takes over the
 * text. */
void connection_trace_exchange(ConnectionTrace *trace, const Connection *connection,
                               Exchange *exchange, const Judgement *judgement);

/* Each record of TLS. */
void connection_trace_record(ConnectionTrace *trace, const Connection *connection,
                             const TlsNote *note);

/* Each frame of HTTP/2. */
void connection_trace_h2_frame(ConnectionTrace *trace, const Connection *connection,
                               const H2FrameNote *note);

/* Each connection that has ended; findings with their texts. All is copied. */
void connection_trace_ended(ConnectionTrace *trace, const EndedConnection *ended);

/* Whether the connection has been met, and is over. */
bool connection_trace_has_ended(const ConnectionTrace *trace);

/* How much it keeps; a record of TLS and a frame of HTTP/2 count as a segment each. */
TraceLimits connection_trace_kept(const ConnectionTrace *trace);
/* It keeps no segment and no exchange of those that have come, and of those that will. */
void connection_trace_forget(ConnectionTrace *trace);
/* Each row of hops, and each finding about a proxy, once all has ended. */
void connection_trace_hop(ConnectionTrace *trace, const HopRow *row);
void connection_trace_hop_finding(ConnectionTrace *trace, const HopFinding *found);

/* Connections of different inputs that have ended and that the name may mean: the first ones, in no
 * order. The trace is of one of them at most. */
#define TRACE_NAMESAKES_MAX 4
const FrameId *connection_trace_namesakes(const ConnectionTrace *trace, unsigned *ret_count);

/* `trace` is borrowed. */
AuditListener connection_trace_listener(ConnectionTrace *trace);

/* NULL if there was no such connection; as long as the trace. */
const TracedConnection *connection_trace_result(ConnectionTrace *trace,
                                                const Thresholds *thresholds);

void connection_trace_free(ConnectionTrace *trace);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ConnectionTrace, connection_trace_free)

#endif
