/* How long the capture's clock ran. If the clock jumps by more than an hour between two frames,
 * forward or back, one stretch of time ends and another begins: the machine slept, or somebody set
 * the clock. */
#ifndef CAPTURE_CLOCK_H
#define CAPTURE_CLOCK_H

#include "base/evidence.h"

#define CLOCK_STEP (3600 * NS_PER_SECOND)
/* After this many jumps the clock stops. Later stretches then only look shorter than they were. */
#define CLOCK_STEPS_MAX 256

typedef struct CaptureClock {
    unsigned steps;
    struct {
        uint64_t frame;   /* the first frame after the step */
        Nanoseconds time; /* the latest time before it */
    } step[CLOCK_STEPS_MAX];
    bool running, full;
    Nanoseconds latest, previous;
} CaptureClock;

/* A zeroed clock has seen no frame. `frame` counts the frames of the whole capture, over all
 * inputs. The frames' own numbers do not show the order where inputs overlap. */
void capture_clock_see(CaptureClock *clock, uint64_t frame, Nanoseconds time);

/* The end of the stretch of time that contains this frame, as far as frames have been seen. */
Nanoseconds capture_clock_end(const CaptureClock *clock, uint64_t frame);

#endif
