/* IEEE 802.11 data frames that are not encrypted.
 *
 * A frame control field of two bytes decides how long the header is: 24 bytes, six more if both "to
 * DS" and "from DS" are set (a fourth address), two more for QoS data, and four more if that has
 * the "+HTC" bit. An LLC header follows. What is not a data frame, or a data frame without data, is
 * not IP.
 *
 * Encrypted frames stay closed; they have a result of their own, because "the capture has it, but
 * nobody can read it" is what the user must hear. Two forms that carry IP are passed over and
 * counted: fragments of a frame, and aggregates of several (A-MSDU), since a frame gives one
 * segment. Both are rare in captures that are not encrypted. An aggregate of one is read.
 *
 * Frames whose check sequence was wrong, as radiotap tells, were not received by anybody. */
#include "decode/wlan.h"

enum {
    CONTROL_TYPE_MASK = 0x0c, /* the first byte */
    CONTROL_DATA = 0x08,
    CONTROL_NO_DATA = 0x40,
    CONTROL_QOS = 0x80,
    CONTROL_VERSION_MASK = 0x03,
    CONTROL_TO_DS = 0x01, /* the second byte */
    CONTROL_FROM_DS = 0x02,
    CONTROL_MORE_FRAGMENTS = 0x04,
    CONTROL_PROTECTED = 0x40,
    CONTROL_ORDER = 0x80, /* "+HTC" in QoS data */
    QOS_AGGREGATE = 0x80,
    SEQUENCE_FRAGMENT_MASK = 0x0f,
};

#define HEADER_MIN 24
#define SEQUENCE_AT 22

enum {
    RADIOTAP_TIME = 0x01, /* fields present */
    RADIOTAP_FLAGS = 0x02,
    RADIOTAP_MORE_WORDS = 0x80, /* in a word's last byte */
    RADIOTAP_PADDED = 0x20,     /* flags */
    RADIOTAP_DAMAGED = 0x40,
};

#define RADIOTAP_MIN 8
#define AVS_MAGIC 0x80211000u
#define AVS_MAGIC_MASK 0xfffff000u
#define PRISM_MAX 4096 /* it is 144 bytes */

/* Where the QoS field stands, if there is one; else the header ends there. */
static uint32_t quality_at(uint8_t second)
{
    uint8_t both = CONTROL_TO_DS | CONTROL_FROM_DS;
    return (second & both) == both ? HEADER_MIN + 6 : HEADER_MIN;
}

/* One frame inside another, with its addresses and length; room for padding and a check sequence
 * behind it is no second one. */
static DecodeResult open_aggregate(Layer *layer)
{
    uint16_t length;
    if (!span_be16(layer->bytes, 12, &length))
        return layer_lacks(layer, 14);
    layer_skip(layer, 14);
    if (layer->wire_length > length + 3u + 4u)
        return DECODE_WLAN_PARTS;
    layer_set_length(layer, length);
    return layer_is(layer, LAYER_LLC);
}

static DecodeResult decode_header(Layer *layer, bool padded)
{
    uint8_t first, second, sequence, quality = 0;
    if (!span_u8(layer->bytes, 0, &first) || !span_u8(layer->bytes, 1, &second))
        return layer_lacks(layer, 2);
    if ((first & CONTROL_TYPE_MASK) != CONTROL_DATA || (first & CONTROL_NO_DATA) ||
        (first & CONTROL_VERSION_MASK))
        return DECODE_NOT_IP;
    if (second & CONTROL_PROTECTED)
        return DECODE_ENCRYPTED;
    uint32_t size = quality_at(second);
    if (first & CONTROL_QOS)
        size += second & CONTROL_ORDER ? 2 + 4 : 2;
    if (padded)
        size = (size + 3) & ~3u;
    if (layer->bytes.length < size || !span_u8(layer->bytes, SEQUENCE_AT, &sequence))
        return layer_lacks(layer, size);
    if (first & CONTROL_QOS)
        span_u8(layer->bytes, quality_at(second), &quality);
    if ((second & CONTROL_MORE_FRAGMENTS) || (sequence & SEQUENCE_FRAGMENT_MASK))
        return DECODE_WLAN_PARTS;
    layer_skip(layer, size);
    return quality & QOS_AGGREGATE ? open_aggregate(layer) : layer_is(layer, LAYER_LLC);
}

DecodeResult wlan_decode(Layer *layer)
{
    return decode_header(layer, false);
}

/* The flags field, if there is one: fields stand in the order of their bits, each at a multiple of
 * its size from the start of the header, and only the time stamp can precede it. The header has
 * RADIOTAP_MIN bytes at least. */
static uint8_t radiotap_flags(Span header)
{
    uint8_t present = 0, last, flags = 0;
    size_t at = 4;
    span_u8(header, at, &present);
    do {
        if (!span_u8(header, at + 3, &last))
            return 0;
        at += 4;
    } while (last & RADIOTAP_MORE_WORDS);
    if (present & RADIOTAP_TIME)
        at = ((at + 7) & ~(size_t)7) + 8;
    if (present & RADIOTAP_FLAGS)
        span_u8(header, at, &flags);
    return flags;
}

DecodeResult wlan_decode_radiotap(Layer *layer)
{
    uint8_t low, high;
    if (!span_u8(layer->bytes, 2, &low) || !span_u8(layer->bytes, 3, &high))
        return layer_lacks(layer, RADIOTAP_MIN);
    uint32_t size = (uint32_t)high << 8 | low;
    if (size < RADIOTAP_MIN || size > layer->wire_length)
        return DECODE_MALFORMED;
    if (layer->bytes.length < size)
        return DECODE_CUT;
    uint8_t flags = radiotap_flags(span_first(layer->bytes, size));
    if (flags & RADIOTAP_DAMAGED)
        return DECODE_DAMAGED;
    layer_skip(layer, size);
    return decode_header(layer, flags & RADIOTAP_PADDED);
}

/* Prism's numbers are in the byte order of the machine that captured: the length is the smaller
 * reading. */
DecodeResult wlan_decode_prism(Layer *layer)
{
    uint32_t magic, length, swapped;
    if (!span_be32(layer->bytes, 0, &magic) || !span_be32(layer->bytes, 4, &length) ||
        !span_le32(layer->bytes, 4, &swapped))
        return layer_lacks(layer, 8);
    if ((magic & AVS_MAGIC_MASK) != AVS_MAGIC && swapped < length)
        length = swapped;
    if (length < 8 || length > PRISM_MAX || length > layer->wire_length)
        return DECODE_MALFORMED;
    if (layer->bytes.length < length)
        return DECODE_CUT;
    layer_skip(layer, length);
    return decode_header(layer, false);
}
