/* How somebody stops a run: SIGHUP, SIGINT or SIGTERM.
 *
 * The first signal asks the run to end with what it has read; whoever waits for input looks at
 * it. A second SIGINT, or any signal more than a second later, ends the program at once. */
#ifndef BASE_INTERRUPT_H
#define BASE_INTERRUPT_H

#include <glib.h>
#include <stdbool.h>

/* Call this once, before any input is opened. Signals that are ignored stay ignored: nohup asks for
 * it. `clean` is called before the program ends at once. It may call only what POSIX lets a signal
 * handler call. */
void interrupt_watch(void (*clean)(void));

/* Whether the first signal has come. */
bool interrupt_requested(void);

/* Becomes readable with the first signal, and stays so; -1: nobody watches. For poll(). */
int interrupt_fd(void);

/* Between these two, signals wait; they may be nested. Of the first thread alone: no other one ever
 * gets a signal. */
void interrupt_hold(void);
void interrupt_release(void);

/* Starts a thread, from any thread; g_thread_join() ends it. The only way in which one is made. */
GThread *interrupt_thread_new(const char *name, GThreadFunc run, gpointer data);

#endif
