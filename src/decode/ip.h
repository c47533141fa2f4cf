/* IPv4 and IPv6: a packet to what is in it. */
#ifndef DECODE_IP_H
#define DECODE_IP_H

#include "decode/layer.h"

/* What DECODE_FRAGMENT says more: the layer is the fragment then, its kind not known. */
typedef struct IpFragment {
    uint32_t identification;
    uint8_t version;
    uint8_t protocol; /* of what was cut up, as this fragment says */
    uint32_t offset;
    bool more;
} IpFragment;

/* Takes the IP header off, extension headers included, and fills in the addresses. A fragment of
 * what cannot carry TCP is DECODE_NOT_TCP; of another one `ret_fragment` is filled. */
DecodeResult ip_decode(Layer *layer, IpAddress *ret_source, IpAddress *ret_destination,
                       IpFragment *ret_fragment);

/* Goes on in a datagram that was put together again. */
DecodeResult ip_decode_rest(Layer *layer, uint8_t version, uint8_t protocol);

/* Whether a packet is here, where a port or a label only makes one likely, of the version that the
 * layer's kind says: DECODE_SEGMENT, or DECODE_NOT_IP, or DECODE_CUT if too little was captured to
 * tell. */
DecodeResult ip_recognize(const Layer *layer);

#endif
