/* How a format writes the parts of a row. Between table.c and the formats alone. */
#ifndef REPORT_TABLE_FORMAT_H
#define REPORT_TABLE_FORMAT_H

#include <glib.h>

#include "report/table.h"

/* Characters that mean something to some format. */
typedef enum TableMark {
    MARK_COMMA = 1 << 0,
    MARK_QUOTE = 1 << 1,
    MARK_BACKSLASH = 1 << 2,
    MARK_SEMICOLON = 1 << 3,
} TableMark;

typedef struct TableWriter {
    void (*header)(GString *rows, const Column *columns); /* NULL: none */
    char separator; /* of fields; 0: before a field's value there is more: */
    /* `index` is 0 for the first of a row */
    void (*begin_field)(GString *rows, const char *column, unsigned index);
    /* Printable, not empty; ASCII but for paths. One that has none of the `special` characters is
     * written as it is, and so are the program's own words, between two `mark`s. */
    void (*text)(GString *rows, const char *text);
    unsigned special; /* TableMark */
    const char *mark; /* of one character, or "" */
    /* Items separated by single blanks; `numbers`: those of digits alone are. NULL: as a text. */
    void (*list)(GString *rows, const char *items, gboolean numbers);
    const char *absent;
    const char *empty_list;
    const char *row_end;
} TableWriter;

/* Between the fields of a row that is fitted to a screen or taken; no field holds it. */
#define TABLE_FIELD_END '\037'

/* The last is for rows that are taken. */
extern const TableWriter TABLE_WRITER_CSV, TABLE_WRITER_JSONL, TABLE_WRITER_SCREEN,
    TABLE_WRITER_FIELDS;

#endif
