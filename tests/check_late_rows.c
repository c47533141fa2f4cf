/* Rows that wait for secrets: in which order they leave, and which of them say that theirs were
 * late. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "late_rows.h"

#define SECRET_32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SECRET_48 SECRET_32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* The number of each row that leaves, and `!` behind those whose secrets were late. */
static void note_row(void *data, const AuditRow *row)
{
    GString *text = data;
    g_string_append_printf(text, "%" G_GUINT64_FORMAT, row->order);
    if (row->kind == ROW_CONNECTION && row->connection.tls && row->connection.tls->facts.late)
        g_string_append_c(text, '!');
    g_string_append_c(text, ' ');
}

/* A row of a connection; `random` 0: it is not one in TLS whose secrets are missing. */
static AuditRow connection_row(uint64_t order, uint8_t random, bool of_13)
{
    AuditRow row = { .kind = ROW_CONNECTION, .order = order };
    row.connection.tls = g_new0(ConnectionTls, 1);
    row.connection.tls->missed = (TlsMissed){ .missed = random != 0, .of_13 = of_13 };
    memset(row.connection.tls->missed.client_random, random, TLS_RANDOM_SIZE);
    return row;
}

static void take(LateRows *late, AuditRow row, bool held)
{
    bool took = late_rows_take(late, &row);
    ck_assert_msg(took == held, "row %" G_GUINT64_FORMAT, row.order);
    if (!took)
        audit_row_clear(&row);
}

static void feed_secrets(TlsKeys *keys, const char *label, uint8_t random)
{
    g_autoptr(GString) line = g_string_new(label);
    g_string_append_c(line, ' ');
    for (int i = 0; i < TLS_RANDOM_SIZE; i++)
        g_string_append_printf(line, "%02x", random);
    g_string_append(line, " " SECRET_48 "\n");
    tls_keys_feed(keys, span_make(line->str, line->len));
    tls_keys_end_text(keys);
}

START_TEST(nothing_waits)
{
    g_autoptr(TlsKeys) keys = tls_keys_new((size_t)1 << 20);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(LateRows) late = late_rows_new(keys, note_row, text);
    take(late, (AuditRow){ .kind = ROW_EXCHANGE, .order = 1 }, false);
    take(late, (AuditRow){ .kind = ROW_CONNECTION, .order = 2 }, false);
    take(late, connection_row(3, 0, true), false);
    late_rows_end(late);
    ck_assert_str_eq(text->str, ""); /* they are the caller's */
}
END_TEST

/* What comes behind one that waits waits with it. Secrets of others, or of another version, are
 * not its own. */
START_TEST(in_order)
{
    g_autoptr(TlsKeys) keys = tls_keys_new((size_t)1 << 20);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(LateRows) late = late_rows_new(keys, note_row, text);
    take(late, (AuditRow){ .kind = ROW_EXCHANGE, .order = 1 }, false);
    take(late, connection_row(2, 0xa, true), true);
    take(late, (AuditRow){ .kind = ROW_EXCHANGE, .order = 3 }, true);
    take(late, connection_row(4, 0xb, true), true);
    take(late, connection_row(5, 0xc, false), true);
    take(late, connection_row(6, 0xd, true), true);
    take(late, connection_row(7, 0, true), true);
    feed_secrets(keys, "SERVER_TRAFFIC_SECRET_0", 0xb);
    feed_secrets(keys, "CLIENT_RANDOM", 0xc);
    feed_secrets(keys, "CLIENT_RANDOM", 0xd);
    ck_assert_str_eq(text->str, "");
    late_rows_end(late);
    ck_assert_str_eq(text->str, "2 3 4! 5! 6 7 ");
}
END_TEST

/* One that is known to be late has nothing to wait for. */
START_TEST(late_already)
{
    g_autoptr(TlsKeys) keys = tls_keys_new((size_t)1 << 20);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(LateRows) late = late_rows_new(keys, note_row, text);
    AuditRow row = connection_row(1, 0xa, true);
    row.connection.tls->facts.late = true;
    take(late, row, false);
}
END_TEST

/* At the bound the first leaves for each that comes; what is left is freed with the rest. */
START_TEST(bound)
{
    g_autoptr(TlsKeys) keys = tls_keys_new((size_t)1 << 20);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(LateRows) late = late_rows_new(keys, note_row, text);
    for (unsigned i = 1; i <= LATE_ROWS_MAX; i++)
        take(late, connection_row(i, 0xa, true), true);
    ck_assert_str_eq(text->str, "");
    feed_secrets(keys, "CLIENT_TRAFFIC_SECRET_0", 0xa);
    take(late, connection_row(LATE_ROWS_MAX + 1, 0xa, true), true);
    take(late, connection_row(LATE_ROWS_MAX + 2, 0xa, true), true);
    ck_assert_str_eq(text->str, "1! 2! ");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("late_rows");
    TCase *tcase = tcase_create("late_rows");
    tcase_add_test(tcase, nothing_waits);
    tcase_add_test(tcase, in_order);
    tcase_add_test(tcase, late_already);
    tcase_add_test(tcase, bound);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
