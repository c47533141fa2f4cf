/* Rows of a report in one of the formats. A sink: new · (row | field* · end_row)* · flush · free.
 *
 * Fields are appended in the order of the columns; an absent one is table_empty(). The type of
 * the column decides how a format writes the field, and a field of another type is a bug.
 * Whoever appends fields does not know the format. Every format is ASCII only but for paths, has
 * LF line ends and one row a line. Rows gather in a buffer that is written out when it is large.
 * A write that fails is remembered and reported by table_flush(); rows after it are dropped. */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <glib.h>
#include <stdio.h>

#include "base/evidence.h"
#include "base/span.h"
#include "report/picker.h"
#include "stream/stream.h"

typedef enum TableFormat {
    TABLE_CSV,    /* RFC 4180, with a header row */
    TABLE_JSONL,  /* an object a row: an absent field is null, a list an array */
    TABLE_SCREEN, /* for a person: the worst rows, fitted to a terminal (screen.h) */
    TABLE_SQLITE, /* all reports in one file (database.h) */
} TableFormat;

#define TABLE_FORMAT_COUNT 4

/* Its word on the command line, and the suffix of its files. */
const char *table_format_name(TableFormat format);

typedef struct Table Table;

/* As docs/reports.md defines them. */
typedef enum ColumnType {
    COLUMN_TEXT, /* bytes from the capture, escaped */
    COLUMN_PATH, /* UTF-8 as it is; "-": standard input */
    COLUMN_WORD,
    COLUMN_WORDS,
    COLUMN_NUMBER,
    COLUMN_NUMBERS,
    COLUMN_FRAME,
    COLUMN_FRAMES,
    COLUMN_TIME,
    COLUMN_DECIMAL,
    COLUMN_SECONDS,
    COLUMN_ADDRESS,
    COLUMN_LABEL, /* in a form of its own: `cK-N`, `HTTP/1.1` */
} ColumnType;

#define COLUMN_TYPE_COUNT (COLUMN_LABEL + 1)

/* The name that docs/reports.md uses; "" for COLUMN_LABEL, whose form it shows. */
const char *column_type_name(ColumnType type);

struct RowSource;

/* A list of columns ends with one without name. */
typedef struct Column {
    const char *name;
    ColumnType type;
    /* Writes exactly one field of a row; `which` of several like values. NULL: whoever makes the
     * rows appends the fields. */
    void (*write)(Table *table, const struct RowSource *row, int which);
    int which;
} Column;

/* `out` and `columns` are borrowed. */
Table *table_new(FILE *out, TableFormat format, const Column *columns);

/* Takes a row instead: its fields, with TABLE_FIELD_END (table_format.h) between them, until it
 * returns. False: no more of them. */
typedef bool (*TableTake)(void *data, const char *row);
Table *table_new_taken(const Column *columns, TableTake take, void *data);

/* Which rows, and how they are shown; all rows in their order without it. */
typedef struct TableView {
    RowRank (*rank)(const struct RowSource *row);
    unsigned only; /* kinds of rows (picker.h); 0: all */
    unsigned top;  /* only so many, the worst first; 0: all, as they come */
    /* of TABLE_SCREEN: */
    unsigned width;
    const uint8_t *ranks; /* of its columns (screen.h), borrowed; NULL: all are wanted */
    bool colour;
} TableView;

/* Before the first row. With `top`, rows are kept until table_end(). */
void table_view(Table *table, const TableView *view);

/* There are no more rows: those that were kept are written. Returns how many of *ret_count. */
uint64_t table_end(Table *table, uint64_t *ret_count);

/* A whole row by the writers of the columns. */
void table_row(Table *table, const struct RowSource *row);

/* A text field that is escaped already (base/text.h); NULL or "" is an absent field. `=`, `+`, `-`
 * or `@` at its begin, or at the begin of what follows a semicolon, is escaped as well, so that no
 * spreadsheet reads it as a formula, whatever it parts cells at, also not after a conversion from
 * JSON. */
void table_text(Table *table, const char *escaped);
/* The same for raw bytes. */
void table_span(Table *table, Span bytes);
/* The path of an input, in the form of text_append_path(). "-" alone is no formula. */
void table_path(Table *table, const char *path);
/* The program's own words, addresses and identifiers: they need no escape. "": absent. */
void table_word(Table *table, const char *word);
void table_address(Table *table, const IpAddress *address);
/* Of the two endpoints (stream/community_id.h). */
void table_community_id(Table *table, const IpAddress address[2], const uint16_t port[2]);
void table_uint(Table *table, uint64_t number);
/* Its number in its input; 0 (no frame) is an absent field. */
void table_frame(Table *table, FrameId frame);
/* The input of a frame; 0 is an absent field. */
void table_frame_input(Table *table, FrameId frame);
/* RFC 3339, UTC; `digits` decimals, 6 or 9. What is finer is cut off, never rounded up. */
void table_time(Table *table, Nanoseconds time, unsigned digits);
/* Decimal seconds; 0 or more. */
void table_duration(Table *table, Nanoseconds duration, unsigned digits);
/* A number with two decimals, from its hundredths. */
void table_hundredths(Table *table, uint64_t hundredths);
/* A list, from its items separated by single blanks; escaped like a text. NULL or "" is an empty
 * list, which is not absent. Among numbers an item that is no number stays a text. */
void table_list(Table *table, const char *items);
/* A text, empty at first, in which the items of the next table_list() or the text of the next
 * table_word() may be put together. Borrowed until then. */
GString *table_items(Table *table);
/* Not in a column of lists. */
void table_empty(Table *table);

/* The row must have a field for each column. */
void table_end_row(Table *table);

/* A write has failed: further rows would be dropped. */
bool table_failed(const Table *table);

/* Writes everything out; false and `error` if this or an earlier write failed. */
bool table_flush(Table *table, GError **error);

/* Does not flush. */
void table_free(Table *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Table, table_free)

#endif
