/* The report on standard output: its format, which rows and columns of it are written, and the note
 * below a table for people.
 *
 * Grammar: open · (rows into the table) · end · note · clear. */
#ifndef STDOUT_REPORT_H
#define STDOUT_REPORT_H

#include <stdio.h>

#include "options.h"
#include "report/reports.h"

typedef struct StdoutReport {
    const Options *options;
    TableFormat format;
    unsigned kept; /* rows that wait for the end, the worst first; 0: they leave as they come */
    uint8_t ranks[REPORT_SCREEN_MAX];
    Column *columns; /* owned; NULL: all of the report */
    Table *table;    /* owned */
    uint64_t shown, count;
} StdoutReport;

/* `live`: an input may be written while it is read. The rows go to `out`, which is standard output
 * or holds what is to go there. The report stays where it is until it is cleared. */
void stdout_report_open(StdoutReport *report, const Options *options, bool live, FILE *out);

/* The rows that were kept, and all bytes. */
bool stdout_report_end(StdoutReport *report, GError **error);

/* How many rows there are, and how to get the others; of a table for people alone. */
void stdout_report_note(const StdoutReport *report);

void stdout_report_clear(StdoutReport *report);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(StdoutReport, stdout_report_clear)

/* Whether what goes to this terminal, or is no terminal, has colours. */
bool stdout_wants_colour(const Options *options, int fd);

#endif
