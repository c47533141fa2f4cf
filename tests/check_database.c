/* The database: types and NULL, exact numbers, and writes that fail. */
#include <check.h>
#include <fcntl.h>
#include <glib.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "report/database.h"
#include "report/server_rows.h"
#include "told.h"

static sqlite3 *handle;

/* What the statement gives, as one text: fields with a bar between them. */
static char *ask(const char *sql)
{
    sqlite3_stmt *statement;
    GString *text = g_string_new(NULL);
    ck_assert_int_eq(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *field = (const char *)sqlite3_column_text(statement, i);
            g_string_append_printf(text, "%s%s", text->len ? "|" : "", field ? field : "NULL");
        }
    sqlite3_finalize(statement);
    return g_string_free(text, FALSE);
}

static void assert_asked(const char *sql, const char *expected)
{
    g_autofree char *got = ask(sql);
    ck_assert_msg(g_str_equal(got, expected), "%s: %s instead of %s", sql, got, expected);
}

/* 22 closes of one server, two lost requests, no host. */
static void write_rows(Database *database)
{
    g_autoptr(Servers) servers = servers_new(&SERVERS_LIMITS_DEFAULT);
    told_mismatch(servers, true);
    servers_finish(servers);
    write_server_rows(database_table(database, REPORT_SERVERS), servers);
    write_pair_rows(database_table(database, REPORT_PAIRS), servers);
    write_idle_rows(database_table(database, REPORT_IDLE), servers, false);
}

START_TEST(types)
{
    char path[] = "/tmp/check_database-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    g_autoptr(Database) database = database_new(fd, -1, true);
    write_rows(database);
    GError *error = NULL;
    ck_assert_msg(database_finish(database, &error), "%s", error ? error->message : "");
    close(fd);
    ck_assert_int_eq(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY, "unix"), SQLITE_OK);
    assert_asked("SELECT server_ip, server_port, typeof(server_port), hosts, connections, "
                 "inferred_timeout_s, typeof(inferred_timeout_s), idle_close_median_s = 5.0095 "
                 "FROM servers",
                 "192.0.2.7|80|integer|NULL|22|5.00|text|1");
    /* 4.990000001 s: no digit of a nanosecond is lost */
    assert_asked("SELECT longest_idle_tried_s = 4.990000001, longest_idle_tried_s = 4.99, "
                 "typeof(longest_idle_tried_s) FROM pairs WHERE reuses = 5",
                 "1|0|real");
    assert_asked("SELECT longest_idle_tried_s FROM pairs WHERE reuses = 0", "NULL");
    assert_asked("SELECT sum(closed), sum(reused), sum(lost) FROM idle", "22|3|2");
    assert_asked("SELECT client_ip, lost_requests FROM who_loses_requests", "10.0.0.2|2");
    assert_asked("PRAGMA foreign_key_check", "");
    assert_asked("PRAGMA integrity_check", "ok");
    sqlite3_close(handle);
    unlink(path);
}
END_TEST

START_TEST(full_disk)
{
    int fd = open("/dev/full", O_RDWR);
    if (fd < 0)
        return;
    g_autoptr(Database) database = database_new(fd, -1, true);
    write_rows(database);
    g_autoptr(GError) error = NULL;
    ck_assert(!database_finish(database, &error));
    ck_assert_str_eq(error->message, "No space left on device");
    close(fd);
}
END_TEST

/* A run that fails elsewhere ends without a word about the database. */
START_TEST(not_finished)
{
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    Database *database = database_new(fileno(file), -1, true);
    write_rows(database);
    database_free(database);
    fclose(file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("database");
    TCase *tcase = tcase_create("database");
    tcase_add_test(tcase, types);
    tcase_add_test(tcase, full_disk);
    tcase_add_test(tcase, not_finished);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
