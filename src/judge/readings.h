/* What the capture leaves open of an exchange, and the verdict in every way in which it could have
 * been (judgement.md §1.2).
 *
 * A fact that is not known is the set of the values that it may have, the plainest of them marked,
 * and the reasons why it is open. The table is asked for every combination. If all of them have one
 * verdict, it stands, with the cause of the plainest one; otherwise the verdict is undetermined. */
#ifndef JUDGE_READINGS_H
#define JUDGE_READINGS_H

#include "judge/verdict_table.h"

/* More combinations of one exchange are not looked at: it is undetermined then. */
#define READINGS_MAX 512

typedef struct Readings {
    const VerdictTable *table; /* static */
    FactValues values;
    FactValues plainest; /* one bit a fact */
    ReasonSet reasons[FACT_COUNT];
} Readings;

typedef struct Weighed {
    Outcome plainest;
    bool verdict_certain, actual_certain, cause_certain; /* the same in every reading */
    /* of the first fact that, changed alone, changes the plainest verdict; none does: of the first
     * open one. 0: all readings agree */
    ReasonSet decisive;
} Weighed;

/* Every fact as in an exchange of which nothing is special, and that nothing follows. `table`: that
 * of the exchange's kind. */
void readings_init(Readings *readings, const VerdictTable *table);

/* The fact is known. */
void readings_set(Readings *readings, unsigned fact, unsigned value);

/* It may have this value as well, for these reasons. */
void readings_add(Readings *readings, unsigned fact, unsigned value, ReasonSet reasons);

bool readings_may_be(const Readings *readings, unsigned fact, unsigned value);
bool readings_are_one(const Readings *readings);

Weighed readings_weigh(const Readings *readings, const Particulars *particulars);

#endif
