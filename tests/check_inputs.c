/* Which files a run reads, and in which order they are numbered. */
#include <check.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture/inputs.h"
#include "capture_builder.h"

#define FILES_MAX 6
#define WORDS_MAX 6

static const CaptureShape SHAPE = { .name = "pcap", .link_type = 1 };
static const CaptureShape FINE = { .name = "pcap, nanoseconds", .nano = true, .link_type = 1 };

static char *folder; /* the working directory of a test */

static void enter_folder(void)
{
    folder = g_dir_make_tmp("check-inputs-XXXXXX", NULL);
    ck_assert_ptr_nonnull(folder);
    ck_assert_int_eq(chdir(folder), 0);
}

static void remove_all(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    for (const char *name; directory && (name = g_dir_read_name(directory));) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        if (g_unlink(inner) != 0)
            remove_all(inner);
    }
    g_rmdir(path);
}

static void leave_folder(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    remove_all(folder);
    g_free(folder);
}

/* A file to be made. `second` 0: a capture without packets; -1: no capture; -2: a capture cut in
 * its header; -3: empty; -4: a directory. */
typedef struct Made {
    const char *path;
    int second;
} Made;

static void write_file(const Made *made, const CaptureShape *shape)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    if (made->second == -4) {
        ck_assert_int_eq(g_mkdir(made->path, 0700), 0);
        return;
    }
    if (made->second == -1)
        g_byte_array_append(file, (const guint8 *)"some notes\n", 11);
    else if (made->second != -3)
        capture_build_headers(file, shape);
    if (made->second == -2)
        g_byte_array_set_size(file, 10);
    if (made->second > 0) {
        CaptureRecord record = { (uint32_t)made->second, 0, 20, 20 };
        capture_build_packet(file, shape, &record, 0);
    }
    ck_assert(g_file_set_contents(made->path, (const char *)file->data, (gssize)file->len, NULL));
}

static const struct {
    const char *name;
    Made files[FILES_MAX];
    const char *arguments[WORDS_MAX];
    const char *numbered[FILES_MAX]; /* in their order */
    const char *skipped[FILES_MAX], *failed[FILES_MAX];
} ROWS[] = {
    { "one file", { { "a", 5 } }, { "a" }, { "a" }, { NULL }, { NULL } },
    { "by the first packet's time, not by name",
      { { "a", 9 }, { "b", 5 }, { "c", 7 } },
      { "a", "b", "c" },
      { "b", "c", "a" },
      { NULL },
      { NULL } },
    { "equal times in the order of the arguments",
      { { "a", 5 }, { "b", 5 }, { "c", 5 } },
      { "c", "a", "b" },
      { "c", "a", "b" },
      { NULL },
      { NULL } },
    { "one without packets comes last",
      { { "a", 0 }, { "b", 5 }, { "c", 0 } },
      { "a", "b", "c" },
      { "b", "a", "c" },
      { NULL },
      { NULL } },
    { "a directory, by name where times are equal",
      { { "d", -4 }, { "d/b", 5 }, { "d/a", 5 }, { "d/c", 4 } },
      { "d" },
      { "d/c", "d/a", "d/b" },
      { NULL },
      { NULL } },
    { "a directory's name with a slash",
      { { "d", -4 }, { "d/a", 5 } },
      { "d/" },
      { "d/a" },
      { NULL },
      { NULL } },
    { "what is no capture is left out of a directory",
      { { "d", -4 }, { "d/a", 5 }, { "d/notes", -1 }, { "d/new", -3 } },
      { "d" },
      { "d/a" },
      { "d/new", "d/notes" },
      { NULL } },
    { "what is a broken capture is an error there too",
      { { "d", -4 }, { "d/a", 5 }, { "d/b", -2 } },
      { "d" },
      { "d/a" },
      { NULL },
      { "d/b" } },
    { "no hidden files, and no directories in it",
      { { "d", -4 }, { "d/.a", 5 }, { "d/e", -4 }, { "d/e/b", 5 }, { "d/c", 5 } },
      { "d" },
      { "d/c" },
      { NULL },
      { NULL } },
    { "a hidden file that is named", { { ".a", 5 } }, { ".a" }, { ".a" }, { NULL }, { NULL } },
    { "what is named must be a capture",
      { { "a", 5 }, { "notes", -1 }, { "empty", -3 } },
      { "notes", "a", "empty", "missing" },
      { "a" },
      { NULL },
      { "notes", "empty", "missing" } },
    { "a directory without a capture is an error",
      { { "d", -4 }, { "d/notes", -1 } },
      { "d" },
      { NULL },
      { "d/notes" },
      { "d" } },
    { "an empty directory is one too", { { "d", -4 } }, { "d" }, { NULL }, { NULL }, { "d" } },
    { "a file named twice is read once",
      { { "d", -4 }, { "d/a", 5 }, { "d/b", 4 } },
      { "d/a", "d", "./d/a" },
      { "d/b", "d/a" },
      { "d/a", "./d/a" },
      { NULL } },
};

