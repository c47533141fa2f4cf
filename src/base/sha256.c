#include "base/sha256.h"

#include <glib.h>
#include <openssl/evp.h>

#define DIGEST_SIZE 32

struct Sha256 {
    EVP_MD_CTX *context;
};

/* libcrypto fails here only if it cannot work at all: no provider has the algorithm. */
static void require(int done)
{
    if (done != 1)
        g_error("libcrypto cannot compute a SHA-256");
}

Sha256 *sha256_new(void)
{
    Sha256 *sum = g_new(Sha256, 1);
    sum->context = EVP_MD_CTX_new();
    require(sum->context != NULL);
    require(EVP_DigestInit_ex(sum->context, EVP_sha256(), NULL));
    return sum;
}

void sha256_add(Sha256 *sum, const void *bytes, size_t size)
{
    require(EVP_DigestUpdate(sum->context, bytes, size));
}

char *sha256_finish(Sha256 *sum)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[DIGEST_SIZE];
    require(EVP_DigestFinal_ex(sum->context, digest, NULL));
    char *text = g_new(char, 2 * DIGEST_SIZE + 1);
    for (int i = 0; i < DIGEST_SIZE; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 0x0f];
    }
    text[2 * DIGEST_SIZE] = '\0';
    EVP_MD_CTX_free(sum->context);
    g_free(sum);
    return text;
}
