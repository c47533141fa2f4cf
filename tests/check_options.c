#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "base/text.h"
#include "http/options.h"
#include "http1/head.h"

/* The head of a request, or of a response, with these field lines. The text must outlive it. */
static void parse(const char *start_line, const char *fields, char **ret_text, Head *ret_head)
{
    *ret_text = g_strconcat(start_line, "\r\n", fields, "\r\n", NULL);
    HeadKind kind = g_str_has_prefix(start_line, "HTTP/") ? HEAD_RESPONSE : HEAD_REQUEST;
    ck_assert_int_eq(head_parse(span_of_text(*ret_text), kind, ret_head, NULL),
                     (int)strlen(*ret_text));
}

#define REQUEST_LINE "GET / HTTP/1.1"
#define STATUS_LINE "HTTP/1.1 200 OK"

/* RFC 9110 §5.6.1.2: empty elements are ignored; §5.6.4: quoted strings. */
static const struct {
    const char *name, *value, *members; /* joined by | */
} LISTS[] = {
    { "one member", "a", "a" },
    { "the RFC's first example", "foo,bar", "foo|bar" },
    { "the RFC's second example", "foo ,bar,", "foo|bar" },
    { "the RFC's third example", "foo , ,bar,charlie", "foo|bar|charlie" },
    { "nothing", "", "" },
    { "a comma", ",", "" },
    { "commas and blanks", ",   ,", "" },
    { "blanks and tabs around", "\t a \t,\tb\t", "a|b" },
    { "blanks inside", "a b, c", "a b|c" },
    { "folds", "a,\r\n b\r\n\t, c", "a|b|c" },
    { "a quoted comma", "a=\"x,y\", b", "a=\"x,y\"|b" },
    { "an escaped quote", "\"x\\\",y\", b", "\"x\\\",y\"|b" },
    { "an escaped backslash", "\"x\\\\\",y", "\"x\\\\\"|y" },
    { "a quote that nothing closes hides nothing", "x\", close", "x\"|close" },
    { "one whose end is escaped", "\"\\\", close", "\"\\\"|close" },
    { "one behind a quoted string", "\"a,b\", \"c, d", "\"a,b\"|\"c|d" },
    { "a trailing backslash", "\"a\\", "\"a\\" },
};

START_TEST(test_list)
{
    g_autoptr(GString) members = g_string_new(NULL);
    ListCursor cursor = { .rest = span_of_text(LISTS[_i].value) };
    Span member;
    while (list_next(&cursor, &member)) {
        if (members->len > 0)
            g_string_append_c(members, '|');
        g_string_append_len(members, (const char *)member.bytes, (gssize)member.length);
    }
    ck_assert_msg(g_str_equal(members->str, LISTS[_i].members), "%s: %s", LISTS[_i].name,
                  members->str);
    ck_assert(!list_next(&cursor, &member));
}
END_TEST

