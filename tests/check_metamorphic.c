/* Verdicts do not depend on how packets were carried or stored, or on the date.
 *
 * Every sample is judged once more with its packets in VLANs, tunnels or fragments, from files of
 * other formats, packed or rotated, or at another time: all verdicts and causes stay. If less of
 * each packet was captured, or one direction is missing, verdicts stay or become undetermined. They
 * stay if all heads are still complete. */
#include <check.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture/merge.h"
#include "capture_builder.h"
#include "decode/link.h"
#include "pack.h"
#include "recording.h"

static GPtrArray *samples; /* of Recording */
static Decoder *decoder;

static const Recording *recording_at(int i)
{
    return g_ptr_array_index(samples, (guint)i);
}

/* Verdicts and causes are the same, row by row. */
static void expect_equal(const Recording *recording, const Recording *altered, const char *how)
{
    g_autoptr(Verdicts) before = verdicts_of(recording, NULL);
    g_autoptr(Verdicts) after = verdicts_of(altered, NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    Changes changes = { 0 };
    verdicts_compare(before, after, &changes, text);
    bool equal = before->rows->len == after->rows->len && changes.same == after->rows->len &&
                 changes.named_otherwise == 0;
    ck_assert_msg(equal, "%s %s: %u rows, then %u\n%s", recording->name, how, before->rows->len,
                  after->rows->len, text->str);
}

/* What carries packets ------------------------------------------------------------------------- */

static void put(GByteArray *bytes, uint64_t value, unsigned count)
{
    while (count-- > 0) {
        uint8_t byte = (uint8_t)(value >> (8 * count));
        g_byte_array_append(bytes, &byte, 1);
    }
}

static void put_ethernet(GByteArray *bytes, unsigned type)
{
    put(bytes, 0x020000000001, 6);
    put(bytes, 0x020000000002, 6);
    put(bytes, type, 2);
}

static void put_ipv4(GByteArray *bytes, unsigned protocol, unsigned size)
{
    put(bytes, 0x4500, 2);
    put(bytes, size + 20, 2);
    put(bytes, 0, 4);
    put(bytes, 64, 1);
    put(bytes, protocol, 1);
    put(bytes, 0, 2);
    put(bytes, 0xc6336401, 4);
    put(bytes, 0xc6336402, 4);
}

typedef enum Carrier {
    CARRIER_ETHERNET,
    CARRIER_RAW,
    CARRIER_VLAN,
    CARRIER_TWO_VLANS,
    CARRIER_VLAN_BY_DIRECTION,
    CARRIER_MPLS,
    CARRIER_PPPOE,
    CARRIER_GRE,
    CARRIER_IP_IN_IP,
    CARRIER_VXLAN,
    CARRIER_COUNT,
} Carrier;

static const char *const CARRIERS[] = { "on Ethernet",
                                        "without a link layer",
                                        "in a VLAN",
                                        "in two VLANs",
                                        "with a VLAN for each direction",
                                        "behind an MPLS label",
                                        "in PPPoE",
                                        "in GRE",
                                        "in IPv4",
                                        "in VXLAN" };

/* Where the IP packet begins. */
static size_t link_size(int link_type)
{
    switch (link_type) {
    case LINK_ETHERNET:
        return 14;
    case LINK_NULL:
        return 4;
    default:
        return 0;
    }
}

static void put_carrier(GByteArray *bytes, Carrier carrier, bool v6, bool back, unsigned size)
{
    unsigned ethertype = v6 ? 0x86dd : 0x0800;
    switch (carrier) {
    case CARRIER_RAW:
    case CARRIER_COUNT:
        break;
    case CARRIER_ETHERNET:
        put_ethernet(bytes, ethertype);
        break;
    case CARRIER_VLAN:
    case CARRIER_VLAN_BY_DIRECTION:
        put_ethernet(bytes, 0x8100);
        put(bytes, carrier == CARRIER_VLAN || back ? 7 : 8, 2);
        put(bytes, ethertype, 2);
        break;
    case CARRIER_TWO_VLANS:
        put_ethernet(bytes, 0x88a8);
        put(bytes, UINT64_C(0x000781000008), 6);
        put(bytes, ethertype, 2);
        break;
    case CARRIER_MPLS:
        put_ethernet(bytes, 0x8847);
        put(bytes, 0x00010140, 4);
        break;
    case CARRIER_PPPOE:
        put_ethernet(bytes, 0x8864);
        put(bytes, 0x11000001, 4);
        put(bytes, size + 2, 2);
        put(bytes, v6 ? 0x0057 : 0x0021, 2);
        break;
    case CARRIER_GRE:
        put_ethernet(bytes, 0x0800);
        put_ipv4(bytes, 47, size + 4);
        put(bytes, ethertype, 4);
        break;
    case CARRIER_IP_IN_IP:
        put_ethernet(bytes, 0x0800);
        put_ipv4(bytes, v6 ? 41 : 4, size);
        break;
    case CARRIER_VXLAN:
        put_ethernet(bytes, 0x0800);
        put_ipv4(bytes, 17, size + 30);
        put(bytes, 0xc00012b5, 4);
        put(bytes, size + 30, 2);
        put(bytes, 0, 2);
        put(bytes, UINT64_C(0x0800000000002a00), 8);
        put_ethernet(bytes, ethertype);
        break;
    }
}

/* The packet of a frame, without link layer and padding; false if there is none. */
static bool packet_of(const Frame *frame, Span *ret_packet, uint32_t *ret_wire)
{
    size_t link = link_size(frame->link_type);
    uint16_t length;
    *ret_packet = span_after(frame->bytes, link);
    bool v6 = ret_packet->length >= 40 && ret_packet->bytes[0] >> 4 == 6;
    bool v4 = ret_packet->length >= 20 && ret_packet->bytes[0] >> 4 == 4;
    if (!v4 && !v6)
        return false;
    if (!span_be16(*ret_packet, v6 ? 4 : 2, &length))
        return false;
    *ret_wire = v6 ? length + 40u : length;
    *ret_packet = span_first(*ret_packet, *ret_wire);
    return true;
}

static void append_bytes(Recording *to, const Take *take, const GByteArray *bytes, uint32_t wire,
                         int link_type)
{
    Frame frame = take->frame;
    frame.bytes = span_make(bytes->data, bytes->len);
    frame.wire_length = wire;
    frame.link_type = link_type;
    recording_append(to, &frame, take->origin);
}

static Recording *carried(const Recording *recording, Carrier carrier)
{
    Recording *altered = recording_new(recording->name);
    for (guint i = 0; i < recording->takes->len; i++) {
        const Take *take = recording_take(recording, i);
        Span packet;
        uint32_t wire;
        if (!packet_of(&take->frame, &packet, &wire)) {
            recording_append(altered, &take->frame, take->origin);
            continue;
        }
        bool v6 = packet.bytes[0] >> 4 == 6;
        Segment segment;
        bool back = decode_frame(decoder, &take->frame, &segment) == DECODE_SEGMENT &&
                    segment.source_port < segment.destination_port;
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        put_carrier(bytes, carrier, v6, back, wire);
        wire += bytes->len;
        g_byte_array_append(bytes, packet.bytes, (guint)packet.length);
        append_bytes(altered, take, bytes, wire, carrier == CARRIER_RAW ? LINK_RAW : LINK_ETHERNET);
    }
    return altered;
}

START_TEST(carriers)
{
    const Recording *recording = recording_at(_i / CARRIER_COUNT);
    Carrier carrier = (Carrier)(_i % CARRIER_COUNT);
    g_autoptr(Recording) altered = carried(recording, carrier);
    expect_equal(recording, altered, CARRIERS[carrier]);
}
END_TEST

/* Cuts an IPv4 packet that was captured completely into pieces of `size` bytes; leaves any other as
 * it is. */
static void append_pieces(Recording *altered, const Take *take, unsigned size, bool backwards)
{
    Span packet;
    uint32_t wire;
    bool whole =
        packet_of(&take->frame, &packet, &wire) && packet.length == wire && packet.bytes[0] == 0x45;
    unsigned count = whole ? (wire - 20 + size - 1) / size : 0;
    if (count < 2) {
        recording_append(altered, &take->frame, take->origin);
        return;
    }
    for (unsigned n = 0; n < count; n++) {
        unsigned piece = backwards ? count - 1 - n : n;
        Span part = span_first(span_after(packet, 20 + piece * size), size);
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        put_ethernet(bytes, 0x0800);
        g_byte_array_append(bytes, packet.bytes, 2);
        put(bytes, part.length + 20, 2);
        put(bytes, take->origin + 1, 2);
        put(bytes, (piece + 1 < count ? 0x2000u : 0) | piece * size / 8, 2);
        g_byte_array_append(bytes, packet.bytes + 8, 12);
        g_byte_array_append(bytes, part.bytes, (guint)part.length);
        append_bytes(altered, take, bytes, bytes->len, LINK_ETHERNET);
    }
}

START_TEST(fragments)
{
    static const unsigned sizes[] = { 8, 48, 552 };
    const Recording *recording = recording_at(_i);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        for (int backwards = 0; backwards < 2; backwards++) {
            g_autoptr(Recording) altered = recording_new(recording->name);
            for (guint at = 0; at < recording->takes->len; at++)
                append_pieces(altered, recording_take(recording, at), sizes[i], backwards);
            expect_equal(recording, altered,
                         backwards ? "in fragments, the last first" : "in fragments");
        }
    }
}
END_TEST

