/* What a signal does, the first time and later. Each case has a process of its own: what was asked
 * for stays so. */
#include <check.h>
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/interrupt.h"

#define PATIENCE_MS 1000 /* from then on any further signal ends the program */

static int cleaned[2]; /* a pipe: the process that ends at once says that it cleaned up */

static void clean(void)
{
    if (write(cleaned[1], "c", 1) < 0)
        _exit(99);
}

static void wait_ms(unsigned ms)
{
    g_usleep(ms * 1000UL);
}

static bool is_readable(int fd)
{
    struct pollfd from = { .fd = fd, .events = POLLIN };
    return poll(&from, 1, 0) > 0;
}

/* The exit status of a process that does this; minus the signal that ended it. */
static int status_of(void (*act)(void), bool *ret_cleaned)
{
    char byte;
    int status;
    ck_assert_int_eq(pipe(cleaned), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        const int signals[] = { SIGHUP, SIGINT, SIGTERM };
        for (size_t i = 0; i < G_N_ELEMENTS(signals); i++) /* whoever runs this may ignore them */
            signal(signals[i], SIG_DFL);
        act();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    close(cleaned[1]);
    *ret_cleaned = read(cleaned[0], &byte, 1) == 1;
    close(cleaned[0]);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* Ends the process with this line's number if the condition does not hold. */
#define HOLDS(condition) ((condition) ? (void)0 : _exit(__LINE__ % 200 + 1))

static void once(void)
{
    HOLDS(interrupt_fd() == -1 && !interrupt_requested());
    interrupt_watch(clean);
    HOLDS(!interrupt_requested() && !is_readable(interrupt_fd()));
    raise(SIGTERM);
    HOLDS(interrupt_requested() && is_readable(interrupt_fd()));
    HOLDS(is_readable(interrupt_fd())); /* it stays so */
}

/* timeout(1) signals its child, and then its group. */
static void same_twice(void)
{
    interrupt_watch(clean);
    raise(SIGINT);
    raise(SIGINT);
    HOLDS(interrupt_requested());
}

static void twice_by_keyboard(void)
{
    interrupt_watch(clean);
    raise(SIGINT);
    wait_ms(100);
    raise(SIGINT);
    HOLDS(false);
}

/* systemd, for one, sends both. */
static void others_soon(void)
{
    interrupt_watch(clean);
    raise(SIGTERM);
    wait_ms(100);
    raise(SIGHUP);
    raise(SIGTERM);
    raise(SIGINT); /* the first of the keyboard */
    HOLDS(interrupt_requested());
}

static void other_late(void)
{
    interrupt_watch(clean);
    raise(SIGINT);
    wait_ms(PATIENCE_MS + 100);
    raise(SIGTERM);
    HOLDS(false);
}

static void nothing_to_clean(void)
{
    interrupt_watch(NULL);
    raise(SIGHUP);
    wait_ms(PATIENCE_MS + 100);
    raise(SIGHUP);
    HOLDS(false);
}

/* nohup. */
static void ignored(void)
{
    signal(SIGHUP, SIG_IGN);
    interrupt_watch(clean);
    raise(SIGHUP);
    HOLDS(!interrupt_requested());
    raise(SIGINT);
    HOLDS(interrupt_requested());
    wait_ms(PATIENCE_MS + 100);
    raise(SIGHUP); /* ends nothing */
}

/* A signal that comes between hold and release takes effect then. */
static void held(void)
{
    interrupt_watch(clean);
    interrupt_hold();
    raise(SIGINT);
    HOLDS(!interrupt_requested());
    interrupt_release();
    HOLDS(interrupt_requested());
    wait_ms(100);
    interrupt_hold();
    raise(SIGINT);
    interrupt_hold(); /* they nest */
    interrupt_release();
    HOLDS(!is_readable(cleaned[0]));
    interrupt_release();
    HOLDS(false);
}

/* A read that a signal interrupts goes on, and errno stays. */
static void goes_on(void)
{
    int ends[2];
    char byte;
    interrupt_watch(clean);
    HOLDS(pipe(ends) == 0);
    pid_t parent = getpid(), helper = fork();
    if (helper == 0) {
        wait_ms(100);
        kill(parent, SIGTERM);
        wait_ms(100);
        _exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
    }
    HOLDS(read(ends[0], &byte, 1) == 1 && byte == 'x' && interrupt_requested());
}

static const struct {
    const char *name;
    void (*act)(void);
    int status;
    bool cleaned;
} CASES[] = {
    { "once", once, 0, false },
    { "the same twice", same_twice, 0, false },
    { "twice by keyboard", twice_by_keyboard, -SIGINT, true },
    { "others soon", others_soon, 0, false },
    { "another late", other_late, -SIGTERM, true },
    { "nothing to clean", nothing_to_clean, -SIGHUP, false },
    { "ignored", ignored, 0, false },
    { "held", held, -SIGINT, true },
    { "goes on", goes_on, 0, false },
};

START_TEST(interrupt)
{
    bool did_clean;
    int status = status_of(CASES[_i].act, &did_clean);
    ck_assert_msg(status == CASES[_i].status, "%s: status %d", CASES[_i].name, status);
    ck_assert_msg(did_clean == CASES[_i].cleaned, "%s: cleaned %d", CASES[_i].name, did_clean);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("interrupt");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, interrupt, 0, (int)G_N_ELEMENTS(CASES));
    Suite *suite = suite_create("interrupt");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
