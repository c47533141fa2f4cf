/* What the summary says of servers. */
#include <check.h>
#include <stdlib.h>

#include "report/page.h"
#include "report/summary_servers.h"
#include "told.h"

static const char *line(const GPtrArray *lines, guint index)
{
    ck_assert_uint_gt(lines->len, index);
    return g_ptr_array_index(lines, index);
}

START_TEST(nothing_to_say)
{
    g_autoptr(Servers) servers = servers_new(&SERVERS_LIMITS_DEFAULT);
    told_mismatch(servers, false);
    servers_finish(servers);
    g_autoptr(GPtrArray) worst = summary_worst_servers(servers);
    g_autoptr(GPtrArray) mismatches = summary_mismatches(servers);
    ck_assert_uint_eq(worst->len, 0);
    ck_assert_uint_eq(mismatches->len, 0);
}
END_TEST

/* The numbers are those of told_mismatch(). */
START_TEST(mismatch)
{
    g_autoptr(Servers) servers = servers_new(&SERVERS_LIMITS_DEFAULT);
    told_mismatch(servers, true);
    servers_finish(servers);
    g_autoptr(GPtrArray) worst = summary_worst_servers(servers);
    g_autoptr(GPtrArray) mismatches = summary_mismatches(servers);
    ck_assert_uint_eq(worst->len, 1);
    ck_assert_str_eq(line(worst, 0),
                     "192.0.2.7:80: 2 of 22 connections contradicted, 2 of 5 reuses lost in all");
    ck_assert_uint_eq(mismatches->len, 1);
    ck_assert_str_eq(line(mismatches, 0),
                     "192.0.2.7:80 closes idle connections after 5.0" PAGE_NO_BREAK "s "
                     "(n" PAGE_NO_BREAK "=" PAGE_NO_BREAK "22); 10.0.0.2 reuses them after up to "
                     "5.0" PAGE_NO_BREAK "s: 2 of 5 reuses were lost near that timeout. "
                     "Let the server wait longer than its clients' pools: above 6" PAGE_NO_BREAK
                     "s at least.");
}
END_TEST

/* The worst servers come first; if there are many, their number is printed. */
START_TEST(many_servers)
{
    g_autoptr(Servers) servers = servers_new(&SERVERS_LIMITS_DEFAULT);
    for (unsigned i = 1; i <= 5; i++)
        for (unsigned n = 0; n < (i == 3 ? 2u : 1u); n++) {
            ToldExchange told;
            told_make(&told, 1, i, 10 * i + n);
            told_closed(&told, ENDER_SERVER, NS_PER_MS);
            told_tell(servers, &told);
        }
    servers_finish(servers);
    g_autoptr(GPtrArray) worst = summary_worst_servers(servers);
    ck_assert_uint_eq(worst->len, 4);
    ck_assert_str_eq(line(worst, 0), "192.0.2.3:80: 2 of 2 connections contradicted");
    ck_assert_str_eq(line(worst, 1), "192.0.2.1:80: 1 of 1 connection contradicted");
    ck_assert_str_eq(line(worst, 2), "192.0.2.2:80: 1 of 1 connection contradicted");
    ck_assert_str_eq(line(worst, 3), "and 2 more servers: -r servers");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("summary_servers");
    TCase *tcase = tcase_create("lines");
    tcase_add_test(tcase, nothing_to_say);
    tcase_add_test(tcase, mismatch);
    tcase_add_test(tcase, many_servers);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
