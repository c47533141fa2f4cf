/* What is known of a connection's messages as a whole, beside its exchanges. */
#ifndef HTTP_FACTS_H
#define HTTP_FACTS_H

#include "http/head.h"
#include "session/fin_belief.h"

/* Why bytes are missing between others. */
#define HOLE_REASONS ((ReasonSet)(REASON_LOSS | REASON_SNAPLEN | REASON_LIMIT | REASON_ENCRYPTED))

typedef struct ConversationFacts {
    int client;         /* side index; -1: no message told, and no SYN */
    uint32_t exchanges; /* rows so far */
    /* requests may be missing after the last one that is known, because of … */
    ReasonSet client_hidden;
    ReasonSet server_hidden;  /* the same for responses */
    ReasonSet responses_lost; /* why responses may lie in holes anywhere on the connection */
    /* who has acknowledged this has received all bytes of the server that a gap hid; NO_OFFSET:
     * none */
    int64_t server_gap_past;
    ReasonSet reasons;  /* whatever was missing or odd anywhere on the connection, and mattered */
    FinEvidence fin[2]; /* by side; final at conversation_end() */
    uint8_t close[2];   /* SessionClose; likewise */
    uint8_t alert[2];   /* SESSION_FAILED: the number of the alert */
    bool under_way[2];  /* by side: a message has begun and is not complete */
    /* of the last byte of the last response that somebody had asked for (of an unsolicited one if
     * there is no other); frame 0: none */
    Stamp last_response;
    bool last_until_close; /* that response ended with the connection */
    HttpVersion version;   /* of the last final response, else of the last request */
    uint8_t minor;
} ConversationFacts;

#endif
