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

void community_id_v1(const Connection *connection, char ret_id[COMMUNITY_ID_SIZE])
{
    size_t size = connection->address[0].version == 4 ? 4 : 16;
    int order = memcmp(connection->address[0].bytes, connection->address[1].bytes, size);
    int first = order ? order > 0 : connection->port[0] > connection->port[1];
    uint8_t input[INPUT_MAX] = { 0, 0 };
    size_t at = 2;
    for (int i = 0; i < 2; i++, at += size)
        memcpy(input + at, connection->address[first ^ i].bytes, size);
    input[at++] = PROTOCOL_TCP;
    input[at++] = 0;
    at += put_port(input + at, connection->port[first]);
    at += put_port(input + at, connection->port[!first]);

    uint8_t digest[SHA1_SIZE];
    gsize digest_size = sizeof digest;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA1);
    g_checksum_update(checksum, input, (gssize)at);
    g_checksum_get_digest(checksum, digest, &digest_size);
    g_autofree char *text = g_base64_encode(digest, digest_size);
    g_snprintf(ret_id, COMMUNITY_ID_SIZE, "1:%s", text);
}
