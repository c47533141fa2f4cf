#include "second_pass.h"

#include "capture/bytes.h"
#include "capture/merge.h"

G_DEFINE_QUARK(connaudit - second - pass, second_pass_error)

static void discard_rows(Analysis *analysis)
{
    ReportRow row;
    while (analysis_next(analysis, &row))
        report_row_clear(&row);
}

static void analyze(const SecondPass *pass, const AnalysisOptions *options, CaptureInputs *inputs,
                    unsigned first, unsigned count, ProgressFacts *facts)
{
    static const CaptureOptions hashed = { .hash = true };
    g_autoptr(Analysis) analysis = analysis_new(options);
    g_autoptr(CaptureMerge) merge = capture_merge_new(inputs, first, count, &hashed);
    FrameBatch batch = { 0 };
    uint64_t before = facts->bytes;
    while (!gatherer_failed(options->gatherer) && capture_merge_next(merge, &batch)) {
        analysis_feed(analysis, &batch);
        discard_rows(analysis);
        facts->packets += batch.count;
        if (!pass->progress || !progress_is_due(pass->progress))
            continue;
        facts->bytes = before + capture_merge_bytes_read(merge);
        progress_show(pass->progress, facts);
    }
    facts->bytes = before + capture_merge_bytes_read(merge);
    analysis_finish(analysis);
    discard_rows(analysis);
    gatherer_pause(options->gatherer);
}

/* The chosen connections of the second pass are those of the first, if nothing has changed. */
static bool check_unchanged(const SecondPass *pass, const CaptureInputs *again,
                            const Exhibits *exhibits, GError **error)
{
    const InputFile *changed = capture_inputs_changed(pass->inputs, again);
    g_autofree char *name = changed ? capture_display_name(changed->path) : NULL;
    if (!changed && exhibits_equal(pass->exhibits, exhibits))
        return true;
    g_set_error(error, SECOND_PASS_ERROR, SECOND_PASS_ERROR_CHANGED,
                "%s: changed while it was being read, so there is no evidence of what is reported",
                name ? name : "the inputs");
    return false;
}

static GArray *list_captures(const SecondPass *pass, const Gatherer *gatherer)
{
    GArray *captures = g_array_new(FALSE, TRUE, sizeof(ManifestCapture));
    for (guint i = 0; i < pass->exhibits->list->len; i++) {
        const Exhibit *exhibit = exhibits_get(pass->exhibits, i);
        ManifestCapture capture = { .name = exhibit_file_name(exhibit),
                                    .connection = exhibit->connection,
                                    .contradicted = exhibit->contradicted,
                                    .reason = exhibit_reason(exhibit),
                                    .packets = gatherer_packets(gatherer, i) };
        g_array_append_val(captures, capture);
    }
    return captures;
}

bool second_pass(const SecondPass *pass, Output *output, GArray **ret_captures,
                 uint64_t *ret_given_up, GError **error)
{
    g_autoptr(CaptureInputs) again = capture_inputs_again(pass->inputs);
    g_autoptr(Exhibits) exhibits = exhibits_new(pass->exhibits->max);
    g_autoptr(Gatherer) gatherer = gatherer_new(
        pass->exhibits, pass->inputs, &GATHERER_LIMITS_DEFAULT, pass->version, output, error);
    if (!gatherer)
        return false;
    AnalysisOptions options = *pass->analysis;
    options.exhibits = exhibits;
    options.gatherer = gatherer;
    options.servers = NULL; /* they have been told */
    unsigned count = again->numbered->len;
    ProgressFacts facts = { .total = capture_inputs_size(again, 1, count) };
    if (!pass->separate)
        analyze(pass, &options, again, 1, count, &facts);
    else
        for (unsigned number = 1; number <= count && !gatherer_failed(gatherer); number++)
            analyze(pass, &options, again, number, 1, &facts);
    if (pass->progress)
        progress_end(pass->progress, &facts);
    if (!gatherer_finish(gatherer, error) || !check_unchanged(pass, again, exhibits, error))
        return false;
    *ret_captures = list_captures(pass, gatherer);
    *ret_given_up = gatherer_given_up(gatherer);
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
