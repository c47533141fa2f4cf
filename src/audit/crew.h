/* The engines of a run: one in the thread of the caller, or several with a thread each, over the
 * portions of a relay. Its rows are those of one engine, in the same order.
 *
 * Grammar: new · (work · next*)* · finish · next* · free, with portion after portion. */
#ifndef AUDIT_CREW_H
#define AUDIT_CREW_H

#include "audit/engine.h"
#include "audit/hop_log.h"
#include "audit/relay.h"

#define CREW_MAX 64 /* as many as there are shards */

typedef struct Crew Crew;

/* How many users of the relay a crew has. */
unsigned crew_users(unsigned engines);

/* Engines differ in their listeners, of which each must have its own; the crew shares out their
 * shards. Their listeners are called in the thread of the engine: that of the caller, if it is the
 * only one. What their ears for hops have heard is passed on in the thread of the caller, in order,
 * before the rows of the same portion. */
typedef struct CrewEngine {
    EngineOptions options;
    HopLog *hop_log; /* borrowed: one of the listeners; NULL: none is */
} CrewEngine;

Crew *crew_new(Relay *relay, const CrewEngine *engines, unsigned count);

/* The next portion; false: there is none. Its rows must be taken before the next one. */
bool crew_work(Crew *crew, const Portion **ret_portion);

/* Ends the connections that are still open. After the last portion, or when no more are wanted
 * (relay_stop()). */
void crew_finish(Crew *crew);

/* The next row, now the caller's: audit_row_clear(). False: none for now. */
bool crew_next(Crew *crew, AuditRow *ret_row);

/* When all rows have been taken; but for the counts of frames, which the relay has. */
void crew_add_totals(const Crew *crew, AuditTotals *totals);

void crew_free(Crew *crew);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Crew, crew_free)

#endif