/* When it was ---------------------------------------------------------------------------------- */

START_TEST(other_times)
{
    static const Nanoseconds shifts[] = { 1, -NS_PER_SECOND, INT64_C(3600000000001),
                                          INT64_C(400) * 86400 * NS_PER_SECOND };
    const Recording *recording = recording_at(_i);
    for (size_t i = 0; i < G_N_ELEMENTS(shifts); i++) {
        g_autoptr(Recording) altered = recording_copy(recording);
        for (guint at = 0; at < altered->takes->len; at++)
            recording_take(altered, at)->frame.time += shifts[i];
        expect_equal(recording, altered, "at another time");
    }
}
END_TEST

static void expect_no_negative_duration(const Recording *altered, const char *how)
{
    g_autoptr(Verdicts) verdicts = verdicts_of(altered, NULL);
    for (guint i = 0; i < verdicts->rows->len; i++) {
        const VerdictRow *row = &g_array_index(verdicts->rows, VerdictRow, i);
        ck_assert_msg(row->judgement.after >= -1, "%s %s: after %" G_GINT64_FORMAT, altered->name,
                      how, row->judgement.after);
        if (row->kind == ROW_CONNECTION)
            ck_assert_msg(row->idle >= -1, "%s %s: idle %" G_GINT64_FORMAT, altered->name, how,
                          row->idle);
    }
}

