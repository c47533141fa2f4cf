/* PPP, bare, in HDLC-like framing and over Ethernet; Cisco's HDLC. */
#ifndef DECODE_PPP_H
#define DECODE_PPP_H

#include "decode/layer.h"

DecodeResult ppp_decode(Layer *layer);

/* The header of PPP over Ethernet, of a session packet. */
DecodeResult pppoe_decode(Layer *layer);

/* A serial line that carries PPP in HDLC-like framing or Cisco's HDLC. */
DecodeResult serial_decode(Layer *layer);

#endif
