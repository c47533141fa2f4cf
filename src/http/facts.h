/* What is known of a connection's messages as a whole, beside its exchanges. */
#ifndef HTTP_FACTS_H
#define HTTP_FACTS_H

#include "http/head.h"
#include "session/fin_belief.h"

/* Why bytes are missing between others. */
#define HOLE_REASONS ((ReasonSet)(REASON_LOSS | REASON_SNAPLEN | REASON_LIMIT | REASON_ENCRYPTED))

/* More of one side are counted only. */
#define H2_GOAWAYS_KEPT 4

typedef struct H2Goaway {
    uint32_t last_id, code;
    Stamp first, last; /* sent with the first byte, known with the last */
} H2Goaway;

/* The GOAWAYs of one side. */
typedef struct H2Goaways {
    uint32_t count;
    uint32_t least;                     /* of the last ids; UINT32_MAX: none came */
    H2Goaway kept[H2_GOAWAYS_KEPT];     /* the first ones */
    H2Goaway error;                     /* the first with a code; frame 0: none */
    FrameId raised_from, raised;        /* the first that names a greater id than one before */
    uint32_t raised_from_id, raised_id; /* which ones */
} H2Goaways;

/* What is known of a connection of HTTP/2 as a whole. */
typedef struct H2Facts {
    H2Goaways goaways[2]; /* by side */
    ReasonSet lost[2];    /* by side: why frames may be missing */
    bool preface_missing; /* no preface of the client is there to show that it is HTTP/2 */
    uint32_t opened;      /* streams of the client */
    uint32_t pushed;
    uint32_t missing; /* ids that were passed over behind a gap, and that nothing has named */
    uint32_t highest; /* the highest of them */
    uint32_t started; /* the highest of them that got the start of a final response */
    uint32_t may_have_started; /* … or of which that cannot be known */
    uint32_t cut;              /* streams that were open when the connection ended */
    uint32_t cut_seen;         /* of them, those whose request the server had received in part */
    /* Nothing but witnesses came since: the end of the last stream that was answered or reset.
     * Frame 0: none has ended. */
    Stamp idle_from;
    ReasonSet idle_open;    /* why frames may be missing since */
    Nanoseconds idle_burst; /* the start of its last burst */
    ClockMark idle_burst_clock;
    Stamp idle_end; /* the first GOAWAY of the server that no new stream followed; frame 0: none */
} H2Facts;

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
    /* by side: where HTTP/2 begins behind a 101; NO_OFFSET: it does not */
    int64_t upgraded_at[2];
    const H2Facts *h2;   /* owned by the conversation; NULL: it is no HTTP/2 */
    HttpVersion version; /* of the last final response, else of the last request */
    uint8_t minor;
} ConversationFacts;

/* Why bytes are missing anywhere on the connection, of a message that must lie in what is. */
static inline ReasonSet hole_reasons(const ConversationFacts *facts, bool opener_known)
{
    ReasonSet holes = facts->reasons & HOLE_REASONS;
    return holes ? holes : opener_known ? REASON_LOSS : REASON_MIDSTREAM;
}

#endif
