#include "evidence_pass.h"

#include "capture/bytes.h"
#include "packets/evidence_writer.h"
#include "report/case_files.h"
#include "report/checksums.h"
#include "report/command_words.h"
#include "report/connection_page.h"
#include "story_pass.h"

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
                    "%s: can be read only once, and --evidence reads its inputs three times: save "
                    "it to a file first",
                    name);
        return false;
    }
    evidence->output = output_open(options->evidence, none, (const char *const *)options->inputs,
                                   options->force, error);
    if (!evidence->output)
        return false;
    g_autofree char *within =
        options->output ? checksums_path_within(options->output, options->evidence) : NULL;
    evidence->beside_reports = within && !*within;
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

/* Pages ---------------------------------------------------------------------------------------- */

/* What is written beside the captures, and what their packets are. */
typedef struct Cases {
    GPtrArray *pages;  /* texts, in the order of the list */
    GHashTable *roles; /* FrameId of a connection to case_roles(); owns both */
} Cases;

static void cases_clear(Cases *cases)
{
    g_ptr_array_unref(cases->pages);
    g_hash_table_unref(cases->roles);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Cases, cases_clear)

static Cases cases_new(void)
{
    return (Cases){ .pages = g_ptr_array_new_with_free_func(g_free),
                    .roles = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
                                                   (GDestroyNotify)g_hash_table_unref) };
}

static const char *find_role(void *data, FrameId connection, FrameId frame)
{
    const Cases *cases = data;
    GHashTable *roles = g_hash_table_lookup(cases->roles, &connection);
    return roles ? g_hash_table_lookup(roles, &frame) : NULL;
}

static void make_case(Cases *cases, const EvidenceItem *item, ConnectionTraces *traces,
                      const CaseFacts *facts)
{
    const TracedConnection *traced =
        connection_traces_result(traces, item->connection, facts->thresholds);
    g_assert(traced);
    const InputFile *input = capture_inputs_file(facts->inputs, frame_input(item->connection));
    RowFile file = { .path = input->path, .time_digits = input->time_digits };
    g_autoptr(Story) story = connection_story(traced, &file);
    g_autofree char *capture = evidence_item_file_name(item);
    g_ptr_array_add(cases->pages, case_page(facts, capture, story));
    g_hash_table_insert(cases->roles, g_memdup2(&item->connection, sizeof item->connection),
                        case_roles(story));
}

/* The inputs are read once more for the stories of the chosen connections, before their packets are
 * written. */
static bool make_cases(const EvidencePass *evidence, const EvidenceRun *run, const CaseFacts *facts,
                       Cases *cases, bool *ret_stopped, GError **error)
{
    g_autoptr(ConnectionTraces) traces = connection_traces_new(&TRACES_LIMITS_DEFAULT);
    const EvidenceList *list = evidence->list;
    for (guint i = 0; i < list->list->len; i++)
        connection_traces_add(traces, evidence_list_get(list, i)->connection);
    StoryListeners listeners = { .traces = traces, .hops = run->hops };
    if (!story_pass_run(run->first, &listeners, run->progress, ret_stopped, error))
        return false;
    for (guint i = 0; i < list->list->len && !*ret_stopped; i++)
        make_case(cases, evidence_list_get(list, i), traces, facts);
    return true;
}

static bool add_text(Output *output, const char *name, const char *text, GError **error)
{
    unsigned index;
    return output_add(output, name, &index, error) &&
           output_append(output, index, text, strlen(text), error);
}

static bool add_page(EvidencePass *evidence, const char *name, const char *text, GError **error)
{
    ManifestReport page = { .name = g_strdup(name) };
    g_array_append_val(evidence->pages, page);
    return add_text(evidence->output, name, text, error);
}

static bool add_sums(EvidencePass *evidence, GError **error)
{
    if (evidence->beside_reports)
        return true;
    if (!evidence_pass_sums(evidence, error))
        return false;
    g_autoptr(GString) sums = g_string_new(NULL);
    for (guint i = 0; i < evidence->captures->len; i++) {
        const ManifestCapture *capture = &g_array_index(evidence->captures, ManifestCapture, i);
        g_string_append_printf(sums, "%s  %s\n", capture->sha256, capture->name);
    }
    for (guint i = 0; i < evidence->pages->len; i++) {
        const ManifestReport *page = &g_array_index(evidence->pages, ManifestReport, i);
        g_string_append_printf(sums, "%s  %s\n", page->sha256, page->name);
    }
    return add_text(evidence->output, CHECKSUMS_NAME, sums->str, error);
}

