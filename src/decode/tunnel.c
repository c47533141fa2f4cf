/* Three grades of certainty decide how much is asked of a tunnel before its inside is believed.
 *
 * GRE, EtherIP and NSH have a number in the header before them and say themselves what follows:
 * they are opened like any layer.
 *
 * MPLS has a number, but does not say what follows the labels. An IP packet is recognized by its
 * version and lengths, else an Ethernet frame with IP in it, with a control word before it (four
 * bytes whose first four bits are 0, RFC 4385) or without. If nothing fits, the version decides as
 * it does for routers (RFC 4928): 4 and 6 are IP, however odd.
 *
 * UDP has only a port, which anyone may use for anything. The tunnel's header must hold together in
 * each of its fixed bits, and an IP packet must be recognized inside whose lengths fit into the
 * datagram; otherwise it is what it says, UDP. A connection invented from a DNS reply would be
 * worse than one missed.
 *
 * Where the snap length hides what would decide, the answer is that headers were cut. */
#include "decode/tunnel.h"

#include "decode/ethernet.h"
#include "decode/ip.h"
#include "decode/ppp.h"
#include "decode/wlan.h"

#define LABELS_MAX 16
#define LABEL_BOTTOM 0x01 /* in a label's third byte */

/* Answers for what a label stack or a UDP tunnel may carry: IP, or an Ethernet frame with IP in it;
 * or IP behind one more header that says what follows it. */
static DecodeResult recognize(const Layer *layer, LayerKind kind)
{
    Layer inner = *layer;
    DecodeResult result = layer_is(&inner, kind);
    if (kind == LAYER_PPP)
        result = ppp_decode(&inner);
    else if (kind == LAYER_NSH)
        result = nsh_decode(&inner);
    else if (kind == LAYER_MPLS)
        result = mpls_decode(&inner);
    if (result != DECODE_SEGMENT)
        return result == DECODE_CUT ? DECODE_CUT : DECODE_NOT_IP;
    if (inner.kind == LAYER_ETHERNET)
        return ethernet_recognize(&inner);
    bool is_ip = inner.kind == LAYER_IP || inner.kind == LAYER_IPV4 || inner.kind == LAYER_IPV6;
    return is_ip ? ip_recognize(&inner) : DECODE_NOT_IP;
}

/* A frame after `size` bytes: takes them off if it is there. */
static DecodeResult try_frame(Layer *layer, uint32_t size)
{
    Layer inner = *layer;
    if (layer->wire_length < size)
        return DECODE_NOT_IP;
    layer_skip(&inner, size);
    DecodeResult result = recognize(&inner, LAYER_ETHERNET);
    if (result != DECODE_SEGMENT)
        return result;
    *layer = inner;
    return layer_is(layer, LAYER_ETHERNET);
}

DecodeResult mpls_decode(Layer *layer)
{
    uint8_t bottom = 0, first;
    for (unsigned labels = 0; !(bottom & LABEL_BOTTOM); labels++) {
        if (labels == LABELS_MAX)
            return DECODE_NESTED;
        if (layer->bytes.length < 4 || !span_u8(layer->bytes, 2, &bottom))
            return layer_lacks(layer, 4);
        layer_skip(layer, 4);
    }
    if (!span_u8(layer->bytes, 0, &first))
        return layer_lacks(layer, 1);
    uint8_t version = first >> 4;
    DecodeResult packet = DECODE_NOT_IP, frame = DECODE_NOT_IP;
    if (version == 4 || version == 6)
        packet = recognize(layer, LAYER_IP);
    if (packet == DECODE_SEGMENT)
        return layer_is(layer, LAYER_IP);
    if (packet == DECODE_NOT_IP && version == 0)
        frame = try_frame(layer, 4);
    if (packet == DECODE_NOT_IP && frame == DECODE_NOT_IP)
        frame = try_frame(layer, 0);
    if (packet == DECODE_CUT || frame != DECODE_NOT_IP)
        return packet == DECODE_CUT ? DECODE_CUT : frame;
    return version == 4 || version == 6 ? layer_is(layer, LAYER_IP) : DECODE_NOT_IP;
}

