/* What one protocol layer hands to the next. For the files of decode/ alone.
 *
 * A capture claims two lengths of everything, on the wire and captured, and they are kept apart at each
 * layer: a header that needs more than the wire had is malformed, one that needs more than the capture
 * has was cut. The functions of the layers answer DECODE_SEGMENT for "so far, so good". */
#ifndef DECODE_LAYER_H
#define DECODE_LAYER_H

#include "decode/decode.h"

typedef struct Layer {
    Span bytes; /* captured, never more than wire_length */
    uint32_t wire_length;
} Layer;

/* Why a header of `size` bytes is not there, or is not all there. */
static inline DecodeResult layer_lacks(const Layer *layer, uint32_t size)
{
    return layer->wire_length < size ? DECODE_MALFORMED : DECODE_CUT;
}

/* Leaves what follows a header of `size` bytes, at most what the wire had. */
static inline void layer_skip(Layer *layer, uint32_t size)
{
    layer->bytes = span_after(layer->bytes, size);
    layer->wire_length -= size;
}

/* Leaves what belongs to a packet whose header says how long it is: what follows in the frame is padding
 * or a trailer. If the header says more than the frame's wire length, it is right: the sender wrote it,
 * while tools that shorten frames write the shortened length into both of the capture's. */
static inline void layer_set_length(Layer *layer, uint32_t length)
{
    layer->bytes = span_first(layer->bytes, length);
    layer->wire_length = length;
}

#endif
