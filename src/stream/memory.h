/* The bound on memory: what is counted, what is packed, what is given up. Private to stream/. */
#ifndef STREAM_MEMORY_H
#define STREAM_MEMORY_H

#include "stream/flow.h"
#include "stream/stream.h"

/* Of a shard. */
struct Budget {
    size_t held, held_max; /* bytes ahead of holes */
    size_t flow_max;       /* of one connection; more while the shard is not short of room */
    size_t used, used_max; /* of all memory */
};

/* A shard's part of the limits. */
Budget memory_budget(const StreamLimits *limits);

/* Whether a connection that holds `bytes` ahead of holes may hold `more`. Beyond its own part it
 * may take what is free, but for the last quarter, which is for those that hold less. */
bool memory_has_room(const Budget *budget, size_t bytes, size_t more);

/* Whether the flow takes more than one may of a shard that is short of memory. */
bool memory_is_much(const Budget *budget, const FlowHead *head);

/* What the allocator adds to a block. */
#define BLOCK_OVERHEAD 16

/* Of what most connections do not have. */
size_t memory_of_rare(const Flow *flow);

/* Bytes that a flow takes now, with all that hangs on it. */
static inline size_t memory_size(const Flow *flow)
{
    size_t size = sizeof *flow + BLOCK_OVERHEAD;
    if (flow->facts.owner)
        size += flow->facts.owner_size + BLOCK_OVERHEAD;
    if (flow->resets || flow->kept || flow->backlog)
        size += memory_of_rare(flow);
    return size;
}

/* The flow in fewer bytes, at another place, if it is one that packing leaves whole; else
 * itself. And back. Who points to it has to be told. */
FlowHead *memory_pack(Flow *flow);
Flow *memory_unpack(FlowHead *head, Budget *budget);

void memory_free(FlowHead *head);

#endif
