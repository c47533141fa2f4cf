#include <check.h>
#include <stdlib.h>

#include "decode/link.h"
#include "hex.h"

#define MACS "000102030405 060708090a0b"
#define SLL "0004 0001 0006 001122334455 0000"            /* all but the protocol */
#define SLL2 "0000 00000002 0001 04 06 001122334455 0000" /* all after the protocol */
#define REST "deadbeef"
#define REST_LENGTH 4

/* EtherTypes by the IEEE's registry, address families by the headers of the systems. `version` is what
 * must come out together with the four bytes of REST. */
static const struct {
    const char *name;
    int link_type;
    const char *bytes;
    DecodeResult result;
    uint8_t version;
} LINKS[] = {
    { "Ethernet, IPv4", 1, MACS "0800" REST, DECODE_SEGMENT, 4 },
    { "Ethernet, IPv6", 1, MACS "86dd" REST, DECODE_SEGMENT, 6 },
    { "Ethernet, ARP", 1, MACS "0806" REST, DECODE_NOT_IP, 0 },
    { "Ethernet, 802.3 with a length", 1, MACS "0004" REST, DECODE_NOT_IP, 0 },
    { "Ethernet, VLAN", 1, MACS "8100 0064 0800" REST, DECODE_SEGMENT, 4 },
    { "Ethernet, VLAN with priority bits", 1, MACS "8100 e064 86dd" REST, DECODE_SEGMENT, 6 },
    { "Ethernet, QinQ", 1, MACS "88a8 0001 8100 0064 0800" REST, DECODE_SEGMENT, 4 },
    { "Ethernet, QinQ before the standard", 1, MACS "9100 0001 8100 0064 86dd" REST, DECODE_SEGMENT,
      6 },
    { "Ethernet, VLAN, ARP", 1, MACS "8100 0064 0806" REST, DECODE_NOT_IP, 0 },
    { "Ethernet, eight tags", 1,
      MACS
      "8100 0001 8100 0002 8100 0003 8100 0004 8100 0005 8100 0006 8100 0007 8100 0008 0800" REST,
      DECODE_SEGMENT, 4 },
    { "Ethernet, nine tags", 1,
      MACS
      "8100 0001 8100 0002 8100 0003 8100 0004 8100 0005 8100 0006 8100 0007 8100 0008 8100 0009"
      "0800" REST,
      DECODE_MALFORMED, 0 },
    { "cooked v1, IPv4", 113, SLL "0800" REST, DECODE_SEGMENT, 4 },
    { "cooked v1, IPv6", 113, SLL "86dd" REST, DECODE_SEGMENT, 6 },
    { "cooked v1, VLAN", 113, SLL "8100 0064 0800" REST, DECODE_SEGMENT, 4 },
    { "cooked v1, ARP", 113, SLL "0806" REST, DECODE_NOT_IP, 0 },
    { "cooked v2, IPv4", 276, "0800" SLL2 REST, DECODE_SEGMENT, 4 },
    { "cooked v2, IPv6", 276, "86dd" SLL2 REST, DECODE_SEGMENT, 6 },
    { "cooked v2, VLAN", 276, "8100" SLL2 "0064 0800" REST, DECODE_SEGMENT, 4 },
    { "cooked v2, ARP", 276, "0806" SLL2 REST, DECODE_NOT_IP, 0 },
    { "raw", 12, REST, DECODE_SEGMENT, 0 },
    { "raw, as OpenBSD numbers it", 14, REST, DECODE_SEGMENT, 0 },
    { "raw, as files number it", 101, REST, DECODE_SEGMENT, 0 },
    { "IPv4", 228, REST, DECODE_SEGMENT, 4 },
    { "IPv6", 229, REST, DECODE_SEGMENT, 6 },
    { "null, IPv4, little end first", 0, "02000000" REST, DECODE_SEGMENT, 4 },
    { "null, IPv4, big end first", 0, "00000002" REST, DECODE_SEGMENT, 4 },
    { "null, IPv6 of Linux", 0, "0a000000" REST, DECODE_SEGMENT, 6 },
    { "null, IPv6 of Windows", 0, "17000000" REST, DECODE_SEGMENT, 6 },
    { "null, IPv6 of OpenBSD", 0, "00000018" REST, DECODE_SEGMENT, 6 },
    { "null, IPv6 of FreeBSD", 0, "1c000000" REST, DECODE_SEGMENT, 6 },
    { "null, IPv6 of macOS", 0, "1e000000" REST, DECODE_SEGMENT, 6 },
    { "null, AppleTalk", 0, "10000000" REST, DECODE_NOT_IP, 0 },
    { "loop, IPv4", 108, "00000002" REST, DECODE_SEGMENT, 4 },
    { "loop, IPv6", 108, "00000018" REST, DECODE_SEGMENT, 6 },
    { "loop is never little end first", 108, "02000000" REST, DECODE_NOT_IP, 0 },
    { "802.11 is not read", 105, MACS "0800" REST, DECODE_UNKNOWN_LINK, 0 },
    { "no such link type", -1, REST, DECODE_UNKNOWN_LINK, 0 },
};

