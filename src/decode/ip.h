/* IPv4 and IPv6: a packet to the TCP segment in it. */
#ifndef DECODE_IP_H
#define DECODE_IP_H

#include "decode/layer.h"

/* Takes the IP header off, extension headers included, and fills in the addresses. `version` is what the
 * link layer announces, 0 if nothing. A fragment that cannot belong to TCP is DECODE_NOT_TCP. */
DecodeResult ip_decode(Layer *layer, uint8_t version, IpAddress *ret_source,
                       IpAddress *ret_destination);

#endif
