#include <check.h>
#include <stdlib.h>

#include "decode/ip.h"
#include "hex.h"

#define ADDRESSES4 "c0000201 c6336402" /* 192.0.2.1, 198.51.100.2 */
#define ADDRESSES6                                                                                 \
    "20010db8000000000000000000000001 20010db8000100000000000000000002" /* 2001:db8::1 and ::2 */
#define REST "0102030405060708"                                         /* stands for TCP */
#define REST_LENGTH 8
#define V4(total, place, protocol)                                                                 \
    "45 00" total "abcd" place "40" protocol "0000" ADDRESSES4     /* 20 bytes */
#define V6(payload, next) "60 000000" payload next "40" ADDRESSES6 /* 40 bytes */

/* Lengths computed by hand from RFC 791 §3.1, RFC 8200 §3 and §4, RFC 4302 §2.2. `wire` is the
 * length that the capture states for this packet; 0 means "as long as it is here". `length` is what
 * must remain on the wire, and `captured` what must remain captured. */
static const struct {
    const char *name;
    uint8_t version;
    const char *bytes;
    uint32_t wire;
    DecodeResult result;
    uint32_t length, captured;
} PACKETS[] = {
    { "IPv4", 4, V4("001c", "0000", "06") REST, 0, DECODE_SEGMENT, 8, 8 },
    { "IPv4, version from the packet", 0, V4("001c", "0000", "06") REST, 0, DECODE_SEGMENT, 8, 8 },
    { "IPv4, don't fragment", 4, V4("001c", "4000", "06") REST, 0, DECODE_SEGMENT, 8, 8 },
    { "IPv4, options", 4,
      "4f 00 0044 abcd 0000 40 06 0000" ADDRESSES4
      "01010101 01010101 01010101 01010101 01010101 01010101 01010101 01010101 01010101 "
      "01010101" REST,
      0, DECODE_SEGMENT, 8, 8 },
    { "IPv4, padding behind", 4, V4("001c", "0000", "06") REST "000000000000", 0, DECODE_SEGMENT, 8,
      8 },
    { "IPv4, all of it padding", 4, V4("0014", "0000", "06") REST, 0, DECODE_SEGMENT, 0, 0 },
    { "IPv4, snap length", 4, V4("05dc", "0000", "06") REST, 1500, DECODE_SEGMENT, 1480, 8 },
    { "IPv4, wire length shortened as well", 4, V4("05dc", "0000", "06") REST, 0, DECODE_SEGMENT,
      1480, 8 },
    { "IPv4, check sequence counted on the wire", 4, V4("001c", "0000", "06") REST, 32,
      DECODE_SEGMENT, 8, 8 },
    { "IPv4, length left to the card", 4, V4("0000", "0000", "06") REST, 4000, DECODE_SEGMENT, 3980,
      8 },
    { "IPv4, no length, as short as padding", 4, V4("0000", "0000", "06") REST, 46,
      DECODE_MALFORMED, 0, 0 },
    { "IPv4, no length, one byte more", 4, V4("0000", "0000", "06") REST, 47, DECODE_SEGMENT, 27,
      8 },
    { "IPv4, no length, absurd on the wire", 4, V4("0000", "0000", "06") REST, 0x7fffffff,
      DECODE_MALFORMED, 0, 0 },
    { "IPv4, first fragment", 4, V4("001c", "2000", "06") REST, 0, DECODE_FRAGMENT, 0, 0 },
    { "IPv4, middle fragment", 4, V4("001c", "2001", "06") REST, 0, DECODE_FRAGMENT, 0, 0 },
    { "IPv4, last fragment", 4, V4("001c", "1fff", "06") REST, 0, DECODE_FRAGMENT, 0, 0 },
    { "IPv4, the reserved bit", 4, V4("001c", "8000", "06") REST, 0, DECODE_SEGMENT, 8, 8 },
    { "IPv4, fragment of ICMP", 4, V4("001c", "2000", "01") REST, 0, DECODE_NOT_TCP, 0, 0 },
    { "IPv4, OSPF", 4, V4("001c", "0000", "59") REST, 0, DECODE_NOT_TCP, 0, 0 },
    { "IPv4, hop-by-hop is of IPv6", 4, V4("001c", "0000", "00") "06 00 000000000000", 0,
      DECODE_NOT_TCP, 0, 0 },
    { "IPv4, authentication", 4,
      V4("0034", "0000", "33") "06 04 0000 00000001 00000001 000102030405060708090a0b" REST, 0,
      DECODE_SEGMENT, 8, 8 },
    { "IPv4, fragment of authentication", 4,
      V4("0034", "2000", "33") "06 04 0000 00000001 00000001 000102030405060708090a0b" REST, 0,
      DECODE_FRAGMENT, 0, 0 },
    { "IPv4, header shorter than a header", 4, "44 00 001c abcd 0000 40 06 0000" ADDRESSES4 REST, 0,
      DECODE_MALFORMED, 0, 0 },
    { "IPv4, length shorter than the header", 4, V4("0013", "0000", "06") REST, 0, DECODE_MALFORMED,
      0, 0 },
    { "IPv4, options longer than the packet", 4, "46 00 0017 abcd 0000 40 06 0000" ADDRESSES4 REST,
      0, DECODE_MALFORMED, 0, 0 },
    { "IPv4 announced, IPv6 found", 4, V6("0008", "06") REST, 0, DECODE_SEGMENT, 8, 8 },
    { "IPv4 announced, neither found", 4, "55 00 001c abcd 0000 40 06 0000" ADDRESSES4 REST, 0,
      DECODE_MALFORMED, 0, 0 },
    { "IPv6 announced, IPv4 found", 6, V4("001c", "0000", "06") REST, 0, DECODE_MALFORMED, 0, 0 },
    { "neither version", 0, "55 00 001c abcd 0000 40 06 0000" ADDRESSES4 REST, 0, DECODE_NOT_IP, 0,
      0 },
    { "IPv6", 6, V6("0008", "06") REST, 0, DECODE_SEGMENT, 8, 8 },
    { "IPv6, version from the packet", 0, V6("0008", "06") REST, 0, DECODE_SEGMENT, 8, 8 },
    { "IPv6, trailer behind", 6, V6("0008", "06") REST "0000", 0, DECODE_SEGMENT, 8, 8 },
    { "IPv6, snap length", 6, V6("0578", "06") REST, 1440, DECODE_SEGMENT, 1400, 8 },
    { "IPv6, length left to the card", 6, V6("0000", "06") REST, 70000, DECODE_SEGMENT, 69960, 8 },
    { "IPv6, jumbo payload", 6, V6("0000", "00") "06 00 c204 00011178" REST, 70048, DECODE_SEGMENT,
      70000, 8 },
    { "IPv6, no length, absurd on the wire", 6, V6("0000", "06") REST, 0x7fffffff, DECODE_MALFORMED,
      0, 0 },
    { "IPv6, nothing in it", 6, V6("0000", "3b"), 0, DECODE_NOT_TCP, 0, 0 },
    { "IPv6, hop-by-hop", 6, V6("0010", "00") "06 00 0104 00000000" REST, 0, DECODE_SEGMENT, 8, 8 },
    { "IPv6, routing", 6,
      V6("0020", "2b") "06 02 00 00 00000000 20010db8000000000000000000000003" REST, 0,
      DECODE_SEGMENT, 8, 8 },
    { "IPv6, destination options", 6, V6("0010", "3c") "06 00 0104 00000000" REST, 0,
      DECODE_SEGMENT, 8, 8 },
    { "IPv6, authentication", 6, V6("0018", "33") "06 02 0000 00000001 00000001 00000000" REST, 0,
      DECODE_SEGMENT, 8, 8 },
    { "IPv6, all of them", 6,
      V6("0040", "00") "3c 00 0104 00000000"
                       "2b 00 0104 00000000"
                       "2c 00 00 00 00000000"
                       "33 00 0000 0000abcd"
                       "3c 02 0000 00000001 00000001 00000000"
                       "06 00 0104 00000000" REST,
      0, DECODE_SEGMENT, 8, 8 },
    { "IPv6, whole packet in a fragment header", 6, V6("0010", "2c") "06 00 0000 0000abcd" REST, 0,
      DECODE_SEGMENT, 8, 8 },
    { "IPv6, reserved bits of the fragment header", 6, V6("0010", "2c") "06 ff 0006 0000abcd" REST,
      0, DECODE_SEGMENT, 8, 8 },
    { "IPv6, first fragment", 6, V6("0010", "2c") "06 00 0001 0000abcd" REST, 0, DECODE_FRAGMENT, 0,
      0 },
    { "IPv6, last fragment", 6, V6("0010", "2c") "06 00 0008 0000abcd" REST, 0, DECODE_FRAGMENT, 0,
      0 },
    { "IPv6, fragment of options", 6, V6("0010", "2c") "3c 00 0001 0000abcd" REST, 0,
      DECODE_FRAGMENT, 0, 0 },
    { "IPv6, fragment of ICMP", 6, V6("0010", "2c") "3a 00 0001 0000abcd" REST, 0, DECODE_NOT_TCP,
      0, 0 },
    { "IPv6, OSPF", 6, V6("0008", "59") REST, 0, DECODE_NOT_TCP, 0, 0 },
    { "IPv6, OSPF behind options", 6, V6("0010", "00") "59 00 0104 00000000" REST, 0,
      DECODE_NOT_TCP, 0, 0 },
    { "IPv6, extension longer than the packet", 6, V6("0010", "00") "06 02 0104 00000000" REST, 0,
      DECODE_MALFORMED, 0, 0 },
    { "IPv6, extension cut", 6, V6("0040", "00") "06 02 0104 00000000" REST, 104, DECODE_SEGMENT,
      40, 0 },
    { "IPv6, eight extensions", 6,
      V6("0048", "3c") "3c 00 0104 00000000"
                       "3c 00 0104 00000000"
                       "3c 00 0104 00000000"
                       "3c 00 0104 00000000"
                       "3c 00 0104 00000000"
                       "3c 00 0104 00000000"
                       "3c 00 0104 00000000"
                       "06 00 0104 00000000" REST,
      0, DECODE_SEGMENT, 8, 8 },
    { "IPv6, nine extensions", 6,
      V6("0050", "3c") "3c 00 0104 00000000"
                       "3c 00 0104 00000000"
                       "3c 00 0104 00000000"
                       "3c 00 0104 00000000"
                       "3c 00 0104 00000000"
                       "3c 00 0104 00000000"
                       "3c 00 0104 00000000"
                       "3c 00 0104 00000000"
                       "06 00 0104 00000000" REST,
      0, DECODE_MALFORMED, 0, 0 },
};

