#include "stream/memory.h"

#include "base/pack.h"
#include "stream/front.h"
#include "stream/kept_syn.h"
#include "stream/numbering.h"
#include "stream/resets.h"

/* Fragments that wait take what they take (decode/fragments.h). */
#define FRAGMENTS_SHARE ((size_t)8 << 20)
/* While the table of pairs grows, the old one stands beside the new one. */
#define PAIRS_SHARE(memory) ((memory) / 8)
#define PAIRS_PEAK(memory) (PAIRS_SHARE(memory) / 2 * 3)
/* Of a shard's part of the memory, so that no connection takes the place of all others of its
 * shard. */
#define CONNECTION_PART 16

/* Memory is what bounds connections: even packed, one takes some hundred bytes. */
#define CONNECTIONS_MAX ((size_t)1 << 28)

/* Of 512 MiB: slots for 1,572,864 pairs of endpoints; half of the memory at most ahead of holes,
 * and a 16th of a shard's part by one connection. */
const StreamLimits STREAM_LIMITS_DEFAULT = {
    .connections = CONNECTIONS_MAX,
    .held_bytes = MEMORY_DEFAULT / 2,
    .held_bytes_connection = MEMORY_DEFAULT / SHARDS / CONNECTION_PART,
    .memory = MEMORY_DEFAULT - FRAGMENTS_SHARE - PAIRS_PEAK(MEMORY_DEFAULT),
    .pairs = 1572864,
};

StreamLimits stream_limits_for(size_t memory)
{
    memory = MAX(memory, MEMORY_LEAST);
    return (StreamLimits){
        .connections = CONNECTIONS_MAX,
        .held_bytes = memory / 2,
        .held_bytes_connection = memory / SHARDS / CONNECTION_PART,
        .memory = memory - FRAGMENTS_SHARE - PAIRS_PEAK(memory),
        .pairs = numbering_pairs_in(PAIRS_SHARE(memory)),
    };
}

Budget memory_budget(const StreamLimits *limits)
{
    return (Budget){ .held_max = limits->held_bytes / SHARDS,
                     .flow_max = limits->held_bytes_connection,
                     .used_max = limits->memory / SHARDS };
}

bool memory_has_room(const Budget *budget, size_t bytes, size_t more)
{
    size_t most = bytes + more > budget->flow_max ? budget->held_max / 4 * 3 : budget->held_max;
    return budget->held + more <= most;
}

bool memory_is_much(const Budget *budget, const FlowHead *head)
{
    return head->charged > budget->used_max / CONNECTION_PART;
}

size_t memory_of_rare(const Flow *flow)
{
    size_t size = 0;
    if (flow->resets)
        size += sizeof *flow->resets + BLOCK_OVERHEAD;
    if (flow->kept)
        size += sizeof *flow->kept + flow->kept->cost;
    if (!flow->backlog)
        return size;
    size += sizeof *flow->backlog + BLOCK_OVERHEAD + flow->backlog->bytes;
    for (int side = 0; side < 2; side++)
        size += flow->backlog->queue[side].capacity * sizeof(Item *);
    return size;
}

/* A flow at rest: the head as it was, the rest in `length` bytes. */
typedef struct PackedFlow {
    FlowHead head;
    void *owner; /* of the facts */
    uint32_t length;
    uint8_t bytes[];
} PackedFlow;

#define REST_SIZE (sizeof(Flow) - sizeof(FlowHead))

static void *rest_of(Flow *flow)
{
    return (uint8_t *)flow + sizeof(FlowHead);
}

FlowHead *memory_pack(Flow *flow)
{
    if (flow->state != FLOW_LIVE || flow->backlog || flow->resets || flow->kept)
        return &flow->head;
    size_t owner = flow->facts.owner ? flow->facts.owner_size + BLOCK_OVERHEAD : 0;
    void *owner_block = g_steal_pointer(&flow->facts.owner);
    flow->budget = NULL;
    g_autoptr(GByteArray) bytes = g_byte_array_sized_new(512);
    pack_words(bytes, rest_of(flow), REST_SIZE);
    size_t size = offsetof(PackedFlow, bytes) + bytes->len;
    PackedFlow *packed = g_malloc(size);
    *packed = (PackedFlow){ .head = flow->head, .owner = owner_block, .length = bytes->len };
    packed->head.packed = true;
    packed->head.charged = (uint32_t)(size + BLOCK_OVERHEAD + owner);
    memcpy(packed->bytes, bytes->data, bytes->len);
    g_free(flow);
    return &packed->head;
}

Flow *memory_unpack(FlowHead *head, Budget *budget)
{
    if (!head->packed)
        return flow_whole(head);
    g_autofree PackedFlow *packed = (PackedFlow *)(void *)head;
    Span bytes = span_make(packed->bytes, packed->length);
    Flow *flow = g_new0(Flow, 1);
    flow->head = packed->head;
    flow->head.packed = false;
    unpack_words(&bytes, rest_of(flow), REST_SIZE);
    flow->facts.owner = packed->owner;
    flow->budget = budget;
    return flow;
}

void memory_free(FlowHead *head)
{
    if (head->packed)
        g_free(head);
    else
        flow_free(flow_whole(head));
}
