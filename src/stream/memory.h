/* The bound on memory: what is counted, what is packed, what is given up. Private to stream/. */
#ifndef STREAM_MEMORY_H
#define STREAM_MEMORY_H

#include "stream/flow.h"
#include "stream/stream.h"

/* Of a shard. */
struct Budget {
    size_t held, held_max, flow_max; /* bytes ahead of holes */
    size_t used, used_max;           /* of all memory */
};

/* A shard's part of the limits. */
Budget memory_budget(const StreamLimits *limits);

/* Bytes that a flow takes now, with all that hangs on it. */
size_t memory_size(const Flow *flow);

/* The flow in fewer bytes, at another place, if it is one that packing leaves whole; else
 * itself. And back. Who points to it has to be told. */
FlowHead *memory_pack(Flow *flow);
Flow *memory_unpack(FlowHead *head, Budget *budget);

void memory_free(FlowHead *head);

#endif
