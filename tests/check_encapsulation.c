/* Encapsulation must not change a connection. Every frame of the samples is wrapped in VLANs and
 * tunnels, or cut into fragments in and out of order, or both. It must give the same segment as
 * before. */
#include <check.h>
#include <stdlib.h>

#include "decode/decode.h"
#include "hex.h"

#define LINK_TYPE_ETHERNET 1
#define PCAP_HEADER 24
#define RECORD_HEADER 16
#define IP_MAX 65535

/* A sample in the most common form: little-endian pcap. Other samples are skipped. */
typedef struct Sample {
    char *bytes;
    gsize size;
    int link_type;
    GArray *frames; /* of Frame */
} Sample;

static GPtrArray *names;

static uint32_t le32(const char *bytes)
{
    uint32_t value = 0;
    span_le32(span_make(bytes, 4), 0, &value);
    return value;
}

static void sample_load(const char *name, Sample *ret_sample)
{
    const char *srcdir = g_getenv("srcdir");
    g_autofree char *path = g_build_filename(srcdir ? srcdir : ".", "samples", name, NULL);
    ck_assert(g_file_get_contents(path, &ret_sample->bytes, &ret_sample->size, NULL));
    ret_sample->frames = g_array_new(FALSE, FALSE, sizeof(Frame));
    uint32_t magic = ret_sample->size > PCAP_HEADER ? le32(ret_sample->bytes) : 0;
    if (magic != 0xa1b2c3d4 && magic != 0xa1b23c4d)
        return;
    int link_type = (int)le32(ret_sample->bytes + 20);
    gsize at = PCAP_HEADER;
    while (at + RECORD_HEADER <= ret_sample->size) {
        const char *record = ret_sample->bytes + at;
        Frame frame = { .id = frame_id(1, ret_sample->frames->len + 1),
                        .time = le32(record) * NS_PER_SECOND,
                        .wire_length = le32(record + 12),
                        .link_type = link_type,
                        .bytes = span_make(record + RECORD_HEADER, le32(record + 8)) };
        at += RECORD_HEADER + frame.bytes.length;
        if (at <= ret_sample->size)
            g_array_append_val(ret_sample->frames, frame);
    }
}

static void sample_clear(Sample *sample)
{
    g_free(sample->bytes);
    g_array_free(sample->frames, TRUE);
}

/* A packet without its link layer: the captured bytes, and the length on the wire. */
typedef struct Packet {
    Span bytes;
    uint32_t wire;
    uint8_t version;
} Packet;

/* False: it is no IP packet that can be carried in another one. */
static bool packet_of(const Frame *frame, Packet *ret_packet)
{
    static const struct {
        int link_type;
        size_t header;
    } LINKS[] = { { 1, 14 }, { 0, 4 }, { 12, 0 }, { 101, 0 }, { 113, 16 }, { 276, 20 } };
    size_t i = 0;
    while (i < G_N_ELEMENTS(LINKS) && LINKS[i].link_type != frame->link_type)
        i++;
    if (i == G_N_ELEMENTS(LINKS))
        return false;
    Span bytes = span_after(frame->bytes, LINKS[i].header);
    uint16_t length;
    uint8_t first;
    if (!span_u8(bytes, 0, &first) || !span_be16(bytes, first >> 4 == 4 ? 2 : 4, &length))
        return false;
    ret_packet->version = first >> 4;
    ret_packet->wire = first >> 4 == 4 ? length : length + 40u;
    ret_packet->bytes = span_first(bytes, ret_packet->wire);
    return (first >> 4 == 4 || first >> 4 == 6) && length > 0 && bytes.length >= 60;
}

/* Building frames: `captured` of a packet on the wire follows the headers. */

static void put(GByteArray *out, const char *hex)
{
    g_autoptr(GByteArray) bytes = hex_bytes(hex);
    g_byte_array_append(out, bytes->data, bytes->len);
}

static void put16(GByteArray *out, uint32_t value)
{
    uint8_t bytes[] = { (uint8_t)(value >> 8), (uint8_t)value };
    g_byte_array_append(out, bytes, 2);
}

static void put_outer(GByteArray *out, uint32_t payload, const char *protocol)
{
    put(out, "4500");
    put16(out, payload + 20);
    put(out, "1234 0000 40");
    put(out, protocol);
    put(out, "0000 0a010101 0a020202");
}

static void put_udp(GByteArray *out, uint32_t payload, const char *port)
{
    put_outer(out, payload + 8, "11");
    put(out, "c123");
    put(out, port);
    put16(out, payload + 8);
    put(out, "0000");
}

