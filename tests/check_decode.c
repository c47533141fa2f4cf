#include <check.h>
#include <stdlib.h>

#include "decode/decode.h"
#include "hex.h"

/* 192.0.2.1:40000 to 198.51.100.2:80, "GET" at 0x10203040, PSH and ACK, window 8192. */
#define TCP "9c40 0050 10203040 50607080 50 18 2000 0000 0000"
#define DATA "474554"
#define DATA_LENGTH 3
#define IPV4 "45 00 002b 0001 4000 40 06 0000 c0000201 c6336402" TCP
#define IPV6                                                                                       \
    "60 000000 0017 06 40 20010db8000000000000000000000001 20010db8000100000000000000000002" TCP

#define MACS "000102030405 060708090a0b"
#define SLL "0004 0001 0006 001122334455 0000"
#define SLL2 "0000 00000002 0001 04 06 001122334455 0000"

static const struct {
    const char *name;
    int link_type;
    uint8_t version;
    const char *headers;
} FRAMES[] = {
    { "Ethernet, IPv4", 1, 4, MACS "0800" IPV4 },
    { "Ethernet, IPv6", 1, 6, MACS "86dd" IPV6 },
    { "Ethernet, VLAN, IPv4", 1, 4, MACS "8100 0064 0800" IPV4 },
    { "Ethernet, QinQ, IPv6", 1, 6, MACS "88a8 0001 8100 0064 86dd" IPV6 },
    { "cooked v1, IPv4", 113, 4, SLL "0800" IPV4 },
    { "cooked v1, IPv6", 113, 6, SLL "86dd" IPV6 },
    { "cooked v2, IPv4", 276, 4, "0800" SLL2 IPV4 },
    { "cooked v2, IPv6", 276, 6, "86dd" SLL2 IPV6 },
    { "raw, IPv4", 12, 4, IPV4 },
    { "raw, IPv6", 12, 6, IPV6 },
    { "IPv4", 228, 4, IPV4 },
    { "IPv6", 229, 6, IPV6 },
    { "null, IPv4", 0, 4, "02000000" IPV4 },
    { "null, IPv6", 0, 6, "0000001e" IPV6 },
    { "loop, IPv4", 108, 4, "00000002" IPV4 },
    { "loop, IPv6", 108, 6, "00000018" IPV6 },
};

static GByteArray *whole_frame(int row)
{
    GByteArray *bytes = hex_bytes(FRAMES[row].headers);
    g_byte_array_append(bytes, (const uint8_t *)"GET", DATA_LENGTH);
    return bytes;
}

/* Its number in the input is 42, its time 7 ns. */
static Frame make_frame(int row, Span bytes, uint32_t wire_length)
{
    return (Frame){ .id = frame_id(1, 42),
                    .time = 7,
                    .wire_length = wire_length,
                    .link_type = FRAMES[row].link_type,
                    .bytes = bytes };
}

static const uint8_t SOURCE4[16] = { 192, 0, 2, 1 };
static const uint8_t DESTINATION4[16] = { 198, 51, 100, 2 };
static const uint8_t SOURCE6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
static const uint8_t DESTINATION6[16] = { 0x20, 0x01, 0x0d, 0xb8, [5] = 1, [15] = 2 };

static void assert_segment(const Segment *segment, uint8_t version, const char *name)
{
    ck_assert_msg(segment->frame == frame_id(1, 42) && segment->time == 7, "%s", name);
    ck_assert_uint_eq(segment->source.version, version);
    ck_assert_uint_eq(segment->destination.version, version);
    ck_assert_mem_eq(segment->source.bytes, version == 4 ? SOURCE4 : SOURCE6, 16);
    ck_assert_mem_eq(segment->destination.bytes, version == 4 ? DESTINATION4 : DESTINATION6, 16);
    ck_assert_uint_eq(segment->source_port, 40000);
    ck_assert_uint_eq(segment->destination_port, 80);
    ck_assert_uint_eq(segment->sequence, 0x10203040);
    ck_assert_uint_eq(segment->acknowledgement, 0x50607080);
    ck_assert_uint_eq(segment->flags, TCP_PSH | TCP_ACK);
    ck_assert_uint_eq(segment->window, 8192);
    ck_assert_int_eq(segment->window_shift, -1);
    ck_assert_uint_eq(segment->length, DATA_LENGTH);
    ck_assert_uint_eq(segment->packet_id, version == 4 ? 1 : 0);
    ck_assert_uint_eq(segment->hops, 0x40);
    ck_assert_uint_eq(segment->options, 0);
}

/* The snap length may cut a frame anywhere. If it cuts the headers, nothing is known; after the
 * headers everything is known, and the captured part of the data. */
