#include "capture/format.h"

/* The magic number of a pcap file is written in the byte order of the machine that captured. The third
 * one is a variant with longer packet headers that libpcap reads as well. */
#define PCAP_MAGIC_MICRO UINT32_C(0xa1b2c3d4)
#define PCAP_MAGIC_NANO UINT32_C(0xa1b23c4d)
#define PCAP_MAGIC_PATCHED UINT32_C(0xa1b2cd34)

/* Blocks of pcapng (draft-ietf-opsawg-pcapng §4). The type of a section header reads the same in both
 * byte orders; its magic number then tells the order of the section. */
enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 2,
    BLOCK_SIMPLE_PACKET = 3,
    BLOCK_ENHANCED_PACKET = 6,
};

#define SECTION_MAGIC UINT32_C(0x1a2b3c4d)
#define BLOCK_OVERHEAD 12       /* type, length, and the length again at the end */
#define INTERFACE_OPTIONS_AT 16 /* after type, length, link type and snap length */
#define OPTION_HEADER_SIZE 4
#define OPTION_TIME_RESOLUTION 9 /* if_tsresol */

#define DIGITS_MICRO 6
#define DIGITS_NANO 9

static bool read_u32(Span span, size_t at, bool big_endian, uint32_t *ret_value)
{
    return big_endian ? span_be32(span, at, ret_value) : span_le32(span, at, ret_value);
}

static bool is_pcap_magic(uint32_t value)
{
    return value == PCAP_MAGIC_MICRO || value == PCAP_MAGIC_NANO || value == PCAP_MAGIC_PATCHED;
}

CaptureFormat capture_format(Span head)
{
    uint32_t big, little;
    if (!span_be32(head, 0, &big) || !span_le32(head, 0, &little))
        return CAPTURE_FORMAT_UNKNOWN;
    if (big == BLOCK_SECTION)
        return CAPTURE_FORMAT_PCAPNG;
    return is_pcap_magic(big) || is_pcap_magic(little) ? CAPTURE_FORMAT_PCAP
                                                       : CAPTURE_FORMAT_UNKNOWN;
}

/* if_tsresol: the negative power of 10, or of 2 when the top bit is set. 2^-19 s is the last binary
 * one that is coarser than a microsecond. */
static unsigned digits_of_resolution(uint8_t resolution)
{
    unsigned exponent = resolution & 0x7f;
    unsigned coarse = resolution & 0x80 ? 19 : 6;
    return exponent > coarse ? DIGITS_NANO : DIGITS_MICRO;
}

/* `options` is what follows the fixed part of an interface description. */
static unsigned interface_digits(Span options, bool big_endian)
{
    uint32_t header;
    while (read_u32(options, 0, big_endian, &header)) {
        uint32_t code = big_endian ? header >> 16 : header & 0xffff;
        uint32_t length = big_endian ? header & 0xffff : header >> 16;
        uint8_t resolution;
        if (code == OPTION_TIME_RESOLUTION && length >= 1 &&
            span_u8(options, OPTION_HEADER_SIZE, &resolution))
            return digits_of_resolution(resolution);
        options = span_after(options, OPTION_HEADER_SIZE + ((length + 3) & ~UINT32_C(3)));
    }
    return DIGITS_MICRO;
}

static unsigned pcapng_digits(Span head)
{
    unsigned digits = DIGITS_MICRO;
    bool big_endian = false;
    for (;;) {
        uint32_t type, length, magic;
        if (!read_u32(head, 0, big_endian, &type))
            return digits;
        if (type == BLOCK_SECTION) {
            if (!span_be32(head, 8, &magic))
                return digits;
            big_endian = magic == SECTION_MAGIC;
        }
        if (!read_u32(head, 4, big_endian, &length) || length < BLOCK_OVERHEAD)
            return digits;
        if (type == BLOCK_PACKET || type == BLOCK_SIMPLE_PACKET || type == BLOCK_ENHANCED_PACKET)
            return digits;
        if (type == BLOCK_INTERFACE) {
            Span body = span_first(head, length - 4);
            unsigned found = interface_digits(span_after(body, INTERFACE_OPTIONS_AT), big_endian);
            digits = found > digits ? found : digits;
        }
        head = span_after(head, length);
    }
}

unsigned capture_time_digits(Span head)
{
    uint32_t big, little;
    switch (capture_format(head)) {
    case CAPTURE_FORMAT_PCAP:
        return span_be32(head, 0, &big) && span_le32(head, 0, &little) &&
                       (big == PCAP_MAGIC_NANO || little == PCAP_MAGIC_NANO)
                   ? DIGITS_NANO
                   : DIGITS_MICRO;
    case CAPTURE_FORMAT_PCAPNG:
        return pcapng_digits(head);
    case CAPTURE_FORMAT_UNKNOWN:
        break;
    }
    return DIGITS_MICRO;
}
