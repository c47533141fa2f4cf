/* From facts to judgements: each exchange, and the connection as a whole (judgement.md §2 to §4).
 *
 * One Judge a connection. Exchanges come in the order of their numbers: those that a later answer
 * settled by judge_settled(), the rest together, when the connection has ended, by
 * judge_ended(). */
#ifndef JUDGE_JUDGE_H
#define JUDGE_JUDGE_H

#include "http/exchange.h"
#include "judge/context.h"
#include "judge/declared.h"
#include "judge/ending.h"

typedef struct Judgement {
    Declaration declaration;
    Actual actual;
    Verdict verdict;
    Cause cause;
    /* in every reading of what is missing the cause is this one, and so is `actual` */
    bool cause_certain, actual_certain;
    bool pairing_open; /* the response may be that to another request, or the two no messages */
    /* The promise that the same close broke by which a later request was lost, as the cause that it
     * would be without that request; CAUSE_NONE: it broke none for sure. */
    Cause broken_promise;
    bool ended;        /* the connection's end belongs to this outcome: the three below */
    unsigned ended_by; /* Ender bits */
    EndHow ended_how;
    FrameId outcome_frame; /* 0: none */
    /* from the response's last byte to the outcome; -1: none, or it came before */
    Nanoseconds after;
    int64_t stated_timeout, stated_max; /* in force at this exchange; -1: none */
    ReasonSet completeness;
} Judgement;

/* A request that got no byte of a response, and relied on an exchange that had declared close, on a
 * connection that has ended. */
static inline bool judgement_lost_after_close(const Judgement *judgement, const Exchange *exchange)
{
    return judgement->actual == ACTUAL_UNANSWERED && judgement->ended &&
           !(judgement->ended_by & ENDER_NOBODY) && judgement->verdict != VERDICT_UNDETERMINED &&
           judgement->declaration.declared == DECLARED_CLOSE && exchange->number > 1 &&
           exchange->request.has_head && !exchange->request.tentative && !exchange->request.sought;
}

/* What the connection's row says of the exchange that decides it. */
typedef struct Decision {
    bool set;
    uint32_t exchange;
    Judgement judgement;
    char *host; /* owned, escaped; NULL: none */
} Decision;

typedef struct Judge {
    /* private */
    int64_t timeout, max;   /* the latest statement in force; -1: none */
    uint32_t max_stated_at; /* count of answered exchanges when it was stated */
    uint32_t answered;      /* exchanges answered so far */
    /* why responses are not in the capture that may have stated a timeout that is in force, or a
     * max; 0: all are */
    ReasonSet timeout_lost, max_lost;
    bool max_everywhere; /* every response stated the same max */
    bool counts_down;    /* the last response says itself how many exchanges are left */
    ReasonSet tunnel;    /* why HTTP may have ended at an exchange before; 0: it has not */
    bool have_answered;  /* `last_answered` is set and counts */
    Judgement last_answered;
    Decision worst, last, first; /* first with the worst verdict; last answered; first of all */
} Judge;

void judge_init(Judge *judge);

/* An exchange that a later answered one settled. The connection has not ended: of the context, only
 * what is known so far is read. */
Judgement judge_settled(Judge *judge, const JudgeContext *context, const Exchange *exchange);

/* Those that were pending when the connection ended; `ret_judgements` has room for `count`. */
void judge_ended(Judge *judge, const JudgeContext *context, const Ending *ending,
                 const Exchange *exchanges, size_t count, Judgement *ret_judgements);

/* The exchange that decides the connection, until the next call with this judge; NULL: it had
 * none. */
const Decision *judge_decision(const Judge *judge);

/* The judge as packed bytes, and back; bytes that hang on it. */
void judge_pack(const Judge *judge, GByteArray *to);
void judge_unpack(Judge *judge, Span *from);
size_t judge_text_size(const Judge *judge);

void judge_clear(Judge *judge);

#endif
