#include "decode/ethernet.h"

#include "decode/ip.h"

enum {
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_TRANSPARENT_ETHERNET = 0x6558, /* a frame in GRE or Geneve */
    ETHERTYPE_VLAN = 0x8100,                 /* IEEE 802.1Q customer tag */
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_PPP = 0x880b,
    ETHERTYPE_MPLS = 0x8847,
    ETHERTYPE_MPLS_UPSTREAM = 0x8848,
    ETHERTYPE_PPPOE_SESSION = 0x8864,
    ETHERTYPE_QINQ = 0x88a8,       /* IEEE 802.1Q service tag */
    ETHERTYPE_CISCO_META = 0x8909, /* group tag: six bytes, then the EtherType */
    ETHERTYPE_NSH = 0x894f,
    ETHERTYPE_QINQ_OLD = 0x9100, /* what switches wrote before there was a standard */
};

/* Two are usual and three exist. More than this is no network, but somebody's test of this
 * program. */
#define TAGS_MAX 8

#define ETHERNET_HEADER 14
#define ETHERTYPE_MIN 0x0600 /* below, it is the length of an IEEE 802.3 frame */
#define VLAN_ID_MASK 0x0fff

static bool is_vlan_tag(uint16_t ethertype)
{
    return ethertype == ETHERTYPE_VLAN || ethertype == ETHERTYPE_QINQ ||
           ethertype == ETHERTYPE_QINQ_OLD;
}

static DecodeResult next_of(Layer *layer, uint16_t ethertype)
{
    switch (ethertype) {
    case ETHERTYPE_IPV4:
        return layer_is(layer, LAYER_IPV4);
    case ETHERTYPE_IPV6:
        return layer_is(layer, LAYER_IPV6);
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_UPSTREAM:
        return layer_is(layer, LAYER_MPLS);
    case ETHERTYPE_PPPOE_SESSION:
        return layer_is(layer, LAYER_PPPOE);
    case ETHERTYPE_PPP:
        return layer_is(layer, LAYER_PPP);
    case ETHERTYPE_TRANSPARENT_ETHERNET:
        return layer_is(layer, LAYER_ETHERNET);
    case ETHERTYPE_NSH:
        return layer_is(layer, LAYER_NSH);
    default:
        return ethertype < ETHERTYPE_MIN ? layer_is(layer, LAYER_LLC) : DECODE_NOT_IP;
    }
}

/* The number of a tag; 0 only carries a priority, and such a frame is in no VLAN (IEEE 802.1Q
 * §9.6). */
static void enter_vlan(Layer *layer, uint16_t control)
{
    if (control & VLAN_ID_MASK)
        layer_enter_network(layer, NETWORK_VLAN, control & VLAN_ID_MASK);
}

/* Tags before the EtherType that counts. */
static DecodeResult skip_tags(Layer *layer, uint16_t *type)
{
    for (unsigned tags = 0; is_vlan_tag(*type) || *type == ETHERTYPE_CISCO_META; tags++) {
        uint16_t control;
        uint32_t size = *type == ETHERTYPE_CISCO_META ? 8 : 4;
        if (tags == TAGS_MAX)
            return DECODE_NESTED;
        if (!span_be16(layer->bytes, 0, &control))
            return layer_lacks(layer, size);
        if (is_vlan_tag(*type))
            enter_vlan(layer, control);
        if (!span_be16(layer->bytes, size - 2, type))
            return layer_lacks(layer, size);
        layer_skip(layer, size);
    }
    return DECODE_SEGMENT;
}

DecodeResult ethertype_decode(Layer *layer, uint32_t header_size, uint32_t type_at)
{
    uint16_t type;
    if (layer->bytes.length < header_size || !span_be16(layer->bytes, type_at, &type))
        return layer_lacks(layer, header_size);
    layer_skip(layer, header_size);
    if (type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6) /* nearly always */
        return layer_is(layer, type == ETHERTYPE_IPV4 ? LAYER_IPV4 : LAYER_IPV6);
    DecodeResult result = skip_tags(layer, &type);
    return result == DECODE_SEGMENT ? next_of(layer, type) : result;
}

DecodeResult ethernet_decode(Layer *layer)
{
    return ethertype_decode(layer, ETHERNET_HEADER, ETHERNET_HEADER - 2);
}

/* IEEE 802.2; RFC 1042 for IP in it. */
DecodeResult llc_decode(Layer *layer)
{
    uint16_t service, manufacturer;
    uint8_t control;
    if (!span_be16(layer->bytes, 0, &service) || !span_u8(layer->bytes, 2, &control))
        return layer_lacks(layer, 3);
    if (service == 0x0606 && control == 0x03) {
        layer_skip(layer, 3);
        return layer_is(layer, LAYER_IPV4);
    }
    if (service != 0xaaaa || control != 0x03)
        return DECODE_NOT_IP;
    uint8_t last;
    if (!span_be16(layer->bytes, 3, &manufacturer) || !span_u8(layer->bytes, 5, &last))
        return layer_lacks(layer, 8);
    bool bridge_tunnel = last == 0xf8; /* IEEE 802.1H */
    if (manufacturer != 0 || (last != 0 && !bridge_tunnel))
        return DECODE_NOT_IP;
    DecodeResult result = ethertype_decode(layer, 8, 6);
    /* No LLC in LLC. */
    return result == DECODE_SEGMENT && layer->kind == LAYER_LLC ? DECODE_NOT_IP : result;
}

DecodeResult ethernet_recognize(const Layer *layer)
{
    Layer inner = *layer;
    DecodeResult result = ethernet_decode(&inner);
    if (result == DECODE_CUT)
        return DECODE_CUT;
    if (result != DECODE_SEGMENT || (inner.kind != LAYER_IPV4 && inner.kind != LAYER_IPV6))
        return DECODE_NOT_IP;
    return ip_recognize(&inner);
}
