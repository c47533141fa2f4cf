#include <check.h>
#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "report/table.h"

/* One column of a type, and the end of the list. */
typedef struct OneColumn {
    Column columns[2];
} OneColumn;

static OneColumn one(ColumnType type)
{
    return (OneColumn){ { { .name = "field", .type = type } } };
}

static const Column THREE[] = {
    { "a", COLUMN_NUMBER, NULL, 0 },
    { "b", COLUMN_TEXT, NULL, 0 },
    { "c", COLUMN_WORD, NULL, 0 },
    { 0 },
};

/* A writer into memory: the text is complete after finish(). */
typedef struct Memory {
    char *text;
    size_t size;
    FILE *file;
    Table *csv;
} Memory;

static void memory_open(Memory *memory, const Column *columns)
{
    *memory = (Memory){ 0 };
    memory->file = open_memstream(&memory->text, &memory->size);
    memory->csv = table_new(memory->file, TABLE_CSV, columns);
}

/* The written text; the caller frees it. */
static char *memory_finish(Memory *memory)
{
    ck_assert(table_flush(memory->csv, NULL));
    table_free(memory->csv);
    fclose(memory->file);
    char *text = g_strdup(memory->text);
    free(memory->text);
    return text;
}

/* The second line, of one field. */
static void expect_field(Memory *memory, const char *expected, const char *name)
{
    table_end_row(memory->csv);
    g_autofree char *text = memory_finish(memory);
    g_autofree char *whole = g_strdup_printf("field\n%s\n", expected);
    ck_assert_msg(strcmp(text, whole) == 0, "%s: got %s", name, text);
}

#define BYTES(text)                                                                                \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

static const struct {
    const char *name;
    Span raw;
    const char *field;
} TEXTS[] = {
    { "plain", BYTES("close"), "close" },
    { "empty", BYTES(""), "" },
    { "a comma", BYTES("keep-alive, Upgrade"), "\"keep-alive, Upgrade\"" },
    { "a quote", BYTES("a\"b"), "\"a\"\"b\"" },
    { "a quote alone", BYTES("\""), "\"\"\"\"" },
    { "line ends need no quotes, they are escaped", BYTES("a\r\nb"), "a\\x0d\\x0ab" },
    { "blanks at the ends stay", BYTES(" a "), " a " },
    { "beyond ASCII", BYTES("\xff"), "\\xff" },
    { "a backslash", BYTES("\\x3d"), "\\\\x3d" },
    { "equals", BYTES("=1+1"), "\\x3d1+1" },
    { "plus", BYTES("+1"), "\\x2b1" },
    { "minus", BYTES("-1"), "\\x2d1" },
    { "at", BYTES("@SUM(1)"), "\\x40SUM(1)" },
    { "a tab before the formula", BYTES("\t=1"), "\\x09=1" },
    { "a formula in quotes", BYTES("=\"a\",b"), "\"\\x3d\"\"a\"\",b\"" },
    { "a formula character alone", BYTES("="), "\\x3d" },
    { "a formula character later on", BYTES("a=b"), "a=b" },
    { "a formula behind a semicolon", BYTES("a;=1"), "a;\\x3d1" },
    { "several", BYTES(";=1;;-2;b;@"), ";\\x3d1;;\\x2d2;b;\\x40" },
    { "blanks and quotes before it", BYTES("a; \"'+1"), "\"a; \"\"'\\x2b1\"" },
    { "quotes at the begin", BYTES("\"=1"), "\"\"\"\\x3d1\"" },
    { "a semicolon before something else", BYTES("a;b=1; c"), "a;b=1; c" },
    { "a semicolon at the end", BYTES("=a;"), "\\x3da;" },
};

START_TEST(test_raw_text)
{
    Memory memory;
    OneColumn column = one(COLUMN_TEXT);
    memory_open(&memory, column.columns);
    table_span(memory.csv, TEXTS[_i].raw);
    expect_field(&memory, TEXTS[_i].field, TEXTS[_i].name);
}
END_TEST

static const struct {
    const char *name, *escaped, *field;
} ESCAPED[] = {
    { "nothing", NULL, "" },
    { "empty", "", "" },
    { "an escape stays as it is", "a\\x0ab", "a\\x0ab" },
    { "a pair of backslashes stays", "\\\\", "\\\\" },
    { "a comma", "a,b", "\"a,b\"" },
    { "a formula", "-option", "\\x2doption" },
};

