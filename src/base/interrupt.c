#include "base/interrupt.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)

/* From here on a further signal is meant to end the program at once. */
#define PATIENCE NS_PER_S

/* A second SIGINT that comes earlier is the same one: timeout(1) signals its child, then the whole
 * group of processes, and a busy machine may run others in between. Nobody presses a key twice so
 * fast. */
#define SAME_SIGNAL (50 * NS_PER_S / 1000)

static const int SIGNALS[] = { SIGHUP, SIGINT, SIGTERM };

static atomic_bool requested; /* any thread asks; the handler is of the first one */
G_STATIC_ASSERT(ATOMIC_BOOL_LOCK_FREE == 2);
static volatile sig_atomic_t keyboard; /* a SIGINT has come */
static int64_t first_time;             /* of the handler alone */
static int ends[2] = { -1, -1 };       /* of a pipe that is written to once */
static void (*clean_up)(void);
static unsigned held; /* how often */

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

static void end_at_once(int number)
{
    if (clean_up)
        clean_up();
    signal(number, SIG_DFL);
    raise(number); /* it comes when the handler returns */
}

static void on_signal(int number)
{
    int failure = errno;
    int64_t since = now() - first_time;
    if (!requested) {
        requested = true;
        first_time = now();
        if (write(ends[1], "", 1) < 0) /* whoever waits notices within its own time */
            errno = 0;
    } else if (since > PATIENCE || (number == SIGINT && keyboard && since > SAME_SIGNAL)) {
        end_at_once(number);
    }
    keyboard |= number == SIGINT;
    errno = failure;
}

static sigset_t watched_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < G_N_ELEMENTS(SIGNALS); i++)
        sigaddset(&set, SIGNALS[i]);
    return set;
}

void interrupt_watch(void (*clean)(void))
{
    clean_up = clean;
    if (ends[0] < 0 && !g_unix_open_pipe(ends, FD_CLOEXEC, NULL))
        g_error("pipe: %s", g_strerror(errno));
    struct sigaction action = { .sa_handler = on_signal,
                                .sa_mask = watched_signals(),
                                .sa_flags = SA_RESTART };
    for (size_t i = 0; i < G_N_ELEMENTS(SIGNALS); i++) {
        struct sigaction before;
        if (sigaction(SIGNALS[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(SIGNALS[i], &action, NULL);
    }
}

bool interrupt_requested(void)
{
    return requested;
}

int interrupt_fd(void)
{
    return ends[0];
}

void interrupt_hold(void)
{
    sigset_t set = watched_signals();
    if (held++ == 0)
        pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void interrupt_release(void)
{
    sigset_t set = watched_signals();
    if (--held == 0)
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* The mask is that of the starter: a signal that comes meanwhile waits. */
GThread *interrupt_thread_new(const char *name, GThreadFunc run, gpointer data)
{
    sigset_t set = watched_signals(), before;
    pthread_sigmask(SIG_BLOCK, &set, &before);
    GThread *thread = g_thread_new(name, run, data);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return thread;
}
