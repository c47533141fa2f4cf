/* Rows as a table for a person, fitted to the width of a terminal. */
#ifndef REPORT_SCREEN_H
#define REPORT_SCREEN_H

#include "report/table.h"

typedef struct Screen {
    const Column *columns;
    const uint8_t *ranks; /* which columns are left out first (screen_layout.h); NULL: none is */
    unsigned width;       /* columns of the terminal */
    bool colour;
} Screen;

/* Appends a header and the rows (char *), each a line. A text that is too long is cut with "…", and
 * a chart shrinks. */
void screen_append(GString *text, const Screen *screen, const GPtrArray *rows);

/* The same for rows that cannot wait for each other: columns have the widths of usual fields. A
 * field that may not be cut and is longer moves what follows it. `row` NULL: the header. */
void screen_append_row(GString *text, const Screen *screen, const char *row);

#endif
