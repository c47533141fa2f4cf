/* The combinations are counted through like an odometer, the last fact fastest, and impossible ones
 * are passed over. What is known has one value and costs nothing. Facts that no row asks for in the
 * readings at hand are settled first (an idle time means nothing where a later request was
 * answered): they would only multiply. */
#include "judge/readings.h"

#include <glib.h>

static const FactValues LOWEST = UINT64_C(0x111111111111);

G_STATIC_ASSERT(FACT_COUNT *FACT_VALUES_MAX == 48);

void readings_init(Readings *readings, const VerdictTable *table)
{
    *readings = (Readings){ .table = table, .values = LOWEST, .plainest = LOWEST };
}

void readings_set(Readings *readings, unsigned fact, unsigned value)
{
    g_assert(value < FACT_VALUES_MAX);
    readings->values = (readings->values & ~fact_mask(fact)) | fact_value(fact, value);
    readings->plainest = (readings->plainest & ~fact_mask(fact)) | fact_value(fact, value);
    readings->reasons[fact] = 0;
}

void readings_add(Readings *readings, unsigned fact, unsigned value, ReasonSet reasons)
{
    g_assert(value < FACT_VALUES_MAX && reasons);
    if (readings_may_be(readings, fact, value))
        return;
    readings->values |= fact_value(fact, value);
    readings->reasons[fact] |= reasons;
}

bool readings_may_be(const Readings *readings, unsigned fact, unsigned value)
{
    return readings->values & fact_value(fact, value);
}

bool readings_are_one(const Readings *readings)
{
    return readings->values == readings->plainest;
}

static void settle(Readings *readings, unsigned fact)
{
    readings->values =
        (readings->values & ~fact_mask(fact)) | (readings->plainest & fact_mask(fact));
}

/* What no row asks for, whatever the others are. */
static void settle_idle_facts(Readings *readings)
{
    FactValues idle = readings->table->idle(readings->values);
    for (unsigned fact = 0; fact < FACT_COUNT; fact++)
        if (idle & fact_mask(fact))
            settle(readings, fact);
}

/* The value after this one in the fact's set; false: it was the last, and now is the first. */
static bool turn(FactValues *reading, FactValues values, unsigned fact)
{
    FactValues mask = fact_mask(fact), now = *reading & mask;
    FactValues later = values & mask & ~(now | (now - 1));
    FactValues next = later ? later : values & mask;
    *reading = (*reading & ~mask) | (next & -next);
    return later != 0;
}

static bool next_reading(FactValues *reading, FactValues values)
{
    for (unsigned fact = FACT_COUNT; fact-- > 0;)
        if (turn(reading, values, fact))
            return true;
    return false;
}

/* Where the row of the lost-request table is open, so is the cause. */
static bool cause_is_lost(const Outcome *outcome, const Particulars *particulars)
{
    bool lost = outcome->actual == ACTUAL_REQUEST_LOST || outcome->actual == ACTUAL_UNANSWERED;
    return lost && outcome->verdict == VERDICT_CONTRADICTED && !particulars->lost_certain;
}

/* The plainest reading that is possible at all. */
static FactValues plainest_of(const Readings *readings)
{
    if (readings->table->possible(readings->plainest))
        return readings->plainest;
    FactValues reading = 0;
    for (unsigned fact = 0; fact < FACT_COUNT; fact++) {
        FactValues values = readings->values & fact_mask(fact);
        reading |= values & -values;
    }
    for (unsigned n = 0; n < READINGS_MAX; n++)
        if (readings->table->possible(reading) || !next_reading(&reading, readings->values))
            break;
    return reading;
}

static Weighed weigh_one(const Readings *readings, FactValues reading,
                         const Particulars *particulars)
{
    Weighed weighed = { .plainest = readings->table->outcome(reading, particulars),
                        .verdict_certain = true,
                        .actual_certain = true };
    weighed.cause_certain = !cause_is_lost(&weighed.plainest, particulars);
    return weighed;
}

/* Whether the reading has the same verdict. */
static bool weigh_another(Weighed *weighed, const Readings *readings, FactValues reading,
                          const Particulars *particulars)
{
    if (!readings->table->possible(reading))
        return true;
    Outcome outcome = readings->table->outcome(reading, particulars);
    bool same = outcome.verdict == weighed->plainest.verdict;
    weighed->verdict_certain &= same;
    weighed->actual_certain &= outcome.actual == weighed->plainest.actual;
    weighed->cause_certain &= outcome.cause == weighed->plainest.cause;
    return same;
}

/* The readings that differ from the plainest in one fact. Most disagreements show there, and the
 * first of these facts is the one that is named. */
static void weigh_singly(Weighed *weighed, const Readings *readings, FactValues plainest,
                         const Particulars *particulars)
{
    for (unsigned fact = 0; fact < FACT_COUNT; fact++) {
        FactValues mask = fact_mask(fact), others = readings->values & mask & ~plainest;
        for (; others; others &= others - 1) {
            FactValues reading = (plainest & ~mask) | (others & -others);
            if (!weigh_another(weighed, readings, reading, particulars) && !weighed->decisive)
                weighed->decisive = readings->reasons[fact];
            if (!weighed->verdict_certain && !weighed->actual_certain)
                return;
        }
    }
}

static void weigh_all(Weighed *weighed, const Readings *readings, FactValues plainest,
                      const Particulars *particulars)
{
    FactValues reading = plainest;
    for (unsigned n = 1; weighed->verdict_certain || weighed->actual_certain; n++) {
        next_reading(&reading, readings->values);
        if (reading == plainest)
            break;
        if (n == READINGS_MAX) {
            weighed->verdict_certain = weighed->actual_certain = false;
            break;
        }
        weigh_another(weighed, readings, reading, particulars);
    }
}

static ReasonSet first_reasons(const Readings *readings, FactValues plainest)
{
    for (unsigned fact = 0; fact < FACT_COUNT; fact++)
        if (readings->values & fact_mask(fact) & ~plainest)
            return readings->reasons[fact];
    return 0;
}

Weighed readings_weigh(const Readings *all, const Particulars *particulars)
{
    if (readings_are_one(all))
        return weigh_one(all, all->values, particulars);
    Readings readings = *all;
    settle_idle_facts(&readings);
    FactValues plainest = plainest_of(&readings);
    Weighed weighed = weigh_one(&readings, plainest, particulars);
    weigh_singly(&weighed, &readings, plainest, particulars);
    weigh_all(&weighed, &readings, plainest, particulars);
    weighed.cause_certain &= weighed.verdict_certain;
    if (!weighed.verdict_certain && !weighed.decisive)
        weighed.decisive = first_reasons(&readings, plainest);
    return weighed;
}
