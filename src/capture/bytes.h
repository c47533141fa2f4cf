/* The bytes of a capture: a file or standard input, as the FILE* that libpcap reads.
 *
 * This layer sees every byte that libpcap sees, and before it. It keeps the first ones, so that others
 * can look at them without seeking: standard input cannot be wound back. */
#ifndef CAPTURE_BYTES_H
#define CAPTURE_BYTES_H

#include <glib.h>
#include <stdio.h>

#include "base/span.h"

typedef struct CaptureBytes CaptureBytes;

/* `path` "-" is standard input, which is never closed. NULL and a CAPTURE_ERROR_OPEN that names the
 * path if it cannot be opened or its first bytes not be read. */
CaptureBytes *capture_bytes_open(const char *path, GError **error);

/* The first bytes, up to CAPTURE_HEAD_MAX, the same however the input arrives in pieces. They live as
 * long as `bytes`. */
#define CAPTURE_HEAD_MAX (64 * 1024)
Span capture_bytes_head(const CaptureBytes *bytes);

/* All bytes from the first one on. To be asked for once; the caller closes the stream, before `bytes`. */
FILE *capture_bytes_stream(CaptureBytes *bytes);

void capture_bytes_free(CaptureBytes *bytes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CaptureBytes, capture_bytes_free)

/* How messages call an input: its path with everything unprintable escaped, so that it stays on one
 * line, or "standard input". */
char *capture_display_name(const char *path);

#endif