static const char *ethertype(const Packet *packet)
{
    return packet->version == 4 ? "0800" : "86dd";
}

static void put_ethernet(GByteArray *out, const char *type)
{
    put(out, "020000000001 020000000002");
    put(out, type);
}

static void wrap_nothing(GByteArray *out, const Packet *packet)
{
    put_ethernet(out, ethertype(packet));
}

static void wrap_vlan(GByteArray *out, const Packet *packet)
{
    put_ethernet(out, "8100 6064");
    put(out, ethertype(packet));
}

static void wrap_qinq(GByteArray *out, const Packet *packet)
{
    put_ethernet(out, "88a8 0005 8100 0064");
    put(out, ethertype(packet));
}

static void wrap_mpls(GByteArray *out, const Packet *packet)
{
    (void)packet;
    put_ethernet(out, "8847 00010040 00011140");
}

static void wrap_pseudowire(GByteArray *out, const Packet *packet)
{
    put_ethernet(out, "8847 00011140 00000000");
    put_ethernet(out, ethertype(packet));
}

static void wrap_pppoe(GByteArray *out, const Packet *packet)
{
    put_ethernet(out, "8864 1100 0003");
    put16(out, packet->wire + 2);
    put(out, packet->version == 4 ? "0021" : "0057");
}

static void wrap_llc(GByteArray *out, const Packet *packet)
{
    put_ethernet(out, "0100 aaaa03 000000");
    put(out, ethertype(packet));
}

static void wrap_gre(GByteArray *out, const Packet *packet)
{
    put_ethernet(out, "0800");
    put_outer(out, packet->wire + 8, "2f");
    put(out, "2000");
    put(out, ethertype(packet));
    put(out, "00000009");
}

static void wrap_ip(GByteArray *out, const Packet *packet)
{
    put_ethernet(out, "0800");
    put_outer(out, packet->wire, packet->version == 4 ? "04" : "29");
}

static void wrap_vxlan(GByteArray *out, const Packet *packet)
{
    put_ethernet(out, "0800");
    put_udp(out, packet->wire + 8 + 14, "12b5");
    put(out, "08000000 00002a00");
    put_ethernet(out, ethertype(packet));
}

static void wrap_geneve(GByteArray *out, const Packet *packet)
{
    put_ethernet(out, "0800");
    put_udp(out, packet->wire + 12 + 14, "17c1");
    put(out, "0100 6558 00002a00 00000000");
    put_ethernet(out, ethertype(packet));
}

static const struct {
    const char *name;
    void (*wrap)(GByteArray *out, const Packet *packet);
    bool in_ip;
    bool network;
} WRAPPINGS[] = {
    { "nothing", wrap_nothing, false, false }, { "VLAN", wrap_vlan, false, true },
    { "QinQ", wrap_qinq, false, true },        { "MPLS", wrap_mpls, false, false },
    { "LLC", wrap_llc, false, false },         { "pseudowire", wrap_pseudowire, false, false },
    { "PPPoE", wrap_pppoe, false, false },     { "GRE", wrap_gre, true, true },
    { "IP in IP", wrap_ip, true, false },      { "VXLAN", wrap_vxlan, true, true },
    { "Geneve", wrap_geneve, true, true },
};

#define HEADERS_MAX 100

static void assert_same(const Segment *a, const Segment *b, const char *name, const char *wrapping,
                        uint64_t frame)
{
    bool same = span_equal(a->payload, b->payload) && a->length == b->length &&
                a->sequence == b->sequence && a->acknowledgement == b->acknowledgement &&
                a->flags == b->flags && a->window == b->window &&
                a->window_shift == b->window_shift && a->source_port == b->source_port &&
                a->destination_port == b->destination_port &&
                memcmp(&a->source, &b->source, sizeof a->source) == 0 &&
                memcmp(&a->destination, &b->destination, sizeof a->destination) == 0;
    ck_assert_msg(same, "%s in %s, frame %" G_GUINT64_FORMAT, name, wrapping, frame);
}

