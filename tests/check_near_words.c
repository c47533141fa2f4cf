#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "base/near_words.h"

static const char *const WORDS[] = { "verdict",   "version", "cause", "client_ip",
                                     "server_ip", "ip",      NULL };

static const struct {
    const char *name;
    unsigned most;
    const char *near; /* NULL: none */
} ROWS[] = {
    { "verdict", 0, "verdict" },
    { "vedict", 1, "verdict" },   /* one is missing */
    { "verdictt", 1, "verdict" }, /* one too many */
    { "verdikt", 1, "verdict" },  /* another one */
    { "vredict", 1, "verdict" },  /* two changed places */
    { "vrdeict", 1, NULL },       /* one that moved further costs two */
    { "vredcit", 1, NULL },       /* two such faults */
    { "vredcit", 2, "verdict" },  /* likewise */
    { "caus", UINT_MAX, "cause, ip, version" },
    { "ip", 0, "client_ip, server_ip, ip" }, /* they hold it */
    { "zzzzzzzz", 3, NULL },
    { "", 0, NULL },
    { "", 2, "ip" }, /* by inserting */
};

START_TEST(test_near)
{
    g_autofree char *near = near_words(ROWS[_i].name, WORDS, ROWS[_i].most);
    ck_assert_msg(g_strcmp0(near, ROWS[_i].near) == 0, "%s within %u: %s", ROWS[_i].name,
                  ROWS[_i].most, near ? near : "none");
}
END_TEST

START_TEST(test_distance)
{
    ck_assert_uint_eq(near_words_distance(""), 1);
    ck_assert_uint_eq(near_words_distance("port"), 1);
    ck_assert_uint_eq(near_words_distance("verdict"), 2);
    g_autofree char *endless = g_strnfill(100000, 'x');
    ck_assert_uint_le(near_words_distance(endless), NEAR_WORDS_LENGTH);
    g_autofree char *near = near_words(endless, WORDS, near_words_distance(endless));
    ck_assert_ptr_null(near);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("near_words");
    TCase *tcase = tcase_create("near_words");
    tcase_add_loop_test(tcase, test_near, 0, G_N_ELEMENTS(ROWS));
    tcase_add_test(tcase, test_distance);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