/* A clock that jumps in the middle, or runs backwards: durations then mean little, but none is
 * negative. */
START_TEST(clock_steps)
{
    static const Nanoseconds steps[] = { -NS_PER_MS, -NS_PER_SECOND, -7200 * NS_PER_SECOND,
                                         7200 * NS_PER_SECOND };
    const Recording *recording = recording_at(_i);
    guint count = recording->takes->len;
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        for (guint from = 1; from < count; from++) {
            g_autoptr(Recording) altered = recording_copy(recording);
            for (guint at = from; at < count; at++)
                recording_take(altered, at)->frame.time += steps[i];
            expect_no_negative_duration(altered, "after a step of the clock");
        }
    }
    g_autoptr(Recording) reversed = recording_copy(recording);
    for (guint at = 0; at < count; at++)
        recording_take(reversed, at)->frame.time =
            recording_take(recording, count - 1 - at)->frame.time;
    expect_no_negative_duration(reversed, "with its clock running backwards");
}
END_TEST

/* Less of it ----------------------------------------------------------------------------------- */

static void expect_no_turn(const Recording *recording, const Recording *altered, const char *how,
                           bool nothing_changes)
{
    g_autoptr(Verdicts) before = verdicts_of(recording, NULL);
    g_autoptr(Verdicts) after = verdicts_of(altered, NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    Changes changes = { 0 };
    verdicts_compare(before, after, &changes, text);
    ck_assert_msg(changes.turned == 0 && changes.settled == 0, "%s %s:\n%s", recording->name, how,
                  text->str);
    ck_assert_msg(!nothing_changes || (changes.undetermined == 0 && changes.vanished == 0),
                  "%s %s: all heads are there\n%s", recording->name, how, text->str);
}

START_TEST(one_direction_only)
{
    const Recording *recording = recording_at(_i);
    for (int server = 0; server < 2; server++) {
        g_autoptr(Recording) altered = recording_new(recording->name);
        for (guint i = 0; i < recording->takes->len; i++) {
            const Take *take = recording_take(recording, i);
            Segment segment;
            if (decode_frame(decoder, &take->frame, &segment) == DECODE_SEGMENT &&
                (segment.source_port < segment.destination_port) == server)
                recording_append(altered, &take->frame, take->origin);
        }
        expect_no_turn(recording, altered,
                       server ? "the server's side only" : "the client's side only", false);
    }
}
END_TEST

/* The most that the link, IP and TCP headers of the samples take. */
#define HEADERS_MAX 100

static bool head_fits(const Verdicts *verdicts, const MessageFacts *message, size_t origin,
                      size_t kept)
{
    if (origin == NO_ORIGIN)
        return true;
    /* Nothing else begins in this frame, and no part of the body in it must be read. */
    unsigned beginnings = 0;
    for (guint i = 0; i < verdicts->rows->len; i++) {
        const VerdictRow *row = &g_array_index(verdicts->rows, VerdictRow, i);
        if (row->kind == ROW_EXCHANGE)
            beginnings += (row->request == origin) + (row->response == origin);
    }
    return beginnings == 1 && message->has_head && message->framing.kind != BODY_CHUNKED &&
           message->head_end - message->first.offset + 1 + HEADERS_MAX <= (int64_t)kept;
}

/* Where a frame of HTTP/2 is cut, nobody knows what the frames behind it are. */
static bool all_heads_fit(const Recording *recording, size_t kept)
{
    g_autoptr(Verdicts) verdicts = verdicts_of(recording, NULL);
    for (guint i = 0; i < verdicts->rows->len; i++) {
        const VerdictRow *row = &g_array_index(verdicts->rows, VerdictRow, i);
        const Exchange *exchange = &row->exchange;
        if (row->kind == ROW_EXCHANGE &&
            (exchange->kind == EXCHANGE_HTTP2 || exchange->interim.count ||
             exchange_switched(exchange) ||
             !head_fits(verdicts, &exchange->request, row->request, kept) ||
             !head_fits(verdicts, &exchange->response, row->response, kept)))
            return false;
    }
    return true;
}

static unsigned whole_when_cut;

START_TEST(cut)
{
    const Recording *recording = recording_at(_i);
    for (size_t kept = 96; kept <= 600; kept += 8) {
        g_autoptr(Recording) altered = recording_copy(recording);
        for (guint at = 0; at < altered->takes->len; at++) {
            Frame *frame = &recording_take(altered, at)->frame;
            frame->bytes = span_first(frame->bytes, kept);
        }
        bool fit = all_heads_fit(recording, kept);
        whole_when_cut += fit;
        g_autofree char *how = g_strdup_printf("cut to %zu bytes a packet", kept);
        expect_no_turn(recording, altered, how, fit);
    }
}
END_TEST

/* The rule above must have had something to say. */
START_TEST(cut_and_whole)
{
    ck_assert_uint_gt(whole_when_cut, 20 * samples->len);
}
END_TEST

/* How it was stored ---------------------------------------------------------------------------- */

static char *folder;

static void enter_folder(void)
{
    folder = g_dir_make_tmp("check-metamorphic-XXXXXX", NULL);
    ck_assert_ptr_nonnull(folder);
    ck_assert_int_eq(chdir(folder), 0);
}

static void leave_folder(void)
{
    g_autoptr(GDir) directory = g_dir_open(".", 0, NULL);
    for (const char *name; (name = g_dir_read_name(directory));)
        g_unlink(name);
    ck_assert_int_eq(chdir("/"), 0);
    g_rmdir(folder);
    g_free(folder);
}

static void put_host(GByteArray *bytes, const CaptureShape *shape, uint32_t value)
{
    if (shape->big_endian) {
        put(bytes, value, 4);
        return;
    }
    for (int i = 0; i < 4; i++)
        put(bytes, value >> (8 * i) & 0xff, 1);
}

static void put_frame(GByteArray *file, const CaptureShape *shape, const Frame *frame)
{
    uint32_t captured = (uint32_t)frame->bytes.length, padded = (captured + 3) / 4 * 4;
    Nanoseconds unit = shape->nano || shape->states_resolution ? 1 : 1000;
    uint64_t ticks = (uint64_t)(frame->time / unit);
    if (shape->pcapng) {
        put_host(file, shape, 6);
        put_host(file, shape, 32 + padded);
        put_host(file, shape, 0);
        put_host(file, shape, (uint32_t)(ticks >> 32));
        put_host(file, shape, (uint32_t)ticks);
    } else {
        put_host(file, shape, (uint32_t)(frame->time / NS_PER_SECOND));
        put_host(file, shape, (uint32_t)(frame->time % NS_PER_SECOND / unit));
    }
    put_host(file, shape, captured);
    put_host(file, shape, frame->wire_length);
    g_byte_array_append(file, frame->bytes.bytes, captured);
    if (shape->pcapng) {
        put(file, 0, padded - captured);
        put_host(file, shape, 32 + padded);
    }
}

/* Frames `from` up to, not with, `to`. */
static void write_part(const Recording *recording, const char *path, CaptureShape shape, guint from,
                       guint to)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    shape.link_type = (uint16_t)recording_take(recording, 0)->frame.link_type;
    if (shape.link_type == LINK_RAW)
        shape.link_type = LINK_RAW_FILE;
    capture_build_headers(file, &shape);
    for (guint i = from; i < to; i++)
        put_frame(file, &shape, &recording_take(recording, i)->frame);
    FILE *stream = fopen(path, "wb");
    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fwrite(file->data, 1, file->len, stream), file->len);
    ck_assert_int_eq(fclose(stream), 0);
}

