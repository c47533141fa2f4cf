/* The verdict table of HTTP/1 (judgement.md §4): one reading of an exchange, to its outcome. */
#ifndef JUDGE_VERDICT_HTTP1_H
#define JUDGE_VERDICT_HTTP1_H

#include "judge/verdict_table.h"

typedef enum Fact {
    FACT_REAL,        /* these two messages belong together, and are messages */
    FACT_FIRST,       /* of a request without an answer: no answered exchange came before it */
    FACT_DECLARED,    /* what the messages say */
    FACT_GOT,         /* how much of a response it got */
    FACT_LATER,       /* what became of a later request */
    FACT_END,         /* who ended the connection */
    FACT_REFUSED,     /* the client had closed its socket when the response arrived */
    FACT_DUTY,        /* the server had to close (§2) */
    FACT_USED,        /* the stated `max` is used up */
    FACT_UNDELIVERED, /* the server sent the response again until its reset, in vain */
    FACT_IDLE,        /* how long the connection was idle before its end */
    FACT_WITNESS,     /* the server was seen open for longer than the limit */
} Fact;

typedef enum Real { REAL_YES, REAL_NO } Real;
typedef enum First { FIRST_YES, FIRST_NO } First;
typedef enum Got { GOT_WHOLE, GOT_PART, GOT_NONE } Got;
typedef enum Later { LATER_NONE, LATER_ANSWERED, LATER_LOST } Later;
typedef enum Ended { ENDED_OPEN, ENDED_CLIENT, ENDED_SERVER, ENDED_BOTH } Ended;
typedef enum Idle { IDLE_LONG, IDLE_EARLY } Idle;
typedef enum SaysWhat { SAYS_KEEP_ALIVE, SAYS_CLOSE, SAYS_UPGRADE, SAYS_TUNNEL } SaysWhat;

extern const VerdictTable VERDICT_HTTP1;

/* Whether the facts go together: an answer to a later request came behind a whole response, and
 * only a response can switch protocols. */
bool verdict_http1_possible(FactValues reading);

/* The first row of the table that fits. */
Outcome verdict_http1(FactValues reading, const Particulars *particulars);

#endif
