/* HTTP/1 message heads: a start line and field lines (RFC 9112 §2 to §5). A pure function over
 * bytes. */
#ifndef HTTP1_HEAD_H
#define HTTP1_HEAD_H

#include "http/head.h"

/* Servers refuse heads of more than 8 to 64 KiB; what is longer was not served either. */
#define HEAD_BYTES_MAX 65536
/* The longest registered method has 17 bytes. The bound keeps streams of bare letters from being
 * gathered. */
#define HEAD_METHOD_MAX 64

#define HEAD_PARTIAL (-1) /* more bytes are needed; so far this can be a head */
#define HEAD_BAD (-2)     /* no HTTP/1 head, whatever follows */

/* Reads one head from the front of `bytes`. Returns its length in bytes with the empty line (and
 * leading empty lines, which only requests may have), HEAD_PARTIAL or HEAD_BAD. All spans of
 * *ret_head point into `bytes`. *ret_line_seen, if asked for, is set when the start line is
 * complete and valid, also when the result is HEAD_PARTIAL. More than HEAD_BYTES_MAX without an end
 * and more than HEAD_FIELDS_MAX field lines are HEAD_BAD: any of the others might be the one that
 * decides. */
int head_parse(Span bytes, HeadKind kind, Head *ret_head, bool *ret_line_seen);

/* What the first bytes of a message, behind any empty lines, are. A line that is not complete is
 * judged by its first bytes alone; a complete one in whole. Ordered. */
typedef enum HeadStart {
    HEAD_START_BAD,  /* no HTTP/1 start line, whatever follows */
    HEAD_START_OPEN, /* can still become anything: part of an unknown word, or of "HTTP/" */
    /* a start line, it seems: a known method or the beginning of one, another token with more
     * behind its blank, "HTTP/" */
    HEAD_START_BEGUN,
    HEAD_START_LINE, /* a whole valid start line */
} HeadStart;

/* *ret_kind: which it is; HEAD_EITHER while that is open. */
HeadStart head_start(Span bytes, HeadKind kind, HeadKind *ret_kind);

/* RFC 9110 §9.1's methods and PATCH (RFC 5789). */
bool head_method_is_known(Span method);

#endif
