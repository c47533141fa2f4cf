/* All hops of a capture: takes legs in any order, decides blocks of them, hands out pairs and what
 * could not be paired.
 *
 * Grammar: new · (exchange | hidden | ended)* · finish · next* · free. */
#ifndef HOPS_HOPS_H
#define HOPS_HOPS_H

#include "hops/block.h"

/* A pair, a front without a claim, or a back without one. What it points to lives until the next
 * call. */
typedef struct HopRow {
    const Leg *front; /* NULL: not known */
    const Leg *back;  /* NULL: there is none, or it is not known */
    HopBasis basis;
    HopDoubt doubt;
    uint32_t candidates, attempt;
    AnsweredBy answered_by;
    RuleSet findings;
} HopRow;

typedef struct Hops Hops;

Hops *hops_new(void);

/* A judged exchange; takes over its digest. `client`: the side index. */
void hops_exchange(Hops *hops, const Connection *connection, int client, ProxySource source,
                   bool ended, Exchange *exchange, const Judgement *judgement);

/* Bytes of a side are missing, and messages may be among them. */
void hops_hidden(Hops *hops, const Connection *connection, int client, Instant from, Instant to);

void hops_finish(Hops *hops);
bool hops_next(Hops *hops, HopRow *ret_row);

void hops_free(Hops *hops);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hops, hops_free)

#endif