enum {
    GRE_CHECKSUM = 0x8000,
    GRE_ROUTING = 0x4000,
    GRE_KEY = 0x2000,
    GRE_SEQUENCE = 0x1000,
    GRE_ACKNOWLEDGEMENT = 0x0080, /* version 1 */
    GRE_VERSION_MASK = 0x0007,
    GRE_PPP = 0x880b,
    GRE_WCCP = 0x883e,
    GRE_ERSPAN = 0x88be, /* type II, or with no sequence number type I, which has no header */
    GRE_ERSPAN3 = 0x22eb,
    /* 802.11 frames of Aruba's access points: every sixteenth number from here on */
    GRE_WLAN = 0x8200,
    GRE_WLAN_LAST = 0x8370,
    GRE_WLAN_STEP = 0x10,
};

static bool is_wlan(uint16_t type)
{
    return type >= GRE_WLAN && type <= GRE_WLAN_LAST && (type - GRE_WLAN) % GRE_WLAN_STEP == 0;
}

/* RFC 2637 §4.1: the key is a length and the number of a call, which each direction has its own
 * of. */
static DecodeResult decode_pptp(Layer *layer, uint16_t flags, uint16_t type)
{
    uint32_t size = 8 + (flags & GRE_SEQUENCE ? 4u : 0) + (flags & GRE_ACKNOWLEDGEMENT ? 4u : 0);
    uint16_t length;
    if (type != GRE_PPP || !(flags & GRE_KEY))
        return DECODE_NOT_TCP;
    if (layer->bytes.length < size || !span_be16(layer->bytes, 4, &length))
        return layer_lacks(layer, size);
    layer_skip(layer, size);
    if (length == 0 || length > layer->wire_length)
        return length == 0 ? DECODE_NOT_TCP : DECODE_MALFORMED;
    layer_set_length(layer, length);
    return layer_is(layer, LAYER_PPP);
}

/* The frame that a switch mirrored. Neither the session nor the VLAN in the header count as its
 * network: they depend on the direction and on how the mirror is set up. */
static DecodeResult decode_erspan(Layer *layer, uint16_t flags, uint16_t type)
{
    uint32_t size = flags & GRE_SEQUENCE ? 8 : 0;
    if (type == GRE_ERSPAN3) {
        uint8_t last;
        if (!span_u8(layer->bytes, 11, &last))
            return layer_lacks(layer, 12);
        size = last & 0x01 ? 20 : 12; /* with the platform's subheader */
    }
    if (layer->bytes.length < size)
        return layer_lacks(layer, size);
    layer_skip(layer, size);
    return layer_is(layer, LAYER_ETHERNET);
}

/* Web cache redirection: version 2 has a header of four bytes, recognized by not being IP. */
static DecodeResult decode_wccp(Layer *layer)
{
    uint8_t first;
    if (!span_u8(layer->bytes, 0, &first))
        return layer_lacks(layer, 1);
    if (first >> 4 != 4) {
        if (layer->bytes.length < 4)
            return layer_lacks(layer, 4);
        layer_skip(layer, 4);
    }
    return layer_is(layer, LAYER_IPV4);
}

