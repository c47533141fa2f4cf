#include "decode/tcp.h"

#define HEADER_MIN 20
/* Ports, numbers, flags and window. */
#define HEADER_NAMED 16
#define FLAGS_MASK (TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK)

enum {
    OPTION_END = 0,
    OPTION_NOTHING = 1,
    OPTION_WINDOW_SCALE = 3,
};

#define SHIFT_MAX 14 /* RFC 7323 §2.3: what is above counts as this */

/* RFC 9293 §3.1: two options are one byte, the others have a length that counts kind and length. */
static int8_t find_window_shift(Span options)
{
    uint8_t kind, length, shift;
    while (span_u8(options, 0, &kind) && kind != OPTION_END) {
        if (kind == OPTION_NOTHING) {
            options = span_after(options, 1);
            continue;
        }
        if (!span_u8(options, 1, &length) || length < 2)
            return -1;
        if (kind == OPTION_WINDOW_SCALE && length == 3 && span_u8(options, 2, &shift))
            return shift > SHIFT_MAX ? SHIFT_MAX : (int8_t)shift;
        options = span_after(options, length);
    }
    return -1;
}

/* Options come in words of four bytes; what the capture lacks of them counts as none. */
static uint32_t hash_options(Span options)
{
    uint32_t hash = 0, word;
    for (size_t at = 0; span_be32(options, at, &word); at += sizeof word)
        hash = (hash ^ word) * UINT32_C(0x9e3779b1) + 1;
    return hash;
}

bool tcp_is_named(const Layer *layer)
{
    return layer->bytes.length >= HEADER_NAMED;
}

DecodeResult tcp_decode(const Layer *layer, Segment *ret_segment)
{
    Span bytes = layer->bytes;
    Segment *segment = ret_segment;
    uint8_t offset, flags;
    if (!span_be16(bytes, 0, &segment->source_port) ||
        !span_be16(bytes, 2, &segment->destination_port) ||
        !span_be32(bytes, 4, &segment->sequence) ||
        !span_be32(bytes, 8, &segment->acknowledgement) || !span_u8(bytes, 12, &offset) ||
        !span_u8(bytes, 13, &flags) || !span_be16(bytes, 14, &segment->window))
        return layer_lacks(layer, HEADER_MIN);
    segment->flags = flags & FLAGS_MASK;
    if (bytes.length < HEADER_MIN)
        return layer_lacks(layer, HEADER_MIN);

    uint32_t header_size = 4u * (offset >> 4);
    if (header_size < HEADER_MIN || header_size > layer->wire_length)
        return DECODE_MALFORMED;
    Span options = span_after(span_first(bytes, header_size), HEADER_MIN);
    segment->window_shift = flags & TCP_SYN ? find_window_shift(options) : -1;
    segment->options = hash_options(options);
    segment->length = layer->wire_length - header_size;
    segment->payload = span_after(bytes, header_size);
    return DECODE_SEGMENT;
}
