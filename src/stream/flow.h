/* A connection as its shard keeps it: the facts that everyone sees, and beside them what is
 * known by capture order alone, before delivery. Private to stream/. */
#ifndef STREAM_FLOW_H
#define STREAM_FLOW_H

#include "stream/backlog.h"
#include "stream/connection.h"

/* Of a RST: after it standing so long, the connection is over (nobody retransmits longer into
 * silence). */
#define RESET_SETTLES (120 * NS_PER_SECOND)
#define DATA_ACKS 2
#define BARE_ACKS 3
/* How far from a connection's numbers something of it may lie: a large window. */
#define FLOW_NEAR (INT64_C(1) << 24)

/* A bare acknowledgement, or a probe. */
typedef struct BareAck {
    uint32_t number;
    uint32_t ticks : 31; /* flow_ticks() */
    uint32_t probe : 1;
} BareAck;

/* Times apart by no more than some days can be compared by them. */
#define TICKS_PER_SECOND 954

static inline uint32_t flow_ticks(Nanoseconds time)
{
    return (uint32_t)((uint64_t)time >> 20) & 0x7fffffff;
}

/* Whether `later` is so by a second at most, or not at all. */
static inline bool flow_ticks_are_near(uint32_t ticks, uint32_t later)
{
    return (int32_t)((later - ticks) << 1) <= TICKS_PER_SECOND << 1;
}

/* One direction, by capture order. Offsets are of this direction's stream. */
typedef struct Direction {
    int64_t sent;      /* one past the last offset seen, FIN included … */
    int64_t sent_from; /* … and the segment that showed it: its first offset, its time, its order */
    Nanoseconds sent_time;
    uint32_t sent_order;
    uint32_t last_order; /* of its latest segment */
    /* likewise, of payload; where the latest new payload begins, and its time. NO_OFFSET: none */
    int64_t data_sent, new_data;
    Nanoseconds new_time;
    int64_t acked; /* the peer's highest acknowledgement anywhere; NO_OFFSET: none */
    int64_t edge;  /* the end of the window that the peer offered; NO_OFFSET: unknown */
    Nanoseconds free_since;
    int64_t quiet_acked;  /* see StreamEvent; valid while `next` stands still */
    int64_t bare_acked;   /* likewise */
    uint32_t full;        /* the largest payload */
    int8_t shift;         /* of the window: WINDOW_ values or 0..14 */
    bool base_known : 1;  /* Half.base is */
    bool provisional : 1; /* the base is that of an empty segment, perhaps of a keep-alive probe */
    bool free : 1;        /* free_since is set */
    bool lower : 1; /* of this side came what lies below `acked`, after that was acknowledged */
    /* latest acknowledgement numbers of this side's data and FINs */
    uint8_t data_ack_count, bare_ack_count;
    uint32_t data_acks[DATA_ACKS];
    uint32_t received_ticks : 31; /* flow_ticks() when the peer had acknowledged all of these, … */
    uint32_t received : 1;        /* … if it has */
    BareAck bare_acks[BARE_ACKS];
} Direction;

#define WINDOW_UNSEEN (-2) /* no SYN of this side was captured */
#define WINDOW_UNSCALED (-1)

typedef enum FlowState {
    FLOW_LIVE,
    FLOW_SETTLING, /* over, unless its own packets in the next 120 s say otherwise */
    FLOW_FINAL,    /* both FINs seen and acknowledged: what comes later is not looked at */
} FlowState;

typedef struct FlowHead FlowHead;

/* What stands of a connection in its shard even while the rest is packed (memory.h). */
struct FlowHead {
    FlowHead *bucket_next;
    uint64_t seeded;         /* Endpoints.seeded */
    FlowHead *older, *newer; /* by last activity */
    FrameId first_frame;     /* as in the facts */
    uint32_t charged;        /* its part of the budget's `used` */
    uint8_t shard;
    uint8_t leaves_as; /* ConnectionEnd, unless it is final */
    bool packed;
    bool ends_final; /* when the capture is over: so it will leave */
};

typedef struct Budget Budget;   /* memory.h */
typedef struct Resets Resets;   /* resets.h */
typedef struct KeptSyn KeptSyn; /* kept_syn.h */

typedef struct Flow Flow;
struct Flow {
    FlowHead head;
    /* From here on it is packed. What every packet touches comes first. */
    Budget *budget;
    Backlog *backlog; /* NULL: never out of order */
    Resets *resets;   /* NULL: no RST */
    KeptSyn *kept;    /* NULL: none */
    /* by side: of its first segment; of a side that is yet unseen, the peer's */
    uint64_t network[2];
    uint32_t order;  /* count of its segments */
    uint8_t state;   /* FlowState */
    bool listed;     /* its timer runs */
    bool spoke;      /* data or a gap was handed out */
    bool succeeds;   /* its endpoints had a connection before */
    bool aliased[2]; /* `alias` is set */
    /* of its addresses (Segment) */
    bool fragments_given_up;
    Direction direction[2];
    Connection facts;
    /* Another network in which its packets are seen as well. */
    uint64_t alias[2];
    Flow *timer_before, *timer_after;
    Nanoseconds listed_at;
};

/* The flow of a head that is not packed. */
static inline Flow *flow_whole(FlowHead *head)
{
    g_assert(!head->packed);
    return (Flow *)(void *)head;
}

static inline bool fin_was_seen(const FinFact *fin)
{
    return fin->proof == FIN_SEEN || fin->proof == FIN_RETRANSMITTED;
}

Flow *flow_new(const Segment *first, Budget *budget);
void flow_free(Flow *flow);

Backlog *flow_backlog(Flow *flow);

/* Which side sent the segment; -1: neither, its endpoints are others. */
int flow_sender(const Flow *flow, const Segment *segment);

/* Takes a segment of `side` into the facts of capture order and turns its numbers into offsets. The
 * item borrows the payload. */
void flow_arrive(Flow *flow, int side, const Segment *segment, Item *ret_item);

/* The plain path: the same for nearly every segment, and shorter. If flow_is_plain(), the segment
 * can be delivered at once (reassembly_deliver_plainly()). */
bool flow_is_plain(const Flow *flow, int side, const Segment *segment);
void flow_arrive_plainly(Flow *flow, int side, const Segment *segment, Item *ret_item);

/* A SYN-ACK of `side` that says nothing to the connection. If it acknowledges the SYN's own
 * number, a tool made the capture that counts no SYN: data with the SYN's number begins with its
 * first byte then. */
void flow_take_uncounted(Flow *flow, int side, const Segment *segment);

/* The connection begins with this segment, which showed that its SYN was none of it
 * (belonging_is_astray()). */
void flow_begin_anew(Flow *flow, const Segment *first);

/* Side 0 is the opener; possible as long as no data and no gap was handed on. */
void flow_swap_sides(Flow *flow);

bool flow_is_over(const Flow *flow, Nanoseconds now);

/* Keeps Half.fin_in_gap of both sides only if it may be one. */
void flow_weigh_gaps(Flow *flow);

/* Whether nothing that its own packets still may say can change how it ended. */
static inline bool flow_has_settled(const Flow *flow, Nanoseconds now)
{
    return (flow->state != FLOW_LIVE || flow->resets) && flow_is_over(flow, now);
}

/* Whether the endpoints are free for a new connection. */
bool flow_has_ended(const Flow *flow);
/* Whether it leaves as one that ended. */
bool flow_is_final(const Flow *flow);

#endif
