/* Packets and frames inside packets: MPLS, GRE, and what travels in UDP. */
#ifndef DECODE_TUNNEL_H
#define DECODE_TUNNEL_H

#include "decode/layer.h"

/* The label stack. Nothing says what follows it: the first bits do, if IP or a frame with IP is
 * there. */
DecodeResult mpls_decode(Layer *layer);

/* GRE of version 0, with what mirrors and web caches put into it, and PPTP's version 1. */
DecodeResult gre_decode(Layer *layer);

DecodeResult etherip_decode(Layer *layer);
DecodeResult nsh_decode(Layer *layer);

/* UDP on the port of a tunnel, if the payload holds together as one; else DECODE_NOT_TCP. */
DecodeResult udp_decode(Layer *layer);

#endif
