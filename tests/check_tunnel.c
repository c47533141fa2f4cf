/* Frames in frames: what is unpacked, what is not, and which network it belongs to. */
#include <check.h>
#include <stdlib.h>

#include "decode/address_pairs.h"
#include "decode/decode.h"
#include "hex.h"

/* 192.0.2.1:40000 to 198.51.100.2:80 and the same over IPv6: "GET" at 0x10203040, 43 and 63
 * bytes. */
#define TCP "9c40 0050 10203040 50607080 50 18 2000 0000 0000 474554"
#define DATA_LENGTH 3
#define IPV4 "45 00 002b 0001 4000 40 06 0000 c0000201 c6336402" TCP
#define IPV6                                                                                       \
    "60 000000 0017 06 40 20010db8000000000000000000000001 20010db8000100000000000000000002" TCP
#define TEREDO                                                                                     \
    "60 000000 0017 06 40 20010000c00002010000000000000001 20010db8000100000000000000000002" TCP

#define MACS "000102030405 060708090a0b"
#define OUTER(length, protocol)                                                                    \
    MACS "0800 45 00" length "0001 0000 40" protocol "0000 0a000001 0a000002"
#define OUTER6(length, next)                                                                       \
    MACS "86dd 60 000000" length next                                                              \
         "40 fd000000000000000000000000000001 fd000000000000000000000000000002"
#define UDP(total, to, length) OUTER(total, "11") "c000" to length "0000"
#define LABEL "00010140"
#define WLAN "0801 0000" MACS "0c0d0e0f1011 1000"
#define SNAP "aaaa03 000000"

typedef struct Row {
    const char *name;
    int link_type;
    uint8_t version;
    const char *bytes;
} Row;