/* RFC 2784 and RFC 2890; with source routes (RFC 1701) nobody sends it any more. */
DecodeResult gre_decode(Layer *layer)
{
    uint16_t flags, type;
    if (!span_be16(layer->bytes, 0, &flags) || !span_be16(layer->bytes, 2, &type))
        return layer_lacks(layer, 4);
    if ((flags & GRE_VERSION_MASK) == 1)
        return decode_pptp(layer, flags, type);
    if ((flags & GRE_VERSION_MASK) != 0 || (flags & GRE_ROUTING))
        return DECODE_NOT_TCP;
    uint32_t size = 4 + (flags & GRE_CHECKSUM ? 4u : 0);
    if (flags & GRE_KEY) {
        uint32_t key;
        if (!span_be32(layer->bytes, size, &key))
            return layer_lacks(layer, size + 4);
        layer_enter_network(layer, NETWORK_KEY, key);
        size += 4;
    }
    size += flags & GRE_SEQUENCE ? 4 : 0;
    if (type != GRE_ERSPAN && type != GRE_ERSPAN3 && type != GRE_WCCP && !is_wlan(type))
        return ethertype_decode(layer, size, 2);
    if (layer->bytes.length < size)
        return layer_lacks(layer, size);
    layer_skip(layer, size);
    if (is_wlan(type))
        return wlan_decode(layer);
    return type == GRE_WCCP ? decode_wccp(layer) : decode_erspan(layer, flags, type);
}

/* RFC 3378 §3. */
DecodeResult etherip_decode(Layer *layer)
{
    uint16_t header;
    if (!span_be16(layer->bytes, 0, &header))
        return layer_lacks(layer, 2);
    if (header != 0x3000)
        return DECODE_NOT_TCP;
    layer_skip(layer, 2);
    return layer_is(layer, LAYER_ETHERNET);
}

/* RFC 8300 §2.2: the length counts words of four bytes. */
DecodeResult nsh_decode(Layer *layer)
{
    uint16_t start;
    uint8_t next = 0;
    if (!span_be16(layer->bytes, 0, &start) || !span_u8(layer->bytes, 3, &next))
        return layer_lacks(layer, 8);
    uint32_t size = 4u * (start & 0x3fu);
    if (start >> 14 != 0 || size < 8)
        return DECODE_MALFORMED;
    if (layer->bytes.length < size)
        return layer_lacks(layer, size);
    layer_skip(layer, size);
    switch (next) {
    case 1:
        return layer_is(layer, LAYER_IPV4);
    case 2:
        return layer_is(layer, LAYER_IPV6);
    case 3:
        return layer_is(layer, LAYER_ETHERNET);
    case 5:
        return layer_is(layer, LAYER_MPLS);
    default:
        return DECODE_NOT_IP;
    }
}

/* The tunnels in UDP take their header off a layer whose wire length is the datagram's. They answer
 * DECODE_SEGMENT and what kind may follow; DECODE_CUT; or DECODE_NOT_TCP. */

/* RFC 7348 §5. Its reserved bits are to be ignored, and used by extensions (group policies among
 * them); switches set them, and leave out the one that is to be set. */
static DecodeResult open_vxlan(Layer *layer)
{
    uint32_t network;
    if (!span_be32(layer->bytes, 4, &network))
        return layer->wire_length < 8 ? DECODE_NOT_TCP : DECODE_CUT;
    layer_enter_network(layer, NETWORK_VNI, network >> 8);
    layer_skip(layer, 8);
    return layer_is(layer, LAYER_ETHERNET);
}

/* draft-ietf-nvo3-vxlan-gpe §3: the same with the number of what follows. */
static DecodeResult open_vxlan_gpe(Layer *layer)
{
    static const LayerKind kinds[] = { LAYER_IPV4, LAYER_IPV6, LAYER_ETHERNET, LAYER_NSH,
                                       LAYER_MPLS };
    uint8_t next = 0;
    bool there = span_u8(layer->bytes, 3, &next);
    DecodeResult result = open_vxlan(layer);
    if (result != DECODE_SEGMENT)
        return result;
    if (!there || next < 1 || next > G_N_ELEMENTS(kinds))
        return DECODE_NOT_TCP;
    return layer_is(layer, kinds[next - 1]);
}

enum {
    L2TP_CONTROL = 0x8000,
    L2TP_LENGTH = 0x4000,
    L2TP_SEQUENCE = 0x0800,
    L2TP_OFFSET = 0x0200,
    L2TP_VERSION_MASK = 0x000f,
};

