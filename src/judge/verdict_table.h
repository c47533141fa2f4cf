/* What the verdict tables of all kinds of exchange share.
 *
 * An exchange is twelve facts, whose names its kind has. A reading gives each of them one value; a
 * set of readings, several. Both are bits, so that a row of a table accepts a reading or not in one
 * comparison. */
#ifndef JUDGE_VERDICT_TABLE_H
#define JUDGE_VERDICT_TABLE_H

#include <stddef.h>

#include "judge/verdict.h"

#define FACT_COUNT 12
/* The value of a fact is the place of its bit among the four that the fact has. */
#define FACT_VALUES_MAX 4

/* One bit a fact: a reading. Several: the readings that they make up together. */
typedef uint64_t FactValues;

#define FACT_BIT(fact, value) (UINT64_C(1) << (FACT_VALUES_MAX * (fact) + (value)))

static inline FactValues fact_value(unsigned fact, unsigned value)
{
    return FACT_BIT(fact, value);
}

static inline FactValues fact_mask(unsigned fact)
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

/* Which of the particulars chooses the cause. */
typedef enum Chooser {
    BY_ROW, /* none: the row has the cause */
    BY_LOST,
    BY_LOST_FIRST,
    BY_STATED,
    BY_LATE,
    BY_CLOCK,
} Chooser;

/* A row names the values that it accepts; a fact of which it names none may have any. */
typedef struct VerdictRow {
    FactValues accepts;
    Actual actual;
    Verdict verdict;
    Cause cause;
    Chooser chooser;
} VerdictRow;

/* How the exchanges of one kind are judged. */
typedef struct VerdictTable {
    bool (*possible)(FactValues reading); /* whether the facts go together */
    Outcome (*outcome)(FactValues reading,
                       const Particulars *particulars); /* of what goes together */
    /* A bit of each fact that no row asks for in any of these readings. */
    FactValues (*idle)(FactValues readings);
} VerdictTable;

/* The first row that fits; every reading has one. */
Outcome verdict_of_rows(const VerdictRow *rows, size_t count, FactValues reading,
                        const Particulars *particulars);

#endif