/* Headers by hand from the documents that tunnel.c, ppp.c and ethernet.c name. */
static const Row OPENED[] = {
    { "802.3, LLC, SNAP", 1, 4, MACS "0033" SNAP "0800" IPV4 },
    { "802.3, LLC, SNAP, bridged", 1, 6, MACS "0047 aaaa03 0000f8 86dd" IPV6 },
    { "802.3, LLC, SNAP, VLAN", 1, 4, MACS "0037" SNAP "8100 0064 0800" IPV4 },
    { "802.3, LLC", 1, 4, MACS "002e 060603" IPV4 },
    { "802.11", 105, 4, WLAN SNAP "0800" IPV4 },
    { "802.11, aggregate of one", 105, 6,
      "8801 0000" MACS "0c0d0e0f1011 1000 8000" MACS "0047" SNAP "86dd" IPV6 },
    { "radiotap, 802.11", 127, 4, "0000 0900 02000000 10" WLAN SNAP "0800" IPV4 "01020304" },
    { "PPP", 9, 4, "0021" IPV4 },
    { "PPP, protocol in one byte", 9, 6, "57" IPV6 },
    { "PPP, framing like HDLC", 9, 4, "ff03 0021" IPV4 },
    { "PPP, framing like HDLC, protocol in one byte", 50, 6, "ff03 57" IPV6 },
    { "PPP, MPLS", 9, 4, "0281" LABEL IPV4 },
    { "PPPoE", 1, 4, MACS "8864 1100 0001 002d 0021" IPV4 },
    { "PPPoE, padding", 1, 6, MACS "8864 1100 0001 0041 0057" IPV6 "00000000" },
    { "PPPoE without Ethernet", 51, 4, "1100 0001 002d 0021" IPV4 },
    { "VLAN, PPPoE", 1, 4, MACS "8100 0064 8864 1100 0001 002d 0021" IPV4 },
    { "MPLS", 1, 4, MACS "8847" LABEL IPV4 },
    { "MPLS, two labels, IPv6", 1, 6, MACS "8847 00010040" LABEL IPV6 },
    { "MPLS, frame behind a control word", 1, 4, MACS "8847" LABEL "00000001" MACS "0800" IPV4 },
    { "MPLS, frame without control word", 1, 6, MACS "8847" LABEL MACS "86dd" IPV6 },
    { "MPLS, frame with a VLAN", 1, 4, MACS "8847" LABEL "00000001" MACS "8100 0064 0800" IPV4 },
    { "MPLS, frame whose address looks like IPv4", 1, 4,
      MACS "8847" LABEL "460102030405 060708090a0b 0800" IPV4 },
    { "MPLS, frame whose address looks like IPv6", 1, 4,
      MACS "8847" LABEL "600102030405 060708090a0b 0800" IPV4 },
    { "VLAN, MPLS", 1, 4, MACS "8100 0064 8847" LABEL IPV4 },
    { "GRE", 1, 4, OUTER("0043", "2f") "0000 0800" IPV4 },
    { "GRE, IPv6", 1, 6, OUTER("0057", "2f") "0000 86dd" IPV6 },
    { "GRE, checksum, key, number", 1, 4,
      OUTER("004f", "2f") "b000 0800 00000000 00000007 00000001" IPV4 },
    { "GRE over IPv6", 1, 4, OUTER6("002f", "2f") "0000 0800" IPV4 },
    { "GRE, Ethernet", 1, 4, OUTER("0051", "2f") "0000 6558" MACS "0800" IPV4 },
    { "GRE, MPLS", 1, 4, OUTER("0047", "2f") "0000 8847" LABEL IPV4 },
    { "GRE, mirrored, type I", 1, 4, OUTER("0051", "2f") "0000 88be" MACS "0800" IPV4 },
    { "GRE, mirrored, type II", 1, 4,
      OUTER("005d", "2f") "1000 88be 00000001 1001 0001 00000000" MACS "0800" IPV4 },
    { "GRE, mirrored, type III", 1, 4,
      OUTER("0061", "2f") "1000 22eb 00000001 2001 0001 00000000 0000 0000" MACS "0800" IPV4 },
    { "GRE, mirrored, type III with a subheader", 1, 4,
      OUTER("0069", "2f") "1000 22eb 00000001 2001 0001 00000000 0000 0001 0000000000000000" MACS
                          "0800" IPV4 },
    { "GRE, redirected to a cache", 1, 4, OUTER("0043", "2f") "0000 883e" IPV4 },
    { "GRE, redirected to a cache, version 2", 1, 4,
      OUTER("0047", "2f") "0000 883e 00000000" IPV4 },
    { "GRE, 802.11", 1, 4, OUTER("0063", "2f") "0000 8200" WLAN SNAP "0800" IPV4 },
    { "GRE, 802.11 by the last of its numbers, key", 1, 6,
      OUTER("007b", "2f") "2000 8370 00000007" WLAN SNAP "86dd" IPV6 },
    { "IPv6 behind the number of IPv4", 1, 6, MACS "0800" IPV6 },
    { "IPv6 in IPv4, behind the number of IPv4", 1, 6, OUTER("0053", "04") IPV6 },
    { "ARCNET", 7, 4, "0102 d4 00 0001" IPV4 },
    { "ARCNET, IPv6", 7, 6, "0102 c4 00 0001" IPV6 },
    { "ARCNET, the old number", 7, 4, "0102 f0" IPV4 },
    { "ARCNET, filled up", 7, 4, "0102 d4 ff ffff d4 00 0001" IPV4 },
    { "ARCNET, the first of several parts", 7, 4, "0102 d4 01 0001" IPV4 },
    { "ARCNET of Linux", 129, 4, "0102 0000 d4 00 0001" IPV4 },
    { "ARCNET of Linux, IPv6", 129, 6, "0102 0000 c4 00 0001" IPV6 },
    { "ARCNET of Linux, the old number", 129, 4, "0102 0000 f0" IPV4 },
    { "GRE, service header", 1, 4, OUTER("004b", "2f") "0000 894f 0fc2 0201 00000101" IPV4 },
    { "GRE, service header, IPv6", 1, 6, OUTER("005f", "2f") "0000 894f 0fc2 0202 00000101" IPV6 },
    { "GRE, service header, frame", 1, 4,
      OUTER("0059", "2f") "0000 894f 0fc2 0203 00000101" MACS "0800" IPV4 },
    { "GRE, service header, MPLS", 1, 4,
      OUTER("004f", "2f") "0000 894f 0fc2 0205 00000101" LABEL IPV4 },
    { "PPTP", 1, 4, OUTER("004f", "2f") "3001 880b 002f 0001 00000001 ff03 0021" IPV4 },
    { "PPTP, acknowledged", 1, 4,
      OUTER("0051", "2f") "3081 880b 002d 0001 00000001 00000001 0021" IPV4 },
    { "IPv4 in IPv4", 1, 4, OUTER("003f", "04") IPV4 },
    { "IPv6 in IPv4", 1, 6, OUTER("0053", "29") IPV6 },
    { "IPv4 in IPv6", 1, 4, OUTER6("002b", "04") IPV4 },
    { "IPv6 in IPv6", 1, 6, OUTER6("003f", "29") IPV6 },
    { "Ethernet in IPv4", 1, 4, OUTER("004f", "61") "3000" MACS "0800" IPV4 },
    { "MPLS in IPv4", 1, 4, OUTER("0043", "89") LABEL IPV4 },
    { "VXLAN", 1, 4, UDP("005d", "12b5", "0049") "08000000 00002a00" MACS "0800" IPV4 },
    { "VXLAN, IPv6", 1, 6, UDP("0071", "12b5", "005d") "08000000 00002a00" MACS "86dd" IPV6 },
    { "VXLAN, group policy", 1, 4,
      UDP("005d", "12b5", "0049") "88080007 00002a00" MACS "0800" IPV4 },
    { "VXLAN, reserved bits and byte", 1, 4,
      UDP("005d", "12b5", "0049") "ff01d1f2 00002aff" MACS "0800" IPV4 },
    { "VXLAN, not said to have a number", 1, 4,
      UDP("005d", "12b5", "0049") "00000000 00002a00" MACS "0800" IPV4 },
    { "VXLAN-GPE, Ethernet", 1, 4,
      UDP("005d", "12b6", "0049") "0c000003 00002a00" MACS "0800" IPV4 },
    { "VXLAN-GPE, IPv4", 1, 4, UDP("004f", "12b6", "003b") "0c000001 00002a00" IPV4 },
    { "VXLAN-GPE, IPv6", 1, 6, UDP("0063", "12b6", "004f") "0c000002 00002a00" IPV6 },
    { "VXLAN-GPE, service header", 1, 4,
      UDP("0057", "12b6", "0043") "0c000004 00002a00 0fc2 0201 00000101" IPV4 },
    { "VXLAN-GPE, MPLS", 1, 4, UDP("0053", "12b6", "003f") "0c000005 00002a00" LABEL IPV4 },
    { "L2TP", 1, 4, UDP("0051", "06a5", "003d") "0002 0001 0002 ff03 0021" IPV4 },
    { "L2TP, without framing like HDLC", 1, 4,
      UDP("004f", "06a5", "003b") "0002 0001 0002 0021" IPV4 },
    { "L2TP, IPv6", 1, 6, UDP("0062", "06a5", "004e") "0002 0001 0002 57" IPV6 },
    { "L2TP, length", 1, 4, UDP("0051", "06a5", "003d") "4002 0035 0001 0002 0021" IPV4 },
    { "L2TP, length, numbered, offset", 1, 4,
      UDP("0059", "06a5", "0045") "4a02 003d 0001 0002 0003 0004 0002 0000 0021" IPV4 },
    { "L2TP, urgent", 1, 4, UDP("004f", "06a5", "003b") "0102 0001 0002 0021" IPV4 },
    { "L2TP, to another port", 1, 4,
      OUTER("004f", "11") "06a5 c000 003b 0000 0002 0001 0002 0021" IPV4 },
    { "VXLAN, Linux' old port", 1, 4,
      UDP("005d", "2118", "0049") "08000000 00002a00" MACS "0800" IPV4 },
    { "VXLAN, VLAN", 1, 4,
      UDP("0061", "12b5", "004d") "08000000 00002a00" MACS "8100 0064 0800" IPV4 },
    { "VLAN, VXLAN in VXLAN", 1, 4,
      MACS "8100 0064 0800 45 00 008f 0001 0000 40 11 0000 0a000001 0a000002 c000 12b5 007b 0000"
           "08000000 00002a00" UDP("005d", "12b5", "0049") "08000000 00002b00" MACS "0800" IPV4 },
    { "Geneve", 1, 4, UDP("005d", "17c1", "0049") "0000 6558 00002a00" MACS "0800" IPV4 },
    { "Geneve, options", 1, 4,
      UDP("0061", "17c1", "004d") "0140 6558 00002a00 01020300" MACS "0800" IPV4 },
    { "Geneve, IPv4", 1, 4, UDP("004f", "17c1", "003b") "0000 0800 00002a00" IPV4 },
    { "Geneve, IPv6", 1, 6, UDP("0063", "17c1", "004f") "0000 86dd 00002a00" IPV6 },
    { "GTP", 1, 4, UDP("004f", "0868", "003b") "30 ff 002b 00000001" IPV4 },
    { "GTP, numbered", 1, 6, UDP("0067", "0868", "0053") "32 ff 0043 00000001 0007 00 00" IPV6 },
    { "GTP, extended", 1, 4,
      UDP("0057", "0868", "0043") "34 ff 0033 00000001 0000 00 85 01 1000 00" IPV4 },
    { "Teredo", 1, 6, UDP("005b", "0dd8", "0047") TEREDO },
    { "Teredo, origin", 1, 6, UDP("0063", "0dd8", "004f") "0000 1234 01020304" TEREDO },
    { "Teredo, authentication and origin", 1, 6,
      UDP("0070", "0dd8", "005c") "0001 00 00 0102030405060708 00 0000 1234 01020304" TEREDO },
    { "GRE in UDP", 1, 4, UDP("004b", "1292", "0037") "0000 0800" IPV4 },
};

