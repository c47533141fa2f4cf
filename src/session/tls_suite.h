/* Cipher suites, as a table: what a suite does to a record, and its name. Pure. */
#ifndef SESSION_TLS_SUITE_H
#define SESSION_TLS_SUITE_H

#include <stdbool.h>
#include <stdint.h>

typedef enum TlsCipher {
    TLS_AES_128_GCM,
    TLS_AES_256_GCM,
    TLS_ARIA_128_GCM,
    TLS_ARIA_256_GCM,
    TLS_AES_128_CCM,
    TLS_AES_256_CCM,
    TLS_CHACHA20_POLY1305,
    TLS_AES_128_CBC,
    TLS_AES_256_CBC,
    TLS_CAMELLIA_128_CBC,
    TLS_CAMELLIA_256_CBC,
    TLS_CIPHERS,
} TlsCipher;

typedef enum TlsHash {
    TLS_SHA1, /* as a MAC only */
    TLS_SHA256,
    TLS_SHA384,
    TLS_HASHES,
} TlsHash;

typedef struct TlsSuite {
    uint16_t id;
    const char *name; /* IANA's */
    uint8_t cipher;   /* TlsCipher */
    uint8_t mac;      /* TlsHash, of CBC suites */
    uint8_t prf;      /* TlsHash: of the PRF in 1.2, of HKDF in 1.3 */
    uint8_t tag;      /* bytes: 16, or 8 of CCM_8; CBC: 0 */
    bool of_13;       /* of TLS 1.3, else of 1.2 */
} TlsSuite;

/* NULL: not one that can be opened. */
const TlsSuite *tls_suite_find(uint16_t id);

#endif
