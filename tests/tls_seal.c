#include "tls_seal.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

static const struct {
    const char *name;
    size_t key;
    char mode; /* g: GCM, c: CCM, p: ChaCha20-Poly1305, b: CBC */
} CIPHERS[TLS_CIPHERS] = {
    [TLS_AES_128_GCM] = { "AES-128-GCM", 16, 'g' },
    [TLS_AES_256_GCM] = { "AES-256-GCM", 32, 'g' },
    [TLS_ARIA_128_GCM] = { "ARIA-128-GCM", 16, 'g' },
    [TLS_ARIA_256_GCM] = { "ARIA-256-GCM", 32, 'g' },
    [TLS_AES_128_CCM] = { "AES-128-CCM", 16, 'c' },
    [TLS_AES_256_CCM] = { "AES-256-CCM", 32, 'c' },
    [TLS_CHACHA20_POLY1305] = { "ChaCha20-Poly1305", 32, 'p' },
    [TLS_AES_128_CBC] = { "AES-128-CBC", 16, 'b' },
    [TLS_AES_256_CBC] = { "AES-256-CBC", 32, 'b' },
    [TLS_CAMELLIA_128_CBC] = { "CAMELLIA-128-CBC", 16, 'b' },
    [TLS_CAMELLIA_256_CBC] = { "CAMELLIA-256-CBC", 32, 'b' },
};

static const EVP_MD *digest(unsigned hash)
{
    return hash == TLS_SHA1 ? EVP_sha1() : hash == TLS_SHA256 ? EVP_sha256() : EVP_sha384();
}

static void hmac(unsigned hash, const uint8_t *key, size_t key_length, const GByteArray *data,
                 uint8_t *to)
{
    unsigned length;
    if (!HMAC(digest(hash), key, (int)key_length, data->data, data->len, to, &length))
        g_error("no HMAC");
}

/* P_hash of RFC 5246 §5. */
static void prf(unsigned hash, Span secret, const GByteArray *seed, uint8_t *to, size_t length)
{
    size_t size = (size_t)EVP_MD_get_size(digest(hash));
    uint8_t a[EVP_MAX_MD_SIZE], block[EVP_MAX_MD_SIZE];
    g_autoptr(GByteArray) data = g_byte_array_new();
    hmac(hash, secret.bytes, secret.length, seed, a);
    for (size_t at = 0; at < length; at += size) {
        g_byte_array_set_size(data, 0);
        g_byte_array_append(data, a, (guint)size);
        g_byte_array_append(data, seed->data, seed->len);
        hmac(hash, secret.bytes, secret.length, data, block);
        memcpy(to + at, block, MIN(size, length - at));
        g_byte_array_set_size(data, 0);
        g_byte_array_append(data, a, (guint)size);
        hmac(hash, secret.bytes, secret.length, data, a);
    }
}

/* HKDF-Expand-Label for no more than one block. */
static void expand(unsigned hash, const uint8_t *secret, const char *label, uint8_t *to,
                   size_t length)
{
    size_t size = (size_t)EVP_MD_get_size(digest(hash));
    uint8_t block[EVP_MAX_MD_SIZE], head[] = { 0, (uint8_t)length, (uint8_t)(6 + strlen(label)) };
    g_autoptr(GByteArray) data = g_byte_array_new();
    g_byte_array_append(data, head, sizeof head);
    g_byte_array_append(data, (const guint8 *)"tls13 ", 6);
    g_byte_array_append(data, (const guint8 *)label, (guint)strlen(label));
    g_byte_array_append(data, (const guint8 *)"\0\1", 2);
    hmac(hash, secret, size, data, block);
    memcpy(to, block, length);
}

