#include "decode/decode.h"

#include "decode/ip.h"
#include "decode/link.h"
#include "decode/tcp.h"

DecodeResult decode_frame(const Frame *frame, Segment *ret_segment)
{
    /* A capture that claims less on the wire than it has was written by a careless tool. */
    Layer layer = { .bytes = frame->bytes, .wire_length = frame->wire_length };
    if (layer.wire_length < layer.bytes.length)
        layer.wire_length = (uint32_t)layer.bytes.length;

    uint8_t version;
    DecodeResult result = link_decode(frame->link_type, &layer, &version);
    if (result == DECODE_SEGMENT)
        result = ip_decode(&layer, version, &ret_segment->source, &ret_segment->destination);
    if (result == DECODE_SEGMENT)
        result = tcp_decode(&layer, ret_segment);
    if (result == DECODE_SEGMENT) {
        ret_segment->frame = frame->id;
        ret_segment->time = frame->time;
        ret_segment->network = 0;
    }
    return result;
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
        return "IP fragment";
    case DECODE_CUT:
        return "headers cut by the snap length";
    case DECODE_MALFORMED:
        return "malformed headers";
    }
    g_assert_not_reached();
}

bool decode_knows_link(int link_type)
{
    return link_is_known(link_type);
}