static LayerKind announced(uint8_t version)
{
    return version == 4 ? LAYER_IPV4 : version == 6 ? LAYER_IPV6 : LAYER_IP;
}

START_TEST(test_packets)
{
    IpFragment fragment;
    g_autoptr(GByteArray) bytes = hex_bytes(PACKETS[_i].bytes);
    IpAddress source, destination;
    Layer layer = { .bytes = span_make(bytes->data, bytes->len),
                    .wire_length = PACKETS[_i].wire ? PACKETS[_i].wire : bytes->len,
                    .kind = announced(PACKETS[_i].version) };
    DecodeResult result = ip_decode(&layer, &source, &destination, &fragment);
    ck_assert_msg(result == PACKETS[_i].result, "%s: %s", PACKETS[_i].name,
                  decode_result_text(result));
    if (result != DECODE_SEGMENT)
        return;
    ck_assert_msg(layer.wire_length == PACKETS[_i].length, "%s: %u bytes on the wire",
                  PACKETS[_i].name, layer.wire_length);
    ck_assert_msg(layer.bytes.length == PACKETS[_i].captured, "%s: %zu bytes captured",
                  PACKETS[_i].name, layer.bytes.length);
    ck_assert_int_eq(layer.kind, LAYER_TCP);
    if (layer.bytes.length == REST_LENGTH)
        ck_assert_mem_eq(layer.bytes.bytes, "\1\2\3\4\5\6\7\10", REST_LENGTH);
}
END_TEST