TlsSeal tls_seal_12(const TlsNegotiated *negotiated, Span master, int side)
{
    TlsSeal seal = { .suite = negotiated->suite, .encrypt_then_mac = negotiated->encrypt_then_mac };
    char mode = CIPHERS[seal.suite->cipher].mode;
    size_t key = CIPHERS[seal.suite->cipher].key, iv = mode == 'b' ? 0 : mode == 'p' ? 12 : 4;
    size_t mac = mode == 'b' ? (size_t)EVP_MD_get_size(digest(seal.suite->mac)) : 0;
    uint8_t block[256];
    g_autoptr(GByteArray) seed = g_byte_array_new();
    g_byte_array_append(seed, (const guint8 *)"key expansion", 13);
    g_byte_array_append(seed, negotiated->server_random, TLS_RANDOM_SIZE);
    g_byte_array_append(seed, negotiated->client_random, TLS_RANDOM_SIZE);
    prf(seal.suite->prf, master, seed, block, 2 * (mac + key + iv));
    memcpy(seal.mac_key, block + (size_t)side * mac, mac);
    memcpy(seal.key, block + 2 * mac + (size_t)side * key, key);
    memcpy(seal.iv, block + 2 * (mac + key) + (size_t)side * iv, iv);
    return seal;
}

TlsSeal tls_seal_13(const TlsSuite *suite, Span secret)
{
    TlsSeal seal = { .suite = suite };
    expand(suite->prf, secret.bytes, "key", seal.key, CIPHERS[suite->cipher].key);
    expand(suite->prf, secret.bytes, "iv", seal.iv, sizeof seal.iv);
    return seal;
}

TlsSeal tls_seal_next(const TlsSeal *seal, uint8_t *secret)
{
    uint8_t next[TLS_SECRET_MAX];
    size_t size = (size_t)EVP_MD_get_size(digest(seal->suite->prf));
    expand(seal->suite->prf, secret, "traffic upd", next, size);
    memcpy(secret, next, size);
    TlsSeal after = tls_seal_13(seal->suite, span_make(next, size));
    after.padding = seal->padding;
    return after;
}

static void put_number(GByteArray *to, uint64_t number, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--) {
        uint8_t byte = (uint8_t)(number >> 8 * i);
        g_byte_array_append(to, &byte, 1);
    }
}

static void encrypt_aead(const TlsSeal *seal, const uint8_t *nonce, const GByteArray *aad,
                         const GByteArray *content, GByteArray *to)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, CIPHERS[seal->suite->cipher].name, NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool ccm = CIPHERS[seal->suite->cipher].mode == 'c';
    int tag = seal->suite->tag, length = (int)content->len, done;
    /* CCM takes no address for the announcement of a length */
    const uint8_t *plain = length ? content->data : (const uint8_t *)"";
    guint at = to->len;
    g_byte_array_set_size(to, at + content->len + (guint)tag);
    bool good = EVP_EncryptInit_ex2(context, cipher, NULL, NULL, NULL) &&
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL) &&
                (!ccm || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag, NULL)) &&
                EVP_EncryptInit_ex2(context, NULL, seal->key, nonce, NULL) &&
                (!ccm || EVP_EncryptUpdate(context, NULL, &done, NULL, length)) &&
                EVP_EncryptUpdate(context, NULL, &done, aad->data, (int)aad->len) &&
                EVP_EncryptUpdate(context, to->data + at, &done, plain, length) &&
                EVP_EncryptFinal_ex(context, to->data + at + length, &done) &&
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag, to->data + at + length);
    if (!good)
        g_error("%s does not seal", seal->suite->name);
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(cipher);
}

static void put_mac(const TlsSeal *seal, uint8_t type, Span over, GByteArray *to)
{
    uint8_t mac[EVP_MAX_MD_SIZE], head[] = { type, 3, 3 };
    g_autoptr(GByteArray) data = g_byte_array_new();
    put_number(data, seal->number, 8);
    g_byte_array_append(data, head, sizeof head);
    put_number(data, over.length, 2);
    g_byte_array_append(data, over.bytes, (guint)over.length);
    hmac(seal->suite->mac, seal->mac_key, (size_t)EVP_MD_get_size(digest(seal->suite->mac)), data,
         mac);
    g_byte_array_append(to, mac, (guint)EVP_MD_get_size(digest(seal->suite->mac)));
}

