/* Community ID version 1, seed 0: the flow hash that Zeek, Suricata and Wireshark print. */
#ifndef STREAM_COMMUNITY_ID_H
#define STREAM_COMMUNITY_ID_H

#include "stream/stream.h"

#define COMMUNITY_ID_SIZE 32

/* Writes "1:" and the Base64 of the SHA-1, zero-terminated. */
void community_id_v1(const IpAddress address[2], const uint16_t port[2],
                     char ret_id[COMMUNITY_ID_SIZE]);

#endif
