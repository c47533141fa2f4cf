/* The rows are in the order of their numbers. A suite's row follows from its name: the exchange
 * of keys does not matter to a record, so it is only text here. In TLS 1.2 the PRF is that of
 * SHA-256 unless the name ends in SHA384 (RFC 5246 §5, RFC 5289 §3, RFC 6655 §3, RFC 7905 §2). */
#include "session/tls_suite.h"

#include <stddef.h>
#include <stdlib.h>

#define AEAD(id, exchange, cipher, text, hash, tag)                                                \
    {                                                                                              \
        id, "TLS_" exchange "_WITH_" text, cipher, TLS_SHA1, hash, tag, false                      \
    }
#define GCM(id, exchange, family, bits, hash)                                                      \
    AEAD(id, exchange, TLS_##family##_##bits##_GCM, #family "_" #bits "_GCM_SHA" #hash,            \
         TLS_SHA##hash, 16)
#define CCM(id, exchange, bits, end, tag)                                                          \
    AEAD(id, exchange, TLS_AES_##bits##_CCM, "AES_" #bits "_CCM" end, TLS_SHA256, tag)
#define CHACHA(id, exchange)                                                                       \
    AEAD(id, exchange, TLS_CHACHA20_POLY1305, "CHACHA20_POLY1305_SHA256", TLS_SHA256, 16)
#define CBC(id, exchange, family, bits, text, mac, prf)                                            \
    {                                                                                              \
        id, "TLS_" exchange "_WITH_" #family "_" #bits "_CBC_" text, TLS_##family##_##bits##_CBC,  \
            mac, prf, 0, false                                                                     \
    }
#define CBC_SHA(id, exchange, family, bits)                                                        \
    CBC(id, exchange, family, bits, "SHA", TLS_SHA1, TLS_SHA256)
#define CBC_SHA256(id, exchange, family, bits)                                                     \
    CBC(id, exchange, family, bits, "SHA256", TLS_SHA256, TLS_SHA256)
#define CBC_SHA384(id, exchange, family, bits)                                                     \
    CBC(id, exchange, family, bits, "SHA384", TLS_SHA384, TLS_SHA384)
#define OF_13(id, name, cipher, hash, tag)                                                         \
    {                                                                                              \
        id, name, cipher, TLS_SHA1, hash, tag, true                                                \
    }

static const TlsSuite SUITES[] = {
    CBC_SHA(0x002f, "RSA", AES, 128),
    CBC_SHA(0x0030, "DH_DSS", AES, 128),
    CBC_SHA(0x0031, "DH_RSA", AES, 128),
    CBC_SHA(0x0032, "DHE_DSS", AES, 128),
    CBC_SHA(0x0033, "DHE_RSA", AES, 128),
    CBC_SHA(0x0034, "DH_anon", AES, 128),
    CBC_SHA(0x0035, "RSA", AES, 256),
    CBC_SHA(0x0036, "DH_DSS", AES, 256),
    CBC_SHA(0x0037, "DH_RSA", AES, 256),
    CBC_SHA(0x0038, "DHE_DSS", AES, 256),
    CBC_SHA(0x0039, "DHE_RSA", AES, 256),
    CBC_SHA(0x003a, "DH_anon", AES, 256),
    CBC_SHA256(0x003c, "RSA", AES, 128),
    CBC_SHA256(0x003d, "RSA", AES, 256),
    CBC_SHA256(0x003e, "DH_DSS", AES, 128),
    CBC_SHA256(0x003f, "DH_RSA", AES, 128),
    CBC_SHA256(0x0040, "DHE_DSS", AES, 128),
    CBC_SHA(0x0041, "RSA", CAMELLIA, 128),
    CBC_SHA(0x0042, "DH_DSS", CAMELLIA, 128),
    CBC_SHA(0x0043, "DH_RSA", CAMELLIA, 128),
    CBC_SHA(0x0044, "DHE_DSS", CAMELLIA, 128),
    CBC_SHA(0x0045, "DHE_RSA", CAMELLIA, 128),
    CBC_SHA(0x0046, "DH_anon", CAMELLIA, 128),
    CBC_SHA256(0x0067, "DHE_RSA", AES, 128),
    CBC_SHA256(0x0068, "DH_DSS", AES, 256),
    CBC_SHA256(0x0069, "DH_RSA", AES, 256),
    CBC_SHA256(0x006a, "DHE_DSS", AES, 256),
    CBC_SHA256(0x006b, "DHE_RSA", AES, 256),
    CBC_SHA256(0x006c, "DH_anon", AES, 128),
    CBC_SHA256(0x006d, "DH_anon", AES, 256),
    CBC_SHA(0x0084, "RSA", CAMELLIA, 256),
    CBC_SHA(0x0085, "DH_DSS", CAMELLIA, 256),
    CBC_SHA(0x0086, "DH_RSA", CAMELLIA, 256),
    CBC_SHA(0x0087, "DHE_DSS", CAMELLIA, 256),
    CBC_SHA(0x0088, "DHE_RSA", CAMELLIA, 256),
    CBC_SHA(0x0089, "DH_anon", CAMELLIA, 256),
    CBC_SHA(0x008c, "PSK", AES, 128),
    CBC_SHA(0x008d, "PSK", AES, 256),
    CBC_SHA(0x0090, "DHE_PSK", AES, 128),
    CBC_SHA(0x0091, "DHE_PSK", AES, 256),
    CBC_SHA(0x0094, "RSA_PSK", AES, 128),
    CBC_SHA(0x0095, "RSA_PSK", AES, 256),
    GCM(0x009c, "RSA", AES, 128, 256),
    GCM(0x009d, "RSA", AES, 256, 384),
    GCM(0x009e, "DHE_RSA", AES, 128, 256),
    GCM(0x009f, "DHE_RSA", AES, 256, 384),
    GCM(0x00a0, "DH_RSA", AES, 128, 256),
    GCM(0x00a1, "DH_RSA", AES, 256, 384),
    GCM(0x00a2, "DHE_DSS", AES, 128, 256),
    GCM(0x00a3, "DHE_DSS", AES, 256, 384),
    GCM(0x00a4, "DH_DSS", AES, 128, 256),
    GCM(0x00a5, "DH_DSS", AES, 256, 384),
    GCM(0x00a6, "DH_anon", AES, 128, 256),
    GCM(0x00a7, "DH_anon", AES, 256, 384),
    GCM(0x00a8, "PSK", AES, 128, 256),
    GCM(0x00a9, "PSK", AES, 256, 384),
    GCM(0x00aa, "DHE_PSK", AES, 128, 256),
    GCM(0x00ab, "DHE_PSK", AES, 256, 384),
    GCM(0x00ac, "RSA_PSK", AES, 128, 256),
    GCM(0x00ad, "RSA_PSK", AES, 256, 384),
    CBC_SHA256(0x00ae, "PSK", AES, 128),
    CBC_SHA384(0x00af, "PSK", AES, 256),
    CBC_SHA256(0x00b2, "DHE_PSK", AES, 128),
    CBC_SHA384(0x00b3, "DHE_PSK", AES, 256),
    CBC_SHA256(0x00b6, "RSA_PSK", AES, 128),
    CBC_SHA384(0x00b7, "RSA_PSK", AES, 256),
    CBC_SHA256(0x00ba, "RSA", CAMELLIA, 128),
    CBC_SHA256(0x00bb, "DH_DSS", CAMELLIA, 128),
    CBC_SHA256(0x00bc, "DH_RSA", CAMELLIA, 128),
    CBC_SHA256(0x00bd, "DHE_DSS", CAMELLIA, 128),
    CBC_SHA256(0x00be, "DHE_RSA", CAMELLIA, 128),
    CBC_SHA256(0x00bf, "DH_anon", CAMELLIA, 128),
    CBC_SHA256(0x00c0, "RSA", CAMELLIA, 256),
    CBC_SHA256(0x00c1, "DH_DSS", CAMELLIA, 256),
    CBC_SHA256(0x00c2, "DH_RSA", CAMELLIA, 256),
    CBC_SHA256(0x00c3, "DHE_DSS", CAMELLIA, 256),
    CBC_SHA256(0x00c4, "DHE_RSA", CAMELLIA, 256),
    CBC_SHA256(0x00c5, "DH_anon", CAMELLIA, 256),
    OF_13(0x1301, "TLS_AES_128_GCM_SHA256", TLS_AES_128_GCM, TLS_SHA256, 16),
    OF_13(0x1302, "TLS_AES_256_GCM_SHA384", TLS_AES_256_GCM, TLS_SHA384, 16),
    OF_13(0x1303, "TLS_CHACHA20_POLY1305_SHA256", TLS_CHACHA20_POLY1305, TLS_SHA256, 16),
    OF_13(0x1304, "TLS_AES_128_CCM_SHA256", TLS_AES_128_CCM, TLS_SHA256, 16),
    OF_13(0x1305, "TLS_AES_128_CCM_8_SHA256", TLS_AES_128_CCM, TLS_SHA256, 8),
    CBC_SHA(0xc004, "ECDH_ECDSA", AES, 128),
    CBC_SHA(0xc005, "ECDH_ECDSA", AES, 256),
    CBC_SHA(0xc009, "ECDHE_ECDSA", AES, 128),
    CBC_SHA(0xc00a, "ECDHE_ECDSA", AES, 256),
    CBC_SHA(0xc00e, "ECDH_RSA", AES, 128),
    CBC_SHA(0xc00f, "ECDH_RSA", AES, 256),
    CBC_SHA(0xc013, "ECDHE_RSA", AES, 128),
    CBC_SHA(0xc014, "ECDHE_RSA", AES, 256),
    CBC_SHA(0xc018, "ECDH_anon", AES, 128),
    CBC_SHA(0xc019, "ECDH_anon", AES, 256),
    CBC_SHA(0xc01d, "SRP_SHA", AES, 128),
    CBC_SHA(0xc01e, "SRP_SHA_RSA", AES, 128),
    CBC_SHA(0xc01f, "SRP_SHA_DSS", AES, 128),
    CBC_SHA(0xc020, "SRP_SHA", AES, 256),
    CBC_SHA(0xc021, "SRP_SHA_RSA", AES, 256),
    CBC_SHA(0xc022, "SRP_SHA_DSS", AES, 256),
    CBC_SHA256(0xc023, "ECDHE_ECDSA", AES, 128),
    CBC_SHA384(0xc024, "ECDHE_ECDSA", AES, 256),
    CBC_SHA256(0xc025, "ECDH_ECDSA", AES, 128),
    CBC_SHA384(0xc026, "ECDH_ECDSA", AES, 256),
    CBC_SHA256(0xc027, "ECDHE_RSA", AES, 128),
    CBC_SHA384(0xc028, "ECDHE_RSA", AES, 256),
    CBC_SHA256(0xc029, "ECDH_RSA", AES, 128),
    CBC_SHA384(0xc02a, "ECDH_RSA", AES, 256),
    GCM(0xc02b, "ECDHE_ECDSA", AES, 128, 256),
    GCM(0xc02c, "ECDHE_ECDSA", AES, 256, 384),
    GCM(0xc02d, "ECDH_ECDSA", AES, 128, 256),
    GCM(0xc02e, "ECDH_ECDSA", AES, 256, 384),
    GCM(0xc02f, "ECDHE_RSA", AES, 128, 256),
    GCM(0xc030, "ECDHE_RSA", AES, 256, 384),
    GCM(0xc031, "ECDH_RSA", AES, 128, 256),
    GCM(0xc032, "ECDH_RSA", AES, 256, 384),
    CBC_SHA(0xc035, "ECDHE_PSK", AES, 128),
    CBC_SHA(0xc036, "ECDHE_PSK", AES, 256),
    CBC_SHA256(0xc037, "ECDHE_PSK", AES, 128),
    CBC_SHA384(0xc038, "ECDHE_PSK", AES, 256),
    GCM(0xc050, "RSA", ARIA, 128, 256),
    GCM(0xc051, "RSA", ARIA, 256, 384),
    GCM(0xc052, "DHE_RSA", ARIA, 128, 256),
    GCM(0xc053, "DHE_RSA", ARIA, 256, 384),
    GCM(0xc054, "DH_RSA", ARIA, 128, 256),
    GCM(0xc055, "DH_RSA", ARIA, 256, 384),
    GCM(0xc056, "DHE_DSS", ARIA, 128, 256),
    GCM(0xc057, "DHE_DSS", ARIA, 256, 384),
    GCM(0xc058, "DH_DSS", ARIA, 128, 256),
    GCM(0xc059, "DH_DSS", ARIA, 256, 384),
    GCM(0xc05a, "DH_anon", ARIA, 128, 256),
    GCM(0xc05b, "DH_anon", ARIA, 256, 384),
    GCM(0xc05c, "ECDHE_ECDSA", ARIA, 128, 256),
    GCM(0xc05d, "ECDHE_ECDSA", ARIA, 256, 384),
    GCM(0xc05e, "ECDH_ECDSA", ARIA, 128, 256),
    GCM(0xc05f, "ECDH_ECDSA", ARIA, 256, 384),
    GCM(0xc060, "ECDHE_RSA", ARIA, 128, 256),
    GCM(0xc061, "ECDHE_RSA", ARIA, 256, 384),
    GCM(0xc062, "ECDH_RSA", ARIA, 128, 256),
    GCM(0xc063, "ECDH_RSA", ARIA, 256, 384),
    GCM(0xc06a, "PSK", ARIA, 128, 256),
    GCM(0xc06b, "PSK", ARIA, 256, 384),
    GCM(0xc06c, "DHE_PSK", ARIA, 128, 256),
    GCM(0xc06d, "DHE_PSK", ARIA, 256, 384),
    GCM(0xc06e, "RSA_PSK", ARIA, 128, 256),
    GCM(0xc06f, "RSA_PSK", ARIA, 256, 384),
    CBC_SHA256(0xc072, "ECDHE_ECDSA", CAMELLIA, 128),
    CBC_SHA384(0xc073, "ECDHE_ECDSA", CAMELLIA, 256),
    CBC_SHA256(0xc074, "ECDH_ECDSA", CAMELLIA, 128),
    CBC_SHA384(0xc075, "ECDH_ECDSA", CAMELLIA, 256),
    CBC_SHA256(0xc076, "ECDHE_RSA", CAMELLIA, 128),
    CBC_SHA384(0xc077, "ECDHE_RSA", CAMELLIA, 256),
    CBC_SHA256(0xc078, "ECDH_RSA", CAMELLIA, 128),
    CBC_SHA384(0xc079, "ECDH_RSA", CAMELLIA, 256),
    CBC_SHA256(0xc094, "PSK", CAMELLIA, 128),
    CBC_SHA384(0xc095, "PSK", CAMELLIA, 256),
    CBC_SHA256(0xc096, "DHE_PSK", CAMELLIA, 128),
    CBC_SHA384(0xc097, "DHE_PSK", CAMELLIA, 256),
    CBC_SHA256(0xc098, "RSA_PSK", CAMELLIA, 128),
    CBC_SHA384(0xc099, "RSA_PSK", CAMELLIA, 256),
    CBC_SHA256(0xc09a, "ECDHE_PSK", CAMELLIA, 128),
    CBC_SHA384(0xc09b, "ECDHE_PSK", CAMELLIA, 256),
    CCM(0xc09c, "RSA", 128, "", 16),
    CCM(0xc09d, "RSA", 256, "", 16),
    CCM(0xc09e, "DHE_RSA", 128, "", 16),
    CCM(0xc09f, "DHE_RSA", 256, "", 16),
    CCM(0xc0a0, "RSA", 128, "_8", 8),
    CCM(0xc0a1, "RSA", 256, "_8", 8),
    CCM(0xc0a2, "DHE_RSA", 128, "_8", 8),
    CCM(0xc0a3, "DHE_RSA", 256, "_8", 8),
    CCM(0xc0a4, "PSK", 128, "", 16),
    CCM(0xc0a5, "PSK", 256, "", 16),
    CCM(0xc0a6, "DHE_PSK", 128, "", 16),
    CCM(0xc0a7, "DHE_PSK", 256, "", 16),
    CCM(0xc0a8, "PSK", 128, "_8", 8),
    CCM(0xc0a9, "PSK", 256, "_8", 8),
    CCM(0xc0aa, "PSK_DHE", 128, "_8", 8),
    CCM(0xc0ab, "PSK_DHE", 256, "_8", 8),
    CCM(0xc0ac, "ECDHE_ECDSA", 128, "", 16),
    CCM(0xc0ad, "ECDHE_ECDSA", 256, "", 16),
    CCM(0xc0ae, "ECDHE_ECDSA", 128, "_8", 8),
    CCM(0xc0af, "ECDHE_ECDSA", 256, "_8", 8),
    CHACHA(0xcca8, "ECDHE_RSA"),
    CHACHA(0xcca9, "ECDHE_ECDSA"),
    CHACHA(0xccaa, "DHE_RSA"),
    CHACHA(0xccab, "PSK"),
    CHACHA(0xccac, "ECDHE_PSK"),
    CHACHA(0xccad, "DHE_PSK"),
    CHACHA(0xccae, "RSA_PSK"),
    GCM(0xd001, "ECDHE_PSK", AES, 128, 256),
    GCM(0xd002, "ECDHE_PSK", AES, 256, 384),
    CCM(0xd003, "ECDHE_PSK", 128, "_8_SHA256", 8),
    CCM(0xd005, "ECDHE_PSK", 128, "_SHA256", 16),
};

static int compare(const void *key, const void *row)
{
    return (int)*(const uint16_t *)key - (int)((const TlsSuite *)row)->id;
}

const TlsSuite *tls_suite_find(uint16_t id)
{
    return bsearch(&id, SUITES, sizeof SUITES / sizeof SUITES[0], sizeof SUITES[0], compare);
}