/* Near misses: a port is no proof. */
static const struct {
    const char *name;
    DecodeResult result;
    const char *bytes;
} CLOSED[] = {
    { "UDP to another port", DECODE_NOT_TCP,
      UDP("005d", "12b6", "0049") "08000000 00002a00" MACS "0800" IPV4 },
    { "UDP from VXLAN's port", DECODE_NOT_TCP,
      OUTER("005d", "11") "12b5 c000 0049 0000 08000000 00002a00" MACS "0800" IPV4 },
    { "VXLAN-GPE, a number that means nothing", DECODE_NOT_TCP,
      UDP("005d", "12b6", "0049") "0c000006 00002a00" MACS "0800" IPV4 },
    { "VXLAN-GPE, no number", DECODE_NOT_TCP,
      UDP("005d", "12b6", "0049") "08000000 00002a00" MACS "0800" IPV4 },
    { "VXLAN-GPE, no IPv6 where it says so", DECODE_NOT_TCP,
      UDP("004f", "12b6", "003b") "0c000002 00002a00" IPV4 },
    { "VXLAN-GPE, a service header too short", DECODE_NOT_TCP,
      UDP("0057", "12b6", "0043") "0c000004 00002a00 0fc1 0201 00000101" IPV4 },
    { "L2TP, a control message", DECODE_NOT_TCP,
      UDP("0055", "06a5", "0041") "c802 0039 0001 0002 0000 0000 0021" IPV4 },
    { "L2TP of version 3", DECODE_NOT_TCP,
      UDP("0053", "06a5", "003f") "0003 0000 00000007 0021" IPV4 "0000" },
    { "L2TP, longer than the datagram", DECODE_NOT_TCP,
      UDP("0051", "06a5", "003d") "4002 0036 0001 0002 0021" IPV4 },
    { "L2TP, shorter than its header", DECODE_NOT_TCP,
      UDP("0051", "06a5", "003d") "4002 0007 0001 0002 0021" IPV4 },
    { "L2TP, shorter than its packet", DECODE_NOT_TCP,
      UDP("0051", "06a5", "003d") "4002 0034 0001 0002 0021" IPV4 },
    { "L2TP, an offset beyond the datagram", DECODE_NOT_TCP,
      UDP("0051", "06a5", "003d") "0202 0001 0002 002e 0021" IPV4 },
    { "L2TP, cut off in its header", DECODE_NOT_TCP, UDP("0021", "06a5", "000d") "0002 0001 00" },
    { "L2TP, line control", DECODE_NOT_TCP,
      UDP("0028", "06a5", "0014") "0002 0001 0002 c021 01010004" },
    { "GRE, a number between those of 802.11", DECODE_NOT_IP,
      OUTER("0063", "2f") "0000 8201" WLAN SNAP "0800" IPV4 },
    { "GRE, a number behind those of 802.11", DECODE_NOT_IP,
      OUTER("0063", "2f") "0000 8380" WLAN SNAP "0800" IPV4 },
    { "GRE, 802.11 without a whole header", DECODE_MALFORMED,
      OUTER("0020", "2f") "0000 8200 0801 0000 00010203" },
    { "IPv4 behind the number of IPv6", DECODE_MALFORMED, MACS "86dd" IPV4 },
    { "neither version behind the number of IPv4", DECODE_MALFORMED, MACS "0800 55" IPV4 },
    { "VXLAN, ARP", DECODE_NOT_TCP,
      UDP("005d", "12b5", "0049") "08000000 00002a00" MACS "0806" IPV4 },
    { "VXLAN, a packet longer than the datagram", DECODE_NOT_TCP,
      UDP("005c", "12b5", "0048") "08000000 00002a00" MACS "0800" IPV4 },
    { "VXLAN, UDP longer than IP", DECODE_NOT_TCP,
      UDP("005d", "12b5", "004a") "08000000 00002a00" MACS "0800" IPV4 },
    { "VXLAN, UDP shorter than its header", DECODE_NOT_TCP,
      UDP("005d", "12b5", "0007") "08000000 00002a00" MACS "0800" IPV4 },
    { "VXLAN, nothing in it", DECODE_NOT_TCP, UDP("001c", "12b5", "0008") },
    { "Geneve of version 1", DECODE_NOT_TCP,
      UDP("005d", "17c1", "0049") "4000 6558 00002a00" MACS "0800" IPV4 },
    { "Geneve, ARP", DECODE_NOT_TCP, UDP("004f", "17c1", "003b") "0000 0806 00002a00" IPV4 },
    { "Geneve, options longer than the datagram", DECODE_NOT_TCP,
      UDP("0024", "17c1", "0010") "0100 6558 00002a00" },
    { "Geneve, what it says is not there", DECODE_NOT_TCP,
      UDP("004f", "17c1", "003b") "0000 86dd 00002a00" IPV4 },
    { "GTP, another length", DECODE_NOT_TCP,
      UDP("004f", "0868", "003b") "30 ff 002a 00000001" IPV4 },
    { "GTP, a signal", DECODE_NOT_TCP, UDP("004f", "0868", "003b") "30 01 002b 00000001" IPV4 },
    { "GTP, extension of no length", DECODE_NOT_TCP,
      UDP("0057", "0868", "0043") "34 ff 0033 00000001 0000 00 85 00 1000 00" IPV4 },
    { "Teredo, without an address of it", DECODE_NOT_TCP, UDP("005b", "0dd8", "0047") IPV6 },
    { "Teredo, an origin longer than the datagram", DECODE_NOT_TCP,
      UDP("0020", "0dd8", "000c") "0000 1234" },
    { "GRE in UDP, a reserved bit", DECODE_NOT_TCP, UDP("004b", "1292", "0037") "0100 0800" IPV4 },
    { "DNS", DECODE_NOT_TCP, UDP("0020", "0035", "000c") "00010100" },
    { "GRE with routes", DECODE_NOT_TCP, OUTER("0043", "2f") "4000 0800" IPV4 },
    { "GRE of version 2", DECODE_NOT_TCP, OUTER("0043", "2f") "0002 0800" IPV4 },
    { "PPTP, no PPP", DECODE_NOT_TCP,
      OUTER("004f", "2f") "3001 0800 002f 0001 00000001 ff03 0021" IPV4 },
    { "PPTP, no key", DECODE_NOT_TCP, OUTER("0047", "2f") "1001 880b 00000001 ff03 0021" IPV4 },
    { "PPTP, only an acknowledgement", DECODE_NOT_TCP,
      OUTER("0020", "2f") "2081 880b 0000 0001 00000001" },
    { "PPTP, longer than the packet", DECODE_MALFORMED,
      OUTER("004f", "2f") "3001 880b 0030 0001 00000001 ff03 0021" IPV4 },
    { "PPPoE, discovery code", DECODE_NOT_IP, MACS "8864 1109 0001 002d 0021" IPV4 },
    { "PPPoE, another version", DECODE_MALFORMED, MACS "8864 2100 0001 002d 0021" IPV4 },
    { "PPPoE, line control", DECODE_NOT_IP, MACS "8864 1100 0001 0006 c021 01010004" },
    { "MPLS, neither packet nor frame", DECODE_NOT_IP,
      MACS "8847" LABEL "10000000 00000000 00000000 00000000 00000000" },
    { "MPLS, sixteen labels and no end", DECODE_NESTED,
      MACS "8847 00010040 00010040 00010040 00010040 00010040 00010040 00010040 00010040"
           "00010040 00010040 00010040 00010040 00010040 00010040 00010040 00010040" LABEL IPV4 },
    { "Ethernet in IPv4, another version", DECODE_NOT_TCP,
      OUTER("004f", "61") "4000" MACS "0800" IPV4 },
    { "PPPoE, framing that is not HDLC's", DECODE_NOT_IP,
      MACS "8864 1100 0001 002f ff04 0021" IPV4 },
    { "service header, a protocol that it does not know", DECODE_NOT_IP,
      OUTER("004b", "2f") "0000 894f 0fc2 0206 00000101" IPV4 },
    { "service header, too short", DECODE_MALFORMED,
      OUTER("004b", "2f") "0000 894f 0fc1 0201 00000101" IPV4 },
    { "LLC of another kind", DECODE_NOT_IP, MACS "0033 4242 03 000000 0800" IPV4 },
    { "SNAP of a manufacturer", DECODE_NOT_IP, MACS "0033 aaaa03 00000c 2000" IPV4 },
    { "802.3 in SNAP", DECODE_NOT_IP, MACS "0033" SNAP "0100" IPV4 },
};

