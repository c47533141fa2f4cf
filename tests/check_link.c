#include <check.h>
#include <stdlib.h>

#include "decode/link.h"
#include "hex.h"

#define MACS "000102030405 060708090a0b"
#define SLL "0004 0001 0006 001122334455 0000"            /* all but the protocol */
#define SLL2 "0000 00000002 0001 04 06 001122334455 0000" /* all after the protocol */
#define ADDRESSES_3 "000102030405 060708090a0b 0c0d0e0f1011"
#define WLAN "0801 0000" ADDRESSES_3 "1000"                    /* to the access point, number 1 */
#define ATTRIBUTES_4 "0400 0a00 0400 0a00 0400 0a00 0400 0a00" /* of a packet log, empty */
#define ATTRIBUTES_16 ATTRIBUTES_4 ATTRIBUTES_4 ATTRIBUTES_4 ATTRIBUTES_4
#define REST "deadbeef"
#define REST_LENGTH 4

/* EtherTypes come from the IEEE's registry, address families from the systems' headers, link types
 * from tcpdump.org's list. `kind` is the expected layer, together with the four bytes of REST. */
static const struct {
    const char *name;
    int link_type;
    const char *bytes;
    DecodeResult result;
    LayerKind kind;
} LINKS[] = {
    { "Ethernet, IPv4", 1, MACS "0800" REST, DECODE_SEGMENT, LAYER_IPV4 },
    { "Ethernet, IPv6", 1, MACS "86dd" REST, DECODE_SEGMENT, LAYER_IPV6 },
    { "Ethernet, ARP", 1, MACS "0806" REST, DECODE_NOT_IP, 0 },
    { "Ethernet, 802.3 with a length", 1, MACS "0004" REST, DECODE_SEGMENT, LAYER_LLC },
    { "Ethernet, 802.3 with the largest length", 1, MACS "05dc" REST, DECODE_SEGMENT, LAYER_LLC },
    { "Ethernet, the smallest EtherType", 1, MACS "0600" REST, DECODE_NOT_IP, 0 },
    { "Ethernet, PPP", 1, MACS "880b" REST, DECODE_SEGMENT, LAYER_PPP },
    { "Ethernet, PPPoE session", 1, MACS "8864" REST, DECODE_SEGMENT, LAYER_PPPOE },
    { "Ethernet, PPPoE discovery", 1, MACS "8863" REST, DECODE_NOT_IP, 0 },
    { "Ethernet, MPLS", 1, MACS "8847" REST, DECODE_SEGMENT, LAYER_MPLS },
    { "Ethernet, MPLS with upstream labels", 1, MACS "8848" REST, DECODE_SEGMENT, LAYER_MPLS },
    { "Ethernet, VLAN, MPLS", 1, MACS "8100 0064 8847" REST, DECODE_SEGMENT, LAYER_MPLS },
    { "Ethernet, VLAN, 802.3", 1, MACS "8100 0064 0004" REST, DECODE_SEGMENT, LAYER_LLC },
    { "Ethernet, service header", 1, MACS "894f" REST, DECODE_SEGMENT, LAYER_NSH },
    { "Ethernet, group tag", 1, MACS "8909 0101 0001 0002 0800" REST, DECODE_SEGMENT, LAYER_IPV4 },
    { "Ethernet, VLAN", 1, MACS "8100 0064 0800" REST, DECODE_SEGMENT, LAYER_IPV4 },
    { "Ethernet, VLAN with priority bits", 1, MACS "8100 e064 86dd" REST, DECODE_SEGMENT,
      LAYER_IPV6 },
    { "Ethernet, QinQ", 1, MACS "88a8 0001 8100 0064 0800" REST, DECODE_SEGMENT, LAYER_IPV4 },
    { "Ethernet, QinQ before the standard", 1, MACS "9100 0001 8100 0064 86dd" REST, DECODE_SEGMENT,
      LAYER_IPV6 },
    { "Ethernet, VLAN, ARP", 1, MACS "8100 0064 0806" REST, DECODE_NOT_IP, 0 },
    { "Ethernet, eight tags", 1,
      MACS
      "8100 0001 8100 0002 8100 0003 8100 0004 8100 0005 8100 0006 8100 0007 8100 0008 0800" REST,
      DECODE_SEGMENT, LAYER_IPV4 },
    { "Ethernet, nine tags", 1,
      MACS
      "8100 0001 8100 0002 8100 0003 8100 0004 8100 0005 8100 0006 8100 0007 8100 0008 8100 0009"
      "0800" REST,
      DECODE_NESTED, 0 },
    { "cooked v1, IPv4", 113, SLL "0800" REST, DECODE_SEGMENT, LAYER_IPV4 },
    { "cooked v1, IPv6", 113, SLL "86dd" REST, DECODE_SEGMENT, LAYER_IPV6 },
    { "cooked v1, VLAN", 113, SLL "8100 0064 0800" REST, DECODE_SEGMENT, LAYER_IPV4 },
    { "cooked v1, ARP", 113, SLL "0806" REST, DECODE_NOT_IP, 0 },
    { "cooked v2, IPv4", 276, "0800" SLL2 REST, DECODE_SEGMENT, LAYER_IPV4 },
    { "cooked v2, IPv6", 276, "86dd" SLL2 REST, DECODE_SEGMENT, LAYER_IPV6 },
    { "cooked v2, VLAN", 276, "8100" SLL2 "0064 0800" REST, DECODE_SEGMENT, LAYER_IPV4 },
    { "cooked v2, ARP", 276, "0806" SLL2 REST, DECODE_NOT_IP, 0 },
    { "raw", 12, REST, DECODE_SEGMENT, LAYER_IP },
    { "raw, as OpenBSD numbers it", 14, REST, DECODE_SEGMENT, LAYER_IP },
    { "raw, as files number it", 101, REST, DECODE_SEGMENT, LAYER_IP },
    { "IPv4", 228, REST, DECODE_SEGMENT, LAYER_IPV4 },
    { "IPv6", 229, REST, DECODE_SEGMENT, LAYER_IPV6 },
    { "null, IPv4, little end first", 0, "02000000" REST, DECODE_SEGMENT, LAYER_IPV4 },
    { "null, IPv4, big end first", 0, "00000002" REST, DECODE_SEGMENT, LAYER_IPV4 },
    { "null, IPv6 of Linux", 0, "0a000000" REST, DECODE_SEGMENT, LAYER_IPV6 },
    { "null, IPv6 of Windows", 0, "17000000" REST, DECODE_SEGMENT, LAYER_IPV6 },
    { "null, IPv6 of OpenBSD", 0, "00000018" REST, DECODE_SEGMENT, LAYER_IPV6 },
    { "null, IPv6 of FreeBSD", 0, "1c000000" REST, DECODE_SEGMENT, LAYER_IPV6 },
    { "null, IPv6 of macOS", 0, "1e000000" REST, DECODE_SEGMENT, LAYER_IPV6 },
    { "null, AppleTalk", 0, "10000000" REST, DECODE_NOT_IP, 0 },
    { "loop, IPv4", 108, "00000002" REST, DECODE_SEGMENT, LAYER_IPV4 },
    { "loop, IPv6", 108, "00000018" REST, DECODE_SEGMENT, LAYER_IPV6 },
    { "loop is never little end first", 108, "02000000" REST, DECODE_NOT_IP, 0 },
    { "cooked v1, LLC", 113, SLL "0004" REST, DECODE_SEGMENT, LAYER_LLC },
    { "null, IPv6 of Solaris", 0, "0000001a" REST, DECODE_SEGMENT, LAYER_IPV6 },
    { "PPP", 9, REST, DECODE_SEGMENT, LAYER_PPP },
    { "PPP, serial", 50, REST, DECODE_SEGMENT, LAYER_PPP },
    { "PPP, serial line with Cisco's HDLC", 50, "0f00 0800" REST, DECODE_SEGMENT, LAYER_IPV4 },
    { "PPP over Ethernet, without Ethernet", 51, REST, DECODE_SEGMENT, LAYER_PPPOE },
    { "Cisco's HDLC", 104, "0f00 0800" REST, DECODE_SEGMENT, LAYER_IPV4 },
    { "Cisco's HDLC, broadcast", 104, "8f00 86dd" REST, DECODE_SEGMENT, LAYER_IPV6 },
    { "Cisco's HDLC, SLARP", 104, "8f00 8035" REST, DECODE_NOT_IP, 0 },
    { "PPP with a direction", 204, "01" REST, DECODE_SEGMENT, LAYER_PPP },
    { "PPP with a direction for an address", 166, "0103" REST, DECODE_SEGMENT, LAYER_PPP },
    { "MPLS", 219, REST, DECODE_SEGMENT, LAYER_MPLS },
    { "LLC in ATM", 11, REST, DECODE_SEGMENT, LAYER_LLC },
    { "FireWire", 138, "0011223344556677 8899aabbccddeeff 0800" REST, DECODE_SEGMENT, LAYER_IPV4 },
    { "encapsulating interface", 109, "02000000 00001000 00000000" REST, DECODE_SEGMENT,
      LAYER_IPV4 },
    { "packet filter log", 117, "05 18 00 00 00 000000" REST, DECODE_SEGMENT, LAYER_IPV6 },
    { "IPNET, IPv4", 226, "01 02 0004 00000040 00000001 00000000 00000000 00000000" REST,
      DECODE_SEGMENT, LAYER_IPV4 },
    { "IPNET, IPv6", 226, "01 1a 0004 00000040 00000001 00000000 00000000 00000000" REST,
      DECODE_SEGMENT, LAYER_IPV6 },
    { "netANALYZER", 240, "00000000" REST, DECODE_SEGMENT, LAYER_ETHERNET },
    { "netANALYZER with proxy_header", 241, "00000000 55555555555555d5" REST, DECODE_SEGMENT,
      LAYER_ETHERNET },
    { "PPI, Ethernet", 192, "00 00 0800 01000000" MACS "0800" REST, DECODE_SEGMENT, LAYER_IPV4 },
    { "PPI with fields, 802.11", 192, "00 00 0c00 69000000 02000000" WLAN REST, DECODE_SEGMENT,
      LAYER_LLC },
    { "PPI in PPI", 192, "00 00 0800 c0000000 00 00 0800 01000000" MACS "0800" REST, DECODE_NOT_IP,
      0 },
    { "PKTAP, raw", 258, "10000000 01000000 0c000000 01020304" REST, DECODE_SEGMENT, LAYER_IP },
    { "PKTAP in PKTAP", 258, "0c000000 01000000 02010000 0c000000 01000000 0c000000" REST,
      DECODE_NOT_IP, 0 },
    { "PKTAP, length of nothing", 258, "00000000 01000000 0c000000" REST, DECODE_MALFORMED, 0 },
    { "802.11, to the access point", 105, WLAN REST, DECODE_SEGMENT, LAYER_LLC },
    { "802.11, four addresses", 105, "0803 0000" ADDRESSES_3 "1000 060708090a0b" REST,
      DECODE_SEGMENT, LAYER_LLC },
    { "802.11, quality of service", 105, "8802 0000" ADDRESSES_3 "1000 0600" REST, DECODE_SEGMENT,
      LAYER_LLC },
    { "802.11, quality of service, four addresses, control field", 105,
      "8883 0000" ADDRESSES_3 "1000 060708090a0b 0600 11223344" REST, DECODE_SEGMENT, LAYER_LLC },
    { "802.11, ordered, without quality of service", 105, "0882 0000" ADDRESSES_3 "1000" REST,
      DECODE_SEGMENT, LAYER_LLC },
    { "802.11, acknowledged data", 105, "1801 0000" ADDRESSES_3 "1000" REST, DECODE_SEGMENT,
      LAYER_LLC },
    { "802.11, no data", 105, "4801 0000" ADDRESSES_3 "1000" REST, DECODE_NOT_IP, 0 },
    { "802.11, quality of service, no data", 105, "c801 0000" ADDRESSES_3 "1000 0000" REST,
      DECODE_NOT_IP, 0 },
    { "802.11, beacon", 105, "8000 0000" ADDRESSES_3 "1000" REST, DECODE_NOT_IP, 0 },
    { "802.11, acknowledgement", 105, "d400 0000 000102030405", DECODE_NOT_IP, 0 },
    { "802.11, encrypted", 105, "0841 0000" ADDRESSES_3 "1000" REST, DECODE_ENCRYPTED, 0 },
    { "802.11, first fragment", 105, "0805 0000" ADDRESSES_3 "1000" REST, DECODE_WLAN_PARTS, 0 },
    { "802.11, last fragment", 105, "0801 0000" ADDRESSES_3 "1100" REST, DECODE_WLAN_PARTS, 0 },
    { "802.11, aggregate", 105,
      "8801 0000" ADDRESSES_3 "1000 8000" MACS "0004 01020304 0000" MACS "0004 01020304",
      DECODE_WLAN_PARTS, 0 },
    { "radiotap", 127, "0000 0800 00000000" WLAN REST, DECODE_SEGMENT, LAYER_LLC },
    { "radiotap with time and flags", 127, "0000 1200 03000000 0102030405060708 10 00" WLAN REST,
      DECODE_SEGMENT, LAYER_LLC },
    { "radiotap, header padded behind quality of service", 127,
      "0000 0900 02000000 20 8802 0000" ADDRESSES_3 "1000 0600 0000" REST, DECODE_SEGMENT,
      LAYER_LLC },
    { "radiotap, damaged", 127, "0000 0900 02000000 40" WLAN REST, DECODE_DAMAGED, 0 },
    { "radiotap, time and two words, flags", 127,
      "0000 1900 03000080 00000000 00000000 0102030405060708 40" WLAN REST, DECODE_DAMAGED, 0 },
    { "radiotap, no flags, the byte in their place", 127, "0000 0900 04000000 40" WLAN REST,
      DECODE_SEGMENT, LAYER_LLC },
    { "radiotap, words beyond its end", 127, "0000 0800 00000080" WLAN REST, DECODE_SEGMENT,
      LAYER_LLC },
    { "radiotap, too short", 127, "0000 0700 00000000" WLAN REST, DECODE_MALFORMED, 0 },
    { "Prism, little end first", 119, "44000000 0c000000 01020304" WLAN REST, DECODE_SEGMENT,
      LAYER_LLC },
    { "Prism, big end first", 119, "00000044 0000000c 01020304" WLAN REST, DECODE_SEGMENT,
      LAYER_LLC },
    { "AVS", 163, "80211001 0000000c 01020304" WLAN REST, DECODE_SEGMENT, LAYER_LLC },
    { "AVS in the place of Prism", 119, "80211001 0000000c 01020304" WLAN REST, DECODE_SEGMENT,
      LAYER_LLC },
    { "packet log, IPv4", 239, "02000000 0500 0a00 61 000000 0800 0900" REST, DECODE_SEGMENT,
      LAYER_IPV4 },
    { "packet log, IPv6, big end first", 239, "0a000000 0005 000a 61 000000 0008 0009" REST,
      DECODE_SEGMENT, LAYER_IPV6 },
    { "packet log, attribute of no length", 239, "02000000 0000 0a00 0000 0900" REST,
      DECODE_MALFORMED, 0 },
    { "packet log, behind the hook", 239, "02000000 0800 0100 0800 01 00 0800 0900" REST,
      DECODE_SEGMENT, LAYER_IPV4 },
    { "packet log, more attributes than there are kinds", 239,
      "02000000" ATTRIBUTES_16 ATTRIBUTES_16 ATTRIBUTES_16 ATTRIBUTES_16 "0800 0900" REST,
      DECODE_NESTED, 0 },
    { "packet log, bridge", 239, "07000000 0800 0900" REST, DECODE_NOT_IP, 0 },
    { "no such link type", -1, REST, DECODE_UNKNOWN_LINK, 0 },
};

