/* A session's bytes to exchanges: which side is the client, which response answers which request,
 * and what a gap leaves uncertain (judgement.md §3, Pairing).
 *
 * In: the units of a session, and the connection's facts. Out: exchanges, and facts of the
 * connection. Must not know: how bytes lie in TCP (it counts places and compares offsets, but
 * computes none) and what anybody concludes of its facts.
 *
 * Grammar: new · (feed · next*)* · end · pending · free. conversation_next() hands out the
 * exchanges that a later answer has settled; those that only the end of the connection can settle
 * stay pending. */
#ifndef HTTP1_CONVERSATION_H
#define HTTP1_CONVERSATION_H

#include "http/exchange.h"
#include "http/facts.h"
#include "http/match.h"
#include "session/session.h"

typedef struct Conversation Conversation;

/* `matcher` is borrowed; NULL: nothing is looked for. */
Conversation *conversation_new(const TextOptions *texts, const Matcher *matcher);

/* A unit of the conversation's session. Nothing of it is borrowed beyond the call. */
void conversation_feed(Conversation *conversation, const SessionUnit *unit);

/* The next settled exchange, now owned by the caller (exchange_clear()); false: none. */
bool conversation_next(Conversation *conversation, Exchange *ret_exchange);

/* The connection has ended (STREAM_END). `closed`: by a FIN or an accepted RST of anybody, or by a
 * session that closed itself, which completes a response that ends with the connection. `ends`: by
 * side, how its session ended. */
void conversation_end(Conversation *conversation, const Connection *connection,
                      const SessionEnd ends[2], bool closed);

/* Those that wait, in order; owned by the conversation, until its next call. */
Exchange *conversation_pending(Conversation *conversation, size_t *ret_count);

/* As far as events have been fed; owned by the conversation. */
const ConversationFacts *conversation_facts(const Conversation *conversation);

/* Between two feeds: the conversation as packed bytes, and back. */
void conversation_pack(const Conversation *conversation, GByteArray *to);
Conversation *conversation_unpack(Span *from);
/* Bytes that it takes now, with all that hangs on it. */
size_t conversation_size(const Conversation *conversation);

void conversation_free(Conversation *conversation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Conversation, conversation_free)

#endif
