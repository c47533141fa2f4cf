/* A story as a sequence diagram of Mermaid, which issue trackers draw from text. */
#ifndef REPORT_MERMAID_PRINTER_H
#define REPORT_MERMAID_PRINTER_H

#include "report/story.h"

void mermaid_printer_print(GString *page, const Story *story);

#endif