static void assert_state(const CaptureInputs *inputs, InputState state,
                         const char *const paths[FILES_MAX], const char *name)
{
    unsigned found = 0;
    for (guint i = 0; i < inputs->files->len; i++) {
        const InputFile *file = g_ptr_array_index(inputs->files, i);
        if (file->state != state)
            continue;
        ck_assert_msg(g_strcmp0(file->path, paths[found]) == 0, "%s: %s", name, file->path);
        ck_assert_uint_eq(file->number, 0);
        ck_assert_msg(g_str_has_prefix(file->problem, file->path), "%s", file->problem);
        found++;
    }
    ck_assert_msg(!paths[found], "%s: %s is not among them", name, paths[found]);
}

START_TEST(test_row)
{
    const char *name = ROWS[_i].name;
    for (unsigned i = 0; i < FILES_MAX && ROWS[_i].files[i].path; i++)
        write_file(&ROWS[_i].files[i], &SHAPE);
    g_autoptr(CaptureInputs) inputs = capture_inputs_open(ROWS[_i].arguments, NULL, NULL);
    guint count = 0;
    for (; ROWS[_i].numbered[count]; count++) {
        ck_assert_msg(count < inputs->numbered->len, "%s", name);
        const InputFile *file = capture_inputs_file(inputs, count + 1);
        ck_assert_msg(strcmp(file->path, ROWS[_i].numbered[count]) == 0, "%s: %s", name,
                      file->path);
        ck_assert_uint_eq(file->number, count + 1);
        ck_assert_ptr_null(file->problem);
        ck_assert_ptr_null(file->reader);
    }
    ck_assert_msg(inputs->numbered->len == count, "%s", name);
    assert_state(inputs, INPUT_SKIPPED, ROWS[_i].skipped, name);
    assert_state(inputs, INPUT_FAILED, ROWS[_i].failed, name);
}
END_TEST

/* Known before the file is read, because rows of connections that begin in it need it. */
START_TEST(test_resolution)
{
    write_file(&(Made){ "coarse", 5 }, &SHAPE);
    write_file(&(Made){ "fine", 6 }, &FINE);
    const char *arguments[] = { "fine", "coarse", NULL };
    g_autoptr(CaptureInputs) inputs = capture_inputs_open(arguments, NULL, NULL);
    ck_assert_uint_eq(capture_inputs_file(inputs, 1)->time_digits, 6);
    ck_assert_uint_eq(capture_inputs_file(inputs, 2)->time_digits, 9);
    ck_assert_int_eq(capture_inputs_file(inputs, 2)->first_time, 6 * NS_PER_SECOND);
}
END_TEST

/* A thousand files need no descriptor after they have been examined; a pipe keeps its own. */
START_TEST(test_descriptors)
{
    write_file(&(Made){ "a", 5 }, &SHAPE);
    write_file(&(Made){ "b", 4 }, &SHAPE);
    int before = dup(0);
    close(before);
    g_autofree char *bytes = NULL;
    gsize size;
    int ends[2];
    ck_assert(g_file_get_contents("b", &bytes, &size, NULL));
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], bytes, size), (ssize_t)size);
    close(ends[1]);
    g_autofree char *pipe_path = g_strdup_printf("/dev/fd/%d", ends[0]);
    const char *arguments[] = { "a", pipe_path, NULL };
    CaptureInputs *inputs = capture_inputs_open(arguments, NULL, NULL);
    ck_assert_uint_eq(inputs->numbered->len, 2);
    const InputFile *first = capture_inputs_file(inputs, 1);
    ck_assert_str_eq(first->path, pipe_path);
    ck_assert_ptr_nonnull(first->reader);
    ck_assert_uint_eq(first->begun.count, 1);
    ck_assert_ptr_null(capture_inputs_file(inputs, 2)->reader);
    capture_inputs_free(inputs);
    close(ends[0]);
    int after = dup(0);
    ck_assert_int_eq(after, before);
    close(after);
}
END_TEST

