#include "story_pass.h"

#include "audit/hop_log.h"
#include "capture/bytes.h"

G_DEFINE_QUARK(connaudit - story - pass - error, story_pass_error)

/* How much of the inputs is read. */
typedef struct Extent {
    uint64_t last; /* frame, by its order; UINT64_MAX: all of them */
    uint64_t seen;
} Extent;

static void hear_frame(void *data, const Frame *frame G_GNUC_UNUSED, const FrameResult *result)
{
    Extent *extent = data;
    if (result->segment)
        extent->seen = result->segment->order;
}

static bool is_over(void *data)
{
    const Extent *extent = data;
    return extent->seen >= extent->last;
}

static void take_hop(void *data, const HopRow *row)
{
    connection_traces_hop(data, row);
}

/* NULL: none are wanted. */
static Hops *hops_again(const StoryListeners *listeners)
{
    if (!listeners->hops)
        return NULL;
    HopsOptions options = *hops_options(listeners->hops);
    options.row = take_hop;
    options.data = listeners->traces;
    return hops_new(&options);
}

static void finish_hops(Hops *hops, ConnectionTraces *traces)
{
    if (!hops)
        return;
    hops_finish(hops);
    unsigned count;
    const HopFinding *findings = hops_findings(hops, &count);
    for (unsigned i = 0; i < count; i++)
        connection_traces_hop_finding(traces, &findings[i]);
}

/* The traces take over the exchanges, so they listen last. */
static void listen(AuditOptions *audit, const StoryListeners *listeners, HopLog *hops)
{
    audit->texts.digests = hops != NULL;
    audit->listener_count = 0;
    if (hops)
        audit_listen(audit, hop_log_listener(hops));
    if (listeners->also)
        audit_listen(audit, *listeners->also);
    audit_listen(audit, connection_traces_listener(listeners->traces));
}

/* NULL: none has. Of inputs that were not read to their ends only this is known: the connections
 * were met again, and were over again. */
static const InputFile *find_changed(const CaptureInputs *first, const CaptureInputs *again,
                                     const StoryListeners *listeners)
{
    if (!listeners->reach || listeners->reach->last == UINT64_MAX)
        return capture_inputs_changed(first, again);
    return connection_traces_have_ended(listeners->traces) ? NULL : capture_inputs_file(first, 1);
}

bool story_pass_run(const Pass *first, const StoryListeners *listeners, Progress *progress,
                    bool *ret_stopped, GError **error)
{
    g_autoptr(Hops) hops = hops_again(listeners);
    g_autoptr(CaptureInputs) again = capture_inputs_again(first->inputs);
    Extent extent = { .last = listeners->reach ? listeners->reach->last : UINT64_MAX };
    Pass second = { .inputs = again,
                    .capture = { .hash = first->capture.hash,
                                 .max_unpacked = first->capture.max_unpacked },
                    .engine = first->engine,
                    .separate = first->separate,
                    .progress = progress,
                    .is_over = is_over,
                    .data = &extent };
    AuditOptions *audit = &second.engine.audit;
    audit->exchange_rows = audit->connection_rows = audit->finding_rows = false;
    audit->finding_texts = true;
    audit->texts.wish = TEXT_WISH_ALL;
    g_autoptr(HopLog) log = hops ? hop_log_new(hops) : NULL;
    listen(audit, listeners, log);
    if (extent.last != UINT64_MAX)
        audit_listen(audit, (AuditListener){ .data = &extent, .frame = hear_frame });
    if (listeners->reach)
        second.engine.shards = listeners->reach->shard;
    pass_run(&second, NULL);
    finish_hops(hops, listeners->traces);
    *ret_stopped = capture_inputs_interrupted(again);
    if (*ret_stopped)
        return true;
    const InputFile *changed = find_changed(first->inputs, again, listeners);
    if (!changed)
        return true;
    g_autofree char *name = capture_display_name(changed->path);
    g_set_error(error, STORY_PASS_ERROR, 0,
                "%s: changed while it was being read, so its packets are not those of the report",
                name);
    return false;
}
