#include "report/table.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/append.h"
#include "base/text.h"
#include "report/screen.h"
#include "report/table_format.h"
#include "report/time.h"
#include "stream/community_id.h"

/* Large enough to make writing cheap, small enough to stay in cache. */
#define BUFFER_FLUSH 65536

/* A spreadsheet reads a text that begins with one of these as a formula. */
#define FORMULA_STARTS "=+-@"

static const struct {
    const char *name;
    const TableWriter *writer;
} FORMATS[TABLE_FORMAT_COUNT] = {
    [TABLE_CSV] = { "csv", &TABLE_WRITER_CSV },
    [TABLE_JSONL] = { "jsonl", &TABLE_WRITER_JSONL },
    [TABLE_SCREEN] = { "table", &TABLE_WRITER_SCREEN },
    [TABLE_SQLITE] = { "sqlite", &TABLE_WRITER_FIELDS },
};

struct Table {
    FILE *out;
    TableTake take; /* NULL: rows are written to `out` */
    void *taker;
    const TableWriter *writer;
    const Column *columns;
    GString *rows;
    GString *scratch; /* of one field */
    GString *guarded; /* the same, without formulas */
    char *path;       /* the last one, NULL: none yet; and as it is written */
    GString *path_escaped;
    TimeMemo last_second;
    CommunityIds *community_ids; /* NULL: none was asked for yet */
    unsigned fields;             /* of the row begun */
    TableView view;
    Picker *picker; /* NULL: rows leave as they come */
    uint64_t count; /* rows, without those that the view leaves out */
    int failure;    /* errno of the first write that failed */
};

const char *table_format_name(TableFormat format)
{
    return FORMATS[format].name;
}

const char *column_type_name(ColumnType type)
{
    static const char *const names[] = {
        [COLUMN_TEXT] = "text",       [COLUMN_PATH] = "path",       [COLUMN_WORD] = "word",
        [COLUMN_WORDS] = "words",     [COLUMN_NUMBER] = "number",   [COLUMN_NUMBERS] = "numbers",
        [COLUMN_FRAME] = "frame",     [COLUMN_FRAMES] = "frames",   [COLUMN_TIME] = "time",
        [COLUMN_DECIMAL] = "decimal", [COLUMN_SECONDS] = "seconds", [COLUMN_ADDRESS] = "address",
        [COLUMN_LABEL] = "",
    };
    G_STATIC_ASSERT(G_N_ELEMENTS(names) == COLUMN_TYPE_COUNT);
    return names[type];
}

Table *table_new(FILE *out, TableFormat format, const Column *columns)
{
    Table *table = g_new0(Table, 1);
    table->out = out;
    table->writer = FORMATS[format].writer;
    table->columns = columns;
    table->rows = g_string_sized_new(BUFFER_FLUSH + BUFFER_FLUSH / 4);
    table->scratch = g_string_new(NULL);
    table->path_escaped = g_string_new(NULL);
    table->guarded = g_string_new(NULL);
    if (table->writer->header)
        table->writer->header(table->rows, columns);
    return table;
}

Table *table_new_taken(const Column *columns, TableTake take, void *data)
{
    Table *table = table_new(NULL, TABLE_SQLITE, columns);
    table->take = take;
    table->taker = data;
    return table;
}

void table_view(Table *table, const TableView *view)
{
    table->view = *view;
    if (view->top)
        table->picker = picker_new(view->top);
}

/* Whoever takes rows knows why one could not be written. */
static void hand_over(Table *table)
{
    if (table->failure == 0 && !table->take(table->taker, table->rows->str))
        table->failure = EIO;
    g_string_truncate(table->rows, 0);
}

static void write_out(Table *table)
{
    if (table->failure == 0 && table->rows->len > 0) {
        errno = 0;
        if (fwrite(table->rows->str, 1, table->rows->len, table->out) != table->rows->len)
            table->failure = errno ? errno : EIO;
    }
    g_string_truncate(table->rows, 0);
}

/* Fields --------------------------------------------------------------------------------------- */

#define TYPE(name) (1u << COLUMN_##name)
#define LISTS (TYPE(WORDS) | TYPE(NUMBERS) | TYPE(FRAMES))
#define WORDS (TYPE(WORD) | TYPE(ADDRESS) | TYPE(LABEL) | TYPE(TIME))

