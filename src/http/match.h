/* Which messages a person asked for (--match): a text or a regular expression, sought in the target
 * and in the field values of a head, byte for byte as they were sent.
 *
 * A Matcher is compiled once and never changes, so any number of workers may ask it. */
#ifndef HTTP_MATCH_H
#define HTTP_MATCH_H

#include <glib.h>

#include "http/head.h"

/* What a regular expression sees of a value at most, and how many steps it may take in it: enough
 * for what one writes by hand on values that servers accept, and an end for what grows
 * exponentially. */
#define MATCH_VALUE_MAX 8192
#define MATCH_STEPS_MAX 250000

typedef enum MatchAnswer {
    MATCH_FOUND = 1 << 0,
    MATCH_GIVEN_UP =
        1 << 1, /* a bound was reached in at least one value, without a match in it before */
} MatchAnswer;

typedef struct Matcher Matcher;

/* `/REGEX/` (that of PCRE2, over bytes), or anything else: a text. NULL and `error`, one line for a
 * person, if it is no regular expression, or empty. */
Matcher *matcher_new(const char *pattern, GError **error);

/* MatchAnswer bits. */
unsigned matcher_ask(const Matcher *matcher, Span value);

/* The same of a request's target and of every field value, up to the first that matches. */
unsigned matcher_ask_head(const Matcher *matcher, const Head *head);

/* The version of PCRE2; static. */
const char *match_library_version(void);

void matcher_free(Matcher *matcher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Matcher, matcher_free)

#endif
