/* Files that appear complete or not at all. */
#include <check.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/output.h"

static const char *const NAMES[] = { "one", "two", NULL };
static const char *const NO_INPUTS[] = { NULL };

static char *folder;

static void enter_folder(void)
{
    folder = g_dir_make_tmp("check-output-XXXXXX", NULL);
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

static void assert_text(const char *path, const char *expected)
{
    g_autofree char *text = NULL;
    g_file_get_contents(path, &text, NULL, NULL);
    ck_assert_pstr_eq(text, expected);
}

static bool commit(Output *output, GError **error)
{
    return outputs_commit(&output, 1, error);
}

static unsigned count_files(const char *path)
{
    unsigned count = 0;
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    while (directory && g_dir_read_name(directory))
        count++;
    return count;
}

static Output *open_and_write(bool force, GError **error)
{
    Output *output = output_open("out", NAMES, NO_INPUTS, force, error);
    if (output) {
        fputs("first", output_stream(output, 0));
        fputs("second", output_stream(output, 1));
    }
    return output;
}

START_TEST(test_commit)
{
    mode_t mask = umask(0);
    g_autoptr(Output) output = open_and_write(false, NULL);
    ck_assert_ptr_nonnull(output);
    ck_assert(!g_file_test("out/one", G_FILE_TEST_EXISTS));
    ck_assert(commit(output, NULL));
    ck_assert_uint_eq(count_files("out"), 2);
    assert_text("out/one", "first");
    assert_text("out/two", "second");
    struct stat status;
    ck_assert_int_eq(stat("out/one", &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0600);
    ck_assert_int_eq(stat("out", &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0700);
    umask(mask);
}
END_TEST

/* FIPS 180-2, appendix B.1: the digest of "abc". */
START_TEST(test_sha256)
{
    g_autoptr(Output) output = output_open("out", NAMES, NO_INPUTS, false, NULL);
    fputs("abc", output_stream(output, 1));
    uint64_t size = 99;
    g_autofree char *sum = output_sha256(output, 1, &size, NULL);
    ck_assert_str_eq(sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ck_assert_uint_eq(size, 3);
    fputs("def", output_stream(output, 1)); /* and the next bytes follow it */
    ck_assert(commit(output, NULL));
    assert_text("out/two", "abcdef");
}
END_TEST

START_TEST(test_abandoned)
{
    Output *output = open_and_write(false, NULL);
    output_free(output);
    ck_assert_msg(!g_file_test("out", G_FILE_TEST_EXISTS), "the directory remains");
    ck_assert_int_eq(g_mkdir("out", 0700), 0);
    output = open_and_write(false, NULL);
    output_free(output);
    ck_assert_uint_eq(count_files("out"), 0);
}
END_TEST

START_TEST(test_existing)
{
    g_autoptr(GError) error = NULL;
    ck_assert_int_eq(g_mkdir("out", 0700), 0);
    ck_assert(g_file_set_contents("out/two", "old", -1, NULL));
    ck_assert_ptr_null(open_and_write(false, &error));
    ck_assert(g_error_matches(error, OUTPUT_ERROR, OUTPUT_ERROR_REFUSED));
    ck_assert_ptr_nonnull(strstr(error->message, "out/two"));
    ck_assert_uint_eq(count_files("out"), 1);
    g_autoptr(Output) output = open_and_write(true, NULL);
    ck_assert_ptr_nonnull(output);
    assert_text("out/two", "old");
    ck_assert(commit(output, NULL));
    assert_text("out/two", "second");
    ck_assert_uint_eq(count_files("out"), 2);
}
END_TEST

/* Somebody takes the second name while the files are written: the first is taken back. */
START_TEST(test_name_taken_meanwhile)
{
    g_autoptr(GError) error = NULL;
    ck_assert_int_eq(g_mkdir("out", 0700), 0);
    Output *output = open_and_write(false, NULL);
    ck_assert(g_file_set_contents("out/two", "theirs", -1, NULL));
    ck_assert(!commit(output, &error));
    ck_assert(g_error_matches(error, OUTPUT_ERROR, OUTPUT_ERROR_FAILED));
    ck_assert_ptr_nonnull(strstr(error->message, "out/two"));
    output_free(output);
    assert_text("out/two", "theirs");
    ck_assert_uint_eq(count_files("out"), 1);
}
END_TEST

/* A directory with a report's name is not replaced, nor is the target of a link. */
START_TEST(test_foreign_names)
{
    g_autoptr(GError) error = NULL;
    ck_assert_int_eq(g_mkdir("out", 0700), 0);
    ck_assert_int_eq(g_mkdir("out/one", 0700), 0);
    ck_assert_ptr_null(open_and_write(true, &error));
    ck_assert(g_error_matches(error, OUTPUT_ERROR, OUTPUT_ERROR_REFUSED));
    g_rmdir("out/one");
    ck_assert(g_file_set_contents("elsewhere", "precious", -1, NULL));
    ck_assert_int_eq(symlink("../elsewhere", "out/one"), 0);
    g_autoptr(Output) output = open_and_write(true, NULL);
    ck_assert(commit(output, NULL));
    assert_text("elsewhere", "precious");
    assert_text("out/one", "first");
}
END_TEST

/* Where the directory may lie, with inputs of all kinds. */
static const struct {
    const char *name;
    const char *output;
    const char *inputs[3];
    bool refused;
} PLACES[] = {
    { "a new directory beside a file", "fresh", { "file" }, false },
    { "a directory without inputs", "empty", { "file", "full" }, false },
    { "a directory that is an input", "full", { "full" }, true },
    { "by another name", "./full/../full//", { "file", "full" }, true },
    { "a new one within it", "full/fresh", { "full" }, true },
    { "one that is there within it", "full/inner", { "full" }, true },
    { "through a link", "link/fresh", { "full" }, true },
    { "a directory with a file that is an input", "full", { "full/file" }, true },
    { "with a file to which a link leads", "full", { "link-to-file" }, true },
    { "with a link to a file elsewhere", "full", { "full/link-out" }, true },
    { "above a directory that is an input", "full", { "full/inner" }, false },
    { "standard input lies nowhere", "empty", { "-" }, false },
    { "what is missing lies nowhere", "empty", { "empty/missing" }, false },
};

START_TEST(test_place)
{
    ck_assert_int_eq(g_mkdir("empty", 0700), 0);
    ck_assert_int_eq(g_mkdir("full", 0700), 0);
    ck_assert_int_eq(g_mkdir("full/inner", 0700), 0);
    ck_assert(g_file_set_contents("file", "1", -1, NULL));
    ck_assert(g_file_set_contents("full/file", "2", -1, NULL));
    ck_assert_int_eq(symlink("full", "link"), 0);
    ck_assert_int_eq(symlink("full/file", "link-to-file"), 0);
    ck_assert_int_eq(symlink("../file", "full/link-out"), 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(Output) output =
        output_open(PLACES[_i].output, NAMES, PLACES[_i].inputs, false, &error);
    ck_assert_msg((output == NULL) == PLACES[_i].refused, "%s: %s", PLACES[_i].name,
                  error ? error->message : "taken");
    if (PLACES[_i].refused)
        ck_assert(g_error_matches(error, OUTPUT_ERROR, OUTPUT_ERROR_REFUSED));
    else
        ck_assert(commit(output, NULL));
    ck_assert_uint_eq(count_files("full/inner"), 0);
}
END_TEST

/* Files that join one by one, beside those that were named, in a directory within the other's. */
START_TEST(test_added)
{
    static const char *const none[] = { NULL };
    unsigned index = 0;
    uint64_t size;
    Output *output = open_and_write(false, NULL);
    Output *inner = output_open("out/inner", none, NO_INPUTS, false, NULL);
    ck_assert_ptr_nonnull(inner);
    for (unsigned i = 0; i < 100; i++) {
        g_autofree char *name = g_strdup_printf("%u", i);
        ck_assert(output_add(inner, name, &index, NULL));
        ck_assert_uint_eq(index, i);
    }
    ck_assert(output_append(inner, 7, "se", 2, NULL));
    ck_assert(output_append(inner, 8, "other", 5, NULL));
    ck_assert(output_append(inner, 7, "ven", 3, NULL));
    g_autofree char *sum = output_sha256(inner, 7, &size, NULL);
    g_autofree char *expected = g_compute_checksum_for_string(G_CHECKSUM_SHA256, "seven", -1);
    ck_assert_str_eq(sum, expected);
    ck_assert_uint_eq(size, 5);
    ck_assert(!g_file_test("out/inner/7", G_FILE_TEST_EXISTS));
    ck_assert(commit(inner, NULL));
    assert_text("out/inner/7", "seven");
    assert_text("out/inner/99", "");
    ck_assert_uint_eq(count_files("out/inner"), 100);

    output_free(inner);
    output_free(output);
    ck_assert(!g_file_test("out/one", G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST(test_added_name_exists)
{
    static const char *const none[] = { NULL };
    unsigned index = 0;
    g_autoptr(GError) error = NULL;
    ck_assert_int_eq(g_mkdir("out", 0700), 0);
    ck_assert(g_file_set_contents("out/mine", "mine", -1, NULL));
    Output *output = output_open("out", none, NO_INPUTS, false, NULL);
    ck_assert(!output_add(output, "mine", &index, &error));
    ck_assert(g_error_matches(error, OUTPUT_ERROR, OUTPUT_ERROR_REFUSED));
    ck_assert(output_add(output, "other", &index, NULL));
    output_free(output);
    assert_text("out/mine", "mine");
    ck_assert_uint_eq(count_files("out"), 1);
}
END_TEST

/* Of two directories: where the second fails, the first still has what it had. */
START_TEST(test_two_fail_together)
{
    static const char *const none[] = { NULL };
    unsigned index;
    g_autoptr(GError) error = NULL;
    ck_assert_int_eq(g_mkdir("out", 0700), 0);
    ck_assert_int_eq(g_mkdir("captures", 0700), 0);
    ck_assert(g_file_set_contents("captures/old", "old capture", -1, NULL));
    ck_assert(g_file_set_contents("out/one", "old report", -1, NULL));
    Output *reports = open_and_write(true, NULL);
    Output *captures = output_open("captures", none, NO_INPUTS, true, NULL);
    ck_assert(output_add(captures, "new", &index, NULL));
    ck_assert(output_add(captures, "old", &index, NULL));
    ck_assert(output_append(captures, index, "new capture", 11, NULL));
    ck_assert_int_eq(g_mkdir("out/two", 0700), 0); /* no file can have this name any longer */
    ck_assert(g_file_set_contents("out/two/theirs", "", -1, NULL));
    Output *both[] = { captures, reports };
    ck_assert(!outputs_commit(both, 2, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "out/two"));
    output_free(captures);
    output_free(reports);
    assert_text("captures/old", "old capture");
    ck_assert_uint_eq(count_files("captures"), 1);
    assert_text("out/one", "old report");
    ck_assert_uint_eq(count_files("out"), 2);
}
END_TEST

START_TEST(test_two_appear_together)
{
    static const char *const none[] = { NULL };
    unsigned index;
    ck_assert_int_eq(g_mkdir("out", 0700), 0);
    ck_assert(g_file_set_contents("out/one", "old", -1, NULL));
    ck_assert(g_file_set_contents("out/three", "old", -1, NULL));
    Output *reports = open_and_write(true, NULL);
    Output *captures = output_open("out", none, NO_INPUTS, true, NULL);
    ck_assert(output_add(captures, "three", &index, NULL));
    ck_assert(output_append(captures, index, "third", 5, NULL));
    Output *both[] = { captures, reports };
    ck_assert(outputs_commit(both, 2, NULL));
    output_free(captures);
    output_free(reports);
    assert_text("out/one", "first");
    assert_text("out/two", "second");
    assert_text("out/three", "third");
    ck_assert_uint_eq(count_files("out"), 3);
}
END_TEST

/* More files than stay open: the others have temporary names. A stranger who may write to the
 * directory puts a file of his in the place of one. */
#define MANY 300

static Output *add_many(const char *path, bool force)
{
    static const char *const none[] = { NULL };
    unsigned index;
    Output *output = output_open(path, none, NO_INPUTS, force, NULL);
    for (unsigned i = 0; i < MANY; i++) {
        g_autofree char *name = g_strdup_printf("%u", i);
        ck_assert(output_add(output, name, &index, NULL));
        ck_assert(output_append(output, index, "ours", 4, NULL));
    }
    return output;
}

START_TEST(test_many)
{
    for (int force = 0; force < 2; force++) {
        g_autoptr(Output) output = add_many("out", force);
        ck_assert(commit(output, NULL));
        ck_assert_uint_eq(count_files("out"), MANY);
        assert_text("out/0", "ours");
        assert_text("out/299", "ours");
        ck_assert(g_file_set_contents("out/299", "old", -1, NULL));
    }
}
END_TEST

START_TEST(test_swapped)
{
    uint64_t size;
    g_autoptr(GError) error = NULL;
    g_autofree char *temporary = g_strdup_printf("out/.299.%ld-0", (long)getpid());
    Output *output = add_many("out", false);
    ck_assert(g_file_test(temporary, G_FILE_TEST_EXISTS));
    if (_i == 0) /* the number of its inode is not used again */
        ck_assert_int_eq(link(temporary, "kept"), 0);
    ck_assert_int_eq(g_unlink(temporary), 0);
    ck_assert(g_file_set_contents(temporary, _i == 0 ? "ours" : "forged", -1, NULL));
    ck_assert_ptr_null(output_sha256(output, 299, &size, NULL));
    ck_assert(!output_append(output, 299, "more", 4, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "out/299"));
    ck_assert_ptr_nonnull(strstr(error->message, "another file"));
    ck_assert(!commit(output, NULL));
    assert_text(temporary, _i == 0 ? "ours" : "forged");
    ck_assert(!g_file_test("out/0", G_FILE_TEST_EXISTS));
    output_free(output);
}
END_TEST

/* Who else may write there. */
static const struct {
    const char *name;
    mode_t above, mode;
    bool exists, refused, noted;
} STRANGERS[] = {
    { "its owner alone", 0700, 0700, true, false, false },
    { "others may read", 0755, 0755, true, false, false },
    { "anybody", 0700, 0777, true, true, false },
    { "anybody, though sticky", 0700, 01777, true, true, false },
    { "the group", 0700, 0775, true, false, true },
    { "the group, above it", 0775, 0700, true, false, false },
    { "anybody above it", 0777, 0700, true, true, false },
    { "anybody above it, though sticky", 01777, 0700, true, false, false },
    { "anybody above a new one", 0777, 0, false, true, false },
    { "anybody above a new one, though sticky", 01777, 0, false, false, false },
};

START_TEST(test_strangers)
{
    ck_assert_int_eq(g_mkdir("above", 0700), 0);
    if (STRANGERS[_i].exists) {
        ck_assert_int_eq(g_mkdir("above/out", 0700), 0);
        ck_assert_int_eq(chmod("above/out", STRANGERS[_i].mode), 0);
    }
    ck_assert_int_eq(chmod("above", STRANGERS[_i].above), 0);
    for (int force = 0; force < 2; force++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Output) output = output_open("above/out", NAMES, NO_INPUTS, force, &error);
        ck_assert_msg((output == NULL) == STRANGERS[_i].refused, "%s", STRANGERS[_i].name);
        if (output)
            ck_assert_msg((output_note(output) != NULL) == STRANGERS[_i].noted, "%s",
                          STRANGERS[_i].name);
        else
            ck_assert(g_error_matches(error, OUTPUT_ERROR, OUTPUT_ERROR_REFUSED));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("output");
    TCase *tcase = tcase_create("output");
    tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
    tcase_add_test(tcase, test_commit);
    tcase_add_test(tcase, test_sha256);
    tcase_add_test(tcase, test_abandoned);
    tcase_add_test(tcase, test_existing);
    tcase_add_test(tcase, test_name_taken_meanwhile);
    tcase_add_test(tcase, test_foreign_names);
    tcase_add_test(tcase, test_added);
    tcase_add_test(tcase, test_added_name_exists);
    tcase_add_test(tcase, test_two_fail_together);
    tcase_add_test(tcase, test_two_appear_together);
    tcase_add_test(tcase, test_many);
    tcase_add_loop_test(tcase, test_swapped, 0, 2);
    tcase_add_loop_test(tcase, test_strangers, 0, G_N_ELEMENTS(STRANGERS));
    tcase_add_loop_test(tcase, test_place, 0, G_N_ELEMENTS(PLACES));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