static void seal_cbc(const TlsSeal *seal, uint8_t type, Span content, GByteArray *to)
{
    g_autoptr(GByteArray) plain = g_byte_array_new();
    g_byte_array_append(plain, content.bytes, (guint)content.length);
    if (!seal->encrypt_then_mac)
        put_mac(seal, type, content, plain);
    uint8_t padding = (uint8_t)(15 - plain->len % 16);
    for (unsigned i = 0; i <= padding; i++)
        g_byte_array_append(plain, &padding, 1);
    uint8_t iv[16];
    for (size_t i = 0; i < sizeof iv; i++)
        iv[i] = (uint8_t)(seal->number + i * 29);
    g_byte_array_append(to, iv, sizeof iv);
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, CIPHERS[seal->suite->cipher].name, NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int done;
    guint at = to->len;
    g_byte_array_set_size(to, at + plain->len);
    if (!EVP_EncryptInit_ex2(context, cipher, seal->key, iv, NULL) ||
        !EVP_CIPHER_CTX_set_padding(context, 0) ||
        !EVP_EncryptUpdate(context, to->data + at, &done, plain->data, (int)plain->len))
        g_error("%s does not seal", seal->suite->name);
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(cipher);
    if (seal->encrypt_then_mac)
        put_mac(seal, type, span_make(to->data, to->len), to);
}

static void nonce_of(const TlsSeal *seal, uint8_t nonce[static 12])
{
    memcpy(nonce, seal->iv, 12);
    for (int i = 0; i < 8; i++)
        nonce[4 + i] ^= (uint8_t)(seal->number >> 8 * (7 - i));
}

static void seal_13(const TlsSeal *seal, uint8_t type, Span content, const GByteArray *header,
                    GByteArray *to)
{
    uint8_t nonce[12], zero = 0;
    g_autoptr(GByteArray) inner = g_byte_array_new();
    g_byte_array_append(inner, content.bytes, (guint)content.length);
    g_byte_array_append(inner, &type, 1);
    for (size_t i = 0; i < seal->padding; i++)
        g_byte_array_append(inner, &zero, 1);
    nonce_of(seal, nonce);
    encrypt_aead(seal, nonce, header, inner, to);
}

static void seal_aead_12(const TlsSeal *seal, uint8_t type, Span content, GByteArray *to)
{
    uint8_t nonce[12], head[] = { type, 3, 3 };
    g_autoptr(GByteArray) aad = g_byte_array_new(), plain = g_byte_array_new();
    put_number(aad, seal->number, 8);
    g_byte_array_append(aad, head, sizeof head);
    put_number(aad, content.length, 2);
    g_byte_array_append(plain, content.bytes, (guint)content.length);
    if (CIPHERS[seal->suite->cipher].mode == 'p') {
        nonce_of(seal, nonce);
    } else {
        memcpy(nonce, seal->iv, 4);
        for (int i = 0; i < 8; i++)
            nonce[4 + i] = (uint8_t)(0xa0 + i + (int)(seal->number >> 8 * (7 - i)));
        g_byte_array_append(to, nonce + 4, 8);
    }
    encrypt_aead(seal, nonce, aad, plain, to);
}

void tls_seal_record(TlsSeal *seal, uint8_t type, Span content, GByteArray *to)
{
    g_autoptr(GByteArray) header = g_byte_array_new(), body = g_byte_array_new();
    bool of_13 = seal->suite->of_13;
    uint8_t head[] = { of_13 ? 23 : type, 3, 3 };
    g_byte_array_append(header, head, sizeof head);
    if (of_13) {
        put_number(header, content.length + 1 + seal->padding + seal->suite->tag, 2);
        seal_13(seal, type, content, header, body);
    } else {
        if (CIPHERS[seal->suite->cipher].mode == 'b')
            seal_cbc(seal, type, content, body);
        else
            seal_aead_12(seal, type, content, body);
        put_number(header, body->len, 2);
    }
    g_byte_array_append(to, header->data, header->len);
    g_byte_array_append(to, body->data, body->len);
    seal->number++;
}
