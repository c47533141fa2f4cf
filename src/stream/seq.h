/* Sequence numbers: the one place where they are compared. After it only 64-bit offsets exist. */
#ifndef STREAM_SEQ_H
#define STREAM_SEQ_H

#include <stdint.h>

/* The distance from one number to another, modulo 2^32, as the shorter way round (RFC 9293
 * §3.4). */
static inline int64_t seq_distance(uint32_t from, uint32_t to)
{
    return (int32_t)(to - from);
}

/* The offset of `number` in a stream whose offset 0 has number `base`, taken as the one nearest to
 * the offset `near`. */
static inline int64_t seq_offset(uint32_t base, int64_t near, uint32_t number)
{
    return near + seq_distance(base + (uint32_t)near, number);
}

#endif
