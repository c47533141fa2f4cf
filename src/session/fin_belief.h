/* What is to be believed of a side's FIN (judgement.md §3). Pure. */
#ifndef SESSION_FIN_BELIEF_H
#define SESSION_FIN_BELIEF_H

#include "stream/connection.h"

/* The gap that a direction ends with as far as it has been read; frame 0: it ends with data. */
typedef struct TailGap {
    Stamp last;   /* SessionUnit.last of the gap */
    bool is_loss; /* its end may be a FIN */
} TailGap;

/* FIN_SURE: seen, or proved by numbers while the side's messages lack no byte. FIN_PERHAPS: the
 * last that is known of the side is a gap whose end may be a FIN or data. */
typedef enum FinBelief { FIN_NOT, FIN_PERHAPS, FIN_SURE } FinBelief;

typedef struct FinEvidence {
    FinBelief belief;
    FinFact fact; /* unless FIN_NOT */
} FinEvidence;

/* What the side's messages say of its end. */
typedef struct MessagesEnd {
    bool whole;    /* they lack no byte: an offset beyond them is a FIN */
    bool one_left; /* of the gap behind them, all but the last byte belong to them */
} MessagesEnd;

FinEvidence fin_evidence(const Half *half, const TailGap *gap, const MessagesEnd *messages);

#endif
