/* Unpacks a capture: gzip, zstd, lz4 (its frame format) or xz, recognized by content. Other bytes
 * pass unchanged. It unpacks one layer only.
 *
 * Memory is bounded whatever the input claims: unpacked bytes are passed on in portions of the
 * caller's size. An input that needs more than UNPACK_MEMORY_MAX, or than there is room for, is
 * refused before the memory is taken. */
#ifndef CAPTURE_UNPACK_H
#define CAPTURE_UNPACK_H

#include <glib.h>

#include "capture/bytes.h"

/* A window as large as zstd takes without being told otherwise, and what hangs on it. */
#define UNPACK_MEMORY_MAX (129 * 1024 * 1024)

typedef struct Unpacker Unpacker;

/* Reads `bytes`. The caller keeps them and must not free them earlier. `room`: from which unpacking
 * takes; NULL: there is room for everything. */
Unpacker *unpacker_new(CaptureBytes *bytes, CaptureRoom *room);

/* What it has taken of the room so far. */
size_t unpacker_memory(const Unpacker *unpacker);

/* Compressed data that gives more than `most` bytes is a failure; 0: there is no bound. */
void unpacker_limit(Unpacker *unpacker, uint64_t most);

/* How many bytes it has given; of what is not compressed 0. */
uint64_t unpacker_total(const Unpacker *unpacker);

/* "gzip", "zstd", "lz4", "xz", static; NULL if nothing is compressed. */
const char *unpacker_format(const Unpacker *unpacker);

/* Reads the next bytes, at least one. Returns 0 at the end. Returns -1 on failure, and again at
 * each later call; all bytes unpacked before the failure have been returned by then. */
ssize_t unpacker_read(Unpacker *unpacker, void *buffer, size_t size);

/* The failure, for a person; NULL if there is none. It lives as long as the unpacker. */
const char *unpacker_failure(const Unpacker *unpacker);
/* Returns whether it failed because the input ends too early. */
bool unpacker_is_cut(const Unpacker *unpacker);

void unpacker_free(Unpacker *unpacker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Unpacker, unpacker_free)

/* The name of the format that begins like this, even if this build cannot read it; NULL if there is
 * none. */
const char *unpack_recognize(Span head);

/* The version of the library that unpacks the named format; NULL if this build has none. */
const char *unpack_library_version(const char *format);

#endif
