/* An engine: the loop that joins the stages, from frames to rows. It is the only code that knows
 * two neighbouring stages.
 *
 * The engines of one capture share its connections out by shard, and each is given every frame: as
 * it is, or as one Intake has taken it in for all of them. Their results add up to those of one
 * engine: merge rows by audit_row_compare(), counts by audit_totals_add(), what listeners kept by
 * AuditPosition. Only the engine that has shard 0 counts frames, if it takes them in itself, and
 * calls listeners for frames without a segment.
 *
 * Grammar: new · ((feed | take* · settle) · next*)* · finish · next* · free. A row comes when it
 * has become final, and rows come in the order in which they did: how frames are cut into batches
 * changes nothing. */
#ifndef AUDIT_ENGINE_H
#define AUDIT_ENGINE_H

#include "audit/audit.h"
#include "audit/intake.h"
#include "capture/reader.h"
#include "stream/shards.h"

typedef struct EngineOptions {
    AuditOptions audit;
    StreamLimits limits; /* of all engines together */
    ShardSet shards;     /* this engine has their connections */
    Filter *filter;      /* borrowed; NULL: every frame is looked at */
    bool takes;          /* engine_take(): frames are taken in, and filtered, somewhere else */
} EngineOptions;

EngineOptions engine_options_default(void);

typedef struct Engine Engine;

Engine *engine_new(const EngineOptions *options);

/* The batch is done with when this returns. */
void engine_feed(Engine *engine, const FrameBatch *batch);

/* The same for frames that have been taken in: each of them, and then their rows are ready. */
void engine_take(Engine *engine, const TakenFrame *taken);
void engine_settle(Engine *engine);

void engine_finish(Engine *engine);

/* The next row, now the caller's: audit_row_clear(). False: none for now. */
bool engine_next(Engine *engine, AuditRow *ret_row);

/* For whoever merges engines, after engine_finish(): ends the next connection, and says where it
 * stands among those of all engines; false: there are no more. Its rows are those that
 * engine_next_ready() gives then, whose own positions may be earlier. */
bool engine_end_next(Engine *engine, AuditPosition *ret_position);
bool engine_next_ready(Engine *engine, AuditRow *ret_row);

const AuditCounters *engine_counters(const Engine *engine);
const StreamCounters *engine_stream_counters(const Engine *engine);

void engine_free(Engine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Engine, engine_free)

#endif
