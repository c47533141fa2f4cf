/* What a head says about its connection: the Connection options (RFC 9110 §7.6.1), the Keep-Alive
 * parameters (RFC 2068 §19.7.1.1), the hop-by-hop fields that it carries. Pure. */
#ifndef HTTP_OPTIONS_H
#define HTTP_OPTIONS_H

#include <glib.h>

#include "http/head.h"
#include "http/redaction.h"

typedef enum ConnectionOption {
    OPTION_CLOSE = 1 << 0,
    OPTION_KEEP_ALIVE = 1 << 1,
    OPTION_UPGRADE = 1 << 2,
    OPTION_OTHER = 1 << 3,      /* at least one nominated field name beside these */
    OPTION_MALFORMED = 1 << 4,  /* a member that is no token; it matches nothing */
    OPTION_EMPTY_LINE = 1 << 5, /* several Connection lines, one of them without a member */
} ConnectionOption;

/* Pull iterator over the members of one list value (RFC 9110 §5.6.1): empty members are passed
 * over, a comma inside a quoted string separates nothing, line folds count as blanks. A cursor
 * begins as { .rest = value }. */
typedef struct ListCursor {
    Span rest;
    bool unquoted; /* private: from here on no quote has an end */
} ListCursor;
bool list_next(ListCursor *cursor, Span *ret_member);

/* What the Connection lines of the head list. */
typedef struct Listed {
    unsigned options; /* ConnectionOption */
    FieldSet fields;  /* known fields */
} Listed;
Listed connection_options(const Head *head);

typedef struct KeepAlive {
    bool present;
    int64_t timeout; /* seconds; -1: not stated */
    int64_t max;     /* requests; -1: not stated */
    bool malformed;  /* a parameter that is no number, repeated (the first counts) or unknown */
} KeepAlive;
KeepAlive keep_alive_parameters(const Head *head);

/* The values of all lines of that name, escaped, joined by \x0a; at most `max` bytes, then
 * TEXT_CUT. With a redactor each value by its name in it; of Connection the members that are
 * options stay as sent, the others have their names, and empty ones are left out. */
void head_append_values(const Head *head, FieldName name, const Redactor *redactor, GString *text,
                        size_t max);

/* The extracted directives: each option once, lower case, blank-separated, in the order of their
 * first appearance, escaped. Members that are no token are left out. At most `max` bytes, then
 * TEXT_CUT. */
void head_append_options(const Head *head, GString *text, size_t max);

/* The hop-by-hop fields that the head carries and its Connection lines do not list, as
 * reports.md names them, in that order, blank-separated. */
void head_append_unlisted(const Head *head, GString *text, size_t max);

#endif
