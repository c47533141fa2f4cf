/* How long connections were idle, and what ended that: a histogram with bins about 1 % wide.
 *
 * Sparse: it grows with the bins that are used, IDLE_BINS at most. Every number in it is a count or
 * an extreme, so that two histograms are added in any order. */
#ifndef SERVERS_IDLE_H
#define SERVERS_IDLE_H

#include <glib.h>

#include "base/evidence.h"

/* An idle period shorter than this has no bin: nobody sets a timer so short, and a close that soon
 * after a response had been decided before. */
#define IDLE_LEAST (NS_PER_SECOND / 10)

/* Bins of an octave are of equal width: 1.6 % of the idle time at its begin, 0.8 % at its end. */
#define IDLE_BINS_PER_OCTAVE 64
#define IDLE_BINS (17 * IDLE_BINS_PER_OCTAVE) /* up to 2.4 hours; the last takes what is longer */

typedef enum IdleEnd {
    IDLE_CLOSED, /* by the server, which knew of no further request */
    IDLE_REUSED, /* by a request that was answered */
    IDLE_LOST, /* by a request that was lost; if the server had closed before it had it, that too counts */
    IDLE_ENDED, /* by the client, by the end of the capture, or by what is not known */
} IdleEnd;

#define IDLE_END_COUNT (IDLE_ENDED + 1)

typedef struct IdleBin {
    uint16_t bin;
    uint32_t count[IDLE_END_COUNT]; /* by IdleEnd; UINT32_MAX: as many or more */
    /* Of the periods that the server closed, if there are any: the shortest, the longest, and when
     * the first and the last ended. */
    Nanoseconds least, most, first, last;
} IdleBin;

/* A zeroed one is empty. */
typedef struct IdleHistogram {
    GArray *bins; /* of IdleBin, ascending; NULL: none */
} IdleHistogram;

/* The bin of an idle time; below the first one's begin the first. */
unsigned idle_bin_of(Nanoseconds idle);
/* Where it begins, and the next one: idle_bin_start(IDLE_BINS) too is defined. */
Nanoseconds idle_bin_start(unsigned bin);

/* A period of `idle` that ended at `time`; shorter than IDLE_LEAST it is passed over. */
void idle_add(IdleHistogram *histogram, IdleEnd end, Nanoseconds idle, Nanoseconds time);

void idle_merge(IdleHistogram *to, const IdleHistogram *from);

/* Ascending; until the histogram is changed. */
const IdleBin *idle_bins(const IdleHistogram *histogram, unsigned *ret_count);

/* How many periods of at least the length at which `from` begins ended so. */
uint64_t idle_count(const IdleHistogram *histogram, IdleEnd end, unsigned from);

/* The middle of the periods that the server closed, as exact as a bin is wide; -1: there are
 * none. */
Nanoseconds idle_median_closed(const IdleHistogram *histogram);

void idle_clear(IdleHistogram *histogram);

#endif
