/* Community ID version 1: Base64 of the SHA-1 over seed (2 bytes), the addresses and ports in
 * order (the smaller address first, with equal addresses the smaller port), protocol and a zero
 * byte between them. Everything in network order.
 *
 * The sum of these 40 bytes at most takes 1,500 instructions, most of them to set up a context, so
 * the last few are kept: the place is chosen by the ports, and a place holds one connection. */
#include "stream/community_id.h"

#include <openssl/evp.h>
#include <string.h>

#define PROTOCOL_TCP 6
#define INPUT_MAX (2 + 16 + 16 + 2 + 2 + 2)
#define SHA1_SIZE 20
#define BASE64_SIZE (4 * ((SHA1_SIZE + 2) / 3) + 1)
#define ID_SIZE (2 + BASE64_SIZE)
#define PLACES 64

typedef struct Remembered {
    size_t length; /* of the input; 0: the place is empty */
    uint8_t input[INPUT_MAX];
    char id[ID_SIZE];
} Remembered;

struct CommunityIds {
    EVP_MD *sha1;
    EVP_MD_CTX *context;
    Remembered places[PLACES];
};

CommunityIds *community_ids_new(void)
{
    CommunityIds *ids = g_new0(CommunityIds, 1);
    ids->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    ids->context = EVP_MD_CTX_new();
    g_assert(ids->sha1 && ids->context);
    return ids;
}

static size_t put_port(uint8_t *to, uint16_t port)
{
    to[0] = (uint8_t)(port >> 8);
    to[1] = (uint8_t)port;
    return 2;
}

/* What is summed. Returns its length. */
static size_t make_input(const IpAddress address[2], const uint16_t port[2],
                         uint8_t ret_input[INPUT_MAX])
{
    size_t size = address[0].version == 4 ? 4 : 16;
    int order = memcmp(address[0].bytes, address[1].bytes, size);
    int first = order ? order > 0 : port[0] > port[1];
    memset(ret_input, 0, 2);
    size_t at = 2;
    for (int i = 0; i < 2; i++, at += size)
        memcpy(ret_input + at, address[first ^ i].bytes, size);
    ret_input[at++] = PROTOCOL_TCP;
    ret_input[at++] = 0;
    at += put_port(ret_input + at, port[first]);
    at += put_port(ret_input + at, port[!first]);
    return at;
}

static void sum(CommunityIds *ids, Remembered *place)
{
    uint8_t digest[SHA1_SIZE];
    unsigned size = 0;
    bool done = EVP_DigestInit_ex2(ids->context, ids->sha1, NULL) == 1 &&
                EVP_DigestUpdate(ids->context, place->input, place->length) == 1 &&
                EVP_DigestFinal_ex(ids->context, digest, &size) == 1;
    g_assert(done && size == sizeof digest);
    memcpy(place->id, "1:", 2);
    EVP_EncodeBlock((uint8_t *)place->id + 2, digest, SHA1_SIZE);
}

const char *community_ids_find(CommunityIds *ids, const IpAddress address[2],
                               const uint16_t port[2])
{
    uint8_t input[INPUT_MAX];
    size_t length = make_input(address, port, input);
    Remembered *place = &ids->places[(port[0] ^ port[1]) % PLACES];
    if (place->length != length || memcmp(place->input, input, length) != 0) {
        place->length = length;
        memcpy(place->input, input, length);
        sum(ids, place);
    }
    return place->id;
}

void community_ids_free(CommunityIds *ids)
{
    if (!ids)
        return;
    EVP_MD_CTX_free(ids->context);
    EVP_MD_free(ids->sha1);
    g_free(ids);
}