static Recording *read_back(const Recording *recording, const char *const *paths)
{
    Recording *read = recording_new(recording->name);
    read->numbered = true;
    g_autoptr(CaptureInputs) inputs = capture_inputs_open(paths, NULL, NULL);
    g_autoptr(CaptureMerge) merge = capture_merge_new(inputs, 1, inputs->numbered->len, NULL);
    FrameBatch batch = { 0 };
    while (capture_merge_next(merge, &batch))
        for (size_t i = 0; i < batch.count; i++)
            recording_append(read, &batch.frames[i], read->takes->len);
    ck_assert_uint_eq(read->takes->len, recording->takes->len);
    return read;
}

static const CaptureShape SHAPES[] = {
    { .name = "pcap" },
    { .name = "pcap, nanoseconds", .nano = true },
    { .name = "pcap, big-endian", .big_endian = true },
    { .name = "pcapng", .pcapng = true },
    { .name = "pcapng, nanoseconds, big-endian",
      .pcapng = true,
      .big_endian = true,
      .states_resolution = true,
      .resolution = 9 },
};

START_TEST(formats)
{
    const Recording *recording = recording_at(_i);
    enter_folder();
    for (size_t i = 0; i < G_N_ELEMENTS(SHAPES); i++) {
        const char *paths[] = { "file", NULL };
        write_part(recording, "file", SHAPES[i], 0, recording->takes->len);
        g_autoptr(Recording) altered = read_back(recording, paths);
        expect_equal(recording, altered, SHAPES[i].name);
    }
    leave_folder();
}
END_TEST

