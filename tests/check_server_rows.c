/* Rows of servers and pairs: the fields with their own format. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/reports.h"
#include "report/server_rows.h"
#include "told.h"

START_TEST(timeouts_have_three_figures)
{
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {
        { 0.1234, "0.123" }, { 0.9996, "1.000" }, { 1.0004, "1.00" },
        { 4.996, "5.00" },   { 9.994, "9.99" },   { 60.04, "60.0" },
        { 99.96, "100.0" },  { 119.6, "120" },    { 3600.4, "3600" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        timeout_append(text, told_seconds(cases[i].seconds));
        ck_assert_str_eq(text->str, cases[i].text);
    }
}
END_TEST

static char *rows(Servers *servers, ReportName report, TableFormat format)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    Table *table = table_new(out, format, report_columns(report));
    if (report == REPORT_PAIRS)
        write_pair_rows(table, servers);
    else if (report == REPORT_IDLE)
        write_idle_rows(table, servers, false);
    else
        write_server_rows(table, servers);
    ck_assert(table_flush(table, NULL));
    table_free(table);
    fclose(out);
    char *own = g_strdup(strchr(text, '\n') ? strchr(text, '\n') + 1 : text);
    if (format == TABLE_JSONL) {
        g_free(own);
        own = g_strdup(text);
    }
    free(text);
    return own;
}

/* 22 connections closed by the server, 20 as idle and two in the face of a request; 3 reuses. */
START_TEST(whole_rows)
{
    g_autoptr(Servers) servers = servers_new(&SERVERS_LIMITS_DEFAULT);
    told_mismatch(servers, true);
    servers_finish(servers);
    g_autofree char *server = rows(servers, REPORT_SERVERS, TABLE_CSV);
    ck_assert_str_eq(server,
                     "192.0.2.7,80,,22,27,1.23,0,27,20,2,0,,22,5.000000000,5.009500000,5.019000000,"
                     "5.00,,4.500000000,0,2,4000.00,0,0,confirmed,0,0,0,0\n");
    g_autofree char *pair = rows(servers, REPORT_PAIRS, TABLE_CSV);
    ck_assert_str_eq(pair, "10.0.0.1,192.0.2.7,80,20,0,,,0,0\n"
                           "10.0.0.2,192.0.2.7,80,2,5,4.500000000,4.990000001,2,0\n");
    g_autofree char *json = rows(servers, REPORT_SERVERS, TABLE_JSONL);
    ck_assert_ptr_nonnull(strstr(json, "\"exchanges_per_connection\":1.23,"));
    ck_assert_ptr_nonnull(strstr(json, "\"inferred_timeout_s\":[5.00],\"inferred_max\":null,"));
    ck_assert_ptr_nonnull(strstr(json, "\"hosts\":[],"));
}
END_TEST

/* The same connections: three reuses after 4.5 s, 22 closes after 5 s to 5.02 s, two requests lost
 * after 4.99 s. A bin of that octave, from 2^32 ns on, is 2^26 ns wide. */
START_TEST(idle_times)
{
    g_autoptr(Servers) servers = servers_new(&SERVERS_LIMITS_DEFAULT);
    told_mismatch(servers, true);
    servers_finish(servers);
    g_autofree char *idle = rows(servers, REPORT_IDLE, TABLE_CSV);
    ck_assert_str_eq(idle, "192.0.2.7,80,387,4.496293888,4.563402752,3,0,0,0\n"
                           "192.0.2.7,80,394,4.966055936,5.033164800,0,22,2,0\n");
}
END_TEST

/* For people eight bins are a row, and every count that is not 0 can be seen: 22 and 2 of 24 of 40
 * places, and 3 of 24. */
START_TEST(idle_times_as_a_chart)
{
    char *text = NULL;
    size_t size;
    uint8_t ranks[REPORT_SCREEN_MAX];
    g_autoptr(Servers) servers = servers_new(&SERVERS_LIMITS_DEFAULT);
    told_mismatch(servers, true);
    servers_finish(servers);
    FILE *out = open_memstream(&text, &size);
    g_autofree Column *columns = report_screen_columns(REPORT_IDLE, ranks);
    Table *table = table_new(out, TABLE_SCREEN, columns);
    table_view(table, &(TableView){ .top = 10, .width = 110 });
    write_idle_rows(table, servers, true);
    uint64_t count;
    ck_assert_uint_eq(table_end(table, &count), 2);
    ck_assert(table_flush(table, NULL));
    table_free(table);
    fclose(out);
    ck_assert_str_eq(text, "server_ip  server_port  idle_s        reused  closed  lost  chart\n"
                           "192.0.2.7           80  4.29 to 4.83       3       0     0  -----\n"
                           "192.0.2.7           80  4.83 to 5.37       0      22     2  "
                           "####################################XXX\n");
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("server_rows");
    TCase *tcase = tcase_create("rows");
    tcase_add_test(tcase, timeouts_have_three_figures);
    tcase_add_test(tcase, whole_rows);
    tcase_add_test(tcase, idle_times);
    tcase_add_test(tcase, idle_times_as_a_chart);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
