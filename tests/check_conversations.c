/* The rules of judgement as conversations: each text in tests/conversations is given to the
 * program, and both reports must contain what the text expects. A failure prints every column that
 * differs. With names of files or parts of titles as arguments, only those conversations run. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/engine.h"
#include "report/rows.h"
#include "report/table.h"
#include "transcript.h"

static GPtrArray *transcripts; /* of Transcript */

/* ---- the reports of one conversation, read back as tables ---- */

typedef struct Sheet {
    GPtrArray *rows; /* of GPtrArray of char *; the first is the header */
} Sheet;

static void row_free(void *row)
{
    g_ptr_array_unref(row);
}

/* RFC 4180, for a text that the program wrote: no error to look for. */
static Sheet sheet_read(const char *text)
{
    Sheet table = { g_ptr_array_new_with_free_func(row_free) };
    while (*text) {
        GPtrArray *row = g_ptr_array_new_with_free_func(g_free);
        for (;;) {
            GString *field = g_string_new(NULL);
            bool quoted = *text == '"';
            for (text += quoted; *text; text++) {
                if (quoted && text[0] == '"' && text[1] != '"')
                    break;
                if (!quoted && (*text == ',' || *text == '\n'))
                    break;
                text += quoted && *text == '"';
                g_string_append_c(field, *text);
            }
            text += quoted;
            g_ptr_array_add(row, g_string_free(field, FALSE));
            if (*text++ != ',')
                break;
        }
        g_ptr_array_add(table.rows, row);
    }
    return table;
}

/* NULL: there is no such column. */
static const char *sheet_field(const Sheet *table, guint row, const char *column)
{
    const GPtrArray *header = g_ptr_array_index(table->rows, 0);
    const GPtrArray *fields = g_ptr_array_index(table->rows, row);
    ck_assert_uint_eq(header->len, fields->len);
    for (guint i = 0; i < header->len; i++)
        if (strcmp(g_ptr_array_index(header, i), column) == 0)
            return g_ptr_array_index(fields, i);
    return NULL;
}

typedef struct Reports {
    Sheet exchanges, connections, findings;
    GPtrArray *identities; /* `connection` of each connection, by first frame, without `other` */
    GArray *rows;          /* of guint: their rows in `connections` */
} Reports;

/* ---- playing ---- */

static Nanoseconds seconds(const char *text)
{
    return (Nanoseconds)(g_ascii_strtod(text, NULL) * 1000 + 0.5) * NS_PER_MS;
}

static void set_option(EngineOptions *options, const TranscriptOption *option)
{
    Thresholds *thresholds = &options->audit.thresholds;
    if (strcmp(option->name, "prompt-close") == 0)
        thresholds->prompt_close = seconds(option->value);
    else if (strcmp(option->name, "close-grace") == 0)
        thresholds->close_grace = seconds(option->value);
    else if (strcmp(option->name, "timeout-tolerance") == 0)
        thresholds->timeout_tolerance = seconds(option->value);
    else if (strcmp(option->name, "half-close") == 0)
        thresholds->half_close = seconds(option->value);
    else if (strcmp(option->name, "pedantic") == 0)
        options->audit.pedantic = true;
    else
        ck_abort_msg("no such option: %s", option->name);
}

static void feed_frames(Engine *engine, const Transcript *transcript)
{
    FrameBatch batch = { .count = 0 };
    for (size_t i = 0; i < transcript->frame_count; i++) {
        batch.frames[batch.count++] = transcript->frames[i];
        if (batch.count < FRAME_BATCH_MAX && i + 1 < transcript->frame_count)
            continue;
        engine_feed(engine, &batch);
        batch.count = 0;
    }
    engine_finish(engine);
}

static char *close_report(Table *csv, FILE *file, char **text)
{
    ck_assert(table_flush(csv, NULL));
    table_free(csv);
    fclose(file);
    return *text;
}

