/* Lines that keep to their width, and numbers for a person. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "html/markup.h"
#include "report/page.h"

#define DIGITS "0123456789"
#define FORTY DIGITS DIGITS DIGITS DIGITS

static const struct {
    const char *name;
    unsigned at;
    const char *words;
    const char *lines;
} WRAPPED[] = {
    { "a short line", 0, "a b", "a b\n" },
    { "nothing", 4, "", "\n" },
    { "exactly the width", PAGE_WIDTH - 40, FORTY, FORTY "\n" },
    { "one more word breaks at the blank", PAGE_WIDTH - 40, DIGITS DIGITS " " FORTY,
      DIGITS DIGITS "\n"
                    "                                                                      " FORTY
                    "\n" },
    { "without a blank it breaks where it is full", PAGE_WIDTH - 40, FORTY "x",
      FORTY "\n"
            "                                                                      x\n" },
    { "an addition goes on below its first word", PAGE_WIDTH - 40,
      "  " DIGITS DIGITS DIGITS " " DIGITS,
      "  " DIGITS DIGITS DIGITS "\n"
      "                                                                        " DIGITS "\n" },
    { "too far right there is still room for twenty", PAGE_WIDTH, DIGITS DIGITS "x",
      DIGITS DIGITS "\n"
                    "                                                            "
                    "                                                  x\n" },
};

START_TEST(test_wrapped)
{
    g_autoptr(GString) text = g_string_new(NULL);
    Page page = { .text = text };
    page_wrapped(&page, WRAPPED[_i].at, PAGE_STRONG, WRAPPED[_i].words);
    ck_assert_msg(strcmp(text->str, WRAPPED[_i].lines) == 0, "%s: \"%s\"", WRAPPED[_i].name,
                  text->str);
}
END_TEST

/* A path in UTF-8: no character is cut in two where the line is full. */
START_TEST(test_utf8)
{
    g_autoptr(GString) text = g_string_new(NULL);
    Page page = { .text = text, .width = 31 };
    page_wrapped(&page, 10, PAGE_PLAIN, DIGITS DIGITS "\xc3\xa9\xe2\x82\xac");
    ck_assert_str_eq(text->str, DIGITS DIGITS "\n          \xc3\xa9\xe2\x82\xac\n");
}
END_TEST

/* A narrower page, and a non-breaking blank. */
START_TEST(test_width)
{
    g_autoptr(GString) text = g_string_new(NULL);
    Page page = { .text = text, .width = 40 };
    page_wrapped(&page, 10, PAGE_PLAIN, DIGITS DIGITS " many" PAGE_NO_BREAK "words");
    ck_assert_str_eq(text->str, DIGITS DIGITS "\n          many words\n");
}
END_TEST

START_TEST(test_colour)
{
    g_autoptr(GString) text = g_string_new(NULL);
    Page page = { .text = text, .colour = true };
    page_words(&page, PAGE_BAD, "no");
    page_words(&page, PAGE_PLAIN, " yes");
    page_words(&page, PAGE_BAD, "");
    ck_assert_str_eq(text->str, "\033[31mno\033[0m yes");
}
END_TEST

static const struct {
    Nanoseconds duration;
    unsigned digits;
    const char *text, *threshold;
} DURATIONS[] = {
    { 0, 6, "0.000000 s", "0 s" },
    { 1, 9, "0.000000001 s", "0.000000001 s" },
    { 1999, 6, "0.000001 s", "0.000001999 s" },
    { 2002145000, 6, "2.002145 s", "2.002145 s" },
    { 5 * NS_PER_SECOND, 9, "5.000000000 s", "5 s" },
    { NS_PER_SECOND / 4, 6, "0.250000 s", "0.25 s" },
};

START_TEST(test_duration)
{
    g_autoptr(GString) text = g_string_new(NULL);
    page_append_duration(text, DURATIONS[_i].duration, DURATIONS[_i].digits);
    ck_assert_str_eq(text->str, DURATIONS[_i].text);
    g_string_truncate(text, 0);
    page_append_threshold(text, DURATIONS[_i].duration);
    ck_assert_str_eq(text->str, DURATIONS[_i].threshold);
}
END_TEST

START_TEST(test_before_zero)
{
    g_autoptr(GString) text = g_string_new(NULL);
    page_append_duration(text, -1500 * NS_PER_MS, 6);
    ck_assert_str_eq(text->str, "-1.500000 s");
    g_string_truncate(text, 0);
    page_append_duration(text, INT64_MIN, 9);
    ck_assert_str_eq(text->str, "-9223372036.854775807 s");
}
END_TEST

START_TEST(test_frame)
{
    g_autofree char *own = page_frame_number(frame_id(2, 7), 2);
    ck_assert_str_eq(own, "7");
    g_autofree char *other = page_frame_number(frame_id(2, 7), 1);
    ck_assert_str_eq(other, "2-7");
}
END_TEST

static void check_decimal(double value)
{
    g_auto(Markup) markup = markup_new();
    g_autofree char *expected = g_strdup_printf("%.3f%% %.0f", value, value);
    markup_add(&markup, "%.3f%% %.0f", value, value);
    ck_assert_str_eq(markup.text->str, expected);
}

/* Decimals are those of printf, also halfway between two. */
START_TEST(test_decimals)
{
    const double values[] = {
        0,      -0.0,   0.5,     1.5,    2.5,         0.0005,      0.0015,
        0.0025, 1.0005, 99.9995, 999.5,  999999.9996, 999999.9995, 1e6,
        1e7,    1e18,   -1.25,   -0.001, 1e-12,       98.4999999,  0.9999999
    };
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
        check_decimal(values[i]);
    uint64_t state = 1;
    for (int i = 0; i < 20000; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        check_decimal((double)(state >> 40) / 4000);
        check_decimal((double)(state >> 11) / (double)(UINT64_C(1) << 44));
    }
}
END_TEST

START_TEST(test_arguments)
{
    g_auto(Markup) markup = markup_new();
    markup_add(&markup, "<p>%s %u %d %d %s</p>", "a<b", 4294967295u, -2147483647 - 1, 0, "&");
    ck_assert_str_eq(markup.text->str, "<p>a&lt;b 4294967295 -2147483648 0 &amp;</p>");
    ck_assert_uint_eq(markup.elements, 1);
    markup_add(&markup, "<b>%5d%s</b>", 7, "\"");
    ck_assert_ptr_nonnull(strstr(markup.text->str, "<b>    7&quot;</b>"));
    ck_assert_uint_eq(markup.elements, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("page");
    TCase *lines = tcase_create("lines");
    tcase_add_loop_test(lines, test_wrapped, 0, (int)G_N_ELEMENTS(WRAPPED));
    tcase_add_test(lines, test_width);
    tcase_add_test(lines, test_utf8);
    tcase_add_test(lines, test_colour);
    tcase_add_loop_test(lines, test_duration, 0, (int)G_N_ELEMENTS(DURATIONS));
    tcase_add_test(lines, test_before_zero);
    tcase_add_test(lines, test_frame);
    tcase_add_test(lines, test_decimals);
    tcase_add_test(lines, test_arguments);
    suite_add_tcase(suite, lines);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
