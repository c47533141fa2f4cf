#include <check.h>
#include <stdlib.h>

#include "capture/format.h"
#include "hex.h"

static const struct {
    const char *name;
    const char *bytes;
    CaptureFormat format;
    unsigned digits;
    uint32_t snap_length;
} HEADS[] = {
    { "nothing", "", CAPTURE_FORMAT_UNKNOWN, 6, 0 },
    { "three bytes", "d4c3b2", CAPTURE_FORMAT_UNKNOWN, 6, 0 },
    { "text", "47455420 2f20", CAPTURE_FORMAT_UNKNOWN, 6, 0 },
    { "microseconds, little end first", "d4c3b2a1", CAPTURE_FORMAT_PCAP, 6, 0 },
    { "microseconds, big end first", "a1b2c3d4", CAPTURE_FORMAT_PCAP, 6, 0 },
    { "nanoseconds, little end first", "4d3cb2a1", CAPTURE_FORMAT_PCAP, 9, 0 },
    { "nanoseconds, big end first", "a1b23c4d", CAPTURE_FORMAT_PCAP, 9, 0 },
    { "longer packet headers", "34cdb2a1", CAPTURE_FORMAT_PCAP, 6, 0 },
    { "a snap length, little end first", "d4c3b2a1 0200 0400 00000000 00000000 60000000 01000000",
      CAPTURE_FORMAT_PCAP, 6, 96 },
    { "a snap length, big end first", "a1b23c4d 0002 0004 00000000 00000000 00040000 00000001",
      CAPTURE_FORMAT_PCAP, 9, 262144 },
    { "a section in either byte order", "0a0d0d0a", CAPTURE_FORMAT_PCAPNG, 6, 0 },
};

START_TEST(test_heads)
{
    g_autoptr(GByteArray) bytes = hex_bytes(HEADS[_i].bytes);
    g_autoptr(Guarded) guarded = guarded_new(bytes->len);
    Span head = guarded_fill(guarded, bytes->data, bytes->len);
    ck_assert_msg(capture_format(head) == HEADS[_i].format, "%s", HEADS[_i].name);
    ck_assert_msg(capture_time_digits(head) == HEADS[_i].digits, "%s: %u", HEADS[_i].name,
                  capture_time_digits(head));
    ck_assert_msg(capture_snap_length(head) == HEADS[_i].snap_length, "%s: %u", HEADS[_i].name,
                  capture_snap_length(head));
}
END_TEST

/* A shorter part of a file never shows a finer resolution than a longer one. */
START_TEST(test_heads_are_cut)
{
    g_autoptr(GByteArray) bytes = hex_bytes(HEADS[_i].bytes);
    g_autoptr(Guarded) guarded = guarded_new(bytes->len);
    unsigned digits = 6;
    for (size_t cut = 0; cut < bytes->len; cut++) {
        Span head = guarded_fill(guarded, bytes->data, cut);
        ck_assert_int_eq(capture_format(head), cut < 4 ? CAPTURE_FORMAT_UNKNOWN : HEADS[_i].format);
        ck_assert_uint_ge(capture_time_digits(head), digits);
        digits = capture_time_digits(head);
        ck_assert_uint_le(digits, HEADS[_i].digits);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("format");
    TCase *tcase = tcase_create("format");
    tcase_add_loop_test(tcase, test_heads, 0, G_N_ELEMENTS(HEADS));
    tcase_add_loop_test(tcase, test_heads_are_cut, 0, G_N_ELEMENTS(HEADS));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
