#include "story_pass.h"

#include "capture/bytes.h"

G_DEFINE_QUARK(connaudit - story - pass - error, story_pass_error)

static bool never(void *data G_GNUC_UNUSED)
{
    return false;
}

bool story_pass_run(const Pass *first, ConnectionTraces *traces, const AuditListener *also,
                    Progress *progress, bool *ret_stopped, GError **error)
{
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
    audit->texts.digests = false; /* a trace takes over the exchanges */
    audit->listener_count = 0;
    if (also)
        audit_listen(audit, *also);
    audit_listen(audit, connection_traces_listener(traces));
    pass_run(&second, NULL);
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
