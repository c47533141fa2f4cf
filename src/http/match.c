/* Regular expressions over hostile bytes.
 *
 * A pattern that backtracks, such as (a+)+[bc], takes exponential time on a value made for it, and
 * whoever sent the traffic may have guessed that somebody would look for it. So the time of a value
 * is bounded, and with it that of a capture is linear in its size:
 *
 * - PCRE2 counts the steps of a match and gives up at the limit that the pattern states at its
 * front. But its count begins anew at each place where a match may begin, so that the limit bounds
 * little: a few thousand places of just below it take a minute. Therefore the pattern is anchored,
 * and finds its place by a lazy dot in front of it: to PCRE2 that is one match with one count. -
 * Runs of one character are passed over without being counted, at worst once for each place. So of
 * a value that is longer than servers accept only the beginning is seen. A match in it stands,
 * unless it looked at where the beginning ends, which is no end ($, or a repetition that may go
 * on); without one the value was given up. - The interpreter runs, never the just-in-time compiler:
 * that one counts otherwise, and a machine that lacks it would give up other values. The same input
 * is to give the same bytes everywhere.
 *
 * A time limit would be simpler, and would make the report depend on the machine's load. A matcher
 * without backtracking would need no limit, but GLib's is PCRE2, and its patterns are what people
 * know from tshark and grep -P.
 *
 * What is given up counts as no match, and is told with its number. A text needs no bound: memmem()
 * is linear. */
#include "http/match.h"

#include <string.h>

#define FRONT "(*NO_JIT)(*LIMIT_MATCH=%d)\\A(?s:.*?)(?:%s)"

/* The dot in front is part of the whole pattern: to call that anew from within would be another
 * one. */
static const char *const WHOLE_CALLS[] = { "(?R)", "(?0)", "(?+0)", "(?-0)", "\\g<0>", "\\g'0'" };

struct Matcher {
    GRegex *regex; /* NULL: the text */
    char *text;
    size_t length;
};

static bool is_regex(const char *pattern, size_t length)
{
    return length >= 2 && pattern[0] == '/' && pattern[length - 1] == '/';
}

/* `why`: GLib's message, of which the place and the reason are taken; NULL: none. */
static GRegex *refuse(const char *expression, const char *why, GError **error)
{
    static const char place[] = " at char ";
    const char *at = why ? g_strrstr(why, place) : NULL;
    g_autofree char *where =
        at ? g_strdup_printf(" (at character %s)", at + strlen(place)) : g_strdup("");
    g_set_error(error, G_REGEX_ERROR, G_REGEX_ERROR_COMPILE, "no regular expression: /%s/%s",
                expression, where);
    return NULL;
}

static GRegex *compile(const char *expression, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(WHOLE_CALLS); i++)
        if (strstr(expression, WHOLE_CALLS[i]))
            return refuse(expression, NULL, error);
    /* Alone first: with the group around it, "a)(b" would be one as well. */
    g_autoptr(GError) failure = NULL;
    g_autoptr(GRegex) alone = g_regex_new(expression, G_REGEX_RAW, 0, &failure);
    g_autofree char *bounded = g_strdup_printf(FRONT, MATCH_STEPS_MAX, expression);
    GRegex *regex = alone ? g_regex_new(bounded, G_REGEX_RAW, 0, NULL) : NULL;
    return regex ? regex : refuse(expression, failure ? failure->message : NULL, error);
}

Matcher *matcher_new(const char *pattern, GError **error)
{
    size_t length = strlen(pattern);
    bool regex = is_regex(pattern, length);
    if (length == (regex ? 2 : 0)) {
        g_set_error_literal(error, G_REGEX_ERROR, G_REGEX_ERROR_COMPILE,
                            "nothing to look for is given");
        return NULL;
    }
    g_autoptr(Matcher) matcher = g_new0(Matcher, 1);
    if (regex) {
        g_autofree char *expression = g_strndup(pattern + 1, length - 2);
        matcher->regex = compile(expression, error);
        return matcher->regex ? g_steal_pointer(&matcher) : NULL;
    }
    matcher->text = g_strdup(pattern);
    matcher->length = length;
    return g_steal_pointer(&matcher);
}

static unsigned ask_regex(const Matcher *matcher, Span value)
{
    Span seen = span_first(value, MATCH_VALUE_MAX);
    g_autoptr(GError) error = NULL;
    const char *bytes = seen.length > 0 ? (const char *)seen.bytes : "";
    bool cut = seen.length < value.length;
    GRegexMatchFlags flags = cut ? G_REGEX_MATCH_PARTIAL_HARD : 0;
    if (g_regex_match_full(matcher->regex, bytes, (gssize)seen.length, 0, flags, NULL, &error))
        return MATCH_FOUND;
    return error || cut ? MATCH_GIVEN_UP : 0;
}

unsigned matcher_ask(const Matcher *matcher, Span value)
{
    if (matcher->regex)
        return ask_regex(matcher, value);
    if (value.length < matcher->length)
        return 0;
    return memmem(value.bytes, value.length, matcher->text, matcher->length) ? MATCH_FOUND : 0;
}

unsigned matcher_ask_head(const Matcher *matcher, const Head *head)
{
    unsigned answer = head->kind == HEAD_REQUEST ? matcher_ask(matcher, head->target) : 0;
    for (size_t i = 0; i < head->field_count && !(answer & MATCH_FOUND); i++)
        answer |= matcher_ask(matcher, head->fields[i].value);
    return answer;
}

void matcher_free(Matcher *matcher)
{
    if (!matcher)
        return;
    if (matcher->regex)
        g_regex_unref(matcher->regex);
    g_free(matcher->text);
    g_free(matcher);
}
