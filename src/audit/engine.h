/* An engine: the loop that joins the stages, from frames to rows.
 *
 * In: the frames of a capture, in order. Out: rows, counts, and what listeners hear.
 * It knows neither where frames come from nor what becomes of rows.
 *
 * Engines of one capture share its connections out by shard. Each is fed all frames; what they hand out,
 * count and tell, merged, is what one engine would have (audit_row_compare(), audit_totals_add(),
 * audit_position_compare()). What concerns frames alone, the engine with shard 0 counts and tells.
 *
 * Grammar: new · (feed · next*)* · finish · next* · free. Rows are final when they come; they
 * become so at a tick (every 4,096 frames of the input) and leave in the order of
 * audit_row_compare(). */
#ifndef AUDIT_ENGINE_H
#define AUDIT_ENGINE_H

#include "audit/audit.h"
#include "capture/filter.h"
#include "capture/reader.h"

typedef struct EngineOptions {
    AuditOptions audit;
    StreamLimits limits; /* of all engines together */
    ShardSet shards;     /* whose connections are its own */
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