START_TEST(test_wrapped)
{
    const char *name = g_ptr_array_index(names, (guint)_i);
    Sample sample;
    sample_load(name, &sample);
    g_autoptr(Decoder) plain = decoder_new();
    g_autoptr(Decoder) wrapped = decoder_new();
    for (guint i = 0; i < sample.frames->len; i++) {
        const Frame *frame = &g_array_index(sample.frames, Frame, i);
        Segment expected, segment;
        Packet packet;
        if (decode_frame(plain, frame, &expected) != DECODE_SEGMENT || !packet_of(frame, &packet))
            continue;
        for (size_t w = 0; w < G_N_ELEMENTS(WRAPPINGS); w++) {
            if (WRAPPINGS[w].in_ip && packet.wire > IP_MAX - HEADERS_MAX)
                continue;
            g_autoptr(GByteArray) out = g_byte_array_new();
            WRAPPINGS[w].wrap(out, &packet);
            uint32_t headers = out->len;
            g_byte_array_append(out, packet.bytes.bytes, (guint)packet.bytes.length);
            Frame outer = *frame;
            outer.link_type = LINK_TYPE_ETHERNET;
            outer.bytes = span_make(out->data, out->len);
            outer.wire_length = headers + packet.wire;
            DecodeResult result = decode_frame(wrapped, &outer, &segment);
            ck_assert_msg(result == DECODE_SEGMENT, "%s in %s, frame %u: %s", name,
                          WRAPPINGS[w].name, i + 1, decode_result_text(result));
            assert_same(&expected, &segment, name, WRAPPINGS[w].name, i + 1);
            ck_assert((segment.network != 0) == WRAPPINGS[w].network);
        }
    }
    sample_clear(&sample);
}
END_TEST

/* Fragments, of a packet that is in an Ethernet frame of its own. */

#define FRAGMENTS_MAX 200

typedef struct Pieces {
    GByteArray *frames[FRAGMENTS_MAX];
    size_t count;
} Pieces;

static void pieces_clear(Pieces *pieces)
{
    for (size_t i = 0; i < pieces->count; i++)
        g_byte_array_unref(pieces->frames[i]);
    pieces->count = 0;
}

static void add_fragment4(Pieces *pieces, Span packet, uint32_t begin, uint32_t end, uint32_t id)
{
    uint32_t header = 4u * (packet.bytes[0] & 0x0fu);
    bool more = end < packet.length - header;
    GByteArray *out = g_byte_array_new();
    put_ethernet(out, "0800");
    g_byte_array_append(out, packet.bytes, header);
    g_byte_array_append(out, packet.bytes + header + begin, end - begin);
    uint8_t fields[] = { (uint8_t)((header + end - begin) >> 8),
                         (uint8_t)(header + end - begin),
                         (uint8_t)(id >> 8),
                         (uint8_t)id,
                         (uint8_t)((more ? 0x20 : 0) | begin / 8 >> 8),
                         (uint8_t)(begin / 8) };
    memcpy(out->data + 14 + 2, fields, sizeof fields);
    pieces->frames[pieces->count++] = out;
}

static void add_fragment6(Pieces *pieces, Span packet, uint32_t begin, uint32_t end, uint32_t id)
{
    bool more = end < packet.length - 40;
    GByteArray *out = g_byte_array_new();
    put_ethernet(out, "86dd");
    g_byte_array_append(out, packet.bytes, 40);
    uint32_t payload = 8 + end - begin;
    out->data[14 + 4] = (uint8_t)(payload >> 8);
    out->data[14 + 5] = (uint8_t)payload;
    out->data[14 + 6] = 44;
    uint8_t header[] = { packet.bytes[6],         0,          (uint8_t)(begin >> 8),
                         (uint8_t)(begin | more), 0,          (uint8_t)(id >> 16),
                         (uint8_t)(id >> 8),      (uint8_t)id };
    g_byte_array_append(out, header, sizeof header);
    g_byte_array_append(out, packet.bytes + 40 + begin, end - begin);
    pieces->frames[pieces->count++] = out;
}

static void swap(Pieces *pieces, size_t a, size_t b)
{
    GByteArray *piece = pieces->frames[a];
    pieces->frames[a] = pieces->frames[b];
    pieces->frames[b] = piece;
}

/* Cuts the packet at odd places and shuffles the pieces: `order` 0 keeps the order, 1 reverses it,
 * others mix. */
static void cut_up(Pieces *pieces, Span packet, uint32_t id, uint32_t order, GRand *random)
{
    bool v4 = packet.bytes[0] >> 4 == 4;
    uint32_t header = v4 ? 4u * (packet.bytes[0] & 0x0fu) : 40;
    uint32_t total = (uint32_t)packet.length - header, most = MAX(8, total / 80 & ~7u);
    for (uint32_t begin = 0; begin < total;) {
        uint32_t size = most * (uint32_t)g_rand_int_range(random, 1, 5);
        uint32_t end = MIN(total, begin + size);
        if (v4)
            add_fragment4(pieces, packet, begin, end, id);
        else
            add_fragment6(pieces, packet, begin, end, id);
        begin = end;
        ck_assert_uint_lt(pieces->count, FRAGMENTS_MAX);
    }
    for (size_t i = pieces->count; order > 1 && i > 1; i--)
        swap(pieces, i - 1, (size_t)g_rand_int_range(random, 0, (gint32)i));
    for (size_t i = 0; order == 1 && i < pieces->count / 2; i++)
        swap(pieces, i, pieces->count - 1 - i);
}

