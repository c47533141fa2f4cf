/* What only a connection out of order needs: segments held ahead of a hole. Private to stream/. */
#ifndef STREAM_BACKLOG_H
#define STREAM_BACKLOG_H

#include "stream/connection.h"

/* Segments held per direction ahead of a hole. At 1 Gbit/s 20 ms are 1,700 full segments. */
#define HELD_SEGMENTS_MAX 4096
#define GAPS_REMEMBERED 4

/* A segment with its numbers as offsets. Held, it owns the bytes behind it. */
typedef struct Item {
    FrameId frame;
    Nanoseconds time;
    ClockMark clock;
    int64_t offset; /* of the first byte of payload, or the number of an empty segment */
    int64_t acked;  /* NO_OFFSET: no ACK flag */
    /* one past the last offset (FIN included) that its side had sent, by the segments captured
     * before this one */
    int64_t sent_before;
    int64_t at; /* place in the queue: not before what was delivered when it was captured */
    uint32_t length, captured;
    uint32_t order; /* of capture, within the connection */
    uint16_t window;
    uint8_t flags;
    /* its side had sent more by then, but neither so long ago nor with anything of the other side
     * in between that it could have sent this again: the capture has them in the wrong order */
    bool swapped;
    bool witness; /* its number lies at the end of all that its side had sent before it */
    const uint8_t *bytes;
} Item;

typedef struct Queue {
    Item **items; /* by place; the first at [first] */
    uint32_t first, count, capacity;
} Queue;

typedef struct Range {
    int64_t begin, end;
} Range;

typedef struct Backlog {
    Queue queue[2];
    size_t bytes;
    Nanoseconds moved_time[2]; /* when `next` last moved while something was held */
    uint32_t moved_order[2];
    /* when the peer was seen to have acknowledged more than passed_next, the `next` of then */
    Nanoseconds passed_time[2];
    uint32_t passed_order[2]; /* 0: never */
    int64_t passed_next[2];
    Range gaps[2][GAPS_REMEMBERED]; /* given up, the newest last */
} Backlog;

static inline Item *backlog_head(const Backlog *backlog, int side)
{
    if (!backlog || !backlog->queue[side].count)
        return NULL;
    return backlog->queue[side].items[backlog->queue[side].first];
}

#endif
