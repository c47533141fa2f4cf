#include "evidence_pass.h"

#include "capture/bytes.h"
#include "packets/evidence_writer.h"

G_DEFINE_QUARK(connaudit - evidence - pass - error, evidence_pass_error)

bool evidence_pass_open(EvidencePass *evidence, const Options *options, Pass *first, GError **error)
{
    static const char *const none[] = { NULL };
    if (!options->evidence)
        return true;
    const InputFile *once = capture_inputs_only_once(first->inputs);
    if (once) {
        g_autofree char *name = capture_display_name(once->path);
        g_set_error(error, EVIDENCE_PASS_ERROR, EVIDENCE_PASS_ERROR_ONLY_ONCE,
                    "%s: can be read only once, and --evidence reads its inputs twice: save it to "
                    "a file first",
                    name);
        return false;
    }
    evidence->output = output_open(options->evidence, none, (const char *const *)options->inputs,
                                   options->force, error);
    if (!evidence->output)
        return false;
    evidence->list = evidence_list_new(options->evidence_max);
    audit_listen(&first->engine.audit, evidence_list_listener(evidence->list));
    return true;
}

/* The second pass ------------------------------------------------------------------------------ */

static bool add_file(void *data, const char *name, unsigned *ret_index, GError **error)
{
    return output_add(data, name, ret_index, error);
}

static bool append_to_file(void *data, unsigned index, const void *bytes, size_t size,
                           GError **error)
{
    return output_append(data, index, bytes, size, error);
}

static bool writer_failed(void *data)
{
    return evidence_writer_failed(data);
}

/* Through the same engine as before, with other listeners. */
static void read_again(const Pass *first, CaptureInputs *inputs, EvidenceList *list,
                       EvidenceWriter *writer, Progress *progress)
{
    Pass second = { .inputs = inputs,
                    .capture = { .hash = true, .max_unpacked = first->capture.max_unpacked },
                    .engine = first->engine,
                    .separate = first->separate,
                    .progress = progress,
                    .data = writer,
                    .is_over = writer_failed };
    second.engine.audit.listener_count = 0;
    audit_listen(&second.engine.audit, evidence_list_listener(list));
    audit_listen(&second.engine.audit, evidence_writer_listener(writer));
    pass_run(&second, NULL);
}

/* The chosen connections of the second pass are those of the first, if nothing has changed. */
static bool check_unchanged(const CaptureInputs *inputs, const CaptureInputs *again,
                            const EvidenceList *list, const EvidenceList *list_again,
                            GError **error)
{
    const InputFile *changed = capture_inputs_changed(inputs, again);
    g_autofree char *name = changed ? capture_display_name(changed->path) : NULL;
    if (!changed && evidence_list_equal(list, list_again))
        return true;
    g_set_error(error, EVIDENCE_PASS_ERROR, EVIDENCE_PASS_ERROR_CHANGED,
                "%s: changed while it was being read, so there is no evidence of what is reported",
                name ? name : "the inputs");
    return false;
}

static void list_captures(EvidencePass *evidence, const EvidenceWriter *writer)
{
    for (guint i = 0; i < evidence->list->list->len; i++) {
        const EvidenceItem *item = evidence_list_get(evidence->list, i);
        ManifestCapture capture = { .name = evidence_item_file_name(item),
                                    .connection = item->connection,
                                    .contradicted = item->contradicted,
                                    .reason = evidence_item_reason(item),
                                    .packets = evidence_writer_packets(writer, i) };
        g_array_append_val(evidence->captures, capture);
    }
    evidence->fragments_given_up = evidence_writer_given_up(writer);
}

static GArray *new_captures(void)
{
    return g_array_new(FALSE, TRUE, sizeof(ManifestCapture));
}

void evidence_pass_skip(EvidencePass *evidence)
{
    evidence->list->left_out += evidence->list->list->len;
    evidence->captures = new_captures();
}

bool evidence_pass_write(EvidencePass *evidence, const Pass *first, const TlsKeys *keys,
                         const char *version, Progress *progress, GError **error)
{
    if (!evidence->list)
        return true;
    if (evidence->list->list->len == 0) {
        evidence->captures = new_captures();
        return true;
    }
    EvidenceFiles files = { .data = evidence->output, .add = add_file, .append = append_to_file };
    g_autoptr(CaptureInputs) again = capture_inputs_again(first->inputs);
    g_autoptr(EvidenceList) list = evidence_list_new(evidence->list->max);
    g_autoptr(EvidenceWriter) writer = evidence_writer_new(
        evidence->list, first->inputs, &EVIDENCE_WRITER_LIMITS_DEFAULT, version, &files, error);
    if (!writer || (keys && !evidence_writer_add_secrets(writer, keys, error)))
        return false;
    read_again(first, again, list, writer, progress);
    if (!evidence_writer_finish(writer, error) ||
        !check_unchanged(first->inputs, again, evidence->list, list, error))
        return false;
    evidence->captures = new_captures();
    list_captures(evidence, writer);
    return true;
}

/* What it found -------------------------------------------------------------------------------- */

bool evidence_pass_sums(EvidencePass *evidence, GError **error)
{
    for (guint i = 0; evidence->captures && i < evidence->captures->len; i++) {
        ManifestCapture *capture = &g_array_index(evidence->captures, ManifestCapture, i);
        capture->sha256 = output_sha256(evidence->output, i, &capture->size, error);
        if (!capture->sha256)
            return false;
    }
    return true;
}

void evidence_pass_close(EvidencePass *evidence)
{
    g_clear_pointer(&evidence->output, output_free);
}

void evidence_pass_clear(EvidencePass *evidence)
{
    evidence_list_free(evidence->list);
    manifest_captures_free(evidence->captures);
}