static bool write_cases(EvidencePass *evidence, const Cases *cases, const CaseFacts *facts,
                        GError **error)
{
    evidence->pages = g_array_new(FALSE, TRUE, sizeof(ManifestReport));
    for (guint i = 0; i < cases->pages->len; i++) {
        g_autofree char *name = case_page_name(evidence_list_get(evidence->list, i)->connection);
        if (!add_page(evidence, name, g_ptr_array_index(cases->pages, i), error))
            return false;
    }
    g_autofree char *readme =
        case_readme(facts, evidence->list->list->len, evidence->list->left_out);
    return add_page(evidence, CASE_README, readme, error) && add_sums(evidence, error);
}

/* Writing -------------------------------------------------------------------------------------- */

static bool write_captures(EvidencePass *evidence, const EvidenceRun *run, Cases *cases,
                           GError **error)
{
    const Pass *first = run->first;
    EvidenceFiles files = { .data = evidence->output, .add = add_file, .append = append_to_file };
    EvidenceRoles roles = { .data = cases, .role = find_role };
    g_autoptr(CaptureInputs) again = capture_inputs_again(first->inputs);
    g_autoptr(EvidenceList) list = evidence_list_new(evidence->list->max);
    g_autoptr(EvidenceWriter) writer =
        evidence_writer_new(evidence->list, first->inputs, &EVIDENCE_WRITER_LIMITS_DEFAULT,
                            run->version, &files, &roles, error);
    if (!writer || (run->keys && !evidence_writer_add_secrets(writer, run->keys, error)))
        return false;
    read_again(first, again, list, writer, run->progress);
    if (!evidence_writer_finish(writer, error) ||
        !check_unchanged(first->inputs, again, evidence->list, list, error))
        return false;
    evidence->captures = new_captures();
    list_captures(evidence, writer);
    return true;
}

bool evidence_pass_write(EvidencePass *evidence, const EvidenceRun *run, GError **error)
{
    if (!evidence->list)
        return true;
    if (evidence->list->list->len == 0) {
        evidence->captures = new_captures();
        return true;
    }
    g_auto(GStrv) words = command_shell_words(run->command, NULL);
    CaseFacts facts = { .version = run->version,
                        .command = words,
                        .thresholds = &run->first->engine.audit.thresholds,
                        .inputs = run->first->inputs };
    g_auto(Cases) cases = cases_new();
    bool stopped;
    if (!make_cases(evidence, run, &facts, &cases, &stopped, error))
        return false;
    if (stopped) {
        evidence_pass_skip(evidence);
        return true;
    }
    return write_captures(evidence, run, &cases, error) &&
           write_cases(evidence, &cases, &facts, error);
}

/* What it found -------------------------------------------------------------------------------- */

static bool take_sum(const EvidencePass *evidence, unsigned index, char **ret_sum,
                     uint64_t *ret_size, GError **error)
{
    if (!*ret_sum)
        *ret_sum = output_sha256(evidence->output, index, ret_size, error);
    return *ret_sum;
}

/* The captures are the first files, the pages follow. */
bool evidence_pass_sums(EvidencePass *evidence, GError **error)
{
    guint captures = evidence->captures ? evidence->captures->len : 0;
    for (guint i = 0; i < captures; i++) {
        ManifestCapture *capture = &g_array_index(evidence->captures, ManifestCapture, i);
        if (!take_sum(evidence, i, &capture->sha256, &capture->size, error))
            return false;
    }
    for (guint i = 0; evidence->pages && i < evidence->pages->len; i++) {
        ManifestReport *page = &g_array_index(evidence->pages, ManifestReport, i);
        if (!take_sum(evidence, captures + i, &page->sha256, &page->size, error))
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
    manifest_reports_free(evidence->pages);
}
