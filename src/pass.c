#include "pass.h"

#include "capture/merge.h"

static void hand_out_rows(const Pass *pass, Engine *engine)
{
    AuditRow row;
    while (engine_next(engine, &row)) {
        if (!pass->row || !pass->row(pass->data, &row))
            audit_row_clear(&row);
    }
}

/* After each batch; `before` was read from earlier captures. */
static void show_progress(const Pass *pass, ProgressFacts *facts, const CaptureMerge *merge,
                          uint64_t before)
{
    if (!pass->progress || !progress_is_due(pass->progress))
        return;
    facts->bytes = before + capture_merge_bytes_read(merge);
    progress_show(pass->progress, facts);
}

/* Some of the inputs as one capture. */
static void read_capture(const Pass *pass, unsigned first, unsigned count, ProgressFacts *facts,
                         AuditTotals *totals)
{
    EngineOptions options = pass->engine;
    options.limits.seed = capture_inputs_seed(pass->inputs, first, count);
    g_autoptr(Engine) engine = engine_new(&options);
    g_autoptr(CaptureMerge) merge = capture_merge_new(pass->inputs, first, count, &pass->capture);
    FrameBatch batch = { 0 };
    uint64_t before = facts->bytes;
    while (!pass->is_over(pass->data) && capture_merge_next(merge, &batch)) {
        engine_feed(engine, &batch);
        hand_out_rows(pass, engine);
        facts->packets += batch.count;
        show_progress(pass, facts, merge, before);
    }
    facts->bytes = before + capture_merge_bytes_read(merge);
    engine_finish(engine);
    hand_out_rows(pass, engine);
    if (totals)
        audit_totals_add(totals, engine_counters(engine), engine_stream_counters(engine));
}

void pass_run(const Pass *pass, AuditTotals *totals)
{
    unsigned count = pass->inputs->numbered->len;
    ProgressFacts facts = { .total = capture_inputs_size(pass->inputs, 1, count) };
    if (!pass->separate)
        read_capture(pass, 1, count, &facts, totals);
    else
        for (unsigned number = 1; number <= count && !pass->is_over(pass->data); number++)
            read_capture(pass, number, 1, &facts, totals);
    if (pass->progress)
        progress_end(pass->progress, &facts);
    if (totals && pass->engine.filter)
        totals->unfilterable = filter_skipped(pass->engine.filter);
}
