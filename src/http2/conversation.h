/* A session's bytes to the streams of HTTP/2 (RFC 9113): each is an exchange.
 *
 * In: the units of a session. Out: exchanges, and facts of the connection. Must not know: what
 * anybody concludes of its facts.
 *
 * Grammar: new · (feed · next*)* · end · pending · free. h2_conversation_next() hands out streams
 * that are closed and whose outcome no later frame can change; the others stay pending. A closed
 * stream is not known any more; frames that come late for it are passed over. */
#ifndef HTTP2_CONVERSATION_H
#define HTTP2_CONVERSATION_H

#include "http/exchange.h"
#include "http/facts.h"
#include "http/match.h"
#include "session/session.h"

/* Servers allow 100 or 128 streams at a time; what comes on top of this is not read
 * (REASON_LIMIT). */
#define H2_STREAMS_MAX 4096

typedef struct H2Conversation H2Conversation;

/* How the connection came to speak HTTP/2. */
typedef enum H2Begin {
    H2_BEGINS_WITH_PREFACE, /* also behind a 101 */
    H2_BEGAN_UNSEEN,        /* where frames begin is not known */
} H2Begin;

/* `client`: its side. `matcher` is borrowed; NULL: nothing is looked for. */
H2Conversation *h2_conversation_new(H2Begin begin, int client, const TextOptions *texts,
                                    const Matcher *matcher);

/* Unseen: why. */
void h2_conversation_miss_begin(H2Conversation *conversation, ReasonSet reasons);

/* Upgraded: the request that stream 1 answers, and how many exchanges came before. */
void h2_conversation_take_upgraded(H2Conversation *conversation, const Exchange *request,
                                   uint32_t exchanges);

/* What the first bytes in one direction say. */
typedef enum H2Prefix { H2_PREFIX_NONE, H2_PREFIX_SHORT, H2_PREFIX_WHOLE } H2Prefix;

/* Whether a client that sent these bytes first speaks HTTP/2: not, not yet to be known, or yes. */
H2Prefix h2_prefix_of_client(Span bytes);

/* In mid-stream, or behind a gap: whether a unit begins with frames of HTTP/2 of which one opens a
 * stream or answers on one. It tells who is the client. */
bool h2_unit_tells_sides(const SessionUnit *unit, int *ret_client);

/* A unit of the conversation's session, from its byte `from` on. Nothing of it is borrowed beyond
 * the call. */
void h2_conversation_feed(H2Conversation *conversation, const SessionUnit *unit, size_t from);

/* The next settled exchange, now owned by the caller (exchange_clear()); false: none. */
bool h2_conversation_next(H2Conversation *conversation, Exchange *ret_exchange);

/* A frame, for a page: as it stands on the wire. */
typedef struct H2FrameNote {
    FrameId first, last; /* frames of the capture that have its first and its last byte */
    int side;
    uint8_t type, flags;
    uint32_t stream, length;
    uint32_t last_id; /* of GOAWAY */
    uint32_t code;    /* of GOAWAY and RST_STREAM */
} H2FrameNote;

/* From now on each frame is noted, until h2_conversation_next_note() takes the note. */
void h2_conversation_want_notes(H2Conversation *conversation);
bool h2_conversation_next_note(H2Conversation *conversation, H2FrameNote *ret_note);

/* The connection has ended (STREAM_END). `ends`: by side, how its session ended. */
void h2_conversation_end(H2Conversation *conversation, const Connection *connection,
                         const SessionEnd ends[2]);

/* Those that were not settled, in the order of their numbers; owned by the conversation, until its
 * next call. After h2_conversation_end(). */
Exchange *h2_conversation_pending(H2Conversation *conversation, size_t *ret_count);

/* As far as units have been fed; owned by the conversation. */
const ConversationFacts *h2_conversation_facts(const H2Conversation *conversation);

/* Between two feeds: the conversation as packed bytes, and back. */
void h2_conversation_pack(const H2Conversation *conversation, GByteArray *to);
H2Conversation *h2_conversation_unpack(Span *from);
/* Bytes that it takes now, with all that hangs on it. */
size_t h2_conversation_size(const H2Conversation *conversation);

void h2_conversation_free(H2Conversation *conversation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(H2Conversation, h2_conversation_free)

#endif
