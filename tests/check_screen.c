/* Rows as a table that fits a terminal. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "report/screen.h"
#include "report/table_format.h"

static const Column COLUMNS[] = {
    { "connection", COLUMN_LABEL, NULL, 0 },  { "start_time", COLUMN_TIME, NULL, 0 },
    { "client_ip", COLUMN_ADDRESS, NULL, 0 }, { "host", COLUMN_TEXT, NULL, 0 },
    { "exchanges", COLUMN_NUMBER, NULL, 0 },  { "idle_s", COLUMN_SECONDS, NULL, 0 },
    { "verdict", COLUMN_WORD, NULL, 0 },      { "cause", COLUMN_WORD, NULL, 0 },
    { NULL, COLUMN_TEXT, NULL, 0 },
};

/* The fields of a row, separated by '|' here. */
static char *row_of(const char *fields)
{
    char *row = g_strdup(fields);
    return g_strdelimit(row, "|", TABLE_FIELD_END);
}

/* `rows` ends with NULL. `ranks` NULL: all columns stay. */
static char *ranked_screen(const Column *columns, const uint8_t *ranks, unsigned width, bool colour,
                           const char *const *rows)
{
    Screen screen = { .columns = columns, .ranks = ranks, .width = width, .colour = colour };
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
    for (; *rows; rows++)
        g_ptr_array_add(list, row_of(*rows));
    GString *text = g_string_new(NULL);
    screen_append(text, &screen, list);
    return g_string_free(text, FALSE);
}

static char *screen_of(const Column *columns, unsigned width, bool colour, const char *const *rows)
{
    return ranked_screen(columns, NULL, width, colour, rows);
}

static const char *const TWO[] = {
    "c1-8|2026-11-23T17:47:46.074999999Z|192.0.2.10|a.example|12|2.002145000|contradicted|"
    "closed_before_timeout",
    "c12-10300|2026-11-23T17:47:46.074000000Z|2001:db8:1234:5678:9abc:def0:1234:5678||3||as_"
    "declared|closed",
    NULL,
};

/* Room for all: text on the left, numbers on the right, times without the year and cut to
 * milliseconds, seconds without zeros at their end, no blank at the end of a line. */
START_TEST(wide_enough)
{
    g_autofree char *text = screen_of(COLUMNS, 139, false, TWO);
    ck_assert_str_eq(
        text, "connection  start_time          client_ip                               host       "
              "exchanges    idle_s  verdict       cause\n"
              "c1-8        11-23 17:47:46.074  192.0.2.10                              a.example  "
              "       12  2.002145  contradicted  closed_before_timeout\n"
              "c12-10300   11-23 17:47:46.074  2001:db8:1234:5678:9abc:def0:1234:5678             "
              "        3            as_declared   closed\n");
}
END_TEST

/* The widest column gives way first, and of equals the left one; what names a row, times, numbers
 * and verdicts never do. Here client_ip goes from 38 places to 15, and cause from 21 to 16. */
START_TEST(narrow)
{
    g_autofree char *text = screen_of(COLUMNS, 111, false, TWO);
    ck_assert_str_eq(text, "connection  start_time          client_ip        host       "
                           "exchanges    idle_s  verdict       cause\n"
                           "c1-8        11-23 17:47:46.074  192.0.2.10       a.example  "
                           "       12  2.002145  contradicted  closed_before_t…\n"
                           "c12-10300   11-23 17:47:46.074  2001:db8:1234:…             "
                           "        3            as_declared   closed\n");
}
END_TEST

/* Nothing may be cut further: lines are longer than the terminal, and nobody loops for ever. */
START_TEST(too_narrow)
{
    g_autofree char *text = screen_of(COLUMNS, 1, false, TWO);
    ck_assert_str_eq(text,
                     "connection  start_time          client_ip        host      exchanges    "
                     "idle_s  verdict       cause\n"
                     "c1-8        11-23 17:47:46.074  192.0.2.10       a.examp…         12  "
                     "2.002145  contradicted  closed_before…\n"
                     "c12-10300   11-23 17:47:46.074  2001:db8:1234:…                    3  "
                     "          as_declared   closed\n");
}
END_TEST