/* `types`: a bit for each type that the column may have. */
static const Column *begin_field(Table *table, unsigned types)
{
    const Column *column = &table->columns[table->fields];
    g_assert(column->name && (types >> column->type & 1));
    if (table->writer->begin_field)
        table->writer->begin_field(table->rows, column->name, table->fields);
    else if (table->fields > 0)
        append_char(table->rows, ',');
    table->fields++;
    return column;
}

/* Where a formula would begin in a cell that begins here; NULL: nowhere. Most cells begin with a
 * letter or a digit, or with a slash. */
static const char *find_formula(const char *cell)
{
    if (g_ascii_isalnum(*cell) || *cell == '/')
        return NULL;
    cell += strspn(cell, " \"'");
    return *cell && strchr(FORMULA_STARTS, *cell) ? cell : NULL;
}

/* The next formula in another cell: a spreadsheet may have been told to part cells at semicolons,
 * within the quotes of RFC 4180 too. */
static const char *find_next_formula(const char *text)
{
    const char *formula = NULL;
    while (!formula && (text = strchr(text, ';')))
        formula = find_formula(++text);
    return formula;
}

/* The text, no part of which runs as a formula. It lives until the next call. */
static const char *guard(Table *table, const char *text)
{
    const char *formula = find_formula(text);
    if (!formula)
        formula = find_next_formula(text);
    if (!formula)
        return text;
    g_string_truncate(table->guarded, 0);
    for (; formula; formula = find_next_formula(text)) {
        g_string_append_len(table->guarded, text, formula - text);
        g_string_append_printf(table->guarded, "\\x%02x", (unsigned char)*formula);
        text = formula + 1;
    }
    return g_string_append(table->guarded, text)->str;
}

void table_empty(Table *table)
{
    begin_field(table, ~LISTS);
    append_words(table->rows, table->writer->absent);
}

static void append_text(Table *table, const char *text, unsigned types)
{
    begin_field(table, types);
    if (*text)
        table->writer->text(table->rows, text);
    else
        append_words(table->rows, table->writer->absent);
}

void table_text(Table *table, const char *escaped)
{
    const char *text = escaped ? escaped : "";
    append_text(table, guard(table, text), TYPE(TEXT));
}

void table_span(Table *table, Span bytes)
{
    g_string_truncate(table->scratch, 0);
    text_append_escaped(table->scratch, bytes);
    table_text(table, table->scratch->str);
}

/* Whole runs of rows have one path. */
static const char *escaped_path(Table *table, const char *path)
{
    if (!table->path || strcmp(table->path, path) != 0) {
        g_free(table->path);
        table->path = g_strdup(path);
        g_string_truncate(table->path_escaped, 0);
        text_append_path(table->path_escaped, path);
    }
    return table->path_escaped->str;
}

void table_path(Table *table, const char *path)
{
    const char *text = escaped_path(table, path);
    append_text(table, strcmp(text, "-") == 0 ? text : guard(table, text), TYPE(PATH));
}

void table_word(Table *table, const char *word)
{
    begin_field(table, WORDS);
    if (*word)
        table->writer->word(table->rows, word);
    else
        append_words(table->rows, table->writer->absent);
}

void table_community_id(Table *table, const IpAddress address[2], const uint16_t port[2])
{
    if (!table->community_ids)
        table->community_ids = community_ids_new();
    table_word(table, community_ids_find(table->community_ids, address, port));
}

void table_uint(Table *table, uint64_t number)
{
    begin_field(table, TYPE(NUMBER) | TYPE(FRAME));
    append_number(table->rows, number);
}

void table_frame(Table *table, FrameId frame)
{
    if (frame == 0)
        table_empty(table);
    else
        table_uint(table, frame_number(frame));
}

void table_frame_input(Table *table, FrameId frame)
{
    if (frame == 0)
        table_empty(table);
    else
        table_uint(table, frame_input(frame));
}

void table_time(Table *table, Nanoseconds time, unsigned digits)
{
    g_string_truncate(table->scratch, 0);
    append_time_near(table->scratch, &table->last_second, time, digits);
    table_word(table, table->scratch->str);
}

