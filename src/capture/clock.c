#include "capture/clock.h"

static bool is_step(Nanoseconds from, Nanoseconds to)
{
    return (to > from && to - from > CLOCK_STEP) || (to < from && from - to > CLOCK_STEP);
}

void capture_clock_see(CaptureClock *clock, uint64_t frame, Nanoseconds time)
{
    if (clock->full)
        return;
    if (clock->running && is_step(clock->previous, time)) {
        if (clock->steps == CLOCK_STEPS_MAX) {
            clock->full = true;
            return;
        }
        clock->step[clock->steps].frame = frame;
        clock->step[clock->steps].time = clock->latest;
        clock->steps++;
        clock->latest = time;
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