static const struct {
    ColumnType type;
    const char *field, *shown;
} FIELDS[] = {
    { COLUMN_SECONDS, "0.000000000", "0" },
    { COLUMN_SECONDS, "10.000000000", "10" },
    { COLUMN_SECONDS, "0.100000000", "0.1" },
    { COLUMN_SECONDS, "5", "5" },
    { COLUMN_SECONDS, "", "" },
    { COLUMN_TIME, "2026-12-31T23:59:59.999999999Z", "12-31 23:59:59.999" },
    { COLUMN_TIME, "", "" },
    { COLUMN_DECIMAL, "1.90", "1.90" },
    { COLUMN_TEXT, "2026-12-31T23:59:59.999999999Z", "2026-12-31T23:59:59.999999999Z" },
};

START_TEST(shown)
{
    Column columns[] = { { "x", FIELDS[_i].type, NULL, 0 }, { NULL, COLUMN_TEXT, NULL, 0 } };
    const char *rows[] = { FIELDS[_i].field, NULL };
    g_autofree char *text = screen_of(columns, 80, false, rows);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    ck_assert_str_eq(g_strstrip(lines[1]), FIELDS[_i].shown);
}
END_TEST

/* Paths are UTF-8: their places count, not their bytes, and no character is cut in two. */
START_TEST(places)
{
    static const Column columns[] = { { "file", COLUMN_PATH, NULL, 0 },
                                      { "packets", COLUMN_NUMBER, NULL, 0 },
                                      { NULL, COLUMN_TEXT, NULL, 0 } };
    static const char *const rows[] = {
        "m\xc3\xbcnchen\xc3\x9f|1",                                /* münchenß: 8 places */
        "\xe6\x8d\x95\xe8\x8e\xb7\xe6\x96\x87\xe4\xbb\xb6.pcap|2", /* 捕获文件.pcap: 13 */
        "e\xcc\x81t\xc3\xa9|3",                                    /* été, é once composed: 3 */
        NULL,
    };
    g_autofree char *wide = screen_of(columns, 80, false, rows);
    ck_assert_str_eq(wide, "file           packets\n"
                           "m\xc3\xbcnchen\xc3\x9f             1\n"
                           "\xe6\x8d\x95\xe8\x8e\xb7\xe6\x96\x87\xe4\xbb\xb6.pcap        2\n"
                           "e\xcc\x81t\xc3\xa9                  3\n");
    /* nine places for the path: four wide characters would take eight, the mark one more */
    g_autofree char *cut = screen_of(columns, 18, false, rows);
    ck_assert_str_eq(cut, "file       packets\n"
                          "m\xc3\xbcnchen\xc3\x9f         1\n"
                          "\xe6\x8d\x95\xe8\x8e\xb7\xe6\x96\x87\xe4\xbb\xb6\xe2\x80\xa6        2\n"
                          "e\xcc\x81t\xc3\xa9              3\n");
    /* eight: the fourth has no room beside the mark */
    g_autofree char *less = screen_of(columns, 17, false, rows);
    ck_assert_str_eq(less, "file      packets\n"
                           "m\xc3\xbcnchen\xc3\x9f        1\n"
                           "\xe6\x8d\x95\xe8\x8e\xb7\xe6\x96\x87\xe2\x80\xa6         2\n"
                           "e\xcc\x81t\xc3\xa9             3\n");
}
END_TEST

#define RED "\033[31m"
#define YELLOW "\033[33m"
#define GREEN "\033[32m"
#define BOLD "\033[1m"
#define END "\033[0m"

/* The program's own words have colours; the same word in a text of the capture has none. */
START_TEST(colours)
{
    static const Column columns[] = { { "verdict", COLUMN_WORD, NULL, 0 },
                                      { "host", COLUMN_TEXT, NULL, 0 },
                                      { NULL, COLUMN_TEXT, NULL, 0 } };
    static const char *const rows[] = { "contradicted|contradicted",
                                        "undetermined|",
                                        "as_declared|x",
                                        "error|",
                                        "warning|",
                                        "note|",
                                        NULL };
    g_autofree char *text = screen_of(columns, 80, true, rows);
    ck_assert_str_eq(text,
                     BOLD "verdict" END "       " BOLD "host" END "\n" RED "contradicted" END
                          "  contradicted\n" YELLOW "undetermined" END "\n" GREEN "as_declared" END
                          "   x\n" RED "error" END "\n" YELLOW "warning" END "\nnote\n");
}
END_TEST