static uint64_t seed_of_file(const char *path, const CaptureRecord *record, uint8_t bytes)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    capture_build_headers(file, &SHAPE);
    capture_build_packet(file, &SHAPE, record, bytes);
    ck_assert(g_file_set_contents(path, (const char *)file->data, (gssize)file->len, NULL));
    const char *const arguments[] = { path, NULL };
    static const CaptureOptions off = { .hash = false };
    g_autoptr(CaptureInputs) inputs = capture_inputs_open(arguments, &off, NULL);
    g_autoptr(CaptureInputs) again = capture_inputs_again(inputs);
    ck_assert_uint_eq(inputs->numbered->len, 1);
    ck_assert_uint_eq(capture_inputs_seed(inputs, 1, 1), capture_inputs_seed(again, 1, 1));
    return capture_inputs_seed(inputs, 1, 1);
}

/* A microsecond, or a byte, makes another seed; a file's name makes none. */
START_TEST(test_seed)
{
    static const CaptureRecord record = { 5, 0, 20, 20 }, later = { 5, 1, 20, 20 };
    uint64_t seed = seed_of_file("a", &record, 0);
    ck_assert_uint_eq(seed, seed_of_file("b", &record, 0));
    ck_assert_uint_ne(seed, seed_of_file("c", &later, 0));
    ck_assert_uint_ne(seed, seed_of_file("d", &record, 1));
}
END_TEST

/* Every input counts. */
START_TEST(test_seed_of_several)
{
    static const CaptureRecord record = { 5, 0, 20, 20 }, later = { 6, 0, 20, 20 };
    static const char *const arguments[] = { "a", "b", NULL };
    static const CaptureOptions off = { .hash = false };
    seed_of_file("a", &record, 0);
    seed_of_file("b", &later, 0);
    g_autoptr(CaptureInputs) inputs = capture_inputs_open(arguments, &off, NULL);
    uint64_t both = capture_inputs_seed(inputs, 1, 2);
    ck_assert_uint_ne(both, capture_inputs_seed(inputs, 1, 1));
    ck_assert_uint_ne(both, capture_inputs_seed(inputs, 2, 1));
    ck_assert_uint_eq(capture_inputs_seed(inputs, 2, 1), seed_of_file("c", &later, 0));
}
END_TEST

/* What inputs take beyond the least, of what reading may take; it is not made more by asking. */
START_TEST(test_share)
{
    static const CaptureRecord record = { 5, 0, 20, 20 };
    static const size_t most = INPUTS_MEMORY_LEAST + CAPTURE_READER_MEMORY * 3;
    enum { FILES = 60 };
    char *names[FILES];
    const char *arguments[FILES + 1] = { NULL };
    for (unsigned i = 0; i < FILES; i++) {
        arguments[i] = names[i] = g_strdup_printf("%02u", i);
        seed_of_file(names[i], &record, 0);
    }
    for (unsigned few = 0; few < 2; few++) {
        if (few)
            arguments[2] = NULL;
        g_autoptr(CaptureInputs) inputs =
            capture_inputs_open(arguments, &(CaptureOptions){ .memory = most }, NULL);
        ck_assert_uint_eq(capture_inputs_share(inputs), few ? 0 : most - INPUTS_MEMORY_LEAST);
        ck_assert_uint_eq(capture_inputs_share(inputs), few ? 0 : most - INPUTS_MEMORY_LEAST);
        ck_assert_uint_eq(inputs->room.most, few ? INPUTS_MEMORY_LEAST : most);
        ck_assert_uint_eq(inputs->room.taken, 0);
    }
    for (unsigned i = 0; i < FILES; i++)
        g_free(names[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("inputs");
    TCase *tcase = tcase_create("inputs");
    tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
    tcase_add_loop_test(tcase, test_row, 0, G_N_ELEMENTS(ROWS));
    tcase_add_test(tcase, test_resolution);
    tcase_add_test(tcase, test_descriptors);
    tcase_add_test(tcase, test_seed);
    tcase_add_test(tcase, test_seed_of_several);
    tcase_add_test(tcase, test_share);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
