#include "judge/verdict_table.h"

#include <glib.h>

/* The lowest bit of each fact that has a bit. */
static FactValues facts_in(FactValues values)
{
    values |= values >> 2;
    values |= values >> 1;
    return values & UINT64_C(0x111111111111);
}

G_STATIC_ASSERT(FACT_COUNT *FACT_VALUES_MAX == 48);

/* No fact that the row names has another value. The shifts of facts_in() reach into the fact below,
 * whose own lowest bit they leave alone: bit 1 to 3 of a fact come down to its bit 0 only. */
static bool accepts(const VerdictRow *row, FactValues reading)
{
    return (facts_in(row->accepts) & ~facts_in(row->accepts & reading)) == 0;
}

static Cause choose(const VerdictRow *row, const Particulars *particulars)
{
    switch (row->chooser) {
    case BY_ROW:
        break;
    case BY_LOST:
        return particulars->lost;
    case BY_LOST_FIRST:
        return particulars->lost_first;
    case BY_STATED:
        return particulars->stated ? CAUSE_CLOSED_BEFORE_TIMEOUT : CAUSE_UNDECLARED_CLOSE;
    case BY_LATE:
        return particulars->late ? CAUSE_CLOSED_LATE : CAUSE_CLOSED;
    case BY_CLOCK:
        return particulars->clock_ran_on ? row->cause : CAUSE_CAPTURE_ENDED;
    }
    return row->cause;
}

Outcome verdict_of_rows(const VerdictRow *rows, size_t count, FactValues reading,
                        const Particulars *particulars)
{
    const VerdictRow *row = rows;
    while (!accepts(row, reading)) {
        row++;
        g_assert(row < rows + count);
    }
    Outcome outcome = { row->actual, row->verdict, choose(row, particulars) };
    if (outcome.actual == ACTUAL_OPEN && !particulars->answered)
        outcome.actual = ACTUAL_UNANSWERED;
    return outcome;
}
