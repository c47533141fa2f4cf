/* HTTP/1 message heads: a start line and field lines (RFC 9112 §2 to §5). A pure function over
 * bytes. */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "base/span.h"
#include "http/field_name.h"

/* Servers refuse heads of more than 8 to 64 KiB; what is longer was not served either. */
#define HEAD_BYTES_MAX 65536
/* Apache's default limit is 100, nginx has none of its own below its head size. */
#define HEAD_FIELDS_MAX 256 /* their indices fit into a byte */
/* The longest registered method has 17 bytes. The bound keeps streams of bare letters from being
 * gathered. */
#define HEAD_METHOD_MAX 64

typedef enum HeadKind {
    HEAD_EITHER, /* a caller's question only: whatever the first bytes say */
    HEAD_REQUEST,
    HEAD_RESPONSE,
} HeadKind;

/* Ordered. */
typedef enum HttpVersion {
    HTTP_UNKNOWN = 0, /* a request line of a known method without a version, but not HTTP/0.9's */
    HTTP_0_9 = 9,
    HTTP_1_0 = 10,
    HTTP_1_1 = 11, /* every HTTP/1.x with x > 0 (RFC 9110 §2.5) */
} HttpVersion;

/* Tolerated, and worth a finding. */
typedef enum HeadNote {
    HEAD_BARE_LF = 1 << 0,
    HEAD_OBS_FOLD = 1 << 1,           /* RFC 9112 §5.2 */
    HEAD_SPACE_BEFORE_COLON = 1 << 2, /* RFC 9112 §5.1 */
    HEAD_LEADING_LINES = 1 << 3,      /* empty lines before a request line, RFC 9112 §2.2 */
    HEAD_BAD_LINE = 1 << 4,   /* a field line without colon or whose name is no token; skipped */
    HEAD_BAD_START = 1 << 5,  /* a start line off the grammar but understood */
    HEAD_INCOMPLETE = 1 << 6, /* a gap cut it short: the whole lines before it */
} HeadNote;

typedef struct FieldLine {
    FieldName known;
    Span name;
    Span value; /* trimmed; a folded value still holds its line breaks */
} FieldLine;

typedef struct Head {
    HeadKind kind;
    FieldSet known, repeated; /* which names are among the fields, and which more than once */
    HttpVersion version;
    uint8_t minor;       /* digit after "HTTP/1." as sent, 0 with HTTP/0.9 */
    Span method, target; /* of a request */
    int status;          /* of a response, 100..999 */
    unsigned notes;      /* HeadNote */
    size_t field_count;
    uint8_t first[FIELD_NAME_COUNT]; /* of each known one, the index of its first line */
    FieldLine fields[HEAD_FIELDS_MAX];
} Head;

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

static inline bool head_has(const Head *head, FieldName name)
{
    return head->known & FIELD_BIT(name);
}

/* The first field line with this known name from index `from`; NULL: none. *ret_index: where. */
const FieldLine *head_find_field(const Head *head, FieldName name, size_t from, size_t *ret_index);

static inline const FieldLine *head_field(const Head *head, FieldName name, size_t from,
                                          size_t *ret_index)
{
    return head_has(head, name) ? head_find_field(head, name, from, ret_index) : NULL;
}

/* RFC 9110 §9.1's methods and PATCH (RFC 5789). */
bool head_method_is_known(Span method);

#endif
