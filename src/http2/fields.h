/* Field blocks of HTTP/2 (RFC 7541), of one direction of a connection.
 *
 * In: the blocks in order, each whole. Out: heads as http/ has them: pseudo-fields are in their
 * place (method, target, status; :authority is the host). Must not know: frames and streams.
 *
 * libnghttp2 inflates. Every block refers to those before it, so each has to be read, whoever wants
 * it. Where one is missing, the table is not known: from then on a field is known if it refers to
 * nothing from before. What refers there ends the reading of its block. */
#ifndef HTTP2_FIELDS_H
#define HTTP2_FIELDS_H

#include <glib.h>

#include "base/evidence.h"
#include "http/head.h"

/* An encoder may be told to use a table as large; it takes 312 KB in the inflater at most. */
#define H2_TABLE_MAX 65536
/* What the inflater may take. */
#define H2_INFLATER_MAX (1024 * 1024)
/* Names and values that are kept of one block. */
#define H2_TEXT_MAX (64 * 1024)

typedef struct H2Inflater H2Inflater;

/* Zeroed it has read nothing. */
typedef struct H2Fields {
    H2Inflater *inflater; /* NULL: no block has been read since the begin, or the loss */
    ReasonSet lost;       /* why the table is not known; 0: it is */
} H2Fields;

/* Whether this build can read field blocks; if not, nothing is HTTP/2. */
bool h2_fields_supported(void);
/* The library's version; NULL: without it. */
const char *h2_fields_library_version(void);

/* Blocks are missing. */
void h2_fields_lose(H2Fields *fields, ReasonSet reasons);

/* The head of a block; its spans live until the next call of this thread. What could not be read
 * makes it HEAD_INCOMPLETE; `*ret_reasons` then says why. A status of 0: there is none, or it is
 * not known. */
void h2_fields_read(H2Fields *fields, Span block, HeadKind kind, Head *ret_head,
                    ReasonSet *ret_reasons);

void h2_fields_pack(const H2Fields *fields, GByteArray *to);
void h2_fields_unpack(H2Fields *fields, Span *from);
size_t h2_fields_size(const H2Fields *fields);
void h2_fields_clear(H2Fields *fields);

#endif
