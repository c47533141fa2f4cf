#include "report/csv.h"

#include <errno.h>
#include <inttypes.h>

#include "base/text.h"
#include "report/time.h"

/* Large enough that writing costs nothing beside reading, small enough to stay in cache. */
#define BUFFER_FLUSH 65536

/* A spreadsheet takes a text that begins so for a formula. */
#define FORMULA_STARTS "=+-@"

struct Csv {
    FILE *out;
    GString *rows;
    GString *scratch; /* of csv_span() */
    unsigned columns;
    unsigned fields; /* of the row begun */
    int failure;     /* errno of the first write that failed */
};

static void begin_field(Csv *csv)
{
    g_assert(csv->fields < csv->columns);
    if (csv->fields++ > 0)
        g_string_append_c(csv->rows, ',');
}

static void write_out(Csv *csv)
{
    if (csv->failure == 0 && csv->rows->len > 0) {
        errno = 0;
        if (fwrite(csv->rows->str, 1, csv->rows->len, csv->out) != csv->rows->len)
            csv->failure = errno ? errno : EIO;
    }
    g_string_truncate(csv->rows, 0);
}

Csv *csv_new(FILE *out, const char *const *columns)
{
    Csv *csv = g_new0(Csv, 1);
    csv->out = out;
    csv->rows = g_string_sized_new(BUFFER_FLUSH + BUFFER_FLUSH / 4);
    csv->scratch = g_string_new(NULL);
    while (columns[csv->columns])
        csv->columns++;
    for (unsigned i = 0; i < csv->columns; i++)
        csv_word(csv, columns[i]);
    csv_end_row(csv);
    return csv;
}

/* RFC 4180 §2: a field with a comma, a quote or a line break stands in quotes, its quotes doubled.
 * Escaped text has no line breaks. */
static void append_field(GString *rows, const char *text)
{
    bool quotes = strpbrk(text, ",\"") != NULL;
    if (quotes)
        g_string_append_c(rows, '"');
    if (strchr(FORMULA_STARTS, *text))
        g_string_append_printf(rows, "\\x%02x", (unsigned char)*text++);
    for (; *text; text++) {
        if (*text == '"')
            g_string_append_c(rows, '"');
        g_string_append_c(rows, *text);
    }
    if (quotes)
        g_string_append_c(rows, '"');
}

void csv_text(Csv *csv, const char *escaped)
{
    begin_field(csv);
    if (escaped && *escaped)
        append_field(csv->rows, escaped);
}

void csv_span(Csv *csv, Span bytes)
{
    g_string_truncate(csv->scratch, 0);
    text_append_escaped(csv->scratch, bytes);
    csv_text(csv, csv->scratch->str);
}

void csv_word(Csv *csv, const char *word)
{
    begin_field(csv);
    g_string_append(csv->rows, word);
}

void csv_uint(Csv *csv, uint64_t number)
{
    begin_field(csv);
    g_string_append_printf(csv->rows, "%" PRIu64, number);
}

void csv_frame(Csv *csv, FrameId frame, unsigned row_input)
{
    begin_field(csv);
    if (frame == 0)
        return;
    if (frame_input(frame) != row_input)
        g_string_append_printf(csv->rows, "%u:", frame_input(frame));
    g_string_append_printf(csv->rows, "%" PRIu64, frame_number(frame));
}

void csv_time(Csv *csv, Nanoseconds time, unsigned digits)
{
    begin_field(csv);
    append_time(csv->rows, time, digits);
}

void csv_duration(Csv *csv, Nanoseconds duration, unsigned digits)
{
    begin_field(csv);
    append_duration(csv->rows, duration, digits);
}

void csv_empty(Csv *csv)
{
    begin_field(csv);
}

void csv_end_row(Csv *csv)
{
    g_assert(csv->fields == csv->columns);
    csv->fields = 0;
    g_string_append_c(csv->rows, '\n');
    if (csv->rows->len >= BUFFER_FLUSH)
        write_out(csv);
}

bool csv_failed(const Csv *csv)
{
    return csv->failure != 0;
}

bool csv_flush(Csv *csv, GError **error)
{
    write_out(csv);
    if (csv->failure == 0 && fflush(csv->out) != 0)
        csv->failure = errno ? errno : EIO;
    if (csv->failure == 0)
        return true;
    g_set_error_literal(error, G_FILE_ERROR, (gint)g_file_error_from_errno(csv->failure),
                        g_strerror(csv->failure));
    return false;
}

void csv_free(Csv *csv)
{
    if (!csv)
        return;
    g_string_free(csv->rows, TRUE);
    g_string_free(csv->scratch, TRUE);
    g_free(csv);
}