/* The reports as the program writes them. */
static void play(const Transcript *transcript, char **ret_exchanges, char **ret_connections,
                 char **ret_findings)
{
    EngineOptions options = engine_options_default();
    options.audit.texts.wish = TEXT_WISH_ALL;
    options.audit.exchange_rows = options.audit.connection_rows = options.audit.finding_rows = true;
    for (guint i = 0; i < transcript->options->len; i++)
        set_option(&options, g_ptr_array_index(transcript->options, i));
    g_autoptr(Engine) engine = engine_new(&options);
    feed_frames(engine, transcript);

    size_t size;
    FILE *exchange_file = open_memstream(ret_exchanges, &size);
    FILE *connection_file = open_memstream(ret_connections, &size);
    FILE *finding_file = open_memstream(ret_findings, &size);
    Table *exchanges = table_new(exchange_file, TABLE_CSV, EXCHANGE_COLUMNS);
    Table *connections = table_new(connection_file, TABLE_CSV, CONNECTION_COLUMNS);
    Table *findings = table_new(finding_file, TABLE_CSV, FINDING_COLUMNS);
    RowFile file = { .path = transcript->file, .time_digits = 6 };
    AuditRow row;
    while (engine_next(engine, &row)) {
        if (row.kind == ROW_EXCHANGE)
            write_exchange_row(exchanges, &row.exchange, &file);
        else if (row.kind == ROW_FINDING)
            write_finding_row(findings, &row.finding, &file);
        else
            write_connection_row(connections, &row.connection, &file);
        audit_row_clear(&row);
    }
    close_report(exchanges, exchange_file, ret_exchanges);
    close_report(connections, connection_file, ret_connections);
    close_report(findings, finding_file, ret_findings);
}

static void find_connections(Reports *reports)
{
    reports->identities = g_ptr_array_new();
    reports->rows = g_array_new(FALSE, FALSE, sizeof(guint));
    GPtrArray *rows = reports->connections.rows;
    for (uint64_t frame = 1; reports->identities->len + 1 < rows->len && frame < 100000; frame++) {
        for (guint row = 1; row < rows->len; row++) {
            const char *first = sheet_field(&reports->connections, row, "first_frame");
            const char *client = sheet_field(&reports->connections, row, "client_ip");
            if (g_ascii_strtoull(first, NULL, 10) != frame || strcmp(client, TRANSCRIPT_OTHER) == 0)
                continue;
            const char *identity = sheet_field(&reports->connections, row, "connection");
            g_ptr_array_add(reports->identities, (gpointer)(uintptr_t)identity);
            g_array_append_val(reports->rows, row);
        }
    }
}

static void reports_make(Reports *reports, const Transcript *transcript)
{
    char *exchanges = NULL, *connections = NULL, *findings = NULL;
    play(transcript, &exchanges, &connections, &findings);
    reports->exchanges = sheet_read(exchanges);
    reports->connections = sheet_read(connections);
    reports->findings = sheet_read(findings);
    free(exchanges);
    free(connections);
    free(findings);
    find_connections(reports);
}

static void reports_clear(Reports *reports)
{
    g_ptr_array_unref(reports->identities);
    g_array_unref(reports->rows);
    g_ptr_array_unref(reports->exchanges.rows);
    g_ptr_array_unref(reports->connections.rows);
    g_ptr_array_unref(reports->findings.rows);
}

/* ---- comparing ---- */

static bool is_expected_exchange(const Reports *reports, guint row, const Expectation *expectation)
{
    const Sheet *table = &reports->exchanges;
    if (expectation->target)
        return strcmp(sheet_field(table, row, "target"), expectation->target) == 0;
    if (expectation->status)
        return strcmp(sheet_field(table, row, "status"), expectation->status) == 0 &&
               *sheet_field(table, row, "method") == '\0';
    return g_ascii_strtoull(sheet_field(table, row, "exchange"), NULL, 10) == expectation->number;
}

static bool belongs(const Reports *reports, const Sheet *table, guint row, unsigned connection)
{
    if (connection > reports->identities->len)
        return false;
    const char *identity = g_ptr_array_index(reports->identities, connection - 1);
    return strcmp(sheet_field(table, row, "connection"), identity) == 0;
}

/* The row that an expectation describes; 0: there is none. */
static guint find_row(const Reports *reports, const Expectation *expectation)
{
    if (expectation->subject == EXPECT_CONNECTION)
        return expectation->connection <= reports->rows->len
                   ? g_array_index(reports->rows, guint, expectation->connection - 1)
                   : 0;
    for (guint row = 1; expectation->finding && row < reports->findings.rows->len; row++)
        if (belongs(reports, &reports->findings, row, expectation->connection) &&
            strcmp(sheet_field(&reports->findings, row, "rule"), expectation->finding) == 0)
            return row;
    for (guint row = 1; !expectation->finding && row < reports->exchanges.rows->len; row++)
        if (belongs(reports, &reports->exchanges, row, expectation->connection) &&
            is_expected_exchange(reports, row, expectation))
            return row;
    return 0;
}

static guint count_rows(const Reports *reports, ExpectationSubject subject)
{
    if (subject == EXPECT_CONNECTIONS)
        return reports->identities->len;
    guint count = 0;
    for (guint row = 1; row < reports->exchanges.rows->len; row++)
        for (guint i = 1; i <= reports->identities->len; i++)
            count += belongs(reports, &reports->exchanges, row, i);
    return count;
}