START_TEST(test_headers_are_taken_off)
{
    g_autoptr(GByteArray) bytes = hex_bytes(LINKS[_i].bytes);
    Layer layer = { .bytes = span_make(bytes->data, bytes->len), .wire_length = bytes->len + 100 };
    uint8_t version = 0xff;
    DecodeResult result = link_decode(LINKS[_i].link_type, &layer, &version);
    ck_assert_msg(result == LINKS[_i].result, "%s: %s", LINKS[_i].name, decode_result_text(result));
    if (result != DECODE_SEGMENT)
        return;
    ck_assert_msg(version == LINKS[_i].version, "%s: version %u", LINKS[_i].name, version);
    ck_assert_uint_eq(layer.bytes.length, REST_LENGTH);
    ck_assert_ptr_eq(layer.bytes.bytes, bytes->data + bytes->len - REST_LENGTH);
    ck_assert_uint_eq(layer.wire_length, REST_LENGTH + 100);
}
END_TEST

/* Cut anywhere in its header: by the snap length it is DECODE_CUT; if the wire had no more, malformed. */
START_TEST(test_headers_are_cut)
{
    if (LINKS[_i].result != DECODE_SEGMENT)
        return;
    g_autoptr(GByteArray) bytes = hex_bytes(LINKS[_i].bytes);
    g_autoptr(Guarded) guarded = guarded_new(bytes->len);
    for (uint32_t cut = 0; cut < bytes->len - REST_LENGTH; cut++) {
        uint8_t version;
        Layer layer = { .bytes = guarded_fill(guarded, bytes->data, cut),
                        .wire_length = bytes->len };
        ck_assert_int_eq(link_decode(LINKS[_i].link_type, &layer, &version), DECODE_CUT);
        layer = (Layer){ .bytes = guarded_fill(guarded, bytes->data, cut), .wire_length = cut };
        ck_assert_int_eq(link_decode(LINKS[_i].link_type, &layer, &version), DECODE_MALFORMED);
    }
}
END_TEST

START_TEST(test_known_links)
{
    ck_assert(link_is_known(LINKS[_i].link_type) == (LINKS[_i].result != DECODE_UNKNOWN_LINK));
    ck_assert(decode_knows_link(LINKS[_i].link_type) == link_is_known(LINKS[_i].link_type));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link");
    TCase *tcase = tcase_create("link");
    tcase_add_loop_test(tcase, test_headers_are_taken_off, 0, G_N_ELEMENTS(LINKS));
    tcase_add_loop_test(tcase, test_headers_are_cut, 0, G_N_ELEMENTS(LINKS));
    tcase_add_loop_test(tcase, test_known_links, 0, G_N_ELEMENTS(LINKS));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
