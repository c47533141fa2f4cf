/* Each column gets what its longest field needs, if the terminal has room for that; otherwise
 * screen_layout.h says what is given up. */
#include "report/screen.h"

#include <string.h>

#include "base/append.h"
#include "report/page.h"
#include "report/screen_layout.h"
#include "report/table_format.h"

/* Usual fields, where rows cannot be measured. */
#define USUAL_LABEL 10
#define USUAL_WORD 12
#define USUAL_WORDS 24
#define USUAL_TEXT 16
#define USUAL_SECONDS 9
#define CUT_MARK "\xe2\x80\xa6" /* … */

/* The format --------------------------------------------------------------------------------- */

static void write_text(GString *rows, const char *text)
{
    append_words(rows, text);
}

#define FIELDS_WRITER                                                                              \
    {                                                                                              \
        .separator = TABLE_FIELD_END, .text = write_text, .mark = "", .absent = "",                \
        .empty_list = "", .row_end = ""                                                            \
    }

const TableWriter TABLE_WRITER_SCREEN = FIELDS_WRITER, TABLE_WRITER_FIELDS = FIELDS_WRITER;

/* The layout --------------------------------------------------------------------------------- */

/* How much of their dates all points in time of a table share. */
typedef enum SharedDate { SHARED_NOTHING, SHARED_YEAR, SHARED_DAY } SharedDate;

/* A point in time, without the year if that is the same everywhere. */
static char *shown_time(const char *field, TimeForm form, SharedDate shared)
{
    const int seconds = (int)strlen("17:47:46"), milliseconds = (int)strlen("17:47:46.375");
    if (shared == SHARED_DAY && form != TIME_FORM_LONG)
        return g_strndup(field + 11, (gsize)(form == TIME_FORM_LEAST ? seconds : milliseconds));
    const char *date = shared == SHARED_NOTHING ? field : field + strlen("2026-");
    return g_strdup_printf("%.*s %.*s", (int)(field + strlen("2026-11-23") - date), date,
                           form == TIME_FORM_LONG ? milliseconds : seconds, field + 11);
}

/* How fields are shown. */
typedef struct Forms {
    TimeForm times;
    SharedDate shared;
} Forms;