START_TEST(test_frames_cut_anywhere)
{
    g_autoptr(Decoder) decoder = decoder_new();
    g_autoptr(GByteArray) bytes = whole_frame(_i);
    g_autoptr(Guarded) guarded = guarded_new(bytes->len);
    uint32_t headers = bytes->len - DATA_LENGTH;
    for (uint32_t cut = 0; cut <= bytes->len; cut++) {
        Frame frame = make_frame(_i, guarded_fill(guarded, bytes->data, cut), bytes->len);
        Segment segment;
        memset(&segment, 0xaa, sizeof segment);
        DecodeResult result = decode_frame(decoder, &frame, &segment);
        if (cut < headers) {
            ck_assert_msg(result == DECODE_CUT, "%s, cut at %u: %s", FRAMES[_i].name, cut,
                          decode_result_text(result));
            continue;
        }
        ck_assert_msg(result == DECODE_SEGMENT, "%s, cut at %u: %s", FRAMES[_i].name, cut,
                      decode_result_text(result));
        assert_segment(&segment, FRAMES[_i].version, FRAMES[_i].name);
        ck_assert_uint_eq(segment.payload.length, cut - headers);
        ck_assert_ptr_eq(segment.payload.bytes, frame.bytes.bytes + headers);
    }
}
END_TEST

/* IP decides the length of the packet, whatever the frame carries after it (padding, a check
 * sequence) and whatever length the capture states. */
START_TEST(test_wire_length_is_what_ip_says)
{
    g_autoptr(Decoder) decoder = decoder_new();
    g_autoptr(GByteArray) bytes = whole_frame(_i);
    uint32_t size = bytes->len;
    g_byte_array_append(bytes, (const uint8_t *)"\0\0\0\0\0\0", 6);
    uint32_t claims[] = { 0, 1, size - 1, size, size + 4, size + 6, size + 1000, UINT32_MAX };
    for (size_t i = 0; i < G_N_ELEMENTS(claims); i++) {
        Frame frame = make_frame(_i, span_make(bytes->data, bytes->len), claims[i]);
        Segment segment;
        ck_assert_int_eq(decode_frame(decoder, &frame, &segment), DECODE_SEGMENT);
        assert_segment(&segment, FRAMES[_i].version, FRAMES[_i].name);
        ck_assert_uint_eq(segment.payload.length, DATA_LENGTH);
        ck_assert_mem_eq(segment.payload.bytes, "GET", DATA_LENGTH);
    }
}
END_TEST

/* A pure acknowledgement in an Ethernet frame of the smallest size: 54 bytes and six of padding. */
START_TEST(test_padding_is_no_data)
{
    g_autoptr(Decoder) decoder = decoder_new();
    g_autoptr(GByteArray) bytes =
        hex_bytes(MACS "0800 45 00 0028 0001 4000 40 06 0000 c0000201 c6336402" TCP "000000000000");
    ck_assert_uint_eq(bytes->len, 60);
    Frame frame = make_frame(0, span_make(bytes->data, bytes->len), 60);
    Segment segment;
    ck_assert_int_eq(decode_frame(decoder, &frame, &segment), DECODE_SEGMENT);
    ck_assert_uint_eq(segment.length, 0);
    ck_assert_uint_eq(segment.payload.length, 0);
}
END_TEST

/* If the packet left its length to the network card, it is as long as the frame was on the wire.
 * That is at least the captured length, whatever the capture states. */
START_TEST(test_wire_length_is_at_least_what_was_captured)
{
    g_autoptr(Decoder) decoder = decoder_new();
    g_autoptr(GByteArray) bytes =
        hex_bytes(MACS "0800 45 00 0000 0001 4000 40 06 0000 c0000201 c6336402" TCP);
    g_byte_array_set_size(bytes, bytes->len + 50);
    uint32_t claims[] = { 0, 53, 103, 104, 1054 };
    uint32_t lengths[] = { 50, 50, 50, 50, 1000 };
    for (size_t i = 0; i < G_N_ELEMENTS(claims); i++) {
        Frame frame = make_frame(0, span_make(bytes->data, bytes->len), claims[i]);
        Segment segment;
        ck_assert_int_eq(decode_frame(decoder, &frame, &segment), DECODE_SEGMENT);
        ck_assert_uint_eq(segment.length, lengths[i]);
        ck_assert_uint_eq(segment.payload.length, 50);
    }
}
END_TEST

START_TEST(test_results_have_distinct_texts)
{
    for (int a = 0; a < DECODE_RESULT_COUNT; a++)
        for (int b = 0; b < a; b++)
            ck_assert_str_ne(decode_result_text((DecodeResult)a),
                             decode_result_text((DecodeResult)b));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decode");
    TCase *tcase = tcase_create("decode");
    tcase_add_loop_test(tcase, test_frames_cut_anywhere, 0, G_N_ELEMENTS(FRAMES));
    tcase_add_loop_test(tcase, test_wire_length_is_what_ip_says, 0, G_N_ELEMENTS(FRAMES));
    tcase_add_test(tcase, test_padding_is_no_data);
    tcase_add_test(tcase, test_wire_length_is_at_least_what_was_captured);
    tcase_add_test(tcase, test_results_have_distinct_texts);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
