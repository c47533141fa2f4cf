/* A story as text for a person: ASCII, lines of at most so many columns, calm colours if wanted.
 * Where the columns of packets leave no room for words, these stand below them. */
#ifndef REPORT_TEXT_PRINTER_H
#define REPORT_TEXT_PRINTER_H

#include "report/story.h"

void text_printer_print(GString *page, const Story *story, bool colour);
void text_printer_print_within(GString *page, const Story *story, bool colour, unsigned width);

#endif
