/* What one protocol layer hands to the next. For the files of decode/ alone.
 *
 * A capture claims two lengths of everything, on the wire and captured, and they are kept apart at
 * each layer: a header that needs more than the wire had is malformed, one that needs more than the
 * capture has was cut. The functions of the layers take their header off, say what comes next, and
 * answer DECODE_SEGMENT for "so far, so good". */
#ifndef DECODE_LAYER_H
#define DECODE_LAYER_H

#include "decode/decode.h"

/* What the bytes of a layer begin with. */
typedef enum LayerKind {
    LAYER_IP,   /* of either version */
    LAYER_IPV4, /* said to be that; IPv6 behind IPv4's numbers is read as what it is */
    LAYER_IPV6,
    LAYER_TCP,
    LAYER_UDP,
    LAYER_ETHERNET,
    LAYER_LLC,
    LAYER_PPP,
    LAYER_PPPOE,
    LAYER_MPLS,
    LAYER_GRE,
    LAYER_ETHERIP,
    LAYER_NSH,
    LAYER_ICMP,
    LAYER_ICMPV6,
} LayerKind;

typedef struct Layer {
    Span bytes; /* captured, never more than wire_length */
    uint32_t wire_length;
    LayerKind kind;
    uint64_t network;   /* of the headers so far, see Segment */
    uint16_t packet_id; /* of the latest IP header, see Segment */
    uint8_t hops;
    uint8_t heading; /* Heading, see Segment */
    bool quoted;     /* by an ICMP error */
} Layer;

/* Why a header of `size` bytes is not there, or is not all there. */
static inline DecodeResult layer_lacks(const Layer *layer, uint32_t size)
{
    return layer->wire_length < size ? DECODE_MALFORMED : DECODE_CUT;
}

/* Leaves what follows a header of `size` bytes, at most what the wire had. */
static inline void layer_skip(Layer *layer, uint32_t size)
{
    layer->bytes = span_after(layer->bytes, size);
    layer->wire_length -= size;
}

/* Leaves what belongs to a packet whose header says how long it is: what follows in the frame is
 * padding or a trailer. If the header says more than the frame's wire length, it is right: the
 * sender wrote it, while tools that shorten frames write the shortened length into both of the
 * capture's. */
static inline void layer_set_length(Layer *layer, uint32_t length)
{
    layer->bytes = span_first(layer->bytes, length);
    layer->wire_length = length;
}

static inline DecodeResult layer_is(Layer *layer, LayerKind kind)
{
    layer->kind = kind;
    return DECODE_SEGMENT;
}

/* What tells networks with equal addresses apart, by the kind of number. Not among them are numbers
 * that change along the way or belong to a direction by design: priorities, MPLS labels, the tunnel
 * endpoint identifiers of GTP, the call identifiers of PPTP. Those that are configured (VLAN, VNI,
 * key) may differ by direction as well, with a mirror port or routing between networks: stream/
 * allows for it. */
typedef enum NetworkKind {
    NETWORK_VLAN = 1,
    NETWORK_VNI = 2, /* VXLAN and Geneve */
    NETWORK_KEY = 3, /* GRE */
} NetworkKind;

static inline void layer_enter_network(Layer *layer, NetworkKind kind, uint32_t number)
{
    uint64_t hash =
        (layer->network ^ ((uint64_t)kind << 32 | number)) + UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ (hash >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ (hash >> 27)) * UINT64_C(0x94d049bb133111eb);
    layer->network = (hash ^ (hash >> 31)) | 1;
}

#endif