static const struct {
    const char *name, *fields;
    unsigned options;
    const char *text;
} CONNECTIONS[] = {
    { "none", "Host: a\r\n", 0, "" },
    { "close", "Connection: close\r\n", OPTION_CLOSE, "close" },
    { "any case", "cOnNeCtIoN: ClOsE\r\n", OPTION_CLOSE, "close" },
    { "keep-alive", "Connection: Keep-Alive\r\n", OPTION_KEEP_ALIVE, "keep-alive" },
    { "both", "Connection: keep-alive, close\r\n", OPTION_CLOSE | OPTION_KEEP_ALIVE,
      "keep-alive close" },
    { "upgrade and a nominated field", "Connection: Upgrade, HTTP2-Settings\r\n",
      OPTION_UPGRADE | OPTION_OTHER, "upgrade http2-settings" },
    { "two lines are one list", "Connection: keep-alive\r\nX: y\r\nConnection: TE\r\n",
      OPTION_KEEP_ALIVE | OPTION_OTHER, "keep-alive te" },
    { "each once", "Connection: a, close, A, Close, a\r\n", OPTION_CLOSE | OPTION_OTHER,
      "a close" },
    { "a word inside another is another", "Connection: keep-alive, alive, keep\r\n",
      OPTION_KEEP_ALIVE | OPTION_OTHER, "keep-alive alive keep" },
    { "empty members", "Connection: ,, close ,\r\n", OPTION_CLOSE, "close" },
    { "an empty line alone", "Connection:\r\n", 0, "" },
    { "an empty line beside another", "Connection: close\r\nConnection: \r\n",
      OPTION_CLOSE | OPTION_EMPTY_LINE, "close" },
    { "a line of commas beside another", "Connection: ,\r\nConnection: close\r\n",
      OPTION_CLOSE | OPTION_EMPTY_LINE, "close" },
    { "close with a parameter is no close", "Connection: close;x=1\r\n", OPTION_MALFORMED, "" },
    { "close in quotes is no close", "Connection: \"close\"\r\n", OPTION_MALFORMED, "" },
    { "blank for comma", "Connection: keep-alive close\r\n", OPTION_MALFORMED, "" },
    { "semicolon for comma", "Connection: keep-alive; close\r\n", OPTION_MALFORMED, "" },
    { "one malformed member leaves the others", "Connection: a b, close\r\n",
      OPTION_MALFORMED | OPTION_CLOSE, "close" },
    { "an open quote leaves the others", "Connection: \"x, close\r\n",
      OPTION_MALFORMED | OPTION_CLOSE, "close" },
    { "a quoted comma does not make a close", "Connection: \"x, close\"\r\n", OPTION_MALFORMED,
      "" },
    { "a fold between members", "Connection: keep-alive,\r\n close\r\n",
      OPTION_KEEP_ALIVE | OPTION_CLOSE, "keep-alive close" },
    { "a fold inside a member", "Connection: keep-alive\r\n close\r\n", OPTION_MALFORMED, "" },
    { "a vertical tab beside it",
      "Connection: \x0b"
      "close\r\n",
      OPTION_MALFORMED, "" },
    { "Proxy-Connection is another field", "Proxy-Connection: close\r\n", 0, "" },
    { "Unicode's Kelvin sign is no k",
      "Connection: \xe2\x84\xaa"
      "eep-alive\r\n",
      OPTION_MALFORMED, "" },
};

START_TEST(test_connection)
{
    Head head;
    g_autofree char *text = NULL;
    g_autoptr(GString) options = g_string_new("before:");
    parse(REQUEST_LINE, CONNECTIONS[_i].fields, &text, &head);
    unsigned found = connection_options(&head).options;
    ck_assert_msg(found == CONNECTIONS[_i].options, "%s: %#x", CONNECTIONS[_i].name, found);
    head_append_options(&head, options, 100);
    ck_assert_msg(g_str_equal(options->str + strlen("before:"), CONNECTIONS[_i].text), "%s: %s",
                  CONNECTIONS[_i].name, options->str);
}
END_TEST