/* Rows that cannot wait: usual widths, the last column takes what is left, and what may not be cut
 * moves what follows. */
START_TEST(as_they_come)
{
    static const Column columns[] = { { "connection", COLUMN_LABEL, NULL, 0 },
                                      { "server_ip", COLUMN_ADDRESS, NULL, 0 },
                                      { "verdict", COLUMN_WORD, NULL, 0 },
                                      { "findings", COLUMN_WORDS, NULL, 0 },
                                      { NULL, COLUMN_TEXT, NULL, 0 } };
    static const char *const rows[] = { "c1-1|192.0.2.80|contradicted|left-open half-closed-kept",
                                        "c65535-100000|2001:db8::1234:5678|as_declared|" };
    Screen screen = { .columns = columns, .width = 64, .colour = false };
    g_autoptr(GString) text = g_string_new(NULL);
    screen_append_row(text, &screen, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *row = row_of(rows[i]);
        screen_append_row(text, &screen, row);
    }
    ck_assert_str_eq(text->str, "connection  server_ip        verdict       findings\n"
                                "c1-1        192.0.2.80       contradicted  left-open half-close…\n"
                                "c65535-100000  2001:db8::1234…  as_declared\n");
}
END_TEST

/* Where columns may be chosen: step by step, down to the columns that must stay. */
static const uint8_t RANKS[] = { 0, 3, 4, 2, 6, 5, 0, 1 };

static char *chosen(unsigned width, const char *const *rows)
{
    return ranked_screen(COLUMNS, RANKS, width, false, rows);
}

static const char *const SAME_DAY[] = {
    "c1-8|2026-11-23T17:47:46.074999999Z|192.0.2.10|a.example|12|2.002145000|contradicted|aborted",
    "c1-9|2026-11-23T18:47:46.074999999Z|192.0.2.10|a.example|3||as_declared|closed",
    NULL,
};
static const char *const OTHER_DAYS[] = {
    "c1-8|2026-11-23T17:47:46.074999999Z|192.0.2.10|a.example|12|2.002145000|contradicted|aborted",
    "c1-9|2026-11-24T18:47:46.074999999Z|192.0.2.10|a.example|3||as_declared|closed",
    NULL,
};

static const char *const OTHER_YEARS[] = {
    "c1-8|2026-11-23T17:47:46.074999999Z|192.0.2.10|a.example|12|2.002145000|contradicted|aborted",
    "c1-9|2027-11-23T18:47:46.074999999Z|192.0.2.10|a.example|3||as_declared|closed",
    NULL,
};

static const struct {
    unsigned width;
    const char *const *rows;
    const char *first_line, *last_line;
} CHOICES[] = {
    /* 10 + 18 + 10 + 9 + 9 + 8 + 12 + 7 and seven gaps of two: all of it */
    { 97, SAME_DAY,
      "connection  start_time          client_ip   host       exchanges    idle_s  verdict       "
      "cause",
      "c1-9        11-23 18:47:46.074  192.0.2.10  a.example          3            as_declared   "
      "closed" },
    /* without the date, six places less */
    { 91, SAME_DAY,
      "connection  start_time    client_ip   host       exchanges    idle_s  verdict       cause",
      "c1-9        18:47:46.074  192.0.2.10  a.example          3            as_declared   "
      "closed" },
    /* dates differ: without milliseconds, four places less */
    { 93, OTHER_DAYS,
      "connection  start_time      client_ip   host       exchanges    idle_s  verdict       cause",
      "c1-9        11-24 18:47:46  192.0.2.10  a.example          3            as_declared   "
      "closed" },
    /* years differ: they are shown, too */
    { 102, OTHER_YEARS,
      "connection  start_time               client_ip   host       exchanges    idle_s  verdict    "
      "  "
      " cause",
      "c1-9        2027-11-23 18:47:46.074  192.0.2.10  a.example          3            "
      "as_declared  "
      " closed" },
    { 101, OTHER_YEARS,
      "connection  start_time           client_ip   host       exchanges    idle_s  verdict       "
      "cause",
      "c1-9        2027-11-23 18:47:46  192.0.2.10  a.example          3            as_declared   "
      "closed" },
    /* without milliseconds, names on two lines */
    { 87, SAME_DAY, "            start_",
      "c1-9        18:47:46  192.0.2.10  a.example          3            as_declared   closed" },
    /* the least important columns go: exchanges, idle_s, client_ip; 10 + 8 + 9 + 12 + 7 remain */
    { 54, SAME_DAY, "            start_", "c1-9        18:47:46  a.example  as_declared   closed" },
    /* then the time, and the host; cause would be next, but has room */
    { 40, SAME_DAY, "connection  verdict       cause", "c1-9        as_declared   closed" },
    /* what must stay does, whatever the width */
    { 1, SAME_DAY, "connection  verdict", "c1-9        as_declared" },
};

