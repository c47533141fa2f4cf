/* Which version of HTTP a connection speaks, and its conversation in that version.
 *
 * The first bytes decide, never a port: HTTP/2 begins with the client's preface, or behind a 101 to
 * h2c. Until it is known, both are fed. In mid-stream, or where the first bytes are missing, frames
 * of HTTP/2 are looked for as long as no exchange of HTTP/1 has been found. */
#ifndef AUDIT_PROTOCOL_H
#define AUDIT_PROTOCOL_H

#include "http1/conversation.h"
#include "http2/conversation.h"

typedef enum ProtocolState {
    PROTOCOL_UNKNOWN, /* no unit has come */
    PROTOCOL_OPEN,    /* both are fed, if there is a `http2`; else HTTP/2 is looked for */
    PROTOCOL_HTTP1,
    PROTOCOL_HTTP2,
    PROTOCOL_UPGRADED, /* from one to the other */
} ProtocolState;

/* Enough to tell. */
#define PROTOCOL_FIRST_BYTES 24

typedef struct Protocol {
    /* private */
    Conversation *http1;   /* NULL: it is HTTP/2 */
    H2Conversation *http2; /* NULL: it is HTTP/1, or looks like that so far */
    uint8_t state;
    bool notes_frames; /* for a page */
    uint8_t have[2];   /* by side: of `first` */
    bool gap_first[2];
    uint8_t first[2][PROTOCOL_FIRST_BYTES];
} Protocol;

void protocol_init(Protocol *protocol, const TextOptions *texts, const Matcher *matcher);
void protocol_clear(Protocol *protocol);

/* A unit of the session, and the next settled exchange, as of a conversation. `texts`, `matcher`:
 * as at the begin. */
void protocol_feed_any(Protocol *protocol, const SessionUnit *unit, const TextOptions *texts,
                       const Matcher *matcher);
/* The 101 has just come. */
void protocol_upgrade(Protocol *protocol, const SessionUnit *unit, const TextOptions *texts,
                      const Matcher *matcher);
bool protocol_next_any(Protocol *protocol, Exchange *ret_exchange);

/* A client that opens with this can speak HTTP/1 only. */
static inline bool protocol_is_plain(const SessionUnit *unit)
{
    return unit->kind == SESSION_DATA && unit->side == 0 && unit->connection->opener_known &&
           unit->length > 0 && unit->data.bytes[0] != 'P';
}

/* The same, quicker: nearly all units are of HTTP/1. */
static inline void protocol_feed(Protocol *protocol, const SessionUnit *unit,
                                 const TextOptions *texts, const Matcher *matcher)
{
    if (protocol->state == PROTOCOL_UNKNOWN && protocol_is_plain(unit))
        protocol->state = PROTOCOL_HTTP1;
    if (protocol->state != PROTOCOL_HTTP1) {
        protocol_feed_any(protocol, unit, texts, matcher);
        return;
    }
    conversation_feed(protocol->http1, unit);
    if (conversation_facts(protocol->http1)->upgraded_at[unit->side] != NO_OFFSET)
        protocol_upgrade(protocol, unit, texts, matcher);
}

static inline bool protocol_next(Protocol *protocol, Exchange *ret_exchange)
{
    return protocol->state == PROTOCOL_HTTP1 ? conversation_next(protocol->http1, ret_exchange)
                                             : protocol_next_any(protocol, ret_exchange);
}

/* Frames of HTTP/2 are noted, and the next of them; false: none. */
void protocol_want_notes(Protocol *protocol);
bool protocol_next_note(Protocol *protocol, H2FrameNote *ret_note);

/* The connection has ended (conversation_end()). */
void protocol_end(Protocol *protocol, const Connection *connection, const SessionEnd ends[2],
                  bool closed);

/* After the end: those that are pending, of HTTP/1 and then of HTTP/2. */
Exchange *protocol_pending(Protocol *protocol, bool http2, size_t *ret_count);

/* Of the version that the connection speaks now; of the other one. */
const ConversationFacts *protocol_facts(const Protocol *protocol);
const ConversationFacts *protocol_facts_of(const Protocol *protocol, bool http2);

void protocol_pack(const Protocol *protocol, GByteArray *to);
void protocol_unpack(Protocol *protocol, Span *from);
/* Bytes that hang on it. */
size_t protocol_size_any(const Protocol *protocol);

static inline size_t protocol_size(const Protocol *protocol)
{
    return protocol->http2 ? protocol_size_any(protocol) : conversation_size(protocol->http1);
}

#endif