/* In every format that this build unpacks. */
START_TEST(packed)
{
    const Recording *recording = recording_at(_i);
    const char *paths[] = { "packed", NULL };
    g_autofree char *bytes = NULL;
    gsize size;
    enter_folder();
    write_part(recording, "file", SHAPES[0], 0, recording->takes->len);
    ck_assert(g_file_get_contents("file", &bytes, &size, NULL));
    for (int format = 0; format < PACK_FORMATS; format++) {
        if (!pack_is_built((PackFormat)format))
            continue;
        g_autoptr(GByteArray) small = g_byte_array_new();
        pack_append(small, (PackFormat)format, bytes, size);
        ck_assert(g_file_set_contents("packed", (const char *)small->data, small->len, NULL));
        g_autoptr(Recording) altered = read_back(recording, paths);
        expect_equal(recording, altered, pack_name((PackFormat)format));
    }
    leave_folder();
}
END_TEST

/* Rotated after every frame, and into three. */
START_TEST(rotated)
{
    const Recording *recording = recording_at(_i);
    guint count = recording->takes->len;
    enter_folder();
    for (guint at = 1; at < count; at++) {
        guint third = at + (count - at) / 2;
        const char *paths[] = { "c", "a", "b", NULL };
        write_part(recording, "a", SHAPES[0], 0, at);
        write_part(recording, "b", SHAPES[3], at, third);
        write_part(recording, "c", SHAPES[0], third, count);
        g_autoptr(Recording) altered = read_back(recording, paths);
        expect_equal(recording, altered, "in rotated files");
    }
    leave_folder();
}
END_TEST

int main(void)
{
    decoder = decoder_new();
    samples = recordings_of_samples();
    if (samples->len == 0) {
        fprintf(stderr, "no samples\n");
        return EXIT_FAILURE;
    }
    int all = (int)samples->len;
    TCase *tcase = tcase_create("metamorphic");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, carriers, 0, all * CARRIER_COUNT);
    tcase_add_loop_test(tcase, fragments, 0, all);
    tcase_add_loop_test(tcase, other_times, 0, all);
    tcase_add_loop_test(tcase, clock_steps, 0, all);
    tcase_add_loop_test(tcase, one_direction_only, 0, all);
    tcase_add_loop_test(tcase, cut, 0, all);
    tcase_add_test(tcase, cut_and_whole);
    tcase_add_loop_test(tcase, formats, 0, all);
    tcase_add_loop_test(tcase, packed, 0, all);
    tcase_add_loop_test(tcase, rotated, 0, all);
    Suite *suite = suite_create("metamorphic");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    decoder_free(decoder);
    g_ptr_array_unref(samples);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
