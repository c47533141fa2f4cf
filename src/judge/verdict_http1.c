/* The table, in the order of its text. A row names the values that it accepts; a fact of which it
 * names none may have any. Where a cause depends on what no verdict rests on, the row says which of
 * the particulars chooses it. */
#include "judge/verdict_http1.h"

#include <glib.h>

#define BIT(fact, value) (UINT64_C(1) << (FACT_VALUES_MAX * (fact) + (value)))

#define NOT_REAL BIT(FACT_REAL, REAL_NO)
#define FIRST BIT(FACT_FIRST, FIRST_YES)
#define NOT_FIRST BIT(FACT_FIRST, FIRST_NO)
#define SWITCHED (BIT(FACT_DECLARED, SAYS_UPGRADE) | BIT(FACT_DECLARED, SAYS_TUNNEL))
#define KEEP_ALIVE BIT(FACT_DECLARED, SAYS_KEEP_ALIVE)
#define CLOSE BIT(FACT_DECLARED, SAYS_CLOSE)
#define GOT_SOME (BIT(FACT_GOT, GOT_WHOLE) | BIT(FACT_GOT, GOT_PART))
#define NO_BYTE BIT(FACT_GOT, GOT_NONE)
#define INCOMPLETE (BIT(FACT_GOT, GOT_PART) | BIT(FACT_GOT, GOT_NONE))
#define IN_PART BIT(FACT_GOT, GOT_PART)
#define NOT_ANSWERED (BIT(FACT_LATER, LATER_NONE) | BIT(FACT_LATER, LATER_LOST))
#define ANSWERED BIT(FACT_LATER, LATER_ANSWERED)
#define LOST BIT(FACT_LATER, LATER_LOST)
#define OPEN BIT(FACT_END, ENDED_OPEN)
#define BY_CLIENT BIT(FACT_END, ENDED_CLIENT)
#define BY_SERVER BIT(FACT_END, ENDED_SERVER)
#define BY_BOTH BIT(FACT_END, ENDED_BOTH)
#define REFUSED BIT(FACT_REFUSED, true)
#define DUTY BIT(FACT_DUTY, true)
#define USED BIT(FACT_USED, true)
#define UNDELIVERED BIT(FACT_UNDELIVERED, true)
#define IDLE_ENOUGH BIT(FACT_IDLE, IDLE_LONG)
#define IDLE_TOO_SHORT BIT(FACT_IDLE, IDLE_EARLY)
#define WITNESSED BIT(FACT_WITNESS, true)

/* Which of the particulars chooses the cause. */
typedef enum Chooser {
    BY_ROW, /* none: the row has the cause */
    BY_LOST,
    BY_LOST_FIRST,
    BY_STATED,
    BY_LATE,
    BY_CLOCK,
} Chooser;

typedef struct Row {
    FactValues accepts;
    Actual actual;
    Verdict verdict;
    Cause cause;
    Chooser chooser;
} Row;