static const uint8_t SOURCE4[16] = { 192, 0, 2, 1 };
static const uint8_t DESTINATION4[16] = { 198, 51, 100, 2 };
static const uint8_t SOURCE6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
static const uint8_t DESTINATION6[16] = { 0x20, 0x01, 0x0d, 0xb8, [5] = 1, [15] = 2 };

START_TEST(test_addresses)
{
    if (PACKETS[_i].result != DECODE_SEGMENT)
        return;
    g_autoptr(GByteArray) bytes = hex_bytes(PACKETS[_i].bytes);
    IpAddress source, destination;
    IpFragment fragment;
    memset(&source, 0xff, sizeof source);
    memset(&destination, 0xff, sizeof destination);
    Layer layer = { .bytes = span_make(bytes->data, bytes->len),
                    .wire_length = PACKETS[_i].wire ? PACKETS[_i].wire : bytes->len,
                    .kind = announced(PACKETS[_i].version) };
    ck_assert_int_eq(ip_decode(&layer, &source, &destination, &fragment), DECODE_SEGMENT);
    bool v4 = bytes->data[0] >> 4 == 4;
    ck_assert_uint_eq(source.version, v4 ? 4 : 6);
    ck_assert_uint_eq(destination.version, v4 ? 4 : 6);
    ck_assert_mem_eq(source.bytes, v4 ? SOURCE4 : SOURCE6, 16);
    ck_assert_mem_eq(destination.bytes, v4 ? DESTINATION4 : DESTINATION6, 16);
}
END_TEST

