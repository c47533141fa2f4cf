/* Whose is a segment: what it is to the connection that its endpoints have. A pure function of
 * the two. Private to stream/. */
#ifndef STREAM_BELONGING_H
#define STREAM_BELONGING_H

#include "stream/flow.h"

typedef enum Belonging {
    BELONGS,
    BELONGS_NOT, /* stray: it says nothing about this connection, though it may be of its story */
    BEGINS,      /* a new connection */
    CONFIRMS,    /* the SYN kept aside began a new connection */
} Belonging;

Belonging belonging_of(const Flow *flow, int side, const Segment *segment);

/* Of a segment that BELONGS_NOT: a SYN that may begin the next connection; a SYN-ACK whose SYN the
 * capture lacks may, too. */
bool belonging_may_begin_next(const Flow *flow, int side, const Segment *segment);

/* Of a connection that has settled: whether the segment is still one of it, by its numbers. */
bool belonging_straggles(const Flow *flow, int side, const Segment *segment);

/* Whether a side that has sent nothing yet may be the sender of a segment from another network
 * than the peer's: its numbers continue the conversation. */
bool belonging_continues(const Flow *flow, int side, const Segment *segment);

/* Whether the connection is known by a SYN alone, and a segment shows that this was no SYN of
 * it: its numbers are others. The connection then begins with that segment. */
bool belonging_is_astray(const Flow *flow, int side, const Segment *segment);

/* How a connection ends whose endpoints another one takes over, which begins with this SYN or
 * SYN-ACK. */
ConnectionEnd belonging_end_before(const Flow *flow, const Segment *segment);

/* Whether `number` may be that of the first byte of a side. */
bool belonging_may_begin(const Flow *flow, int side, uint32_t number);

/* Whether a SYN-ACK answers the SYN of this connection, although what was captured of its side,
 * or was acknowledged, has other numbers: that was another connection's, or forged. */
bool belonging_answers_syn(const Flow *flow, int side, const Segment *segment);

/* Whether it BELONGS, for little, and for most segments: no SYN, near the place where its side
 * stands, nothing kept aside, no FIN that it could pass. */
static inline bool belongs_plainly(const Flow *flow, int side, const Segment *segment)
{
    const Half *half = &flow->facts.half[side];
    uint32_t from = half->base + (uint32_t)half->next - (uint32_t)FLOW_NEAR;
    return flow->spoke && !flow->kept && !(segment->flags & TCP_SYN) &&
           flow->facts.half[!side].fin.proof == FIN_NONE &&
           segment->sequence - from < 2 * (uint32_t)FLOW_NEAR;
}

static inline bool is_syn(const Segment *segment)
{
    return (segment->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

static inline bool is_syn_ack(const Segment *segment)
{
    return (segment->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
}

#endif
