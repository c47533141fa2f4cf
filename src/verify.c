#include "verify.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/text.h"
#include "confine.h"
#include "report/checksums.h"
#include "verify_again.h"
#include "verify_sum.h"

typedef struct Verification {
    VerifyAgain again;
    FILE *out;
    bool differs;
    GPtrArray *places; /* of the inputs, "" where nothing is known; the last is NULL */
} Verification;

/* One line, of something that is the same or not. */
static void say(Verification *verification, bool same, const char *name, const char *what)
{
    verification->differs = verification->differs || !same;
    if (same && verification->again.options->quiet)
        return;
    g_autoptr(GString) line = g_string_new(NULL);
    text_append_path(line, name);
    g_string_append(line, ": ");
    text_append_message(line, what);
    fprintf(verification->out, "%s\n", line->str);
}

/* Returns whether it is the same. */
static bool check_sum(Verification *verification, const char *name, const char *path,
                      const char *sum, bool follow)
{
    g_autofree char *now = NULL;
    g_autofree char *why = sum ? verify_sum(path, follow, &now) : NULL;
    g_autofree char *failure = why ? g_strdup_printf("CANNOT BE READ: %s", why) : NULL;
    bool same = now && strcmp(now, sum) == 0;
    if (!sum)
        say(verification, true, name, "not compared: the manifest has no sum of it");
    else
        say(verification, same, name, failure ? failure : same ? "same" : "DIFFERS");
    return same;
}

/* Inputs --------------------------------------------------------------------------------------- */

static bool is_file(const char *path)
{
    return g_file_test(path, G_FILE_TEST_IS_REGULAR);
}

/* Where an input lies: at the longest end of its path that is there in --inputs=DIR. */
static char *find_input(const Options *options, const char *path)
{
    if (!options->moved)
        return g_strdup(path);
    for (const char *end = path; end; end = strchr(end, '/')) {
        end += strspn(end, "/");
        g_autofree char *place = g_build_filename(options->moved, end, NULL);
        if (*end && is_file(place))
            return g_steal_pointer(&place);
    }
    return g_strdup("");
}

static void check_inputs(Verification *verification)
{
    const VerifyManifest *manifest = verification->again.manifest;
    for (guint i = 0; i < manifest->inputs->len; i++) {
        const VerifyFile *input = g_ptr_array_index(manifest->inputs, i);
        char *place = find_input(verification->again.options, input->name);
        g_ptr_array_add(verification->places, place);
        if (strcmp(input->name, "-") == 0)
            say(verification, true, input->name, "not compared: standard input");
        else if (!*place)
            say(verification, false, input->name, "NOT THERE");
        else
            check_sum(verification, input->name, place, input->sha256, true);
    }
    g_ptr_array_add(verification->places, NULL);
}

/* Captures ------------------------------------------------------------------------------------- */

static char *without_slashes(const char *path)
{
    char *text = g_strdup(path);
    for (size_t length = strlen(text); length > 1 && text[length - 1] == '/'; length--)
        text[length - 1] = '\0';
    return text;
}

/* The directory of the captures: as it lay to that of the reports, else where it was named. */
static char *find_captures(const Verification *verification)
{
    const Options *then = verification->again.then, *options = verification->again.options;
    if (!then || !then->evidence || !then->output)
        return NULL;
    g_autofree char *reports = without_slashes(then->output);
    g_autofree char *captures = without_slashes(then->evidence);
    size_t length = strlen(reports);
    if (strncmp(reports, captures, length) == 0 && strchr("/", captures[length]))
        return g_build_filename(options->verify, captures + length, NULL);
    return g_steal_pointer(&captures);
}

static void check_capture(Verification *verification, const char *directory,
                          const VerifyFile *capture)
{
    g_autofree char *path = g_build_filename(directory, capture->name, NULL);
    if (!check_sum(verification, capture->name, path, capture->sha256, false))
        return;
    const char *why_not = verify_why_not_judge(&verification->again);
    if (why_not) {
        g_autofree char *text = g_strdup_printf("not judged: %s", why_not);
        say(verification, true, capture->name, text);
        return;
    }
    bool judged = verify_capture_judged(&verification->again, path, capture);
    g_autofree char *what =
        g_strdup_printf("%s: %s", judged ? "judged the same" : "JUDGED OTHERWISE", capture->reason);
    say(verification, judged, capture->name, what);
}

#define NO_DIRECTORY "NOT FOUND: its directory is not known"

static void check_captures(Verification *verification)
{
    const VerifyManifest *manifest = verification->again.manifest;
    g_autofree char *directory = find_captures(verification);
    for (guint i = 0; i < manifest->captures->len; i++) {
        const VerifyFile *capture = g_ptr_array_index(manifest->captures, i);
        if (directory)
            check_capture(verification, directory, capture);
        else
            say(verification, false, capture->name, NO_DIRECTORY);
    }
}

/* What lies beside the captures. */
static void check_pages(Verification *verification)
{
    const VerifyManifest *manifest = verification->again.manifest;
    g_autofree char *directory = find_captures(verification);
    for (guint i = 0; i < manifest->pages->len; i++) {
        const VerifyFile *page = g_ptr_array_index(manifest->pages, i);
        g_autofree char *path = directory ? g_build_filename(directory, page->name, NULL) : NULL;
        if (path)
            check_sum(verification, page->name, path, page->sha256, false);
        else
            say(verification, false, page->name, NO_DIRECTORY);
    }
}

