#include "decode/ip.h"

enum {
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_ICMP = 1,
    PROTOCOL_IPV4 = 4,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_IPV6 = 41,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_GRE = 47,
    PROTOCOL_AUTHENTICATION = 51,
    PROTOCOL_ICMPV6 = 58,
    PROTOCOL_DESTINATION = 60,
    PROTOCOL_ETHERIP = 97, /* RFC 3378 */
    PROTOCOL_MPLS = 137,   /* RFC 4023 */
};

#define V4_HEADER_MIN 20
#define V4_FRAGMENT_MASK 0x3fff /* "more fragments" and the offset in units of eight bytes */
#define V4_MORE 0x2000
#define V6_HEADER_SIZE 40
#define V6_FRAGMENT_MASK 0xfff9 /* the offset and "more fragments" */
#define V6_MORE 0x0001

/* RFC 8200 §4.1 expects each extension header once, destination options twice. */
#define EXTENSIONS_MAX 8

/* With segmentation offload the capture sees a packet before the card cuts it up, and its length
 * may be left 0 for the card to fill in, or not fit into 16 bits (RFC 2675). Linux builds up to 512
 * KiB. */
#define OFFLOAD_MAX (1024 * 1024)

/* Ethernet pads shorter packets. No offload is that short, so its length there would be padding. */
#define ETHERNET_PAYLOAD_MIN 46

static void set_address(IpAddress *address, uint8_t version, const uint8_t *bytes)
{
    *address = (IpAddress){ .version = version };
    memcpy(address->bytes, bytes, version == 4 ? 4 : 16);
}

static bool is_extension(uint8_t version, uint8_t protocol)
{
    switch (protocol) {
    case PROTOCOL_AUTHENTICATION:
        return true;
    case PROTOCOL_HOP_BY_HOP:
    case PROTOCOL_ROUTING:
    case PROTOCOL_FRAGMENT:
    case PROTOCOL_DESTINATION:
        return version == 6;
    default:
        return false;
    }
}

/* RFC 8200 §4.2 to §4.6; RFC 4302 §2.2 counts in 4 bytes and from 2. */
static uint32_t extension_size(uint8_t protocol, uint8_t length)
{
    if (protocol == PROTOCOL_FRAGMENT)
        return 8;
    return protocol == PROTOCOL_AUTHENTICATION ? 4u * (length + 2u) : 8u * (length + 1u);
}

/* What an IP packet carries, once no extension header is left. */
static DecodeResult payload_of(Layer *layer, uint8_t protocol)
{
    switch (protocol) {
    case PROTOCOL_TCP:
        return layer_is(layer, LAYER_TCP);
    case PROTOCOL_UDP:
        return layer_is(layer, LAYER_UDP);
    case PROTOCOL_IPV4:
        return layer_is(layer, LAYER_IPV4);
    case PROTOCOL_IPV6:
        return layer_is(layer, LAYER_IPV6);
    case PROTOCOL_GRE:
        return layer_is(layer, LAYER_GRE);
    case PROTOCOL_ETHERIP:
        return layer_is(layer, LAYER_ETHERIP);
    case PROTOCOL_MPLS:
        return layer_is(layer, LAYER_MPLS);
    case PROTOCOL_ICMP:
        return layer_is(layer, LAYER_ICMP);
    case PROTOCOL_ICMPV6:
        return layer_is(layer, LAYER_ICMPV6);
    default:
        return DECODE_NOT_TCP;
    }
}

static bool can_carry_tcp(uint8_t version, uint8_t protocol)
{
    Layer layer;
    if (protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6)
        return false;
    return is_extension(version, protocol) || payload_of(&layer, protocol) == DECODE_SEGMENT;
}

static DecodeResult decode_v6_fragment(Layer *layer, IpFragment *ret_fragment, uint8_t next,
                                       uint16_t place)
{
    uint32_t identification;
    if (!can_carry_tcp(6, next))
        return DECODE_NOT_TCP;
    if (!span_be32(layer->bytes, 4, &identification))
        return DECODE_CUT;
    *ret_fragment = (IpFragment){ .identification = identification,
                                  .version = 6,
                                  .protocol = next,
                                  .offset = place & ~7u,
                                  .more = place & V6_MORE };
    layer_skip(layer, 8);
    return DECODE_FRAGMENT;
}

/* Walks over the headers between IP and what it carries; `protocol` is what the IP header says
 * comes next. */
static DecodeResult skip_extensions(Layer *layer, uint8_t version, uint8_t protocol,
                                    IpFragment *ret_fragment)
{
    for (unsigned i = 0; is_extension(version, protocol); i++) {
        uint8_t next, length;
        if (i == EXTENSIONS_MAX)
            return DECODE_MALFORMED;
        if (!span_u8(layer->bytes, 0, &next) || !span_u8(layer->bytes, 1, &length))
            return layer_lacks(layer, 8);
        uint32_t size = extension_size(protocol, length);
        if (layer->wire_length < size)
            return DECODE_MALFORMED;
        if (protocol == PROTOCOL_FRAGMENT) {
            uint16_t place;
            if (!span_be16(layer->bytes, 2, &place))
                return DECODE_CUT;
            if (place & V6_FRAGMENT_MASK) /* else a whole packet all the same: RFC 6946 */
                return decode_v6_fragment(layer, ret_fragment, next, place);
        }
        layer_skip(layer, size);
        protocol = next;
    }
    return payload_of(layer, protocol);
}