/* L2TP of version 2, RFC 2661 §3.1. Of version 3 only the control messages say what a session
 * carries, and how long its cookie is. The numbers of tunnel and session are each receiver's
 * own: they are no network. */
static DecodeResult open_l2tp(Layer *layer)
{
    uint16_t flags, length, offset = 0;
    if (!span_be16(layer->bytes, 0, &flags))
        return layer->wire_length < 2 ? DECODE_NOT_TCP : DECODE_CUT;
    if ((flags & L2TP_VERSION_MASK) != 2 || (flags & L2TP_CONTROL))
        return DECODE_NOT_TCP;
    uint32_t size = 6 + (flags & L2TP_LENGTH ? 2u : 0) + (flags & L2TP_SEQUENCE ? 4u : 0) +
                    (flags & L2TP_OFFSET ? 2u : 0);
    if (layer->bytes.length < size)
        return layer->wire_length < size ? DECODE_NOT_TCP : DECODE_CUT;
    if (flags & L2TP_LENGTH) {
        span_be16(layer->bytes, 2, &length);
        if (length < size || length > layer->wire_length)
            return DECODE_NOT_TCP;
        layer_set_length(layer, length);
    }
    if (flags & L2TP_OFFSET)
        span_be16(layer->bytes, size - 2, &offset);
    if (layer->wire_length - size < offset)
        return DECODE_NOT_TCP;
    layer_skip(layer, size + offset);
    return layer_is(layer, LAYER_PPP);
}

/* RFC 8926 §3.4: version 0, options in words of four bytes, what follows by its EtherType. */
static DecodeResult open_geneve(Layer *layer)
{
    uint32_t start, network;
    if (!span_be32(layer->bytes, 0, &start) || !span_be32(layer->bytes, 4, &network))
        return layer->wire_length < 8 ? DECODE_NOT_TCP : DECODE_CUT;
    uint32_t size = 8 + 4 * (start >> 24);
    if ((start & 0xc03f0000) != 0 || (network & 0xff) != 0 || layer->wire_length < size)
        return DECODE_NOT_TCP;
    layer_enter_network(layer, NETWORK_VNI, network >> 8);
    layer_skip(layer, size);
    switch (start & 0xffff) {
    case 0x0800:
        return layer_is(layer, LAYER_IPV4);
    case 0x86dd:
        return layer_is(layer, LAYER_IPV6);
    case 0x6558:
        return layer_is(layer, LAYER_ETHERNET);
    default:
        return DECODE_NOT_TCP;
    }
}

/* GTP-U, 3GPP TS 29.281 §5.1: a G-PDU of version 1, whose length is the rest of the datagram. */
static DecodeResult open_gtp(Layer *layer)
{
    uint8_t flags = 0, message, next = 0, words;
    uint16_t length;
    if (!span_u8(layer->bytes, 0, &flags) || !span_u8(layer->bytes, 1, &message) ||
        !span_be16(layer->bytes, 2, &length))
        return layer->wire_length < 8 ? DECODE_NOT_TCP : DECODE_CUT;
    if ((flags & 0xf8) != 0x30 || message != 0xff || length + 8u != layer->wire_length)
        return DECODE_NOT_TCP;
    layer_skip(layer, 8);
    if (flags & 0x07) { /* any of the three optional fields brings all of them */
        if (!span_u8(layer->bytes, 3, &next))
            return layer->wire_length < 4 ? DECODE_NOT_TCP : DECODE_CUT;
        layer_skip(layer, 4);
    }
    for (next = flags & 0x04 ? next : 0; next != 0;) {
        if (!span_u8(layer->bytes, 0, &words))
            return layer->wire_length < 4 ? DECODE_NOT_TCP : DECODE_CUT;
        uint32_t size = 4u * words;
        if (size == 0 || size > layer->wire_length)
            return DECODE_NOT_TCP;
        if (!span_u8(layer->bytes, size - 1, &next))
            return DECODE_CUT;
        layer_skip(layer, size);
    }
    return layer_is(layer, LAYER_IP);
}

