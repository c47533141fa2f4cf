/* Link layers: a frame to the IP packet in it. */
#ifndef DECODE_LINK_H
#define DECODE_LINK_H

#include "decode/layer.h"

/* Link types, by the numbers that pcap_datalink() returns. They are restated because only capture/ may
 * include pcap.h, and because a pcapng file can carry some of them by other numbers than libpcap's on
 * this system: LINKTYPE_RAW is 101 in files, DLT_RAW 12 here and 14 on OpenBSD. */
enum {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_RAW = 12,
    LINK_RAW_OPENBSD = 14,
    LINK_RAW_FILE = 101,
    LINK_LOOP = 108,
    LINK_LINUX_SLL = 113,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_LINUX_SLL2 = 276,
};

/* Takes the link layer off. `ret_version` is the version of IP that it announces, 4 or 6, or 0 if it
 * announces none. */
DecodeResult link_decode(int link_type, Layer *layer, uint8_t *ret_version);

bool link_is_known(int link_type);

#endif
