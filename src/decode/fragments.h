/* Fragments of IP packets to the packets that they were. */
#ifndef DECODE_FRAGMENTS_H
#define DECODE_FRAGMENTS_H

#include "decode/ip.h"

/* Packets waiting at once, or remembered because a copy of a fragment may follow; the bytes of
 * their fragments; all of that with what it costs to keep it; and fragments of one, which is more
 * than any path with an MTU of 576 makes. 0: any. */
typedef struct FragmentLimits {
    size_t datagrams;
    size_t bytes;
    size_t memory;
    unsigned pieces;
} FragmentLimits;

extern const FragmentLimits FRAGMENT_LIMITS_DEFAULT;

typedef struct FragmentCounters {
    uint64_t datagrams; /* that became whole */
    uint64_t alone;     /* fragments whose datagram is not whole, until now or for ever */
    uint64_t given_up; /* fragments whose datagram was given up at a bound; not among those alone */
    uint64_t overlaps; /* fragments of which a part had been there before */
    uint64_t conflicts; /* those of them that had other bytes there */
} FragmentCounters;

typedef struct Fragments Fragments;

Fragments *fragments_new(const FragmentLimits *limits);

/* Takes a fragment, which is what the layer holds. DECODE_SEGMENT: its packet is whole, and the
 * layer is what the packet carries, until the first call after fragments_release(); `ret_protocol`
 * says what it is. The captured bytes end where the first are missing. DECODE_FRAGMENT: others must
 * follow, or it was a copy. DECODE_MALFORMED: it cannot be part of a packet. DECODE_LIMIT: it is
 * beyond a bound. */
DecodeResult fragments_add(Fragments *fragments, const IpFragment *fragment,
                           const IpAddress *source, const IpAddress *destination, Nanoseconds time,
                           Layer *layer, uint8_t *ret_protocol);

/* The packet that the last fragment went to, as a number that no other packet has, of any
 * fragments; 0: it went to none. */
uint64_t fragments_datagram(const Fragments *fragments);

/* Capture time after which a packet that is not whole will not become so. */
#define FRAGMENTS_LIFE (30 * NS_PER_SECOND)

/* What was handed out is done with. */
void fragments_release(Fragments *fragments);

const FragmentCounters *fragments_counters(const Fragments *fragments);

/* Whether a packet in fragments between these addresses, that may have held a segment, was given up
 * at a bound. Of others it is said rarely, and more often the more pairs there were. */
bool fragments_were_given_up(const Fragments *fragments, const IpAddress *a, const IpAddress *b);

/* Bytes held at this moment; and with what it costs to keep them. */
size_t fragments_held(const Fragments *fragments);
size_t fragments_memory(const Fragments *fragments);

void fragments_free(Fragments *fragments);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fragments, fragments_free)

#endif
