/* Takes the compression off a capture: gzip, zstd, lz4 (its frame format) or xz, told from the
 * content; bytes of anything else pass as they are. One layer: what is compressed twice stays
 * compressed once.
 *
 * Memory is bounded whatever the input claims: what is unpacked is handed on in portions of the
 * caller's size, and a format that needs more than UNPACK_MEMORY_MAX for its window is refused. */
#ifndef CAPTURE_UNPACK_H
#define CAPTURE_UNPACK_H

#include <glib.h>

#include "capture/bytes.h"

#define UNPACK_MEMORY_MAX (128 * 1024 * 1024)

typedef struct Unpacker Unpacker;

/* Reads `bytes`, which stay the caller's and must live longer. */
Unpacker *unpacker_new(CaptureBytes *bytes);

/* "gzip", "zstd", "lz4", "xz", static; NULL if nothing is compressed. */
const char *unpacker_format(const Unpacker *unpacker);

/* The next bytes, at least one of them; 0 at the end, -1 on a failure, again at each further call.
 * All that was unpacked before the failure has been handed out then. */
ssize_t unpacker_read(Unpacker *unpacker, void *buffer, size_t size);

/* What failed, for a person; NULL: nothing. It lives as long as the unpacker. */
const char *unpacker_failure(const Unpacker *unpacker);
/* Whether it failed because the input ends too early. */
bool unpacker_is_cut(const Unpacker *unpacker);

void unpacker_free(Unpacker *unpacker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Unpacker, unpacker_free)

/* The name of the format that begins like this, whether this build can read it or not; NULL:
 * none. */
const char *unpack_recognize(Span head);

/* The version of the library that unpacks the format of this name; NULL: this build has none. */
const char *unpack_library_version(const char *format);

#endif
