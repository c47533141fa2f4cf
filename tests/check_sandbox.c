/* What is forbidden within the sandbox, and what is not. Each test runs in a process of its own,
 * for there is no way back. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sandbox.h"

#define EXIT_SKIPPED 77

static char *folder;

static void enter_folder(void)
{
    folder = g_dir_make_tmp("check-sandbox-XXXXXX", NULL);
    ck_assert_ptr_nonnull(folder);
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(g_mkdir("in", 0700), 0);
    ck_assert_int_eq(g_mkdir("out", 0700), 0);
    ck_assert_int_eq(g_mkdir("out/empty", 0700), 0);
    ck_assert_int_eq(g_mkdir("empty", 0700), 0);
    ck_assert(g_file_set_contents("in/file", "in", -1, NULL));
    ck_assert(g_file_set_contents("named", "named", -1, NULL));
    ck_assert(g_file_set_contents("linked", "linked", -1, NULL));
    ck_assert(g_file_set_contents("other", "other", -1, NULL));
    ck_assert_int_eq(symlink("../linked", "in/link"), 0);
}

static void leave_folder(void)
{
    static const char *const files[] = { "in/file", "in/link", "out/made",
                                         "named",   "linked",  "other" };
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        g_unlink(files[i]);
    g_rmdir("in");
    g_rmdir("out/empty");
    g_rmdir("out");
    g_rmdir("empty");
    ck_assert_int_eq(chdir("/"), 0);
    g_rmdir(folder);
    g_free(folder);
}

static Sandbox enter(void)
{
    g_autoptr(SandboxPlan) plan = sandbox_plan_new();
    sandbox_plan_read(plan, "in");
    sandbox_plan_read(plan, "named");
    sandbox_plan_read(plan, "missing");
    sandbox_plan_write(plan, "out");
    return sandbox_enter(plan);
}

static bool opens(const char *path, int how)
{
    int fd = open(path, how | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static gpointer run_thread(gpointer data)
{
    int *opened = data;
    *opened = opens("other", O_RDONLY);
    return NULL;
}

/* Each of these enters the sandbox, and returns what is wrong with it; NULL: nothing. */
static const char *wrong_with_files(void)
{
    if (!enter().landlock)
        return NULL; /* this kernel has none */
    if (!opens("in/file", O_RDONLY) || !opens("in/link", O_RDONLY) || !opens("named", O_RDONLY))
        return "an input cannot be read";
    if (!opens("out/made", O_RDWR | O_CREAT | O_EXCL) || !opens("out", O_RDWR | O_TMPFILE))
        return "an output cannot be made";
    if (opens("other", O_RDONLY) || errno != EACCES || opens("/etc/passwd", O_RDONLY))
        return "a file elsewhere is read";
    if (opens("named", O_WRONLY) || opens("in/new", O_RDWR | O_CREAT))
        return "something is written into or beside an input";
    if (opens("new", O_RDWR | O_CREAT) || g_mkdir("more", 0700) == 0)
        return "something is made elsewhere";
    if (g_unlink("other") == 0 || g_rename("other", "out/other") == 0)
        return "something elsewhere is removed";
    return NULL;
}

/* A file alone is to be written. */
static const char *wrong_with_a_file(void)
{
    g_autoptr(SandboxPlan) plan = sandbox_plan_new();
    sandbox_plan_read(plan, "in");
    sandbox_plan_write_file(plan, "out/page");
    if (!sandbox_enter(plan).landlock)
        return NULL;
    if (!opens("out/made", O_RDWR | O_CREAT | O_EXCL) || !opens("out", O_RDWR | O_TMPFILE))
        return "the output cannot be made";
    if (g_unlink("out/made") != 0)
        return "the output cannot be replaced";
    if (g_mkdir("out/more", 0700) == 0 || g_rmdir("out/empty") == 0 || g_rmdir("empty") == 0)
        return "a directory is made or removed";
    if (opens("other", O_RDONLY) || opens("new", O_RDWR | O_CREAT))
        return "something elsewhere is opened";
    return NULL;
}

static bool has_process(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return child > 0;
}

static const char *wrong_with_calls(void)
{
    static char *const none[] = { NULL };
    static char name[] = "true";
    char *const words[] = { name, NULL };
    pid_t parent = getppid();
    if (!enter().seccomp)
        return NULL;
    if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_UNIX, SOCK_STREAM, 0) >= 0)
        return "there is a socket";
    if (execve("/bin/true", words, none) == 0 || has_process())
        return "there is another program or process";
    if (kill(parent, 0) == 0)
        return "signals go to other processes";
#ifndef __s390__
    if (mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
        MAP_FAILED)
        return "memory that is written to can be run";
#endif
    return NULL;
}

static const char *wrong_with_threads(void)
{
    int opened = -1;
    Sandbox sandbox = enter();
    g_thread_join(g_thread_new("bound", run_thread, &opened));
    return opened == (sandbox.landlock ? 0 : 1) ? NULL : "a thread is not bound";
}

static const struct {
    const char *name;
    const char *(*find)(void);
} WRONGS[] = { { "files", wrong_with_files },
               { "a file", wrong_with_a_file },
               { "calls", wrong_with_calls },
               { "threads", wrong_with_threads } };

/* The test itself must stay outside: Check makes system calls of its own. */
START_TEST(test_wrong)
{
    int ends[2], status;
    char text[128] = "";
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        const char *wrong = WRONGS[_i].find();
        ssize_t written = wrong ? write(ends[1], wrong, strlen(wrong)) : 0;
        _exit(written > 0 ? EXIT_FAILURE : EXIT_SUCCESS);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(got == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: %s (status %d)",
                  WRONGS[_i].name, text, status);
}
END_TEST

int main(void)
{
    if (!sandbox_is_built())
        return EXIT_SKIPPED;
    Suite *suite = suite_create("sandbox");
    TCase *tcase = tcase_create("sandbox");
    tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
    tcase_add_loop_test(tcase, test_wrong, 0, G_N_ELEMENTS(WRONGS));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