static Frame make_frame(int link_type, Span bytes, uint32_t wire_length)
{
    return (Frame){ .id = frame_id(1, 42),
                    .time = 7,
                    .wire_length = wire_length,
                    .link_type = link_type,
                    .bytes = bytes };
}

static void assert_segment(const Segment *segment, const Row *row)
{
    ck_assert_msg(segment->source.version == row->version &&
                      segment->destination.version == row->version,
                  "%s: version %u", row->name, segment->source.version);
    ck_assert_msg(segment->source_port == 40000 && segment->destination_port == 80, "%s: ports",
                  row->name);
    ck_assert_uint_eq(segment->source.bytes[0], row->version == 4 ? 192 : 0x20);
    ck_assert_uint_eq(segment->destination.bytes[0], row->version == 4 ? 198 : 0x20);
    ck_assert_uint_eq(segment->sequence, 0x10203040);
    ck_assert_uint_eq(segment->acknowledgement, 0x50607080);
    ck_assert_uint_eq(segment->length, DATA_LENGTH);
    ck_assert_uint_eq(segment->frame, frame_id(1, 42));
}

/* The end of the data in a row's frame; padding may follow. */
static uint32_t data_end(const GByteArray *bytes)
{
    uint32_t end = bytes->len;
    while (memcmp(bytes->data + end - DATA_LENGTH, "GET", DATA_LENGTH) != 0)
        end--;
    return end;
}

