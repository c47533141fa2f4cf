/* Algorithms are fetched from OpenSSL once a process, for a fetch costs more than a record. A
 * context is kept with its key for each direction; each record sets the nonce alone.
 *
 * What fails inside OpenSSL for want of anything but a fitting tag cannot be told from it and
 * need not be: a record that does not open is not opened. Keys can always be made, or else an
 * algorithm is missing from this build of OpenSSL; then there is no opener, and the suite counts
 * as one that cannot be opened. */
#include "session/tls_cipher.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#define NONCE_SIZE 12
#define KEY_MAX 32
#define MAC_MAX 48
#define CBC_BLOCK 16
#define EXPLICIT_NONCE 8
#define AAD_12_SIZE 13
#define RECORD_TYPES_ZERO 0 /* padding in TLS 1.3 */

typedef enum Mode { MODE_GCM, MODE_CCM, MODE_CHACHA, MODE_CBC } Mode;

static const struct {
    const char *name; /* OpenSSL's */
    Mode mode;
    size_t key;
} CIPHERS[TLS_CIPHERS] = {
    [TLS_AES_128_GCM] = { "AES-128-GCM", MODE_GCM, 16 },
    [TLS_AES_256_GCM] = { "AES-256-GCM", MODE_GCM, 32 },
    [TLS_ARIA_128_GCM] = { "ARIA-128-GCM", MODE_GCM, 16 },
    [TLS_ARIA_256_GCM] = { "ARIA-256-GCM", MODE_GCM, 32 },
    [TLS_AES_128_CCM] = { "AES-128-CCM", MODE_CCM, 16 },
    [TLS_AES_256_CCM] = { "AES-256-CCM", MODE_CCM, 32 },
    [TLS_CHACHA20_POLY1305] = { "ChaCha20-Poly1305", MODE_CHACHA, 32 },
    [TLS_AES_128_CBC] = { "AES-128-CBC", MODE_CBC, 16 },
    [TLS_AES_256_CBC] = { "AES-256-CBC", MODE_CBC, 32 },
    [TLS_CAMELLIA_128_CBC] = { "CAMELLIA-128-CBC", MODE_CBC, 16 },
    [TLS_CAMELLIA_256_CBC] = { "CAMELLIA-256-CBC", MODE_CBC, 32 },
};

static const struct {
    const char *name;
    size_t size;
} HASHES[TLS_HASHES] = {
    [TLS_SHA1] = { "SHA1", 20 },
    [TLS_SHA256] = { "SHA256", 32 },
    [TLS_SHA384] = { "SHA384", 48 },
};

typedef struct Algorithms {
    EVP_CIPHER *cipher[TLS_CIPHERS]; /* NULL: this OpenSSL has it not */
    EVP_KDF *prf, *hkdf;
    EVP_MAC *hmac;
} Algorithms;

/* What an opener is made of. */
typedef struct Material {
    uint16_t suite;
    bool encrypt_then_mac;
    uint8_t key[KEY_MAX], mac_key[MAC_MAX];
    uint8_t iv[NONCE_SIZE]; /* TLS 1.2 with GCM, CCM: its first four bytes */
    /* TLS 1.3, for the next generation */
    uint8_t secret[TLS_SECRET_MAX];
    uint8_t secret_length;
} Material;

struct TlsOpener {
    const TlsSuite *suite;
    EVP_CIPHER_CTX *context;
    EVP_MAC_CTX *mac; /* CBC */
    Material material;
};

static const Algorithms *algorithms(void)
{
    static Algorithms *fetched;
    if (g_once_init_enter(&fetched)) {
        Algorithms *all = g_new0(Algorithms, 1);
        for (size_t i = 0; i < TLS_CIPHERS; i++)
            all->cipher[i] = EVP_CIPHER_fetch(NULL, CIPHERS[i].name, NULL);
        all->prf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_TLS1_PRF, NULL);
        all->hkdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_TLS1_3_KDF, NULL);
        all->hmac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
        ERR_clear_error();
        g_once_init_leave(&fetched, all);
    }
    return fetched;
}

