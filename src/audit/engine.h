/* An engine: the loop that joins the stages, from frames to rows. It is the only code that knows
 * two neighbouring stages.
 *
 * The engines of one capture share its connections out by shard, and each is fed every frame.
 * Their results add up to those of one engine: merge rows by audit_row_compare(), counts by
 * audit_totals_add(), what listeners kept by AuditPosition. Only the engine that has shard 0
 * counts frames, and calls listeners for frames without a segment.
 *
 * Grammar: new · (feed · next*)* · finish · next* · free. A row comes when it has become final, and
 * rows come in the order in which they did: how frames are cut into batches changes nothing. */
#ifndef AUDIT_ENGINE_H
#define AUDIT_ENGINE_H

#include "audit/audit.h"
#include "capture/filter.h"
#include "capture/reader.h"
#include "stream/shards.h"

typedef struct EngineOptions {
    AuditOptions audit;
    StreamLimits limits; /* of all engines together */
    ShardSet shards;     /* this engine has their connections */
    Filter *filter;      /* borrowed; NULL: every frame is looked at */
} EngineOptions;

EngineOptions engine_options_default(void);

typedef struct Engine Engine;

Engine *engine_new(const EngineOptions *options);

/* The batch is done with when this returns. */
void engine_feed(Engine *engine, const FrameBatch *batch);
void engine_finish(Engine *engine);

/* The next row, now the caller's: audit_row_clear(). False: none for now. */
bool engine_next(Engine *engine, AuditRow *ret_row);

const AuditCounters *engine_counters(const Engine *engine);
const StreamCounters *engine_stream_counters(const Engine *engine);

void engine_free(Engine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Engine, engine_free)

#endif
