/* A connection as the table keeps it: the facts that everyone sees, and beneath them what is known
 * by capture order alone, before delivery. Private to stream/. */
#ifndef STREAM_FLOW_H
#define STREAM_FLOW_H

#include "stream/stream.h"

/* Segments held per direction ahead of a hole. At 1 Gbit/s 20 ms are 1,700 full segments. */
#define HELD_SEGMENTS_MAX 4096
/* Of a RST: after it standing so long, the connection is over (nobody retransmits longer into
 * silence). */
#define RESET_SETTLES (120 * NS_PER_SECOND)
#define RESETS_MAX 4
#define DATA_ACKS 2
#define BARE_ACKS 3
#define GAPS_REMEMBERED 4

/* A segment with its numbers as offsets. Held, it owns the bytes behind it. */
typedef struct Item {
    FrameId frame;
    Nanoseconds time;
    int64_t offset; /* of the first byte of payload, or the number of an empty segment */
    int64_t acked;  /* NO_OFFSET: no ACK flag */
    /* one past the last offset (FIN included) that its side had sent, by the segments captured
     * before this one */
    int64_t sent_before;
    int64_t at; /* place in the queue: not before what was delivered when it was captured */
    uint32_t length, captured;
    uint32_t order; /* of capture, within the connection */
    uint16_t window;
    uint8_t flags;
    bool witness; /* its number lies at the end of all that its side had sent before it */
    const uint8_t *bytes;
} Item;

typedef struct Queue {
    Item **items; /* by place; the first at [first] */
    uint32_t first, count, capacity;
} Queue;

typedef struct Range {
    int64_t begin, end;
} Range;

/* What only a connection out of order needs. */
typedef struct Backlog {
    Queue queue[2];
    size_t bytes;
    Nanoseconds moved_time[2]; /* when `next` last moved while something was held */
    uint32_t moved_order[2];
    /* when the peer was seen to have acknowledged more than passed_next, the `next` of then */
    Nanoseconds passed_time[2];
    uint32_t passed_order[2]; /* 0: never */
    int64_t passed_next[2];
    Range gaps[2][GAPS_REMEMBERED]; /* given up, the newest last */
} Backlog;

typedef struct Reset {
    RstFact fact;
    uint32_t sequence;
    bool refuted, delivered;
} Reset;

typedef struct Resets {
    Reset list[2][RESETS_MAX];
    unsigned count[2];
} Resets;

typedef struct BareAck {
    uint32_t number;
    uint32_t ms; /* since the start of the connection */
} BareAck;

/* One direction, by capture order. Offsets are of this direction's stream. */
typedef struct Direction {
    uint32_t full; /* the largest payload */
    int64_t sent;  /* one past the last offset seen, FIN included */
    int64_t acked; /* the peer's highest acknowledgement anywhere; NO_OFFSET: none */
    int64_t edge;  /* the end of the window that the peer offered; NO_OFFSET: unknown */
    Nanoseconds free_since;
    int64_t quiet_acked; /* see StreamEvent; valid while `next` stands still */
    /* latest acknowledgement numbers of this side's data, FINs, probes */
    uint32_t data_acks[DATA_ACKS];
    BareAck bare_acks[BARE_ACKS];
    uint8_t data_ack_count, bare_ack_count;
    int8_t shift;         /* of the window: WINDOW_ values or 0..14 */
    bool base_known : 1;  /* Half.base is */
    bool provisional : 1; /* the base is that of an empty segment, perhaps of a keep-alive probe */
    bool free : 1;        /* free_since is set */
} Direction;

#define WINDOW_UNSEEN (-2) /* no SYN of this side was captured */
#define WINDOW_UNSCALED (-1)

/* Of a shard. */
typedef struct Budget {
    size_t held, held_max, flow_max; /* bytes ahead of holes */
    size_t used, used_max;           /* of all memory */
} Budget;

typedef enum FlowState {
    FLOW_LIVE,
    FLOW_SETTLING, /* over, unless its own packets in the next 120 s say otherwise */
    FLOW_FINAL,    /* both FINs seen and acknowledged: what comes later is not looked at */
} FlowState;

/* A SYN kept aside that may open the next connection of these endpoints. */
typedef struct PendingSyn {
    Segment segment; /* its payload are the bytes behind */
    int side;
    bool number_known, payload_lost;
    uint32_t number;
    size_t cost; /* of the budget */
    uint8_t payload[];
} PendingSyn;

