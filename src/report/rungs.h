/* The segments of one connection as its capture shows them, and what their numbers alone say of
 * each: sent again, ahead of a hole, a probe, its answer. Pure. */
#ifndef REPORT_RUNGS_H
#define REPORT_RUNGS_H

#include <glib.h>

#include "base/evidence.h"

enum { RUNG_CLIENT = 0, RUNG_SERVER = 1 };

/* Relative numbers are Wireshark's: 0 is the SYN, the first byte is 1. */
typedef struct RungSegment {
    FrameId frame;
    Nanoseconds time;
    int64_t sequence;
    int64_t acknowledged; /* NO_OFFSET without the ACK flag */
    uint32_t length;      /* payload on the wire */
    uint32_t captured;    /* of it */
    uint16_t window;      /* unscaled */
    uint8_t side;         /* of the sender: RUNG_CLIENT or RUNG_SERVER */
    uint8_t flags;        /* TCP_ bits */
    bool after_end;       /* it came when the connection was over */
} RungSegment;

typedef enum RungMark {
    RUNG_AGAIN = 1 << 0, /* all that it carries had been seen before */
    RUNG_PARTLY_AGAIN = 1 << 1,
    RUNG_HOLE = 1 << 2,  /* `missing` bytes before it had not been seen by then */
    RUNG_FILLS = 1 << 3, /* it fills (a part of) the hole that frame `related` showed */
    RUNG_PROBE = 1 << 4, /* one number below the next: keep-alive, or of a shut window */
    RUNG_PROBE_ANSWER = 1 << 5,
    RUNG_WINDOW_SHUT = 1 << 6, /* it offers a window of 0 */
    RUNG_WINDOW_OPEN = 1 << 7, /* the first that offers more after that */
    RUNG_UNSEEN_ACK = 1 << 8,  /* it acknowledges `missing` bytes more than had been seen by then */
    RUNG_CUT = 1 << 9,         /* the snap length cut its payload */
    RUNG_WINDOW_PROBE = 1 << 10, /* a PROBE of a window that is shut */
} RungMark;

typedef struct RungNote {
    unsigned marks; /* RungMark */
    uint64_t missing;
    FrameId related;
    FrameId filled; /* HOLE: by this frame in the end; 0: never, as far as the notes go */
} RungNote;

/* In the order of the capture; `ret_notes` has room for `count`. */
void rungs_note(const RungSegment *segments, size_t count, RungNote *ret_notes);

#endif