/* Reports -------------------------------------------------------------------------------------- */

static void check_reports(Verification *verification)
{
    const VerifyManifest *manifest = verification->again.manifest;
    for (guint i = 0; i < manifest->reports->len; i++) {
        const VerifyFile *report = g_ptr_array_index(manifest->reports, i);
        g_autofree char *path =
            g_build_filename(verification->again.options->verify, report->name, NULL);
        check_sum(verification, report->name, path, report->sha256, false);
    }
}

static ManifestReport *files_of(const GPtrArray *files)
{
    ManifestReport *list = g_new0(ManifestReport, files->len + 1);
    for (guint i = 0; i < files->len; i++) {
        const VerifyFile *file = g_ptr_array_index(files, i);
        list[i] = (ManifestReport){ .name = file->name, .sha256 = file->sha256 };
    }
    return list;
}

/* What SHA256SUMS should hold. */
static char *expected_checksums(const Verification *verification)
{
    const VerifyManifest *manifest = verification->again.manifest;
    g_autofree ManifestReport *reports = files_of(manifest->reports);
    g_autofree ManifestReport *pages = files_of(manifest->pages);
    g_autofree ManifestCapture *captures = g_new0(ManifestCapture, manifest->captures->len + 1);
    g_autofree char *directory = find_captures(verification);
    for (guint i = 0; i < manifest->captures->len; i++) {
        const VerifyFile *file = g_ptr_array_index(manifest->captures, i);
        captures[i] = (ManifestCapture){ .name = file->name, .sha256 = file->sha256 };
    }
    ManifestEvidence evidence = { .directory = directory,
                                  .captures = captures,
                                  .count = manifest->captures->len,
                                  .pages = pages,
                                  .page_count = manifest->pages->len };
    return checksums_text(verification->again.options->verify, reports, manifest->reports->len,
                          manifest->sha256, directory ? &evidence : NULL);
}

static void check_checksums(Verification *verification)
{
    g_autofree char *path =
        g_build_filename(verification->again.options->verify, CHECKSUMS_NAME, NULL);
    g_autofree char *expected = expected_checksums(verification);
    g_autofree char *text = NULL;
    gsize size = 0;
    g_autofree char *why = verify_read(path, strlen(expected), &text, &size);
    bool same = !why && size == strlen(expected) && memcmp(text, expected, size) == 0;
    say(verification, same, CHECKSUMS_NAME, same ? "same" : "DIFFERS");
}

/* All of it ------------------------------------------------------------------------------------ */

/* NULL: this version does not know such a command line. */
static Options *parse_command(const VerifyManifest *manifest)
{
    Options *then = g_new0(Options, 1);
    int count = (int)g_strv_length(manifest->command);
    g_autoptr(GError) error = NULL;
    if (count > 0 && options_parse(then, count, manifest->command, &error) && then->output)
        return then;
    options_clear(then);
    g_free(then);
    return NULL;
}

static VerifyResult check_again(Verification *verification)
{
    if (verification->differs) {
        fprintf(verification->out, "not run again: what is there differs\n");
        return VERIFY_DIFFERS;
    }
    g_autofree char *why = verify_why_not(&verification->again);
    if (why) {
        fprintf(verification->out, "not run again: %s\n", why);
        return VERIFY_NOT_RUN_AGAIN;
    }
    g_autofree char *text = NULL;
    bool ran = verify_run(&verification->again, &text);
    g_autofree char *what = text ? g_strdup_printf(ran ? "DIFFERS in %s" : "FAILED: %s", text)
                                 : g_strdup("the same bytes");
    say(verification, !text, "run again", what);
    return text ? VERIFY_DIFFERS : VERIFY_SAME;
}

/* The directory of a run, flat but for the captures. */
static void remove_directory(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    for (const char *name; directory && (name = g_dir_read_name(directory));) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        if (g_unlink(inner) != 0)
            remove_directory(inner);
    }
    g_rmdir(path);
}

static VerifyResult verify_within(const Options *options, const char *version,
                                  const char *directory, FILE *out, GError **error)
{
    g_autoptr(VerifyManifest) manifest = verify_manifest_read(options->verify, error);
    if (!manifest)
        return VERIFY_DIFFERS;
    Verification verification = { .again = { .options = options,
                                             .version = version,
                                             .directory = directory,
                                             .manifest = manifest,
                                             .then = parse_command(manifest) },
                                  .out = out,
                                  .places = g_ptr_array_new_with_free_func(g_free) };
    if (!options->quiet)
        fprintf(out, "%s: %s\n", MANIFEST_NAME, manifest->sha256);
    check_reports(&verification);
    check_checksums(&verification);
    check_inputs(&verification);
    check_captures(&verification);
    check_pages(&verification);
    verification.again.places = (const char *const *)verification.places->pdata;
    VerifyResult result = check_again(&verification);
    if (verification.again.then)
        options_clear(verification.again.then);
    g_free(verification.again.then);
    g_ptr_array_unref(verification.places);
    return result;
}

VerifyResult verify(const Options *options, const char *version, FILE *out, GError **error)
{
    g_autofree char *directory = g_dir_make_tmp("connaudit-verify-XXXXXX", error);
    if (!directory)
        return VERIFY_DIFFERS;
    confine_verify(options, directory);
    VerifyResult result = verify_within(options, version, directory, out, error);
    remove_directory(directory);
    return result;
}
