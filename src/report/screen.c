/* The widths: each column gets what its longest field needs. If that is more than the terminal has,
 * the widest column that may be cut loses one place, until all fit or none may be cut further. */
#include "report/screen.h"

#include <stdint.h>
#include <string.h>

#include "base/append.h"
#include "report/page.h"
#include "report/table_format.h"

#define GAP 2
#define LEAST_WIDTH 8
#define LEAST_WIDTH_OF_CAUSE 14
#define COLUMNS_MAX 64

/* Usual fields, where rows cannot be measured. */
#define USUAL_LABEL 10
#define USUAL_WORD 12
#define USUAL_WORDS 24
#define USUAL_TEXT 16
#define USUAL_SECONDS 9
#define CUT_MARK "\xe2\x80\xa6" /* … */

/* The format --------------------------------------------------------------------------------- */

static void begin_field(GString *rows, const char *column G_GNUC_UNUSED, unsigned index)
{
    if (index > 0)
        append_char(rows, TABLE_FIELD_END);
}

static void write_text(GString *rows, const char *text)
{
    append_words(rows, text);
}

static void write_list(GString *rows, const char *items, gboolean numbers G_GNUC_UNUSED)
{
    write_text(rows, items);
}

#define FIELDS_WRITER                                                                              \
    {                                                                                              \
        .begin_field = begin_field, .text = write_text, .word = write_text, .list = write_list,    \
        .absent = "", .row_end = ""                                                                \
    }

const TableWriter TABLE_WRITER_SCREEN = FIELDS_WRITER, TABLE_WRITER_FIELDS = FIELDS_WRITER;

/* The layout --------------------------------------------------------------------------------- */

/* A field as it is shown: times to the millisecond and without the year, durations without zeros at
 * their end. */
static char *shown(ColumnType type, const char *field)
{
    size_t length = strlen(field);
    if (type == COLUMN_TIME && length > strlen("2026-11-23T17:47:46.375"))
        return g_strdup_printf("%.5s %.12s", field + 5, field + 11);
    char *text = g_strdup(field);
    if (type == COLUMN_SECONDS && strchr(text, '.')) {
        while (text[length - 1] == '0')
            text[--length] = '\0';
        if (text[length - 1] == '.')
            text[length - 1] = '\0';
    }
    return text;
}

/* What a character takes on a terminal. */
static size_t places_of(gunichar character)
{
    return g_unichar_iszerowidth(character) ? 0 : g_unichar_iswide(character) ? 2 : 1;
}

static size_t places(const char *text)
{
    size_t sum = 0;
    for (; *text; text = g_utf8_find_next_char(text, NULL))
        sum += places_of(g_utf8_get_char(text));
    return sum;
}

/* The beginning of a text that is too wide, with the mark; owned by the caller. */
static char *cut_to(const char *text, size_t width)
{
    const char *end = text;
    size_t sum = 1; /* for the mark */
    while (sum + places_of(g_utf8_get_char(end)) <= width) {
        sum += places_of(g_utf8_get_char(end));
        end = g_utf8_find_next_char(end, NULL);
    }
    g_autofree char *start = g_strndup(text, (gsize)(end - text));
    return g_strconcat(start, CUT_MARK, NULL);
}

/* How far a column may be cut. What names a row, and most words by which people look for it, are
 * never cut; an IPv4 address always fits. */
static size_t least_width(const Column *column)
{
    switch (column->type) {
    case COLUMN_TEXT:
    case COLUMN_PATH:
    case COLUMN_WORDS:
        return LEAST_WIDTH;
    case COLUMN_ADDRESS:
        return strlen("255.255.255.255");
    default:
        return strcmp(column->name, "cause") == 0 ? LEAST_WIDTH_OF_CAUSE : SIZE_MAX;
    }
}

static void fit(const Screen *screen, size_t *widths, unsigned count)
{
    size_t sum = (count - 1) * GAP;
    for (unsigned i = 0; i < count; i++)
        sum += widths[i];
    while (sum > screen->width) {
        unsigned widest = count;
        for (unsigned i = 0; i < count; i++)
            if (widths[i] > least_width(&screen->columns[i]) &&
                (widest == count || widths[i] > widths[widest]))
                widest = i;
        if (widest == count)
            return;
        widths[widest]--;
        sum--;
    }
}

static size_t usual_width(const Column *column)
{
    switch (column->type) {
    case COLUMN_TIME:
        return strlen("11-23 17:47:46.375");
    case COLUMN_ADDRESS:
        return strlen("255.255.255.255");
    case COLUMN_LABEL:
        return USUAL_LABEL;
    case COLUMN_TEXT:
    case COLUMN_PATH:
        return USUAL_TEXT;
    case COLUMN_WORDS:
    case COLUMN_NUMBERS:
    case COLUMN_FRAMES:
        return USUAL_WORDS;
    case COLUMN_SECONDS:
        return USUAL_SECONDS;
    case COLUMN_WORD:
        return strcmp(column->name, "cause") == 0  ? strlen("closed_before_timeout")
               : strcmp(column->name, "rule") == 0 ? strlen("request-after-server-close")
                                                   : USUAL_WORD;
    default:
        return 0;
    }
}

