/* A story as text for a person: ASCII, lines of at most PAGE_WIDTH columns, calm colours if
 * wanted. */
#ifndef REPORT_TEXT_PRINTER_H
#define REPORT_TEXT_PRINTER_H

#include "report/story.h"

void text_printer_print(GString *page, const Story *story, bool colour);

#endif