/* Keys ---------------------------------------------------------------------------------------- */

static bool derive(EVP_KDF *kdf, const OSSL_PARAM *parameters, uint8_t *to, size_t length)
{
    EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    bool done = context && EVP_KDF_derive(context, to, length, parameters) == 1;
    EVP_KDF_CTX_free(context);
    return done;
}

static OSSL_PARAM octets(const char *name, const void *bytes, size_t length)
{
    return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)bytes, length);
}

static OSSL_PARAM text(const char *name, const char *value)
{
    return OSSL_PARAM_construct_utf8_string(name, (char *)(uintptr_t)value, 0);
}

/* HKDF-Expand-Label of RFC 8446 §7.1 with an empty context. */
static bool expand(const TlsSuite *suite, Span secret, const char *label, uint8_t *to,
                   size_t length)
{
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        text(OSSL_KDF_PARAM_DIGEST, HASHES[suite->prf].name),
        octets(OSSL_KDF_PARAM_KEY, secret.bytes, secret.length),
        octets(OSSL_KDF_PARAM_PREFIX, "tls13 ", 6),
        octets(OSSL_KDF_PARAM_LABEL, label, strlen(label)),
        OSSL_PARAM_construct_end(),
    };
    return derive(algorithms()->hkdf, parameters, to, length);
}

static bool key_block(const TlsNegotiated *negotiated, Span master, uint8_t *to, size_t length)
{
    static const char LABEL[] = "key expansion";
    OSSL_PARAM parameters[] = {
        text(OSSL_KDF_PARAM_DIGEST, HASHES[negotiated->suite->prf].name),
        octets(OSSL_KDF_PARAM_SECRET, master.bytes, master.length),
        octets(OSSL_KDF_PARAM_SEED, LABEL, sizeof LABEL - 1),
        octets(OSSL_KDF_PARAM_SEED, negotiated->server_random, TLS_RANDOM_SIZE),
        octets(OSSL_KDF_PARAM_SEED, negotiated->client_random, TLS_RANDOM_SIZE),
        OSSL_PARAM_construct_end(),
    };
    return derive(algorithms()->prf, parameters, to, length);
}

static Mode mode_of(const TlsOpener *opener)
{
    return CIPHERS[opener->suite->cipher].mode;
}

/* Puts the key into a context; returns whether this OpenSSL can. */
static bool set_key(TlsOpener *opener)
{
    EVP_CIPHER *cipher = algorithms()->cipher[opener->suite->cipher];
    opener->context = EVP_CIPHER_CTX_new();
    if (!cipher || !opener->context ||
        EVP_DecryptInit_ex2(opener->context, cipher, NULL, NULL, NULL) != 1)
        return false;
    bool ready = true;
    if (mode_of(opener) == MODE_CBC)
        EVP_CIPHER_CTX_set_padding(opener->context, 0);
    else
        ready =
            EVP_CIPHER_CTX_ctrl(opener->context, EVP_CTRL_AEAD_SET_IVLEN, NONCE_SIZE, NULL) == 1;
    if (mode_of(opener) == MODE_CCM)
        ready = ready && EVP_CIPHER_CTX_ctrl(opener->context, EVP_CTRL_AEAD_SET_TAG,
                                             opener->suite->tag, NULL) == 1;
    return ready &&
           EVP_DecryptInit_ex2(opener->context, NULL, opener->material.key, NULL, NULL) == 1;
}