/* The snap length may cut a frame anywhere: then headers were cut, or all is known but data. */
START_TEST(test_opened_and_cut_anywhere)
{
    const Row *row = &OPENED[_i];
    g_autoptr(GByteArray) bytes = hex_bytes(row->bytes);
    g_autoptr(Guarded) guarded = guarded_new(bytes->len);
    g_autoptr(Decoder) decoder = decoder_new();
    uint32_t headers = data_end(bytes) - DATA_LENGTH;
    for (uint32_t cut = 0; cut <= bytes->len; cut++) {
        Frame frame =
            make_frame(row->link_type, guarded_fill(guarded, bytes->data, cut), bytes->len);
        Segment segment;
        memset(&segment, 0xaa, sizeof segment);
        DecodeResult result = decode_frame(decoder, &frame, &segment);
        ck_assert_msg(result == (cut < headers ? DECODE_CUT : DECODE_SEGMENT), "%s, cut at %u: %s",
                      row->name, cut, decode_result_text(result));
        if (cut < headers)
            continue;
        assert_segment(&segment, row);
        ck_assert_uint_eq(segment.payload.length, MIN(cut - headers, DATA_LENGTH));
        ck_assert_ptr_eq(segment.payload.bytes, frame.bytes.bytes + headers);
    }
}
END_TEST

