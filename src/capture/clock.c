#include "capture/clock.h"

void capture_clock_see(CaptureClock *clock, uint64_t frame, Nanoseconds time)
{
    if (clock->running) {
        bool forward = time > clock->previous && time - clock->previous > CLOCK_STEP;
        bool back = time < clock->previous && clock->previous - time > CLOCK_STEP;
        if (forward || back) {
            if (clock->steps < CLOCK_STEPS_MAX) {
                clock->step[clock->steps].frame = frame;
                clock->step[clock->steps].time = clock->latest;
                clock->steps++;
            }
            clock->latest = time;
        }
    }
    if (!clock->running || time > clock->latest)
        clock->latest = time;
    clock->running = true;
    clock->previous = time;
}

Nanoseconds capture_clock_end(const CaptureClock *clock, uint64_t frame)
{
    for (unsigned i = 0; i < clock->steps; i++)
        if (frame < clock->step[i].frame)
            return clock->step[i].time;
    return clock->latest;
}
