/* A SYN, or a SYN-ACK, kept aside that may open the next connection of the same endpoints.
 * Private to stream/. */
#ifndef STREAM_KEPT_SYN_H
#define STREAM_KEPT_SYN_H

#include "stream/flow.h"
#include "stream/front.h"

struct KeptSyn {
    Segment segment; /* its payload are the bytes behind */
    int side;
    bool number_known, payload_lost;
    uint32_t number; /* Arrival.number */
    size_t cost;     /* of the budget */
    uint8_t payload[];
};

/* Instead of the one that was kept before, unless this is the same one again. Its payload (RFC
 * 7413) goes with it, at most what a full segment holds. */
void kept_syn_keep(Flow *flow, int side, const Arrival *arrival);
void kept_syn_forget(Flow *flow);

/* Now the caller's: g_free(). */
KeptSyn *kept_syn_take(Flow *flow);

#endif
