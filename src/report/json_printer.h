/* A story as one JSON object, for programs: its blocks in order, with their words, the frames that
 * they name, and the packets as values. */
#ifndef REPORT_JSON_PRINTER_H
#define REPORT_JSON_PRINTER_H

#include "report/story.h"

void json_printer_print(GString *page, const Story *story);

#endif
