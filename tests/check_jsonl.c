/* JSON lines: JSON-GLib reads from them what the CSV of the same rows holds. */
#include <check.h>
#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdlib.h>

#include "audit/engine.h"
#include "report/rows.h"

static const Column THREE[] = {
    { "a", COLUMN_NUMBER, NULL, 0 },
    { "b", COLUMN_TEXT, NULL, 0 },
    { "c", COLUMN_WORD, NULL, 0 },
    { 0 },
};

/* A table in memory. */
typedef struct Memory {
    char *text;
    size_t size;
    FILE *file;
    Table *table;
} Memory;

static void memory_open(Memory *memory, TableFormat format, const Column *columns)
{
    *memory = (Memory){ 0 };
    memory->file = open_memstream(&memory->text, &memory->size);
    memory->table = table_new(memory->file, format, columns);
}

/* The written text; the caller frees it. */
static char *memory_finish(Memory *memory)
{
    ck_assert(table_flush(memory->table, NULL));
    table_free(memory->table);
    fclose(memory->file);
    char *text = g_strdup(memory->text);
    free(memory->text);
    return text;
}

/* Fields ------------------------------------------------------------------------------------- */

/* The number of a text that is not escaped yet. */
#define RAW 1

static const struct {
    const char *name;
    ColumnType type;
    const char *text;
    uint64_t number;
    const char *json;
} FIELDS[] = {
    { "a text", COLUMN_TEXT, "close", 0, "\"close\"" },
    { "no text", COLUMN_TEXT, NULL, 0, "null" },
    { "an empty text", COLUMN_TEXT, "", 0, "null" },
    { "a quote", COLUMN_TEXT, "a\"b", 0, "\"a\\\"b\"" },
    { "a comma needs nothing", COLUMN_TEXT, "a,b", 0, "\"a,b\"" },
    { "an escape is a backslash and what follows", COLUMN_TEXT, "a\\x0ab", 0, "\"a\\\\x0ab\"" },
    { "what was cut", COLUMN_TEXT, "a\\...", 0, "\"a\\\\...\"" },
    { "digits in a text are no number", COLUMN_TEXT, "17", 0, "\"17\"" },
    { "the same escape as in CSV", COLUMN_TEXT, "=1+1", 0, "\"\\\\x3d1+1\"" },
    { "that character alone", COLUMN_TEXT, "-", 0, "\"\\\\x2d\"" },
    { "raw bytes", COLUMN_TEXT, "\xff\\\"\n", RAW, "\"\\\\xff\\\\\\\\\\\"\\\\x0a\"" },
    { "a control character", COLUMN_TEXT, "\x01\x1f\x7f", RAW, "\"\\\\x01\\\\x1f\\\\x7f\"" },
    { "no words", COLUMN_WORDS, "", 0, "[]" },
    { "a word", COLUMN_WORDS, "complete", 0, "[\"complete\"]" },
    { "words", COLUMN_WORDS, "loss snaplen", 0, "[\"loss\",\"snaplen\"]" },
    { "words of digits", COLUMN_WORDS, "1 2", 0, "[\"1\",\"2\"]" },
    { "words with a formula in front", COLUMN_WORDS, "+a +b", 0, "[\"\\\\x2ba\",\"+b\"]" },
    { "words that were cut", COLUMN_WORDS, "a b\\...", 0, "[\"a\",\"b\\\\...\"]" },
    { "no numbers", COLUMN_NUMBERS, "", 0, "[]" },
    { "numbers", COLUMN_NUMBERS, "100 103", 0, "[100,103]" },
    { "numbers that were cut", COLUMN_NUMBERS, "100 \\...", 0, "[100,\"\\\\...\"]" },
    { "frames of two inputs", COLUMN_FRAMES, "7 2-9", 0, "[\"7\",\"2-9\"]" },
    { "no frame", COLUMN_FRAME, NULL, 0, "null" },
    { "a frame", COLUMN_FRAME, NULL, (UINT64_C(1) << 48) | 7, "7" },
    { "a frame of another input", COLUMN_FRAME, NULL, (UINT64_C(2) << 48) | 7, "7" },
    { "a tenth of a second keeps its digits", COLUMN_SECONDS, NULL, 100 * NS_PER_MS, "0.100000" },
    { "no double has these digits", COLUMN_SECONDS, NULL, UINT64_C(9007199254740993001),
      "9007199254.740993" },
    { "a time", COLUMN_TIME, NULL, 0, "\"1970-01-01T00:00:00.000000Z\"" },
    { "a number", COLUMN_NUMBER, NULL, 0, "0" },
    { "the largest number", COLUMN_NUMBER, NULL, UINT64_MAX, "18446744073709551615" },
};

