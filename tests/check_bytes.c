/* The bytes of an input as they are stored, from a file and from a pipe. */
#include <check.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/bytes.h"

/* SHA-256 of "abc", FIPS 180-4's own example. */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static const CaptureOptions PLAIN = { .hash = false }, HASHED = { .hash = true };

static CaptureBytes *open_fd(int fd, const CaptureOptions *options)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    CaptureBytes *bytes = capture_bytes_open(path, options, NULL);
    ck_assert_ptr_nonnull(bytes);
    return bytes;
}

static int file_of(const void *content, size_t size)
{
    int file = memfd_create("bytes", MFD_CLOEXEC);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, content, size), (ssize_t)size);
    return file;
}

static size_t read_all(CaptureBytes *bytes, char *to, size_t size, size_t portion)
{
    size_t at = 0;
    ssize_t got;
    while ((got = capture_bytes_read(bytes, to + at, MIN(portion, size - at))) > 0)
        at += (size_t)got;
    ck_assert_int_eq(got, 0);
    return at;
}

/* The head is a look ahead: reading begins at the first byte all the same. */
START_TEST(a_file)
{
    enum { SIZE = 3 * CAPTURE_HEAD_MAX };
    char content[SIZE], back[SIZE + 1];
    for (size_t i = 0; i < SIZE; i++)
        content[i] = (char)(i * 7 + i / 255);
    static const size_t portions[] = { 1, 100, CAPTURE_HEAD_MAX, SIZE + 1 };
    int file = file_of(content, SIZE);
    for (size_t i = 0; i < G_N_ELEMENTS(portions); i++) {
        g_autoptr(CaptureBytes) bytes = open_fd(file, &PLAIN);
        Span head = capture_bytes_head(bytes);
        ck_assert_uint_eq(head.length, CAPTURE_HEAD_MAX);
        ck_assert_mem_eq(head.bytes, content, head.length);
        ck_assert(!capture_bytes_may_wait(bytes));
        ck_assert_uint_eq(read_all(bytes, back, sizeof back, portions[i]), SIZE);
        ck_assert_mem_eq(back, content, SIZE);
        ck_assert_uint_eq(capture_bytes_read_count(bytes), SIZE);
        ck_assert_uint_eq(capture_bytes_size(bytes), SIZE);
        ck_assert(capture_bytes_finish(bytes));
        ck_assert_ptr_null(capture_bytes_sha256(bytes)); /* not asked for */
    }
    close(file);
}
END_TEST

START_TEST(an_empty_file)
{
    char back[1];
    int file = file_of("", 0);
    g_autoptr(CaptureBytes) bytes = open_fd(file, &PLAIN);
    ck_assert_uint_eq(capture_bytes_head(bytes).length, 0);
    ck_assert_int_eq(capture_bytes_read(bytes, back, 1), 0);
    ck_assert_uint_eq(capture_bytes_size(bytes), 0);
    close(file);
}
END_TEST

/* The hash is that of all bytes, whether or not they were read. */
START_TEST(the_hash_covers_the_rest)
{
    int file = file_of("abc", 3);
    for (size_t read = 0; read <= 3; read++) {
        char back[3];
        g_autoptr(CaptureBytes) bytes = open_fd(file, &HASHED);
        if (read)
            ck_assert_int_eq(capture_bytes_read(bytes, back, read), (ssize_t)read);
        ck_assert_ptr_null(capture_bytes_sha256(bytes)); /* not before the end */
        ck_assert(capture_bytes_finish(bytes));
        ck_assert_str_eq(capture_bytes_sha256(bytes), ABC);
        ck_assert_uint_eq(capture_bytes_read_count(bytes), 3);
    }
    close(file);
}
END_TEST

/* Freed without being finished: the hasher's thread ends with it. */
START_TEST(not_finished)
{
    int file = file_of("abc", 3);
    capture_bytes_free(open_fd(file, &HASHED));
    capture_bytes_free(NULL);
    close(file);
}
END_TEST