static bool set_mac_key(TlsOpener *opener)
{
    OSSL_PARAM parameters[] = {
        text(OSSL_MAC_PARAM_DIGEST, HASHES[opener->suite->mac].name),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *hmac = algorithms()->hmac;
    opener->mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    return opener->mac && EVP_MAC_init(opener->mac, opener->material.mac_key,
                                       HASHES[opener->suite->mac].size, parameters) == 1;
}

/* Makes the contexts; NULL if this OpenSSL cannot, or if there are no keys. */
static TlsOpener *make_ready(TlsOpener *opener, bool has_keys)
{
    bool ready =
        has_keys && set_key(opener) && (mode_of(opener) != MODE_CBC || set_mac_key(opener));
    if (ready)
        return opener;
    ERR_clear_error();
    tls_opener_free(opener);
    return NULL;
}

static TlsOpener *new_opener(const TlsSuite *suite)
{
    TlsOpener *opener = g_new0(TlsOpener, 1);
    opener->suite = suite;
    opener->material.suite = suite->id;
    return opener;
}

/* The block is cut as RFC 5246 §6.3 has it: the MAC keys, the keys, the IVs, each the client's
 * first. */
TlsOpener *tls_opener_new_12(const TlsNegotiated *negotiated, Span master, int side)
{
    const TlsSuite *suite = negotiated->suite;
    Mode mode = CIPHERS[suite->cipher].mode;
    size_t mac = mode == MODE_CBC ? HASHES[suite->mac].size : 0, key = CIPHERS[suite->cipher].key;
    size_t iv = mode == MODE_CBC      ? 0
                : mode == MODE_CHACHA ? NONCE_SIZE
                                      : NONCE_SIZE - EXPLICIT_NONCE;
    uint8_t block[2 * (MAC_MAX + KEY_MAX + NONCE_SIZE)] = { 0 };
    TlsOpener *opener = new_opener(suite);
    Material *material = &opener->material;
    material->encrypt_then_mac = negotiated->encrypt_then_mac;
    bool derived = key_block(negotiated, master, block, 2 * (mac + key + iv));
    memcpy(material->mac_key, block + (side ? mac : 0), mac);
    memcpy(material->key, block + 2 * mac + (side ? key : 0), key);
    memcpy(material->iv, block + 2 * (mac + key) + (side ? iv : 0), iv);
    OPENSSL_cleanse(block, sizeof block);
    return make_ready(opener, derived);
}

TlsOpener *tls_opener_new_13(const TlsSuite *suite, Span secret)
{
    if (secret.length != HASHES[suite->prf].size)
        return NULL;
    TlsOpener *opener = new_opener(suite);
    Material *material = &opener->material;
    memcpy(material->secret, secret.bytes, secret.length);
    material->secret_length = (uint8_t)secret.length;
    bool derived = expand(suite, secret, "key", material->key, CIPHERS[suite->cipher].key) &&
                   expand(suite, secret, "iv", material->iv, NONCE_SIZE);
    return make_ready(opener, derived);
}

/* What is packed moves when its buffer grows, and would leave copies behind. So the keys stay in a
 * block of their own, and as many zeros stand for them, to be counted. */
typedef struct Rest {
    Material *material;
    uint8_t counted[sizeof(Material)];
} Rest;

void tls_opener_pack(const TlsOpener *opener, GByteArray *to)
{
    Rest rest = { .material = g_memdup2(&opener->material, sizeof opener->material) };
    g_byte_array_append(to, (const guint8 *)&rest, sizeof rest);
}

TlsOpener *tls_opener_unpack(Span *from)
{
    Rest rest;
    g_assert(from->length >= sizeof rest);
    memcpy(&rest, from->bytes, sizeof rest);
    *from = span_after(*from, sizeof rest);
    TlsOpener *opener = new_opener(tls_suite_find(rest.material->suite));
    opener->material = *rest.material;
    OPENSSL_cleanse(rest.material, sizeof *rest.material);
    g_free(rest.material);
    return make_ready(opener, true);
}

TlsOpener *tls_opener_next(const TlsOpener *opener)
{
    uint8_t secret[TLS_SECRET_MAX];
    size_t length = opener->material.secret_length;
    TlsOpener *next = NULL;
    if (opener->suite->of_13 && expand(opener->suite, span_make(opener->material.secret, length),
                                       "traffic upd", secret, length))
        next = tls_opener_new_13(opener->suite, span_make(secret, length));
    OPENSSL_cleanse(secret, sizeof secret);
    return next;
}

/* Records ------------------------------------------------------------------------------------- */

static void write_number(uint8_t *to, uint64_t number)
{
    for (int i = 7; i >= 0; i--, number >>= 8)
        to[i] = (uint8_t)number;
}

/* Number, type, version, and the length of what is protected. */
static void write_aad_12(uint8_t aad[static AAD_12_SIZE], uint64_t number, Span header,
                         size_t length)
{
    write_number(aad, number);
    memcpy(aad + 8, header.bytes, 3);
    aad[11] = (uint8_t)(length >> 8);
    aad[12] = (uint8_t)length;
}

static bool open_aead(TlsOpener *opener, const uint8_t *nonce, Span aad, Span sealed, uint8_t *to)
{
    EVP_CIPHER_CTX *context = opener->context;
    int tag = opener->suite->tag, done = 0, length = (int)sealed.length - tag;
    bool ccm = mode_of(opener) == MODE_CCM;
    void *expected = (void *)(uintptr_t)(sealed.bytes + length);
    if ((ccm && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag, expected) != 1) ||
        EVP_DecryptInit_ex2(context, NULL, NULL, nonce, NULL) != 1 ||
        (ccm && EVP_DecryptUpdate(context, NULL, &done, NULL, length) != 1) ||
        EVP_DecryptUpdate(context, NULL, &done, aad.bytes, (int)aad.length) != 1)
        return false;
    if (ccm) /* the tag is checked with the data, of which there may be none */
        return EVP_DecryptUpdate(context, to, &done, sealed.bytes, length) == 1;
    return (length == 0 || EVP_DecryptUpdate(context, to, &done, sealed.bytes, length) == 1) &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag, expected) == 1 &&
           EVP_DecryptFinal_ex(context, to + length, &done) == 1;
}