static void append(Table *table, ColumnType type, const char *text, uint64_t number)
{
    switch (type) {
    case COLUMN_WORDS:
    case COLUMN_NUMBERS:
    case COLUMN_FRAMES:
        table_list(table, text);
        return;
    case COLUMN_FRAME:
        table_frame(table, number);
        return;
    case COLUMN_SECONDS:
        table_duration(table, (Nanoseconds)number, 6);
        return;
    case COLUMN_TIME:
        table_time(table, (Nanoseconds)number, 6);
        return;
    case COLUMN_NUMBER:
        table_uint(table, number);
        return;
    case COLUMN_DECIMAL:
        table_hundredths(table, number);
        return;
    case COLUMN_WORD:
    case COLUMN_ADDRESS:
    case COLUMN_LABEL:
        table_word(table, text);
        return;
    case COLUMN_PATH:
        table_path(table, text);
        return;
    case COLUMN_TEXT:
        if (number == RAW)
            table_span(table, span_of_text(text));
        else
            table_text(table, text);
        return;
    }
}

START_TEST(test_field)
{
    Memory memory;
    const Column one[] = { { "field", FIELDS[_i].type, NULL, 0 }, { 0 } };
    memory_open(&memory, TABLE_JSONL, one);
    append(memory.table, FIELDS[_i].type, FIELDS[_i].text, FIELDS[_i].number);
    table_end_row(memory.table);
    g_autofree char *text = memory_finish(&memory);
    g_autofree char *expected = g_strdup_printf("{\"field\":%s}\n", FIELDS[_i].json);
    ck_assert_msg(strcmp(text, expected) == 0, "%s: %s", FIELDS[_i].name, text);
}
END_TEST

START_TEST(test_rows)
{
    Memory memory;
    memory_open(&memory, TABLE_JSONL, THREE);
    for (unsigned row = 0; row < 2; row++) {
        table_uint(memory.table, row);
        table_empty(memory.table);
        table_word(memory.table, "x");
        table_end_row(memory.table);
    }
    g_autofree char *text = memory_finish(&memory);
    ck_assert_str_eq(text, "{\"a\":0,\"b\":null,\"c\":\"x\"}\n{\"a\":1,\"b\":null,\"c\":\"x\"}\n");
}
END_TEST

START_TEST(test_a_report_without_rows_is_empty)
{
    Memory memory;
    memory_open(&memory, TABLE_JSONL, THREE);
    g_autofree char *text = memory_finish(&memory);
    ck_assert_str_eq(text, "");
}
END_TEST

/* Samples ------------------------------------------------------------------------------------ */

static bool is_list(const Column *column)
{
    return column->type == COLUMN_WORDS || column->type == COLUMN_NUMBERS ||
           column->type == COLUMN_FRAMES;
}

static bool is_number(const Column *column)
{
    return column->type == COLUMN_NUMBER || column->type == COLUMN_DECIMAL ||
           column->type == COLUMN_SECONDS;
}

/* The next field of CSV, without quotes; *at moves behind it. */
static char *csv_field(const char **at)
{
    g_autoptr(GString) field = g_string_new(NULL);
    bool quoted = **at == '"';
    if (quoted)
        (*at)++;
    for (; quoted || (**at != ',' && **at != '\n'); (*at)++) {
        if (quoted && **at == '"' && *++*at != '"')
            break;
        g_string_append_c(field, **at);
    }
    (*at)++;
    return g_strdup(field->str);
}

/* The value in JSON, as CSV would write it. */
static char *csv_of(JsonNode *node)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (JSON_NODE_HOLDS_ARRAY(node)) {
        JsonArray *items = json_node_get_array(node);
        for (guint i = 0; i < json_array_get_length(items); i++) {
            g_autofree char *item = csv_of(json_array_get_element(items, i));
            g_string_append_printf(text, "%s%s", i ? " " : "", item);
        }
    } else if (JSON_NODE_HOLDS_NULL(node)) {
        return g_strdup("");
    } else if (json_node_get_value_type(node) == G_TYPE_STRING) {
        ck_assert_msg(*json_node_get_string(node), "empty, not null");
        g_string_append(text, json_node_get_string(node));
    } else if (json_node_get_value_type(node) == G_TYPE_INT64) {
        g_string_append_printf(text, "%" G_GINT64_FORMAT, json_node_get_int(node));
    } else {
        g_string_append_printf(text, "%.6f", json_node_get_double(node));
    }
    return g_strdup(text->str);
}

/* Where a double has no room for the digits, they must at least stand there. */
static void compare_field(const char *line, JsonObject *object, const Column *column,
                          const char *expected)
{
    JsonNode *node = json_object_get_member(object, column->name);
    ck_assert_msg(node, "there is no %s", column->name);
    ck_assert_msg(JSON_NODE_HOLDS_ARRAY(node) == is_list(column), "%s: a list?", column->name);
    if (is_number(column) && *expected) {
        g_autofree char *member = g_strdup_printf("\"%s\":%s", column->name, expected);
        ck_assert_msg(strstr(line, member), "%s in %s", member, line);
        ck_assert(JSON_NODE_HOLDS_VALUE(node));
        ck_assert(json_node_get_value_type(node) != G_TYPE_STRING);
        return;
    }
    g_autofree char *found = csv_of(node);
    ck_assert_msg(strcmp(found, expected) == 0, "%s: %s, in CSV %s", column->name, found, expected);
}