static bool has_word(const char *words, const char *word)
{
    g_auto(GStrv) split = g_strsplit(words, " ", -1);
    return g_strv_contains((const char *const *)split, word);
}

/* Durations are the same number, however many decimals are written. */
static bool is_equal(const char *column, const char *got, const char *expected)
{
    if (strcmp(got, expected) == 0)
        return true;
    if (!g_str_has_suffix(column, "_s") || !*got || !*expected)
        return false;
    double difference = g_ascii_strtod(got, NULL) - g_ascii_strtod(expected, NULL);
    return difference > -1e-9 && difference < 1e-9;
}

static bool holds(const ColumnExpectation *expected, const char *got)
{
    switch (expected->kind) {
    case EXPECT_EQUAL:
        return is_equal(expected->column, got, expected->value);
    case EXPECT_OTHER:
        return !is_equal(expected->column, got, expected->value);
    case EXPECT_WORD:
        return has_word(got, expected->value);
    case EXPECT_NO_WORD:
        return !has_word(got, expected->value);
    }
    return false;
}

static void compare_columns(const Sheet *table, guint row, const Expectation *expectation,
                            GString *differences)
{
    static const char *const marks[] = { "=", "!=", "~", "!~" };
    for (guint i = 0; i < expectation->columns->len; i++) {
        const ColumnExpectation *expected = g_ptr_array_index(expectation->columns, i);
        const char *got = sheet_field(table, row, expected->column);
        if (!got)
            g_string_append_printf(differences, "\n  line %u: there is no column %s",
                                   expectation->line, expected->column);
        else if (!holds(expected, got))
            g_string_append_printf(differences, "\n  line %u: %s%s%s expected, got %s",
                                   expectation->line, expected->column, marks[expected->kind],
                                   expected->value, *got ? got : "nothing");
    }
}

static void compare(const Reports *reports, const Expectation *expectation, GString *differences)
{
    bool counts =
        expectation->subject == EXPECT_EXCHANGES || expectation->subject == EXPECT_CONNECTIONS;
    if (counts) {
        guint count = count_rows(reports, expectation->subject);
        if (count != expectation->number)
            g_string_append_printf(differences, "\n  line %u: %u rows expected, got %u",
                                   expectation->line, expectation->number, count);
        return;
    }
    guint row = find_row(reports, expectation);
    if (row == 0) {
        g_string_append_printf(differences, "\n  line %u: there is no such row", expectation->line);
        return;
    }
    const Sheet *table = &reports->connections;
    if (expectation->subject != EXPECT_CONNECTION)
        table = expectation->subject == EXPECT_FINDING ? &reports->findings : &reports->exchanges;
    compare_columns(table, row, expectation, differences);
}

START_TEST(conversation)
{
    const Transcript *transcript = g_ptr_array_index(transcripts, (guint)_i);
    Reports reports;
    reports_make(&reports, transcript);
    g_autoptr(GString) differences = g_string_new(NULL);
    for (guint i = 0; i < transcript->expectations->len; i++)
        compare(&reports, g_ptr_array_index(transcript->expectations, i), differences);
    reports_clear(&reports);
    ck_assert_msg(differences->len == 0, "%s:%u: %s%s\n  rule: %s", transcript->file,
                  transcript->line, transcript->title, differences->str, transcript->rule);
}
END_TEST

static bool is_wanted(const Transcript *transcript, int argc, char **argv)
{
    if (argc < 2)
        return true;
    g_autofree char *name = g_strdup_printf("%s:%u", transcript->file, transcript->line);
    for (int i = 1; i < argc; i++)
        if (strstr(name, argv[i]) || strstr(transcript->title, argv[i]))
            return true;
    return false;
}

static char *conversations_directory(void)
{
    const char *source = g_getenv("srcdir");
    return g_build_filename(source ? source : ".", "tests", "conversations", NULL);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = conversations_directory();
    transcripts = transcripts_load(directory, &error);
    if (!transcripts) {
        fprintf(stderr, "%s: %s\n", directory, error->message);
        return EXIT_FAILURE;
    }
    for (guint i = transcripts->len; i-- > 0;)
        if (!is_wanted(g_ptr_array_index(transcripts, i), argc, argv))
            g_ptr_array_remove_index(transcripts, i);
    TCase *tcase = tcase_create("conversations");
    tcase_add_loop_test(tcase, conversation, 0, (int)transcripts->len);
    Suite *suite = suite_create("conversations");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    g_ptr_array_unref(transcripts);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
