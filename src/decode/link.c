#include "decode/link.h"

enum {
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_VLAN = 0x8100, /* IEEE 802.1Q customer tag */
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_QINQ = 0x88a8,     /* IEEE 802.1Q service tag */
    ETHERTYPE_QINQ_OLD = 0x9100, /* what switches wrote before there was a standard */
};

/* Two are usual and three exist. More than this is no network, but somebody's test of this program. */
#define VLAN_TAGS_MAX 8

typedef DecodeResult LinkDecoder(Layer *layer, uint8_t *ret_version);

static bool is_vlan_tag(uint16_t ethertype)
{
    return ethertype == ETHERTYPE_VLAN || ethertype == ETHERTYPE_QINQ ||
           ethertype == ETHERTYPE_QINQ_OLD;
}

/* Takes a header off that has its EtherType at `type_at`, and VLAN tags behind it. */
static DecodeResult skip_to_ethertype(Layer *layer, uint32_t header_size, uint32_t type_at,
                                      uint8_t *ret_version)
{
    uint16_t type;
    if (layer->bytes.length < header_size || !span_be16(layer->bytes, type_at, &type))
        return layer_lacks(layer, header_size);
    layer_skip(layer, header_size);
    for (unsigned tags = 0; is_vlan_tag(type); tags++) {
        if (tags == VLAN_TAGS_MAX)
            return DECODE_MALFORMED;
        if (!span_be16(layer->bytes, 2, &type))
            return layer_lacks(layer, 4);
        layer_skip(layer, 4);
    }
    if (type != ETHERTYPE_IPV4 && type != ETHERTYPE_IPV6)
        return DECODE_NOT_IP;
    *ret_version = type == ETHERTYPE_IPV4 ? 4 : 6;
    return DECODE_SEGMENT;
}

static DecodeResult decode_ethernet(Layer *layer, uint8_t *ret_version)
{
    return skip_to_ethertype(layer, 14, 12, ret_version);
}

static DecodeResult decode_linux_sll(Layer *layer, uint8_t *ret_version)
{
    return skip_to_ethertype(layer, 16, 14, ret_version);
}

static DecodeResult decode_linux_sll2(Layer *layer, uint8_t *ret_version)
{
    return skip_to_ethertype(layer, 20, 0, ret_version);
}

static DecodeResult decode_family(Layer *layer, uint32_t family, uint8_t *ret_version)
{
    layer_skip(layer, 4);
    switch (family) {
    case 2: /* AF_INET is 2 everywhere; AF_INET6 is what each system took for it: */
        *ret_version = 4;
        return DECODE_SEGMENT;
    case 10: /* Linux */
    case 23: /* Windows */
    case 24: /* NetBSD, OpenBSD */
    case 28: /* FreeBSD */
    case 30: /* macOS */
        *ret_version = 6;
        return DECODE_SEGMENT;
    default:
        return DECODE_NOT_IP;
    }
}

/* The address family is in the byte order of the machine that captured, which no header tells. All
 * families are small numbers, so the order that makes a small number is it. */
static DecodeResult decode_null(Layer *layer, uint8_t *ret_version)
{
    uint32_t family, swapped;
    if (!span_be32(layer->bytes, 0, &family) || !span_le32(layer->bytes, 0, &swapped))
        return layer_lacks(layer, 4);
    return decode_family(layer, family < swapped ? family : swapped, ret_version);
}

static DecodeResult decode_loop(Layer *layer, uint8_t *ret_version)
{
    uint32_t family;
    if (!span_be32(layer->bytes, 0, &family))
        return layer_lacks(layer, 4);
    return decode_family(layer, family, ret_version);
}

static DecodeResult decode_raw(Layer *layer, uint8_t *ret_version)
{
    (void)layer;
    *ret_version = 0;
    return DECODE_SEGMENT;
}

static DecodeResult decode_ipv4(Layer *layer, uint8_t *ret_version)
{
    (void)layer;
    *ret_version = 4;
    return DECODE_SEGMENT;
}

static DecodeResult decode_ipv6(Layer *layer, uint8_t *ret_version)
{
    (void)layer;
    *ret_version = 6;
    return DECODE_SEGMENT;
}

/* The most frequent first. */
static const struct {
    int link_type;
    LinkDecoder *decode;
} DECODERS[] = {
    { LINK_ETHERNET, decode_ethernet },
    { LINK_LINUX_SLL, decode_linux_sll },
    { LINK_LINUX_SLL2, decode_linux_sll2 },
    { LINK_RAW, decode_raw },
    { LINK_NULL, decode_null },
    { LINK_LOOP, decode_loop },
    { LINK_IPV4, decode_ipv4 },
    { LINK_IPV6, decode_ipv6 },
    { LINK_RAW_OPENBSD, decode_raw },
    { LINK_RAW_FILE, decode_raw },
};

#define DECODER_COUNT (sizeof DECODERS / sizeof DECODERS[0])

static LinkDecoder *find_decoder(int link_type)
{
    for (size_t i = 0; i < DECODER_COUNT; i++)
        if (DECODERS[i].link_type == link_type)
            return DECODERS[i].decode;
    return NULL;
}

DecodeResult link_decode(int link_type, Layer *layer, uint8_t *ret_version)
{
    LinkDecoder *decode = find_decoder(link_type);
    return decode ? decode(layer, ret_version) : DECODE_UNKNOWN_LINK;
}

bool link_is_known(int link_type)
{
    return find_decoder(link_type) != NULL;
}
