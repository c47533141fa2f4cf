/* What is known of the clock that gave a packet its time. It travels beside each time, so that
 * whoever asks how long something took learns how far the answer holds. */
#ifndef BASE_CLOCK_MARK_H
#define BASE_CLOCK_MARK_H

#include <stdint.h>

/* A zeroed mark is that of a good clock: it has a time, a resolution of a microsecond or finer, and
 * was never set back. */
typedef struct ClockMark {
    /* By how much the clock had been set back before this packet, at least: milliseconds, the sum
     * over its input and those that ended before it. It stops at UINT32_MAX. */
    uint32_t set_back;
    /* Microseconds between two times that the clock can tell apart; 0: one or less. */
    uint32_t tick;
} ClockMark;

/* A tick of a packet without a time, or with one that its file or this program cannot hold. */
#define CLOCK_NO_TIME UINT32_MAX

#endif
