/* The first bytes of a message that do not lie in one piece, put together.
 *
 * A head that lies in one segment is parsed where it lies. One that does not is gathered, and the
 * new bytes alone are searched for line ends, so that the caller need not look at it again with
 * every byte. */
#ifndef HTTP1_GATHER_H
#define HTTP1_GATHER_H

#include <glib.h>

#include "base/span.h"

/* Zeroed: nothing is gathered. */
typedef struct Gather {
    uint8_t *bytes;
    uint32_t length;
    uint32_t held;   /* of these: from earlier data; the others are still in the data as well */
    uint8_t lines;   /* line ends in it, as far as they matter */
    bool blank_line; /* it ends in an empty line */
    bool fresh_line; /* it has got a line end that the parser must see */
    bool overfull;   /* the data is longer than what may be gathered */
} Gather;

/* Adds the data; it stays the data as well, until what it completes is known. */
void gather_add(Gather *gather, Span data);
/* Begins with data whose lines the parser has seen where they lay, or adds nothing: gather_add()
 * has. */
void gather_keep(Gather *gather, Span data);
/* All bytes as far as they are there: gathered, or in the data alone. */
Span gather_bytes(const Gather *gather, Span data);
/* Whether it has no whole line; of data alone, within a head's bounds. */
bool gather_lacks_line(const Gather *gather, Span data);
/* Whether a parser would find nothing new. */
bool gather_is_idle(const Gather *gather);
/* Ends the gathered head behind its last whole line. False: it has none, or no room. */
bool gather_cut(Gather *gather, Span *ret_head);
void gather_clear(Gather *gather);

/* The bytes, and back; the struct itself is the caller's to pack. */
void gather_pack(const Gather *gather, GByteArray *to);
void gather_unpack(Gather *gather, Span *from);
size_t gather_size(const Gather *gather);

#endif
