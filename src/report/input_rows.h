/* The rows of the report on the inputs. */
#ifndef REPORT_INPUT_ROWS_H
#define REPORT_INPUT_ROWS_H

#include "capture/inputs.h"
#include "report/table.h"

/* In the order of docs/reports.md. */
extern const Column INPUT_COLUMNS[];

/* The inputs with a number, when they have been read. */
void write_input_rows(Table *table, const CaptureInputs *inputs);

#endif
