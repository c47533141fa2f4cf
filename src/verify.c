#include "verify.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "capture/bytes.h"
#include "confine.h"
#include "report/checksums.h"
#include "verify_again.h"
#include "verify_beside.h"
#include "verify_sum.h"

typedef struct Verification {
    VerifyAgain again;
    const char *reports; /* the directory of the manifest */
    FILE *out;
    bool differs;
    guint not_judged;                      /* captures */
    bool inputs_missing, captures_missing; /* not where they were */
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

/* Where an input lies: at the longest end of its path that is there in --inputs=DIR. */
static char *find_input(const Options *options, const char *path, GFileTest kind)
{
    if (!options->moved)
        return g_strdup(path);
    for (const char *end = path; end; end = strchr(end, '/')) {
        end += strspn(end, "/");
        g_autofree char *place = g_build_filename(options->moved, end, NULL);
        if (*end && g_file_test(place, kind))
            return g_steal_pointer(&place);
    }
    return g_strdup("");
}

/* What the first run said of an input, apart from its bytes. */
static void say_failure(Verification *verification, bool same, const VerifyFile *input,
                        const char *how, const char *now)
{
    const char *then = input->reason ? verify_problem_text(input->reason, input->name) : "unknown";
    g_autofree char *what = now ? g_strdup_printf("%s: %s; in the first run: %s", how, now, then)
                                : g_strdup_printf("%s: %s", how, then);
    say(verification, same, input->name, what);
}

static void check_input(Verification *verification, const VerifyFile *input, const char *place)
{
    if (strcmp(input->name, "-") == 0) {
        say(verification, true, input->name, "not compared: standard input");
        return;
    }
    bool there = *place && g_file_test(place, G_FILE_TEST_EXISTS);
    verification->inputs_missing = verification->inputs_missing || !there;
    if (!*place)
        say(verification, false, input->name, "NOT THERE");
    else
        check_sum(verification, input->name, place, input->sha256, true);
    if (there && input->reason)
        say_failure(verification, true, input, "was not read to its end", NULL);
}

/* An input that failed before its first packet has no sum: it has to fail in the same way. */
static void check_failed_input(Verification *verification, const VerifyFile *input)
{
    g_autofree char *place =
        find_input(verification->again.options, input->name, G_FILE_TEST_EXISTS);
    if (strcmp(input->name, "-") == 0) {
        say(verification, true, input->name, "not compared: standard input");
        return;
    }
    g_autofree char *now = verify_input_failure(place);
    const char *then = input->reason ? verify_problem_text(input->reason, input->name) : "";
    if (!now)
        say_failure(verification, false, input, "CAN BE READ NOW; in the first run", NULL);
    else if (strcmp(now, then) == 0)
        say_failure(verification, true, input, "fails as in the first run", NULL);
    else {
        bool there = g_file_test(place, G_FILE_TEST_EXISTS);
        verification->inputs_missing = verification->inputs_missing || !there;
        say_failure(verification, false, input, "FAILS OTHERWISE", now);
    }
}

static void check_inputs(Verification *verification)
{
    const VerifyManifest *manifest = verification->again.manifest;
    for (guint i = 0; i < manifest->inputs->len; i++) {
        const VerifyFile *input = g_ptr_array_index(manifest->inputs, i);
        char *place = find_input(verification->again.options, input->name, G_FILE_TEST_IS_REGULAR);
        g_ptr_array_add(verification->places, place);
        check_input(verification, input, place);
    }
    g_ptr_array_add(verification->places, NULL);
    for (guint i = 0; i < manifest->left_out->len; i++) {
        const VerifyFile *input = g_ptr_array_index(manifest->left_out, i);
        if (input->failed)
            check_failed_input(verification, input);
    }
}

/* Captures ------------------------------------------------------------------------------------- */

static char *without_slashes(const char *path)
{
    char *text = g_strdup(path);
    for (size_t length = strlen(text); length > 1 && text[length - 1] == '/'; length--)
        text[length - 1] = '\0';
    return text;
}

/* What the first run was to write or read: as it lay to the reports, else where it was named. */
static char *find_named(const Verification *verification, const char *path)
{
    const Options *then = verification->again.then;
    if (!then || !path || !then->output)
        return NULL;
    g_autofree char *reports = without_slashes(then->output);
    g_autofree char *named = without_slashes(path);
    size_t length = strlen(reports);
    if (strncmp(reports, named, length) == 0 && strchr("/", named[length]))
        return g_build_filename(verification->reports, named + length, NULL);
    return g_steal_pointer(&named);
}

/* The directory of the captures. */
static char *find_captures(const Verification *verification)
{
    const Options *then = verification->again.then;
    return then ? find_named(verification, then->evidence) : NULL;
}

static void check_capture(Verification *verification, const char *directory,
                          const VerifyFile *capture)
{
    g_autofree char *path = g_build_filename(directory, capture->name, NULL);
    if (!check_sum(verification, capture->name, path, capture->sha256, false))
        return;
    bool judged = verify_capture_judged(&verification->again, path, capture);
    const char *why_not = judged ? NULL : verify_why_not_judge(&verification->again);
    if (why_not) {
        g_autofree char *text = g_strdup_printf("not judged: %s", why_not);
        say(verification, true, capture->name, text);
        verification->not_judged++;
        return;
    }
    g_autofree char *what =
        g_strdup_printf("%s: %s", judged ? "judged the same" : "JUDGED OTHERWISE", capture->reason);
    say(verification, judged, capture->name, what);
}

#define NO_DIRECTORY "NOT FOUND: its directory is not known"

static void check_captures(Verification *verification)
{
    const VerifyManifest *manifest = verification->again.manifest;
    g_autofree char *directory = find_captures(verification);
    verification->captures_missing = directory && !g_file_test(directory, G_FILE_TEST_IS_DIR);
    for (guint i = 0; i < manifest->captures->len; i++) {
        const VerifyFile *capture = g_ptr_array_index(manifest->captures, i);
        if (directory)
            check_capture(verification, directory, capture);
        else
            say(verification, false, capture->name, NO_DIRECTORY);
    }
    g_autofree char *what = g_strdup_printf("%u of %u not judged again, only compared",
                                            verification->not_judged, manifest->captures->len);
    if (verification->not_judged > 0)
        say(verification, true, "captures", what);
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
        g_autofree char *path = g_build_filename(verification->reports, report->name, NULL);
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
    return checksums_text(verification->reports, reports, manifest->reports->len, manifest->sha256,
                          directory ? &evidence : NULL);
}

static void check_checksums(Verification *verification)
{
    g_autofree char *path = g_build_filename(verification->reports, CHECKSUMS_NAME, NULL);
    g_autofree char *expected = expected_checksums(verification);
    g_autofree char *text = NULL;
    gsize size = 0;
    g_autofree char *why = verify_read(path, strlen(expected), &text, &size);
    bool same = !why && size == strlen(expected) && memcmp(text, expected, size) == 0;
    say(verification, same, CHECKSUMS_NAME, same ? "same" : "DIFFERS");
}

/* Files beside --------------------------------------------------------------------------------- */

static void add_names(GHashTable *names, const GPtrArray *files)
{
    for (guint i = 0; i < files->len; i++)
        g_hash_table_add(names, ((VerifyFile *)g_ptr_array_index(files, i))->name);
}

static void add_place(GPtrArray *places, char *path)
{
    if (path)
        g_ptr_array_add(places, path);
}

/* What may lie beside the reports without being one, owned. */
static GPtrArray *places_beside(const Verification *verification)
{
    const Options *then = verification->again.then;
    GPtrArray *places = g_ptr_array_new_with_free_func(g_free);
    add_place(places, g_strdup(verification->reports));
    add_place(places, find_captures(verification));
    for (char **place = (char **)verification->places->pdata; *place; place++)
        add_place(places, **place ? g_strdup(*place) : NULL);
    if (!then)
        return places;
    const char *const named[] = { then->page, then->database, then->redact_key };
    for (size_t i = 0; i < G_N_ELEMENTS(named); i++)
        add_place(places, find_named(verification, named[i]));
    for (char **keylog = then->keylogs; keylog && *keylog; keylog++)
        add_place(places, find_named(verification, *keylog));
    return places;
}

#define NOT_NAMED "NOT IN THE MANIFEST"

static void check_beside(Verification *verification, const char *directory, GHashTable *names)
{
    g_autoptr(GPtrArray) places = places_beside(verification);
    g_auto(VerifyBeside) beside = { .more = 0 };
    verify_beside_find(&beside, directory, names, places, verification->again.then != NULL);
    for (guint i = 0; i < beside.named->len; i++)
        check_sum(verification, g_ptr_array_index(beside.named, i), NULL, NULL, false);
    for (guint i = 0; i < beside.strangers->len; i++)
        say(verification, false, g_ptr_array_index(beside.strangers, i), NOT_NAMED);
    g_autofree char *more = g_strdup_printf("and %u more", beside.more);
    if (beside.more)
        say(verification, false, more, NOT_NAMED);
}

static bool is_same_directory(const char *one, const char *other)
{
    g_autofree char *left = realpath(one, NULL);
    g_autofree char *right = realpath(other, NULL);
    return left && right && strcmp(left, right) == 0;
}

static void check_strangers(Verification *verification)
{
    const VerifyManifest *manifest = verification->again.manifest;
    g_autofree char *captures = find_captures(verification);
    g_autoptr(GHashTable) of_reports = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) of_captures = g_hash_table_new(g_str_hash, g_str_equal);
    bool together = captures && is_same_directory(verification->reports, captures);
    GHashTable *beside = together ? of_reports : of_captures;
    add_names(of_reports, manifest->reports);
    add_names(beside, manifest->captures);
    add_names(beside, manifest->pages);
    check_beside(verification, verification->reports, of_reports);
    if (captures && !together)
        check_beside(verification, captures, of_captures);
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

static const char *why_differs(const Verification *verification)
{
    if (verification->inputs_missing && verification->again.options->moved)
        return "an input is not in the directory of --inputs";
    if (verification->inputs_missing)
        return "an input is not where it was: start in the directory of the first run, or say "
               "where the inputs lie now with --inputs=DIR";
    return verification->captures_missing
               ? "the captures are not where they were: start in the directory of the first run"
               : "what is there differs";
}

static VerifyResult check_again(Verification *verification)
{
    if (verification->differs) {
        fprintf(verification->out, "not run again: %s\n", why_differs(verification));
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

/* The directory of a manifest: it may be named itself, or its manifest. */
static char *find_reports(const char *path)
{
    g_autofree char *name = g_path_get_basename(path);
    bool manifest = strcmp(name, MANIFEST_NAME) == 0 && !g_file_test(path, G_FILE_TEST_IS_DIR);
    return manifest ? g_path_get_dirname(path) : g_strdup(path);
}

static bool has_file(const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* What to do instead where there is no manifest. Freed by the caller. */
static char *what_instead(const char *directory)
{
    g_autofree char *bare = without_slashes(directory);
    bool here = strcmp(bare, ".") == 0;
    g_autofree char *parent = here ? g_strdup("..") : g_path_get_dirname(bare);
    g_autofree char *parent_name = capture_display_name(parent);
    if (!g_file_test(directory, G_FILE_TEST_IS_DIR))
        return g_strdup("--verify takes a directory that -o wrote, or its " MANIFEST_NAME);
    if (has_file(parent, MANIFEST_NAME))
        return g_strdup_printf("has no " MANIFEST_NAME ", but the directory above has: --verify=%s",
                               parent_name);
    if (has_file(directory, CHECKSUMS_NAME))
        return g_strdup("has sums but no " MANIFEST_NAME ": check it with sha256sum -c "
                        "" CHECKSUMS_NAME ", or verify the directory that -o wrote beside it");
    return g_strdup("has no " MANIFEST_NAME ": -o did not write it");
}

static bool check_place(const char *directory, GError **error)
{
    if (has_file(directory, MANIFEST_NAME) || !g_file_test(directory, G_FILE_TEST_EXISTS))
        return true;
    g_autofree char *name = capture_display_name(directory);
    g_autofree char *what = what_instead(directory);
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", name, what);
    return false;
}

static VerifyResult verify_within(const Options *options, const char *version,
                                  const char *directory, FILE *out, GError **error)
{
    g_autofree char *reports = find_reports(options->verify);
    g_autoptr(VerifyManifest) manifest =
        check_place(reports, error) ? verify_manifest_read(reports, error) : NULL;
    if (!manifest)
        return VERIFY_DIFFERS;
    Verification verification = { .again = { .options = options,
                                             .version = version,
                                             .directory = directory,
                                             .manifest = manifest,
                                             .then = parse_command(manifest) },
                                  .reports = reports,
                                  .out = out,
                                  .places = g_ptr_array_new_with_free_func(g_free) };
    if (!options->quiet)
        fprintf(out, "%s: %s\n", MANIFEST_NAME, manifest->sha256);
    check_reports(&verification);
    check_checksums(&verification);
    check_inputs(&verification);
    check_captures(&verification);
    check_pages(&verification);
    check_strangers(&verification);
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
    if (options->moved && !g_file_test(options->moved, G_FILE_TEST_IS_DIR)) {
        g_autofree char *name = capture_display_name(options->moved);
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR,
                    "%s: no such directory: --inputs names the one in which the captures lie now",
                    name);
        return VERIFY_DIFFERS;
    }
    g_autofree char *directory = g_dir_make_tmp("connaudit-verify-XXXXXX", error);
    if (!directory)
        return VERIFY_DIFFERS;
    confine_verify(options, directory);
    VerifyResult result = verify_within(options, version, directory, out, error);
    remove_directory(directory);
    return result;
}
