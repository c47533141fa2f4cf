/* For how long a server leaves an idle connection open, from how long its connections were idle.
 * Pure. docs/timeouts.md says why so, what it assumes and how it fails. */
#ifndef SERVERS_TIMEOUT_H
#define SERVERS_TIMEOUT_H

#include <stdbool.h>

#include "servers/idle.h"

/* More different timers behind one address are no answer to anybody. */
#define TIMEOUT_SPIKES_MAX 4

/* Fewer idle closes than this are no evidence. */
#define TIMEOUT_CLOSES_LEAST 10

typedef enum TimeoutDoubt {
    TIMEOUT_STATED,    /* none: there is a spike */
    TIMEOUT_THIN,      /* too few idle closes */
    TIMEOUT_SCATTERED, /* they come at no particular idle time */
    TIMEOUT_AT_ONCE,   /* they came together, as when a server is stopped */
} TimeoutDoubt;

/* A timer: idle connections were closed from this idle time on. */
typedef struct Spike {
    Nanoseconds timeout;
    Nanoseconds most; /* the longest idle time that ended in a close of this spike */
    uint64_t closes;
    uint64_t reached; /* periods that lasted so long, those closes among them */
} Spike;

typedef struct TimeoutEstimate {
    Spike spikes[TIMEOUT_SPIKES_MAX]; /* ascending */
    unsigned count;
    TimeoutDoubt doubt;
    uint64_t closes; /* idle closes in all */
} TimeoutEstimate;

TimeoutEstimate timeout_estimate(const IdleHistogram *histogram);

/* From which idle time on a request runs the risk that its connection has just been closed: the
 * timeout less 5 %, at least less 1 s, at most less half of it. A bin's begin. */
unsigned timeout_risk_bin(Nanoseconds timeout);

#endif
