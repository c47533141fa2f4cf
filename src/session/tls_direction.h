/* Which key opens the next record of one direction, and under which number.
 *
 * A direction goes through phases, each with keys of its own and numbers from 0: early data, the
 * handshake, data (TLS 1.3); from each ChangeCipherSpec on (1.2). Where a phase ends is not looked
 * up in the messages: a record that opens under the next phase's keys proves it, so that nothing
 * goes wrong where secrets or records of a phase are missing. */
#ifndef SESSION_TLS_DIRECTION_H
#define SESSION_TLS_DIRECTION_H

#include "session/tls_cipher.h"
#include "session/tls_record.h"

typedef enum TlsPhase {
    TLS_PHASE_CLEAR, /* no record has opened, nor needs to */
    TLS_PHASE_EARLY,
    TLS_PHASE_HANDSHAKE,
    TLS_PHASE_DATA,
    TLS_PHASES,
} TlsPhase;

/* Keys of which one is right at most: secrets that contradict each other. */
typedef struct TlsKeySet {
    TlsOpener *opener[TLS_SECRETS_MAX];
    unsigned count;
    bool proved; /* one has opened a record; it is the only one now */
} TlsKeySet;

typedef struct TlsDirection {
    TlsKeySet keys[TLS_PHASES];
    TlsKeySet pending; /* TLS 1.2: from the next ChangeCipherSpec on */
    TlsPhase phase;
    uint64_t number; /* of the record behind the last that opened, in `phase` */
    unsigned passed; /* records since then that did not open */
    unsigned tries;  /* since then, in vain */
} TlsDirection;

typedef enum TlsOpening {
    TLS_OPENED,
    TLS_NOT_OPENED, /* by any key at hand */
    TLS_BROKEN,     /* the right key is known, and so is the number: it is not what was sent */
} TlsOpening;

/* A direction of zeros has no keys. A set with a NULL opener counts as empty. */
void tls_direction_add(TlsKeySet *keys, TlsOpener *opener);

/* Opens a whole record. `record->found`: how many records are missing before it is unknown, but
 * bound by `record->hole`. Of what did not open, and was no record if `found`, the caller tells
 * tls_direction_pass(). `to` has room for TLS_BODY_MAX bytes. */
TlsOpening tls_direction_open(TlsDirection *direction, const TlsRecord *record, uint8_t *to,
                              size_t *ret_length, uint8_t *ret_type);

/* A record was sent that is not opened. */
void tls_direction_pass(TlsDirection *direction);

/* TLS 1.2: a ChangeCipherSpec; 1.3: a KeyUpdate. */
void tls_direction_change(TlsDirection *direction);
void tls_direction_update(TlsDirection *direction);

/* It can open records of data, as far as is known. */
bool tls_direction_is_readable(const TlsDirection *direction);

/* What was tried is no secret of this direction, or trying costs too much: nothing will open. */
bool tls_direction_is_hopeless(const TlsDirection *direction);

void tls_direction_drop(TlsDirection *direction, TlsPhase phase);
size_t tls_direction_size(const TlsDirection *direction);
void tls_direction_pack(const TlsDirection *direction, GByteArray *to);
void tls_direction_unpack(TlsDirection *direction, Span *from);
void tls_direction_clear(TlsDirection *direction);

#endif
