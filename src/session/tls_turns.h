/* What the records of a connection show unopened: who spoke when, and what may have closed it. A
 * record has a type, a length and stamps; what it holds is not asked.
 *
 * In TLS 1.3 an alert looks like data of two bytes. A record of that length which its side sends
 * last is taken for the close_notify. */
#ifndef SESSION_TLS_TURNS_H
#define SESSION_TLS_TURNS_H

#include <glib.h>

#include "base/evidence.h"

typedef enum TlsSpeaker { TLS_NOBODY, TLS_CLIENT_SPOKE, TLS_SERVER_SPOKE } TlsSpeaker;

/* A zeroed one has seen nothing. */
typedef struct TlsTurns {
    bool sealed[2];   /* by side: a record was sent under keys */
    Stamp last[2];    /* of the last byte of its last record, a closing one apart */
    Stamp closing[2]; /* of the first byte of what can be an alert, behind which it sent nothing */
    /* behind the handshake */
    TlsSpeaker speaker;
    bool asked, answered; /* the client sent data, and the server did behind it */
    /* A server that speaks twice in a row, with a pause between, speaks unasked; so does one that
     * speaks behind its closing. A handshake may not be what it seems. */
    bool odd;
    uint32_t client_records; /* since the server last spoke */
    uint32_t client_longest; /* the longest body of these */
} TlsTurns;

/* A record as its header tells. */
typedef struct TlsTurn {
    bool of_client;
    bool vague; /* who is the client, or which version it is, is not known */
    int side;
    bool of_13;
    uint8_t type;
    uint32_t length;          /* of the body */
    uint32_t alert, finished; /* TLS 1.3: how long the bodies of these messages are */
    bool in_clear;
    Stamp first, last; /* of its first and last byte */
} TlsTurn;

void tls_turns_take(TlsTurns *turns, const TlsTurn *turn);

/* From the last record of either side to the end of the connection, of which `end` is what is known
 * below TLS: a lower bound of the time for which nothing was asked or answered. Unknown if there
 * was no handshake. */
Duration tls_turns_idle(const TlsTurns *turns, const Stamp *end);

/* Whether the server, whose FIN is `fin`, closed while it was its client's turn: each time that it
 * spoke it had been asked, and since it last spoke there was nothing but its closing. Then the time
 * from there on, and when it closed. */
bool tls_turns_idle_close(const TlsTurns *turns, int client, const Stamp *fin, Duration *ret_idle,
                          Nanoseconds *ret_time);

#endif
