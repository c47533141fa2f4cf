/* How far a long run has come, for a person who waits for it.
 *
 * On a terminal it is one line, rewritten in place and removed at the end. Elsewhere it is a line
 * from time to time, and one at the end. It depends on the clock, so a report must not use it.
 *
 * Grammar: new · (is_due · show)* · end · free. */
#ifndef REPORT_PROGRESS_H
#define REPORT_PROGRESS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Between two lines, in microseconds, and before the first one. */
#define PROGRESS_TERMINAL_PERIOD (G_USEC_PER_SEC / 5)
#define PROGRESS_LINES_PERIOD (2 * G_USEC_PER_SEC)

typedef struct ProgressFacts {
    uint64_t bytes;   /* read so far, as they lie on the disk */
    uint64_t total;   /* there are to read; 0: nobody knows */
    uint64_t packets; /* read so far */
} ProgressFacts;

/* Microseconds since some fixed point; it never goes back. */
typedef int64_t ProgressClock(void);

typedef struct Progress Progress;

/* `out` is borrowed. The time starts now. */
Progress *progress_new(FILE *out, bool terminal, ProgressClock *clock);

/* Whether it is time for a line: one look at the clock. */
bool progress_is_due(const Progress *progress);

void progress_show(Progress *progress, const ProgressFacts *facts);

/* Removes the line from the terminal; elsewhere writes the last facts. */
void progress_end(Progress *progress, const ProgressFacts *facts);

void progress_free(Progress *progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Progress, progress_free)

#endif
