/* Test bytes written as hexadecimal text, and memory in which reading past their end crashes. */
#ifndef TESTS_HEX_H
#define TESTS_HEX_H

#include <glib.h>

#include "base/span.h"

/* Pairs of digits; blanks between pairs are for the reader. */
GByteArray *hex_bytes(const char *text);

/* Memory for up to `size_max` bytes whose end is followed by a page that cannot be read. */
typedef struct Guarded Guarded;

Guarded *guarded_new(size_t size_max);

/* Copies the bytes there, replacing those before, so that the last one ends at that page. */
Span guarded_fill(Guarded *guarded, const uint8_t *bytes, size_t size);

void guarded_free(Guarded *guarded);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Guarded, guarded_free)

#endif
