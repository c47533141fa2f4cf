/* The bytes of a capture as they lie on the disk, or come on standard input: read once, in order,
 * counted and, when asked for, hashed. */
#ifndef CAPTURE_BYTES_H
#define CAPTURE_BYTES_H

#include <glib.h>
#include <sys/types.h>

#include "base/span.h"

typedef struct CaptureBytes CaptureBytes;

/* `path` "-" is standard input, which is never closed. NULL and a CAPTURE_ERROR_OPEN that names the
 * path if it cannot be opened or its first bytes not be read. */
CaptureBytes *capture_bytes_open(const char *path, bool hash, GError **error);

/* The first bytes, up to CAPTURE_HEAD_MAX, the same however the input arrives in pieces: what the
 * input is must be told without seeking, for standard input cannot be wound back. They live as long
 * as `bytes`. */
#define CAPTURE_HEAD_MAX (4 * 1024)
Span capture_bytes_head(const CaptureBytes *bytes);

/* The next bytes, from the first one on, at least one of them; 0 at the end, -1 and errno if they
 * cannot be read. */
ssize_t capture_bytes_read(CaptureBytes *bytes, void *buffer, size_t size);

/* To be called when nobody will read any more. With a hash, reads what is left: the hash is that of
 * the whole input. False and errno if that fails. */
bool capture_bytes_finish(CaptureBytes *bytes);

/* Read so far. */
uint64_t capture_bytes_read_count(const CaptureBytes *bytes);

/* Of a regular file its size, of anything else the number of bytes read so far. */
uint64_t capture_bytes_size(const CaptureBytes *bytes);

/* 64 hexadecimal digits once the input was read to its end; NULL before, or if no hash is wanted.
 * It lives as long as `bytes`. */
const char *capture_bytes_sha256(const CaptureBytes *bytes);

void capture_bytes_free(CaptureBytes *bytes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CaptureBytes, capture_bytes_free)

/* How messages call an input: its path with everything unprintable escaped, so that it stays on one
 * line, or "standard input". */
char *capture_display_name(const char *path);

#endif
