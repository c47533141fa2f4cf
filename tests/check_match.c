/* What --match finds, and that it ends whatever it is given. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "http/match.h"
#include "http1/head.h"

#define BYTES(text)                                                                                \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

/* clang-format off */
static const struct {
    const char *name, *pattern;
    Span value;
    bool found;
} VALUES[] = {
    { "the whole value", "/a", BYTES("/a"), true },
    { "a part of it", "b", BYTES("abc"), true },
    { "not in it", "d", BYTES("abc"), false },
    { "longer than it", "abcd", BYTES("abc"), false },
    { "nothing to look in", "a", BYTES(""), false },
    { "letters are looked for as they are", "A", BYTES("a"), false },
    { "a text is no expression", "a.c", BYTES("abc"), false },
    { "a path that ends without a slash is a text", "/a.c", BYTES("/abc"), false },
    { "a slash alone is a text", "/", BYTES("a/b"), true },
    { "bytes beyond ASCII", "\xff", BYTES("a\xff"), true },
    { "no escape is undone", "\\xff", BYTES("a\xff"), false },
    { "behind a null byte", "b", BYTES("a\0b"), true },
    { "an expression", "/a.c/", BYTES("xabcx"), true },
    { "an expression that is not there", "/a.c/", BYTES("xacx"), false },
    { "slashes inside one", "//a//", BYTES("x/a/x"), true },
    { "anchored at the front", "/^b/", BYTES("abc"), false },
    { "anchored at the front, and there", "/^a/", BYTES("abc"), true },
    { "anchored at the end", "/c$/", BYTES("abc"), true },
    { "an empty value", "/^$/", BYTES(""), true },
    { "alternatives", "/x|c/", BYTES("abc"), true },
    { "without regard to case", "/(?i)EXAMPLE/", BYTES("www.example.test"), true },
    { "a byte, not a character", "/^.$/", BYTES("\xc3\xa9"), false },
    { "two bytes", "/^..$/", BYTES("\xc3\xa9"), true },
    { "a byte by its number", "/\\xff/", BYTES("a\xff"), true },
    { "no valid UTF-8", "/b/", BYTES("\xff\xfe" "b"), true },
    { "behind a null byte by expression", "/b/", BYTES("a\0b"), true },
    { "over a line fold", "/a\\s+b/", BYTES("a\r\n b"), true },
    { "a reference to a group", "/(a.)\\1/", BYTES("xaxaxa"), true },
    { "two groups in order", "/(a)(b)\\2\\1/", BYTES("xabba"), true },
    { "behind something else", "/(?<=a)b/", BYTES("ab"), true },
};
/* clang-format on */

START_TEST(test_value)
{
    g_autoptr(Matcher) matcher = matcher_new(VALUES[_i].pattern, NULL);
    ck_assert_msg(matcher, "%s", VALUES[_i].name);
    unsigned answer = matcher_ask(matcher, VALUES[_i].value);
    ck_assert_msg(answer == (VALUES[_i].found ? MATCH_FOUND : 0), "%s: %u", VALUES[_i].name,
                  answer);
}
END_TEST

static const struct {
    const char *name, *pattern;
} REFUSED[] = {
    { "nothing", "" },
    { "an empty expression", "//" },
    { "a bracket without its end", "/[/" },
    { "a group that is not opened", "/a)/" },
    { "a group closed and another opened", "/a)(b/" },
    { "a call of the whole", "/a(?R)?b/" },
    { "a call of the whole by number", "/a(?0)?b/" },
    { "a call of the whole in another notation", "/a\\g<0>?b/" },
    { "limits of its own", "/(*LIMIT_MATCH=1000000000)a/" },
};

START_TEST(test_refused)
{
    g_autoptr(GError) error = NULL;
    ck_assert_msg(!matcher_new(REFUSED[_i].pattern, &error), "%s", REFUSED[_i].name);
    ck_assert_msg(error && *error->message && !strchr(error->message, '\n'), "%s",
                  REFUSED[_i].name);
}
END_TEST

/* Without bounds each of these would take from minutes to centuries; Check ends the test long
 * before. */
static const char *const EXPLODING[] = {
    "/(a+)+[bc]/",
    "/(a*)*[bc]/",
    "/(a|a)*[bc]/",
    "/(a|aa)+[bc]/",
    "/.*.*.*[bc]/",
    "/(?:a?){16}[bc]/",
    "/a.?.?.?.?.?.?.?.?.?.?.?.?.?[bc]/",
    "/(?:(?:a(?!b)){0,9}){0,4}[bc]/",
    "/(a(?!b))*[bc]/",
    "/^(([a-z])+.)+[A-Z]([a-z])+$/",
};

START_TEST(test_an_end_is_found)
{
    static char value[MATCH_VALUE_MAX];
    memset(value, 'a', sizeof value);
    g_autoptr(Matcher) matcher = matcher_new(EXPLODING[_i], NULL);
    ck_assert_ptr_nonnull(matcher);
    for (unsigned i = 0; i < 20; i++) {
        unsigned answer = matcher_ask(matcher, span_make(value, sizeof value));
        ck_assert_msg(answer == MATCH_GIVEN_UP, "%s: %u", EXPLODING[_i], answer);
    }
}
END_TEST