void table_duration(Table *table, Nanoseconds duration, unsigned digits)
{
    begin_field(table, TYPE(SECONDS));
    append_duration(table->rows, duration, digits);
}

void table_hundredths(Table *table, uint64_t hundredths)
{
    begin_field(table, TYPE(DECIMAL));
    g_string_append_printf(table->rows, "%" PRIu64 ".%02u", hundredths / 100,
                           (unsigned)(hundredths % 100));
}

GString *table_items(Table *table)
{
    return g_string_truncate(table->scratch, 0);
}

void table_list(Table *table, const char *items)
{
    const char *list = items ? items : "";
    const Column *column = begin_field(table, LISTS);
    table->writer->list(table->rows, guard(table, list), column->type == COLUMN_NUMBERS);
}

/* Rows ----------------------------------------------------------------------------------------- */

/* The row that was just written is kept aside. */
static void keep_row(Table *table, const RowRank *rank, gsize from)
{
    picker_add(table->picker, rank, g_strdup(table->rows->str + from));
    g_string_truncate(table->rows, from);
}

static Screen screen_of(const Table *table)
{
    return (Screen){ .columns = table->columns,
                     .ranks = table->view.ranks,
                     .width = table->view.width,
                     .colour = table->view.colour };
}

/* The row that was just written becomes a line; it cannot wait for those after it. */
static void show_row(Table *table, gsize from)
{
    Screen screen = screen_of(table);
    g_autofree char *row = g_strdup(table->rows->str + from);
    g_string_truncate(table->rows, from);
    if (table->count == 1)
        screen_append_row(table->rows, &screen, NULL);
    screen_append_row(table->rows, &screen, row);
}

void table_row(Table *table, const struct RowSource *row)
{
    RowRank rank = { 0 };
    if (table->view.rank && (table->view.only || table->picker))
        rank = table->view.rank(row);
    if (table->view.only && !(rank.kinds & table->view.only))
        return;
    gsize from = table->rows->len;
    for (unsigned i = 0; table->columns[i].name; i++) {
        g_assert(table->fields == i);
        table->columns[i].write(table, row, table->columns[i].which);
    }
    table->count++;
    if (table->picker) {
        table->fields = 0;
        g_string_append(table->rows, table->writer->row_end);
        keep_row(table, &rank, from);
        return;
    }
    if (table->writer == &TABLE_WRITER_SCREEN)
        show_row(table, from);
    table_end_row(table);
}

uint64_t table_end(Table *table, uint64_t *ret_count)
{
    *ret_count = table->count;
    if (!table->picker)
        return table->count;
    const GPtrArray *rows = picker_sort(table->picker);
    Screen screen = screen_of(table);
    if (table->writer == &TABLE_WRITER_SCREEN && rows->len > 0)
        screen_append(table->rows, &screen, rows);
    for (guint i = 0; i < rows->len && table->writer != &TABLE_WRITER_SCREEN; i++)
        g_string_append(table->rows, g_ptr_array_index(rows, i));
    return rows->len;
}

void table_end_row(Table *table)
{
    g_assert(!table->columns[table->fields].name);
    table->fields = 0;
    append_words(table->rows, table->writer->row_end);
    if (table->take)
        hand_over(table);
    else if (table->rows->len >= BUFFER_FLUSH)
        write_out(table);
}

bool table_failed(const Table *table)
{
    return table->failure != 0;
}

bool table_flush(Table *table, GError **error)
{
    write_out(table);
    if (table->failure == 0 && fflush(table->out) != 0)
        table->failure = errno ? errno : EIO;
    if (table->failure == 0)
        return true;
    g_set_error_literal(error, G_FILE_ERROR, (gint)g_file_error_from_errno(table->failure),
                        g_strerror(table->failure));
    return false;
}

void table_free(Table *table)
{
    if (!table)
        return;
    g_string_free(table->rows, TRUE);
    g_string_free(table->scratch, TRUE);
    g_string_free(table->path_escaped, TRUE);
    g_free(table->path);
    community_ids_free(table->community_ids);
    g_string_free(table->guarded, TRUE);
    picker_free(table->picker);
    g_free(table);
}
