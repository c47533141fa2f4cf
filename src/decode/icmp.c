#include "decode/icmp.h"

#define ICMP_HEADER 8

/* RFC 792. A redirect (5) quotes a packet too, but tshark 4.0.17 does not look into it. */
enum {
    UNREACHABLE = 3,
    SOURCE_QUENCH = 4,
    TIME_EXCEEDED = 11,
    PARAMETER_PROBLEM = 12,
};

/* RFC 4443 §3: errors from unreachable to parameter problem. */
enum { ERROR_FIRST = 1, ERROR_LAST = 4 };

static DecodeResult leave_quote(Layer *layer, LayerKind kind)
{
    if (layer->bytes.length < ICMP_HEADER)
        return DECODE_NOT_TCP;
    layer_skip(layer, ICMP_HEADER);
    layer->quoted = true;
    return layer_is(layer, kind);
}

DecodeResult icmp_decode(Layer *layer)
{
    uint8_t type = 0;
    span_u8(layer->bytes, 0, &type);
    bool quotes = type == UNREACHABLE || type == SOURCE_QUENCH || type == TIME_EXCEEDED ||
                  type == PARAMETER_PROBLEM;
    return quotes ? leave_quote(layer, LAYER_IPV4) : DECODE_NOT_TCP;
}

DecodeResult icmpv6_decode(Layer *layer)
{
    uint8_t type = 0;
    span_u8(layer->bytes, 0, &type);
    bool quotes = type >= ERROR_FIRST && type <= ERROR_LAST;
    return quotes ? leave_quote(layer, LAYER_IPV6) : DECODE_NOT_TCP;
}
