/* RSTs: which of them the other side can have accepted. Private to stream/. */
#ifndef STREAM_RESETS_H
#define STREAM_RESETS_H

#include "stream/flow.h"
#include "stream/sink.h"

#define RESETS_MAX 4

typedef struct Reset {
    RstFact fact;
    int64_t acked; /* of its sender's stream, by its receiver, before it */
    int64_t later; /* where data begins that its sender sent behind it; NO_OFFSET: none */
    uint32_t sequence;
    bool refuted, delivered;
} Reset;

struct Resets {
    Reset list[2][RESETS_MAX];
    unsigned count[2];
    bool forgot[2];   /* this side answered without knowing the connection */
    bool missing[2];  /* a RST of this side was dropped that answers nothing in the capture */
    uint64_t dropped; /* for want of room: none of them could be accepted any more */
};

/* `side` sent a RST. */
void resets_arrive(Flow *flow, int side, const Segment *segment, const Item *item);
/* `side` sent this segment: what does it say about the RSTs that it had received? */
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