/* RFC 2068 §19.7.1.1 */
static const struct {
    const char *name, *start, *fields;
    KeepAlive expected;
} KEEP_ALIVES[] = {
    { "none", STATUS_LINE, "", { false, -1, -1, false } },
    { "both", STATUS_LINE, "Keep-Alive: timeout=5, max=100\r\n", { true, 5, 100, false } },
    { "timeout alone", STATUS_LINE, "Keep-Alive: timeout=60\r\n", { true, 60, -1, false } },
    { "max alone, other case", STATUS_LINE, "keep-alive: MAX=3\r\n", { true, -1, 3, false } },
    { "two lines",
      STATUS_LINE,
      "Keep-Alive: timeout=5\r\nKeep-Alive: max=9\r\n",
      { true, 5, 9, false } },
    { "quoted", STATUS_LINE, "Keep-Alive: timeout=\"5\"\r\n", { true, 5, -1, false } },
    { "blanks", STATUS_LINE, "Keep-Alive: timeout = 5 ,max= 7\r\n", { true, 5, 7, false } },
    { "zero", STATUS_LINE, "Keep-Alive: timeout=0, max=0\r\n", { true, 0, 0, false } },
    { "an empty field", STATUS_LINE, "Keep-Alive:\r\n", { true, -1, -1, false } },
    { "the first of two counts",
      STATUS_LINE,
      "Keep-Alive: timeout=5, timeout=6\r\n",
      { true, 5, -1, true } },
    { "no number", STATUS_LINE, "Keep-Alive: timeout=5s, max=many\r\n", { true, -1, -1, true } },
    { "a sign", STATUS_LINE, "Keep-Alive: timeout=-1, max=+3\r\n", { true, -1, -1, true } },
    { "no value", STATUS_LINE, "Keep-Alive: timeout=, max\r\n", { true, -1, -1, true } },
    { "an unknown parameter",
      STATUS_LINE,
      "Keep-Alive: timeout=5, foo=1\r\n",
      { true, 5, -1, true } },
    { "semicolons", STATUS_LINE, "Keep-Alive: timeout=5; max=100\r\n", { true, -1, -1, true } },
    { "too large",
      STATUS_LINE,
      "Keep-Alive: timeout=9223372036854775808, max=2\r\n",
      { true, -1, 2, true } },
    { "the largest",
      STATUS_LINE,
      "Keep-Alive: timeout=9223372036854775807\r\n",
      { true, INT64_MAX, -1, false } },
    { "old browsers' bare number", REQUEST_LINE, "Keep-Alive: 115\r\n", { true, 115, -1, true } },
    { "a server has no such habit", STATUS_LINE, "Keep-Alive: 115\r\n", { true, -1, -1, true } },
    { "true", REQUEST_LINE, "Keep-Alive: true\r\n", { true, -1, -1, true } },
};

START_TEST(test_keep_alive)
{
    Head head;
    g_autofree char *text = NULL;
    parse(KEEP_ALIVES[_i].start, KEEP_ALIVES[_i].fields, &text, &head);
    KeepAlive found = keep_alive_parameters(&head), expected = KEEP_ALIVES[_i].expected;
    ck_assert_msg(found.present == expected.present && found.timeout == expected.timeout &&
                      found.max == expected.max && found.malformed == expected.malformed,
                  "%s: %d, %lld, %lld, %d", KEEP_ALIVES[_i].name, found.present,
                  (long long)found.timeout, (long long)found.max, found.malformed);
}
END_TEST

static const struct {
    const char *name, *fields;
    size_t max;
    const char *values; /* of TE */
} VALUES[] = {
    { "none", "Y: 1\r\n", 100, "" },
    { "one", "TE: a, b\r\n", 100, "a, b" },
    { "several", "TE: a\r\nY: 1\r\nte: b\r\n", 100, "a\\x0ab" },
    { "an empty first one", "TE:\r\nTE: b\r\n", 100, "\\x0ab" },
    { "escapes", "TE: a\\b\xff\r\n", 100, "a\\\\b\\xff" },
    { "a fold", "TE: a\r\n b\r\n", 100, "a\\x0d\\x0a b" },
    { "just fitting", "TE: 0123456789\r\n", 10, "0123456789" },
    { "one too long", "TE: 0123456789a\r\n", 10, "012345" TEXT_CUT },
    { "cut where the lines join", "TE: 01234567\r\nTE: b\r\nTE: c\r\n", 10, "012345" TEXT_CUT },
};

START_TEST(test_values)
{
    Head head;
    g_autofree char *text = NULL;
    g_autoptr(GString) values = g_string_new("before:");
    parse(REQUEST_LINE, VALUES[_i].fields, &text, &head);
    head_append_values(&head, FIELD_TE, NULL, values, VALUES[_i].max);
    ck_assert_msg(g_str_equal(values->str + strlen("before:"), VALUES[_i].values), "%s: %s",
                  VALUES[_i].name, values->str);
}
END_TEST

