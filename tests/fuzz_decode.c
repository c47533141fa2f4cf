/* The first byte chooses the link type. The second says how many more bytes the wire had than were
 * captured, in steps of 16. The rest is a frame. A single frame is never a complete packet in
 * fragments.
 *
 * These must hold: what is found lies inside the frame; the captured payload is not longer than the
 * payload on the wire; the same frame gives the same segment; a snap length changes only the
 * captured payload, or cuts headers. */
#include <glib.h>

#include "decode/decode.h"
#include "decode/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* New ones come last, for the corpus. */
static const int LINKS[] = {
    LINK_ETHERNET,    LINK_NULL,          LINK_RAW,
    LINK_LOOP,        LINK_LINUX_SLL,     LINK_IPV4,
    LINK_LINUX_SLL2,  LINK_IPV6,          -1,
    LINK_PPP,         LINK_PPP_SERIAL,    LINK_PPP_ETHERNET,
    LINK_WLAN,        LINK_WLAN_RADIOTAP, LINK_WLAN_PRISM,
    LINK_PPI,         LINK_NFLOG,         LINK_MPLS,
    LINK_ARCNET,      LINK_ARCNET_LINUX,  LINK_ATM,
    LINK_PFLOG,       LINK_IPNET,         LINK_PKTAP,
    LINK_ENC,         LINK_FIREWIRE,      LINK_PPP_DAEMON,
    LINK_NETANALYZER,
};

static void assert_inside(const Frame *frame, const Segment *segment)
{
    const uint8_t *end = frame->bytes.bytes + frame->bytes.length;
    g_assert_true(segment->payload.bytes >= frame->bytes.bytes);
    g_assert_true(segment->payload.bytes + segment->payload.length <= end);
    g_assert_cmpuint(segment->payload.length, <=, segment->length);
    g_assert_cmpuint(segment->length, <=, G_MAXINT32);
    g_assert_cmpint(segment->window_shift, >=, -1);
    g_assert_cmpint(segment->window_shift, <=, 14);
    g_assert_true(segment->source.version == segment->destination.version);
    g_assert_true(segment->source.version == 4 || segment->source.version == 6);
}

static void assert_equal(const Segment *a, const Segment *b)
{
    g_assert_cmpuint(a->sequence, ==, b->sequence);
    g_assert_cmpuint(a->acknowledgement, ==, b->acknowledgement);
    g_assert_cmpuint(a->flags, ==, b->flags);
    g_assert_cmpuint(a->window, ==, b->window);
    g_assert_cmpuint(a->length, ==, b->length);
    g_assert_cmpuint(a->source_port, ==, b->source_port);
    g_assert_cmpuint(a->destination_port, ==, b->destination_port);
    g_assert_true(a->network == b->network);
    g_assert_cmpmem(a->source.bytes, 16, b->source.bytes, 16);
    g_assert_cmpmem(a->destination.bytes, 16, b->destination.bytes, 16);
    g_assert_cmpuint(a->source.version, ==, b->source.version);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    Frame frame = {
        .id = 1,
        .wire_length = (uint32_t)(size - 2 + data[1] * 16u),
        .link_type = LINKS[data[0] % G_N_ELEMENTS(LINKS)],
        .bytes = span_make(data + 2, size - 2),
    };
    g_autoptr(Decoder) decoder = decoder_new();
    Segment segment, other;
    memset(&segment, 0x00, sizeof segment);
    memset(&other, 0xff, sizeof other);
    DecodeResult result = decode_frame(decoder, &frame, &segment);
    g_assert_true(result == decode_frame(decoder, &frame, &other));
    g_assert_true(link_is_known(frame.link_type) == (result != DECODE_UNKNOWN_LINK));
    if (result != DECODE_SEGMENT)
        return 0;
    assert_inside(&frame, &segment);
    assert_equal(&segment, &other);
    g_assert_true(segment.window_shift == other.window_shift);
    g_assert_true(segment.payload.bytes == other.payload.bytes);

    size_t whole = frame.bytes.length;
    for (size_t snap = 0; snap < whole; snap += 1 + whole / 16) {
        frame.bytes = span_first(frame.bytes, whole - snap - 1);
        result = decode_frame(decoder, &frame, &other);
        g_assert_true(result == DECODE_SEGMENT || result == DECODE_CUT);
        if (result == DECODE_SEGMENT) {
            assert_inside(&frame, &other);
            assert_equal(&segment, &other);
            g_assert_true(other.payload.length <= segment.payload.length);
        }
    }
    return 0;
}
