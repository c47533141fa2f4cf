/* Link layers: a frame to what is in it. */
#ifndef DECODE_LINK_H
#define DECODE_LINK_H

#include "decode/layer.h"

/* Link types, by the numbers that pcap_datalink() returns. They are restated because only capture/
 * may include pcap.h, and because a pcapng file can carry some of them by other numbers than
 * libpcap's on this system: LINKTYPE_RAW is 101 in files, DLT_RAW 12 here and 14 on OpenBSD. */
enum {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_ARCNET = 7,
    LINK_PPP = 9,
    LINK_ATM = 11, /* LLC in AAL5 */
    LINK_RAW = 12,
    LINK_RAW_OPENBSD = 14,
    LINK_PPP_SERIAL = 50,
    LINK_PPP_ETHERNET = 51,
    LINK_RAW_FILE = 101,
    LINK_CISCO_HDLC = 104,
    LINK_WLAN = 105,
    LINK_LOOP = 108,
    LINK_ENC = 109,
    LINK_LINUX_SLL = 113,
    LINK_PFLOG = 117,
    LINK_WLAN_PRISM = 119,
    LINK_WLAN_RADIOTAP = 127,
    LINK_ARCNET_LINUX = 129,
    LINK_FIREWIRE = 138,
    LINK_WLAN_AVS = 163,
    LINK_PPP_DAEMON = 166,
    LINK_PPI = 192,
    LINK_PPP_WITH_DIRECTION = 204,
    LINK_MPLS = 219,
    LINK_IPNET = 226,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_NFLOG = 239,
    LINK_NETANALYZER = 240,
    LINK_NETANALYZER_PREAMBLE = 241,
    LINK_PKTAP = 258,
    LINK_LINUX_SLL2 = 276,
};

/* Takes the header of the link layer off. */
DecodeResult link_decode(int link_type, Layer *layer);

/* Whether frames of this type can be decoded at all. */
bool link_is_known(int link_type);

#endif
