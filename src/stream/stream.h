/* TCP segments to streams: per connection the data of each direction in order, each byte once, with
 * its stamps; the gaps; the FINs and RSTs; and what the sequence and acknowledgement numbers prove
 * about who had received what.
 *
 * Grammar: new · feed · next · (tick · next)* · finish · next · free.
 *   stream_table_feed() takes one segment; stream_table_next() is then called until it returns
 *   false. stream_table_tick() is called after every 4,096 frames of the input, then next() until
 *   false: it fires the timers and ends the connections that are final. stream_table_finish() ends
 *   the rest.
 *
 * Causal delivery: a segment is delivered when all bytes before it in its own direction, and all
 * bytes of the other direction that it acknowledges, have been delivered or given up. A hole is
 * given up when the peer has acknowledged past it *and* it has outlived 20 ms of capture time and
 * three further segments of the connection; or at a bound on held bytes; or at the end. Data that
 * fills a hole already given up is counted as late and dropped. All facts below are updated at
 * delivery, in that order. */
#ifndef STREAM_STREAM_H
#define STREAM_STREAM_H

#include <glib.h>

#include "base/evidence.h"
#include "base/span.h"
#include "decode/decode.h"

typedef enum FinProof {
    FIN_NONE,
    FIN_SEEN,
    /* seen, but a segment of its sender at offset c + 1 came before it: an earlier FIN was lost on
     * its way to the capture, so this one's acknowledgement and time are only upper bounds of the
     * closing's */
    FIN_RETRANSMITTED,
    /* never seen. The peer acknowledged exactly one offset past all data and nothing of this side
     * goes beyond, or this side itself sent at c + 1. That one offset may be a lost byte of data:
     * who knows the messages decides (judgement.md §3). Upper bound of the time. */
    FIN_IMPLIED,
} FinProof;

/* How one side closed its direction. stamp.offset is c. FIN_IMPLIED: frame and time are those of
 * the segment that proves it, `acked` NO_OFFSET unless that segment is the side's own. */
typedef struct FinFact {
    FinProof proof;
    Stamp stamp;
} FinFact;

/* A capture may show a RST before the segment that it answers, by no more than that. */
#define RESET_REORDER (20 * NS_PER_MS)

/* A RST that a side sent, the first that nothing contradicts so far. */
typedef struct RstFact {
    Stamp stamp; /* frame 0: none. `acked` is NO_OFFSET without the ACK flag */
    /* it has an ACK flag, or some captured segment of the other side can be the one that it answers
     * (RFC 9293 §3.10.7.1): with data, FIN or probe and that acknowledgement, or a bare
     * acknowledgement at most a second before. If not, that segment is missing. */
    bool answers;
    /* without ACK flag: the only segment that it can answer, if that was captured after it; 0: none such */
    FrameId answers_next;
} RstFact;

/* One direction of a connection: what its sender sent. */
typedef struct Half {
    bool seen;    /* at least one segment of this side is in the capture */
    int64_t next; /* all before it has been delivered or given up */
    int64_t high; /* one past the highest byte seen (SYN and FIN not counted) */
    /* highest acknowledgement by the peer, of this side's offsets; NO_OFFSET: none */
    int64_t acked;
    uint64_t payload; /* bytes of payload, each once, those that the snap length cut included */
    FinFact fin;
    /* the last and latest segment of this side that shows that it had sent no FIN: its number lies
     * at the end of all data sent before it, and it is no probe */
    FrameId open_frame;
    Nanoseconds open_time;
} Half;

typedef enum ConnectionEnd {
    CONNECTION_OPEN,     /* not ended yet */
    CONNECTION_FINAL,    /* both FINs acknowledged, or a RST accepted */
    CONNECTION_REPLACED, /* a new connection took over the endpoints while this one was open */
    CONNECTION_EVICTED,  /* a bound of ours was reached */
    CONNECTION_UNENDED,  /* open, or half-closed, when the capture ended */
    /* its handshake, it seems, was captured after some of its data: what follows is another
     * connection here, and how this one ended is unknown */
    CONNECTION_TORN,
} ConnectionEnd;

typedef struct Connection {
    FrameId first_frame, last_frame;
    uint64_t last_order; /* Segment.order of last_frame */
    Nanoseconds start, last_time;
    IpAddress address[2]; /* by side: 0 opened the connection if opener_known, else sent first */
    uint16_t port[2];
    bool opener_known; /* a SYN or SYN-ACK is in the capture; if not, it begins in mid-stream */
    bool stream_number_known;
    uint32_t stream_number; /* tcp.stream of Wireshark 4.0 */
    /* a SYN-ACK acknowledged the SYN's own number, and none the next one: a tool made this capture
     * that counts no SYN. Its acknowledgements prove nothing */
    bool syn_uncounted;
    /* two different versions of the same bytes were seen. Noticed only while the later ones in the
     * stream were held: delivered bytes are not kept to be compared */
    bool overlap_conflict;
    FrameId
        overlap_frames[2]; /* the first two that show it: what counted, and the other; 0: none */
    FrameId ignored_reset; /* the first RST after which its receiver went on; 0: none */
    /* a bound was reached: something of it was given up that the capture has */
    bool limited;
    /* it begins in mid-stream, after connections had been given up, and may be what followed of one
     * of them: nothing is sure that is said of it */
    bool after_eviction;
    ConnectionEnd end;
    Half half[2];
    /* for the stage above: NULL at first, never touched here. Released by that stage at
     * STREAM_END. */
    void *owner;
    /* bytes that hang on `owner`, stated by that stage: they count to the bound */
    size_t owner_size;
    bool owner_rests; /* for that stage, likewise: it has shrunk */
} Connection;

