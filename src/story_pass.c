#include "story_pass.h"

#include "capture/bytes.h"

G_DEFINE_QUARK(connaudit - story - pass - error, story_pass_error)

static bool never(void *data G_GNUC_UNUSED)
{
    return false;
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
static void listen(AuditOptions *audit, const StoryListeners *listeners, Hops *hops)
{
    audit->texts.digests = hops != NULL;
    audit->listener_count = 0;
    if (hops)
        audit_listen(audit, audit_listener_of_hops(hops));
    if (listeners->also)
        audit_listen(audit, *listeners->also);
    audit_listen(audit, connection_traces_listener(listeners->traces));
}

bool story_pass_run(const Pass *first, const StoryListeners *listeners, Progress *progress,
                    bool *ret_stopped, GError **error)
{
    g_autoptr(Hops) hops = hops_again(listeners);
    g_autoptr(CaptureInputs) again = capture_inputs_again(first->inputs);
    Pass second = { .inputs = again,
                    .capture = { .hash = first->capture.hash,
                                 .max_unpacked = first->capture.max_unpacked },
                    .engine = first->engine,
                    .separate = first->separate,
                    .progress = progress,
                    .is_over = never };
    AuditOptions *audit = &second.engine.audit;
    audit->exchange_rows = audit->connection_rows = audit->finding_rows = false;
    audit->finding_texts = true;
    audit->texts.wish = TEXT_WISH_ALL;
    listen(audit, listeners, hops);
    pass_run(&second, NULL);
    finish_hops(hops, listeners->traces);
    *ret_stopped = capture_inputs_interrupted(again);
    if (*ret_stopped)
        return true;
    const InputFile *changed = capture_inputs_changed(first->inputs, again);
    if (!changed)
        return true;
    g_autofree char *name = capture_display_name(changed->path);
    g_set_error(error, STORY_PASS_ERROR, 0,
                "%s: changed while it was being read, so its packets are not those of the report",
                name);
    return false;
}
