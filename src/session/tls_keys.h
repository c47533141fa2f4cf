/* The secrets of TLS connections, from key logs (NSS Key Log Format, draft-ietf-tls-keylogfile) and
 * from the Decryption Secrets Blocks of captures, which hold the same lines.
 *
 * Lines are fed as bytes, cut anywhere. A line is `LABEL random secret`, the latter two in hex.
 * What cannot be used is counted by reason. No secret ever leaves this module but by
 * tls_keys_find(), and no text of a line at all; everything that held a secret is zeroed. */
#ifndef SESSION_TLS_KEYS_H
#define SESSION_TLS_KEYS_H

#include <glib.h>

#include "base/span.h"

#define TLS_RANDOM_SIZE 32
#define TLS_SECRET_MAX 48 /* the master secret of TLS 1.2, a hash of SHA-384 in 1.3 */

typedef enum TlsLabel {
    TLS_MASTER_SECRET, /* TLS 1.2 */
    TLS_CLIENT_EARLY_SECRET,
    TLS_CLIENT_HANDSHAKE_SECRET,
    TLS_SERVER_HANDSHAKE_SECRET,
    TLS_CLIENT_TRAFFIC_SECRET,
    TLS_SERVER_TRAFFIC_SECRET,
    TLS_LABELS,
} TlsLabel;

/* Different secrets of one random and label that are kept; a record that opens decides. */
#define TLS_SECRETS_MAX 4

typedef struct TlsKeysCounters {
    uint64_t lines;       /* of any kind but empty ones and comments */
    uint64_t taken;       /* new secrets */
    uint64_t repeated;    /* known already */
    uint64_t ignored;     /* of labels that open no record, like EXPORTER_SECRET */
    uint64_t unsupported; /* RSA, PMS_CLIENT_RANDOM: they need more than the capture has */
    uint64_t unknown;     /* of any other label */
    uint64_t malformed;   /* cut, overlong, or no hex */
    uint64_t beyond_limit;
    uint64_t late; /* connections that had gone by when the first line of theirs came */
} TlsKeysCounters;

typedef struct TlsKeys TlsKeys;

/* At most `memory` bytes. */
TlsKeys *tls_keys_new(size_t memory);

/* More bytes of the text that is being read. */
void tls_keys_feed(TlsKeys *keys, Span bytes);

/* The text ends here, be it in a line without an end. */
void tls_keys_end_text(TlsKeys *keys);

/* The secrets of the connection whose client sent this random, oldest first; returns how many there
 * are. They live as long as `keys`. */
unsigned tls_keys_find(const TlsKeys *keys, const uint8_t random[static TLS_RANDOM_SIZE],
                       TlsLabel label, Span ret_secrets[static TLS_SECRETS_MAX]);

/* The most that the lines of one random take. */
#define TLS_KEYS_LINES_MAX (TLS_LABELS * TLS_SECRETS_MAX * 256)

/* The lines of this random, as a key log has them, into `to`; returns their length. Whoever takes
 * them has the secrets, and zeroes them. */
size_t tls_keys_lines(const TlsKeys *keys, const uint8_t random[static TLS_RANDOM_SIZE],
                      char to[static TLS_KEYS_LINES_MAX]);

/* A connection needed some that are not there: if they come, they are late. Remembers a million
 * of these at most. To be called from any thread. */
void tls_keys_miss(const TlsKeys *keys, const uint8_t random[static TLS_RANDOM_SIZE]);

/* Some connection did. */
bool tls_keys_were_missed(const TlsKeys *keys);

/* The packets are read once more: nothing has been missed yet. */
void tls_keys_again(TlsKeys *keys);

const TlsKeysCounters *tls_keys_counters(const TlsKeys *keys);

/* Bytes in use. */
size_t tls_keys_size(const TlsKeys *keys);

void tls_keys_free(TlsKeys *keys);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TlsKeys, tls_keys_free)

#endif
