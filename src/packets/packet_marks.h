/* This folder is about single packets of chosen connections.
 * In: calls of an engine to its listeners. Out: plain facts for a page; captures of evidence.
 * It must not know how a page or a report looks, nor which files a run writes.
 *
 * This file: the segments of one connection as its capture shows them, and what their numbers alone
 * say of each: sent again, ahead of a hole, a probe, its answer. Pure. */
#ifndef PACKETS_PACKET_MARKS_H
#define PACKETS_PACKET_MARKS_H

#include <glib.h>

#include "base/evidence.h"

enum { TRACED_CLIENT = 0, TRACED_SERVER = 1 };

/* What was made of a segment: nothing, unless it is FATE_READ. Copies and strays get no marks. */
typedef enum SegmentFate {
    FATE_READ,
    FATE_COPY,      /* the packet had been captured before */
    FATE_AFTER_END, /* it came when the connection was over */
    FATE_STRAY,     /* its numbers are none of the connection's */
} SegmentFate;

/* Relative numbers are Wireshark's: 0 is the SYN, the first byte is 1. */
typedef struct TracedSegment {
    FrameId frame;
    Nanoseconds time;
    int64_t sequence;
    int64_t acknowledged; /* NO_OFFSET without the ACK flag */
    uint32_t length;      /* payload on the wire */
    uint32_t captured;    /* of it */
    uint16_t window;      /* unscaled */
    uint8_t side;         /* of the sender: TRACED_CLIENT or TRACED_SERVER */
    uint8_t flags;        /* TCP_ bits */
    uint8_t fate;         /* SegmentFate */
} TracedSegment;

/* Its numbers go on where those of its side before it stood. */
static inline bool packet_is_of_order(const TracedSegment *segment)
{
    return segment->fate != FATE_COPY && segment->fate != FATE_STRAY;
}

typedef enum PacketMark {
    MARK_AGAIN = 1 << 0, /* all that it carries had been seen before */
    MARK_PARTLY_AGAIN = 1 << 1,
    MARK_HOLE = 1 << 2,  /* `missing` bytes before it had not been seen by then */
    MARK_FILLS = 1 << 3, /* it fills (a part of) the hole that frame `related` showed */
    MARK_PROBE = 1 << 4, /* one number below the next: keep-alive, or of a shut window */
    MARK_PROBE_ANSWER = 1 << 5,
    MARK_WINDOW_SHUT = 1 << 6, /* it offers a window of 0 */
    MARK_WINDOW_OPEN = 1 << 7, /* the first that offers more after that */
    MARK_UNSEEN_ACK = 1 << 8,  /* it acknowledges `missing` bytes more than had been seen by then */
    MARK_CUT = 1 << 9,         /* the snap length cut its payload */
    MARK_WINDOW_PROBE = 1 << 10, /* a PROBE of a window that is shut */
} PacketMark;

typedef struct PacketNote {
    unsigned marks; /* PacketMark */
    uint64_t missing;
    FrameId related;
    FrameId filled; /* HOLE: by this frame in the end; 0: never, as far as the notes go */
} PacketNote;

/* In the order of the capture; `ret_notes` has room for `count`. */
void packet_marks_note(const TracedSegment *segments, size_t count, PacketNote *ret_notes);

#endif
