/* Seals records, so that tests have some of every suite and of any content. It shares nothing
 * with the code under test but the table of suites: keys are derived with HMAC alone, as RFC
 * 5246 §5, §6.3 and RFC 8446 §7.1, §7.3 say. */
#ifndef TESTS_TLS_SEAL_H
#define TESTS_TLS_SEAL_H

#include <glib.h>

#include "base/span.h"
#include "session/tls_cipher.h"

/* What seals the records of one direction. */
typedef struct TlsSeal {
    const TlsSuite *suite;
    uint8_t key[32], mac_key[48], iv[12];
    bool encrypt_then_mac;
    uint64_t number; /* of the next record */
    size_t padding;  /* TLS 1.3: zeros behind each content */
} TlsSeal;

TlsSeal tls_seal_12(const TlsNegotiated *negotiated, Span master, int side);
TlsSeal tls_seal_13(const TlsSuite *suite, Span secret);

/* The seal and secret that follow a KeyUpdate; `secret` becomes the new one. */
TlsSeal tls_seal_next(const TlsSeal *seal, uint8_t *secret);

/* Appends a whole record with this content to `to`. */
void tls_seal_record(TlsSeal *seal, uint8_t type, Span content, GByteArray *to);

#endif
