#include "audit/engine.h"

struct Engine {
    Auditor auditor;
    Intake *intake; /* NULL: frames are taken in somewhere else */
    Shards *shards;
    ShardSet set;
    bool leads;        /* it has shard 0 */
    bool hears_frames; /* a listener does */
    bool hears_strays;
    guint next_row; /* of those that are ready */
    guint ready;    /* how many are sorted */
    bool finishing; /* connections have yet to be ended */
};

EngineOptions engine_options_default(void)
{
    return (EngineOptions){ .audit = audit_options_default(),
                            .limits = STREAM_LIMITS_DEFAULT,
                            .shards = SHARDS_ALL };
}

Engine *engine_new(const EngineOptions *options)
{
    Engine *engine = g_new0(Engine, 1);
    auditor_init(&engine->auditor, &options->audit);
    engine->leads = options->shards & 1;
    if (!options->takes)
        engine->intake = intake_new(&options->limits, options->filter,
                                    engine->leads ? &engine->auditor.counters : NULL);
    engine->shards = shards_new(&options->limits, options->shards);
    engine->set = options->shards;
    for (unsigned i = 0; i < options->audit.listener_count; i++) {
        engine->hears_frames = engine->hears_frames || options->audit.listeners[i].frame;
        engine->hears_strays = engine->hears_strays || options->audit.listeners[i].stray;
    }
    return engine;
}

/* Frames --------------------------------------------------------------------------------------- */

/* `owner`: the shards have just been fed with its segment; NULL: with none. */
static void tell_frame(const Engine *engine, const TakenFrame *taken, const SegmentOwner *owner)
{
    const AuditOptions *options = &engine->auditor.options;
    FrameResult result = { .result = taken->result, .trail = taken->trail };
    if (owner) {
        result.segment = &taken->segment;
        result.owner = *owner;
    }
    for (unsigned i = 0; i < options->listener_count; i++)
        if (options->listeners[i].frame)
            options->listeners[i].frame(options->listeners[i].data, taken->frame, &result);
}

static bool is_stray(const SegmentOwner *owner)
{
    return owner->belongs != owner->first_frame || owner->beside != 0;
}

static void tell_stray(const Engine *engine, const TakenFrame *taken, const SegmentOwner *owner)
{
    const AuditOptions *options = &engine->auditor.options;
    FrameResult result = {
        .result = DECODE_SEGMENT, .trail = taken->trail, .segment = &taken->segment, .owner = *owner
    };
    for (unsigned i = 0; i < options->listener_count; i++)
        if (options->listeners[i].stray)
            options->listeners[i].stray(options->listeners[i].data, &result);
}

static void drain_shards(Engine *engine)
{
    StreamEvent event;
    while (shards_next(engine->shards, &event))
        auditor_take(&engine->auditor, &event);
}

static void fire_timers(Engine *engine, Nanoseconds now)
{
    engine->auditor.step = STEP_TIMERS;
    shards_fire_timers(engine->shards, now);
    drain_shards(engine);
    engine->auditor.step = STEP_FRAME;
}

static void feed_segment(Engine *engine, const TakenFrame *taken)
{
    const Arrival *arrival = &taken->arrival;
    if (shards_are_due(engine->shards, arrival->now))
        fire_timers(engine, arrival->now);
    if (!(engine->set >> arrival->shard & 1))
        return;
    SegmentOwner owner = shards_feed(engine->shards, arrival);
    if (engine->hears_frames)
        tell_frame(engine, taken, &owner);
    if (engine->hears_strays && is_stray(&owner))
        tell_stray(engine, taken, &owner);
    drain_shards(engine);
}

void engine_take(Engine *engine, const TakenFrame *taken)
{
    const Frame *frame = taken->frame;
    engine->auditor.order = taken->order;
    if (frame->clock.tick != CLOCK_NO_TIME)
        capture_clock_see(&engine->auditor.clock, taken->order, frame->time);
    if (taken->has_segment)
        feed_segment(engine, taken);
    else if (engine->hears_frames && engine->leads)
        tell_frame(engine, taken, NULL);
}

/* In the order of their positions. */
void engine_settle(Engine *engine)
{
    GArray *rows = engine->auditor.rows;
    if (rows->len > engine->ready)
        qsort(&g_array_index(rows, AuditRow, engine->ready), rows->len - engine->ready,
              sizeof(AuditRow), audit_row_compare);
    engine->ready = rows->len;
}

void engine_feed(Engine *engine, const FrameBatch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        TakenFrame taken;
        intake_take(engine->intake, &batch->frames[i], &taken);
        engine_take(engine, &taken);
    }
    engine_settle(engine);
}

/* Up to the end of the next connection: they are ended one by one, when somebody asks for rows, for
 * there may be many. False: there are no more. */
static bool end_one(Engine *engine, AuditPosition *ret_position)
{
    StreamEvent event;
    while (shards_next(engine->shards, &event)) {
        if (event.kind == STREAM_END)
            *ret_position = auditor_position(&engine->auditor, event.connection);
        auditor_take(&engine->auditor, &event);
        if (event.kind == STREAM_END)
            return true;
    }
    return false;
}

void engine_finish(Engine *engine)
{
    const AuditOptions *options = &engine->auditor.options;
    if (engine->intake)
        intake_finish(engine->intake);
    for (unsigned i = 0; i < options->listener_count; i++)
        if (options->listeners[i].no_more_frames)
            options->listeners[i].no_more_frames(options->listeners[i].data);
    engine->auditor.step = STEP_FINISH;
    shards_finish(engine->shards);
    engine->finishing = true;
}

/* Rows ----------------------------------------------------------------------------------------- */

bool engine_next_ready(Engine *engine, AuditRow *ret_row)
{
    GArray *rows = engine->auditor.rows;
    if (engine->next_row == engine->ready) {
        g_array_remove_range(rows, 0, engine->ready);
        engine->next_row = engine->ready = 0;
        return false;
    }
    *ret_row = g_array_index(rows, AuditRow, engine->next_row);
    engine->next_row++;
    return true;
}

bool engine_end_next(Engine *engine, AuditPosition *ret_position)
{
    engine->finishing = engine->finishing && end_one(engine, ret_position);
    engine_settle(engine);
    return engine->finishing;
}

bool engine_next(Engine *engine, AuditRow *ret_row)
{
    AuditPosition position;
    while (!engine_next_ready(engine, ret_row))
        if (!engine_end_next(engine, &position))
            return false;
    return true;
}

const AuditCounters *engine_counters(const Engine *engine)
{
    return &engine->auditor.counters;
}

const StreamCounters *engine_stream_counters(const Engine *engine)
{
    return shards_counters(engine->shards);
}

/* What hangs on connections that are still open goes with their rows. */
void engine_free(Engine *engine)
{
    if (!engine)
        return;
    AuditRow row;
    engine_settle(engine);
    while (engine_next(engine, &row))
        audit_row_clear(&row);
    auditor_clear(&engine->auditor);
    shards_free(engine->shards);
    intake_free(engine->intake);
    g_free(engine);
}