START_TEST(test_escaped_text)
{
    Memory memory;
    OneColumn column = one(COLUMN_TEXT);
    memory_open(&memory, column.columns);
    table_text(memory.csv, ESCAPED[_i].escaped);
    expect_field(&memory, ESCAPED[_i].field, ESCAPED[_i].name);
}
END_TEST

/* The dates come from `date -u -d @SECONDS`. */
static const struct {
    Nanoseconds time;
    unsigned digits;
    const char *field;
} TIMES[] = {
    { 0, 6, "1970-01-01T00:00:00.000000Z" },
    { INT64_C(951782400999999999), 6, "2000-02-29T00:00:00.999999Z" },
    { INT64_C(951782400999999999), 9, "2000-02-29T00:00:00.999999999Z" },
    { INT64_C(1709251199000001000), 6, "2024-02-29T23:59:59.000001Z" },
    { INT64_C(4294967295000000001), 9, "2106-02-07T06:28:15.000000001Z" },
    { INT64_C(-1), 9, "1969-12-31T23:59:59.999999999Z" },
    { INT64_C(-1000000000), 6, "1969-12-31T23:59:59.000000Z" },
    { INT64_MAX, 9, "2262-04-11T23:47:16.854775807Z" },
    { INT64_MIN, 9, "1677-09-21T00:12:43.145224192Z" },
};

START_TEST(test_time)
{
    Memory memory;
    OneColumn column = one(COLUMN_TIME);
    memory_open(&memory, column.columns);
    table_time(memory.csv, TIMES[_i].time, TIMES[_i].digits);
    expect_field(&memory, TIMES[_i].field, "time");
}
END_TEST

static const struct {
    Nanoseconds duration;
    unsigned digits;
    const char *field;
} DURATIONS[] = {
    { 0, 6, "0.000000" },
    { 1, 9, "0.000000001" },
    { 999, 6, "0.000000" },
    { 1000, 6, "0.000001" },
    { 1 * NS_PER_SECOND, 9, "1.000000000" },
    { 75 * NS_PER_SECOND + 20 * NS_PER_MS, 6, "75.020000" },
    /* Beyond 2^53 nanoseconds no double would do. */
    { INT64_C(9007199254740993), 9, "9007199.254740993" },
    { INT64_MAX, 9, "9223372036.854775807" },
};

START_TEST(test_duration)
{
    Memory memory;
    OneColumn column = one(COLUMN_SECONDS);
    memory_open(&memory, column.columns);
    table_duration(memory.csv, DURATIONS[_i].duration, DURATIONS[_i].digits);
    expect_field(&memory, DURATIONS[_i].field, "duration");
}
END_TEST

static const struct {
    FrameId frame;
    const char *field;
} FRAMES[] = {
    { 0, "" },
    { (UINT64_C(1) << 48) | 7, "7" },
    { (UINT64_C(2) << 48) | 7, "7" },
    { (UINT64_C(1) << 48) | UINT64_C(0xffffffffffff), "281474976710655" },
};

START_TEST(test_frame)
{
    Memory memory;
    OneColumn column = one(COLUMN_FRAME);
    memory_open(&memory, column.columns);
    table_frame(memory.csv, FRAMES[_i].frame);
    expect_field(&memory, FRAMES[_i].field, "frame");
}
END_TEST

START_TEST(test_rows)
{
    Memory memory;
    memory_open(&memory, THREE);
    table_uint(memory.csv, 0);
    table_empty(memory.csv);
    table_word(memory.csv, "1:x/y+z=");
    table_end_row(memory.csv);
    table_uint(memory.csv, UINT64_MAX);
    table_text(memory.csv, "x");
    table_empty(memory.csv);
    table_end_row(memory.csv);
    g_autofree char *text = memory_finish(&memory);
    ck_assert_str_eq(text, "a,b,c\n0,,1:x/y+z=\n18446744073709551615,x,\n");
}
END_TEST

START_TEST(test_a_report_without_rows_has_its_header)
{
    Memory memory;
    memory_open(&memory, THREE);
    g_autofree char *text = memory_finish(&memory);
    ck_assert_str_eq(text, "a,b,c\n");
}
END_TEST