/* Text beyond the limit is not searched, and this is reported; text before it counts. */
START_TEST(test_long_values)
{
    static char value[MATCH_VALUE_MAX + 1];
    g_autoptr(Matcher) regex = matcher_new("/b/", NULL);
    g_autoptr(Matcher) text = matcher_new("b", NULL);
    memset(value, 'a', sizeof value);
    ck_assert_uint_eq(matcher_ask(regex, span_make(value, MATCH_VALUE_MAX)), 0);
    ck_assert_uint_eq(matcher_ask(regex, span_make(value, MATCH_VALUE_MAX + 1)), MATCH_GIVEN_UP);
    value[MATCH_VALUE_MAX] = 'b';
    ck_assert_uint_eq(matcher_ask(regex, span_make(value, MATCH_VALUE_MAX + 1)), MATCH_GIVEN_UP);
    ck_assert_uint_eq(matcher_ask(text, span_make(value, MATCH_VALUE_MAX + 1)), MATCH_FOUND);
    value[MATCH_VALUE_MAX - 1] = 'b';
    ck_assert_uint_eq(matcher_ask(regex, span_make(value, MATCH_VALUE_MAX + 1)), MATCH_FOUND);
}
END_TEST

/* The end of the searched part of a long value is not the end of the value. */
static const struct {
    const char *pattern;
    unsigned answer;
} AT_THE_CUT[] = {
    { "/a$/", MATCH_GIVEN_UP },      { "/a\\z/", MATCH_GIVEN_UP }, { "/a\\Z/", MATCH_GIVEN_UP },
    { "/a(?!b)$/", MATCH_GIVEN_UP }, { "/^a+$/", MATCH_GIVEN_UP }, { "/^a/", MATCH_FOUND },
    { "/aa(?!b)/", MATCH_FOUND },    { "/a{9}/", MATCH_FOUND },
};

START_TEST(test_no_end_at_the_cut)
{
    static char value[MATCH_VALUE_MAX + 1];
    memset(value, 'a', sizeof value);
    value[MATCH_VALUE_MAX] = 'b';
    g_autoptr(Matcher) matcher = matcher_new(AT_THE_CUT[_i].pattern, NULL);
    unsigned answer = matcher_ask(matcher, span_make(value, sizeof value));
    ck_assert_msg(answer == AT_THE_CUT[_i].answer, "%s: %u", AT_THE_CUT[_i].pattern, answer);
}
END_TEST

/* Heads --------------------------------------------------------------------------------------- */

static const char REQUEST[] = "GET /target?q=1 HTTP/1.1\r\nHost: host.test\r\nX-Name: value\r\n"
                              "Connection: close\r\nX-Last: last\xff\r\n\r\n";
static const char RESPONSE[] = "HTTP/1.1 200 Fine\r\nServer: apache\r\nX-Name: value\r\n\r\n";

static const struct {
    const char *pattern;
    bool in_request, in_response;
} HEADS[] = {
    { "target", true, false },  { "host.test", true, false }, { "apache", false, true },
    { "value", true, true },    { "close", true, false },     { "/last\\xff$/", true, false },
    { "X-Name", false, false }, { "GET", false, false },      { "Fine", false, false },
    { "200", false, false },    { "HTTP", false, false },     { "/^value$/", true, true },
};

static void expect_answer(const Matcher *matcher, const char *text, bool expected,
                          const char *pattern)
{
    Head head;
    ck_assert_int_gt(head_parse(span_of_text(text), HEAD_EITHER, &head, NULL), 0);
    unsigned answer = matcher_ask_head(matcher, &head);
    ck_assert_msg(answer == (expected ? MATCH_FOUND : 0), "%s in %s", pattern, text);
}

START_TEST(test_head)
{
    const char *pattern = HEADS[_i].pattern;
    g_autoptr(Matcher) matcher = matcher_new(pattern, NULL);
    expect_answer(matcher, REQUEST, HEADS[_i].in_request, pattern);
    expect_answer(matcher, RESPONSE, HEADS[_i].in_response, pattern);
}
END_TEST

/* One value that is given up hides no match in another. */
START_TEST(test_given_up_and_found)
{
    g_autoptr(GString) text = g_string_new("GET /");
    for (unsigned i = 0; i < 4000; i++)
        g_string_append_c(text, 'a');
    g_string_append(text, " HTTP/1.1\r\nHost: aab\r\n\r\n");
    g_autoptr(Matcher) matcher = matcher_new("/(a+)+[bc]/", NULL);
    Head head;
    ck_assert_int_gt(head_parse(span_make(text->str, text->len), HEAD_EITHER, &head, NULL), 0);
    ck_assert_uint_eq(matcher_ask_head(matcher, &head), MATCH_FOUND | MATCH_GIVEN_UP);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("match");
    TCase *tcase = tcase_create("match");
    tcase_add_loop_test(tcase, test_value, 0, G_N_ELEMENTS(VALUES));
    tcase_add_loop_test(tcase, test_refused, 0, G_N_ELEMENTS(REFUSED));
    tcase_add_loop_test(tcase, test_an_end_is_found, 0, G_N_ELEMENTS(EXPLODING));
    tcase_add_test(tcase, test_long_values);
    tcase_add_loop_test(tcase, test_no_end_at_the_cut, 0, (int)G_N_ELEMENTS(AT_THE_CUT));
    tcase_add_loop_test(tcase, test_head, 0, G_N_ELEMENTS(HEADS));
    tcase_add_test(tcase, test_given_up_and_found);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