START_TEST(as_many_as_fit)
{
    g_autofree char *text = chosen(CHOICES[_i].width, CHOICES[_i].rows);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    guint count = g_strv_length(lines);
    ck_assert_uint_ge(count, 3);
    ck_assert_str_eq(lines[0], CHOICES[_i].first_line);
    ck_assert_str_eq(lines[count - 2], CHOICES[_i].last_line);
    for (guint i = 0; i < count && CHOICES[_i].width > 1; i++)
        ck_assert_uint_le(strlen(lines[i]), CHOICES[_i].width);
}
END_TEST

/* What is empty in all rows goes before what is less important. */
START_TEST(empty_columns_go_first)
{
    static const char *const rows[] = { "c1-8|||||2.5|contradicted|aborted", NULL };
    g_autofree char *text = chosen(42, rows);
    ck_assert_str_eq(text, "connection  idle_s  verdict       cause\n"
                           "c1-8           2.5  contradicted  aborted\n");
}
END_TEST

/* A chart shrinks as a whole: its longest row has the room, and each mark a place at least. */
START_TEST(charts)
{
    static const Column columns[] = { { "server_port", COLUMN_NUMBER, NULL, 0 },
                                      { "chart", COLUMN_LABEL, NULL, 0 },
                                      { NULL, COLUMN_TEXT, NULL, 0 } };
    static const char *const rows[] = {
        "80|----------##########XXXXXXXXXX---------X", /* 40 places: 10, 10, 10, 9, 1 */
        "80|----------", "80|-#X", NULL
    };
    g_autofree char *wide = screen_of(columns, 53, false, rows);
    ck_assert_ptr_nonnull(strstr(wide, rows[0] + 3));
    g_autofree char *text = screen_of(columns, 33, false, rows);
    ck_assert_str_eq(text, "server_port  chart\n"
                           "         80  -----#####XXXXX----X\n"
                           "         80  -----\n"
                           "         80  -#X\n");
}
END_TEST

START_TEST(no_rows)
{
    static const char *const rows[] = { NULL };
    g_autofree char *text = screen_of(COLUMNS, 80, false, rows);
    ck_assert_str_eq(
        text, "connection  start_time  client_ip  host  exchanges  idle_s  verdict  cause\n");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("screen");
    tcase_add_test(tcase, wide_enough);
    tcase_add_test(tcase, narrow);
    tcase_add_test(tcase, too_narrow);
    tcase_add_loop_test(tcase, shown, 0, (int)G_N_ELEMENTS(FIELDS));
    tcase_add_test(tcase, places);
    tcase_add_test(tcase, colours);
    tcase_add_test(tcase, as_they_come);
    tcase_add_loop_test(tcase, as_many_as_fit, 0, (int)G_N_ELEMENTS(CHOICES));
    tcase_add_test(tcase, empty_columns_go_first);
    tcase_add_test(tcase, charts);
    tcase_add_test(tcase, no_rows);
    Suite *suite = suite_create("screen");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