/* A field as it is shown: durations without zeros at their end. */
static char *shown(ColumnType type, const char *field, const Forms *forms)
{
    size_t length = strlen(field);
    if (type == COLUMN_TIME && length > strlen("2026-11-23T17:47:46.375"))
        return shown_time(field, forms->times, forms->shared);
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

/* The same chart on less room: each run of a mark keeps its share, and a place at least. All charts
 * of a table shrink by the same factor, `to` of `from` places; owned by the caller. */
static char *shrunk_chart(const char *chart, size_t from, size_t to)
{
    GString *text = g_string_new(NULL);
    while (*chart) {
        size_t run = 1;
        while (chart[run] == *chart)
            run++;
        for (size_t places = MAX(1, run * to / from); places > 0 && text->len < to; places--)
            g_string_append_c(text, *chart);
        chart += run;
    }
    return g_string_free(text, FALSE);
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
        return g_str_has_prefix(column->name, "ended_") ? strlen(column->name)
               : strcmp(column->name, "cause") == 0     ? strlen("closed_before_timeout")
               : strcmp(column->name, "rule") == 0      ? strlen("request-after-server-close")
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

/* A table on its way to a terminal. */
typedef struct Drawing {
    const Screen *screen;
    ScreenLayout layout;
    Page page;
} Drawing;

static Drawing drawing_new(const Screen *screen, GString *text)
{
    Drawing drawing = {
        .screen = screen,
        .layout = { .columns = screen->columns, .chooses = screen->ranks, .room = screen->width },
        .page = { .text = text, .colour = screen->colour }
    };
    for (unsigned i = 0; screen->ranks && screen->columns[i].name; i++)
        drawing.layout.ranks[i] = screen->ranks[i];
    return drawing;
}

static void end_line(GString *text)
{
    while (text->len && text->str[text->len - 1] == ' ')
        g_string_truncate(text, text->len - 1);
    g_string_append_c(text, '\n');
}

static void append_line(Drawing *drawing, char *const *fields, bool header)
{
    const ScreenLayout *layout = &drawing->layout;
    bool first = true;
    for (unsigned i = 0; layout->columns[i].name; i++) {
        ColumnType type = layout->columns[i].type;
        bool is_word = type == COLUMN_WORD && !header;
        PageStyle style = header ? PAGE_STRONG : is_word ? style_of(fields[i]) : PAGE_PLAIN;
        if (layout->left_out[i])
            continue;
        g_string_append_printf(drawing->page.text, "%*s", first ? 0 : SCREEN_GAP, "");
        append_cell(&drawing->page, fields[i], layout->widths[i], stands_right(type), style);
        first = false;
    }
    end_line(drawing->page.text);
}

/* The names of the columns, on two lines where one has no room for a name. */
static void append_header(Drawing *drawing)
{
    char *above[SCREEN_COLUMNS_MAX] = { NULL }, *names[SCREEN_COLUMNS_MAX] = { NULL };
    bool tall = false;
    for (unsigned i = 0; drawing->layout.columns[i].name; i++) {
        const char *name = drawing->layout.columns[i].name;
        bool breaks = drawing->layout.tall && !drawing->layout.left_out[i];
        size_t at = breaks ? screen_header_break(name, drawing->layout.widths[i]) : 0;
        above[i] = g_strndup(name, at);
        names[i] = g_strdup(name + at);
        tall = tall || at > 0;
    }
    if (tall)
        append_line(drawing, above, true);
    append_line(drawing, names, true);
    for (unsigned i = 0; names[i]; i++) {
        g_free(above[i]);
        g_free(names[i]);
    }
}

/* The fields of a row, as they are written. */
static char **fields_of(const char *row)
{
    char **fields = g_strsplit(row, "\037", -1);
    if (!fields[0]) { /* the only field of the row, and it is empty */
        g_strfreev(fields);
        fields = g_new0(char *, 2);
        fields[0] = g_strdup("");
    }
    return fields;
}

static char **show_fields(const Column *columns, char *const *fields, const Forms *forms)
{
    unsigned count = 0;
    while (columns[count].name)
        count++;
    g_assert(count < SCREEN_COLUMNS_MAX);
    char **texts = g_new0(char *, count + 1);
    for (unsigned i = 0; i < count; i++)
        texts[i] = shown(columns[i].type, fields[i], forms);
    return texts;
}

/* Rows that come one by one -------------------------------------------------------------------- */

void screen_append_row(GString *text, const Screen *screen, const char *row)
{
    /* a live capture is of this year */
    const Forms forms = { .times = TIME_FORM_LONG, .shared = SHARED_YEAR };
    Drawing drawing = drawing_new(screen, text);
    ScreenLayout *layout = &drawing.layout;
    for (unsigned i = 0; layout->columns[i].name; i++)
        layout->widths[i] = MAX(strlen(layout->columns[i].name), usual_width(&layout->columns[i]));
    screen_layout_fit(layout);
    size_t sum = 0;
    unsigned last = 0;
    for (unsigned i = 0; layout->columns[i].name; i++)
        if (!layout->left_out[i]) {
            sum += layout->widths[i] + (sum ? SCREEN_GAP : 0);
            last = i;
        }
    if (sum < screen->width && screen_least_width(&layout->columns[last]) != SIZE_MAX)
        layout->widths[last] += screen->width - sum;
    if (!row) {
        append_header(&drawing);
        return;
    }
    g_auto(GStrv) fields = fields_of(row);
    g_auto(GStrv) texts = show_fields(screen->columns, fields, &forms);
    for (unsigned i = 0; texts[i]; i++)
        if (screen_least_width(&layout->columns[i]) == SIZE_MAX)
            layout->widths[i] = MAX(layout->widths[i], places(texts[i]));
    append_line(&drawing, texts, false);
}

/* Rows that are all there ---------------------------------------------------------------------- */

/* What is the same of the first time and of all others. */
static SharedDate shared_date(const Column *columns, const GPtrArray *rows)
{
    const size_t year = strlen("2026"), date = strlen("2026-11-23");
    const char *first = NULL;
    SharedDate shared = SHARED_DAY;
    for (guint i = 0; i < rows->len; i++) {
        char *const *fields = g_ptr_array_index(rows, i);
        for (unsigned k = 0; columns[k].name; k++) {
            if (columns[k].type != COLUMN_TIME || strlen(fields[k]) <= date)
                continue;
            first = first ? first : fields[k];
            if (strncmp(first, fields[k], year) != 0)
                return SHARED_NOTHING;
            if (strncmp(first, fields[k], date) != 0)
                shared = SHARED_YEAR;
        }
    }
    return first ? shared : SHARED_YEAR;
}

/* A column that is empty in all rows goes first, if it may go. */
static void measure(ScreenLayout *layout, const GPtrArray *lines)
{
    for (unsigned k = 0; layout->columns[k].name; k++) {
        size_t longest = 0;
        for (guint i = 0; i < lines->len; i++) {
            char *const *texts = g_ptr_array_index(lines, i);
            longest = MAX(longest, places(texts[k]));
        }
        size_t header = screen_header_width(layout->columns[k].name, layout->tall);
        layout->widths[k] = MAX(longest, header);
        if (longest == 0 && layout->ranks[k] > 0)
            layout->ranks[k] = UINT8_MAX;
    }
}

/* The lines as they are shown; the layout is that of the terminal. */
static GPtrArray *lay_out(Drawing *drawing, const GPtrArray *rows)
{
    static const struct {
        TimeForm times;
        bool tall;
    } steps[] = {
        { TIME_FORM_LONG, false },
        { TIME_FORM_SHORT, false },
        { TIME_FORM_SHORT, true },
        { TIME_FORM_LEAST, true },
    };
    const Column *columns = drawing->layout.columns;
    unsigned count = drawing->layout.chooses ? G_N_ELEMENTS(steps) : 1;
    SharedDate shared = shared_date(columns, rows);
    GPtrArray *lines = NULL;
    for (unsigned step = 0; step < count; step++) {
        const Forms forms = { .times = steps[step].times, .shared = shared };
        if (lines)
            g_ptr_array_unref(lines);
        lines = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
        for (guint i = 0; i < rows->len; i++)
            g_ptr_array_add(lines, show_fields(columns, g_ptr_array_index(rows, i), &forms));
        drawing->layout.tall = steps[step].tall;
        measure(&drawing->layout, lines);
        if (screen_layout_is_roomy(&drawing->layout))
            break;
    }
    return lines;
}

static void shrink_charts(const ScreenLayout *layout, const GPtrArray *lines, const size_t *needed)
{
    for (unsigned k = 0; layout->columns[k].name; k++)
        for (guint i = 0; i < lines->len && strcmp(layout->columns[k].name, "chart") == 0; i++) {
            char **texts = g_ptr_array_index(lines, i);
            char *chart = texts[k];
            if (layout->widths[k] >= needed[k])
                continue;
            texts[k] = shrunk_chart(chart, needed[k], layout->widths[k]);
            g_free(chart);
        }
}

void screen_append(GString *text, const Screen *screen, const GPtrArray *rows)
{
    g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    for (guint i = 0; i < rows->len; i++)
        g_ptr_array_add(fields, fields_of(g_ptr_array_index(rows, i)));
    Drawing drawing = drawing_new(screen, text);
    g_autoptr(GPtrArray) lines = lay_out(&drawing, fields);
    size_t needed[SCREEN_COLUMNS_MAX];
    memcpy(needed, drawing.layout.widths, sizeof needed);
    screen_layout_fit(&drawing.layout);
    shrink_charts(&drawing.layout, lines, needed);
    append_header(&drawing);
    for (guint i = 0; i < lines->len; i++)
        append_line(&drawing, g_ptr_array_index(lines, i), false);
}
