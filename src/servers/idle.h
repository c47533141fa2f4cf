/* How long connections were idle, and what ended the idle period: a histogram with bins about 1 %
 * wide.
 *
 * It is sparse and grows with the bins in use, up to IDLE_BINS. Every number in it is a count or an
 * extreme, so histograms can be added in any order. */
#ifndef SERVERS_IDLE_H
#define SERVERS_IDLE_H

#include <glib.h>

#include "base/evidence.h"

/* A shorter idle period has no bin: nobody sets so short a timer, and a server that closes so soon
 * after a response had decided to close before. */
#define IDLE_LEAST (NS_PER_SECOND / 10)

/* The bins of an octave have equal width: 1.6 % of the idle time at its start, 0.8 % at its end. */
#define IDLE_BINS_PER_OCTAVE 64
/* up to 2.4 hours; the last bin takes longer periods too */
#define IDLE_BINS (17 * IDLE_BINS_PER_OCTAVE)

typedef enum IdleEnd {
    IDLE_CLOSED, /* the server closed and knew of no further request */
    IDLE_REUSED, /* a request came and was answered */
    /* a request was lost; counts as a close too if the server closed before it had received the
     * request */
    IDLE_LOST,
    IDLE_ENDED, /* the client closed, the capture ended, or the end is unknown */
} IdleEnd;

#define IDLE_END_COUNT (IDLE_ENDED + 1)

typedef struct IdleBin {
    uint16_t bin;
    uint32_t count[IDLE_END_COUNT]; /* by IdleEnd; UINT32_MAX: that many or more */
    /* Of the periods that the server closed, if any: the shortest, the longest, and when the first
     * and the last ended. */
    Nanoseconds least, most, first, last;
} IdleBin;

/* A zeroed histogram is empty. */
typedef struct IdleHistogram {
    GArray *bins; /* of IdleBin, ascending; NULL: none */
} IdleHistogram;

/* The bin of an idle time. A time below the first bin counts for the first bin. */
unsigned idle_bin_of(Nanoseconds idle);
/* The idle time at which the bin begins. idle_bin_start(IDLE_BINS) is defined too. */
Nanoseconds idle_bin_start(unsigned bin);

/* Adds a period of `idle` that ended at `time`. A period shorter than IDLE_LEAST is ignored. */
void idle_add(IdleHistogram *histogram, IdleEnd end, Nanoseconds idle, Nanoseconds time);

void idle_merge(IdleHistogram *to, const IdleHistogram *from);

/* In ascending order. The pointer is valid until the histogram changes. */
const IdleBin *idle_bins(const IdleHistogram *histogram, unsigned *ret_count);

/* Counts the periods that ended like this and were at least as long as the start of bin `from`. */
uint64_t idle_count(const IdleHistogram *histogram, IdleEnd end, unsigned from);

/* The median of the periods that the server closed, as exact as the width of a bin; -1 if there are
 * none. */
Nanoseconds idle_median_closed(const IdleHistogram *histogram);

void idle_clear(IdleHistogram *histogram);

#endif
