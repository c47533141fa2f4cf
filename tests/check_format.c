#include <check.h>
#include <stdlib.h>

#include "capture/format.h"
#include "hex.h"

/* Blocks of pcapng, little end first, as its draft draws them: §4.1 a section, §4.2 interfaces. */
#define SECTION "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000"
#define SECTION_BIG "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c"
#define PLAIN "01000000 14000000 0100 0000 00000000 14000000"
#define STATED(resolution)                                                                         \
    "01000000 20000000 0100 0000 00000000 0900 0100" resolution "000000 00000000 20000000"
#define STATED_BIG(resolution)                                                                     \
    "00000001 00000020 0001 0000 00000000 0009 0001" resolution "000000 00000000 00000020"
/* if_name "eth0x" comes first */
#define NAMED(resolution)                                                                          \
    "01000000 2c000000 0100 0000 00000000 0200 0500 6574683078 000000 0900 0100" resolution        \
    "000000 00000000 2c000000"
#define CUSTOM "ad0b0000 10000000 01020304 10000000"
#define PACKET "06000000 20000000 00000000 00000000 00000000 00000000 00000000 20000000"

static const struct {
    const char *name;
    const char *bytes;
    CaptureFormat format;
    unsigned digits;
} HEADS[] = {
    { "nothing", "", CAPTURE_FORMAT_UNKNOWN, 6 },
    { "three bytes", "d4c3b2", CAPTURE_FORMAT_UNKNOWN, 6 },
    { "text", "47455420 2f20", CAPTURE_FORMAT_UNKNOWN, 6 },
    { "microseconds, little end first", "d4c3b2a1", CAPTURE_FORMAT_PCAP, 6 },
    { "microseconds, big end first", "a1b2c3d4", CAPTURE_FORMAT_PCAP, 6 },
    { "nanoseconds, little end first", "4d3cb2a1", CAPTURE_FORMAT_PCAP, 9 },
    { "nanoseconds, big end first", "a1b23c4d", CAPTURE_FORMAT_PCAP, 9 },
    { "longer packet headers", "34cdb2a1", CAPTURE_FORMAT_PCAP, 6 },
    { "no interface", SECTION, CAPTURE_FORMAT_PCAPNG, 6 },
    { "resolution not stated", SECTION PLAIN, CAPTURE_FORMAT_PCAPNG, 6 },
    { "10^-6", SECTION STATED("06"), CAPTURE_FORMAT_PCAPNG, 6 },
    { "10^-7", SECTION STATED("07"), CAPTURE_FORMAT_PCAPNG, 9 },
    { "10^-9", SECTION STATED("09"), CAPTURE_FORMAT_PCAPNG, 9 },
    { "10^-3", SECTION STATED("03"), CAPTURE_FORMAT_PCAPNG, 6 },
    { "10^-127", SECTION STATED("7f"), CAPTURE_FORMAT_PCAPNG, 9 },
    { "2^-19 is coarser than a microsecond", SECTION STATED("93"), CAPTURE_FORMAT_PCAPNG, 6 },
    { "2^-20 is finer", SECTION STATED("94"), CAPTURE_FORMAT_PCAPNG, 9 },
    { "2^0", SECTION STATED("80"), CAPTURE_FORMAT_PCAPNG, 6 },
    { "behind another option", SECTION NAMED("09"), CAPTURE_FORMAT_PCAPNG, 9 },
    { "big end first", SECTION_BIG STATED_BIG("09"), CAPTURE_FORMAT_PCAPNG, 9 },
    { "behind a block that is skipped", SECTION CUSTOM STATED("09"), CAPTURE_FORMAT_PCAPNG, 9 },
    { "the second interface is finer", SECTION PLAIN STATED("09"), CAPTURE_FORMAT_PCAPNG, 9 },
    { "the second interface is coarser", SECTION STATED("09") PLAIN, CAPTURE_FORMAT_PCAPNG, 9 },
    { "not behind a packet", SECTION PLAIN PACKET STATED("09"), CAPTURE_FORMAT_PCAPNG, 6 },
    { "a section of the other order follows", SECTION PLAIN SECTION_BIG STATED_BIG("09"),
      CAPTURE_FORMAT_PCAPNG, 9 },
    { "a block of length 0", SECTION "01000000 00000000" STATED("09"), CAPTURE_FORMAT_PCAPNG, 6 },
    { "a block of all lengths", SECTION "ad0b0000 ffffffff" STATED("09"), CAPTURE_FORMAT_PCAPNG,
      6 },
    { "an option that goes beyond its block",
      SECTION "01000000 18000000 0100 0000 00000000 0200ffff 18000000" STATED("09"),
      CAPTURE_FORMAT_PCAPNG, 9 },
};

START_TEST(test_heads)
{
    g_autoptr(GByteArray) bytes = hex_bytes(HEADS[_i].bytes);
    g_autoptr(Guarded) guarded = guarded_new(bytes->len);
    Span head = guarded_fill(guarded, bytes->data, bytes->len);
    ck_assert_msg(capture_format(head) == HEADS[_i].format, "%s", HEADS[_i].name);
    ck_assert_msg(capture_time_digits(head) == HEADS[_i].digits, "%s: %u", HEADS[_i].name,
                  capture_time_digits(head));
}
END_TEST

/* Less of a file never tells of a finer resolution than more of it. */
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