START_TEST(test_headers_are_taken_off)
{
    g_autoptr(GByteArray) bytes = hex_bytes(LINKS[_i].bytes);
    Layer layer = { .bytes = span_make(bytes->data, bytes->len), .wire_length = bytes->len + 100 };
    DecodeResult result = link_decode(LINKS[_i].link_type, &layer);
    ck_assert_msg(result == LINKS[_i].result, "%s: %s", LINKS[_i].name, decode_result_text(result));
    if (result != DECODE_SEGMENT)
        return;
    ck_assert_msg(layer.kind == LINKS[_i].kind, "%s: kind %d", LINKS[_i].name, (int)layer.kind);
    ck_assert_uint_eq(layer.bytes.length, REST_LENGTH);
    ck_assert_ptr_eq(layer.bytes.bytes, bytes->data + bytes->len - REST_LENGTH);
    bool has_length = LINKS[_i].link_type == LINK_NFLOG;
    ck_assert_uint_eq(layer.wire_length, has_length ? REST_LENGTH : REST_LENGTH + 100);
}
END_TEST

/* Cut anywhere in its header: by the snap length it is DECODE_CUT; if the wire had no more,
 * malformed. */
START_TEST(test_headers_are_cut)
{
    if (LINKS[_i].result != DECODE_SEGMENT)
        return;
    g_autoptr(GByteArray) bytes = hex_bytes(LINKS[_i].bytes);
    g_autoptr(Guarded) guarded = guarded_new(bytes->len);
    for (uint32_t cut = 0; cut < bytes->len - REST_LENGTH; cut++) {
        Layer layer = { .bytes = guarded_fill(guarded, bytes->data, cut),
                        .wire_length = bytes->len };
        ck_assert_int_eq(link_decode(LINKS[_i].link_type, &layer), DECODE_CUT);
        layer = (Layer){ .bytes = guarded_fill(guarded, bytes->data, cut), .wire_length = cut };
        ck_assert_int_eq(link_decode(LINKS[_i].link_type, &layer), DECODE_MALFORMED);
    }
}
END_TEST