static DecodeResult decode_v4(Layer *layer, IpAddress *ret_source, IpAddress *ret_destination,
                              IpFragment *ret_fragment)
{
    uint8_t first, protocol = 0;
    uint16_t total, identification, place;
    if (layer->bytes.length < V4_HEADER_MIN || !span_u8(layer->bytes, 0, &first) ||
        !span_be16(layer->bytes, 2, &total) || !span_be16(layer->bytes, 4, &identification) ||
        !span_be16(layer->bytes, 6, &place) || !span_u8(layer->bytes, 8, &layer->hops) ||
        !span_u8(layer->bytes, 9, &protocol))
        return layer_lacks(layer, V4_HEADER_MIN);
    layer->packet_id = identification;
    set_address(ret_source, 4, layer->bytes.bytes + 12);
    set_address(ret_destination, 4, layer->bytes.bytes + 16);

    uint32_t header_size = 4u * (first & 0x0fu);
    if (total == 0 &&
        (layer->wire_length <= ETHERNET_PAYLOAD_MIN || layer->wire_length > OFFLOAD_MAX))
        return DECODE_MALFORMED;
    if (total != 0)
        layer_set_length(layer, total);
    if (header_size < V4_HEADER_MIN || header_size > layer->wire_length)
        return DECODE_MALFORMED;
    layer_skip(layer, header_size);

    if (!(place & V4_FRAGMENT_MASK))
        return protocol == PROTOCOL_TCP ? layer_is(layer, LAYER_TCP)
                                        : skip_extensions(layer, 4, protocol, ret_fragment);
    if (!can_carry_tcp(4, protocol))
        return DECODE_NOT_TCP;
    if (total == 0) /* only a card that cuts up packets itself fills it in */
        return DECODE_MALFORMED;
    *ret_fragment = (IpFragment){ .identification = identification,
                                  .version = 4,
                                  .protocol = protocol,
                                  .offset = (place & V4_FRAGMENT_MASK & ~V4_MORE) * 8u,
                                  .more = place & V4_MORE };
    return DECODE_FRAGMENT;
}

static DecodeResult decode_v6(Layer *layer, IpAddress *ret_source, IpAddress *ret_destination,
                              IpFragment *ret_fragment)
{
    uint16_t payload;
    uint8_t next;
    if (layer->bytes.length < V6_HEADER_SIZE || !span_be16(layer->bytes, 4, &payload) ||
        !span_u8(layer->bytes, 6, &next) || !span_u8(layer->bytes, 7, &layer->hops))
        return layer_lacks(layer, V6_HEADER_SIZE);
    layer->packet_id = 0;
    set_address(ret_source, 6, layer->bytes.bytes + 8);
    set_address(ret_destination, 6, layer->bytes.bytes + 24);

    if (payload == 0 && layer->wire_length > OFFLOAD_MAX)
        return DECODE_MALFORMED;
    if (payload != 0)
        layer_set_length(layer, V6_HEADER_SIZE + (uint32_t)payload);
    layer_skip(layer, V6_HEADER_SIZE);
    return next == PROTOCOL_TCP ? layer_is(layer, LAYER_TCP)
                                : skip_extensions(layer, 6, next, ret_fragment);
}

DecodeResult ip_decode(Layer *layer, IpAddress *ret_source, IpAddress *ret_destination,
                       IpFragment *ret_fragment)
{
    uint8_t first;
    if (!span_u8(layer->bytes, 0, &first))
        return layer_lacks(layer, 1);
    uint8_t version = first >> 4;
    if ((layer->kind == LAYER_IPV4 && version != 4 && version != 6) ||
        (layer->kind == LAYER_IPV6 && version != 6))
        return DECODE_MALFORMED;
    if (version == 4)
        return decode_v4(layer, ret_source, ret_destination, ret_fragment);
    if (version == 6)
        return decode_v6(layer, ret_source, ret_destination, ret_fragment);
    return DECODE_NOT_IP;
}

DecodeResult ip_decode_rest(Layer *layer, uint8_t version, uint8_t protocol)
{
    IpFragment fragment;
    DecodeResult result = skip_extensions(layer, version, protocol, &fragment);
    return result == DECODE_FRAGMENT ? DECODE_MALFORMED : result; /* cut up twice over */
}

DecodeResult ip_recognize(const Layer *layer)
{
    uint8_t first;
    uint16_t length;
    if (!span_u8(layer->bytes, 0, &first))
        return layer->wire_length > 0 ? DECODE_CUT : DECODE_NOT_IP;
    uint8_t version = first >> 4;
    uint32_t header_size = version == 4 ? 4u * (first & 0x0fu) : V6_HEADER_SIZE;
    if ((version != 4 && version != 6) || (layer->kind == LAYER_IPV6 && version != 6) ||
        header_size < V4_HEADER_MIN || header_size > layer->wire_length)
        return DECODE_NOT_IP;
    if (!span_be16(layer->bytes, version == 4 ? 2 : 4, &length))
        return DECODE_CUT;
    uint32_t total = version == 4 ? length : V6_HEADER_SIZE + (uint32_t)length;
    return total >= header_size && total <= layer->wire_length ? DECODE_SEGMENT : DECODE_NOT_IP;
}