/* Of ARCNET. */
static const struct {
    const char *name;
    int link_type;
    DecodeResult result;
    const char *bytes;
} NO_PACKETS[] = {
    { "a later part", 7, DECODE_NOT_IP, "0102 d4 02 0001" IPV4 },
    { "another protocol", 7, DECODE_NOT_IP, "0102 d5 00 0001" IPV4 },
    { "no protocol", 7, DECODE_MALFORMED, "0102" },
    { "no flag", 7, DECODE_MALFORMED, "0102 d4" },
    { "filled up with nothing", 7, DECODE_MALFORMED, "0102 d4 ff ff" },
    { "filled up twice", 7, DECODE_MALFORMED, "0102 d4 ff ffff d4 ff ffff d4 00 0001" IPV4 },
    { "a mark that Linux does not make", 129, DECODE_MALFORMED,
      "0102 0000 d4 ff ffff d4 00 0001" IPV4 },
    { "Linux, no protocol", 129, DECODE_MALFORMED, "0102 0000" },
    { "Linux, a number cut off", 129, DECODE_MALFORMED, "0102 0000 d4 00 00" },
};

START_TEST(test_no_packet)
{
    g_autoptr(GByteArray) bytes = hex_bytes(NO_PACKETS[_i].bytes);
    g_autoptr(Decoder) decoder = decoder_new();
    Frame frame =
        make_frame(NO_PACKETS[_i].link_type, span_make(bytes->data, bytes->len), bytes->len);
    Segment segment;
    DecodeResult result = decode_frame(decoder, &frame, &segment);
    ck_assert_msg(result == NO_PACKETS[_i].result, "%s: %s", NO_PACKETS[_i].name,
                  decode_result_text(result));
}
END_TEST

/* An ICMP error of the bytes behind it. */
#define ICMP(length, type) OUTER(length, "01") type "01 0000 00000000"
#define ICMP6(length, type) OUTER6(length, "3a") type "00 0000 00000000"

/* Whether Wireshark 4.0.17 finds a stream in what they quote. */
static const struct {
    const char *name;
    bool numbered;
    const char *bytes;
} QUOTES[] = {
    { "unreachable", true, ICMP("0047", "03") IPV4 },
    { "source quench", true, ICMP("0047", "04") IPV4 },
    { "time exceeded", true, ICMP("0047", "0b") IPV4 },
    { "parameter problem", true, ICMP("0047", "0c") IPV4 },
    { "redirect", false, ICMP("0047", "05") IPV4 },
    { "echo reply", false, ICMP("0047", "00") IPV4 },
    { "sixteen bytes of TCP", true,
      ICMP("0040", "03") "45 00 002b 0001 4000 40 06 0000 c0000201 c6336402"
                         "9c40 0050 10203040 50607080 50 18 2000" },
    { "eight bytes of TCP", false,
      ICMP("0038", "03") "45 00 002b 0001 4000 40 06 0000 c0000201 c6336402 9c40 0050 10203040" },
    { "a fragment", false,
      ICMP("0047", "03") "45 00 002b 0001 2000 40 06 0000 c0000201 c6336402" TCP },
    { "GRE", true,
      ICMP("005f", "03") "45 00 0043 0001 0000 40 2f 0000 0a000001 0a000002 0000 0800" IPV4 },
    { "no packet", false, ICMP("001c", "03") },
    { "cut off", false, OUTER("0017", "01") "030100" },
    { "unreachable, version 6", true, ICMP6("0047", "01") IPV6 },
    { "too big, version 6", true, ICMP6("0047", "02") IPV6 },
    { "parameter problem, version 6", true, ICMP6("0047", "04") IPV6 },
    { "no error, version 6", false, ICMP6("0047", "05") IPV6 },
    { "IPv4 in version 6", false, ICMP6("0033", "01") IPV4 },
};

