#include "base/evidence.h"

#include <glib.h>

/* Others loop over the bits and index tables with them: the last reason has the last bit. */
G_STATIC_ASSERT(REASON_ENCRYPTED == 1 << (REASON_COUNT - 1));
G_STATIC_ASSERT(REASON_COUNT <= 8 * sizeof(ReasonSet));

#define NS_PER_MICROSECOND 1000

/* What was too much to be counted may have been any step. */
static bool was_set_back(ClockMark from, ClockMark to)
{
    return to.set_back == UINT32_MAX ||
           (to.set_back > from.set_back && to.set_back - from.set_back > CLOCK_SET_BACK_MS);
}

static Nanoseconds coarser_tick(const Stamp *from, const Stamp *to)
{
    uint32_t a = from->clock.tick, b = to->clock.tick;
    return (Nanoseconds)(a > b ? a : b) * NS_PER_MICROSECOND;
}

static Nanoseconds not_negative(Nanoseconds duration)
{
    return duration > 0 ? duration : 0;
}

Duration duration_between(const Stamp *from, const Stamp *to)
{
    Duration unknown = { .known = false, .least = 0, .most = DURATION_UNBOUNDED };
    if (from->clock.tick == CLOCK_NO_TIME || to->clock.tick == CLOCK_NO_TIME ||
        was_set_back(to->clock, from->clock))
        return unknown;
    Nanoseconds measured = to->time - from->time, tick = coarser_tick(from, to);
    Duration duration = { .known = true,
                          .least = not_negative(measured - tick),
                          .most = not_negative(measured + tick) };
    if (was_set_back(from->clock, to->clock))
        duration.most = DURATION_UNBOUNDED;
    return duration;
}

const char *reason_name(Reason reason)
{
    switch (reason) {
    case REASON_LOSS:
        return "loss";
    case REASON_SNAPLEN:
        return "snaplen";
    case REASON_MIDSTREAM:
        return "midstream";
    case REASON_ONE_DIRECTION:
        return "one_direction";
    case REASON_LIMIT:
        return "limit";
    case REASON_SEND_BACKLOG:
        return "send_backlog";
    case REASON_MALFORMED:
        return "malformed";
    case REASON_CLOCK:
        return "clock";
    case REASON_NO_CLOSE_NOTIFY:
        return "no_close_notify";
    case REASON_CAPTURE_ENDED:
        return "capture_ended";
    case REASON_ENCRYPTED:
        return "encrypted";
    }
    return "";
}
