/* The names that are known, and none beside them. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "http/field_name.h"

START_TEST(every_name_is_found)
{
    const char *text = field_name_text((FieldName)_i);
    g_autofree char *lower = g_ascii_strdown(text, -1);
    g_autofree char *upper = g_ascii_strup(text, -1);
    ck_assert_str_ne(text, "");
    ck_assert_msg(field_name(span_of_text(text)) == (FieldName)_i, "%s", text);
    ck_assert_msg(field_name(span_of_text(lower)) == (FieldName)_i, "%s", lower);
    ck_assert_msg(field_name(span_of_text(upper)) == (FieldName)_i, "%s", upper);
}
END_TEST

/* Of each name: one byte less, one more, and each byte another one. */
START_TEST(what_is_nearly_a_name_is_none)
{
    const char *text = field_name_text((FieldName)_i);
    size_t length = strlen(text);
    g_autofree char *longer = g_strconcat(text, "s", NULL);
    ck_assert_int_ne(field_name(span_make(text, length - 1)), _i); /* Key1 */
    ck_assert_int_eq(field_name(span_of_text(longer)), FIELD_OTHER);
    for (size_t at = 0; at < length; at++) {
        g_autofree char *other = g_strdup(text);
        other[at] = '_';
        ck_assert_msg(field_name(span_of_text(other)) == FIELD_OTHER, "%s", other);
    }
}
END_TEST

START_TEST(other_names)
{
    static const char *const others[] = { "",
                                          "Date",
                                          "Server",
                                          "Accept",
                                          "ETag",
                                          "User-Agent",
                                          "Content-Type",
                                          "Sec-WebSocket-Key2",
                                          "Sec-WebSocket-Extensions-And-More" };
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        ck_assert_msg(field_name(span_of_text(others[i])) == FIELD_OTHER, "%s", others[i]);
    ck_assert_str_eq(field_name_text(FIELD_OTHER), "");
    ck_assert_int_eq(field_name(span_of_text("Keep\rAlive")),
                     FIELD_OTHER); /* "-" without its case bit */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("field_name");
    TCase *tcase = tcase_create("field_name");
    tcase_add_loop_test(tcase, every_name_is_found, FIELD_OTHER + 1, FIELD_NAME_COUNT);
    tcase_add_loop_test(tcase, what_is_nearly_a_name_is_none, FIELD_OTHER + 1, FIELD_NAME_COUNT);
    tcase_add_test(tcase, other_names);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