START_TEST(test_quote)
{
    g_autoptr(GByteArray) bytes = hex_bytes(QUOTES[_i].bytes);
    g_autoptr(Decoder) decoder = decoder_new();
    Frame frame = make_frame(1, span_make(bytes->data, bytes->len), bytes->len);
    Segment segment;
    ck_assert_int_eq(decode_frame(decoder, &frame, &segment), DECODE_NOT_TCP);
    ck_assert_msg(decoder_found_stub(decoder) == QUOTES[_i].numbered, "%s", QUOTES[_i].name);
    if (!QUOTES[_i].numbered)
        return;
    ck_assert(segment.quoted);
    ck_assert_uint_eq(segment.source_port, 40000);
    ck_assert_uint_eq(segment.sequence, 0x10203040);
}
END_TEST

/* What sets up QUIC, by hand from RFC 8999 and 9000, and what does not. */
static const struct {
    const char *name;
    bool found;
    const char *bytes;
} QUIC[] = {
    { "an Initial", true,
      UDP("0032", "01bb", "001e") "c3 00000001 08 0102030405060708 00 00 4001" },
    { "an Initial on any port", true,
      UDP("0032", "04d2", "001e") "c3 00000001 08 0102030405060708 00 00 4001" },
    { "version 2", true, UDP("002b", "01bb", "0017") "d0 6b3343cf 00 08 0102030405060708" },
    { "draft 29", true, UDP("0023", "01bb", "000f") "c0 ff00001d 00 00" },
    { "a draft that nobody ran", false, UDP("0023", "01bb", "000f") "c0 ff000001 00 00" },
    { "version negotiation", false, UDP("0023", "01bb", "000f") "c0 00000000 00 00" },
    { "the short header", false, UDP("0023", "01bb", "000f") "43 00000001 00 00" },
    { "an id that is too long", false, UDP("0023", "01bb", "000f") "c0 00000001 15 00" },
    { "an id past the end", false, UDP("0023", "01bb", "000f") "c0 00000001 08 00" },
    { "no more than a byte", false, UDP("001d", "01bb", "0009") "c0" },
    { "DNS", false, UDP("0023", "0035", "000f") "c0a8 0001 0001 00" },
};

START_TEST(test_quic)
{
    g_autoptr(GByteArray) bytes = hex_bytes(QUIC[_i].bytes);
    g_autoptr(Decoder) decoder = decoder_new();
    Frame frame = make_frame(1, span_make(bytes->data, bytes->len), bytes->len);
    Segment segment;
    ck_assert_int_eq(decode_frame(decoder, &frame, &segment), DECODE_NOT_TCP);
    ck_assert_msg(decoder_found_quic(decoder) == QUIC[_i].found, "%s", QUIC[_i].name);
    ck_assert_uint_eq(segment.source.bytes[3], 1);
    ck_assert_uint_eq(segment.destination.bytes[3], 2);
}
END_TEST

/* Both orders of two addresses are one pair; a full set says so, but not of a pair that it has. */
START_TEST(test_address_pairs)
{
    g_autoptr(AddressPairs) pairs = address_pairs_new();
    IpAddress a = { .version = 4, .bytes = { 1 } }, b = { .version = 6, .bytes = { 1 } };
    bool full;
    ck_assert(address_pairs_add(pairs, &a, &b, &full) && !full);
    ck_assert(!address_pairs_add(pairs, &b, &a, &full) && !full);
    for (unsigned i = 1; i < ADDRESS_PAIRS_MAX; i++) {
        a.bytes[1] = (uint8_t)i;
        a.bytes[2] = (uint8_t)(i >> 8);
        ck_assert(address_pairs_add(pairs, &a, &b, &full) && !full);
    }
    ck_assert(!address_pairs_add(pairs, &a, &b, &full) && !full);
    a.bytes[3] = 1;
    ck_assert(!address_pairs_add(pairs, &a, &b, &full) && full);
}
END_TEST

START_TEST(test_not_opened)
{
    g_autoptr(GByteArray) bytes = hex_bytes(CLOSED[_i].bytes);
    g_autoptr(Decoder) decoder = decoder_new();
    Frame frame = make_frame(1, span_make(bytes->data, bytes->len), bytes->len);
    Segment segment;
    DecodeResult result = decode_frame(decoder, &frame, &segment);
    ck_assert_msg(result == CLOSED[_i].result, "%s: %s", CLOSED[_i].name,
                  decode_result_text(result));
}
END_TEST

