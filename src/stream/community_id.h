/* Community ID version 1, seed 0: the flow hash that Zeek, Suricata and Wireshark print. */
#ifndef STREAM_COMMUNITY_ID_H
#define STREAM_COMMUNITY_ID_H

#include "stream/stream.h"

/* Remembers those of some connections, because the exchanges of one follow each other. */
typedef struct CommunityIds CommunityIds;

CommunityIds *community_ids_new(void);

/* "1:" and the Base64 of the SHA-1. Borrowed until the next call. */
const char *community_ids_find(CommunityIds *ids, const IpAddress address[2],
                               const uint16_t port[2]);

/* NULL is nothing. */
void community_ids_free(CommunityIds *ids);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CommunityIds, community_ids_free)

#endif