typedef struct Flow Flow;
struct Flow {
    /* While memory is short and nothing comes, only this stands; the rest lies behind it, packed. */
    Flow *bucket_next;
    Flow *older, *newer; /* by last activity */
    uint64_t seeded;
    void *owner;         /* of the facts, while packed */
    FrameId first_frame; /* as in the facts */
    uint32_t charged;    /* its part of the budget's `used` */
    uint8_t shard;
    uint8_t leaves_as; /* ConnectionEnd, unless it is final */
    bool packed;

    Connection facts;
    Direction direction[2];
    Backlog *backlog;    /* NULL: never out of order */
    Resets *resets;      /* NULL: no RST */
    PendingSyn *pending; /* NULL: none */
    Budget *budget;
    /* by side: of its first segment; of a side that is yet unseen, the peer's */
    uint64_t network[2];
    /* Another network in which its packets are seen as well. */
    uint64_t alias[2];
    bool aliased[2];
    Flow *timer_before, *timer_after; /* FLOW_SETTLING, FLOW_FINAL */
    Nanoseconds listed_at;
    uint32_t order;
    uint8_t state;     /* FlowState */
    uint8_t listed_as; /* FlowState: the list of those that wait for a tick; FLOW_LIVE: none */
    bool spoke;        /* data or a gap was handed out */
    bool succeeds;     /* its endpoints had a connection before */
    bool uncounted;    /* see flow_take_uncounted(); no SYN-ACK has acknowledged the next number */
};

/* What the stages of the table share: events on their way out, counters, and what must live until
 * the next call. */
#define SINK_EVENTS 4

typedef struct Sink {
    StreamEvent events[SINK_EVENTS];
    unsigned count, read;
    StreamCounters counters;
    Item *spent; /* the bytes of an event are its */
} Sink;

static inline bool fin_was_seen(const FinFact *fin)
{
    return fin->proof == FIN_SEEN || fin->proof == FIN_RETRANSMITTED;
}

static inline Item *queue_head(const Flow *flow, int side)
{
    if (!flow->backlog || !flow->backlog->queue[side].count)
        return NULL;
    const Queue *queue = &flow->backlog->queue[side];
    return queue->items[queue->first];
}

/* Bytes that it takes now, with all that hangs on it. */
size_t flow_size(const Flow *flow);

/* The flow in fewer bytes, at another place, if it is one that packing leaves whole; else itself. And back. Who points
 * to it has to be told. */
Flow *flow_pack(Flow *flow);
Flow *flow_unpack(Flow *flow, Budget *budget);

Flow *flow_new(const Segment *first, Budget *budget);
void flow_free(Flow *flow);
void flow_forget_syn(Flow *flow);

Backlog *flow_backlog(Flow *flow);

/* Takes a segment of `side` into the facts of capture order and turns its numbers into offsets. The
 * item borrows the payload. */
void flow_arrive(Flow *flow, int side, const Segment *segment, Item *ret_item);

/* Whether `number` may be that of the first byte of a side. */
bool flow_may_begin(const Flow *flow, int side, uint32_t number);

/* Whether a SYN-ACK answers the SYN of this connection, although what was captured of its side, or was
 * acknowledged, has other numbers: that was another connection's, or forged. */
bool flow_answers_syn(const Flow *flow, int side, const Segment *segment);

/* A SYN-ACK of `side` that says nothing to the connection. If it acknowledges the SYN's own number, a tool made the
 * capture that counts no SYN: data with the SYN's number begins with its first byte then. */
void flow_take_uncounted(Flow *flow, int side, const Segment *segment);

/* Whether the connection is known by a SYN alone, and a segment shows that this was no SYN of it: its numbers are
 * others. The connection then begins with that segment. */
bool flow_began_astray(const Flow *flow, int side, const Segment *segment);
void flow_begin_anew(Flow *flow, const Segment *first);

/* Side 0 is the opener; possible as long as no data and no gap was handed on. */
void flow_swap_sides(Flow *flow);

/* RSTs (resets.c). */
void resets_arrive(Flow *flow, int side, const Segment *segment, const Item *item);
void resets_check(Flow *flow, int side, const Segment *segment, const Item *item,
                  StreamCounters *counters);
void resets_deliver(Flow *flow, int side, const Item *item, const Stamp *stamp);
bool resets_refuted(const Flow *flow, int side, const Item *item);
/* Whether a RST with this offset can have been accepted when it came. */
bool resets_in_window(const Flow *flow, int side, int64_t offset);
/* The earliest RST that stands, delivered or not. */
const Reset *resets_standing(const Flow *flow);
uint64_t resets_count_ignored(const Flow *flow);
/* Sets Half.rst of both sides. */
void resets_publish(Flow *flow);

#endif
