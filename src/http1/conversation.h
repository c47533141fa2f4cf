/* A connection's stream events to exchanges: which side is the client, which response answers which
 * request, and what a gap leaves uncertain (judgement.md §3, Pairing).
 *
 * Grammar: new · (feed · next*)* · end · pending · free. conversation_next() hands out the
 * exchanges that a later answer has settled; those that only the end of the connection can settle
 * stay pending. */
#ifndef HTTP1_CONVERSATION_H
#define HTTP1_CONVERSATION_H

#include "http/exchange.h"
#include "http/match.h"
#include "stream/stream.h"

/* Pending exchanges of a connection. Browsers pipelined 8 at most, libraries a few dozen; what
 * comes on top of this bound is not read (REASON_LIMIT). */
#define PIPELINE_MAX 128

typedef struct Conversation Conversation;

/* What is to be believed of a side's FIN. FIN_SURE: seen, or proved by numbers while its messages
 * lack no byte. FIN_PERHAPS: the last that is known of the side is a gap whose end may be a FIN or
 * data. */
typedef enum FinBelief { FIN_NOT, FIN_PERHAPS, FIN_SURE } FinBelief;

typedef struct FinEvidence {
    FinBelief belief;
    FinFact fact; /* unless FIN_NOT */
} FinEvidence;

typedef struct ConversationFacts {
    int client;         /* side index; -1: no message told, and no SYN */
    uint32_t exchanges; /* rows so far */
    /* requests may be missing after the last one that is known, because of … */
    ReasonSet client_hidden;
    ReasonSet server_hidden;  /* the same for responses */
    ReasonSet responses_lost; /* why responses may lie in holes anywhere on the connection */
    ReasonSet reasons;  /* whatever was missing or odd anywhere on the connection, and mattered */
    FinEvidence fin[2]; /* by side; final at conversation_end() */
    bool under_way[2];  /* by side: a message has begun and is not complete */
    /* of the last byte of the last response that somebody had asked for (of an unsolicited one if
     * there is no other); frame 0: none */
    Stamp last_response;
    bool last_until_close; /* that response ended with the connection */
    HttpVersion version;   /* of the last final response, else of the last request */
    uint8_t minor;
} ConversationFacts;

/* `matcher` is borrowed; NULL: nothing is looked for. */
Conversation *conversation_new(const TextOptions *texts, const Matcher *matcher);

/* An event of the conversation's connection; others than data and gaps are passed over. Nothing of
 * it is borrowed beyond the call. */
void conversation_feed(Conversation *conversation, const StreamEvent *event);

/* The next settled exchange, now owned by the caller (exchange_clear()); false: none. */
bool conversation_next(Conversation *conversation, Exchange *ret_exchange);

/* The connection has ended (STREAM_END). `closed`: by a FIN or an accepted RST of anybody, which
 * completes a response that ends with the connection. */
void conversation_end(Conversation *conversation, const Connection *connection, bool closed);

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