static void nonce_of_number(const TlsOpener *opener, uint64_t number, uint8_t *nonce)
{
    /* cppcheck-suppress ctuPointerArith ; both are 12 bytes long */
    write_number(nonce + NONCE_SIZE - 8, number);
    memset(nonce, 0, NONCE_SIZE - 8);
    for (size_t i = 0; i < NONCE_SIZE; i++)
        nonce[i] ^= opener->material.iv[i];
}

/* The type stands behind the data, and zeros behind it. */
static bool open_13(TlsOpener *opener, uint64_t number, Span header, Span body, uint8_t *to,
                    size_t *ret_length, uint8_t *ret_type)
{
    uint8_t nonce[NONCE_SIZE];
    nonce_of_number(opener, number, nonce);
    if (!open_aead(opener, nonce, span_first(header, TLS_HEADER_SIZE), body, to))
        return false;
    size_t length = body.length - opener->suite->tag;
    while (length && to[length - 1] == RECORD_TYPES_ZERO)
        length--;
    *ret_length = length ? length - 1 : 0;
    *ret_type = length ? to[length - 1] : RECORD_TYPES_ZERO;
    return true;
}

static bool open_aead_12(TlsOpener *opener, uint64_t number, Span header, Span body, uint8_t *to,
                         size_t *ret_length)
{
    uint8_t nonce[NONCE_SIZE], aad[AAD_12_SIZE];
    if (mode_of(opener) == MODE_CHACHA) {
        nonce_of_number(opener, number, nonce);
    } else {
        memcpy(nonce, opener->material.iv, NONCE_SIZE - EXPLICIT_NONCE);
        memcpy(nonce + NONCE_SIZE - EXPLICIT_NONCE, body.bytes, EXPLICIT_NONCE);
        body = span_after(body, EXPLICIT_NONCE);
    }
    *ret_length = body.length - opener->suite->tag;
    write_aad_12(aad, number, header, *ret_length);
    return open_aead(opener, nonce, span_make(aad, sizeof aad), body, to);
}

