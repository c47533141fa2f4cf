/* What is to be believed of a side's FIN (judgement.md §3). Pure. */
#ifndef SESSION_FIN_BELIEF_H
#define SESSION_FIN_BELIEF_H

#include "stream/connection.h"

/* The gap that a direction ends with as far as it has been read; frame 0: it ends with data. */
typedef struct TailGap {
    Stamp last;   /* SessionUnit.last of the gap */
    bool is_loss; /* its end may be a FIN */
} TailGap;

/* What a session itself says of the end of a side. */
typedef enum SessionClose {
    SESSION_CLOSED_BY_CARRIER, /* nothing: it is clear text, and a FIN is its end */
    SESSION_NOT_CLOSED,        /* it would have said that it ends, and did not: a FIN cuts it */
    SESSION_CLOSED,            /* it said so: a close_notify */
    SESSION_FAILED,            /* it gave up: a fatal alert */
    SESSION_UNREADABLE,        /* whatever it said is encrypted */
    SESSION_END_LOST,          /* whatever it said may be in what is missing */
} SessionClose;

typedef struct SessionEnd {
    TailGap gap;
    SessionClose close;
    /* CLOSED, FAILED: what closed it, and nothing but FIN and RST follow; else frame 0. Sent at its
     * frame and time, known to whom acknowledges the offset behind its own. */
    Stamp stamp;
    uint8_t alert; /* FAILED: its number */
} SessionEnd;

/* FIN_SURE: seen, or proved by numbers while the side's messages lack no byte. FIN_PERHAPS: the
 * last that is known of the side is a gap whose end may be a FIN or data. */
typedef enum FinBelief { FIN_NOT, FIN_PERHAPS, FIN_SURE } FinBelief;

typedef struct FinEvidence {
    FinBelief belief;
    /* CLOSED, FAILED: it is no FIN, but what the session closed itself with; else
     * CLOSED_BY_CARRIER */
    SessionClose by_session;
    FinFact fact; /* unless FIN_NOT */
    /* SESSION_END_LOST: the side may have closed its session before that, in bytes that are
     * missing; frame 0: it did not */
    FinFact earlier;
} FinEvidence;

/* What the side's messages say of its end. */
typedef struct MessagesEnd {
    bool whole;    /* they lack no byte: an offset beyond them is a FIN */
    bool one_left; /* of the gap behind them, all but the last byte belong to them */
} MessagesEnd;

/* A session that closed itself counts as one that sent its FIN there. */
FinEvidence fin_evidence(const Half *half, const SessionEnd *session, const MessagesEnd *messages);

#endif
