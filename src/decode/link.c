#include "decode/link.h"

#include "decode/ethernet.h"
#include "decode/ppp.h"
#include "decode/wlan.h"

typedef DecodeResult LinkDecoder(Layer *layer);

/* Linux' packet types, PACKET_HOST and PACKET_OUTGOING; the others are of packets for somebody
 * else. */
static void set_packet_type(Layer *layer, uint32_t type)
{
    layer->heading = type == 0 ? HEADING_IN : type == 4 ? HEADING_OUT : 0;
}

static DecodeResult decode_linux_sll(Layer *layer)
{
    uint16_t type;
    if (span_be16(layer->bytes, 0, &type))
        set_packet_type(layer, type);
    return ethertype_decode(layer, 16, 14);
}

static DecodeResult decode_linux_sll2(Layer *layer)
{
    uint8_t type;
    if (span_u8(layer->bytes, 10, &type))
        set_packet_type(layer, type);
    return ethertype_decode(layer, 20, 0);
}

static DecodeResult family_is(Layer *layer, uint32_t family)
{
    switch (family) {
    case 2: /* AF_INET is 2 everywhere; AF_INET6 is what each system took for it: */
        return layer_is(layer, LAYER_IPV4);
    case 10: /* Linux */
    case 23: /* Windows */
    case 24: /* NetBSD, OpenBSD */
    case 26: /* Solaris */
    case 28: /* FreeBSD */
    case 30: /* macOS */
        return layer_is(layer, LAYER_IPV6);
    default:
        return DECODE_NOT_IP;
    }
}

/* A header of `size` bytes that begins with the address family in the byte order of the machine
 * that captured, which nothing tells. All families are small numbers, so the order that makes a
 * small number is it. */
static DecodeResult decode_host_family(Layer *layer, uint32_t size)
{
    uint32_t family, swapped;
    if (layer->bytes.length < size || !span_be32(layer->bytes, 0, &family) ||
        !span_le32(layer->bytes, 0, &swapped))
        return layer_lacks(layer, size);
    layer_skip(layer, size);
    return family_is(layer, MIN(family, swapped));
}

static DecodeResult decode_null(Layer *layer)
{
    return decode_host_family(layer, 4);
}

/* OpenBSD's encapsulating interface: family, index and flags of the security association. */
static DecodeResult decode_enc(Layer *layer)
{
    return decode_host_family(layer, 12);
}

static DecodeResult decode_loop(Layer *layer)
{
    uint32_t family;
    if (!span_be32(layer->bytes, 0, &family))
        return layer_lacks(layer, 4);
    layer_skip(layer, 4);
    return family_is(layer, family);
}

/* A header that begins with its length and the address family, a byte each. */
static DecodeResult decode_pflog(Layer *layer)
{
    uint8_t length, family;
    if (!span_u8(layer->bytes, 0, &length) || !span_u8(layer->bytes, 1, &family))
        return layer_lacks(layer, 2);
    uint32_t size = (length + 3u) & ~3u;
    if (layer->bytes.length < size)
        return layer_lacks(layer, size);
    layer_skip(layer, size);
    return family_is(layer, family);
}

/* Solaris: version, family, and where the packet came through. */
static DecodeResult decode_ipnet(Layer *layer)
{
    uint8_t family;
    if (layer->bytes.length < 24 || !span_u8(layer->bytes, 1, &family))
        return layer_lacks(layer, 24);
    layer_skip(layer, 24);
    return family_is(layer, family);
}

static DecodeResult decode_raw(Layer *layer)
{
    return layer_is(layer, LAYER_IP);
}

static DecodeResult decode_ipv4(Layer *layer)
{
    return layer_is(layer, LAYER_IPV4);
}

static DecodeResult decode_ipv6(Layer *layer)
{
    return layer_is(layer, LAYER_IPV6);
}

static DecodeResult decode_mpls(Layer *layer)
{
    return layer_is(layer, LAYER_MPLS);
}

static DecodeResult decode_ppp(Layer *layer)
{
    return layer_is(layer, LAYER_PPP);
}

static DecodeResult decode_pppoe(Layer *layer)
{
    return layer_is(layer, LAYER_PPPOE);
}

static DecodeResult decode_llc(Layer *layer)
{
    return layer_is(layer, LAYER_LLC);
}

enum {
    ARCNET_IPV6 = 0xc4,
    ARCNET_IPV4 = 0xd4,
    ARCNET_IPV4_OLD = 0xf0, /* RFC 1051: no parts */
    ARCNET_EXCEPTION = 0xff,
};

/* From the protocol's number on. RFC 1201: a packet may come in parts, of which the first one
 * has an odd flag, and the others an even one. */
