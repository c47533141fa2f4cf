/* Lines that keep to their width, and numbers for a person. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

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
    suite_add_tcase(suite, lines);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
