/* The same options as then, over the same files, into a directory that is removed again. What the
 * reports say of the inputs is their old paths, wherever they lie now. */
#include "verify_again.h"

#include <string.h>

#include "capture/bytes.h"
#include "packets/evidence_list.h"
#include "report/checksums.h"
#include "run.h"

static GPtrArray *new_texts(void)
{
    return g_ptr_array_new_with_free_func(g_free);
}

/* Reasons -------------------------------------------------------------------------------------- */

static const char *check_inputs(const VerifyAgain *again)
{
    const VerifyManifest *manifest = again->manifest;
    if (manifest->inputs->len == 0)
        return "it names no input";
    for (guint i = 0; i < manifest->inputs->len; i++) {
        const VerifyFile *input = g_ptr_array_index(manifest->inputs, i);
        if (strcmp(input->name, "-") == 0)
            return "standard input cannot be read again";
        if (!*again->places[i] || !g_file_test(again->places[i], G_FILE_TEST_IS_REGULAR))
            return "an input is not there, or is no file (--inputs=DIR for captures that moved)";
    }
    return NULL;
}

static const char *check_keylogs(const VerifyAgain *again)
{
    g_autoptr(GPtrArray) then = verify_manifest_texts(again->manifest, "keylogs_sha256");
    g_autoptr(GPtrArray) now = new_texts();
    g_autoptr(TlsKeys) keys = run_read_keylogs(again->options, now, NULL, NULL);
    if (!keys)
        return "a key log cannot be read";
    if (then->len > 0 && now->len == 0)
        return "give the same key logs again (-k)";
    bool same = then->len == now->len;
    for (guint i = 0; same && i < now->len; i++)
        same = strcmp(g_ptr_array_index(then, i), g_ptr_array_index(now, i)) == 0;
    return same ? NULL : "these are other key logs";
}

static const char *check_redaction(const VerifyAgain *again)
{
    static const char *const none[] = { NULL };
    const char *key = verify_manifest_text(again->manifest, "redact_key");
    const char *then = verify_manifest_text(again->manifest, "redact_key_fingerprint");
    const char *path = again->options->redact_key;
    if (!again->then->redact)
        return path ? "nothing was redacted, and a key is given" : NULL;
    if (!key || strcmp(key, "random") == 0 || !then)
        return "the key of --redact was random, and is forgotten";
    if (again->then->matcher)
        return "what --match looked for is hidden";
    if (!path)
        return "give the same key again (--redact-key)";
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return "the key of --redact-key is not there";
    g_auto(RedactKey) now = { .fingerprint = "" };
    if (!redact_key_take(&now, path, none, NULL))
        return "the key of --redact-key cannot be read";
    return strcmp(now.fingerprint, then) == 0 ? NULL : "this is another key (--redact-key)";
}

char *verify_why_not(const VerifyAgain *again)
{
    const char *version = verify_manifest_text(again->manifest, "connaudit");
    const char *ended = verify_manifest_text(again->manifest, "ended");
    const char *why = NULL;
    if (strcmp(version, again->version) != 0)
        why = "it is of another version of connaudit";
    else if (!ended || strcmp(ended, "complete") != 0)
        why = "somebody stopped the run";
    else if (!again->then)
        why = "its command line is none of this version";
    why = why ? why : check_inputs(again);
    why = why ? why : check_redaction(again);
    why = why ? why : check_keylogs(again);
    return g_strdup(why);
}

/* Running -------------------------------------------------------------------------------------- */

static char **input_paths(const VerifyManifest *manifest)
{
    char **paths = g_new0(char *, manifest->inputs->len + 1);
    for (guint i = 0; i < manifest->inputs->len; i++)
        paths[i] = g_strdup(((const VerifyFile *)g_ptr_array_index(manifest->inputs, i))->name);
    return paths;
}

static void set_text(char **text, char *value)
{
    g_free(*text);
    *text = value;
}