static DecodeResult decode_arcnet_protocol(Layer *layer)
{
    uint8_t protocol, flag;
    if (!span_u8(layer->bytes, 0, &protocol))
        return layer_lacks(layer, 1);
    if (protocol == ARCNET_IPV4_OLD) {
        layer_skip(layer, 1);
        return layer_is(layer, LAYER_IPV4);
    }
    if (protocol != ARCNET_IPV4 && protocol != ARCNET_IPV6)
        return DECODE_NOT_IP;
    if (layer->bytes.length < 4 || !span_u8(layer->bytes, 1, &flag))
        return layer_lacks(layer, 4);
    if (flag != 0 && flag % 2 == 0)
        return DECODE_NOT_IP;
    layer_skip(layer, 4);
    return layer_is(layer, protocol == ARCNET_IPV4 ? LAYER_IPV4 : LAYER_IPV6);
}

/* BSD: source, destination, then the protocol; a packet of 253 to 255 bytes is marked, filled up
 * by three bytes, and has the protocol again. */
static DecodeResult decode_arcnet(Layer *layer)
{
    uint8_t protocol, flag;
    if (!span_u8(layer->bytes, 2, &protocol))
        return layer_lacks(layer, 3);
    layer_skip(layer, 2);
    if (protocol == ARCNET_IPV4_OLD)
        return decode_arcnet_protocol(layer);
    if (!span_u8(layer->bytes, 1, &flag))
        return layer_lacks(layer, 2);
    if (flag == ARCNET_EXCEPTION && layer->bytes.length < 4)
        return layer_lacks(layer, 4);
    if (flag == ARCNET_EXCEPTION)
        layer_skip(layer, 4);
    return decode_arcnet_protocol(layer);
}

/* Linux: two bytes more before the protocol, and no marks. */
static DecodeResult decode_arcnet_linux(Layer *layer)
{
    if (layer->bytes.length < 4)
        return layer_lacks(layer, 4);
    layer_skip(layer, 4);
    return decode_arcnet_protocol(layer);
}

static DecodeResult decode_firewire(Layer *layer)
{
    return ethertype_decode(layer, 18, 16);
}

static DecodeResult skip_to(Layer *layer, uint32_t size, LayerKind kind)
{
    if (layer->bytes.length < size)
        return layer_lacks(layer, size);
    layer_skip(layer, size);
    return layer_is(layer, kind);
}

/* A byte that says whether the host has sent the packet. */
static void set_sent(Layer *layer)
{
    uint8_t sent;
    if (span_u8(layer->bytes, 0, &sent))
        layer->heading = sent ? HEADING_OUT : HEADING_IN;
}

/* A direction before a PPP frame. */
static DecodeResult decode_ppp_with_direction(Layer *layer)
{
    set_sent(layer);
    return skip_to(layer, 1, LAYER_PPP);
}

/* A direction in the place of the address. */
static DecodeResult decode_ppp_of_daemon(Layer *layer)
{
    set_sent(layer);
    return skip_to(layer, 2, LAYER_PPP);
}

/* NetANALYZER: four bytes before the frame, or twelve with a preamble. */
static DecodeResult decode_netanalyzer(Layer *layer)
{
    return skip_to(layer, 4, LAYER_ETHERNET);
}

static DecodeResult decode_netanalyzer_preamble(Layer *layer)
{
    return skip_to(layer, 12, LAYER_ETHERNET);
}

#define NFLOG_PACKET 1
#define NFLOG_PAYLOAD 9
#define NFLOG_ATTRIBUTES_MAX 64

/* The hook at which a packet was logged: protocol (16 bits), hook. Before routing and on the way in
 * are 0 and 1, on the way out and behind routing 3 and 4. What is forwarded has no direction. */
static void set_hook(Layer *layer)
{
    uint8_t hook;
    if (!span_u8(layer->bytes, 4 + 2, &hook))
        return;
    layer->heading = hook <= 1 ? HEADING_IN : hook == 3 || hook == 4 ? HEADING_OUT : 0;
}

/* Linux' packet log: attributes of length, type and value, in the byte order of the machine. Types
 * are small numbers. */
static DecodeResult decode_nflog(Layer *layer)
{
    uint8_t family = 0, low, high, length_low, length_high;
    if (!span_u8(layer->bytes, 0, &family) || layer->bytes.length < 4)
        return layer_lacks(layer, 4);
    layer_skip(layer, 4);
    for (unsigned i = 0; i < NFLOG_ATTRIBUTES_MAX; i++) {
        if (!span_u8(layer->bytes, 0, &length_low) || !span_u8(layer->bytes, 1, &length_high) ||
            !span_u8(layer->bytes, 2, &low) || !span_u8(layer->bytes, 3, &high))
            return layer_lacks(layer, 4);
        bool little = high == 0;
        uint32_t length = little ? (uint32_t)length_high << 8 | length_low
                                 : (uint32_t)length_low << 8 | length_high;
        uint32_t padded = (length + 3) & ~3u;
        if (length < 4 || length > layer->wire_length)
            return DECODE_MALFORMED;
        if ((little ? low : high) == NFLOG_PACKET && length >= 8)
            set_hook(layer);
        if ((little ? low : high) == NFLOG_PAYLOAD) {
            layer_skip(layer, 4);
            layer_set_length(layer, length - 4);
            return family_is(layer, family);
        }
        if (layer->bytes.length < padded)
            return layer_lacks(layer, padded);
        layer_skip(layer, padded);
    }
    return DECODE_NESTED;
}

