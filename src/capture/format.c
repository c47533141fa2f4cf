#include "capture/format.h"

/* A pcap file begins with its magic number in the byte order of the capturing machine. The third
 * one belongs to a variant with longer packet headers, which libpcap reads too. */
#define PCAP_MAGIC_MICRO UINT32_C(0xa1b2c3d4)
#define PCAP_MAGIC_NANO UINT32_C(0xa1b23c4d)
#define PCAP_MAGIC_PATCHED UINT32_C(0xa1b2cd34)

/* The type of the first block of a pcapng file: the same in both byte orders. */
#define PCAPNG_SECTION UINT32_C(0x0a0d0d0a)

#define SNAP_LENGTH_AT 16

static bool is_pcap_magic(uint32_t value)
{
    return value == PCAP_MAGIC_MICRO || value == PCAP_MAGIC_NANO || value == PCAP_MAGIC_PATCHED;
}

CaptureFormat capture_format(Span head)
{
    uint32_t big, little;
    if (!span_be32(head, 0, &big) || !span_le32(head, 0, &little))
        return CAPTURE_FORMAT_UNKNOWN;
    if (big == PCAPNG_SECTION)
        return CAPTURE_FORMAT_PCAPNG;
    return is_pcap_magic(big) || is_pcap_magic(little) ? CAPTURE_FORMAT_PCAP
                                                       : CAPTURE_FORMAT_UNKNOWN;
}

unsigned capture_time_digits(Span head)
{
    uint32_t big, little;
    bool nano = span_be32(head, 0, &big) && span_le32(head, 0, &little) &&
                (big == PCAP_MAGIC_NANO || little == PCAP_MAGIC_NANO);
    return nano ? 9 : 6;
}

uint32_t capture_snap_length(Span head)
{
    uint32_t magic, snap_length;
    if (!span_be32(head, 0, &magic))
        return 0;
    bool read = is_pcap_magic(magic) ? span_be32(head, SNAP_LENGTH_AT, &snap_length)
                                     : span_le32(head, SNAP_LENGTH_AT, &snap_length);
    return read ? snap_length : 0;
}
