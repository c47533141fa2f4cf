#include "decode/decode.h"

#include "decode/ethernet.h"
#include "decode/fragments.h"
#include "decode/icmp.h"
#include "decode/ip.h"
#include "decode/link.h"
#include "decode/ppp.h"
#include "decode/quic.h"
#include "decode/tcp.h"
#include "decode/tunnel.h"

/* Eight overlays, one in the other, of three headers each. Two are usual. */
#define HEADERS_MAX DECODE_TRAIL_MAX

struct Decoder {
    Fragments *fragments;
    bool handed_out; /* something of `fragments` */
    bool stub;       /* see decoder_found_stub() */
    bool quic;       /* see decoder_found_quic() */
    DecodeTrail trail;
};

Decoder *decoder_new(void)
{
    Decoder *decoder = g_new0(Decoder, 1);
    decoder->fragments = fragments_new(&FRAGMENT_LIMITS_DEFAULT);
    return decoder;
}

void decoder_free(Decoder *decoder)
{
    if (!decoder)
        return;
    fragments_free(decoder->fragments);
    g_free(decoder);
}

static DecodeResult decode_ip(Decoder *decoder, const Frame *frame, Layer *layer,
                              Segment *ret_segment)
{
    IpFragment fragment;
    DecodeResult result =
        ip_decode(layer, &ret_segment->source, &ret_segment->destination, &fragment);
    if (result != DECODE_FRAGMENT || layer->quoted)
        return result;
    uint8_t protocol;
    result = fragments_add(decoder->fragments, &fragment, &ret_segment->source,
                           &ret_segment->destination, frame->time, layer, &protocol);
    uint64_t datagram = fragments_datagram(decoder->fragments);
    if (datagram && decoder->trail.count < DECODE_TRAIL_MAX)
        decoder->trail.datagrams[decoder->trail.count++] = datagram;
    if (result != DECODE_SEGMENT)
        return result;
    decoder->handed_out = true;
    return ip_decode_rest(layer, fragment.version, protocol);
}

/* Takes one header off, of those before TCP. */
static DecodeResult decode_layer(Decoder *decoder, const Frame *frame, Layer *layer,
                                 Segment *ret_segment)
{
    switch (layer->kind) {
    case LAYER_IP:
    case LAYER_IPV4:
    case LAYER_IPV6:
        return decode_ip(decoder, frame, layer, ret_segment);
    case LAYER_UDP:
        decoder->quic = !layer->quoted && quic_begins(layer);
        return udp_decode(layer);
    case LAYER_ETHERNET:
        return ethernet_decode(layer);
    case LAYER_LLC:
        return llc_decode(layer);
    case LAYER_PPP:
        return ppp_decode(layer);
    case LAYER_PPPOE:
        return pppoe_decode(layer);
    case LAYER_MPLS:
        return mpls_decode(layer);
    case LAYER_GRE:
        return gre_decode(layer);
    case LAYER_ETHERIP:
        return etherip_decode(layer);
    case LAYER_NSH:
        return nsh_decode(layer);
    case LAYER_ICMP:
        return icmp_decode(layer);
    case LAYER_ICMPV6:
        return icmpv6_decode(layer);
    case LAYER_TCP:
        g_assert_not_reached();
    }
    g_assert_not_reached();
}

DecodeResult decode_frame(Decoder *decoder, const Frame *frame, Segment *ret_segment)
{
    /* A capture that claims less on the wire than it has was written by a careless tool. */
    Layer layer = { .bytes = frame->bytes, .wire_length = frame->wire_length };
    if (layer.wire_length < layer.bytes.length)
        layer.wire_length = (uint32_t)layer.bytes.length;

    if (decoder->handed_out)
        fragments_release(decoder->fragments);
    decoder->handed_out = false;
    decoder->trail.count = 0;
    decoder->quic = false;
    unsigned headers = 0;
    DecodeResult result = link_decode(frame->link_type, &layer);
    while (result == DECODE_SEGMENT && layer.kind != LAYER_TCP)
        result = ++headers < HEADERS_MAX ? decode_layer(decoder, frame, &layer, ret_segment)
                                         : DECODE_NESTED;
    decoder->stub = false;
    if (result == DECODE_SEGMENT) {
        result = tcp_decode(&layer, ret_segment);
        decoder->stub = (result != DECODE_SEGMENT || layer.quoted) && tcp_is_named(&layer);
        ret_segment->frame = frame->id;
        ret_segment->clock = frame->clock;
        ret_segment->time = frame->time;
        ret_segment->network = layer.network;
        ret_segment->packet_id = layer.packet_id;
        ret_segment->hops = layer.hops;
        ret_segment->heading = layer.heading;
        ret_segment->quoted = layer.quoted;
        ret_segment->fragments_given_up = fragments_were_given_up(
            decoder->fragments, &ret_segment->source, &ret_segment->destination);
    }
    decoder->quic = decoder->quic && result == DECODE_NOT_TCP;
    return layer.quoted ? DECODE_NOT_TCP : result;
}

bool decoder_found_quic(const Decoder *decoder)
{
    return decoder->quic;
}

bool decoder_found_stub(const Decoder *decoder)
{
    return decoder->stub;
}

const DecodeTrail *decoder_trail(const Decoder *decoder)
{
    return &decoder->trail;
}

void decoder_settle(const Decoder *decoder, uint64_t counts[DECODE_RESULT_COUNT])
{
    const FragmentCounters *fragments = fragments_counters(decoder->fragments);
    counts[DECODE_FRAGMENT] = fragments->alone;
    counts[DECODE_LIMIT] = fragments->given_up;
}

const char *decode_result_text(DecodeResult result)
{
    switch (result) {
    case DECODE_SEGMENT:
        return "TCP segment";
    case DECODE_UNKNOWN_LINK:
        return "unknown link type";
    case DECODE_NOT_IP:
        return "not IP";
    case DECODE_NOT_TCP:
        return "not TCP";
    case DECODE_FRAGMENT:
        return "IP fragments without the others";
    case DECODE_LIMIT:
        return "IP fragments given up (limit)";
    case DECODE_CUT:
        return "headers cut by the snap length";
    case DECODE_MALFORMED:
        return "malformed headers";
    case DECODE_NESTED:
        return "headers nested too deeply";
    case DECODE_ENCRYPTED:
        return "encrypted 802.11 frames";
    case DECODE_WLAN_PARTS:
        return "802.11 fragments or aggregates";
    case DECODE_DAMAGED:
        return "damaged frames";
    }
    g_assert_not_reached();
}
