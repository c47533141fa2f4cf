/* All hops of a capture: takes legs in any order, decides blocks of them, hands out pairs and what
 * could not be paired.
 *
 * Grammar: new · take* · finish · free. A block is decided when so many legs have come as the
 * limits allow, and at the end; its rows are handed out then. */
#ifndef HOPS_HOPS_H
#define HOPS_HOPS_H

#include "hops/hop_rules.h"
#include "hops/news.h"

/* A pair, a front without a claim, or a back without one. What it points to lives until the
 * function returns that gets it. */
typedef struct HopRow {
    const Leg *front; /* NULL: not known */
    const Leg *back;  /* NULL: there is none, or it is not known */
    HopBasis basis;
    HopDoubt doubt;
    uint32_t candidates, attempt;
    AnsweredBy answered_by;
    RuleSet findings;
} HopRow;

/* Of legs that wait to be decided; twice as much while it is done. */
typedef struct HopsLimits {
    unsigned legs; /* 8 or more */
    size_t bytes;
} HopsLimits;

extern const HopsLimits HOPS_LIMITS_DEFAULT;

typedef struct HopsOptions {
    HopsLimits limits;
    bool pedantic; /* also rules that hardly any proxy keeps */
    /* gets the rows, in their order; NULL: nobody does */
    void (*row)(void *data, const HopRow *row);
    void *data;
} HopsOptions;

typedef struct Hops Hops;

Hops *hops_new(const HopsOptions *options);

/* As they were given. */
const HopsOptions *hops_options(const Hops *hops);

/* Takes over the leg. */
void hops_take(Hops *hops, HopNews *news);

void hops_finish(Hops *hops);

/* What proxies break, by connection and rule; once finished. */
const HopFinding *hops_findings(const Hops *hops, unsigned *ret_count);

/* What proxies answered with errors of their own, by server and status; once finished. */
const HopError *hops_errors(const Hops *hops, unsigned *ret_count);

/* What came out, and what was given up at a bound. */
typedef struct HopsCounters {
    uint64_t rows;     /* handed out */
    uint64_t legs;     /* dropped because too many overlapped; what overlaps them is `limit` */
    uint64_t holes;    /* of more nothing was kept: nothing of their time is claimed */
    uint64_t findings; /* that only the rows show */
} HopsCounters;

HopsCounters hops_counters(const Hops *hops);

void hops_free(Hops *hops);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hops, hops_free)

#endif
