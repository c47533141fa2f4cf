/* TLS as a session: its bytes are what the records of data hold, where secrets open them, and gaps
 * where they do not. It begins as clear text does, PROXY header and all, and stays that if the
 * first byte of the connection begins no record.
 *
 * Units of a record: none of its bytes is known before the record's last byte has been
 * acknowledged. Without any secret of a connection there are no units, only facts. */
#ifndef SESSION_TLS_H
#define SESSION_TLS_H

#include "session/session.h"
#include "session/tls_facts.h"
#include "session/tls_keys.h"
#include "session/tls_note.h"

/* Its context is the TlsKeys, which it borrows; NULL: there are none. */
extern const SessionStage SESSION_TLS;

/* As far as events have been fed; as long as the state. */
const TlsFacts *tls_facts(const void *state);

/* A connection of which no secret was there when it was needed. */
typedef struct TlsMissed {
    bool missed; /* else nothing below is set */
    bool of_13;
    uint8_t client_random[TLS_RANDOM_SIZE];
} TlsMissed;

TlsMissed tls_missed(const void *state);

/* There are secrets for it now. */
bool tls_missed_came(const TlsMissed *missed, const TlsKeys *keys);

/* The name that the client asked for, and the protocol: chosen if `alpn_known`, else the first that
 * was offered. Empty: none. */
Span tls_sni(const void *state);
Span tls_alpn(const void *state);

/* What the secrets of a connection are looked up by: of its first handshake, and of its last if
 * there were several. Returns how many. */
#define TLS_RANDOMS_MAX 2
unsigned tls_randoms(const void *state, uint8_t ret_randoms[TLS_RANDOMS_MAX][TLS_RANDOM_SIZE]);

/* From now on each record is noted; the notes are taken after each event that was fed. */
void tls_want_notes(void *state);
bool tls_next_note(void *state, TlsNote *ret_note);

#endif