/* The snap length cuts the packet at any place. The result never has more than is there. It is
 * never another verdict than for the complete packet, except that headers were cut or too little
 * was seen. */
START_TEST(test_packets_are_cut)
{
    g_autoptr(GByteArray) bytes = hex_bytes(PACKETS[_i].bytes);
    g_autoptr(Guarded) guarded = guarded_new(bytes->len);
    uint32_t wire = PACKETS[_i].wire ? PACKETS[_i].wire : bytes->len;
    for (uint32_t cut = 0; cut < bytes->len; cut++) {
        IpAddress source, destination;
        IpFragment fragment;
        Span part = guarded_fill(guarded, bytes->data, cut);
        Layer layer = { .bytes = part,
                        .wire_length = wire,
                        .kind = announced(PACKETS[_i].version) };
        DecodeResult result = ip_decode(&layer, &source, &destination, &fragment);
        ck_assert_msg(result == PACKETS[_i].result || result == DECODE_CUT, "%s, cut at %u: %s",
                      PACKETS[_i].name, cut, decode_result_text(result));
        if (result != DECODE_SEGMENT)
            continue;
        ck_assert_uint_eq(layer.wire_length, PACKETS[_i].length);
        ck_assert_uint_le(layer.bytes.length, layer.wire_length);
        ck_assert(layer.bytes.bytes >= part.bytes);
        ck_assert(layer.bytes.bytes + layer.bytes.length <= part.bytes + cut);
    }
}
END_TEST

/* The next layer by IANA's protocol numbers; for fragments, the datagram that they belong to. */
static const struct {
    const char *name;
    const char *bytes;
    DecodeResult result;
    LayerKind kind;
    IpFragment fragment;
} PAYLOADS[] = {
    { "UDP", V4("001c", "0000", "11") REST, DECODE_SEGMENT, LAYER_UDP, { 0 } },
    { "UDP behind options",
      V6("0010", "00") "11 00 0104 00000000" REST,
      DECODE_SEGMENT,
      LAYER_UDP,
      { 0 } },
    { "IPv4 in IPv4", V4("001c", "0000", "04") REST, DECODE_SEGMENT, LAYER_IPV4, { 0 } },
    { "IPv6 in IPv4", V4("001c", "0000", "29") REST, DECODE_SEGMENT, LAYER_IPV6, { 0 } },
    { "IPv4 in IPv6", V6("0008", "04") REST, DECODE_SEGMENT, LAYER_IPV4, { 0 } },
    { "IPv6 in IPv6", V6("0008", "29") REST, DECODE_SEGMENT, LAYER_IPV6, { 0 } },
    { "GRE", V4("001c", "0000", "2f") REST, DECODE_SEGMENT, LAYER_GRE, { 0 } },
    { "Ethernet in IP", V4("001c", "0000", "61") REST, DECODE_SEGMENT, LAYER_ETHERIP, { 0 } },
    { "MPLS in IP", V4("001c", "0000", "89") REST, DECODE_SEGMENT, LAYER_MPLS, { 0 } },
    { "encrypted", V4("001c", "0000", "32") REST, DECODE_NOT_TCP, 0, { 0 } },
    { "IPv4, first fragment",
      V4("001c", "2000", "06") REST,
      DECODE_FRAGMENT,
      0,
      { 0xabcd, 4, 6, 0, true } },
    { "IPv4, middle fragment of UDP",
      V4("001c", "2002", "11") REST,
      DECODE_FRAGMENT,
      0,
      { 0xabcd, 4, 17, 16, true } },
    { "IPv4, last fragment, may not be one",
      V4("001c", "5fff", "06") REST,
      DECODE_FRAGMENT,
      0,
      { 0xabcd, 4, 6, 65528, false } },
    { "IPv4, fragment with no length",
      V4("0000", "2000", "06") REST REST REST REST,
      DECODE_MALFORMED,
      0,
      { 0 } },
    { "IPv6, first fragment",
      V6("0010", "2c") "06 00 0001 8000abcd" REST,
      DECODE_FRAGMENT,
      0,
      { 0x8000abcd, 6, 6, 0, true } },
    { "IPv6, last fragment behind options",
      V6("0018", "00") "2c 00 0104 00000000"
                       "3c 00 fff8 00000001" REST,
      DECODE_FRAGMENT,
      0,
      { 1, 6, 60, 65528, false } },
};

