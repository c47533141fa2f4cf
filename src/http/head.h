/* A message's head as plain values: what its start line and its field lines say. Its spans are
 * borrowed from whoever read it. */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "base/span.h"
#include "http/field_name.h"

/* Apache's default limit is 100, nginx has none of its own below its head size. */
#define HEAD_FIELDS_MAX 256 /* their indices fit into a byte */

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
    HTTP_2 = 20,
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

#endif
