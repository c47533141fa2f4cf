#include <check.h>
#include <stdlib.h>

#include "decode/tcp.h"
#include "hex.h"

#define PORTS "d431 01bb"           /* 54321, 443 */
#define NUMBERS "fffffff0 80000001" /* sequence, acknowledgement */
#define REST "fa00 0000 0000"       /* window 64000, checksum, urgent pointer */
#define TCP(offset, flags) PORTS NUMBERS offset flags REST
#define DATA "4745 54" /* three bytes */

/* `wire` is the segment's length according to IP; 0 means "as long as it is here". Option lengths
 * come from RFC 9293 §3.2 and RFC 7323 §2.2. */
static const struct {
    const char *name;
    const char *bytes;
    uint32_t wire;
    DecodeResult result;
    uint8_t flags;
    int8_t shift;
    uint32_t length, captured;
} SEGMENTS[] = {
    { "no data", TCP("50", "10"), 0, DECODE_SEGMENT, TCP_ACK, -1, 0, 0 },
    { "data", TCP("50", "18") DATA, 0, DECODE_SEGMENT, TCP_ACK | TCP_PSH, -1, 3, 3 },
    { "data cut", TCP("50", "18") DATA, 1480, DECODE_SEGMENT, TCP_ACK | TCP_PSH, -1, 1460, 3 },
    { "all flags", TCP("5f", "ff"), 0, DECODE_SEGMENT,
      TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK, -1, 0, 0 },
    { "ECN-setup SYN", TCP("50", "c2"), 0, DECODE_SEGMENT, TCP_SYN, -1, 0, 0 },
    { "FIN", TCP("50", "11"), 0, DECODE_SEGMENT, TCP_ACK | TCP_FIN, -1, 0, 0 },
    { "bare RST", TCP("50", "04"), 0, DECODE_SEGMENT, TCP_RST, -1, 0, 0 },
    { "SYN of Linux", TCP("a0", "02") "020405b4 0402 080a 00000001 00000000 01 030307", 0,
      DECODE_SEGMENT, TCP_SYN, 7, 0, 0 },
    { "shift 0", TCP("60", "12") "03030001", 0, DECODE_SEGMENT, TCP_SYN | TCP_ACK, 0, 0, 0 },
    { "shift 14", TCP("60", "12") "0103030e", 0, DECODE_SEGMENT, TCP_SYN | TCP_ACK, 14, 0, 0 },
    { "shift 15 counts as 14", TCP("60", "02") "0103030f", 0, DECODE_SEGMENT, TCP_SYN, 14, 0, 0 },
    { "shift 255 counts as 14", TCP("60", "02") "010303ff", 0, DECODE_SEGMENT, TCP_SYN, 14, 0, 0 },
    { "no shift without SYN", TCP("60", "10") "03030701", 0, DECODE_SEGMENT, TCP_ACK, -1, 0, 0 },
    { "SYN with data", TCP("60", "02") "03030701" DATA, 0, DECODE_SEGMENT, TCP_SYN, 7, 3, 3 },
    { "a shift behind the options", TCP("50", "02") "03030700", 0, DECODE_SEGMENT, TCP_SYN, -1, 4,
      4 },
    { "a shift behind their end", TCP("70", "02") "00000000 03030701", 0, DECODE_SEGMENT, TCP_SYN,
      -1, 0, 0 },
    { "a shift behind their end, which has no length", TCP("70", "02") "00020303 07010101", 0,
      DECODE_SEGMENT, TCP_SYN, -1, 0, 0 },
    { "a shift of another length", TCP("70", "02") "03040707 01010101", 0, DECODE_SEGMENT, TCP_SYN,
      -1, 0, 0 },
    { "an option of length 0", TCP("70", "02") "05000000 03030701", 0, DECODE_SEGMENT, TCP_SYN, -1,
      0, 0 },
    { "an option of length 1", TCP("70", "02") "05010303 07010101", 0, DECODE_SEGMENT, TCP_SYN, -1,
      0, 0 },
    { "an option that goes beyond", TCP("60", "02") "fe28 0303", 0, DECODE_SEGMENT, TCP_SYN, -1, 0,
      0 },
    { "a shift that goes beyond", TCP("60", "02") "01010303 07", 0, DECODE_SEGMENT, TCP_SYN, -1, 1,
      1 },
    { "a kind without a length", TCP("60", "02") "01010103 07", 0, DECODE_SEGMENT, TCP_SYN, -1, 1,
      1 },
    { "SYN, options cut", TCP("a0", "02") "020405b4 0402 080a", 40, DECODE_SEGMENT, TCP_SYN, -1, 0,
      0 },
    { "options cut, data on the wire", TCP("80", "18") "0101 080a", 132, DECODE_SEGMENT,
      TCP_ACK | TCP_PSH, -1, 100, 0 },
    { "header cut", PORTS NUMBERS "50 10 fa00 0000", 20, DECODE_CUT, 0, 0, 0, 0 },
    { "header shorter than a header", TCP("40", "10"), 0, DECODE_MALFORMED, 0, 0, 0, 0 },
    { "header longer than the segment", TCP("60", "10"), 0, DECODE_MALFORMED, 0, 0, 0, 0 },
    { "segment shorter than a header", PORTS NUMBERS "50 10 fa00 0000", 0, DECODE_MALFORMED, 0, 0,
      0, 0 },
    { "nothing", "", 0, DECODE_MALFORMED, 0, 0, 0, 0 },
};

