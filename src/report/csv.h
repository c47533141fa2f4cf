/* CSV rows: quoting of RFC 4180, LF line ends, ASCII only, a header row. A sink:
 * new · (field* · end_row)* · flush · free.
 *
 * Fields are appended in the order of the columns; an absent one is csv_empty(). Rows gather in a
 * buffer that is written out when it is large. A write that fails is remembered and told by
 * csv_flush(); rows after it are dropped. */
#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include <glib.h>
#include <stdio.h>

#include "base/evidence.h"
#include "base/span.h"

typedef struct Csv Csv;

/* Writes the header row. `out` and `columns` (NULL-terminated, plain names) are borrowed. */
Csv *csv_new(FILE *out, const char *const *columns);

/* A text field that is escaped already (base/text.h); NULL or "" is an empty field. A first
 * character `=`, `+`, `-` or `@` is escaped as well: no spreadsheet takes it for a formula. */
void csv_text(Csv *csv, const char *escaped);
/* The same of raw bytes. */
void csv_span(Csv *csv, Span bytes);
/* The program's own words, addresses and identifiers: they need neither escape nor quotes. */
void csv_word(Csv *csv, const char *word);
void csv_uint(Csv *csv, uint64_t number);
/* `N`, or `K:N` if it does not lie in the row's input; 0 (no frame) is an empty field. */
void csv_frame(Csv *csv, FrameId frame, unsigned row_input);
/* RFC 3339, UTC; `digits` decimals, 6 or 9. What is finer is cut off, never rounded up. */
void csv_time(Csv *csv, Nanoseconds time, unsigned digits);
/* Decimal seconds; 0 or more. */
void csv_duration(Csv *csv, Nanoseconds duration, unsigned digits);
void csv_empty(Csv *csv);

/* The row must have a field for each column. */
void csv_end_row(Csv *csv);

/* A write has failed: more rows are of no use. */
bool csv_failed(const Csv *csv);

/* Writes everything out; false and `error` if this or an earlier write failed. */
bool csv_flush(Csv *csv, GError **error);

/* Does not flush. */
void csv_free(Csv *csv);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Csv, csv_free)

#endif