/* Rows with the same letter are in one network; a blank means none. */
static const struct {
    char network;
    const char *bytes;
} NETWORKS[] = {
    { ' ', MACS "0800" IPV4 },
    { ' ', MACS "8100 0000 0800" IPV4 },
    { ' ', MACS "8100 e000 0800" IPV4 },
    { ' ', MACS "8847" LABEL IPV4 },
    { ' ', MACS "8864 1100 0007 002d 0021" IPV4 },
    { ' ', OUTER("003f", "04") IPV4 },
    { ' ', OUTER("0043", "2f") "0000 0800" IPV4 },
    { ' ', OUTER("004f", "2f") "3001 880b 002f 0007 00000001 ff03 0021" IPV4 },
    { ' ', UDP("004f", "0868", "003b") "30 ff 002b 00000007" IPV4 },
    { 'a', MACS "8100 0064 0800" IPV4 },
    { 'a', MACS "8100 e064 0800" IPV4 },
    { 'a', MACS "8100 1064 0800" IPV4 },
    { 'a', MACS "88a8 0064 86dd" IPV6 },
    { 'a', MACS "8100 0064 8847" LABEL IPV4 },
    { 'a', MACS "8100 0000 8100 0064 0800" IPV4 },
    { 'b', MACS "8100 0065 0800" IPV4 },
    { 'c', MACS "88a8 0064 8100 0065 0800" IPV4 },
    { 'd', MACS "88a8 0065 8100 0064 0800" IPV4 },
    { 'e', MACS "88a8 0064 8100 0064 0800" IPV4 },
    { 'f', UDP("005d", "12b5", "0049") "08000000 00006400" MACS "0800" IPV4 },
    { 'f', UDP("004f", "17c1", "003b") "0000 0800 00006400" IPV4 },
    { 'g', UDP("005d", "12b5", "0049") "08000000 00006500" MACS "0800" IPV4 },
    { 'h', UDP("0061", "12b5", "004d") "08000000 00006400" MACS "8100 0064 0800" IPV4 },
    { 'i', OUTER("0047", "2f") "2000 0800 00000064" IPV4 },
    { 'j', OUTER("0047", "2f") "2000 0800 00000065" IPV4 },
    { 'k', OUTER("0047", "2f") "2000 0800 00000000" IPV4 },
};

static uint64_t network_of(int row)
{
    g_autoptr(GByteArray) bytes = hex_bytes(NETWORKS[row].bytes);
    g_autoptr(Decoder) decoder = decoder_new();
    Frame frame = make_frame(1, span_make(bytes->data, bytes->len), bytes->len);
    Segment segment;
    ck_assert_int_eq(decode_frame(decoder, &frame, &segment), DECODE_SEGMENT);
    return segment.network;
}

START_TEST(test_networks)
{
    uint64_t network = network_of(_i);
    ck_assert((network == 0) == (NETWORKS[_i].network == ' '));
    for (int other = 0; other < _i; other++)
        ck_assert_msg((network_of(other) == network) ==
                          (NETWORKS[other].network == NETWORKS[_i].network),
                      "%d and %d", other, _i);
}
END_TEST

/* Packets in packets up to the bound. */
START_TEST(test_nesting_is_bounded)
{
    g_autoptr(Decoder) decoder = decoder_new();
    for (uint32_t depth = 0; depth < 40; depth++) {
        g_autoptr(GByteArray) bytes = hex_bytes(MACS "0800");
        for (uint32_t i = depth; i > 0; i--) {
            g_autoptr(GByteArray) header =
                hex_bytes("45 00 0000 0001 0000 40 04 0000 0a000001 0a000002");
            uint32_t length = 43 + 20 * i;
            header->data[2] = (uint8_t)(length >> 8);
            header->data[3] = (uint8_t)length;
            g_byte_array_append(bytes, header->data, header->len);
        }
        g_autoptr(GByteArray) packet = hex_bytes(IPV4);
        g_byte_array_append(bytes, packet->data, packet->len);
        Frame frame = make_frame(1, span_make(bytes->data, bytes->len), bytes->len);
        Segment segment;
        DecodeResult result = decode_frame(decoder, &frame, &segment);
        ck_assert_msg(result == (depth + 1 < 24 ? DECODE_SEGMENT : DECODE_NESTED), "%u: %s", depth,
                      decode_result_text(result));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tunnel");
    TCase *tcase = tcase_create("tunnel");
    tcase_add_loop_test(tcase, test_opened_and_cut_anywhere, 0, G_N_ELEMENTS(OPENED));
    tcase_add_loop_test(tcase, test_no_packet, 0, G_N_ELEMENTS(NO_PACKETS));
    tcase_add_loop_test(tcase, test_quote, 0, G_N_ELEMENTS(QUOTES));
    tcase_add_loop_test(tcase, test_not_opened, 0, G_N_ELEMENTS(CLOSED));
    tcase_add_loop_test(tcase, test_quic, 0, G_N_ELEMENTS(QUIC));
    tcase_add_test(tcase, test_address_pairs);
    tcase_add_loop_test(tcase, test_networks, 0, G_N_ELEMENTS(NETWORKS));
    tcase_add_test(tcase, test_nesting_is_bounded);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
