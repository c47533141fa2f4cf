/* Compressed bytes for tests, made by the libraries that unpack them. */
#ifndef TESTS_PACK_H
#define TESTS_PACK_H

#include <glib.h>
#include <stdbool.h>

typedef enum PackFormat { PACK_GZIP, PACK_ZSTD, PACK_LZ4, PACK_XZ } PackFormat;

#define PACK_FORMATS 4

/* "gzip", … */
const char *pack_name(PackFormat format);

/* Whether this build has the library. */
bool pack_is_built(PackFormat format);

/* Appends one whole member, frame or stream, with a checksum of its content. */
void pack_append(GByteArray *packed, PackFormat format, const void *bytes, size_t size);

#endif