/* Standard input becomes a pipe that holds this, and has ended. */
static void pipe_in(const char *content)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], content, strlen(content)), (ssize_t)strlen(content));
    close(ends[1]);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    close(ends[0]);
}

START_TEST(a_pipe)
{
    char back[8];
    pipe_in("abc");
    CaptureBytes *bytes = capture_bytes_open("-", &HASHED, NULL);
    ck_assert_ptr_nonnull(bytes);
    ck_assert(capture_bytes_may_wait(bytes));
    ck_assert_uint_eq(capture_bytes_head(bytes).length, 3);
    ck_assert_uint_eq(read_all(bytes, back, sizeof back, 2), 3);
    ck_assert_mem_eq(back, "abc", 3);
    ck_assert_uint_eq(capture_bytes_size(bytes), 3);
    ck_assert(!capture_bytes_interrupted(bytes));
    ck_assert(capture_bytes_finish(bytes));
    ck_assert_str_eq(capture_bytes_sha256(bytes), ABC);
    capture_bytes_free(bytes);
    ck_assert_int_eq(read(STDIN_FILENO, back, 1), 0); /* it was not closed */
}
END_TEST

static void count_wait(void *data)
{
    ++*(unsigned *)data;
}

/* Nobody is told of a wait for what is there already, or for the end. */
START_TEST(no_wait_for_what_is_there)
{
    char back[8];
    unsigned waits = 0;
    pipe_in("abc");
    CaptureOptions options = { .waits = count_wait, .data = &waits };
    g_autoptr(CaptureBytes) bytes = capture_bytes_open("-", &options, NULL);
    ck_assert_uint_eq(read_all(bytes, back, sizeof back, 8), 3);
    ck_assert_uint_eq(waits, 0);
}
END_TEST

static gpointer write_later(gpointer data)
{
    int fd = GPOINTER_TO_INT(data);
    g_usleep(50 * 1000);
    ck_assert_int_eq(write(fd, "c", 1), 1);
    close(fd);
    return NULL;
}

/* The head is waited for until it says enough. */
START_TEST(a_pipe_that_is_slow)
{
    static const char first[] = "0123456789abcdef0123456"; /* 23 */
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], first, 23), 23);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    close(ends[0]);
    GThread *writer = g_thread_new("writer", write_later, GINT_TO_POINTER(ends[1]));
    g_autoptr(CaptureBytes) bytes = capture_bytes_open("-", &PLAIN, NULL);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(capture_bytes_head(bytes).length, 24);
    ck_assert_int_eq(capture_bytes_head(bytes).bytes[23], 'c');
    g_thread_join(writer);
}
END_TEST

static void assert_refused(const char *path, int failure, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *message = g_strdup_printf("%s: %s", name, g_strerror(failure));
    ck_assert_ptr_null(capture_bytes_open(path, &PLAIN, &error));
    ck_assert(g_error_matches(error, CAPTURE_ERROR, CAPTURE_ERROR_OPEN));
    ck_assert_str_eq(error->message, message);
}

START_TEST(refused)
{
    assert_refused("/nowhere/at all", ENOENT, "/nowhere/at all");
    assert_refused("/nowhere/a\nb\x1b", ENOENT, "/nowhere/a\\x0ab\\x1b");
    assert_refused("/", EISDIR, "/"); /* it opens, and cannot be read */
}
END_TEST

START_TEST(names)
{
    g_autofree char *input = capture_display_name("-");
    g_autofree char *file = capture_display_name("./-");
    ck_assert_str_eq(input, "standard input");
    ck_assert_str_eq(file, "./-");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bytes");
    TCase *tcase = tcase_create("bytes");
    tcase_add_test(tcase, a_file);
    tcase_add_test(tcase, an_empty_file);
    tcase_add_test(tcase, the_hash_covers_the_rest);
    tcase_add_test(tcase, not_finished);
    tcase_add_test(tcase, a_pipe);
    tcase_add_test(tcase, no_wait_for_what_is_there);
    tcase_add_test(tcase, a_pipe_that_is_slow);
    tcase_add_test(tcase, refused);
    tcase_add_test(tcase, names);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
