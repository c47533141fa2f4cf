/* The bytes of files that are to be what they were. */
#ifndef VERIFY_SUM_H
#define VERIFY_SUM_H

#include <glib.h>
#include <stdbool.h>

/* The SHA-256 of a regular file, 64 digits. Both are owned by the caller: NULL, or the reason why
 * it cannot be read. */
char *verify_sum(const char *path, bool follow, char **ret_sum);

/* A whole regular file, which is no link and not longer than `max`, with a zero behind it. */
char *verify_read(const char *path, size_t max, char **ret_text, gsize *ret_size);

#endif
