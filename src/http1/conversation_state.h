/* What the parts of a conversation share: requests.c reads the client's messages, responses.c the
 * server's, conversation.c feeds them. */
#ifndef HTTP1_CONVERSATION_STATE_H
#define HTTP1_CONVERSATION_STATE_H

#include "http1/conversation.h"
#include "http1/message.h"
#include "http1/pairing.h"

struct Conversation {
    TextOptions texts;
    const Matcher *matcher;  /* NULL: nothing is looked for */
    MessageReader reader[2]; /* by side */
    bool reads[2];           /* by side: its first unit has come, and its reader is made */
    Pending pending;
    int requesting, answering; /* of the exchange whose message is being read; -1 */
    Pairing pairing;
    MessagesEnd end[2];      /* by side */
    const SessionUnit *unit; /* being fed */
    ConversationFacts facts;
};

static inline Exchange *conversation_at(const Conversation *conversation, int index)
{
    return pending_at(&conversation->pending, index);
}

/* The client's reader; NULL: nothing of it has come. */
static inline MessageReader *conversation_client(Conversation *conversation)
{
    int client = conversation->facts.client;
    return client < 0 || !conversation->reads[client] ? NULL : &conversation->reader[client];
}

/* The new exchange's index, or -1 at the bound. */
int conversation_append(Conversation *conversation);
/* Messages of a side may be missing; `hidden` is that side's of the facts. */
void conversation_hide(Conversation *conversation, ReasonSet *hidden, ReasonSet reasons);
/* A gap hid where messages begin and end. */
void conversation_lost_between(Conversation *conversation, ReasonSet *hidden,
                               const MessageEvent *message);
void conversation_look_for_match(const Conversation *conversation, Exchange *exchange,
                                 const Head *head);

/* What a message's events are to its facts. */
void message_facts_begin(MessageFacts *facts, const MessageEvent *message);
void message_facts_head(MessageFacts *facts, const MessageEvent *message);
void message_facts_end(MessageFacts *facts, const MessageEvent *message,
                       const MessageReader *reader);
void message_facts_break(MessageFacts *facts, const MessageEvent *message,
                         const MessageReader *reader);

/* An event of the client's reader, of the server's. */
void conversation_request_event(Conversation *conversation, const MessageEvent *message);
void conversation_response_event(Conversation *conversation, MessageReader *reader,
                                 const MessageEvent *message);
/* In mid-stream: of a response whose head never came whole it is not known whether somebody had
 * asked for it. */
void conversation_responses_end(Conversation *conversation);
/* Bytes of the client behind its last request that are of no message: of a tunnel, of a new
 * protocol. */
void conversation_note_early(Conversation *conversation, const Stamp *stamp);

#endif
