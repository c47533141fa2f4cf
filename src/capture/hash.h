/* SHA-256 in a thread of its own, so that the caller can continue to read. */
#ifndef CAPTURE_HASH_H
#define CAPTURE_HASH_H

#include <glib.h>

typedef struct Hasher Hasher;

Hasher *hasher_new(void);

/* Copies the bytes. Waits only while the thread is HASH_AHEAD_MAX bytes behind. */
#define HASH_AHEAD_MAX (2 * 1024 * 1024)
void hasher_feed(Hasher *hasher, const void *bytes, size_t size);

/* Returns the hash of all bytes fed, in 64 hexadecimal digits, and frees the hasher. */
char *hasher_finish(Hasher *hasher);

/* Version of the library that computes the hash. */
const char *hash_library_version(void);

#endif