/* Whether `mac` is that of `data`, which is `length` bytes to the record's length. */
static bool mac_fits(TlsOpener *opener, uint64_t number, Span header, Span data, const uint8_t *mac)
{
    uint8_t aad[AAD_12_SIZE], computed[EVP_MAX_MD_SIZE];
    size_t size = HASHES[opener->suite->mac].size, done;
    write_aad_12(aad, number, header, data.length);
    return EVP_MAC_init(opener->mac, NULL, 0, NULL) == 1 &&
           EVP_MAC_update(opener->mac, aad, sizeof aad) == 1 &&
           EVP_MAC_update(opener->mac, data.bytes, data.length) == 1 &&
           EVP_MAC_final(opener->mac, computed, &done, sizeof computed) == 1 && done == size &&
           CRYPTO_memcmp(computed, mac, size) == 0;
}

/* Takes the IV off the front, and padding and its length off the end. */
static bool open_blocks(TlsOpener *opener, Span body, uint8_t *to, size_t *ret_length)
{
    int done;
    if (body.length < 2 * CBC_BLOCK || body.length % CBC_BLOCK)
        return false;
    Span blocks = span_after(body, CBC_BLOCK);
    if (EVP_DecryptInit_ex2(opener->context, NULL, NULL, body.bytes, NULL) != 1 ||
        EVP_DecryptUpdate(opener->context, to, &done, blocks.bytes, (int)blocks.length) != 1 ||
        (size_t)done != blocks.length)
        return false;
    size_t padding = to[blocks.length - 1], length = blocks.length;
    if (padding + 1 > length)
        return false;
    for (size_t i = length - padding - 1; i < length; i++)
        if (to[i] != padding)
            return false;
    *ret_length = length - padding - 1;
    return true;
}

static bool open_cbc(TlsOpener *opener, uint64_t number, Span header, Span body, uint8_t *to,
                     size_t *ret_length)
{
    size_t mac = HASHES[opener->suite->mac].size;
    if (opener->material.encrypt_then_mac) {
        Span covered = span_first(body, body.length - mac);
        return mac_fits(opener, number, header, covered, covered.bytes + covered.length) &&
               open_blocks(opener, covered, to, ret_length);
    }
    if (!open_blocks(opener, body, to, ret_length) || *ret_length < mac)
        return false;
    *ret_length -= mac;
    return mac_fits(opener, number, header, span_make(to, *ret_length), to + *ret_length);
}

size_t tls_opener_overhead(const TlsOpener *opener)
{
    Mode mode = mode_of(opener);
    if (mode == MODE_CBC)
        return 2 * CBC_BLOCK +
               (opener->material.encrypt_then_mac ? HASHES[opener->suite->mac].size : 0);
    bool explicit_nonce = !opener->suite->of_13 && mode != MODE_CHACHA;
    return opener->suite->tag + (explicit_nonce ? EXPLICIT_NONCE : 0) +
           (opener->suite->of_13 ? 1 : 0);
}

bool tls_opener_open(TlsOpener *opener, uint64_t number, Span header, Span body, uint8_t *to,
                     size_t *ret_length, uint8_t *ret_type)
{
    g_assert(header.length >= TLS_HEADER_SIZE && body.length <= TLS_BODY_MAX);
    if (body.length < tls_opener_overhead(opener))
        return false;
    *ret_type = header.bytes[0];
    bool opened;
    if (opener->suite->of_13)
        opened = open_13(opener, number, header, body, to, ret_length, ret_type);
    else if (mode_of(opener) == MODE_CBC)
        opened = open_cbc(opener, number, header, body, to, ret_length);
    else
        opened = open_aead_12(opener, number, header, body, to, ret_length);
    if (!opened)
        ERR_clear_error();
    return opened;
}

size_t tls_opener_size(void)
{
    return sizeof(TlsOpener) + 1600; /* as measured: a context, with an HMAC beside it */
}

void tls_opener_free(TlsOpener *opener)
{
    if (!opener)
        return;
    EVP_CIPHER_CTX_free(opener->context);
    EVP_MAC_CTX_free(opener->mac);
    OPENSSL_cleanse(opener, sizeof *opener);
    g_free(opener);
}
