/* SHA-256 in a thread of its own, so that the caller can continue to read. */
#ifndef CAPTURE_HASH_H
#define CAPTURE_HASH_H

#include <glib.h>

#include "capture/room.h"

typedef struct Hasher Hasher;

/* `room`: what it takes beyond HASH_AHEAD_LEAST comes of it, as long as there is some; NULL: there
 * is room. */
Hasher *hasher_new(CaptureRoom *room);

/* Copies the bytes. Waits only while the thread is HASH_AHEAD_MAX bytes behind, or at least
 * HASH_AHEAD_LEAST and there is no more room. */
#define HASH_AHEAD_MAX (2 * 1024 * 1024)
#define HASH_AHEAD_LEAST (128 * 1024)
void hasher_feed(Hasher *hasher, const void *bytes, size_t size);

/* Returns the hash of all bytes fed, in 64 hexadecimal digits, and frees the hasher. */
char *hasher_finish(Hasher *hasher);

/* Version of the library that computes the hash. */
const char *hash_library_version(void);

#endif
