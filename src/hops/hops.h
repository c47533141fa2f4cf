/* All hops of a capture: takes legs in any order, decides blocks of them, hands out pairs and what
 * could not be paired.
 *
 * Grammar: new · (exchange | hidden | ended)* · finish · next* · free. */
#ifndef HOPS_HOPS_H
#define HOPS_HOPS_H

#include "hops/hop_rules.h"

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

/* `pedantic`: also what hardly any proxy keeps. */
Hops *hops_new(bool pedantic);

/* A judged exchange; takes over its digest. `client`: the side index. */
void hops_exchange(Hops *hops, const Connection *connection, int client, ProxySource source,
                   bool ended, Exchange *exchange, const Judgement *judgement);

/* Bytes of a side are missing, and messages may be among them. */
void hops_hidden(Hops *hops, const Connection *connection, int client, Instant from, Instant to);

void hops_finish(Hops *hops);
bool hops_next(Hops *hops, HopRow *ret_row);

/* What proxies break, by connection and rule; once finished. */
const HopFinding *hops_findings(const Hops *hops, unsigned *ret_count);

void hops_free(Hops *hops);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hops, hops_free)

#endif
