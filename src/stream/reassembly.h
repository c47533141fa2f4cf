/* Segments of one connection in causal order. Private to stream/. */
#ifndef STREAM_REASSEMBLY_H
#define STREAM_REASSEMBLY_H

#include "stream/flow.h"
#include "stream/sink.h"

/* A segment that has just arrived and waits to be delivered or held. */
typedef struct Fresh {
    Flow *flow; /* NULL: none */
    int side;
    Item item;
} Fresh;

/* Delivers one segment, or gives up one hole, of this connection: the events are in the sink then,
 * and the facts updated. False: nothing more can be done. `force`: nothing more is waited for;
 * `reason` says why. */
bool reassembly_step(Sink *sink, Flow *flow, Fresh *fresh, bool force, Reason reason);

/* Whether it will have ended when all that it holds has been forced out. It stays as it is. */
bool reassembly_ends_final(const Flow *flow);

/* Delivers what flow_arrive_plainly() took, as a step would; there is at most one event. */
void reassembly_deliver_plainly(Sink *sink, Flow *flow, int side, const Item *item);

/* Copies an item into the connection's backlog. False: no room. */
bool reassembly_hold(Sink *sink, Flow *flow, int side, const Item *item);

#endif
