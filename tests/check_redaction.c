/* Names of values. The vector is test case 2 of RFC 4231. */
#include <check.h>
#include <stdlib.h>

#include "http/options.h"
#include "http/redaction.h"
#include "http1/head.h"

static char *name_of(const char *key, const char *value)
{
    g_autoptr(Redactor) redactor = redactor_new(span_of_text(key));
    GString *text = g_string_new(NULL);
    redactor_append(redactor, text, span_of_text(value));
    return g_string_free(text, FALSE);
}

START_TEST(test_vector)
{
    g_autofree char *name = name_of("Jefe", "what do ya want for nothing?");
    ck_assert_str_eq(name, "#5bdcc146bf60");
    ck_assert_uint_eq(strlen(name), REDACTION_LENGTH);
}
END_TEST

START_TEST(test_names)
{
    g_autofree char *name = name_of("key", "/path");
    g_autofree char *same = name_of("key", "/path");
    g_autofree char *other = name_of("key", "/path2");
    g_autofree char *other_key = name_of("key2", "/path");
    g_autofree char *empty = name_of("key", "");
    ck_assert_str_eq(name, same);
    ck_assert_str_ne(name, other);
    ck_assert_str_ne(name, other_key);
    ck_assert_str_eq(empty, "");
}
END_TEST

/* The text of a head's Connection or Keep-Alive lines, names shown as "#". */
static char *values_of(const char *head_text, FieldName field)
{
    g_autoptr(Redactor) redactor = redactor_new(span_of_text("key"));
    static Head head;
    ck_assert_int_gt(head_parse(span_of_text(head_text), HEAD_RESPONSE, &head, NULL), 0);
    g_autoptr(GString) text = g_string_new(NULL);
    head_append_values(&head, field, redactor, text, 1000);
    GString *shown = g_string_new(NULL);
    for (const char *at = text->str; *at; at++) {
        g_string_append_c(shown, *at);
        if (*at == '#')
            at += REDACTION_LENGTH - 1;
    }
    return g_string_free(shown, FALSE);
}

static const struct {
    const char *name, *head;
    FieldName field;
    const char *values;
} VALUES[] = {
    { "options stay as sent", "HTTP/1.1 200 OK\r\nConnection: Keep-Alive, x-Trace\r\n\r\n",
      FIELD_CONNECTION, "Keep-Alive, x-Trace" },
    { "a member that is no token is hidden, its neighbours are not",
      "HTTP/1.1 200 OK\r\nConnection: close, se cret,upgrade\r\n\r\n", FIELD_CONNECTION,
      "close, #, upgrade" },
    { "a quoted member", "HTTP/1.1 200 OK\r\nConnection: \"se,cret\"\r\n\r\n", FIELD_CONNECTION,
      "#" },
    { "several lines", "HTTP/1.1 200 OK\r\nConnection: close\r\nConnection: a b\r\n\r\n",
      FIELD_CONNECTION, "close\\x0a#" },
    { "empty members have no name", "HTTP/1.1 200 OK\r\nConnection: , close,,\r\n\r\n",
      FIELD_CONNECTION, "close" },
    { "each line of another field is hidden whole",
      "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5, max=9\r\nKeep-Alive: se=cret\r\n\r\n",
      FIELD_KEEP_ALIVE, "#\\x0a#" },
};

START_TEST(test_values)
{
    g_autofree char *values = values_of(VALUES[_i].head, VALUES[_i].field);
    ck_assert_msg(strcmp(values, VALUES[_i].values) == 0, "%s: %s", VALUES[_i].name, values);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("redaction");
    TCase *tcase = tcase_create("redaction");
    tcase_add_test(tcase, test_vector);
    tcase_add_test(tcase, test_names);
    tcase_add_loop_test(tcase, test_values, 0, G_N_ELEMENTS(VALUES));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
