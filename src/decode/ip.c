#include "decode/ip.h"

enum {
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_TCP = 6,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_AUTHENTICATION = 51,
    PROTOCOL_DESTINATION = 60,
};

#define V4_HEADER_MIN 20
#define V4_FRAGMENT_MASK 0x3fff /* "more fragments" and the offset */
#define V6_HEADER_SIZE 40
#define V6_FRAGMENT_MASK 0xfff9 /* the offset and "more fragments" */

/* RFC 8200 §4.1 expects each extension header once, destination options twice. */
#define EXTENSIONS_MAX 8

/* With segmentation offload the capture sees a packet before the card cuts it up, and its length may be
 * left 0 for the card to fill in, or not fit into 16 bits (RFC 2675). Linux builds up to 512 KiB. */
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

/* Walks over the headers between IP and TCP; `protocol` is what the IP header says comes next. */
static DecodeResult skip_extensions(Layer *layer, uint8_t version, uint8_t protocol)
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
                return next == PROTOCOL_TCP || is_extension(version, next) ? DECODE_FRAGMENT
                                                                           : DECODE_NOT_TCP;
        }
        layer_skip(layer, size);
        protocol = next;
    }
    return protocol == PROTOCOL_TCP ? DECODE_SEGMENT : DECODE_NOT_TCP;
}

static DecodeResult decode_v4(Layer *layer, IpAddress *ret_source, IpAddress *ret_destination)
{
    uint8_t first, protocol;
    uint16_t total, place;
    if (layer->bytes.length < V4_HEADER_MIN || !span_u8(layer->bytes, 0, &first) ||
        !span_be16(layer->bytes, 2, &total) || !span_be16(layer->bytes, 6, &place) ||
        !span_u8(layer->bytes, 9, &protocol))
        return layer_lacks(layer, V4_HEADER_MIN);
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

    if (protocol != PROTOCOL_TCP && !is_extension(4, protocol))
        return DECODE_NOT_TCP;
    if (place & V4_FRAGMENT_MASK)
        return DECODE_FRAGMENT;
    return skip_extensions(layer, 4, protocol);
}

static DecodeResult decode_v6(Layer *layer, IpAddress *ret_source, IpAddress *ret_destination)
{
    uint16_t payload;
    uint8_t next;
    if (layer->bytes.length < V6_HEADER_SIZE || !span_be16(layer->bytes, 4, &payload) ||
        !span_u8(layer->bytes, 6, &next))
        return layer_lacks(layer, V6_HEADER_SIZE);
    set_address(ret_source, 6, layer->bytes.bytes + 8);
    set_address(ret_destination, 6, layer->bytes.bytes + 24);

    if (payload == 0 && layer->wire_length > OFFLOAD_MAX)
        return DECODE_MALFORMED;
    if (payload != 0)
        layer_set_length(layer, V6_HEADER_SIZE + (uint32_t)payload);
    layer_skip(layer, V6_HEADER_SIZE);
    return skip_extensions(layer, 6, next);
}

DecodeResult ip_decode(Layer *layer, uint8_t version, IpAddress *ret_source,
                       IpAddress *ret_destination)
{
    uint8_t first;
    if (!span_u8(layer->bytes, 0, &first))
        return layer_lacks(layer, 1);
    uint8_t found = first >> 4;
    if (version != 0 && version != found)
        return DECODE_MALFORMED;
    if (found == 4)
        return decode_v4(layer, ret_source, ret_destination);
    if (found == 6)
        return decode_v6(layer, ret_source, ret_destination);
    return DECODE_NOT_IP;
}
