/* The multiplication that hashes are made of. */
#ifndef BASE_FOLD_H
#define BASE_FOLD_H

#include <stdint.h>

/* Multiplies to 128 bits and folds the halves together: each bit of the inputs reaches all of the
 * result's. A machine of 32 bits has no such type, and takes four products of halves. */
static inline uint64_t fold(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 Wide;
    Wide product = (Wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    uint64_t a_low = (uint32_t)a, a_high = a >> 32, b_low = (uint32_t)b, b_high = b >> 32;
    uint64_t low = a_low * b_low, left = a_high * b_low, right = a_low * b_high;
    uint64_t middle = (low >> 32) + (uint32_t)left + (uint32_t)right;
    uint64_t high = a_high * b_high + (left >> 32) + (right >> 32) + (middle >> 32);
    return (middle << 32 | (uint32_t)low) ^ high;
#endif
}

#endif