/* All fragments but the last give nothing, the last gives the segment, and copies of them give
 * nothing more. */
static void assert_fragments(Decoder *decoder, const Pieces *pieces, const Frame *frame,
                             const Segment *expected, const char *name, const char *wrapping)
{
    Segment segment;
    Frame piece = *frame;
    piece.link_type = LINK_TYPE_ETHERNET;
    for (size_t i = 0; i < 2 * pieces->count; i++) {
        const GByteArray *bytes = pieces->frames[i % pieces->count];
        piece.bytes = span_make(bytes->data, bytes->len);
        piece.wire_length = bytes->len;
        DecodeResult result = decode_frame(decoder, &piece, &segment);
        DecodeResult wanted = i + 1 == pieces->count ? DECODE_SEGMENT : DECODE_FRAGMENT;
        if (pieces->count == 1)
            wanted = DECODE_SEGMENT;
        ck_assert_msg(result == wanted, "%s in %s, frame %" G_GUINT64_FORMAT ", fragment %zu: %s",
                      name, wrapping, frame_number(frame->id), i, decode_result_text(result));
        if (i + 1 == pieces->count)
            assert_same(expected, &segment, name, wrapping, frame_number(frame->id));
    }
}

START_TEST(test_fragmented)
{
    const char *name = g_ptr_array_index(names, (guint)_i);
    Sample sample;
    sample_load(name, &sample);
    g_autoptr(Decoder) plain = decoder_new();
    g_autoptr(Decoder) fragmented = decoder_new();
    GRand *random = g_rand_new_with_seed((guint32)_i);
    uint32_t id = 0;
    for (guint i = 0; i < sample.frames->len; i++) {
        const Frame *frame = &g_array_index(sample.frames, Frame, i);
        Segment expected;
        Packet packet;
        if (decode_frame(plain, frame, &expected) != DECODE_SEGMENT || !packet_of(frame, &packet) ||
            packet.bytes.length != packet.wire || packet.wire > IP_MAX - HEADERS_MAX)
            continue;
        /* The packet alone, and then in a tunnel: the difference is the length of the frame's
         * header. */
        for (size_t w = 0; w < G_N_ELEMENTS(WRAPPINGS); w++) {
            if (w > 0 && !WRAPPINGS[w].in_ip)
                continue;
            g_autoptr(GByteArray) out = g_byte_array_new();
            WRAPPINGS[w].wrap(out, &packet);
            g_byte_array_append(out, packet.bytes.bytes, (guint)packet.bytes.length);
            Pieces pieces = { .count = 0 };
            id++;
            cut_up(&pieces, span_make(out->data + 14, out->len - 14), id, id % 4, random);
            assert_fragments(fragmented, &pieces, frame, &expected, name, WRAPPINGS[w].name);
            pieces_clear(&pieces);
        }
    }
    uint64_t counts[DECODE_RESULT_COUNT] = { [DECODE_FRAGMENT] = 1, [DECODE_LIMIT] = 1 };
    decoder_settle(fragmented, counts);
    ck_assert_uint_eq(counts[DECODE_FRAGMENT], 0);
    ck_assert_uint_eq(counts[DECODE_LIMIT], 0);
    g_rand_free(random);
    sample_clear(&sample);
}
END_TEST

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void find_samples(void)
{
    const char *srcdir = g_getenv("srcdir");
    g_autofree char *path = g_build_filename(srcdir ? srcdir : ".", "samples", NULL);
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; folder && (name = g_dir_read_name(folder));)
        if (g_str_has_suffix(name, ".pcap"))
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_name);
}

START_TEST(test_there_are_samples)
{
    ck_assert_uint_gt(names->len, 10);
}
END_TEST

int main(void)
{
    find_samples();
    Suite *suite = suite_create("encapsulation");
    TCase *tcase = tcase_create("encapsulation");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_there_are_samples);
    tcase_add_loop_test(tcase, test_wrapped, 0, (int)names->len);
    tcase_add_loop_test(tcase, test_fragmented, 0, (int)names->len);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    g_ptr_array_unref(names);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