typedef enum StreamEventKind {
    STREAM_DATA,
    STREAM_GAP, /* `gap` bytes are missing here, for `reason` */
    STREAM_FIN, /* half[side].fin has just been set (or raised from FIN_IMPLIED to a seen one) */
    STREAM_RST, /* a RST of `side` was delivered; accepted or not is known at the end */
    STREAM_PACK, /* memory is short and this connection has been idle longest: its owner had better shrink */
    STREAM_END, /* all facts are final; the connection is freed by the next call into the table */
} StreamEventKind;

typedef struct StreamEvent {
    StreamEventKind kind;
    int side; /* of the sender */
    Connection *connection;
    /* DATA: of the first byte of `data`; GAP: of the segment that shows it, with `offset` the first
     * missing byte; FIN, RST: theirs */
    Stamp stamp;
    Span data; /* new bytes; until the next call into the table */
    int64_t gap;
    /* REASON_LOSS, REASON_SNAPLEN (the bytes were on the wire behind this segment's DATA) or
     * REASON_LIMIT */
    Reason reason;
    bool segment_start; /* `data` begins where a segment's payload begins */
    /* DATA: a later segment of this side was captured before this one, so these bytes had probably
     * been sent before and this is not their first transmission */
    bool resent;
    /* DATA: what an earlier segment of this side without payload acknowledged that had this data's
     * offset as its number, when all this side had sent before was acknowledged; NO_OFFSET: there
     * is none. Judgement.md §1.1 (a). */
    int64_t quiet_acked;
    /* DATA: for how long before this segment all that this side had sent had been acknowledged and
     * the peer's window had room for a full segment; 0: not */
    Nanoseconds free_to_send;
} StreamEvent;

typedef struct StreamLimits {
    size_t connections; /* in the table at once */
    size_t held_bytes;  /* held ahead of holes, over all connections */
    size_t held_bytes_connection;
    size_t memory; /* of all connections: their state, what hangs on it, what is held */
    size_t pairs;  /* of endpoints with a stream number */
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
    uint64_t duplicates;         /* packets captured a second time, and not looked at again */
    uint64_t segments_after_end; /* of connections that were final already */
    uint64_t retransmitted_bytes, out_of_order_segments, late_bytes;
    uint64_t bytes_after_fin; /* payload beyond a FIN: no data */
    uint64_t overlap_conflicts;
    uint64_t gaps, gap_bytes;
    uint64_t cut_bytes;      /* by the snap length */
    uint64_t resets_ignored; /* RSTs that their receiver cannot have accepted */
    uint64_t evicted;        /* connections given up at the bound */
    uint64_t rested;         /* times that one was packed because memory was short */
    uint64_t held_limit;     /* holes given up at a bound */
} StreamCounters;

typedef struct StreamTable StreamTable;

StreamTable *stream_table_new(const StreamLimits *limits);

/* The segment's payload needs to live until stream_table_next() has returned false. */
void stream_table_feed(StreamTable *table, const Segment *segment);

/* Instead of feeding it: a segment that is left out, but numbered among the others. */
void stream_table_pass(StreamTable *table, const Segment *segment);

bool stream_table_next(StreamTable *table, StreamEvent *ret_event);

/* END events of a tick come by first frame of the connections. */
void stream_table_tick(StreamTable *table);

/* First the final connections by first frame, then those still open by first frame. */
void stream_table_finish(StreamTable *table);

const StreamCounters *stream_table_counters(const StreamTable *table);

/* Bytes held ahead of holes at this moment. */
size_t stream_table_held(const StreamTable *table);

/* Which connection the segment that was fed last belongs to. */
typedef struct SegmentOwner {
    FrameId first_frame; /* the connection's; 0: none, or none yet (a SYN) */
    /* the same; and of what nothing was made: of a copy that of the packet which it is a copy of, of a
     * SYN kept aside, or sent again meanwhile, that of the connection which it opens if it opens
     * one. The packets of a connection are those that have it here. */
    FrameId belongs;
    bool after_end; /* the connection was over: nothing was made of the segment */
    bool number_known;
    uint32_t number; /* Connection.stream_number */
} SegmentOwner;

/* To be asked between feed and the next call. */
SegmentOwner stream_table_owner(const StreamTable *table);

/* The raw sequence number of an offset. */
uint32_t connection_sequence(const Connection *connection, int side, int64_t offset);

/* The RST of `side` that the other side accepted, as far as the capture goes until now; NULL: none.
 * It counts if its number lies between the receiver's highest acknowledgement anywhere and the end
 * of the window it last offered, and the receiver then sends nothing but RSTs and what was under
 * way. */
const RstFact *connection_reset(const Connection *connection, int side);

void stream_table_free(StreamTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StreamTable, stream_table_free)

#endif
