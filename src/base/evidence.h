/* Small values that every stage after capture/ passes on: frames, times, stamps, reasons. */
#ifndef BASE_EVIDENCE_H
#define BASE_EVIDENCE_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock_mark.h"

/* A point in time is in nanoseconds since 1970-01-01T00:00:00Z; a duration is in nanoseconds. */
typedef int64_t Nanoseconds;

#define NS_PER_SECOND INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

/* All points in time lie between this and its negative (the years 1823 and 2116), whatever a file
 * claims. So the difference of any two is a duration that does not overflow. */
#define NANOSECONDS_MAX (INT64_MAX / 2)

/* A frame. The top 16 bits hold the number of its input; inputs are numbered from 1 by the time of
 * their first packet. The other 48 bits hold Wireshark's number of the frame in that input, from 1.
 * Frames of one input are ordered by this value; frame_precedes() orders frames of two inputs. 0 is
 * no frame. */
typedef uint64_t FrameId;

static inline FrameId frame_id(unsigned input, uint64_t number)
{
    return (uint64_t)input << 48 | (number & UINT64_C(0xffffffffffff));
}

static inline unsigned frame_input(FrameId frame)
{
    return (unsigned)(frame >> 48);
}

static inline uint64_t frame_number(FrameId frame)
{
    return frame & UINT64_C(0xffffffffffff);
}

/* A connection is named after its first frame: "c1-38". A letter comes first, because spreadsheets
 * read 1:38 as a time of day, and 1-38 as a date. */
#define CONNECTION_NAME "c%u-%" PRIu64
/* A frame of another input than the one in question: "2-7". */
#define FOREIGN_FRAME "%u-%" PRIu64
#define FRAME_PARTS(frame) frame_input(frame), frame_number(frame)

/* The order of the capture. Within an input, frames are ordered by number, whatever their times
 * say. Frames of two inputs are ordered by time, and frames of equal time by number. "No frame"
 * precedes every frame. */
static inline bool frame_precedes(FrameId a, Nanoseconds a_time, FrameId b, Nanoseconds b_time)
{
    bool by_frame = frame_input(a) == frame_input(b) || a_time == b_time || a == 0 || b == 0;
    return by_frame ? a < b : a_time < b_time;
}

/* Where and when a byte of a stream (or a FIN or RST) was first seen to leave, and what its sender
 * had received by then. Offsets count the bytes of one direction. Offset 0 is the first byte after
 * the SYN; without a SYN it is the first byte seen, and bytes before it have negative offsets. A
 * FIN takes the offset after the last byte and covers one offset, so a peer that acknowledges the
 * FIN acknowledges offset + 1. Wireshark's relative number of the same byte is offset + 1. */
typedef struct Stamp {
    FrameId frame; /* 0: no stamp */
    Nanoseconds time;
    int64_t offset; /* of this byte, in the sender's own stream */
    /* in the peer's stream: everything before it had reached the sender; NO_OFFSET if the segment
     * carried no ACK */
    int64_t acked;
    /* the same, as the sender's earlier segments show it; NO_OFFSET: none */
    int64_t acked_before;
    ClockMark clock; /* of `time` */
} Stamp;

#define NO_OFFSET INT64_MIN

static inline bool stamp_is_set(const Stamp *stamp)
{
    return stamp->frame != 0;
}

/* What a peer acknowledges that has received this byte, and all before it. */
static inline int64_t stamp_past(const Stamp *stamp)
{
    return stamp->offset + 1;
}

static inline bool stamp_precedes(const Stamp *a, const Stamp *b)
{
    return frame_precedes(a->frame, a->time, b->frame, b->time);
}

/* How long something took, as far as the clock tells: an interval. Nothing took less than 0. */
typedef struct Duration {
    bool known; /* false: there is no time to measure by; the interval is then all there are */
    Nanoseconds least, most;
} Duration;

/* The `most` of a duration without an upper bound. */
#define DURATION_UNBOUNDED INT64_MAX

/* A clock that is set back by no more than this in all still measures: packets that are captured
 * out of order look the same. */
#define CLOCK_SET_BACK_MS 20

/* The time from one stamp to another (judgement.md §1.5). Unknown if one of them has no time. If
 * the clock was set back between, as any packet of the input shows, the measured time is the
 * least, and there is no most. If it had been set back further before the first than before the
 * second, the two stand in another order or have different clocks: nothing was measured. Else
 * the interval is the measured time, and a tick of the clock on either side. */
Duration duration_between(const Stamp *from, const Stamp *to);

/* Whether the interval is wider than the measured time: the clock leaves the duration open. */
static inline bool duration_is_open(Duration duration)
{
    return duration.least != duration.most;
}

/* What the capture lacks. Causes and `completeness` share these words. A set is a bit mask. */
typedef enum Reason {
    REASON_LOSS = 1 << 0,
    REASON_SNAPLEN = 1 << 1,
    REASON_MIDSTREAM = 1 << 2,
    REASON_ONE_DIRECTION = 1 << 3,
    REASON_LIMIT = 1 << 4,
    REASON_SEND_BACKLOG = 1 << 5,
    REASON_MALFORMED = 1 << 6,
    REASON_CLOCK = 1 << 7,
    REASON_NO_CLOSE_NOTIFY = 1 << 8,
    REASON_CAPTURE_ENDED = 1 << 9,
    REASON_ENCRYPTED = 1 << 10,
} Reason;

#define REASON_COUNT 11

typedef uint16_t ReasonSet;

/* The reports' word for one reason; exactly one bit is set. */
const char *reason_name(Reason reason);

#endif
