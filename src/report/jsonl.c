/* JSON lines: one object a row, on a line of its own (RFC 8259).
 *
 * JSON-GLib, which writes the manifest, does not fit here. It keeps a number with a fraction as a
 * double and would print 0.1 s as 0.10000000000000001. It also builds a tree for each row, which
 * costs several times as much as judging the row. The text that comes here is printable ASCII, so
 * only the quote and the backslash need an escape. */
#include <string.h>

#include "base/append.h"
#include "report/table_format.h"

static void begin_field(GString *rows, const char *column, unsigned index)
{
    append_bytes(rows, index > 0 ? ",\"" : "{\"", 2);
    append_words(rows, column);
    append_constant(rows, "\":");
}

/* RFC 8259 §7. */
static void append_characters(GString *rows, const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        size_t run = MIN(strcspn(text + at, "\"\\"), length - at);
        append_bytes(rows, text + at, run);
        at += run;
        if (at < length) {
            append_char(rows, '\\');
            append_char(rows, text[at++]);
        }
    }
}

static void append_string(GString *rows, const char *text, size_t length)
{
    append_char(rows, '"');
    append_characters(rows, text, length);
    append_char(rows, '"');
}

static void write_text(GString *rows, const char *text)
{
    append_string(rows, text, strlen(text));
}

static void append_item(GString *rows, const char *item, size_t length, gboolean numbers)
{
    if (numbers && g_ascii_isdigit(*item) && strspn(item, "0123456789.") >= length)
        append_bytes(rows, item, length);
    else
        append_string(rows, item, length);
}

static void write_list(GString *rows, const char *items, gboolean numbers)
{
    append_char(rows, '[');
    while (*items) {
        size_t length = strcspn(items, " ");
        append_item(rows, items, length, numbers);
        items += length;
        if (*items == ' ') {
            append_char(rows, ',');
            items++;
        }
    }
    append_char(rows, ']');
}

const TableWriter TABLE_WRITER_JSONL = {
    .begin_field = begin_field,
    .text = write_text,
    .special = MARK_QUOTE | MARK_BACKSLASH,
    .mark = "\"",
    .list = write_list,
    .absent = "null",
    .empty_list = "[]",
    .row_end = "}\n",
};
