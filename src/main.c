#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"

#include "base/interrupt.h"
#include "base/text.h"
#include "capture/hash.h"
#include "capture/unpack.h"
#include "confine.h"
#include "evidence_pass.h"
#include "http2/fields.h"
#include "options.h"
#include "output_names.h"
#include "report/database.h"
#include "report/manifest.h"
#include "report/output.h"
#include "run.h"
#include "verify.h"

typedef enum ExitStatus {
    EXIT_READ = 0,
    EXIT_NOT_READ = 1,
    EXIT_USAGE = 2,
    EXIT_FOUND = 3,
    EXIT_NOT_RUN_AGAIN = 4,
} ExitStatus;

/* The only place that prints an error. */
static void complain(const char *message)
{
    g_autoptr(GString) text = g_string_new("connaudit: ");
    text_append_message(text, message);
    fprintf(stderr, "%s\n", text->str);
}

/* What is left out of directories may be many: a few are named. */
#define NAMED_MAX 3

/* What has gone wrong with the inputs; false if nothing has. Of numbered ones it shows only when
 * they are read. */
static bool complain_of_inputs(const CaptureInputs *inputs, bool numbered, const Options *options)
{
    bool failed = false;
    unsigned skipped = 0;
    for (guint i = 0; i < inputs->files->len; i++) {
        const InputFile *file = g_ptr_array_index(inputs->files, i);
        if (file->state == INPUT_GOOD || (file->number != 0) != numbered)
            continue;
        bool fails = file->state == INPUT_FAILED || (file->state == INPUT_CUT && options->strict);
        failed = failed || fails;
        skipped += file->state == INPUT_SKIPPED;
        if (file->state != INPUT_SKIPPED || (!options->quiet && skipped <= NAMED_MAX))
            complain(file->problem);
    }
    if (skipped > NAMED_MAX && !options->quiet) {
        unsigned others_count = skipped - NAMED_MAX;
        g_autofree char *others = g_strdup_printf("and %u more file%s left out", others_count,
                                                  others_count == 1 ? " is" : "s are");
        complain(others);
    }
    return failed;
}

static void announce_waiting(const Options *options)
{
    for (char **input = options->inputs; *input; input++)
        if (strcmp(*input, "-") == 0 && isatty(STDIN_FILENO) && !options->quiet)
            complain("waiting for a capture on standard input, which is this terminal; what is "
                     "meant is a pipe: tcpdump -U -w - | connaudit -");
}

static bool is_usage_error(const GError *error)
{
    return g_error_matches(error, OUTPUT_ERROR, OUTPUT_ERROR_REFUSED) ||
           g_error_matches(error, RUN_ERROR, RUN_ERROR_NO_CONNECTION) ||
           g_error_matches(error, EVIDENCE_PASS_ERROR, EVIDENCE_PASS_ERROR_ONLY_ONCE);
}

/* 2 comes before 1, and 1 before 3. */
static ExitStatus judge_inputs(const RunContext *context, CaptureInputs *inputs)
{
    const Options *options = context->options;
    g_autoptr(GError) error = NULL;
    RunResult result = { .matched = false };
    bool written = run(context, inputs, &result, &error);
    bool failed = complain_of_inputs(inputs, true, options);
    if (!written)
        complain(error->message);
    for (guint i = 0; i < result.notes->len; i++)
        complain(g_ptr_array_index(result.notes, i));
    g_ptr_array_unref(result.notes);
    if (is_usage_error(error))
        return EXIT_USAGE;
    if (result.interrupted)
        complain("interrupted: the results cover what was read until then");
    if (failed || !written || result.interrupted)
        return EXIT_NOT_READ;
    return result.matched ? EXIT_FOUND : EXIT_READ;
}

static TlsKeys *read_keylogs(const Options *options, GPtrArray *sums, GError **error)
{
    g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
    TlsKeys *keys = run_read_keylogs(options, sums, notes, error);
    for (guint i = 0; i < notes->len; i++)
        complain(g_ptr_array_index(notes, i));
    return keys;
}

