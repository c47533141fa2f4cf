/* Community ID version 1: Base64 of the SHA-1 over seed (2 bytes), the addresses and ports in
 * order (the smaller address first, with equal addresses the smaller port), protocol and a zero
 * byte between them. Everything in network order. */
#include "stream/community_id.h"

#include <string.h>

#define PROTOCOL_TCP 6
#define INPUT_MAX (2 + 16 + 16 + 2 + 2 + 2)
#define SHA1_SIZE 20

static size_t put_port(uint8_t *to, uint16_t port)
{
    to[0] = (uint8_t)(port >> 8);
    to[1] = (uint8_t)port;
    return 2;
}

void community_id_v1(const IpAddress address[2], const uint16_t port[2],
                     char ret_id[COMMUNITY_ID_SIZE])
{
    size_t size = address[0].version == 4 ? 4 : 16;
    int order = memcmp(address[0].bytes, address[1].bytes, size);
    int first = order ? order > 0 : port[0] > port[1];
    uint8_t input[INPUT_MAX] = { 0, 0 };
    size_t at = 2;
    for (int i = 0; i < 2; i++, at += size)
        memcpy(input + at, address[first ^ i].bytes, size);
    input[at++] = PROTOCOL_TCP;
    input[at++] = 0;
    at += put_port(input + at, port[first]);
    at += put_port(input + at, port[!first]);

    uint8_t digest[SHA1_SIZE];
    gsize digest_size = sizeof digest;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA1);
    g_checksum_update(checksum, input, (gssize)at);
    g_checksum_get_digest(checksum, digest, &digest_size);
    g_autofree char *text = g_base64_encode(digest, digest_size);
    g_snprintf(ret_id, COMMUNITY_ID_SIZE, "1:%s", text);
}
