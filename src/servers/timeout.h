/* Infers how long a server leaves an idle connection open from the idle times of its connections.
 * Pure. docs/timeouts.md gives the reasons, the assumptions and the failures. */
#ifndef SERVERS_TIMEOUT_H
#define SERVERS_TIMEOUT_H

#include <stdbool.h>

#include "servers/idle.h"

/* More timers than this behind one address help nobody. */
#define TIMEOUT_SPIKES_MAX 4

/* Fewer idle closes than this prove nothing. */
#define TIMEOUT_CLOSES_LEAST 10

typedef enum TimeoutDoubt {
    TIMEOUT_STATED,    /* no doubt: there is a spike */
    TIMEOUT_THIN,      /* too few idle closes */
    TIMEOUT_SCATTERED, /* the closes have no common idle time */
    TIMEOUT_AT_ONCE,   /* the closes came together, as when a server is stopped */
    TIMEOUT_UNREAD,    /* a spike, but of connections alone that cannot be read */
} TimeoutDoubt;

/* A timer: the server closes idle connections from this idle time on. */
typedef struct Spike {
    Nanoseconds timeout;
    Nanoseconds most; /* the longest idle time that ended in a close of this spike */
    uint64_t closes;
    uint64_t reached; /* periods that lasted that long, including those closes */
} Spike;

typedef struct TimeoutEstimate {
    Spike spikes[TIMEOUT_SPIKES_MAX]; /* ascending */
    unsigned count;
    TimeoutDoubt doubt;
    uint64_t closes; /* idle closes in all */
} TimeoutEstimate;

TimeoutEstimate timeout_estimate(const IdleHistogram *histogram);

/* From this bin on, a request risks that its connection has just been closed. The bin is that of
 * the timeout minus a margin: 5 %, but at least 1 s and at most half of the timeout. The start of
 * the bin counts. */
unsigned timeout_risk_bin(Nanoseconds timeout);

/* "5.02": three figures, as exact as an inferred timeout is, to a millisecond at most. */
void timeout_append(GString *text, Nanoseconds timeout);

#endif