/* Where the run writes to, and what it reads. */
static void redirect(const VerifyAgain *again)
{
    Options *then = again->then;
    g_strfreev(then->inputs);
    then->inputs = input_paths(again->manifest);
    set_text(&then->output, g_build_filename(again->directory, "reports", NULL));
    if (then->evidence)
        set_text(&then->evidence, g_build_filename(again->directory, "captures", NULL));
    /* a page and a database of their own have no sum in the manifest */
    then->no_page = then->no_page || then->page;
    set_text(&then->page, NULL);
    set_text(&then->database, NULL);
    g_strfreev(then->keylogs);
    then->keylogs = g_strdupv(again->options->keylogs);
    then->progress = again->options->progress;
    then->jobs = again->options->jobs;
    then->force = false;
    then->quiet = true;
}

static bool run_once_more(const VerifyAgain *again, GError **error)
{
    static const char *const none[] = { NULL };
    Options *then = again->then;
    RowsOut out = { .table = NULL };
    RunResult result = { .matched = false };
    g_auto(RedactKey) redact_key = { .fingerprint = "" };
    g_autoptr(GPtrArray) sums = new_texts();
    g_autoptr(Filter) filter = then->filter ? filter_new(then->filter, error) : NULL;
    if (then->filter && !filter)
        return false;
    if (then->redact && !redact_key_take(&redact_key, again->options->redact_key, none, error))
        return false;
    g_autoptr(TlsKeys) keys = run_read_keylogs(then, sums, NULL, error);
    if (!keys)
        return false;
    g_autoptr(CaptureInputs) inputs = run_open_moved(then, again->places, filter, keys);
    RunContext context = { .options = then,
                           .filter = filter,
                           .keys = keys,
                           .keylog_sums = sums,
                           .redact_key = then->redact ? &redact_key : NULL,
                           .command = (const char *const *)again->manifest->command,
                           .out = &out,
                           .version = again->version };
    bool done = run(&context, inputs, &result, error);
    g_ptr_array_unref(result.notes);
    if (done && result.interrupted)
        g_set_error_literal(error, RUN_ERROR, RUN_ERROR_WRITE, "interrupted");
    return done && !result.interrupted;
}

bool verify_run(const VerifyAgain *again, char **ret_text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VerifyManifest) manifest = NULL;
    redirect(again);
    if (run_once_more(again, &error))
        manifest = verify_manifest_read(again->then->output, &error);
    *ret_text =
        manifest ? verify_manifest_compare(again->manifest, manifest) : g_strdup(error->message);
    return manifest;
}

/* Inputs that failed --------------------------------------------------------------------------- */

const char *verify_problem_text(const char *problem, const char *path)
{
    g_autofree char *name = capture_display_name(path);
    size_t length = strlen(name);
    bool named = strncmp(problem, name, length) == 0 && g_str_has_prefix(problem + length, ": ");
    return named ? problem + length + strlen(": ") : problem;
}

char *verify_input_failure(const char *place)
{
    const char *const paths[] = { place, NULL };
    const CaptureOptions options = { .hash = false };
    g_autoptr(CaptureInputs) inputs = capture_inputs_open(paths, &options, NULL);
    for (guint i = 0; i < inputs->files->len; i++) {
        const InputFile *file = g_ptr_array_index(inputs->files, i);
        if (file->state == INPUT_FAILED && strcmp(file->path, place) == 0)
            return g_strdup(verify_problem_text(file->problem, place));
    }
    return NULL;
}

/* Captures ------------------------------------------------------------------------------------- */

const char *verify_why_not_judge(const VerifyAgain *again)
{
    if (again->then && again->then->evidence_secrets)
        return NULL;
    if (verify_manifest_has_secrets(again->manifest))
        return "secrets that the inputs hold are not in the captures";
    return check_keylogs(again);
}

bool verify_capture_judged(const VerifyAgain *again, const char *path, const VerifyFile *capture)
{
    const char *const inputs[] = { path, NULL };
    g_autoptr(GPtrArray) sums = new_texts();
    g_autoptr(TlsKeys) keys = run_read_keylogs(again->options, sums, NULL, NULL);
    g_autoptr(EvidenceList) list = keys ? run_list_evidence(again->then, inputs, keys) : NULL;
    bool judged = false;
    for (guint i = 0; list && !judged && i < list->list->len; i++) {
        const EvidenceItem *item = evidence_list_get(list, i);
        judged = item->contradicted == capture->contradicted && capture->reason &&
                 strcmp(evidence_item_reason(item), capture->reason) == 0;
    }
    return judged;
}
