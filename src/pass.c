#include "pass.h"

#include "capture/merge.h"

/* Of all its captures. */
typedef struct Reading {
    const Pass *pass;
    ProgressFacts facts;
    AuditTotals *totals; /* NULL: they are not needed */
    CrewEngine *engines; /* with more than one thread; NULL: there is one */
    unsigned engine_count;
} Reading;

static void hand_out_row(const Pass *pass, AuditRow *row)
{
    if (!pass->row || !pass->row(pass->data, row))
        audit_row_clear(row);
}

/* `before` was read from earlier captures, `read` from this one. */
static void show_progress(Reading *reading, uint64_t before, uint64_t read)
{
    Progress *progress = reading->pass->progress;
    if (!progress || !progress_is_due(progress))
        return;
    reading->facts.bytes = before + read;
    progress_show(progress, &reading->facts);
}

static void hand_out_rows(const Pass *pass, Engine *engine)
{
    AuditRow row;
    while (engine_next(engine, &row))
        hand_out_row(pass, &row);
}

/* Some of the inputs as one capture. */
static void read_capture(Reading *reading, unsigned first, unsigned count)
{
    const Pass *pass = reading->pass;
    EngineOptions options = pass->engine;
    options.limits.seed = capture_inputs_seed(pass->inputs, first, count);
    g_autoptr(Engine) engine = engine_new(&options);
    g_autoptr(CaptureMerge) merge = capture_merge_new(pass->inputs, first, count, &pass->capture);
    FrameBatch batch = { 0 };
    uint64_t before = reading->facts.bytes;
    while (!pass->is_over(pass->data) && capture_merge_next(merge, &batch)) {
        engine_feed(engine, &batch);
        hand_out_rows(pass, engine);
        reading->facts.packets += batch.count;
        show_progress(reading, before, capture_merge_bytes_read(merge));
    }
    reading->facts.bytes = before + capture_merge_bytes_read(merge);
    engine_finish(engine);
    hand_out_rows(pass, engine);
    if (reading->totals)
        audit_totals_add(reading->totals, engine_counters(engine), engine_stream_counters(engine));
}

/* With more than one thread ------------------------------------------------------------------- */

static void hand_out_crew_rows(const Pass *pass, Crew *crew)
{
    AuditRow row;
    while (crew_next(crew, &row))
        hand_out_row(pass, &row);
}

static void add_totals(Reading *reading, const AuditCounters *frames, const Crew *crew)
{
    static const StreamCounters no_streams;
    if (!reading->totals)
        return;
    audit_totals_add(reading->totals, frames, &no_streams);
    crew_add_totals(crew, reading->totals);
}

/* The same. */
static void read_capture_ahead(Reading *reading, unsigned first, unsigned count)
{
    const Pass *pass = reading->pass;
    for (unsigned i = 0; i < reading->engine_count; i++)
        reading->engines[i].options.limits.seed = capture_inputs_seed(pass->inputs, first, count);
    RelayOptions options = { .inputs = pass->inputs,
                             .first = first,
                             .count = count,
                             .capture = &pass->capture,
                             .limits = &reading->engines[0].options.limits,
                             .filter = pass->engine.filter,
                             .users = crew_users(reading->engine_count),
                             .portion = pass->portion };
    g_autoptr(Relay) relay = relay_new(&options);
    g_autoptr(Crew) crew = crew_new(relay, reading->engines, reading->engine_count);
    const Portion *portion;
    uint64_t before = reading->facts.bytes, read;
    bool over;
    while (!(over = pass->is_over(pass->data)) && crew_work(crew, &portion)) {
        hand_out_crew_rows(pass, crew);
        reading->facts.packets += portion->count;
        show_progress(reading, before, portion->bytes_read);
    }
    relay_stop(relay);
    const AuditCounters *frames = relay_end(relay, &read);
    reading->facts.bytes = before + read;
    crew_finish(crew);
    if (!over || reading->engine_count == 1) /* else engines may be ahead of the rows taken */
        hand_out_crew_rows(pass, crew);
    add_totals(reading, frames, crew);
}

/* The first engine has the listeners of the pass. */
static void prepare_engines(Reading *reading)
{
    const Pass *pass = reading->pass;
    reading->engine_count = pass->fork ? MIN(pass->jobs, CREW_MAX) : 1;
    reading->engines = g_new(CrewEngine, reading->engine_count);
    for (unsigned i = 0; i < reading->engine_count; i++) {
        CrewEngine *engine = &reading->engines[i];
        *engine = (CrewEngine){ .options = pass->engine, .hop_log = pass->hop_log };
        if (i == 0)
            continue;
        engine->options.audit.listener_count = 0;
        engine->hop_log = pass->fork(pass->data, &engine->options.audit);
    }
}

static void read_inputs(Reading *reading, unsigned first, unsigned count)
{
    if (reading->engines)
        read_capture_ahead(reading, first, count);
    else
        read_capture(reading, first, count);
}

void pass_run(const Pass *pass, AuditTotals *totals)
{
    unsigned count = pass->inputs->numbered->len;
    Reading reading = { .pass = pass,
                        .totals = totals,
                        .facts = { .total = capture_inputs_size(pass->inputs, 1, count) } };
    if (pass->jobs > 1)
        prepare_engines(&reading);
    if (!pass->separate)
        read_inputs(&reading, 1, count);
    else
        for (unsigned number = 1; number <= count && !pass->is_over(pass->data); number++)
            read_inputs(&reading, number, 1);
    g_free(reading.engines);
    if (pass->progress)
        progress_end(pass->progress, &reading.facts);
    if (totals && pass->engine.filter)
        totals->unfilterable = filter_skipped(pass->engine.filter);
}
