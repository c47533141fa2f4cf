#include "decode/ppp.h"

#include "decode/ethernet.h"

enum {
    PPP_IPV4 = 0x0021,
    PPP_IPV6 = 0x0057,
    PPP_MPLS = 0x0281,
};

#define ALL_STATIONS_UNNUMBERED 0xff03 /* address and control, RFC 1662 §3.1 */
#define PPPOE_HEADER 6
#define PPPOE_SESSION 0x1100 /* version, type and code: RFC 2516 §4 */

/* RFC 1661 §2 and §6.5: the protocol is two bytes, or one with an odd number. */
DecodeResult ppp_decode(Layer *layer)
{
    uint16_t start;
    uint8_t first;
    if (!span_u8(layer->bytes, 0, &first))
        return layer_lacks(layer, 1);
    if (first == 0xff) {
        if (!span_be16(layer->bytes, 0, &start))
            return layer_lacks(layer, 2);
        if (start != ALL_STATIONS_UNNUMBERED)
            return DECODE_NOT_IP;
        layer_skip(layer, 2);
        if (!span_u8(layer->bytes, 0, &first))
            return layer_lacks(layer, 1);
    }
    uint16_t protocol = first;
    uint32_t size = first & 1 ? 1 : 2;
    if (size == 2 && !span_be16(layer->bytes, 0, &protocol))
        return layer_lacks(layer, 2);
    layer_skip(layer, size);
    switch (protocol) {
    case PPP_IPV4:
        return layer_is(layer, LAYER_IPV4);
    case PPP_IPV6:
        return layer_is(layer, LAYER_IPV6);
    case PPP_MPLS:
        return layer_is(layer, LAYER_MPLS);
    default:
        return DECODE_NOT_IP;
    }
}

/* The session's number is no network: it tells lines of one access concentrator apart, and that
 * gives each of them an address of its own. */
DecodeResult pppoe_decode(Layer *layer)
{
    uint16_t start, length;
    if (!span_be16(layer->bytes, 0, &start) || !span_be16(layer->bytes, 4, &length))
        return layer_lacks(layer, PPPOE_HEADER);
    if (start != PPPOE_SESSION)
        return start >> 8 == PPPOE_SESSION >> 8 ? DECODE_NOT_IP : DECODE_MALFORMED;
    layer_skip(layer, PPPOE_HEADER);
    layer_set_length(layer, length);
    return layer_is(layer, LAYER_PPP);
}

DecodeResult serial_decode(Layer *layer)
{
    uint8_t address;
    if (!span_u8(layer->bytes, 0, &address))
        return layer_lacks(layer, 1);
    if (address == 0x0f || address == 0x8f) /* unicast, broadcast: RFC 1547 §4.3.1 */
        return ethertype_decode(layer, 4, 2);
    return layer_is(layer, LAYER_PPP);
}
