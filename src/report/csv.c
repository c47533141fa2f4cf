/* CSV: RFC 4180, LF line ends, a header row. */
#include <string.h>

#include "base/append.h"
#include "report/table_format.h"

static void write_header(GString *rows, const Column *columns)
{
    for (unsigned i = 0; columns[i].name; i++)
        g_string_append_printf(rows, "%s%s", i ? "," : "", columns[i].name);
    g_string_append_c(rows, '\n');
}

/* RFC 4180 §2: a field with a comma, a quote or a line break stands in quotes, its quotes doubled.
 * Escaped text has no line breaks. */
static void write_quoted(GString *rows, const char *text)
{
    append_char(rows, '"');
    while (*text) {
        size_t run = strcspn(text, "\"");
        append_bytes(rows, text, run);
        text += run;
        if (*text == '"') {
            append_constant(rows, "\"\"");
            text++;
        }
    }
    append_char(rows, '"');
}

static void write_text(GString *rows, const char *text)
{
    size_t plain = strcspn(text, ",\"");
    if (text[plain]) {
        write_quoted(rows, text);
        return;
    }
    append_bytes(rows, text, plain);
}

const TableWriter TABLE_WRITER_CSV = {
    .header = write_header,
    .separator = ',',
    .text = write_text,
    .special = MARK_COMMA | MARK_QUOTE,
    .mark = "",
    .absent = "",
    .empty_list = "",
    .row_end = "\n",
};