static unsigned compare(const char *csv, const char *jsonl, const Column *columns)
{
    g_auto(GStrv) lines = g_strsplit(jsonl, "\n", -1);
    unsigned rows = 0;
    csv = strchr(csv, '\n') + 1;
    for (; lines[rows] && *lines[rows]; rows++) {
        g_autoptr(JsonParser) parser = json_parser_new();
        g_autoptr(GError) error = NULL;
        json_parser_load_from_data(parser, lines[rows], -1, &error);
        ck_assert_msg(!error, "%s: %s", lines[rows], error ? error->message : "");
        JsonObject *object = json_node_get_object(json_parser_get_root(parser));
        unsigned count = 0;
        for (; columns[count].name; count++) {
            g_autofree char *expected = csv_field(&csv);
            compare_field(lines[rows], object, &columns[count], expected);
        }
        ck_assert_uint_eq(json_object_get_size(object), count);
    }
    ck_assert_msg(!*csv, "as many rows");
    return rows;
}

#define ROW_KINDS 3

typedef struct Reports {
    Memory memory[ROW_KINDS][TABLE_FORMAT_COUNT]; /* by RowKind */
} Reports;

static const Column *columns_of(RowKind kind)
{
    switch (kind) {
    case ROW_EXCHANGE:
        return EXCHANGE_COLUMNS;
    case ROW_CONNECTION:
        return CONNECTION_COLUMNS;
    case ROW_FINDING:
        break;
    }
    return FINDING_COLUMNS;
}

static void write_row(Table *table, const AuditRow *row, const RowFile *file)
{
    if (row->kind == ROW_EXCHANGE)
        write_exchange_row(table, &row->exchange, file);
    else if (row->kind == ROW_CONNECTION)
        write_connection_row(table, &row->connection, file);
    else
        write_finding_row(table, &row->finding, file);
}

static void write_rows(Engine *engine, Reports *reports, const RowFile *file)
{
    AuditRow row;
    while (engine_next(engine, &row)) {
        for (TableFormat format = 0; format <= TABLE_JSONL; format++)
            write_row(reports->memory[row.kind][format].table, &row, file);
        audit_row_clear(&row);
    }
}

static void read_sample(const char *path, Reports *reports)
{
    EngineOptions options = engine_options_default();
    options.audit.texts.wish = TEXT_WISH_ALL;
    options.audit.exchange_rows = options.audit.finding_rows = options.audit.all_connections = true;
    g_autoptr(Engine) engine = engine_new(&options);
    g_autoptr(CaptureReader) reader = capture_reader_open(path, 1, NULL, NULL);
    ck_assert_msg(reader, "%s", path);
    RowFile file = { .path = path, .time_digits = capture_reader_info(reader)->time_digits };
    FrameBatch batch = { 0 };
    while (capture_reader_next(reader, &batch, NULL)) {
        engine_feed(engine, &batch);
        write_rows(engine, reports, &file);
    }
    frame_batch_clear(&batch);
    engine_finish(engine);
    write_rows(engine, reports, &file);
}

static unsigned compare_sample(const char *path)
{
    Reports reports;
    for (RowKind kind = 0; kind < ROW_KINDS; kind++)
        for (TableFormat format = 0; format <= TABLE_JSONL; format++)
            memory_open(&reports.memory[kind][format], format, columns_of(kind));
    read_sample(path, &reports);
    unsigned rows = 0;
    for (RowKind kind = 0; kind < ROW_KINDS; kind++) {
        g_autofree char *csv = memory_finish(&reports.memory[kind][TABLE_CSV]);
        g_autofree char *jsonl = memory_finish(&reports.memory[kind][TABLE_JSONL]);
        rows += compare(csv, jsonl, columns_of(kind));
    }
    return rows;
}

START_TEST(test_samples)
{
    const char *top = getenv("srcdir") ? getenv("srcdir") : ".";
    g_autofree char *folder = g_build_filename(top, "samples", NULL);
    g_autoptr(GDir) samples = g_dir_open(folder, 0, NULL);
    ck_assert_msg(samples, "%s", folder);
    unsigned rows = 0;
    const char *name;
    while ((name = g_dir_read_name(samples))) {
        if (!strstr(name, ".pcap"))
            continue;
        g_autofree char *path = g_build_filename(folder, name, NULL);
        rows += compare_sample(path);
    }
    ck_assert_uint_gt(rows, 100);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jsonl");
    TCase *tcase = tcase_create("jsonl");
    tcase_add_loop_test(tcase, test_field, 0, G_N_ELEMENTS(FIELDS));
    tcase_add_test(tcase, test_rows);
    tcase_add_test(tcase, test_a_report_without_rows_is_empty);
    tcase_add_test(tcase, test_samples);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