START_TEST(test_known_links)
{
    ck_assert(link_is_known(LINKS[_i].link_type) == (LINKS[_i].result != DECODE_UNKNOWN_LINK));
}
END_TEST

/* Which way the packet went, as the header of the link says. */
static const struct {
    const char *name;
    int link_type;
    const char *bytes;
    unsigned heading;
} HEADINGS[] = {
    { "Ethernet", 1, MACS "0800" REST, 0 },
    { "cooked v1, to us", LINK_LINUX_SLL, "0000 0001 0006 001122334455 0000 0800" REST,
      HEADING_IN },
    { "cooked v1, from us", LINK_LINUX_SLL, SLL "0800" REST, HEADING_OUT },
    { "cooked v1, to somebody else", LINK_LINUX_SLL, "0003 0001 0006 001122334455 0000 0800" REST,
      0 },
    { "cooked v2, from us", LINK_LINUX_SLL2, "0800" SLL2 REST, HEADING_OUT },
    { "cooked v2, to us", LINK_LINUX_SLL2, "0800 0000 00000002 0001 00 06 001122334455 0000" REST,
      HEADING_IN },
    { "PPP, received", LINK_PPP_WITH_DIRECTION, "00 ff03 0021" REST, HEADING_IN },
    { "PPP, sent", LINK_PPP_WITH_DIRECTION, "01 ff03 0021" REST, HEADING_OUT },
    { "packet log, local input", LINK_NFLOG, "02 00 0000 0800 0100 0800 01 00 0800 0900" REST,
      HEADING_IN },
    { "packet log, local output", LINK_NFLOG, "02 00 0000 0800 0100 0800 03 00 0800 0900" REST,
      HEADING_OUT },
    { "packet log, forwarded", LINK_NFLOG, "02 00 0000 0800 0100 0800 02 00 0800 0900" REST, 0 },
    { "PKTAP, out", LINK_PKTAP,
      "2c000000 01000000 01000000 656e3000 00000000 00000000 00000000 00000000 00000000"
      "02000000 00000000" MACS "0800" REST,
      HEADING_OUT },
};

START_TEST(test_headings)
{
    g_autoptr(GByteArray) bytes = hex_bytes(HEADINGS[_i].bytes);
    Layer layer = { .bytes = span_make(bytes->data, bytes->len), .wire_length = bytes->len };
    ck_assert_msg(link_decode(HEADINGS[_i].link_type, &layer) == DECODE_SEGMENT, "%s",
                  HEADINGS[_i].name);
    ck_assert_msg(layer.heading == HEADINGS[_i].heading, "%s: %u", HEADINGS[_i].name,
                  (unsigned)layer.heading);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link");
    TCase *tcase = tcase_create("link");
    tcase_add_loop_test(tcase, test_headers_are_taken_off, 0, G_N_ELEMENTS(LINKS));
    tcase_add_loop_test(tcase, test_headers_are_cut, 0, G_N_ELEMENTS(LINKS));
    tcase_add_loop_test(tcase, test_known_links, 0, G_N_ELEMENTS(LINKS));
    tcase_add_loop_test(tcase, test_headings, 0, G_N_ELEMENTS(HEADINGS));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
