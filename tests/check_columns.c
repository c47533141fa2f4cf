/* The list of reports: its columns are those of docs/reports.md, with their types. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "report/reports.h"

static void read_page(char **ret_page)
{
    const char *top = g_getenv("srcdir");
    g_autofree char *path = g_build_filename(top ? top : ".", "docs", "reports.md", NULL);
    g_autoptr(GError) error = NULL;
    ck_assert_msg(g_file_get_contents(path, ret_page, NULL, &error), "%s",
                  error ? error->message : "");
}

/* The lines "name type" that a row of the page's table defines: names in backquotes, and one type
 * for all of them or one for each. */
static void add_defined(GPtrArray *defined, const char *row)
{
    g_auto(GStrv) cells = g_strsplit(row, "|", -1);
    ck_assert_uint_ge(g_strv_length(cells), 5);
    g_auto(GStrv) names = g_strsplit(cells[1], "`", -1);
    g_auto(GStrv) types = g_strsplit(g_strstrip(cells[2]), ", ", -1);
    guint type_count = g_strv_length(types);
    for (guint i = 1, n = 0; names[i] && names[i + 1]; i += 2, n++) {
        const char *type = types[type_count > 1 ? n : 0];
        g_ptr_array_add(
            defined, g_strdup_printf("%s %s", names[i],
                                     *type == '`' || g_str_equal(type, "hexadecimal") ? "" : type));
    }
}

/* What the page says of a report, in its order. */
static GPtrArray *defined_columns(const char *page, const char *report)
{
    GPtrArray *defined = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *heading = g_strdup_printf("\n## %s\n", report);
    const char *section = strstr(page, heading);
    ck_assert_msg(section, "no section %s", report);
    const char *table = strstr(section, "\n| column ");
    ck_assert_ptr_nonnull(table);
    g_auto(GStrv) lines = g_strsplit(table + 1, "\n", -1);
    for (guint i = 2; lines[i] && *lines[i] == '|'; i++)
        add_defined(defined, lines[i]);
    return defined;
}

START_TEST(as_documented)
{
    g_autofree char *page = NULL;
    read_page(&page);
    const Column *columns = report_columns((ReportName)_i);
    g_autoptr(GPtrArray) defined = defined_columns(page, report_name((ReportName)_i));
    guint count = 0;
    for (; columns[count].name; count++) {
        g_autofree char *own =
            g_strdup_printf("%s %s", columns[count].name, column_type_name(columns[count].type));
        ck_assert_msg(count < defined->len, "%s: not documented", own);
        ck_assert_str_eq(own, g_ptr_array_index(defined, count));
        ck_assert_msg(columns[count].write, "%s: no writer", own);
    }
    ck_assert_uint_eq(count, defined->len);
}
END_TEST

/* JSON and a query go by the name: a report has no column twice. */
START_TEST(names_differ)
{
    const Column *columns = report_columns((ReportName)_i);
    for (guint i = 0; columns[i].name; i++)
        for (guint k = 0; k < i; k++)
            ck_assert_str_ne(columns[i].name, columns[k].name);
}
END_TEST

START_TEST(found_by_name)
{
    ReportName found = REPORT_COUNT;
    ck_assert(report_find(report_name((ReportName)_i), &found));
    ck_assert_int_eq(found, _i);
}
END_TEST

START_TEST(names)
{
    ReportName report = REPORT_PAIRS;
    ck_assert(!report_find("Connections", &report));
    ck_assert(!report_find("connection", &report));
    ck_assert(!report_find("", &report));
    ck_assert_int_eq(report, REPORT_PAIRS);
    g_autofree char *all = report_names();
    ck_assert_str_eq(all, "connections, exchanges, findings, servers, pairs, hops, idle or inputs");
    g_autofree char *csv = report_file_name(REPORT_CONNECTIONS, TABLE_CSV);
    ck_assert_str_eq(csv, "connections.csv");
    g_autofree char *jsonl = report_file_name(REPORT_PAIRS, TABLE_JSONL);
    ck_assert_str_eq(jsonl, "pairs.jsonl");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("columns");
    tcase_add_loop_test(tcase, as_documented, 0, REPORT_COUNT);
    tcase_add_loop_test(tcase, names_differ, 0, REPORT_COUNT);
    tcase_add_loop_test(tcase, found_by_name, 0, REPORT_COUNT);
    tcase_add_test(tcase, names);
    Suite *suite = suite_create("columns");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
