/* Regular expressions over hostile bytes.
 *
 * A pattern that backtracks, such as (a+)+[bc], takes exponential time on a value made for it, and
 * whoever sent the traffic may have guessed that somebody would look for it. So the time of a value
 * is bounded, and with it that of a capture is linear in its size:
 *
 * - PCRE2 counts the steps of a match and gives up at a limit. But its count begins anew at each
 * place where a match may begin, so that the limit bounds little: a few thousand places of just
 * below it take a minute. Therefore the pattern is anchored, and finds its place by a lazy dot in
 * front of it: to PCRE2 that is one match with one count.
 *
 * - Runs of one character are passed over without being counted, at worst once for each place. So
 * of a value that is longer than servers accept only the beginning is seen. A match in it stands,
 * unless it looked at where the beginning ends, which is no end ($, or a repetition that may go
 * on); without one the value was given up.
 *
 * - The interpreter runs, never the just-in-time compiler: that one counts otherwise, and a machine
 * that lacks it would give up other values. The same input is to give the same bytes everywhere.
 * And the sandbox has no memory that can be run.
 *
 * A time limit would be simpler, and would make the report depend on the machine's load. A matcher
 * without backtracking would need no limit, but PCRE2's patterns are what people know from tshark
 * and grep -P.
 *
 * What is given up counts as no match, and is told with its number. A text needs no bound: memmem()
 * is linear. */
#include "http/match.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#define FRONT "\\A(?s:.*?)(?:%s)"

/* KiB that a match may keep to come back to: some times what the steps can take. */
#define HEAP_MAX (64 * 1024)

/* The dot in front is part of the whole pattern: to call that anew from within would be another
 * one. */
static const char *const WHOLE_CALLS[] = { "(?R)", "(?0)", "(?+0)", "(?-0)", "\\g<0>", "\\g'0'" };

struct Matcher {
    pcre2_code *regex; /* NULL: the text */
    pcre2_match_context *limits;
    char *text;
    size_t length;
};

static bool is_regex(const char *pattern, size_t length)
{
    return length >= 2 && pattern[0] == '/' && pattern[length - 1] == '/';
}

/* `failure`: of PCRE2, at a place of the expression; 0: it has none. */
static pcre2_code *refuse(const char *expression, int failure, size_t place, GError **error)
{
    PCRE2_UCHAR why[128] = "";
    g_autofree char *where = g_strdup("");
    if (failure && pcre2_get_error_message(failure, why, sizeof why) >= 0) {
        g_free(where);
        where = g_strdup_printf(" (at character %zu: %s)", place, (const char *)why);
    }
    g_set_error(error, G_REGEX_ERROR, G_REGEX_ERROR_COMPILE, "no regular expression: /%s/%s",
                expression, where);
    return NULL;
}

static pcre2_code *compile_bytes(const char *expression, int *ret_failure, size_t *ret_place)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    pcre2_set_newline(context, PCRE2_NEWLINE_ANY);
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)expression, PCRE2_ZERO_TERMINATED, PCRE2_NEVER_UTF,
                                     ret_failure, ret_place, context);
    pcre2_compile_context_free(context);
    return code;
}

static pcre2_code *compile(const char *expression, GError **error)
{
    int failure = 0;
    size_t place = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(WHOLE_CALLS); i++)
        if (strstr(expression, WHOLE_CALLS[i]))
            return refuse(expression, 0, 0, error);
    /* Alone first: with the group around it, "a)(b" would be one as well. */
    pcre2_code *alone = compile_bytes(expression, &failure, &place);
    if (!alone)
        return refuse(expression, failure, place, error);
    pcre2_code_free(alone);
    g_autofree char *bounded = g_strdup_printf(FRONT, expression);
    pcre2_code *regex = compile_bytes(bounded, &failure, &place);
    return regex ? regex : refuse(expression, 0, 0, error);
}

static pcre2_match_context *make_limits(void)
{
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(limits, MATCH_STEPS_MAX);
    pcre2_set_heap_limit(limits, HEAP_MAX);
    return limits;
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
        matcher->limits = make_limits();
        return matcher->regex ? g_steal_pointer(&matcher) : NULL;
    }
    matcher->text = g_strdup(pattern);
    matcher->length = length;
    return g_steal_pointer(&matcher);
}

static unsigned ask_regex(const Matcher *matcher, Span value)
{
    Span seen = span_first(value, MATCH_VALUE_MAX);
    const char *bytes = seen.length > 0 ? (const char *)seen.bytes : "";
    bool cut = seen.length < value.length;
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    int found = pcre2_match(matcher->regex, (PCRE2_SPTR)bytes, seen.length, 0,
                            PCRE2_NO_JIT | (cut ? PCRE2_PARTIAL_HARD : 0), data, matcher->limits);
    pcre2_match_data_free(data);
    if (found >= 0)
        return MATCH_FOUND;
    return found != PCRE2_ERROR_NOMATCH || cut ? MATCH_GIVEN_UP : 0;
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
    pcre2_code_free(matcher->regex);
    pcre2_match_context_free(matcher->limits);
    g_free(matcher->text);
    g_free(matcher);
}

const char *match_library_version(void)
{
    static char text[64];
    if (!*text && pcre2_config(PCRE2_CONFIG_VERSION, NULL) <= (int)sizeof text)
        pcre2_config(PCRE2_CONFIG_VERSION, text);
    return text;
}
