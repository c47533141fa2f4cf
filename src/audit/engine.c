#include "audit/engine.h"

#include "decode/address_pairs.h"

struct Engine {
    Auditor auditor;
    Filter *filter;
    Decoder *decoder;
    AddressPairs *quic;
    Front *front;
    Shards *shards;
    ShardSet set;
    bool leads;        /* it has shard 0 */
    bool hears_frames; /* a listener does */
    guint next_row;    /* of those that are ready */
    guint ready;       /* how many are sorted */
    bool finishing;    /* connections have yet to be ended */
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
    engine->filter = options->filter;
    engine->decoder = decoder_new();
    engine->quic = address_pairs_new();
    engine->front = front_new(options->limits.pairs, options->limits.seed);
    engine->shards = shards_new(&options->limits, options->shards);
    engine->set = options->shards;
    engine->leads = options->shards & 1;
    for (unsigned i = 0; i < options->audit.listener_count; i++)
        engine->hears_frames = engine->hears_frames || options->audit.listeners[i].frame;
    return engine;
}

/* Frames --------------------------------------------------------------------------------------- */

/* `segment`: the shards have just been fed with it; NULL: with none. */
static void tell_frame(const Engine *engine, const Frame *frame, DecodeResult decoded,
                       const Segment *segment, const SegmentOwner *owner)
{
    const AuditOptions *options = &engine->auditor.options;
    FrameResult result = { .result = decoded,
                           .trail = decoder_trail(engine->decoder),
                           .segment = segment };
    if (segment)
        result.owner = *owner;
    for (unsigned i = 0; i < options->listener_count; i++)
        if (options->listeners[i].frame)
            options->listeners[i].frame(options->listeners[i].data, frame, &result);
}

static void drain_shards(Engine *engine)
{
    StreamEvent event;
    while (shards_next(engine->shards, &event))
        auditor_take(&engine->auditor, &event);
}

static void count_frame(Engine *engine, DecodeResult result, bool wanted)
{
    AuditCounters *counters = &engine->auditor.counters;
    if (!engine->leads)
        return;
    counters->frames++;
    if (wanted)
        counters->decoded[result]++;
    else
        counters->filtered++;
}

/* HTTP/3 may be in it: the summary says that it was seen. */
static void count_quic(Engine *engine, const Segment *segment)
{
    AuditCounters *counters = &engine->auditor.counters;
    bool full;
    if (!engine->leads)
        return;
    counters->quic_pairs +=
        address_pairs_add(engine->quic, &segment->source, &segment->destination, &full);
    counters->quic_packets_uncounted += full;
}

static void fire_timers(Engine *engine, Nanoseconds now)
{
    engine->auditor.step = STEP_TIMERS;
    shards_fire_timers(engine->shards, now);
    drain_shards(engine);
    engine->auditor.step = STEP_FRAME;
}

static void feed_segment(Engine *engine, const Frame *frame, const Segment *segment)
{
    Arrival arrival;
    front_feed(engine->front, segment, &arrival);
    if (shards_are_due(engine->shards, arrival.now))
        fire_timers(engine, arrival.now);
    if (!(engine->set >> arrival.shard & 1))
        return;
    SegmentOwner owner = shards_feed(engine->shards, &arrival);
    if (engine->hears_frames)
        tell_frame(engine, frame, DECODE_SEGMENT, segment, &owner);
    drain_shards(engine);
}

/* What a filter leaves out is decoded all the same: the numbers of streams are those of the whole
 * file, in which Wireshark counts also what is hardly a segment. */
static void feed_frame(Engine *engine, const Frame *frame)
{
    bool wanted = !engine->filter || filter_matches(engine->filter, frame);
    Segment segment;
    DecodeResult result = decode_frame(engine->decoder, frame, &segment);
    count_frame(engine, result, wanted);
    if (result == DECODE_SEGMENT && wanted) {
        segment.order = engine->auditor.order;
        feed_segment(engine, frame, &segment);
        return;
    }
    if (wanted && decoder_found_quic(engine->decoder))
        count_quic(engine, &segment);
    if (result == DECODE_SEGMENT || decoder_found_stub(engine->decoder))
        front_pass(engine->front, &segment);
    if (engine->hears_frames && engine->leads)
        tell_frame(engine, frame, result, NULL, NULL);
}

/* The rows that have become final leave in the order of their positions. */
static void sort_rows(Engine *engine)
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
        const Frame *frame = &batch->frames[i];
        uint64_t order = ++engine->auditor.order;
        if (frame->clock.tick != CLOCK_NO_TIME)
            capture_clock_see(&engine->auditor.clock, order, frame->time);
        feed_frame(engine, frame);
    }
    sort_rows(engine);
}

/* Up to the end of the next connection: they are ended one by one, when somebody asks for rows, for
 * there may be many. False: there are no more. */
static bool end_one(Engine *engine)
{
    StreamEvent event;
    while (shards_next(engine->shards, &event)) {
        auditor_take(&engine->auditor, &event);
        if (event.kind == STREAM_END)
            return true;
    }
    return false;
}

void engine_finish(Engine *engine)
{
    const AuditOptions *options = &engine->auditor.options;
    if (engine->leads)
        decoder_settle(engine->decoder, engine->auditor.counters.decoded);
    for (unsigned i = 0; i < options->listener_count; i++)
        if (options->listeners[i].no_more_frames)
            options->listeners[i].no_more_frames(options->listeners[i].data);
    engine->auditor.step = STEP_FINISH;
    shards_finish(engine->shards);
    engine->finishing = end_one(engine);
    sort_rows(engine);
}

/* Rows ----------------------------------------------------------------------------------------- */

bool engine_next(Engine *engine, AuditRow *ret_row)
{
    GArray *rows = engine->auditor.rows;
    while (engine->next_row == engine->ready) {
        g_array_remove_range(rows, 0, engine->ready);
        engine->next_row = engine->ready = 0;
        if (!engine->finishing)
            return false;
        engine->finishing = end_one(engine);
        sort_rows(engine);
    }
    *ret_row = g_array_index(rows, AuditRow, engine->next_row);
    engine->next_row++;
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
    sort_rows(engine);
    while (engine_next(engine, &row))
        audit_row_clear(&row);
    auditor_clear(&engine->auditor);
    shards_free(engine->shards);
    front_free(engine->front);
    decoder_free(engine->decoder);
    address_pairs_free(engine->quic);
    g_free(engine);
}
