/* The bytes of a capture as stored on disk or as they come on standard input. They are read once,
 * in order, and counted; if asked for, they are hashed. */
#ifndef CAPTURE_BYTES_H
#define CAPTURE_BYTES_H

#include <glib.h>
#include <sys/types.h>

#include "base/span.h"
#include "capture/reader.h"

typedef struct CaptureBytes CaptureBytes;

/* `path` "-" is standard input, which is never closed. Returns NULL and a CAPTURE_ERROR_OPEN that
 * names the path if the input cannot be opened or its first bytes cannot be read. */
CaptureBytes *capture_bytes_open(const char *path, const CaptureOptions *options, GError **error);

/* From here on it is these options that say who is called while it waits. */
void capture_bytes_tell(CaptureBytes *bytes, const CaptureOptions *options);

/* The first bytes, up to CAPTURE_HEAD_MAX. They serve to recognize the format: standard input
 * cannot seek back. Of a pipe they are what it holds when it is opened. They live as long as
 * `bytes`. */
#define CAPTURE_HEAD_MAX (4 * 1024)
Span capture_bytes_head(const CaptureBytes *bytes);

/* Reads the next bytes, starting at the first one: at least one byte, 0 at the end, -1 and errno if
 * reading fails. */
ssize_t capture_bytes_read(CaptureBytes *bytes, void *buffer, size_t size);

/* Whether reading may have to wait: it is no regular file. */
bool capture_bytes_may_wait(const CaptureBytes *bytes);

/* Whether the bytes ended because somebody stopped the run, before the end of the input. */
bool capture_bytes_interrupted(const CaptureBytes *bytes);

/* Call this when reading is over. With a hash, it reads the rest of the input, because the hash
 * covers all of it. Returns false and errno if that fails. */
bool capture_bytes_finish(CaptureBytes *bytes);

/* Number of bytes read so far. */
uint64_t capture_bytes_read_count(const CaptureBytes *bytes);

/* The size of a regular file; for anything else the number of bytes read so far. */
uint64_t capture_bytes_size(const CaptureBytes *bytes);

/* 64 hexadecimal digits once the input has been read to its end; NULL before that, or if no hash is
 * wanted. They live as long as `bytes`. */
const char *capture_bytes_sha256(const CaptureBytes *bytes);

void capture_bytes_free(CaptureBytes *bytes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CaptureBytes, capture_bytes_free)

/* The name of an input in messages: its path on one line, with everything unprintable escaped, or
 * "standard input". */
char *capture_display_name(const char *path);

#endif
