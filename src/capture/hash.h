/* SHA-256 in a thread of its own: whoever feeds it goes on reading meanwhile. */
#ifndef CAPTURE_HASH_H
#define CAPTURE_HASH_H

#include <glib.h>

typedef struct Hasher Hasher;

Hasher *hasher_new(void);

/* Copies the bytes. Waits only while the thread is HASH_AHEAD_MAX behind. */
#define HASH_AHEAD_MAX (2 * 1024 * 1024)
void hasher_feed(Hasher *hasher, const void *bytes, size_t size);

/* The hash of all that was fed, in 64 hexadecimal digits; frees the hasher. */
char *hasher_finish(Hasher *hasher);

/* Of the library that computes it. */
const char *hash_library_version(void);

#endif