static bool stands_right(ColumnType type)
{
    return type == COLUMN_NUMBER || type == COLUMN_FRAME || type == COLUMN_SECONDS ||
           type == COLUMN_DECIMAL;
}

static PageStyle style_of(const char *field)
{
    static const struct {
        const char *word;
        PageStyle style;
    } styles[] = {
        { "contradicted", PAGE_BAD }, { "error", PAGE_BAD },        { "undetermined", PAGE_DOUBT },
        { "warning", PAGE_DOUBT },    { "as_declared", PAGE_GOOD }, { "confirmed", PAGE_BAD },
        { "near", PAGE_DOUBT },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(styles); i++)
        if (strcmp(field, styles[i].word) == 0)
            return styles[i].style;
    return PAGE_PLAIN;
}

static void append_cell(Page *page, const char *field, size_t width, bool right, PageStyle style)
{
    size_t length = places(field);
    g_autofree char *cut = NULL;
    if (length > width) {
        field = cut = cut_to(field, width);
        length = places(field);
    }
    if (right)
        g_string_append_printf(page->text, "%*s", (int)(width - length), "");
    page_words(page, style, field);
    if (!right)
        g_string_append_printf(page->text, "%*s", (int)(width - length), "");
}

static void append_line(Page *page, const Screen *screen, char *const *fields, const size_t *widths,
                        bool header)
{
    for (unsigned i = 0; screen->columns[i].name; i++) {
        ColumnType type = screen->columns[i].type;
        bool is_word = type == COLUMN_WORD && !header;
        PageStyle style = header ? PAGE_STRONG : is_word ? style_of(fields[i]) : PAGE_PLAIN;
        g_string_append_printf(page->text, "%*s", i ? GAP : 0, "");
        append_cell(page, fields[i], widths[i], stands_right(type), style);
    }
    while (page->text->len && page->text->str[page->text->len - 1] == ' ')
        g_string_truncate(page->text, page->text->len - 1);
    g_string_append_c(page->text, '\n');
}

static char **fields_of(const Screen *screen, const char *row)
{
    char **fields = g_strsplit(row, "\037", -1);
    if (!fields[0]) { /* the only field of the row, and it is empty */
        g_strfreev(fields);
        fields = g_new0(char *, 2);
        fields[0] = g_strdup("");
    }
    for (unsigned i = 0; screen->columns[i].name; i++) {
        char *field = fields[i];
        fields[i] = shown(screen->columns[i].type, field);
        g_free(field);
    }
    return fields;
}

/* The fields of the header, borrowed; returns their number. */
static unsigned names_of(const Screen *screen, char *names[COLUMNS_MAX])
{
    unsigned count = 0;
    for (; screen->columns[count].name; count++) {
        g_assert(count < COLUMNS_MAX);
        names[count] = (char *)(uintptr_t)screen->columns[count].name;
    }
    return count;
}

void screen_append_row(GString *text, const Screen *screen, const char *row)
{
    size_t widths[COLUMNS_MAX] = { 0 }, sum = 0;
    char *names[COLUMNS_MAX];
    unsigned count = names_of(screen, names);
    for (unsigned i = 0; i < count; i++) {
        widths[i] = MAX(strlen(names[i]), usual_width(&screen->columns[i]));
        sum += widths[i] + (i ? GAP : 0);
    }
    fit(screen, widths, count);
    const Column *last = &screen->columns[count - 1];
    if (sum < screen->width && least_width(last) != SIZE_MAX)
        widths[count - 1] += screen->width - sum;
    g_auto(GStrv) fields = row ? fields_of(screen, row) : NULL;
    for (unsigned i = 0; i < count && fields; i++)
        if (least_width(&screen->columns[i]) == SIZE_MAX)
            widths[i] = MAX(widths[i], places(fields[i]));
    Page page = { .text = text, .colour = screen->colour };
    append_line(&page, screen, fields ? fields : names, widths, !fields);
}

void screen_append(GString *text, const Screen *screen, const GPtrArray *rows)
{
    size_t widths[COLUMNS_MAX] = { 0 };
    char *names[COLUMNS_MAX];
    unsigned count = names_of(screen, names);
    for (unsigned i = 0; i < count; i++)
        widths[i] = strlen(names[i]);
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    for (guint i = 0; i < rows->len; i++) {
        char **fields = fields_of(screen, g_ptr_array_index(rows, i));
        for (unsigned k = 0; k < count; k++)
            widths[k] = MAX(widths[k], places(fields[k]));
        g_ptr_array_add(lines, fields);
    }
    fit(screen, widths, count);
    Page page = { .text = text, .colour = screen->colour };
    append_line(&page, screen, names, widths, true);
    for (guint i = 0; i < lines->len; i++)
        append_line(&page, screen, g_ptr_array_index(lines, i), widths, false);
}
