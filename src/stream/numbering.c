/* Wireshark 4.0 numbers what it calls conversations, and a conversation is not a connection. Found
 * by experiment with tshark 4.0.17:
 *
 *   - The key is the pair of addresses and ports; VLANs and tunnels do not matter. Pairs never
 *     expire: a segment hours later still belongs to the number that its pair has.
 *   - Each direction of a conversation has a base number: of its first segment, the sequence number
 *     if that is a SYN, else one less. A first segment with ACK flag also sets the other
 *     direction's base, if that has none, to one less than what it acknowledges.
 *   - A segment that an ICMP error quotes counts as one, but sets no base.
 *   - A SYN without ACK flag whose number is not the base of its direction takes a new number, and
 *     with it new bases. FIN, RST or whatever else it carries do not matter. A SYN-ACK never does.
 *
 * The table is open addressing over the seeded 64-bit hash of the pair, which stands for the
 * pair: among four million pairs, two of them collide once in two million runs, and a label is
 * at stake. The input's number is mixed into it, since the numbers of each file begin at 0. */
#include "stream/numbering.h"

#include <glib.h>

#define SLOTS_FIRST 256

enum {
    BASE_LOW = 1, /* the base of the first endpoint in order is known */
    BASE_HIGH = 2,
    USED = 4,
};

typedef struct Pair {
    uint64_t key;
    uint32_t base[2];
    uint32_t number;
    uint32_t flags;
} Pair;

struct Numbering {
    Pair *slots;
    uint32_t mask, used, max_pairs;
    GArray *next; /* uint32_t by input */
    bool full;
};

G_STATIC_ASSERT(sizeof(Pair) == NUMBERING_SLOT);

uint32_t numbering_pairs_in(size_t memory)
{
    uint64_t slots = SLOTS_FIRST;
    while (slots * 2 * NUMBERING_SLOT <= memory && slots < UINT64_C(1) << 31)
        slots *= 2;
    return (uint32_t)(slots / 4 * 3);
}

Numbering *numbering_new(uint32_t max_pairs)
{
    Numbering *numbering = g_new0(Numbering, 1);
    numbering->slots = g_new0(Pair, SLOTS_FIRST);
    numbering->mask = SLOTS_FIRST - 1;
    numbering->max_pairs = max_pairs;
    numbering->next = g_array_new(FALSE, TRUE, sizeof(uint32_t));
    return numbering;
}

void numbering_free(Numbering *numbering)
{
    if (!numbering)
        return;
    g_free(numbering->slots);
    g_array_unref(numbering->next);
    g_free(numbering);
}

static Pair *find_slot(Pair *slots, uint32_t mask, uint64_t key)
{
    uint32_t at = (uint32_t)key & mask;
    while ((slots[at].flags & USED) && slots[at].key != key)
        at = (at + 1) & mask;
    return &slots[at];
}

static void grow(Numbering *numbering)
{
    uint32_t mask = numbering->mask * 2 + 1;
    Pair *slots = g_new0(Pair, (size_t)mask + 1);
    for (size_t i = 0; i <= numbering->mask; i++)
        if (numbering->slots[i].flags & USED)
            *find_slot(slots, mask, numbering->slots[i].key) = numbering->slots[i];
    g_free(numbering->slots);
    numbering->slots = slots;
    numbering->mask = mask;
}

static uint32_t take_number(Numbering *numbering, unsigned input)
{
    if (numbering->next->len <= input)
        g_array_set_size(numbering->next, input + 1);
    return g_array_index(numbering->next, uint32_t, input)++;
}

static void set_bases(Pair *pair, const Segment *segment, bool from_high)
{
    uint32_t own = from_high ? BASE_HIGH : BASE_LOW;
    uint32_t other = from_high ? BASE_LOW : BASE_HIGH;
    if (!(pair->flags & own)) {
        pair->base[from_high] = segment->sequence - (segment->flags & TCP_SYN ? 0 : 1);
        pair->flags |= own;
    }
    if (!(pair->flags & other) && (segment->flags & TCP_ACK)) {
        pair->base[!from_high] = segment->acknowledgement - 1;
        pair->flags |= other;
    }
}

/* The slot of a pair that is not known yet; NULL at the bound. */
static Pair *add_pair(Numbering *numbering, Pair *slot, uint64_t key)
{
    if (numbering->used >= numbering->max_pairs) {
        numbering->full = true;
        return NULL;
    }
    if (((uint64_t)numbering->used + 1) * 4 > ((uint64_t)numbering->mask + 1) * 3) {
        grow(numbering);
        slot = find_slot(numbering->slots, numbering->mask, key);
    }
    numbering->used++;
    slot->key = key;
    return slot;
}

bool numbering_feed(Numbering *numbering, const Segment *segment, const Endpoints *endpoints,
                    uint32_t *ret_number)
{
    unsigned input = frame_input(segment->frame);
    uint64_t key = endpoints->seeded ^ ((uint64_t)input * UINT64_C(0x9e3779b97f4a7c15));
    Pair *pair = find_slot(numbering->slots, numbering->mask, key);
    bool syn = (segment->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
    uint32_t own = endpoints->from_high ? BASE_HIGH : BASE_LOW;
    bool known = pair->flags & USED;
    bool renewed = known && syn && (pair->flags & own) &&
                   pair->base[endpoints->from_high] != segment->sequence;
    if (!known || renewed) {
        if (numbering->full || (!known && !(pair = add_pair(numbering, pair, key)))) {
            /* From here on the count itself is unknown: a pair that is reused loses its number. */
            if (renewed)
                pair->number = UINT32_MAX;
            return false;
        }
        pair->number = take_number(numbering, input);
        pair->flags = USED;
    }
    if (!segment->quoted)
        set_bases(pair, segment, endpoints->from_high);
    *ret_number = pair->number;
    return pair->number != UINT32_MAX;
}
