/* What the parts of a conversation in HTTP/2 share: conversation.c feeds it and knows gaps and
 * ends, blocks.c puts field blocks together, streams.c knows what frames are to streams. */
#ifndef HTTP2_CONVERSATION_STATE_H
#define HTTP2_CONVERSATION_STATE_H

#include "http2/conversation.h"
#include "http2/fields.h"
#include "http2/frame.h"

/* Frames of a block that bring no byte of it. */
#define H2_EMPTY_CONTINUATIONS_MAX 16

/* Streams that are closed, and wait for the reaction to a field that is forbidden. */
#define H2_WATCHED_MAX 64

/* Streams are kept up to this number if a GOAWAY may be missing. */
#define H2_IN_DOUBT_MAX 512

/* Streams whose HEADERS were lost are recognized by the server's answer, the first so many. */
#define H2_MISSING_MAX 64

/* A field block that has begun and not ended. */
typedef struct H2Block {
    H2Event begin;      /* of its first frame; `stream` is the promised one of a PUSH_PROMISE */
    uint32_t on_stream; /* which CONTINUATION names */
    uint32_t empty;     /* CONTINUATIONs without a byte */
    ReasonSet broken;   /* why it cannot be read; 0: it can */
    bool active;
    GByteArray *bytes; /* NULL: none */
} H2Block;

struct H2Conversation {
    /* up to `texts` packed as words; pointers are cleared before */
    H2Facts h2;
    ConversationFacts facts;
    uint32_t highest[2]; /* stream ids by side: the highest that it has opened */
    uint32_t watched;
    uint32_t missing_count;
    uint32_t missing[H2_MISSING_MAX]; /* ids of the client's streams whose HEADERS may be lost */
    ReasonSet fin_or_loss[2]; /* by side: a gap of one offset, which may be a FIN; 0: none */
    H2Block block[2];

    TextOptions texts;
    const Matcher *matcher;
    H2FrameReader frames[2];
    H2Fields fields[2];
    GPtrArray *streams;      /* of Exchange, by stream id */
    GPtrArray *settled;      /* of Exchange, first to last */
    GArray *notes;           /* of H2FrameNote; NULL: nobody wants them */
    Exchange *rest;          /* after the end: those that were pending */
    const SessionUnit *unit; /* being fed */
};

/* conversation.c: frames of this side may be missing. */
void h2_lose(H2Conversation *conversation, int side, ReasonSet reasons);

/* blocks.c: a frame of a side that is or may be a part of a block; any other ends it. */
void h2_take_block_frame(H2Conversation *conversation, int side, const H2Event *event);
void h2_break_block(H2Conversation *conversation, int side, ReasonSet reasons);
/* The block is gone; nothing is concluded of that. */
void h2_drop_block(H2Block *block);

/* streams.c: what a whole block says. `reasons`: why fields of it are not known. */
void h2_request_block(H2Conversation *conversation, const H2Event *event, const Head *head,
                      ReasonSet reasons);
void h2_response_block(H2Conversation *conversation, const H2Event *event, const Head *head,
                       ReasonSet reasons);
void h2_promise_block(H2Conversation *conversation, const H2Event *event, const Head *head,
                      ReasonSet reasons);
/* A response, or the head of one, that was not read to its end. */
void h2_response_cut(H2Conversation *conversation, const H2Event *event, ReasonSet reasons);
void h2_data(H2Conversation *conversation, int side, const H2Event *event);
void h2_reset(H2Conversation *conversation, int side, const H2Event *event);
/* What a gap of this side leaves open of every stream that is. */
void h2_streams_lose(H2Conversation *conversation, int side, ReasonSet reasons);
bool h2_stream_is_closed(const Exchange *exchange);
void h2_exchange_free(Exchange *exchange);

#endif