START_TEST(test_options_cut)
{
    Head head;
    g_autofree char *text = NULL;
    g_autoptr(GString) options = g_string_new(NULL);
    parse(REQUEST_LINE, "Connection: Keep-Alive, CLOSE, keep-alive, later\r\n", &text, &head);
    head_append_options(&head, options, 16); /* "keep-alive close" are 16 bytes */
    ck_assert_str_eq(options->str, "keep-alive c" TEXT_CUT);
}
END_TEST

/* More options than a browser ever sent, each three times in different cases. */
START_TEST(test_many_options)
{
    static Head head;
    g_autofree char *text = NULL;
    g_autoptr(GString) fields = g_string_new("Connection: x0");
    g_autoptr(GString) expected = g_string_new("x0");
    g_autoptr(GString) options = g_string_new("before:");
    for (int i = 1; i < 100; i++) {
        g_string_append_printf(fields, ",x%d,X%d,x0, x%d", i, i, i / 2);
        g_string_append_printf(expected, " x%d", i);
    }
    g_string_append(fields, "\r\n");
    parse(REQUEST_LINE, fields->str, &text, &head);
    head_append_options(&head, options, 1000);
    ck_assert_str_eq(options->str + strlen("before:"), expected->str);
}
END_TEST

static const struct {
    const char *name, *fields, *unlisted;
} UNLISTED[] = {
    { "none", "Host: a\r\nConnection: close\r\n", "" },
    { "all, in the reports' order",
      "Proxy-Connection: x\r\nProxy-Authorization: x\r\nProxy-Authenticate: x\r\nTrailer: x\r\n"
      "Transfer-Encoding: x\r\nHTTP2-Settings: x\r\nUpgrade: x\r\nTE: x\r\nKeep-Alive: x\r\n",
      "Keep-Alive TE Upgrade HTTP2-Settings Transfer-Encoding Trailer Proxy-Authenticate "
      "Proxy-Authorization Proxy-Connection" },
    { "listed in another line and case",
      "connection: close\r\nCONNECTION: keep-ALIVE, te\r\nKeep-Alive: timeout=5\r\nTE: x\r\n"
      "Upgrade: h2c\r\n",
      "Upgrade" },
    { "twice there, once named", "TE: a\r\nTE: b\r\n", "TE" },
    { "listed but not there", "Connection: TE\r\n", "" },
};

START_TEST(test_unlisted)
{
    Head head;
    g_autofree char *text = NULL;
    g_autoptr(GString) unlisted = g_string_new("before:");
    parse(REQUEST_LINE, UNLISTED[_i].fields, &text, &head);
    head_append_unlisted(&head, unlisted, 200);
    ck_assert_msg(g_str_equal(unlisted->str + strlen("before:"), UNLISTED[_i].unlisted), "%s: %s",
                  UNLISTED[_i].name, unlisted->str);
}
END_TEST

int main(void)
{
    TCase *options = tcase_create("options");
    tcase_add_loop_test(options, test_list, 0, G_N_ELEMENTS(LISTS));
    tcase_add_loop_test(options, test_connection, 0, G_N_ELEMENTS(CONNECTIONS));
    tcase_add_loop_test(options, test_keep_alive, 0, G_N_ELEMENTS(KEEP_ALIVES));
    tcase_add_loop_test(options, test_values, 0, G_N_ELEMENTS(VALUES));
    tcase_add_test(options, test_options_cut);
    tcase_add_test(options, test_many_options);
    tcase_add_loop_test(options, test_unlisted, 0, G_N_ELEMENTS(UNLISTED));
    Suite *suite = suite_create("options");
    suite_add_tcase(suite, options);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