#define TEREDO_PREFIX 0x20010000

/* Teredo, RFC 4380 §5.1.1: an authentication and an origin may stand before the packet, of which
 * one end at least has a Teredo address. */
static DecodeResult open_teredo(Layer *layer)
{
    uint16_t indicator;
    uint8_t client, value;
    uint32_t from, to;
    for (int headers = 0; headers < 2; headers++) {
        if (!span_be16(layer->bytes, 0, &indicator))
            return layer->wire_length < 2 ? DECODE_NOT_TCP : DECODE_CUT;
        uint32_t size = 0;
        if (indicator == 0)
            size = 8;
        if (indicator == 1) {
            if (!span_u8(layer->bytes, 2, &client) || !span_u8(layer->bytes, 3, &value))
                return layer->wire_length < 4 ? DECODE_NOT_TCP : DECODE_CUT;
            size = 4u + client + value + 8 + 1;
        }
        if (size > layer->wire_length)
            return DECODE_NOT_TCP;
        layer_skip(layer, size);
    }
    if (!span_be32(layer->bytes, 8, &from) || !span_be32(layer->bytes, 24, &to))
        return layer->wire_length < 40 ? DECODE_NOT_TCP : DECODE_CUT;
    if (from != TEREDO_PREFIX && to != TEREDO_PREFIX)
        return DECODE_NOT_TCP;
    return layer_is(layer, LAYER_IPV6);
}

/* RFC 8086, with none of the bits set that are reserved or out of use. */
static DecodeResult open_gre(Layer *layer)
{
    uint16_t flags;
    if (span_be16(layer->bytes, 0, &flags) && (flags & ~(GRE_CHECKSUM | GRE_KEY | GRE_SEQUENCE)))
        return DECODE_NOT_TCP;
    DecodeResult result = gre_decode(layer);
    return result == DECODE_SEGMENT || result == DECODE_CUT ? result : DECODE_NOT_TCP;
}

static const struct {
    uint16_t port;
    bool either; /* else the destination's */
    DecodeResult (*open)(Layer *layer);
} TUNNELS[] = {
    /* 8472 is Linux's port for VXLAN, from the time before it had a number. */
    { 4789, false, open_vxlan },     { 8472, false, open_vxlan }, { 6081, false, open_geneve },
    { 2152, true, open_gtp },        { 3544, true, open_teredo }, { 4754, false, open_gre },
    { 4790, false, open_vxlan_gpe }, { 1701, true, open_l2tp },
};

DecodeResult udp_decode(Layer *layer)
{
    uint16_t source, destination, length;
    if (!span_be16(layer->bytes, 0, &source) || !span_be16(layer->bytes, 2, &destination))
        return layer->wire_length < 8 ? DECODE_NOT_TCP : DECODE_CUT;
    size_t i = 0;
    while (i < G_N_ELEMENTS(TUNNELS) && TUNNELS[i].port != destination &&
           !(TUNNELS[i].either && TUNNELS[i].port == source))
        i++;
    if (i == G_N_ELEMENTS(TUNNELS))
        return DECODE_NOT_TCP;
    if (layer->bytes.length < 8 || !span_be16(layer->bytes, 4, &length))
        return layer->wire_length < 8 ? DECODE_NOT_TCP : DECODE_CUT;
    if (length < 8 || length > layer->wire_length)
        return DECODE_NOT_TCP;
    layer_set_length(layer, length);
    layer_skip(layer, 8);

    Layer inner = *layer;
    DecodeResult result = TUNNELS[i].open(&inner);
    if (result == DECODE_SEGMENT)
        result = recognize(&inner, inner.kind);
    if (result != DECODE_SEGMENT)
        return result == DECODE_CUT ? DECODE_CUT : DECODE_NOT_TCP;
    *layer = inner;
    return DECODE_SEGMENT;
}
