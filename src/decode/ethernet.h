/* Ethernet, LLC, and what an EtherType says comes next. */
#ifndef DECODE_ETHERNET_H
#define DECODE_ETHERNET_H

#include "decode/layer.h"

/* Takes the header off, VLAN tags included. */
DecodeResult ethernet_decode(Layer *layer);

/* IEEE 802.2 LLC, with SNAP or without. */
DecodeResult llc_decode(Layer *layer);

/* Any header of `header_size` bytes that has an EtherType at `type_at`, and the VLAN tags behind
 * it. */
DecodeResult ethertype_decode(Layer *layer, uint32_t header_size, uint32_t type_at);

/* Whether an Ethernet frame with IP in it is here, where nothing announces one: DECODE_SEGMENT, or
 * DECODE_NOT_IP, or DECODE_CUT if too little was captured to tell. */
DecodeResult ethernet_recognize(const Layer *layer);

#endif
