/* In: TCP segments, in the order of the capture. Out: per connection the data of each direction in
 * order, each byte once, with its stamps; the gaps; the FINs and RSTs; what the numbers prove about
 * who had received what. What the bytes mean is not known here.
 *
 * A Front (front.h) sees every segment first and says which shard it belongs to. A set of shards
 * (shards.h) has their connections, and hands out the events below.
 *
 * Causal delivery: a segment is delivered when all bytes before it in its own direction, and all
 * bytes of the other direction that it acknowledges, have been delivered or given up. A hole is
 * given up when the peer has acknowledged past it *and* it has outlived 20 ms of capture time
 * and three further segments of the connection; or at a bound on held bytes; or at the end. Data
 * that fills a hole already given up is counted as late and dropped. All facts (connection.h)
 * are updated at delivery, in that order. */
#ifndef STREAM_STREAM_H
#define STREAM_STREAM_H

#include <glib.h>

#include "base/span.h"
#include "stream/connection.h"
#include "stream/front.h"

typedef enum StreamEventKind {
    STREAM_DATA,
    STREAM_GAP, /* `gap` bytes are missing here, for `reason` */
    STREAM_FIN, /* half[side].fin has just been set (or raised from FIN_IMPLIED to a seen one) */
    STREAM_RST, /* a RST of `side` was delivered; accepted or not is known at the end */
    /* memory is short and this connection has been idle longest: its owner had better shrink */
    STREAM_PACK,
    STREAM_END, /* all facts are final; the connection is freed by the next call */
} StreamEventKind;

typedef struct StreamEvent {
    StreamEventKind kind;
    int side; /* of the sender */
    Connection *connection;
    /* DATA: of the first byte of `data`; GAP: of the segment that shows it, with `offset` the first
     * missing byte; FIN, RST: theirs */
    Stamp stamp;
    Span data; /* new bytes; until the next call */
    int64_t gap;
    /* REASON_LOSS, REASON_SNAPLEN (the bytes were on the wire behind this segment's DATA) or
     * REASON_LIMIT */
    Reason reason;
    bool segment_start; /* `data` begins where a segment's payload begins */
    /* DATA: a later segment of this side was captured before this one, so these bytes had probably
     * been sent before and this is not their first transmission. Not said of what came at most 20
     * ms later and before anything of the other side: a TCP sends nothing again so soon */
    bool resent;
    /* DATA: what an earlier segment of this side without payload acknowledged that had this data's
     * offset as its number, when all this side had sent before was acknowledged; NO_OFFSET: there
     * is none. Judgement.md §1.1 (a). */
    int64_t quiet_acked;
    /* the same of any such segment, whatever was acknowledged of this side by then; 0: none */
    int64_t bare_acked;
    /* DATA: for how long before this segment all that this side had sent had been acknowledged and
     * the peer's window had room for a full segment; 0: not */
    Nanoseconds free_to_send;
} StreamEvent;

typedef struct StreamLimits {
    size_t connections; /* at once */
    size_t held_bytes;  /* held ahead of holes, over all connections */
    size_t held_bytes_connection;
    size_t memory;    /* of all connections: their state, what hangs on it, what is held */
    size_t pairs;     /* of endpoints with a stream number */
    uint64_t seed;    /* of the hash that shares connections out among the shards */
    bool never_plain; /* for tests: the plain path, which changes nothing, is never taken */
} StreamLimits;

/* What a bound on the memory of everything, fragments included, means for each. */
StreamLimits stream_limits_for(size_t memory);

/* The least that does any good, and what is usual. */
#define MEMORY_LEAST ((size_t)16 << 20)
#define MEMORY_DEFAULT ((size_t)512 << 20)

/* Those of MEMORY_DEFAULT. */
extern const StreamLimits STREAM_LIMITS_DEFAULT;

typedef struct StreamCounters {
    uint64_t connections;
    uint64_t segments;
    uint64_t duplicates; /* packets captured a second time, and not looked at again */
    /* the same packet in another place, more than 10 ms and at most a second later: the capture has
     * two vantage points */
    uint64_t distant_copies;
    uint64_t segments_after_end; /* of connections that were final already */
    uint64_t retransmitted_bytes, out_of_order_segments, late_bytes;
    uint64_t bytes_after_fin; /* payload beyond a FIN: no data */
    uint64_t overlap_conflicts;
    uint64_t gaps, gap_bytes;
    uint64_t cut_bytes;      /* by the snap length */
    uint64_t resets_ignored; /* RSTs that their receiver cannot have accepted */
    uint64_t evicted;        /* connections given up at the bound */
    uint64_t rested;         /* times that one was packed because memory was short */
    /* what was known of connections that had ended, given up for others: a straggler of them would
     * have opened a connection */
    uint64_t tombstones_lost;
    uint64_t held_limit; /* holes given up at a bound */
    uint64_t limited;    /* connections that stayed, but lack something that was given up so */
} StreamCounters;

/* Which connection a segment belongs to. */
typedef struct SegmentOwner {
    FrameId first_frame; /* the connection's; 0: none, or none yet (a SYN) */
    /* the same; and of what nothing was made: of a copy that of the packet which it is a copy
     * of, of a SYN kept aside, or sent again meanwhile, that of the connection which it opens if
     * it opens one. The packets of a connection are those that have it here. */
    FrameId belongs;
    /* the connection that has the endpoints, of a SYN that is none of it: that may belong to the
     * next one, or to none; 0: else */
    FrameId beside;
    bool after_end; /* the connection was over: nothing was made of the segment */
    bool copy;      /* of a packet captured before */
    bool number_known;
    uint32_t number; /* Connection.stream_number, of the connection that the segment belongs to;
                        of a copy and of what comes when that has left it is not known */
} SegmentOwner;

#endif
