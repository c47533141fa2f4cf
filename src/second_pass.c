#include "second_pass.h"

#include "capture/bytes.h"
#include "capture/merge.h"
#include "packets/evidence_writer.h"

G_DEFINE_QUARK(connaudit - second - pass, second_pass_error)

static bool add_file(void *data, const char *name, unsigned *ret_index, GError **error)
{
    return output_add(data, name, ret_index, error);
}

static bool append_to_file(void *data, unsigned index, const void *bytes, size_t size,
                           GError **error)
{
    return output_append(data, index, bytes, size, error);
}

static void discard_rows(Engine *engine)
{
    AuditRow row;
    while (engine_next(engine, &row))
        audit_row_clear(&row);
}

static void analyze(const SecondPass *pass, const EngineOptions *options,
                    const EvidenceWriter *evidence_writer, CaptureInputs *inputs, unsigned first,
                    unsigned count, ProgressFacts *facts)
{
    static const CaptureOptions hashed = { .hash = true };
    g_autoptr(Engine) engine = engine_new(options);
    g_autoptr(CaptureMerge) merge = capture_merge_new(inputs, first, count, &hashed);
    FrameBatch batch = { 0 };
    uint64_t before = facts->bytes;
    while (!evidence_writer_failed(evidence_writer) && capture_merge_next(merge, &batch)) {
        engine_feed(engine, &batch);
        discard_rows(engine);
        facts->packets += batch.count;
        if (!pass->progress || !progress_is_due(pass->progress))
            continue;
        facts->bytes = before + capture_merge_bytes_read(merge);
        progress_show(pass->progress, facts);
    }
    facts->bytes = before + capture_merge_bytes_read(merge);
    engine_finish(engine);
    discard_rows(engine);
}

/* The chosen connections of the second pass are those of the first, if nothing has changed. */
static bool check_unchanged(const SecondPass *pass, const CaptureInputs *again,
                            const EvidenceList *evidence_list, GError **error)
{
    const InputFile *changed = capture_inputs_changed(pass->inputs, again);
    g_autofree char *name = changed ? capture_display_name(changed->path) : NULL;
    if (!changed && evidence_list_equal(pass->evidence_list, evidence_list))
        return true;
    g_set_error(error, SECOND_PASS_ERROR, SECOND_PASS_ERROR_CHANGED,
                "%s: changed while it was being read, so there is no evidence of what is reported",
                name ? name : "the inputs");
    return false;
}

static GArray *list_captures(const SecondPass *pass, const EvidenceWriter *evidence_writer)
{
    GArray *captures = g_array_new(FALSE, TRUE, sizeof(ManifestCapture));
    for (guint i = 0; i < pass->evidence_list->list->len; i++) {
        const EvidenceItem *evidence_item = evidence_list_get(pass->evidence_list, i);
        ManifestCapture capture = { .name = evidence_item_file_name(evidence_item),
                                    .connection = evidence_item->connection,
                                    .contradicted = evidence_item->contradicted,
                                    .reason = evidence_item_reason(evidence_item),
                                    .packets = evidence_writer_packets(evidence_writer, i) };
        g_array_append_val(captures, capture);
    }
    return captures;
}

bool second_pass(const SecondPass *pass, Output *output, GArray **ret_captures,
                 uint64_t *ret_given_up, GError **error)
{
    g_autoptr(CaptureInputs) again = capture_inputs_again(pass->inputs);
    g_autoptr(EvidenceList) evidence_list = evidence_list_new(pass->evidence_list->max);
    EvidenceFiles files = { .data = output, .add = add_file, .append = append_to_file };
    g_autoptr(EvidenceWriter) evidence_writer =
        evidence_writer_new(pass->evidence_list, pass->inputs, &EVIDENCE_WRITER_LIMITS_DEFAULT,
                            pass->version, &files, error);
    if (!evidence_writer)
        return false;
    EngineOptions options = *pass->engine;
    options.audit.listener_count = 0; /* they have been told */
    audit_listen(&options.audit, evidence_list_listener(evidence_list));
    audit_listen(&options.audit, evidence_writer_listener(evidence_writer));
    unsigned count = again->numbered->len;
    ProgressFacts facts = { .total = capture_inputs_size(again, 1, count) };
    if (!pass->separate)
        analyze(pass, &options, evidence_writer, again, 1, count, &facts);
    else
        for (unsigned number = 1; number <= count && !evidence_writer_failed(evidence_writer);
             number++)
            analyze(pass, &options, evidence_writer, again, number, 1, &facts);
    if (pass->progress)
        progress_end(pass->progress, &facts);
    if (!evidence_writer_finish(evidence_writer, error) ||
        !check_unchanged(pass, again, evidence_list, error))
        return false;
    *ret_captures = list_captures(pass, evidence_writer);
    *ret_given_up = evidence_writer_given_up(evidence_writer);
    return true;
}

bool second_pass_sums(Output *output, GArray *captures, GError **error)
{
    for (guint i = 0; i < captures->len; i++) {
        ManifestCapture *capture = &g_array_index(captures, ManifestCapture, i);
        capture->sha256 = output_sha256(output, i, &capture->size, error);
        if (!capture->sha256)
            return false;
    }
    return true;
}
