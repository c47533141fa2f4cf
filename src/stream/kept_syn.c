#include "stream/kept_syn.h"

#include "stream/memory.h"

#define SYN_PAYLOAD_MAX 1460

void kept_syn_keep(Flow *flow, int side, const Arrival *arrival)
{
    const Segment *segment = arrival->segment;
    const KeptSyn *old = flow->kept;
    if (old && old->side == side && old->segment.sequence == segment->sequence)
        return;
    kept_syn_forget(flow);
    Budget *budget = flow->budget;
    size_t size = MIN(segment->payload.length, SYN_PAYLOAD_MAX);
    bool room = budget->held + size <= budget->held_max;
    if (!room)
        size = 0;
    KeptSyn *kept = g_malloc(sizeof *kept + size);
    *kept = (KeptSyn){ .segment = *segment,
                       .side = side,
                       .number_known = arrival->number_known,
                       .payload_lost = !room,
                       .number = arrival->number,
                       .cost = size };
    budget->held += size;
    if (size)
        memcpy(kept->payload, segment->payload.bytes, size);
    kept->segment.payload = span_make(kept->payload, size);
    flow->kept = kept;
}

KeptSyn *kept_syn_take(Flow *flow)
{
    if (flow->kept)
        flow->budget->held -= flow->kept->cost;
    return g_steal_pointer(&flow->kept);
}

void kept_syn_forget(Flow *flow)
{
    g_free(kept_syn_take(flow));
}
