/* The verdict table of HTTP/1 (judgement.md §4): one reading of an exchange, to its outcome.
 *
 * An exchange is twelve facts. A reading gives each of them one value; a set of readings, several.
 * Both are bits, so that a row of the table accepts a reading or not in one comparison. */
#ifndef JUDGE_VERDICT_HTTP1_H
#define JUDGE_VERDICT_HTTP1_H

#include "judge/verdict.h"

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
    FACT_COUNT,
} Fact;

/* The value of a fact is the place of its bit among the four that the fact has. */
typedef enum Real { REAL_YES, REAL_NO } Real;
typedef enum First { FIRST_YES, FIRST_NO } First;
typedef enum Got { GOT_WHOLE, GOT_PART, GOT_NONE } Got;
typedef enum Later { LATER_NONE, LATER_ANSWERED, LATER_LOST } Later;
typedef enum Ended { ENDED_OPEN, ENDED_CLIENT, ENDED_SERVER, ENDED_BOTH } Ended;
typedef enum Idle { IDLE_LONG, IDLE_EARLY } Idle;
typedef enum SaysWhat { SAYS_KEEP_ALIVE, SAYS_CLOSE, SAYS_UPGRADE, SAYS_TUNNEL } SaysWhat;

/* One bit a fact: a reading. Several: the readings that they make up together. */
typedef uint64_t FactValues;

#define FACT_VALUES_MAX 4

static inline FactValues fact_value(Fact fact, unsigned value)
{
    return UINT64_C(1) << (FACT_VALUES_MAX * fact + value);
}

static inline FactValues fact_mask(Fact fact)
{
    return UINT64_C(15) << (FACT_VALUES_MAX * fact);
}

/* What no verdict rests on, only the words for it. */
typedef struct Particulars {
    bool answered;     /* a byte of a response came */
    Cause lost;        /* the row of the lost-request table, of the later request that was lost */
    Cause lost_first;  /* the same of this request, if it is the first and got no answer */
    bool lost_certain; /* no other row may be the right one */
    bool stated;       /* a timeout is in force */
    bool late;         /* closed later than close-grace */
    bool clock_ran_on; /* the file's clock went on for longer than the limit */
} Particulars;

/* How the exchanges of one kind are judged. */
typedef struct VerdictTable {
    bool (*possible)(FactValues reading); /* whether the facts go together */
    Outcome (*outcome)(FactValues reading,
                       const Particulars *particulars); /* of what goes together */
} VerdictTable;

extern const VerdictTable VERDICT_HTTP1;

/* Whether the facts go together: an answer to a later request came behind a whole response, and
 * only a response can switch protocols. */
bool verdict_http1_possible(FactValues reading);

/* The first row of the table that fits. */
Outcome verdict_http1(FactValues reading, const Particulars *particulars);

#endif
