/* What is known of one TCP connection: plain facts, that a test can write down as they stand.
 * All that judge/ knows of stream/. They are those of the moment in which an event is handed
 * out, and final at STREAM_END (stream.h). */
#ifndef STREAM_CONNECTION_H
#define STREAM_CONNECTION_H

#include <stddef.h>

#include "base/evidence.h"
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
     * (RFC 9293 §3.10.7.1): with data or FIN and that acknowledgement (not those that the sender
     * of the RST had acknowledged more than a second before), or a probe or a bare
     * acknowledgement at most a second before. If not, that segment is missing. */
    bool answers;
    bool answers_bare; /* nothing but a bare acknowledgement can be that one */
    /* without ACK flag: the only segment that it can answer, if that was captured after it; 0:
     * none such */
    FrameId answers_next;
    /* one past the highest number of the other side that was captured before it, FIN included */
    int64_t peer_sent;
    uint8_t hops; /* left: TTL or hop limit */
} RstFact;

/* TTL or hop limit of the packets of one side, its RSTs and copies apart. */
typedef struct HopsSeen {
    bool any, several; /* one packet at least; two */
    uint8_t hops;      /* of the first */
    bool mixed;        /* not of all */
} HopsSeen;

/* How often the same byte was sent: of those that were sent again before the peer had acknowledged
 * them the last one, by order of the capture. */
typedef struct Transmissions {
    int64_t offset; /* below Half.acked: it was acknowledged in the end */
    uint32_t count; /* segments that carried it, the first one too; 0: nothing was sent again */
    FrameId last_frame;
    /* Of the first and the last of them. `first` is the latest time possible: that of the
     * second, if more data followed the first before that. */
    Nanoseconds first, last;
    Nanoseconds interval; /* between the last two */
} Transmissions;

/* One direction of a connection: what its sender sent. What every packet changes stands first. */
typedef struct Half {
    bool seen;        /* at least one segment of this side is in the capture */
    bool syn_seen;    /* its SYN, too: nothing of this side came before offset 0 */
    uint8_t headings; /* Heading, of all its segments as far as they tell */
    HopsSeen hops;
    /* Neither its SYN is in the capture, nor a segment of the peer that stands at the peer's own
     * first byte, behind its SYN, and so acknowledges the first number: how many bytes of this
     * side are missing before offset 0 is unknown. */
    bool begin_unknown;
    uint32_t base; /* the raw sequence number of offset 0 */
    int64_t next;  /* all before it has been delivered or given up */
    int64_t high;  /* one past the highest byte seen (SYN and FIN not counted) */
    /* highest acknowledgement by the peer, of this side's offsets; NO_OFFSET: none */
    int64_t acked;
    int64_t first_acked; /* what the peer's first segment acknowledged, if `begin_unknown` */
    uint64_t payload;    /* bytes of payload, each once, those that the snap length cut included */
    /* the last and latest segment of this side that shows that it had sent no FIN: its number lies
     * at the end of all data sent before it, and it is no probe */
    FrameId open_frame;
    Nanoseconds open_time;
    ClockMark open_clock;
    /* of the latest segment of this side: its time, and what it acknowledged (NO_OFFSET:
     * nothing) */
    Nanoseconds last_time;
    int64_t last_acked;
    FinFact fin;
    /* set at STREAM_END: this side ends with a gap of several offsets, and the last of these may
     * be its FIN: nothing of this side lies beyond, and nothing captured later than what proves
     * the gap lies lower. `offset` is that of the FIN, the rest is of the segment that proves
     * the gap. If a message ends just before it, it is a FIN; else that is open (judgement.md
     * §1.6). The bytes of the gap event include it; `fin` is FIN_NONE. Frame 0: none. */
    Stamp fin_in_gap;
    /* the RST of this side that the other one accepted, as far as the capture goes until now. It
     * counts if its number lies between the receiver's highest acknowledgement anywhere and the
     * end of the window it last offered, and the receiver then sends nothing but RSTs and what
     * was under way */
    RstFact rst;
    Transmissions resent;
    /* a RST of this side, that one or a later one, answers a segment that the capture lacks */
    bool answers_missing;
    bool ignored_answers_missing; /* the same of one that the other side did not accept */
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
    /* for the stage above: NULL at first, never touched here. Released by that stage at
     * STREAM_END. */
    void *owner;
    /* bytes that hang on `owner`, stated by that stage: they count to the bound */
    size_t owner_size;
    bool owner_rests; /* for that stage, likewise: it has shrunk */
    FrameId first_frame, last_frame;
    uint64_t last_order; /* Segment.order of last_frame */
    Nanoseconds start, last_time;
    ClockMark start_clock; /* of `start` */
    IpAddress address[2];  /* by side: 0 opened the connection if opener_known, else sent first */
    uint16_t port[2];
    bool opener_known; /* a SYN or SYN-ACK is in the capture; if not, it begins in mid-stream */
    bool stream_number_known;
    uint32_t stream_number; /* tcp.stream of Wireshark 4.0 */
    Half half[2];
    /* a SYN-ACK acknowledged the SYN's own number, and none the next one: a tool made this capture
     * that counts no SYN. Its acknowledgements prove nothing */
    bool syn_uncounted;
    /* two different versions of the same bytes were seen. Noticed only while the later ones in the
     * stream were held: delivered bytes are not kept to be compared */
    bool overlap_conflict;
    /* a bound was reached: something of it was given up that the capture has */
    bool limited;
    /* it begins in mid-stream, after connections had been given up, and may be what followed of one
     * of them: nothing is sure that is said of it */
    bool after_eviction;
    ConnectionEnd end;
    bool open_at_end; /* the capture is over, and it will be UNENDED: these are its last events */
    /* the first two frames that show a conflict: what counted, and the other; 0: none */
    FrameId overlap_frames[2];
    FrameId ignored_reset; /* the first RST after which its receiver went on; 0: none */
} Connection;

/* The raw sequence number of an offset. */
static inline uint32_t connection_sequence(const Connection *connection, int side, int64_t offset)
{
    return connection->half[side].base + (uint32_t)offset;
}

/* Half.rst; NULL: none. */
static inline const RstFact *connection_reset(const Connection *connection, int side)
{
    const RstFact *rst = &connection->half[side].rst;
    return stamp_is_set(&rst->stamp) ? rst : NULL;
}

#endif
