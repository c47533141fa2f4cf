/* Packs structs into few bytes: for state that must be kept while memory is short and nobody reads
 * it.
 *
 * A struct is treated as words of 64 bits. Each word takes as many bytes as it needs, because most
 * are small numbers, NO_OFFSET, or close to the same member of the previous stamp. The caller
 * clears pointers first. The same program unpacks in the same order; this is no file format. */
#ifndef BASE_PACK_H
#define BASE_PACK_H

#include <glib.h>

#include "base/span.h"

/* The last word may be less than a whole one: machines of 32 bits have such structs. */
void pack_words(GByteArray *to, const void *from, size_t size);
void pack_span(GByteArray *to, Span bytes);
/* NULL is allowed. "" comes back as NULL. */
void pack_text(GByteArray *to, const char *text);

/* These remove what they read from the front of `from`. */
void unpack_words(Span *from, void *to, size_t size);
/* The bytes point into the packed data. */
Span unpack_span(Span *from);
/* The caller frees the text. */
char *unpack_text(Span *from);

#endif
