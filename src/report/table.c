#include "report/table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "base/append.h"
#include "base/text.h"
#include "report/screen.h"
#include "report/table_format.h"
#include "report/time.h"
#include "stream/community_id.h"
#include "stream/endpoints.h"

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

/* How many addresses are at hand as texts. */
#define ADDRESSES 16

typedef struct AddressMemo {
    IpAddress address;
    size_t length; /* of the text; 0: there is none */
    char text[INET6_ADDRSTRLEN];
} AddressMemo;

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
    AddressMemo addresses[ADDRESSES];
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
static inline const Column *begin_field(Table *table, unsigned types)
{
    const Column *column = &table->columns[table->fields];
    g_assert(column->name && (types >> column->type & 1));
    if (!table->writer->separator)
        table->writer->begin_field(table->rows, column->name, table->fields);
    else if (table->fields > 0)
        append_char(table->rows, table->writer->separator);
    table->fields++;
    return column;
}

/* Which characters of a text mean something to a format, and how long it is. */
typedef struct Shape {
    size_t length;
    unsigned marks; /* TableMark */
} Shape;

static inline Shape shape_of(const char *text)
{
    static const uint8_t marks[UCHAR_MAX + 1] = {
        [','] = MARK_COMMA, ['"'] = MARK_QUOTE, ['\\'] = MARK_BACKSLASH, [';'] = MARK_SEMICOLON
    };
    Shape shape = { 0 };
    for (; text[shape.length]; shape.length++)
        shape.marks |= marks[(unsigned char)text[shape.length]];
    return shape;
}

/* Nothing of it has to be escaped. */
static inline void append_plain(Table *table, const char *text, size_t length)
{
    const char *mark = table->writer->mark;
    if (*mark)
        append_char(table->rows, *mark);
    append_bytes(table->rows, text, length);
    if (*mark)
        append_char(table->rows, *mark);
}

static inline bool begins_plainly(const char *cell)
{
    return g_ascii_isalnum(*cell) || *cell == '/';
}

/* Where a formula would begin in a cell that begins here; NULL: nowhere. Most cells begin with a
 * letter or a digit, or with a slash. */
static const char *find_formula(const char *cell)
{
    if (begins_plainly(cell))
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
    if (!*text) {
        append_words(table->rows, table->writer->absent);
        return;
    }
    Shape shape = shape_of(text);
    if (shape.marks & table->writer->special)
        table->writer->text(table->rows, text);
    else
        append_plain(table, text, shape.length);
}

/* Most texts begin with a letter, and have one cell. */
static void append_guarded(Table *table, const char *text, unsigned types)
{
    Shape shape = shape_of(text);
    if (begins_plainly(text) && !(shape.marks & (table->writer->special | MARK_SEMICOLON))) {
        begin_field(table, types);
        append_plain(table, text, shape.length);
        return;
    }
    append_text(table, guard(table, text), types);
}

void table_text(Table *table, const char *escaped)
{
    append_guarded(table, escaped ? escaped : "", TYPE(TEXT));
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
    if (strcmp(text, "-") == 0)
        append_text(table, text, TYPE(PATH));
    else
        append_guarded(table, text, TYPE(PATH));
}

static void append_word(Table *table, const char *word, size_t length)
{
    begin_field(table, WORDS);
    if (length)
        append_plain(table, word, length);
    else
        append_words(table->rows, table->writer->absent);
}

void table_word(Table *table, const char *word)
{
    append_word(table, word, strlen(word));
}

/* inet_ntop() goes through printf for the four numbers. Returns the length. */
static size_t write_dotted(char *to, const uint8_t bytes[4])
{
    char *at = to;
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            *at++ = '.';
        if (bytes[i] >= 100)
            *at++ = (char)('0' + bytes[i] / 100);
        if (bytes[i] >= 10)
            *at++ = (char)('0' + bytes[i] / 10 % 10);
        *at++ = (char)('0' + bytes[i] % 10);
    }
    return (size_t)(at - to);
}

/* Most rows have an address of one of the last rows. */
static const AddressMemo *address_memo(Table *table, const IpAddress *address)
{
    unsigned place = (address->bytes[3] ^ address->bytes[15]) % ADDRESSES;
    AddressMemo *memo = &table->addresses[place];
    if (memo->length && address_equal(&memo->address, address))
        return memo;
    memo->address = *address;
    if (address->version != 6) {
        memo->length = write_dotted(memo->text, address->bytes);
        return memo;
    }
    inet_ntop(AF_INET6, address->bytes, memo->text, sizeof memo->text);
    memo->length = strlen(memo->text);
    return memo;
}

void table_address(Table *table, const IpAddress *address)
{
    const AddressMemo *memo = address_memo(table, address);
    append_word(table, memo->text, memo->length);
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
    append_word(table, table->scratch->str, table->scratch->len);
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
    if (!items || !*items) {
        begin_field(table, LISTS);
        append_words(table->rows, table->writer->empty_list);
    } else if (!table->writer->list) {
        append_guarded(table, items, LISTS);
    } else {
        const Column *column = begin_field(table, LISTS);
        table->writer->list(table->rows, guard(table, items), column->type == COLUMN_NUMBERS);
    }
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