/* From the inputs to the reports. */
static ExitStatus read_inputs(const Options *options, char **command)
{
    g_autoptr(GError) error = NULL;
    RowsOut out = { .table = NULL };
    if (!output_names_check(options, &error) ||
        !output_check_stdout((const char *const *)options->inputs, &error)) {
        complain(error->message);
        return EXIT_USAGE;
    }
    g_autoptr(Filter) filter = options->filter ? filter_new(options->filter, &error) : NULL;
    if (error) {
        complain(error->message);
        return EXIT_USAGE;
    }
    announce_waiting(options);
    g_autoptr(GPtrArray) keylog_sums = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(TlsKeys) keys = read_keylogs(options, keylog_sums, &error);
    if (!keys) {
        complain(error->message);
        return EXIT_USAGE;
    }
    g_auto(RedactKey) redact_key = { .fingerprint = "" };
    if (options->redact && !redact_key_take(&redact_key, options->redact_key,
                                            (const char *const *)options->inputs, &error)) {
        complain(error->message);
        return EXIT_USAGE;
    }
    Sandbox sandbox;
    if (!confine_run(options, &sandbox, &error)) {
        complain(error->message);
        return is_usage_error(error) ? EXIT_USAGE : EXIT_NOT_READ;
    }
    g_autoptr(CaptureInputs) inputs = run_open_inputs(options, filter, keys, &out);
    if (inputs->unfit) {
        complain(inputs->unfit->message);
        return EXIT_USAGE;
    }
    bool failed = complain_of_inputs(inputs, false, options);
    if (inputs->numbered->len == 0)
        return EXIT_NOT_READ;
    RunContext context = { .options = options,
                           .filter = filter,
                           .keys = keys,
                           .sandbox = options->no_sandbox ? NULL : &sandbox,
                           .keylog_sums = keylog_sums,
                           .redact_key = options->redact ? &redact_key : NULL,
                           .command = (const char *const *)command,
                           .out = &out,
                           .version = PACKAGE_VERSION };
    ExitStatus status = judge_inputs(&context, inputs);
    return failed && status != EXIT_USAGE ? EXIT_NOT_READ : status;
}

/* Whether all that was printed has got there. */
static ExitStatus flush_stdout(void)
{
    if ((fflush(stdout) == 0 && !ferror(stdout)) || errno == EPIPE)
        return EXIT_READ;
    g_autofree char *message = g_strdup_printf("standard output: %s", g_strerror(errno));
    complain(message);
    return EXIT_NOT_READ;
}

static ExitStatus verify_and_stop(const Options *options)
{
    static const ExitStatus statuses[] = { [VERIFY_SAME] = EXIT_READ,
                                           [VERIFY_DIFFERS] = EXIT_NOT_READ,
                                           [VERIFY_NOT_RUN_AGAIN] = EXIT_NOT_RUN_AGAIN };
    g_autoptr(GError) error = NULL;
    VerifyResult result = verify(options, PACKAGE_VERSION, stdout, &error);
    if (error)
        complain(error->message);
    ExitStatus printed = flush_stdout();
    return printed == EXIT_READ ? statuses[result] : printed;
}

static void print_rules(const Options *options)
{
    g_autofree char *text = options->list_rules ? rules_list() : rule_explain(options->rule);
    fputs(text, stdout);
}

static void print_versions(void)
{
    static const char *const packers[][2] = {
        { "zlib", "gzip" }, { "libzstd", "zstd" }, { "liblz4", "lz4" }, { "liblzma", "xz" }
    };
    printf("connaudit %s\n%s\nGLib %u.%u.%u\nJSON-GLib %s\nlibcrypto %s\nSQLite %s\n",
           PACKAGE_VERSION, capture_library_version(), glib_major_version, glib_minor_version,
           glib_micro_version, manifest_library_version(), hash_library_version(),
           database_library_version());
    const char *nghttp2 = h2_fields_library_version();
    printf("libnghttp2 %s\n", nghttp2 ? nghttp2 : "not in this build: HTTP/2 is not read");
    for (size_t i = 0; i < G_N_ELEMENTS(packers); i++) {
        const char *version = unpack_library_version(packers[i][1]);
        printf("%s %s\n", packers[i][0], version ? version : "not in this build");
    }
    printf("PCRE2 %s\n", match_library_version());
    const char *sandbox = sandbox_library_version();
    printf("libseccomp %s\n", sandbox ? sandbox : "not in this build");
}

static ExitStatus print_and_stop(const Options *options)
{
    if (options->printed)
        fputs(options->printed, stdout);
    else if (options->list_rules || options->explain)
        print_rules(options);
    else
        print_versions();
    return flush_stdout();
}

/* Whoever starts the program may have closed one of the first three: the next file would get its
 * number, and what is said on standard error would be written into it. What is opened instead
 * cannot be used, as if it were closed. */
static void hold_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            abort();
}

int main(int argc, char **argv)
{
    Options options;
    g_autoptr(GError) error = NULL;
    hold_standard_descriptors();
    /* A closed pipe and a full quota are failed writes, said like any other. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    interrupt_watch(output_abandon);
    if (!options_parse(&options, argc, argv, &error)) {
        complain(error->message);
        options_clear(&options);
        return EXIT_USAGE;
    }
    ExitStatus status = options.prints   ? print_and_stop(&options)
                        : options.verify ? verify_and_stop(&options)
                                         : read_inputs(&options, argv);
    output_unprepare();
    options_clear(&options);
    return (int)status;
}
