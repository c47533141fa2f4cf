#include "capture/format.h"

#include <glib.h>

/* A pcap file begins with its magic number in the byte order of the capturing machine. The third
 * one belongs to a variant with longer packet headers, which libpcap reads too. */
#define PCAP_MAGIC_MICRO UINT32_C(0xa1b2c3d4)
#define PCAP_MAGIC_NANO UINT32_C(0xa1b23c4d)
#define PCAP_MAGIC_PATCHED UINT32_C(0xa1b2cd34)

/* The type of the first block of a pcapng file: the same in both byte orders. */
#define PCAPNG_SECTION UINT32_C(0x0a0d0d0a)

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
    bool read = is_pcap_magic(magic) ? span_be32(head, CAPTURE_SNAP_LENGTH_AT, &snap_length)
                                     : span_le32(head, CAPTURE_SNAP_LENGTH_AT, &snap_length);
    return read ? snap_length : 0;
}

void capture_snap_length_bytes(Span head, uint32_t snap_length, uint8_t ret_bytes[4])
{
    uint32_t magic = 0;
    span_be32(head, 0, &magic);
    for (unsigned i = 0; i < 4; i++)
        ret_bytes[i] = (uint8_t)(snap_length >> 8 * (is_pcap_magic(magic) ? 3 - i : i));
}

/* What people have in their hands instead of a capture, by its first bytes. */
static const struct {
    const char *start;
    size_t length;
    const char *what;
} FOREIGN[] = {
#define START(bytes) bytes, sizeof bytes - 1
    { START("BZh"), "bzip2 data: unpack it first (bunzip2)" },
    { START("PK\3\4"), "a zip archive: unpack it first (unzip)" },
    { START("7z\xbc\xaf\x27\x1c"), "a 7z archive: unpack it first" },
    { START("Rar!"), "a rar archive: unpack it first" },
    { START("\x1f\x9d"), "compress data: unpack it first (uncompress)" },
    { START("LZIP"), "lzip data: unpack it first (lzip -d)" },
    { START("snoop\0\0\0"), "a snoop file: convert it first (editcap -F pcap)" },
    { START("btsnoop\0"), "a btsnoop file: that is Bluetooth, not TCP" },
    { START("iptrace "), "an iptrace file: convert it first (editcap -F pcap)" },
    { START("TRSNIFF data"), "a Sniffer file: convert it first (editcap -F pcap)" },
    { START("XCP\0"), "a NetXRay file: convert it first (editcap -F pcap)" },
    { START("GMBU"), "a Network Monitor file: convert it first (editcap -F pcap)" },
    { START("RTSS"), "a Network Monitor file: convert it first (editcap -F pcap)" },
    { START("<!DOCTYPE"), "a page of HTML" },
    { START("<html"), "a page of HTML" },
    { START("{"), "JSON text" },
#undef START
};

const char *capture_foreign_format(Span head)
{
    for (size_t i = 0; i < G_N_ELEMENTS(FOREIGN); i++)
        if (span_equal(span_first(head, FOREIGN[i].length),
                       span_make(FOREIGN[i].start, FOREIGN[i].length)))
            return FOREIGN[i].what;
    return NULL;
}
