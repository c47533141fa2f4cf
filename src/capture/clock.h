/* How long the capture's clock ran. A step of more than an hour from one frame to the next, forward
 * or back, ends one stretch of time and begins another: the machine slept, or the clock was set. */
#ifndef CAPTURE_CLOCK_H
#define CAPTURE_CLOCK_H

#include "base/evidence.h"

#define CLOCK_STEP (3600 * NS_PER_SECOND)
/* At the next step after these the clock stands: later stretches only look shorter than they
 * were. */
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

/* A zeroed clock has seen no frame. `frame` counts the frames of the whole capture, over all its
 * inputs: where inputs overlap, their own numbers do not say what came first. */
void capture_clock_see(CaptureClock *clock, uint64_t frame, Nanoseconds time);

/* The end of the stretch of time that this frame lies in, as far as frames have been seen. */
Nanoseconds capture_clock_end(const CaptureClock *clock, uint64_t frame);

#endif