/* clang-format off */
static const Row ROWS[] = {
    { NOT_REAL,
      ACTUAL_UNKNOWN, VERDICT_UNDETERMINED, CAUSE_NONE, BY_ROW },
    { SWITCHED,
      ACTUAL_SWITCHED, VERDICT_AS_DECLARED, CAUSE_SWITCHED, BY_ROW },
    { GOT_SOME | NOT_ANSWERED | BY_SERVER | UNDELIVERED,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_UNDELIVERED, BY_ROW },
    { FIRST | NO_BYTE | BY_SERVER | BY_BOTH,
      ACTUAL_UNANSWERED, VERDICT_CONTRADICTED, CAUSE_NONE, BY_LOST_FIRST },
    { NOT_FIRST | NO_BYTE | BY_SERVER | BY_BOTH,
      ACTUAL_UNANSWERED, VERDICT_UNDETERMINED, CAUSE_NONE, BY_ROW },
    { INCOMPLETE | BY_SERVER | BY_BOTH,
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_ABORTED, BY_ROW },
    { IN_PART | BY_CLIENT,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLIENT_ABORTED, BY_ROW },
    { GOT_SOME | NOT_ANSWERED | BY_CLIENT | REFUSED,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLIENT_ABORTED, BY_ROW },
    { NO_BYTE | BY_CLIENT,
      ACTUAL_UNANSWERED, VERDICT_AS_DECLARED, CAUSE_CLIENT_GAVE_UP, BY_ROW },
    { KEEP_ALIVE | LOST | BY_CLIENT,
      ACTUAL_REQUEST_LOST, VERDICT_AS_DECLARED, CAUSE_CLIENT_GAVE_UP, BY_ROW },
    { KEEP_ALIVE | LOST | BY_SERVER | BY_BOTH,
      ACTUAL_REQUEST_LOST, VERDICT_CONTRADICTED, CAUSE_NONE, BY_LOST },
    { KEEP_ALIVE | ANSWERED,
      ACTUAL_REUSED, VERDICT_AS_DECLARED, CAUSE_REUSED, BY_ROW },
    { KEEP_ALIVE | BY_CLIENT | BY_BOTH,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLIENT_FINISHED, BY_ROW },
    { KEEP_ALIVE | BY_SERVER | DUTY,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_OBLIGED, BY_ROW },
    { KEEP_ALIVE | BY_SERVER | USED,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_MAX_REACHED, BY_ROW },
    { KEEP_ALIVE | BY_SERVER | IDLE_ENOUGH,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT, BY_ROW },
    { KEEP_ALIVE | BY_SERVER | IDLE_TOO_SHORT,
      ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_NONE, BY_STATED },
    { INCOMPLETE | OPEN,
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED, BY_ROW },
    { KEEP_ALIVE | LOST | OPEN,
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED, BY_ROW },
    { KEEP_ALIVE | OPEN | WITNESSED,
      ACTUAL_OPEN, VERDICT_AS_DECLARED, CAUSE_HELD_OPEN, BY_ROW },
    { CLOSE | ANSWERED,
      ACTUAL_REUSED, VERDICT_CONTRADICTED, CAUSE_REUSED_AFTER_CLOSE, BY_ROW },
    { CLOSE | BY_CLIENT | BY_SERVER | BY_BOTH,
      ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_NONE, BY_LATE },
    { CLOSE | OPEN | WITNESSED,
      ACTUAL_OPEN, VERDICT_CONTRADICTED, CAUSE_LEFT_OPEN, BY_ROW },
    { CLOSE | OPEN,
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_LEFT_OPEN, BY_CLOCK },
    { OPEN,
      ACTUAL_OPEN, VERDICT_UNDETERMINED, CAUSE_HELD_OPEN, BY_CLOCK },
};
/* clang-format on */

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
static bool accepts(const Row *row, FactValues reading)
{
    return (facts_in(row->accepts) & ~facts_in(row->accepts & reading)) == 0;
}

bool verdict_http1_possible(FactValues reading)
{
    if ((reading & ANSWERED) && !(reading & BIT(FACT_GOT, GOT_WHOLE)))
        return false;
    return !((reading & SWITCHED) && (reading & NO_BYTE));
}

static Cause choose(const Row *row, const Particulars *particulars)
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

Outcome verdict_http1(FactValues reading, const Particulars *particulars)
{
    const Row *row = ROWS;
    while (!accepts(row, reading)) {
        row++;
        g_assert(row < ROWS + G_N_ELEMENTS(ROWS));
    }
    Outcome outcome = { row->actual, row->verdict, choose(row, particulars) };
    if (outcome.actual == ACTUAL_OPEN && !particulars->answered)
        outcome.actual = ACTUAL_UNANSWERED;
    return outcome;
}

const VerdictTable VERDICT_HTTP1 = { .possible = verdict_http1_possible, .outcome = verdict_http1 };
