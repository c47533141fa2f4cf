/* The facts of an exchange, and which of them the capture leaves open: read off its messages, what
 * came behind it, and the end of its connection (judgement.md §1.2, §3). No verdict here. */
#ifndef JUDGE_OPEN_FACTS_H
#define JUDGE_OPEN_FACTS_H

#include "http/exchange.h"
#include "judge/context.h"
#include "judge/declared.h"
#include "judge/ending.h"
#include "judge/readings.h"
#include "judge/verdict_http1.h"

/* What responses stated about keep-alive, as far as they were seen. */
typedef struct Stated {
    int64_t timeout, max; /* the latest statement in force; -1: none */
    bool used;            /* `max` is used up */
    bool max_everywhere;  /* every response stated the same max */
    bool used_if_first;   /* used, if the one response that was seen was the connection's first */
    bool counts_down;     /* the last response says itself how many exchanges are left */
    /* why a response that is not in the capture may have stated something else; 0: none can */
    ReasonSet timeout_open, max_open;
} Stated;

/* What is known to have followed an exchange, or may have. Exchanges are put in from the last one
 * back to the first, so that each is looked at once. */
typedef struct Sequel {
    const JudgeContext *context;
    const Ending *ending;
    bool answered;        /* a later request was */
    const Exchange *lost; /* the nearest later request without an answer */
    bool answers;         /* a response comes behind it */
    /* why one of them may belong to a request that nobody sees; 0: all have theirs */
    ReasonSet alone;
    int64_t hidden_before; /* before which offset of the client that request stands */
    bool waiting_before;   /* a request before it has none either */
    /* the highest offset of the client at which an answered request before it in the list begins */
    int64_t answered_at;
    ReasonSet may_answer; /* why that, or another of them, may have got one */
    ReasonSet requests;   /* why requests may be missing behind it; 0: none can */
    ReasonSet responses;  /* the same for responses */
    ReasonSet crossing;   /* why the capture may lack only a request that crossed the end */
} Sequel;

/* Behind the last exchange. */
Sequel sequel_at_end(const JudgeContext *context, const Ending *ending);
/* Before this exchange, having been behind it. */
void sequel_step_before(Sequel *sequel, const Exchange *exchange);

/* What may have come before an exchange, behind the last one that was answered. */
typedef struct Before {
    ReasonSet exchanges; /* why exchanges may be missing; 0: none can */
    ReasonSet
        perhaps; /* why a response that was seen may be one that was asked for; 0: there is none */
    ReasonSet tunnel; /* why an unread message may have ended HTTP there; 0: none has */
} Before;

/* What is open of an exchange that a later answer has settled. `tunnel`: as in Before. */
void facts_of_settled(Readings *readings, const JudgeContext *context, ReasonSet tunnel,
                      const Exchange *exchange, const Declaration *declaration);

/* What is open of one that only the end of the connection settles. */
void facts_of_pending(Readings *readings, const Sequel *sequel, const Before *before,
                      const Exchange *exchange, const Declaration *declaration,
                      const Stated *stated);

/* The rest that the words for its verdict need. */
Particulars particulars_of(const Sequel *sequel, const Exchange *exchange,
                           const Declaration *declaration, const Stated *stated);

/* Whether a byte of a response is known to have reached the client: one that comes behind an
 * accepted reset answers nothing. */
bool got_response(const JudgeContext *context, const Exchange *exchange);

/* Whether these bytes of the server came behind an accepted reset of either side. */
bool arrived_after_reset(const JudgeContext *context, const Stamp *byte);

/* Ender bits: who may have ended the connection, beyond what the numbers of its closing segments
 * allow; `reasons` are added to. */
unsigned enders_at_end(const JudgeContext *context, const Ending *ending, ReasonSet *reasons);
/* Why something of the client may have crossed the server's FIN that the capture does not show; 0:
 * nothing can. */
ReasonSet crossing_at_end(const JudgeContext *context, const Ending *ending);

/* Why a request that is not in the capture belongs to this response; 0: it is there, or none
 * does. */
ReasonSet hidden_request_reasons(const JudgeContext *context, const Exchange *exchange);
/* Why the response of an exchange that shows none, or only a part of its head, may exist; 0: it
 * does not. */
ReasonSet hidden_response_reasons(const JudgeContext *context, const Exchange *exchange);

/* How long a stated timeout is, less what a server may miss it by; none stated: prompt-close. */
Nanoseconds idle_limit(const Thresholds *thresholds, int64_t timeout);

#endif
