/* Key logs as files, and a process that holds secrets: it leaves no core, whatever was allowed. */
#include <check.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keylogs.h"

#define RANDOM "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
#define SECRET "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define LINE "CLIENT_TRAFFIC_SECRET_0 " RANDOM " " SECRET "\n"

static char *make_file(const char *text)
{
    char *path = NULL;
    int fd = g_file_open_tmp("keys-XXXXXX", &path, NULL);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert(g_file_set_contents(path, text, -1, NULL));
    return path;
}

START_TEST(test_files)
{
    g_autofree char *a = make_file(LINE), *b = make_file("# nothing\n" LINE "bad line");
    const char *paths[] = { a, b, NULL };
    g_autoptr(TlsKeys) keys = tls_keys_new((size_t)1 << 20);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) sums = g_ptr_array_new_with_free_func(g_free);
    ck_assert(keylogs_read(keys, paths, sums, NULL, &error));
    ck_assert_uint_eq(sums->len, 2);
    for (guint i = 0; i < sums->len; i++)
        ck_assert_uint_eq(strlen(g_ptr_array_index(sums, i)), 64);
    ck_assert_uint_eq(tls_keys_counters(keys)->lines, 3);
    ck_assert_uint_eq(tls_keys_counters(keys)->taken, 1);
    ck_assert_uint_eq(tls_keys_counters(keys)->repeated, 1);
    ck_assert_uint_eq(tls_keys_counters(keys)->unknown, 1);
    g_unlink(a);
    ck_assert(!keylogs_read(keys, paths, sums, NULL, &error));
    ck_assert_ptr_nonnull(strstr(error->message, a));
    ck_assert_ptr_null(strstr(error->message, SECRET));
    g_unlink(b);
}
END_TEST

/* What becomes of a child that aborts: 1 it left a core, 0 it did not. */
static int abort_with(const char *path)
{
    pid_t child = fork();
    if (child == 0) {
        struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
        const char *paths[] = { path, NULL };
        setrlimit(RLIMIT_CORE, &all);
        if (g_chdir(g_get_tmp_dir()) != 0)
            _exit(2);
        TlsKeys *keys = tls_keys_new((size_t)1 << 20);
        GPtrArray *sums = g_ptr_array_new();
        if (!keylogs_read(keys, paths, sums, NULL, NULL) || prctl(PR_GET_DUMPABLE) != 0)
            _exit(3);
        abort();
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFSIGNALED(status), "it ended with %d", WEXITSTATUS(status));
    return WCOREDUMP(status) ? 1 : 0;
}

START_TEST(test_no_core)
{
    g_autofree char *path = make_file(LINE);
    ck_assert_int_eq(abort_with(path), 0);
    g_unlink(path);
}
END_TEST

START_TEST(test_guard)
{
    struct rlimit limit;
    keylogs_guard();
    ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_CORE, &limit), 0);
    ck_assert_uint_eq(limit.rlim_cur, 0);
    ck_assert_uint_eq(limit.rlim_max, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("keylogs");
    TCase *test = tcase_create("keylogs");
    tcase_add_test(test, test_files);
    tcase_add_test(test, test_no_core);
    tcase_add_test(test, test_guard);
    suite_add_tcase(suite, test);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