START_TEST(test_payloads)
{
    g_autoptr(GByteArray) bytes = hex_bytes(PAYLOADS[_i].bytes);
    IpAddress source, destination;
    IpFragment fragment = { 0 };
    Layer layer = { .bytes = span_make(bytes->data, bytes->len), .wire_length = bytes->len };
    DecodeResult result = ip_decode(&layer, &source, &destination, &fragment);
    ck_assert_msg(result == PAYLOADS[_i].result, "%s: %s", PAYLOADS[_i].name,
                  decode_result_text(result));
    if (result == DECODE_SEGMENT)
        ck_assert_int_eq(layer.kind, PAYLOADS[_i].kind);
    if (result != DECODE_FRAGMENT)
        return;
    const IpFragment *expected = &PAYLOADS[_i].fragment;
    ck_assert_uint_eq(fragment.identification, expected->identification);
    ck_assert_uint_eq(fragment.version, expected->version);
    ck_assert_uint_eq(fragment.protocol, expected->protocol);
    ck_assert_uint_eq(fragment.offset, expected->offset);
    ck_assert(fragment.more == expected->more);
    ck_assert_uint_eq(layer.wire_length, REST_LENGTH);
    ck_assert_uint_eq(layer.bytes.length, REST_LENGTH);
}
END_TEST

/* Bytes that are accepted as a packet where no header says that there is one. */
static const struct {
    const char *name;
    LayerKind kind;
    const char *bytes;
    uint32_t wire;
    DecodeResult result;
} CANDIDATES[] = {
    { "IPv4", LAYER_IP, V4("001c", "0000", "06") REST, 28, DECODE_SEGMENT },
    { "IPv4, padding behind", LAYER_IP, V4("001c", "0000", "06") REST, 46, DECODE_SEGMENT },
    { "IPv4, longer than there is room", LAYER_IP, V4("001d", "0000", "06") REST, 28,
      DECODE_NOT_IP },
    { "IPv4, shorter than its header", LAYER_IP, V4("0013", "0000", "06") REST, 28, DECODE_NOT_IP },
    { "IPv4, small header", LAYER_IP, "44 00 001c", 28, DECODE_NOT_IP },
    { "IPv4 where IPv6 is said to be", LAYER_IPV6, V4("001c", "0000", "06") REST, 28,
      DECODE_NOT_IP },
    { "IPv6", LAYER_IPV6, V6("0008", "06") REST, 48, DECODE_SEGMENT },
    { "IPv6, longer than there is room", LAYER_IP, V6("0009", "06") REST, 48, DECODE_NOT_IP },
    { "IPv6 where IPv4 is said to be", LAYER_IPV4, V6("0008", "06") REST, 48, DECODE_SEGMENT },
    { "IPv4 where IPv6 is said to be", LAYER_IPV6, V4("001c", "0000", "06") REST, 48,
      DECODE_NOT_IP },
    { "another version", LAYER_IP, "50", 48, DECODE_NOT_IP },
    { "nothing on the wire", LAYER_IP, "", 0, DECODE_NOT_IP },
    { "nothing captured", LAYER_IP, "", 48, DECODE_CUT },
    { "length cut", LAYER_IP, "45 00 00", 48, DECODE_CUT },
    { "IPv6, length cut", LAYER_IP, "60 00 00 00 00", 48, DECODE_CUT },
};

START_TEST(test_candidates)
{
    g_autoptr(GByteArray) bytes = hex_bytes(CANDIDATES[_i].bytes);
    Layer layer = { .bytes = span_make(bytes->data, bytes->len),
                    .wire_length = CANDIDATES[_i].wire,
                    .kind = CANDIDATES[_i].kind };
    DecodeResult result = ip_recognize(&layer);
    ck_assert_msg(result == CANDIDATES[_i].result, "%s: %s", CANDIDATES[_i].name,
                  decode_result_text(result));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ip");
    TCase *tcase = tcase_create("ip");
    tcase_add_loop_test(tcase, test_packets, 0, G_N_ELEMENTS(PACKETS));
    tcase_add_loop_test(tcase, test_addresses, 0, G_N_ELEMENTS(PACKETS));
    tcase_add_loop_test(tcase, test_packets_are_cut, 0, G_N_ELEMENTS(PACKETS));
    tcase_add_loop_test(tcase, test_payloads, 0, G_N_ELEMENTS(PAYLOADS));
    tcase_add_loop_test(tcase, test_candidates, 0, G_N_ELEMENTS(CANDIDATES));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
