/* Opens the records of one direction under one key. Knows records and keys, no connections.
 *
 * A record opens only if its authentication tag (or MAC) fits, so that an open record proves its
 * key and its number. TLS 1.2: RFC 5246 §6.2.3, 5288, 6655, 7366, 7905; TLS 1.3: RFC 8446 §5.2,
 * §7. A key, and what a record held, is zeroed when it is no longer needed: the plaintext by its
 * owner. */
#ifndef SESSION_TLS_CIPHER_H
#define SESSION_TLS_CIPHER_H

#include <glib.h>

#include "base/span.h"
#include "session/tls_keys.h"
#include "session/tls_suite.h"

#define TLS_HEADER_SIZE 5

/* What the plaintext of a record can have at most: 2^14, and a type in TLS 1.3 (RFC 8446 §5.2), and
 * what a peer sends that counts wrong. */
#define TLS_BODY_MAX ((1 << 14) + 2048)

typedef struct TlsOpener TlsOpener;

/* Who negotiated what in TLS 1.2. */
typedef struct TlsNegotiated {
    const TlsSuite *suite;
    uint8_t client_random[TLS_RANDOM_SIZE], server_random[TLS_RANDOM_SIZE];
    bool encrypt_then_mac;
} TlsNegotiated;

/* For what `side` (0: the client) sends. `master` has 48 bytes. */
TlsOpener *tls_opener_new_12(const TlsNegotiated *negotiated, Span master, int side);

/* NULL if the secret is not as long as the suite's hash. */
TlsOpener *tls_opener_new_13(const TlsSuite *suite, Span secret);

/* The keys that follow a KeyUpdate; NULL before TLS 1.3. */
TlsOpener *tls_opener_next(const TlsOpener *opener);

/* `header` are the five bytes of the record's header, `body` is what they announce, not more
 * than TLS_BODY_MAX, and `to` has room for it. Returns whether it opens as record `number` under
 * this key; if not, `to` holds nothing that means anything. The type is that of the header, or
 * in TLS 1.3 the inner one. */
bool tls_opener_open(TlsOpener *opener, uint64_t number, Span header, Span body, uint8_t *to,
                     size_t *ret_length, uint8_t *ret_type);

/* The least that a body under this key has, if it is to open. */
size_t tls_opener_overhead(const TlsOpener *opener);

/* Bytes that one takes. */
size_t tls_opener_size(void);

/* All that it takes to make it again, and back, once. The bytes do not hold the secrets, which stay
 * where they are until then. */
void tls_opener_pack(const TlsOpener *opener, GByteArray *to);
TlsOpener *tls_opener_unpack(Span *from);

void tls_opener_free(TlsOpener *opener);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TlsOpener, tls_opener_free)

#endif
