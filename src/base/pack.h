/* Structs at rest, in few bytes: for state that must be kept while memory is short and nobody looks at it.
 *
 * A struct is taken as words of 64 bits, each written in as many bytes as it needs: most are small
 * numbers, NO_OFFSET, or not far from the same member of the stamp before. The caller clears pointers first.
 * What is packed is read back in the same order by the same program: it is no format. */
#ifndef BASE_PACK_H
#define BASE_PACK_H

#include <glib.h>

#include "base/span.h"

/* `size` is a multiple of eight. */
void pack_words(GByteArray *to, const void *from, size_t size);
void pack_span(GByteArray *to, Span bytes);
/* NULL is a text too; "" comes back as NULL. */
void pack_text(GByteArray *to, const char *text);

/* They take what they read off the front of `from`. */
void unpack_words(Span *from, void *to, size_t size);
/* The bytes lie in what was packed. */
Span unpack_span(Span *from);
/* To be freed. */
char *unpack_text(Span *from);

#endif