static DecodeResult decode_ppi(Layer *layer);
static DecodeResult decode_pktap(Layer *layer);

/* The most frequent first. */
static const struct {
    int link_type;
    LinkDecoder *decode;
} DECODERS[] = {
    { LINK_ETHERNET, ethernet_decode },
    { LINK_LINUX_SLL, decode_linux_sll },
    { LINK_LINUX_SLL2, decode_linux_sll2 },
    { LINK_RAW, decode_raw },
    { LINK_NULL, decode_null },
    { LINK_LOOP, decode_loop },
    { LINK_IPV4, decode_ipv4 },
    { LINK_IPV6, decode_ipv6 },
    { LINK_RAW_OPENBSD, decode_raw },
    { LINK_RAW_FILE, decode_raw },
    { LINK_WLAN_RADIOTAP, wlan_decode_radiotap },
    { LINK_WLAN, wlan_decode },
    { LINK_WLAN_PRISM, wlan_decode_prism },
    { LINK_WLAN_AVS, wlan_decode_prism },
    { LINK_PPI, decode_ppi },
    { LINK_NFLOG, decode_nflog },
    { LINK_PPP, decode_ppp },
    { LINK_PPP_SERIAL, serial_decode },
    { LINK_CISCO_HDLC, serial_decode },
    { LINK_PPP_ETHERNET, decode_pppoe },
    { LINK_PPP_DAEMON, decode_ppp_of_daemon },
    { LINK_PPP_WITH_DIRECTION, decode_ppp_with_direction },
    { LINK_MPLS, decode_mpls },
    { LINK_ATM, decode_llc },
    { LINK_FIREWIRE, decode_firewire },
    { LINK_ARCNET, decode_arcnet },
    { LINK_ARCNET_LINUX, decode_arcnet_linux },
    { LINK_ENC, decode_enc },
    { LINK_PFLOG, decode_pflog },
    { LINK_IPNET, decode_ipnet },
    { LINK_NETANALYZER, decode_netanalyzer },
    { LINK_NETANALYZER_PREAMBLE, decode_netanalyzer_preamble },
    { LINK_PKTAP, decode_pktap },
};

static LinkDecoder *find_decoder(int link_type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(DECODERS); i++)
        if (DECODERS[i].link_type == link_type)
            return DECODERS[i].decode;
    return NULL;
}

/* Takes a header off that names the link type behind it, at `type_at` and little end first. */
static DecodeResult decode_inner_link(Layer *layer, uint32_t header_size, uint32_t type_at)
{
    uint32_t type;
    if (layer->bytes.length < header_size || !span_le32(layer->bytes, type_at, &type))
        return layer_lacks(layer, header_size);
    layer_skip(layer, header_size);
    LinkDecoder *decode = type <= INT32_MAX ? find_decoder((int)type) : NULL;
    if (!decode || decode == decode_ppi || decode == decode_pktap)
        return DECODE_NOT_IP;
    return decode(layer);
}

/* What the 802.11 adapters of some vendors write: version, flags, length, link type. */
static DecodeResult decode_ppi(Layer *layer)
{
    uint8_t low, high;
    if (!span_u8(layer->bytes, 2, &low) || !span_u8(layer->bytes, 3, &high))
        return layer_lacks(layer, 8);
    uint32_t size = (uint32_t)high << 8 | low;
    return size < 8 ? DECODE_MALFORMED : decode_inner_link(layer, size, 4);
}

#define PKTAP_MAX 4096 /* it is about 150 bytes */
#define PKTAP_FLAGS_AT 36

/* macOS: length, kind, link type, name of the interface, flags of which the lowest two are the
 * directions in and out. */
static DecodeResult decode_pktap(Layer *layer)
{
    uint32_t size, flags;
    if (!span_le32(layer->bytes, 0, &size))
        return layer_lacks(layer, 12);
    if (size < 12 || size > PKTAP_MAX)
        return DECODE_MALFORMED;
    bool told = size >= PKTAP_FLAGS_AT + 4 && span_le32(layer->bytes, PKTAP_FLAGS_AT, &flags);
    uint8_t heading = told ? flags & (HEADING_IN | HEADING_OUT) : 0;
    DecodeResult result = decode_inner_link(layer, size, 8);
    layer->heading = heading;
    return result;
}

DecodeResult link_decode(int link_type, Layer *layer)
{
    LinkDecoder *decode = find_decoder(link_type);
    return decode ? decode(layer) : DECODE_UNKNOWN_LINK;
}

bool link_is_known(int link_type)
{
    return find_decoder(link_type) != NULL;
}
