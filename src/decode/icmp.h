/* The packets that ICMP errors quote. No receiver takes them for segments, but Wireshark counts
 * their TCP headers among its streams. */
#ifndef DECODE_ICMP_H
#define DECODE_ICMP_H

#include "decode/layer.h"

/* Leaves the packet that an error quotes, and marks the layer as quoted. DECODE_NOT_TCP: it is
 * no error, or one in which Wireshark looks for no packet. */
DecodeResult icmp_decode(Layer *layer);
DecodeResult icmpv6_decode(Layer *layer);

#endif
