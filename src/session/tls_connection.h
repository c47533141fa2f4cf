/* A connection that is TLS: what the content of its records means to reading on. Private to
 * session/tls*.c.
 *
 * Records come in as tls_record.h cuts them, tls_direction.h opens them, and units of the session
 * come out. */
#ifndef SESSION_TLS_CONNECTION_H
#define SESSION_TLS_CONNECTION_H

#include "session/session.h"
#include "session/tls_direction.h"
#include "session/tls_facts.h"
#include "session/tls_handshake.h"
#include "session/tls_note.h"
#include "session/tls_record.h"

typedef enum Mode {
    MODE_UNKNOWN, /* no byte has come */
    MODE_CLEAR,
    MODE_TLS,
} Mode;

/* Members up to `clear` are packed as words. */
typedef struct Tls {
    const TlsKeys *keys;
    const TlsSuite *suite; /* of the ServerHello; NULL: none, or one that is not known */
    uint64_t mode;
    uint8_t client_random[TLS_RANDOM_SIZE];
    uint8_t first_random[TLS_RANDOM_SIZE]; /* of the first handshake */
    uint64_t has_client_random;
    uint64_t secrets_missed; /* some, or all */
    int64_t place[2];        /* of the next byte of the session */
    uint64_t missed[2];      /* records that were not opened, behind the last with data */
    uint64_t untold[2];      /* records did not open, of which no unit tells */
    TlsFacts facts;
    uint64_t early_kept; /* bytes in `early` */
    uint64_t early_next; /* of `early`, to be read again; they are, if `early_told` */
    uint64_t early_told;
    uint64_t wants_notes;

    void *clear;
    TlsRecordReader records[2];
    TlsMessageReader messages[2];
    TlsDirection direction[2];
    uint8_t *sni, *alpn; /* a byte of length, and so many; NULL: none */
    GPtrArray *early;    /* of Kept; NULL: none */
    GArray *notes;       /* TlsNote, not handed out yet; NULL: none */
    TlsNote note;        /* of the record being read */
    SessionUnit carried; /* being read */
    bool reading;
} Tls;

/* A record of early data. */
typedef struct Kept {
    SessionUnit unit;
    size_t length; /* of its body */
    uint8_t bytes[];
} Kept;

Tls *tls_connection_new(const TlsKeys *keys);
void tls_connection_free(Tls *tls);

/* Whether a unit came of it; it lives until the next call. */
bool tls_connection_take(Tls *tls, const TlsRecord *record, SessionUnit *ret_unit);

/* There are records of early data whose fate has been told since they came; the first of them. */
bool tls_connection_has_early(const Tls *tls);
bool tls_connection_take_early(Tls *tls, SessionUnit *ret_unit);

#endif