/* With more data than the buffer holds, nothing is lost or doubled when the buffer is flushed. */
START_TEST(test_many_rows)
{
    enum { ROWS = 50000 };
    Memory memory;
    OneColumn column = one(COLUMN_NUMBER);
    memory_open(&memory, column.columns);
    g_autoptr(GString) expected = g_string_new("field\n");
    for (unsigned i = 0; i < ROWS; i++) {
        table_uint(memory.csv, i);
        table_end_row(memory.csv);
        g_string_append_printf(expected, "%u\n", i);
    }
    g_autofree char *text = memory_finish(&memory);
    ck_assert(strcmp(text, expected->str) == 0);
}
END_TEST

START_TEST(test_too_few_fields)
{
    Memory memory;
    memory_open(&memory, THREE);
    table_uint(memory.csv, 1);
    table_end_row(memory.csv);
}
END_TEST

START_TEST(test_too_many_fields)
{
    Memory memory;
    OneColumn column = one(COLUMN_NUMBER);
    memory_open(&memory, column.columns);
    table_uint(memory.csv, 1);
    table_uint(memory.csv, 2);
}
END_TEST

START_TEST(test_another_type)
{
    Memory memory;
    OneColumn column = one(COLUMN_TEXT);
    memory_open(&memory, column.columns);
    table_uint(memory.csv, 1);
}
END_TEST

/* An empty list is no absent field: JSON writes them differently. */
START_TEST(test_an_absent_list)
{
    Memory memory;
    OneColumn column = one(COLUMN_WORDS);
    memory_open(&memory, column.columns);
    table_empty(memory.csv);
}
END_TEST

static void write_rows(Table *csv, unsigned rows)
{
    for (unsigned i = 0; i < rows; i++) {
        table_word(csv, "0123456789012345678901234567890123456789");
        table_end_row(csv);
    }
}

/* Few rows fail at the flush, many fail earlier; in both cases the flush reports it. */
static const unsigned FAILING_ROWS[] = { 1, 20000 };

static void expect_failure(FILE *file, unsigned rows, int code)
{
    OneColumn column = one(COLUMN_WORD);
    g_autoptr(Table) csv = table_new(file, TABLE_CSV, column.columns);
    write_rows(csv, rows);
    g_autoptr(GError) error = NULL;
    ck_assert(!table_flush(csv, &error));
    ck_assert(g_error_matches(error, G_FILE_ERROR, code));
    ck_assert(table_failed(csv));
    ck_assert_msg(!table_flush(csv, NULL), "a failure is not forgotten");
}

START_TEST(test_full_disk)
{
    FILE *full = fopen("/dev/full", "w");
    ck_assert_ptr_nonnull(full);
    expect_failure(full, FAILING_ROWS[_i], G_FILE_ERROR_NOSPC);
    fclose(full);
}
END_TEST

START_TEST(test_closed_pipe)
{
    signal(SIGPIPE, SIG_IGN);
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[0]);
    FILE *file = fdopen(ends[1], "w");
    ck_assert_ptr_nonnull(file);
    expect_failure(file, FAILING_ROWS[_i], G_FILE_ERROR_PIPE);
    fclose(file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csv");
    TCase *tcase = tcase_create("csv");
    tcase_add_loop_test(tcase, test_raw_text, 0, G_N_ELEMENTS(TEXTS));
    tcase_add_loop_test(tcase, test_escaped_text, 0, G_N_ELEMENTS(ESCAPED));
    tcase_add_loop_test(tcase, test_time, 0, G_N_ELEMENTS(TIMES));
    tcase_add_loop_test(tcase, test_duration, 0, G_N_ELEMENTS(DURATIONS));
    tcase_add_loop_test(tcase, test_frame, 0, G_N_ELEMENTS(FRAMES));
    tcase_add_test(tcase, test_rows);
    tcase_add_test(tcase, test_a_report_without_rows_has_its_header);
    tcase_add_test(tcase, test_many_rows);
    tcase_add_test_raise_signal(tcase, test_too_few_fields, SIGABRT);
    tcase_add_test_raise_signal(tcase, test_too_many_fields, SIGABRT);
    tcase_add_test_raise_signal(tcase, test_another_type, SIGABRT);
    tcase_add_test_raise_signal(tcase, test_an_absent_list, SIGABRT);
    tcase_add_loop_test(tcase, test_full_disk, 0, G_N_ELEMENTS(FAILING_ROWS));
    tcase_add_loop_test(tcase, test_closed_pipe, 0, G_N_ELEMENTS(FAILING_ROWS));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
