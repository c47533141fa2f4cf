/* TCP: the header of a segment. */
#ifndef DECODE_TCP_H
#define DECODE_TCP_H

#include "decode/layer.h"

/* Fills in all of the segment but frame, time and addresses. The 20 bytes that every header has
 * must have been captured; options that were cut count as not there. */
DecodeResult tcp_decode(const Layer *layer, Segment *ret_segment);

/* Whether what is no segment for tcp_decode() still had ports, numbers, flags and window: the
 * segment has these then. */
bool tcp_is_named(const Layer *layer);

#endif