START_TEST(test_segments)
{
    g_autoptr(GByteArray) bytes = hex_bytes(SEGMENTS[_i].bytes);
    g_autoptr(Guarded) guarded = guarded_new(bytes->len);
    Layer layer = { .bytes = guarded_fill(guarded, bytes->data, bytes->len),
                    .wire_length = SEGMENTS[_i].wire ? SEGMENTS[_i].wire : bytes->len };
    Segment segment;
    memset(&segment, 0xaa, sizeof segment);
    DecodeResult result = tcp_decode(&layer, &segment);
    ck_assert_msg(result == SEGMENTS[_i].result, "%s: %s", SEGMENTS[_i].name,
                  decode_result_text(result));
    if (result != DECODE_SEGMENT)
        return;
    ck_assert_uint_eq(segment.source_port, 54321);
    ck_assert_uint_eq(segment.destination_port, 443);
    ck_assert_uint_eq(segment.sequence, 0xfffffff0);
    ck_assert_uint_eq(segment.acknowledgement, 0x80000001);
    ck_assert_uint_eq(segment.window, 64000);
    ck_assert_msg(segment.flags == SEGMENTS[_i].flags, "%s: flags %02x", SEGMENTS[_i].name,
                  segment.flags);
    ck_assert_msg(segment.window_shift == SEGMENTS[_i].shift, "%s: shift %d", SEGMENTS[_i].name,
                  segment.window_shift);
    ck_assert_msg(segment.length == SEGMENTS[_i].length, "%s: length %u", SEGMENTS[_i].name,
                  segment.length);
    ck_assert_msg(segment.payload.length == SEGMENTS[_i].captured, "%s: %zu captured",
                  SEGMENTS[_i].name, segment.payload.length);
    ck_assert_ptr_eq(segment.payload.bytes + segment.payload.length,
                     layer.bytes.bytes + layer.bytes.length);
}
END_TEST

START_TEST(test_segments_are_cut)
{
    g_autoptr(GByteArray) bytes = hex_bytes(SEGMENTS[_i].bytes);
    g_autoptr(Guarded) guarded = guarded_new(bytes->len);
    for (uint32_t cut = 0; cut < bytes->len; cut++) {
        Segment segment;
        Layer layer = { .bytes = guarded_fill(guarded, bytes->data, cut),
                        .wire_length = SEGMENTS[_i].wire ? SEGMENTS[_i].wire : bytes->len };
        DecodeResult result = tcp_decode(&layer, &segment);
        if (cut < 20 && layer.wire_length >= 20)
            ck_assert_int_eq(result, DECODE_CUT);
        else
            ck_assert_int_eq(result, SEGMENTS[_i].result);
        if (result != DECODE_SEGMENT)
            continue;
        ck_assert_uint_eq(segment.length, SEGMENTS[_i].length);
        ck_assert_uint_le(segment.payload.length, segment.length);
        ck_assert(segment.window_shift == -1 || segment.window_shift == SEGMENTS[_i].shift);
        ck_assert_ptr_eq(segment.payload.bytes + segment.payload.length,
                         layer.bytes.bytes + layer.bytes.length);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tcp");
    TCase *tcase = tcase_create("tcp");
    tcase_add_loop_test(tcase, test_segments, 0, G_N_ELEMENTS(SEGMENTS));
    tcase_add_loop_test(tcase, test_segments_are_cut, 0, G_N_ELEMENTS(SEGMENTS));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
