/* How a format writes the parts of a row. Between table.c and the formats alone. */
#ifndef REPORT_TABLE_FORMAT_H
#define REPORT_TABLE_FORMAT_H

#include <glib.h>

#include "report/table.h"

typedef struct TableWriter {
    void (*header)(GString *rows, const Column *columns); /* NULL: none */
    /* Before a field's value; `index` is 0 for the first of a row. NULL: a comma between two. */
    void (*begin_field)(GString *rows, const char *column, unsigned index);
    /* Printable, not empty; ASCII but for paths. */
    void (*text)(GString *rows, const char *text);
    /* The same of the program's own words: letters, digits and marks that no format escapes. */
    void (*word)(GString *rows, const char *word);
    /* Items separated by single blanks; `numbers`: those of digits alone are. */
    void (*list)(GString *rows, const char *items, gboolean numbers);
    const char *absent;
    const char *row_end;
} TableWriter;

/* Between the fields of a row that is fitted to a screen or taken; no field holds it. */
#define TABLE_FIELD_END '\037'

/* The last is for rows that are taken. */
extern const TableWriter TABLE_WRITER_CSV, TABLE_WRITER_JSONL, TABLE_WRITER_SCREEN,
    TABLE_WRITER_FIELDS;

#endif
